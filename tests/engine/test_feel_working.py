"""Working days and hours in expressions: the region, the agency's own days and hours, and what is no calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.feel import BudgetExceeded, compile

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)  # a Wednesday, ten o'clock in England


def feel(text: str, **scope: Any) -> Any:
    return compile(text).evaluate(scope, now=NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('working days after(@"2026-07-03", 1) = @"2026-07-06"', True),
        ('working days after(@"2026-07-10", 1, "Northern Ireland") = @"2026-07-14"', True),
        ('working days after(from: @"2026-07-10", days: 1, calendar: "England") = @"2026-07-13"', True),
        ('working days after(@"2026-07-01", 1, {closed: [@"2026-07-02"]}) = @"2026-07-03"', True),
        ('working days between(@"2026-07-03", @"2026-07-06")', 1),
        ('working hours after(now(), 8) = @"2026-07-02T10:00:00"', True),
        ('working hours after(now(), @"PT8H") = @"2026-07-02T10:00:00"', True),
        ('working hours after(now(), 0.5) = now() + @"PT30M"', True),
        ('working hours after(now(), 11, {opens: @"08:00:00", closes: @"20:00:00"}) = @"2026-07-02T09:00:00"', True),
        ("working hours between(now(), working hours after(now(), 12.25))", 12.25),
        ('is working day(@"2026-11-30")', True),
        ('is working day(@"2026-11-30", "Scotland")', False),
        ('is working day(today(), {closed: [@"2026-07-01"]})', False),
        ('next working day time(now(), @"08:00:00", {closed: @"2026-07-02"}) = @"2026-07-03T08:00:00"', True),
        ('next month working day(now(), 1, @"08:00:00", "Scotland") = @"2026-08-04T08:00:00"', True),
        ('working days after(@"2026-07-01", 1, "Narnia")', None),
        ('working days after(@"2026-07-01", 1, {county: "Kent"})', None),
        ('working days after(@"2026-07-01", 1, {closed: ["2026-07-02"]})', None),
        ('working days after(@"2026-07-01", 1.5)', None),
        ('working days after(@"2026-07-01", 1000000)', None),
        ("working hours after(now(), 1000000)", None),
        ('working hours after(now(), 8, {opens: @"17:00:00", closes: @"09:00:00"})', None),
    ],
)  # fmt: skip
def test_working_time_follows_the_calendar_that_is_given(text: str, value: Any) -> None:
    assert feel(text) == value


def test_a_calendar_that_is_none_says_why() -> None:
    (reason,) = compile('is working day(@"2026-07-01", "Narnia")').explain({})
    assert reason.sentence == "The region 'Narnia' is none of England, Wales, Scotland, Northern Ireland."


def test_now_and_today_are_the_moment_that_is_passed_in() -> None:
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert compile("now()").evaluate({}, now=late) == late
    assert str(compile("today()").evaluate({}, now=late)) == "2026-07-02"


@pytest.mark.parametrize("call", ["working days after(now(), 2600)", "working hours after(now(), 2000)",
                                  'next month working day(now(), 23, @"08:00:00")'])  # fmt: skip
def test_a_count_of_many_days_is_paid_for(call: str) -> None:
    with pytest.raises(BudgetExceeded):
        feel(f"for x in 1..1000 return {call}")
