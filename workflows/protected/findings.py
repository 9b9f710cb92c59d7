"""What a check of a protected step is, and what the checks share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.decisions import Table
from engine.errors import Invalid
from engine.model import Facts
from engine.release import Compiled
from engine.scope import Scope
from workflows.vocabulary import RISK_LEVEL

Finding = tuple[str, str]
"""The element, and what is wrong there."""
Check = Callable[[Compiled], Iterator[Finding]]
Answers = Mapping[tuple[str, str], str | tuple[str, ...]]
"""Answers by record and field; where there are several, each of them counts."""

ANCHOR = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
"""The moment at which the checks look."""

_TEXTS = re.compile(r'"[^"]*"')
_NAMES = re.compile(r"[A-Za-z_]\w*")
_FEEL = frozenset({
    "and", "or", "not", "in", "if", "then", "else", "null", "true", "false", "count", "list", "contains", "min", "max", "abs",
    "date", "time", "duration", "working", "days", "hours", "after", "between", "some", "every", "satisfies", "of",
})  # fmt: skip


def name_of(release: Compiled, element: str) -> str:
    """Give an element's name, or its id."""
    return release.nodes[element].name or element if element in release.nodes else element


def of_grade(level: str | None) -> str:
    """Say for which grade something was found."""
    return f" where the grade is {RISK_LEVEL[level]}" if level else ""


def rests_on(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Name what an expression takes beside what is known: records, fields and functions of which nobody can be sure."""
    return tuple(sorted(set(_NAMES.findall(_TEXTS.sub("", text))) - _FEEL - set(known)))


def facts_of(release: Compiled, answers: Mapping[tuple[str, str], Any]) -> Facts:
    """Give facts as a case holds them; of a record that repeats it is the first."""
    facts: Facts = {}
    for (record, field), value in answers.items():
        facts.setdefault(record, {}).setdefault("1" if record in release.repeating else "", {})[field] = value
    return facts


def column(table: Table | None, output: str) -> int | None:
    """Give the place of an output."""
    return None if table is None else next((at for at, each in enumerate(table.outputs) if each.name == output), None)


def cells(release: Compiled, task: str, facts: Facts, output: str, unsure: Callable[[str], bool]) -> list[str]:
    """Give the texts that the table of a step may answer with, row by row; none where it is no plain table.

    `unsure` tells of an input's expression whether nobody can be sure of it.
    """
    table = release.decisions.get(release.nodes[task].decision)
    at = column(table, output)
    if table is None or at is None or not table.is_plain:
        return []
    open_ = {number for number, each in enumerate(table.inputs) if unsure(each.expression)}
    try:
        return [rule.outputs[at] for rule in table.may_apply(scope_of(release, facts), open_, now=ANCHOR)]
    except Invalid:
        return []


def scope_of(release: Compiled, facts: Facts, opened_at: datetime = ANCHOR, now: datetime = ANCHOR) -> dict[str, Any]:
    """Give what expressions see of some facts."""
    copied = {record: {key: dict(fields) for key, fields in keys.items()} for record, keys in facts.items()}
    return Scope(release, copied, now, "W", opened_at).values


def others(release: Compiled, record: str, field: str, needed: str | tuple[str, ...]) -> list[str | None]:
    """Give the answers of a question that are none of those that are needed, no answer at all included."""
    form = release.forms_by_record.get(record)
    fields = {each.key: each for each in form.fields} if form is not None else {}
    offered = [choice.value for choice in fields[field].choices] if field in fields else ["another"]
    return [None, *(value for value in offered if value not in ((needed,) if isinstance(needed, str) else needed))]
