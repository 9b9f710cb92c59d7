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
from engine.store import Base, Moment
from engine.views import Step, TaskRow

MESSAGE_LIVES = timedelta(days=30)
"""How long a message waits for a case that takes it."""

# Every statement of a step is made once and only given its values afterwards: making one anew, with the mapper's classes,
# took more than half of the time of a step.
CASES, TASKS = (Base.metadata.tables[name] for name in ("cases", "tasks"))
AWAITED = Base.metadata.tables["awaited"]

ADD_CASE, ADD_EVENTS, ADD_FACTS, ADD_TASKS, ADD_MESSAGES, ADD_AWAITED = (
    sa.insert(Base.metadata.tables[name]) for name in ("cases", "events", "fact_values", "tasks", "messages", "awaited")
)
CHANGE_CASE = sa.update(CASES).where(CASES.c.id == sa.bindparam("this_case"))
_OF_CASE = TASKS.c.case_id == sa.bindparam("this_case")
_DONE = TASKS.c.number == sa.bindparam("done")
MOVE_TASK = sa.update(TASKS).where(_OF_CASE, TASKS.c.number == sa.bindparam("this_number"))
CLOSE_TASKS = (
    sa.update(TASKS)
    .where(_OF_CASE, TASKS.c.number.in_(sa.bindparam("numbers", expanding=True)))
    .values(
        status=sa.case((_DONE, "completed"), else_="cancelled"),
        completed_at=sa.bindparam("at", type_=Moment()),
        completed_by=sa.case((_DONE, sa.bindparam("person")), else_=""),
    )
    .returning(*TASKS.c)
)
"""Marks the task that was completed, and those that are not wanted any more, at once."""
TASK_COLUMNS = tuple(TASKS.c.keys())
FORGET_AWAITED = sa.delete(AWAITED).where(AWAITED.c.case_id == sa.bindparam("this_case"))


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
    command: str = ""
    correlation: str = ""

    @classmethod
    def nothing(cls, case_id: str) -> Stored:
        """Stand for a case that is not there, or that another node has locked."""
        return cls(case_id, "", 0, "", "", 0, {}, frozenset())

    @classmethod
    def of(cls, row: Any, command: str = "") -> Stored:
        """Read a row of the table, for the command with this key."""
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
            command,
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
        "correlation": stored.correlation,
        "opened_at": now,
        "failures": 0,
        "retry_at": None,
    }
    rows, kept = log.extend(
        stored.case_id, stored.head, stored.seq, outcome.events, outcome.writes, now, stored.command
    )
    connection.execute(ADD_CASE, {**row, **_case(stored, outcome, rows, now)})
    return _write_rest(connection, stored, outcome, rows, kept, now)


def write_step(connection: sa.Connection, stored: Stored, outcome: Outcome, now: datetime) -> Step:
    """Write a step of a case that is there."""
    rows, kept = log.extend(
        stored.case_id, stored.head, stored.seq, outcome.events, outcome.writes, now, stored.command
    )
    change = {**_case(stored, outcome, rows, now), "failures": 0, "retry_at": None}
    connection.execute(CHANGE_CASE, {"this_case": stored.case_id, **change})
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
        connection.execute(ADD_EVENTS, [_event(row) for row in rows])
    if kept:
        connection.execute(ADD_FACTS, [_fact(case_id, each) for each in kept])
    opened = tuple(_task(case_id, task, now, outcome.title) for task in outcome.opened)
    closed = _close_tasks(connection, case_id, outcome, now)
    if opened:
        connection.execute(ADD_TASKS, [_task_columns(task) for task in opened])
    if outcome.moved:
        _move_tasks(connection, case_id, outcome.moved)
    if outcome.sent:
        connection.execute(ADD_MESSAGES, _messages(case_id, outcome, rows, now))
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
        "command": row.command,
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
    return {name: getattr(task, name) for name in TASK_COLUMNS}


def _close_tasks(connection: sa.Connection, case_id: str, outcome: Outcome, now: datetime) -> tuple[TaskRow, ...]:
    """Mark the task that was completed, and those that are not wanted any more."""
    done, person = outcome.completed or (None, "")
    numbers = [*outcome.cancelled, *([] if done is None else [done])]
    if not numbers:
        return ()
    given = {"this_case": case_id, "numbers": numbers, "done": done, "person": person, "at": now}
    closed = [TaskRow(**row) for row in connection.execute(CLOSE_TASKS, given).mappings()]
    return tuple(sorted(closed, key=lambda task: (task.status == "completed", task.number)))


def _move_tasks(connection: sa.Connection, case_id: str, moved: list[OpenTask]) -> None:
    """Give open tasks their new due times."""
    rows = [
        {"this_case": case_id, "this_number": each.number, "due_at": each.due_at, "deadline": each.deadline}
        for each in moved
    ]
    connection.execute(MOVE_TASK, rows)


def _messages(case_id: str, outcome: Outcome, rows: list[Any], now: datetime) -> list[dict[str, Any]]:
    """Give the rows of the messages that leave with this step; the id names the event that sent it."""
    numbers = [row.seq for row in rows if row.kind == "message_sent"]
    return [
        {
            "id": f"{case_id}/{seq}",
            "name": sent.name,
            "correlation": sent.correlation,
            "payload": values.dumps(dict(sent.payload)),
            "sent_at": now,
            "expires_at": now + MESSAGE_LIVES,
            "status": "waiting",
            "taken_by": "",
            "retry_at": None,
            "failures": 0,
        }
        for seq, sent in zip(numbers, outcome.sent, strict=True)
    ]


def _write_awaited(connection: sa.Connection, case_id: str, awaited: list[tuple[int, str, str]]) -> None:
    """Rewrite the index of what a case waits for."""
    connection.execute(FORGET_AWAITED, {"this_case": case_id})
    if awaited:
        rows = [
            {"case_id": case_id, "number": number, "name": name, "correlation": key} for number, name, key in awaited
        ]
        connection.execute(ADD_AWAITED, rows)
