"""Checks what this floor keeps: the projections are what the log says, and it is known who may do a task; rebuilds them.

The projections are drawn anew into a database in memory, from the log in the order of time, and compared row by row: a few
hundred bytes for each episode and child. The database of the site is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from engine import history
from engine.store import Base, CaseTable, reading, snapshot, writing
from engine.verification import REBUILD, Finding, Holders
from workflows import (
    about,
    amendments,
    attendance,
    audits,
    child_projection,
    disruptions,
    episodes,
    people,
    recommendations,
    reports,
    serious_events,
)
from workflows.about import AboutRow
from workflows.attendance import AttendanceRow
from workflows.audits import AuditFindingRow, AuditRow, AuditSampleRow
from workflows.child_details import ChildDetailsRow
from workflows.children import ChildFlagRow, ChildRow
from workflows.disruptions import DisruptionRow
from workflows.episodes import EpisodeRow
from workflows.joining import MergeRow
from workflows.recommendations import MilestoneRow, RecommendationRow, RecommendationStepRow
from workflows.reports import ReportRow
from workflows.serious_events import SeriousEventRow
from workflows.trigger_plans import ChildPlanRow

PROJECTIONS = (
    episodes,
    child_projection,
    audits,
    recommendations,
    reports,
    disruptions,
    serious_events,
    about,
    attendance,
)
"""Each has `project`, which follows a step, and `rebuild`, which draws all anew."""

PROCEDURES = (
    episodes.PROCEDURE,
    episodes.PLAN_PROCEDURE,
    audits.PROCEDURE,
    recommendations.PROCEDURE,
    reports.PROCEDURE,
    serious_events.PROCEDURE,
    *about.PLACES,
)
"""Those from whose steps the projections are drawn."""

IMPORTED = (ChildRow, ChildFlagRow, ChildPlanRow)
"""Tables that hold rows of the import too: they are taken over as they are."""

PROJECTED = (
    EpisodeRow,
    *IMPORTED,
    ChildDetailsRow,
    *(AuditRow, AuditSampleRow, AuditFindingRow),
    *(RecommendationRow, MilestoneRow, RecommendationStepRow),
    ReportRow,
    DisruptionRow,
    AboutRow,
    SeriousEventRow,
    AttendanceRow,
)
ROWS_AT_ONCE = 500

Row = tuple[Any, ...]


def holders_in(engine: sa.Engine) -> Holders:
    """Give what tells who is active and holds a role; each role is asked for once."""

    @cache
    def holders(role: str) -> frozenset[str]:
        with reading(engine) as connection:
            return frozenset(person.sign_in for person in people.holders(connection, (role,)))

    return holders


def check(engine: sa.Engine) -> Iterator[Finding]:
    """Give every row of a projection that is not what the log says, is not there, or should not be there; and what was withdrawn and is there."""
    scratch = _scratch()
    try:
        with snapshot(engine) as kept, writing(scratch) as drawn:
            _take_over(kept, drawn)
            for step in history.steps(kept, PROCEDURES):
                for projection in PROJECTIONS:
                    projection.project(drawn, step)
            child_projection.finish(drawn)
            for table in PROJECTED:
                yield from _compare(Base.metadata.tables[table.__tablename__], kept, drawn)
            yield from amendments.check(kept)
            yield from reports.check(kept)
    finally:
        scratch.dispose()


def rebuild(engine: sa.Engine) -> None:
    """Throw the projections away and draw them again from the log, in one transaction; what was imported stays."""
    with writing(engine) as connection:
        for projection in PROJECTIONS:
            projection.rebuild(connection, history.steps(connection, PROCEDURES))


def _scratch() -> sa.Engine:
    """Make an empty database in memory with the tables that the projections write, and the cases, which they read."""
    scratch = sa.create_engine("sqlite://", poolclass=sa.StaticPool, hide_parameters=True)
    drawn = (each.__tablename__ for each in PROJECTED)
    tables = [Base.metadata.tables[name] for name in ("releases", "cases", MergeRow.__tablename__, *drawn)]
    Base.metadata.create_all(scratch, tables=tables)
    return scratch


def _take_over(kept: sa.Connection, drawn: sa.Connection) -> None:
    """Take over what was imported, and of the cases what the projections read; steps end a live plan, and flags, anew. Taken over too is which records two people have joined."""
    for table in IMPORTED:
        rows = kept.execute(sa.select(table.__table__).where(table.imported_at.is_not(None)))
        for row in rows.mappings():
            drawn.execute(sa.insert(table), {**row, **_before_the_steps(dict(row))})
    for row in kept.execute(sa.select(MergeRow.__table__)).mappings():
        drawn.execute(sa.insert(MergeRow), {**row})
    empty = {"state": b"", "facts": b"", "head": "", "seq": 0, "failures": 0}
    columns = ("id", "procedure", "release_id", "correlation", "title", "status", "opened_at")
    asked = sa.select(*(getattr(CaseTable, name) for name in columns)).where(CaseTable.procedure.in_(PROCEDURES))
    for row in kept.execute(asked, execution_options={"yield_per": ROWS_AT_ONCE}).mappings():
        drawn.execute(sa.insert(CaseTable), {**row, **empty})


def _before_the_steps(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an imported row said before the steps of cases ended it."""
    before: dict[str, Any] = {"valid_to": None} if "valid_to" in row else {}
    if "raised_on" in row:
        before["raised_on"] = None
        before |= {"until": None, "ended_by": ""} if row["ended_by"] else {}
    return before


