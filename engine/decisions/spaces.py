"""The space of what a table can be asked, cut so that inside one piece no cell tells two values apart.

Each column is cut at the constants of its cells, and one value stands for each piece: the number itself, one between it and
the next, one beyond the last. What a rule takes of a column is then a set of pieces, kept as the bits of a whole number, and a
table becomes boxes whose overlaps and gaps can be counted exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from engine.decisions.conditions import EPOCH, Compared, Condition, Includes, condition_of, constants
from engine.decisions.reader import TYPES
from engine.decisions.tables import Table
from engine.feel import YearMonthDuration
from engine.feel.budget import Budget, Run
from engine.feel.values import kind, rank
from engine.frozen import frozen

ANYTHING = "any other value"
"""Stands for all texts that no cell names."""

PIECES_AT_MOST = 20_000
"""So many pieces of the space are looked at; a table that has more is not decided."""

WHOLE = frozenset({"integer", "long"})
_LIMITS = Budget(steps=1_000_000)


class TooLarge(Exception):
    """The table is larger than can be looked at piece by piece."""


@frozen
class Column:
    """A column that is asked: its label, and one value for each of its pieces, those that people think of first in front."""

    label: str
    values: tuple[Any, ...]

    @property
    def whole(self) -> int:
        """All pieces."""
        return (1 << len(self.values)) - 1


@frozen
class Box:
    """A rule: the pieces that it surely takes of each column, and those that it may take."""

    id: str
    sure: tuple[int, ...]
    possible: tuple[int, ...]

    @property
    def is_certain(self) -> bool:
        """Whether it is known exactly what the rule takes."""
        return self.sure == self.possible


@frozen
class Space:
    """A table as boxes; `unclear` are the cells of which nobody can say what they take, as rule and column.

    Where that is the list of values that a column allows, the rule is "".
    """

    columns: tuple[Column, ...]
    boxes: tuple[Box, ...]
    unclear: tuple[tuple[str, str], ...]

    @property
    def whole(self) -> tuple[int, ...]:
        """Everything that can be asked."""
        return tuple(column.whole for column in self.columns)

    def example(self, piece: Sequence[int]) -> dict[str, Any]:
        """Give one value for each column that a piece of the space does not leave open."""
        found = {}
        for column, mask in zip(self.columns, piece, strict=True):
            if mask != column.whole:
                found[column.label] = next(value for at, value in enumerate(column.values) if mask >> at & 1)
        return found


def space_of(table: Table) -> Space:
    """Cut the space of a table; columns that ask the same are one."""
    places: dict[str, list[int]] = {}
    for at, asked in enumerate(table.inputs):
        places.setdefault(asked.expression, []).append(at)
    columns, masks, unclear = [], [], []
    for same in places.values():
        column, cells = _column(table, same)
        columns.append(column)
        masks.append(cells)
        label = table.columns[same[0]]
        listed = [table.allowed[at] for at in same]
        unclear += [("", label) for each in listed if each is not None and _decidable(each.text) is None]
        unclear += [
            (row.id, label) for row, (sure, possible) in zip(table.rows, cells, strict=True) if sure != possible
        ]
    boxes = tuple(
        Box(row.id, tuple(cells[at][0] for cells in masks), tuple(cells[at][1] for cells in masks))
        for at, row in enumerate(table.rows)
    )
    return Space(tuple(columns), boxes, tuple(unclear))


def _column(table: Table, same: Sequence[int]) -> tuple[Column, list[tuple[int, int]]]:
    """Cut the columns that ask the same, and give for each rule what it surely and what it possibly takes."""
    asked = table.inputs[same[0]]
    conditions = {at: [_decidable(rule.tests[at]) for rule in table.rules] for at in same}
    allowed = [table.allowed[at] for at in same]
    limits = [_decidable(each.text) for each in allowed if each is not None]
    named = [each for cells in conditions.values() for each in cells if each is not None]
    bounds = [
        one.bound
        for each in (*named, *limits)
        if each is not None
        for one in constants(each)
        if isinstance(one, Compared)
    ]
    values = [
        value
        for value in _representatives(bounds, asked.type)
        if value is None or None in limits or all(_holds(each, value) for each in allowed if each is not None)
    ]
    whole = (1 << len(values)) - 1
    found = []
    for number, row in enumerate(table.rows):
        sure = possible = whole
        tests = dict(row.tests)
        for at in same:
            if at not in tests:
                continue
            mask = sum(1 << place for place, value in enumerate(values) if _holds(tests[at], value))
            clear = conditions[at][number] is not None
            sure, possible = sure & (mask if clear else 0), possible & (mask if clear else whole)
        found.append((sure, possible))
    return Column(table.columns[same[0]], tuple(values)), found


def _decidable(text: str) -> Condition | None:
    """Take a cell apart where every value of a piece answers it alike: not lists, not the order of texts."""
    condition = condition_of(text)
    for each in constants(condition) if condition is not None else ():
        if isinstance(each, Includes) or not isinstance(each.bound, _KNOWN):
            return None
        if each.operator not in {"=", "!="} and (isinstance(each.bound, str) or each.bound is None):
            return None
    return condition


def _holds(test: Any, value: Any) -> bool:
    return bool(test.code({"?": value}, Run(_LIMITS, EPOCH)))


# ------------------------------------------------------------------------------------------- pieces of a column


def _representatives(bounds: Iterable[Any], type_name: str) -> list[Any]:
    """Give one value for each piece into which constants cut a column, null last."""
    bounds = list(bounds)
    wanted = TYPES.get(type_name)
    kinds = [wanted] if wanted else sorted({kind(bound) for bound in bounds if bound is not None})
    values: list[Any] = []
    for each in kinds:
        own = [bound for bound in bounds if kind(bound) == each]
        values += _pieces(each, own, whole=type_name in WHOLE)
    return [*(values or [ANYTHING]), None]


def _pieces(of: str, bounds: list[Any], *, whole: bool) -> Iterator[Any]:
    if of == "boolean":
        yield from (True, False)
    elif of == "string":
        yield from dict.fromkeys(bounds)
        yield ANYTHING
    elif not bounds:
        yield _ANY.get(of, ANYTHING)
    else:
        ordered = sorted({rank(bound): bound for bound in bounds}.items())
        marks = [bound for _, bound in ordered]
        yield from marks
        step = _STEP[of]
        yield from (low for low in [_beside(marks[0], -1, step)] if low is not None)
        yield from (high for high in [_beside(marks[-1], 1, step)] if high is not None)
        for one, other in pairwise(marks):
            between = _between(one, other, whole=whole)
            if between is not None:
                yield between


def _beside(mark: Any, sign: int, step: Any) -> Any:
    """Give a value beyond the last mark; None where there is none, as before midnight."""
    try:
        if isinstance(mark, time):
            edge = time.min if sign < 0 else time.max
            edge = edge.replace(tzinfo=mark.tzinfo, microsecond=0)
            return edge if edge != mark else None
        if isinstance(mark, YearMonthDuration):
            return YearMonthDuration(mark.months + sign)
        return mark + step * sign
    except OverflowError:
        return None


def _between(one: Any, other: Any, *, whole: bool) -> Any:
    """Give a value between two marks; None where nothing lies between them."""
    if isinstance(one, datetime):
        middle: Any = one + (other - one) / 2
    elif isinstance(one, date):
        middle = one + (other - one) // 2
    elif isinstance(one, time):
        middle = _middle_of_day(one, other)
    elif isinstance(one, YearMonthDuration):
        middle = YearMonthDuration((one.months + other.months) // 2)
    elif isinstance(one, timedelta):
        middle = one + (other - one) / 2
    else:
        low, high = Decimal(one), Decimal(other)
        middle = (low + high) / 2
        middle = (
            int(middle) if low < int(middle) < high else int(middle) + 1 if low < int(middle) + 1 < high else middle
        )
        middle = middle if not whole or isinstance(middle, int) else None
    return middle if middle not in {one, other} else None


def _middle_of_day(one: time, other: time) -> time:
    seconds = [(each.hour * 60 + each.minute) * 60 + each.second for each in (one, other)]
    middle = sum(seconds) // 2
    return time(middle // 3600, middle // 60 % 60, middle % 60, tzinfo=one.tzinfo)


_KNOWN = (type(None), bool, int, Decimal, str, date, time, timedelta, YearMonthDuration)
_STEP = {
    "number": 1,
    "date": timedelta(days=1),
    "date and time": timedelta(days=1),
    "time": None,
    "days and time duration": timedelta(days=1),
    "years and months duration": None,
}
_ANY = {"number": 0, "date": EPOCH.date(), "date and time": EPOCH, "time": time(12)}


# ------------------------------------------------------------------------------------------- boxes


def meet(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...] | None:
    """Give what two boxes share; None where that is nothing."""
    shared = tuple(a & b for a, b in zip(one, other, strict=True))
    return shared if all(shared) else None


def left_of(box: Sequence[int], taken: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    """Give, piece by piece, what others leave of a box; raises TooLarge.

    The first piece is one that people think of first: values that the cells name before those between, and null last.
    """
    looked = 0

    def walk(at: int, done: tuple[int, ...], rest: list[Sequence[int]]) -> Iterator[tuple[int, ...]]:
        nonlocal looked
        looked += 1
        if looked > PIECES_AT_MOST:
            raise TooLarge
        if not rest:
            yield (*done, *box[at:])
        elif at < len(box) and not any(all(box[i] & ~one[i] == 0 for i in range(at, len(box))) for one in rest):
            for group, alive in _groups(box[at], at, rest):
                yield from walk(at + 1, (*done, group), alive)

    if all(box):
        yield from walk(0, (), [one for one in taken if meet(box, one)])


def _groups(mask: int, at: int, boxes: list[Sequence[int]]) -> list[tuple[int, list[Sequence[int]]]]:
    """Part the values of a column by the boxes that take them."""
    groups: dict[tuple[int, ...], int] = {}
    place = 0
    while mask >> place:
        if mask >> place & 1:
            takers = tuple(number for number, box in enumerate(boxes) if box[at] >> place & 1)
            groups[takers] = groups.get(takers, 0) | 1 << place
        place += 1
    return [(group, [boxes[number] for number in takers]) for takers, group in groups.items()]
