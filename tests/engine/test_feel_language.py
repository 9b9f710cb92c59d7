"""Operators, constructs and tests of FEEL, and what is refused of it."""

from __future__ import annotations

import doctest
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import feel as feel_package
from engine.feel import (
    Budget,
    BudgetExceeded,
    FeelSyntaxError,
    Function,
    compile,
    compile_source,
    compile_unary_tests,
)

NOW = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


def feel(text: str, scope: Mapping[str, Any] | None = None) -> Any:
    return compile(text).evaluate(scope or {}, now=NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("0.1 + 0.2 = 0.3", True),
        ("-2 ** 2", 4),
        ("2 ** 3 ** 2", 64),
        ("10 / 4", Decimal("2.5")),
        ("1 / 0", None),
        ("1 / 3", Decimal("0." + "3" * 34)),
        ('"a" + "b"', "ab"),
        ('"a" + 1', None),
        ('"say \\"no\\" \\u00e9"', 'say "no" é'),
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("null < 1", None),
        ("3 between 1 and 3", True),
        ("not(true)", False),
        ("not(null)", None),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[][1]", None),
        ("[][-1].a != null", False),
        ("[{a: 1, b: 2}, {a: 3}][a = 3]", [{"a": 3}]),
        ("[{a: 1}, {a: 3}].a", [1, 3]),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"two words": 1}', {"two words": 1}),
        ("{deputy head: 1}", {"deputy head": 1}),
        ("for x in 1..3 return x * 2", [2, 4, 6]),
        ("for x in 3..1 return x", [3, 2, 1]),
        ("for x in [1, 2], y in [x, 10] return y", [1, 10, 2, 10]),
        ("for x in 1..4 return if x = 1 then 1 else x * partial[-1]", [1, 2, 6, 24]),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [1, null] satisfies x > 0", None),
        ("every x in [] satisfies x > 0", True),
        ("if null then 1 else 2", 2),
        ("(function(x, y) x - y)(5, 3)", 2),
        ("{less: function(x, y) x - y, d: less(y: 5, x: 3)}.d", -2),
        ("sort([3, 1, 2], function(a, b) a > b)", [3, 2, 1]),
        ("2 in [1..3)", True),
        ("3 in [1..3)", False),
        ("3 in (1, >= 3)", True),
        ("5 in ]4..5]", True),
        ("(1) in (1) and 2 in (2)", True),
        ("[1..3] instance of range<number>", True),
        ("1 instance of string", False),
        ("1 /* one */ + 1 // two", 2),
        ('@"P1D" instance of days and time duration', True),
    ],
)  # fmt: skip
def test_an_expression_has_the_value_that_the_standard_gives_it(text: str, value: Any) -> None:
    found = feel(text)
    assert found == value
    assert (found is None) == (value is None)
    assert isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize("operator", ["and", "or"])
@pytest.mark.parametrize("left", [True, False, None, 3])
@pytest.mark.parametrize("right", [True, False, None, 3])
def test_logic_has_three_values_in_any_order_and_number(operator: str, left: Any, right: Any) -> None:
    decides = operator == "or"
    if decides in {x for x in (left, right) if type(x) is bool}:
        expected: bool | None = decides
    else:
        expected = (not decides) if type(left) is type(right) is bool else None
    scope = {"a": left, "b": right}
    assert feel(f"a {operator} b", scope) is expected
    assert feel(f"b {operator} a", scope) is expected
    assert feel(f"a {operator} b {operator} a", scope) is expected


def test_what_is_missing_is_null_all_along_a_path() -> None:
    assert feel("found.returned_at.year", {}) is None
    assert feel("found.returned_at != null", {"found": {}}) is False
    assert feel('risk.level = "high"', {"risk": None}) is False
    assert feel("is defined(risk.level)", {"risk": {"level": None}}) is True
    assert feel("is defined(risk.level)", {"risk": {}}) is False


def test_the_names_from_outside_are_known_without_evaluating() -> None:
    expression = compile(
        "found.returned_at != null and count(for x in attempts return x + gap) > 1 and limits(clock: start).c"
    )
    assert expression.names == {"found", "attempts", "gap", "limits", "start"}
    assert compile("attempts[outcome = wanted]").names == {"attempts"}
    assert compile("attempts[outcome = wanted]").loose == {"outcome", "wanted"}


def test_a_filter_sees_the_keys_of_the_item_before_the_names_around_it() -> None:
    scope = {"attempts": [{"outcome": "no"}, {"outcome": "yes"}, {}], "outcome": "yes", "wanted": "yes"}
    assert feel("count(attempts[outcome = wanted])", scope) == 2
    assert feel("for outcome in [1] return attempts[outcome = wanted].outcome", scope) == [["yes"]]


def test_a_function_of_the_scope_is_called_by_position_and_by_name() -> None:
    def deadlines(deadline: str | None, clock: datetime | None) -> str:
        return f"{deadline} {clock}"

    scope = {"deadlines": Function(deadlines, ("deadline", "clock")), "at": 5}
    assert feel('deadlines("T-25", at)', scope) == "T-25 5"
    assert feel('deadlines(clock: at, deadline: "T-25")', scope) == "T-25 5"
    assert feel('deadlines("T-25")', scope) == "T-25 None"
    assert feel('deadlines("T-25", 1, 2)', scope) is None
    assert feel("deadlines(until: 3)", scope) is None


