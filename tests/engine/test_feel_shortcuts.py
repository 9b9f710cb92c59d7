"""The quick ways of the commonest tests give what the general way gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.feel import Budget, BudgetExceeded, Function, compile, compile_unary_tests

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
values = st.sampled_from(
    [None, True, False, 0, 1, 3, Decimal("2.5"), "", "a", "b", date(2026, 1, 1), [1], ["a"], {}, {"a": 1}]
)
literals = st.sampled_from(["null", "true", "false", "1", "3", "2.5", "-1", '"a"', '"b"', "1 + 2", '@"2026-01-01"'])
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
keys = st.sampled_from(["a", "b", "item", "number", "count"])
items = st.lists(st.one_of(values, st.dictionaries(keys, values)), max_size=4)
tests = st.builds("{} {} {}".format, keys, signs, literals)


def feel(text: str, **scope: Any) -> Any:
    return compile(text).evaluate(scope, now=NOW)


def shown(value: Any) -> str:
    return repr(value)


@given(items, st.lists(tests, min_size=1, max_size=3), st.sampled_from(["and", "or"]), values)
def test_a_filter_by_keys_keeps_what_any_filter_keeps(things: list[Any], parts: list[str], word: str, a: Any) -> None:
    predicate = f" {word} ".join(parts)
    quick = feel(f"things[{predicate}]", things=things, a=a)
    general = feel(f"things[if true then {predicate} else null]", things=things, a=a)
    assert shown(quick) == shown(general)


@given(values, signs, literals)
def test_a_part_compared_with_a_constant_is_compared_as_ever(value: Any, sign: str, literal: str) -> None:
    for scope in ({"a": {"b": value}}, {"a": value}, {}):
        quick = feel(f"a.b {sign} {literal}", **scope)
        assert quick is feel(f"(if true then a.b else null) {sign} (if true then {literal} else null)", **scope)


@given(values, st.lists(literals, min_size=1, max_size=3))
def test_membership_in_constants_is_that_in_calculated_ones(value: Any, members: list[str]) -> None:
    general = ", ".join(f"(if true then {each} else null)" for each in members)
    assert feel(f"a in ({', '.join(members)})", a=value) is feel(f"a in ({general})", a=value)
    cells = [
        compile_unary_tests(f"{no}({cell})" if no else cell)
        for cell in (", ".join(members), general)
        for no in ("", "not")
    ]
    found = [cell.evaluate({"?": value}, now=NOW) for cell in cells]
    assert found[:2] == found[2:]


@given(values, st.sampled_from(["[1..3]", "(1..3)", "[1..2.5)", '["a".."b"]', '[@"2025-01-01"..@"2026-01-01"]']))
def test_a_constant_range_holds_what_a_calculated_one_holds(value: Any, bounds: str) -> None:
    low, high = bounds[1:-1].split("..")
    general = f"{bounds[0]}(if true then {low} else null)..(if true then {high} else null){bounds[-1]}"
    assert feel(f"a in {bounds}", a=value) is feel(f"a in {general}", a=value)


def test_a_function_of_the_scope_goes_before_a_constant_of_the_language() -> None:
    assert feel('duration("PT1H")', duration=Function(lambda text: f"own {text}", ("text",))) == "own PT1H"


def test_the_quick_ways_pay_for_every_item() -> None:
    for text in (
        "things[a = 1]",
        "for x in things return x",
        "some x in things satisfies x = 3",
        "things[a = 1 or a = 2]",
    ):
        compile(text).evaluate({"things": [0] * 50}, now=NOW, budget=Budget(steps=200))
        try:
            compile(text).evaluate({"things": [0] * 50}, now=NOW, budget=Budget(steps=40))
        except BudgetExceeded:
            continue
        raise AssertionError(text)


def test_what_cannot_be_folded_within_a_small_budget_is_left_to_the_evaluation() -> None:
    assert feel('string length("' + "x" * 600 + '" + "y")') == 601
