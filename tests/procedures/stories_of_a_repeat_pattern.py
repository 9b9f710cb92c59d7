"""The stories of `repeat_pattern.bpmn` and `answer_report.bpmn`: each report counts at once and gets its own answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.procedures.childwork import CHILD, Childwork, story_for

story = story_for("repeat_pattern")


def reported(case: Childwork, episode: str, **payload: Any) -> Childwork:
    """Take a report of the child that is made now, and walk the way that it takes."""
    case.hear("child_reported", episode, child=CHILD, reported_at=case.now, **payload)
    case.follow("report_arrived")
    return case


@story
def a_first_report_asks_for_nothing_and_is_forgotten_after_a_year(case: Childwork) -> None:
    reported(case, "MC-1")
    assert case.open_elements() == []
    assert "report_noted" in case.reach.passed
    assert case.facts["pattern"][""]["band"] == "first"
    assert case.last is not None
    assert case.last.title == "Repeat pattern, first report"
    case.wait(days=364)
    assert "pattern_ended" not in case.reach.passed
    case.wait(days=2)
    case.follow("year_passed_without_report")
    assert case.closed
    assert case.sent == []


@story
def a_second_report_asks_for_support_and_people_hear_when_nobody_discusses_it(case: Childwork) -> None:
    reported(case, "MC-1").wait(days=200)
    reported(case, "MC-2")
    since = case.now
    assert case.keys_of("discuss_support") == ["2"]
    assert f"{case.due('discuss_support'):%a %d %b}" == "Fri 25 Sep"
    case.wait(days=20)
    both = "chief_inspector_missing mfh_coordinator"
    assert [(step, tell) for _at, step, tell in case.told("C-21", since)] == [
        ("reminder", "mfh_coordinator"),
        ("due", "mfh_coordinator"),
        ("second escalation", both),
        ("second escalation", both),
    ]
    assert set(case.refusals("discuss_support", agreed=None)) == {"agreed"}
    assert set(case.refusals("discuss_support", outcome="nothing", why_nothing="No.")) == {"why_nothing"}
    case.fill("discuss_support")
    assert "why_nothing" not in case.facts["support_discussion"]["2"]
    assert case.sent == []


@story
def a_third_report_within_a_month_says_so(case: Childwork) -> None:
    reported(case, "MC-1").wait(days=10)
    reported(case, "MC-2").wait(days=19)
    reported(case, "MC-3")
    assert case.sent[0].payload["rule"] == "Third report in 30 days or more"


@story
def the_third_report_in_90_days_reaches_the_episode_and_both_plans_at_once(case: Childwork) -> None:
    reported(case, "MC-1").wait(days=40)
    reported(case, "MC-2").wait(days=40)
    reported(case, "MC-3")
    assert case.messages() == [("threshold_reached", "MC-3"), ("plan_wanted", CHILD), ("prevention_wanted", CHILD)]
    rule = "Third report in 90 days or more"
    assert case.sent[0].payload == {"sender": "T-1", "count_90d": 3, "rule": rule}
    assert case.sent[1].payload == case.sent[2].payload
    assert case.sent[1].payload == {
        "sender": "T-1",
        "child": CHILD,
        "episode": "MC-3",
        "reported_at": case.now,
        "wanted_at": case.now,
        "count_90d": 3,
        "rule": rule,
    }
    assert case.words() == ["MeetingTriggered"]
    assert case.keys_of("discuss_support") == ["2"], "the third has the meeting and the plans instead"
    case.wait(days=5)
    reported(case, "MC-4")
    assert case.sent[3].correlation == "MC-4"
    assert case.sent[3].payload["count_90d"] == 4


@story
def reports_that_arrive_while_support_is_discussed_wait_for_nobody(case: Childwork) -> None:
    reported(case, "MC-1")
    for number in (2, 3, 4):
        case.wait(days=80)
        reported(case, f"MC-{number}")
    assert case.keys_of("discuss_support") == ["2", "3", "4"]
    case.fill("discuss_support", key="3").fill("discuss_support", key="2", behind_it="The same as ever")
    assert case.facts["support_discussion"]["2"]["behind_it"] == "The same as ever"
    assert case.keys_of("discuss_support") == ["4"]
    assert [case.facts["child_reported"][key]["sender"] for key in ("1", "2", "3", "4")] == [
        "MC-1",
        "MC-2",
        "MC-3",
        "MC-4",
    ]


@story
def a_year_does_not_end_a_pattern_while_support_is_not_discussed(case: Childwork) -> None:
    reported(case, "MC-1").wait(days=100)
    reported(case, "MC-2").wait(days=366)
    case.follow("year_passed_without_report")
    assert not case.closed
    assert case.open_elements() == ["discuss_support"]
    reported(case, "MC-3")
    assert case.facts["pattern"][""]["band"] == "first"
    case.fill("discuss_support", outcome="nothing", why_nothing="The family has moved to another country.").wait(
        days=366
    )
    assert case.closed


@story
def ten_reports_in_a_year_are_persistent_even_where_90_days_hold_two(case: Childwork) -> None:
    first = case.now
    for number in range(10):
        case.wait(hours=((first + timedelta(days=90 * (number // 2), hours=number)) - case.now) / timedelta(hours=1))
        reported(case, f"MC-{number}")
    assert case.facts["pattern"][""]["band"] == "persistent"
    assert case.facts["counts"][""]["in_90_days"] == 2
    assert case.sent == []
    assert len(case.open_elements()) == 9
    assert case.last is not None
    assert case.last.title == "Repeat pattern, 10 reports in a year"


@story
def those_who_discuss_support_may_want_the_plans_before_the_third_report(case: Childwork) -> None:
    """Two discussions are open, and each goes its own way."""
    for number in (1, 2, 3):
        reported(case, f"MC-{number}").wait(days=100)
    case.fill("discuss_support", key="3")
    assert case.sent == []
    case.fill("discuss_support", key="2", plans_wanted="yes")
    assert case.messages() == [("plan_wanted", CHILD), ("prevention_wanted", CHILD)]
    payload = case.sent[0].payload
    assert (payload["episode"], payload["rule"]) == ("MC-2", "Wanted by those who discussed support")
    assert payload["wanted_at"] == case.now, "the plan's clock does not begin before somebody wanted it"
    assert case.open_elements() == []


@story
def episodes_from_before_this_service_count_where_the_report_knows_of_them(case: Childwork) -> None:
    reported(case, "MC-1", episodes_90d=3, episodes_365d=4)
    assert case.messages()[0] == ("threshold_reached", "MC-1")


@story
def a_report_exactly_90_days_later_is_not_within_90_days(case: Childwork) -> None:
    reported(case, "MC-1").wait(days=45)
    reported(case, "MC-2").wait(days=45)
    reported(case, "MC-3")
    counts = case.facts["counts"][""]
    assert (counts["in_90_days"], counts["in_365_days"], counts["rules"]) == (2, 3, ["every_report"])
    assert case.sent == []
