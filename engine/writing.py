"""Writes what a step did, in few statements: state, log, facts, task index, messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import log, state, values
from engine.model import Facts
from engine.runner import OpenTask, Outcome
from engine.store import AwaitedTable, CaseTable, EventTable, FactTable, MessageTable, TaskTable
from engine.views import Step, TaskRow

MESSAGE_LIVES = timedelta(days=30)
"""How long a message waits for a case that takes it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A case's row as a step finds it."""

    case_id: str
    procedure: str
    release_id: int
    status: str
    head: str
    seq: int
    facts: Facts
    awaited: frozenset[tuple[int, str, str]]
    next_due_at: datetime | None = None
    closed_at: datetime | None = None

    @classmethod
    def nothing(cls, case_id: str) -> Stored:
        """Stand for a case that is not there, or that another node has locked."""
        return cls(case_id, "", 0, "", "", 0, {}, frozenset())

    @classmethod
    def of(cls, row: Any) -> Stored:
        """Read a row of the table."""
        return cls(
            row.id,
            row.procedure,
            row.release_id,
            row.status,
            row.head,
            row.seq,
            values.loads(row.facts),
            frozenset(),
            row.next_due_at,
            row.closed_at,
        )

    def waiting_for(self, awaited: Iterable[tuple[int, str, str]]) -> Stored:
        """Note what the case waited for before the step."""
        return replace(self, awaited=frozenset(awaited))


def write_new(connection: sa.Connection, stored: Stored, outcome: Outcome, now: datetime) -> Step:
    """Write a case that was just opened."""
    row = {
        "id": stored.case_id,
        "procedure": stored.procedure,
        "release_id": stored.release_id,
        "opened_at": now,
        "failures": 0,
        "retry_at": None,
    }
    rows, kept = log.extend(stored.case_id, stored.head, stored.seq, outcome.events, outcome.writes, now)
    connection.execute(sa.insert(CaseTable).values(**row, **_case(stored, outcome, rows, now)))
    return _write_rest(connection, stored, outcome, rows, kept, now)


def write_step(connection: sa.Connection, stored: Stored, outcome: Outcome, now: datetime) -> Step:
    """Write a step of a case that is there."""
    rows, kept = log.extend(stored.case_id, stored.head, stored.seq, outcome.events, outcome.writes, now)
    change = {**_case(stored, outcome, rows, now), "failures": 0, "retry_at": None}
    connection.execute(sa.update(CaseTable).where(CaseTable.id == stored.case_id).values(**change))
    return _write_rest(connection, stored, outcome, rows, kept, now)


def _case(stored: Stored, outcome: Outcome, rows: list[Any], now: datetime) -> dict[str, Any]:
    """Give the columns of a case's row that a step changes."""
    return {
        "title": outcome.title[:200],
        "status": "closed" if outcome.closed else "open",
        "closed_at": stored.closed_at or (now if outcome.closed else None),
        "state": state.dump(outcome.position),
        "facts": values.dumps(stored.facts),
        "head": rows[-1].digest if rows else stored.head,
        "seq": rows[-1].seq if rows else stored.seq,
        "next_due_at": outcome.next_due_at,
    }


def _write_rest(
    connection: sa.Connection, stored: Stored, outcome: Outcome, rows: list[Any], kept: list[log.Kept], now: datetime
) -> Step:
    """Write events, facts, tasks and messages, and say what the step did."""
    case_id = stored.case_id
    if rows:
        connection.execute(sa.insert(EventTable), [_event(row) for row in rows])
    if kept:
        connection.execute(sa.insert(FactTable), [_fact(case_id, each) for each in kept])
    opened = tuple(_task(case_id, task, now, outcome.title) for task in outcome.opened)
    closed = _close_tasks(connection, case_id, outcome, now)
    if opened:
        connection.execute(sa.insert(TaskTable), [_task_columns(task) for task in opened])
    if outcome.moved:
        _move_tasks(connection, case_id, outcome.moved)
    if outcome.sent:
        connection.execute(sa.insert(MessageTable), _messages(case_id, outcome, rows, now))
    if frozenset(outcome.awaited) != stored.awaited:
        _write_awaited(connection, case_id, outcome.awaited)
    status = "closed" if outcome.closed else "open"
    return Step(
        case_id,
        stored.procedure,
        stored.release_id,
        outcome.title,
        now,
        tuple(rows),
        stored.facts,
        opened,
        closed,
        status,
    )


