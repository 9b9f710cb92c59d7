"""People and places of concern to a child: who or what, where, since when, how great the risk, and who says so.

Each is of the data class of its source: police intelligence (D4), what the police know for the trigger plan (D5), what the carer
knows (D6, with the carer's form). One that is over is ended with a reason, and stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows import philomena
from workflows.children import ids_of
from workflows.days import day_of

KINDS: Mapping[str, str] = MappingProxyType({"person": "Person", "place": "Place"})
RISKS: Mapping[str, str] = MappingProxyType(
    {"high": "High", "medium": "Medium", "low": "Low", "protective": "Protective: a safe person or place", "unknown": "Not known"}
)  # fmt: skip
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "D4": "Police intelligence: shown to the police alone",
        "D5": "Known to the police, for the trigger plan",
        "D6": "The carer",
    }
)
"""Who says so, which is the data class of the entry (domain.md 5.2)."""

TEXTS: Mapping[str, int] = MappingProxyType({"name": 200, "relation": 200, "whereabouts": 500, "detail": 2_000})
"""How long each text may be."""

LONGEST_REASON = 500


class ConcernRow(Base):
    """One person or place; `about` is a child's id, or the reference of a carer's form."""

    __tablename__ = "concerns"
    id: sa.Column[int] = stored(primary_key=True)
    about: sa.Column[str] = stored(sa.String(20), index=True)
    kind: sa.Column[str] = stored(sa.String(12))
    name: sa.Column[str] = stored(sa.String(200))
    relation: sa.Column[str] = stored(sa.String(200))
    risk: sa.Column[str] = stored(sa.String(20))
    whereabouts: sa.Column[str] = stored(sa.String(500))
    detail: sa.Column[str] = stored(sa.Text)
    data_class: sa.Column[str] = stored(sa.String(4))
    since: sa.Column[date]
    until: sa.Column[date | None]
    added_by: sa.Column[str] = stored(sa.String(120))
    added_at: sa.Column[datetime] = stored(Moment)
    ended_by: sa.Column[str] = stored(sa.String(120), default="")
    ended_why: sa.Column[str] = stored(sa.Text, default="")


@frozen
class Concern:
    """One person or place of concern; `until` is the first day on which it counts no more."""

    id: int
    about: str
    kind: str
    name: str
    relation: str
    risk: str
    whereabouts: str
    detail: str
    data_class: str
    since: date
    until: date | None
    added_by: str
    added_at: datetime
    ended_by: str
    ended_why: str


class ConcernNotFound(NotFound):
    """There is no such entry, or none of which this person may know."""


def add(
    connection: sa.Connection, about: str, typed: Mapping[str, str], since: date | None, *,
    may: Collection[str], by: Actor, now: datetime,
) -> None:  # fmt: skip
    """Add a person or a place; `may` are the data classes in which this person writes. Refused with `Invalid`, all at once."""
    today = day_of(now)
    problems = [
        *_chosen("kind", typed, KINDS, "Choose whether it is a person or a place."),
        *_chosen("risk", typed, RISKS, "Choose how great the risk is."),
        *_chosen("data_class", typed, may, "Choose who says so."),
        *_long(typed),
    ]
    if not typed.get("name", "").strip():
        problems.append(Problem("name", "name-missing", "Enter a name, or a description by which it can be known."))
    if since is not None and since > today:
        problems.append(Problem("since", "in-the-future", "The day since when it is so must not be in the future"))
    if problems:
        raise Invalid(problems)
    row = {name: typed.get(name, "").strip() for name in (*TEXTS, "kind", "risk", "data_class")}
    said = {"about": about, "since": since or today, "added_by": by.person, "added_at": now}
    connection.execute(sa.insert(ConcernRow).values(**row, **said, ended_by="", ended_why=""))


def end(
    connection: sa.Connection, number: int, among: Iterable[Concern], reason: str, *,
    may: Collection[str], by: Actor, now: datetime,
) -> None:  # fmt: skip
    """End one of these entries from today on, with a reason; refused where it has ended, or is of a class that is not written."""
    found = next((each for each in among if each.id == number and each.until is None and each.data_class in may), None)
    if found is None:
        raise ConcernNotFound("There is no such entry any more.")
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        sentence = f"Say why it has ended, in at most {LONGEST_REASON} characters."
        raise Invalid([Problem("reason", "reason-missing", sentence)])
    today = day_of(now)
    still = sa.update(ConcernRow).where(ConcernRow.id == number, ConcernRow.until.is_(None))
    connection.execute(still.values(until=today, ended_by=by.person, ended_why=said))


def of_child(connection: sa.Connection, child_id: str) -> tuple[Concern, ...]:
    """Give the people and places of concern to a child under any of its ids, and those of the carer's form; ended ones last."""
    forms = [each.id for each in philomena.of_child(connection, child_id)]
    row = ConcernRow
    return _read(connection, sa.or_(row.about.in_(ids_of(child_id)), row.about.in_(forms)))


def of_form(connection: sa.Connection, reference: str) -> tuple[Concern, ...]:
    """Give those that a carer has added to a form."""
    return among(connection, [reference])


def among(connection: sa.Connection, refs: Collection[str]) -> tuple[Concern, ...]:
    """Give those that are kept under these references, ended ones last."""
    return _read(connection, ConcernRow.about.in_(sorted(refs)))


def erase(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete what was noted under these references; count them."""
    return connection.execute(sa.delete(ConcernRow).where(ConcernRow.about.in_(refs))).rowcount


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Concern, ...]:
    row = ConcernRow
    asked = sa.select(*(getattr(row, field.name) for field in fields(Concern))).where(which)
    order = (row.until.is_not(None), row.kind, row.since.desc(), row.id)
    return tuple(Concern(*each) for each in connection.execute(asked.order_by(*order)))


def _chosen(name: str, typed: Mapping[str, str], values: Collection[str], sentence: str) -> list[Problem]:
    return [] if typed.get(name) in values else [Problem(name, f"{name}-missing", sentence)]


def _long(typed: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(name, "too-long", f"This has {most} characters at most.")
        for name, most in TEXTS.items()
        if len(typed.get(name, "").strip()) > most
    ]
