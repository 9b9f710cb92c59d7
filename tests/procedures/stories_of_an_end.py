"""How a case of `missing_child.bpmn` ends: the two closures, or a report that was made in error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.errors import SamePersonTwice
from tests.procedures.casework import Casework, story
from tests.procedures.milestones import (
    closed,
    graded,
    handed_over,
    heard,
    police_closed,
    received,
    returned,
    seen_by_police,
    told_of_return,
)

# The two closures -----------------------------------------------------------------------------------------------------


@story
def the_police_part_closes_and_the_case_waits_for_the_interview(case: Casework) -> None:
    police_closed(seen_by_police(case))
    assert case.open_elements() == ["offer_return_interview"]
    heard(case)
    assert case.open_elements() == ["write_up_return_interview"]
    received(case)
    assert case.open_elements() == ["close_case"]
    assert set(case.refusals("close_case", nothing_critical_open=None)) == {"nothing_critical_open"}
    case.fill("close_case")
    assert case.closed
    assert "case_closed" in case.reach.passed


@story
def the_interview_is_done_and_the_police_part_stays_open(case: Casework) -> None:
    told_of_return(received(heard(seen_by_police(case))))
    assert case.open_elements() == ["close_police_enquiry"]
    case.wait(days=8)
    assert [(at.strftime("%a %d %H:%M"), data["step"]) for at, data in case.rings("C-02")] == [
        ("Tue 03 14:00", "reminder"),
        ("Wed 04 14:00", "due"),
        ("Thu 05 14:00", "first escalation"),
        ("Mon 09 14:00", "second escalation"),
        ("Tue 10 14:00", "second escalation"),
    ]
    case.fill("close_police_enquiry")
    assert case.due("close_case") == case.now + timedelta(days=7)
    case.wait(days=22)
    assert [(at.strftime("%a %d %H:%M"), data["step"]) for at, data in case.rings("C-03")] == [
        ("Fri 13 14:00", "reminder"),
        ("Tue 17 14:00", "due"),
        ("Tue 24 14:00", "second escalation"),
        ("Tue 31 14:00", "second escalation"),
    ]
    assert case.fill("close_case").closed


# The inspector's agreement --------------------------------------------------------------------------------------------


def put_forward(case: Casework, **answers: Any) -> Casework:
    """The sergeant has closed the police part, and whoever has to agree has not done so."""
    return told_of_return(case).fill("close_police_enquiry", by="ann", **answers)


@story
def a_high_grade_is_closed_by_two_people(case: Casework) -> None:
    graded(handed_over(case), "high").wait(hours=5).fill("record_return")
    put_forward(case.fill("hold_prevention_interview"))
    assert case.facts["closing"][""]["because"] == "The grade was high"
    asked = case.now
    case.wait(hours=73)
    assert case.told("C-105", asked) == [
        ("12:00", "reminder", "duty_inspector"),
        ("24:00", "due", "duty_inspector"),
        ("48:00", "second escalation", "chief_inspector_missing duty_inspector"),
        ("72:00", "second escalation", "chief_inspector_missing duty_inspector"),
    ]
    with pytest.raises(SamePersonTwice, match="Close police enquiry"):
        case.fill("agree_to_police_closure", by="ann")
    case.fill("agree_to_police_closure", agreed="no", reason="The phone has not been looked at.")
    assert "ClosureAgreed" not in case.words()
    case.fill("close_police_enquiry").fill("agree_to_police_closure")
    assert case.words()[-1] == "ClosureAgreed"
    assert [case.facts["police_closure_agreement"][key]["agreed"] for key in ("1", "2")] == ["no", "yes"]
    assert "agree_to_close" not in received(heard(case)).fill("close_case").open_elements()
    assert case.closed, "who has agreed once is not asked again"


@story
def a_child_of_whose_harm_nobody_knows_is_closed_by_two_people(case: Casework) -> None:
    returned(case, harm=["unknown"])
    put_forward(case.fill("hold_prevention_interview", harm=["unknown"]))
    assert case.facts["closing"][""]["because"] == "Nobody knows whether the child came to harm"


@story
def what_the_interview_finds_out_decides_who_closes(case: Casework) -> None:
    """Harm that nobody knew of at the return is known to be none once the child was heard."""
    returned(case, harm=["unknown"])
    put_forward(case.fill("hold_prevention_interview"))
    assert case.facts["closing"][""]["role"] == "locate_sergeant"
    assert "agree_to_police_closure" not in case.open_elements()


@story
def harm_that_is_told_to_the_police_is_closed_by_two_people(case: Casework) -> None:
    put_forward(returned(case).fill("hold_prevention_interview", harm=["self_harm"]).fill("pass_on_what_was_told"))
    assert case.facts["closing"][""]["because"] == "The child came to harm"


@story
def a_crime_that_was_told_of_is_closed_by_two_people(case: Casework) -> None:
    put_forward(returned(case).fill("hold_prevention_interview", crime_disclosed="yes").fill("pass_on_what_was_told"))
    assert case.facts["closing"][""]["because"] == "A crime or harm was told of"


@story
def harm_that_is_told_after_the_police_have_closed_asks_an_inspector_before_the_close(case: Casework) -> None:
    police_closed(seen_by_police(case)).fill("offer_return_interview").fill("hold_return_interview", disclosure="yes")
    received(case.fill("pass_disclosure"), disclosure="yes")
    case.fill("convene_meeting").fill("hold_meeting", actions_decided="no").fill("issue_minutes")
    case.fill("close_case", by="ann")
    assert "EpisodeClosed" not in case.words()
    with pytest.raises(SamePersonTwice, match="Close the case"):
        case.fill("agree_to_close", by="ann")
    case.wait(hours=50)
    assert set(case.steps("C-105")) == {"reminder", "due", "second escalation"}
    case.fill("agree_to_close", agreed="no", reason="Her worker does not know it yet.")
    assert case.open_elements() == ["close_case"]
    assert closed(case).closed
    assert case.words()[-1] == "EpisodeClosed"


@story
def harm_that_is_told_after_an_inspector_has_agreed_asks_one_again(case: Casework) -> None:
    """Once the first yes stood for all that came after it: a crime told in the return interview was closed by one person."""
    graded(handed_over(case), "high").wait(hours=5).fill("record_return")
    put_forward(case.fill("hold_prevention_interview")).fill("agree_to_police_closure")
    case.fill("offer_return_interview").fill("hold_return_interview", disclosure="yes").fill("pass_disclosure")
    received(case, disclosure="yes")
    case.fill("convene_meeting").fill("hold_meeting", actions_decided="no").fill("issue_minutes").fill("close_case")
    told = [case.facts[each][""]["told"] for each in ("closing", "case_closing")]
    assert told == [[], ["In the return interview, attempt 1"]], "told and written up is once"
    assert "EpisodeClosed" not in case.words()
    assert case.fill("agree_to_close").closed


@story
def other_harm_in_the_place_of_what_an_inspector_knew_asks_one_again(case: Casework) -> None:
    """Once it was counted only: harm that was put right made room for other harm, and one person closed the case."""
    put_forward(returned(case).fill("hold_prevention_interview", harm=["self_harm"]).fill("pass_on_what_was_told"))
    case.fill("agree_to_police_closure").correct("prevention_interview", "harm", ["none"], "1")
    case.correct("found", "harm", ["sexual_offence"])
    received(heard(case)).fill("convene_meeting").fill("hold_meeting", actions_decided="no")
    case.fill("issue_minutes").fill("close_case")
    told = [case.facts[each][""]["told"] for each in ("closing", "case_closing")]
    assert told == [["To the police, visit 1: self harm"], ["At the return: sexual offence"]]
    assert "EpisodeClosed" not in case.words()
    assert case.fill("agree_to_close").closed


@story
def an_exception_that_no_inspector_approved_closes_nothing(case: Casework) -> None:
    told_of_return(seen_by_police(case))
    assert set(case.refusals("close_police_enquiry", child_seen="exception")) == {"child_seen"}


# Made in error --------------------------------------------------------------------------------------------------------


@story
def a_report_made_in_error_ends_with_everything_that_was_open(case: Casework) -> None:
    graded(handed_over(case)).wait(hours=3)
    assert "record_return" in case.open_elements()
    case.tell("report_cancelled", "T-1", reason="duplicate", by_case="CX-7K3QX9PW")
    assert case.closed
    assert case.open_elements() == []
    assert case.words()[-1] == "EpisodeCancelled"
    assert "EpisodeClosed" not in case.words()
