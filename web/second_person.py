"""Whether somebody is barred from a task because they did the one that it checks: two people look at it."""

from __future__ import annotations

import sqlalchemy as sa

from engine.release import Compiled
from engine.store import TaskTable, reading
from web.services import services


def done_before(release: Compiled, case_id: str, element: str, key: str, person: str) -> str:
    """Name the task that this person did and that another one must check here; empty where nothing bars them.

    In a multi-instance it is the task of the same item, whose record has this key.

    Only says it early: the engine refuses whoever sends the page all the same (`other_than` of the diagram).
    """
    barring = (
        checked
        for checked in release.node(element).other_than
        if _doer(checked, case_id, key if release.node(checked).record in release.own_records.get(element, ()) else "")
        == person
    )
    return next((release.node(each).name for each in barring), "")


def _doer(element: str, case_id: str, key: str) -> str | None:
    """Name who did a task of a case last; with a key, the one of this record."""
    done = (
        sa.select(TaskTable.completed_by)
        .where(TaskTable.case_id == case_id, TaskTable.element == element, TaskTable.status == "completed")
        .order_by(TaskTable.completed_at.desc(), TaskTable.number.desc())
    )
    with reading(services().engine) as connection:
        return connection.execute(done.where(TaskTable.record_key == key) if key else done).scalars().first()
