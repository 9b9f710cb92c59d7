"""The children over the years: who they are, their episodes and flags, drawn from the cases that are about them.

A projection: it holds nothing that the cases, or the import at the cut-over, do not hold; it follows each step inside its
transaction, and what cases wrote can be thrown away and built again. No expression reads it; an operation may
(`workflows.operations`), and writes what it found as facts. `DATA_CLASS_OF` says what of it may be shown to whom: whoever
shows it asks `workflows.access` first.

A child has one id for good, made of the reference of the case in which we first met it. When a later match shows that
two are one, the younger id is joined to the older one: nothing is moved, and everything is found under either. The same
where two people decide that two records are one child (`workflows.merging`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import aliased, stored
from engine.store import Base, CaseTable, Moment
from workflows import disruptions, episodes
from workflows.about import AboutRow
from workflows.disruptions import Disruption
from workflows.episodes import Episode, EpisodeRow
from workflows.likeness import birthdays_near, sounds_of
from workflows.matching import PREFIX

DATA_CLASS_OF: Mapping[str, str] = MappingProxyType(
    {"child": "D1", "standing": "D2", "episodes": "D2", "flags": "D3", "plans": "D5", "interviews": "D9"}
)
"""The data class (domain.md 5.2) of each part of a child's page."""

EXPLOITATION = frozenset({"cse", "cce", "trafficking_nrm"})
"""The flags that are shown before any grade is given (G-10)."""

LOOKED_AFTER = frozenset({"s20", "ico", "fco", "police_protection", "epo", "remand", "section31_other"})
"""The legal statuses in which a local authority looks after a child (domain.md 6.0)."""


class ChildRow(Base):
    """One child; empty text and no date stand for what is not known. `joined_to` follows from `matched_to` and `workflows.joining`.

    In these tables `imported_at` is empty for what a case wrote, and `imported_row` is a digest of the row as it came
    (`workflows.cutover`).
    """

    __tablename__ = "children"
    child_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    name: sa.Column[str] = stored(sa.String(200))
    known_as: sa.Column[str] = stored(sa.String(200))
    sounds: sa.Column[str] = stored(sa.String(400))
    born_on: sa.Column[date | None]
    sex: sa.Column[str] = stored(sa.String(20))
    looked_after: sa.Column[str] = stored(sa.String(30))
    responsible_authority: sa.Column[str] = stored(sa.String(60))
    joined_to: sa.Column[str] = stored(sa.String(20))
    matched_to: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    source_reference: sa.Column[str] = stored(sa.String(60))
    imported_at: sa.Column[datetime | None] = stored(Moment)
    imported_row: sa.Column[str] = stored(sa.String(64), default="")
    __table_args__ = (
        sa.Index("ix_children_born_on", "born_on"),
        sa.Index("ix_children_joined_to", "joined_to"),
        sa.Index("ix_children_source_reference", "source_reference"),
    )


class PastEpisodeRow(Base):
    """One episode of a child from before the cut-over; those of ours are `workflows.episodes.EpisodeRow`."""

    __tablename__ = "past_episodes"
    reference: sa.Column[str] = stored(sa.String(60), primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(20))
    reported_at: sa.Column[datetime] = stored(Moment)
    returned_at: sa.Column[datetime | None] = stored(Moment)
    level: sa.Column[str] = stored(sa.String(30))
    closed_at: sa.Column[datetime | None] = stored(Moment)
    unfinished: sa.Column[str] = stored(sa.Text)
    imported_at: sa.Column[datetime] = stored(Moment)
    imported_row: sa.Column[str] = stored(sa.String(64))
    __table_args__ = (
        sa.Index("ix_past_episodes_child_id", "child_id"),
        sa.Index("ix_past_episodes_reported_at", "reported_at"),
    )


