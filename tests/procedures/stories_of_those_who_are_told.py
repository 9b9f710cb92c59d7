"""The stories of `tell_others.bpmn` and `tell_of_return.bpmn`: who comes, who is told of the absence, and who of the return."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.procedures.casework import Casework, story
from tests.procedures.milestones import TOLD_OF_RETURN, assessed, decided, graded, handed_over, returned
from tests.procedures.stories_of_a_missing_child import HISTORY

TOLD = {
    "record_attendance", "record_circulation", "tell_school", "tell_missing_persons_unit", "tell_parents", "update_police",
    "tell_reviewing_officer",
}  # fmt: skip
"""The tasks of those who come and of those who tell."""


@story
def everybody_is_told_and_the_return_ends_the_rest(case: Casework) -> None:
    graded(handed_over(case.remember(looked_after=True)))
    assert set(case.open_elements()) >= TOLD - {"tell_missing_persons_unit"}
    case.fill("record_attendance").fill("record_circulation").fill("tell_school").fill("tell_parents")
    case.fill("tell_reviewing_officer").fill("update_police")
    assert case.words()[-6:] == [
        "OfficerAttended", "Circulated", "SchoolNotified", "ParentsNotified", "IROTold", "PartnerUpdateReceived",
    ]  # fmt: skip
    assert TOLD & set(case.open_elements()) == {"update_police"}
    case.wait(hours=47).fill("tell_missing_persons_unit")
    assert case.words()[-1] == "UKMPUNotified"
    case.fill("record_return")
    assert TOLD.isdisjoint(case.open_elements())


def next_call_back(case: Casework, called: datetime) -> timedelta:
    """Give how long after a call back the next one is due."""
    return next(at for at, data in case.rings("T-04") if at > called and data["step"] == "due") - called


# Somebody comes -------------------------------------------------------------------------------------------------------


@story
def nobody_comes_in_time_and_the_reporter_is_rung_every_hour(case: Casework) -> None:
    handed_over(case).wait(hours=2, minutes=40)
    assert case.told("T-04") == [
        ("0:30", "reminder", "call_taker"),
        ("1:00", "due", "call_taker"),
        ("1:15", "first escalation", "control_room_supervisor"),
        ("1:30", "second escalation", "control_room_supervisor duty_inspector"),
        ("2:30", "second escalation", "control_room_supervisor duty_inspector"),
    ]
    assert case.told("T-05") == [
        ("1:00", "due", "control_room_supervisor response_officer"),
        ("1:15", "first escalation", "control_room_supervisor duty_inspector"),
        ("2:15", "first escalation", "control_room_supervisor duty_inspector"),
    ]
    called = case.fill("record_attendance", outcome="called_back").now
    assert next_call_back(case.wait(minutes=65), called) == timedelta(hours=1)
    case.fill("record_attendance")
    assert [each["outcome"] for each in case.facts["attendance"].values()] == ["called_back", "attended"]
    assert "record_attendance" not in case.open_elements()
    rung = len(case.rings("T-05"))
    case.wait(hours=6)
    assert len(case.rings("T-05")) == rung, "somebody was there"


@story
def somebody_goes_at_once_to_a_child_at_high_risk(case: Casework) -> None:
    decided(assessed(handed_over(case)), "high").wait(minutes=50)
    assert case.told("T-05")[:2] == [
        ("0:00", "due", "control_room_supervisor"),
        ("0:15", "first escalation", "control_room_supervisor duty_inspector"),
    ]
    assert all(data["urgent"] for _at, data in case.rings("T-05"))
    assert case.told("T-04") == [
        ("0:15", "due", "call_taker"),
        ("0:30", "first escalation", "control_room_supervisor"),
        ("0:45", "second escalation", "control_room_supervisor duty_inspector"),
    ]
    assert set(case.refusals("record_attendance", outcome="agreed")) == {"outcome"}
    called = case.fill("record_attendance", outcome="called_back").now
    assert next_call_back(case.wait(minutes=65), called) == timedelta(hours=1)


@story
def a_low_grade_gives_four_hours_and_an_early_call_back_moves_nothing(case: Casework) -> None:
    decided(assessed(handed_over(case)), "low").wait(hours=1).fill("record_attendance", outcome="called_back")
    case.wait(hours=4)
    assert case.steps("T-05") == ["due", "first escalation"]
    assert case.steps("T-04") == ["reminder", "due", "first escalation", "second escalation"]
    called = case.fill("record_attendance", outcome="called_back").now
    assert next_call_back(case.wait(minutes=65), called) == timedelta(hours=1)


@story
def it_is_agreed_that_nobody_has_to_come_until_the_grade_rises(case: Casework) -> None:
    decided(assessed(handed_over(case)), "very_low").fill("endorse_risk_grade").fill(
        "record_attendance", outcome="agreed"
    )
    assert "record_attendance" not in case.wait(hours=9).open_elements()
    assert case.rings("T-05") == []
    case.fill("raise_grade").wait(minutes=1)
    assert "record_attendance" in case.open_elements()
    assert case.steps("T-05")[-1] == "first escalation", "it is hours late by now, and says so at once"
    case.fill("record_attendance")
    assert "record_attendance" not in case.open_elements()


# A rescue alert, and the lowest grade ----------------------------------------------------------------------------------


@story
def the_inspector_decides_on_an_alert_within_the_hour_whatever_was_considered_with_the_grade(case: Casework) -> None:
    """Once a call taker's tick that an alert was considered took the decision from the inspector."""
    decided(assessed(handed_over(case)), "high", cra_considered="yes")
    assert case.task("consider_rescue_alert").node.role == "duty_inspector"
    case.wait(hours=3, minutes=30)
    assert [(at, step) for at, step, _roles in case.told("T-14")][-4:] == [
        ("0:30", "first reminder"),
        ("1:00", "due"),
        ("2:00", "first escalation"),
        ("3:00", "first escalation"),
    ]
    assert case.told("T-14")[-1][2] == "duty_inspector superintendent"
    assert set(case.refusals("consider_rescue_alert", decision="asked_for", asked_of=None)) == {"asked_of"}
    assert all(data["urgent"] for _at, data in case.rings("T-14"))
    case.fill("consider_rescue_alert")
    assert set(case.facts["rescue_alert"]["1"]) == {"decision", "why"}
    assert case.words()[-1] == "CRADecisionRecorded"


