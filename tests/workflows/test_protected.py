"""No manager can take out or weaken a protected step; whatever else they change stays free."""

from __future__ import annotations

import pytest

from engine import release
from tests.workflows.edits import (
    INTERVIEW,
    LOWER,
    MISSING,
    ROOT,
    Edit,
    after,
    attribute,
    both,
    cell,
    clock,
    condition,
    done_for_each,
    found,
    gone,
    interrupted,
    into_lane,
    no_property,
    way_around,
)
from workflows import catalogue, drafts, protected
from workflows.operations import OPERATIONS


@pytest.mark.parametrize("name", catalogue.procedures())
def test_what_is_shipped_keeps_all_protected_steps(name: str) -> None:
    assert drafts.check(name, catalogue.files(name)) == ()


COVERED = "covered_by_another_interview"
CLOSING, AGREES = "close_police_part.bpmn", "agree_to_police_closure"
OFFER, HANDOVER, NOTICE = "offer_return_interview", "acknowledge_handover", "acknowledge_missing_notice"


@pytest.mark.parametrize(
    ("step", "where", "file", "edit"),
    [
        ("G-01", "offer_and_hold_interview", INTERVIEW, gone(OFFER)),
        ("G-01", "return_interview", INTERVIEW, gone(OFFER, "offer_and_hold_interview")),
        ("G-01", OFFER, INTERVIEW, way_around("interview_requested_to_offer_return_interview", "no_child_to_ask")),
        ("G-01", OFFER, INTERVIEW, interrupted(OFFER, "no_child_to_ask")),
        ("G-01", OFFER, INTERVIEW, interrupted("offer_and_hold_interview", "write_up_return_interview")),
        ("G-01", OFFER, INTERVIEW, done_for_each(OFFER)),
        ("G-01", OFFER, INTERVIEW, done_for_each("offer_and_hold_interview")),
        ("G-01", OFFER, ROOT, done_for_each("arrange_return_interview")),
        ("G-01", OFFER, ROOT, interrupted("arrange_return_interview", "end")),
        ("G-01", OFFER, ROOT, gone("arrange_return_interview")),
        ("G-01", OFFER, ROOT, attribute("is_the_interview_settled_to_are_both_parts_done", "targetRef", "search_ended")),
        ("G-01", OFFER, ROOT, way_around("who_speaks_with_the_child_to_must_an_interview_be_offered", "search_ended")),
        ("G-01", OFFER, ROOT, way_around("close_police_part_to_are_both_parts_done", "close_case")),
        ("G-01", OFFER, INTERVIEW, both(no_property(OFFER, "none"), into_lane("offer_and_hold_interview", "mfh_coordinator"))),
        ("G-01", "interview_offered", INTERVIEW, no_property("interview_offered", "activity")),
        ("T-25", COVERED, INTERVIEW, attribute(f"{COVERED}_message", "messageRef", "plan_wanted_message")),
        ("T-25", "plan_asked_for", INTERVIEW, attribute("plan_asked_for_message", "messageRef", "interview_covered_message")),
        ("G-12", "lower_grade", LOWER, gone("approve_downgrade")),
        ("G-12", "approve_downgrade", LOWER, no_property("approve_downgrade", "other_than")),
        ("G-12", "approve_downgrade", LOWER, into_lane("approve_downgrade", "locate_sergeant")),
        ("G-14", "missing_child", ROOT, gone(HANDOVER)),
        ("G-14", HANDOVER, ROOT, into_lane(HANDOVER, "locate_sergeant")),
        ("G-14", HANDOVER, ROOT, into_lane(HANDOVER, "csc_mash")),
        ("G-14", HANDOVER, ROOT, no_property(HANDOVER, "activity")),
        ("G-14", HANDOVER, ROOT, way_around("what_starts_at_once_to_acknowledge_handover", "is_the_case_graded_and_handed_over")),
        ("G-14", HANDOVER, ROOT, interrupted(HANDOVER, "end")),
        ("G-14", HANDOVER, ROOT, gone("handover_clock_rang")),
        ("G-14", HANDOVER, ROOT, attribute("handover_clock_rang", "cancelActivity", "true")),
        ("G-24", "missing_child", ROOT, gone(NOTICE)),
        ("G-24", NOTICE, ROOT, into_lane(NOTICE, "locate_sergeant")),
        ("G-24", NOTICE, ROOT, no_property(NOTICE, "activity")),
        ("G-24", NOTICE, ROOT, way_around("what_starts_at_once_to_acknowledge_missing_notice", "are_both_parts_done")),
        ("G-24", NOTICE, ROOT, attribute("is_the_authority_told_to_are_both_parts_done", "targetRef", "search_ended")),
        ("G-24", NOTICE, ROOT, gone("notice_clock_rang")),
        ("G-01", OFFER, ROOT, condition("must_an_interview_be_offered_to_is_the_interview_settled", "=known.age >= 16")),
        ("G-01", OFFER, ROOT, condition("must_an_interview_be_offered_to_is_the_interview_settled", "=known.age != 5")),
        ("G-01", OFFER, ROOT, condition("must_an_interview_be_offered_to_is_the_interview_settled", "=known.age = 12")),
        ("G-24", NOTICE, ROOT, condition("adult_is_missing", "=known.age >= 17")),
        ("G-24", NOTICE, ROOT, condition("adult_is_missing", "=known.age = null or known.age >= 18")),
        ("G-03", "missing_child", ROOT, gone("hold_prevention_interview")),
        ("G-03", "missing_child", ROOT, gone("approve_prevention_exception")),
        ("G-03", "hold_prevention_interview", ROOT, way_around("who_speaks_with_the_child_to_must_the_interview_be_tried", "has_the_child_been_seen")),
        ("G-03", "hold_prevention_interview", ROOT, into_lane("hold_prevention_interview", "csc_social_worker")),
        ("G-03", "approve_prevention_exception", ROOT, into_lane("approve_prevention_exception", "locate_sergeant")),
        ("G-03", "approve_prevention_exception", ROOT, no_property("approve_prevention_exception", "other_than")),
        (
            "G-03",
            "approve_prevention_exception",
            ROOT,
            condition("is_the_exception_approved_to_exception_approved", "=true"),
        ),
        (
            "G-03",
            "approve_prevention_exception",
            ROOT,
            condition("is_the_exception_approved_to_exception_approved", '=prevention_exception[-1].reason = "x"'),
        ),
        (
            "G-03",
            "approve_prevention_exception",
            ROOT,
            attribute("is_the_exception_approved", "default", "is_the_exception_approved_to_exception_approved"),
        ),
        (
            "G-03",
            "approve_prevention_exception",
            ROOT,
            condition("was_the_prevention_interview_held_to_child_seen_by_police", '=prevention_interview[-1].outcome != "held"'),
        ),
        (
            "G-03",
            "approve_prevention_exception",
            ROOT,
            attribute("was_the_prevention_interview_held_to_approve_prevention_exception", "targetRef", "has_the_child_been_seen"),
        ),
        (
            "G-12",
            "approve_downgrade",
            LOWER,
            attribute("who_answers_for_the_change_to_must_the_team_be_heard", "targetRef", "may_the_grade_be_set"),
        ),
        (
            "G-12",
            "approve_downgrade",
            LOWER,
            attribute("must_the_team_be_heard_to_approve_downgrade", "targetRef", "set_new_grade"),
        ),
        (
            "G-12",
            "approve_downgrade",
            LOWER,
            condition("is_the_downgrade_approved_to_downgrade_approved", "=true"),
        ),
        ("C-105", AGREES, CLOSING, no_property(AGREES, "other_than")),
        ("C-105", AGREES, CLOSING, into_lane(AGREES, "locate_sergeant")),
        ("C-105", AGREES, CLOSING, condition("is_the_closure_agreed_to_inspector_agreed_to_close", "=true")),
        ("C-105", AGREES, CLOSING, condition("must_an_inspector_agree_to_is_the_police_part_closed", "=true")),
        ("C-105", "agree_to_close", ROOT, condition("who_closes_the_case_to_was_more_told_since", '=risk.level = "low"')),
        ("C-105", "was_more_told_since", ROOT, condition("was_more_told_since_to_is_the_case_closed", "=true")),
        ("C-105", "missing_child", ROOT, gone("agree_to_close")),
        ("T-24", OFFER, INTERVIEW, gone("offer_clock_rang")),
        ("T-25", "offer_and_hold_interview", INTERVIEW, gone("interview_clock_rang")),
        ("T-25", "return_interview", INTERVIEW, gone("offer_and_hold_interview")),
    ],
)  # fmt: skip
def test_a_protected_step_cannot_be_taken_out_or_weakened_in_a_drawing(
    step: str, where: str, file: str, edit: Edit
) -> None:
    assert (step, where) in found(after(file, edit))


