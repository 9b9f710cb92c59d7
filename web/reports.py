"""The reports of oversight as pages: what is being brought out, each version as its readers see it, and the shelf of what was issued."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.errors import NotFound, Unavailable
from engine.store import TaskTable, reading
from web import downloads, pdfs, report_blocks, report_words
from web.access import actor, roles
from web.episode_words import names_of
from web.fact_words import Row, row
from web.figure_words import written
from web.moments import say_day, say_moment
from web.services import services
from workflows import reports
from workflows.access import OVERSIGHT, READS_REPORTS, REPORTS_TO_PANEL, SIGNS_REPORT
from workflows.reports import Report, Version

page = flask.Blueprint("reports", __name__)

PURPOSE = "oversight, reports"
D12 = frozenset({"D12"})


class ReportNotFound(NotFound):
    """There is no such report, or none that this person may read."""


class ReportNotWhole(Unavailable):
    """What is kept of a report is not what its fingerprint was taken of."""


@page.get("/reports")
@roles(*READS_REPORTS)
def listed() -> ResponseReturnValue:
    """List what is being brought out, the most urgent first, and what was issued, the latest first."""
    who, now = actor(), services().clock()
    with reading(services().engine) as connection:
        mine = [each for each in reports.everything(connection) if each.may_know(who.roles)]
    _note(*(each.case_id for each in mine), now=now)
    coming = [each for each in mine if each.closed_at is None]
    return flask.render_template(
        "reports.html",
        coming=[_line(each, now) for each in sorted(coming, key=lambda one: one.due_at or one.opened_at)],
        issued=[_line(each, now) for each in sorted(mine, key=_issued_at, reverse=True) if each.issued_at],
        begins=REPORTS_TO_PANEL in who.roles,
    )


@page.get("/reports/<case_id>")
@roles(*READS_REPORTS)
def one(case_id: str) -> ResponseReturnValue:
    """Show where a report stands: who wrote, reviewed and signed it, its versions, and what was issued."""
    now = services().clock()
    report, shown = _one(case_id, now)
    works = bool(actor().roles & (OVERSIGHT | {SIGNS_REPORT[report.kind]}))
    return flask.render_template(
        "report.html",
        line=_line(report, now),
        report=report,
        rows=_standing(report, now) if works else _issue_rows(report),
        versions=range(shown, 0, -1) if works else (),
        shown=shown,
        works=works,
        task=_open_task(report, now) if works else "",
    )


@page.get("/reports/<case_id>/versions/<int:number>")
@roles(*READS_REPORTS)
def version(case_id: str, number: int) -> ResponseReturnValue:
    """Show a version exactly as its readers see it, with what has changed since the one before; its fingerprint is checked first."""
    now = services().clock()
    report, found = _version(case_id, number, now)
    before = None
    if number > 1 and number != report.issued:
        with reading(services().engine) as connection:
            before = reports.version(connection, case_id, number - 1)
    return flask.render_template(
        "report_version.html",
        line=_line(report, now),
        report=report,
        version=found,
        changes=report_blocks.changes(before.html, found.html) if before else None,
        document=Markup(found.html),  # noqa: S704 - drawn up by the site's own template, and unchanged since
        is_issued=number == report.issued,
        task=_open_task(report, now) if number == report.drawn else "",
    )


@page.get("/reports/<case_id>/versions/<int:number>.pdf")
@roles(*READS_REPORTS)
def on_paper(case_id: str, number: int) -> ResponseReturnValue:
    """Give a version as a PDF: the one that was issued with it, else one drawn now; refused with `PdfNotDrawn` where neither can be."""
    report, found = _version(case_id, number, services().clock())
    kept = None
    if number == report.issued:
        with reading(services().engine) as connection:
            kept = reports.pdf_of(connection, case_id)
    title = report_words.title_of(report.kind, report_words.fields_of(report))
    drawn = kept or pdfs.drawn(report_words.whole_page(title, found.html))
    return downloads.file(drawn, f"{case_id}-version-{number}.pdf", "application/pdf")


@page.get("/reports/<case_id>/versions/<int:number>.csv")
@roles(*READS_REPORTS)
def as_file(case_id: str, number: int) -> ResponseReturnValue:
    """Give the annex, or the tables, of a version as a file that a spreadsheet opens."""
    _report, found = _version(case_id, number, services().clock())
    return downloads.file(written(report_blocks.as_rows(found.html)), f"{case_id}-version-{number}.csv")


@page.get("/reports/<case_id>/versions/<int:number>.html")
@roles(*READS_REPORTS)
def as_kept(case_id: str, number: int) -> ResponseReturnValue:
    """Give the bytes of which the fingerprint was taken, so that anybody can take it again."""
    _report, found = _version(case_id, number, services().clock())
    return downloads.file(found.html, f"{case_id}-version-{number}.html", "application/octet-stream")


def _one(case_id: str, now: datetime) -> tuple[Report, int]:
    """Read a report and the latest version that this person may read; that it was read is written down first."""
    with reading(services().engine) as connection:
        found = reports.find(connection, case_id)
    if found is None or not found.may_know(actor().roles):
        raise ReportNotFound("There is no such report.")
    _note(case_id, now=now)
    return found, found.shows(actor().roles)


def _version(case_id: str, number: int, now: datetime) -> tuple[Report, Version]:
    """Read a version that this person may read, and see that it is what was drawn up."""
    report, shown = _one(case_id, now)
    only = actor().roles.isdisjoint(OVERSIGHT | {SIGNS_REPORT[report.kind]})
    with reading(services().engine) as connection:
        found = reports.version(connection, case_id, number)
    if found is None or number > shown or (only and number != report.issued):
        raise ReportNotFound("There is no such report.")
    if not found.is_whole:
        raise ReportNotWhole("What is kept of this report is not what was drawn up. Tell those who run this service.")
    return report, found


def _note(*case_ids: str, now: datetime) -> None:
    services().cases.note_reading(*case_ids, by=actor(), purpose=PURPOSE, classes=D12, now=now)


def _issued_at(report: Report) -> datetime:
    return report.issued_at or report.opened_at


def _line(report: Report, now: datetime) -> Mapping[str, str]:
    """Say one report in the words of a list."""
    fields = report_words.fields_of(report)
    return {
        "case_id": report.case_id,
        "title": report_words.title_of(report.kind, fields),
        "about": report_words.about(report.kind, fields),
        "stage": report_words.stage(report),
        "left": report_words.days_left(report, now),
        "issued": say_moment(report.issued_at) if report.issued_at else "",
        "number": str(report.issued or ""),
        "superseded": report.superseded_by,
    }


def _open_task(report: Report, now: datetime) -> str:
    """Name the task of this person's roles that is open in the report, where there is one."""
    task = TaskTable
    mine = sa.and_(task.case_id == report.case_id, task.status == "open", task.role.in_(sorted(actor().roles)))
    asked = sa.select(task.number).where(mine, task.opened_at <= now).order_by(task.number).limit(1)
    with reading(services().engine) as connection:
        number = connection.execute(asked).scalar()
    return f"{report.case_id}.{number}" if number else ""


