"""Dates, times and durations: reading ISO 8601, writing it, calculating, and taking apart.

A date and time without a zone is read on the clock of England (Europe/London), so that every moment is aware. A moment
whose zone is ``datetime.UTC`` is an instant that a case has kept: its day and its hour are read on that clock too, for
00:30 on 2 July in Leeds is 2 July although UTC still says 1 July. A literal that says ``Z`` keeps to UTC.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel import distant
from engine.feel.distant import Distant
from engine.feel.values import DECIMAL, EXACT, YearMonthDuration, instant

LONDON = ZoneInfo("Europe/London")
"""The clock of England, for a moment that names it."""
LOCAL = ZoneInfo.no_cache("Europe/London")
"""The same clock, for a moment that names no zone; it is written without one."""
ZULU = timezone(timedelta(0), "Z")
"""UTC as a literal names it."""

_DATE = re.compile(r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?(.*)", re.ASCII | re.DOTALL)
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_REGION = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/]{1,40}")
_DAYS = re.compile(r"(-?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:\.(\d*))?S)?)?", re.ASCII)
_MONTHS = re.compile(r"(-?)P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?", re.ASCII)


def read_date(text: str) -> Any:
    """Read ``2026-01-31``; None for anything else. A year outside 0001 to 9999 gives a `DistantDate`."""
    match = _DATE.fullmatch(text)
    try:
        return distant.day(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _region(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if _REGION.fullmatch(name) and ".." not in name else None
    except (KeyError, ValueError, OSError):
        return None


def read_zone(text: str) -> tzinfo | None:
    """Read ``Z``, ``+01:00`` or ``@Europe/London``; None for anything else."""
    if text == "Z":
        return ZULU
    if text.startswith("@"):
        return _region(text[1:])
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if offset > timedelta(hours=14):
        return None
    return timezone(-offset if match[1] == "-" else offset) if offset else ZULU


def read_time(text: str) -> time | None:
    """Read ``10:00:00``, with a fraction and a zone if there are any; a time without zone stays without."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction, rest = match.groups()
    zone = read_zone(rest) if rest else None
    if rest and zone is None:
        return None
    try:
        return time(int(hour), int(minute), int(second), int((fraction or "")[:6].ljust(6, "0")), zone)
    except ValueError:
        return None


def read_moment(text: str) -> Any:
    """Read ``2026-01-31T10:00:00`` with an optional zone; without one it is Europe/London. A bare date is its midnight."""
    day, _, rest = text.partition("T")
    on = read_date(day)
    if on is None or (not rest and "T" in text):
        return None
    later = rest.startswith("24:00:00")
    at = read_time(rest.replace("24", "00", 1) if later else rest) if rest else time(0)
    if at is None:
        return None
    moment = distant.through(at_time, on, at)
    return distant.through(shift, moment, timedelta(days=1)) if later else moment


def at_time(day: date, at: time) -> datetime:
    """Join a day and a time; without a zone it is Europe/London, and an hour that the spring skips moves forward."""
    return settle(datetime.combine(day, at, at.tzinfo or LOCAL))


def settle(moment: datetime) -> datetime:
    """Move a wall-clock time that does not exist (01:30 on the last Sunday of March) forward to one that does."""
    if not isinstance(moment.tzinfo, ZoneInfo):
        return moment
    return moment.astimezone(UTC).astimezone(moment.tzinfo)


def read_duration(text: str) -> timedelta | YearMonthDuration | None:
    """Read ``P1DT2H`` or ``P1Y2M``; a mixture of months and days has no meaning and gives None."""
    match = _MONTHS.fullmatch(text)
    if match and (match[2] or match[3]):
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearMonthDuration(-months if match[1] else months)
    match = _DAYS.fullmatch(text)
    if match is None or not any(match.groups()[1:]) or text.endswith("T"):
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    try:
        length = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "")[:6].ljust(6, "0")),
        )
    except OverflowError:
        return None
    return -length if sign else length


def read_literal(text: str) -> Any:
    """Read what stands in ``@"..."``: a duration, a date and time, a date or a time; None for anything else."""
    if "P" in text[:2]:
        return read_duration(text)
    if "T" in text and ":" not in text.partition("T")[0]:
        return read_moment(text)
    return read_time(text) if ":" in text else read_date(text)


def write_duration(length: timedelta) -> str:
    """Write ISO 8601 with days, for example ``P1DT2H3M4.5S``; nothing is ``PT0S``."""
    micros = abs(length) // timedelta(microseconds=1)
    seconds, micros = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    tail = f".{micros:06d}".rstrip("0") if micros else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{tail}S" if seconds or micros else ""
    body = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"{'-' if length < timedelta(0) else ''}P{body or 'T0S'}"


def write_time(at: time | datetime) -> str:
    """Write the clock part with its zone, for example ``10:00:00Z``; a moment that named no zone is written without."""
    text = f"{at.hour:02d}:{at.minute:02d}:{at.second:02d}"
    text += f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    zone = at.tzinfo
    if zone is None or zone is LOCAL:
        return text
    if isinstance(zone, ZoneInfo):
        return f"{text}@{zone.key}"
    return text + write_offset(at.utcoffset() or timedelta(0))


