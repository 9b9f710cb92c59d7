"""What administrators hear of at once: a step that failed, clocks that are late. Nothing of a child is in it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.incidents import UNREAD, Incident
from engine.store import writing
from engine.views import Late
from notifications import outbox, wording
from notifications.message import Message
from workflows import people
from workflows.alerts import in_words

ADMINISTRATORS = frozenset({"administrator"})
INCIDENT, LATE_CLOCKS, UNREAD_MESSAGE = TEMPLATES = ("incident", "late_clocks", "unread_message")


class IncidentAlarm:
    """Tells every administrator of a new incident; give it the address of the site."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url.rstrip("/")

    def __call__(self, connection: sa.Connection, incident: Incident, now: datetime) -> None:
        """Put a message for each administrator into the outbox, inside the transaction that keeps the incident."""
        words = {"at": in_words(now), "link": f"{self.base_url}/operations/incidents/{incident.id}"}
        key = f"incident/{incident.id}/{incident.times}"
        if incident.kind == UNREAD:
            about = f"case {incident.case_id}" if incident.case_id else "outside"
            _tell(connection, key, UNREAD_MESSAGE, {**words, "message": incident.name, "about": about}, now)
            return
        words |= {
            "about": f"case {incident.case_id}" if incident.case_id else "a case that could not be opened",
            "element": incident.element or "none: the case could not be read",
            "error": incident.error,
        }
        _tell(connection, key, INCIDENT, words, now)


def late_clocks(engine: sa.Engine, late: Late, now: datetime, base_url: str) -> None:
    """Tell every administrator, once an hour at most, that clocks do not go off in time."""
    oldest = late.oldest_due_at or now
    words = {
        "count": str(late.count),
        "oldest": in_words(oldest),
        "at": in_words(now),
        "link": f"{base_url.rstrip('/')}/operations",
    }
    with writing(engine) as connection:
        _tell(connection, f"late/{now:%Y-%m-%dT%H}", LATE_CLOCKS, words, now)


def _tell(connection: sa.Connection, key: str, template: str, words: dict[str, str], now: datetime) -> None:
    """Write one message to each administrator; a key that is there already sends nothing."""
    subject, text = wording.write(template, words)
    told = people.holders(connection, ADMINISTRATORS)
    messages = [Message(f"{key}/{person.sign_in}", person.mail, subject, text, urgent=True) for person in told]
    outbox.record(connection, messages, now)
