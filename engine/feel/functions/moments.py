"""Functions of dates, times, durations and ranges (DMN 1.3, tables 73, 78, 79)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from engine.feel import distant, temporal
from engine.feel.budget import Run
from engine.feel.functions.registry import builtin
from engine.feel.values import YearMonthDuration, equal, kind

Number = int | Decimal


def _day(value: Any) -> Any:
    if isinstance(value, distant.DistantMoment):
        return value.date()
    return temporal.local(value).date() if isinstance(value, datetime) else value


@builtin("date", "from:string|date|date and time|any year")
def date_from(_: Run, value: Any) -> Any:
    """Read a date, or take the day of a moment."""
    return temporal.read_date(value) if isinstance(value, str) else _day(value)


@builtin("date", "year:number, month:number, day:number")
def date_of(_: Run, year: Number, month: Number, day: Number) -> Any:
    """Make a date of three numbers."""
    return distant.day(int(year), int(month), int(day))


@builtin("time", "from:string|time|date and time|date")
def time_from(_: Run, value: Any) -> time | None:
    """Read a time, or take the clock of a moment; a moment that named no zone gives a time without."""
    if isinstance(value, str):
        return temporal.read_time(value)
    if isinstance(value, datetime):
        seen = temporal.local(value)
        return seen.time() if seen.tzinfo is temporal.LOCAL else seen.timetz()
    return value if isinstance(value, time) else time(0, tzinfo=temporal.ZULU)


@builtin("time", "hour:number, minute:number, second:number, offset:days and time duration?")
def time_of(_: Run, hour: Number, minute: Number, second: Number, offset: timedelta | None) -> time:
    """Make a time of numbers; a second may have a fraction."""
    whole = int(second)
    micros = int((Decimal(second) - whole) * 1_000_000)
    zone = None if offset is None else timezone(offset) if offset else temporal.ZULU
    return time(int(hour), int(minute), whole, micros, zone)


@builtin("date and time", "from:string|date and time|date|any year")
def moment_from(_: Run, value: Any) -> Any:
    """Read a moment; without a zone it is read on the clock of England."""
    if isinstance(value, str):
        return temporal.read_moment(value)
    if isinstance(value, datetime | distant.DistantMoment):
        return value
    return distant.through(temporal.at_time, value, time(0, tzinfo=temporal.ZULU))


@builtin("date and time", "date:date|date and time|any year, time:time")
def moment_of(_: Run, day: Any, at: time) -> Any:
    """Join a day and a time."""
    return distant.through(temporal.at_time, _day(day), at)


@builtin(
    "date and time",
    "year:number, month:number, day:number, hour:number, minute:number, second:number, "
    "offset:days and time duration|string?",
)
def moment_of_numbers(
    run: Run, year: Number, month: Number, day: Number, hour: Number, minute: Number, second: Number, offset: Any
) -> Any:
    """Make a moment of six numbers, and an offset or the name of a zone; without one it is on the clock of England."""
    at = time_of(run, hour, minute, second, offset if isinstance(offset, timedelta) else None)
    zone = _zone(offset) if isinstance(offset, str) else at.tzinfo
    if isinstance(offset, str) and zone is None:
        return None
    return distant.through(temporal.at_time, distant.day(int(year), int(month), int(day)), at.replace(tzinfo=zone))


def _zone(text: str) -> Any:
    return temporal.read_zone(text if text[:1] in {"Z", "+", "-"} else f"@{text}")


@builtin("date and time", "date:date and time, timezone:string")
def moment_elsewhere(_: Run, moment: datetime, zone: str) -> datetime | None:
    """Give the same instant on the clock of another zone, for example ``"Europe/Paris"``."""
    found = _zone(zone)
    return None if found is None else moment.astimezone(found)


@builtin("duration", "from:string|days and time duration|years and months duration")
def duration(_: Run, value: Any) -> timedelta | YearMonthDuration | None:
    """Read a duration of either kind."""
    return temporal.read_duration(value) if isinstance(value, str) else value


@builtin("years and months duration", "from:date|date and time|any year, to:date|date and time|any year")
def years_and_months_duration(_: Run, start: Any, end: Any) -> YearMonthDuration:
    """Count the whole months between two days."""
    return YearMonthDuration(temporal.months_between(_day(start), _day(end)))


@builtin("now")
def now(run: Run) -> datetime:
    """Give the moment of the evaluation, which is passed in and never read from a clock."""
    return run.now


@builtin("today")
def today(run: Run) -> date:
    """Give the day of the evaluation in England."""
    return run.now.astimezone(temporal.LONDON).date()


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _of_day(name: str, get: Callable[[date], Any]) -> None:
    @builtin(name, "date:date|date and time|any year")
    def part(_: Run, value: date | datetime) -> Any:
        day = _day(value)
        return get(day.base if isinstance(day, distant.Distant) else day)


_of_day("day of week", lambda day: _DAYS[day.weekday()])
_of_day("day of year", lambda day: day.timetuple().tm_yday)
_of_day("week of year", lambda day: day.isocalendar().week)
_of_day("month of year", lambda day: _MONTHS[day.month - 1])


@builtin("is", "value1:any?, value2:any?")
def is_(run: Run, one: Any, other: Any) -> bool:
    """Say whether two values are the same, their zone and offset included."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, time | datetime):
        return one.utcoffset() == other.utcoffset() and temporal.write(one) == temporal.write(other)
    return equal(one, other, run) is True
