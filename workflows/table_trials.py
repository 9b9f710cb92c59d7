"""What a guarded child answers of a decision table that is tried out: which rules apply to some values, and what they give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from engine import decisions, feel, values
from engine.decisions import DecisionAmbiguous, Table, ValueNotAllowed, analysis
from engine.decisions.model import Input
from engine.errors import Refusal
from engine.feel import BudgetExceeded
from workflows.table_words import say_table

MOST_CHOICES = 40
_QUOTED = re.compile(r'"([^"]*)"')
_FEEL = re.compile(r'[\[{@"]|[a-z]+( and time)?\(')
"""How a value begins that is written in FEEL: a list, a context, a text in quotes, a call such as ``date("2026-03-02")``."""
_LITERALS: Mapping[str, str] = {
    "date": 'date("{}")',
    "time": 'time("{}")',
    "dateTime": 'date and time("{}")',
    "dayTimeDuration": 'duration("{}")',
    "yearMonthDuration": 'duration("{}")',
}
_CONTAINS = re.compile(r"(some |not\()?list contains\(")
"""How a cell begins that asks whether a list holds something: then several can be ticked."""
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def told(question: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the columns of a table, what is to be said of it as a whole, and what it answers to the values that were given.

    ``{"file", "text", "given": {"0": "high", "1": ["crime"]} or None, "now"}``: a column by its place, a list where several can be ticked; one that is left out is not known. Refused
    with `Invalid` where it cannot be read.
    """
    table, now = decisions.read(question["text"], question["file"]), datetime.fromisoformat(question["now"])
    found: dict[str, Any] = {
        "columns": [_column(table, place, column) for place, column in enumerate(table.inputs)],
        "findings": [[each.kind, list(each.rules), each.problem.sentence] for each in analysis.examine(table)],
        "words": asdict(said) if (said := say_table(question["text"], question["file"])) else None,
        "answer": None,
        "wrong": {},
    }
    if question["given"] is None or not table.rules:
        return found
    asked: list[Any] = []
    for place, column in enumerate(table.inputs):
        try:
            given = question["given"].get(str(place), "")
            asked.append(given if isinstance(given, list) else _value(str(given).strip(), column.type, now))
        except (Refusal, ArithmeticError, ValueError):
            found["wrong"][str(place)] = f"Enter a value of the kind {_kind(column.type)}"
    return found if found["wrong"] else found | {"answer": _answer(table, asked, now)}


def _answer(table: Table, asked: list[Any], now: datetime) -> dict[str, Any]:
    """Decide on these values; what the rules rest on beside them counts from now."""
    scope = {"clock": now, "task": {"opened_at": now}, "case": {"opened_at": now}, "valid_on": now.date()}
    try:
        decided = table.decide_on(asked, scope, now=now)
    except (DecisionAmbiguous, ValueNotAllowed, BudgetExceeded) as refusal:
        return {"refused": str(refusal), "rules": [], "gives": []}
    result = decided.result
    several = result if isinstance(result, list) else [] if result is None else [result]
    gives = [each if isinstance(each, dict) else {"": each} for each in several]
    labels = {output.name: output.label or output.name for output in table.outputs}
    return {
        "refused": "",
        "rules": list(decided.rule_ids),
        "gives": [[[labels.get(name, name), _plain(value)] for name, value in each.items()] for each in gives],
    }


def _column(table: Table, place: int, column: Input) -> dict[str, Any]:
    """Tell a column: what it asks, and the texts that its cells name, where they compare with texts."""
    cells = [rule.tests[place] for rule in table.rules]
    named = list(dict.fromkeys(text for cell in cells for text in _QUOTED.findall(cell)))
    many = any(_CONTAINS.match(cell) for cell in cells)
    plain = many or (column.type in {"string", ""} and not any("(" in _QUOTED.sub("", cell) for cell in cells))
    truths = column.type == "boolean" or {*cells} <= {"-", "true", "false"} != {"-"}
    choices = ["true", "false"] if truths else named[:MOST_CHOICES] if plain else []
    asks = any(cell != "-" for cell in cells)
    return {
        "label": column.label,
        "expression": column.expression,
        "kind": _kind(column.type),
        "choices": choices,
        "many": many and bool(choices),
        "asks": asks,
    }


def _kind(type_: str) -> str:
    """Say a type of FEEL in words."""
    words = {
        "string": "text", "number": "number", "boolean": "yes or no", "date": "day, like 2026-03-27",
        "dateTime": "moment, like 2026-03-27T14:30:00Z", "time": "time, like 14:30:00",
        "dayTimeDuration": "length of time, like PT72H", "yearMonthDuration": "length of time, like P1Y",
    }  # fmt: skip
    return words.get(type_, "any: a number, a text, true or false, or FEEL")


def _value(text: str, type_: str, now: datetime) -> Any:
    """Read a value as it is typed: by the type of its column, and as FEEL where it begins so; nothing is null."""
    if not text:
        return None
    if text.casefold() in _TRUTHS and type_ in {"boolean", "", "Any"}:
        return _TRUTHS[text.casefold()]
    if type_ in _LITERALS and not _FEEL.match(text):
        return _known(_LITERALS[type_].format(text.replace('"', "")), now)
    if _FEEL.match(text) or type_ == "number" or (type_ != "string" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)):
        return _known(text, now)
    return text


def _known(text: str, now: datetime) -> Any:
    """Evaluate FEEL that is a value by itself."""
    value = feel.compile(text).evaluate({}, now=now)
    if value is None:
        raise ValueError(text)
    return value


def _plain(value: Any) -> Any:
    return orjson.loads(values.dumps(value))
