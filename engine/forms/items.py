"""What is kept of a list: its items, and the same in words."""

from __future__ import annotations

from collections.abc import Callable

from engine.forms.fields import Field
from engine.model import Value

EMPTY: tuple[Value, ...] = (None, "", [])


def items_of(question: Field, value: Value) -> list[dict[str, Value]]:
    """Give a kept value as the items of a list; a text from before it was a list gives an item for each of its lines."""
    lines = value.split("\n") if isinstance(value, str) else value if isinstance(value, list) else []
    key = question.asked[0].key
    found = [each if isinstance(each, dict) else {key: str(each).strip()} for each in lines if each not in EMPTY]
    return [each for each in found if any(given not in EMPTY for given in each.values())]


def items_in_words(question: Field, value: Value, say: Callable[[Value, Field | None], str]) -> str:
    """Say a list with an item in a line: ``1. What is their name? Sam; Last seen: 1 March 2026``; a single item has no number.

    `say` gives an answer in words; what no question knows stands under its key.
    """
    asked = {each.key: each for each in question.asked}
    lines = []
    for item in items_of(question, value):
        keys = [*(key for key in asked if item.get(key) not in EMPTY), *sorted(item.keys() - asked.keys())]
        labels = (asked[key].label if key in asked else key.replace("_", " ").capitalize() for key in keys)
        said = (" ".join(say(item[key], asked.get(key)).split()) for key in keys)
        parts = zip(labels, said, strict=True)
        lines.append("; ".join(f"{label}{'' if label.endswith('?') else ':'} {words}" for label, words in parts))
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1)) if len(lines) > 1 else "".join(lines)
