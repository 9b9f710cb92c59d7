"""A day that somebody types as day, month and year, and a moment with its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from engine.errors import Invalid, Problem
from engine.forms.moments import EARLIEST_YEAR
from web.moments import LONDON

PARTS = ("day", "month", "year")


def typed_day(typed: Mapping[str, str], name: str, problems: list[Problem], words: str) -> date | None:
    """Read a day, as ``{"born-day": "27", "born-month": "3", "born-year": "2012"}``; None where nothing is typed, or with a problem."""
    parts = [typed.get(f"{name}-{part}", "").strip() for part in PARTS]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        return _with_whole_year(year, month, day)
    except ValueError:
        problems.append(Problem(name, "real-date", f"{words} must be a real date, like 27 3 2012."))
        return None


def _with_whole_year(year: int, month: int, day: int) -> date:
    """Give a day; a year that is written short, as 12 for 2012, is none: nothing would be found by it."""
    if year < EARLIEST_YEAR:
        raise ValueError(year)
    return date(year, month, day)


def day_or_refusal(typed: Mapping[str, str], name: str, words: str) -> date | None:
    """Read a day; refused with `Invalid` where it is none."""
    problems: list[Problem] = []
    found = typed_day(typed, name, problems, words)
    if problems:
        raise Invalid(problems)
    return found


def moment_or_refusal(typed: Mapping[str, str], name: str, *, without_time: time) -> datetime | None:
    """Read a moment on the clocks of England; None where nothing is typed, `without_time` is that of a day alone.

    Refused with `Invalid` where it is no moment.
    """
    parts = [typed.get(f"{name}-{part}", "").strip() for part in (*PARTS, "time")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(text) for text in parts[:3])
        at = time.fromisoformat(parts[3]) if parts[3] else without_time
        return datetime.combine(_with_whole_year(year, month, day), at, LONDON)
    except (ValueError, OverflowError) as fault:
        sentence = "Enter a real day and time, like 27 3 2026 and 14:30."
        raise Invalid([Problem(f"{name}-day", "moment-wrong", sentence)]) from fault


def as_typed(name: str, day: date | None) -> dict[str, str]:
    """Give a day as it would be typed."""
    return dict(
        zip((f"{name}-{part}" for part in PARTS), (day.strftime("%d %m %Y").split() if day else ()), strict=False)
    )
