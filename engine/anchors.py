"""A digest a day over the heads of all logs, so that a log that was rewritten as a whole is found.

A chain of hashes shows a change within a log, and not that the log was written anew from the change on. The anchor of a day
takes in, for each case that moved on it, where its log stood at the day's end, and the anchor before it. Whoever copies
the newest one to another place can show later that nothing was rewritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.rows import stored
from engine.store import Base, EventTable, Moment, snapshot, writing
from engine.verification import COMPARE, Finding

SETTLED_AFTER = timedelta(hours=1)
"""How long after midnight (UTC) a day is anchored: by then no step that began before it is still being written."""

MISSED_AFTER = timedelta(days=2)
"""How long after its end a day without an anchor shows that no worker writes them."""

DAY = timedelta(days=1)
HEADS_AT_ONCE = 1_000


class AnchorTable(Base):
    """The digest over where the logs stood at the end of a day, and how many of them had moved on it."""

    __tablename__ = "anchors"
    day: sa.Column[date] = stored(primary_key=True)
    logs: sa.Column[int]
    digest: sa.Column[str] = stored(sa.String(64))
    written_at: sa.Column[datetime] = stored(Moment)


ANCHOR = Base.metadata.tables["anchors"]
EVENT = EventTable.__table__
_WRITE = sa.text("""
    INSERT INTO anchors (day, logs, digest, written_at) VALUES (:day, :logs, :digest, :written_at)
    ON CONFLICT (day) DO NOTHING
""").bindparams(sa.bindparam("day", type_=sa.Date()), sa.bindparam("written_at", type_=Moment()))


def write(engine: sa.Engine, now: datetime) -> int:
    """Write the anchor of each whole day that has none; give how many this call wrote, for another worker may be at it."""
    written = 0
    with snapshot(engine) as connection:
        last = connection.execute(sa.select(ANCHOR).order_by(ANCHOR.c.day.desc()).limit(1)).first()
        begun = last.day if last is not None else _first_day(connection)
    if begun is None:
        return 0
    day = begun + DAY if last is not None else begun
    digest = last.digest if last is not None else ""
    while _ends(day) + SETTLED_AFTER <= now:
        with snapshot(engine) as connection:
            logs, digest = _digest(connection, day, digest)
        with writing(engine) as connection:
            row = {"day": day, "logs": logs, "digest": digest, "written_at": now}
            written += connection.execute(_WRITE, row).rowcount
        day += DAY
    return written


def newest(engine: sa.Engine) -> sa.Row[Any] | None:
    """Give the newest anchor, for those who copy it to another place."""
    with snapshot(engine) as connection:
        return connection.execute(sa.select(ANCHOR).order_by(ANCHOR.c.day.desc()).limit(1)).first()


def check(engine: sa.Engine, now: datetime) -> Iterator[Finding]:
    """Give every day whose anchor does not agree with the logs, is not there, or should have been written long ago."""
    digest, expected = "", None
    with snapshot(engine) as connection:
        first = _first_day(connection)
        for row in connection.execute(sa.select(ANCHOR).order_by(ANCHOR.c.day)):
            if row.day != (expected or first):
                yield _finding("anchor-missing", f"The anchor of {expected or first} is gone. {COMPARE}")
            logs, found = _digest(connection, row.day, digest)
            if (logs, found) != (row.logs, row.digest):
                sentence = f"The logs of {row.day} are not those that were anchored then: at least one was rewritten. {COMPARE}"
                yield _finding("anchor-differs", sentence)
            digest, expected = row.digest, row.day + DAY
    due = expected or first
    if due is not None and _ends(due) + MISSED_AFTER < now:
        sentence = f"The logs have not been anchored since {due}. See that a worker runs: homeward worker."
        yield _finding("anchor-late", sentence)


def _first_day(connection: sa.Connection) -> date | None:
    """Give the day of the first event of all."""
    first = connection.execute(sa.select(sa.func.min(EVENT.c.at))).scalar()
    return None if first is None else first.astimezone(UTC).date()


def _ends(day: date) -> datetime:
    """Give the moment at which a day ends, in UTC."""
    return datetime.combine(day + DAY, time.min, UTC)


def _digest(connection: sa.Connection, day: date, before: str) -> tuple[int, str]:
    """Count the logs that moved on a day, and give the digest over where they stood at its end and the anchor before."""
    ends = _ends(day)
    moved = (
        sa.select(EVENT.c.case_id, sa.func.max(EVENT.c.seq).label("seq"))
        .where(EVENT.c.at >= ends - DAY, EVENT.c.at < ends)
        .group_by(EVENT.c.case_id)
        .subquery()
    )
    same = sa.and_(EVENT.c.case_id == moved.c.case_id, EVENT.c.seq == moved.c.seq)
    heads = sa.select(EVENT.c.case_id, EVENT.c.seq, EVENT.c.digest).join(moved, same)
    content, logs = hashlib.sha256(before.encode()), 0
    ordered = heads.order_by(sa.collate(EVENT.c.case_id, "C" if connection.dialect.name != "sqlite" else "BINARY"))
    for case_id, seq, head in connection.execute(ordered, execution_options={"yield_per": HEADS_AT_ONCE}):
        content.update(f"{case_id} {seq} {head}\n".encode())
        logs += 1
    return logs, content.hexdigest()


def _finding(check: str, sentence: str) -> Finding:
    return Finding(check, "", "", sentence)
