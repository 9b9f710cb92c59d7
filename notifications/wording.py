"""Templates of messages: the first line is the subject, an empty line follows, and the rest is the text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

FOLDER = files("notifications") / "templates"


def names() -> frozenset[str]:
    """Name every template that is shipped, such as ``deadline``."""
    return frozenset(entry.name.removesuffix(".txt") for entry in FOLDER.iterdir() if entry.name.endswith(".txt"))


def write(template: str, words: Mapping[str, str]) -> tuple[str, str]:
    """Fill in a template's ``{words}``; give subject and text. A word that is wanted and not given is a `KeyError`.

    Whatever a word brings along, the subject is one line that can stand in a header.
    """
    subject, text = _read(template)
    printable = (letter if letter.isprintable() else " " for letter in subject.format_map(words))
    return " ".join("".join(printable).split()), text.format_map(words)


@cache
def _read(template: str) -> tuple[str, str]:
    """Read a template once."""
    subject, _, text = (FOLDER / f"{template}.txt").read_text(encoding="utf-8").partition("\n\n")
    return subject, text
