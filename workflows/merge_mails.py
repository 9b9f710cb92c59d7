"""Who hears that two records may be one child: those who can decide on it, and whoever proposed it of what was decided."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from notifications import outbox, wording
from notifications.message import Message
from workflows import merging, people
from workflows.alerts import in_words
from workflows.people import Person

PROPOSED, DECIDED, UNDONE = "merge_proposed", "merge_decided", "merge_undone"
TEMPLATES = frozenset({PROPOSED, DECIDED, UNDONE})


def tell(connection: sa.Connection, number: int, base_url: str, *, by: str, now: datetime) -> None:
    """Put what is said of a proposal as it stands now into the outbox, inside the transaction that changed it.

    While it waits, each person who may decide on it hears of it, but for whoever proposed it; afterwards those who proposed and
    decided hear what became of it, but for `by`, who did it. A message names no child, and leads to the page.
    """
    merge = merging.find(connection, number)
    able = people.holders(connection, merging.MERGES)
    if merge.waits:
        template, told = PROPOSED, [each for each in able if each.sign_in != merge.proposed_by]
    else:
        hands = {merge.proposed_by, merge.decided_by} - {by}
        template = UNDONE if merge.undone_at else DECIDED
        told = [each for each in able if each.sign_in in hands]
    outbox.record(connection, _written(template, number, told, base_url, now), now)


def _written(template: str, number: int, told: Collection[Person], base_url: str, now: datetime) -> list[Message]:
    """Write one message to each person."""
    subject, text = wording.write(template, {"at": in_words(now), "link": f"{base_url}/merges/{number}"})
    keys = [f"merge/{number}/{template}/{person.sign_in}" for person in told]
    return [Message(key, person.mail, subject, text, urgent=False) for key, person in zip(keys, told, strict=True)]
