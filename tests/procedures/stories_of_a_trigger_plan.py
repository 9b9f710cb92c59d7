"""The stories of `trigger_plan.bpmn`: versions with lineage, each interview taken in, reviewed, retired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.procedures.childwork import CHILD, Childwork, story_for

story = story_for("trigger_plan")
BOTH = "chief_inspector_missing mfh_coordinator"


def wanted(case: Childwork, episode: str = "MC-3") -> Childwork:
    """The third report in 90 days asks for a plan."""
    return case.hear("plan_wanted", "RP-1", child=CHILD, episode=episode, wanted_at=case.now, count_90d=3)


def in_force(case: Childwork) -> Childwork:
    """The first version is in force."""
    return wanted(case).fill("write_trigger_plan")


def interviewed(case: Childwork, episode: str, **payload: Any) -> Childwork:
    """An interview of the child reaches the police."""
    return case.hear("interview_received", episode, outcome="held", received_at=case.now, **payload)


def told_of(case: Childwork, deadline: str) -> list[tuple[str, str]]:
    """Give the steps of a deadline and whom each told."""
    return [(step, tell) for _at, step, tell in case.told(deadline)]


@story
def a_plan_is_written_kept_and_retired_when_two_agencies_agree(case: Childwork) -> None:
    wanted(case)
    assert case.due("write_trigger_plan") == case.now + timedelta(days=14)
    assert case.page("write_trigger_plan")["built_from_episodes"] == ["MC-3"]
    case.fill("write_trigger_plan")
    assert case.last is not None
    assert case.last.title == "Trigger plan, version 1"
    case.wait(days=10).fill("review_trigger_plan").fill("review_trigger_plan", outcome="rewrite", risk_gone="no")
    assert case.page("write_trigger_plan")["known_places"] == [{"place": "The boat house"}]
    assert case.due("write_trigger_plan") == case.now + timedelta(days=14)
    case.fill("write_trigger_plan", summary="Goes to her brother at the lock.")
    assert case.facts["plan"]["1"]["summary"] != case.facts["plan"]["2"]["summary"]
    assert "risk_gone" not in case.facts["plan_review"]["1"]
    assert set(case.refusals("review_trigger_plan", outcome="retire", risk_gone="no")) == {"risk_gone"}
    case.fill("review_trigger_plan", outcome="retire")
    assert case.closed
    assert case.words() == [
        "TriggerPlanDrafted",
        "TriggerPlanActivated",
        "TriggerPlanReviewed",
        "TriggerPlanReviewed",
        "TriggerPlanDrafted",
        "TriggerPlanActivated",
        "TriggerPlanReviewed",
        "TriggerPlanRetired",
    ]


@story
def nobody_writes_the_plan_and_then_nobody_reviews_it(case: Childwork) -> None:
    wanted(case).wait(days=30)
    assert told_of(case, "G-46") == [
        ("reminder", "mfh_coordinator"),
        ("due", "mfh_coordinator"),
        ("second escalation", BOTH),
        ("second escalation", BOTH),
    ]
    case.fill("write_trigger_plan").wait(days=105)
    assert told_of(case, "T-38") == [
        ("reminder", "mfh_coordinator"),
        ("due", "mfh_coordinator"),
        ("first escalation", BOTH),
        ("first escalation", BOTH),
    ]


@story
def an_interview_becomes_the_next_version_and_its_episode_is_told(case: Childwork) -> None:
    in_force(case).wait(days=2)
    interviewed(case, "MC-3", trigger_plan_items="The skate park")
    assert case.open_elements() == ["update_trigger_plan"]
    assert case.due("update_trigger_plan") == case.now + timedelta(days=2)
    page = case.page("update_trigger_plan")
    assert (page["built_from"], page["known_places"], page.get("taken_in")) == (
        "MC-3",
        [{"place": "The boat house"}],
        None,
    )
    case.wait(days=1).fill("update_trigger_plan")
    assert case.facts["plan"]["2"]["built_from"] == "MC-3"
    assert case.facts["plan"]["1"]["known_places"] == [{"place": "The boat house"}]
    assert case.messages() == [("plan_updated", "MC-3")]
    assert case.sent[0].payload == {"sender": "T-1", "version": "2", "taken_in": "changed", "updated_at": case.now}
    assert case.open_elements() == ["review_trigger_plan"]
    assert case.words()[-1] == "TriggerPlanUpdated"


@story
def nobody_takes_the_interview_into_the_plan(case: Childwork) -> None:
    interviewed(in_force(case), "MC-3").wait(days=9)
    assert told_of(case, "T-37") == [
        ("reminder", "mfh_coordinator"),
        ("due", "mfh_coordinator"),
        ("second escalation", BOTH),
        ("second escalation", BOTH),
        ("second escalation", BOTH),
    ]


@story
def two_interviews_become_two_versions_and_neither_overwrites_the_other(case: Childwork) -> None:
    """They arrive while the first version is being written: both are taken at once, and worked in one after the other."""
    interviewed(wanted(case), "MC-2").wait(hours=1)
    interviewed(case, "MC-3").wait(hours=1)
    assert case.open_elements() == ["write_trigger_plan"]
    assert set(case.facts["interview_received"]) == {"1", "2"}
    case.fill("write_trigger_plan").wait(hours=1)
    assert case.page("update_trigger_plan")["built_from"] == "MC-2"
    case.fill("update_trigger_plan", built_from="MC-2")
    page = case.page("update_trigger_plan")
    assert (page["built_from"], page["known_places"]) == (
        "MC-3",
        [{"place": "The boat house"}, {"place": "The skate park"}],
    )
    assert case.due("update_trigger_plan") == case.began + timedelta(days=2, hours=1), "since it was received"
    case.fill("update_trigger_plan", taken_in="nothing", built_from="MC-3")
    assert set(case.facts["plan"]["3"]) == {"taken_in", "built_from"}, "nothing new leaves the texts as they are"
    assert case.facts["plan"]["2"]["built_from_episodes"] == ["MC-3", "MC-2"], "each is built on the one before too"
    assert case.last is not None
    assert case.last.title == "Trigger plan, version 2"
    assert [case.facts["plan"][key]["built_from"] for key in ("2", "3")] == ["MC-2", "MC-3"]
    assert case.messages() == [("plan_updated", "MC-2"), ("plan_updated", "MC-3")]
    assert case.open_elements() == ["review_trigger_plan"]


@story
def a_draft_is_nobodys_plan_until_it_is_ready(case: Childwork) -> None:
    """The clock of the first version runs on while somebody drafts; what was drafted stands on the page again."""
    wanted(case).wait(days=12)
    case.fill("write_trigger_plan", state="draft", known_places="The lock")
    assert case.open_elements() == ["write_trigger_plan"]
    assert case.last is not None
    assert case.last.title == "Trigger plan, not written yet"
    assert case.words() == ["TriggerPlanDrafted"]
    assert case.due("write_trigger_plan") == case.began + timedelta(days=14)
    page = case.page("write_trigger_plan")
    assert (page["known_places"], page["sensitivity"], page.get("state")) == (
        [{"place": "The lock"}],
        "usual",
        None,
    )
    case.fill("write_trigger_plan", known_places="The lock")
    assert case.words() == ["TriggerPlanDrafted", "TriggerPlanDrafted", "TriggerPlanActivated"]
    assert case.last.title == "Trigger plan, version 2"


@story
def what_cannot_be_true_of_a_plan_is_said_at_the_question(case: Childwork) -> None:
    wanted(case)
    wrong = {
        "distribution": ["nobody", "school"],
        "medicine_within_hours": "0",
        "state": None,
        "legal_levers": ["bail"],
    }
    refused = case.refusals("write_trigger_plan", **wrong, legal_detail=None)
    assert set(refused) == {"distribution", "medicine_within_hours", "state", "legal_detail"}
    case.fill("write_trigger_plan", warning_markers=["violence", "carer_known_risk"], medicine_within_hours="4")
    assert case.facts["plan"]["1"]["warning_markers"] == ["violence", "carer_known_risk"]
    assert "legal_detail" not in case.facts["plan"]["1"]


@story
def a_return_brings_the_review_forward_once(case: Childwork) -> None:
    in_force(case).wait(days=3)
    case.hear("child_returned", "MC-4", returned_at=case.now, harm=["none"])
    assert case.due("review_trigger_plan") == case.now + timedelta(days=7)
    case.wait(days=22)
    assert told_of(case, "T-38") == [
        ("due after return", "mfh_coordinator"),
        ("first escalation after return", BOTH),
        ("first escalation after return", BOTH),
    ]
    case.fill("review_trigger_plan", used="helped")
    due = case.due("review_trigger_plan")
    assert due is not None
    assert due == case.now + timedelta(days=90), "the return has been looked at"


@story
def patterns_returns_and_closures_are_taken_while_the_plan_is_written(case: Childwork) -> None:
    wanted(case).wait(days=1)
    wanted(case, "MC-4")
    case.hear("child_returned", "MC-4", returned_at=case.now)
    case.hear("child_returned", "MC-5", returned_at=case.now)
    assert [case.facts["plan_wanted"][key]["episode"] for key in ("1", "2")] == ["MC-3", "MC-4"]
    assert set(case.facts["child_returned"]) == {"1", "2"}
    case.hear("episode_closed", "MC-4", unfinished=["Ask the brother for the phone"])
    assert case.facts["episode_closed"]["1"]["unfinished"] == ["Ask the brother for the phone"]
    assert "episode_closed" in case.task("write_trigger_plan").node.beside
    assert case.open_elements() == ["write_trigger_plan"]
