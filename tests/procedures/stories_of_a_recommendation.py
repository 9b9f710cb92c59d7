"""The stories of `recommendation.bpmn` and its milestones: taken in, accepted, carried out, proved, closed, reported."""

from __future__ import annotations

from datetime import timedelta

from tests.driving import MORNING
from tests.procedures.oversight import Oversight, story_in

story = story_in("recommendation", MORNING)
CHIEF, COORDINATOR = "chief_inspector_missing", "inspection_coordinator"
CARRYING_OUT = {
    "inspection_coordinator": "carry_out_as_coordinator",
    CHIEF: "carry_out_as_chief_inspector",
    "mfh_coordinator": "carry_out_as_mfh",
    "locate_sergeant": "carry_out_as_locate",
    "audit_lead": "carry_out_as_audit",
}
LADDER = [("reminder", COORDINATOR), ("due", COORDINATOR), ("first escalation", f"{CHIEF} {COORDINATOR}")]


@story
def a_recommendation_is_accepted_carried_out_proved_and_closed_by_the_inspectorate(case: Oversight) -> None:
    case.report()
    assert case.stands() == "amber: The force has not taken a position"
    case.fill("assess_as_chief_inspector")
    assert case.last is not None
    assert case.last.title == "Recommendation HMIC-2016-1"
    assert case.open_elements() == ["plan_milestone"]
    assert case.stands() == "amber: No milestone is planned"
    case.fill("plan_milestone")
    assert case.open_elements() == ["update_status", "carry_out_as_mfh"]
    assert case.stands() == "green: On course"
    case.wait(days=20).fill("carry_out_as_mfh").fill("update_status", next="evidence")
    case.fill("submit_evidence")
    assert case.open_elements() == ["record_review"]
    case.panel().wait(days=10).fill("record_review")
    assert case.open_elements() == []
    assert case.stands() == "closed: It is closed"
    assert not case.closed, "the panel has not been told how it ended"
    case.panel()
    assert list(dict.fromkeys(case.words())) == [
        "RecommendationReceived",
        "RecommendationAssessed",
        "RecommendationAccepted",
        "MilestonePlanned",
        "MilestoneDone",
        "StatusUpdated",
        "EvidenceSubmitted",
        "EvidenceSent",
        "ReportedToPanel",
        "RecommendationClosedByInspectorate",
    ]
    assert [each["reported_on"] for each in case.facts["panel_reported"].values()] == [
        (MORNING + timedelta(days=20)).date(),
        (MORNING + timedelta(days=30)).date(),
    ]
    assert case.closed


@story
def a_superintendent_rejects_it_and_the_panel_reads_why(case: Oversight) -> None:
    case.report(owner="superintendent", deadline=None)
    assert set(case.refusals("assess_as_superintendent", position="reject", reason=None)) == {"reason"}
    case.fill("assess_as_superintendent", position="reject")
    assert "aim" not in case.facts["position"][""]
    assert case.words()[-1] == "RecommendationRejected"
    assert case.open_elements() == ["close_recommendation"]
    assert case.stands() == "amber: It is rejected and not closed yet"
    case.fill("close_recommendation", how="superseded", superseded_by="HMICFRS-2024-7")
    assert case.facts["closure"][""]["superseded_by"] == "HMICFRS-2024-7"
    assert case.words()[-1] == "RecommendationSuperseded"
    case.wait(days=40).panel()
    assert case.closed


@story
def milestones_may_be_added_and_each_goes_to_the_role_that_it_names(case: Oversight) -> None:
    case.takes("partial")
    assert case.words()[-1] == "RecommendationPartlyAccepted"
    assert set(case.refusals("plan_milestone", due_on=-timedelta(days=1))) == {"due_on"}
    roles = list(CARRYING_OUT)
    for role in roles:
        case.fill("plan_milestone", role=role, another="no" if role == roles[-1] else "yes")
        task = case.task(CARRYING_OUT[role])
        assert (task.node.role, task.key) == (role, str(roles.index(role) + 1))
        assert f"{task.due_at:%d %b %H:%M}" == "01 May 16:00", "five o'clock in London"
    case.fill("update_status", next="add").fill("plan_milestone", due_on=timedelta(days=20))
    assert case.keys_of("carry_out_as_mfh") == ["3", "6"]
    assert case.stands() == "amber: A milestone is due within 28 days"
    for role in roles:
        case.fill(CARRYING_OUT[role], key=str(roles.index(role) + 1))
    case.fill("update_status", next="close").fill("close_recommendation", open_milestones="The sixth is not wanted.")
    assert case.open_elements() == [], "what is open of its milestones ends with it"
    case.panel()
    assert case.closed


