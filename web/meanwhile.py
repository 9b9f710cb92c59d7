"""What has become of a task while somebody has its page open: done, gone, with another, or answered in part by somebody else."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine import merging
from engine.admission import task_number
from engine.model import Actor
from engine.store import TaskTable
from web import episode_words
from web.moments import say_moment


def of_task(connection: sa.Connection, task_id: str, who: Actor, seen: int) -> str:
    """Say what `who` has to know before they go on typing; `seen` is the last event that their page knew of. Mostly nothing."""
    row = _row(connection, task_id)
    if row.status == "completed":
        return f"{_done(connection, row, who)} What you have typed is kept for you for a week."
    if row.status != "open":
        return "This task is not needed any more. What you have typed is kept for you for a week."
    if row.owner not in {"", who.person, *who.deputises}:
        return f"{_name(connection, row.owner, who)} has this task now. Ask before you complete it."
    changed = merging.who_changed(connection, row.case_id, row.record, row.record_key, seen)
    if not changed:
        return ""
    by, at = max(changed.values(), key=lambda each: each[1])
    said = f"{_name(connection, by, who)} has changed answers of this page on {say_moment(at)}."
    return f"{said} When you complete it you see both, and nothing is overwritten."


def done(connection: sa.Connection, task_id: str, who: Actor) -> str:
    """Say who did a task and when, to `who`: ``You did this task on 2 March 2026 at 9:00am.``; of one that was done."""
    return _done(connection, _row(connection, task_id), who)


def _row(connection: sa.Connection, task_id: str) -> Any:
    case_id, number = task_number(task_id)
    task = TaskTable.__table__
    return connection.execute(sa.select(task).where(task.c.case_id == case_id, task.c.number == number)).one()


def _done(connection: sa.Connection, row: Any, who: Actor) -> str:
    return f"{_name(connection, row.completed_by, who)} did this task on {say_moment(row.completed_at)}."


def _name(connection: sa.Connection, person: str, who: Actor) -> str:
    """Name a person; an act of oneself in another window is one's own."""
    return "You" if person == who.person else episode_words.names_of(connection, {person}).get(person, "Somebody")
