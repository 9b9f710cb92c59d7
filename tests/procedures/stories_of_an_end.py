"""How a case of `missing_child.bpmn` ends: the two closures, or a report that was made in error."""

from __future__ import annotations

from datetime import timedelta

from tests.procedures.casework import Casework, story
from tests.procedures.milestones import (
    graded,
    handed_over,
    heard,
    police_closed,
    received,
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
