"""The operations offer the right children, recall what is known before any grade, and make actions of the plan."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from engine.model import Actor
from engine.store import CaseTable, ReleaseTable, TaskTable, reading, writing
from engine.views import Done
from tests.drawn import form, procedure
from tests.workflows.test_children import DAY, FIRST, OTHER, REPORT, ROBIN, SECOND, follow, matched
from tests.workflows.test_cutover import bring_in, robin
from workflows import child_projection, children, episodes, matching
from workflows.operations import MOST_CANDIDATES, OPERATIONS
from workflows.seals import CANDIDATE, SealCaseRow, SealRow
from workflows.trigger_plans import BY_PLAN_WITHIN

NOW_CASE = "MC-66666666"
AGE = 13
"""Of Robin, born on 3 May 2012, on 2 March 2026."""

WORKER = Actor("wim", frozenset({"worker"}))


def a_scope(now: datetime, child: str | None = None, **changed: Any) -> dict[str, Any]:
    """Give what a step of an episode sees whose report was taken at `now`."""
    return {
        "case": {"reference": NOW_CASE, "opened_at": now},
        "case_opening": {"child_name": "Robin", "responsible_authority": None},
        "missing_report": {**REPORT, "reported_at": now} | changed,
        "child_match": {"child": child},
    }


def call(engine: sa.Engine, operation: str, scope: Mapping[str, Any], now: datetime) -> Any:
    with reading(engine) as connection:
        return OPERATIONS[operation](connection, scope, now)


def test_the_likeliest_child_comes_first_with_birthday_and_episodes(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now - DAY, FIRST, "new"), matched(now - DAY, "MC-55555555", ROBIN))
    twin = {"child_full_name": "Robyn Exampel", "known_as": "Bobs", "date_of_birth": date(2012, 3, 5)}
    follow(engine, matched(now, SECOND, "new", report=twin))
    stranger = {"child_full_name": "Devon Other", "date_of_birth": None}
    follow(engine, matched(now, "MC-77777777", "new", report=stranger))

    found = call(engine, "find_children", a_scope(now), now)
    assert found == {
        "matches": [
            {"value": ROBIN, "label": "Robin Example, 3 May 2012, 2 earlier episodes"},
            {"value": OTHER, "label": "Robyn Exampel (Bobs), 5 March 2012, 1 earlier episode"},
        ],
        "count": 2,
    }
    asked = a_scope(now, child_full_name="Devon Othar", date_of_birth=None)
    (match,) = call(engine, "find_children", asked, now)["matches"]
    assert match["label"] == "Devon Other, date of birth not known, 1 earlier episode"


def test_a_name_alone_or_a_birthday_alone_is_enough_to_look(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now - DAY, FIRST, "new"))
    nobody = {"child_full_name": "", "known_as": ""}
    assert call(engine, "find_children", a_scope(now, date_of_birth=None), now)["count"] == 1
    assert call(engine, "find_children", a_scope(now, **nobody) | {"case_opening": {}}, now)["count"] == 0
    assert call(engine, "find_children", {"case": a_scope(now)["case"]}, now) == {"matches": [], "count": 0}


def test_the_child_that_the_case_itself_added_is_not_offered_to_it(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, NOW_CASE, "new"))
    assert call(engine, "find_children", a_scope(now), now)["count"] == 0


def test_no_more_children_are_offered_than_can_be_read(engine: sa.Engine, now: datetime) -> None:
    rows = "".join(f"A-{number},Robin Example,2012-05-03\n" for number in range(20))
    bring_in(engine, now, children=f"reference,name,born_on\n{rows}")
    assert call(engine, "find_children", a_scope(now), now)["count"] == MOST_CANDIDATES


@pytest.mark.parametrize("chosen", [None, "new"])
def test_a_new_child_gets_an_id_of_the_case_and_has_no_history(
    engine: sa.Engine, now: datetime, chosen: str | None
) -> None:
    assert call(engine, "recall_child", a_scope(now, chosen), now) == {
        "child_id": "CH-66666666",
        "is_new": True,
        "age": AGE,
        "flags": [],
        "exploitation": False,
        "looked_after": True,
        "placement": None,
        "episodes_count": 1,
        "episodes_90d": 1,
        "episodes_365d": 1,
        "last_episode": None,
        "plan": False,
        "plan_version": None,
        "plan_summary": None,
        "plan_for_police": None,
        "contact_rules": None,
        "immediate_tasks": [],
        "carry_over": [],
    }


@pytest.mark.parametrize(
    ("born_on", "age"),
    [(date(2008, 3, 2), 18), (date(2008, 3, 3), 17), (date(2008, 2, 29), 18), (None, None)],
)
def test_the_age_is_that_on_the_day_of_the_report_and_only_by_a_date_of_birth(
    engine: sa.Engine, now: datetime, born_on: date | None, age: int | None
) -> None:
    scope = a_scope(now, "new", date_of_birth=born_on, approximate_age=30)
    assert call(engine, "recall_child", scope, now)["age"] == age


def test_the_date_of_birth_of_a_child_whom_we_know_counts_where_the_caller_has_none(
    engine: sa.Engine, now: datetime
) -> None:
    bring_in(engine, now)
    assert call(engine, "recall_child", a_scope(now, robin(engine), date_of_birth=None), now)["age"] == AGE


def test_a_known_child_is_recalled_with_flags_plan_and_what_was_left_to_do(engine: sa.Engine, now: datetime) -> None:
    """Imported history counts: one episode in 90 days, another in the year, an exploitation flag and a live plan."""
    bring_in(engine, now)
    known = call(engine, "recall_child", a_scope(now, robin(engine), looked_after="not_known"), now)
    assert known == {
        "child_id": robin(engine),
        "is_new": False,
        "age": AGE,
        "flags": ["cse"],
        "exploitation": True,
        "looked_after": True,
        "placement": None,
        "episodes_count": 3,
        "episodes_90d": 2,
        "episodes_365d": 3,
        "last_episode": "E-1",
        "plan": True,
        "plan_version": 3,
        "plan_summary": "Goes to the river\nwith friends",
        "plan_for_police": None,
        "contact_rules": "Do not ring the mother",
        "immediate_tasks": [
            {"value": "plan_1", "label": "phone_contact: Ring the aunt"},
            {"value": "plan_2", "label": "Look at the boat house"},
        ],
        "carry_over": [{"value": "carry_1", "label": "See the aunt"}, {"value": "carry_2", "label": "Ask the school"}],
    }


def test_of_a_sealed_child_warnings_plan_and_numbers_are_recalled_and_no_case(engine: sa.Engine, now: datetime) -> None:
    """The group was told so by mail; but the last episode's reference and what was left to do there stood beside the plan."""
    bring_in(engine, now)
    named = a_scope(now, robin(engine)) | {"case_opening": {"child": robin(engine)}}
    open_to_all = call(engine, "recall_child", named, now)
    assert call(engine, "recall_record", named, now)["name"] == "Robin Example"
    seal = {"about": robin(engine), "reason": "He works here.", "sealed_by": "chief", "sealed_at": now}
    with writing(engine) as connection:
        connection.execute(sa.insert(SealRow).values(id=1, **seal))
    assert call(engine, "recall_child", named, now) == {**open_to_all, "last_episode": None, "carry_over": []}
    assert set(call(engine, "recall_record", named, now)) == {"offered"}
    assert call(engine, "find_children", named, now)["matches"][0]["label"] == CANDIDATE
    with writing(engine) as connection:
        connection.execute(sa.insert(SealCaseRow).values(seal=1, case_id=NOW_CASE))
    assert call(engine, "recall_child", named, now) == open_to_all, "the group reads it all in a case of its own"


