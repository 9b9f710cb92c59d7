"""An episode is drawn from the facts of its case and nothing else, step by step or all at once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Facts
from engine.store import reading, writing
from engine.views import Step
from tests.workflows.steps import CASE, a_step, a_task, an_event
from workflows import episodes
from workflows.episodes import Episode, interview_outcome, status
from workflows.vocabulary import EPISODE_STATUS, RHI_OUTCOME

HOUR = timedelta(hours=1)


def facts_of(**records: Any) -> Facts:
    """Give facts, where a list stands for a record that repeats."""
    return {
        name: {str(number): one for number, one in enumerate(record, 1)} if isinstance(record, list) else {"": record}
        for name, record in records.items()
    }


def a_story(now: datetime) -> tuple[Step, ...]:
    """Give the steps of an episode from the report to the close of the case."""
    opening = {"child_name": "Sky", "responsible_authority": "nottingham_city"}
    records: dict[str, Any] = {"case_opening": opening}
    steps = [a_step(now, facts_of(**records), (an_event("case_opened", now),))]
    for hours, record in (
        (1, {"missing_report": {"child_full_name": "Sky Blue", "missing_since": now - HOUR}}),
        (2, {"risk_floor": {"level": "medium"}, "risk": {"level": "high"}}),
        (3, {"handover": {"read": "yes"}}),
        (10, {"found": {"returned_at": now + 9 * HOUR}}),
        (11, {"prevention_interview": [{"outcome": "held"}]}),
        (12, {"return_interview_offer": {"outcome": "accepted", "offered_at": now + 12 * HOUR}}),
        (13, {"police_closure": {"child_seen": "police"}}),
        (40, {"return_interview_attempt": [{"outcome": "held", "tried_at": now + 39 * HOUR}]}),
        (50, {"return_interview": {"actions": "None"}}),
        (60, {"return_interview_receipt": {"usable": "yes", "for_the_plan": "yes"}}),
    ):
        records |= record
        steps.append(a_step(now + hours * HOUR, facts_of(**records)))
    closed_at = now + 70 * HOUR
    steps.append(a_step(closed_at, facts_of(**records), (an_event("case_closed", closed_at),), status="closed"))
    return tuple(steps)


def found(engine: sa.Engine) -> Episode:
    with reading(engine) as connection:
        episode = episodes.find(connection, CASE)
    assert episode is not None
    return episode


def test_an_episode_goes_through_its_states_to_the_close(engine: sa.Engine, now: datetime) -> None:
    seen = []
    for step in a_story(now):
        with writing(engine) as connection:
            episodes.project(connection, step)
        seen.append(found(engine).status)

    assert seen == [
        "reported",
        "reported",
        "graded",
        "locating",
        "returned_pending_pi",
        "pi_done",
        "rhi_pending",
        "rhi_pending",
        "rhi_pending",
        "rhi_done",
        "rhi_done",
        "closed",
    ]
    assert set(seen) <= set(EPISODE_STATUS)


def test_at_the_end_an_episode_says_who_when_and_what_came_of_it(engine: sa.Engine, now: datetime) -> None:
    with writing(engine) as connection:
        for step in a_story(now):
            episodes.project(connection, step)

    episode = found(engine)
    assert episode == Episode(
        CASE,
        "Sky Blue",
        "nottingham_city",
        "high",
        "medium",
        "closed",
        now,
        now - HOUR,
        now + 9 * HOUR,
        "held",
        now + 12 * HOUR,
        now + 12 * HOUR,
        now + 39 * HOUR,
        now + 60 * HOUR,
        None,
        now + 13 * HOUR,
        now + 70 * HOUR,
    )
    assert (episode.offered_after, episode.held_after, episode.held_in_time) == (3 * HOUR, 30 * HOUR, True)


def test_a_projection_that_is_built_again_is_the_same(engine: sa.Engine, now: datetime) -> None:
    with writing(engine) as connection:
        for step in a_story(now):
            episodes.project(connection, step)
    before = found(engine)

    with writing(engine) as connection:
        episodes.rebuild(connection, a_story(now))
        episodes.rebuild(connection, a_story(now))

    assert found(engine) == before


def test_a_corrected_time_of_return_is_followed(engine: sa.Engine, now: datetime) -> None:
    story = a_story(now)
    late = story[-1].facts | facts_of(found={"returned_at": now - 40 * HOUR})
    corrected = a_step(now + 80 * HOUR, late)
    with writing(engine) as connection:
        for step in (*story, corrected):
            episodes.project(connection, step)

    episode = found(engine)
    assert (episode.held_after, episode.held_in_time) == (79 * HOUR, False)
    assert (episode.status, episode.case_closed_at) == ("closed", now + 70 * HOUR)
    assert episode.police_closed_at == now + 13 * HOUR


@pytest.mark.parametrize(("late", "in_time"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_an_interview_is_in_time_until_72_hours_after_the_return(
    engine: sa.Engine, now: datetime, late: timedelta, *, in_time: bool
) -> None:
    held = [{"outcome": "held", "tried_at": now + 72 * HOUR + late}]
    with writing(engine) as connection:
        step = a_step(now, facts_of(found={"returned_at": now}, return_interview_attempt=held))
        episodes.project(connection, step)

    assert found(engine).held_in_time is in_time


def test_a_reason_never_makes_an_interview_that_was_not_held_one_in_time(engine: sa.Engine, now: datetime) -> None:
    attempts = [{"outcome": "not_held", "reason": "staff_capacity", "tried_at": now}]
    with writing(engine) as connection:
        step = a_step(now, facts_of(found={"returned_at": now}, return_interview_attempt=attempts))
        episodes.project(connection, step)

    assert (found(engine).held_in_time, found(engine).interview_held_at) == (None, None)


def a_plan_step(at: datetime, answers: dict[str, str], senders: list[str], wrote: str) -> Step:
    """Give a step of a trigger plan: what each version says of an interview, whose interviews came, which version was written."""
    plans: dict[str, Any] = {key: {"taken_in": answer or None} for key, answer in answers.items()}
    interviews: dict[str, Any] = {str(number): {"sender": sender} for number, sender in enumerate(senders, 1)}
    event = an_event("facts_written", at, record="plan", key=wrote, fields=["taken_in"])
    return a_step(at, {"plan": plans, "interview_received": interviews}, (event,), procedure="trigger_plan")


@pytest.mark.parametrize(
    ("answers", "senders", "taken_in"),
    [
        ({"1": "", "2": "changed"}, [CASE], True),
        ({"1": "", "2": "confirmed"}, [CASE], True),
        ({"1": "", "2": "nothing"}, [CASE], False),
        ({"1": "", "2": "changed"}, ["MC-22222222", CASE], False),
        ({"1": "", "2": ""}, [CASE], False),
    ],
    ids=["changed", "confirmed", "nothing for it", "another interview", "written anew by a review"],
)
def test_an_interview_is_in_the_plan_when_the_plan_of_the_child_says_so(
    engine: sa.Engine, now: datetime, answers: dict[str, str], senders: list[str], *, taken_in: bool
) -> None:
    with writing(engine) as connection:
        for step in (*a_story(now), a_plan_step(now + 90 * HOUR, answers, senders, "2")):
            episodes.project(connection, step)

    assert (found(engine).trigger_plan_updated_at == now + 90 * HOUR) is taken_in


def test_what_the_plan_has_taken_in_outlasts_later_steps_and_its_first_time_counts(
    engine: sa.Engine, now: datetime
) -> None:
    story = a_story(now)
    with writing(engine) as connection:
        for step in (*story[:-1], a_plan_step(now + 61 * HOUR, {"1": "changed"}, [CASE], "1"), story[-1]):
            episodes.project(connection, step)
        episodes.project(connection, a_plan_step(now + 99 * HOUR, {"1": "changed"}, [CASE], "1"))

    assert found(engine).trigger_plan_updated_at == now + 61 * HOUR


def test_a_return_that_another_interview_covered_takes_its_times_from_there(engine: sa.Engine, now: datetime) -> None:
    """Held when the other was, in time or not by its own return; received and taken in when the other was."""
    earlier = "MC-22222222"
    facts = facts_of(
        found={"returned_at": now - 70 * HOUR},
        interview_covered={"sender": CASE, "held_at": now + 39 * HOUR, "offered_at": now + 12 * HOUR},
    )
    with writing(engine) as connection:
        for step in (*a_story(now), a_plan_step(now + 90 * HOUR, {"1": "changed"}, [CASE], "1")):
            episodes.project(connection, step)
        episodes.project(connection, replace(a_step(now + 41 * HOUR, facts), case_id=earlier))
    with reading(engine) as connection:
        episode = episodes.find(connection, earlier)

    assert episode is not None
    assert (episode.interview_outcome, episode.held_after, episode.held_in_time) == ("held", 109 * HOUR, False)
    assert (episode.interview_offered_at, episode.interview_accepted_at) == (now + 12 * HOUR, now + 12 * HOUR)
    assert (episode.interview_received_at, episode.trigger_plan_updated_at) == (now + 60 * HOUR, now + 90 * HOUR)


def test_other_procedures_are_passed_over(engine: sa.Engine, now: datetime) -> None:
    with writing(engine) as connection:
        episodes.project(connection, a_step(now, procedure="recommendation"))

    with reading(engine) as connection:
        assert episodes.find(connection, CASE) is None
        assert episodes.newest(connection) == ()


def test_the_newest_episodes_are_given_by_status(engine: sa.Engine, now: datetime) -> None:
    with writing(engine) as connection:
        episodes.project(connection, a_step(now, facts_of(case_opening={"child_name": "Sky"})))

    with reading(engine) as connection:
        assert [episode.child_name for episode in episodes.newest(connection)] == ["Sky"]
        assert len(episodes.newest(connection, statuses={"reported", "graded"})) == 1
        assert episodes.newest(connection, statuses={"closed"}) == ()
        assert episodes.newest(connection, limit=0) == ()


def test_the_facts_and_tasks_of_a_case_say_what_the_projection_says(engine: sa.Engine, now: datetime) -> None:
    with writing(engine) as connection:
        for step in a_story(now):
            episodes.project(connection, step)
    stated = {"case_id": CASE, "opened_at": now, "case_closed_at": now + 70 * HOUR, "status": "closed"}
    stated["trigger_plan_updated_at"] = None  # the child's own case says it
    tasks = [
        replace(a_task(1, "", "", now, None), record="police_closure", completed_at=now + 13 * HOUR),
        replace(a_task(2, "", "", now, None), record="return_interview_receipt", completed_at=now + 60 * HOUR),
        a_task(3, "", "", now, None),
    ]

    assert Episode(**(episodes.derive(a_story(now)[-1].facts, tasks) | stated)) == found(engine)


HELD = {"outcome": "held"}
SILENT = {"outcome": "no_answer"}
DECLINED = {"outcome": "declined_by_child"}
ACCEPTED = {"outcome": "accepted"}


def not_held(reason: str) -> dict[str, str]:
    return {"outcome": "not_held", "reason": reason}


@pytest.mark.parametrize(
    ("offer", "attempts", "outcome"),
    [
        ({}, [], ""),
        (ACCEPTED, [], "accepted_scheduled"),
        ({"outcome": "no_answer"}, [], "offered_awaiting"),
        ({"outcome": "declined"}, [], "declined_child"),
        ({"outcome": "not_offered", "not_offered_reason": "deceased"}, [], "deceased_or_untraced"),
        ({"outcome": "not_offered", "not_offered_reason": "transferred_overseas"}, [], "not_offered"),
        (ACCEPTED, [HELD], "held"),
        (ACCEPTED, [DECLINED, SILENT, HELD, SILENT], "held"),
        (ACCEPTED, [SILENT, SILENT], "accepted_scheduled"),
        (ACCEPTED, [SILENT, SILENT, SILENT], "not_engaged_3_attempts"),
        (ACCEPTED, [SILENT, DECLINED], "declined_child"),
        (ACCEPTED, [SILENT, SILENT, not_held("child_missing_again"), SILENT, DECLINED], "declined_child"),
        (ACCEPTED, [not_held("parent_refused_under_capacity")], "declined_parent"),
        (ACCEPTED, [not_held("staff_capacity")], "accepted_scheduled"),
        (ACCEPTED, [not_held("unsafe"), not_held("staff_capacity")], "unsafe_to_hold"),
        (ACCEPTED, [not_held("deceased")], "deceased_or_untraced"),
        (ACCEPTED, [SILENT] * 9 + [DECLINED], "declined_child"),
    ],
)
def test_the_outcome_of_the_interview_follows_from_offer_and_attempts(
    offer: dict[str, Any], attempts: list[dict[str, Any]], outcome: str
) -> None:
    facts = facts_of(return_interview_offer=offer, return_interview_attempt=attempts)

    assert interview_outcome(facts) == outcome
    assert outcome in {"", *RHI_OUTCOME}


def test_a_child_who_was_not_offered_an_interview_has_no_time_of_offer(now: datetime) -> None:
    offer = {"outcome": "not_offered", "not_offered_reason": "deceased", "offered_at": now}

    assert episodes.derive(facts_of(return_interview_offer=offer))["interview_offered_at"] is None


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({"prevention_interview": [{"outcome": "not_possible"}]}, "returned_pending_pi"),
        (
            {
                "prevention_interview": [{"outcome": "not_possible"}],
                "prevention_exception": [{"approved": "no"}],
                "return_interview": {"actions": "None"},
            },
            "returned_pending_pi",
        ),
        (
            {
                "prevention_interview": [{"outcome": "not_possible"}, {"outcome": "not_possible"}],
                "prevention_exception": [{"approved": "no"}, {"approved": "yes"}],
            },
            "pi_done",
        ),
    ],
)
def test_a_return_waits_for_the_prevention_interview_or_an_approved_exception(
    now: datetime, records: dict[str, Any], expected: str
) -> None:
    assert status(facts_of(found={"returned_at": now}, **records)) == expected