@story
def each_time_that_the_grade_becomes_high_an_alert_is_decided_on_and_the_hub_acknowledges_it(case: Casework) -> None:
    """Once social care that had acknowledged the notice at medium never heard that the grade was high."""
    decided(assessed(handed_over(case)), "medium").fill("endorse_risk_grade")
    wanted = {"consider_rescue_alert", "acknowledge_high_grade"}
    assert wanted.isdisjoint(case.open_elements())
    case.fill("raise_grade")
    raised = case.now
    assert wanted <= set(case.open_elements())
    assert case.due("acknowledge_high_grade") == raised + timedelta(minutes=5)
    case.wait(hours=3, minutes=6)
    assert case.told("T-06", raised)[:3] == [
        ("0:00", "page", "csc_mash"),
        ("0:05", "due", "csc_mash mfh_coordinator"),
        ("0:10", "due", "csc_mash mfh_coordinator"),
    ]
    assert case.told("T-06", raised)[-1][1:] == ("second escalation", "csc_service_manager csc_team_manager")
    assert case.fill("acknowledge_high_grade").words()[-1] == "HighGradeAcknowledged"
    case.fill("consider_rescue_alert").fill("propose_regrade", by="ann", level="medium")
    case.fill("approve_downgrade", by="eve")
    assert wanted.isdisjoint(case.open_elements())
    case.fill("raise_grade")
    assert wanted <= set(case.open_elements())
    case.fill("consider_rescue_alert", decision="asked_for", asked_of="The force's media officer")
    assert [each["decision"] for each in case.facts["rescue_alert"].values()] == ["not_asked_for", "asked_for"]


@story
def whoever_has_not_acknowledged_the_notice_sees_the_high_grade_in_it_and_has_no_second_task(case: Casework) -> None:
    decided(assessed(case.report().fill("acknowledge_handover")), "high")
    assert "acknowledge_missing_notice" in case.open_elements()
    assert "acknowledge_high_grade" not in case.open_elements()
    case.fill("acknowledge_missing_notice").fill("propose_regrade", by="ann", level="medium")
    case.fill("approve_downgrade", by="eve").fill("raise_grade")
    assert "acknowledge_high_grade" in case.open_elements()


