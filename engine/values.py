"""Values to JSON and back: what JSON cannot say is written as ``{"$": kind, "v": text}``.

Example: ``{"returned_at": {"$": "at", "v": "2026-03-02T09:00:00+00:00"}}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from engine.feel import YearMonthDuration


def _tag(value: Any) -> dict[str, str]:
    """Write one value that JSON does not know."""
    match value:
        case datetime():
            return {"$": "at", "v": value.astimezone(UTC).isoformat()}
        case date():
            return {"$": "date", "v": value.isoformat()}
        case time():
            return {"$": "time", "v": value.isoformat()}
        case Decimal():
            return {"$": "number", "v": str(value)}
        case timedelta():
            seconds, rest = divmod(abs(value), timedelta(seconds=1))
            sign = "-" if value < timedelta(0) else ""
            return {"$": "seconds", "v": f"{sign}{seconds}.{rest.microseconds:06d}"}
        case YearMonthDuration():
            return {"$": "months", "v": str(value.months)}
    message = f"a {type(value).__name__} cannot be kept as a fact"
    raise TypeError(message)


_READ: dict[str, Callable[[str], Any]] = {
    "at": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "number": Decimal,
    "seconds": lambda text: timedelta(seconds=float(text)),
    "months": lambda text: YearMonthDuration(int(text)),
}

REFERENCE = re.compile(r"[A-Z]{2}-[0-9A-Z]{8}")
"""How a reference looks: of a case, or of somebody or something that is kept beside the cases."""

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_SORT_KEYS
_MARK = b'"$":'
"""How a tag begins; in a text the second quotation mark has a backslash before it."""


def dumps(value: Any) -> bytes:
    """Write a value as canonical JSON: keys sorted, so that equal values give equal bytes.

    Raises:
        TypeError: the value is of no kind that a fact can have, or a context has the key ``$``, which marks our tags.
    """
    tags: list[dict[str, str]] = []

    def tag(each: Any) -> dict[str, str]:
        tags.append(_tag(each))
        return tags[-1]

    data = orjson.dumps(value, default=tag, option=_OPTIONS)
    if data.count(_MARK) != len(tags):
        message = "a context with the key $ cannot be kept as a fact"
        raise TypeError(message)
    return data


def loads(data: bytes | str) -> Any:
    """Read a value that `dumps` wrote."""
    return _untag(orjson.loads(data))


def _untag(value: Any) -> Any:
    """Read the tags of what was just read from JSON, in place: most of it is none."""
    if type(value) is dict:
        if "$" in value and len(value) == 2:  # noqa: PLR2004 - a tag has two parts
            return _READ[value["$"]](value["v"])
        for key, each in value.items():
            if type(each) is dict or type(each) is list:
                value[key] = _untag(each)
    elif type(value) is list:
        for place, each in enumerate(value):
            if type(each) is dict or type(each) is list:
                value[place] = _untag(each)
    return value


def references_in(value: Any) -> Iterator[str]:
    """Give each reference that a value is, or holds in a list or a context; one inside a longer text is none."""
    if isinstance(value, dict):
        for each in value.values():
            yield from references_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from references_in(each)
    elif isinstance(value, str) and REFERENCE.fullmatch(value):
        yield value
