"""Operations after the step: asked for by a case, carried out outside any transaction, answered into the case exactly once.

A step that comes to such an operation leaves a message for it. The sweep (1) claims the message for a while and reads what the
case knows, (2) carries the operation out, under the message's id as its key, so that another system can tell a second attempt,
(3) hands what was found to the case and closes the message, in one transaction. A node that dies in between loses its claim
and the errand is run again; whoever comes second finds the message closed. What the case waits for no more is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.faults import StepFailed
from engine.frozen import frozen
from engine.model import AFTER, ASKED, FOUND, Deliver, Value
from engine.process import Node
from engine.runner import Conductor
from engine.store import LONGEST_WAIT, MessageTable, may_try, row_lock, writing
from engine.writing import Stored

LEASE = timedelta(minutes=5)
"""For how long an errand belongs to the node that claimed it."""

Errand = Callable[[Mapping[str, Value], str, datetime], Mapping[str, Value]]
"""Carries an operation out: ``(what the case knows, key, now) -> the fields of one record``. It may be called again with a key."""

MESSAGE = MessageTable.__table__


@frozen
class Claimed:
    """An errand that this node carries out now."""

    message_id: str
    case_id: str
    operation: str
    node: Node
    scope: Mapping[str, Value]


class _At:
    """Says at which element an errand failed; its cause says why."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        """Say where it went wrong."""
        if isinstance(fault, Exception):
            raise StepFailed(self.node.id, self.node.name) from fault


class Errands:
    """The operations of one database that are carried out after the step, by name."""

    def __init__(
        self, engine: sa.Engine, load: Callable[..., Any], step: Callable[..., Any], known: Mapping[str, Errand]
    ) -> None:
        """Know these; `load` and `step` are how a case is read and stepped inside a transaction."""
        self.engine = engine
        self.known = dict(known)
        self._load = load
        self._step = step

    @property
    def names(self) -> frozenset[str]:
        """The names by which a release is checked."""
        return frozenset(f"{AFTER}{name}" for name in self.known)

    def next(self, *, now: datetime, held: Collection[str] = ()) -> str | None:
        """Give the errand that has waited longest, apart from those in `held`."""
        asked = sa.select(MESSAGE.c.id).where(self._ready(now), MESSAGE.c.id.not_in(held))
        if not self.known:
            return None
        with self.engine.connect() as connection:
            return connection.execute(asked.order_by(MESSAGE.c.sent_at, MESSAGE.c.id).limit(1)).scalar()

    def _ready(self, now: datetime) -> sa.ColumnElement[bool]:
        mine = MESSAGE.c.name.in_([f"{ASKED}{name}" for name in self.known])
        return sa.and_(MESSAGE.c.status == "waiting", mine, may_try(MESSAGE.c.retry_at, now, now + LONGEST_WAIT))

    def carry_out(self, message_id: str, *, now: datetime) -> bool:
        """Carry an errand out and give the case what was found; False where another was first or nobody waits for it.

        Raises:
            StepFailed: the operation failed, or the case cannot go on with what it found; it stays to be done.
        """
        claimed = self._claim(message_id, now)
        if claimed is None:
            return False
        with _At(claimed.node):
            found = self.known[claimed.operation](claimed.scope, message_id, now)
        return self._answer(claimed, found, now)

    def _claim(self, message_id: str, now: datetime) -> Claimed | None:
        """Take an errand for a while, and read what the case knows; drop it where the case does not wait for it."""
        with writing(self.engine) as connection:
            asked = sa.select(MESSAGE).where(MESSAGE.c.id == message_id, self._ready(now))
            row = connection.execute(row_lock(self.engine, asked, skip=True)).first()
            if row is None:
                return None
            found = self._waiting(connection, row, now)
            if found is None:
                return None
            connection.execute(sa.update(MessageTable).where(MESSAGE.c.id == message_id).values(retry_at=now + LEASE))
        _stored, conductor, task = found
        node, operation = task.task_spec.node, row.name.removeprefix(ASKED)
        return Claimed(message_id, _case_of(row), operation, node, dict(conductor.scope.at(task)))

    def _waiting(self, connection: sa.Connection, row: Any, now: datetime) -> tuple[Stored, Conductor, Any] | None:
        """Load the case of an errand, with the token that waits for it; close the errand where there is none."""
        stored, _done, conductor = self._load(connection, _case_of(row), now)
        name = f"{FOUND}{row.name.removeprefix(ASKED)}"
        awaiting = conductor.awaiting() if conductor is not None else ()
        task = next((task for task, _node, *message in awaiting if message == [name, row.correlation]), None)
        if task is None or conductor is None:
            connection.execute(sa.update(MessageTable).where(MESSAGE.c.id == row.id).values(status="dropped"))
            return None
        return stored, conductor, task

    def _answer(self, claimed: Claimed, found: Mapping[str, Value], now: datetime) -> bool:
        """Hand to the case what was found, once."""
        with writing(self.engine) as connection:
            asked = sa.select(MESSAGE).where(MESSAGE.c.id == claimed.message_id, MESSAGE.c.status == "waiting")
            row = connection.execute(row_lock(self.engine, asked)).first()
            waiting = None if row is None else self._waiting(connection, row, now)
            if row is None or waiting is None:
                return False
            stored, conductor, _task = waiting
            command = Deliver(f"{FOUND}{claimed.operation}", row.correlation, found)
            self._step(connection, stored, conductor, command, now)
            done = {"status": "taken", "taken_by": claimed.case_id}
            connection.execute(sa.update(MessageTable).where(MESSAGE.c.id == row.id).values(**done))
        return True


def _case_of(row: Any) -> str:
    """Give the reference of the case that asked."""
    return str(row.correlation).partition("/")[0]
