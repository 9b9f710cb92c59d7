"""Tells the steps of cases again from the log, in the order in which they happened: projections are rebuilt from them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.model import Facts
from engine.store import ERASED, CaseTable, EventTable, FactTable, TaskTable
from engine.verification import read_event
from engine.views import EventRow, Step, TaskRow

EVENTS_AT_ONCE = 500
FACTS_KEPT = 1_000
"""Cases whose facts are kept in memory while their steps are told; those of others are read again."""

CASE, EVENT, FACT, TASK = (table.__table__ for table in (CaseTable, EventTable, FactTable, TaskTable))


def steps(connection: sa.Connection, procedures: Iterable[str]) -> Iterator[Step]:
    """Give every step of the cases of some procedures with the facts as it left them; its tasks as they are in the list.

    A case that was erased has no steps any more. Steps of one case at the same moment that no command tells apart are one.
    """
    whose = (CASE.c.procedure, CASE.c.release_id, CASE.c.title)
    statement = sa.select(EVENT, *whose).join(CASE, CASE.c.id == EVENT.c.case_id)
    statement = statement.where(CASE.c.procedure.in_(sorted(procedures)), CASE.c.status != ERASED)
    statement = statement.order_by(EVENT.c.at, EVENT.c.case_id, EVENT.c.seq)
    found = connection.execute(statement, execution_options={"yield_per": EVENTS_AT_ONCE})
    standing = _Standing(connection)
    for (case_id, at, _command), rows in groupby(found, key=lambda row: (row.case_id, row.at, row.command)):
        events = list(rows)
        first, last = events[0], events[-1]
        facts, closed = standing.after(case_id, first.seq, last.seq, any(row.kind == "case_closed" for row in events))
        told = tuple(read_event(row) for row in events)
        status = "closed" if closed else "open"
        opened = tuple(_opened(connection, told, first.title))
        yield Step(case_id, first.procedure, first.release_id, first.title, at, told, facts, opened, status)


def facts_at(connection: sa.Connection, case_id: str, moment: datetime) -> Facts:
    """Give the facts of a case as they were recorded by a moment: what was known then, whatever was put right later."""
    same = sa.and_(EVENT.c.case_id == FACT.c.case_id, EVENT.c.seq == FACT.c.seq)
    asked = sa.select(FACT).join(EVENT, same).where(FACT.c.case_id == case_id, EVENT.c.at <= moment)
    facts: Facts = {}
    for row in connection.execute(asked.order_by(FACT.c.seq)):
        facts.setdefault(row.record, {}).setdefault(row.record_key, {})[row.field] = values.loads(row.value)
    return facts


def _opened(connection: sa.Connection, events: tuple[EventRow, ...], title: str) -> Iterator[TaskRow]:
    """Give the tasks that some events opened; when each is due is what the list says now."""
    numbers = [event.task for event in events if event.kind == "task_opened"]
    if not numbers:
        return
    asked = sa.select(TASK).where(TASK.c.case_id == events[0].case_id, TASK.c.number.in_(numbers))
    anew = {"status": "open", "completed_at": None, "completed_by": "", "case_title": title}
    for row in connection.execute(asked.order_by(TASK.c.number)).mappings():
        yield TaskRow(**{**row, **anew})


class _Standing:
    """The facts of the cases as the steps leave them, those of the cases that moved last in memory."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read from one snapshot."""
        self.connection = connection
        self.kept: OrderedDict[str, tuple[Facts, bool]] = OrderedDict()

    def after(self, case_id: str, first: int, last: int, closes: bool) -> tuple[Facts, bool]:  # noqa: FBT001 - of one step
        """Give a case's facts after its events `first` to `last`, and whether it is closed."""
        facts, closed = self.kept.pop(case_id) if case_id in self.kept else self.before(case_id, first)
        self.apply(facts, case_id, first, last)
        self.kept[case_id] = facts, closed or closes
        if len(self.kept) > FACTS_KEPT:
            self.kept.popitem(last=False)
        return self.kept[case_id]

    def before(self, case_id: str, first: int) -> tuple[Facts, bool]:
        """Read a case's facts as they were before an event."""
        facts: Facts = {}
        self.apply(facts, case_id, 1, first - 1)
        over = sa.exists().where(EVENT.c.case_id == case_id, EVENT.c.seq < first, EVENT.c.kind == "case_closed")
        return facts, first > 1 and bool(self.connection.execute(sa.select(over)).scalar())

    def apply(self, facts: Facts, case_id: str, first: int, last: int) -> None:
        """Write the values of some events to the facts, in their order."""
        asked = sa.select(FACT).where(FACT.c.case_id == case_id, FACT.c.seq.between(first, last)).order_by(FACT.c.seq)
        rows: list[Any] = list(self.connection.execute(asked)) if last >= first else []
        for row in rows:
            facts.setdefault(row.record, {}).setdefault(row.record_key, {})[row.field] = values.loads(row.value)