@pytest.mark.parametrize(
    ("step", "event", "text"),
    [
        ("T-25", "interview_clock_rang", '=deadlines(deadline: "T-25", clock: task.opened_at)'),
        ("T-25", "interview_clock_rang", '=deadlines(deadline: "T-25", clock: found.returned_at + duration("P1D"))'),
        ("T-25", "interview_clock_rang", '=deadlines(deadline: "T-99", clock: found.returned_at)'),
        ("T-25", "interview_clock_rang", "=[]"),
        ("T-25", "interview_clock_rang", '=if risk.level = "low" then [] else deadlines(deadline: "T-25", clock: found.returned_at)'),
        ("T-24", "offer_clock_rang", '=deadlines(deadline: "T-24", clock: return_interview_offer.offered_at)'),
    ],
)  # fmt: skip
def test_a_protected_time_cannot_be_counted_in_another_way(step: str, event: str, text: str) -> None:
    assert (step, event) in found(after(INTERVIEW, clock(event, text)))


LATER = 'clock + duration("P4D")'


@pytest.mark.parametrize(
    ("step", "files", "where"),
    [
        ("T-25", cell("t25_5", 1, LATER), "interview_clock_rang"),
        ("T-25", cell("t25_5", 1, 'clock + duration("PT72H1M")'), "interview_clock_rang"),
        ("T-25", cell("t25_5", 1, "working days after(clock, 3)"), "interview_clock_rang"),
        ("T-25", cell("t25_5", 3, "false"), "interview_clock_rang"),
        ("T-25", cell("t25_5", 4, "[]"), "interview_clock_rang"),
        ("T-25", cell("t25_5", 4, "null"), "interview_clock_rang"),
        ("T-24", cell("t24_2", 1, LATER), "offer_clock_rang"),
        ("G-14", cell("t03_other_2", 1, 'clock + duration("PT16M")'), "handover_clock_rang"),
        ("G-14", cell("t03_high_2", 1, 'clock + duration("PT6M")'), "handover_clock_rang"),
        ("G-24", cell("t06_other_2", 1, 'clock + duration("PT31M")'), "notice_clock_rang"),
        ("G-24", cell("t06_high_2", 1, 'clock + duration("PT10M")'), "notice_clock_rang"),
    ],
)
def test_a_protected_time_cannot_be_made_longer_in_the_table(step: str, files: dict[str, str], where: str) -> None:
    assert (step, where) in found(files)


