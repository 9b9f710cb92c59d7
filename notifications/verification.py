"""Checks that every message leaves: none has waited for longer than its own limit, and none was given up unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from engine.store import snapshot
from engine.verification import Finding
from notifications import holding
from notifications.outbox import LONGEST_WAIT, OutboxRow

ROWS_AT_ONCE = 500
PARTS_OF_A_CASE_KEY = 3
"""The key of a message about a case is its reference, the event and the alert, with a stroke between."""


def check(engine: sa.Engine, now: datetime) -> Iterator[Finding]:
    """Give every message that was given up, should have been, or that nobody has tried to send for an hour.

    While the outbox is held after a restore, that is one finding.
    """
    on_hold = holding.held(engine)
    waits = OutboxRow.status == "waiting"
    late = sa.or_(OutboxRow.give_up_at < now, OutboxRow.next_try_at < now - LONGEST_WAIT)
    given_up = OutboxRow.status == "failed"
    stuck = given_up if on_hold else sa.or_(given_up, sa.and_(waits, late))
    if on_hold is not None:
        sentence = f"{on_hold.waiting} mails are held after a restore. Say what becomes of them: homeward resume."
        yield Finding("mails-held", "", "", sentence)
    columns = (OutboxRow.key, OutboxRow.status, OutboxRow.created_at, OutboxRow.attempts)
    statement = sa.select(*columns).where(stuck).order_by(OutboxRow.id)
    with snapshot(engine) as connection:
        for row in connection.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE}):
            yield _finding(row.key, row.status, row.created_at, row.attempts)


def _finding(key: str, status: str, created_at: datetime, attempts: int) -> Finding:
    """Say what is wrong with one message, and never to whom it is."""
    parts = key.split("/")
    case_id, alert = (parts[0], parts[2]) if len(parts) >= PARTS_OF_A_CASE_KEY else ("", parts[0])
    written = f"{created_at.astimezone(UTC):%d.%m.%Y %H:%M} UTC"
    if status == "failed":
        sentence = (
            f"The mail “{alert}” of {written} was given up after {attempts} attempts. Tell the people in another way."
        )
        return Finding("mail-given-up", case_id, "", sentence)
    sentence = (
        f"The mail “{alert}” of {written} has not left. See that a worker runs and that the mail server takes mail."
    )
    return Finding("mail-stuck", case_id, "", sentence)
