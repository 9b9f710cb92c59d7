"""The written form of a case's token state: what `engine.state` says of it, in few bytes.

A state is read and written with every step, so its size is a cost of every step. Its plain form is what `engine.state` builds::

    {
        "r": "MC-1",
        "o": 1772442000.0,
        "n": 3,
        "d": False,
        "k": {"action": 2},
        "b": {"grade": "ann"},
        "w": [
            [None, [1, "Start", 64, None], [2, "look", 16, 1, {"since": 1772442000.0, "due": 1772445600.5, "key": "2"}]]
        ],
        "c": [[2, "look_clock", 1772442000.0, 1772445600.5, None, ["reminder"], None]],
    }

``r`` reference, ``o`` opened at, ``n`` the last number given to a task, ``d`` done, ``k`` record keys given out, ``b`` who did what,
``s`` (where there are any) operations to be left out, ``w`` the case's tasks and those of each process inside it, ``c`` clocks.
All instants are seconds since 1970 in UTC. The written form says each name once and instants after the opening, of
the start of a process that was passed only its number, and of a clock ``=`` where its time is that of its task or its due time::

    {
        "v": 4,
        "r": "MC-1",
        "o": 1772442000.0,
        "n": 3,
        "d": False,
        "k": {"action": 2},
        "b": {"grade": "ann"},
        "t": ["look", "look_clock", "reminder"],
        "w": [[None, 1, [2, 0, 16, 1, {"s": 0, "d": 3600.5, "k": "2"}]]],
        "c": [[2, 1, "=", 3600.5, None, [2]]],
    }

This is deflated, to less than half; `readable` gives it back for whoever looks into a database. Names stand in the state's own
list, not as places in the specification, so that a later engine may build more specifications for the same diagram. Version 1 was
the plain form, version 2 had neither short starts nor ``=``, version 3 was not deflated; all are read for ever, and written no more.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

VERSION = 4
MICROSECONDS = 6
ROW, CLOCK = 5, 7
"""How many things are said of a task and of a clock; what is empty at the end is left out."""

_SHORT = {
    "since": "s",
    "due": "d",
    "key": "k",
    "key_or_index": "i",
    "items": "l",
    "given": "g",
    "merged": "m",
    "from": "f",
    "errand": "e",
}
"""What the runner and the library keep with a task; a name that is not here is written as it is."""
_LONG = {short: name for name, short in _SHORT.items()}
_INSTANTS = frozenset({"since", "due"})
_STARTED = ["Start", 64, None]
"""The row of a start that was passed, without its number."""
_SAME = "="
_FASTEST = 1
"""More effort takes half as long again for a fourteenth less."""
_OPENS = b"{"
"""How a state begins that is not deflated."""


class UnknownStateVersion(Exception):
    """The state was written by a release of the engine that this one does not know."""


def pack(plain: Mapping[str, Any]) -> bytes:
    """Write a plain state as bytes of the present version."""
    return zlib.compress(orjson.dumps(_Writer(plain["o"]).document(plain)), _FASTEST)


def readable(data: bytes) -> bytes:
    """Give the JSON of a written state of any version."""
    return data if data.startswith(_OPENS) else zlib.decompress(data)


def unpack(data: bytes) -> dict[str, Any]:
    """Give the plain form of a written state of this version or an earlier one.

    Raises:
        UnknownStateVersion: the state has a version number that this engine does not know.
    """
    document: dict[str, Any] = orjson.loads(readable(data))
    match document.get("v"):
        case 1:
            return document
        case 2 | 3 | 4:
            return _Reader(document["o"], document["t"]).plain(document)
        case other:
            message = f"state version {other} is not one of 1, 2, 3, {VERSION}"
            raise UnknownStateVersion(message)


class _Writer:
    """Writes the present version: gathers names, and takes the moment of opening off each instant."""

    def __init__(self, opened: float) -> None:
        self.opened = opened
        self.names: dict[str, int] = {}

    def document(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        first, *inside = plain["w"]
        workflows = [
            [None, *map(self.row, first[1:])],
            *([key, self.name(spec), *map(self.row, rows)] for key, spec, *rows in inside),
        ]
        kept = _kept_by_task(plain["w"])
        clocks = [self.clock(kept.get(each[0], {}), *each) for each in plain["c"]]
        return {**plain, "v": VERSION, "t": list(self.names), "w": workflows, "c": clocks}

    def name(self, text: str) -> int:
        return self.names.setdefault(text, len(self.names))

    def after(self, moment: float | None) -> float | None:
        """Write an instant, whole seconds without a point; exact to the microsecond, as `_Reader.moment` rounds to it."""
        if moment is None:
            return None
        seconds = round(moment - self.opened, MICROSECONDS)
        return int(seconds) if seconds.is_integer() else seconds

    def row(self, given: list[Any]) -> list[Any] | int:
        number, spec, state, parent, *kept = given
        if [spec, state, parent] == _STARTED and not any(kept):
            return int(number)
        short = {
            _SHORT.get(key, key): self.after(value)
            if key in _INSTANTS
            else self.name(value)
            if key == "from"
            else value
            for key, value in (kept[0] if kept else {}).items()
            if value is not None
        }
        return _without_end([number, self.name(spec), state, parent, short or None])

    def clock(self, kept: Mapping[str, Any], task: int, element: str, *when: Any) -> list[Any]:
        since, at, due, fired, last = when
        begun, ends = self.unless(since, kept.get("since")), self.unless(due, kept.get("due"))
        named = self.name(element), begun, self.after(at), ends, [self.name(rung) for rung in fired]
        return _without_end([task, *named, self.unless(last, due)])

    def unless(self, moment: float | None, known: float | None) -> float | str | None:
        """Write an instant, or that it is one that is known from elsewhere."""
        return _SAME if moment is not None and moment == known else self.after(moment)


class _Reader:
    """Reads versions 2 to 4."""

    def __init__(self, opened: float, names: list[str]) -> None:
        self.opened, self.names = opened, names

    def plain(self, document: Mapping[str, Any]) -> dict[str, Any]:
        first, *inside = document["w"]
        workflows = [
            [None, *map(self.row, first[1:])],
            *([key, self.names[spec], *map(self.row, rows)] for key, spec, *rows in inside),
        ]
        kept = _kept_by_task(workflows)
        return {**document, "w": workflows, "c": [self.clock(kept.get(each[0], {}), each) for each in document["c"]]}

    def moment(self, after: float | None) -> float | None:
        return None if after is None else round(self.opened + after, MICROSECONDS)

    def row(self, given: list[Any] | int) -> list[Any]:
        if isinstance(given, int):
            return [given, *_STARTED, {}]
        number, spec, state, parent, short = given + [None] * (ROW - len(given))
        kept = {
            (key := _LONG.get(each, each)): self.moment(value)
            if key in _INSTANTS
            else self.names[value]
            if key == "from"
            else value
            for each, value in (short or {}).items()
        }
        return [number, self.names[spec], state, parent, kept]

    def clock(self, kept: Mapping[str, Any], given: list[Any]) -> list[Any]:
        task, element, since, at, due, fired, last = given + [None] * (CLOCK - len(given))
        rungs = [self.names[rung] for rung in fired or ()]
        begun, ends = self.either(since, kept.get("since")), self.either(due, kept.get("due"))
        return [task, self.names[element], begun, self.moment(at), ends, rungs, self.either(last, ends)]

    def either(self, after: float | str | None, known: float | None) -> float | None:
        """Give an instant that is written here, or known from elsewhere."""
        return known if isinstance(after, str) else self.moment(after)


def _kept_by_task(workflows: list[list[Any]]) -> dict[int, Mapping[str, Any]]:
    """Give what is kept with each task, by its number."""
    rows = (row for each in workflows for row in each if isinstance(row, list))
    return {row[0]: row[ROW - 1] for row in rows if len(row) == ROW}


def _without_end(row: list[Any]) -> list[Any]:
    """Leave out what is empty at the end of a row."""
    while not row[-1] and row[-1] != 0:
        row.pop()
    return row