def test_a_leading_equals_sign_is_taken_off_a_diagrams_expression() -> None:
    assert compile_source("= 1 + 1").evaluate({}, now=NOW) == 2


@pytest.mark.parametrize(
    ("cell", "matching", "others"),
    [
        ("-", [1, "a", None], []),
        ('"high"', ["high"], ["low", None, 3]),
        ('"high", "medium"', ["high", "medium"], ["low"]),
        ('not("high", null)', ["low"], ["high", None]),
        (">= 18", [18, Decimal("18.5")], [17, None, "18"]),
        ("[1..5), > 9", [1, 4, 10], [5, 9]),
        ("null", [None], [1, "a"]),
        ("true", [True], [False, None, 1]),
        ("? > 3 and ? < 5", [4], [3, 5]),
        ("limit", [7], [8]),
        ("[7, 8]", [7, 8], [9]),
        ('contains(?, "x")', ["axb"], ["ab", None]),
        ("limit = 7", ["anything", None], []),
        ("!= 3", [4], [3]),
    ],
)
def test_a_cell_holds_for_the_values_that_it_means(cell: str, matching: list[Any], others: list[Any]) -> None:
    test = compile_unary_tests(cell)
    for value in matching:
        assert test.evaluate({"?": value, "limit": 7}, now=NOW) is True, value
    for value in others:
        assert test.evaluate({"?": value, "limit": 7}, now=NOW) is False, value


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "Expected an expression"),
        ("1 +", 1, 4, "Expected a value, found the end"),
        ("a.b =\n  = 3", 2, 3, "Expected a value"),
        ("if a then b", 1, 12, "Expected 'else'"),
        ("(1", 1, 3, "Expected ')'"),
        ("Full Name 3", 1, 11, "Expected an operator or the end"),
        ("function(a) external {java: {}}", 1, 13, "functions of other languages are never run"),
        ('"open', 1, 1, "no closing quotation mark"),
        ("'single'", 1, 1, "straight double quotation marks"),
        ("f(a: 1, 2)", 1, 9, "all named or all unnamed"),
        ("{a: 1, a: 2}", 1, 8, "stands twice"),
        ("1e999999", 1, 1, "too large"),
        ("a $ b", 1, 3, "has no meaning"),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(FeelSyntaxError) as refused:
        compile(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "[" * 5000,
        "-(" * 3000 + "1" + ")" * 3000,
        "not(" * 1000 + "true" + ")" * 1000,
        "if " * 3000,
        "{a:" * 3000,
        "]" * 3000 + "1",
        "a" + "[1" * 3000,
        "(>" * 3000 + "1",
        "1" + "+1" * 5000,
        "a" + ".b" * 5000,
        "-" * 15000 + "1",
        "x in (" * 200 + "1" + ")+0" * 200,
        "a instance of " + "list<" * 3000,
        "1" * 30_000,
    ],
)
def test_what_is_nested_too_deeply_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(FeelSyntaxError):
        compile(text)


@pytest.mark.parametrize(
    "text",
    [
        "for x in 1..1000000000 return x",
        "count(for x in 1..1000000000 return x)",
        "some x in 1..1000000000 satisfies x < 0",
        "for x in 1..90000, y in 1..90000 return 1",
        '(for x in 1..40 return if x = 1 then "ab" else partial[-1] + partial[-1])[-1]',
        "{f: function(g) g(g), r: f(f)}.r",
        "for x in 1..40 return if x = 1 then [1] else [partial[-1], partial[-1]]",
        "string((for x in 1..40 return if x = 1 then [1] else [partial[-1], partial[-1]])[-1])",
        "(for x in 1..90000 return [partial[-1]]) = (for x in 1..90000 return [partial[-1]])",
        "flatten(for x in 1..40 return if x = 1 then [1] else concatenate(partial[-1], partial[-1]))",
        'for d in @"0001-01-01"..@"9999-12-31" return d',
        "distinct values(for x in 1..90000 return x)",
    ],
)  # fmt: skip
def test_what_costs_too_much_is_refused(text: str) -> None:
    with pytest.raises(BudgetExceeded):
        feel(text)


def test_a_smaller_budget_can_be_given() -> None:
    with pytest.raises(BudgetExceeded):
        compile("for x in 1..50 return x").evaluate({}, budget=Budget(steps=20), now=NOW)


@pytest.mark.parametrize("name", ["__class__", "tzinfo", "real", "__init__", "strftime", "callable", "months"])
def test_nothing_of_python_can_be_reached(name: str) -> None:
    secret = object()
    scope = {"a": NOW, "b": 3, "c": "x", "d": [1], "e": secret, "f": Function(lambda: 1, ()), "g": {}}
    for key in scope:
        assert feel(f"{key}.{name}", scope) in (None, [None])
        assert feel(f'get value({key}, "{name}")', scope) is None


def test_what_can_only_give_null_is_doubted_and_not_refused() -> None:
    expression = compile('duration("24H") + date(1, 2)')
    assert expression.evaluate({}, now=NOW) is None
    sentences = [doubt.sentence for doubt in expression.doubts]
    assert sentences == ['"24H" is not a duration.', "date(...) takes (year, month, day) or (from)."]


def test_the_examples_of_the_documents_run() -> None:
    readme = Path("engine/feel/README.md")
    assert doctest.testfile(str(readme), module_relative=False).failed == 0
    assert doctest.testmod(feel_package).failed == 0
