"""Tells why a table decided as it did: a sentence for each rule that fired, in the words of the table's labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.decisions.conditions import (
    Compared,
    Condition,
    Includes,
    Joined,
    Say,
    condition_of,
    constants,
    say_condition,
)
from engine.decisions.model import MANY, RULES, SAW, Rule
from engine.decisions.tables import Table


def why(table: Table, fields: Mapping[str, Any], say: Say, note: Callable[[str], str] = str) -> Iterator[str]:
    """Say why, from what a step noted beside its answer: the ids of the rules that fired, and what they saw.

    Example: ``Who agrees is Inspector, because Grade now is High. Source: domain 1.6``. A rule that looked at something which
    was not noted or may not be read is left out as a whole: its sentence would tell it. `say` gives the words of a value, `note` those of what stands beside
    a rule.
    """
    saw = fields.get(SAW)
    if not isinstance(saw, Mapping):
        return
    for place, name in enumerate(fields.get(RULES) or ()):
        rule = table.rule.get(name)
        if rule is not None and all(table.columns[at] in saw for at in rule.asked):
            yield _sentence(table, rule, _answer(table, fields, place), saw, say) + _noted(table, rule, note)


def _answer(table: Table, fields: Mapping[str, Any], place: int) -> Any:
    """Give what one rule answered: its own entry of a list, or the one answer of all."""
    if table.hit_policy in MANY and not table.aggregation:
        matches = fields.get("matches")
        return matches[place] if isinstance(matches, list) and place < len(matches) else None
    return fields.get("value") if len(table.outputs) == 1 else fields


def _sentence(table: Table, rule: Rule, answer: Any, saw: Mapping[str, Any], say: Say) -> str:
    first = table.outputs[0]
    value = answer.get(first.name) if isinstance(answer, Mapping) and len(table.outputs) > 1 else answer
    said = f"{first.label} is {say(value)}" if _is_short(value) else "It applies"
    reasons = [_reason(table.columns[at], saw[table.columns[at]], rule.tests[at], say) for at in rule.asked]
    because = f", because {_and(reasons)}" if reasons else ", because no rule before it applied"
    if not reasons and table.hit_policy != "FIRST":
        because = ", whatever is known"
    return f"{said}{because}."


def _noted(table: Table, rule: Rule, note: Callable[[str], str]) -> str:
    """Say what stands beside a rule, under the heading of the table's one column of notes."""
    heading = f"{table.annotations[0]}: " if len(table.annotations) == 1 and table.annotations[0] else ""
    return f" {heading}{note(rule.annotation)}" if rule.annotation else ""


def _reason(label: str, value: Any, test: str, say: Say) -> str:
    """Say what one column held, and what the rule asks of it where that is not the same."""
    condition = condition_of(test)
    wanted = _item(condition)
    if wanted is not None:
        return f"{label} has “{say(wanted).strip('“”')}”"
    asked = say_condition(condition, say) if condition is not None and not _is_same(condition, value) else ""
    return f"{label} is {say(value)}" + (f" ({asked})" if asked else "")


def _item(condition: Condition | None) -> Any:
    """Give what a list must have, where a condition asks nothing else."""
    found = [] if condition is None else list(constants(condition))
    items = [each.item for each in found if isinstance(each, Includes)]
    others = [each for each in found if each != Compared("!=", None) and not isinstance(each, Includes)]
    return items[0] if len(items) == 1 and not others else None


def _is_same(condition: Condition, value: Any) -> bool:
    """Whether a condition says no more than that the value is what it is: ``"low", "medium"`` of ``"low"``."""
    if isinstance(condition, Joined):
        return not condition.every and any(_is_same(part, value) for part in condition.parts)
    return isinstance(condition, Compared) and condition.operator == "=" and condition.bound == value


def _is_short(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict)


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
