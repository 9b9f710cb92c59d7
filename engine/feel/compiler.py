"""Turns a tree into nested Python closures: read once, run in microseconds, with no way out into Python.

A closure takes the scope and the run. A path reaches into contexts and into the parts of dates and durations only: no
attribute of a Python object has a name here. Names of items (`for`, `some`, a filter, a function's parameters) live in
a copy of the scope that is made once for each construct.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.feel import arithmetic, shortcuts, syntax, temporal
from engine.feel.budget import Budget, BudgetExceeded, Run
from engine.feel.shortcuts import ORDERS, Code, Scope
from engine.feel.syntax import Node
from engine.feel.values import NUMBERS, Function, Range, equal, kind, ordered, within

_FOLDED = (syntax.Negate, syntax.Binary, syntax.RangeNode)
_ENOUGH = Budget(steps=500, size=500, depth=20)
_NOWHEN = datetime(2000, 1, 1, tzinfo=UTC)

_ARITHMETIC: Mapping[str, arithmetic.Operation] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "**": arithmetic.power,
}


class Compiler:
    """Compiles one tree and notes which names it needs from outside.

    `names` are needed for certain; `loose` ones stand inside a filter, where they may be keys
    of the item, or are the language's own; `own` are the built-in functions that it calls or hands on. `doubts` are
    places (offset, sentence) that can only give null, such as a date that is none. With a `watch` every node is compiled
    the general way, and given to it with its code.
    """

    def __init__(self, builtins: Mapping[str, Any], watch: Callable[[Node, Code], Code] | None = None) -> None:
        self.builtins = builtins
        self.watch = watch
        self.names: set[str] = set()
        self.loose: set[str] = set()
        self.own: set[str] = set()
        self.doubts: list[tuple[int, str]] = []
        self.bound: list[frozenset[str]] = []
        self.filters = 0
        self.constants: dict[int, Any] = {}

    def compile(self, node: Node) -> Code:
        """Compile a node and all that is in it; what is constant is calculated now."""
        code = _COMPILE[type(node)](self, node)
        if self.watch is not None:
            return self.watch(node, code)
        return self.folded(node, code) if isinstance(node, _FOLDED) else code

    def folded(self, node: Node, code: Code) -> Code:
        """Calculate a node once where all its parts are constants."""
        if not all(id(part) in self.constants for part in syntax.parts(node)):
            return code
        try:
            value = code({}, Run(_ENOUGH, _NOWHEN))
        except BudgetExceeded:
            return code
        return self.constant(node, value)

    def constant(self, node: Node, value: Any) -> Code:
        """Note that a node is always the same, and compile it."""
        if self.watch is None:
            self.constants[id(node)] = value
        return lambda scope, run: value

    def inner(self, node: Node, *names: str) -> Code:
        """Compile a node in which these names are bound."""
        self.bound.append(frozenset(names))
        code = self.compile(node)
        self.bound.pop()
        return code

    def free(self, name: str) -> None:
        """Note a name that is looked up in the scope."""
        if not any(name in names for names in self.bound):
            (self.loose if self.filters else self.names).add(name)


# ------------------------------------------------------------------------------------------- values and names


def _literal(compiler: Compiler, node: syntax.Literal) -> Code:
    return compiler.constant(node, node.value)


def _at_literal(compiler: Compiler, node: syntax.AtLiteral) -> Code:
    value = temporal.read_literal(node.text)
    if value is None:
        compiler.doubts.append((node.at, f'@"{node.text}" is not a date, a time or a duration.'))
    return compiler.constant(node, value)


def _name(compiler: Compiler, node: syntax.Name) -> Code:
    name = node.name
    if name in compiler.builtins and not any(name in names for names in compiler.bound):
        function = compiler.builtins[name]
        compiler.loose.add(name)
        compiler.own.add(name)
        return lambda scope, run: scope.get(name, function)
    compiler.free(name)
    return lambda scope, run: scope.get(name)


def reach(whole: Any, part: str, run: Run) -> Any:
    """Give what stands behind a dot: the key of a context, a part of a date, the same of each item of a list."""
    if isinstance(whole, Mapping):
        return whole.get(part)
    if isinstance(whole, list):
        run.items(len(whole))
        return [item.get(part) if type(item) is dict else reach(item, part, run) for item in whole]
    return temporal.part(whole, kind(whole), part)


def _path(compiler: Compiler, node: syntax.Path) -> Code:
    part = node.part
    if isinstance(node.whole, syntax.Name):
        name = node.whole.name
        compiler.free(name)

        def code_of_name(scope: Scope, run: Run) -> Any:
            whole = scope.get(name)
            return whole.get(part) if type(whole) is dict else reach(whole, part, run)

        return code_of_name
    inside = compiler.compile(node.whole)

    def code(scope: Scope, run: Run) -> Any:
        whole = inside(scope, run)
        return whole.get(part) if type(whole) is dict else reach(whole, part, run)

    return code


def _list(compiler: Compiler, node: syntax.ListNode) -> Code:
    items = [compiler.compile(item) for item in node.items]
    return lambda scope, run: [item(scope, run) for item in items]


def _context(compiler: Compiler, node: syntax.ContextNode) -> Code:
    entries: list[tuple[str, Code]] = []
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        entries.append((key, compiler.inner(value, *node.keys[:index])))

    def code(scope: Scope, run: Run) -> dict[str, Any]:
        inner = run.copy(scope)
        made: dict[str, Any] = {}
        for key, value in entries:
            made[key] = inner[key] = value(inner, run)
        return made

    return code


def _range(compiler: Compiler, node: syntax.RangeNode) -> Code:
    low, high = compiler.compile(node.low), compiler.compile(node.high)
    low_included, high_included = node.low_included, node.high_included

    def code(scope: Scope, run: Run) -> Range | None:
        start, end = low(scope, run), high(scope, run)
        if start is None or end is None or ordered(operator.le, start, end) is None:
            return None
        return Range(start, low_included, end, high_included)

    return code


# ------------------------------------------------------------------------------------------- operators


def _binary(compiler: Compiler, node: syntax.Binary) -> Code:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    operation = _ARITHMETIC[node.operator]
    return lambda scope, run: operation(left(scope, run), right(scope, run), run)


def _negate(compiler: Compiler, node: syntax.Negate) -> Code:
    value = compiler.compile(node.value)
    negate = arithmetic.negate
    return lambda scope, run: negate(value(scope, run))


def _compare(compiler: Compiler, node: syntax.Compare) -> Code:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    constant = compiler.constants.get(id(node.right))
    if node.operator in ORDERS:
        return _order(ORDERS[node.operator], left, right, constant)
    negated = node.operator == "!="
    if isinstance(node.right, syntax.Literal) and compiler.watch is None:
        return _same_as(node.left, left, node.right.value, negated=negated)

    def code(scope: Scope, run: Run) -> bool | None:
        same = equal(left(scope, run), right(scope, run), run)
        return same is not negated if same is not None else None

    return code


def _order(compare: Callable[[Any, Any], bool], left: Code, right: Code, constant: Any) -> Code:
    if type(constant) in NUMBERS:
        return shortcuts.order_constant(compare, left, constant)
    return shortcuts.order(compare, left, right)


def _same_as(node: Node, left: Code, value: Any, *, negated: bool) -> Code:
    general = shortcuts.same_as(left, value, negated=negated)
    if isinstance(node, syntax.Path) and isinstance(node.whole, syntax.Name):
        return shortcuts.part_same_as(node.whole.name, node.part, value, general, negated=negated)
    return general


def _logic(compiler: Compiler, node: syntax.Logic) -> Code:
    """Compile three-valued and/or (DMN 1.3, table 50): one part that decides is enough, whatever the others are."""
    parts = [compiler.compile(part) for part in node.parts]
    decides = node.operator == "or"
    if len(parts) == 2:
        return _logic_of_two(parts[0], parts[1], decides=decides)

    def code(scope: Scope, run: Run) -> bool | None:
        result: bool | None = not decides
        for part in parts:
            value: object = part(scope, run)
            if value is decides:
                return decides
            if type(value) is not bool:
                result = None
        return result

    return code


def _logic_of_two(left: Code, right: Code, *, decides: bool) -> Code:
    other = not decides

    def code(scope: Scope, run: Run) -> bool | None:
        one: object = left(scope, run)
        if one is decides:
            return decides
        two: object = right(scope, run)
        if two is decides:
            return decides
        return other if one is other and two is other else None

    return code


def _between(compiler: Compiler, node: syntax.Between) -> Code:
    value, low, high = (compiler.compile(each) for each in (node.value, node.low, node.high))

    def code(scope: Scope, run: Run) -> bool | None:
        start, end = low(scope, run), high(scope, run)
        if start is None or end is None:
            return None
        return within(value(scope, run), Range(start, True, end, True))  # noqa: FBT003 - both ends are included

    return code


# ------------------------------------------------------------------------------------------- tests


def holds(value: Any, test: Any, run: Run) -> bool | None:
    """Say whether a value passes a test that is itself a value: in the range, in the list, equal."""
    run.spend()
    if type(test) is Range:
        return within(value, test) if not isinstance(value, Range) else equal(value, test, run)
    if isinstance(test, list) and not isinstance(value, list):
        return any(holds(value, each, run) is True for each in test)
    if isinstance(test, list):
        return equal(value, test, run) is True or any(holds(value, each, run) is True for each in test)
    return equal(value, test, run)


def _test(compiler: Compiler, node: syntax.Test) -> Code:
    """Compile ``>= 3`` as a value: a range with one end, as ``in`` takes it."""
    bound = compiler.compile(node.bound)
    sign = node.operator
    if sign == "!=":
        compiler.doubts.append((node.at, "'!=' is a test of a cell, or stands after 'in'; it is no value."))
        return lambda scope, run: None

    def code(scope: Scope, run: Run) -> Range | None:
        end = bound(scope, run)
        if kind(end) not in temporal.PARTS and kind(end) not in {"number", "string"}:
            return None
        if sign == "=":
            return Range(end, True, end, True)  # noqa: FBT003 - both ends are the value
        if sign[0] == "<":
            return Range(None, False, end, sign == "<=")  # noqa: FBT003 - the open end
        return Range(end, sign == ">=", None, False)  # noqa: FBT003 - the open end

    return code


def _check(compiler: Compiler, test: Node, subject: Code) -> Code:
    """Compile one test of a subject into a condition."""
    if isinstance(test, syntax.Test):
        bound = compiler.compile(test.bound)
        if test.operator in ORDERS:
            return _order(ORDERS[test.operator], subject, bound, compiler.constants.get(id(test.bound)))
        if isinstance(test.bound, syntax.Literal):
            return shortcuts.same_as(subject, test.bound.value, negated=test.operator == "!=")
        negated = test.operator == "!="

        def unequal(scope: Scope, run: Run) -> bool | None:
            same = equal(subject(scope, run), bound(scope, run), run)
            return same is not negated if same is not None else None

        return unequal
    if isinstance(test, syntax.Literal) and test.value is not None:
        return shortcuts.same_as(subject, test.value, negated=False)
    value = compiler.compile(test)
    constant = compiler.constants.get(id(test))
    if isinstance(constant, Range):
        return shortcuts.lies_within(subject, constant)
    if isinstance(test, syntax.RangeNode):
        return lambda scope, run: _lies(subject(scope, run), value(scope, run), run)
    return lambda scope, run: holds(subject(scope, run), value(scope, run), run)


def _lies(value: Any, bounds: Range | None, run: Run) -> bool | None:
    """Say whether a value lies in a range that may have come to nothing because an end is null."""
    return None if bounds is None else holds(value, bounds, run)


def _in(compiler: Compiler, node: syntax.In) -> Code:
    subject = compiler.compile(node.value)
    checks = [_check(compiler, test, subject) for test in node.tests]
    if len(checks) == 1:
        return checks[0]

    def code(scope: Scope, run: Run) -> bool | None:
        results = [check(scope, run) for check in checks]
        return True if True in results else None if all(result is None for result in results) else False

    return _texts(node.tests, subject, code) or code


def _texts(tests: tuple[Node, ...], subject: Code, general: Code) -> Code | None:
    """Compile the question whether a value is one of several constant texts, if that is what is asked."""
    values = [test.value for test in tests if isinstance(test, syntax.Literal) and type(test.value) is str]
    if len(values) < max(2, len(tests)):
        return None
    return shortcuts.one_of(subject, values, general)


_CONDITIONS = (syntax.Compare, syntax.Logic, syntax.Between, syntax.In, syntax.Quantified, syntax.InstanceOf)


def _tests(compiler: Compiler, node: syntax.Tests) -> Code:
    """Compile a cell: a test that speaks of ``?``, or is itself a condition, must be true; any other is compared."""
    compiler.bound.append(frozenset({"?"}))
    checks: list[Code] = []
    for test in node.tests:
        asks = syntax.mentions(test, "?") and not isinstance(test, syntax.Test)
        if asks or isinstance(test, _CONDITIONS):
            checks.append(compiler.compile(test))
        else:
            check = _check(compiler, test, _asked)
            asked = syntax.In(test.at, syntax.Name(test.at, "?"), (test,))
            checks.append(compiler.watch(asked, check) if compiler.watch is not None else check)
    compiler.bound.pop()
    if not checks:
        return lambda scope, run: True
    if len(checks) == 1 and not node.negated:
        only = checks[0]
        return lambda scope, run: only(scope, run) is True
    return _any_or_none(node, checks)


def _asked(scope: Scope, _: Run) -> Any:
    return scope.get("?")


def _any_or_none(node: syntax.Tests, checks: list[Code]) -> Code:
    def code(scope: Scope, run: Run) -> bool:
        for check in checks:  # noqa: SIM110 - twice as fast as any()
            if check(scope, run) is True:
                return True
        return False

    def none(scope: Scope, run: Run) -> bool:
        for check in checks:  # noqa: SIM110 - as above
            if check(scope, run) is not False:
                return False
        return True

    if node.negated:
        return none
    return _texts(node.tests, _asked, code) or code


# ------------------------------------------------------------------------------------------- if, functions, types


def _if(compiler: Compiler, node: syntax.If) -> Code:
    test, yes, no = (compiler.compile(each) for each in (node.condition, node.yes, node.no))
    return lambda scope, run: yes(scope, run) if test(scope, run) is True else no(scope, run)


def _function(compiler: Compiler, node: syntax.FunctionNode) -> Code:
    parameters = node.parameters
    body = compiler.inner(node.body, *parameters)
    cost = syntax.weight(node.body)

    def code(scope: Scope, run: Run) -> Function:
        kept = run.copy(scope)

        def call(**values: Any) -> Any:
            run.spend(cost + (len(kept) >> 6))
            run.enter(10)
            try:
                return body({**kept, **values}, run)
            finally:
                run.leave(10)

        return Function(call, parameters)

    return code


_COMPILE: dict[type, Callable[[Compiler, Any], Code]] = {
    syntax.Literal: _literal,
    syntax.AtLiteral: _at_literal,
    syntax.Name: _name,
    syntax.Path: _path,
    syntax.ListNode: _list,
    syntax.ContextNode: _context,
    syntax.RangeNode: _range,
    syntax.Binary: _binary,
    syntax.Negate: _negate,
    syntax.Compare: _compare,
    syntax.Logic: _logic,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.Test: _test,
    syntax.Tests: _tests,
    syntax.If: _if,
    syntax.FunctionNode: _function,
}


def teach(node: type, compile_node: Callable[[Compiler, Any], Code]) -> None:
    """Add how a kind of node is compiled; `loops`, `calls` and `types` add theirs when the package is imported."""
    _COMPILE[node] = compile_node
