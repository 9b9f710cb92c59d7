"""How many children live in each area, by community and age: what a rate per 1,000 children is worked out from (domain.md 3.6, 4.3).

The figures are those of a census or an estimate: each has its year and its source, and comes in by a sheet that somebody answers for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows.measures import AGE_BANDS, COMMUNITIES, NOT_RECORDED
from workflows.vocabulary import RESPONSIBLE_AUTHORITY, Words

AREAS: Words = MappingProxyType(
    {key: words for key, words in RESPONSIBLE_AUTHORITY.items() if key not in {"another", "not_known"}}
)
GROUPS: Words = MappingProxyType(
    {key: words for key, words in COMMUNITIES.items() if key not in {"not_stated", NOT_RECORDED}}
)
AGES: Words = MappingProxyType({key: words for key, words in AGE_BANDS.items() if key not in {"adult", NOT_RECORDED}})

LONGEST_SOURCE = 200

Part = tuple[str, str, str]
"""An area, a community and an age band."""


class PopulationRow(Base):
    """How many children of one community and age live in one area; `source` says who has counted or estimated them."""

    __tablename__ = "populations"
    year: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    area: sa.Column[str] = stored(sa.String(60), primary_key=True)
    community: sa.Column[str] = stored(sa.String(40), primary_key=True)
    age: sa.Column[str] = stored(sa.String(20), primary_key=True)
    children: sa.Column[int]
    source: sa.Column[str] = stored(sa.String(LONGEST_SOURCE))
    taken_in_at: sa.Column[datetime] = stored(Moment)
    taken_in_by: sa.Column[str] = stored(sa.String(120))


@frozen
class Entry:
    """One row of a sheet."""

    year: int
    area: str
    community: str
    age: str
    children: int
    source: str


@frozen
class Living:
    """The children of one year, by area, community and age, and who says so."""

    year: int
    sources: tuple[str, ...]
    children: Mapping[Part, int]

    @property
    def areas(self) -> frozenset[str]:
        """The areas of which it is known."""
        return frozenset(area for area, _community, _age in self.children)

    def by(self, place: int) -> dict[str, int]:
        """Add them up by area (0), community (1) or age (2)."""
        found: dict[str, int] = {}
        for part, count in self.children.items():
            found[part[place]] = found.get(part[place], 0) + count
        return found


def replace(connection: sa.Connection, entries: Iterable[Entry], *, by: Actor, now: datetime) -> None:
    """Put the children of some areas and years in the place of what was known of these."""
    rows = [{**asdict(each), "taken_in_at": now, "taken_in_by": by.person} for each in entries]
    row = PopulationRow
    for year, area in {(each["year"], each["area"]) for each in rows}:
        connection.execute(sa.delete(row).where(row.year == year, row.area == area))
    connection.execute(sa.insert(row), rows)


def living(
    connection: sa.Connection, years: Collection[int], areas: Collection[str] | None = None
) -> Mapping[int, Living]:
    """Give the children of some areas, or of all, in each of some years; of the latest one before it that is known, else of the first after it.

    A year is not there where nobody has taken any in. One statement.
    """
    row = PopulationRow
    asked = sa.select(row.year, row.area, row.community, row.age, row.children, row.source)
    if areas is not None:
        asked = asked.where(row.area.in_(sorted(areas)))
    after = sa.select(sa.func.min(row.year)).scalar_subquery()
    of_each = []
    for year in sorted(years):
        before = sa.select(sa.func.max(row.year)).where(row.year <= year).scalar_subquery()
        known = asked.add_columns(sa.literal(year).label("wanted"))
        of_each.append(known.where(row.year == sa.func.coalesce(before, after)))
    found: dict[int, list[Any]] = defaultdict(list)
    for each in connection.execute(sa.union_all(*of_each).order_by("area", "community", "age")):
        found[each.wanted].append(each)
    return {year: _living(rows) for year, rows in found.items()}


def _living(rows: Sequence[Any]) -> Living:
    sources = tuple(dict.fromkeys(each.source for each in rows))
    return Living(rows[0].year, sources, {(each.area, each.community, each.age): each.children for each in rows})


def everything(connection: sa.Connection) -> tuple[Entry, ...]:
    """Give every row, the latest year first."""
    row = PopulationRow
    asked = sa.select(row.year, row.area, row.community, row.age, row.children, row.source)
    places = [list(words) for words in (AREAS, GROUPS, AGES)]
    found = [Entry(*each) for each in connection.execute(asked)]

    def place(one: Entry) -> tuple[int, ...]:
        return (-one.year, *(words.index(key) for words, key in zip(places, (one.area, one.community, one.age), strict=True)))  # fmt: skip

    return tuple(sorted(found, key=place))
