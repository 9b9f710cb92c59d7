"""The stories of `missing_child.bpmn`: report, handover, grade, return, prevention interview."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import SamePersonTwice
from tests.procedures.casework import Casework, story
from tests.procedures.milestones import (
    assessed,
    decided,
    endorsed,
    graded,
    handed_over,
    heard,
    police_closed,
    received,
    returned,
    seen_by_police,
    told_of_return,
)
from tests.procedures.pages import QUESTIONS

MINUTES_15, MINUTES_30 = timedelta(minutes=15), timedelta(minutes=30)


@story
def a_case_goes_from_the_report_to_its_close(case: Casework) -> None:
    case.report().wait(minutes=2).fill("acknowledge_handover").fill("acknowledge_missing_notice").wait(minutes=3)
    told_of_return(graded(case).wait(hours=5).fill("record_return")).wait(hours=1)
    received(heard(case.fill("hold_prevention_interview")))
    police_closed(case)
    assert case.open_elements() == ["close_case"]
    case.fill("close_case")
    assert case.closed
    assert case.words() == [
        "CaseCreated", "HandoverAcknowledged", "LANotified", "EpisodeReported", "RiskGraded", "RiskEndorsed", "Returned",
        "RHIRequested", "FoundNotified", "PartnersToldOfReturn", "PIDone", "RHIOffered", "RHIAccepted", "RHIAttempt", "RHIHeld",
        "RHISubmitted", "RHIReceivedByPolice", "EpisodeClosed",
    ]  # fmt: skip


@story
def everything_starts_at_once_and_nothing_waits_for_another(case: Casework) -> None:
    case.report()
    assert set(case.open_elements()) == {
        "complete_missing_report", "acknowledge_handover", "record_return", "acknowledge_missing_notice", "raise_action",
        "review_case", "review_by_inspector", "record_attendance", "record_circulation",
    }  # fmt: skip
    case.wait(hours=1).fill("record_return")
    assert {"hold_prevention_interview", "offer_return_interview"} <= set(case.open_elements())
    assert {"complete_missing_report", "acknowledge_handover"} <= set(case.open_elements())


@story
def the_child_is_back_before_anybody_graded_the_risk(case: Casework) -> None:
    handed_over(case).wait(hours=8, minutes=5)
    assert case.told("T-01")[:5] == [
        ("0:10", "reminder", "call_taker"),
        ("0:15", "due", "call_taker"),
        ("0:20", "first escalation", "control_room_supervisor"),
        ("0:30", "second escalation", "control_room_supervisor duty_inspector"),
        ("0:45", "second escalation", "control_room_supervisor duty_inspector"),
    ]
    assert case.told("T-09") == [
        ("3:30", "reminder", "locate_sergeant"),
        ("4:00", "review due", "locate_sergeant"),
        ("4:30", "first escalation", "duty_inspector locate_sergeant"),
        ("6:00", "second escalation", "chief_inspector_missing duty_inspector"),
        ("8:00", "second escalation", "chief_inspector_missing duty_inspector"),
    ]
    told_of_return(received(heard(case.fill("record_return").fill("hold_prevention_interview"))))
    assert case.open_elements() == ["complete_missing_report"]
    police_closed(graded(case)).fill("close_case")
    assert case.closed


# The grade ------------------------------------------------------------------------------------------------------------


@story
def the_questions_and_the_decision_take_too_long(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report").wait(minutes=16).fill("match_child").wait(minutes=1)
    assert set(case.steps("T-01")) == {"reminder", "due"}
    case.fill("assess_risk").wait(minutes=5)
    assert case.due("decide_risk_grade") == case.began + MINUTES_15
    assert {"people_told_of_assessment", "people_told_of_grade"} <= case.reach.passed


@story
def the_supervisor_sends_the_grade_back(case: Casework) -> None:
    decided(assessed(handed_over(case)), "medium").wait(minutes=40)
    case.fill("endorse_risk_grade", agreed="no", reason="The medication was forgotten.")
    assert "RiskEndorsed" not in case.words()
    assert case.due("decide_risk_grade") == case.now + MINUTES_15
    decided(case, "high")
    assert case.due("endorse_as_inspector") == case.now + MINUTES_30
    case.fill("endorse_as_inspector")
    assert case.facts["risk"][""]["level"] == "high"
    assert case.words()[-3:] == ["RiskGraded", "RiskGraded", "RiskEndorsed"]


@story
def a_high_grade_that_the_inspector_finds_too_high_is_decided_again(case: Casework) -> None:
    """The inspector's no is the decision of an inspector who did not grade: only so a first high grade becomes lower."""
    decided(assessed(handed_over(case)), "high")
    with pytest.raises(AssertionError):
        case.task("endorse_risk_grade")
    case.fill("endorse_as_inspector", agreed="no", reason="She is on the phone with her mother.")
    decided(case, "medium")
    assert case.task("endorse_risk_grade").node.role == "control_room_supervisor"
    assert case.facts["risk"][""]["was_high"] is True


