"""How many reports of children there are for each 1,000 children who live there: by area, community and age (domain.md 3.6).

Counted are the episodes of those who are treated as children, in the areas of which it is known how many children live there. Whoever
sees figures only is shown no rate from which, with the other tables of the period, a small number follows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

from engine.frozen import frozen
from workflows.figures import Population
from workflows.hiding import EPISODES, Cell, Shown
from workflows.measures import NOT_RECORDED, Counted, age_band, community, community_of
from workflows.populations import AGES, AREAS, GROUPS, Living
from workflows.suppression import Sum, is_small, protect
from workflows.vocabulary import Words

PER = 1000


@frozen
class Rate:
    """One rate: of how many children, how many episodes, and how many different children; None where it is hidden."""

    key: str
    words: str
    living: int
    episodes: int | None
    people: int | None

    @property
    def per_thousand(self) -> Decimal | None:
        """Episodes for each 1,000 children, to two decimal places; None where nobody lives there, or where it is hidden."""
        return _per_thousand(self.episodes, self.living)

    @property
    def people_per_thousand(self) -> Decimal | None:
        """Different children for each 1,000 children."""
        return _per_thousand(self.people, self.living)


@frozen
class Way:
    """One way to divide the children: `value` gives the part of an episode, `place` is where it stands in `populations.Part`.

    `table` is the slice of everybody of whom they are a part (`measures.SLICES`).
    """

    title: str
    words: Words
    place: int
    table: str
    value: Callable[[Counted], str]


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "area": Way("Responsible authority", AREAS, 0, "authority", lambda one: one.authority),
        "community": Way("Community", GROUPS, 1, "ethnicity", community),
        "age": Way("Age", AGES, 2, "age", lambda one: age_band(one.age)),
    }
)

TABLES = tuple(way.table for way in WAYS.values())

OF = "rates of "
"""Comes before the name of a way, where the numbers of all tables stand together."""
ELSE = ""
"""The part of the children who are in none of a table: without a community or an age that is recorded."""

Rates = Mapping[str, tuple[Rate, ...]]


def rates(
    population: Population, living: Living, shown: Shown, *, every_number: bool, also: Collection[Cell] = ()
) -> Rates:
    """Give the rates of a period, by `WAYS`; hidden ones too, without their number, and those that are to be hidden `also`.

    `shown` are the numbers of its tables as the same reader sees them (`hiding.tables`).
    """
    found = behind(population, living)
    counts = {cell: len(episodes) for cell, episodes in found.items()}
    hidden = frozenset() if every_number else _hidden(counts, population, shown, also)
    return {
        name: tuple(
            Rate(
                key,
                words,
                living.by(way.place)[key],
                None if (OF + name, key) in hidden else counts[OF + name, key],
                len({one.person for one in found[OF + name, key]}) if every_number else None,
            )
            for key, words in way.words.items()
            if (OF + name, key) in counts
        )
        for name, way in WAYS.items()
    }


def behind(population: Population, living: Living) -> Mapping[Cell, tuple[Counted, ...]]:
    """Give the episodes behind each rate, and behind no row of a way (`ELSE`): those of children in areas of which their number is known."""
    counted = tuple(one for one in population.episodes if not one.adult and one.authority in living.areas)
    found: dict[Cell, tuple[Counted, ...]] = {}
    for name, way in WAYS.items():
        parts = living.by(way.place)
        keys = [key if (key := way.value(one)) in parts else ELSE for one in counted]
        for part in (*parts, ELSE):
            found[OF + name, part] = tuple(one for one, key in zip(counted, keys, strict=True) if key == part)
    return found


def _hidden(
    counts: Mapping[Cell, int], population: Population, others: Shown, also: Collection[Cell]
) -> frozenset[Cell]:
    """Hide what is small, and what makes a small number of what other tables show: how many of an area are adults, for example.

    What the other tables show is settled before; only rates are hidden for it.
    """
    numbers = {
        (table, key): count for table in ("people", "who", *TABLES) for key, count in others.get(table, {}).items()
    }
    whole = {("who", key): population.parts("who").get(key, 0) for key in ("child", NOT_RECORDED)}
    parts = {table: population.parts(table) for table in ("who", *TABLES)}
    parts["people"] = {key: population.count(key) for key in others["people"]}
    known = whole | {cell: parts[cell[0]].get(cell[1], 0) for cell in numbers} | dict(counts)
    shown = {
        **dict.fromkeys(whole, None),
        **numbers,
        **{
            cell: None if is_small(count) or cell[1] == ELSE or cell in also else count
            for cell, count in counts.items()
        },
    }
    return protect(known, shown, _sums(counts, numbers, tuple(whole)), may={cell for cell in counts if cell[1] != ELSE})


def _sums(counts: Collection[Cell], numbers: Collection[Cell], children: tuple[Cell, ...]) -> Iterator[Sum[Cell]]:
    """Give what adds up: every way to divide the children gives the same whole, and each part is one of a part of everybody."""
    ways = {name: tuple(cell for cell in counts if cell[0] == OF + name) for name in WAYS}
    for cells in ways.values():
        yield Sum(children, cells)
        yield Sum(ways["area"], cells)
    for name, way in WAYS.items():
        for cell in ways[name]:
            around = tuple(each for each in numbers if each[0] == way.table and _same(way, each[1], cell[1]))
            if around:
                yield Sum(around, (cell,))
            elif way.table == "authority" and cell[1] != ELSE:
                yield Sum((EPISODES,), (cell,))


def _same(way: Way, part: str, key: str) -> bool:
    """Tell whether a part of everybody is in a part of the children: an ethnic group in its community."""
    return key == (community_of(part) if way.table == "ethnicity" else part)


def compared(found: Iterable[Rate]) -> Mapping[str, Decimal]:
    """Give how many times the rate of all parts together each of them has, to one decimal place; of none that is hidden."""
    rows = tuple(found)
    living, episodes = (sum(getattr(each, name) or 0 for each in rows) for name in ("living", "episodes"))
    if not episodes or any(each.episodes is None for each in rows):
        return {}
    return {
        each.key: (Decimal(each.episodes or 0) * living / (each.living * episodes)).quantize(Decimal("0.1"))
        for each in rows
        if each.living
    }


def _per_thousand(count: int | None, living: int) -> Decimal | None:
    return None if count is None or not living else (Decimal(count) * PER / living).quantize(Decimal("0.01"))
