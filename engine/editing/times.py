"""The time of a row of deadlines as people say it, and back: ``clock + duration("PT72H")`` is ``72 hours``."""

from __future__ import annotations

import re

_SINGLE = {"M0": "month", "D": "day", "H": "hour", "M": "minute"}
_DURATION = re.compile(r'duration\("(-)?P(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?"\)')
_WHOLE = re.compile(
    r'clock(?P<spans>(?: [+-] duration\("-?P[0-9MDTH]+"\))*)'
    r'|working days after\(clock, (?P<days>\d+)\)(?: \+ (?P<more>duration\("P[0-9MDTH]+"\)))?'
)
_PART = re.compile(r'([+-]) (duration\("(-?)(P[0-9MDTH]+)"\))')
_ONE = re.compile(r'duration\("P[0-9MDTH]+"\)|(?<=, )\d+(?=\))')
_SAID = re.compile(r"(\d{1,4})\s*(working days?|months?|weeks?|days?|hours?|minutes?|mins?|hrs?|h|d)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\s|,|\band\b)*", re.IGNORECASE)
_AT_ONCE = frozenset({"at once", "immediately", "now", "0"})
_UNITS = {"mo": "month", "we": "week", "da": "day", "d": "day", "ho": "hour", "hr": "hour", "h": "hour", "mi": "minute"}
_ORDER = ("month", "day", "hour", "minute")


def say_span(literal: str) -> str | None:
    """Say one literal: ``duration("PT1H30M")`` is ``1 hour 30 minutes``; None where it is another expression."""
    found = _DURATION.fullmatch(literal.strip())
    if found is None:
        return None
    parts = [
        f"{count} {unit if count == '1' else unit + 's'}"
        for count, unit in zip(found.groups()[1:], _ORDER, strict=True)
        if count
    ]
    return " ".join(parts) if parts else None


def read_span(said: str) -> str | None:
    """Read what somebody typed, such as ``90 minutes`` or ``1 day and 2 hours``, as a literal; None where it is no time."""
    counted = _counted(said)
    return _literal(counted) if counted and "working day" not in counted else None


def is_plain(expression: str) -> bool:
    """Whether a time rests on the beginning of its clock and a length of time alone."""
    return _WHOLE.fullmatch(expression.strip()) is not None


def say_time(expression: str) -> str | None:
    """Say when a row of deadlines is, from the beginning of its clock: ``28 days before``, ``3 working days``, ``at once``.

    Of an expression that rests on more than the clock only its one length of time is said; None where it has none, or
    several, so that nobody can change it without reading the whole.
    """
    text = expression.strip()
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        found = _ONE.findall(text)
        return None if len(found) != 1 else _days(found[0]) if found[0].isdigit() else say_span(found[0])
    if whole["days"]:
        said = [_days(whole["days"]), say_span(whole["more"] or "")]
        return " and ".join(filter(None, said))
    spans = _PART.findall(whole["spans"])
    if not spans:
        return "at once"
    said = [say_span(literal.replace('"-', '"')) for _, literal, _, _ in spans]
    before = {(sign == "-") != bool(minus) for sign, _, minus, _ in spans}
    if None in said or len(before) > 1:
        return None
    return " and ".join(filter(None, said)) + (" before" if before == {True} else "")


def read_time(said: str, expression: str) -> str | None:
    """Read what somebody typed as the time of a row that says `expression` now; None where it is no time.

    Only the length of time changes; what else the expression rests on stays.
    """
    if " ".join(said.split()).casefold() == (say_time(expression) or "").casefold():
        return expression
    text = " ".join(said.split()).casefold()
    whole = _WHOLE.fullmatch(expression.strip())
    if whole is None:
        return _put(text, expression)
    if text in _AT_ONCE:
        return "clock"
    text, before = text.removesuffix(" before").removesuffix(" after"), text.endswith(" before")
    counted = _counted(text)
    if not counted or (before and "working day" in counted):
        return None
    days = counted.pop("working day", 0)
    more = f"duration({_iso(counted)})" if counted else ""
    if days:
        return f"working days after(clock, {days})" + (f" + {more}" if more else "")
    return f"clock {'-' if before else '+'} {more}"


def _put(said: str, expression: str) -> str | None:
    """Put a length of time in the place of the only one of an expression."""
    found = list(_ONE.finditer(expression))
    counted = _counted(said)
    if len(found) != 1 or not counted:
        return None
    old = found[0][0]
    days = counted.pop("working day", 0)
    if old.isdigit() != bool(days) or (days and counted):
        return None
    new = str(days) if days else f"duration({_iso(counted)})"
    return expression[: found[0].start()] + new + expression[found[0].end() :]


def _days(count: str) -> str:
    return f"{count} working {'day' if count == '1' else 'days'}"


def _literal(counted: dict[str, int]) -> str:
    return f"duration({_iso(counted)})"


def _iso(counted: dict[str, int]) -> str:
    """Give lengths of time as an ISO 8601 literal in its quotes; a day that was said as hours stays hours."""
    months, days, hours, minutes = (counted.get(unit, 0) for unit in _ORDER)
    date = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return f'"P{date}{"T" if time else ""}{time}"'


def _counted(said: str) -> dict[str, int]:
    """Read lengths of time by their units; empty where anything else is said, a unit twice, or nothing at all."""
    found: dict[str, int] = {}
    at = 0
    for each in _SAID.finditer(said):
        if not _BETWEEN.fullmatch(said, at, each.start()):
            return {}
        at = each.end()
        word = each[2].casefold()
        unit = "working day" if word.startswith("working") else _UNITS.get(word[:2]) or _UNITS[word[:1]]
        count = int(each[1]) * (7 if unit == "week" else 1)
        unit = "day" if unit == "week" else unit
        if unit in found or not count:
            return {}
        found[unit] = count
    return found if found and _BETWEEN.fullmatch(said, at) else {}
