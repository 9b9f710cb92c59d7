"""Which numbers of a period are shown to whom: every one, or those from which no small number follows, all tables taken together.

Each table is hidden for itself first (`workflows.suppression`). But tables tell of the same episodes: whoever is still missing is a part
of two of them, and who came back, who is missing and who died are all. So what several tables say together is written down here as sums,
and as many more numbers are hidden as it takes. Source: domain.md 5.2, rule vi.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from workflows.figures import Population
from workflows.measures import GROUPS, MEASURES, NOT_IN_FIGURES, PEOPLE, SLICES
from workflows.suppression import Sum, hide_nested, hide_parts, protect

Cell = tuple[str, str]
"""A table and the key of a number in it."""
Shown = Mapping[str, Mapping[str, int | None]]
"""By table and key: the number, or None where it is hidden."""

Number = TypeVar("Number", int, int | None)

EPISODES: Cell = ("people", "episodes")
TABLE_OF: Mapping[str, str] = {key: name for name, group in GROUPS.items() for key in group.measures} | dict.fromkeys(PEOPLE, "people")  # fmt: skip

TOGETHER: tuple[tuple[tuple[Cell, ...], tuple[Cell, ...]], ...] = (
    ((EPISODES,), (("prevention", "back"), ("found_how", "missing"), ("found_how", "deceased"))),
    ((EPISODES,), (("prevention", "back"), ("duration", "missing"), ("found_how", "deceased"))),
    ((("found_how", "missing"),), (("duration", "missing"),)),
    ((("age", "adult"),), (("who", "adult"),)),
    ((("age", "not_recorded"),), (("who", "not_recorded"),)),
    ((("who", "child"),), (("age", "under_10"), ("age", "10_12"), ("age", "13_15"), ("age", "16_17"))),
    ((("grade", "not_graded"),), (("first_grade", "not_graded"),)),
    ((("grade", "not_graded"),), (("change", "not_graded"),)),
    ((("prevention", "back"),), (("prevention", "seen"), ("prevention", "not_seen"))),
    ((("prevention", "back"),), (("interviews", "eligible"),)),
    ((("who", "child"), ("who", "not_recorded")), (("interviews", "eligible"),)),
    ((("interviews", "eligible"),), (("interviews", "in_time"), ("late", "late"), ("interviews", "waiting"))),
    ((("interviews", "eligible"),), (("outcomes", "over_28"),)),
    ((("outcomes", "over_28"),), (("outcomes", "over_90"),)),
    ((("outcomes", "over_90"),), (("outcomes", "over_180"),)),
    ((("change", "same"), ("change", "lowered")), (("grade", "very_low"),)),
    ((("change", "same"), ("change", "raised")), (("grade", "high"),)),
    ((("change", "same"), ("change", "lowered")), (("first_grade", "high"),)),
    ((("change", "same"), ("change", "raised")), (("first_grade", "very_low"),)),
)
"""What is the sum of what in other tables, or contains it."""


def tables(population: Population, *, every_number: bool, one_authority: bool = False) -> Shown:
    """Give the numbers of every table of a period; that of the authorities only where there is more than one.

    Those who see figures only have none of `NOT_IN_FIGURES`.
    """
    counts = _counts(population, every_number=every_number, one_authority=one_authority)
    if every_number:
        return counts
    cells = _cells(counts)
    hidden = protect(cells, _cells(_each(counts)), _sums(counts), may=cells.keys() - {EPISODES})
    return {
        table: {key: None if (table, key) in hidden else count for key, count in numbers.items()}
        for table, numbers in counts.items()
    }


def _counts(population: Population, *, every_number: bool, one_authority: bool) -> dict[str, dict[str, int]]:
    found = {"people": {key: population.count(key) for key in PEOPLE}}
    found |= {key: population.parts(key) for key in SLICES if key != "authority" or not one_authority}
    for name, group in GROUPS.items():
        seen = (key for key, one in group.measures.items() if every_number or one.data_class not in NOT_IN_FIGURES)
        found[name] = {key: population.count(key) for key in seen}
    return found


def _each(counts: Mapping[str, Mapping[str, int]]) -> Shown:
    """Hide the small numbers of each table, and what is a few away from a number that is shown and contains it."""
    found: dict[str, Mapping[str, int | None]] = {"people": hide_nested(counts["people"])}
    found |= {name: hide_parts(numbers) for name, numbers in counts.items() if name in SLICES}
    whole = found["people"]["episodes"]
    known = [] if whole is None else [whole]
    for name in GROUPS:
        inside = {key: count for key, count in counts[name].items() if not MEASURES[key].apart}
        shown = hide_nested(inside, known=known)
        known += [count for count in shown.values() if count is not None]
        found[name] = shown | {key: None if count else 0 for key, count in counts[name].items() if key not in inside}
    return found


def _sums(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Sum[Cell]]:
    """Give what adds up: the parts of each slice, what a measure is a share of, reasons, ways to come back, and `TOGETHER`."""
    cells = _cells(counts)
    for table, numbers in counts.items():
        if table in SLICES:
            yield Sum((EPISODES,), tuple((table, key) for key in numbers))
    for name in GROUPS:
        for key in counts[name]:
            of, apart = MEASURES[key].of, MEASURES[key].apart
            if of and not apart and (TABLE_OF[of], of) in cells:
                yield Sum(((TABLE_OF[of], of),), ((name, key),))
    reasons = tuple(("late", key) for key in counts["late"] if key != "late")
    ways_back = tuple(("found_how", key) for key in counts["found_how"] if key not in {"missing", "deceased"})
    for whole, parts in (((("late", "late"),), reasons), ((("prevention", "back"),), ways_back), *TOGETHER):
        if {*whole, *parts} <= cells.keys():
            yield Sum(whole, parts)


def _cells(numbers: Mapping[str, Mapping[str, Number]]) -> dict[Cell, Number]:
    """Put the numbers of all tables together."""
    return {(table, key): count for table, found in numbers.items() for key, count in found.items()}