@story
def a_milestone_whose_day_has_passed_goes_to_the_chief_inspector(case: Oversight) -> None:
    case.takes().fill("plan_milestone").wait(days=61)
    assert case.told_of("T-46")[-1] == ("due and escalated", f"{CHIEF} mfh_coordinator")
    assert case.steps("T-46") == [
        "reminder 28 days before",
        "reminder 7 days before",
        "reminder 1 day before",
        "due and escalated",
    ]
    assert case.keys_of("decide_on_overdue_milestone") == ["1"]
    assert case.stands() == "red: A milestone is overdue"
    assert set(case.refusals("decide_on_overdue_milestone", new_due_on=None)) == {"new_due_on"}
    case.fill("decide_on_overdue_milestone")
    assert case.words()[-1] == "DelayExplained"
    assert case.stands() == "green: On course"
    assert f"{case.due('carry_out_as_mfh'):%d %b}" == "01 Jun", "the clock moves to the new day"
    case.wait(days=40)
    assert case.steps("T-46")[-2:] == ["due and escalated", "overdue"]
    assert case.told("T-46")[-1][2] == f"{CHIEF} {COORDINATOR} mfh_coordinator"
    case.fill("carry_out_as_mfh")
    assert case.open_elements() == ["update_status"]


@story
def a_late_milestone_that_goes_on_and_an_answer_that_comes_after_it_is_done(case: Oversight) -> None:
    case.takes().fill("plan_milestone", due_on=timedelta(days=5)).wait(days=6)
    case.fill("carry_out_as_mfh").fill("decide_on_overdue_milestone", decision="go_on")
    assert "new_due_on" not in case.facts["overdue_decision"]["1"]
    assert case.open_elements() == ["update_status"]


@story
def the_inspectorate_wants_more_and_nobody_says_where_it_stands(case: Oversight) -> None:
    case.takes().fill("plan_milestone").fill("carry_out_as_mfh").fill("update_status", next="evidence")
    since = case.fill("submit_evidence").now
    case.wait(days=98)
    assert [(at, step) for at, step, _tell in case.told("G-38", since)] == [
        ("1824:00", "reminder"),
        ("2160:00", "due"),
        ("2328:00", "first escalation"),
    ]
    assert case.stands() == "red: Nothing was said for more than 90 days"
    case.fill("record_review", outcome="more_wanted")
    since = case.now
    assert case.open_elements() == ["update_status"]
    case.wait(days=98)
    assert [step for _at, step, _tell in case.told("G-38", since)][-3:] == ["reminder", "due", "first escalation"]
    case.wait(days=20).fill("update_status")
    assert case.stands() == "red: The deadline has passed"


@story
def nobody_does_anything_about_a_recommendation(case: Oversight) -> None:
    case.report().wait(days=29)
    assert case.told_of("C-51")[:3] == [
        ("reminder", CHIEF),
        ("due", f"{CHIEF} {COORDINATOR}"),
        ("first escalation", f"{CHIEF} {COORDINATOR} superintendent"),
    ]
    case.fill("assess_as_chief_inspector").wait(days=30)
    assert case.told_of("C-52")[:3] == LADDER
    case.fill("plan_milestone", due_on=timedelta(days=2)).wait(days=20)
    assert case.told_of("C-53")[:3] == [
        ("reminder", CHIEF),
        ("due", f"{CHIEF} {COORDINATOR}"),
        ("first escalation", f"{CHIEF} superintendent"),
    ]
    case.fill("update_status", next="evidence").wait(days=30)
    assert case.told_of("C-54")[:3] == LADDER
    case.fill("submit_evidence").fill("record_review", outcome="more_wanted")
    case.fill("update_status", next="close").wait(days=30)
    assert case.told_of("C-55")[:3] == LADDER


@story
def a_superintendent_who_takes_no_position_is_told_too(case: Oversight) -> None:
    case.report(owner="superintendent").wait(days=16)
    assert case.told_of("C-51")[:2] == [("reminder", "superintendent"), ("due", f"{COORDINATOR} superintendent")]


@story
def every_role_with_a_milestone_is_reminded_of_it(case: Oversight) -> None:
    case.takes()
    for role in CARRYING_OUT:
        case.fill("plan_milestone", role=role, another="no" if role == "audit_lead" else "yes")
    case.wait(days=54)
    assert {tell for step, tell in case.told_of("T-46") if step == "reminder 7 days before"} == set(CARRYING_OUT)
