"""Who hears that a file was infected and is destroyed: whoever attached it, and those who run the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from notifications import outbox, wording
from notifications.message import Message
from workflows import people
from workflows.alerts import in_words
from workflows.attachments import Attachment

ADMINISTRATOR = "administrator"
TO_SENDER, TO_OPERATORS = "attachment_infected", "attachment_infected_here"
TEMPLATES = frozenset({TO_SENDER, TO_OPERATORS})


def tell(connection: sa.Connection, found: Attachment, base_url: str, now: datetime) -> None:
    """Put the messages about a file that was destroyed into the outbox, inside of that transaction."""
    outbox.record(connection, list(_messages(connection, found, base_url.rstrip("/"), now)), now)


def _messages(connection: sa.Connection, found: Attachment, base_url: str, now: datetime) -> Iterator[Message]:
    link = f"{base_url}/cases/{found.case_id}/attachments"
    subject, text = wording.write(TO_SENDER, {"reference": found.case_id, "at": in_words(found.added_at), "link": link})
    for person in people.active(connection, [found.added_by]):
        key = f"{found.case_id}/attachment/{found.id}/{TO_SENDER}"
        yield Message(key, person.mail, subject, text, urgent=False)
    subject, text = wording.write(TO_OPERATORS, {"at": in_words(now), "link": f"{base_url}/operations"})
    for person in people.holders(connection, {ADMINISTRATOR}):
        key = f"attachment/{found.id}/{TO_OPERATORS}/{person.sign_in}"
        yield Message(key, person.mail, subject, text, urgent=False)
