"""Writes what a step did, in few statements: state, log, facts, task index, messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import log, posting, state, values
from engine.frozen import frozen
from engine.model import USUAL_RANK, Event, Facts
from engine.outcome import OpenTask, Outcome
from engine.statements import Prepared
from engine.store import Base, Moment
from engine.views import Step, TaskRow
from engine.warm import Waiting

# Every statement of a step is made once and only given its values afterwards: making one anew took more than half of the
# time of a step. Those of every step are prepared (`engine.statements`).
CASES = Base.metadata.tables["cases"]
AWAITED = Base.metadata.tables["awaited"]

ADD_CASE, ADD_REASONS, ADD_MESSAGES, ADD_AWAITED = (
    sa.insert(Base.metadata.tables[name]) for name in ("cases", "event_reasons", "messages", "awaited")
)
ADD_EVENTS, ADD_FACTS = (Prepared(sa.insert(Base.metadata.tables[name])) for name in ("events", "fact_values"))
CHANGE_LOG = sa.update(CASES).where(CASES.c.id == sa.bindparam("this_case"))
CHANGE_CASE = Prepared(CHANGE_LOG)
_KEEP = sa.text("""
    INSERT INTO tasks (case_id, number, element, name, role, form, record, record_key, status, opened_at, due_at,
                       deadline, completed_at, completed_by, rank)
    VALUES (:case_id, :number, :element, :name, :role, :form, :record, :record_key, :status, :opened_at, :due_at,
            :deadline, :completed_at, :completed_by, :rank)
    ON CONFLICT (case_id, number) DO UPDATE SET
        status = excluded.status,
        rank = excluded.rank,
        due_at = CASE WHEN excluded.status = 'open' THEN excluded.due_at ELSE tasks.due_at END,
        deadline = CASE WHEN excluded.status = 'open' THEN excluded.deadline ELSE tasks.deadline END,
        completed_at = excluded.completed_at,
        completed_by = excluded.completed_by
""").bindparams(*(sa.bindparam(name, type_=Moment()) for name in ("opened_at", "due_at", "completed_at")))
TASK_COLUMNS = tuple(_KEEP.compile().params)
KEEP_TASKS = Prepared(_KEEP)
"""Brings the index to where the tokens are: tasks that have opened, that are due at another time, that are open no more.

Written out, since one statement does for all of them; SQLAlchemy compiles an upsert of its own anew each time.
"""
FORGET_AWAITED = sa.delete(AWAITED).where(AWAITED.c.case_id == sa.bindparam("this_case"))
DROP_AWAITED = FORGET_AWAITED.where(AWAITED.c.number == sa.bindparam("this_number"))
CHANGE_AWAITED = (
    sa.update(AWAITED)
    .where(AWAITED.c.case_id == sa.bindparam("this_case"), AWAITED.c.number == sa.bindparam("this_number"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("number", "name", "correlation")})
)


@frozen
class Stored:
    """A case's row as a step finds it, with the key of the command and a digest of what it asks."""

    case_id: str
    procedure: str
    release_id: int
    status: str
    head: str
    seq: int
    facts: Facts
    awaited: frozenset[Waiting]
    next_due_at: datetime | None = None
    closed_at: datetime | None = None
    command: str = ""
    asked: str | None = None
    correlation: str = ""
    rank: int = USUAL_RANK
    owner: str = ""

    @classmethod
    def nothing(cls, case_id: str) -> Stored:
        """Stand for a case that is not there, or that another node has locked."""
        return cls(case_id, "", 0, "", "", 0, {}, frozenset())

    @classmethod
    def new(
        cls,
        case_id: str,
        procedure: str,
        release_id: int,
        facts: Facts,
        *,
        command: str = "",
        asked: str | None = None,
        correlation: str = "",
    ) -> Stored:
        """Stand for a case that opens now."""
        return cls(
            case_id,
            procedure,
            release_id,
            "open",
            log.GENESIS,
            0,
            facts,
            frozenset(),
            command=command,
            asked=asked,
            correlation=correlation,
        )

    @classmethod
    def of(cls, row: Any, command: str = "", asked: str | None = None) -> Stored:
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
            asked,
            rank=row.rank,
            owner=getattr(row, "owner", None) or "",
        )

    def waiting_for(self, awaited: Iterable[Waiting]) -> Stored:
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
    CHANGE_CASE(connection, [{"this_case": stored.case_id, **change}])
    return _write_rest(connection, stored, outcome, rows, kept, now)


def write_event(connection: sa.Connection, stored: Stored, event: Event, now: datetime) -> None:
    """Write an event that moves no token; the rest of the case may even be unreadable."""
    rows, kept = log.extend(stored.case_id, stored.head, stored.seq, [event], (), now, stored.command)
    ADD_EVENTS(connection, [_event(rows[0], stored.asked if stored.command else None)])
    _keep_values(connection, stored.case_id, kept)
    head = {"head": rows[0].digest, "seq": rows[0].seq}
    connection.execute(CHANGE_LOG, {"this_case": stored.case_id, **head})


