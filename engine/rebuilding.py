"""Writes the indexes of the cases anew from their token states: lists of tasks, awaited messages, next due moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import ownership, runner, values
from engine.clocks import Winder
from engine.errors import CaseHeldUp
from engine.faults import StepFailed
from engine.library import Library
from engine.runner import Conductor
from engine.store import ERASED, CaseTable, EventTable, TaskTable, reading, row_lock, writing
from engine.verification import index_findings, open_tasks
from engine.writing import ADD_AWAITED, FORGET_AWAITED

CASE, TASK, EVENT = (table.__table__ for table in (CaseTable, TaskTable, EventTable))


def rebuild(engine: sa.Engine, library: Library, *, now: datetime) -> Iterator[str]:
    """Bring the indexes of each case to where its tokens are, each in its own transaction; give those that were changed.

    A case whose indexes agree is not touched. Refuses at the end with `CaseHeldUp` where some could not be read.
    """
    unread = []
    with reading(engine) as connection:
        case_ids = list(
            connection.execute(sa.select(CASE.c.id).where(CASE.c.status != ERASED).order_by(CASE.c.id)).scalars()
        )
    for case_id in case_ids:
        try:
            changed = _rebuild(engine, library, case_id, now)
        except StepFailed:
            unread.append(case_id)
            continue
        if changed:
            yield case_id
    if unread:
        raise CaseHeldUp(f"These cases could not be read and stay as they are: {', '.join(unread)}.")


def _rebuild(engine: sa.Engine, library: Library, case_id: str, now: datetime) -> bool:
    """Bring the indexes of one case to where its tokens are; say whether anything was changed."""
    with writing(engine) as connection:
        row = connection.execute(row_lock(engine, sa.select(CASE).where(CASE.c.id == case_id))).one()
        conductor = runner.restore(library.get(row.release_id), row.state, values.loads(row.facts), now)
        if not any(index_findings(connection, row, conductor)):
            return False
        _tasks(connection, row, conductor, now)
        _awaited(connection, case_id, conductor)
        due = Winder(conductor).next_due()
        connection.execute(sa.update(CaseTable).where(CASE.c.id == case_id).values(next_due_at=due))
        return True


def _tasks(connection: sa.Connection, row: Any, conductor: Conductor, now: datetime) -> None:
    """List the tasks that the case waits for; what it does not wait for was cancelled."""
    wanted = open_tasks(conductor)
    mine = TASK.c.case_id == row.id
    found = {each.number: each.opened_at for each in connection.execute(sa.select(TASK).where(mine))}
    opened = sa.select(EVENT.c.task, EVENT.c.at).where(EVENT.c.case_id == row.id, EVENT.c.kind == "task_opened")
    told = {each.task: each.at for each in connection.execute(opened)}
    gone = sa.update(TaskTable).where(mine, TASK.c.status == "open", TASK.c.number.not_in(list(wanted)))
    connection.execute(gone.values(status="cancelled", completed_at=now))
    connection.execute(sa.delete(TaskTable).where(mine, TASK.c.number.in_(list(wanted))))
    owners = ownership.from_log(connection, row.id)
    for number, columns in wanted.items():
        opened_at = found.get(number) or told.get(number) or now
        kept = {"case_id": row.id, "number": number, "status": "open", "opened_at": opened_at, **columns}
        kept |= asdict(owners.get(number, ownership.NOBODY))
        connection.execute(sa.insert(TaskTable).values(**kept, completed_at=None, completed_by=""))


def _awaited(connection: sa.Connection, case_id: str, conductor: Conductor) -> None:
    """List the messages that the case waits for."""
    connection.execute(FORGET_AWAITED, {"this_case": case_id})
    for number, name, key in conductor.awaited():
        connection.execute(ADD_AWAITED, {"case_id": case_id, "number": number, "name": name, "correlation": key})