def test_a_sealed_return_whose_interview_is_owed_is_left_to_its_group(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now - DAY, FIRST, "new"))
    release = {"procedure": "p", "number": 1, "digest": "d", "files": b"", "published_at": now, "published_by": "x"}
    case = {"procedure": "p", "title": "", "status": "open", "opened_at": now, "head": "", "state": b"", "facts": b""}
    texts = dict.fromkeys(("element", "name", "role", "form", "record_key"), "")
    back = sa.update(episodes.EpisodeRow).where(episodes.EpisodeRow.case_id == FIRST)
    with writing(engine) as connection:
        connection.execute(sa.insert(ReleaseTable).values(id=1, **release))
        connection.execute(sa.insert(CaseTable).values(id=FIRST, release_id=1, seq=1, **case))
        task = {"case_id": FIRST, "number": 1, "record": "return_interview_offer", "status": "open", "opened_at": now}
        connection.execute(sa.insert(TaskTable).values(**task, **texts))
        connection.execute(back.values(returned_at=now))
    scope = a_scope(now, ROBIN) | {"known": {"child_id": ROBIN}}
    assert [each["value"] for each in call(engine, "open_interviews", scope, now)["returns"]] == [FIRST]
    before = call(engine, "earlier_interviews", scope, now)
    assert before == {"returns": ["Back on 2 March 2026: no interview was held"], "count": 1}
    seal = {"about": ROBIN, "reason": "He works here.", "sealed_by": "chief", "sealed_at": now}
    with writing(engine) as connection:
        connection.execute(sa.insert(SealRow).values(id=1, **seal))
        connection.execute(sa.insert(SealCaseRow).values(seal=1, case_id=FIRST))
    assert call(engine, "open_interviews", scope, now) == {"returns": [], "count": 0}
    assert call(engine, "earlier_interviews", scope, now) == {"returns": [], "count": 0}
    with writing(engine) as connection:
        connection.execute(sa.insert(SealCaseRow).values(seal=1, case_id=NOW_CASE))
    assert call(engine, "open_interviews", scope, now)["count"] == 1


