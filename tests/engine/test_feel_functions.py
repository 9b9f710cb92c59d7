"""The built-in functions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.feel import compile
from engine.feel.functions.registry import BUILTINS

STANDARD = (
    "abs, after, all, any, append, before, ceiling, coincides, concatenate, contains, context, context merge, context put, "
    "count, date, date and time, day of week, day of year, decimal, distinct values, duration, during, ends with, even, exp, "
    "finished by, finishes, flatten, floor, get entries, get value, includes, index of, insert before, is, list contains, "
    "list replace, log, lower case, matches, max, mean, median, meets, met by, min, mode, modulo, month of year, not, now, "
    "number, odd, overlaps, overlaps after, overlaps before, product, range, remove, replace, reverse, round down, "
    "round half down, round half up, round up, sort, split, sqrt, started by, starts, starts with, stddev, string, "
    "string join, string length, sublist, substring, substring after, substring before, sum, time, today, union, upper case, "
    "week of year, years and months duration"
)
"""The functions of DMN 1.5, 10.3.4."""
NOW = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('string length("abc")', 3),
        ('substring("abcdef", 2, 3)', "bcd"),
        ('substring("abcdef", -2)', "ef"),
        ('substring("abc", 0)', None),
        ('upper case("aé")', "AÉ"),
        ('contains(string: "abc", match: "b")', True),
        ('starts with("abc", "a") and ends with("abc", "c")', True),
        ('substring before("a@b", "@") + substring after("a@b", "@")', "ab"),
        ('string join(["a", null, "b"], "-")', "a-b"),
        ("string(1.50)", "1.5"),
        ('string({a: [1, "x"]})', '{a: [1, "x"]}'),
        ('number("1,000.50", ",", ".")', Decimal("1000.50")),
        ('number("abc")', None),
        ("list contains([1, 2], 2.0)", True),
        ('list contains(null, "a")', None),
        ("count([])", 0),
        ("min(3, 1, 2)", 1),
        ('max([@"2026-01-01", @"2026-02-01"]) = @"2026-02-01"', True),
        ("max([])", None),
        ("sum([1, 2.5])", Decimal("3.5")),
        ("sum([1, null])", None),
        ("mean([1, 2])", Decimal("1.5")),
        ("all([true, null])", None),
        ("any([true, null])", True),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("concatenate([1], [2, 3])", [1, 2, 3]),
        ("distinct values([1, 1.0, 2])", [1, 2]),
        ("flatten([1, [2, [3]]])", [1, 2, 3]),
        ("index of([1, 2, 1], 1)", [1, 3]),
        ("sublist([1, 2, 3], 2)", [2, 3]),
        ("insert before([1, 3], 2, 2)", [1, 2, 3]),
        ("remove([1, 2], 1)", [2]),
        ("reverse([1, 2])", [2, 1]),
        ("sort([2, 1])", [1, 2]),
        ("floor(-1.5)", -2),
        ("ceiling(1.2)", 2),
        ("round(2.5)", 3),
        ("round half up(2.345, 2)", Decimal("2.35")),
        ("abs(-3)", 3),
        ("modulo(-12, 5)", 3),
        ("modulo(1, 0)", None),
        ("sqrt(16)", Decimal(4)),
        ("sqrt(-1)", None),
        ("odd(3) and even(2)", True),
        ('get value({a: 1}, "a")', 1),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
        ("get or else(null, 5)", 5),
        ("before([1..5), 5) and not(before([1..5], 5))", True),
        ("includes([1..5], 5) and during(4, [1..5])", True),
        ("meets([1..5], [5..9])", True),
        ('3 in range("[1..3]")', True),
    ],
)  # fmt: skip
def test_a_function_gives_what_the_standard_says(text: str, value: Any) -> None:
    found = compile(text).evaluate({}, now=NOW)
    assert found == value
    assert (found is None) == (value is None)


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_a_function_gives_null_and_never_breaks_on_strange_arguments(name: str) -> None:
    strange = ["null", "true", "-1", "1e6000", '"x"', '@"9999-12-31"', "[]", "[null]", "{}", "[1..2]", '@"P1Y"', "abs"]
    for one in strange:
        compile(f"{name}({one})").evaluate({}, now=NOW)
        for two in strange:
            compile(f"{name}({one}, {two})").evaluate({}, now=NOW)
            compile(f"{name}({two}, {one}, {two})").evaluate({}, now=NOW)


def test_every_function_of_the_standard_is_there() -> None:
    assert set(STANDARD.split(", ")) <= BUILTINS.keys()
