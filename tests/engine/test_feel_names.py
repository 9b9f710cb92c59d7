"""Names of several words and signs, which mean what the text or the scope introduces."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.feel import FeelSyntaxError, compile, compile_unary_tests

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def feel(text: str, scope: dict[str, Any] | None = None, names: frozenset[str] = frozenset()) -> Any:
    return compile(text, names).evaluate(scope or {}, now=NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Full Name + "!"', "Ada!"),
        ("Full   Name", "Ada"),
        ("full address.house number", 7),
        ("children[first name = Full Name].school name", ["North"]),
        ("{first name: 1, y: first name + 1}.y", 2),
        ("{a+b: 5, c: a+b}.c", 5),
        ("{pick-up time: 5, c: pick-up time + 1}.c", 6),
        ('{"two words": 2, x: two words * 2}.x', 4),
        ("for my item in 1..3 return my item * 2", [2, 4, 6]),
        ("some pick-up in [1, 2] satisfies pick-up > 1", True),
        ("(function(first number: number, b) first number - b)(5, 1)", 4),
        ("{take away: function(first number, b) first number - b, r: take away(b: 1, first number: 5)}.r", 4),
        ("child's age + 1", 10),
        ("is defined(Full Name) and not(is defined(Other Name))", True),
    ],
)  # fmt: skip
def test_words_side_by_side_are_one_name(text: str, value: Any) -> None:
    scope = {
        "Full Name": "Ada",
        "full address": {"house number": 7},
        "children": [{"first name": "Ada", "school name": "North"}],
        "child's age": 9,
    }
    assert feel(text, scope) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [("pick-up time", "pick-up time + 1"), ("date and place", "1 + date and place"), ("in/out", "in / out * 1 + 1"),
     ("if any", "if any + 1")],
)  # fmt: skip
def test_a_name_with_signs_or_reserved_words_is_read_where_the_scope_has_it(name: str, text: str) -> None:
    read = feel(text, {name.replace("/", " / "): 4, name: 4}, frozenset({name}))
    assert read == 5


def test_the_longest_known_name_is_read() -> None:
    names = frozenset({"a-b", "a-b-c"})
    scope = {"a-b": 1, "a-b-c": 2, "a": 10, "b": 20, "c": 30}
    assert feel("a-b-c", scope, names) == 2
    assert feel("a-b", scope, names) == 1
    assert feel("a-c", scope, names) == -20
    assert feel("a-b-c", scope) == -40


def test_a_name_that_the_text_introduces_ends_with_its_construct() -> None:
    assert feel("[(for a-b in [5] return a-b)[1], a-b]", {"a": 7, "b": 3}) == [5, 4]
    assert feel("[{a-b: 5}.a-b, a-b]", {"a": 7, "b": 3}) == [None, 4]


def test_the_free_names_are_given_whole() -> None:
    assert compile("Full Name + risk level").names == {"Full Name", "risk level"}
    assert compile_unary_tests("< pick-up time", frozenset({"pick-up time"})).names == {"pick-up time"}


def test_a_number_after_a_name_is_a_fault() -> None:
    with pytest.raises(FeelSyntaxError):
        compile("Full Name 3")
