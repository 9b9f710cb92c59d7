"""Dates and times as they are typed in England."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.forms.moments import LONDON, Fault, date_parts, moment_parts, read_date, read_moment


def typed(day: str, month: str, year: str, time: str = "") -> dict[str, str]:
    return {"day": day, "month": month, "year": year, "time": time}


def ending(outcome: object) -> str:
    assert isinstance(outcome, Fault)
    return outcome.ending


@pytest.mark.parametrize("month", ["3", "03", "Mar", "march", "MARCH"])
def test_a_month_may_be_a_number_or_a_name(month: str) -> None:
    assert read_date(typed("7", month, "2026")) == date(2026, 3, 7)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (typed("", "3", "2026"), "must include a day"),
        (typed("", "", "2026"), "must include a day and a month"),
        (typed("", "", "", "10:00"), "must include a day, a month and a year"),
        (typed("27", "3", "26"), "must include a year of 4 numbers, such as 2026"),
        (typed("27", "3", "0026"), "must have a year between 1900 and 2100"),
        (typed("30", "2", "2026"), "must be a real date"),
        (typed("27", "13", "2026"), "must be a real date"),
        (typed("27", "ma", "2026"), "must be a real date"),
        (typed("٢٧", "3", "2026"), "must be a real date"),
        (typed("-1", "3", "2026"), "must be a real date"),
        (typed("1e1", "3", "2026"), "must be a real date"),
    ],
)
def test_what_is_not_a_date_is_refused_with_the_reason(parts: dict[str, str], expected: str) -> None:
    faults = ending(read_date(parts))
    assert faults == expected


def test_the_leap_day_is_a_real_date_in_leap_years_only() -> None:
    assert read_date(typed("29", "2", "2028")) == date(2028, 2, 29)
    assert ending(read_date(typed("29", "2", "2026"))) == "must be a real date"


@pytest.mark.parametrize("time", ["09:05", "9:05", "9.05", "0905", "905"])
def test_a_time_may_be_written_in_the_usual_ways(time: str) -> None:
    assert read_moment(typed("22", "11", "2026", time)) == datetime(2026, 11, 22, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize("time", ["24:00", "12:60", "9", "9pm", "noon", "09:05:30", "²3:00"])
def test_what_is_not_a_time_is_refused(time: str) -> None:
    assert "real time on the 24-hour clock" in ending(read_moment(typed("22", "11", "2026", time)))


def test_a_date_without_its_time_asks_for_the_time() -> None:
    fault = read_moment(typed("22", "11", "2026"))
    assert fault == Fault("time-missing", "must include a time")


def test_a_summer_time_is_an_hour_earlier_in_utc() -> None:
    assert read_moment(typed("1", "7", "2026", "14:30")) == datetime(2026, 7, 1, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(("time", "shown"), [("01:00", "01:00"), ("01:30", "01:30"), ("1:59", "01:59")])
def test_the_hour_that_is_skipped_in_spring_is_refused(time: str, shown: str) -> None:
    assert ending(read_moment(typed("29", "3", "2026", time))) == (
        f"must be a real time: the clocks went forward on 29 March 2026 and did not show {shown}"
    )


def test_the_minutes_on_both_sides_of_the_skipped_hour_are_one_minute_apart() -> None:
    before = read_moment(typed("29", "3", "2026", "00:59"))
    after = read_moment(typed("29", "3", "2026", "02:00"))
    assert (before, after) == (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC))


def test_the_hour_that_comes_twice_in_autumn_is_taken_as_the_earlier_one() -> None:
    assert read_moment(typed("25", "10", "2026", "01:30")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read_moment(typed("25", "10", "2026", "02:00")) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_a_person_may_say_which_of_the_two_hours_is_meant() -> None:
    assert read_moment(typed("25", "10", "2026", "01:30 BST")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read_moment(typed("25", "10", "2026", "01:30 gmt")) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_zone_that_the_clocks_did_not_show_is_refused() -> None:
    assert ending(read_moment(typed("1", "7", "2026", "14:30 GMT"))) == (
        "must be in the time of that day: the clocks showed BST, not GMT"
    )


@given(
    st.datetimes(datetime(1972, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001 - the next line makes it aware
        lambda typed: typed.replace(second=0, microsecond=0, tzinfo=UTC)
    )
)
def test_a_kept_moment_that_is_typed_again_is_the_same_moment(moment: datetime) -> None:
    assert read_moment(moment_parts(moment)) == moment


@given(st.integers(0, 179))
def test_every_minute_around_the_autumn_change_survives_being_typed_again(minutes: int) -> None:
    moment = datetime(2026, 10, 24, 23, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    assert read_moment(moment_parts(moment.astimezone(LONDON))) == moment


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_a_kept_date_that_is_typed_again_is_the_same_date(day: date) -> None:
    assert read_date(date_parts(day)) == day
