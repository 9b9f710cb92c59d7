"""The questions of a page as plain data and back, so that a page that one process has worked out is drawn by another.

What decides about a question (conditions, checks, choices from the case) stays behind: the page is settled when it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine import feel
from engine.forms.fields import Block, Choice, Condition, Field, Heading, Items, Kind, Limits, Paragraph

_TEXTS = ("label", "hint", "prefix", "suffix")
_NEVER = "false"


def as_plain(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Give the blocks of a settled page as JSON can hold them."""
    return [_told(each) for each in blocks]


def from_plain(told: Iterable[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Give the blocks that `as_plain` told; nothing hides or checks them any more."""
    return tuple(_read(each) for each in told)


def _told(block: Block) -> dict[str, Any]:
    when = [each.words for each in block.conditions if each.words]
    if isinstance(block, Heading):
        return {"heading": block.text, "level": block.level, "when": when}
    if isinstance(block, Paragraph):
        return {"text": block.text, "when": when}
    limits = block.limits
    found: dict[str, Any] = {
        "key": block.key,
        "kind": block.kind.value,
        "class": block.data_class,
        "required": block.required,
        "choices": [[each.value, each.label] for each in block.choices],
        "limits": [limits.longest, limits.decimals, limits.shape],
        "when": when,
        **{name: getattr(block, name) for name in _TEXTS},
    }
    if block.items is not None:
        items = block.items
        found["items"] = [items.noun, items.plural, as_plain(items.fields), items.most, items.least, items.shown]
    return found


def _read(told: Mapping[str, Any]) -> Block:
    conditions = tuple(Condition(feel.compile(_NEVER), words) for words in told["when"])
    if "heading" in told:
        return Heading(told["heading"], told["level"], conditions)
    if "key" not in told:
        return Paragraph(told["text"], conditions)
    longest, decimals, shape = told["limits"]
    return Field(
        key=told["key"],
        kind=Kind(told["kind"]),
        data_class=told["class"],
        required=told["required"],
        choices=tuple(Choice(*each) for each in told["choices"]),
        limits=Limits(longest=longest, decimals=decimals, shape=shape),
        conditions=conditions,
        items=_items(told["items"]) if "items" in told else None,
        **{name: told[name] for name in _TEXTS},
    )


def _items(told: list[Any]) -> Items:
    noun, plural, fields, most, least, shown = told
    asked = tuple(each for each in from_plain(fields) if isinstance(each, Field))
    return Items(noun, plural, asked, most, least, shown)
