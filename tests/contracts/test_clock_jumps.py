"""The clock of a machine is put forward by an hour and back again: each deadline goes off once, and no work is lost."""

from __future__ import annotations

from datetime import timedelta

import orjson
import sqlalchemy as sa

from engine import timers
from engine.cases import Cases
from engine.store import EventTable, reading, writing
from notifications import outbox
from notifications.memory import MemoryChannel
from notifications.message import Message
from tests.contracts.sample import CHIEF, FILES, NOW, WORKER
from tests.torture.soundness import violations

HALF, HOUR = timedelta(minutes=30), timedelta(hours=1)


def rungs(cases: Cases) -> list[str]:
    """Give the steps of the deadline that went off, in order."""
    asked = sa.select(EventTable.data).where(EventTable.kind == "timer_fired").order_by(EventTable.seq)
    with reading(cases.engine) as connection:
        return [orjson.loads(data)["step"] for data in connection.execute(asked).scalars()]


def test_a_deadline_goes_off_once_though_the_clock_was_ahead_for_a_while(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW)
    done = cases.open("sample", {"name": "x"}, by=WORKER, now=NOW, key="open")
    ahead = NOW + HALF + HOUR
    assert timers.sweep(cases, now=ahead).fired == 1
    back = NOW + HALF
    for minutes in (0, 10, 30, 40, 89):
        assert timers.sweep(cases, now=back + timedelta(minutes=minutes)).fired == 0
    check = next(row for row in cases.inbox(CHIEF.roles).rows if row.case_id == done.case_id)
    cases.complete(check.id, {"verdict": "x"}, by=CHIEF, now=back, key="check")
    assert timers.sweep(cases, now=NOW + 2 * HOUR).fired == 1
    assert rungs(cases) == ["reminder", "late"]
    assert violations(cases) == []


def test_a_clock_that_was_behind_only_makes_deadlines_late(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW)
    cases.open("sample", {"name": "x"}, by=WORKER, now=NOW, key="open")
    assert timers.sweep(cases, now=NOW - HOUR).fired == 0
    assert timers.sweep(cases, now=NOW + 3 * HOUR).fired == 1, "two rungs that were missed are one"
    assert violations(cases) == []


def test_what_was_put_off_while_the_clock_was_ahead_is_tried_once_it_is_right(engine: sa.Engine) -> None:
    """It waited until the clock had come to the moment that was written, an hour and more."""
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW)
    done = cases.open("sample", {"name": "x"}, by=WORKER, now=NOW, key="open")
    due = NOW + HALF + HOUR
    cases.postpone(done.case_id, now=due + 2 * HOUR)
    assert timers.sweep(cases, now=due).fired == 1
    cases.postpone(done.case_id, now=NOW + 2 * HOUR)
    assert timers.sweep(cases, now=NOW + 2 * HOUR).fired == 0, "it has just failed"
    assert timers.sweep(cases, now=NOW + 3 * HOUR).fired == 1


def test_a_mail_that_was_written_while_the_clock_was_ahead_leaves_at_once(engine: sa.Engine) -> None:
    """It waited until the clock had come to the hour at which it seemed to be written."""
    with writing(engine) as connection:
        outbox.record(connection, [Message("a/1/b/c", "anna@force.example", "Subject", "Text")], NOW + HOUR)
    assert outbox.sweep(engine, [MemoryChannel()], NOW).sent == 1
    assert outbox.sweep(engine, [MemoryChannel()], NOW + 2 * HOUR).sent == 0
