"""Every story of every procedure, straight and restored; together they reach all that can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from engine import release
from engine.decisions.model import Rule
from engine.release import Compiled
from tests.procedures import (
    stories_of_a_cancellation,
    stories_of_a_disruption,
    stories_of_a_flag,
    stories_of_a_missing_child,
    stories_of_a_prevention_plan,
    stories_of_a_recommendation,
    stories_of_a_referral,
    stories_of_a_reopening,
    stories_of_a_repeat_pattern,
    stories_of_a_report,
    stories_of_a_return_interview,
    stories_of_a_search,
    stories_of_a_serious_event,
    stories_of_a_strategy_meeting,
    stories_of_a_trigger_plan,
    stories_of_an_audit,
    stories_of_an_end,
    stories_of_harm_told,
    stories_of_the_calendar,
    stories_of_the_daily_meeting,
    stories_of_those_who_are_told,
)
from tests.procedures.casework import STORIES, Reach, everywhere, files_of, flows_from, reached
from workflows import catalogue

TOLD_IN: Mapping[str, Mapping[str, ModuleType | tuple[ModuleType, ...]]] = {
    "missing_child": {
        "missing_child": (stories_of_a_missing_child, stories_of_an_end),
        "return_interview": stories_of_a_return_interview,
        "locate": stories_of_a_search,
        "lower_grade": stories_of_a_search,
        "senior_reviews": stories_of_a_search,
        "close_police_part": stories_of_an_end,
        "bring_back": stories_of_a_search,
        "told_to_police": stories_of_harm_told,
        "keep_safe": stories_of_harm_told,
        "tell_others": stories_of_those_who_are_told,
        "other_area": stories_of_those_who_are_told,
        "tell_of_return": stories_of_those_who_are_told,
        "endorse_the_grade": stories_of_a_missing_child,
        "strategy_meeting": stories_of_a_strategy_meeting,
        "convene_and_hold": stories_of_a_strategy_meeting,
    },
    "disruption": {"disruption": stories_of_a_disruption},
    "exploitation_flag": {"exploitation_flag": stories_of_a_flag},
    "serious_event": {"serious_event": stories_of_a_serious_event},
    "protocol_review": {"protocol_review": stories_of_the_calendar},
    "retention_review": {"retention_review": stories_of_the_calendar},
    "referral": {"referral": stories_of_a_referral},
    "cancellation": {"cancellation": stories_of_a_cancellation},
    "reopening": {"reopening": stories_of_a_reopening},
    "daily_management": {"daily_management": stories_of_the_daily_meeting},
    "repeat_pattern": {"repeat_pattern": stories_of_a_repeat_pattern, "answer_report": stories_of_a_repeat_pattern},
    "trigger_plan": {"trigger_plan": stories_of_a_trigger_plan},
    "audit": dict.fromkeys(("audit", "act_on_risk", "follow_up_finding"), stories_of_an_audit),
    "recommendation": dict.fromkeys(
        ("recommendation", "see_milestone_through", "carry_out_milestone"), stories_of_a_recommendation
    ),
    "report": dict.fromkeys(("report", "bring_report_out"), stories_of_a_report),
    "quarterly_packs": {"quarterly_packs": stories_of_a_report},
    "prevention": {"prevention": stories_of_a_prevention_plan, "see_action_through": stories_of_a_prevention_plan},
}
"""The stories of each diagram, by procedure."""

CANNOT_BE_REACHED: dict[str, str] = {
    "no_more_actions": "the return interrupts the search from outside; actions can be raised until then",
    "others_are_told": "a child in care keeps the update open, and another child the wait for care, until the return",
    "child_is_brought_back": "a child who is located is looked after until the return, which interrupts the search",
    "seniors_have_reviewed": "another look is always awaited until the return, which interrupts the search",
    "kept_safe": "somebody may say at any time that the child is not safe, and the close ends everything",
    "child_kept_safe": "somebody may say at any time that the child is not safe, and the close ends everything",
    "no_more_signs": "a sign of exploitation can be seen until the close ends everything",
}
"""What no story can reach, with the reason."""


@pytest.fixture(scope="module", params=sorted(TOLD_IN))
def shipped(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def procedure(shipped: str) -> Compiled:
    return release.load(release.pack(files_of(shipped))[0])


@pytest.fixture(scope="module")
def reach(shipped: str, together: Path) -> Reach:
    return reached((name for name, story in STORIES.items() if story.procedure == shipped), together)


def never(wanted: set[str], reached: set[str]) -> set[str]:
    """Give what should have been reached and was not; what stands on the list must really not be reached."""
    listed = {name for name in CANNOT_BE_REACHED if name in wanted}
    assert listed.isdisjoint(reached), "reached after all: take it off the list"
    return wanted - reached - listed


def rungs_of(procedure: Compiled) -> tuple[Rule, ...]:
    """Give the rungs of every deadline; a procedure in which nobody has anything to do has none."""
    table = procedure.decisions.get("deadlines")
    return table.rules if table is not None else ()


@pytest.mark.parametrize("name", sorted(STORIES))
def test_the_story(name: str, together: Path) -> None:
    assert reached([name], together).passed


def test_every_procedure_that_is_shipped_has_stories() -> None:
    assert set(TOLD_IN) == set(catalogue.procedures())


def test_every_diagram_has_stories(shipped: str, procedure: Compiled) -> None:
    assert set(TOLD_IN[shipped]) == set(procedure.processes)
    modules = {each.play.__module__ for each in STORIES.values() if each.procedure == shipped}
    told = [each if isinstance(each, tuple) else (each,) for each in TOLD_IN[shipped].values()]
    assert modules == {module.__name__ for each in told for module in each}


def test_every_event_is_reached(procedure: Compiled, reach: Reach) -> None:
    kinds = {"start", "throw", "end"}
    assert never({node.id for node in procedure.nodes.values() if node.kind in kinds}, reach.passed) == set()


def test_every_task_of_a_person_is_done(procedure: Compiled, reach: Reach) -> None:
    assert never({node.id for node in procedure.nodes.values() if node.kind == "user_task"}, reach.done) == set()


def test_every_way_out_of_every_gateway_is_taken(procedure: Compiled, reach: Reach) -> None:
    choosing = {
        flow.id
        for process in everywhere(procedure)
        for node in process.nodes.values()
        for flow in flows_from(procedure, node.id)
        if node.kind in {"exclusive", "inclusive"} and len(process.outgoing(node.id)) > 1
    }
    assert never(choosing, reach.ways) == set()


def test_every_rule_of_the_tables_speaks(procedure: Compiled, reach: Reach) -> None:
    asked = {node.decision for node in procedure.nodes.values()}  # deadlines and intervals are asked by clocks
    tables = [table for name, table in procedure.decisions.items() if name in asked]
    assert never({f"{table.id}.{rule.id}" for table in tables for rule in table.rules}, reach.rules) == set()


def test_every_rung_of_every_deadline_is_told(procedure: Compiled, reach: Reach) -> None:
    assert never({rule.id for rule in rungs_of(procedure)}, reach.rungs) == set()


def test_every_deadline_of_the_table_has_its_clock_in_a_diagram(procedure: Compiled) -> None:
    drawn = {procedure.deadline_name(node) for node in procedure.nodes.values() if node.is_deadline}
    assert drawn == {rule.tests[0].strip('"') for rule in rungs_of(procedure)}


def test_what_no_story_reaches_is_named() -> None:
    assert never({"reached", "forgotten"}, {"reached"}) == {"forgotten"}
