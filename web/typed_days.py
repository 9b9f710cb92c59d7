"""A day that somebody types as day, month and year, and a moment with its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from engine.errors import Invalid, Problem
from engine.forms.moments import EARLIEST_YEAR, Fault, read_moment

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
    """Read a moment as the questions of a form do, ``7:40`` and ``7.40`` too; None where nothing is typed, `without_time` for a day alone.

    Refused with `Invalid` where it is no moment.
    """
    parts = {part: typed.get(f"{name}-{part}", "").strip() for part in (*PARTS, "time")}
    if not any(parts.values()):
        return None
    found = read_moment({**parts, "time": parts["time"] or f"{without_time:%H:%M}"})
    if isinstance(found, Fault):
        sentence = f"Enter a real day and time, like 27 3 2026 and 14:30: it {found.ending}"
        raise Invalid([Problem(f"{name}-day", "moment-wrong", sentence)])
    return found


def as_typed(name: str, day: date | None) -> dict[str, str]:
    """Give a day as it would be typed."""
    return dict(
        zip((f"{name}-{part}" for part in PARTS), (day.strftime("%d %m %Y").split() if day else ()), strict=False)
    )
