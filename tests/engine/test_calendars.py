"""Working days and elapsed time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import calendars
from engine.errors import Invalid

LONDON = ZoneInfo("Europe/London")


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