@pytest.mark.parametrize(
    ("file", "old", "new", "where"),
    [
        ("regrade_authority.dmn", 'high_out_1"><text>"inspector"', 'high_out_1"><text>"sergeant"', "find_authority"),
        ("regrade_authority.dmn", '"leaves_high_in_1"><text>"high"', '"leaves_high_in_1"><text>"medium"', "find_authority"),
        ("new_grade.dmn", '_in_3"><text>"yes"', '_in_3"><text>-', "set_new_grade"),
        ("new_grade.dmn", '"medium_is_lowered_in_1"><text>"medium"', '"medium_is_lowered_in_1"><text>-', "set_new_grade"),
        ("raised_grade.dmn", '"raised_to_low_in_1"><text>"very_low"', '"raised_to_low_in_1"><text>-', "set_raised_grade"),
        ("raised_grade.dmn", '"raised_to_medium_in_1"><text>"low", "very_low"', '"raised_to_medium_in_1"><text>-', "set_raised_grade"),
        ("first_grade.dmn", 'name="was_high"', 'name="level"', "note_grade"),
        ("closer.dmn", 'ever_high_in_1"><text>true', 'ever_high_in_1"><text>false', "find_who_closes"),
        ("closer.dmn", 'harmed_out_1"><text>"duty_inspector"', 'harmed_out_1"><text>"locate_sergeant"', "find_who_closes"),
        ("closer.dmn", 'ever_high_in_6"><text>-', 'ever_high_in_6"><text>"notts_default"', "find_who_closes_the_case"),
    ],
)  # fmt: skip
def test_the_tables_on_which_two_people_rest_cannot_be_weakened(file: str, old: str, new: str, where: str) -> None:
    assert old in MISSING[file]
    assert ({"closer.dmn": "C-105"}.get(file, "G-12"), where) in found(
        {**MISSING, file: MISSING[file].replace(old, new, 1)}
    )


@pytest.mark.parametrize(
    "files",
    [
        cell("t25_5", 1, 'clock + duration("PT48H")'),
        cell("t24_2", 1, 'clock + duration("PT6H")'),
        cell("t03_other_2", 1, 'clock + duration("PT5M")'),
        after(ROOT, into_lane(HANDOVER, "superintendent")),
        after(ROOT, into_lane(NOTICE, "csc_team_manager")),
        after(ROOT, attribute(HANDOVER, "name", "Take the case over")),
    ],
)
def test_shorter_times_higher_ranks_and_other_names_are_free(files: dict[str, str]) -> None:
    assert found(files) == set()


def test_each_row_names_elements_that_are_there_and_a_source() -> None:
    compiled = release.check(MISSING, None, OPERATIONS)
    for step in protected.STEPS:
        assert set(step.elements) <= set(compiled.nodes)
        assert step.source
        assert all(set(around) <= {*compiled.nodes, *compiled.processes} for around in step.elements.values())
