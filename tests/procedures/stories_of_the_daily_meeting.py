"""The stories of `daily_management.bpmn`: every episode one after the other, actions passed on, signed off or skipped."""

from __future__ import annotations

from tests.procedures.daywork import Daywork, hours, story

CHIEF, SUPERINTENDENT = "chief_inspector_missing", "superintendent"
LARGEST_STATE = 4096
"""Bytes (performance.md): the widest point of an open case."""


@story
def every_episode_is_dealt_with_and_the_meeting_is_signed_off(case: Daywork) -> None:
    case.begin_day("high", "medium")
    assert case.last is not None
    assert case.last.title == "Daily management meeting, 2 March 2026"
    assert sorted(case.open_elements()) == ["decide_on_episode", "sign_off_meeting"]
    assert case.up() == "1"
    case.decide("confirmed").decide("no_longer")
    assert case.open_elements() == ["sign_off_meeting"]
    assert case.sent == []
    case.fill("sign_off_meeting")
    assert case.closed
    assert case.facts["meeting_result"][""] == {"listed": 2, "dealt_with": 2, "not_dealt_with": []}
    assert case.facts["daily_sign_off"][""].get("left_reason") is None
    assert "what" not in case.facts["daily_decision"]["1.1"]
    assert case.words() == ["DailyReviewDone"]


@story
def an_action_and_another_grade_go_to_the_cases_at_once(case: Daywork) -> None:
    case.begin_day("high", "medium", "low")
    case.decide("confirmed", action="yes", what="Look at the river again", type="area_search", within="PT4H")
    first = case.sent[-1]
    assert (first.name, first.correlation) == ("action_wanted", "MC-1")
    assert {**first.payload, "sender": None} == {
        "what": "Look at the river again",
        "type": "area_search",
        "due_within": hours(4),
        "wanted_by": "Daily management meeting",
        "sender": None,
    }
    case.decide("regrade", regrade_to="high", regrade_reason="She was seen with the man from the river.")
    second = case.sent[-1]
    assert (second.correlation, second.payload["type"], second.payload["due_within"]) == ("MC-2", "other", hours(1))
    assert second.payload["what"] == (
        "Propose the grade high, which the daily meeting asks for: She was seen with the man from the river."
    )
    case.decide().fill("sign_off_meeting")
    assert len(case.sent) == 2


@story
def a_grade_that_was_never_given_cannot_be_right_and_the_meeting_asks_for_the_first_one(case: Daywork) -> None:
    sentence = (
        "Only a grade that was given can be right; where there was none when the meeting began, "
        "select that it is to be given now"
    )
    case.begin_day(None, "high")
    case.item = case.up()
    assert case.refusals("decide_on_episode", outcome="confirmed") == {"outcome": sentence}
    case.decide("ungraded")
    assert (case.sent[-1].correlation, case.sent[-1].payload["due_within"]) == ("MC-1", hours(1))
    assert case.sent[-1].payload["what"].startswith("Grade the risk now, which the daily meeting asks for")
    case.item = case.up()
    assert case.refusals("decide_on_episode", outcome="ungraded") == {"outcome": sentence}
    case.decide("confirmed").fill("sign_off_meeting")
    assert case.facts["meeting_result"][""]["dealt_with"] == 2


@story
def what_is_put_off_comes_round_again_and_its_action_is_not_lost(case: Daywork) -> None:
    case.begin_day("high", "medium", "low")
    case.decide("later", action="yes", what="Ask social care to come", type="partner_enquiry", within="PT1H")
    assert case.sent[-1].correlation == "MC-1"
    case.decide().decide("later")
    assert case.up() == "1", "the first that was put off is up again"
    case.decide("confirmed").decide("confirmed")
    assert set(case.facts["daily_decision"]) == {"1.1", "2.2", "3.3", "1.4", "3.5"}
    assert len(case.sent) == 1
    case.fill("sign_off_meeting")
    assert case.facts["meeting_result"][""]["dealt_with"] == 3


@story
def a_meeting_that_ends_early_says_why_and_its_rest_is_counted(case: Daywork) -> None:
    case.begin_day("high", "medium", "low", None)
    case.decide().decide("later")
    assert case.refusals("sign_off_meeting", left_reason="") == {
        "left_reason": "Enter why episodes were not dealt with"
    }
    case.fill("sign_off_meeting")
    assert case.closed
    assert case.facts["meeting_result"][""] == {
        "listed": 4,
        "dealt_with": 1,
        "not_dealt_with": ["MC-2", "MC-3", "MC-4"],
    }
    assert case.facts["daily_sign_off"][""]["left_reason"] == "The meeting had to end."


@story
def nobody_is_missing(case: Daywork) -> None:
    case.begin_day()
    assert case.open_elements() == ["sign_off_meeting"]
    assert case.facts["due_today"][""]["returns"][0]["reference"] == "MC-9"
    case.fill("sign_off_meeting")
    assert case.facts["meeting_result"][""]["listed"] == 0


@story
def a_meeting_that_is_skipped_reaches_the_superintendent_and_lapses_when_the_next_begins(case: Daywork) -> None:
    case.begin_day("high", "medium").decide()
    case.wait(hours=23.9)
    assert case.told("T-11") == [
        ("0:00", "begins", CHIEF),
        ("3:00", "due", CHIEF),
        ("6:00", "second escalation", f"{CHIEF} {SUPERINTENDENT}"),
        ("10:00", "third escalation", SUPERINTENDENT),
    ]
    assert case.told("G-21") == [("1:00", "reminder", CHIEF), ("3:00", "due", CHIEF)]
    assert case.due("sign_off_meeting") == case.began + hours(3)
    case.wait(hours=0.2)
    assert case.closed
    assert case.facts["meeting_lapse"][""] == {"listed": 2, "dealt_with": 1, "not_dealt_with": ["MC-2"]}
    assert case.words() == ["DailyReviewSkipped"]


@story
def a_meeting_of_forty_stays_small(case: Daywork) -> None:
    """Forty tasks at once took 6 KiB of state; one after the other they take a twelfth."""
    case.begin_day(*["high"] * 40)
    assert len(case.open_elements()) == 2
    assert case.size < LARGEST_STATE / 4
    widest = case.size
    for _turn in range(39):
        case.decide()
        widest = max(widest, case.size)
    assert widest < LARGEST_STATE / 4
    assert case.up() == "40"
