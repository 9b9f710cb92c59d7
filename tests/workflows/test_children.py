"""What is known of a child over the years follows its cases: matches, episodes, flags and plans."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Facts
from engine.store import CaseTable, ReleaseTable, reading, writing
from engine.views import EventRow, Step
from tests.plans import steps_of
from tests.workflows.steps import an_event
from workflows import child_projection, children, episodes, searching, trigger_plans
from workflows.child_projection import project, rebuild

DAY = timedelta(days=1)
FIRST, SECOND, PLAN = "MC-22222222", "MC-33333333", "TP-44444444"
ROBIN, OTHER = "CH-22222222", "CH-33333333"

REPORT: dict[str, Any] = {
    "child_full_name": "Robin Example",
    "known_as": "",
    "date_of_birth": date(2012, 5, 3),
    "sex": "female",
    "looked_after": "yes",
    "legal_status": "s20",
}


def written(at: datetime, record: str, key: str, facts: Facts) -> EventRow:
    fields = list(facts.get(record, {}).get(key, ()))
    return an_event("facts_written", at, record=record, key=key, fields=fields)


def a_step(at: datetime, case: str, facts: Facts, *records: str, procedure: str = "missing_child") -> Step:
    """Make a step of a case that wrote some records, each with its key behind a full stop where it has one."""
    names = [(record.partition(".")[0], record.partition(".")[2]) for record in records if record != "closed"]
    events = tuple(written(at, name, key, facts) for name, key in names)
    closed = "closed" in records
    events += (an_event("case_closed", at),) if closed else ()
    return Step(case, procedure, 1, "A title", at, events, facts, (), "closed" if closed else "open")


def an_episode(at: datetime, child: str, *, report: dict[str, Any] | None = None, **records: Any) -> Facts:
    opening = {"child_name": "Robin", "responsible_authority": "nottingham_city"}
    return {
        "case_opening": {"": opening},
        "missing_report": {"": {**REPORT, **(report or {}), "reported_at": at}},
        "child_match": {"": {"child": child}},
        **{name: {"": fields} for name, fields in records.items()},
    }


def follow(engine: sa.Engine, *steps: Step) -> None:
    with writing(engine) as connection:
        for step in steps:
            episodes.project(connection, step)
            project(connection, step)


def matched(at: datetime, case: str, child: str, **changed: Any) -> Step:
    return a_step(at, case, an_episode(at, child, **changed), "child_match")


def child_case(engine: sa.Engine, now: datetime) -> None:
    """Put the child's trigger plan case into the index of the cases."""
    with writing(engine) as connection:
        release = {"number": 1, "digest": "", "files": b"", "published_by": "", "published_at": now}
        connection.execute(sa.insert(ReleaseTable).values(id=1, procedure="trigger_plan", **release))
        row = {"title": "", "status": "open", "opened_at": now, "state": b"", "facts": b"", "head": "", "seq": 0}
        case = {"id": PLAN, "procedure": "trigger_plan", "release_id": 1, "correlation": ROBIN, "failures": 0}
        connection.execute(sa.insert(CaseTable).values(**case, **row))


def test_before_anybody_has_matched_the_child_nothing_is_known(engine: sa.Engine, now: datetime) -> None:
    facts = an_episode(now, "")
    del facts["child_match"]
    follow(engine, a_step(now, FIRST, facts, "missing_report"))

    with reading(engine) as connection:
        assert children.child_of(connection, FIRST) is None
        assert children.episodes_of(connection, ROBIN) == ()


def test_a_new_child_has_the_reference_of_the_case_and_what_the_report_says(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, FIRST, "new"))

    with reading(engine) as connection:
        child = children.find(connection, ROBIN)
        assert children.child_of(connection, FIRST) == ROBIN
    assert child is not None
    assert (child.name, child.born_on, child.looked_after) == ("Robin Example", date(2012, 5, 3), "s20")
    assert child.responsible_authority == "nottingham_city"


def test_a_later_report_fills_what_is_empty_and_changes_what_changes(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, FIRST, "new", report={"date_of_birth": None, "sex": "not_known"}))
    later = {"child_full_name": "Robyn Sample", "looked_after": "no", "legal_status": None, "known_as": "Bobs"}
    follow(engine, matched(now + DAY, SECOND, ROBIN, report=later))

    with reading(engine) as connection:
        child = children.find(connection, ROBIN)
        found = children.near(connection, ["Sample"], None)
    assert child is not None
    assert (child.name, child.known_as, child.born_on) == ("Robin Example", "Bobs", date(2012, 5, 3))
    assert (child.sex, child.looked_after) == ("female", "none")
    assert [(each.child_id, count) for each, count in found] == [(ROBIN, 2)]


