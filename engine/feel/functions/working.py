"""Functions of ours, for working days and hours: by the clock of the United Kingdom and the calendar of an agency.

A calendar is the name of a region (``"England"``, which is meant where none is given, ``"Wales"``, ``"Scotland"``,
``"Northern Ireland"``) or a context with any of ``region``, ``closed`` (a list of dates), ``opens`` and ``closes`` (times):
``{region: "Wales", closed: [@"2026-12-24"], opens: @"08:00:00", closes: @"18:00:00"}``. Without hours it is nine to five.
What is no calendar, and what ends too far away, gives null.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine import calendars
from engine.calendars import Calendar
from engine.errors import Invalid
from engine.feel import temporal
from engine.feel.arithmetic import number as calculated
from engine.feel.budget import BudgetExceeded, Run, Unusable
from engine.feel.functions.registry import builtin
from engine.feel.values import DECIMAL

Number = int | Decimal
_CALENDAR = "calendar:string|context?"
_WORKING_DAYS_OF_A_MONTH = 23
_KEYS = frozenset({"region", "closed", "opens", "closes"})


@contextmanager
def _null_where_refused() -> Iterator[None]:
    """Turn the refusal of a calendar into a null that can say why."""
    try:
        yield
    except BudgetExceeded:
        raise
    except Invalid as refused:
        raise Unusable(refused.problems[0].sentence) from None


def _calendar(given: Any, run: Run) -> Calendar:
    """Read the calendar that an expression names or describes."""
    if given is None or isinstance(given, str):
        return calendars.of_region(given or "England")
    closed = given.get("closed") or []
    days = closed if isinstance(closed, list) else [closed]
    run.spend(len(days))
    hours = {key: given[key] for key in ("opens", "closes") if given.get(key) is not None}
    region = given.get("region") or "England"
    if not set(given) <= _KEYS or not all(type(day) is date for day in days) or not isinstance(region, str):
        raise Unusable("A calendar has a region, days on which it is closed, and the times when it opens and closes.")
    if not all(type(at) is time for at in hours.values()):
        raise Unusable("A calendar opens and closes at a time of day.")
    return Calendar(region, frozenset(days), **hours)


def _day(value: date | datetime) -> date:
    return temporal.local(value).date() if isinstance(value, datetime) else value


@builtin("working days after", f"from:date|date and time, days:number, {_CALENDAR}")
@_null_where_refused()
def working_days_after(run: Run, start: date | datetime, days: Number, given: Any) -> date | datetime | None:
    """Give the same clock time on the n-th working day after a moment, or that day after a date."""
    if days != int(days):
        return None
    run.spend(1 + min(abs(int(days)), calendars.DAYS_AT_MOST))
    if isinstance(start, datetime):
        calendar = _calendar(given, run)
        return calendars.counted(start, calendars.add_working_days(start, int(days), calendar), calendar)
    return calendars.working_day_after(start, int(days), _calendar(given, run))


@builtin("working days between", f"from:date|date and time, to:date|date and time, {_CALENDAR}")
@_null_where_refused()
def working_days_between(run: Run, start: date | datetime, end: date | datetime, given: Any) -> int:
    """Count the working days after one day up to and with another: the inverse of ``working days after``."""
    run.spend(1 + min(abs((_day(end) - _day(start)).days), 2 * calendars.DAYS_AT_MOST))
    return calendars.working_days_between(_day(start), _day(end), _calendar(given, run))


@builtin("working hours after", f"from:date and time, hours:number|days and time duration, {_CALENDAR}")
@_null_where_refused()
def working_hours_after(run: Run, start: datetime, hours: Number | timedelta, given: Any) -> datetime:
    """Give the moment at which so many hours have been worked since a moment; hours may have a fraction."""
    length = hours if isinstance(hours, timedelta) else temporal.scale(DECIMAL.multiply, timedelta(hours=1), hours)
    run.spend(1 + min(abs(length) // timedelta(hours=1), 2 * calendars.DAYS_AT_MOST))
    calendar = _calendar(given, run)
    return calendars.counted(start, calendars.add_working_hours(start, length, calendar), calendar)


@builtin("working hours between", f"from:date and time, to:date and time, {_CALENDAR}")
@_null_where_refused()
def working_hours_between(run: Run, start: datetime, end: datetime, given: Any) -> Decimal | None:
    """Give the hours that are worked between two moments: the inverse of ``working hours after``."""
    run.spend(1 + min(abs((_day(end) - _day(start)).days), 2 * calendars.DAYS_AT_MOST))
    worked = calendars.working_time_between(start, end, _calendar(given, run))
    return calculated(DECIMAL.divide, temporal.seconds(worked), Decimal(3600))


@builtin("is working day", f"date:date|date and time, {_CALENDAR}")
@_null_where_refused()
def is_working_day(run: Run, value: date | datetime, given: Any) -> bool:
    """Say whether a day is a working day."""
    return calendars.is_working_day(_day(value), _calendar(given, run))


@builtin("next local time", "after:date and time, time:time")
def next_local_time(run: Run, after: datetime, at: time) -> datetime | None:
    """Give the next moment after `after` at which the clocks of England show a time, for example every day at eight."""
    run.spend(10)
    return calendars.next_local_time(after, at) if at.tzinfo is None else None


@builtin("next working day time", f"after:date and time, time:time, {_CALENDAR}")
@_null_where_refused()
def next_working_day_time(run: Run, after: datetime, at: time, given: Any) -> datetime | None:
    """Give the next moment after `after` at which the clocks of England show a time on a working day."""
    run.spend(20)
    calendar = _calendar(given, run)
    found = calendars.next_local_time(after, at, calendar.works_on) if at.tzinfo is None else None
    return calendars.counted(after, found, calendar) if found is not None else None


@builtin("next month working day", f"after:date and time, number:number, time:time, {_CALENDAR}")
@_null_where_refused()
def next_month_working_day(run: Run, after: datetime, number: Number, at: time, given: Any) -> datetime | None:
    """Give the next moment after `after` at a time on the n-th working day of a month; -1 is the last of the month."""
    run.spend(500)
    if number != int(number) or at.tzinfo is not None or not 1 <= abs(int(number)) <= _WORKING_DAYS_OF_A_MONTH:
        return None
    calendar = _calendar(given, run)
    return calendars.next_local_time(
        after, at, lambda day: calendars.is_working_day_of_month(day, int(number), calendar)
    )