class ChildFlagRow(Base):
    """One flag of a child from a day on, and until another where it has ended.

    `ended_by` is the case in which public protection found it wrong; such a row without a source only says that. `raised_on`
    is the last day on which something raised a flag that was there.
    """

    __tablename__ = "child_flags"
    child_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    flag: sa.Column[str] = stored(sa.String(40), primary_key=True)
    since: sa.Column[date] = stored(primary_key=True)
    until: sa.Column[date | None]
    source: sa.Column[str] = stored(sa.String(200))
    raised_on: sa.Column[date | None]
    ended_by: sa.Column[str] = stored(sa.String(20), default="", server_default="")
    imported_at: sa.Column[datetime | None] = stored(Moment)
    imported_row: sa.Column[str] = stored(sa.String(64), default="")


@frozen
class Child:
    """One child; `looked_after` is of the vocabulary of that name, `sex` as the report asks it."""

    child_id: str
    name: str
    known_as: str
    born_on: date | None
    sex: str
    looked_after: str
    responsible_authority: str
    joined_to: str


@frozen
class ChildEpisode:
    """One episode of a child, a case of ours or one from before; `unfinished` holds what was left to do at its end, one text a line (domain.md 13.9).

    `status` is of the vocabulary ``episode_status``, and "" for one from before.
    """

    case_id: str
    child_id: str
    reported_at: datetime
    returned_at: datetime | None
    level: str
    closed_at: datetime | None
    unfinished: str
    imported_at: datetime | None
    status: str


@frozen
class ChildFlag:
    """One flag of a child, of the vocabulary ``flag``; `until` is the first day on which it counts no more."""

    flag: str
    since: date
    until: date | None
    source: str

    def holds_on(self, day: date) -> bool:
        """Tell whether the flag counts on a day."""
        return self.since <= day and (self.until is None or day < self.until)


@frozen
class ChildCase:
    """A case about the child as such: its trigger plan, the pattern of its episodes, its prevention plan; with the id under which it was opened."""

    case_id: str
    procedure: str
    status: str
    opened_at: datetime
    child_id: str


_OURS: Mapping[str, sa.ColumnElement[Any]] = MappingProxyType(
    {
        "case_id": EpisodeRow.case_id.expression,
        "child_id": EpisodeRow.child_id.expression,
        "reported_at": EpisodeRow.reported_at.expression,
        "returned_at": EpisodeRow.returned_at.expression,
        "level": EpisodeRow.risk_level.expression,
        "closed_at": EpisodeRow.case_closed_at.expression,
        "unfinished": EpisodeRow.unfinished.expression,
        "imported_at": sa.type_coerce(sa.null(), Moment()),
        "status": EpisodeRow.status.expression,
    }
)
_PAST: Mapping[str, sa.ColumnElement[Any]] = MappingProxyType(
    {
        name: getattr(PastEpisodeRow, "reference" if name == "case_id" else name).expression
        for name in _OURS
        if name != "status"
    }
    | {"status": sa.literal("")}
)
"""The columns of `ChildEpisode`, in its order: of our cases, and of the past."""


def find(connection: sa.Connection, child_id: str) -> Child | None:
    """Give a child by an id, also by one that was joined to another; None where there is none."""
    child = _of(Child, ChildRow)
    older = sa.select(ChildRow.joined_to).where(ChildRow.child_id == child_id, ChildRow.joined_to != "")
    asked = child.where(sa.or_(ChildRow.child_id == child_id, ChildRow.child_id.in_(older)))
    row = connection.execute(asked.order_by(ChildRow.joined_to)).first()
    return None if row is None else Child(*row)


def record(connection: sa.Connection, child_id: str) -> Child | None:
    """Give what is kept under an id itself, whether or not it was joined to another; None where there is nothing."""
    row = connection.execute(_of(Child, ChildRow).where(ChildRow.child_id == child_id)).first()
    return None if row is None else Child(*row)


def child_of(connection: sa.Connection, case_id: str) -> str | None:
    """Give the id of the child that a case is about: an episode's by its match, a child-level case's by its message, one that somebody opened for a child by what they said."""
    own = sa.select(EpisodeRow.child_id).where(EpisodeRow.case_id == case_id, EpisodeRow.child_id != "")
    opened = sa.select(CaseTable.correlation).where(
        CaseTable.id == case_id, CaseTable.correlation.startswith(PREFIX, autoescape=True)
    )
    said = sa.select(AboutRow.child_id).where(AboutRow.case_id == case_id, AboutRow.child_id != "")
    met = connection.execute(own.union_all(opened, said)).scalars().first()
    child = None if met is None else find(connection, met)
    return met if child is None else child.child_id


