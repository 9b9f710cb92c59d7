"""The recommendations of inspections: the list, one of them, and the report to the scrutiny panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.forms import Form
from engine.model import Value
from engine.store import reading
from web import (
    audit_words,
    case_access,
    downloads,
    live_measures,
    pdfs,
    recommendation_sheets,
    recommendation_words,
    sent_files,
)
from web.access import actor, roles
from web.figure_words import written
from web.moments import LONDON
from web.recommendation_words import Line
from web.services import services
from workflows import audits, people, recommendations
from workflows.access import OVERSIGHT, OVERSIGHT_FIGURES, REPORTS_TO_PANEL
from workflows.recommendations import PROCEDURE, RAG_TABLE, Recommendation

page = flask.Blueprint("recommendations", __name__)

PURPOSE = "oversight, recommendations"
D12 = frozenset({"D12"})


class RecommendationNotFound(NotFound):
    """There is no such recommendation."""


@page.get("/recommendations")
@roles(*OVERSIGHT_FIGURES)
def listed() -> ResponseReturnValue:
    """List the recommendations and how they stand; to the board their figures only."""
    who, now = actor(), services().clock()
    every = bool(who.roles & OVERSIGHT)
    lines = [each for _, each in _lines(now)]
    return flask.render_template(
        "recommendations.html",
        lines=recommendation_words.by_gravity(lines) if every else None,
        counts=recommendation_words.counted(lines),
        overdue=sum(each.overdue for each in lines),
        takes_in=REPORTS_TO_PANEL in who.roles,
        now=now,
    )


@page.get("/recommendations/<case_id>")
@roles(*OVERSIGHT)
def one(case_id: str) -> ResponseReturnValue:
    """Show one recommendation: what it asks for, the milestones, and what has happened."""
    here, who, now = services(), actor(), services().clock()
    found, stands = _one(case_id, now)
    shown = recommendation_words.line(found, stands, now)
    with reading(here.engine) as connection:
        live = live_measures.of(connection, found, who, now)
    return flask.render_template(
        "recommendation.html",
        line=shown,
        live=live,
        summary=recommendation_words.summary(found, shown),
        history=recommendation_words.history(found, _names({each.by for each in found.history})),
        has_case=bool(case_access.readable_each(here.engine, who, [case_id], now=now)),
    )


@page.get("/recommendations/report")
@roles(*OVERSIGHT)
def report() -> ResponseReturnValue:
    """Show the report to the scrutiny panel, for reading and for paper."""
    return _report(services().clock())


@page.get("/recommendations/report.pdf")
@roles(*OVERSIGHT)
def report_on_paper() -> ResponseReturnValue:
    """Give the report as a PDF; refused with `PdfNotDrawn` where this computer cannot draw one."""
    now = services().clock()
    return downloads.file(pdfs.drawn(_report(now)), f"{_file_name(now)}.pdf", "application/pdf")


@page.get("/recommendations/report.csv")
@roles(*OVERSIGHT)
def file() -> ResponseReturnValue:
    """Give the report as a file that a spreadsheet opens."""
    now = services().clock()
    lines = [line for each, line in _lines(now) if each.closed_at is None]
    return downloads.file(written(recommendation_words.as_rows(lines)), f"{_file_name(now)}.csv")


@page.get("/recommendations/import")
@roles(REPORTS_TO_PANEL)
def importing() -> ResponseReturnValue:
    """Ask for a sheet of recommendations."""
    return _import_page(())


@page.get("/recommendations/import/empty.csv")
@roles(REPORTS_TO_PANEL)
def empty_sheet() -> ResponseReturnValue:
    """Give a sheet with the headings alone."""
    return downloads.file(recommendation_sheets.empty(_form()), "recommendations.csv")


@page.post("/recommendations/import")
@roles(REPORTS_TO_PANEL)
def bring() -> ResponseReturnValue:
    """Take in each recommendation of a sheet as a case of its own; where one line is wrong, none."""
    here, who, now = services(), actor(), services().clock()
    data, _name = sent_files.read(recommendation_sheets.LARGEST)
    if not data:
        return _import_page(("Choose the file with the recommendations",)), 422
    with reading(here.engine) as connection:
        known = {(each.source_body, each.ref_no) for each in recommendations.everything(connection)}
    sheet = recommendation_sheets.read(data, _form(), known, now)
    if sheet.problems:
        return _import_page(sheet.problems), 422
    for answers in sheet.answers:
        key = f"sheet {answers['source_body']} {answers['ref_no']}"
        here.cases.open(PROCEDURE, answers, by=who, now=now, key=key)
    flask.flash(f"{len(sheet.answers)} taken in, {sheet.known} were there already.", "done")
    return flask.redirect(flask.url_for("recommendations.listed"))


def _report(now: datetime) -> str:
    """Write the report to the scrutiny panel as it stands."""
    lines = [line for each, line in _lines(now) if each.closed_at is None]
    audited = audit_words.trend(services(), actor(), now)
    return flask.render_template(
        "recommendations_report.html",
        audited=audited,
        lately=audits.together(audited),
        lines=lines,
        counts=recommendation_words.counted(lines),
        now=now,
    )


def _file_name(now: datetime) -> str:
    return f"recommendations-{now.astimezone(LONDON).date().isoformat()}"


def _form() -> Form:
    return services().cases.opening(PROCEDURE).form


def _import_page(problems: Sequence[str]) -> str:
    return flask.render_template("recommendations_import.html", form=_form(), problems=problems)


def _lines(now: datetime) -> list[tuple[Recommendation, Line]]:
    """Read every recommendation and say it; who looked at which is written down before anything is shown."""
    here = services()
    with reading(here.engine) as connection:
        found = recommendations.everything(connection)
    here.cases.note_reading(*(each.case_id for each in found), by=actor(), purpose=PURPOSE, classes=D12, now=now)
    stands = here.cases.decided(PROCEDURE, RAG_TABLE, now=now)
    return [(each, recommendation_words.line(each, stands.get(each.case_id), now)) for each in found]


def _one(case_id: str, now: datetime) -> tuple[Recommendation, Value]:
    """Read one recommendation; that it was read is written down first."""
    here = services()
    with reading(here.engine) as connection:
        found = recommendations.find(connection, case_id)
    if found is None:
        raise RecommendationNotFound("There is no such recommendation.")
    here.cases.note_reading(case_id, by=actor(), purpose=PURPOSE, classes=D12, now=now)
    return found, here.cases.decided(PROCEDURE, RAG_TABLE, now=now).get(case_id)


def _names(sign_ins: set[str]) -> Mapping[str, str]:
    person = people.PersonRow
    asked = sa.select(person.sign_in, person.name).where(person.sign_in.in_(sign_ins))
    with reading(services().engine) as connection:
        return {row.sign_in: row.name for row in connection.execute(asked)}
