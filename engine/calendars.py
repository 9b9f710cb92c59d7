"""Elapsed and working time in the United Kingdom: which days are worked, and when a number of them is over.

Bank holidays come from the `holidays` package, which follows the lists of GOV.UK (https://www.gov.uk/bank-holidays);
a working day is any other day from Monday to Friday. What an agency adds, days on which it is closed and the hours at which
it is open, is a `Calendar`; the name of a region stands for one that adds nothing.

Working days keep the time of day: a deadline in working days falls on a working day, at the clock time at which it began.
Working hours run only while the doors are open: a deadline in working hours falls between opening and closing, both included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from engine.errors import Invalid, Problem
from engine.frozen import frozen

LONDON = ZoneInfo("Europe/London")
"""The clock by which people in the United Kingdom work."""

REGIONS: Mapping[str, str] = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
"""The regions with bank holidays of their own."""

YEARS = range(1900, 2200)
"""The years whose bank holidays are asked for: of others nobody can know them."""

SATURDAY = 5
"""The first day of the week, as Python counts from Monday, on which nobody works."""

CLOSED = "closed"
"""Stands for the name of a day on which an agency is closed by its own calendar."""

DAYS_AT_MOST = 2_600
"""About ten years of working days: more is a slip of the pen."""

DAYS_AHEAD_AT_MOST = 400
"""How far ahead a moment on the calendar is looked for: a year and a month."""


def _refuse(where: str, rule: str, sentence: str) -> Invalid:
    return Invalid([Problem(where, rule, sentence)])


def _unknown(region: str) -> Invalid:
    return _refuse("region", "unknown-region", f"The region '{region}' is none of {', '.join(REGIONS)}.")


@lru_cache(maxsize=400)
def bank_holidays(year: int, region: str = "England") -> Mapping[date, str]:
    """Give the bank holidays of a year with their names; raises Invalid for a region that is not in `REGIONS` and a year not in `YEARS`."""
    if region not in REGIONS:
        raise _unknown(region)
    if year not in YEARS:
        raise _refuse("day", "unknown-year", f"The bank holidays of the year {year} are not known.")
    from holidays import country_holidays  # the package takes a seventh of a second to start

    return MappingProxyType(dict(country_holidays("GB", subdiv=REGIONS[region], years=year)))


@frozen
class Calendar:
    """When an agency works: the bank holidays of its region, days of its own on which it is closed, and its hours.

    `opens` and `closes` are times on the clock of the United Kingdom; it closes on the day on which it opens, at midnight
    where `closes` is 00:00. Raises Invalid for hours that are none.
    """

    region: str = "England"
    closed: frozenset[date] = frozenset()
    opens: time = time(9)
    closes: time = time(17)

    def __post_init__(self) -> None:
        """Refuse what cannot be a calendar."""
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise _refuse("calendar", "hours-with-zone", "The hours of a calendar are times without a zone.")
        if self.closes != time(0) and self.closes <= self.opens:
            raise _refuse("calendar", "no-hours", "An agency closes later on the day on which it opens.")
        if self.region not in REGIONS:
            raise _unknown(self.region)

    def works_on(self, day: date) -> bool:
        """Say whether people work on a day; raises Invalid for one of a year not in `YEARS`."""
        free = bank_holidays(day.year, self.region)
        return day.weekday() < SATURDAY and day not in free and day not in self.closed

    def open_on(self, day: date) -> tuple[datetime, datetime]:
        """Give the moments, in UTC, at which a working day begins and ends: its length is what passes between them."""
        last = day + timedelta(days=1) if self.closes == time(0) else day
        begins, ends = datetime.combine(day, self.opens, LONDON), datetime.combine(last, self.closes, LONDON)
        return begins.astimezone(UTC), ends.astimezone(UTC)


@lru_cache(maxsize=16)
def of_region(region: str) -> Calendar:
    """Give the calendar of a region, with nothing added; raises Invalid for a region that is not in `REGIONS`."""
    return Calendar(region)


@frozen
class Count:
    """Working time that was counted from one moment to another, and the days between that were left out.

    `closed` names those from Monday to Friday: bank holidays as they were called then, and days on which the agency is closed.
    """

    start: datetime
    end: datetime
    region: str
    weekend: int
    closed: Mapping[date, str]


_COUNTS: ContextVar[list[Count] | None] = ContextVar("counts", default=None)


@contextmanager
def counts() -> Iterator[list[Count]]:
    """Keep what is counted inside, so that it can be said later which days were left out, whatever the lists say by then.

    Whoever keeps counts around this one gets them too.
    """
    found: list[Count] = []
    token = _COUNTS.set(found)
    try:
        yield found
    finally:
        _COUNTS.reset(token)
        counted_before(found)


def counted_before(found: Sequence[Count]) -> None:
    """Give whoever keeps counts some that were made before, of a result that stands."""
    around = _COUNTS.get()
    if around is not None:
        around.extend(found)


def counted(start: datetime, end: datetime, calendar: Calendar) -> datetime:
    """Give the end back; whoever keeps counts (`counts`) gets this one."""
    found = _COUNTS.get()
    if found is not None:
        first, last = sorted(each.astimezone(LONDON).date() for each in (start, end))
        days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        free = [day for day in days if day.weekday() < SATURDAY and not calendar.works_on(day)]
        closed = {day: bank_holidays(day.year, calendar.region).get(day, CLOSED) for day in free}
        weekend = sum(day.weekday() >= SATURDAY for day in days)
        found.append(Count(start, end, calendar.region, weekend, closed))
    return end


def _calendar(given: str | Calendar) -> Calendar:
    return given if isinstance(given, Calendar) else of_region(given)


def is_working_day(day: date, calendar: str | Calendar = "England") -> bool:
    """Say whether people work on a day: Monday to Friday, no bank holiday, and none on which the agency is closed."""
    return _calendar(calendar).works_on(day)


def working_day_after(day: date, days: int, calendar: str | Calendar = "England") -> date:
    """Give the n-th working day after a day; before it when `days` is negative.

    With 0 it is the day itself, or the next working day when it is none. Raises Invalid beyond `DAYS_AT_MOST`, and where
    the agency is closed for longer than that.
    """
    works_on = _calendar(calendar).works_on
    if abs(days) > DAYS_AT_MOST:
        raise _refuse("days", "too-many-days", f"{days} working days are more than {DAYS_AT_MOST}.")
    step = timedelta(days=-1 if days < 0 else 1)
    if days == 0 and works_on(day):
        return day
    left = max(1, abs(days))
    for _ in range(2 * DAYS_AT_MOST):
        day += step
        left -= works_on(day)
        if not left:
            return day
    raise _refuse("days", "too-many-days", "The agency is closed for too long to count its working days.")


def working_days_between(start: date, end: date, calendar: str | Calendar = "England") -> int:
    """Count the working days after `start` up to and with `end`; negative when `end` is earlier.

    It is the inverse of `working_day_after`: from a day to the n-th working day after it lie n. Raises Invalid where more
    than ten years lie between.
    """
    if end < start:
        return -working_days_between(end - timedelta(days=1), start - timedelta(days=1), calendar)
    if (end - start).days > 2 * DAYS_AT_MOST:
        raise _refuse("days", "too-many-days", f"More than {2 * DAYS_AT_MOST} days lie between the two.")
    works_on = _calendar(calendar).works_on
    return sum(works_on(start + timedelta(days=each)) for each in range(1, (end - start).days + 1))


def add_working_days(start: datetime, days: int, calendar: str | Calendar = "England") -> datetime:
    """Give the moment at which `days` working days after `start` are over, in UTC.

    It is the same local time (Europe/London) on the n-th working day after the day of `start`: from Friday 10:00 one
    working day ends on Monday 10:00, from Saturday 15:00 on Monday 15:00. With 0 days it is `start` itself, or that
    time on the next working day. A negative number counts back. An hour that occurs twice is its first, one that the
    spring skips moves forward. Raises Invalid for a `start` without a zone and beyond `DAYS_AT_MOST`.
    """
    if start.tzinfo is None:
        raise _refuse("start", "no-zone", "The moment from which working days are counted has no time zone.")
    local = start.astimezone(LONDON)
    end = working_day_after(local.date(), days, calendar)
    if end == local.date():
        return start.astimezone(UTC)
    return datetime.combine(end, local.time().replace(fold=0), LONDON).astimezone(UTC)


def _openings(at: datetime, calendar: Calendar, step: int) -> Iterator[tuple[datetime, datetime]]:
    """Give the hours of each working day from that of a moment on, forwards or backwards."""
    day = at.astimezone(LONDON).date()
    for each in range(2 * DAYS_AT_MOST):
        on = day + timedelta(days=each * step)
        if calendar.works_on(on):
            yield calendar.open_on(on)
    raise _refuse("hours", "too-many-hours", f"The working hours do not end within {2 * DAYS_AT_MOST} days.")


def add_working_hours(start: datetime, length: timedelta, calendar: str | Calendar = "England") -> datetime:
    """Give the moment at which so much working time has passed since `start`, in UTC; before it when it is negative.

    Only the hours at which the agency is open count, as they pass: a change of the clocks within them makes that day longer
    or shorter. Of the two moments between which no work is done it is the closing; with no length, or counted back, the
    opening. Raises Invalid for a `start` without a zone, and for more than about fourteen years.
    """
    if start.tzinfo is None:
        raise _refuse("start", "no-zone", "The moment from which working hours are counted has no time zone.")
    if length < timedelta(0):
        return _working_hours_before(start, -length, _calendar(calendar))
    left, after = length, start.astimezone(UTC)
    for begins, ends in _openings(start, _calendar(calendar), 1):
        begins = max(begins, after)  # noqa: PLW2901 - the first day may have begun
        if begins <= ends and left <= ends - begins and (left or begins < ends):
            return begins + left
        left -= max(ends - begins, timedelta(0))
    raise AssertionError("The openings end in a refusal.")


def _working_hours_before(end: datetime, length: timedelta, calendar: Calendar) -> datetime:
    left, before = length, end.astimezone(UTC)
    for begins, ends in _openings(end, calendar, -1):
        ends = min(ends, before)  # noqa: PLW2901 - the last day may not be over
        if left <= ends - begins:
            return ends - left
        left -= max(ends - begins, timedelta(0))
    raise AssertionError("The openings end in a refusal.")


def working_time_between(start: datetime, end: datetime, calendar: str | Calendar = "England") -> timedelta:
    """Give the working time that passes between two moments; negative when `end` is earlier.

    It is the inverse of `add_working_hours`. Raises Invalid where more than about fourteen years lie between.
    """
    if end < start:
        return -working_time_between(end, start, calendar)
    total = timedelta(0)
    for begins, ends in _openings(start, _calendar(calendar), 1):
        if begins >= end:
            return total
        total += max(min(ends, end) - max(begins, start), timedelta(0))
    raise AssertionError("The openings end in a refusal.")


def is_working_moment(moment: datetime, calendar: str | Calendar = "England") -> bool:
    """Say whether the agency is open at a moment, opening and closing included."""
    found = _calendar(calendar)
    days = [moment.astimezone(LONDON).date() - timedelta(days=each) for each in (0, 1)]
    openings = [found.open_on(day) for day in days if found.works_on(day)]
    return any(begins <= moment <= ends for begins, ends in openings)


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


def is_working_day_of_month(day: date, number: int, calendar: str | Calendar = "England") -> bool:
    """Say whether a day is the n-th working day of its month; of -1, whether it is the last, and so on."""
    begins = day.replace(day=1)
    if number > 0:
        return working_day_after(begins - timedelta(days=1), number, calendar) == day
    ends = (begins + timedelta(days=32)).replace(day=1)
    return number < 0 and working_day_after(ends, number, calendar) == day


def elapsed(start: datetime, end: datetime) -> timedelta:
    """Give the time that passes between two moments; 24 hours are 24 hours, also when the clocks change between them."""
    return end.astimezone(UTC) - start.astimezone(UTC)