def _case(stored: Stored, outcome: Outcome, rows: list[Any], now: datetime) -> dict[str, Any]:
    """Give the columns of a case's row that a step changes."""
    outcome.written = state.dump(outcome.position), values.dumps(stored.facts)
    return {
        "title": outcome.title[:200],
        "status": "closed" if outcome.closed else "open",
        "closed_at": stored.closed_at or (now if outcome.closed else None),
        "state": outcome.written[0],
        "facts": outcome.written[1],
        "head": rows[-1].digest if rows else stored.head,
        "seq": rows[-1].seq if rows else stored.seq,
        "next_due_at": outcome.next_due_at,
        "rank": outcome.rank,
    }


def _write_rest(
    connection: sa.Connection, stored: Stored, outcome: Outcome, rows: list[Any], kept: list[log.Kept], now: datetime
) -> Step:
    """Write events, facts, tasks and messages, and say what the step did."""
    case_id = stored.case_id
    if rows:
        asked = stored.asked if stored.command else None
        ADD_EVENTS(connection, [_event(row, None if number else asked) for number, row in enumerate(rows)])
    _keep_values(connection, case_id, kept)
    opened = tuple(_task(case_id, task, now, outcome.title, outcome.rank) for task in outcome.opened)
    _keep_tasks(connection, stored, outcome, opened, now)
    if outcome.sent:
        connection.execute(ADD_MESSAGES, _messages(case_id, outcome, rows, now))
    _write_awaited(connection, case_id, stored.awaited, frozenset(outcome.awaited))
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
        status,
        outcome.next_due_at,
        tuple((task.number, task.due_at) for task in outcome.moved),
    )


def _event(row: Any, asked: str | None) -> dict[str, Any]:
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
        "asked": asked,
    }


def _keep_values(connection: sa.Connection, case_id: str, kept: list[log.Kept]) -> None:
    """Write the values that stand beside the log: facts, and reasons of events."""
    facts = [_fact(case_id, each) for each in kept if each.write.record]
    reasons = [
        {"case_id": case_id, "seq": each.seq, "value": each.value, "salt": each.salt}
        for each in kept
        if not each.write.record
    ]
    if facts:
        ADD_FACTS(connection, facts)
    if reasons:
        connection.execute(ADD_REASONS, reasons)


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


def _task(case_id: str, task: OpenTask, now: datetime, title: str, rank: int) -> TaskRow:
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
        rank,
    )


def _task_columns(task: TaskRow) -> dict[str, Any]:
    return {name: getattr(task, name) for name in TASK_COLUMNS}


def _keep_tasks(
    connection: sa.Connection, stored: Stored, outcome: Outcome, opened: Iterable[TaskRow], now: datetime
) -> None:
    """Write what the step changed in the index of people's tasks; every open one where the case has another rank now."""
    done, person = outcome.completed or (None, "")
    kept = outcome.moved if outcome.rank == stored.rank else outcome.staying
    changed = [*opened, *(_task(stored.case_id, task, now, "", outcome.rank) for task in kept)]
    for task in outcome.gone:
        row = _task(stored.case_id, task, now, "", outcome.rank)
        if task.number == done:
            changed.append(replace(row, status="completed", completed_at=now, completed_by=person))
        else:
            changed.append(replace(row, status="cancelled", completed_at=now))
    if changed:
        KEEP_TASKS(connection, [_task_columns(task) for task in changed])


def _messages(case_id: str, outcome: Outcome, rows: list[Any], now: datetime) -> list[dict[str, Any]]:
    """Give the rows of the messages that leave with this step; the id names the event that sent it."""
    numbers = [row.seq for row in rows if row.kind == "message_sent"]
    return [
        posting.row_of(
            f"{case_id}/{seq}",
            sent.name,
            sent.correlation,
            sent.payload,
            now,
            origin=posting.CASE,
            sender=case_id,
            lives=sent.lives,
            element=sent.element,
            optional=sent.optional,
        )
        for seq, sent in zip(numbers, outcome.sent, strict=True)
    ]


def _write_awaited(
    connection: sa.Connection, case_id: str, before: frozenset[Waiting], after: frozenset[Waiting]
) -> None:
    """Bring the index of what a case waits for up to date: the rows of what it waits for no more become those of what is new,
    which is one statement, and only what is over on one side is added or taken out.
    """
    gone, new = before - after, after - before
    both = {number for number, _name, _key in gone} & {number for number, _name, _key in new}
    old_rows, new_rows = (sorted(rows, key=lambda row: (row[0] not in both, row)) for rows in (gone, new))
    changed = [
        {"this_case": case_id, "this_number": old[0], "new_number": number, "new_name": name, "new_correlation": key}
        for old, (number, name, key) in zip(old_rows, new_rows, strict=False)
    ]
    dropped = [{"this_case": case_id, "this_number": number} for number, _name, _key in old_rows[len(changed) :]]
    added = [
        {"case_id": case_id, "number": number, "name": name, "correlation": key}
        for number, name, key in new_rows[len(changed) :]
    ]
    for statement, rows in ((CHANGE_AWAITED, changed), (DROP_AWAITED, dropped), (ADD_AWAITED, added)):
        if rows:
            connection.execute(statement, rows)
