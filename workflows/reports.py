"""The reports of oversight: how each stands, the versions that were drawn up, and what was issued, kept for ever as it was issued.

How a report stands is a projection of its case. A version is a row that is written once: its words, its figures and its fingerprint. The
database itself refuses to change or delete it, or what was issued of it; a new issue stands beside the earlier one.
Source: domain.md 3.1 (13), 3.5, N12, C-108 to C-111.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import aliased, stored
from engine.store import Base, Moment
from engine.verification import Finding
from engine.views import EventRow, Step
from workflows.access import OVERSIGHT, READS_ISSUED, SIGNS_REPORT
from workflows.hiding import Cell

PROCEDURE = "report"

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "response": "Response to an inspection report",
        "panel": "Pack for the scrutiny panel",
        "partnership": "Pack for the safeguarding partnership",
    }
)
"""The kinds of report, and the words for them."""

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "writing": "Being written",
        "drawing_up": "Being drawn up",
        "review": "Waits for review",
        "signing": "Waits to be signed",
        "issuing": "Being issued",
        "publishing": "Issued, to be published",
        "out": "Issued",
    }
)
"""Where a report stands, and the words for it."""

_OPENED: Mapping[str, str] = MappingProxyType(
    {
        "write_report": "writing",
        "review_report": "review",
        "sign_as_commissioner": "signing",
        "sign_as_chief_officer": "signing",
        "record_publication": "publishing",
    }
)
"""The stage that begins when a task opens."""
_WRITTEN: Mapping[str, str] = MappingProxyType({"narrative": "drawing_up", "issue": "out"})

READS: frozenset[tuple[str, str]] = frozenset(
    {
        *(("report", name) for name in ("kind", "source_body", "report_title", "published_on", "quarter_from")),
        *(("narrative", name) for name in ("letter", "summary", "changed", "concerns", "asked")),
        *(("report_review", name) for name in ("version", "approved", "to_change")),
        *(("report_sign_off", name) for name in ("version", "signed", "to_change")),
        *(("report_publication", name) for name in ("published_on", "where", "home_secretary_on", "inspectorate_on")),
    }
)
"""Every (record, field) that a report is drawn from."""


class ReportRow(Base):
    """How a report stands; empty text, 0 and no day stand for what is not known or has not happened.

    `approved` is the number of the version that was approved last; `due_at` is when the report has to be out.
    """

    __tablename__ = "reports"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    kind: sa.Column[str] = stored(sa.String(20), default="")
    source_body: sa.Column[str] = stored(sa.String(20), default="")
    report_title: sa.Column[str] = stored(sa.String(200), default="")
    published_on: sa.Column[date | None] = stored(sa.Date)
    quarter_from: sa.Column[date | None] = stored(sa.Date)
    stage: sa.Column[str] = stored(sa.String(20), default="")
    due_at: sa.Column[datetime | None] = stored(Moment)
    drawn: sa.Column[int] = stored(default=0)
    approved: sa.Column[int] = stored(default=0)
    written_by: sa.Column[str] = stored(sa.String(120), default="")
    written_at: sa.Column[datetime | None] = stored(Moment)
    reviewed_by: sa.Column[str] = stored(sa.String(120), default="")
    reviewed_at: sa.Column[datetime | None] = stored(Moment)
    signed_by: sa.Column[str] = stored(sa.String(120), default="")
    signed_at: sa.Column[datetime | None] = stored(Moment)
    to_change: sa.Column[str] = stored(sa.Text, default="")
    out_on: sa.Column[date | None] = stored(sa.Date)
    out_where: sa.Column[str] = stored(sa.String(400), default="")
    home_secretary_on: sa.Column[date | None] = stored(sa.Date)
    inspectorate_on: sa.Column[date | None] = stored(sa.Date)
    opened_at: sa.Column[datetime] = stored(Moment)
    closed_at: sa.Column[datetime | None] = stored(Moment)


class ReportVersionRow(Base):
    """A version that was drawn up, written once; `errand` is what asked for it, `recommendations` the cases that stand in it, one a line."""

    __tablename__ = "report_versions"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    errand: sa.Column[str] = stored(sa.String(120), unique=True)
    html: sa.Column[str] = stored(sa.Text)
    sha256: sa.Column[str] = stored(sa.String(64))
    recommendations: sa.Column[str] = stored(sa.Text)
    drawn_at: sa.Column[datetime] = stored(Moment)


class ReportIssueRow(Base):
    """What was issued of a report, written once; `subject` is the same in each issue of the same report, `pdf` is there where it could be drawn."""

    __tablename__ = "report_issues"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    number: sa.Column[int]
    subject: sa.Column[str] = stored(sa.String(260), index=True)
    sha256: sa.Column[str] = stored(sa.String(64))
    pdf: sa.Column[bytes | None] = stored(sa.LargeBinary)
    issued_at: sa.Column[datetime] = stored(Moment)
    __table_args__ = (
        sa.ForeignKeyConstraint(["case_id", "number"], ["report_versions.case_id", "report_versions.number"]),
    )


class ReportHiddenRow(Base):
    """Which numbers of a quarter a version did not show (`hiding.Cell`), written once: table and key, a tab between them, one a line."""

    __tablename__ = "report_hidden"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    quarter: sa.Column[date] = stored(sa.Date, primary_key=True, index=True)
    cells: sa.Column[str] = stored(sa.Text)
    __table_args__ = (
        sa.ForeignKeyConstraint(["case_id", "number"], ["report_versions.case_id", "report_versions.number"]),
    )


KEPT = (ReportVersionRow.__tablename__, ReportIssueRow.__tablename__, ReportHiddenRow.__tablename__)
"""Tables whose rows are written once: the database refuses to change or to delete them."""

_REFUSAL = "What was drawn up or issued is kept as it is."


def guards(table: sa.Table, dialect: str) -> Iterator[str]:
    """Give the statements that make a database refuse to change or delete a row of a table, or all of them at once.

    SQLite's ``INSERT OR REPLACE`` deletes without asking the guard against it, so that a row that is there already is refused too.
    """
    if dialect == "sqlite":
        for act in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        keys = [
            key.columns for key in table.constraints if isinstance(key, sa.PrimaryKeyConstraint | sa.UniqueConstraint)
        ]
        same = (" AND ".join(f"{each.name} = NEW.{each.name}" for each in columns) for columns in keys)
        there = f"SELECT 1 FROM {table} WHERE {' OR '.join(sorted(f'({each})' for each in same))}"  # noqa: S608 - names of ours
        yield (
            f"CREATE TRIGGER {table}_no_replacement BEFORE INSERT ON {table} "
            f"WHEN EXISTS ({there}) BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        return
    yield (
        f"CREATE OR REPLACE FUNCTION {table}_kept() RETURNS trigger AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql"
    )
    for name, acts, each in (("change", "UPDATE OR DELETE", "ROW"), ("truncation", "TRUNCATE", "STATEMENT")):
        yield f"CREATE TRIGGER {table}_no_{name} BEFORE {acts} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_kept()"


def _guard(table: sa.Table, connection: sa.Connection, **_options: Any) -> None:
    for statement in guards(table, connection.dialect.name):
        connection.exec_driver_sql(statement)


for _name in KEPT:
    sa.event.listen(Base.metadata.tables[_name], "after_create", _guard)


@frozen
class Report:
    """How one report stands."""

    case_id: str
    kind: str
    source_body: str
    report_title: str
    published_on: date | None
    quarter_from: date | None
    stage: str
    due_at: datetime | None
    drawn: int
    approved: int
    written_by: str
    written_at: datetime | None
    reviewed_by: str
    reviewed_at: datetime | None
    signed_by: str
    signed_at: datetime | None
    to_change: str
    out_on: date | None
    out_where: str
    home_secretary_on: date | None
    inspectorate_on: date | None
    opened_at: datetime
    closed_at: datetime | None
    issued_at: datetime | None
    issued: int
    superseded_by: str
    """The case of the issue of the same report that came after this one; empty where this one holds."""

    def shows(self, roles: Collection[str]) -> int:
        """Give the number of the latest version that somebody with these roles may read; 0 where they may not know of the report.

        Oversight reads every version, who signs reads them up to the one that was approved last, its readers the one that was issued.
        """
        held = frozenset(roles)
        if held & OVERSIGHT:
            return self.drawn
        if SIGNS_REPORT.get(self.kind) in held:
            return self.approved
        return self.issued if held & READS_ISSUED.get(self.kind, frozenset()) else 0

    def may_know(self, roles: Collection[str]) -> bool:
        """Tell whether somebody with these roles may know that the report is there."""
        return bool(frozenset(roles) & OVERSIGHT) or self.shows(roles) > 0


@frozen
class Version:
    """A version as it was drawn up."""

    case_id: str
    number: int
    html: str
    sha256: str
    recommendations: tuple[str, ...]
    drawn_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether it is still what its fingerprint was taken of."""
        return fingerprint(self.html) == self.sha256


