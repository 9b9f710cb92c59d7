"""The stories of `disruption.bpmn`: proposed, held against the law, issued with its dates, reviewed, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from engine.model import Found
from tests.procedures.casework import Casework, story_of

NOW = timedelta(0)
CHILD = "CH-7K3QX9PW"
REASON = "An older man waits for the child at the station every Friday."
UNIT, MANAGER, INSPECTOR = "ppu_cse_unit", "csc_team_manager", "duty_inspector"

ORDER: Mapping[str, Any] = {
    "issued": "yes",
    "why_not": "Typed before the answer was changed to yes",
    "issued_at": NOW,
    "issued_by": "Inspector Example",
    "ends_at": timedelta(days=90),
    "reference": "N-1",
}

PAGES: Mapping[str, Mapping[str, Any]] = {
    "disruption_proposed": {"child": CHILD, "kind": "cawn", "person": "The man of the station", "reason": REASON},
    "answer_closed_gate": {"outcome": "other_way", "what": "The neighbourhood team speaks with the man."},
    "issue_warning_notice": ORDER,
    "apply_for_recovery_order": {**ORDER, "issued_by": "The family court"},
    "take_into_police_protection": {**ORDER, "ends_at": timedelta(hours=72)},
    "review_disruption": {
        "outcome": "go_on",
        "ends_at": timedelta(days=60),
        "ended_how": "emergency_order",
        "ended_at": NOW,
        "why": "He was seen there again.",
    },
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Disruption(Casework):
    """One disruption action; `history` holds how the child stands before the law."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer as the product does for a child of 14 who is not looked after, or as the story tells it."""
        assert name == "recall_standing"
        assert scope["disruption_proposal"]["child"] == CHILD
        return {"known": True, "child_id": CHILD, "age": 14, "legal_status": "none", **self.history}

    def proposed(self, kind: str, **standing: Any) -> Disruption:
        """Somebody proposes an action for a child who stands so."""
        self.remember(**standing).report(kind=kind)
        self.follow("disruption_proposed")
        return self


story = story_of("disruption", Disruption)


def told_of(case: Casework, deadline: str) -> list[tuple[str, str]]:
    """Give the steps of a deadline and whom each told."""
    return [(step, tell) for _at, step, tell in case.told(deadline)]


def closed_because(case: Disruption) -> str:
    """Give why the law does not open the action; it waits for an answer and nobody can issue it."""
    assert case.open_elements() == ["answer_closed_gate"]
    why: str = case.facts["gate"][""]["why"]
    return why


@story
def a_notice_is_served_reviewed_and_ended(case: Disruption) -> None:
    case.proposed("cawn")
    assert case.facts["gate"][""]["why"] == "Open: the child is under 16."
    assert case.open_elements() == ["issue_warning_notice"]
    assert set(case.refusals("issue_warning_notice", ends_at=-timedelta(days=1))) == {"ends_at"}
    case.fill("issue_warning_notice")
    ends: datetime = case.facts["disruption_order"][""]["ends_at"]
    assert case.last is not None
    assert case.last.title == "Disruption action, in force"
    assert case.due("review_disruption") == ends - timedelta(days=14)
    assert "why_not" not in case.facts["disruption_order"][""]
    case.wait(days=80).fill("review_disruption")
    assert case.due("review_disruption") == case.now + timedelta(days=46)
    case.wait(days=50).fill("review_disruption", outcome="ended")
    assert case.closed
    assert case.words() == [
        "DisruptionProposed",
        "DisruptionIssued",
        "CAWNReviewed",
        "CAWNReviewed",
        "DisruptionEnded",
    ]
    assert "ended_at" not in case.facts["disruption_review"]["2"]


@story
def a_notice_that_runs_long_is_looked_at_every_six_months(case: Disruption) -> None:
    case.proposed("cawn").fill("issue_warning_notice", ends_at=timedelta(days=720))
    served: datetime = case.facts["disruption_order"][""]["issued_at"]
    half_year = served.replace(month=served.month + 6)
    assert abs((case.due("review_disruption") or served) - half_year) <= timedelta(hours=1)
    case.wait(days=200)
    both = "chief_inspector_missing ppu_cse_unit"
    assert told_of(case, "T-43") == [("due", UNIT), ("second escalation", both)]
    case.fill("review_disruption", ends_at=timedelta(days=500))
    again = case.now
    case.wait(days=180)
    assert told_of(case, "T-43")[2:] == []
    case.wait(days=6)
    assert told_of(case, "T-43")[2:] == [("due", UNIT)]
    assert case.now - again <= timedelta(days=187)


