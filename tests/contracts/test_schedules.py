"""Cases that a timer opens: once for each moment, on SQLite and PostgreSQL, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import store, timers
from engine.cases import Cases
from engine.errors import NotFound, ReleaseInvalid
from tests.contracts.sample import NOW, WORKER
from tests.drawn import form, procedure

EIGHT = '=next local time(after, @"08:00:00")'


def daily(timer: str = EIGHT, name: str = "daily", more: str = "") -> dict[str, str]:
    """Draw a procedure that its timer opens and one person's task ends."""
    return procedure(
        name,
        f"""
        begun: start cycle={{{timer}}} {more}
        look: user form=looked
        done: end
        begun > look
        look > done
        """,
        form("looked", "text"),
    )


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(daily(), by="ann", now=NOW)
    return made


def opened(cases: Cases, name: str = "daily", record: str = "begun") -> list[tuple[datetime, int]]:
    """Give the scheduled moment of every case with how many were missed before it, in order."""
    asked = sa.select(store.CaseTable.id).where(store.CaseTable.procedure == name)
    with cases.engine.connect() as connection:
        references = connection.execute(asked).scalars().all()
    views = [cases.case(each, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW) for each in references]
    return sorted((view.facts[record][""]["at"], view.facts[record][""]["missed"]) for view in views)


def next_at(cases: Cases, name: str = "daily") -> datetime | None:
    return {row.procedure: row.next_at for row in cases.schedules()}[name]


def test_a_case_is_opened_at_each_moment_and_never_before_it(cases: Cases) -> None:
    tomorrow = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert next_at(cases) == tomorrow
    assert timers.sweep(cases, now=tomorrow - timedelta(seconds=1)).opened == 0
    assert timers.sweep(cases, now=tomorrow).opened == 1
    assert timers.sweep(cases, now=tomorrow + timedelta(hours=1)).opened == 0
    assert timers.sweep(cases, now=tomorrow + timedelta(days=1)).opened == 1
    assert opened(cases) == [(tomorrow, 0), (tomorrow + timedelta(days=1), 0)]
    row = cases.inbox(frozenset({"worker"})).rows[0]
    cases.complete(row.id, {"text": "seen"}, by=WORKER, now=tomorrow, key="k")
    timeline = cases.case(row.case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW).timeline
    assert (timeline[0].kind, timeline[0].by, timeline[-1].kind) == ("case_opened", "system", "case_closed")


def test_after_down_time_one_case_catches_up_and_the_next_lies_ahead(cases: Cases) -> None:
    now = datetime(2026, 3, 12, 7, 0, tzinfo=UTC)
    assert [timers.sweep(cases, now=now).opened for _turn in range(3)] == [1, 0, 0]
    assert opened(cases) == [(datetime(2026, 3, 11, 8, 0, tzinfo=UTC), 8)]
    assert next_at(cases) == datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


def test_what_is_published_in_the_last_minute_before_a_moment_opens_a_case_at_it(engine: sa.Engine) -> None:
    """It was refused then, and so was a demonstration that somebody started at a minute to eight."""
    cases, at = Cases(engine), datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    cases.publish(daily(), by="ann", now=at - timedelta(seconds=1))
    assert next_at(cases) == at
    assert timers.sweep(cases, now=at).opened == 1


