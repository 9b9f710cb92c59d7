"""Answers that are lists, as texts with an item in a line, the way in which projections keep them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.model import Value
from workflows.vocabulary import Words

Shape = Mapping[str, Words]
"""The keys of an item in the order in which they are said, each with the words for what is chosen there, if any."""

CONTACT: Shape = MappingProxyType({"contact": {}, "where": {}, "answers": {}})
"""A telephone number or a name online."""


def in_lines(value: Value, shape: Shape | None) -> str:
    """Write a list one item a line, ``Jay, a friend of a friend, High``; a text stays as it is, and of several each has its line."""
    if not isinstance(value, list):
        return str(value if value is not None else "")
    return "\n".join(_line(each, shape or {}) if isinstance(each, dict) else str(each) for each in value)


def _line(item: Mapping[str, Value], shape: Shape) -> str:
    said = ((words, item.get(key)) for key, words in shape.items())
    return ", ".join(words.get(str(value), str(value)) for words, value in said if value not in (None, ""))
