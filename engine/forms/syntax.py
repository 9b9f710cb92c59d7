"""JSON as people write it: where it cannot be read a sentence with line, column and the words that stand there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import Invalid, Problem

SHOWN = 40

_SENTENCES: Mapping[str, str] = {
    "Expecting ',' delimiter": "a comma is missing before it, or a closing bracket",
    "Expecting ':' delimiter": "a colon is missing between the name of a setting and its value",
    "Expecting property name enclosed in double quotes": (
        "the name of a setting must stand here in double quotation marks; a comma before a closing brace is one too many"
    ),
    "Expecting value": "a value must stand here; a comma before a closing bracket is one too many",
    "Unterminated string starting at": "this text has no closing quotation mark",
    "Invalid control character at": "a text goes on behind the end of its line: close its quotation marks, or write \\n",
    "Invalid \\escape": "a backslash must not stand before this letter",
    "Invalid \\uXXXX escape": "four digits or letters from A to F must stand behind \\u",
    "Extra data": "nothing may stand behind the last closing brace",
}


def read_json(text: str, where: str) -> Any:
    """Read JSON; numbers with a point become `Decimal`.

    Refused with `Invalid`: at the first place that cannot be read, or for every setting that one object has twice, of
    which only the last would count.
    """
    twice: list[str] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(dict.fromkeys(name for name in names if names.count(name) > 1))
        return dict(pairs)

    try:
        found = json.loads(text, object_pairs_hook=build, parse_float=Decimal)
    except json.JSONDecodeError as wrong:
        raise Invalid([Problem(where, "form-not-json", _sentence(text, wrong))]) from None
    if twice:
        sentence = "An object of the form has the setting {} twice; the first would be lost."
        raise Invalid(Problem(where, "form-repeats-setting", sentence.format(name)) for name in twice)
    return found


def _sentence(text: str, wrong: json.JSONDecodeError) -> str:
    """Say what is wrong with JSON, and where."""
    if not text.strip():
        return "The form is empty: a form is text between braces."
    said = _SENTENCES.get(wrong.msg, "this is not JSON")
    rest = text[wrong.pos :].partition("\n")[0].strip()
    here = f"at {rest[:SHOWN]}{'…' if len(rest) > SHOWN else ''}" if rest else "at the end of the line"
    if wrong.pos >= len(text.rstrip()):
        here = "at the end of the form"
    return f"Line {wrong.lineno}, column {wrong.colno}, {here}: {said}."