def fingerprint(html: str) -> str:
    """Give the SHA-256 of the document: that of a file with these bytes in UTF-8."""
    return hashlib.sha256(html.encode()).hexdigest()


def subject_of(fields: Mapping[str, Any]) -> str:
    """Say in one line of which report this is an issue, from the opening answers: ``panel 2026-01-01``."""
    names = ("source_body", "report_title") if fields.get("kind") == "response" else ("quarter_from",)
    return " ".join(str(fields.get(name) or "") for name in ("kind", *names)).strip()


# Following the steps --------------------------------------------------------------------------------------------------


def project(connection: sa.Connection, step: Step) -> None:
    """Bring a report up to where a step of its case left it; steps of other procedures are passed over."""
    if step.procedure != PROCEDURE:
        return
    changes: dict[str, Any] = {}
    for event in step.events:
        if event.kind in _TIMES:
            changes[_TIMES[event.kind]] = event.at
        elif event.kind in {"facts_written", "facts_corrected"}:
            changes |= _follow(step, event)
    for task in step.opened:
        changes |= {"stage": _OPENED[task.element]} if task.element in _OPENED else {}
        changes |= {"due_at": task.due_at} if task.element == "write_report" else {}
    if changes:
        own = ReportRow.case_id == step.case_id
        if connection.execute(sa.update(ReportRow).where(own).values(**changes)).rowcount == 0:
            connection.execute(sa.insert(ReportRow).values(case_id=step.case_id, **changes))


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened; versions and issues are no projection."""
    connection.execute(sa.delete(ReportRow))
    for step in steps:
        project(connection, step)


_TIMES: Mapping[str, str] = {"case_opened": "opened_at", "case_closed": "closed_at"}
_BY: Mapping[str, str] = {"narrative": "written", "report_review": "reviewed", "report_sign_off": "signed"}
_YES: Mapping[str, str] = {"report_review": "approved", "report_sign_off": "signed"}


def _follow(step: Step, event: EventRow) -> dict[str, Any]:
    """Say what one record changes; what is put right later stands in the place of what was said first."""
    record, key = event.data["record"], event.data["key"]
    fields = step.facts[record][key]
    found: dict[str, Any] = {}
    if record == "report" and "issue" not in step.facts:  # what was issued says what it is, and who reads it
        texts = {name: str(fields.get(name) or "") for name in ("kind", "source_body", "report_title")}
        found |= texts | {name: fields.get(name) for name in ("published_on", "quarter_from")}
    if record == "report_publication":
        found |= {"out_on": fields.get("published_on"), "out_where": str(fields.get("where") or "")}
        found |= {name: fields.get(name) for name in ("home_secretary_on", "inspectorate_on")}
    if event.kind == "facts_written":
        found |= {"stage": _WRITTEN[record]} if record in _WRITTEN else {}
        found |= {"drawn": fields.get("number")} if record == "drawn" else {}
        found |= _decided(step, event, fields) if record in _BY else {}
    return found


def _decided(step: Step, event: EventRow, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Say who wrote, reviewed or signed, and what follows; whoever writes anew has answered what was to change."""
    record, word = event.data["record"], _BY[event.data["record"]]
    found: dict[str, Any] = {f"{word}_by": event.by, f"{word}_at": event.at, "to_change": ""}
    if record == "narrative":
        return found | {"reviewed_by": "", "reviewed_at": None, "signed_by": "", "signed_at": None}
    if fields.get(_YES[record]) != "yes":
        return found | {"to_change": str(fields.get("to_change") or "")}
    if record == "report_review":
        return found | {"approved": max((each["number"] for each in step.facts["drawn"].values()), default=0)}
    return found | {"stage": "issuing"}


