"""What a cell of a table asks, taken apart: comparisons with constants, which can be said in words and reasoned about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.errors import Invalid
from engine.feel import YearMonthDuration, syntax
from engine.feel.budget import Budget, Run
from engine.feel.compiler import Compiler
from engine.feel.functions.registry import BUILTINS, phrases
from engine.feel.parser import Parser
from engine.feel.syntax import Node
from engine.frozen import frozen

Say = Callable[[Any], str]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the moment where only constants are read."""

_MAKERS = frozenset({"date", "time", "date and time", "duration", "number", "string", "years and months duration"})
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_WORDS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "=": "", "!=": "not"}
_IN_TIME = {"<": "before", "<=": "by", ">": "after", ">=": "from"}


class NotPlain(Exception):
    """The cell asks more than a comparison with constants."""


@frozen
class Compared:
    """The value stands so to a constant: ``>= 3``, ``= "high"``, ``!= null``."""

    operator: str
    bound: Any


@frozen
class Includes:
    """The value is a list in which a constant is."""

    item: Any


@frozen
class Joined:
    """Several conditions, of which all or any must hold; `every` says which."""

    every: bool
    parts: tuple[Condition, ...]


Condition = Compared | Includes | Joined


@lru_cache(maxsize=4096)
def condition_of(text: str) -> Condition | None:
    """Take a cell apart; None where it asks more than comparisons with constants, or cannot be read."""
    try:
        parser = Parser(text, phrases())
        tree = parser.whole(parser.cell)
    except Invalid:
        return None
    return _condition(tree)


def constants(condition: Condition) -> Iterator[Compared | Includes]:
    """Give the single comparisons of a condition."""
    if isinstance(condition, Joined):
        for part in condition.parts:
            yield from constants(part)
    else:
        yield condition


def say_condition(condition: Condition, say: Say) -> str:
    """Say a condition of something: ``at least 3``, ``not High``, ``from 12 to less than 18``."""
    if isinstance(condition, Includes):
        return f"including {say(condition.item)}"
    if isinstance(condition, Joined):
        joiner = " and " if condition.every else " or "
        return joiner.join(say_condition(part, say) for part in condition.parts)
    if condition == Compared("!=", None):
        return "recorded"
    words = _WORDS[condition.operator]
    if isinstance(condition.bound, date | time) and condition.operator in _IN_TIME:
        words = _IN_TIME[condition.operator]
    return f"{words} {say(condition.bound)}".strip()


def say_plainly(value: Any) -> str:
    """Say a value where no words of a form are at hand, as a person reads it in a table."""
    if value is None:
        return "not recorded"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, timedelta):
        return _say_duration(value)
    if isinstance(value, YearMonthDuration):
        return f"{value.months} months"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _say_duration(value: timedelta) -> str:
    for unit, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        count, rest = divmod(value, unit)
        if not rest and count:
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{value.total_seconds():g} seconds"


# ------------------------------------------------------------------------------------------- taking apart


def _condition(tree: Node) -> Condition | None:
    try:
        parts = tuple(_test(test) for test in tree.tests) if isinstance(tree, syntax.Tests) else ()
        if not parts:
            return None
        whole = parts[0] if len(parts) == 1 else Joined(every=False, parts=parts)
        return _negated(whole) if isinstance(tree, syntax.Tests) and tree.negated else whole
    except NotPlain:
        return None


def _test(node: Node) -> Condition:
    """Read one test of a cell."""
    if isinstance(node, syntax.Test):
        return Compared(node.operator, _constant(node.bound))
    if syntax.mentions(node, "?"):
        return _asked(node)
    if isinstance(node, syntax.ListNode):
        return Joined(every=False, parts=tuple(Compared("=", _constant(item)) for item in node.items))
    return _range(node) if isinstance(node, syntax.RangeNode) else Compared("=", _constant(node))


def _range(node: syntax.RangeNode) -> Condition:
    low = Compared(">=" if node.low_included else ">", _constant(node.low))
    high = Compared("<=" if node.high_included else "<", _constant(node.high))
    return Joined(every=True, parts=(low, high))


def _asked(node: Node) -> Condition:
    """Read a condition that names the value itself: ``? = null or ? < 18``."""
    if isinstance(node, syntax.Logic):
        return Joined(every=node.operator == "and", parts=tuple(_asked(part) for part in node.parts))
    if isinstance(node, syntax.Compare):
        if _is_value(node.left):
            return Compared(node.operator, _constant(node.right))
        if _is_value(node.right):
            return Compared(_MIRRORED[node.operator], _constant(node.left))
    if isinstance(node, syntax.Between) and _is_value(node.value):
        ends = (Compared(">=", _constant(node.low)), Compared("<=", _constant(node.high)))
        return Joined(every=True, parts=ends)
    if isinstance(node, syntax.In) and _is_value(node.value):
        tests = tuple(_test(test) for test in node.tests)
        return tests[0] if len(tests) == 1 else Joined(every=False, parts=tests)
    return _called(node)


def _called(node: Node) -> Condition:
    """Read ``list contains(?, "a")`` and ``not(...)``."""
    name = node.function.name if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name) else ""
    if isinstance(node, syntax.Call) and not node.names:
        if name == "list contains" and len(node.arguments) == 2 and _is_value(node.arguments[0]):  # noqa: PLR2004
            return Includes(_constant(node.arguments[1]))
        if name == "not" and len(node.arguments) == 1:
            return _negated(_asked(node.arguments[0]))
    raise NotPlain


def _negated(condition: Condition) -> Condition:
    """Give what holds where a condition does not; of lists nobody says it that way."""
    if isinstance(condition, Includes):
        raise NotPlain
    if isinstance(condition, Joined):
        return Joined(every=not condition.every, parts=tuple(_negated(part) for part in condition.parts))
    return Compared(_OPPOSITE[condition.operator], condition.bound)


def _is_value(node: Node) -> bool:
    return isinstance(node, syntax.Name) and node.name == "?"


def _constant(node: Node) -> Any:
    """Work out a constant; refused where the text rests on anything."""
    if not _is_constant(node):
        raise NotPlain
    return Compiler(BUILTINS).compile(node)({}, Run(Budget(), EPOCH))


def _is_constant(node: Node) -> bool:
    if isinstance(node, syntax.Literal | syntax.AtLiteral):
        return True
    if isinstance(node, syntax.Negate):
        return _is_constant(node.value)
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name) and node.function.name in _MAKERS:
        return all(_is_constant(each) for each in node.arguments)
    return False