def test_very_many_missed_moments_end_too(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(daily('=after + duration("PT5M")'), by="ann", now=NOW)
    later = NOW + timedelta(days=400)
    assert timers.sweep(cases, now=later).opened == 1
    assert next_at(cases) == later + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("timer", "after", "moments"),
    [
        (
            EIGHT,
            datetime(2026, 3, 28, 9, tzinfo=UTC),
            [datetime(2026, 3, 29, 7, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)],
        ),
        (
            EIGHT,
            datetime(2026, 10, 24, 9, tzinfo=UTC),
            [datetime(2026, 10, 25, 8, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)],
        ),
        (
            EIGHT.replace("08", "01"),
            datetime(2026, 10, 24, 9, tzinfo=UTC),
            [datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC)],
        ),
        (
            EIGHT.replace("08", "01"),
            datetime(2026, 3, 28, 9, tzinfo=UTC),
            [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, tzinfo=UTC)],
        ),
    ],
    ids=["spring", "autumn", "an hour that is there twice", "an hour that is skipped"],
)
def test_the_clocks_of_england_change_and_the_moment_stays(
    engine: sa.Engine, timer: str, after: datetime, moments: list[datetime]
) -> None:
    cases = Cases(engine)
    cases.publish(daily(timer), by="ann", now=after)
    minute, seen = after, []
    while minute < after + timedelta(days=2):
        minute += timedelta(minutes=15)
        if timers.sweep(cases, now=minute).opened:
            seen.append(minute)
    assert seen == moments
    assert opened(cases) == [(each, 0) for each in moments]


def test_two_nodes_at_once_open_one_case_for_each_moment(engine: sa.Engine) -> None:
    nodes = [Cases(engine), Cases(engine)]
    for turn in range(6):
        nodes[0].publish(daily(name=f"daily_{turn}"), by="ann", now=NOW)
    barrier = threading.Barrier(2)

    def act(node: Cases) -> None:
        barrier.wait()
        for _turn in range(8):
            timers.sweep(node, now=NOW + timedelta(days=2))

    threads = [threading.Thread(target=act, args=(node,)) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(opened(nodes[0], f"daily_{turn}")) for turn in range(6)] == [1] * 6


def test_a_procedure_that_cannot_open_its_case_stops_nothing_else_and_is_tried_again(engine: sa.Engine) -> None:
    broken = [True]

    def measure(_connection: sa.Connection, _scope: Mapping[str, Any], _now: datetime) -> Mapping[str, Any]:
        if broken[0]:
            raise ZeroDivisionError
        return {"count": 1}

    files = procedure(
        "a_measured_day",
        f"""
        begun: start cycle={{{EIGHT}}}
        measure: service does=measure
        done: end
        begun > measure
        measure > done
        """,
    )
    cases = Cases(engine, operations={"measure": measure})
    cases.publish(files, by="ann", now=NOW)
    cases.publish(daily(), by="ann", now=NOW)
    at = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    swept = timers.sweep(cases, now=at)
    assert (swept.opened, swept.failed) == (1, 1)
    assert opened(cases, "a_measured_day") == []
    assert {row.procedure: row.failures for row in cases.schedules()} == {"a_measured_day": 1, "daily": 0}
    broken[0] = False
    assert timers.sweep(cases, now=at + timedelta(seconds=59)).opened == 0
    assert timers.sweep(cases, now=at + timedelta(seconds=60)).opened == 1
    assert opened(cases, "a_measured_day") == [(at, 0)]
    assert {row.failures for row in cases.schedules()} == {0}


def test_a_new_release_moves_the_schedule_and_the_same_one_does_not(cases: Cases) -> None:
    cases.publish(daily(), by="ann", now=NOW + timedelta(hours=20))
    assert next_at(cases) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    cases.publish(daily(EIGHT.replace("08", "10")), by="ann", now=NOW)
    assert next_at(cases) == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    cases.publish(
        daily('=next working day time(after, @"06:30:00")'), by="ann", now=datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    )
    assert next_at(cases) == datetime(2026, 3, 3, 6, 30, tzinfo=UTC)


