"""The values that the comparison passes on: a file taken apart, and a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.frozen import frozen


@frozen
class Change:
    """One change, as a line of a table.

    `part` names what it is about (``Task “Offer return interview”``), `what` which of its settings (``form``) or whether it
    was added or removed; `before` and `after` hold the values, "" where there was none. `element` is the id in the file.
    """

    file: str
    element: str
    part: str
    what: str
    before: str
    after: str


@dataclass(slots=True)
class Part:
    """One part of a file: its kind in words, its name, and its settings by their paths."""

    element: str
    kind: str
    name: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the part is called in a sentence."""
        return f"{self.kind} “{self.name}”" if self.name else self.kind


@dataclass(slots=True)
class Anatomy:
    """A file taken apart.

    `orders` holds sequences whose order means something, by what they are: ``{"rows": ["r1", "r2"]}``; each entry is the
    key of a part or a text. `drawing` holds what is only drawn, by the part's key.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    orders: dict[str, list[str]] = field(default_factory=dict)
    drawing: dict[str, str] = field(default_factory=dict)

    def add(self, element: str, kind: str, name: str) -> Part:
        """Add a part under its id; one whose id is taken already gets a number."""
        key = next(key for key in _numbered(element or kind) if key not in self.parts)
        part = Part(element, kind, name)
        self.parts[key] = part
        return part

    def label(self, key: str) -> str:
        """Name a part by its key; a key that is none stands for itself."""
        part = self.parts.get(key)
        return f"“{part.name}”" if part and part.name else part.title if part else key


def put(settings: dict[str, str], path: str, value: str) -> None:
    """Keep a setting; where the path is taken, under the same path with a number."""
    free = path if path not in settings else next(each for each in _numbered(path) if each not in settings)
    settings[free] = value


def fill(settings: dict[str, str], found: Iterable[tuple[str, str]]) -> None:
    """Keep several settings, see `put`."""
    for path, value in found:
        put(settings, path, value)


def _numbered(text: str) -> Iterator[str]:
    """Give a text, then the same with 2, 3, ... behind it."""
    yield text
    number = 2
    while True:
        yield f"{text} ({number})"
        number += 1