@story
def a_child_under_thirteen_is_endorsed_by_an_inspector(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report", approximate_age="12").fill("match_child").fill("assess_risk")
    decided(case, "medium")
    assert case.due("endorse_as_inspector") == case.now + timedelta(hours=1)
    with pytest.raises(SamePersonTwice):
        case.fill("endorse_as_inspector", by="call_taker")
    assert case.fill("endorse_as_inspector").words()[-1] == "RiskEndorsed"


@story
def a_grade_that_is_raised_before_it_is_endorsed_goes_to_the_inspector_and_is_not_lowered_on_the_way(
    case: Casework,
) -> None:
    """Once a raise was undone by whoever decided the first grade again, without an inspector (G-12)."""
    decided(assessed(handed_over(case)), "medium").fill("raise_grade")
    assert "endorse_risk_grade" not in case.open_elements()
    assert case.due("endorse_as_inspector") == case.now + MINUTES_30
    case.wait(minutes=1).fill("endorse_as_inspector", agreed="no").fill("decide_risk_grade", level="medium")
    case.wait(minutes=5).fill("endorse_risk_grade", agreed="no").wait(minutes=1).fill("raise_grade")
    assert set(case.refusals("decide_risk_grade", level="medium")) == {"level"}
    case.fill("decide_risk_grade", level="high").fill("endorse_as_inspector")
    assert case.facts["risk"][""]["level"] == "high"


@story
def a_grade_below_the_floor_needs_its_own_reason(case: Casework) -> None:
    assessed(handed_over(case), weather="yes")
    assert case.facts["risk_floor"][""]["level"] == "medium"
    assert set(case.refusals("decide_risk_grade", level="low")) == {"below_floor_reason"}
    assert set(case.refusals("decide_risk_grade", level="low", below_floor_reason="Thin.")) == {"below_floor_reason"}
    decided(case, "low")
    assert case.due("endorse_risk_grade") == case.began + timedelta(hours=2)
    case.wait(hours=4, minutes=5).fill("endorse_risk_grade").wait(hours=29)
    assert case.told("T-02") == [
        ("1:00", "reminder", "control_room_supervisor"),
        ("2:00", "due", "control_room_supervisor"),
        ("2:15", "first escalation", "control_room_supervisor duty_inspector"),
        ("3:00", "second escalation", "chief_inspector_missing duty_inspector"),
        ("4:00", "second escalation", "chief_inspector_missing duty_inspector"),
    ]
    assert [(at, step) for at, step, _roles in case.told("T-09")][:3] == [
        ("11:30", "reminder"),
        ("12:00", "review due"),
        ("12:30", "first escalation"),
    ]


@story
def a_grade_at_the_floor_needs_no_reason_and_keeps_none(case: Casework) -> None:
    """Once the record of the floor was hidden behind its table's function, and every medium grade asked for a reason."""
    assessed(handed_over(case)).fill("decide_risk_grade", level="medium").fill("endorse_risk_grade", agreed="no")
    decided(case, "medium")
    assert case.facts["risk"][""].get("below_floor_reason") is None


@story
def a_medium_grade_below_a_high_floor_is_below_the_floor(case: Casework) -> None:
    assessed(handed_over(case), cce="yes")
    assert set(case.refusals("decide_risk_grade", level="medium")) == {"below_floor_reason"}


@story
def the_lowest_grade_is_reviewed_as_often_as_the_highest(case: Casework) -> None:
    decided(assessed(handed_over(case)), "very_low", next_review_at=timedelta(hours=9)).fill("endorse_risk_grade")
    case.wait(hours=14)
    assert [(at, step) for at, step, _roles in case.told("T-09")][:4] == [
        ("3:30", "reminder"),
        ("4:00", "review due"),
        ("4:30", "first escalation"),
        ("6:00", "second escalation"),
    ]


@story
def nobody_endorses_the_grade_that_they_decided(case: Casework) -> None:
    assessed(handed_over(case)).fill("decide_risk_grade", by="ann")
    with pytest.raises(SamePersonTwice, match="Decide risk grade"):
        case.fill("endorse_risk_grade", by="ann")
    case.fill("endorse_risk_grade", by="bob")
    assert "RiskEndorsed" in case.words()


@story
def a_high_grade_is_endorsed_late_and_the_child_stays_away(case: Casework) -> None:
    handed_over(case)
    decided(assessed(case), "high", next_review_at=timedelta(hours=3))
    case.wait(hours=2, minutes=40).fill("endorse_as_inspector").wait(hours=101)
    assert case.told("T-02") == [
        ("0:15", "reminder", "duty_inspector"),
        ("0:30", "due", "duty_inspector"),
        ("0:45", "first escalation", "chief_inspector_missing duty_inspector"),
        ("1:30", "second escalation", "chief_inspector_missing duty_inspector"),
        ("2:30", "second escalation", "chief_inspector_missing duty_inspector"),
    ]
    assert [(at, step) for at, step, _roles in case.told("T-09")][:4] == [
        ("3:00", "agreed review"),
        ("3:30", "reminder"),
        ("4:00", "review due"),
        ("4:30", "first escalation"),
    ]
    assert [told for told in case.told("T-10") if "superintendent" not in told[2]][:3] == [
        ("3:00", "reminder", "chief_inspector_missing duty_inspector"),
        ("4:00", "due", "chief_inspector_missing duty_inspector"),
    ]
    above = "assistant_chief_constable chief_inspector_missing superintendent"
    assert case.told("C-104") == [("72:00", "chief officers to be briefed", above)]
    assert ("8:00", "second escalation", above) in case.told("T-10"), "the senior's own 4 hours, and 4 more"
    missing_since = case.began - timedelta(hours=1)
    assert case.told("T-18", missing_since) == [
        ("1:00", "without delay", "duty_inspector mfh_coordinator"),
        ("72:00", "72 hours", "duty_inspector"),
        ("78:00", "second escalation", "chief_inspector_missing duty_inspector"),
        ("102:00", "second escalation", "chief_inspector_missing duty_inspector"),
    ]
    assert all(data["urgent"] for _at, data in case.rings("T-18"))
    assert case.told("T-17", missing_since) == [
        ("1:00", "without delay", "locate_sergeant"),
        ("13:00", "first escalation", "duty_inspector locate_sergeant"),
    ]


@story
def a_medium_grade_is_endorsed_late_and_the_child_stays_away(case: Casework) -> None:
    decided(assessed(handed_over(case)), "medium").wait(hours=3, minutes=5).fill("endorse_risk_grade")
    case.wait(hours=100)
    assert [(at, step) for at, step, _roles in case.told("T-02")] == [
        ("0:30", "reminder"),
        ("1:00", "due"),
        ("1:15", "first escalation"),
        ("2:00", "second escalation"),
        ("3:00", "second escalation"),
    ]
    assert [(at, step) for at, step, _roles in case.told("T-09")][:4] == [
        ("7:30", "reminder"),
        ("8:00", "review due"),
        ("8:30", "first escalation"),
        ("10:00", "second escalation"),
    ]
    assert case.told("T-18", case.began - timedelta(hours=1)) == [
        ("60:00", "reminder", "mfh_coordinator"),
        ("72:00", "72 hours", "duty_inspector mfh_coordinator"),
        ("78:00", "second escalation", "chief_inspector_missing duty_inspector"),
        ("102:00", "second escalation", "chief_inspector_missing duty_inspector"),
    ]


@story
def every_risk_question_is_answered_yes_for_a_child_of_nine(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report", approximate_age="9")
    case.fill("match_child").fill("assess_risk", **{f"ra_{name}": "yes" for name in QUESTIONS})
    found = case.facts["risk_floor"][""]
    assert found["level"] == "high"
    assert found["missing"] == []
    assert "Under 10 years old" in found["reasons"]


@story
def a_child_of_twelve_about_whom_nothing_is_known(case: Casework) -> None:
    born = (case.began - timedelta(days=12 * 366)).date()
    handed_over(case).fill("complete_missing_report", date_of_birth=born)
    assert "approximate_age" not in case.facts["missing_report"][""]
    case.fill("match_child").fill("assess_risk", **{f"ra_{name}": "not_known" for name in QUESTIONS})
    found = case.facts["risk_floor"][""]
    assert found["level"] == "medium"
    assert found["missing"] == [f"ra_{name}" for name in QUESTIONS]
    assert "Under 13 years old" in found["reasons"]


# The child who is known -----------------------------------------------------------------------------------------------

HISTORY = {
    "is_new": False, "flags": ["cse", "lac"], "exploitation": True, "looked_after": True, "episodes_count": 4,
    "episodes_90d": 3, "plan": True, "plan_version": 2, "plan_summary": "Goes to the boat house.",
    "immediate_tasks": [{"value": "plan_1", "label": "Look at the boat house"}],
    "carry_over": [{"value": "carry_1", "label": "Ring the brother"}],
}  # fmt: skip
"""What is known of a looked-after child with a flag, a plan, and a third episode in 90 days."""


@story
def a_known_child_has_flags_and_plan_beside_the_grading(case: Casework) -> None:
    assessed(handed_over(case.remember(**HISTORY)))
    shown = ["FlagsDisplayed", "TriggerPlanDisplayed"]
    assert [word for word in case.words() if word in shown] == shown
    assert case.facts["risk_floor"][""]["level"] == "high"
    assert [(each.name, each.correlation) for each in case.sent] == [("child_reported", "CH-7K3QX9PW")]
    decided(case, "high")
    assert [word for word in case.words() if word in {*shown, "RiskGraded"}] == [*shown, "RiskGraded"]


@story
def the_match_takes_too_long(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report").wait(minutes=16)
    assert case.due("match_child") == case.began + MINUTES_15
    assert "people_told_of_match" in case.reach.passed


@story
def the_cases_of_the_child_hear_of_return_interview_and_close(case: Casework) -> None:
    """A child who is back before anybody matched the report is told of as soon as it is matched."""
    handed_over(case).fill("raise_action", what="Ask the driver").fill("record_return")
    received(heard(case.fill("hold_prevention_interview")), reasons=["party"])
    assert case.sent == []
    police_closed(graded(case)).fill("close_case", unfinished=["Ask the driver"])
    assert [(each.name, each.correlation) for each in case.sent] == [
        (name, "CH-7K3QX9PW") for name in ("child_reported", "child_returned", "interview_received", "episode_closed")
    ]
    assert case.sent[2].payload["reasons"] == ["party"]
    assert case.sent[3].payload["unfinished"] == ["Ask the driver"]
    assert case.closed


# Public protection ----------------------------------------------------------------------------------------------------


def protection_tasks(case: Casework) -> list[str]:
    """The flags about which public protection has still to decide."""
    return sorted(task.key for task in case.tasks.values() if task.node.id == "decide_on_sign")


@story
def public_protection_has_a_task_for_each_flag_as_soon_as_a_sign_is_seen(case: Casework) -> None:
    assessed(handed_over(case.remember(**HISTORY)))
    assert protection_tasks(case) == ["cse"]
    assert "flag" not in {field.key for field in case.release.forms["protection_decision"].fields}
    asked = case.now
    case.wait(hours=7)
    assert case.told("T-15", asked) == [
        ("0:30", "reminder", "mfh_coordinator ppu_cse_unit"),
        ("1:00", "due", "ppu_cse_unit"),
        ("2:00", "first escalation", "chief_inspector_missing ppu_cse_unit"),
        ("6:00", "second escalation", "chief_inspector_missing superintendent"),
    ]
    case.fill("decide_on_sign", investigate="yes", confirmed="yes")
    assert case.facts["protection_decision"]["cse"]["reference"] == "CRI-1"
    assert [each.name for each in case.sent if each.element == "event_passed_on"] == ["serious_event_suspected"]
    assert [(each.correlation, each.payload["confirmed"]) for each in case.sent if each.name == "flag_decided"] == [
        ("cse CH-7K3QX9PW", "yes")
    ]
    assert protection_tasks(case) == []
    endorsed(decided(case, "high")).fill("record_return", harm=["criminal_exploitation"])
    assert protection_tasks(case) == ["cce"], "another kind is another decision"
    case.fill("hold_prevention_interview", harm=["sexual_exploitation"])
    assert protection_tasks(case) == ["cce"], "what was decided is not asked again"
    case.fill("decide_on_sign", confirmed="yes")
    assert case.words().count("SeriousEventSuspected") == 1, "another kind of sign is no event of its own"


@story
def every_kind_of_sign_reaches_public_protection(case: Casework) -> None:
    assessed(handed_over(case), cce="yes", exploitation="yes")
    assert protection_tasks(case) == ["cce", "cse"]
    endorsed(decided(case, "high")).fill("record_return", harm=["trafficking"])
    assert protection_tasks(case) == ["cce", "cse", "trafficking_nrm"]


@story
def the_case_is_not_closed_before_public_protection_has_decided(case: Casework) -> None:
    police_closed(seen_by_police(case))
    received(heard(case), exploitation_screen=["cce"])
    case.fill("convene_meeting").fill("hold_meeting", actions_decided="no").fill("issue_minutes")
    assert "close_case" not in case.open_elements()
    case.fill("decide_on_sign", confirmed="no")
    assert "close_case" in case.open_elements()


# The adult -----------------------------------------------------------------------------------------------------------

CHILDS_OWN = {
    "acknowledge_missing_notice", "offer_return_interview", "hold_return_interview", "write_up_return_interview",
    "receive_return_interview", "convene_meeting",
}  # fmt: skip
"""Tasks that a missing adult starts nowhere."""


def known_adult(case: Casework) -> Casework:
    """The report was taken and the adult matched."""
    case.remember(age=34).report().fill("acknowledge_handover")
    return case.fill("complete_missing_report").fill("match_child")


@story
def an_adult_takes_the_short_way(case: Casework) -> None:
    case.remember(age=34).report().fill("acknowledge_handover").fill("complete_missing_report")
    assert "acknowledge_missing_notice" in case.open_elements(), "until the date of birth is known it may be a child"
    case.fill("match_child")
    assert "acknowledge_missing_notice" not in case.open_elements()
    case.fill("assess_risk")
    assert case.facts["risk_floor"][""]["level"] == "low"
    case.fill("decide_risk_grade", level="low", below_floor_reason=None).fill("endorse_risk_grade")
    assert case.last is not None
    assert case.last.title == "Missing adult, graded low"
    case.wait(hours=60).fill("raise_action").fill("carry_out_action").fill("record_return")
    police_closed(case.fill("hold_prevention_interview"))
    assert CHILDS_OWN.isdisjoint(case.open_elements())
    case.fill("close_case")
    assert case.closed
    assert [each.name for each in case.sent] == ["episode_closed"]
    assert {"RHIRequested", "RHIOffered", "MeetingTriggered"}.isdisjoint(case.words())


@story
def an_adult_in_danger_is_graded_high_all_the_same(case: Casework) -> None:
    known_adult(case).fill("assess_risk", ra_suicide="yes")
    assert case.facts["risk_floor"][""]["level"] == "high"


@story
def somebody_asks_for_a_meeting_about_an_adult(case: Casework) -> None:
    """No rule for children asks for one; a person may."""
    decided(known_adult(case).fill("assess_risk"), "medium").fill("endorse_risk_grade")
    case.wait(hours=60).fill("review_case", meeting_wanted="yes")
    assert case.facts["meeting_reasons"][""]["rules"] == ["professional_judgement"]


@story
def an_age_that_is_guessed_makes_nobody_an_adult(case: Casework) -> None:
    handed_over(case.remember(age=None))
    case.fill("complete_missing_report", approximate_age="30").fill("match_child").fill("assess_risk")
    assert case.facts["risk_floor"][""]["level"] == "medium"
    assert case.sent[0].name == "child_reported"


@story
def a_child_who_turned_18_while_missing_stays_a_child(case: Casework) -> None:
    """The age is that of the day of the report, and is not counted anew."""
    assessed(handed_over(case.remember(age=17)))
    decided(case, "medium").fill("endorse_risk_grade").sleep(days=40).fill("record_return")
    assert "offer_return_interview" in case.open_elements()


# The local authority --------------------------------------------------------------------------------------------------


@story
def nobody_in_the_local_authority_acknowledges_the_notice(case: Casework) -> None:
    case.report().fill("acknowledge_handover").wait(hours=3)
    assert case.due("acknowledge_missing_notice") == case.began + MINUTES_30
    assert case.told("T-06") == [
        ("0:15", "reminder", "csc_mash mfh_coordinator"),
        ("0:30", "due", "csc_mash"),
        ("1:00", "first escalation", "csc_mash csc_team_manager"),
        ("2:30", "second escalation", "csc_service_manager csc_team_manager"),
    ]


@story
def the_local_authority_is_paged_at_once_when_the_grade_is_high(case: Casework) -> None:
    decided(assessed(case.report().fill("acknowledge_handover")), "high").wait(hours=2, minutes=6)
    assert case.due("acknowledge_missing_notice") == case.began + timedelta(minutes=5)
    told = case.told("T-06")
    assert told[:2] == [("0:00", "page", "csc_mash"), ("0:05", "due", "csc_mash mfh_coordinator")]
    assert ("0:35", "first escalation", "csc_mash csc_team_manager") in told
    assert ("2:05", "second escalation", "csc_service_manager csc_team_manager") in told
    assert all(data["urgent"] for _at, data in case.rings("T-06"))
    assert case.fill("acknowledge_missing_notice").words()[-1] == "LANotified"


# The handover ---------------------------------------------------------------------------------------------------------


@story
def nobody_acknowledges_the_handover_of_an_ordinary_case(case: Casework) -> None:
    case.report().wait(minutes=47)
    assert case.due("acknowledge_handover") == case.began + MINUTES_15
    inspector = "duty_inspector"
    supervisor, chief = "control_room_supervisor duty_inspector", "chief_inspector_missing control_room_supervisor"
    assert case.told("T-03") == [
        ("0:00", "page", inspector),
        ("0:05", "page", inspector),
        ("0:10", "page", inspector),
        ("0:15", "due", inspector),
        ("0:20", "due", inspector),
        ("0:25", "first escalation", supervisor),
        ("0:30", "first escalation", supervisor),
        ("0:35", "second escalation", f"{chief} duty_inspector"),
        ("0:40", "second escalation", f"{chief} duty_inspector"),
        ("0:45", "second escalation", f"{chief} duty_inspector"),
    ]
    assert all(data["urgent"] for _at, data in case.rings("T-03"))
    case.fill("acknowledge_handover").wait(hours=1)
    assert len(case.rings("T-03")) == 10


@story
def a_high_grade_moves_the_clock_of_a_handover_that_is_open(case: Casework) -> None:
    case.report().wait(minutes=2)
    decided(assessed(case), "high")
    assert case.due("acknowledge_handover") == case.began + timedelta(minutes=5)
    assert "handover_clock_rang" in {event.element for event in case.kinds("timer_moved")}
    case.wait(minutes=29)
    assert [(at, step) for at, step, _roles in case.told("T-03")] == [
        ("0:00", "page"),
        ("0:05", "due"),
        ("0:10", "due"),
        ("0:15", "first escalation"),
        ("0:20", "first escalation"),
        ("0:25", "second escalation"),
        ("0:30", "second escalation"),
    ]


@story
def a_case_is_graded_high_before_the_first_page_has_left(case: Casework) -> None:
    case.report()
    decided(assessed(case), "high")
    case.wait(minutes=1)
    assert case.told("T-03") == [("0:00", "page", "duty_inspector")]
    assert case.due("acknowledge_handover") == case.began + timedelta(minutes=5)


# The child is back ----------------------------------------------------------------------------------------------------


@story
def a_return_is_not_before_the_finding_and_not_in_the_future(case: Casework) -> None:
    graded(handed_over(case)).wait(hours=5)
    early, late = -timedelta(hours=1), timedelta(minutes=1)
    assert set(case.refusals("record_return", returned_at=early)) == {"returned_at"}
    assert set(case.refusals("record_return", returned_at=late)) == {"returned_at"}
    assert set(case.refusals("record_return", found_at=late, returned_at=late)) == {"found_at"}
    assert set(case.refusals("record_return", harm=["none", "self_harm"])) == {"harm"}
    case.fill("record_return", found_at=early)
    assert case.words()[-2:] == ["Returned", "RHIRequested"]


@story
def an_unharmed_child_is_seen_late_by_the_police(case: Casework) -> None:
    returned(case)
    back = case.now
    assert case.due("hold_prevention_interview") == back + timedelta(hours=24)
    case.wait(hours=33)
    assert case.told("T-21", back) == [
        ("2:00", "reminder", "response_officer"),
        ("24:00", "due", "locate_sergeant response_officer"),
        ("28:00", "second escalation", "duty_inspector locate_sergeant"),
        ("32:00", "second escalation", "duty_inspector locate_sergeant"),
    ]
    case.fill("hold_prevention_interview")
    assert case.words()[-1] == "PIDone"


@story
def a_child_whose_harm_is_not_known_is_seen_within_the_hour(case: Casework) -> None:
    returned(case, harm=["unknown"])
    back = case.now
    assert case.due("hold_prevention_interview") == back + timedelta(hours=1)
    case.wait(hours=10)
    assert [(at, step) for at, step, _roles in case.told("T-21", back)] == [
        ("0:30", "reminder"),
        ("1:00", "due"),
        ("5:00", "second escalation"),
        ("9:00", "second escalation"),
    ]


@story
def no_prevention_interview_is_possible_and_the_inspector_decides(case: Casework) -> None:
    returned(case)
    assert set(case.refusals("hold_prevention_interview", outcome="not_possible", reason_detail=None)) == {
        "reason_detail"
    }
    case.fill("hold_prevention_interview", by="ann", outcome="not_possible")
    asked = case.now
    assert "what_happened" not in case.facts["prevention_interview"]["1"]
    case.wait(hours=13)
    assert case.told("C-01", asked) == [
        ("2:00", "reminder", "duty_inspector"),
        ("4:00", "due", "duty_inspector"),
        ("8:00", "second escalation", "chief_inspector_missing duty_inspector"),
        ("12:00", "second escalation", "chief_inspector_missing duty_inspector"),
    ]
    case.fill("approve_prevention_exception", approved="no", reason="The ward lets visitors in at four.")
    assert "PIExceptionApproved" not in case.words()
    case.fill("hold_prevention_interview", by="ann", outcome="not_possible")
    with pytest.raises(SamePersonTwice, match="Hold prevention interview"):
        case.fill("approve_prevention_exception", by="ann")
    case.fill("approve_prevention_exception", by="eve")
    assert case.words()[-1] == "PIExceptionApproved"
    assert [case.facts["prevention_exception"][key]["approved"] for key in ("1", "2")] == ["no", "yes"]
    assert "close_police_enquiry" in told_of_return(case).open_elements()
