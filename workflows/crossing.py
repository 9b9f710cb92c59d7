"""Tables of two answers at once for the packs of the oversight bodies: what was done, by authority, by placement and by community.

With them stand the promises of the period. Whoever reads a pack sees figures only: nothing from which, with the tables and the rates of
the same period, a small number follows (`workflows.hiding`). Source: domain.md 3.6, 5.2 rule vi, N12.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from engine.frozen import frozen
from workflows import hiding, rates
from workflows.figures import Population
from workflows.hiding import EPISODES, Cell, Settled, Shown
from workflows.measures import (
    COMMUNITIES,
    COMPARED,
    MEASURES,
    NOT_RECORDED,
    PLACEMENT_TYPE,
    SLICES,
    Counted,
    Test,
    community,
)
from workflows.populations import Living
from workflows.promises import PROMISES, State, Verdict
from workflows.rates import OF, WAYS, Rates
from workflows.suppression import is_small
from workflows.vocabulary import RESPONSIBLE_AUTHORITY, Words

ALL = "episodes"
"""The column that counts every episode of a row."""

UNTOLD: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("G-09", "G-11", "G-46"), "D5"),
        **dict.fromkeys(("G-10", "G-40", "G-52", "G-53", "G-54"), "D4"),
        **dict.fromkeys(("G-15", "G-18"), "D10"),
    }
)
"""Promises whose number would tell of trigger plans, of police intelligence or of who sat in a meeting: readers of figures have none of
these data classes (domain.md 5.2, column *dashboard*)."""


@frozen
class Column:
    """What of a row is counted, and `of`, the column of which it is a share."""

    words: str
    of: str
    test: Test


@frozen
class View:
    """A table of two answers: `part` gives the row of an episode, empty where it is in none."""

    title: str
    says: str
    head: str
    part: Callable[[Counted], str]
    words: Words
    columns: Mapping[str, Column]


_WORDS: Words = {
    "wanted": "Meeting asked for",
    "met": "Meeting held",
    "eligible": "Return interview owed",
    "offered": "Offered",
    "held": "Held",
    "in_time": "Held in 72 hours",
    "over_28": "Back for 28 days",
    "quiet_28": "Not missing again in them",
}


def _measures(*keys: str) -> Mapping[str, Column]:
    """Count by measures of the dashboard, said in fewer words."""
    tests = {key: MEASURES[key].test for key in keys}
    return {
        key: Column(_WORDS[key], MEASURES[key].of if MEASURES[key].of in keys else ALL, test)
        for key, test in tests.items()
        if test is not None
    }


_EVERY = {ALL: Column("Episodes", "", lambda _one, _around: True)}
_INTERVIEWS = ("eligible", "offered", "held", "in_time")

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "authorities": View(
            "Each local authority", "Episodes of the period by the authority that is responsible for the child",
            "Responsible authority", lambda one: one.authority or "not_known", RESPONSIBLE_AUTHORITY,
            {**_EVERY, **_measures("wanted", "met", *_INTERVIEWS)},
        ),
        "placements": View(
            "Looked-after children by placement", "Episodes of the period of children who were looked after",
            "Placement", lambda one: (one.placement_type or NOT_RECORDED) if one.looked_after == "yes" else "",
            PLACEMENT_TYPE,
            {**_EVERY, "over_48": Column(COMPARED["over_48"][0], ALL, COMPARED["over_48"][1]), **_measures(*_INTERVIEWS, "over_28", "quiet_28")},
        ),
        "communities": View(
            "Communities compared", "Episodes of the period by community: whether children of one are graded, looked for and found like those of another",
            "Community", community, COMMUNITIES,
            {**_EVERY, **{key: Column(words, ALL, test) for key, (words, test) in COMPARED.items() if key != "exploited"}},
        ),
    }
)  # fmt: skip
"""A flag of exploitation is compared on the dashboard alone, for those who see every number (D4)."""


@frozen
class Kept:
    """What became of one promise in the episodes of a period: None for a number that is hidden."""

    promise: str
    kept: int | None
    pending: int | None
    broken: int | None

    @property
    def hidden(self) -> tuple[State, ...]:
        """Name the states of which the number is not shown."""
        return tuple(state for state in State if getattr(self, state.value) is None)


@frozen
class Crossed:
    """Each view with its rows, by part and column, and the promises; a row in which there is nothing is left out."""

    views: Mapping[str, Mapping[str, Mapping[str, int | None]]]
    promises: tuple[Kept, ...]

    @property
    def hidden(self) -> frozenset[Cell]:
        """Name the numbers that are not shown."""
        rows = ((name, part, row) for name, parts in self.views.items() for part, row in parts.items())
        found = {(name, f"{part} {key}") for name, part, row in rows for key, count in row.items() if count is None}
        return frozenset(found) | {(each.promise, state.value) for each in self.promises for state in each.hidden}


def crossed(
    population: Population,
    shown: Shown,
    found: Rates,
    living: Living | None,
    verdicts: Iterable[Verdict],
    also: Collection[Cell] = (),
) -> Crossed:
    """Put together the tables of two answers and the promises, beside the tables (`shown`) and rates of the period as figures-only readers see them.

    Not shown are those either that are to be hidden `also`; they keep their row where nothing is left in it.
    """
    bit = {one.case_id: 1 << place for place, one in enumerate(population.episodes)}
    promised = _promised(verdicts, bit, also)
    new = dict(promised)
    divided: list[tuple[Cell, ...]] = [tuple((promise, state) for state in State) for promise, _state in promised]
    for name, view in VIEWS.items():
        numbers = _numbers(name, view, population, bit, also)
        new |= numbers
        divided += [tuple(cell for cell in numbers if cell[1].endswith(f" {column}")) for column in view.columns]
    hidden = hiding.beside(_settled(population, shown, found, living, bit), new, dict.fromkeys(divided), also)
    told = {cell: None if cell in hidden else bits.bit_count() for cell, bits in new.items()}
    views = {name: _rows(name, view, new, told) for name, view in VIEWS.items()}
    return Crossed(views, tuple(_kept(each, new, told) for each in dict.fromkeys(key for key, _state in promised)))


def _numbers(
    name: str, view: View, population: Population, bit: Mapping[str, int], also: Collection[Cell]
) -> dict[Cell, int]:
    """Give the episodes behind each number of a view, by part and column."""
    kept = {key.rpartition(" ")[0] for table, key in also if table == name}
    rows: dict[str, list[Counted]] = defaultdict(list)
    for one in population.episodes:
        rows[view.part(one)].append(one)
    return {
        (name, f"{part} {column}"): _bits((one for one in rows[part] if each.test(one, population.around)), bit)
        for part in view.words
        if rows[part] or part in kept
        for column, each in view.columns.items()
    }


def _rows(
    name: str, view: View, new: Mapping[Cell, int], told: Mapping[Cell, int | None]
) -> dict[str, dict[str, int | None]]:
    """Give the rows of a view; of a whole that is small, or is kept for what was hidden in it, nothing is shown, not even what is empty."""
    found: dict[str, dict[str, int | None]] = {}
    for part in (part for part in view.words if (name, f"{part} {ALL}") in new):
        counts = {column: new[name, f"{part} {column}"].bit_count() for column in view.columns}
        small = {column for column, count in counts.items() if is_small(count) or not counts[ALL]}
        found[part] = {
            column: None if small & {ALL, each.of} else told[name, f"{part} {column}"]
            for column, each in view.columns.items()
        }
    return found


def _kept(promise: str, new: Mapping[Cell, int], told: Mapping[Cell, int | None]) -> Kept:
    """Give what became of a promise; where it was owed in a few episodes only, or is not owed any more, nothing of it is shown either."""
    cells = [(promise, state) for state in State]
    owed = sum(new[cell].bit_count() for cell in cells)
    few = is_small(owed) or not owed
    return Kept(promise, *(None if few else told[cell] for cell in cells))


def _promised(verdicts: Iterable[Verdict], bit: Mapping[str, int], also: Collection[Cell]) -> dict[Cell, int]:
    """Give the episodes in which each promise was kept, is pending and was broken, in the order of the promises.

    Left out are those that nobody owed, but for those of which something is to be hidden `also`.
    """
    found: dict[Cell, int] = {}
    for promise in (each.id for each in PROMISES if each.id not in UNTOLD):
        found |= dict.fromkeys(((promise, state) for state in State), 0)
    for verdict in verdicts:
        cell = (verdict.promise.id, verdict.state)
        if cell in found:
            found[cell] |= bit.get(verdict.case_id, 0)
    owed = {promise for (promise, _state), bits in found.items() if bits} | {table for table, _key in also}
    return {cell: bits for cell, bits in found.items() if cell[0] in owed}


def _settled(
    population: Population, shown: Shown, found: Rates, living: Living | None, bit: Mapping[str, int]
) -> Settled:
    """Give what the tables and the rates of the period show, with the episodes behind each number."""
    behind: dict[Cell, int] = {EPISODES: _bits(population.episodes, bit)}
    told: dict[Cell, int | None] = {EPISODES: shown["people"]["episodes"]}
    for table, numbers in shown.items():
        for key, count in numbers.items() if table != "people" else ():
            of = population.behind(table, key) if table in SLICES else population.behind(key)
            behind[table, key], told[table, key] = _bits(of, bit), count
    if living is not None:
        behind |= {cell: _bits(of, bit) for cell, of in rates.behind(population, living).items()}
        told |= {cell: None for cell in behind if cell not in told}
        told |= {(OF + name, rate.key): rate.episodes for name, each in found.items() for rate in each}
    divided = [tuple(cell for cell in behind if cell[0] == table) for table in (*SLICES, *(OF + way for way in WAYS))]
    reasons = tuple(cell for cell in behind if cell[0] == "late" and cell[1] != "late")
    return Settled(behind, told, tuple(cells for cells in (*divided, reasons) if cells))


def _bits(episodes: Iterable[Counted], bit: Mapping[str, int]) -> int:
    found = 0
    for one in episodes:
        found |= bit[one.case_id]
    return found
