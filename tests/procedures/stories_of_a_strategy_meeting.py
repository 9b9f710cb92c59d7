"""The stories of `strategy_meeting.bpmn` and of what calls for it: thresholds, harm, wishes; while missing and after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.procedures.casework import Casework, story, story_from
from tests.procedures.milestones import (
    decided,
    endorsed,
    graded,
    handed_over,
    heard,
    police_closed,
    received,
    returned,
)

ACTION = {"actions_decided": "yes"}


def reasons(case: Casework) -> list[str]:
    """The rules that asked for a meeting."""
    found: list[str] = case.facts["meeting_reasons"][""]["rules"]
    return found


def kinds(case: Casework) -> set[str]:
    """The kinds of meeting that are asked for, as whoever convenes it sees them."""
    return {each["kind"] for each in case.facts["meeting_reasons"][""]["matches"]}


@story
def the_third_episode_calls_for_a_meeting_while_the_child_is_missing(case: Casework) -> None:
    """Convening stops no clock: T-20 rings until the meeting has been held."""
    graded(handed_over(case)).tell("threshold_reached", "T-1", count_90d=3, rule="frequent")
    assert reasons(case) == ["third_episode"]
    assert "threshold_noted" in case.reach.passed
    called = case.now
    assert case.due("convene_meeting") == called + timedelta(hours=24)
    case.wait(hours=20).fill("convene_meeting", meets_at=timedelta(hours=3))
    assert case.due("hold_meeting") == called + timedelta(hours=23)
    case.wait(hours=29)
    assert case.told("T-20", called) == [
        ("12:00", "reminder", "mfh_coordinator"),
        ("24:00", "due", "csc_team_manager mfh_coordinator"),
        ("36:00", "first escalation", "csc_team_manager"),
        ("48:00", "second escalation", "csc_service_manager csc_team_manager"),
    ]
    case.fill("hold_meeting").wait(hours=30)
    assert len(case.rings("T-20")) == 4, "the meeting has been held"
    assert [word for word in case.words() if word.startswith("M") or word == "AttendanceRecorded"] == [
        "MeetingTriggered", "MeetingHeld", "AttendanceRecorded",
    ]  # fmt: skip


@story
def a_review_asks_for_a_meeting(case: Casework) -> None:
    graded(handed_over(case)).fill("review_case", meeting_wanted="yes")
    assert reasons(case) == ["professional_judgement"]
    assert "convene_meeting" in case.open_elements()


@story
def a_child_of_nine_is_back_after_two_days_and_was_hurt(case: Casework) -> None:
    """Whoever convenes sees each reason as soon as there is one, and the earliest of their times holds."""
    handed_over(case).fill("complete_missing_report", approximate_age="9", looked_after="no")
    assert reasons(case) == ["under_twelve"]
    case.fill("match_child").fill("assess_risk", ra_exploitation="yes")
    assert reasons(case) == ["exploitation", "under_twelve"]
    endorsed(decided(case, "high")).wait(hours=47)
    assert reasons(case) == ["long_from_home", "exploitation", "under_twelve"], "missing for 48 hours"
    assert kinds(case) == {"missing_meeting"}
    case.wait(hours=3).fill("record_return", harm=["physical_injury"])
    assert reasons(case) == ["long_from_home", "exploitation", "harm_while_missing", "under_twelve"]
    assert "strategy_discussion" in kinds(case)
    assert case.due("convene_meeting") == case.now + timedelta(days=1), "harm asks for a strategy discussion"


@story
def a_flagged_child_in_care_of_eleven_is_missing_for_six_days_and_the_agencies_meet(case: Casework) -> None:
    """Once nobody convened before such a child was back: the table was asked for a third episode only (T-20)."""
    handed_over(case.remember(exploitation=True, flags=["cse"], looked_after=True, age=11))
    case.fill("complete_missing_report", approximate_age="11").fill("match_child")
    assert reasons(case) == ["exploitation", "under_twelve"]
    assert case.due("convene_meeting") == case.now + timedelta(hours=24)
    case.wait(hours=23)
    assert reasons(case) == ["long_from_care", "exploitation", "under_twelve"]
    case.wait(days=5)
    assert [step for _at, step, _roles in case.told("T-20")][-2:] == ["second escalation"] * 2


@story
def a_child_of_whom_it_is_known_late_that_it_is_in_care_has_a_meeting_at_once(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report", looked_after="not_known").wait(hours=30)
    assert "convene_meeting" not in case.open_elements()
    case.remember(looked_after=True).fill("match_child")
    assert reasons(case) == ["long_from_care"]
    assert case.due("convene_meeting") == case.began + timedelta(hours=23 + 24), "it counts from the 24th hour"


@story
def a_child_who_lives_at_home_is_missing_for_two_days(case: Casework) -> None:
    handed_over(case).fill("complete_missing_report", looked_after="no").fill("match_child").wait(hours=46)
    assert "convene_meeting" not in case.open_elements()
    case.wait(hours=1)
    assert reasons(case) == ["long_from_home"]
    assert {"absence_noted", "meeting_called_for"} <= case.reach.passed


@story
def a_meeting_of_which_the_reason_was_an_error_is_not_held_and_the_next_reason_calls_for_one(case: Casework) -> None:
    graded(handed_over(case)).wait(hours=25).fill("convene_meeting", meets_at=timedelta(hours=2))
    case.fill("record_return", found_at=-timedelta(hours=9), returned_at=-timedelta(hours=9))
    assert {"convene_meeting", "hold_meeting"}.isdisjoint(case.open_elements()), "it was away for 17 hours only"
    assert case.words()[-3:].count("MeetingNotNeeded") == 1
    police_closed(received(heard(case.fill("hold_prevention_interview"))))
    assert case.open_elements() == ["close_case"], "no minutes are waited for"
    case.tell("threshold_reached", "T-1", count_90d=3, rule="frequent")
    assert case.open_elements() == ["convene_meeting"]
    case.fill("convene_meeting").fill("hold_meeting").fill("issue_minutes").fill("close_case")
    assert case.closed


@story
def a_meeting_is_convened_for_no_later_than_the_rules_allow(case: Casework) -> None:
    graded(handed_over(case)).tell("threshold_reached", "T-1", count_90d=3, rule="frequent")
    late = timedelta(hours=30)
    assert set(case.refusals("convene_meeting", meets_at=late, late_reason=None)) == {"late_reason"}
    assert set(case.refusals("convene_meeting", meets_at=timedelta(hours=49))) == {"meets_at"}
    case.fill("convene_meeting", meets_at=timedelta(hours=24))
    assert "late_reason" not in case.facts["meeting_notice"]["1"]
    case.wait(hours=25).fill("hold_meeting", outcome="not_held").fill("record_return")
    assert set(case.refusals("convene_meeting", meets_at=timedelta(days=30))) == {"meets_at"}
    case.fill("convene_meeting", meets_at=timedelta(days=3))
    assert "late_reason" not in case.facts["meeting_notice"]["2"], "back, it is five working days"


@story_from(datetime(2026, 3, 6, 12, 0, tzinfo=UTC))
def harm_that_is_told_on_a_friday_evening_is_discussed_by_saturday_evening(case: Casework) -> None:
    """Once it waited for Monday evening: the earlier of 24 hours and a working day holds (T-30)."""
    returned(case).wait(hours=2).fill("hold_prevention_interview", crime_disclosed="yes")
    assert reasons(case) == ["harm_told"]
    assert case.due("convene_meeting") == datetime(2026, 3, 7, 19, 0, tzinfo=UTC)
    assert set(case.refusals("convene_meeting", meets_at=timedelta(days=2), late_reason=None)) == {"late_reason"}
    case.wait(days=6)
    steps = list(dict.fromkeys(step for _at, step, _roles in case.told("T-34")))
    assert steps == ["discussion reminder", "discussion due", "discussion escalation"]


@story_from(datetime(2026, 3, 6, 9, 0, tzinfo=UTC))
def a_child_in_care_was_away_for_more_than_a_day_and_nobody_convenes(case: Casework) -> None:
    graded(handed_over(case)).wait(hours=25).fill("record_return")
    assert reasons(case) == ["long_from_care"]
    assert "convene_meeting" in case.open_elements()
    case.wait(days=15)
    assert [(at.strftime("%a %d %H:%M"), data["step"]) for at, data in case.rings("T-34")][:4] == [
        ("Tue 10 08:00", "reminder"),
        ("Fri 13 08:00", "due"),
        ("Tue 17 08:00", "second escalation"),
        ("Wed 18 08:00", "second escalation"),
    ]


@story
def a_meeting_that_was_not_held_starts_no_new_clock(case: Casework) -> None:
    returned(case, harm=["physical_injury"])
    called = case.now
    case.fill("convene_meeting", meets_at=timedelta(hours=2))
    assert case.due("hold_meeting") == called + timedelta(hours=2)
    case.wait(hours=27)
    assert case.told("T-35", called) == [
        ("2:00", "due", "csc_team_manager mfh_coordinator"),
        ("6:00", "first escalation", "csc_team_manager mfh_coordinator"),
        ("26:00", "second escalation", "chief_inspector_missing csc_team_manager"),
    ]
    case.fill("hold_meeting", outcome="not_held")
    assert "MeetingHeld" not in case.words()
    assert case.due("convene_meeting") == called + timedelta(days=1)
    case.fill("convene_meeting").fill("hold_meeting")
    assert list(case.facts["meeting"]) == ["1", "2"]


@story
def the_police_do_not_come_and_say_why(case: Casework) -> None:
    returned(case, harm=["physical_injury"]).fill("convene_meeting")
    absent = case.refusals("hold_meeting", attended=["csc"], police_reason=None, quorum_reason=None)
    assert set(absent) == {"police_reason", "quorum_reason"}
    case.fill("hold_meeting", attended=["csc"], police_reason="The co-ordinator was in court.")
    assert "AttendanceRecorded" in case.words()
    assert case.refusals("issue_minutes", minutes=None)


@story
def everybody_is_invited_who_makes_a_quorum(case: Casework) -> None:
    returned(case, harm=["physical_injury"])
    assert set(case.refusals("convene_meeting", invited=["police", "csc"])) == {"invited"}


@story
def a_meeting_with_two_actions_is_settled_and_the_case_closes(case: Casework) -> None:
    returned(case, harm=["physical_injury"]).fill("convene_meeting").fill("hold_meeting", **ACTION).wait(days=2)
    assert "people_told_of_meeting_action" in case.reach.passed
    case.fill("add_meeting_action", another="yes").fill("add_meeting_action", what="See a doctor").wait(days=10)
    assert case.told("T-36")[-1][1:] == ("second escalation", "csc_service_manager csc_team_manager")
    assert {step for _at, step, _roles in case.told("C-10")} == {"reminder", "due", "second escalation"}
    case.fill("issue_minutes").fill("do_meeting_action", key="1")
    assert case.words()[-1] == "MinutesIssued"
    police_closed(received(heard(case.fill("hold_prevention_interview"))))
    assert case.open_elements() == ["do_meeting_action"]
    case.fill("do_meeting_action", status="not_done", result="The doctor is on leave.").fill("close_case")
    assert case.closed
    assert "meeting_settled" in case.reach.passed


@story
def the_child_tells_of_harm_in_the_interview_and_a_meeting_is_called_for_at_once(case: Casework) -> None:
    """It waits for no write-up: the discussion is due within a working day of what was told (G-17)."""
    returned(case).fill("hold_prevention_interview").fill("offer_return_interview")
    assert "meeting_reasons" not in case.facts
    case.fill("hold_return_interview", disclosure="yes")
    assert reasons(case) == ["harm_told"]
    assert case.due("convene_meeting") == case.now + timedelta(days=1)


@story
def a_threshold_is_heard_after_a_quick_return(case: Casework) -> None:
    returned(case).tell("threshold_reached", "T-1", count_90d=3, rule="frequent")
    assert reasons(case) == ["third_episode"]
    assert "convene_meeting" in case.open_elements()


@story
def a_threshold_that_asks_for_nothing_calls_for_no_meeting(case: Casework) -> None:
    returned(case).tell("threshold_reached", "T-1", count_90d=2, rule="second")
    assert "meeting_reasons" not in case.facts
    assert "convene_meeting" not in case.open_elements()


@story
def a_threshold_before_the_close_is_met_by_a_meeting_first(case: Casework) -> None:
    police_closed(received(heard(returned(case).fill("hold_prevention_interview"))))
    assert case.open_elements() == ["close_case"]
    case.tell("threshold_reached", "T-1", count_90d=3, rule="frequent")
    assert case.open_elements() == ["convene_meeting"]
    case.fill("convene_meeting").fill("hold_meeting", **ACTION).fill("add_meeting_action")
    assert "close_case" not in case.fill("issue_minutes").open_elements()
    case.fill("do_meeting_action")
    assert case.open_elements() == ["close_case"]
    assert case.fill("close_case").closed


@story
def a_known_flag_or_a_third_episode_calls_for_a_meeting_as_soon_as_the_child_is_matched(case: Casework) -> None:
    handed_over(case.remember(exploitation=True, episodes_90d=3)).fill("complete_missing_report").fill("match_child")
    assert reasons(case) == ["third_episode", "exploitation"]
    assert case.due("convene_meeting") == case.now + timedelta(hours=24)
