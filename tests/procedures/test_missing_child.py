"""The stories of a missing child, from the report to the close, straight and saved and restored before every step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import release
from engine.errors import SamePersonTwice
from tests.driving import Drive, both
from workflows.agencies import ROLES

FILES = release.folder(Path(__file__).resolve().parents[2] / "bpmn" / "missing_child")
REPORT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RETURN = REPORT + timedelta(hours=5)
RETURNED: dict[str, Any] = {"found_at": RETURN, "returned_at": RETURN, "harm": ["none"]}


def reported(case: Drive) -> Drive:
    return case.open(child_name="Kit", last_place="School", why_worried="Not home", call_back="0115 496 0000")


def assessed(case: Drive, **answers: str) -> Drive:
    return case.do("complete_missing_report", missing_since=REPORT, approximate_age=14).do("assess_risk", **answers)


def graded(case: Drive, level: str = "medium", **answers: str) -> Drive:
    assessed(case, **answers).do("decide_risk_grade", by="taker", level=level)
    return case.do("endorse_risk_grade", by="supervisor", agreed="yes")


def seen(case: Drive) -> Drive:
    return case.do("hold_prevention_interview", by="officer", outcome="held", tried_at=case.now)


def heard(case: Drive) -> Drive:
    case.do("offer_return_interview", outcome="accepted", offered_at=case.now)
    return case.do("hold_return_interview", outcome="held", tried_at=case.now, ended_at=case.now)


def received(case: Drive) -> Drive:
    return case.do("write_up_return_interview", held="yes").do("receive_return_interview", usable="yes")


def returned(case: Drive, **answers: Any) -> Drive:
    reported(case).do("acknowledge_handover")
    return graded(case).wait(hours=5).do("record_return", **{**RETURNED, **answers})


def test_the_procedure_can_be_published() -> None:
    assert release.check(FILES, ROLES).root == "missing_child"


def test_the_report_starts_three_things_at_once() -> None:
    def play(case: Drive) -> None:
        reported(case)
        assert set(case.open_elements()) == {"complete_missing_report", "acknowledge_handover", "record_return"}

    both(FILES, play)


def test_a_case_closes_for_all_after_police_and_interview_have_finished() -> None:
    def play(case: Drive) -> None:
        received(heard(seen(returned(case))))
        case.do("close_police_enquiry").do("close_case")
        assert case.closed
        assert {"grade_endorsed", "child_seen_by_police", "interview_held", "case_closed"} <= case.passed()

    both(FILES, play)


def test_a_child_may_come_back_before_anybody_graded_the_risk() -> None:
    def play(case: Drive) -> None:
        reported(case).wait(hours=5).do("record_return", **RETURNED)
        received(heard(seen(case)))
        assert set(case.open_elements()) == {"acknowledge_handover", "complete_missing_report"}
        graded(case).do("acknowledge_handover").do("close_police_enquiry").do("close_case")
        assert case.closed

    both(FILES, play)


@pytest.mark.parametrize(
    ("answers", "floor"),
    [
        ({}, "medium"),
        ({"ra_suicide": "not_known"}, "medium"),
        ({"ra_weather": "yes"}, "medium"),
        ({"ra_cce": "yes"}, "high"),
    ],
)
def test_the_lowest_allowed_grade_is_medium_or_high_whatever_is_not_known(answers: dict[str, str], floor: str) -> None:
    case = assessed(reported(Drive(FILES, restored=False)), **answers)
    found = case.facts["risk_floor"][""]
    assert found["level"] == floor
    assert set(found["missing"]).isdisjoint(key for key, value in answers.items() if value == "yes")
    assert "Every missing child is graded medium or high unless someone says in writing why not" in found["reasons"]


def test_an_answer_of_not_known_stays_among_what_is_missing() -> None:
    case = assessed(reported(Drive(FILES, restored=False)), ra_suicide="not_known", ra_crime="no")
    missing = case.facts["risk_floor"][""]["missing"]
    assert "ra_suicide" in missing
    assert "ra_crime" not in missing


def test_a_grade_that_is_not_endorsed_goes_back_and_gets_a_new_clock() -> None:
    def play(case: Drive) -> None:
        assessed(reported(case)).do("decide_risk_grade", by="taker", level="low").wait(hours=1)
        case.do("endorse_risk_grade", by="supervisor", agreed="no")
        assert case.due("decide_risk_grade") == case.now + timedelta(minutes=15)
        case.do("decide_risk_grade", by="taker", level="high")
        assert case.due("endorse_risk_grade") == case.now + timedelta(minutes=30)
        case.do("endorse_risk_grade", by="supervisor", agreed="yes")
        assert "grade_endorsed" in case.passed()

    both(FILES, play)


def test_nobody_endorses_the_grade_that_they_decided() -> None:
    case = assessed(reported(Drive(FILES, restored=False))).do("decide_risk_grade", by="taker", level="medium")
    with pytest.raises(SamePersonTwice):
        case.do("endorse_risk_grade", by="taker", agreed="yes")


def test_the_handover_pages_at_once_and_every_five_minutes_until_it_is_acknowledged() -> None:
    case = reported(Drive(FILES, restored=False)).wait(minutes=12)
    paged = [event.data for event in case.kinds("timer_fired") if event.data["deadline"] == "T-03"]
    assert [each["step"] for each in paged] == ["page"] * 3
    assert all(each["tell"] == ["duty_inspector"] and each["urgent"] for each in paged)
    case.wait(minutes=30)
    assert "chief_inspector_missing" in case.kinds("timer_fired")[-1].data["tell"]
    case.do("acknowledge_handover")
    before = len([event for event in case.kinds("timer_fired") if event.data["deadline"] == "T-03"])
    case.wait(minutes=30)
    assert len([event for event in case.kinds("timer_fired") if event.data["deadline"] == "T-03"]) == before


def test_a_high_grade_shortens_the_handover() -> None:
    case = reported(Drive(FILES, restored=False))
    assert case.due("acknowledge_handover") == REPORT + timedelta(minutes=15)
    assessed(case).do("decide_risk_grade", level="high")
    assert case.due("acknowledge_handover") == REPORT + timedelta(minutes=5)


@pytest.mark.parametrize(("harm", "hours"), [(["none"], 24), (["physical_injury"], 1), (["unknown"], 1)])
def test_harm_and_not_knowing_of_harm_hasten_the_prevention_interview(harm: list[str], hours: int) -> None:
    case = returned(Drive(FILES, restored=False), harm=harm)
    assert case.due("hold_prevention_interview") == RETURN + timedelta(hours=hours)


def test_reviews_go_on_while_the_child_is_missing_and_the_units_are_told_at_72_hours() -> None:
    case = graded(reported(Drive(FILES, restored=False))).wait(hours=80)
    fired = [event.data for event in case.kinds("timer_fired")]
    assert len([each for each in fired if each["deadline"] == "T-09" and each["step"] == "review due"]) >= 9
    assert [each["step"] for each in fired if each["deadline"] == "T-18"] == [
        "reminder",
        "72 hours",
        "second escalation",
    ]


def test_without_a_prevention_interview_an_inspector_other_than_the_officer_decides() -> None:
    def play(case: Drive) -> None:
        returned(case).do("hold_prevention_interview", by="officer", outcome="not_possible", reason="hospital")
        case.do("approve_prevention_exception", by="inspector", approved="no")
        case.do("hold_prevention_interview", by="officer", outcome="not_possible", reason="hospital")
        with pytest.raises(SamePersonTwice):
            case.do("approve_prevention_exception", by="officer", approved="yes")
        case.do("approve_prevention_exception", by="inspector", approved="yes")
        assert "exception_approved" in case.passed()
        assert sorted(case.facts["prevention_interview"]) == ["1", "2"]
        assert "close_police_enquiry" in case.open_elements()

    both(FILES, play)


def test_a_child_who_declines_the_offer_still_gives_the_carer_the_chance() -> None:
    def play(case: Drive) -> None:
        returned(case).do("offer_return_interview", outcome="declined", offered_at=case.now)
        case.do("ask_carer", outcome="unsafe", decided_by="A manager")
        assert "carer_given_the_chance" in case.passed()
        received(case)

    both(FILES, play)


def test_three_attempts_without_an_answer_end_the_attempts() -> None:
    def play(case: Drive) -> None:
        returned(case).do("offer_return_interview", outcome="no_answer", offered_at=case.now)
        for outcome in ("no_answer", "not_held", "no_answer", "no_answer"):
            assert "ask_carer" not in case.open_elements()
            case.wait(hours=20).do("hold_return_interview", outcome=outcome, reason="staff_capacity", tried_at=case.now)
        case.do("ask_carer", outcome="gave")

    both(FILES, play)


@pytest.mark.parametrize("reason", ["deceased", "merged_with_episode"])
def test_an_interview_that_cannot_be_held_at_all_is_ruled_out(reason: str) -> None:
    case = returned(Drive(FILES, restored=False)).do("offer_return_interview", outcome="accepted", offered_at=RETURN)
    case.do("hold_return_interview", outcome="not_held", reason=reason, tried_at=case.now)
    assert "interview_ruled_out" in case.passed()


def test_where_there_is_no_child_to_ask_the_closing_note_follows() -> None:
    case = returned(Drive(FILES, restored=False)).do("offer_return_interview", outcome="not_offered", offered_at=RETURN)
    assert "no_child_to_ask" in case.passed()
    assert "interview_received_by_police" in received(case).passed()


def test_a_reason_explains_a_late_interview_and_never_stops_its_clock() -> None:
    """Domain 13.1: at 72 hours an interview that was not held is not held, whatever the reason."""
    case = returned(Drive(FILES, restored=False)).do("offer_return_interview", outcome="accepted", offered_at=RETURN)
    assert case.due("hold_return_interview") == RETURN + timedelta(hours=72)
    case.wait(hours=50).do("hold_return_interview", outcome="not_held", reason="hospital", tried_at=case.now)
    assert case.due("hold_return_interview") == RETURN + timedelta(hours=72)
    case.wait(days=9)
    fired = [event.data for event in case.kinds("timer_fired") if event.data["deadline"] == "T-25"]
    steps = ["reminder 1", "reminder 2", "reminder 3", "warning", "due", "second escalation", "third escalation"]
    assert [each["step"] for each in fired if not each["again"]] == steps
    assert "csc_service_manager" in fired[-1]["tell"]
    assert len([each for each in fired if each["again"]]) >= 3