def write_offset(offset: timedelta) -> str:
    """Write an offset from UTC: ``Z``, ``+01:00``."""
    if not offset:
        return "Z"
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    tail = f":{seconds:02d}" if seconds else ""
    return f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}{tail}"


def write(value: Any) -> str:
    """Write a day, time, moment or duration as ISO 8601."""
    if isinstance(value, Distant):
        return distant.written(write(value.base), value.year)
    if isinstance(value, datetime):
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}T{write_time(value)}"
    if isinstance(value, time):
        return write_time(value)
    return write_duration(value) if isinstance(value, timedelta) else str(value)


def local(moment: datetime) -> datetime:
    """Give the moment on the clock by which its day and hour are read: see the module's first lines."""
    return moment.astimezone(LOCAL) if moment.tzinfo is UTC else moment


# ------------------------------------------------------------------------------------------- calculating


def shift(moment: datetime, length: timedelta) -> datetime:
    """Move a moment by elapsed time: 24 hours are 24 hours, also over a change of the clocks."""
    if isinstance(moment.tzinfo, ZoneInfo):
        return (moment.astimezone(UTC) + length).astimezone(moment.tzinfo)
    return moment + length


def shift_time(at: time, length: timedelta) -> time:
    """Move a time of day round the clock."""
    moved = datetime(2000, 1, 3, at.hour, at.minute, at.second, at.microsecond) + length % timedelta(days=1)  # noqa: DTZ001 - only the clock part is used
    return moved.time().replace(tzinfo=at.tzinfo)


def add_months(day: date, months: int) -> date:
    """Move by months; a day that the month does not have becomes its last (31 January + 1 month = 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("The year is outside 1 to 9999.")
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_months_to_moment(moment: datetime, months: int) -> datetime:
    """Move by months on the clock by which the moment is read, and give it back in its own zone."""
    seen = local(moment)
    moved = settle(datetime.combine(add_months(seen.date(), months), seen.timetz()))
    return moved.astimezone(UTC) if moment.tzinfo is UTC else moved


def months_between(start: date | Distant, end: date | Distant) -> int:
    """Count the whole months from one day to another; negative when `end` is earlier."""
    if (end.year, end.month, end.day) < (start.year, start.month, start.day):
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if end.day < start.day else months


def seconds(length: timedelta) -> Decimal:
    """Give the length in seconds, exactly."""
    return DECIMAL.divide(Decimal(length // timedelta(microseconds=1)), Decimal(1_000_000))


def scale(operation: Callable[[Decimal, Decimal], Decimal], length: timedelta, factor: Decimal | int) -> timedelta:
    """Multiply or divide a length by `operation`; fractions below a microsecond are cut off."""
    return timedelta(microseconds=int(operation(Decimal(length // timedelta(microseconds=1)), Decimal(factor))))


def scale_months(months: int, factor: Decimal) -> YearMonthDuration:
    """Multiply months; what is less than a month is cut off."""
    product = DECIMAL.multiply(Decimal(months), factor)
    if abs(product) >= EXACT:
        raise OverflowError("The duration is too long.")
    return YearMonthDuration(int(product))


def between(left: datetime, right: datetime) -> timedelta:
    """Give the elapsed time from `right` to `left`."""
    return instant(left) - instant(right)


def midnight(day: date) -> datetime:
    """Give the first moment of a day in England."""
    return at_time(day, time(0))


# ------------------------------------------------------------------------------------------- taking apart


def _offset(value: Any) -> timedelta | None:
    offset: timedelta | None = value.utcoffset()
    return offset


def _zone(value: Any) -> str | None:
    zone = value.tzinfo
    if zone is None or zone is LOCAL:
        return None
    return zone.key if isinstance(zone, ZoneInfo) else write_offset(value.utcoffset())


def _part(index: int) -> Callable[[Any], int]:
    units = (86_400, 3_600, 60, 1)

    def part(length: timedelta) -> int:
        whole = abs(length) // timedelta(seconds=1)
        if index:
            whole %= units[index - 1]
        return whole // units[index] * (-1 if length < timedelta(0) else 1)

    return part


def _months(part: Callable[[int, int], int]) -> Callable[[Any], int]:
    def get(length: YearMonthDuration) -> int:
        return part(abs(length.months), 12) * (-1 if length.months < 0 else 1)

    return get


_DAY_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": lambda value: value.isoweekday(),
}
_CLOCK_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "time offset": _offset,
    "timezone": _zone,
}
PARTS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "date": _DAY_PARTS,
    "time": _CLOCK_PARTS,
    "date and time": {**_DAY_PARTS, **_CLOCK_PARTS},
    "days and time duration": {
        name: _part(index) for index, name in enumerate(("days", "hours", "minutes", "seconds"))
    },
    "years and months duration": {
        "years": _months(lambda months, year: months // year),
        "months": _months(lambda months, year: months % year),
    },
    "range": {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}
"""What stands behind a dot after a value of each kind (DMN 1.3, table 65)."""


def part(value: Any, of: str, name: str) -> Any:
    """Give one part of a value of the kind `of`, for example the ``weekday`` of a date; None when it has no such part."""
    get = PARTS.get(of, {}).get(name)
    if get is None:
        return None
    if isinstance(value, Distant):
        return value.year if name == "year" else get(value.base)
    return get(local(value) if of == "date and time" else value)
