"""`matches`, `replace` and `split` (DMN 1.5, table 75), in time that is linear in the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.feel import patterns
from engine.feel.budget import Run
from engine.feel.functions.registry import builtin
from engine.feel.patterns import Pattern, UnusablePattern


def _pattern(pattern: str, flags: str | None, text: str, run: Run) -> Pattern:
    """Translate a pattern and pay for one walk through the text."""
    found = patterns.translate(pattern, flags or "")
    run.spend(1 + len(pattern) + (len(text) * found.cost >> 8))
    return found


def _found(pattern: Pattern, text: str, run: Run) -> Iterator[Any]:
    """Give each match; every one may look through all that is left of the text, and is paid for."""
    if pattern.compiled.search("") is not None:
        raise UnusablePattern("The pattern matches nothing at all, so it would be found everywhere.")
    for match in pattern.compiled.finditer(text):
        run.spend(1 + (len(text) - match.start() >> 10))
        yield match


@builtin("matches", "input:string, pattern:string, flags:string?")
def matches(run: Run, text: str, pattern: str, flags: str | None) -> bool:
    """Say whether a part of the text is as the pattern says; ``^`` and ``$`` hold it to the whole."""
    return _pattern(pattern, flags, text, run).compiled.search(text) is not None


@builtin("replace", "input:string, pattern:string, replacement:string, flags:string?")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None) -> str:
    """Put another text in the place of every match; ``$1`` is what the first group of brackets found."""
    found = _pattern(pattern, flags, text, run)
    parts: list[str | int] = [replacement] if "q" in (flags or "") else patterns.replacement(replacement, found.groups)
    made: list[str] = []
    length = at = 0
    for match in _found(found, text, run):
        pieces = [text[at : match.start()]]
        for part in parts:
            whole = part if isinstance(part, str) else match.group(part) if part <= found.groups else ""
            pieces.append(whole or "")
        length += sum(map(len, pieces))
        run.text(length)
        made.extend(pieces)
        at = match.end()
    run.text(length + len(text) - at)
    return "".join(made) + text[at:]


@builtin("split", "string:string, delimiter:string")
def split(run: Run, text: str, delimiter: str) -> list[str]:
    """Cut a text at every match of a pattern."""
    made: list[str] = []
    at = 0
    for match in _found(_pattern(delimiter, None, text, run), text, run):
        made.append(text[at : match.start()])
        at = match.end()
    made.append(text[at:])
    run.items(len(made))
    return made
