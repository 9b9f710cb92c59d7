"""Times and values in the words of GOV.UK."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from web.moments import say_key, say_moment, say_span, say_until, say_value


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 3, 2, 16, 12, tzinfo=UTC), "2 March 2026 at 4:12pm"),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), "2 July 2026 at midnight"),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), "1 July 2026 at midday"),
        (datetime(2026, 1, 1, 0, 5, tzinfo=UTC), "1 January 2026 at 12:05am"),
    ],
)
def test_a_moment_is_said_in_london(moment: datetime, said: str) -> None:
    assert say_moment(moment) == said


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(hours=72), "72 hours"),
        (timedelta(hours=95, minutes=59), "95 hours"),
        (timedelta(days=4), "4 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(0), "less than a minute"),
    ],
)
def test_a_span_is_said_by_its_largest_unit_and_the_clocks_of_the_protocol_in_hours(span: timedelta, said: str) -> None:
    assert say_span(span) == said


def test_what_is_ahead_and_what_is_overdue(now: datetime) -> None:
    assert say_until(now + timedelta(hours=3), now) == "in 3 hours"
    assert say_until(now - timedelta(hours=2), now) == "overdue by 2 hours"
    assert say_until(now, now) == "overdue by less than a minute"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "Not recorded"),
        (True, "Yes"),
        (False, "No"),
        (Decimal("12.50"), "12.5"),
        (Decimal(100), "100"),
        (date(2026, 3, 2), "2 March 2026"),
        (time(9, 5), "9:05am"),
        (["a", "b"], "a, b"),
        ([], "None"),
        ({"rule": "x"}, "Rule: x"),
        ("text", "text"),
    ],
)
def test_a_value_is_said_in_words(value: object, said: str) -> None:
    assert say_value(value) == said


def test_a_key_is_said_as_words() -> None:
    assert say_key("not_recorded") == "Not recorded"