def _compare(table: sa.Table, kept: sa.Connection, drawn: sa.Connection) -> Iterator[Finding]:
    """Compare two tables row by row, in the order of their keys."""
    keys = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns if not column.name.startswith("imported_")]
    columns = [table.c[name] for name in names]
    place = [names.index(name) for name in keys]

    def key(row: Row) -> Row:
        return tuple(row[each] for each in place)

    for before, after in _pairs(_ordered(kept, columns, keys), _ordered(drawn, columns, keys), key):
        row = before or after
        if before != after and row is not None:
            yield _finding(table.name, names, keys, row, before, after)


def _finding(table: str, names: list[str], keys: list[str], row: Row, before: Row | None, after: Row | None) -> Finding:
    """Name the row by its key, and the columns that differ, without their values."""
    about = dict(zip(names, row, strict=True))
    where = str(about.get("case_id") or about[keys[0]])
    if before is None:
        return Finding("projection-missing", where, table, f"A row that the log gives is not there. {REBUILD}")
    if after is None:
        return Finding("projection-unknown", where, table, f"A row is there that the log does not give. {REBUILD}")
    differing = [name for name, one, other in zip(names, before, after, strict=True) if one != other]
    sentence = f"{', '.join(differing)}: this is not what the log says. {REBUILD}"
    return Finding("projection-differs", where, table, sentence)


def _ordered(connection: sa.Connection, columns: list[Any], keys: list[str]) -> Iterator[Row]:
    """Read a table in the order of its key, byte by byte, as Python compares."""
    plain = "BINARY" if connection.dialect.name == "sqlite" else "C"
    order = [
        sa.collate(column, plain) if isinstance(column.type, sa.String) else column
        for column in columns
        if column.name in keys
    ]
    statement = sa.select(*columns).order_by(*order)
    if columns[0].table.name == EpisodeRow.__tablename__:  # what stands of an erased one is in no log
        statement = statement.where(EpisodeRow.case_id.not_in(episodes.erased()))
    return (tuple(row) for row in connection.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE}))


def _pairs(
    left: Iterable[Row], right: Iterable[Row], key: Callable[[Row], Row]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Give the rows of two ordered lists side by side, None where one list has no such row."""
    ones, others = iter(left), iter(right)
    one, other = next(ones, None), next(others, None)
    while one is not None or other is not None:
        if other is None or (one is not None and key(one) < key(other)):
            yield one, None
            one = next(ones, None)
        elif one is None or key(other) < key(one):
            yield None, other
            other = next(others, None)
        else:
            yield one, other
            one, other = next(ones, None), next(others, None)
