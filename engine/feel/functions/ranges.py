"""Functions of ranges (DMN 1.3, table 82): how points and ranges lie to each other, and the reading of a range."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from engine.feel import syntax
from engine.feel.budget import FeelSyntaxError, Run
from engine.feel.compiler import Compiler
from engine.feel.functions.registry import BUILTINS, builtin, phrases
from engine.feel.parser import Parser
from engine.feel.values import Range, kind, ordered

Relation = Callable[["Ends", "Ends"], bool]
_POINTS = "number|string|date|time|date and time|days and time duration|years and months duration"
_CONSTANT = (syntax.Literal, syntax.AtLiteral)
_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration"})


class Unordered(ValueError):
    """Two ends cannot be compared; the function gives null."""


class Ends:
    """A range, or a point as the range that holds it alone, with comparisons that know which ends are included."""

    def __init__(self, value: Any) -> None:
        bounds = value if isinstance(value, Range) else Range(value, start_included=True, end=value, end_included=True)
        if bounds.start is None or bounds.end is None:
            raise Unordered
        self.start, self.end = bounds.start, bounds.end
        self.opens, self.closes = bounds.start_included, bounds.end_included


def _is(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    result = ordered(compare, left, right)
    if result is None:
        raise Unordered
    return result


def _before(one: Ends, other: Ends) -> bool:
    if _is(operator.lt, one.end, other.start):
        return True
    return _is(operator.eq, one.end, other.start) and not (one.closes and other.opens)


def _starts_within(one: Ends, other: Ends) -> bool:
    """Say whether no value of `one` lies before `other`."""
    if _is(operator.gt, one.start, other.start):
        return True
    return _is(operator.eq, one.start, other.start) and (other.opens or not one.opens)


def _ends_within(one: Ends, other: Ends) -> bool:
    """Say whether no value of `one` lies after `other`."""
    if _is(operator.lt, one.end, other.end):
        return True
    return _is(operator.eq, one.end, other.end) and (other.closes or not one.closes)


def _during(one: Ends, other: Ends) -> bool:
    return _starts_within(one, other) and _ends_within(one, other)


def _overlaps(one: Ends, other: Ends) -> bool:
    return not _before(one, other) and not _before(other, one)


def _meets(one: Ends, other: Ends) -> bool:
    return one.closes and other.opens and _is(operator.eq, one.end, other.start)


def _same_start(one: Ends, other: Ends) -> bool:
    return one.opens == other.opens and _is(operator.eq, one.start, other.start)


def _same_end(one: Ends, other: Ends) -> bool:
    return one.closes == other.closes and _is(operator.eq, one.end, other.end)


def _relation(name: str, one: str, other: str, relation: Relation) -> None:
    @builtin(name, f"{one}, {other}")
    def relate(_: Run, left: Any, right: Any) -> bool:
        return relation(Ends(left), Ends(right))


_POINT, _RANGE, _EITHER = (f":{_POINTS}", ":range", f":{_POINTS}|range")
_relation("before", f"point1{_EITHER}", f"point2{_EITHER}", _before)
_relation("after", f"point1{_EITHER}", f"point2{_EITHER}", lambda one, other: _before(other, one))
_relation("meets", f"range1{_RANGE}", f"range2{_RANGE}", _meets)
_relation("met by", f"range1{_RANGE}", f"range2{_RANGE}", lambda one, other: _meets(other, one))
_relation("overlaps", f"range1{_RANGE}", f"range2{_RANGE}", _overlaps)
_relation(
    "overlaps before",
    f"range1{_RANGE}",
    f"range2{_RANGE}",
    lambda one, other: _overlaps(one, other) and not _starts_within(one, other) and _ends_within(one, other),
)
_relation(
    "overlaps after",
    f"range1{_RANGE}",
    f"range2{_RANGE}",
    lambda one, other: _overlaps(one, other) and _starts_within(one, other) and not _ends_within(one, other),
)
_relation("includes", f"range{_RANGE}", f"point{_EITHER}", lambda one, other: _during(other, one))
_relation("during", f"point{_EITHER}", f"range{_RANGE}", _during)
_relation(
    "starts",
    f"point{_EITHER}",
    f"range{_RANGE}",
    lambda one, other: _same_start(one, other) and _ends_within(one, other),
)
_relation(
    "started by",
    f"range{_RANGE}",
    f"point{_EITHER}",
    lambda one, other: _same_start(one, other) and _ends_within(other, one),
)
_relation(
    "finishes",
    f"point{_EITHER}",
    f"range{_RANGE}",
    lambda one, other: _same_end(one, other) and _starts_within(one, other),
)
_relation(
    "finished by",
    f"range{_RANGE}",
    f"point{_EITHER}",
    lambda one, other: _same_end(one, other) and _starts_within(other, one),
)
_relation(
    "coincides",
    f"point1{_EITHER}",
    f"point2{_EITHER}",
    lambda one, other: _same_start(one, other) and _same_end(one, other),
)


def _constant(node: syntax.Node) -> bool:
    if isinstance(node, syntax.Call):
        named = isinstance(node.function, syntax.Name) and node.function.name in _CONSTRUCTORS
        return named and all(isinstance(each, syntax.Literal) for each in node.arguments)
    return isinstance(node, _CONSTANT) or (isinstance(node, syntax.Negate) and _constant(node.value))


_READING = 50
"""Steps of reading a text as an expression, whatever its length."""


@builtin("range", "from:string")
def range_of(run: Run, text: str) -> Range | None:
    """Read ``[1..10)``, with constants at both ends that are in order; null for anything else."""
    run.spend(_READING + len(text))
    try:
        parser = Parser(text, phrases())
        node = parser.whole(parser.expression)
    except FeelSyntaxError:
        return None
    if not isinstance(node, syntax.RangeNode) or not (_constant(node.low) and _constant(node.high)):
        return None
    bounds = Compiler(BUILTINS).compile(node)({}, run)
    if not isinstance(bounds, Range) or kind(bounds.start) != kind(bounds.end):
        return None
    return bounds if ordered(operator.le, bounds.start, bounds.end) else None
