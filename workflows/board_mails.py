"""Tells the board once a month that its figures can be read (domain.md 5.2a, N12): a link, no figure."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.calendars import LONDON
from engine.store import reading, writing
from notifications import outbox, wording
from notifications.message import Message
from workflows import people

TEMPLATE = "board_figures"
BOARD = ("partnership_board",)
FROM_HOUR = 8
"""From when on the first day of a month, on the clocks of England."""


def tell(engine: sa.Engine, base_url: str, now: datetime) -> bool:
    """Put the mail about the month that has ended into the outbox, whichever worker comes first; say whether this one did."""
    local = now.astimezone(LONDON)
    if local.day == 1 and local.hour < FROM_HOUR:
        return False
    ended = local.replace(day=1) - timedelta(days=1)
    key, row = f"board-figures/{ended:%Y-%m}", outbox.OutboxRow
    with reading(engine) as connection:
        there = connection.execute(sa.select(row.id).where(row.key.startswith(f"{key}/")).limit(1)).first()
        members = [] if there else people.holders(connection, BOARD)
    if not members:
        return False
    words = {"month": f"{ended:%B %Y}", "link": f"{base_url.rstrip('/')}/performance"}
    subject, text = wording.write(TEMPLATE, words)
    with writing(engine) as connection:
        messages = [Message(f"{key}/{each.sign_in}", each.mail, subject, text) for each in members]
        outbox.record(connection, messages, now)
    return True
