"""Days and moments in years before 0001 and after 9999, which Python's own dates do not reach.

The calendar repeats every 400 years to the day of the week. So a distant day is a near one (`base`) and a number of such
cycles, and all that does not ask for the year itself is done with the near one. Years before 1 are counted as in ISO 8601,
with a year 0. Only what names such a year gets there: a near date that is moved out of the years 1 to 9999 is null.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from engine.frozen import frozen

CYCLE = 400
_DAYS_OF_A_CYCLE = 146_097
_MICROSECONDS_OF_A_DAY = 86_400_000_000
_PAST, _FUTURE = (
    400,
    2000,
)  # first years of the cycle for which zones are right: before all rules, and after all known ones


@frozen
class Distant:
    """A near day or moment, and by how many cycles of 400 years it is moved."""

    base: Any
    cycles: int

    @property
    def year(self) -> int:
        """The year, which may be negative."""
        return int(self.base.year) + CYCLE * self.cycles

    @property
    def month(self) -> int:
        """The month, from 1."""
        return int(self.base.month)

    @property
    def day(self) -> int:
        """The day of the month, from 1."""
        return int(self.base.day)


class DistantDate(Distant):
    """A day in a year that Python has no date for."""

    __slots__ = ()


class DistantMoment(Distant):
    """A moment in a year that Python has no datetime for."""

    __slots__ = ()

    def date(self) -> DistantDate:
        """Give its day, on its own clock."""
        return DistantDate(self.base.date(), self.cycles)


TYPES = frozenset({DistantDate, DistantMoment})


def moved(base: date, cycles: int) -> Any:
    """Give a near day or moment moved by cycles: as Python's own where the year is one of 1 to 9999."""
    year = base.year + CYCLE * cycles
    if 1 <= year <= 9999:
        return base.replace(year=year)
    first = _PAST if year < 1 else _FUTURE
    near = first + (year - first) % CYCLE
    made = DistantMoment if isinstance(base, datetime) else DistantDate
    return made(base.replace(year=near), (year - near) // CYCLE)


def day(year: int, month: int, of_month: int) -> Any:
    """Give a day of any year; raises ValueError where the month has no such day, or beyond nine digits of the year."""
    if 1 <= year <= 9999:
        return date(year, month, of_month)
    if abs(year) > 999_999_999:
        raise ValueError("A year has at most nine digits.")
    return moved(date(_FUTURE + year % CYCLE, month, of_month), (year - _FUTURE - year % CYCLE) // CYCLE)


def place(value: Any) -> int:
    """Give what orders days, or moments: microseconds since the first day of year 1, in UTC for a moment."""
    base, cycles = (value.base, value.cycles) if isinstance(value, Distant) else (value, 0)
    micros = 0
    if isinstance(base, datetime):
        base = base.astimezone(UTC)
        micros = ((base.hour * 60 + base.minute) * 60 + base.second) * 1_000_000 + base.microsecond
    return (int(base.toordinal()) + cycles * _DAYS_OF_A_CYCLE) * _MICROSECONDS_OF_A_DAY + micros


def through(operation: Callable[..., Any], value: Any, *rest: Any) -> Any:
    """Run an operation on the near day or moment and move what comes out as far as the value is moved."""
    if not isinstance(value, Distant):
        return operation(value, *rest)
    return moved(operation(value.base, *rest), value.cycles)


def written(text: str, year: int) -> str:
    """Give the text of the near day or moment with the year that is meant."""
    return f"{'-' if year < 0 else ''}{abs(year):04d}{text[4:]}"
