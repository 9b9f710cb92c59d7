"""Why an evaluation is null: where it came to be, in a sentence without anybody's data."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Refusal
from engine.feel import BudgetExceeded, Function, compile, compile_unary_tests

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "risk": {"level": "high", "score": None},
    "a": 3,
    "s": "secret",
    "items": [1, 2],
    "day": date(2026, 1, 1),
    "limit": Function(lambda grade: grade and None, ("grade",)),
}


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("a + s", 3, "A number and a string cannot be added."),
        ("a / 0", 3, "A number cannot be divided by zero."),
        ("day < a", 5, "A date and a number cannot be compared."),
        ("items < items", 7, "Two values of the kind list have no order."),
        ("risk.score > 3", 5, "'score' is null."),
        ("risk.levl + 1", 5, "There is no 'levl' in this context."),
        ("rsk.level + 1", 4, "There is no 'rsk' here."),
        ("s.year", 2, "A string has no part 'year'."),
        ("a and true", 1, "'and' joins what is true or false, and not a number."),
        ("items[5]", 6, "There is no such place in this list of 2."),
        ("-s", 1, "A string has no sign that could be turned."),
        ("1 < null", 3, "Nothing can be done with null here."),
        ('[1.."a"]', 1, "The ends of this range cannot be compared."),
        ("for x in (1..3) return x", 1, "Only a list or a whole range can be walked through for 'x'."),
        ('duration("24H")', 9, '"24H" is not a duration.'),
        ('@"2026-13-01"', 1, '"2026-13-01" is not a date, a time or a duration.'),
        ("contains(a)", 9, "contains(...) takes (string, match)."),
        ("contains(a, s)", 9, "contains(...) takes (string, match); a number and a string cannot be used so."),
        ("substring(s)", 10, "substring(...) takes (string, start position, length)."),
        ("sqrt(0 - a)", 5, "sqrt(...) has no result for a number."),
        ("nothing(3)", 1, "There is no 'nothing' here."),
        ("a(3)", 2, "A number is no function."),
        ("limit(a, a)", 6, "limit(...) takes (grade)."),
        ("1 instance of Child", 3, "There is no type 'Child'."),
        ('matches(s, "a)")', 8, "The pattern is not usable at character 2: a ')' has no '('."),
        ('a between "x" and 5', 3, "A number and a string cannot be compared."),
    ],
)  # fmt: skip
def test_the_reason_of_a_null_is_told_where_it_came_to_be(text: str, column: int, sentence: str) -> None:
    assert compile(text).evaluate(SCOPE, now=NOW) is None
    reasons = compile(text).explain(SCOPE)
    assert [(each.line, each.column, each.sentence) for each in reasons] == [(1, column, sentence)]


@pytest.mark.parametrize(
    "text", ["a + 1", "risk.score = null", "get or else(risk.nothing, 3)", "a = 3 or s", "x = null"]
)
def test_nothing_is_told_where_nothing_went_wrong(text: str) -> None:
    assert compile(text).explain(SCOPE) == ()


def test_a_null_inside_is_told_with_its_line_though_the_whole_has_a_value() -> None:
    (reason,) = compile("if\n  a > s\nthen 1 else 2").explain(SCOPE)
    assert str(reason) == "Line 2, column 5: A number and a string cannot be compared."


def test_a_cell_that_cannot_hold_says_why() -> None:
    (reason,) = compile_unary_tests(">= 18").explain({"?": "a"})
    assert reason.sentence == "A string cannot be compared with this test."
    assert compile_unary_tests(">= 18").explain({"?": 19}) == ()


def test_a_reason_is_within_the_budget_too() -> None:
    with pytest.raises(BudgetExceeded):
        compile("for x in 1..1000000000 return y").explain({})


words = st.sampled_from(
    [
        "a",
        "s",
        "risk.level",
        "risk.score",
        "items",
        "day",
        "items[1]",
        "1",
        "null",
        '"x"',
        "+",
        "-",
        "*",
        "/",
        "and",
        "or",
        "=",
        "<",
        ">",
        "(",
        ")",
        ",",
        "sum(",
        "sqrt(",
        "not(",
        "string(",
        "if",
        "then",
        "else",
    ]
)


@given(st.lists(words, min_size=1, max_size=9).map(" ".join))
def test_every_null_has_a_reason_and_no_reason_holds_a_value(text: str) -> None:
    with contextlib.suppress(Refusal):
        expression = compile(text)
        value = expression.evaluate(SCOPE, now=NOW)
        reasons = expression.explain(SCOPE, now=NOW)
        assert not any("secret" in each.sentence for each in reasons)
        if value is None and text.strip("() ") != "null":
            assert reasons
