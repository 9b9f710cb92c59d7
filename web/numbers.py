"""Numbers that stand in an address or in a field that a page sends by itself, and the page of a list that one of them names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from engine.frozen import frozen

LONGEST = 9
LONGEST_OF_PAGE = 5

One = TypeVar("One")


@frozen
class Part(Generic[One]):
    """One page of a list: what stands on it, its number, and that of the last page."""

    found: Sequence[One]
    page: int
    last: int


def read_number(text: str, otherwise: int = 0, *, longest: int = LONGEST) -> int:
    """Give a whole number of at most `longest` digits; `otherwise` where the text is none."""
    return int(text) if is_number(text, longest) else otherwise


def is_number(text: str, longest: int = LONGEST) -> bool:
    """Tell whether a text is a whole number of at most so many digits."""
    return text.isascii() and text.isdecimal() and len(text) <= longest


def part_of(found: Sequence[One], number: str, size: int) -> Part[One]:
    """Give the page of a list that an address asks for, by its number as it stands there; the first or last one for others."""
    last = max(1, -(-len(found) // size))
    page = min(max(read_number(number, 1, longest=LONGEST_OF_PAGE), 1), last)
    return Part(found[(page - 1) * size : page * size], page, last)
