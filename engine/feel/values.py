"""The values of FEEL in Python, what kind each is, when two are equal and which comes first."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from engine.feel import distant
from engine.feel.budget import Run
from engine.frozen import frozen

DECIMAL = Context(prec=34, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Numbers have 34 digits (DMN 1.3, 10.3.2.3.1: IEEE 754-2008 decimal128), rounded half to even."""

EXACT = 10**34
"""Whole numbers below this stay Python ints."""


@frozen
class YearMonthDuration:
    """A duration of years and months; it has no length in seconds, for months differ."""

    months: int

    def __str__(self) -> str:
        """Give ISO 8601, for example ``P1Y2M``, ``-P3M``, ``P0M``."""
        years, months = divmod(abs(self.months), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if self.months < 0 else ''}P{parts}"


@frozen
class Range:
    """All values between two ends; an end that is None is open without limit."""

    start: Any
    start_included: bool
    end: Any
    end_included: bool


@frozen
class Function:
    """A function that an expression may call, by position or by the names in `parameters`.

    `callable` gets every parameter as a keyword argument; one that the expression leaves out arrives as None.
    Example: ``Function(lambda deadline, clock: ..., ("deadline", "clock"))``. What it raises is passed on.
    """

    callable: Callable[..., Any]
    parameters: tuple[str, ...]


KINDS: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    date: "date",
    time: "time",
    datetime: "date and time",
    timedelta: "days and time duration",
    YearMonthDuration: "years and months duration",
    distant.DistantDate: "date",
    distant.DistantMoment: "date and time",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}
_RELATED: tuple[tuple[type, str], ...] = (
    (str, "string"),
    (Decimal, "number"),
    (datetime, "date and time"),
    (date, "date"),
    (timedelta, "days and time duration"),
    (Mapping, "context"),
    (list, "list"),
)
NUMBERS = frozenset({int, Decimal})
_SAME = frozenset({bool, str, date, timedelta, YearMonthDuration})
_ORDERED = frozenset({str, date, timedelta})


def kind(value: Any) -> str:
    """Name the FEEL type of a value, for example ``days and time duration``; ``unknown`` for a foreign object."""
    known = KINDS.get(type(value))
    if known is not None:
        return known
    if callable(value):
        return "function"
    return next((name for each, name in _RELATED if isinstance(value, each)), "unknown")


def instant(moment: datetime) -> datetime:
    """Give a moment in UTC: Python compares two moments of one zone by their wall clocks, which is wrong in October."""
    return moment.astimezone(UTC)


def _moment_of_day(at: time) -> Any:
    """Give what orders times: seconds since midnight, in UTC where the time has an offset."""
    seconds = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    offset = at.utcoffset()
    return seconds - offset if offset is not None else seconds


def equal(left: Any, right: Any, run: Run) -> bool | None:
    """Say whether two values are equal; None where they are of different kinds (DMN 1.3, table 42)."""
    one, other = type(left), type(right)
    if one is other and one in _SAME:
        return bool(left == right)
    if one in NUMBERS and other in NUMBERS:
        return bool(left == right)
    if left is None or right is None:
        return left is right
    same = kind(left)
    if same != kind(right):
        return None
    if one in distant.TYPES or other in distant.TYPES:
        return distant.place(left) == distant.place(right)
    compare = _EQUAL.get(same)
    return compare(left, right, run) if compare is not None else bool(left == right)


def _equal_lists(left: list[Any], right: list[Any], run: Run) -> bool | None:
    if len(left) != len(right):
        return False
    run.enter(1)
    try:
        for one, other in zip(left, right, strict=True):
            run.spend()
            if not equal(one, other, run):
                return False
    finally:
        run.leave(1)
    return True


def _equal_contexts(left: Mapping[str, Any], right: Mapping[str, Any], run: Run) -> bool | None:
    keys = sorted(left)
    if keys != sorted(right):
        return False
    return _equal_lists([left[key] for key in keys], [right[key] for key in keys], run)


def _equal_ranges(left: Range, right: Range, run: Run) -> bool | None:
    if (left.start_included, left.end_included) != (right.start_included, right.end_included):
        return False
    return _equal_lists([left.start, left.end], [right.start, right.end], run)


def _equal_times(left: time, right: time, _: Run) -> bool | None:
    if (left.utcoffset() is None) != (right.utcoffset() is None):
        return False
    return bool(_moment_of_day(left) == _moment_of_day(right))


_EQUAL: Mapping[str, Callable[[Any, Any, Run], bool | None]] = {
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
    "time": _equal_times,
    "date and time": lambda left, right, _: bool(instant(left) == instant(right)),
    "function": lambda left, right, _: left is right,
    "unknown": lambda left, right, _: left is right,
}


def rank(value: Any) -> Any:
    """Give what orders a value among its own kind: itself, its instant, its months."""
    one = type(value)
    if one in NUMBERS or one in _ORDERED:
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, time):
        return _moment_of_day(value)
    return value.months if isinstance(value, YearMonthDuration) else value


_HAVE_ORDER = frozenset({
    "number",
    "string",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
})  # fmt: skip


def ordered(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool | None:
    """Compare by `compare` (``operator.lt`` and its like); None where the kinds differ or have no order."""
    one, other = type(left), type(right)
    if (one in NUMBERS and other in NUMBERS) or (one is other and one in _ORDERED):
        return compare(left, right)
    same = kind(left)
    if same not in _HAVE_ORDER or same != kind(right):
        return None
    if one in distant.TYPES or other in distant.TYPES:
        return compare(distant.place(left), distant.place(right))
    return compare(rank(left), rank(right))


def within(value: Any, bounds: Range) -> bool | None:
    """Say whether a value lies in a range; None where it cannot be compared with an end."""
    results: list[bool | None] = []
    if bounds.start is not None:
        results.append(ordered(operator.ge if bounds.start_included else operator.gt, value, bounds.start))
    if bounds.end is not None:
        results.append(ordered(operator.le if bounds.end_included else operator.lt, value, bounds.end))
    return False if False in results else None if None in results or not results else True