def test_an_episode_follows_its_case_to_the_end(engine: sa.Engine, now: datetime) -> None:
    facts = an_episode(now, "new", risk={"level": "high"}, found={"returned_at": now + DAY})
    follow(engine, a_step(now, FIRST, facts, "child_match"))
    facts["case_closure"] = {"": {"unfinished": ["See the aunt", "Ask the school"]}}
    follow(engine, a_step(now + 2 * DAY, FIRST, facts, "case_closure", "closed"))
    follow(engine, a_step(now + 3 * DAY, FIRST, facts, "risk"))

    with reading(engine) as connection:
        (episode,) = children.episodes_of(connection, ROBIN)
        (interview,) = children.interviews_of(connection, ROBIN)
    assert (episode.reported_at, episode.returned_at, episode.level) == (now, now + DAY, "high")
    assert (episode.closed_at, episode.unfinished) == (now + 2 * DAY, "See the aunt\nAsk the school")
    assert interview.case_id == FIRST


def test_a_later_match_joins_the_history_and_nothing_is_lost(engine: sa.Engine, now: datetime) -> None:
    """A child was taken for a new one twice; the second case is matched later, and everything stands under both ids."""
    story = [matched(now, FIRST, "new"), matched(now + DAY, SECOND, "new"), matched(now + 2 * DAY, SECOND, ROBIN)]
    follow(engine, *story)

    for _ in range(2):
        with reading(engine) as connection:
            for name in (ROBIN, OTHER):
                child = children.find(connection, name)
                assert child is not None
                assert child.child_id == ROBIN
                assert {each.case_id for each in children.episodes_of(connection, name)} == {FIRST, SECOND}
            assert children.child_of(connection, SECOND) == ROBIN
            assert [child.child_id for child, _ in children.near(connection, ["Robin"], None)] == [ROBIN]
        with writing(engine) as connection:
            rebuild(connection, story)


def test_the_episodes_of_a_joined_child_count_for_the_child_it_was_joined_to_and_for_no_other(
    engine: sa.Engine, now: datetime
) -> None:
    again, other = "MC-55555555", "MC-66666666"
    follow(engine, matched(now, FIRST, "new"), matched(now, SECOND, "new"), matched(now, again, OTHER))
    follow(engine, matched(now, SECOND, ROBIN), matched(now, other, "new"))

    with reading(engine) as connection:
        found = {child.child_id: count for child, count in children.near(connection, ["Robin"], None)}
    assert found == {ROBIN: 3, "CH-66666666": 1}


def test_a_match_that_was_wrong_is_taken_back(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, FIRST, "new"), matched(now, SECOND, ROBIN), matched(now + DAY, SECOND, "new"))

    with reading(engine) as connection:
        assert children.child_of(connection, SECOND) == OTHER
        assert [each.case_id for each in children.episodes_of(connection, ROBIN)] == [FIRST]


def test_two_children_that_were_matched_to_each_other_stay_one_child(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, FIRST, "new"), matched(now, SECOND, "new"))
    follow(engine, matched(now, SECOND, ROBIN), matched(now, FIRST, OTHER))

    with reading(engine) as connection:
        assert {children.child_of(connection, case) for case in (FIRST, SECOND)} == {ROBIN}
        assert len(children.episodes_of(connection, OTHER)) == 2


def test_three_reports_in_90_days_and_a_screening_raise_flags_once(engine: sa.Engine, now: datetime) -> None:
    facts = an_episode(
        now, "new", threshold_reached={"count_90d": 3}, return_interview={"exploitation_screen": ["cse", "trafficking"]}
    )
    step = a_step(now, FIRST, facts, "child_match", "threshold_reached", "return_interview")
    follow(engine, step, a_step(now + DAY, FIRST, facts, "threshold_reached"))

    with reading(engine) as connection:
        flags = children.flags_of(connection, ROBIN)
    assert [flag.flag for flag in flags] == ["cse", "repeat_3_in_90", "trafficking_nrm"]
    assert all(flag.since == now.date() and flag.holds_on(now.date()) for flag in flags)


@pytest.mark.parametrize(("reports", "flags"), [(9, []), (10, ["repeat_10_in_365"])])
def test_the_tenth_report_in_a_year_raises_its_flag(
    engine: sa.Engine, now: datetime, reports: int, flags: list[str]
) -> None:
    facts = an_episode(now, "new", known={"child_id": ROBIN, "episodes_365d": reports})
    follow(engine, a_step(now, FIRST, facts, "child_match", "known"))

    with reading(engine) as connection:
        assert [flag.flag for flag in children.flags_of(connection, ROBIN)] == flags