def _event(row: Any) -> dict[str, Any]:
    return {
        "case_id": row.case_id,
        "seq": row.seq,
        "at": row.at,
        "kind": row.kind,
        "activity": row.activity,
        "element": row.element,
        "name": row.name,
        "task": row.task,
        "by": row.by,
        "data": log.as_text(row.data),
        "digest": row.digest,
    }


def _fact(case_id: str, kept: log.Kept) -> dict[str, Any]:
    write = kept.write
    return {
        "case_id": case_id,
        "seq": kept.seq,
        "record": write.record,
        "record_key": write.key,
        "field": write.field,
        "value": kept.value,
        "salt": kept.salt,
    }


def _task(case_id: str, task: OpenTask, now: datetime, title: str) -> TaskRow:
    node = task.node
    return TaskRow(
        case_id,
        task.number,
        node.id,
        node.name,
        node.role,
        node.form,
        node.record,
        task.key,
        "open",
        now,
        task.due_at,
        task.deadline,
        None,
        "",
        title,
    )


def _task_columns(task: TaskRow) -> dict[str, Any]:
    names = TaskTable.__table__.columns.keys()
    return {name: getattr(task, name) for name in names}


def _close_tasks(connection: sa.Connection, case_id: str, outcome: Outcome, now: datetime) -> tuple[TaskRow, ...]:
    """Mark the task that was completed, and those that are not wanted any more."""
    changes = [(number, "cancelled", "") for number in outcome.cancelled]
    if outcome.completed is not None:
        changes.append((outcome.completed[0], "completed", outcome.completed[1]))
    task = TaskTable
    closed: list[TaskRow] = []
    for number, status, person in changes:
        change = sa.update(task).where(task.case_id == case_id, task.number == number)
        change = change.values(status=status, completed_at=now, completed_by=person)
        row = connection.execute(change.returning(*task.__table__.c)).mappings().one()
        closed.append(TaskRow(**row))
    return tuple(closed)


def _move_tasks(connection: sa.Connection, case_id: str, moved: list[OpenTask]) -> None:
    """Give open tasks their new due times."""
    task = TaskTable
    for each in moved:
        change = sa.update(task).where(task.case_id == case_id, task.number == each.number)
        connection.execute(change.values(due_at=each.due_at, deadline=each.deadline))


def _messages(case_id: str, outcome: Outcome, rows: list[Any], now: datetime) -> list[dict[str, Any]]:
    """Give the rows of the messages that leave with this step; the id names the event that sent it."""
    numbers = [row.seq for row in rows if row.kind == "message_sent"]
    return [
        {
            "id": f"{case_id}/{seq}",
            "name": sent.name,
            "correlation": sent.correlation,
            "payload": values.dumps({"sender": case_id}),
            "sent_at": now,
            "expires_at": now + MESSAGE_LIVES,
            "status": "waiting",
            "taken_by": "",
        }
        for seq, sent in zip(numbers, outcome.sent, strict=True)
    ]


def _write_awaited(connection: sa.Connection, case_id: str, awaited: list[tuple[int, str, str]]) -> None:
    """Rewrite the index of what a case waits for."""
    connection.execute(sa.delete(AwaitedTable).where(AwaitedTable.case_id == case_id))
    if awaited:
        rows = [
            {"case_id": case_id, "number": number, "name": name, "correlation": key} for number, name, key in awaited
        ]
        connection.execute(sa.insert(AwaitedTable), rows)
