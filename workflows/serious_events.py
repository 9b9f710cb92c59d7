"""Serious events at a children's home: which home each is about, and when the inspectorate was told (T-41, G-37, domain.md 5.2).

A projection: one row for each case of the procedure, drawn from its facts. It decides whose case it is: the home's that is
known or was named, and no other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import posting
from engine.model import Actor, Facts, Found, Value
from engine.rows import stored
from engine.store import Base, MessageTable, Moment
from engine.views import Step
from workflows import philomena
from workflows.children import ChildRow
from workflows.likeness import sounds_of
from workflows.matching import latest

PROCEDURE, SUSPECTED = "serious_event", "serious_event_suspected"
"""The procedure, and the message that opens a case of it."""

READS: frozenset[tuple[str, str]] = frozenset(
    {("home_named", "living"), ("home_named", "placement"), ("inspectorate_notice", "told_at")}
)
"""Every (record, field) of a form that an event is drawn from."""


class SeriousEventRow(Base):
    """One event; `home` is the key of the placement, empty while nobody knows it and where it does not work here."""

    __tablename__ = "serious_events"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(20), index=True)
    episode: sa.Column[str] = stored(sa.String(20), index=True)
    home: sa.Column[str] = stored(sa.String(60), index=True)
    in_a_home: sa.Column[bool]
    told_at: sa.Column[datetime | None] = stored(Moment)
    why_late: sa.Column[str] = stored(sa.Text)


def project(connection: sa.Connection, step: Step) -> None:
    """Bring an event up to where a step of its case left it; steps of other procedures are passed over."""
    if step.procedure != PROCEDURE:
        return
    drawn = _derive(step.facts)
    found = sa.update(SeriousEventRow).where(SeriousEventRow.case_id == step.case_id)
    if connection.execute(found.values(**drawn)).rowcount == 0:
        connection.execute(sa.insert(SeriousEventRow).values(case_id=step.case_id, **drawn))


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened."""
    connection.execute(sa.delete(SeriousEventRow))
    for step in steps:
        project(connection, step)


def find_home(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Find the home in which a child lives: the record ``home`` of a serious event.

    ``{"placement": "elm_house", "name": "Elm House", "offered": [{"value": "elm_house", "label": "Elm House"}]}``: the one
    that says so itself, or keeps the carer's form, the newest where there are several; None where nobody here does. Source: domain.md 2.7.
    """
    del now
    suspected = scope.get(SUSPECTED)
    said = suspected if isinstance(suspected, dict) else {}
    if said.get("home"):
        return {"placement": said["home"], "name": said.get("home_name"), "offered": []}
    child_id = str(said.get("child") or "")
    forms = philomena.of_child(connection, child_id) if child_id else ()
    offered = [{"value": key, "label": name} for key, name in philomena.placements(connection).items()]
    keeper = forms[0] if forms else None
    return {
        "placement": keeper.owner if keeper else None,
        "name": keeper.owner_name if keeper else None,
        "offered": offered,
    }


def report(connection: sa.Connection, reference: str, *, by: Actor, key: str, now: datetime) -> None:
    """Open the case of an event by hand, by the home that keeps a carer's form; the same `key` opens it once.

    Refused with `FormNotFound` to everybody else. Whether the child is known here is not said: the case opens either way.
    A seal on the child's record covers it, from the home too, and its open tasks are shown to the group of the seal.
    """
    form = philomena.own(connection, reference, by)
    child_id = _child_of(connection, form)
    message, known = MessageTable, ChildRow.responsible_authority
    council = connection.execute(sa.select(known).where(ChildRow.child_id == child_id)).scalar()
    told = {
        "sender": form.id,
        "child": child_id,
        "episode": "",
        "suspected_at": now,
        "child_name": form.name,
        "responsible_authority": council or "",
        "home": form.owner,
        "home_name": form.owner_name,
    }
    row = posting.row_of(
        f"{form.id}/{by.person}/{key}"[:120], SUSPECTED, f"{form.id} {key}"[:120], told, now,
        origin=posting.PERSON, sender=by.person,
    )  # fmt: skip
    if connection.execute(sa.select(message.id).where(message.id == row["id"])).first() is None:
        posting.leave(connection, row)


def _child_of(connection: sa.Connection, form: philomena.CarersForm) -> str:
    """Give the child of a form: as somebody said it, else the one child here of that name and birthday; "" without one."""
    if form.child_id:
        return form.child_id
    row, mine = ChildRow, sounds_of(form.name)
    known = connection.execute(sa.select(row.child_id, row.joined_to, row.name).where(row.born_on == form.born_on))
    found = {each.joined_to or each.child_id for each in known if sounds_of(each.name) == mine}
    return found.pop() if len(found) == 1 else ""


def home_of(facts: Facts) -> str:
    """Give the key of the placement that an event is about, as it is known or was named; empty where there is none."""
    return str(latest(facts, "home_named").get("placement") or latest(facts, "home").get("placement") or "")


def _derive(facts: Facts) -> dict[str, Any]:
    """Draw an event from the facts of its case."""
    suspected, named = latest(facts, SUSPECTED), latest(facts, "home_named")
    notice = latest(facts, "inspectorate_notice")
    return {
        "child_id": str(suspected.get("child") or ""),
        "episode": str(suspected.get("episode") or ""),
        "home": home_of(facts),
        "in_a_home": named.get("living") != "none",
        "told_at": notice.get("told_at"),
        "why_late": str(notice.get("why_late") or ""),
    }
