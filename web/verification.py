"""Verifies the whole database, on command and every night: all checks of all floors, what was found, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import sqlalchemy as sa

import engine.verification
import notifications.verification
import workflows.verification
from engine import anchors
from engine.cases import Cases
from engine.frozen import frozen
from engine.rows import stored
from engine.store import Base, Moment, reading, writing
from engine.verification import Finding
from notifications import outbox, wording
from notifications.message import Message
from web import tombstones
from workflows import alerts, attachments, redacting

NIGHTLY_AFTER = timedelta(hours=2)
"""When the night's run begins, from midnight UTC: after the anchors, and before the morning's work."""

TAKEN_OVER_AFTER = timedelta(hours=6)
"""When a run that has not ended counts as dead, and another worker may begin it again."""

TEMPLATE = "verification"

LINES_KEPT = 100
"""Findings that are kept to be shown; the count is of all."""

RUNS_KEPT = timedelta(days=90)


class VerificationRow(Base):
    """The run of one night: when it began and ended, how much it found, and the first findings as JSON."""

    __tablename__ = "verifications"
    day: sa.Column[date] = stored(primary_key=True)
    started_at: sa.Column[datetime] = stored(Moment)
    finished_at: sa.Column[datetime | None] = stored(Moment)
    found: sa.Column[int]
    findings: sa.Column[str] = stored(sa.Text)


RUN = Base.metadata.tables["verifications"]
_CLAIM = sa.text("""
    INSERT INTO verifications (day, started_at, finished_at, found, findings) VALUES (:day, :now, NULL, 0, '[]')
    ON CONFLICT (day) DO UPDATE SET started_at = excluded.started_at
    WHERE verifications.finished_at IS NULL AND verifications.started_at < :dead
""").bindparams(sa.bindparam("day", type_=sa.Date()), *(sa.bindparam(name, type_=Moment()) for name in ("now", "dead")))


@frozen
class LastRun:
    """The newest run of the night, as a page shows it; `findings` are the first of `found`."""

    started_at: datetime
    finished_at: datetime | None
    found: int
    findings: tuple[Finding, ...]


def verify(cases: Cases, now: datetime, *, stones: Path | None = None) -> Iterator[Finding]:
    """Check everything, and give what is wrong as it is found; the database is only read. `stones` is the file of the tombstones."""
    yield from tombstones.check(cases.engine, stones)
    yield from anchors.check(cases.engine, now)
    holders = workflows.verification.holders_in(cases.engine)
    yield from engine.verification.check(cases.engine, cases.library, holders=holders, now=now)
    yield from workflows.verification.check(cases.engine)
    yield from redacting.check(cases.engine)
    yield from attachments.check(cases.engine)
    yield from notifications.verification.check(cases.engine, now)


def nightly(cases: Cases, base_url: str, now: datetime, *, stones: Path | None = None) -> bool:
    """Verify once a night, whichever worker comes first, and tell the administrators what was found; say whether it ran."""
    day = now.astimezone(UTC).date()
    if now < datetime(day.year, day.month, day.day, tzinfo=UTC) + NIGHTLY_AFTER:
        return False
    if _has_run(cases.engine, day) or not _claim(cases.engine, day, now):
        return False
    first: list[Finding] = []
    found = 0
    for finding in verify(cases, now, stones=stones):
        found += 1
        if found <= LINES_KEPT:
            first.append(finding)
    with writing(cases.engine) as connection:
        _keep(connection, day, now, found, first)
        if found:
            outbox.record(connection, [_alarm(day, found, first, base_url)], now)
    return True


def last_run(database: sa.Engine) -> LastRun | None:
    """Give the newest run of the night."""
    with reading(database) as connection:
        row = connection.execute(sa.select(RUN).order_by(RUN.c.day.desc()).limit(1)).first()
    if row is None:
        return None
    findings = tuple(Finding(**each) for each in orjson.loads(row.findings))
    return LastRun(row.started_at, row.finished_at, row.found, findings)


def _has_run(database: sa.Engine, day: date) -> bool:
    with reading(database) as connection:
        done = sa.select(RUN.c.day).where(RUN.c.day == day, RUN.c.finished_at.is_not(None))
        return connection.execute(done).first() is not None


def _claim(database: sa.Engine, day: date, now: datetime) -> bool:
    """Take the run of a night, unless another worker has it."""
    with writing(database) as connection:
        return connection.execute(_CLAIM, {"day": day, "now": now, "dead": now - TAKEN_OVER_AFTER}).rowcount > 0


def _keep(connection: sa.Connection, day: date, now: datetime, found: int, first: list[Finding]) -> None:
    """Write down how a run ended, and forget those of long ago."""
    findings = orjson.dumps([finding.as_json() for finding in first]).decode()
    done = {"finished_at": now, "found": found, "findings": findings}
    connection.execute(sa.update(RUN).where(RUN.c.day == day).values(**done))
    connection.execute(sa.delete(RUN).where(RUN.c.day < day - RUNS_KEPT))


def _alarm(day: date, found: int, first: list[Finding], base_url: str) -> Message:
    """Write what the administrators are told: how much was found, by its kind, and where it stands."""
    kinds = [f"{number} {check}" for check, number in sorted(engine.verification.count(first).items())]
    more = ["and more"] if found > len(first) else []
    words = {
        "urgency": "URGENT ",
        "reference": f"Verification of {day.day} {day:%B %Y}",
        "obligation": f"look at what was found ({found}: {', '.join(kinds + more)}); each line says what to do",
        "due": "as soon as you can",
        "link": f"{base_url.rstrip('/')}/operations",
    }
    subject, text = wording.write(TEMPLATE, words)
    return Message(f"verification {day}", alerts.group(("administrator",)), subject, text, urgent=True)
