"""What a decision is made of, what it gives, and how it refuses: the words that its parts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from engine.errors import Invalid
from engine.feel import YearMonthDuration
from engine.feel.budget import Run
from engine.frozen import frozen

Code = Callable[[Mapping[str, Any], Run], Any]
"""A part that is ready to run: the scope and what is left of the budget give a value."""

POLICIES = ("UNIQUE", "FIRST", "ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
MANY = frozenset({"COLLECT", "RULE ORDER", "OUTPUT ORDER"})
"""The hit policies that give every answer, as a list."""

RULES, SAW = "rules", "saw"
"""The fields in which a step notes, beside the answer, which rules fired and what they saw."""

_KEPT = (bool, int, Decimal, date, time, timedelta, YearMonthDuration)
ENTRIES_AT_MOST, LETTERS_AT_MOST = 12, 120
"""Of a value that is noted; of a longer one only its size is."""


class DecisionInvalid(Invalid):
    """The file is no decision that can run; every fault is given, with its rule and column."""


class DecisionAmbiguous(Invalid):
    """More than one rule of a UNIQUE table applies, or rules of an ANY table that do not agree."""


class ValueNotAllowed(Invalid):
    """A value is none of those that its column lists."""


class Input(NamedTuple):
    """A column that is asked: its label, its expression as text, its type as the file names it."""

    label: str
    expression: str
    type: str


class Output(NamedTuple):
    """A column that is answered: its name in the result, its type as the file names it, its label."""

    name: str
    type: str
    label: str


class Rule(NamedTuple):
    """A row, with its cells as text."""

    id: str
    tests: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str

    @property
    def asked(self) -> tuple[int, ...]:
        """The places of the columns that this rule looks at."""
        return tuple(at for at, test in enumerate(self.tests) if test != "-")


@frozen
class Decision:
    """What was decided: the result, the ids of the rules that fired in their order, and the value of each input."""

    result: Any
    rule_ids: tuple[str, ...]
    seen: Mapping[str, Any]


def labelled(inputs: Iterable[Input]) -> tuple[str, ...]:
    """Give each column a name of its own: its label, with its expression where another column has the same."""
    columns = list(inputs)
    labels = [column.label for column in columns]
    return tuple(
        column.label if labels.count(column.label) == 1 else f"{column.label} ({column.expression})"
        for column in columns
    )


def noted(value: Any) -> Any:
    """Give a value as the log keeps it: short, or its size in words."""
    if isinstance(value, str):
        return value if len(value) <= LETTERS_AT_MOST else f"a text of {len(value)} letters"
    if isinstance(value, list):
        short = len(value) <= ENTRIES_AT_MOST and all(not isinstance(each, list | dict) for each in value)
        return [noted(each) for each in value] if short else f"{len(value)} entries"
    if isinstance(value, dict):
        return f"{len(value)} entries"
    return value if value is None or isinstance(value, _KEPT) else "a value of another kind"
