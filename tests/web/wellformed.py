"""Whether an answer is well-formed HTML, asked of the standard's own parser once for each shape of a page."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import html5lib

_ORDINARY = r"[\w .,;:!?()/%+*@#$£\u2013\u2014\u2018\u2019\u201c\u201d\u2026-]"
_VALUE = re.compile(rf'(?<!type)(?<!charset)(?<!equiv)(?<!content)(?<!xmlns)="{_ORDINARY}*"')
_WORDS = re.compile(rf">(\s*)(?=[^\s<]){_ORDINARY}+(?=<)")
_known: set[str] = set()
"""The shapes that the parser has taken, by their digests."""
_told: list[Path] = []
"""The folder in which the processes of a run tell each other of them."""


def share(folder: Path) -> None:
    """Tell the other processes of a run, which share this folder, what the parser has taken, and hear it of them."""
    folder.mkdir(exist_ok=True)
    _told[:] = [folder]


def shape(text: str) -> str:
    """Give a page without its ordinary words: of these the parser never complains, wherever they stand.

    What is left is all that it may complain of: tags and attributes in their order, where there are words and where only
    space, and every text with a character that means something to it or is not allowed.
    """
    return _WORDS.sub(r">\1w", _VALUE.sub('=""', text))


def read(text: str, *, part: bool) -> None:
    """Read a page, or a part of one, strictly; raises what the parser complains of. A shape that it has taken is not read again."""
    page = shape(text)
    key = sha256(f"{part}{page}".encode("utf-8", "surrogatepass")).hexdigest()
    if key not in _known and not any((folder / key).exists() for folder in _told):
        reader = html5lib.HTMLParser(strict=True)
        (reader.parseFragment if part else reader.parse)(page)
        for folder in _told:
            (folder / key).touch()
    _known.add(key)
