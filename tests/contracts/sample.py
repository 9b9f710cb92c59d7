"""A small procedure with two roles, a deadline and a timer, for the tests of the cases."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.model import Actor
from tests.drawn import form, procedure

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKER = Actor("ann", frozenset({"worker"}), "police")
CHIEF = Actor("bob", frozenset({"chief"}), "police")

FILES = procedure(
    "sample",
    """
    begun: start form=opening
    split: parallel
    ask: user form=answer activity=Asked
    clock: boundary on=ask quiet cycle={=[{at: case.opened_at + duration("PT1H"), step: "reminder", tell: ["worker"]}, {at: case.opened_at + duration("PT2H"), step: "late", due: true, tell: ["chief"], urgent: true}]}
    told: end
    check: user form=check role=chief
    expiry: boundary on=check duration=PT24H
    expired: end
    join: parallel
    done: end
    begun > split
    split > ask
    split > check
    ask > join
    check > join
    join > done
    clock > told
    expiry > expired
    """,
    form("opening", "name"),
    form("answer", "text", "when:datetime"),
    form("check", "verdict"),
)
