"""How a message is left: a row that waits for who takes it, under an id that is there once, for as long as it lives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.errors import Conflict
from engine.model import Value
from engine.store import ERASED, MessageTable

CASE, PARTNER, PERSON = "case", "partner", "person"
LIVES: Mapping[str, timedelta] = {CASE: timedelta(days=30), PARTNER: timedelta(days=1), PERSON: timedelta(days=30)}
"""How long a message waits for who takes it, by who sends it, where nobody says otherwise.

A case waits for a child's plan, which looks back a month when it opens. A partner hears of no refusal later: so people here hear of it
the next day.
"""
MESSAGE = MessageTable.__table__
_LEAVE = sa.text("""
    INSERT INTO messages (id, name, correlation, payload, sent_at, expires_at, status, taken_by, retry_at, failures,
                          origin, sender, element, optional)
    VALUES (:id, :name, :correlation, :payload, :sent_at, :expires_at, :status, :taken_by, :retry_at, :failures,
            :origin, :sender, :element, :optional)
    ON CONFLICT (id) DO NOTHING
""").bindparams(*(sa.bindparam(column.name, type_=column.type) for column in MESSAGE.columns))


def row_of(
    message_id: str, name: str, key: str, payload: Mapping[str, Value], now: datetime, *, origin: str, sender: str,
    lives: timedelta | None = None, element: str = "", optional: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Give the row of a message that waits from now on."""
    return {
        "id": message_id,
        "name": name,
        "correlation": key,
        "payload": values.dumps(dict(payload)),
        "sent_at": now,
        "expires_at": now + (lives or LIVES[origin]),
        "status": "waiting",
        "taken_by": "",
        "retry_at": None,
        "failures": 0,
        "origin": origin,
        "sender": sender,
        "element": element,
        "optional": optional,
    }


def leave(connection: sa.Connection, row: Mapping[str, Any]) -> bool:
    """Leave a message in the caller's transaction; False where one with its id and content is there already.

    One that another transaction leaves at this moment is waited for. One that was erased is there, whatever it said: nothing of it
    comes back.

    Raises:
        Conflict: the id belongs to a message that says something else.
    """
    if connection.execute(_LEAVE, row).rowcount:
        return True
    there = connection.execute(sa.select(MESSAGE).where(MESSAGE.c.id == row["id"])).mappings().one()
    if there["status"] != ERASED and any(there[name] != row[name] for name in ("name", "correlation", "payload")):
        raise Conflict(
            "A message with this id was sent before and says something else. Send this one under an id of its own."
        )
    return False