@story
def at_sixteen_a_notice_needs_a_care_order(case: Disruption) -> None:
    case.proposed("cawn", age=16, legal_status="s20")
    assert "only for a child under a care order" in closed_because(case)
    assert set(case.refusals("answer_closed_gate", what=None)) == {"what"}
    case.fill("answer_closed_gate")
    assert case.closed
    assert case.words()[-1] == "DisruptionNotOpen"


@story
def at_sixteen_under_a_care_order_a_notice_is_open_and_the_unit_is_reminded(case: Disruption) -> None:
    case.proposed("cawn", age=17, legal_status="fco").wait(days=16)
    both = "chief_inspector_missing ppu_cse_unit"
    assert told_of(case, "C-62") == [("due", UNIT), ("second escalation", both)]
    case.fill("issue_warning_notice", issued="no", why_not="The man has moved abroad.")
    assert case.closed
    assert case.words()[-1] == "DisruptionNotIssued"
    assert set(case.facts["disruption_order"][""]) == {"issued", "why_not"}


@story
def without_a_date_of_birth_no_notice_is_served(case: Disruption) -> None:
    case.proposed("cawn", age=None)
    assert closed_because(case).startswith("The date of birth is not known")
    case.wait(days=9)
    both = "chief_inspector_missing ppu_cse_unit"
    assert told_of(case, "C-61") == [("due", UNIT), ("second escalation", both)]


@story
def nothing_is_open_for_an_adult(case: Disruption) -> None:
    case.proposed("police_protection", age=18)
    assert closed_because(case).startswith("The person is 18 or over")


@story
def a_child_whom_nobody_knows_has_no_action(case: Disruption) -> None:
    case.proposed("recovery_order", known=False, child_id=None, age=None, legal_status=None)
    assert closed_because(case) == "There is no child with this reference."


@story
def a_child_accommodated_by_agreement_has_no_recovery_order(case: Disruption) -> None:
    case.proposed("recovery_order", legal_status="s20")
    assert "section 20" in closed_because(case)


@story
def social_care_applies_for_a_recovery_order_late(case: Disruption) -> None:
    case.proposed("recovery_order", legal_status="ico")
    assert case.task("apply_for_recovery_order").node.role == MANAGER
    assert "person" not in case.facts["disruption_proposal"][""]
    case.wait(days=3)
    assert told_of(case, "C-63")[:2] == [
        ("due", MANAGER),
        ("second escalation", "csc_service_manager csc_team_manager"),
    ]
    case.fill("apply_for_recovery_order")
    assert case.open_elements() == ["review_disruption"]


@story
def police_protection_ends_after_72_hours(case: Disruption) -> None:
    case.proposed("police_protection", age=None, legal_status=None)
    assert case.task("take_into_police_protection").node.role == INSPECTOR
    case.wait(hours=2)
    assert told_of(case, "C-64") == [("due", INSPECTOR), ("second escalation", "duty_inspector superintendent")]
    assert set(case.refusals("take_into_police_protection", ends_at=timedelta(hours=73))) == {"ends_at"}
    case.fill("take_into_police_protection")
    begun = case.now
    assert case.due("review_disruption") == begun + timedelta(hours=60)
    case.wait(hours=50)
    assert set(case.refusals("review_disruption", ends_at=timedelta(hours=23))) == {"ends_at"}
    case.wait(hours=23)
    everybody = "csc_team_manager duty_inspector ppu_cse_unit"
    assert told_of(case, "C-65") == [("due", "csc_team_manager ppu_cse_unit"), ("it has run out", everybody)]
    assert told_of(case, "T-42")[:4] == [
        ("reminder", "duty_inspector ppu_cse_unit"),
        ("first escalation", "csc_team_manager duty_inspector"),
        ("second escalation", "duty_inspector superintendent"),
        ("72 hours", "csc_team_manager duty_inspector superintendent"),
    ]
    assert told_of(case, "T-43") == [], "only a notice has that clock"
    assert set(case.refusals("review_disruption", outcome="ended", ended_at=timedelta(hours=1))) == {"ended_at"}
    case.fill("review_disruption", outcome="ended")
    assert case.facts["disruption_review"]["1"]["ended_how"] == "emergency_order"
    assert case.closed
    assert case.words()[1:] == ["PoliceProtectionTaken", "DisruptionIssued", "PPEnded", "DisruptionEnded"]