@story
def of_an_adult_at_high_risk_neither_alert_nor_authority_is_asked(case: Casework) -> None:
    decided(assessed(handed_over(case.remember(age=34))), "high")
    assert {"consider_rescue_alert", "acknowledge_high_grade"}.isdisjoint(case.open_elements())


@story
def the_lowest_grade_is_confirmed_by_an_inspector_every_twelve_hours(case: Casework) -> None:
    """Once it could be confirmed after a minute, and then nothing was asked for as long as it lasted."""
    decided(assessed(handed_over(case)), "very_low").fill("endorse_risk_grade").wait(hours=9, minutes=59)
    assert "leave_lowest_grade" not in case.open_elements()
    case.wait(hours=9, minutes=1)
    assert case.told("T-13") == [
        ("10:00", "first reminder", "duty_inspector locate_sergeant"),
        ("12:00", "due", "duty_inspector"),
        ("14:00", "first escalation", "chief_inspector_missing duty_inspector"),
        ("18:00", "first escalation", "chief_inspector_missing duty_inspector"),
    ]
    assert set(case.refusals("leave_lowest_grade", why="It is fine.")) == {"why"}
    case.fill("leave_lowest_grade").wait(hours=9, minutes=59)
    assert "leave_lowest_grade" not in case.open_elements()
    case.wait(minutes=1)
    assert case.due("leave_lowest_grade") == case.now + timedelta(hours=2)
    case.fill("leave_lowest_grade", why="She has rung again, and her carer has seen her at the tram stop.")
    assert case.words().count("LowestGradeConfirmed") == len(case.facts["lowest_grade"]) == 2


