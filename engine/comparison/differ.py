"""Holds two versions of a procedure beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from engine.comparison import asked, drawn, tables, tried, words
from engine.comparison.parts import Anatomy, Change, Part
from engine.errors import Invalid

_READERS: Mapping[str, Callable[[str, str], Anatomy]] = {
    "bpmn": drawn.take_apart,
    "dmn": tables.take_apart,
    "form": asked.take_apart,
    "scenario": tried.take_apart,
}
_NAMES = frozenset({"@default", "@sourceRef", "@targetRef", "@attachedToRef", "lane", "inside"})
"""Settings whose value is the id of another part."""
_NAMES_TOO = ("messageEventDefinition/@messageRef", "zeebe:property[other_than]/@value")
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SILENT = frozenset({
    "kind", "@sourceRef", "@targetRef", "extensionElements/zeebe:userTask", "timerEventDefinition/@id",
    f"timerEventDefinition/timeCycle/@{_TYPE}", f"conditionExpression/@{_TYPE}",
})  # fmt: skip
"""Settings of a part that was added or removed which its name says already, or which only say how it is written."""


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Give every change from one version of a procedure's files to another, file by file.

    Example: ``Change("deadlines.dmn", "t25_5", "Row 71 T-25", "When", 'clock + 72 hours', 'clock + 96 hours')``. Files that
    are only indented or drawn in another way give nothing; see `redrawn`.
    """
    found: list[Change] = []
    for name in sorted({*before, *after}, key=lambda each: (each.rpartition(".")[2], each)):
        old, new = before.get(name), after.get(name)
        if old is None:
            found.append(Change(name, "", f"File {name}", "added", "", _summary(name, new or "")))
        elif new is None:
            found.append(Change(name, "", f"File {name}", "removed", _summary(name, old), ""))
        elif old != new:
            found.extend(_files(name, old, new))
    return tuple(found)


def redrawn(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Name the files in which something that is in both versions is drawn elsewhere, or in another way."""
    return tuple(name for name in sorted(before.keys() & after.keys()) if _is_redrawn(name, before[name], after[name]))


def _is_redrawn(name: str, old_text: str, new_text: str) -> bool:
    """Whether parts which are in both versions of a file are drawn elsewhere."""
    old, new = _read(name, old_text), _read(name, new_text)
    if old is None or new is None or old_text == new_text:
        return False
    in_one = {key for key in {*old.drawing, *new.drawing} if (key in old.parts) != (key in new.parts)}
    before, after = ({k: v for k, v in each.drawing.items() if k not in in_one} for each in (old, new))
    return before != after


@lru_cache(maxsize=32)
def _read(name: str, text: str) -> Anatomy | None:
    """Take a file apart; None where it cannot be read."""
    reader = _READERS.get(name.rpartition(".")[2])
    try:
        return None if reader is None else reader(text, name)
    except (Invalid, RecursionError):
        return None


def _summary(name: str, text: str) -> str:
    """Say what a whole file holds."""
    anatomy = _read(name, text)
    if anatomy is None:
        return "cannot be read"
    counted: dict[str, list[str]] = {}
    for part in anatomy.parts.values():
        if part.name and part.kind not in {"Arrow", "Pool", "Lane"}:
            counted.setdefault(part.kind, []).append(part.name)
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in counted.items())


def _files(name: str, old_text: str, new_text: str) -> Iterator[Change]:
    """Compare two versions of one file."""
    old, new = _read(name, old_text), _read(name, new_text)
    if old is None or new is None:
        counts = [f"{len(text.splitlines())} lines of text" for text in (old_text, new_text)]
        yield Change(name, "", "The file", "cannot be read, so its text is compared", *counts)
        return
    for key, part in old.parts.items():
        if key not in new.parts:
            yield Change(name, part.element, part.title, "removed", _details(part, old), "")
    for key, part in new.parts.items():
        if key not in old.parts:
            yield Change(name, part.element, part.title, "added", "", _details(part, new))
        else:
            yield from _settings(name, old, new, key)
    yield from _orders(name, old, new)


def _settings(name: str, old: Anatomy, new: Anatomy, key: str) -> Iterator[Change]:
    """Compare the settings of one part."""
    before, after = old.parts[key], new.parts[key]
    if before.settings == after.settings:
        return
    for path in dict.fromkeys([*before.settings, *after.settings]):
        one, other = before.settings.get(path), after.settings.get(path)
        if one == other:
            continue
        said = (_said(path, one, old), _said(path, other, new))
        if said[0] == said[1]:  # two parts of the same name
            said = (_plainly(one), _plainly(other))
        yield Change(name, after.element, after.title, _what(path, new), *said)


def _plainly(value: str | None) -> str:
    """Give a value as it stands in the file."""
    return "(none)" if value is None else value or "(empty)"


def _details(part: Part, anatomy: Anatomy) -> str:
    """Say every setting of a part that was added or removed."""
    told = [
        f"{_what(path, anatomy)}: {_said(path, value, anatomy)}"
        for path, value in part.settings.items()
        if path not in _SILENT and path != "@name" and not _is_nothing(path, value)
    ]
    return "; ".join(told) or part.title


def _is_nothing(path: str, value: str) -> bool:
    """Whether a setting of a row says nothing: a cell that holds always, or the id of a cell, which nobody names."""
    return path.startswith("cell ") and (value in {"", "-"} or path.endswith(" @id"))


def _what(path: str, anatomy: Anatomy) -> str:
    """Give the words for a setting; a cell is called by the heading of its column."""
    if path.startswith("cell "):
        column, _, rest = path.removeprefix("cell ").partition(" ")
        heading = anatomy.parts[column].name if column in anatomy.parts else column
        return f"{heading} (setting {rest})" if rest else heading
    return words.of_setting(path)


def _said(path: str, value: str | None, anatomy: Anatomy) -> str:
    """Give a value as people read it."""
    if value is None:
        return "yes" if path == "@cancelActivity" else ""
    if path in _NAMES or path.endswith(_NAMES_TOO):
        return ", ".join(anatomy.label(each) for each in value.split(", "))
    plain = {"true": "yes", "false": "no"}.get(value)
    return plain or words.of_value(value)


def _orders(name: str, old: Anatomy, new: Anatomy) -> Iterator[Change]:
    """Compare sequences whose order means something, as far as both have the same entries."""
    for what, sequence in new.orders.items():
        before = old.orders.get(what, [])
        after = [each for each in sequence if each in before]
        before = [each for each in before if each in after]
        if before == after:
            continue
        kept: set[str] = set()
        for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
            kept.update(after[block.b : block.b + block.size])
        moved = [each for each in after if each not in kept] or after
        said = (_sequence(before, moved, old), _sequence(after, moved, new))
        yield Change(name, moved[0], f"Order of the {what}", "order", *said)


def _sequence(keys: list[str], moved: list[str], anatomy: Anatomy) -> str:
    """Say where the entries that moved stand."""
    told = []
    for each in moved:
        place = keys.index(each)
        told.append(f"{anatomy.label(each)} {'first' if not place else f'after {anatomy.label(keys[place - 1])}'}")
    return "; ".join(told)