def test_public_protection_raises_a_flag_and_ends_one_that_is_wrong(engine: sa.Engine, now: datetime) -> None:
    screened = an_episode(now, "new", return_interview={"exploitation_screen": ["cse", "trafficking"]})
    follow(engine, a_step(now, FIRST, screened, "child_match", "return_interview"))
    decided: Facts = {
        **screened,
        "protection_decision": {
            "cse": {"confirmed": "no"},
            "trafficking_nrm": {"confirmed": "suspected"},
            "cce": {"confirmed": "yes"},
        },
    }
    follow(
        engine,
        a_step(now + DAY, FIRST, decided, *(f"protection_decision.{key}" for key in ("cse", "trafficking_nrm", "cce"))),
    )

    with reading(engine) as connection:
        flags = {each.flag: each for each in children.flags_of(connection, ROBIN)}
    later = (now + DAY).date()
    assert {name for name, flag in flags.items() if flag.holds_on(later)} == {"trafficking_nrm", "cce"}
    assert flags["cse"].until == later
    assert flags["cce"].since == later


def a_plan(summary: str | None, **changed: Any) -> dict[str, Any]:
    return {"summary": summary, "immediate_tasks": "Ring the aunt", "built_from": [FIRST]} | changed


def test_a_plan_has_versions_and_the_newest_is_live_until_it_is_retired(engine: sa.Engine, now: datetime) -> None:
    child_case(engine, now)
    plan = {"1": a_plan("First"), "2": a_plan(None, taken_in="nothing"), "3": a_plan("Third")}
    facts: Facts = {"plan": {key: plan[key] for key in ("1", "2")}}
    steps = [a_step(now, PLAN, facts, "plan.1", "plan.2", procedure="trigger_plan")]
    steps.append(a_step(now + DAY, PLAN, {"plan": plan}, "plan.3", procedure="trigger_plan"))
    retired: Facts = {"plan": plan, "plan_review": {"1": {"outcome": "retire"}}}
    last = a_step(now + 3 * DAY, PLAN, retired, "plan_review.1", "closed", procedure="trigger_plan")
    follow(engine, *steps, last)

    with reading(engine) as connection:
        plans = trigger_plans.of_child(connection, ROBIN)
        (case,) = children.cases_of(connection, ROBIN)
        assert children.child_of(connection, PLAN) == ROBIN
    assert [(plan.version, plan["summary"], plan["built_from"]) for plan in plans] == [
        (3, "Third", FIRST),
        (1, "First", FIRST),
    ]
    live = [trigger_plans.live(plans, now + days * DAY) for days in range(4)]
    assert [plan.version if plan else None for plan in live] == [1, 3, 3, None]
    assert (case.case_id, case.procedure, case.status) == (PLAN, "trigger_plan", "open")


def test_a_corrected_version_keeps_its_time_and_ends_nothing(engine: sa.Engine, now: datetime) -> None:
    child_case(engine, now)
    for at, summary in ((now, "Frist"), (now + DAY, "First")):
        follow(engine, a_step(at, PLAN, {"plan": {"1": a_plan(summary)}}, "plan.1", procedure="trigger_plan"))

    with reading(engine) as connection:
        (plan,) = trigger_plans.of_child(connection, ROBIN)
    assert (plan["summary"], plan.valid_from, plan.valid_to) == ("First", now, None)


@pytest.mark.parametrize("procedure", ["trigger_plan", "prevention"])
def test_steps_that_say_nothing_of_a_child_are_passed_over(engine: sa.Engine, now: datetime, procedure: str) -> None:
    follow(engine, a_step(now, PLAN, {"other": {"": {}}}, "other", procedure=procedure))
    with reading(engine) as connection:
        assert trigger_plans.of_child(connection, ROBIN) == ()


def test_every_field_of_the_identity_is_one_that_the_catalogue_asks_for() -> None:
    said = child_projection.identity({"missing_report": {"": REPORT}, "case_opening": {"": {}}})
    assert set(said) < set(children.ChildRow.__table__.columns.keys())


def test_the_cases_about_a_child_are_found_by_their_key_however_many_there_are(sqlite_engine: sa.Engine) -> None:
    def ask() -> None:
        with reading(sqlite_engine) as connection:
            children.cases_of(connection, "CH-1")
            searching.cases_about(connection, ["CH-1"])

    steps = steps_of(sqlite_engine, ask, asks=2)
    tables = ("cases", "children", "episodes", "disruptions")
    assert [step for step in steps if step.startswith(tuple(f"SCAN {table}" for table in tables))] == []
    assert any("ix_cases_correlation" in step for step in steps)