def episodes_of(connection: sa.Connection, child_id: str, *, alone: bool = False) -> tuple[ChildEpisode, ...]:
    """Give the episodes of a child, newest first, imported ones too; `alone` looks under this id and no other, here and below."""
    ids = under(child_id, alone=alone)
    ours = sa.select(*_OURS.values()).where(EpisodeRow.child_id.in_(ids))
    past = sa.select(*_PAST.values()).where(PastEpisodeRow.child_id.in_(ids))
    found = (ChildEpisode(*row) for row in connection.execute(ours.union_all(past)))
    return tuple(sorted(found, key=lambda episode: (-episode.reported_at.timestamp(), episode.case_id)))


def flags_of(connection: sa.Connection, child_id: str, *, alone: bool = False) -> tuple[ChildFlag, ...]:
    """Give the flags of a child, ended ones too, the newest first.

    What public protection found wrong under one id of the child ends what was raised under another one until that day.
    """
    table = ChildFlagRow
    asked = sa.select(table.__table__).where(table.child_id.in_(under(child_id, alone=alone)))
    rows: list[Any] = list(connection.execute(asked.order_by(table.since.desc(), table.flag, table.child_id)))
    return tuple(
        ChildFlag(row.flag, row.since, _ended(row, rows), row.source) for row in rows if row.source or not row.ended_by
    )


def _ended(row: Any, rows: Iterable[Any]) -> date | None:
    """Give the first day on which a flag counts no more, by its own row or by what was found wrong under another id."""
    elsewhere = [
        each.until
        for each in rows
        if each.flag == row.flag and each.child_id != row.child_id and each.ended_by and each.until is not None
    ]
    known = [until for until in elsewhere if until > (row.raised_on or row.since)]
    return min([*known, *([row.until] if row.until else [])], default=None)


def interviews_of(connection: sa.Connection, child_id: str) -> tuple[Episode, ...]:
    """Give the episodes of a child that are cases of ours, with the six facts of each return interview, newest first."""
    own = sa.select(EpisodeRow.case_id).where(EpisodeRow.child_id.in_(ids_of(child_id)))
    return episodes.among(connection, own)


def disruptions_of(connection: sa.Connection, child_id: str) -> tuple[Disruption, ...]:
    """Give the disruption actions of a child, the newest first."""
    return disruptions.among(connection, ids_of(child_id))


def cases_of(connection: sa.Connection, child_id: str, *, alone: bool = False) -> tuple[ChildCase, ...]:
    """Give the cases about the child that are no episode and no disruption action, the newest first."""
    columns, ids = (
        (CaseTable.id, CaseTable.procedure, CaseTable.status, CaseTable.opened_at),
        under(child_id, alone=alone),
    )
    opened = sa.select(*columns, CaseTable.correlation).where(CaseTable.correlation.in_(ids))
    said = sa.select(*columns, AboutRow.child_id).join(AboutRow, AboutRow.case_id == CaseTable.id)
    said = said.where(AboutRow.child_id.in_(ids), CaseTable.procedure != disruptions.PROCEDURE)
    found = [ChildCase(*row) for row in connection.execute(opened.union(said))]
    return tuple(sorted(found, key=lambda case: (-case.opened_at.timestamp(), case.case_id)))


def beside(connection: sa.Connection, case_id: str, child_id: str, procedure: str) -> tuple[ChildCase, ...]:
    """Give the open cases of the same procedure that are about the same child as such, of a record that was joined to this one."""
    rows = sa.select(CaseTable.id, CaseTable.procedure, CaseTable.status, CaseTable.opened_at, CaseTable.correlation)
    rows = rows.where(CaseTable.correlation.in_(ids_of(child_id)), CaseTable.procedure == procedure)
    rows = rows.where(CaseTable.status == "open", CaseTable.id != case_id).order_by(CaseTable.id)
    return tuple(ChildCase(*row) for row in connection.execute(rows))


