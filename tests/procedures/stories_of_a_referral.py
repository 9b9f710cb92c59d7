"""The stories of `referral.bpmn`: from the report to social care to the end of what it calls for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from engine.model import Found
from tests.procedures.casework import Casework, story_of

NOW = timedelta(0)
CHILD = "CH-7K3QX9PW"
ALL_THREE = ["police", "social_care", "health"]
MASH, MANAGER, WORKER, SERVICE = "csc_mash", "csc_team_manager", "csc_social_worker", "csc_service_manager"

PAGES: Mapping[str, Mapping[str, Any]] = {
    "referral_received": {
        "child": CHILD,
        "episode": "MC-7K3QX9PW",
        "received_at": NOW,
        "from": "return_interview",
        "suspected": ["harm"],
        "told": "She said that she is hit at home.",
        "child_safe_now": "not_known",
    },
    "decide_on_referral": {"outcome": "strategy_discussion", "why": "She was hurt before.", "referrer_told": "yes"},
    "hold_strategy_discussion": {
        "held_at": NOW,
        "way": "meeting",
        "attended": ALL_THREE,
        "quorum_reason": "Typed before health came",
        "outcome": "section_47",
        "why": "She stays with her aunt tonight.",
    },
    "hold_follow_up_meeting": {
        "held_at": NOW,
        "attended": ALL_THREE,
        "decided": "The police interview the stepfather.",
        "late_reason": "Health could not come before.",
    },
    "hold_conference": {
        "outcome": "held",
        "held_at": NOW,
        "attended": ALL_THREE,
        "plan": "yes",
        "why": "She is safe with the aunt and a plan.",
        "late_reason": "The family had no interpreter.",
    },
    "finish_assessment": {
        "finished_at": NOW,
        "needs": "A home in which nobody hits her.",
        "done": "The aunt is assessed as her carer.",
        "late_reason": "The aunt moved house.",
    },
    "contact_allegations_officer": {
        "contacted_at": NOW,
        "agreed": "The home moves him to other work today.",
        "outcome": "not_known",
    },
    "decide_on_national_referral": {"outcome": "referred", "reference": "N-1", "why_not": "Typed before"},
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Referral(Casework):
    """One referral to social care."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer as the product does for a child whom it knows."""
        assert name == "recall_referred"
        return {"child_id": scope["referral"]["child"], "child": "Robin Example", "born_on": None}

    def taken(self, *suspected: str) -> Referral:
        """The desk takes a referral in which this is suspected."""
        self.report(suspected=list(suspected))
        self.follow("referral_received")
        return self


story = story_of("referral", Referral)


def told_of(case: Casework, deadline: str) -> list[tuple[str, str]]:
    """Give the steps of a deadline and whom each told."""
    return [(step, tell) for _at, step, tell in case.told(deadline)]


@story
def harm_that_is_suspected_leads_to_a_conference_and_an_assessment_in_time(case: Referral) -> None:
    case.taken("harm")
    assert case.open_elements() == ["decide_on_referral"]
    assert case.task("decide_on_referral").node.role == MASH
    case.fill("decide_on_referral").fill("hold_strategy_discussion")
    assert "quorum_reason" not in case.facts["strategy_discussion"][""]
    assert {each: case.task(each).node.role for each in case.open_elements()} == {
        "hold_conference": MANAGER,
        "finish_assessment": WORKER,
    }
    case.wait(days=14).fill("hold_conference")
    assert "late_reason" not in case.facts["conference"][""]
    case.wait(days=20).fill("finish_assessment")
    assert "late_reason" not in case.facts["assessment"][""]
    assert case.closed
    assert case.words() == ["ReferralMade", "ReferralDecided", "StrategyDiscussionHeld", "ICPCHeld", "AssessmentDone"]


