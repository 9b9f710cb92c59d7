"""Instants and values as words for people: Europe/London, in the style of GOV.UK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.model import Value

LONDON = ZoneInfo("Europe/London")
NOON = 12
UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
HOURS_UNTIL = timedelta(hours=96)
"""Up to here a span is said in hours, because the protocol's clocks are: 72 hours, not 3 days."""


def read_moment(text: str) -> datetime | None:
    """Read a moment as an address of this site writes it: ``2026-03-02T16:12:00+00:00``; nothing where it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def say_moment(moment: datetime) -> str:
    """Say an aware instant as ``2 March 2026 at 4:12pm``, in Europe/London."""
    local = moment.astimezone(LONDON)
    return f"{say_day(local.date())} at {say_time(local.time())}"


def say_day(day: date) -> str:
    """Say a day as ``2 March 2026``."""
    return f"{day.day} {day:%B} {day.year}"


def say_time(local: time) -> str:
    """Say a local time as ``4:12pm``; midday and midnight by their names."""
    if (local.hour, local.minute) in {(0, 0), (NOON, 0)}:
        return "midday" if local.hour else "midnight"
    return f"{local.hour % NOON or NOON}:{local.minute:02d}{'am' if local.hour < NOON else 'pm'}"


def say_span(span: timedelta) -> str:
    """Say a positive span by its largest whole unit: ``2 days``, ``72 hours``, ``5 minutes``, ``less than a minute``."""
    for unit, word in UNITS:
        count = span // unit
        if count >= 1 and not (word == "day" and span < HOURS_UNTIL):
            return f"{count} {word}{'' if count == 1 else 's'}"
    return "less than a minute"


def say_until(moment: datetime, now: datetime) -> str:
    """Say how far ahead an instant is, ``in 3 hours``, or how long ago it fell due, ``overdue by 2 hours``."""
    return f"in {say_span(moment - now)}" if moment > now else f"overdue by {say_span(now - moment)}"


def say_value(value: Value) -> str:
    """Say a fact's value in words: Yes and No, days, moments, and several values with commas."""
    if value is None or value == "":
        return "Not recorded"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return say_moment(value)
    if isinstance(value, date):
        return say_day(value)
    if isinstance(value, time):
        return say_time(value)
    if isinstance(value, timedelta):
        return say_span(value)
    return _say_plain(value)


def _say_plain(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Mapping):
        return "; ".join(f"{say_key(str(key))}: {say_value(one)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = "\n" if any(isinstance(one, Mapping) for one in value) else ", "
        return between.join(say_value(one) for one in value) or "None"
    return str(value)


def say_key(key: str) -> str:
    """Say a key that is made of words, such as ``not_recorded``, as a person reads it: ``Not recorded``."""
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
