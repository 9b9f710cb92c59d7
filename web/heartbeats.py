"""The signs of life of the workers: written by each, and read by the site without loading what a worker needs."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.store import reading, writing
from web.tables import HeartbeatRow

WORKER_IS_LATE_AFTER = timedelta(seconds=60)
HEARTBEATS_KEPT = timedelta(days=1)


def last_beat(engine: sa.Engine, now: datetime) -> datetime | None:
    """Give the latest sign of life of any worker; one from the future tells nothing, for a clock was put back since."""
    seen = HeartbeatRow.beat_at <= now + WORKER_IS_LATE_AFTER
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.max(HeartbeatRow.beat_at)).where(seen)).scalar_one()


def beat(engine: sa.Engine, name: str, now: datetime) -> None:
    """Write that a worker is alive, and forget those of which nothing was heard for a day."""
    with writing(engine) as connection:
        connection.execute(sa.delete(HeartbeatRow).where(HeartbeatRow.beat_at < now - HEARTBEATS_KEPT))
        changed = connection.execute(sa.update(HeartbeatRow).where(HeartbeatRow.worker == name).values(beat_at=now))
        if changed.rowcount == 0:
            row = {"worker": name, "beat_at": now, "failures": 0, "last_failure": ""}
            connection.execute(sa.insert(HeartbeatRow).values(row))
