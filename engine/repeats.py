"""One command that is sent twice, by a double press or a proxy that sends again: carried out once, and answered alike.

What was done before is told by the log. Where both are sent at the same moment, SQLite takes one after the other. PostgreSQL begins both,
and neither sees the other: the second meets the index of commands, or a case that has moved on, and asks the log again.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from engine.errors import Conflict
from engine.store import EventTable, reading
from engine.views import Done

DONE_BEFORE = sa.and_(EventTable.command == sa.bindparam("key"), EventTable.asked.is_not(None))
"""The event with which the command `key` was carried out."""


def once(engine: sa.Engine, key: str, digest: str, act: Callable[[], Done]) -> Done:
    """Do what a command asks, and give its answer; where it was done in the meantime, the answer of then.

    Raises:
        Conflict: the key belongs to another command.
    """
    try:
        return act()
    except (sa.exc.IntegrityError, Conflict):
        with reading(engine) as connection:
            done = answer(connection, key, digest)
        if done is None:
            raise
        return done


def answer(connection: sa.Connection, key: str, digest: str | None) -> Done | None:
    """Give the answer of a command again that was carried out already, as the log tells it.

    Raises:
        Conflict: the key belongs to another command.
    """
    event = EventTable
    first = connection.execute(sa.select(event.case_id, event.asked).where(DONE_BEFORE), {"key": key}).first()
    if first is None:
        return None
    if first.asked != digest:
        message = "This page was sent before with other answers. Open it again, so that nothing is lost."
        raise Conflict(message)
    of_the_step = sa.and_(event.case_id == first.case_id, event.command == key, event.kind == "task_opened")
    tasks = connection.execute(sa.select(event.task).where(of_the_step).order_by(event.seq)).scalars()
    return Done(first.case_id, tuple(f"{first.case_id}.{number}" for number in tasks), repeated=True)
