"""What holds of FEEL whatever the values are."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Refusal
from engine.feel import YearMonthDuration, compile, compile_unary_tests, temporal

NOW = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
numbers = st.one_of(st.integers(-(10**9), 10**9), st.decimals(-(10**9), 10**9, places=4))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
lengths = st.timedeltas(timedelta(days=-400), timedelta(days=400))
WORDS = (
    '1 2.5 "a" x y.z + - * / ** ( ) [ ] { } : , .. . and or not in if then else for return some every satisfies between '
    'null true = != < >= ? item function @"P1D" count( date( instance of list < number >'
)
pieces = st.sampled_from(WORDS.split())


def feel(text: str, **scope: Any) -> Any:
    return compile(text).evaluate(scope, now=NOW)


@given(numbers, numbers)
def test_numbers_are_compared_and_added_as_numbers(one: Any, other: Any) -> None:
    assert feel("a < b", a=one, b=other) is (Decimal(one) < Decimal(other))
    assert feel("a = b", a=one, b=other) is (Decimal(one) == Decimal(other))
    assert feel("a + b - b = a", a=one, b=other) is True


@given(numbers, numbers)
def test_a_product_is_exact(one: Any, other: Any) -> None:
    assert feel("a * b", a=one, b=other) == Decimal(one) * Decimal(other)


@given(moments, lengths)
def test_time_that_passes_is_taken_back_exactly(moment: datetime, length: timedelta) -> None:
    assert feel("(m + d) - d = m and (m + d) - m = d", m=moment, d=length) is True
    local = 'date and time(m, "Europe/London")'
    assert feel(f"({local} + d) - m = d", m=moment, d=length) is True


@given(lengths)
def test_a_duration_is_written_and_read_back(length: timedelta) -> None:
    assert feel("duration(string(d)) = d", d=length) is True


@given(st.integers(-5000, 5000))
def test_months_are_written_and_read_back(months: int) -> None:
    assert temporal.read_duration(str(YearMonthDuration(months))) == YearMonthDuration(months)


@given(moments)
def test_a_moment_is_written_and_read_back(moment: datetime) -> None:
    assert feel("date and time(string(m)) = m", m=moment) is True


@given(st.text(max_size=40))
def test_a_text_is_written_as_a_literal_and_read_back(text: str) -> None:
    literal = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert feel(literal) == text


@given(st.lists(pieces, max_size=25).map(" ".join))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    for build in (compile, compile_unary_tests):
        with contextlib.suppress(Refusal):
            build(text).evaluate({"x": [1, 2], "y": {"z": "a"}, "?": 1}, now=NOW)


@given(st.text(max_size=60))
def test_no_sign_of_any_script_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(Refusal):
        compile(text)