def _standing(report: Report, now: datetime) -> list[Row]:
    """Say how a report stands, to those who work on it."""
    by = {report.written_by, report.reviewed_by, report.signed_by} - {""}
    with reading(services().engine) as connection:
        names = names_of(connection, by)
    signing = "Sent back by" if report.to_change else "Signed by"
    told = (
        ("Written by", report.written_by, report.written_at),
        ("Reviewed by", report.reviewed_by, report.reviewed_at),
        (signing, report.signed_by, report.signed_at),
    )
    said = [("Stands", report_words.stage(report)), ("Has to be out by", report_words.days_left(report, now))]
    said += [(words, f"{names.get(who, who)}, {say_moment(at)}") for words, who, at in told if who and at]
    said += [("What is to change", report.to_change)]
    return [*(row(words, value) for words, value in said if value), *_issue_rows(report)]


def _issue_rows(report: Report) -> list[Row]:
    """Say what was issued, and where it was published."""
    rows = []
    if report.issued_at:
        rows.append(row("Issued", f"Version {report.issued}, {say_moment(report.issued_at)}"))
    if report.out_on:
        rows.append(row("Published", f"{say_day(report.out_on)}, {report.out_where}"))
    copies = (("Home Secretary", report.home_secretary_on), ("inspectorate", report.inspectorate_on))
    rows += [row(f"Copy to the {whom}", say_day(on)) for whom, on in copies if on]
    return rows
