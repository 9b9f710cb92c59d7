"""Two changes of the same text put together, line by line, where they do not touch each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from engine.frozen import frozen


@frozen
class Both:
    """The files that hold both changes; `torn` names those whose same lines were changed in two ways: there ours stand."""

    files: Mapping[str, str]
    torn: tuple[str, ...]


def put_together(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> Both:
    """Put two changes of the files of a procedure together, both made from the same base."""
    files: dict[str, str] = {}
    torn: list[str] = []
    for name in sorted({*base, *ours, *theirs}):
        old, one, other = base.get(name), ours.get(name), theirs.get(name)
        is_both = old != one != other != old
        found = _lines(old, one, other) if is_both else other if one == old else one
        if is_both and found is None:
            torn.append(name)
            found = one
        if found is not None:
            files[name] = found
    return Both(files, tuple(torn))


def _lines(old: str | None, one: str | None, other: str | None) -> str | None:
    """Put two changes of one text together; None where they touch."""
    if old is None or one is None or other is None:
        return None
    lines = old.splitlines(keepends=True)
    changes = sorted({*_changes(lines, one), *_changes(lines, other)})
    said: list[str] = []
    at = 0
    for number, (start, end, text) in enumerate(changes):
        before = changes[number - 1] if number else None
        if start < at or (before is not None and before[:2] == (start, end)):
            return None
        said += [*lines[at:start], *text]
        at = end
    return "".join([*said, *lines[at:]])


def _changes(lines: Sequence[str], text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Give what was changed in lines: from where to where, and what stands there now."""
    new = text.splitlines(keepends=True)
    found = SequenceMatcher(None, lines, new, autojunk=False).get_opcodes()
    return [(a, b, tuple(new[c:d])) for kind, a, b, c, d in found if kind != "equal"]
