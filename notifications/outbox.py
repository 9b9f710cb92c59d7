"""The outbox: messages are recorded in the transaction that causes them and sent by a sweep afterwards.

A message may be for a group, such as those who hold a role: the sweep makes one of it for each person who belongs to it at
that moment. Whoever has left since is sent nothing: the message is marked as dropped, and one that was for a group goes to those
who belong to it now and have not had it. At least once, and once for a receiver that knows its references: a worker that dies after the delivery and
before the mark makes the message leave again with the same reference. The steps of a sweep, for each message in turn:

1. in a short transaction take one waiting row whose time has come, urgent ones first, and push its time forward by the
   lease, so that nobody else takes it and it comes back by itself when this process dies; a group's row gives way to
   those of its people; one that is gathered brings along what waits for the same address;
2. deliver outside any transaction: on SQLite an open one would stop every other writer while a mail server thinks;
3. in another short transaction mark it sent, put it back with a longer wait, or give it up.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import aliased, partial_index, stored
from engine.store import Base, Moment, reading, row_lock, writing
from notifications import wording
from notifications.message import Channel, DeliveryFailed, Message, Permanent, Temporary, in_short

LOG = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""How long a claimed message is left to the worker that claimed it: more than a whole sweep of slow deliveries."""

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)

GIVE_UP_AFTER = {False: timedelta(hours=48), True: timedelta(hours=4)}
"""By urgency: an urgent message that has not left within hours is of no use; a person must hear of that sooner."""


GATHERED = timedelta(hours=1)
"""In so long at most one mail of gathered messages goes to an address (domain.md 7, etiquette of reminders)."""

MOST = 100
"""So many messages at most stand in one mail beside the first; what is over leaves with the next."""

TEMPLATE = "gathered"

Directory = Callable[[sa.Connection, Message, datetime], Sequence[tuple[str, str]] | None]
"""Gives the names and addresses of those who belong to the recipient of a message at a moment; None where it is no group."""


Left = Callable[[sa.Connection, str], bool]
"""Tells of an address whether it is only of people who have left."""

HAS_LEFT = "not sent: the account of its recipient is disabled"


class OutboxRow(Base):
    """One message to one recipient: `waiting`, `sent`, `failed`, or `dropped`, by a person who said why or since its recipient has left.

    `group_key` and `group_name` are the key and the recipient of the message to a group of which it is one person's.
    """

    __tablename__ = "outbox"
    id: sa.Column[int] = stored(primary_key=True)
    key: sa.Column[str] = stored(sa.String(300), unique=True)
    recipient: sa.Column[str] = stored(sa.String(1000))
    subject: sa.Column[str] = stored(sa.String(300))
    text: sa.Column[str] = stored(sa.Text)
    urgent: sa.Column[bool]
    status: sa.Column[str] = stored(sa.String(12))
    attempts: sa.Column[int]
    next_try_at: sa.Column[datetime] = stored(Moment)
    give_up_at: sa.Column[datetime] = stored(Moment)
    last_error: sa.Column[str] = stored(sa.String(200))
    created_at: sa.Column[datetime] = stored(Moment)
    sent_at: sa.Column[datetime | None] = stored(Moment)
    group_key: sa.Column[str] = stored(sa.String(300), default="", server_default="")
    group_name: sa.Column[str] = stored(sa.String(1000), default="", server_default="")
    gathered: sa.Column[bool] = stored(default=False, server_default=sa.false())
    __table_args__ = (
        sa.CheckConstraint("status IN ('waiting', 'sent', 'failed', 'dropped')", name="status"),
        sa.Index("ix_outbox_waiting", "status", "urgent", "next_try_at", "id"),
        partial_index("ix_outbox_gathered", "recipient", "status", "sent_at", where="gathered"),
    )


class HoldRow(Base):
    """A time in which nothing leaves (`notifications.holding`), and what a person decided then of the mails that waited."""

    __tablename__ = "outbox_holds"
    id: sa.Column[int] = stored(primary_key=True)
    held_at: sa.Column[datetime] = stored(Moment)
    held_by: sa.Column[str] = stored(sa.String(120))
    reason: sa.Column[str] = stored(sa.String(400))
    decision: sa.Column[str] = stored(sa.String(12))
    decided_at: sa.Column[datetime | None] = stored(Moment)
    decided_by: sa.Column[str] = stored(sa.String(120))
    decided_why: sa.Column[str] = stored(sa.String(400))
    mails: sa.Column[int]


@frozen
class Swept:
    """What one sweep did: how many messages were sent, put back to wait and given up."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0


@frozen
class Standing:
    """How the outbox stands: a page says so when messages are not leaving; `left` counts those whose recipient has left."""

    waiting: int
    failed: int
    oldest_waiting_at: datetime | None
    left: int = 0


@frozen
class _Taken:
    """A row that this process has claimed; `attempt` proves later that the claim is still its own."""

    id: int
    attempt: int
    give_up_at: datetime


@frozen
class _Claim:
    """A message that this process may deliver now: of one row, or of several that are gathered.

    `nobody`: it is for a group to which nobody belongs at present, and waits for somebody.
    """

    rows: Sequence[_Taken]
    message: Message
    nobody: bool


# Written out: SQLAlchemy compiles an upsert of its own anew each time, and this one is in the transaction of a case's step.
_RECORD = sa.text("""
    INSERT INTO outbox (key, recipient, subject, text, urgent, status, attempts, next_try_at, give_up_at, last_error,
                        created_at, group_key, group_name, gathered)
    VALUES (:key, :recipient, :subject, :text, :urgent, 'waiting', 0, :next_try_at, :give_up_at, '', :created_at,
            :group_key, :group_name, :gathered)
    ON CONFLICT (key) DO NOTHING
