"""The figures count what is in a period, know a child under every id, and remember what was before the cut-over."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.calendars import LONDON
from engine.store import CaseTable, ReleaseTable, TaskTable, reading, writing
from tests.plans import steps_of
from tests.workflows.test_children import ROBIN, an_episode, follow, matched
from tests.workflows.test_children import a_step as a_step_of
from workflows import episodes, figures
from workflows.children import PastEpisodeRow
from workflows.figures import OFTEN_WITHIN, Period, Population
from workflows.measures import AGE_BANDS, INTERVIEWS, MEASURES, PEOPLE, SLICES
from workflows.pace import paces
from workflows.reconciling import reconcile

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CASES = [f"MC-{letter * 8}" for letter in "2345678"]


def of_a_year(engine: sa.Engine, now: datetime, **how: Any) -> Population:
    with reading(engine) as connection:
        return figures.population(connection, Period(now - 365 * DAY, now + DAY), now=now, **how)


def people(population: Population) -> list[int]:
    return [population.count(measure) for measure in PEOPLE]


def an_old_report(engine: sa.Engine, now: datetime, reported_at: datetime) -> None:
    """Bring in an episode of Robin from before the cut-over."""
    row = {"child_id": ROBIN, "level": "", "unfinished": "", "imported_at": now, "imported_row": ""}
    reference = f"OLD-{reported_at:%Y%m%d%H%M%S}"
    with writing(engine) as connection:
        connection.execute(sa.insert(PastEpisodeRow).values(reference=reference, reported_at=reported_at, **row))


def test_a_period_has_its_first_moment_and_not_its_last(engine: sa.Engine, now: datetime) -> None:
    for number, at in enumerate((now - HOUR, now, now + HOUR)):
        follow(engine, matched(at, CASES[number], "new"))
    with reading(engine) as connection:
        found = figures.population(connection, Period(now - HOUR, now + HOUR), now=now)
    assert [one.case_id for one in found.episodes] == [CASES[1], CASES[0]]


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 25)])
def test_at_six_each_morning_the_figures_hold_everything_until_then_on_the_clocks_of_england(
    engine: sa.Engine, day: date
) -> None:
    """Nothing is built in the night that could be missed (T-45): they are counted whenever somebody looks."""
    six = datetime.combine(day, time(6), tzinfo=LONDON).astimezone(UTC)
    for number, at in enumerate((six - DAY, six - timedelta(minutes=1), six)):
        follow(engine, matched(at, CASES[number], "new"))
    midnight = datetime.combine(day, time(0), tzinfo=LONDON).astimezone(UTC)
    with reading(engine) as connection:
        found = figures.population(connection, Period(midnight - DAY, six), now=six)
    assert {one.case_id for one in found.episodes} == {CASES[0], CASES[1]}


def test_a_child_under_two_ids_is_one_person(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now - DAY, CASES[0], "new"), matched(now, CASES[1], "new"))
    assert people(of_a_year(engine, now)) == [2, 2, 0, 0, 0]
    follow(engine, matched(now, CASES[1], ROBIN))
    assert people(of_a_year(engine, now)) == [2, 1, 1, 0, 0]


def test_an_episode_of_somebody_whom_nobody_has_named_yet_counts_as_one_person(
    engine: sa.Engine, now: datetime
) -> None:
    facts = {"case_opening": {"": {"child_name": "Robin"}}}
    follow(engine, a_step_of(now, CASES[0], facts, "case_opening"))
    found = of_a_year(engine, now)
    assert people(found) == [1, 1, 0, 0, 0]
    assert (found.parts("age")["not_recorded"], found.parts("ethnicity")["not_recorded"]) == (1, 1)
    assert found.parts("who") == {"child": 0, "adult": 0, "not_recorded": 1}
    assert found.parts("authority") == {"not_known": 1}


@pytest.mark.parametrize(("before", "often"), [(OFTEN_WITHIN - timedelta(seconds=1), 1), (OFTEN_WITHIN, 0)])
def test_three_reports_count_within_90_days_and_those_before_the_cut_over_too(
    engine: sa.Engine, now: datetime, before: timedelta, often: int
) -> None:
    an_old_report(engine, now, now - before)
    follow(engine, matched(now - DAY, CASES[0], "new"), matched(now, CASES[1], ROBIN))
    found = of_a_year(engine, now)
    assert people(found) == [2, 1, 1, often, 0]
    assert found.imported == 1


def test_reports_of_90_days_before_the_period_count_towards_the_pattern(engine: sa.Engine, now: datetime) -> None:
    for number, days in enumerate((80, 40, 0)):
        follow(engine, matched(now - days * DAY, CASES[number], ROBIN if number else "new"))
    with reading(engine) as connection:
        found = figures.population(connection, Period(now - DAY, now + DAY), now=now)
    assert people(found) == [1, 1, 0, 1, 0]


def test_age_is_that_of_the_day_of_the_report(engine: sa.Engine, now: datetime) -> None:
    for number, (born, about, band) in enumerate(
        (
            (now.date().replace(year=2008, month=3, day=2), None, "adult"),
            (now.date().replace(year=2008, month=3, day=3), None, "16_17"),
            (now.date().replace(year=2016, month=3, day=2), None, "10_12"),
            (None, 9, "under_10"),
            (None, 13, "13_15"),
            (now.date().replace(year=2030), None, "not_recorded"),
        )
    ):
        report = {"date_of_birth": born, "approximate_age": about}
        follow(engine, matched(now, CASES[number], "new", report=report))
        assert of_a_year(engine, now).parts("age")[band] == 1, band
    assert of_a_year(engine, now).parts("who") == {"child": 5, "adult": 0, "not_recorded": 1}, "nothing was looked up"


@pytest.mark.parametrize(("known", "about", "who"), [(18, None, "adult"), (17, 30, "child"), (None, 30, "child")])
def test_only_a_date_of_birth_makes_an_adult(
    engine: sa.Engine, now: datetime, known: int | None, about: int | None, who: str
) -> None:
    """As the procedure treats them (domain.md 13.10): otherwise a child whose age is guessed would lose an interview."""
    report = {"date_of_birth": None, "approximate_age": about}
    facts = an_episode(now, "new", report=report, known={"age": known})
    follow(engine, a_step_of(now, CASES[0], facts, "known"))
    assert of_a_year(engine, now).parts("who")[who] == 1


def test_the_first_grade_stays_and_the_latest_follows(engine: sa.Engine, now: datetime) -> None:
    for level in ("medium", "high", "low"):
        follow(engine, a_step_of(now, CASES[0], an_episode(now, "new", risk={"level": level}), "risk"))
    found = of_a_year(engine, now)
    assert (found.parts("first_grade")["medium"], found.parts("grade")["low"], found.parts("change")["lowered"]) == (
        1,
        1,
        1,
    )


def returned(now: datetime, **records: Any) -> dict[str, Any]:
    found = {"returned_at": now - 100 * HOUR, "found_how": "returned_self"}
    return {"found": found, **records}


INTERVIEWED = {
    "return_interview_offer": {"outcome": "accepted", "offered_at": None},
    "return_interview_attempt": {"outcome": "held", "tried_at": None},
    "return_interview_receipt": {"usable": "yes", "for_the_plan": "yes"},
}


@pytest.mark.parametrize(
    ("after", "found", "age", "steps"),
    [
        (72, {}, 15, "eligible offered accepted held in_time received planned"),
        (73, {}, 15, "eligible offered accepted held received planned"),
        (72, {"found_how": "deceased"}, 15, ""),
        (72, {}, 18, ""),
        (72, {"returned_at": None}, 15, ""),
    ],
)
def test_each_step_of_the_interview_is_counted_by_itself(
    engine: sa.Engine, now: datetime, after: int, found: dict[str, Any], age: int, steps: str
) -> None:
    records = returned(now, **INTERVIEWED)
    records["found"] |= found
    records["return_interview_offer"] = {"outcome": "accepted", "offered_at": now - 90 * HOUR}
    records["return_interview_attempt"] = {"outcome": "held", "tried_at": now - 100 * HOUR + after * HOUR}
    report = {"date_of_birth": None, "approximate_age": 15}
    records["known"] = {"age": age}
    follow(
        engine,
        a_step_of(now - 120 * HOUR, CASES[0], an_episode(now - 120 * HOUR, "new", report=report, **records), "found"),
    )
    taken_in = {"plan": {"1": {"taken_in": "changed"}}, "interview_received": {"1": {"sender": CASES[0]}}}
    with writing(engine) as connection:
        episodes.project(connection, a_step_of(now, "TP-22222222", taken_in, "plan.1", procedure="trigger_plan"))
    population = of_a_year(engine, now)
    assert [step for step in INTERVIEWS if population.count(step)] == steps.split()


@pytest.mark.parametrize(("hours", "waiting"), [(72, 1), (73, 0)])
def test_an_interview_waits_until_its_72_hours_are_over(
    engine: sa.Engine, now: datetime, hours: int, waiting: int
) -> None:
    back = {"returned_at": now - hours * HOUR, "found_how": "returned_self"}
    follow(engine, a_step_of(now, CASES[0], an_episode(now - 200 * HOUR, "new", found=back), "found"))
    assert of_a_year(engine, now).count("waiting") == waiting


def test_a_number_is_as_long_as_its_list_and_an_unknown_one_has_none(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, CASES[0], "new"), matched(now, CASES[1], ROBIN))
    found = of_a_year(engine, now)
    assert found.behind("elephants") == ()
    for key in SLICES:
        assert {part: len(found.behind(key, part)) for part in found.parts(key)} == found.parts(key)
    for key in MEASURES:
        assert found.count(key) == len(found.behind(key)) or key in PEOPLE
    assert {measure.of for measure in MEASURES.values()} <= {"", *MEASURES}
    assert set(SLICES["age"].words) == set(AGE_BANDS)


def an_indexed_case(engine: sa.Engine, now: datetime) -> None:
    """Put a case into the index, so that tasks can be of it."""
    release = {"number": 1, "digest": "", "files": b"", "published_by": "", "published_at": now}
    row = {"title": "", "status": "open", "opened_at": now, "state": b"", "facts": b"", "head": "", "seq": 0}
    case = {"id": CASES[0], "procedure": "missing_child", "release_id": 1, "correlation": "", "failures": 0}
    with writing(engine) as connection:
        connection.execute(sa.insert(ReleaseTable).values(id=1, procedure="missing_child", **release))
        connection.execute(sa.insert(CaseTable).values(**case, **row))


@pytest.fixture
def searches(engine: sa.Engine, now: datetime) -> None:
    """Two searches: one with reviews done and open, one in which nothing has begun."""
    an_indexed_case(engine, now)
    task = {"name": "", "role": "locate_sergeant", "form": "", "record_key": "1", "opened_at": now, "element": "look"}
    tasks = (
        (1, "review", "completed", None, now - 5 * HOUR),
        (2, "inspection", "completed", None, now - 3 * HOUR),
        (3, "review", "open", now + HOUR, None),
        (4, "inspection", "open", now - HOUR, None),
        (5, "action", "open", now - 9 * HOUR, None),
    )
    with writing(engine) as connection:
        for number, record, status, due_at, completed_at in tasks:
            values = {"record": record, "status": status, "due_at": due_at, "completed_at": completed_at}
            connection.execute(sa.insert(TaskTable).values(case_id=CASES[0], number=number, **task, **values))
    since = {"missing_since": now - 30 * HOUR}
    follow(engine, matched(now - 20 * HOUR, CASES[0], "new", report=since), matched(now - HOUR, CASES[1], "new"))
    back = an_episode(now, "new", found={"returned_at": now})
    follow(engine, a_step_of(now, CASES[2], back, "found"))


@pytest.mark.usefixtures("searches")
def test_an_episode_without_an_authority_is_in_every_count_of_those_not_known(engine: sa.Engine, now: datetime) -> None:
    """The dashboard counted it there, and the steps behind it were none."""
    period, nobodys = Period(now - DAY, now + DAY), frozenset({"not_known"})
    row = episodes.EpisodeRow
    with writing(engine) as connection:
        connection.execute(sa.update(row).where(row.case_id == CASES[0]).values(responsible_authority=""))
    with reading(engine) as connection:
        found = figures.population(connection, period, nobodys, now=now).episodes
        assert [one.case_id for one in found] == [CASES[0]]
        assert reconcile(connection, period, nobodys).police == 1
        assert sum(one.opened for one in paces(connection, period, nobodys, now=now)) == 5
        assert paces(connection, period, frozenset({"another"}), now=now) == []


@pytest.mark.usefixtures("searches")
def test_who_is_missing_has_the_last_and_the_next_review(engine: sa.Engine, now: datetime) -> None:
    with reading(engine) as connection:
        first, second = figures.missing_now(connection)
        assert figures.missing_now(connection, {"nottinghamshire_county"}) == ()
    assert (first.case_id, second.case_id) == (CASES[0], CASES[1])
    assert (first.last_review_at, first.next_review_at) == (now - 3 * HOUR, now - HOUR)
    assert (first.is_overdue(now), first.missing_for(now)) == (True, 30 * HOUR)
    assert (second.last_review_at, second.next_review_at, second.is_overdue(now)) == (None, None, False)
    assert second.missing_for(now) == HOUR
    assert not first.adult


def test_the_period_is_read_by_its_index(sqlite_engine: sa.Engine, now: datetime) -> None:
    """So that the figures of a month cost the same when ten years are kept."""

    def ask() -> None:
        of_a_year(sqlite_engine, now, authorities={"nottingham_city"})
        with reading(sqlite_engine) as connection:
            figures.missing_now(connection)

    steps = steps_of(sqlite_engine, ask, asks=5)
    assert [step for step in steps if step.startswith("SCAN")] == []
