"""Elapsed and working time in the United Kingdom: which days are worked, and when a number of them is over.

Bank holidays come from the `holidays` package, which follows the lists of GOV.UK (https://www.gov.uk/bank-holidays);
a working day is any other day from Monday to Friday.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.errors import Invalid, Problem

LONDON = ZoneInfo("Europe/London")
"""The clock by which people in the United Kingdom work."""

REGIONS: Mapping[str, str] = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
"""The regions with bank holidays of their own."""

SATURDAY = 5
"""The first day of the week, as Python counts from Monday, on which nobody works."""

DAYS_AT_MOST = 2_600
"""About ten years of working days: more is a slip of the pen."""

DAYS_AHEAD_AT_MOST = 400
"""How far ahead a moment on the calendar is looked for: a year and a month."""


def _refuse(where: str, rule: str, sentence: str) -> Invalid:
    return Invalid([Problem(where, rule, sentence)])


@lru_cache(maxsize=400)
def bank_holidays(year: int, region: str = "England") -> frozenset[date]:
    """Give the bank holidays of a year; raises Invalid for a region that is not in `REGIONS`."""
    if region not in REGIONS:
        raise _refuse("region", "unknown-region", f"The region '{region}' is none of {', '.join(REGIONS)}.")
    from holidays import country_holidays  # the package takes a seventh of a second to start

    return frozenset(country_holidays("GB", subdiv=REGIONS[region], years=year).keys())


def is_working_day(day: date, region: str = "England") -> bool:
    """Say whether people work on a day: Monday to Friday, and no bank holiday."""
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year, region)


def working_day_after(day: date, days: int, region: str = "England") -> date:
    """Give the n-th working day after a day; before it when `days` is negative.

    With 0 it is the day itself, or the next working day when it is none. Raises Invalid beyond `DAYS_AT_MOST`.
    """
    if abs(days) > DAYS_AT_MOST:
        raise _refuse("days", "too-many-days", f"{days} working days are more than {DAYS_AT_MOST}.")
    step = timedelta(days=-1 if days < 0 else 1)
    try:
        while days == 0 and not is_working_day(day, region):
            day += step
        for _ in range(abs(days)):
            day += step
            while not is_working_day(day, region):
                day += step
    except OverflowError:
        raise _refuse("days", "too-many-days", "The working days end outside the years 1 to 9999.") from None
    return day


def add_working_days(start: datetime, days: int, region: str = "England") -> datetime:
    """Give the moment at which `days` working days after `start` are over, in UTC.

    It is the same local time (Europe/London) on the n-th working day after the day of `start`: from Friday 10:00 one
    working day ends on Monday 10:00, from Saturday 15:00 on Monday 15:00. With 0 days it is `start` itself, or that
    time on the next working day. A negative number counts back. An hour that occurs twice is its first, one that the
    spring skips moves forward. Raises Invalid for a `start` without a zone and beyond `DAYS_AT_MOST`.
    """
    if start.tzinfo is None:
        raise _refuse("start", "no-zone", "The moment from which working days are counted has no time zone.")
    local = start.astimezone(LONDON)
    end = working_day_after(local.date(), days, region)
    if end == local.date():
        return start.astimezone(UTC)
    return datetime.combine(end, local.time().replace(fold=0), LONDON).astimezone(UTC)


def next_local_time(after: datetime, at: time, fits: Callable[[date], bool] = lambda _day: True) -> datetime | None:
    """Give the next moment strictly after `after` at which the clocks of London show `at` on a day that fits, in UTC.

    A clock time that occurs twice in the autumn counts at its first; one that the spring skips moves forward by the hour
    that is skipped. None where no day fits within `DAYS_AHEAD_AT_MOST`.
    """
    day = after.astimezone(LONDON).date()
    for ahead in range(-1, DAYS_AHEAD_AT_MOST):
        try:
            candidate = day + timedelta(days=ahead)
            moment = datetime.combine(candidate, at.replace(tzinfo=None, fold=0), LONDON).astimezone(UTC)
        except OverflowError:
            return None
        if moment > after and fits(candidate):
            return moment
    return None


def is_working_day_of_month(day: date, number: int, region: str = "England") -> bool:
    """Say whether a day is the n-th working day of its month; of -1, whether it is the last, and so on."""
    begins = day.replace(day=1)
    if number > 0:
        return working_day_after(begins - timedelta(days=1), number, region) == day
    ends = (begins + timedelta(days=32)).replace(day=1)
    return number < 0 and working_day_after(ends, number, region) == day


def elapsed(start: datetime, end: datetime) -> timedelta:
    """Give the time that passes between two moments; 24 hours are 24 hours, also when the clocks change between them."""
    return end.astimezone(UTC) - start.astimezone(UTC)