""").bindparams(
    *(sa.bindparam(name, type_=sa.Boolean()) for name in ("urgent", "gathered")),
    *(sa.bindparam(name, type_=Moment()) for name in ("next_try_at", "give_up_at", "created_at")),
)


def record(
    connection: sa.Connection, messages: Sequence[Message], now: datetime, *, of_group: Message | None = None
) -> None:
    """Put messages into the outbox inside the caller's transaction; a key that is already there is left as it is.

    `of_group` is the message to a group of which these are the ones to its people.
    """
    if not messages:
        return
    rows = [
        {
            "key": message.key,
            "recipient": message.recipient,
            "subject": message.subject,
            "text": message.text,
            "urgent": message.urgent,
            "next_try_at": now,
            "give_up_at": (message.written_at or now) + GIVE_UP_AFTER[message.urgent],
            "created_at": message.written_at or now,
            "group_key": of_group.key if of_group else "",
            "group_name": of_group.recipient if of_group else "",
            "gathered": message.gathered,
        }
        for message in messages
    ]
    connection.execute(_RECORD, rows)


def _no_groups(_connection: sa.Connection, _message: Message, _now: datetime) -> None:
    """Know no group."""


def _nobody_left(_connection: sa.Connection, _address: str) -> bool:
    """Know of nobody who has left."""
    return False


def sweep(
    engine: sa.Engine,
    channels: Sequence[Channel],
    now: datetime,
    limit: int = 20,
    *,
    directory: Directory = _no_groups,
    left: Left = _nobody_left,
) -> Swept:
    """Send at most `limit` messages whose time has come; the failure of one never stops the others.

    The first channel that takes the recipient's address delivers; `directory` knows the groups, `left` who has left. Keep `limit` times the
    longest delivery below `LEASE`.
    """
    outcomes = {"sent": 0, "waiting": 0, "failed": 0}
    for _ in range(limit):
        claim = _claim(engine, directory, left, now)
        if claim is None:
            break
        failure = Temporary("nobody belongs to its group") if claim.nobody else _try(channels, claim.message)
        for status in _settle(engine, claim, failure, now):
            outcomes[status] += 1
    return Swept(**outcomes)


def standing(engine: sa.Engine) -> Standing:
    """Tell how many messages wait and since when, how many were given up, and how many were not sent to people who have left."""
    counts = sa.select(OutboxRow.status, sa.func.count(), sa.func.min(OutboxRow.created_at)).group_by(OutboxRow.status)
    gone = sa.select(sa.func.count()).where(OutboxRow.status == "dropped", OutboxRow.last_error == HAS_LEFT)
    with reading(engine) as connection:
        found = {status: (number, oldest) for status, number, oldest in connection.execute(counts)}
        left = connection.execute(gone).scalar_one()
    waiting, oldest = found.get("waiting", (0, None))
    return Standing(waiting, found.get("failed", (0, None))[0], oldest, left)


def stuck_since(engine: sa.Engine, before: datetime) -> datetime | None:
    """Tell since when an urgent message that was recorded before a moment waits, or lies given up; None where none does.

    A message that was given up counts until somebody has decided about it, or for a day.
    """
    row = OutboxRow
    late = sa.and_(row.status == "waiting", row.urgent, row.created_at < before)
    lost = sa.and_(row.status == "failed", row.urgent, row.give_up_at > before - timedelta(days=1))
    asked = sa.select(sa.func.min(row.created_at)).where(sa.or_(late, lost))
    with reading(engine) as connection:
        return connection.execute(asked).scalar_one()


def wait_after(attempts: int) -> timedelta:
    """Tell how long to wait after so many attempts: a minute, doubled each time, an hour at most."""
    doublings = min(attempts - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _claim(engine: sa.Engine, directory: Directory, left: Left, now: datetime) -> _Claim | None:
    """Take the next message to one person that is due, if there is one; those to groups become such messages first.

    Those to people who have left are dropped on the way.
    """
    due = (
        sa.select(OutboxRow.__table__)
        .where(OutboxRow.status == "waiting", sa.or_(OutboxRow.next_try_at <= now, OutboxRow.attempts == 0))
        .where(~sa.exists().where(HoldRow.decided_at.is_(None)), ~_waits_for_others(now))
        .order_by(OutboxRow.urgent.desc(), OutboxRow.next_try_at, OutboxRow.id)
        .limit(1)
    )
    with writing(engine) as connection:
        while True:
            row = connection.execute(row_lock(engine, due, skip=True)).one_or_none()
            if row is None:
                return None
            message = _message(row)
            people = directory(connection, message, now)
            if people is None and left(connection, row.recipient):
                _drop(connection, row, message, now)
                continue
            if not people:
                break
            single = [replace(message, key=f"{row.key}/{name}", recipient=address) for name, address in people]
            record(connection, single, now, of_group=message)
            connection.execute(sa.delete(OutboxRow).where(OutboxRow.id == row.id))
        others = due.where(OutboxRow.gathered, OutboxRow.recipient == row.recipient, OutboxRow.id != row.id).limit(MOST)
        rows = [row, *(connection.execute(row_lock(engine, others, skip=True)).all() if row.gathered else ())]
        mine = OutboxRow.id.in_([each.id for each in rows])
        taken = sa.update(OutboxRow).where(mine).values(attempts=OutboxRow.attempts + 1, next_try_at=now + LEASE)
        connection.execute(taken)
    claimed = [_Taken(each.id, each.attempts + 1, each.give_up_at) for each in rows]
    return _Claim(claimed, _as_one([_message(each) for each in rows]), nobody=people is not None)


def _waits_for_others(now: datetime) -> sa.ColumnElement[bool]:
    """Say of which rows it is too soon: gathered ones to an address that had such a mail within the hour, or is just being sent one.

    The column stands as in its partial index, and each question in an EXISTS of its own: else SQLite looks at every mail ever sent.
    """
    other = aliased(OutboxRow, name="other")
    had = sa.and_(other.status == "sent", other.sent_at > now - GATHERED, other.sent_at <= now)
    gets = sa.and_(other.status == "waiting", other.attempts > 0, other.next_try_at > now)
    same = sa.and_(sa.text("other.gathered"), other.recipient == OutboxRow.recipient, other.id != OutboxRow.id)
    return sa.and_(OutboxRow.gathered, sa.or_(sa.exists().where(same, had), sa.exists().where(same, gets)))


def _message(row: Any) -> Message:
    return Message(row.key, row.recipient, row.subject, row.text, row.urgent, row.created_at, row.gathered)


def _as_one(messages: Sequence[Message]) -> Message:
    """Give one message of several to the same address: the subject of each, and its links; its key names all of them.

    Another set has another key, so that a receiver that knows its references drops nothing that was not in the first.
    """
    if len(messages) == 1:
        return messages[0]
    words = {"count": str(len(messages)), "messages": "\n\n".join(in_short(each) for each in messages)}
    subject, text = wording.write(TEMPLATE, words)
    key = hashlib.sha256("\n".join(sorted(each.key for each in messages)).encode()).hexdigest()[:32]
    return replace(messages[0], key=f"{TEMPLATE}/{key}", subject=subject, text=text)


def _drop(connection: sa.Connection, row: Any, message: Message, now: datetime) -> None:
    """Mark a message as not sent, since its recipient has left; that of a group goes to who belongs to it now, each once.

    Whoever had it before has a row of the same key, which is left as it is.
    """
    dropped = sa.update(OutboxRow).where(OutboxRow.id == row.id)
    connection.execute(dropped.values(status="dropped", last_error=HAS_LEFT))
    LOG.warning("message %s is dropped: %s", row.key, HAS_LEFT)
    if row.group_key:
        record(connection, [replace(message, key=row.group_key, recipient=row.group_name)], now)


def _try(channels: Sequence[Channel], message: Message) -> DeliveryFailed | None:
    """Deliver, and give back what went wrong."""
    channel = next((channel for channel in channels if channel.takes(message.recipient)), None)
    if channel is None:
        return Temporary("no channel takes this kind of address")
    try:
        channel.deliver(message)
    except DeliveryFailed as failure:
        return failure
    except Exception as fault:  # one broken message must not stop the others; it is tried again and shown
        LOG.exception("delivery of %s broke", message.key)
        return Temporary(f"the channel broke ({type(fault).__name__})")
    return None


def _settle(engine: sa.Engine, claim: _Claim, failure: DeliveryFailed | None, now: datetime) -> list[str]:
    """Write down how a delivery ended, of each row that no other worker has taken over; give the new statuses."""
    ended = []
    with writing(engine) as connection:
        for row in claim.rows:
            values = _outcome(row, failure, now)
            still_ours = sa.and_(OutboxRow.id == row.id, OutboxRow.attempts == row.attempt)
            connection.execute(sa.update(OutboxRow).where(still_ours).values(**values))
            ended.append(str(values["status"]))
    if failure is not None:
        LOG.warning("message %s is %s: %s", claim.message.key, ", ".join(sorted(set(ended))), str(failure)[:200])
    return ended


def _outcome(row: _Taken, failure: DeliveryFailed | None, now: datetime) -> dict[str, Any]:
    """Give what becomes of a row after an attempt."""
    if failure is None:
        return {"status": "sent", "sent_at": now, "last_error": ""}
    again_at = now + wait_after(row.attempt)
    over = isinstance(failure, Permanent) or again_at > row.give_up_at
    return {"status": "failed" if over else "waiting", "next_try_at": again_at, "last_error": str(failure)[:200]}
