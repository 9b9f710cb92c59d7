"""Which numbers of a period are shown to whom: every one, or those from which no small number follows, all tables taken together.

Each table is hidden for itself first (`workflows.suppression`). But tables tell of the same episodes: whoever is still missing is a part
of two of them, and who came back, who is missing and who died are all. So what several tables say together is written down here as sums,
and as many more numbers are hidden as it takes. Source: domain.md 5.2, rule vi.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from engine.frozen import frozen
from workflows.figures import Population
from workflows.measures import GROUPS, MEASURES, NOT_IN_FIGURES, PEOPLE, SLICES
from workflows.suppression import SMALLEST_SHOWN, Sum, hide_nested, hide_parts, is_small, protect

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


def tables(
    population: Population, *, every_number: bool, one_authority: bool = False, also: Collection[Cell] = ()
) -> Shown:
    """Give the numbers of every table of a period; that of the authorities only where there is more than one.

    Those who see figures only have none of `NOT_IN_FIGURES`, and none of those that are to be hidden `also`: these keep their place where
    nothing is left in them, because a row that goes says as much as its number.
    """
    counts = _counts(population, also, every_number=every_number, one_authority=one_authority)
    if every_number:
        return counts
    cells = _cells(counts)
    hidden = protect(cells, _cells(_each(counts, also)), _sums(counts), may=cells.keys() - {EPISODES})
    return {
        table: {key: None if (table, key) in hidden else count for key, count in numbers.items()}
        for table, numbers in counts.items()
    }


@frozen
class Settled:
    """Numbers of which it is settled what is shown: of each the episodes behind it, as bits, and which of them divide the same episodes."""

    behind: Mapping[Cell, int]
    shown: Mapping[Cell, int | None]
    divided: tuple[tuple[Cell, ...], ...]


def beside(
    settled: Settled, new: Mapping[Cell, int], divided: Iterable[tuple[Cell, ...]], also: Collection[Cell] = ()
) -> frozenset[Cell]:
    """Name those of more numbers, `new`, that are hidden so that no small one follows from them and from what is shown already.

    With them go those that are to be hidden `also`.
    What contains what, and what adds up, is read from the episodes themselves, so that a table can be put together of any answers without
    writing down what it has to do with the others. More than is needed is hidden where numbers contain each other by chance.
    """
    behind = {**settled.behind, **new}
    counts = {cell: bits.bit_count() for cell, bits in behind.items()}
    shown = {
        **settled.shown,
        **{cell: None if is_small(counts[cell]) or cell in also else counts[cell] for cell in new},
    }
    whole = tuple(each for each in (*settled.divided, *divided) if each)
    sums = tuple(_found_sums(behind, new, whole))
    told = frozenset(_told_already(sums, counts, settled))
    return protect(counts, shown, sums, may=new.keys() - told) & new.keys()


def _told_already(sums: Iterable[Sum[Cell]], counts: Mapping[Cell, int], settled: Settled) -> Iterator[Cell]:
    """Name the numbers that are another, or the sum of others, that is shown: to hide one of them would hide nothing."""
    for each in sums:
        for one, others in ((each.parts, each.whole), (each.whole, each.parts)):
            is_shown = all(settled.shown.get(cell) is not None for cell in others)
            if len(one) == 1 and is_shown and counts[one[0]] == sum(counts[cell] for cell in others):
                yield one[0]


def _found_sums(
    behind: Mapping[Cell, int], new: Collection[Cell], divided: tuple[tuple[Cell, ...], ...]
) -> Iterator[Sum[Cell]]:
    """Find what contains what and at most a few more: one number another, and a number or a whole table the parts of a table."""
    counted = sorted((bits.bit_count(), cell) for cell, bits in behind.items() if bits)
    for place, (count, cell) in enumerate(counted):
        for more, other in counted[place + 1 :]:
            if more - count >= SMALLEST_SHOWN:
                break
            if not behind[cell] & ~behind[other] and (cell in new or other in new):
                yield Sum((other,), (cell,))
    for cells in (*((cell,) for _count, cell in counted), *divided):
        bits, is_new = _union(behind, cells), cells[0] in new
        for others in divided:
            if (is_new or others[0] in new) and cells[0] not in others and others[0] not in cells:
                yield from _parts(cells, bits, others, behind)


def _parts(
    cells: tuple[Cell, ...], bits: int, others: tuple[Cell, ...], behind: Mapping[Cell, int]
) -> Iterator[Sum[Cell]]:
    """Find those parts of a table that some episodes are in, and those that are among them, where at most a few more are on one side."""
    touched = tuple(each for each in others if behind[each] & bits)
    around = _union(behind, touched)
    if touched and not bits & ~around and (around & ~bits).bit_count() < SMALLEST_SHOWN:
        yield Sum(touched, cells)
    within = tuple(each for each in touched if not behind[each] & ~bits)
    if within and (bits & ~_union(behind, within)).bit_count() < SMALLEST_SHOWN:
        yield Sum(cells, within)


def _union(behind: Mapping[Cell, int], cells: Iterable[Cell]) -> int:
    found = 0
    for cell in cells:
        found |= behind[cell]
    return found


def _counts(
    population: Population, also: Collection[Cell], *, every_number: bool, one_authority: bool
) -> dict[str, dict[str, int]]:
    found = {"people": {key: population.count(key) for key in PEOPLE}}
    slices = (key for key in SLICES if key != "authority" or not one_authority)
    found |= {key: population.parts(key, {part for table, part in also if table == key}) for key in slices}
    for name, group in GROUPS.items():
        seen = (key for key, one in group.measures.items() if every_number or one.data_class not in NOT_IN_FIGURES)
        found[name] = {key: population.count(key) for key in seen}
    return found


def _each(counts: Mapping[str, Mapping[str, int]], also: Collection[Cell]) -> Shown:
    """Hide the small numbers of each table and those that are to be hidden `also`, and what is a few away from a number that is shown and contains it."""
    gone = {name: {key for table, key in also if table == name} for name in counts}
    found: dict[str, Mapping[str, int | None]] = {"people": hide_nested(counts["people"], also=gone["people"])}
    found |= {name: hide_parts(numbers, gone[name]) for name, numbers in counts.items() if name in SLICES}
    whole = found["people"]["episodes"]
    known = [] if whole is None else [whole]
    for name in GROUPS:
        inside = {key: count for key, count in counts[name].items() if not MEASURES[key].apart}
        shown = hide_nested(inside, known, gone[name])
        known += [count for count in shown.values() if count is not None]
        apart = {key: count for key, count in counts[name].items() if key not in inside}
        found[name] = shown | {key: None if count or key in gone[name] else 0 for key, count in apart.items()}
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
