"""A plan in versions: what a line asks for, who reads which part, how a version did; forms and parts say the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from engine.forms import Form, read
from engine.model import Facts
from engine.store import reading
from tests.workflows.test_children import DAY, FIRST, PLAN, ROBIN, SECOND, a_step, child_case, follow, matched
from tests.workflows.test_operations import a_scope, call
from workflows import catalogue, children, trigger_plans
from workflows.trigger_plans import PARTS, POLICE_ONLY, ChildPlan, PlanTask, read_task

TYPED = {
    "summary": "Goes to the river",
    "immediate_tasks": "Look at the boat house",
    "warning_markers": ["violence", "carer_known_risk"],
    "health": "Needs insulin",
    "medicine_within_hours": 4,
    "default_risk_rationale": "Was hurt there",
    "built_from_episodes": [FIRST, SECOND],
    "state": "in_force",
}


def versions(engine: sa.Engine) -> tuple[ChildPlan, ...]:
    with reading(engine) as connection:
        return trigger_plans.of_child(connection, ROBIN)


def write(engine: sa.Engine, now: datetime, **said: object) -> None:
    """Write the first version in the child's own case."""
    child_case(engine, now)
    facts: Facts = {"plan": {"1": {**TYPED, **said}}}
    follow(engine, a_step(now, PLAN, facts, "plan.1", procedure="trigger_plan"))


@pytest.mark.parametrize(
    ("line", "task"),
    [
        ("Ring the aunt", PlanTask("Ring the aunt")),
        ("phone_contact: Ring the aunt", PlanTask("Ring the aunt", "phone_contact")),
        ("Contact by phone, 15 minutes: Ring the aunt", PlanTask("Ring the aunt", "phone_contact", timedelta(minutes=15))),
        ("Within 2 h, Locate team sergeant: Look", PlanTask("Look", within=timedelta(hours=2), who="Locate team sergeant")),
        ("response_officer, cctv, 5 min: The bus", PlanTask("The bus", "cctv", timedelta(minutes=5), "Response officer")),
        ("Search of an area:  The river: both banks", PlanTask("The river: both banks", "area_search")),
        ("Ask at the boat house: now", PlanTask("Ask at the boat house: now")),
        ("Contact by phone, the aunt: 07700 900123", PlanTask("Contact by phone, the aunt: 07700 900123")),
        ("rhi_worker: Ring the aunt", PlanTask("rhi_worker: Ring the aunt")),
        ("15 minutes:", PlanTask("15 minutes:")),
    ],
)  # fmt: skip
def test_a_line_says_what_how_how_soon_and_who_or_is_read_as_it_is(line: str, task: PlanTask) -> None:
    """Who may not read a plan is no doer: interview workers are never named in an action's words."""
    assert read_task(line) == task


def test_what_is_typed_in_parts_is_kept_one_a_line_and_a_task_is_read_as_it_was_typed() -> None:
    task = {"task": "Ring the aunt: twice", "type": "phone_contact", "within": Decimal(15), "who": "locate_sergeant"}
    jay = {"name": "Jay", "danger": "high", "vehicle": "A grey van"}
    facts: Facts = {
        "plan": {"1": {**TYPED, "immediate_tasks": [task, {"task": "Look"}], "known_people": [jay, {"name": "Kim"}]}}
    }
    said = trigger_plans.said_in(facts, "1")
    assert said is not None
    assert said["known_people"] == "Jay, danger high, A grey van\nKim"
    assert [read_task(line) for line in trigger_plans.lines_of(said["immediate_tasks"])] == [
        PlanTask("Ring the aunt: twice", "phone_contact", timedelta(minutes=15), "Locate team sergeant"),
        PlanTask("Look"),
    ]


def test_a_task_is_an_action_in_its_time_and_with_its_doer(engine: sa.Engine, now: datetime) -> None:
    entry = {"value": "plan_1", "label": "Contact by phone, 15 minutes, locate team sergeant: Ring the aunt"}
    scope = {"known": {"immediate_tasks": [entry]}, "plan_acknowledgement": {"tasks": ["plan_1"]}}
    assert call(engine, "raise_plan_tasks", scope, now) == [
        {
            "task_of_the_plan": "Ring the aunt",
            "type": "phone_contact",
            "from_plan": True,
            "due_within": timedelta(minutes=15),
            "who": "Locate team sergeant",
        }
    ]