@story
def the_lowest_grade_is_closed_for_some_children_whoever_asks_for_it(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report", approximate_age="12", asylum="yes").fill("match_child")
    case.fill("assess_risk", ra_cp="yes", ra_cce="yes")
    assert set(case.refusals("decide_risk_grade", level="very_low", below_floor_reason="x" * 40)) == {"level"}
    why = case.release.decisions["lowest_grade_closed"].decide(case.scope().values, now=case.now).result
    assert why == [
        "Under 13 years old", "A sign of exploitation", "On a child protection plan", "An unaccompanied asylum-seeking child",
    ]  # fmt: skip
    case.fill("decide_on_sign", confirmed="no")
    assert len(case.release.decisions["lowest_grade_closed"].decide(case.scope().values, now=case.now).result) == 3


@story
def low_with_a_sign_or_a_plan_is_endorsed_by_an_inspector(case: Casework) -> None:
    decided(assessed(handed_over(case), cce="yes"), "low")
    assert "endorse_as_inspector" in case.open_elements()


@story
def a_sign_that_is_seen_later_ends_the_lowest_grade_at_once(case: Casework) -> None:
    decided(assessed(handed_over(case)), "very_low").fill("endorse_risk_grade").wait(hours=1)
    case.correct("risk_assessment", "ra_cce", "yes").wait(minutes=1)
    assert case.task("leave_lowest_grade").node.role == "duty_inspector"
    assert case.due("leave_lowest_grade") == case.now - timedelta(minutes=1), "it is due when it opens"
    assert set(case.refusals("leave_lowest_grade")) == {"why"}
    case.fill("raise_grade", level="medium")
    assert "leave_lowest_grade" not in case.open_elements()


@story
def a_grade_that_is_raised_has_nothing_to_confirm(case: Casework) -> None:
    decided(assessed(handed_over(case)), "very_low").fill("endorse_risk_grade")
    case.wait(hours=11)
    assert "leave_lowest_grade" in case.open_elements()
    case.fill("raise_grade", level="medium")
    assert "leave_lowest_grade" not in case.open_elements()


# School, parents, social care -----------------------------------------------------------------------------------------


@story
def the_school_is_told_before_it_begins_again(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report").fill("match_child")
    next_morning = case.began.replace(hour=9, minute=0) + timedelta(days=1)
    assert case.due("tell_school") == next_morning
    case.wait(days=2, hours=6)
    assert case.steps("T-16") == ["reminder", "due", "first escalation", "first escalation"]
    case.fill("tell_school", outcome="none")
    assert case.facts["school_notice"] == {"": {"outcome": "none"}}


@story
def of_an_adult_no_school_and_no_parents_are_told(case: Casework) -> None:
    graded(handed_over(case.remember(age=34, looked_after=True)))
    assert {"tell_school", "tell_parents", "update_police"}.isdisjoint(case.open_elements())


@story
def nobody_in_social_care_tells_anybody(case: Casework) -> None:
    graded(handed_over(case.remember(looked_after=True, placement="elm_house")))
    case.wait(hours=31)
    assert case.told("T-07") == [
        ("1:00", "due", "csc_social_worker"),
        ("2:00", "first escalation", "csc_social_worker csc_team_manager"),
        ("5:00", "second escalation", "csc_service_manager csc_team_manager"),
        ("29:00", "second escalation", "csc_service_manager csc_team_manager"),
    ]
    told = case.told("T-12")
    assert [each for each in told if "placement_provider" not in each[2]] == [
        ("4:00", "due", "csc_social_worker"),
        ("8:00", "first escalation", "csc_social_worker csc_team_manager"),
        ("28:00", "second escalation", "csc_service_manager csc_team_manager"),
        ("28:00", "second escalation", "csc_service_manager csc_team_manager"),
    ]
    assert [each for each in told if "placement_provider" in each[2]] == [
        ("4:00", "due", "placement_provider"),
        ("8:00", "first escalation", "csc_team_manager placement_provider"),
    ]


@story
def an_update_is_due_after_four_hours_and_then_every_day(case: Casework) -> None:
    """The placement that keeps the carer's form is asked too, and so is social care where there is none."""
    graded(handed_over(case.remember(looked_after=True, placement="elm_house")).wait(minutes=20))
    assert case.due("update_police") == case.due("update_police_as_placement") == case.began + timedelta(hours=4)
    case.wait(hours=3).fill("update_police").fill("update_police_as_placement")
    assert case.due("update_police_as_placement") == case.now + timedelta(hours=24)
    assert case.due("update_police") == case.now + timedelta(hours=24)
    case.wait(hours=23).fill("update_police", known="A message from the child.")
    assert [each["known"] for each in case.facts["partner_update"].values()] == [
        "Nothing new",
        "A message from the child.",
    ]


@story
def telling_the_parents_would_endanger_the_child(case: Casework) -> None:
    graded(handed_over(case.remember(looked_after=True)))
    assert set(case.refusals("tell_parents", outcome="partly", decided_by=None, who=None)) == {"decided_by", "who"}
    assert set(case.refusals("tell_parents", outcome="withheld", decided_by=None, reason=None)) == {
        "decided_by",
        "reason",
    }
    case.fill("tell_parents", outcome="withheld", decided_by="T. Manager", reason="The father threatened her.")
    assert case.facts["parents_told"][""] == {
        "outcome": "withheld", "decided_by": "T. Manager", "reason": "The father threatened her.",
    }  # fmt: skip


@story
def nobody_tells_the_reviewing_officer(case: Casework) -> None:
    graded(handed_over(case.remember(looked_after=True))).wait(hours=25)
    assert case.told("C-107") == [
        ("1:00", "due", "csc_social_worker"),
        ("2:00", "first escalation", "csc_social_worker csc_team_manager"),
        ("24:00", "second escalation", "csc_service_manager csc_team_manager"),
    ]
    assert "tell_reviewing_officer" not in case.fill("tell_reviewing_officer").open_elements()


@story
def it_is_known_late_that_the_child_is_in_care(case: Casework) -> None:
    handed_over(case.remember(looked_after=True)).wait(hours=6).fill("complete_missing_report").fill("match_child")
    """An hour after the report it was owed (T-07), so it is late as soon as it is known."""
    known = case.wait(minutes=1).now - timedelta(minutes=1)
    assert case.told("T-07", known) == [("0:00", "second escalation", "csc_service_manager csc_team_manager")]
    assert case.due("update_police") == case.began + timedelta(hours=4)


# Circulation and the unit ---------------------------------------------------------------------------------------------


@story
def a_high_grade_circulates_and_tells_the_unit_at_once(case: Casework) -> None:
    handed_over(case.remember(**HISTORY))
    assert "tell_missing_persons_unit" not in case.open_elements()
    decided(assessed(case), "high").wait(minutes=1)
    assert "tell_missing_persons_unit" in case.open_elements()
    assert case.steps("T-18") == ["without delay"]
    assert case.steps("T-17") == ["without delay"]
    case.fill("tell_missing_persons_unit").fill("record_circulation").wait(hours=80)
    assert case.steps("T-18") == ["without delay"]
    assert case.steps("T-17") == ["without delay"]


@story
def the_unit_is_told_after_two_days_and_hears_no_clock_of_ours_then(case: Casework) -> None:
    graded(handed_over(case)).wait(hours=46)
    assert "tell_missing_persons_unit" not in case.open_elements()
    case.wait(hours=2).fill("tell_missing_persons_unit").wait(hours=40)
    assert case.rings("T-18") == []


# Who is told of the return ---------------------------------------------------------------------------------------------


@story
def whoever_was_told_of_the_absence_is_told_of_the_return(case: Casework) -> None:
    graded(handed_over(case)).fill("record_circulation").fill("tell_school").fill("record_return")
    assert set(case.open_elements()) >= TOLD_OF_RETURN
    case.fill("hold_prevention_interview")
    for element, word in (
        ("tell_authority_of_return", "FoundNotified"),
        ("tell_partners_of_return", "PartnersToldOfReturn"),
        ("tell_school_of_return", "SchoolToldOfReturn"),
        ("clear_circulation", "CirculationCleared"),
    ):
        assert "close_police_enquiry" not in case.open_elements()
        assert case.fill(element).words()[-1] == word
    assert "close_police_enquiry" in case.open_elements()


@story
def nobody_tells_of_the_return_and_nobody_clears_the_circulation(case: Casework) -> None:
    """The desk is empty over the week-end: the inspector, the authority's own officer and its manager hear of it."""
    graded(handed_over(case)).fill("record_circulation").fill("tell_school").fill("record_return")
    back = case.now
    case.wait(days=3, hours=1)
    desk = "mfh_coordinator"
    assert case.told("T-22", back) == [
        ("0:30", "reminder", desk),
        ("1:00", "due", desk),
        ("3:00", "first escalation", f"cmo duty_inspector {desk}"),
        ("25:00", "second escalation", f"csc_team_manager {desk}"),
        ("49:00", "second escalation", f"csc_team_manager {desk}"),
        ("73:00", "second escalation", f"csc_team_manager {desk}"),
    ]
    assert case.told("C-98", back) == [
        ("1:00", "reminder", desk),
        ("24:00", "due", desk),
        ("26:00", "first escalation", f"cmo {desk}"),
        ("48:00", "second escalation", f"csc_team_manager {desk}"),
        ("72:00", "second escalation", f"csc_team_manager {desk}"),
    ]
    assert case.told("T-23", back) == [
        ("3:00", "reminder", desk),
        ("4:00", "due", desk),
        ("5:00", "first escalation", f"locate_sergeant {desk}"),
        ("29:00", "first escalation", f"locate_sergeant {desk}"),
        ("53:00", "first escalation", f"locate_sergeant {desk}"),
    ]
    of_return = [each for each in case.told("T-16", back) if not each[0].startswith("-")]
    assert [step for _at, step, _roles in of_return][:3] == ["reminder", "due", "first escalation"]


@story
def who_decided_that_no_parent_is_told_of_the_return_is_written_down(case: Casework) -> None:
    returned(case)
    assert set(case.refusals("tell_partners_of_return", told=["placement"], parents_not_told=None)) == {
        "parents_not_told"
    }
    assert set(case.refusals("tell_partners_of_return", told=["none", "iro"])) == {"told"}
    case.fill(
        "tell_partners_of_return", told=["placement", "iro"], parents_not_told="The team manager: danger at home."
    )
    assert case.facts["partners_return_notice"][""]["parents_not_told"].startswith("The team manager")


@story
def a_school_that_was_not_told_of_the_absence_is_not_told_of_the_return(case: Casework) -> None:
    graded(handed_over(case)).fill("tell_school", outcome="none").fill("record_return")
    assert TOLD_OF_RETURN & set(case.open_elements()) == {"tell_authority_of_return", "tell_partners_of_return"}


@story
def of_an_adult_nobody_is_told_and_only_the_circulation_is_cleared(case: Casework) -> None:
    case.remember(age=34).report().fill("complete_missing_report").fill("match_child")
    case.fill("record_circulation").fill("record_return")
    assert TOLD_OF_RETURN & set(case.open_elements()) == {"clear_circulation"}
