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
    case_id, number = task_number(task_id)
    task = TaskTable.__table__
    row: Any = connection.execute(sa.select(task).where(task.c.case_id == case_id, task.c.number == number)).one()
    if row.status == "completed":
        by = _name(connection, row.completed_by, who)
        return f"{by} did this task on {say_moment(row.completed_at)}. What you have typed is kept for you for a week."
    if row.status != "open":
        return "This task is not needed any more. What you have typed is kept for you for a week."
    if row.owner not in {"", who.person, *who.deputises}:
        return f"{_name(connection, row.owner, who)} has this task now. Ask before you complete it."
    changed = merging.who_changed(connection, case_id, row.record, row.record_key, seen)
    if not changed:
        return ""
    by, at = max(changed.values(), key=lambda each: each[1])
    said = f"{_name(connection, by, who)} has changed answers of this page on {say_moment(at)}."
    return f"{said} When you complete it you see both, and nothing is overwritten."


def _name(connection: sa.Connection, person: str, who: Actor) -> str:
    """Name a person; an act of oneself in another window is one's own."""
    return "You" if person == who.person else episode_words.names_of(connection, {person}).get(person, "Somebody")
