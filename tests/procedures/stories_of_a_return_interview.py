"""The stories of `return_interview.bpmn`: offer, interview within 72 hours, write-up, receipt by the police."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.procedures.casework import Casework, story, story_from
from tests.procedures.milestones import decided, endorsed, graded, handed_over, heard, police_closed, received, returned

LADDER_OF_72_HOURS = [
    ("24:00", "reminder 1", "rhi_worker"),
    ("48:00", "reminder 2", "rhi_worker"),
    ("60:00", "reminder 3", "rhi_worker"),
    ("66:00", "warning", "rhi_manager rhi_worker"),
    ("72:00", "due", "cmo rhi_manager"),
    ("96:00", "second escalation", "cmo csc_team_manager"),
    ("168:00", "third escalation", "cmo csc_service_manager csc_team_manager"),
    ("192:00", "third escalation", "cmo csc_service_manager csc_team_manager"),
]


def moments(case: Casework, deadline: str) -> list[tuple[str, str]]:
    """Give when a deadline went off, as the clocks of UTC showed it, with its step."""
    return [(f"{at:%a %d %b %H:%M}", data["step"]) for at, data in case.rings(deadline)]


def on_the_clock(day: str, month: str, time: str) -> dict[str, Any]:
    """Type a time of return as the clocks of London show it, in 2026."""
    parts = {"day": day, "month": month, "year": "2026", "time": time}
    return {"returned_at": None, **{f"returned_at-{name}": text for name, text in parts.items()}}


@story
def the_provider_who_is_asked_sees_which_interviews_there_were_before(case: Casework) -> None:
    before = ["Back on 3 January 2026: interview held on 5 January 2026"]
    returned(case.remember(interviews=before))
    assert case.facts["earlier_interviews"][""]["returns"] == before
    assert "earlier_interviews" in case.task("offer_return_interview").node.properties["show"]


# The offer ------------------------------------------------------------------------------------------------------------


@story
def the_child_accepts_and_is_heard(case: Casework) -> None:
    received(heard(returned(case)))
    assert case.words()[-6:] == [
        "RHIOffered",
        "RHIAccepted",
        "RHIAttempt",
        "RHIHeld",
        "RHISubmitted",
        "RHIReceivedByPolice",
    ]
    assert "declined_reason" not in case.facts["return_interview_offer"][""]
    assert "reason" not in case.facts["return_interview_attempt"]["1"]
    assert "close_case" not in case.open_elements()


@story
def nobody_offers_the_interview(case: Casework) -> None:
    returned(case)
    back = case.now
    case.wait(hours=73)
    managers = "cmo rhi_commissioner rhi_manager"
    assert case.told("T-24", back) == [
        ("12:00", "reminder", "cmo rhi_manager rhi_worker"),
        ("24:00", "due", "cmo rhi_manager rhi_worker"),
        ("48:00", "second escalation", managers),
        ("72:00", "second escalation", managers),
    ]
    assert case.told("T-25", back) == LADDER_OF_72_HOURS[:5]
    assert case.due("offer_return_interview") == back + timedelta(hours=24)


@story
def an_offer_without_an_answer_is_followed_up(case: Casework) -> None:
    returned(case).fill("offer_return_interview", outcome="no_answer")
    assert "hold_return_interview" in case.open_elements()
    case.fill("hold_return_interview")
    assert "interview_held" in case.reach.passed


@story
def the_child_declines_and_the_carer_is_asked_late(case: Casework) -> None:
    returned(case)
    assert set(case.refusals("offer_return_interview", outcome="declined", declined_reason=None)) == {"declined_reason"}
    case.fill("offer_return_interview", outcome="declined").fill("hold_prevention_interview").wait(days=5)
    assert moments(case, "C-04") == [
        ("Tue 03 Mar 14:00", "reminder"),
        ("Wed 04 Mar 14:00", "due"),
        ("Thu 05 Mar 14:00", "second escalation"),
        ("Fri 06 Mar 14:00", "second escalation"),
        ("Sat 07 Mar 14:00", "second escalation"),
    ]
    assert set(case.refusals("ask_carer", information=None)) == {"information"}
    case.fill("ask_carer")
    heard = [word for word in case.words() if word.startswith(("RHI", "Carer"))]
    assert heard[-4:] == ["RHIOffered", "RHIDeclined", "CarerInfoOffered", "RHINotHeldReasoned"]
    assert set(case.refusals("write_up_return_interview", closing_note=None)) == {"closing_note"}
    received(case)
    assert "story" not in case.facts["return_interview"][""]


@story
def there_is_no_child_to_ask(case: Casework) -> None:
    returned(case).fill("offer_return_interview", outcome="not_offered", not_offered_reason="transferred_overseas")
    assert "RHIOffered" not in case.words()
    assert case.words()[-1] == "RHINotOfferedReasoned"
    received(case)


# The attempts ---------------------------------------------------------------------------------------------------------


@story
def the_child_declines_at_the_door(case: Casework) -> None:
    returned(case).fill("offer_return_interview").fill("hold_return_interview", outcome="declined_by_child")
    case.fill("ask_carer", outcome="unsafe")
    assert case.facts["carer_information"][""]["decided_by"] == "R. Worker"
    assert "CarerInfoOffered" not in case.words()
    assert "carer_given_the_chance" in case.reach.passed


@story
def three_attempts_reach_nobody(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    for outcome in ("no_answer", "not_held", "no_answer", "no_answer"):
        assert "ask_carer" not in case.open_elements()
        case.wait(hours=20).fill("hold_return_interview", outcome=outcome)
    case.fill("ask_carer", outcome="not_reached")
    assert case.words().count("RHIAttempt") == 4
    received(case)


@story
def the_interview_is_held_at_the_second_attempt(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    case.wait(hours=20).fill("hold_return_interview", outcome="not_held", reason="staff_capacity")
    assert case.words()[-1] == "RHIAttempt"
    case.wait(hours=20).fill("hold_return_interview")
    assert case.words()[-2:] == ["RHIAttempt", "RHIHeld"]


@story
def a_child_who_has_died_is_not_asked_again(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    case.fill("hold_return_interview", outcome="not_held", reason="deceased")
    assert "interview_ruled_out" in case.reach.passed
    assert "hold_return_interview" not in case.open_elements()


@story
def a_child_is_found_dead_and_the_case_comes_to_its_close(case: Casework) -> None:
    """Domain 9: nobody is asked for an interview that cannot be, and each agency still closes its part with a word."""
    returned(case, found_how="deceased", harm=["death"], found_by="A walker")
    case.fill("offer_return_interview", by="rhi", outcome="not_offered", not_offered_reason="deceased")
    assert "RHIOffered" not in case.words()
    received(case)
    case.fill("hold_prevention_interview", by="ann", outcome="not_possible", reason="deceased")
    case.fill("approve_prevention_exception", by="eve", reason="The child has died; the coroner has been told.")
    police_closed(case, child_seen="deceased")
    case.fill("convene_meeting").wait(hours=20).fill("hold_meeting").fill("issue_minutes").fill("close_case")
    assert case.closed
    assert {"RHINotOfferedReasoned", "PIExceptionApproved", "EpisodeClosed"} <= set(case.words())


@story
def a_child_found_in_custody_is_heard_there_and_its_clock_never_stops(case: Casework) -> None:
    returned(case, found_how="arrested", place_found_type="custody", found_by="The custody sergeant")
    back = case.now
    case.fill("offer_return_interview").wait(hours=30).fill(
        "hold_return_interview", outcome="not_held", reason="custody"
    )
    case.wait(hours=43)
    assert [(at, step) for at, step, _roles in case.told("T-25", back)][-2:] == [("66:00", "warning"), ("72:00", "due")]
    case.fill("hold_return_interview", venue="The secure unit")
    assert case.words()[-1] == "RHIHeld"


@story
def a_child_found_abroad_is_offered_an_interview_once_back(case: Casework) -> None:
    returned(case, found_how="abroad", place_found_type="other", found_by="The police of another country")
    case.fill("offer_return_interview").fill("hold_return_interview", outcome="not_held", reason="abroad")
    assert "hold_return_interview" in case.open_elements()
    case.wait(hours=40).fill("hold_return_interview", held_remotely="remotely")
    received(case)
    assert case.words()[-1] == "RHIReceivedByPolice"


@story
def one_later_interview_covers_this_return_too(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    case.fill("hold_return_interview", outcome="not_held", reason="merged_with_episode")
    assert case.words()[-1] == "RHINotHeldReasoned"


@story
def a_reason_explains_a_late_interview_and_never_stops_its_clock(case: Casework) -> None:
    """Domain 13.1: at 72 hours an interview that was not held is not held, whatever the reason."""
    returned(case)
    back = case.now
    police_closed(case.fill("hold_prevention_interview")).fill("offer_return_interview")
    assert case.due("hold_return_interview") == back + timedelta(hours=72)
    case.wait(hours=50).fill("hold_return_interview", outcome="not_held", reason="hospital")
    assert case.due("hold_return_interview") == back + timedelta(hours=72)
    case.wait(days=6).fill("hold_return_interview", outcome="not_held", reason="staff_capacity").wait(hours=1)
    assert case.due("hold_return_interview") == back + timedelta(hours=72)
    assert case.told("T-25", back) == LADDER_OF_72_HOURS
    assert case.now > back + timedelta(hours=72)
    case.fill("hold_return_interview")
    assert len(case.wait(days=1).rings("T-25")) == len(LADDER_OF_72_HOURS)


@story
def the_attempts_have_a_clock_of_their_own(case: Casework) -> None:
    returned(case)
    police_closed(case.fill("hold_prevention_interview")).fill("offer_return_interview")
    offered = case.now
    case.wait(days=8, hours=1)
    assert case.told("T-26", offered) == [
        ("24:00", "daily reminder", "rhi_worker"),
        ("48:00", "daily reminder", "rhi_worker"),
        ("72:00", "warning", "rhi_manager rhi_worker"),
        ("96:00", "warning", "rhi_manager rhi_worker"),
        ("120:00", "warning", "rhi_manager rhi_worker"),
        ("144:00", "warning", "rhi_manager rhi_worker"),
        ("168:00", "due", "cmo rhi_manager"),
        ("192:00", "due", "cmo rhi_manager"),
    ]


# Elapsed time ---------------------------------------------------------------------------------------------------------


@story
def a_corrected_time_of_return_moves_the_72_hours(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    wrong = case.now
    case.wait(hours=30)
    assert case.steps("T-25") == ["reminder 1"]
    right = wrong - timedelta(hours=3)
    case.correct("found", "returned_at", right)
    assert case.due("hold_return_interview") == right + timedelta(hours=72)
    assert "interview_clock_rang" in {event.element for event in case.kinds("timer_moved")}
    case.wait(hours=45)
    assert case.told("T-25", right)[1:5] == LADDER_OF_72_HOURS[1:5]


@story
def a_return_that_was_written_down_a_day_too_early(case: Casework) -> None:
    """What was told too early is told again at its right moment: else nobody would hear that the 72 hours are over."""
    police_closed(returned(case).fill("offer_return_interview").fill("hold_prevention_interview"))
    wrong = case.now
    case.wait(hours=73)
    assert case.steps("T-25")[-1] == "due"
    right = wrong + timedelta(hours=24)
    case.correct("found", "returned_at", right)
    case.wait(hours=24)
    assert [each for each in case.told("T-25", right) if not each[0].startswith("-")][-3:] == LADDER_OF_72_HOURS[2:5]


@story
def the_system_is_down_for_five_days(case: Casework) -> None:
    """What was missed is caught up once, for everybody whom it would have told; the next rung lies in the future."""
    returned(case)
    police_closed(case.fill("hold_prevention_interview")).fill("offer_return_interview")
    back = case.now
    case.sleep(days=5)
    assert case.told("T-25", back) == [("120:00", "second escalation", "cmo csc_team_manager rhi_manager rhi_worker")]
    assert case.rings("T-25")[0][1]["missed"] == ["reminder 1", "reminder 2", "reminder 3", "warning", "due"]
    assert len(case.rings("T-26")) == 1
    assert case.last is not None
    assert case.last.next_due_at is not None
    assert case.last.next_due_at > case.now
    case.wait(days=3)
    assert case.told("T-25", back)[1:] == LADDER_OF_72_HOURS[-2:]


@story_from(datetime(2026, 3, 28, 9, 0, tzinfo=UTC))
def the_clocks_go_forward_during_the_72_hours(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    assert case.due("hold_return_interview") == datetime(2026, 3, 31, 14, 0, tzinfo=UTC)
    case.wait(hours=72)
    assert moments(case, "T-25")[-1] == ("Tue 31 Mar 14:00", "due")


@story_from(datetime(2026, 10, 24, 9, 0, tzinfo=UTC))
def the_clocks_go_back_during_the_72_hours(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    assert case.due("hold_return_interview") == datetime(2026, 10, 27, 14, 0, tzinfo=UTC)
    case.wait(hours=72)
    assert moments(case, "T-25")[-1] == ("Tue 27 Oct 14:00", "due")


@story_from(datetime(2026, 3, 28, 20, 0, tzinfo=UTC))
def a_child_returns_in_the_hour_that_the_spring_skips(case: Casework) -> None:
    graded(handed_over(case)).wait(hours=6)
    found = -timedelta(hours=2)
    skipped = case.refusals("record_return", found_at=found, **on_the_clock("29", "3", "01:30"))
    assert "did not show 01:30" in skipped["returned_at"]
    case.fill("record_return", found_at=found, **on_the_clock("29", "3", "02:15"))
    assert case.facts["found"][""]["returned_at"] == datetime(2026, 3, 29, 1, 15, tzinfo=UTC)
    assert case.due("offer_return_interview") == datetime(2026, 3, 30, 1, 15, tzinfo=UTC)


@story_from(datetime(2026, 10, 24, 20, 0, tzinfo=UTC))
def a_child_returns_in_the_hour_that_the_autumn_shows_twice(case: Casework) -> None:
    """The earlier moment is taken: a clock that starts an hour early lets no child wait."""
    graded(handed_over(case)).wait(hours=6)
    case.fill("record_return", found_at=-timedelta(hours=3), **on_the_clock("25", "10", "01:30"))
    assert case.facts["found"][""]["returned_at"] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# Working days ---------------------------------------------------------------------------------------------------------


@story_from(datetime(2026, 3, 6, 9, 0, tzinfo=UTC))
def an_interview_on_friday_is_written_up_by_tuesday(case: Casework) -> None:
    heard(returned(case))
    assert case.due("write_up_return_interview") == datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
    police_closed(case.fill("hold_prevention_interview")).wait(days=6)
    assert moments(case, "T-27") == [
        ("Mon 09 Mar 14:00", "reminder"),
        ("Tue 10 Mar 14:00", "due"),
        ("Wed 11 Mar 14:00", "second escalation"),
        ("Thu 12 Mar 14:00", "second escalation"),
    ]
    case.fill("write_up_return_interview").wait(days=9)
    assert moments(case, "T-37") == [
        ("Fri 13 Mar 14:00", "reminder"),
        ("Mon 16 Mar 14:00", "due"),
        ("Thu 19 Mar 14:00", "second escalation"),
        ("Fri 20 Mar 14:00", "second escalation"),
        ("Sat 21 Mar 14:00", "second escalation"),
    ]
    case.fill("receive_return_interview")
    assert "interview_received_by_police" in case.reach.passed


@story_from(datetime(2026, 3, 6, 9, 0, tzinfo=UTC))
def an_interview_for_oxfordshire_has_a_day_longer(case: Casework) -> None:
    """The rows of another area apply by the authority that is responsible for the child; the rest stays as it is."""
    graded(handed_over(case, responsible_authority="oxfordshire_county")).wait(hours=5)
    heard(case.fill("record_return"))
    assert case.due("write_up_return_interview") == datetime(2026, 3, 11, 14, 0, tzinfo=UTC)
    case.fill("hold_prevention_interview").wait(days=7)
    assert moments(case, "T-27") == [
        ("Tue 10 Mar 14:00", "reminder"),
        ("Wed 11 Mar 14:00", "due"),
        ("Thu 12 Mar 14:00", "second escalation"),
        ("Fri 13 Mar 14:00", "second escalation"),
    ]


@story_from(datetime(2026, 4, 2, 8, 0, tzinfo=UTC))
def easter_lies_between_the_interview_and_its_write_up(case: Casework) -> None:
    """Good Friday is 3 April and Easter Monday 6 April 2026; two working days after Thursday end on Wednesday."""
    returned(case).fill("offer_return_interview").wait(hours=2)
    case.fill("hold_return_interview", tried_at=-timedelta(hours=1))
    assert case.due("write_up_return_interview") == datetime(2026, 4, 8, 15, 0, tzinfo=UTC)


@story_from(datetime(2026, 3, 27, 9, 0, tzinfo=UTC))
def working_days_keep_the_time_on_the_clock_when_it_goes_forward(case: Casework) -> None:
    heard(returned(case))
    assert case.due("write_up_return_interview") == datetime(2026, 3, 31, 13, 0, tzinfo=UTC)


# What the child tells -------------------------------------------------------------------------------------------------


@story
def what_the_child_tells_of_harm_is_passed_on_before_it_is_written_up(case: Casework) -> None:
    returned(case).fill("offer_return_interview").fill("hold_return_interview", disclosure="yes")
    told = case.now
    assert "write_up_return_interview" not in case.open_elements()
    assert case.due("pass_disclosure") == told + timedelta(hours=2)
    case.wait(hours=4, minutes=5)
    steps = dict.fromkeys((step, roles) for _at, step, roles in case.told("T-28", told))
    assert list(steps) == [
        ("page", "rhi_worker"),
        ("due", "rhi_manager rhi_worker"),
        ("first escalation", "rhi_manager"),
        ("second escalation", "csc_mash csc_team_manager rhi_manager"),
    ]
    assert all(data["urgent"] for _at, data in case.rings("T-28"))
    assert set(case.refusals("pass_disclosure", told=["police"])) == {"told"}
    case.fill("pass_disclosure")
    assert case.words()[-1] == "DisclosurePassed"
    assert "write_up_return_interview" in case.open_elements()


@story
def a_parents_no_does_not_end_the_offer_to_the_child(case: Casework) -> None:
    returned(case).fill("offer_return_interview")
    for _ in range(2):
        case.fill("hold_return_interview", outcome="not_held", reason="parent_refused_under_capacity")
    assert "hold_return_interview" in case.open_elements()
    case.fill("hold_return_interview")
    assert case.words()[-1] == "RHIHeld"


# One interview for several returns --------------------------------------------------------------------------------------


@story
def one_interview_covers_the_return_before_it_too(case: Casework) -> None:
    """Each return that the worker chooses is told when the interview was held; nothing is asked where none is owed."""
    returned(case.remember(returns=["MC-2", "MC-3"])).fill("offer_return_interview")
    assert set(case.refusals("hold_return_interview", covers=[])) == {"covers"}
    assert set(case.refusals("hold_return_interview", covers=["MC-2", "none"])) == {"covers"}
    assert set(case.refusals("hold_return_interview", covers=["MC-4"])) == {"covers"}
    case.fill("hold_return_interview", outcome="no_answer", covers=["MC-2"])
    assert [each.name for each in case.sent if each.name == "interview_covered"] == []
    case.fill("hold_return_interview", covers=["MC-2", "MC-3"])
    told = [each for each in case.sent if each.name == "interview_covered"]
    assert [each.correlation for each in told] == ["MC-2", "MC-3"]
    held = case.facts["return_interview_attempt"]["2"]["tried_at"]
    assert [each.payload["held_at"] for each in told] == [held, held]
    assert "write_up_return_interview" in case.open_elements()


@story
def an_interview_that_covers_no_other_return_tells_none(case: Casework) -> None:
    returned(case.remember(returns=["MC-2"])).fill("offer_return_interview")
    case.fill("hold_return_interview", covers=["none"])
    assert [each.name for each in case.sent if each.name == "interview_covered"] == []


@story
def a_later_interview_covers_this_return(case: Casework) -> None:
    """Its clock stops, nothing is written up twice, and the case can close."""
    police_closed(returned(case).fill("hold_prevention_interview"))
    back = case.now
    case.wait(hours=80)
    assert case.told("T-25", back)[-1][1] == "due"
    case.tell("interview_covered", "T-1", sender="MC-9", held_at=case.now, offered_at=case.now)
    assert case.open_elements() == ["close_case"]
    assert case.words()[-1] == "RHIHeld"
    assert "interview_is_covered" in case.reach.passed
    assert "interview_received" not in [each.name for each in case.sent]
    case.fill("close_case")
    assert case.closed


# The plan -------------------------------------------------------------------------------------------------------------


@story
def an_interview_with_something_for_the_plan_opens_one_where_there_is_none(case: Casework) -> None:
    heard(returned(case)).fill("write_up_return_interview").fill("receive_return_interview", for_the_plan="yes")
    wanted = [each for each in case.sent if each.name == "plan_wanted"]
    assert [(each.correlation, each.payload["rule"]) for each in wanted] == [("CH-7K3QX9PW", "interview")]


@story
def an_interview_asks_for_no_second_plan(case: Casework) -> None:
    heard(returned(case.remember(plan=True))).fill("write_up_return_interview")
    case.fill("receive_return_interview", for_the_plan="yes")
    assert "plan_wanted" not in [each.name for each in case.sent]


@story
def an_interview_with_nothing_for_the_plan_opens_none(case: Casework) -> None:
    heard(returned(case)).fill("write_up_return_interview").fill("receive_return_interview", for_the_plan="no")
    assert "plan_wanted" not in [each.name for each in case.sent]


# A child in care who lives in the area of another authority -----------------------------------------------------------


def lives_elsewhere(case: Casework) -> Casework:
    """A child in care who lives in the area of another authority is back."""
    handed_over(case).fill("complete_missing_report", out_of_area="yes", host_authority="Leicestershire")
    return case.fill("match_child").fill("record_return")


@story
def two_authorities_agree_who_arranges_the_interview_and_the_offer_does_not_wait(case: Casework) -> None:
    lives_elsewhere(case)
    assert {"agree_out_of_area", "offer_return_interview"} <= set(case.open_elements())
    assert case.task("agree_out_of_area").node.role == "cmo"
    assert set(case.refusals("agree_out_of_area", provider=None)) == {"provider"}
    assert set(case.refusals("agree_out_of_area", provider="nobody_here")) == {"provider"}
    heard(case.fill("agree_out_of_area", provider="safe_steps"))
    assert case.facts["out_of_area_agreement"][""]["provider"] == "safe_steps"
    assert case.words()[-5:] == ["OOAAgreed", "RHIOffered", "RHIAccepted", "RHIAttempt", "RHIHeld"]


@story
def nobody_agrees_who_arranges_the_interview(case: Casework) -> None:
    """The interview is held without the agreement, which stays due until it is there; the case is not closed before."""
    seen = lives_elsewhere(case).fill("assess_risk")
    received(heard(endorsed(decided(seen, "medium")).fill("hold_prevention_interview")))
    case.wait(days=3, hours=1)
    assert case.told("T-48") == [
        ("12:00", "reminder", "cmo"),
        ("24:00", "due", "cmo"),
        ("28:00", "first escalation", "cmo csc_team_manager"),
        ("48:00", "second escalation", "cmo csc_service_manager"),
        ("72:00", "second escalation", "cmo csc_service_manager"),
    ]
    police_closed(case)
    assert "close_case" not in case.open_elements()
    assert "close_case" in case.fill("agree_out_of_area").open_elements()


@story
def two_areas_begin_at_the_report_and_not_at_the_return(case: Casework) -> None:
    """Once the authority of the area was asked only when the child was back, and nobody saw that it had not been told."""
    handed_over(case).fill("complete_missing_report", out_of_area="yes", host_authority="Leicestershire")
    assert {"tell_host_authority", "agree_out_of_area"} <= set(case.open_elements())
    case.wait(hours=9, minutes=5)
    assert case.told("C-106") == [
        ("1:00", "due", "csc_social_worker"),
        ("2:00", "first escalation", "csc_social_worker csc_team_manager"),
        ("5:00", "second escalation", "csc_service_manager csc_team_manager"),
        ("9:00", "second escalation", "csc_service_manager csc_team_manager"),
    ]
    case.fill("tell_host_authority").fill("agree_out_of_area")
    assert case.words()[-2:] == ["HostNotified", "OOAAgreed"]
    assert "found" not in case.facts, "the child is still missing"