@story
def a_conference_and_an_assessment_that_are_late_ask_for_the_reason(case: Referral) -> None:
    case.taken("harm").fill("decide_on_referral").fill("hold_strategy_discussion").wait(days=80)
    assert told_of(case, "T-32")[:4] == [
        ("first reminder", WORKER),
        ("second reminder", MANAGER),
        ("due", f"{SERVICE} {MANAGER}"),
        ("first escalation", SERVICE),
    ]
    assert told_of(case, "T-33")[:4] == [
        ("first reminder", WORKER),
        ("second reminder", MANAGER),
        ("due", f"{SERVICE} {WORKER}"),
        ("first escalation", SERVICE),
    ]
    assert set(case.refusals("hold_conference", late_reason=None)) == {"late_reason"}
    assert set(case.refusals("finish_assessment", late_reason=None)) == {"late_reason"}
    case.fill("hold_conference").fill("finish_assessment")
    assert case.closed


@story
def an_urgent_discussion_by_telephone_is_followed_by_a_meeting_of_all(case: Referral) -> None:
    case.taken("harm").fill("decide_on_referral")
    asked = case.refusals("hold_strategy_discussion", way="telephone", attended=["police"], quorum_reason=None)
    assert set(asked) == {"quorum_reason"}
    case.fill("hold_strategy_discussion", way="telephone", attended=["police"], outcome="section_17")
    assert sorted(case.open_elements()) == ["finish_assessment", "hold_follow_up_meeting"]
    case.wait(days=10)
    assert told_of(case, "T-31")[:3] == [("first reminder", MANAGER), ("due", MANAGER), ("first escalation", SERVICE)]
    assert set(case.refusals("hold_follow_up_meeting", late_reason=None)) == {"late_reason"}
    case.fill("hold_follow_up_meeting").fill("finish_assessment")
    assert case.closed


@story
def a_concern_that_is_not_borne_out_has_no_conference_and_says_why(case: Referral) -> None:
    case.taken("harm").fill("decide_on_referral").fill("hold_strategy_discussion")
    case.wait(days=5).fill("hold_conference", outcome="not_borne_out")
    assert set(case.facts["conference"][""]) == {"outcome", "why"}
    case.fill("finish_assessment")
    assert case.closed


@story
def a_discussion_that_asks_for_nothing_ends_the_referral(case: Referral) -> None:
    case.taken("harm").fill("decide_on_referral").wait(days=6)
    assert told_of(case, "T-30")[:3] == [
        ("due", MANAGER),
        ("first escalation", SERVICE),
        ("second escalation", f"{SERVICE} {MANAGER}"),
    ]
    case.fill("hold_strategy_discussion", outcome="nothing")
    assert case.closed


@story
def a_child_in_need_is_assessed_without_a_discussion(case: Referral) -> None:
    case.taken("other").fill("decide_on_referral", outcome="assessment")
    assert case.open_elements() == ["finish_assessment"]
    case.fill("finish_assessment")
    assert case.closed


@story
def a_referral_on_which_nobody_decides_reaches_the_service_manager(case: Referral) -> None:
    case.taken("other").wait(days=6)
    assert told_of(case, "T-29")[:3] == [
        ("due", MASH),
        ("first escalation", MANAGER),
        ("second escalation", f"{SERVICE} {MANAGER}"),
    ]
    case.fill("decide_on_referral", outcome="no_further_action", why="It was told before and looked into.")
    assert case.closed


@story
def exploitation_and_an_allegation_are_seen_to_beside_the_decision(case: Referral) -> None:
    case.taken("trafficking", "allegation")
    assert {each: case.task(each).node.role for each in case.open_elements()} == {
        "decide_on_referral": MASH,
        "contact_allegations_officer": MANAGER,
        "decide_on_national_referral": WORKER,
    }
    case.wait(days=5)
    assert told_of(case, "T-39")[:2] == [("due", WORKER), ("first escalation", MANAGER)]
    assert told_of(case, "T-40")[:2] == [("due", MANAGER), ("first escalation", SERVICE)]
    case.fill("decide_on_referral", outcome="early_help")
    assert len(case.open_elements()) == 2
    case.fill("decide_on_national_referral", outcome="not_referred", why_not="It was a boat trip with her uncle.")
    assert set(case.facts["national_referral"][""]) == {"outcome", "why_not"}
    case.fill("contact_allegations_officer")
    assert case.closed
    assert set(case.words()) == {"ReferralMade", "ReferralDecided", "NRMDecided", "LADOContacted"}