def test_a_version_keeps_all_that_was_typed_and_the_interview_that_it_knows(engine: sa.Engine, now: datetime) -> None:
    """The reason for the grade was dropped, and nothing said which interview a version was the first to know."""
    write(engine, now)
    taken: Facts = {
        "plan": {"1": TYPED, "2": {**TYPED, "taken_in": "changed"}, "3": {"taken_in": "nothing"}},
        "interview_received": {"1": {"sender": FIRST}, "2": {"sender": SECOND}},
    }
    follow(engine, a_step(now + DAY, PLAN, taken, "plan.2", "plan.3", procedure="trigger_plan"))
    newest, first = versions(engine)
    assert (first["default_risk_rationale"], first["last_interview"]) == ("Was hurt there", "")
    assert (newest["last_interview"], newest["built_from_episodes"]) == (FIRST, f"{FIRST}\n{SECOND}")
    assert newest.warnings == ("violence", "carer_known_risk")
    assert newest["medicine_within_hours"] == "4"


def test_a_draft_is_not_kept_as_a_version_and_ends_nothing(engine: sa.Engine, now: datetime) -> None:
    write(engine, now)
    drafted: Facts = {"plan": {"1": TYPED, "2": {**TYPED, "state": "draft"}}}
    follow(engine, a_step(now + DAY, PLAN, drafted, "plan.2", procedure="trigger_plan"))
    assert [(each.version, each.valid_to) for each in versions(engine)] == [(1, None)]


@pytest.mark.parametrize(
    ("classes", "sensitivity", "shown"),
    [
        ({"D5"}, "usual", {"summary", "immediate_tasks", "medicine_within_hours", "default_risk_rationale", "sensitivity", "built_from_episodes"}),
        ({"D5S"}, "usual", {"summary"}),
        ({"D5S"}, POLICE_ONLY, set()),
        ({"D11"}, "usual", {"health"}),
        ({"D3"}, "usual", {"warning_markers"}),
        ({"D2", "D5S"}, "usual", {"summary"}),
        (set(), "usual", set()),
    ],
)  # fmt: skip
def test_each_part_is_read_by_its_own_class(
    engine: sa.Engine, now: datetime, classes: set[str], sensitivity: str, shown: set[str]
) -> None:
    write(engine, now, sensitivity=sensitivity)
    (plan,) = versions(engine)
    assert {name for name, _part in plan.readable(classes)} == shown


def test_a_report_recalls_the_warnings_and_keeps_a_summary_for_the_police_apart(
    engine: sa.Engine, now: datetime
) -> None:
    follow(engine, matched(now - DAY, FIRST, "new"))
    write(engine, now - timedelta(hours=1), sensitivity=POLICE_ONLY)
    known = call(engine, "recall_child", a_scope(now, ROBIN), now)
    assert (known["plan"], known["plan_summary"], known["plan_for_police"]) == (True, None, "Goes to the river")
    assert known["flags"] == ["carer_known_risk", "violence"]


def test_a_version_is_used_at_the_reports_while_it_was_in_force(engine: sa.Engine, now: datetime) -> None:
    write(engine, now)
    reports = [matched(now - DAY, FIRST, "new"), matched(now + DAY, SECOND, ROBIN)]
    back: Facts = {**reports[1].facts, "found": {"": {"returned_at": now + DAY + timedelta(hours=6)}}}
    follow(engine, *reports, a_step(now + 2 * DAY, SECOND, back, "found"))
    with reading(engine) as connection:
        episodes = children.episodes_of(connection, ROBIN)
    (plan,) = versions(engine)
    assert [(each.case_id, after) for each, after in trigger_plans.uses(plan, episodes)] == [
        (SECOND, timedelta(hours=6))
    ]


@pytest.fixture(scope="module")
def forms() -> Mapping[str, Form]:
    files = catalogue.files("trigger_plan")
    return {name: read(files[f"{name}.form"], f"{name}.form") for name in ("plan", "plan_update")}


@pytest.mark.parametrize("name", ["plan", "plan_update"])
def test_the_forms_ask_for_each_part_in_its_class_and_offer_its_words(forms: Mapping[str, Form], name: str) -> None:
    """What stands on a page of the plan and what stands beside a search would else be read by different people."""
    asked = {field.key: field for field in forms[name].fields}
    assert asked.keys() - {"taken_in", "state"} == PARTS.keys() - {"last_interview"}
    for key, part in PARTS.items():
        if key in asked:
            assert (asked[key].data_class, bool(asked[key].summary_class)) == (part.data_class, part.in_summary), key
            words = {choice.value: choice.label for choice in asked[key].choices}
            assert words == dict(part.values or {}), key
            inside = {each.key: {choice.value for choice in each.choices} for each in asked[key].asked}
            assert part.items is None or inside == {name: set(words) for name, words in part.items.items()}, key


def test_both_forms_ask_the_same_in_the_same_words(forms: Mapping[str, Form]) -> None:
    own = {"taken_in", "state", "built_from"}
    plan, update = (
        [(f.key, f.label, f.hint, f.required) for f in forms[name].fields if f.key not in own] for name in forms
    )
    assert plan == update
