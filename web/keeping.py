"""The night's work on what is kept: what is due for review, which logs end (domain.md 5.5), and bundles that nobody gave."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from engine.store import reading, writing
from workflows import erasing, log_ends, redacting, rehearsals, retention, unsaved

log = logging.getLogger(__name__)

NIGHTLY_AFTER = timedelta(hours=1)
"""When the night's work begins, from midnight UTC: before everything is verified, and before the month's review is counted."""

UNSEALED_FOR = timedelta(days=30)
"""How long a bundle lies that nobody has sealed: a month is the time to answer a request (UK GDPR, Article 12(3))."""


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
    dropped = _drop_unsealed(engine, now - UNSEALED_FOR)
    log.info("bundles thrown away that nobody gave: %s", dropped)
    with writing(engine) as connection:
        rehearsals.tidy(connection, now)
        unsaved.tidy(connection, now)
    retention.look_through(engine, now)
    return True


def _drop_unsealed(engine: sa.Engine, before: datetime) -> int:
    """Throw away the bundles that were made before a moment and given to nobody; count them. Nothing goes under a hold."""
    count = 0
    with writing(engine) as connection:
        for number, about in redacting.unsealed_before(connection, before):
            subject = erasing.find(connection, about)
            if subject is None or not retention.holds(connection, subject):
                redacting.drop(connection, number)
                count += 1
    return count
