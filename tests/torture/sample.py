"""Two procedures that use every command: one that people open, and one that its message opens and that answers it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from engine.cases import Cases
from engine.model import Actor
from engine.views import Step
from notifications import outbox
from notifications.message import Message
from tests.drawn import form, procedure

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
"""When the deadline of `ask` has passed and nothing else."""

NEXT_DAY = NOW + timedelta(hours=30)
ANN = Actor("ann", frozenset({"worker", "chief"}), "police")
BOB = Actor("bob", frozenset({"worker", "chief"}), "police")
RUNG = '{at: case.opened_at + duration("PT1H"), step: "late", due: true, tell: ["chief"]}'

WORK = procedure(
    "work",
    f"""
    begun: start form=opening
    told: throw message=told correlation=case.reference gives={{why: opening.name}}
    split: parallel
    ask: user form=answer
    clock: boundary on=ask quiet cycle={{=[{RUNG}]}}
    rung: end
    check: user form=check role=chief
    expiry: boundary on=check duration=PT24H
    checked: exclusive
    answered: catch message=answered key={{=case.reference}}
    join: parallel
    done: end
    begun > told
    told > split
    split > ask
    split > check
    split > answered
    ask > join
    check > checked
    checked > join
    answered > join
    join > done
    clock > rung
    expiry > checked
    """,
    form("opening", "name"),
    form("answer", "text"),
    form("check", "verdict"),
)
BESIDE = procedure(
    "beside",
    """
    begun: start message=told key={=told.sender}
    review: user form=review
    over: end message=answered correlation={=told.sender} gives={count: 1}
    begun > review
    review > over
    """,
    form("review", "text"),
)
ROLES = ("worker", "chief")


def tell(connection: sa.Connection, step: Step) -> None:
    """Write a mail for each event, as the alerts do: what must be there with the step or not at all."""
    mails = [Message(f"{step.case_id}/{event.seq}", "a@b.example", "S", "T", urgent=False) for event in step.events]
    outbox.record(connection, mails, step.now)


def cases_in(engine: sa.Engine) -> Cases:
    """Give the cases of a database, with the observer of the torture."""
    return Cases(engine, observers=(tell,))


def published(engine: sa.Engine) -> Cases:
    """Publish both procedures."""
    cases = cases_in(engine)
    for files in (WORK, BESIDE):
        cases.publish(files, by="ann", now=NOW, roles=ROLES)
    return cases
