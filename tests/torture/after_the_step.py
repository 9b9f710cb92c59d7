"""What is killed beside the steps of people: errands after the step, what an operator does about a failure, mails that are held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.cases import Cases
from engine.errands import LEASE
from engine.faults import StepFailed
from engine.incidents import INCIDENT
from engine.model import Actor, Value
from engine.store import MessageTable, reading, writing
from notifications import holding
from tests.drawn import form, procedure
from tests.torture import sample

OPERATOR = Actor("olu", frozenset({"administrator"}))
AGAIN = sample.LATER + LEASE
"""When what a dead node had claimed is free for another."""

AWAY = "The register is away"
ASKING = procedure(
    "asking",
    """
    begun: start form=opening
    look_up: service does=look_up record=known after=true
    look: user form=looked
    done: end
    begun > look_up
    look_up > look
    look > done
    """,
    form("opening", "name"),
    form("looked", "text"),
)


def look_up(_scope: Mapping[str, Value], key: str, _now: datetime) -> Mapping[str, Any]:
    """Answer as another system does that knows a second attempt by its key."""
    return {"plate": f"plate of {key}"}


def cases_in(engine: sa.Engine) -> Cases:
    """Give the cases of a database, which ask the register."""
    return Cases(engine, observers=(sample.tell,), errands={"look_up": look_up})


def published(engine: sa.Engine) -> Cases:
    """Publish the procedure that asks."""
    cases = cases_in(engine)
    cases.publish(ASKING, by="ann", now=sample.NOW, roles=sample.ROLES)
    return cases


def prepare(cases: Cases, what: str, key: str) -> str:
    """Bring a case to where a command can be carried out; give what the command is about."""
    case_id = cases.open("asking", {"name": key}, by=sample.ANN, now=sample.NOW, key=f"{key} prepared").case_id
    if what == "hold":
        return ""
    if what == "resume":
        with writing(cases.engine) as connection:
            holding.hold(connection, by="olu", reason=key, now=sample.NOW)
        return ""
    with reading(cases.engine) as connection:
        waits = sa.select(MessageTable.id).where(MessageTable.correlation.startswith(case_id))
        message = str(connection.execute(waits).scalar_one())
    return message if what == "errand" else _broken(cases, case_id, message)


def _broken(cases: Cases, case_id: str, message: str) -> str:
    """Let the errand of a case fail until an operator has to see to it; give the incident's number."""
    cases.messages.postpone(message, now=sample.NOW)
    fault = StepFailed("look_up", "look up")
    fault.__cause__ = ConnectionError(AWAY)
    cases.incidents.keep(case_id, ("errand", message), fault, sample.NOW)
    with reading(cases.engine) as connection:
        return str(connection.execute(sa.select(INCIDENT.c.id).where(INCIDENT.c.subject == message)).scalar_one())


def carry_out(cases: Cases, what: str, target: str, key: str, *, now: datetime = sample.LATER) -> bool:
    """Carry out a command; the same again is a retry. Of an errand, say whether this call did it."""
    how: dict[str, Any] = {"by": OPERATOR, "reason": key, "now": sample.LATER, "key": key}
    match what:
        case "errand":
            return cases.errands.carry_out(target, now=now)
        case "retry":
            cases.incidents.retry(int(target), **how)
        case "skip":
            cases.incidents.skip(int(target), **how)
        case "move":
            cases.incidents.move(int(target), "look_up", "look", **how)
        case "hold":
            with writing(cases.engine) as connection:
                holding.hold(connection, by="olu", reason=key, now=sample.LATER)
        case _:
            resume(cases, key)
    return True


def resume(cases: Cases, key: str) -> int:
    """Drop the mails that are held; the same decision again has the same answer."""
    moments = {"until": sample.LATER + timedelta(minutes=1), "now": sample.LATER}
    return holding.resume(cases.engine, holding.DROP, by="olu", reason=key, **moments)


def let_go(cases: Cases, what: str) -> None:
    """Leave no hold to the next strike."""
    if what == "hold":
        resume(cases, "over")
