"""The night's work on what is kept: what is due for review, and which logs end (domain.md 5.5)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from engine.store import reading
from workflows import log_ends, retention

log = logging.getLogger(__name__)

NIGHTLY_AFTER = timedelta(hours=1)
"""When the night's work begins, from midnight UTC: before everything is verified, and before the month's review is counted."""


def nightly(engine: sa.Engine, now: datetime) -> bool:
    """Look through what is kept and end what has had its time, once a night; say whether it ran.

    Two workers that begin at the same moment do the same, and nothing is done twice.
    """
    day = now.astimezone(UTC).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    with reading(engine) as connection:
        last = retention.looked_at(connection)
    if now < midnight + NIGHTLY_AFTER or (last is not None and last >= midnight):
        return False
    for ended in log_ends.end(engine, now):
        counts = ", ".join(f"{count} of {name}" for name, count in sorted(ended.counts.items()))
        log.info("logs ended about %s: %s", ended.subject or "nobody", counts or "there were none")
    retention.look_through(engine, now)
    return True