def test_windows_are_counted_from_the_report_and_this_episode_counts_once(engine: sa.Engine, now: datetime) -> None:
    steps = [
        matched(now - timedelta(days=days), f"MC-2222222{turn}", ROBIN) for turn, days in enumerate((400, 91, 90, 89))
    ]
    follow(engine, *steps, matched(now, NOW_CASE, ROBIN))
    known = call(engine, "recall_child", a_scope(now, ROBIN), now + DAY)
    assert (known["episodes_90d"], known["episodes_365d"], known["episodes_count"]) == (2, 4, 5)


def test_a_child_under_a_joined_id_is_recalled_as_the_older_one(engine: sa.Engine, now: datetime) -> None:
    follow(engine, matched(now, FIRST, "new"), matched(now, SECOND, "new"), matched(now, SECOND, ROBIN))
    known = call(engine, "recall_child", a_scope(now, OTHER, looked_after="no"), now)
    assert (known["child_id"], known["episodes_count"], known["looked_after"]) == (ROBIN, 3, False)


def test_tasks_that_were_taken_up_become_actions_and_dismissed_ones_do_not(engine: sa.Engine, now: datetime) -> None:
    known = {
        "immediate_tasks": [
            {"value": "plan_1", "label": "phone_contact: Ring the aunt"},
            {"value": "plan_2", "label": "Search of an area:  The river: both banks"},
            {"value": "plan_3", "label": "Ask at the boat house: now"},
        ],
        "carry_over": [{"value": "carry_1", "label": "See the school"}],
    }
    acknowledged = {"live": ["plan_1", "plan_2", "carry_1"], "dismissed": ["plan_3"], "dismissed_reason": "Closed"}
    scope = {"known": known, "plan_acknowledgement": [acknowledged]}
    rest = {"from_plan": True, "due_within": BY_PLAN_WITHIN}
    assert call(engine, "raise_plan_tasks", scope, now) == [
        {"task_of_the_plan": "Ring the aunt", "type": "phone_contact", **rest},
        {"task_of_the_plan": "The river: both banks", "type": "area_search", **rest},
        {"task_of_the_plan": "See the school", "type": "other", **rest},
    ]
    nothing = {"known": known, "plan_acknowledgement": {"live": None}}
    assert call(engine, "raise_plan_tasks", nothing, now) == []
    before = call(engine, "plan_actions", scope, now)
    assert [each["what"] for each in before] == ["Ring the aunt", "The river: both banks", "See the school"]


DRAWN = procedure(
    "missing_child",
    """
    begun: start form=missing_report
    find_children: service does=find_children record=candidates
    match_child: user form=child_match
    recall_child: service does=recall_child record=known
    acknowledge: user form=plan_acknowledgement
    plan_actions: service does=raise_plan_tasks record=action repeats=true
    look: user form=looked
    done: end
    begun > find_children
    find_children > match_child
    match_child > recall_child
    recall_child > acknowledge
    acknowledge > plan_actions
    plan_actions > look
    look > done
    """,
    form("missing_report", "child_full_name"),
    form("child_match", "child"),
    form("plan_acknowledgement", "note"),
    form("looked", "text"),
)


def test_a_case_finds_the_child_that_an_earlier_case_added(engine: sa.Engine, now: datetime) -> None:
    cases = Cases(engine, observers=[episodes.project, child_projection.project], operations=OPERATIONS)
    cases.publish(DRAWN, by="ann", now=now)

    def report(key: str) -> tuple[Done, Any]:
        done = cases.open("missing_child", {"child_full_name": "Robin Example"}, by=WORKER, now=now, key=key)
        return done, cases.task(done.tasks[0], by=WORKER, now=now).scope["candidates"]

    first, candidates = report("one")
    assert candidates["count"] == 0
    cases.complete(first.tasks[0], {"child": "new"}, by=WORKER, now=now, key="match one")
    second, candidates = report("two")
    child_id = matching.own_id(first.case_id)
    assert [match["value"] for match in candidates["matches"]] == [child_id]
    done = cases.complete(second.tasks[0], {"child": child_id}, by=WORKER, now=now, key="match two")
    known = cases.task(done.tasks[0], by=WORKER, now=now).scope["known"]
    assert (known["episodes_90d"], known["last_episode"], known["is_new"]) == (2, first.case_id, False)
    done = cases.complete(done.tasks[0], {"note": "read"}, by=WORKER, now=now, key="acknowledge")
    assert cases.task(done.tasks[0], by=WORKER, now=now).scope["action"] == []
    with reading(engine) as connection:
        assert children.child_of(connection, second.case_id) == child_id
