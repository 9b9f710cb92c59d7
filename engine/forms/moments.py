"""Dates and times as people in England type them, to and from the values that are kept.

A moment is typed in the time of Europe/London and kept as an aware datetime in UTC. Twice a year the two differ:

* in the hour that is skipped in spring no clock showed the time, and it is refused with a sentence that says so;
* in the hour that comes twice in autumn the **earlier** moment is taken, because a clock that starts an hour early
  never lets a child wait. A person who means the later one types ``01:30 GMT``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from engine.frozen import frozen

LONDON = ZoneInfo("Europe/London")
EARLIEST_YEAR = 1900
LATEST_YEAR = 2100

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SHORTEST_MONTH_NAME = 3
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})[:.]?(?P<minute>[0-9]{2})\s*(?P<zone>GMT|BST)?", re.IGNORECASE)
_YEAR = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"[0-9]{1,2}")


@frozen
class Fault:
    """Why what was typed is not a date or a time: the rule, and the sentence without its subject.

    A rule that begins with ``day-``, ``month-``, ``year-`` or ``time-`` is about that part of what was typed.
    """

    rule: str
    ending: str


def read_date(parts: Mapping[str, str]) -> date | Fault:
    """Give the date that was typed as ``{"day": "27", "month": "3" or "March", "year": "2026"}``."""
    missing = _missing(parts, ("day", "month", "year"))
    if missing is not None:
        return missing
    if not _YEAR.fullmatch(parts["year"]):
        return Fault("year-length", "must include a year of 4 numbers, such as 2026")
    year, month = int(parts["year"]), _month(parts["month"])
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return Fault("year-range", f"must have a year between {EARLIEST_YEAR} and {LATEST_YEAR}")
    try:
        return date(year, month, int(parts["day"]) if _DAY.fullmatch(parts["day"]) else 0)
    except ValueError:
        return Fault("date-not-real", "must be a real date")


def read_moment(parts: Mapping[str, str]) -> datetime | Fault:
    """Give the moment, aware and in UTC, that was typed in the time of Europe/London.

    The parts are those of a date and ``"time"``: ``14:30``, ``9:05``, ``14.30`` or ``1430`` on the 24-hour clock, with
    GMT or BST behind it if the clock showed the time twice on that day.
    """
    missing = _missing(parts, ("day", "month", "year", "time"))
    if missing is not None:
        return missing
    day = read_date(parts)
    if isinstance(day, Fault):
        return day
    matched = _TIME.fullmatch(parts["time"])
    try:
        clock = time(int(matched["hour"]), int(matched["minute"])) if matched else None
    except ValueError:
        clock = None
    if matched is None or clock is None:
        return Fault("time-not-real", "must include a real time on the 24-hour clock, such as 09:30 or 17:45")
    return _on_the_clocks_of_london(datetime.combine(day, clock), (matched["zone"] or "").upper())


def date_parts(value: date) -> dict[str, str]:
    """Give a date as it would be typed: ``{"day": "27", "month": "3", "year": "2026"}``."""
    return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}


def moment_parts(value: datetime) -> dict[str, str]:
    """Give an aware moment as it would be typed in Europe/London, with GMT behind the time where it came twice."""
    local = value.astimezone(LONDON)
    zone = f" {local.tzname()}" if local.fold else ""
    return {**date_parts(local.date()), "time": f"{local:%H:%M}{zone}"}


def _on_the_clocks_of_london(typed: datetime, zone: str) -> datetime | Fault:
    """Give the earliest moment at which the clocks of London showed this, in the named zone if one was named."""
    readings = [typed.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = [moment for moment in readings if moment.astimezone(LONDON).replace(tzinfo=None) == typed]
    if not shown:
        return Fault(
            "time-skipped",
            f"must be a real time: the clocks went forward on {typed.day} {MONTHS[typed.month - 1].capitalize()} "
            f"{typed.year} and did not show {typed:%H:%M}",
        )
    wanted = [moment for moment in shown if zone in {"", moment.astimezone(LONDON).tzname()}]
    if not wanted:
        names = shown[0].astimezone(LONDON).tzname()
        return Fault("time-zone", f"must be in the time of that day: the clocks showed {names}, not {zone}")
    return wanted[0]


def _missing(parts: Mapping[str, str], wanted: tuple[str, ...]) -> Fault | None:
    """Say which parts were left empty, if any were."""
    empty = [part for part in wanted if not parts.get(part)]
    if not empty:
        return None
    *first, last = [f"a {part}" for part in empty]
    return Fault(f"{empty[0]}-missing", f"must include {', '.join(first)}{' and ' if first else ''}{last}")


def _month(text: str) -> int:
    """Give the number of a month that was typed as a number or as an English name of three letters or more; or 0."""
    if _DAY.fullmatch(text):
        return int(text)
    if len(text) < _SHORTEST_MONTH_NAME:
        return 0
    return next((number for number, name in enumerate(MONTHS, 1) if name.startswith(text.lower())), 0)
