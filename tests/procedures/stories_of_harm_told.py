"""The stories of `told_to_police.bpmn` and `keep_safe.bpmn`: harm told to the police, and a child who is not safe where it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.procedures.casework import Casework, story
from tests.procedures.milestones import heard, police_closed, received, returned, seen_by_police, told_of_return

TWO_HOURS = timedelta(hours=2)


def reasons(case: Casework) -> list[str]:
    """The rules that asked for a meeting; none where none did."""
    found: list[str] = case.facts.get("meeting_reasons", {}).get("", {}).get("rules", [])
    return found


def undecided(case: Casework) -> list[str]:
    """Who said that the child is not safe, as long as nobody has decided where it goes."""
    return sorted(task.key for task in case.tasks.values() if task.node.id == "decide_where_child_goes")


@story
def harm_told_to_the_police_reaches_social_care_and_an_inspector_decides_where_the_child_goes(case: Casework) -> None:
    """Once it went nowhere: harm, no crime, not safe and a concern about a carer opened no task at all (G-08)."""
    returned(case)
    told: dict[str, Any] = {"harm": ["sexual_offence"], "concerns_about_carer": "yes", "safe_to_return": "no"}
    case.wait(hours=1).fill("hold_prevention_interview", tried_at=-timedelta(minutes=30), **told)
    interview = case.now - timedelta(minutes=30)
    assert "PIDone" in case.words()
    assert {"pass_on_what_was_told", "decide_where_child_goes", "convene_meeting"} <= set(case.open_elements())
    assert reasons(case) == ["harm_told", "not_safe_there", "concern_about_carer"]
    assert case.due("pass_on_what_was_told") == interview + TWO_HOURS, "it counts from when it was told"
    told_of_return(case).wait(hours=4)
    assert "close_police_enquiry" not in case.open_elements()
    assert list(dict.fromkeys((step, roles) for _at, step, roles in case.told("C-103"))) == [
        ("reminder", "response_officer"),
        ("due", "duty_inspector"),
        ("first escalation", "csc_mash duty_inspector"),
        ("second escalation", "csc_mash csc_team_manager duty_inspector"),
    ]
    assert all(data["urgent"] for _at, data in (*case.rings("C-103")[-1:], *case.rings("C-102")))
    assert set(case.refusals("pass_on_what_was_told", told=["lado"], told_what=None)) == {"told", "told_what"}
    case.fill("pass_on_what_was_told", told=["csc", "lado"], about_worker="yes", signs=["cse"])
    assert case.words()[-1] == "DisclosurePassed"
    assert "close_police_enquiry" in case.open_elements()


@story
def each_who_says_that_the_child_is_not_safe_is_answered_by_an_inspector(case: Casework) -> None:
    returned(case, safe_to_return="no")
    assert case.task("decide_where_child_goes").node.role == "duty_inspector"
    assert case.due("decide_where_child_goes") == case.now + timedelta(hours=1)
    asked = case.now
    case.wait(hours=3)
    assert list(dict.fromkeys((step, roles) for _at, step, roles in case.told("C-102", asked))) == [
        ("page", "duty_inspector"),
        ("due", "csc_mash duty_inspector"),
        ("second escalation", "csc_team_manager duty_inspector superintendent"),
    ]
    assert set(case.refusals("decide_where_child_goes", where="police_protection", taken_at=None)) == {"taken_at"}
    case.fill("decide_where_child_goes")
    assert "taken_at" not in case.facts["safe_place"]["return"]
    assert case.words()[-1] == "SafePlaceDecided"
    case.fill("hold_prevention_interview", safe_to_return="no")
    assert undecided(case) == ["prevention_interview"], "what was decided is not asked again"
    case.fill("offer_return_interview").fill("hold_return_interview", disclosure="yes")
    case.fill("pass_disclosure", safe_now="no")
    assert undecided(case) == ["prevention_interview", "return_interview"], "before anything is written up"
    case.fill("decide_where_child_goes", key="return_interview", where="police_protection")
    assert "taken_at" in case.facts["safe_place"]["return_interview"]


@story
def the_case_is_not_closed_before_it_is_decided_where_the_child_goes(case: Casework) -> None:
    police_closed(seen_by_police(case))
    received(heard(case), safe_now="no")
    case.fill("convene_meeting").fill("hold_meeting").fill("issue_minutes")
    assert case.open_elements() == ["decide_where_child_goes"]
    assert case.fill("decide_where_child_goes", where="stays").open_elements() == ["close_case"]


@story
def a_doctor_who_is_needed_now_is_named(case: Casework) -> None:
    returned(case)
    needed: dict[str, Any] = {"needs_health_now": "yes", "health_help": None}
    assert set(case.refusals("hold_prevention_interview", **needed)) == {"health_help"}
    case.fill("hold_prevention_interview", needs_health_now="yes", health_help="The night nurse of the home, now.")
    assert case.facts["prevention_interview"]["1"]["health_help"].startswith("The night nurse")
    assert reasons(case) == []


@story
def what_is_told_only_in_writing_is_passed_on_before_the_police_receive_it(case: Casework) -> None:
    """Once an answer of the write-up was all that there was: nobody was asked to tell anybody."""
    heard(seen_by_police(case))
    told = case.now
    case.wait(hours=20).fill("write_up_return_interview", disclosure="yes")
    assert case.due("pass_late_disclosure") == told + TWO_HOURS
    assert "receive_return_interview" not in case.open_elements()
    assert "people_told_of_late_disclosure" in case.wait(minutes=1).reach.passed
    case.fill("pass_late_disclosure")
    assert case.words()[-1] == "DisclosurePassed"
    assert "receive_return_interview" in case.open_elements()


@story
def what_an_adult_tells_the_police_is_no_case_of_the_childrens_services(case: Casework) -> None:
    case.remember(age=34).report().fill("acknowledge_handover")
    case.fill("complete_missing_report").fill("match_child").fill("record_return", safe_to_return="no")
    case.fill("hold_prevention_interview", harm=["physical_injury"], safe_to_return="no")
    ours = {"pass_on_what_was_told", "decide_where_child_goes", "convene_meeting"}
    assert ours.isdisjoint(case.open_elements())
