"""A reminder from one person to the one who has a task: by mail, once within a quarter of an hour, whoever asks for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.errors import Conflict
from engine.model import Actor
from engine.views import TaskRow
from notifications import outbox, wording
from notifications.message import Message
from notifications.outbox import OutboxRow
from workflows import people
from workflows.alerts import in_words

AGAIN_AFTER = timedelta(minutes=15)
TEMPLATE = "reminder"


class NobodyToRemind(Conflict):
    """Nobody has this task, or who has it is not here any more."""


class RemindedAlready(Conflict):
    """Somebody has just been reminded of this task."""


def remind(connection: sa.Connection, task: TaskRow, base_url: str, *, by: Actor, now: datetime) -> str:
    """Write a reminder into the outbox; give the name of whom it goes to. It holds reference, step and link.

    Refused with `NobodyToRemind`, and with `RemindedAlready` within `AGAIN_AFTER` of the last one.
    """
    owner = people.active(connection, [task.owner]) if task.owner else ()
    if not owner:
        raise NobodyToRemind("Nobody has this task: take it, or give it to somebody.")
    key = f"{task.id}/reminder/"
    mine = OutboxRow.key.startswith(key, autoescape=True)
    if connection.execute(sa.select(OutboxRow.id).where(mine, OutboxRow.created_at > now - AGAIN_AFTER)).first():
        raise RemindedAlready("They were reminded of this task within the last quarter of an hour.")
    words = {
        "reference": task.case_id,
        "sender": people.find(connection, by.person).name,
        "obligation": task.name,
        "due": in_words(task.due_at) if task.due_at else "as soon as you can",
        "link": f"{base_url}/tasks/{task.id}",
    }
    subject, text = wording.write(TEMPLATE, words)
    message = Message(f"{key}{now.isoformat()}", owner[0].mail, subject, text, urgent=False)
    outbox.record(connection, [message], now)
    return owner[0].name