def test_a_release_that_comes_when_a_case_is_overdue_does_not_lose_it(cases: Cases) -> None:
    late = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
    cases.publish(daily(EIGHT.replace("08", "10")), by="ann", now=late)
    assert timers.sweep(cases, now=late).opened == 1
    assert opened(cases) == [(datetime(2026, 3, 3, 10, 0, tzinfo=UTC), 1)]
    assert next_at(cases) == datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def test_a_release_without_a_timer_ends_the_schedule(cases: Cases) -> None:
    text = "begun: start form=looked\nlook: user form=looked record=seen\ndone: end\nbegun > look\nlook > done"
    cases.publish(procedure("daily", text, form("looked", "text")), by="ann", now=NOW + timedelta(days=3))
    assert cases.schedules() == ()
    assert timers.sweep(cases, now=NOW + timedelta(days=3)).opened == 0


def test_a_schedule_that_comes_to_an_end_stands_still_and_is_shown(engine: sa.Engine) -> None:
    cases = Cases(engine)
    timer = '=if after < @"2027-01-01T00:00:00Z" then next local time(after, @"08:00:00") else null'
    cases.publish(daily(timer), by="ann", now=NOW)
    after_the_end = datetime(2027, 2, 1, tzinfo=UTC)
    assert [timers.sweep(cases, now=after_the_end).opened for _turn in range(2)] == [1, 0]
    assert next_at(cases) is None
    with pytest.raises(ReleaseInvalid, match="no moment"):
        cases.publish(daily(timer), by="ann", now=after_the_end)


def test_people_cannot_open_what_the_calendar_opens(cases: Cases) -> None:
    with pytest.raises(NotFound, match="calendar"):
        cases.open("daily", {}, by=WORKER, now=NOW, key="x")
    with pytest.raises(NotFound):
        cases.opening("daily")


def test_the_record_of_the_start_has_the_name_that_the_drawing_gives_it(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(daily(more="record=month"), by="ann", now=NOW)
    timers.sweep(cases, now=NOW + timedelta(days=1))
    assert opened(cases, record="month") == [(datetime(2026, 3, 3, 8, 0, tzinfo=UTC), 0)]


@pytest.mark.parametrize(
    ("timer", "rule"),
    [
        ("R/PT1H", "schedule-from-expression"),
        ("=after", "schedule-goes-on"),
        ('=after - duration("PT1H")', "schedule-goes-on"),
        ('=after + duration("PT1S")', "schedule-goes-on"),
        ("=null", "schedule-goes-on"),
        ('=@"2030-01-01T00:00:00Z"', "schedule-goes-on"),
        ('=next local time(after, @"08:00:00Z")', "schedule-goes-on"),
        ("=for i in 1..1000000 return i", "schedule-goes-on"),
        ('=next local time(case.opened_at, @"08:00:00")', "schedule-rests-on-after"),
        ("=next local time(after,", "feel-syntax"),
    ],
)
def test_a_timer_that_gives_no_later_moment_is_refused_at_its_start(
    sqlite_engine: sa.Engine, timer: str, rule: str
) -> None:
    with pytest.raises(ReleaseInvalid) as refusal:
        Cases(sqlite_engine).publish(daily(timer), by="ann", now=NOW)
    assert {(problem.where, problem.rule) for problem in refusal.value.problems} == {("begun", rule)}


@pytest.mark.parametrize("second", ["form=looked", "message=wanted"])
def test_what_a_calendar_opens_nobody_else_does(sqlite_engine: sa.Engine, second: str) -> None:
    with pytest.raises(ReleaseInvalid, match="or a timer alone"):
        Cases(sqlite_engine).publish(daily(more=second), by="ann", now=NOW)


def test_a_called_process_and_a_condition_begin_nothing(sqlite_engine: sa.Engine) -> None:
    files = procedure(
        "outer",
        "begun: start form=looked\ncalled: call calls=inner\ndone: end\nbegun > called\ncalled > done",
        form("looked", "text"),
        inner=f"inside: start cycle={{{EIGHT}}}\nover: end\ninside > over",
    )
    with pytest.raises(ReleaseInvalid) as refusal:
        Cases(sqlite_engine).publish(files, by="ann", now=NOW)
    assert ("inside", "plain-start") in {(problem.where, problem.rule) for problem in refusal.value.problems}
