"""Holds the outbox after a restore, until a person has said what becomes of the mails that wait in it.

A restored database knows nothing of what left after its backup was made: its mails may have been sent, and its clocks will
write some of them again. So nothing leaves while a hold is on; the row of the hold says later who decided what, and why.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.errors import Conflict, Invalid, Problem
from engine.frozen import frozen
from engine.store import reading, writing
from notifications.outbox import HoldRow, OutboxRow

SEND, DROP = "send", "drop"
LONGEST_REASON = 400


class NothingHeld(Conflict):
    """The outbox is not held, or somebody else has just let it go."""


class ReasonInvalid(Invalid):
    """A decision on mails says what becomes of them, and why."""


@frozen
class Held:
    """A hold that is on: since when, by whom and why; how many mails wait, and when the first and the last was written."""

    since: datetime
    by: str
    reason: str
    waiting: int
    oldest_at: datetime | None
    newest_at: datetime | None


@frozen
class Decision:
    """What became of a hold: the decision, who took it, when and why, and of how many mails."""

    decision: str
    by: str
    at: datetime
    reason: str
    mails: int


def hold(connection: sa.Connection, *, by: str, reason: str, now: datetime) -> None:
    """Hold every mail from now on, unless they are held already."""
    if connection.execute(sa.select(HoldRow.id).where(HoldRow.decided_at.is_(None))).first() is None:
        row = {"held_at": now, "held_by": by, "reason": reason[:LONGEST_REASON]}
        connection.execute(sa.insert(HoldRow).values(**row, decision="", decided_by="", decided_why="", mails=0))


def held(engine: sa.Engine) -> Held | None:
    """Give the hold that is on, with the mails that wait."""
    counted = (sa.func.count(), sa.func.min(OutboxRow.created_at), sa.func.max(OutboxRow.created_at))
    with reading(engine) as connection:
        row = connection.execute(sa.select(HoldRow.__table__).where(HoldRow.decided_at.is_(None))).first()
        if row is None:
            return None
        mails = connection.execute(sa.select(*counted).where(OutboxRow.status == "waiting")).one()
    return Held(row.held_at, row.held_by, row.reason, *mails)


def last_decision(engine: sa.Engine) -> Decision | None:
    """Give what was decided last."""
    newest = sa.select(HoldRow.__table__).where(HoldRow.decided_at.is_not(None)).order_by(HoldRow.id.desc()).limit(1)
    with reading(engine) as connection:
        row = connection.execute(newest).first()
    return None if row is None else Decision(row.decision, row.decided_by, row.decided_at, row.decided_why, row.mails)


def resume(engine: sa.Engine, decision: str, *, by: str, reason: str, until: datetime, now: datetime) -> int:
    """Let the outbox go: send the mails that were written `until` then, or drop them; give how many.

    What was written later is sent in any case: nobody who decided has seen it. Who sends the same decision again is given
    the same answer, for the first time may have been told as a failure. Refuses with `ReasonInvalid`, all problems at once,
    and with `NothingHeld`.
    """
    _require(decision, reason)
    seen = sa.and_(OutboxRow.status == "waiting", OutboxRow.created_at <= until)
    with writing(engine) as connection:
        decided = sa.update(HoldRow).where(HoldRow.decided_at.is_(None))
        count = connection.execute(sa.select(sa.func.count()).select_from(OutboxRow).where(seen)).scalar_one()
        row = {"decision": decision, "decided_at": now, "decided_by": by, "decided_why": reason[:LONGEST_REASON]}
        if connection.execute(decided.values(**row, mails=count)).rowcount == 0:
            return _decided_before(connection, decision, by, reason)
        if decision == DROP:
            why = f"dropped by {by} after a restore"[:200]
            connection.execute(sa.update(OutboxRow).where(seen).values(status="dropped", last_error=why))
    return int(count)


def _decided_before(connection: sa.Connection, decision: str, by: str, reason: str) -> int:
    """Give of how many mails somebody has decided so with these words the last time; refuse where it was decided otherwise."""
    last = connection.execute(sa.select(HoldRow.__table__).order_by(HoldRow.id.desc()).limit(1)).first()
    if last is None or (last.decision, last.decided_by, last.decided_why) != (decision, by, reason[:LONGEST_REASON]):
        raise NothingHeld("The mails are not held, or somebody has just let them go.")
    return int(last.mails)


def _require(decision: str, reason: str) -> None:
    problems = []
    if decision not in {SEND, DROP}:
        problems.append(Problem("decision", "decision-missing", "Select whether the mails are sent or dropped."))
    if not reason.strip():
        problems.append(Problem("reason", "reason-missing", "Enter why, so that it can be understood later."))
    if problems:
        raise ReasonInvalid(problems)
