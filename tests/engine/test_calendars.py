"""Working days and elapsed time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import calendars
from engine.calendars import Calendar
from engine.errors import Invalid

LONDON = ZoneInfo("Europe/London")
calendars.bank_holidays(2026)  # the package of holidays takes its time to start: not within a test that is timed


def london(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (london(2026, 7, 1, 10), 1, london(2026, 7, 2, 10)),
        (london(2026, 7, 3, 10), 1, london(2026, 7, 6, 10)),
        (london(2026, 7, 4, 15), 1, london(2026, 7, 6, 15)),
        (london(2026, 7, 4, 15), 0, london(2026, 7, 6, 15)),
        (london(2026, 7, 3, 10), 0, london(2026, 7, 3, 10)),
        (london(2026, 4, 2, 17), 1, london(2026, 4, 7, 17)),
        (london(2026, 12, 24, 9), 1, london(2026, 12, 29, 9)),
        (london(2026, 3, 27, 10), 1, london(2026, 3, 30, 10)),
        (london(2026, 7, 6, 10), -1, london(2026, 7, 3, 10)),
        (london(2026, 7, 1, 0, 15), 1, london(2026, 7, 2, 0, 15)),
    ],
)
def test_working_days_end_at_the_same_local_time(start: datetime, days: int, end: datetime) -> None:
    assert calendars.add_working_days(start.astimezone(UTC), days) == end.astimezone(UTC)


def test_each_region_has_bank_holidays_of_its_own() -> None:
    easter_monday, st_andrew = date(2026, 4, 6), date(2026, 11, 30)
    assert not calendars.is_working_day(easter_monday)
    assert calendars.is_working_day(easter_monday, "Scotland")
    assert not calendars.is_working_day(st_andrew, "Scotland")
    assert not calendars.is_working_day(date(2026, 3, 17), "Northern Ireland")
    assert not calendars.is_working_day(date(2026, 4, 6), "Wales")


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(Invalid, match="Narnia"):
        calendars.is_working_day(date(2026, 7, 1), "Narnia")
    with pytest.raises(Invalid, match="time zone"):
        calendars.add_working_days(datetime(2026, 7, 1), 1)  # noqa: DTZ001 - this is what is refused
    with pytest.raises(Invalid, match="2600"):
        calendars.add_working_days(london(2026, 7, 1), 10**9)


def test_elapsed_time_counts_hours_and_not_the_hands_of_the_clock() -> None:
    assert calendars.elapsed(london(2026, 3, 28, 12), london(2026, 3, 29, 12)) == timedelta(hours=23)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)), st.integers(1, 40))  # noqa: DTZ001 - bounds
def test_as_many_working_days_lie_between_as_were_asked_for(start: datetime, days: int) -> None:
    end = calendars.add_working_days(start, days)
    first, last = start.astimezone(LONDON).date(), end.astimezone(LONDON).date()
    between = [first + timedelta(days=index + 1) for index in range((last - first).days)]
    assert sum(calendars.is_working_day(day) for day in between) == days
    assert calendars.is_working_day(last)
    assert end.astimezone(LONDON).time() == start.astimezone(LONDON).time()


# ------------------------------------------------------------------------------------------- calendars of agencies

moments = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
agencies = st.builds(
    Calendar,
    region=st.sampled_from(sorted(calendars.REGIONS)),
    closed=st.frozensets(st.dates(date(2015, 1, 1), date(2035, 1, 1)), max_size=5),
    opens=st.sampled_from([time(0), time(8, 30), time(9)]),
    closes=st.sampled_from([time(0), time(17), time(20, 15)]),
)
lengths = st.timedeltas(timedelta(0), timedelta(hours=400))


@pytest.mark.parametrize(
    ("day", "region"),
    [
        (date(2020, 5, 8), "England"),  # moved from the Monday for one year
        (date(2022, 6, 3), "Wales"),  # a jubilee
        (date(2022, 9, 19), "Scotland"),  # a state funeral
        (date(2023, 5, 8), "Northern Ireland"),  # a coronation
        (date(2027, 12, 27), "England"),  # Christmas Day is a Saturday
        (date(2027, 12, 28), "Wales"),  # Boxing Day is a Sunday
        (date(2026, 4, 3), "Scotland"),  # Good Friday
        (date(2026, 7, 13), "Northern Ireland"),  # 12 July is a Sunday
        (date(2026, 1, 2), "Scotland"),
    ],
)
def test_bank_holidays_that_move_or_come_once_are_no_working_days(day: date, region: str) -> None:
    assert day.weekday() < calendars.SATURDAY
    assert not calendars.is_working_day(day, region)


def test_an_agency_adds_days_on_which_it_is_closed() -> None:
    agency = Calendar("Wales", closed=frozenset({date(2026, 7, 2)}))
    assert calendars.working_day_after(date(2026, 7, 1), 1, agency) == date(2026, 7, 3)
    assert calendars.add_working_days(london(2026, 7, 1, 10), 1, agency) == london(2026, 7, 3, 10).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (london(2026, 7, 1, 10), 2, london(2026, 7, 1, 12)),
        (london(2026, 7, 1, 10), 7, london(2026, 7, 1, 17)),
        (london(2026, 7, 1, 10), 8, london(2026, 7, 2, 10)),
        (london(2026, 7, 3, 16), 2, london(2026, 7, 6, 10)),
        (london(2026, 7, 3, 23), 1, london(2026, 7, 6, 10)),
        (london(2026, 7, 4, 23), 0, london(2026, 7, 6, 9)),
        (london(2026, 4, 2, 16), 2, london(2026, 4, 7, 10)),
        (london(2026, 12, 24, 16), 9, london(2026, 12, 29, 17)),
        (london(2026, 7, 6, 10), -2, london(2026, 7, 3, 16)),
        (london(2026, 7, 6, 3), -1, london(2026, 7, 3, 16)),
    ],
)
def test_working_hours_run_while_the_doors_are_open(start: datetime, hours: int, end: datetime) -> None:
    assert calendars.add_working_hours(start, timedelta(hours=hours)) == end.astimezone(UTC)


def test_a_change_of_the_clocks_makes_a_day_of_all_hours_shorter_or_longer() -> None:
    always = Calendar(opens=time(0), closes=time(0))
    assert calendars.working_time_between(london(2026, 3, 27), london(2026, 3, 31), always) == timedelta(hours=48)
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
        begins, ends = always.open_on(day)
        assert ends - begins == timedelta(hours=hours)


@given(moments, lengths, agencies)
def test_a_deadline_never_falls_on_a_moment_without_work(start: datetime, length: timedelta, agency: Calendar) -> None:
    end = calendars.add_working_hours(start, length, agency)
    assert end >= start
    assert calendars.is_working_moment(end, agency)
    day = calendars.add_working_days(start, length.days, agency).astimezone(LONDON).date()
    assert calendars.is_working_day(day, agency)


@given(moments, lengths, agencies)
def test_the_time_between_is_the_inverse_of_the_time_after(
    start: datetime, length: timedelta, agency: Calendar
) -> None:
    end = calendars.add_working_hours(start, length, agency)
    assert calendars.working_time_between(start, end, agency) == length
    assert calendars.working_time_between(end, start, agency) == -length
    back = calendars.add_working_hours(end, -length, agency)
    assert calendars.working_time_between(back, end, agency) == length
    assert calendars.working_time_between(min(back, start), max(back, start), agency) == timedelta(0)


@given(moments, lengths, lengths, agencies)
def test_working_time_adds_up(start: datetime, one: timedelta, other: timedelta, agency: Calendar) -> None:
    middle = calendars.add_working_hours(start, one, agency)
    end = calendars.add_working_hours(middle, other, agency)
    assert calendars.working_time_between(start, end, agency) == one + other


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(-60, 60).filter(bool), agencies)
def test_the_days_between_are_the_inverse_of_the_days_after(day: date, days: int, agency: Calendar) -> None:
    end = calendars.working_day_after(day, days, agency)
    assert calendars.is_working_day(end, agency)
    low, high = min(day, end), max(day, end)
    counted = calendars.working_days_between(low, high, agency)
    if days > 0:
        assert counted == days
    else:
        assert counted + calendars.is_working_day(end, agency) - calendars.is_working_day(day, agency) == -days


def test_a_calendar_without_hours_or_with_endless_work_is_refused() -> None:
    with pytest.raises(Invalid, match="closes later"):
        Calendar(opens=time(17), closes=time(9))
    with pytest.raises(Invalid, match="without a zone"):
        Calendar(opens=time(9, tzinfo=UTC))
    with pytest.raises(Invalid, match="Narnia"):
        Calendar("Narnia")
    with pytest.raises(Invalid, match="do not end"):
        calendars.add_working_hours(london(2026, 7, 1), timedelta(days=10**5))
    with pytest.raises(Invalid, match="time zone"):
        calendars.add_working_hours(datetime(2026, 7, 1), timedelta(0))  # noqa: DTZ001 - this is what is refused
    with pytest.raises(Invalid, match="year 9999 are not known"):
        calendars.add_working_hours(datetime(9999, 12, 30, tzinfo=UTC), timedelta(hours=90))
    with pytest.raises(Invalid, match="year 2200 are not known"):
        calendars.working_day_after(date(2199, 12, 31), 1)
    every_day = frozenset(date(2026, 1, 1) + timedelta(days=each) for each in range(3 * calendars.DAYS_AT_MOST))
    with pytest.raises(Invalid, match="closed for too long"):
        calendars.working_day_after(date(2026, 1, 1), 1, Calendar(closed=every_day))
    with pytest.raises(Invalid, match="lie between"):
        calendars.working_days_between(date(1, 1, 1), date(9000, 1, 1))