# Reading --------------------------------------------------------------------------------------------------------------


def everything(connection: sa.Connection) -> tuple[Report, ...]:
    """Give every report, the latest first."""
    return _read(connection, sa.true())


def find(connection: sa.Connection, case_id: str) -> Report | None:
    """Give the report of a case, where the case is one."""
    return next(iter(_read(connection, ReportRow.case_id == case_id)), None)


def _read(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> tuple[Report, ...]:
    own, issue, later = ReportRow.__table__, ReportIssueRow, aliased(ReportIssueRow)
    after = sa.tuple_(later.issued_at, later.case_id) > sa.tuple_(issue.issued_at, issue.case_id)
    following = (
        sa.select(later.case_id)
        .where(later.subject == issue.subject, after)
        .order_by(later.issued_at, later.case_id)
        .limit(1)
        .scalar_subquery()
    )
    asked = (
        sa.select(
            own,
            issue.issued_at,
            sa.func.coalesce(issue.number, 0).label("issued"),
            sa.func.coalesce(following, "").label("superseded_by"),
        )
        .select_from(own.outerjoin(ReportIssueRow, issue.case_id == own.c.case_id))
        .where(wanted)
        .order_by(own.c.opened_at.desc(), own.c.case_id)
    )
    return tuple(Report(**row) for row in connection.execute(asked).mappings())


def version(connection: sa.Connection, case_id: str, number: int) -> Version | None:
    """Give a version of a report as it was drawn up."""
    row = ReportVersionRow
    found = _versions(connection, sa.and_(row.case_id == case_id, row.number == number))
    return next(iter(found), None)


def drawn_for(connection: sa.Connection, errand: str) -> Version | None:
    """Give the version that an errand has drawn up already."""
    return next(iter(_versions(connection, ReportVersionRow.errand == errand)), None)


def hidden(connection: sa.Connection, quarters: Collection[date]) -> dict[date, frozenset[Cell]]:
    """Give which numbers of each of these quarters, by their first day, any version did not show: they stay hidden from who sees figures only.

    What is put right later moves numbers; the new one beside what the report shows would tell the old one (domain.md 5.2, rule vi).
    """
    row, found = ReportHiddenRow, defaultdict[date, set[Cell]](set)
    for quarter, cells in connection.execute(sa.select(row.quarter, row.cells).where(row.quarter.in_(quarters))):
        found[quarter] |= {(table, key) for table, _tab, key in (line.partition("\t") for line in cells.splitlines())}
    return {quarter: frozenset(cells) for quarter, cells in found.items()}


def _versions(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[Version]:
    rows = connection.execute(sa.select(ReportVersionRow.__table__).where(wanted))
    return [
        Version(row.case_id, row.number, row.html, row.sha256, tuple(row.recommendations.split()), row.drawn_at)
        for row in rows
    ]


def pdf_of(connection: sa.Connection, case_id: str) -> bytes | None:
    """Give the PDF that was issued; None where none could be drawn then."""
    row = ReportIssueRow
    return connection.execute(sa.select(row.pdf).where(row.case_id == case_id)).scalar_one_or_none()


def earlier(connection: sa.Connection, subject: str) -> tuple[str, datetime] | None:
    """Give the case and the moment of the last issue of a report, where there is one."""
    row = ReportIssueRow
    asked = sa.select(row.case_id, row.issued_at).where(row.subject == subject).order_by(row.issued_at.desc())
    return next(iter(connection.execute(asked.limit(1)).tuples()), None)


# Keeping --------------------------------------------------------------------------------------------------------------


def keep_version(
    connection: sa.Connection, errand: str, drawn: Version, hidden: Mapping[date, Collection[Cell]]
) -> None:
    """Keep a version, for good, and which numbers it does not show, by the first day of their quarter."""
    values = {name: getattr(drawn, name) for name in ("case_id", "number", "html", "sha256", "drawn_at")}
    told = {"recommendations": "\n".join(drawn.recommendations), "errand": errand}
    connection.execute(sa.insert(ReportVersionRow).values(**values, **told))
    of_it = {"case_id": drawn.case_id, "number": drawn.number}
    rows = [
        {**of_it, "quarter": quarter, "cells": "\n".join("\t".join(cell) for cell in sorted(cells))}
        for quarter, cells in hidden.items()
    ]
    if rows:
        connection.execute(sa.insert(ReportHiddenRow), rows)


def keep_issue(connection: sa.Connection, issued: Version, subject: str, pdf: bytes | None, now: datetime) -> None:
    """Keep that a version was issued, for good; once for a case, however often it is asked."""
    row = ReportIssueRow
    if connection.execute(sa.select(row.case_id).where(row.case_id == issued.case_id)).first() is None:
        own = {"case_id": issued.case_id, "number": issued.number, "sha256": issued.sha256}
        connection.execute(sa.insert(row).values(**own, subject=subject, pdf=pdf, issued_at=now))


def check(connection: sa.Connection) -> Iterator[Finding]:
    """Give every version that is not what its fingerprint was taken of, and every issue that names another one than its version."""
    for each in _versions(connection, sa.true()):
        if not each.is_whole:
            sentence = f"Version {each.number} is not what its fingerprint was taken of. Bring it back from a backup."
            yield Finding("report-changed", each.case_id, "report_versions", sentence)
    row, kept = ReportIssueRow, ReportVersionRow
    same = sa.and_(kept.case_id == row.case_id, kept.number == row.number)
    asked = sa.select(row.case_id).join(kept, same).where(kept.sha256 != row.sha256)
    for case_id in connection.execute(asked).scalars():
        sentence = "What was issued is not the version that was signed. Bring it back from a backup."
        yield Finding("report-changed", case_id, "report_issues", sentence)
