"""Attacks: work, room and depth without end, and ways out into Python. Steps are counted, and never time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Refusal
from engine.feel import Budget, BudgetExceeded, Function, compile, compile_unary_tests
from engine.feel.budget import Run
from engine.feel.functions.registry import BUILTINS

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
BIG = '{big: string join(for x in 1..1500 return "0123456789012345678901234567890123456789012345678901234567890123"), r: %s}.r'
MANY = "{many: for x in 1..50000 return {a: x}, r: %s}.r"


def feel(text: str, **scope: Any) -> Any:
    return compile(text).evaluate(scope, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        BIG % "for x in 1..90000 return substring(big, 2)",
        BIG % 'for x in 1..90000 return substring before(big, "9")',
        BIG % 'for x in 1..90000 return substring after(big, "0")',
        BIG % 'for x in 1..90000 return contains(big, "z")',
        BIG % "for x in 1..90000 return upper case(big)",
        BIG % 'for x in 1..90000 return matches(big, "(a|b|c|d)*z$")',
        BIG % 'for x in 1..90000 return replace(big, "0", "")',
        BIG % 'split(big, "(0.*z)|[0-9]")',
        BIG % 'string join(for x in 1..90 return big, ",")',
        BIG % "string length(big + big + big)",
        BIG % "for x in 1..90000 return string(x) + big",
        MANY % "for x in 1..90000 return many.a",
        MANY % "for x in 1..90000 return many[a = x]",
        MANY % "for x in 1..90000 return count(many)[item > many]",
        MANY % "for x in 1..90000 return sum(many.a)",
        MANY % "for x in 1..90000 return list contains(many, x)",
        MANY % "for x in 1..90000 return append(many, x)",
        MANY % "sort(many.a, function(a, b) count(many[a = 1]) > 0)",
        MANY % "union(many, many, many)",
        MANY % "many = many and many = many and many = many",
        "for x in 1..90000 return [" + "1, " * 6000 + "1]",
        "for x in 1..90000 return {" + ", ".join(f"a{key}: 1" for key in range(2000)) + "}",
        "some x in 1..90000 satisfies " + "x < 0 or " * 1500 + "x < 0",
        "count((for x in 1..90000 return x)[" + "item < 0 or " * 1500 + "item < 0])",
        "for x in 1..90000 return 0 in (" + ", ".join(map(str, range(7_000, 9_500))) + ")",
        "{" + "".join(f"a{key}: 1, " for key in range(2000)) + "r: for x in 1..90000 return {b: x}}.r",
        "{" + "".join(f"a{key}: 1, " for key in range(2000)) + "f: function() 1, r: for x in 1..90000 return f()}.r",
        "{f: function(g, n) if n = 0 then 1 else g(g, n - 1) + g(g, n - 1), r: f(f, 60)}.r",
        "{f: function(g) [g(g)], r: f(f)}.r",
        "for x in 1..90000 return log(x)",
        'for x in 1..90000 return range("[1..2]")',
        'for x in 1..90000 return number("' + "9" * 5000 + '")',
        'for x in 1..90000 return next local time(now(), @"08:00:00")',
    ],
)  # fmt: skip
def test_work_without_end_is_refused(text: str) -> None:
    with pytest.raises(BudgetExceeded):
        feel(text)


def steps(text: str, **scope: Any) -> int:
    run = Run(Budget(), NOW)
    compile(text).code(scope, run)
    return Budget().steps - run.steps


def test_a_loop_costs_what_is_done_in_it() -> None:
    short = steps("for x in 1..100 return x + 1")
    long = steps("for x in 1..100 return x" + " + 1" * 100)
    assert 100 <= short <= 400
    assert long > 8 * short


def test_a_loop_that_is_too_long_is_refused_before_its_first_pass() -> None:
    seen: list[Any] = []
    with pytest.raises(BudgetExceeded):
        feel("for x in 1..1000000000 return see(x)", see=Function(seen.append, ("object",)))
    assert seen == []


class Trap:
    """A foreign object that tells when anything is done with it."""

    def __init__(self) -> None:
        self.touched: list[str] = []


def _sprung(name: str) -> Callable[..., Any]:
    def spring(self: Trap, *_: Any, **__: Any) -> Any:
        self.touched.append(name)
        raise AssertionError(name)

    return spring


for _name in [
    "__call__",
    "__getattr__",
    "__getitem__",
    "__iter__",
    "__len__",
    "__bool__",
    "__str__",
    "__repr__",
    "__eq__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__add__",
    "__radd__",
    "__sub__",
    "__rsub__",
    "__mul__",
    "__rmul__",
    "__truediv__",
    "__pow__",
    "__neg__",
    "__contains__",
    "__int__",
    "__index__",
    "__float__",
    "__format__",
]:
    setattr(Trap, _name, _sprung(_name))
Trap.__hash__ = object.__hash__  # type: ignore[method-assign]

names = st.sampled_from(
    ["t", "t.x", "t.__class__", "c.t", "l[1]", "l", "c", "f", "1", '"a"', "null", "item", "?", "l.touched"]
)
operators = st.sampled_from(
    [" + ", " - ", " * ", " / ", " ** ", " = ", " != ", " < ", " >= ", " and ", " or ", " in ", ", "]
)
calls = st.sampled_from(sorted(BUILTINS))
wholes = st.recursive(
    names,
    lambda inner: st.one_of(
        st.builds("({}{}{})".format, inner, operators, inner),
        st.builds("{}({}, {})".format, calls, inner, inner),
        st.builds("{}({})".format, calls, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("(for x in {} return {})".format, inner, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds("[{}..{}]".format, inner, inner),
        st.builds("({} instance of {})".format, inner, st.sampled_from(["Any", "context", "list<Any>"])),
        st.builds("{{a: {}, b: {}}}".format, inner, inner),
        st.builds("{}(x: {})".format, inner, inner),
    ),
    max_leaves=6,
)


@given(wholes)
def test_a_foreign_object_in_the_scope_is_never_touched(text: str) -> None:
    trap = Trap()
    scope = {"t": trap, "c": {"t": trap}, "l": [trap, trap, 1], "f": Function(lambda x: x, ("x",)), "?": trap}
    for build in (compile, compile_unary_tests):
        with contextlib.suppress(Refusal):
            build(text).evaluate(scope, now=NOW)
        with contextlib.suppress(Refusal):
            build(text).explain(scope, now=NOW)
    assert trap.touched == []


@pytest.mark.parametrize(
    "text",
    ["().__class__", '"".format', '"{0.__class__}".format(a)', "a.__dict__", "f.callable", "f.callable.__globals__", "now().tzinfo",
     '@"P1D".resolution', "[1..2].__slots__", "count.overloads", "count.name", "(1).real", "l.append", "c.keys", "c.__init__",
     'get value(f, "callable")', "__import__", "eval", "scope", "run.budget", "partial.append(1)", "item.__class__"],
)  # fmt: skip
def test_no_attribute_of_a_python_object_has_a_name(text: str) -> None:
    scope = {"a": object(), "f": Function(print, ()), "l": [1], "c": {"x": 1}}
    with contextlib.suppress(Refusal):
        assert compile(text).evaluate(scope, now=NOW) in (None, [None], [])


def test_a_scope_is_never_changed_by_an_evaluation() -> None:
    scope: dict[str, Any] = {"l": [3, 1], "c": {"x": 1}}
    feel("append(l, 2)", **scope)
    compile('{l: 5, c: context put(c, "x", 2), d: sort(l), e: for c in l return c}').evaluate(scope, now=NOW)
    assert scope == {"l": [3, 1], "c": {"x": 1}}
