"""Which child a case is about that is one of several for a child, by the reference that the facts of the case hold.

An episode says its child by its match, a case of which a child has one at a time by the key of the message that opened it; every
other one stands here. A projection: one row for each such case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import SYSTEM
from engine.rows import stored
from engine.store import Base, CaseTable
from engine.views import Step
from workflows import disruptions
from workflows.matching import latest

REOPENING, REFERRAL, CANCELLATION = "reopening", "referral", "cancellation"
FLAG, EVENT = "exploitation_flag", "serious_event"
"""The procedures by which a closed case is opened again, social care takes a referral, a report made in error ends, a flag is kept, an
inspectorate is told of an event at a home."""

PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        disruptions.PROCEDURE: ("disruption_proposal", "child"),
        REOPENING: ("recalled", "child_id"),
        REFERRAL: ("referral", "child"),
        CANCELLATION: ("recalled", "child_id"),
        FLAG: ("flag_raised", "child"),
        EVENT: ("serious_event_suspected", "child"),
    }
)
"""The (record, field) that holds the child's reference, by the procedure whose cases people or messages open for a child."""

EPISODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        REOPENING: ("recalled", "episode"),
        REFERRAL: ("referral", "episode"),
        CANCELLATION: ("recalled", "episode"),
        FLAG: ("flag_raised", "episode"),
        EVENT: ("serious_event_suspected", "episode"),
    }
)
"""The (record, field) that holds the reference of the episode to which such a case belongs, where one does."""

CHILD, CASE = "child", "case"

REFERENCES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("disruption_proposal", "child"): CHILD,
        ("referral", "child"): CHILD,
        ("referral", "episode"): CASE,
        ("reopening", "episode"): CASE,
        ("cancellation", "episode"): CASE,
        ("cancellation_reason", "other_case"): CASE,
        ("case_opening", "missing_with"): CASE,
        ("case_opening", "child"): CHILD,
    }
)
"""The (record, field) in which people type a reference, and of what: they name only what they may know of."""

OPENED_FOR: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        disruptions.PROCEDURE: (("disruption_proposal", "child"),),
        REFERRAL: (("referral", "child"), ("referral", "episode")),
        REOPENING: (("reopening", "episode"),),
        CANCELLATION: (("cancellation", "episode"),),
        FLAG: (("flag_raised", "child"), ("flag_raised", "episode")),
        EVENT: (("serious_event_suspected", "child"), ("serious_event_suspected", "episode")),
    }
)
"""What people type when they open a case of such a procedure, or a message says: a seal on what it names covers the case too.

What a home reports of its own is covered too: it names the child, and whoever is not of the group would find the sealed record by it.
"""

LONGEST = 20
WRITTEN = frozenset({"facts_written", "facts_corrected"})


class AboutRow(Base):
    """A case, the id of the child whom it is about as it was given, and its episode; "" until they are."""

    __tablename__ = "cases_about_children"
    case_id: sa.Column[str] = stored(sa.String(LONGEST), primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(LONGEST), index=True)
    episode: sa.Column[str] = stored(sa.String(LONGEST), index=True)


@frozen
class Sequel:
    """A case that belongs to an episode, such as one by which it was opened again."""

    case_id: str
    status: str
    opened_at: datetime


def reopened(connection: sa.Connection, episode: str) -> tuple[Sequel, ...]:
    """Give the cases by which an episode was opened again, the newest first."""
    case = CaseTable
    asked = sa.select(case.id, case.status, case.opened_at).join(AboutRow, AboutRow.case_id == case.id)
    asked = asked.where(AboutRow.episode == episode, case.procedure == REOPENING)
    return tuple(Sequel(*row) for row in connection.execute(asked.order_by(case.opened_at.desc(), case.id)))


def project(connection: sa.Connection, step: Step) -> None:
    """Keep whom a case is about when a step of it says so; other steps are passed over."""
    if step.procedure not in PLACES:
        return
    places = {"child_id": PLACES[step.procedure], "episode": EPISODES.get(step.procedure, ("", ""))}
    values = dict(zip(places, said(step, tuple(places.values())), strict=False))
    if not values:
        return
    found = sa.update(AboutRow).where(AboutRow.case_id == step.case_id).values(**values)
    if connection.execute(found).rowcount == 0:
        connection.execute(sa.insert(AboutRow).values(case_id=step.case_id, **values))


def said(step: Step, places: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Give the references that stand in these (record, field) after a step that wrote one of the records; nothing after others."""
    written = {event.data.get("record") for event in step.events if event.kind in WRITTEN}
    if written.isdisjoint(record for record, _field in places):
        return ()
    texts = (str(latest(step.facts, record).get(field) or "") for record, field in places)
    return tuple(text.strip().upper()[:LONGEST] for text in texts)


def said_by(step: Step, places: Sequence[tuple[str, str]]) -> str:
    """Name who wrote one of these (record, field) in a step; `SYSTEM` where no person did."""
    for event in step.events:
        record, named = event.data.get("record"), event.data.get("fields", ())
        if event.kind in WRITTEN and any(own == record and field in named for own, field in places):
            return event.by
    return SYSTEM


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened."""
    connection.execute(sa.delete(AboutRow))
    for step in steps:
        project(connection, step)
