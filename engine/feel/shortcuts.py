"""Closures for the commonest tests: a value compared with constants, and a filter whose test compares keys of its items.

Each gives what the general way gives; where a value is not of the expected kind it goes the general way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.feel import syntax
from engine.feel.budget import Run
from engine.feel.syntax import Node
from engine.feel.values import NUMBERS, Range, equal, ordered, within

Scope = Mapping[str, Any]
Code = Callable[[Scope, Run], Any]
ItemTest = Callable[[Any, Scope, Run], Any]

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PLAIN = frozenset({str, bool, int})


def same_as(left: Code, value: Any, *, negated: bool) -> Code:
    """Compare with a constant, the commonest test of all."""
    if value is None:
        if negated:
            return lambda scope, run: left(scope, run) is not None
        return lambda scope, run: left(scope, run) is None
    plain = type(value) if type(value) in _PLAIN else None

    def code(scope: Scope, run: Run) -> bool | None:
        found = left(scope, run)
        if type(found) is plain:
            return (found == value) is not negated
        same = equal(found, value, run)
        return same is not negated if same is not None else None

    return code


def part_same_as(name: str, part: str, value: Any, general: Code, *, negated: bool) -> Code:
    """Compare ``name.part`` with a constant, where both are there and plain; else go the general way."""
    plain = type(value) if type(value) in _PLAIN else None

    def code(scope: Scope, run: Run) -> bool | None:
        whole = scope.get(name)
        if type(whole) is dict:
            found = whole.get(part)
            if type(found) is plain:
                return (found == value) is not negated
            if value is None:
                return (found is None) is not negated
        result: bool | None = general(scope, run)
        return result

    return code


def one_of(subject: Code, values: Sequence[Any], general: Code) -> Code:
    """Say whether a text is one of several constant texts; anything else goes the general way."""
    texts = frozenset(values)

    def code(scope: Scope, run: Run) -> bool | None:
        found = subject(scope, run)
        if type(found) is str:
            return found in texts
        result: bool | None = general(scope, run)
        return result

    return code


def order(compare: Callable[[Any, Any], bool], left: Code, right: Code) -> Code:
    """Compare two values that have an order."""

    def code(scope: Scope, run: Run) -> bool | None:
        one, other = left(scope, run), right(scope, run)
        if type(one) in NUMBERS and type(other) in NUMBERS:
            return compare(one, other)
        return ordered(compare, one, other)

    return code


def order_constant(compare: Callable[[Any, Any], bool], left: Code, value: Any) -> Code:
    """Compare with a constant number."""

    def code(scope: Scope, run: Run) -> bool | None:
        found = left(scope, run)
        return compare(found, value) if type(found) in NUMBERS else ordered(compare, found, value)

    return code


def lies_within(subject: Code, bounds: Range) -> Code:
    """Say whether a value lies between two constant ends."""
    if type(bounds.start) not in NUMBERS or type(bounds.end) not in NUMBERS:
        return lambda scope, run: _lies(subject(scope, run), bounds, run)
    above = operator.ge if bounds.start_included else operator.gt
    below = operator.le if bounds.end_included else operator.lt
    low, high = bounds.start, bounds.end

    def code(scope: Scope, run: Run) -> bool | None:
        found = subject(scope, run)
        if type(found) in NUMBERS:
            return bool(above(found, low) and below(found, high))
        return _lies(found, bounds, run)

    return code


def _lies(value: Any, bounds: Range, run: Run) -> bool | None:
    return equal(value, bounds, run) if isinstance(value, Range) else within(value, bounds)


# ------------------------------------------------------------------------------------------- filters


def item_tests(node: Node, builtins: Mapping[str, Any]) -> list[ItemTest]:
    """Give the tests that an item must all pass to be kept, or none where the predicate is of another kind."""
    parts = node.parts if isinstance(node, syntax.Logic) and node.operator == "and" else (node,)
    tests = [item_test(part, builtins) for part in parts]
    return [] if None in tests else [test for test in tests if test is not None]


def item_test(node: Node, builtins: Mapping[str, Any]) -> ItemTest | None:
    """Give a test of one item for a predicate that joins comparisons of keys with constants; None for any other."""
    if isinstance(node, syntax.Compare):
        return _item_compare(node, builtins)
    if not isinstance(node, syntax.Logic):
        return None
    parts = [item_test(part, builtins) for part in node.parts]
    tests = [part for part in parts if part is not None]
    return _item_logic(tests, decides=node.operator == "or") if len(tests) == len(parts) else None


def _item_logic(tests: Sequence[ItemTest], *, decides: bool) -> ItemTest:
    if len(tests) == 2:
        return _item_logic_of_two(*tests, decides=decides)

    def test(item: Any, scope: Scope, run: Run) -> bool | None:
        result: bool | None = not decides
        for each in tests:
            value: bool | None = each(item, scope, run)
            if value is decides:
                return decides
            if value is None:
                result = None
        return result

    return test


def _item_logic_of_two(one: ItemTest, two: ItemTest, *, decides: bool) -> ItemTest:
    def test(item: Any, scope: Scope, run: Run) -> bool | None:
        first: bool | None = one(item, scope, run)
        if first is decides:
            return decides
        second: bool | None = two(item, scope, run)
        return second if first is not None or second is decides else None

    return test


def seen(name: str, item: Any, scope: Scope, otherwise: Any) -> Any:
    """Give what a name means in a filter: a key of the item, the item itself, or what it means outside."""
    if isinstance(item, Mapping) and name in item:
        return item[name]
    return item if name == "item" else scope.get(name, otherwise)


def _item_compare(node: syntax.Compare, builtins: Mapping[str, Any]) -> ItemTest | None:
    if not isinstance(node.left, syntax.Name) or not isinstance(node.right, syntax.Literal):
        return None
    name, value = node.left.name, node.right.value
    otherwise = builtins.get(name)
    if node.operator in ORDERS:
        compare = ORDERS[node.operator]

        def in_order(item: Any, scope: Scope, run: Run) -> bool | None:
            found = item[name] if type(item) is dict and name in item else seen(name, item, scope, otherwise)
            if type(found) in NUMBERS and type(value) in NUMBERS:
                return compare(found, value)
            return ordered(compare, found, value)

        return in_order
    negated = node.operator == "!="
    plain = type(value) if type(value) in _PLAIN else None

    def same(item: Any, scope: Scope, run: Run) -> bool | None:
        found = item[name] if type(item) is dict and name in item else seen(name, item, scope, otherwise)
        if type(found) is plain:
            return (found == value) is not negated
        alike = equal(found, value, run)
        return alike is not negated if alike is not None else None

    return same
