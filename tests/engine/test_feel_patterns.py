"""`matches`, `replace` and `split`: XPath's regular expressions in linear time, or a refusal in a sentence."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import Budget, BudgetExceeded, compile, patterns

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def feel(text: str, **scope: Any) -> Any:
    return compile(text).evaluate(scope, now=NOW)


@pytest.mark.parametrize(
    ("text", "pattern", "flags", "found"),
    [
        ("banana", "(an)+", "", True),
        ("banana", "^an", "", False),
        ("a\nb", "^b$", "", False),
        ("a\nb", "^b$", "m", True),
        ("a\nb", "a.b", "", False),
        ("a\rb", "a.b", "", False),
        ("a\nb", "a.b", "s", True),
        ("ABC", "abc", "i", True),
        ("x", "[A-Z-[OI]]", "i", True),
        ("o", "[A-Z-[OI]]", "i", False),
        ("b", "[^a-z-[b]]", "", False),
        ("5", r"^\d$", "", True),
        ("٣", r"^\d$", "", True),
        ("é", r"^\w$", "", True),
        ("_", r"^\w$", "", False),
        ("-", r"^\W$", "", True),
        ("a:b", r"^\i\c*$", "", True),
        ("1a", r"^\i", "", False),
        ("\u00a0", r"\s", "", False),
        ("x", r"[\S]", "", True),
        ("Ω", r"\p{IsGreek}", "", True),
        ("Ω", r"\P{IsBasicLatin}", "", True),
        ("Ω", r"\p{Lu}", "", True),
        ("a.c", "a.c", "q", True),
        ("abc", "a.c", "q", False),
        ("a]b", r"a[\]]b", "", True),
        ("a-b", "a[x-]b", "", True),
        ("aaa", "^a{2,3}?$", "", True),
        ("", "^$", "", True),
    ],
)
def test_a_pattern_means_what_xpath_says(text: str, pattern: str, flags: str, found: bool) -> None:  # noqa: FBT001
    assert feel("matches(t, p, f)", t=text, p=pattern, f=flags) is found


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(a)\1", "more than linear time"),
        (r"a\b", "no meaning"),
        ("(?=a)", "question mark"),
        ("(?i)a", "question mark"),
        ("a**", "stands alone"),
        ("a{,3}", "{n}, {n,} or {n,m}"),
        ("a{3,2}", "{n}, {n,} or {n,m}"),
        ("a{2000}", "1000 times"),
        ("(a", "')' is missing"),
        ("a)", "no '('"),
        ("[a", "ends too early"),
        ("[]", "must hold something"),
        ("[b-a]", "backwards"),
        (r"\p{IsKlingon}", "not known"),
        (r"[\w-[a]]", "single characters and ranges"),
        ("a]", "stands alone"),
        ("(" * 60 + ")" * 60, "nested too deeply"),
        ("a" * 1001, "at most 1000"),
        ("((a{900}){900}){900}", "too large"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_null_and_its_reason_a_sentence(pattern: str, words: str) -> None:
    assert feel('matches("a", p)', p=pattern) is None
    with pytest.raises(patterns.UnusablePattern, match=re.escape(words)):
        patterns.translate(pattern, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('replace("banana", "(a)(n)?", "[$1$2]")', "b[an][an][a]"),
        ('replace("banana", "a", "\\\\$")', "b$n$n$"),
        ('replace("banana", "a", "$2")', "bnn"),
        ('replace("abc", "b", "$")', None),
        ('replace("abc", "x*", "-")', None),
        ('replace("a.b.c", ".", "$1", "q")', "a$1b$1c"),
        ('replace("abc", "B", "x", "i")', "axc"),
        ('replace("abcdefghijkl", "(a)(b)", "$11")', "a1cdefghijkl"),
        ('split("1-2--3", "-+")', ["1", "2", "3"]),
        ('split("abc", "")', None),
        ('split("", ",")', [""]),
    ],
)
def test_matches_are_replaced_and_cut_at(text: str, value: Any) -> None:
    assert feel(text) == value


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a)*b", "(.*)*x", "(a?){500}a{500}", "((a{30}){30})*b"])
def test_no_pattern_takes_more_than_its_steps(pattern: str) -> None:
    text = "a" * 5_000 + "!"
    assert feel("matches(t, p)", t=text, p=pattern) in {True, False}
    found = patterns.translate(pattern, "")
    with pytest.raises(BudgetExceeded):
        compile("matches(t, p)").evaluate(
            {"t": text, "p": pattern}, now=NOW, budget=Budget(steps=found.cost * 5_000 >> 9)
        )


def test_matches_that_each_look_through_the_whole_rest_are_refused() -> None:
    with pytest.raises(BudgetExceeded):
        feel('split(t, "a.*z|a")', t="a" * 90_000)
    with pytest.raises(BudgetExceeded):
        feel('replace(t, "a", r)', t="a" * 50_000, r="b" * 1_000)


@given(
    st.text("ab[]()|*+?{}^$-\\.,10dwsp", max_size=20), st.text("ab-10 ", max_size=12), st.sampled_from(["", "i", "x"])
)
def test_any_pattern_is_answered_or_refused(pattern: str, text: str, flags: str) -> None:
    found = feel("matches(t, p, f)", t=text, p=pattern, f=flags)
    assert found in {True, False, None}


@given(st.text("ab|()*+?.", max_size=12), st.text("ab", max_size=12))
def test_a_simple_pattern_finds_what_pythons_own_finds(pattern: str, text: str) -> None:
    with contextlib.suppress(re.error):
        wanted = re.search(pattern, text) is not None
        found = feel("matches(t, p)", t=text, p=pattern)
        assert found in {wanted, None}