def by_reference(connection: sa.Connection, reference: str) -> tuple[Child, ...]:
    """Give the children whom a reference names: an id of a child, an episode, or what the system before called either."""
    typed = (reference, reference.upper())
    named = (
        sa.select(ChildRow.child_id).where(sa.or_(ChildRow.child_id.in_(typed), ChildRow.source_reference.in_(typed))),
        sa.select(EpisodeRow.child_id).where(EpisodeRow.case_id.in_(typed)),
        sa.select(PastEpisodeRow.child_id).where(PastEpisodeRow.reference.in_(typed)),
        sa.select(CaseTable.correlation).where(CaseTable.id.in_(typed)),
    )
    ids = sa.union(*named).subquery()
    wanted = sa.select(main_id(ChildRow)).where(ChildRow.child_id.in_(sa.select(ids)))
    rows = _of(Child, ChildRow).where(ChildRow.child_id.in_(wanted), sa.literal(reference) != "")
    return tuple(Child(*row) for row in connection.execute(rows.order_by(ChildRow.child_id)))


def near(connection: sa.Connection, names: Iterable[str], born_on: date | None) -> tuple[tuple[Child, int], ...]:
    """Give the children who share a sound of their names, or nearly the birthday, each with the number of its episodes.

    All sounds stand in one text, which is searched: a force knows some ten thousand children, and reading through them
    takes some thousandths of a second.
    """
    like = [ChildRow.sounds.contains(f" {sound}", autoescape=True) for sound in sorted(sounds_of(*names))]
    if born_on is not None:
        like.append(ChildRow.born_on.in_(birthdays_near(born_on)))
    if not like:
        return ()
    count = _count(EpisodeRow.child_id) + _count(PastEpisodeRow.child_id)
    rows = _of(Child, ChildRow).add_columns(count).where(ChildRow.joined_to == "", sa.or_(*like))
    return tuple((Child(*row[:-1]), row[-1]) for row in connection.execute(rows.order_by(ChildRow.child_id)))


def _count(met: sa.Column[str]) -> sa.ScalarSelect[int]:
    """Count the episodes of a table under each id of a child."""
    joined = aliased(ChildRow)
    younger = sa.select(joined.child_id).where(joined.joined_to == ChildRow.child_id).correlate(ChildRow)
    theirs = sa.or_(met == ChildRow.child_id, met.in_(younger))
    return sa.select(sa.func.count()).where(theirs).correlate(ChildRow).scalar_subquery()


def within(found: Iterable[ChildEpisode], span: timedelta, moment: datetime) -> int:
    """Count the episodes that were reported in a span of time up to a moment."""
    return sum(1 for episode in found if moment - span < episode.reported_at <= moment)


def main_id(child: Any) -> sa.ColumnElement[str]:
    """Give the id under which a row of the children is known now."""
    return sa.func.coalesce(sa.func.nullif(child.joined_to, ""), child.child_id)


def ids_of(child_id: str) -> sa.CompoundSelect[Any]:
    """Ask for every id under which a child is known: its own, those joined to it, and the one it was joined to."""
    older = sa.select(ChildRow.joined_to).where(ChildRow.child_id == child_id, ChildRow.joined_to != "")
    main = sa.func.coalesce(older.scalar_subquery(), child_id)
    return sa.select(main).union(sa.select(ChildRow.child_id).where(ChildRow.joined_to == main))


def under(child_id: str, *, alone: bool) -> sa.CompoundSelect[Any] | list[str]:
    """Ask for every id under which a child is known, or name the one where it is looked at alone."""
    return [child_id] if alone else ids_of(child_id)


def sounds_text(name: str, known_as: str) -> str:
    """Give the sounds of a child's names as they are kept: each with a space before it."""
    return "".join(f" {sound}" for sound in sorted(sounds_of(name, known_as)))[:400]


def _of(shape: type[Any], table: type[Base]) -> sa.Select[Any]:
    """Ask for the columns of a table in the order of a value's fields."""
    return sa.select(*(getattr(table, field.name) for field in fields(shape)))
