"""The stories of `protocol_review.bpmn` and `retention_review.bpmn`: what the calendar opens for the board and for those who govern records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, Self

from engine.model import SYSTEM, Actor, FactWrite, Found, Open
from tests.procedures.casework import Casework, story_of

SECRETARY, CHAIR, GOVERNS, OFFICER = (
    "board_secretary",
    "board_chair",
    "information_governance",
    "data_protection_officer",
)

PAGES: Mapping[str, Mapping[str, Any]] = {
    "review_protocol": {
        "reviewed_by": "A. Example, police; B. Example, county council",
        "agencies": ["police", "social_care", "young_people"],
        "changed": "yes",
        "what_changed": "Homes are told of the return by whoever meets the child.",
        "why_none": "Typed before the answer was changed to yes",
        "next_on": timedelta(days=330),
    },
    "agree_to_protocol": {"agreed": "yes", "why_not": "Typed before the answer was changed to yes"},
    "decide_what_is_kept": {"decided": "all", "why_left": "Typed before the answer was changed to all"},
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Opened(Casework):
    """One case that the calendar has opened; `counts` is how much is due for a review of what is kept, each time it is counted."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES
    counts: tuple[int, ...] = (3, 0)

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Count what the story says: first what is due, then what is left."""
        assert name == "count_retention"
        count = self.counts[1 if scope.get("retention_due") else 0]
        return {"count": count, "more": False, "oldest_on": date(2026, 2, 1) if count else None}

    def comes(self) -> Self:
        """The moment of the calendar has come."""
        start = self.release.start
        writes = tuple(FactWrite(start.record, "", name, value) for name, value in (("at", self.now), ("missed", 0)))
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        self.follow(start.id)
        return self

    def whom(self, deadline: str) -> list[tuple[str, str]]:
        """Give the steps of a deadline and whom each told."""
        return [(step, tell) for _at, step, tell in self.told(deadline)]


protocol, kept = story_of("protocol_review", Opened), story_of("retention_review", Opened)


@protocol
def the_protocol_is_looked_at_and_another_person_of_the_board_agrees(case: Opened) -> None:
    case.comes()
    assert case.last is not None
    assert case.last.title == "Review of the protocol 2026"
    assert case.task("review_protocol").node.role == SECRETARY
    assert set(case.refusals("review_protocol", next_on=timedelta(days=380))) == {"next_on"}
    case.fill("review_protocol")
    assert "why_none" not in case.facts["protocol_review"]["1"]
    case.fill("agree_to_protocol", agreed="no", why_not="The homes were not asked.")
    case.fill("review_protocol", changed="no", why_none="The homes agree with it as it stands.")
    case.fill("agree_to_protocol")
    assert case.closed
    assert case.words() == ["ProtocolReviewed"]


@protocol
def nobody_looks_at_the_protocol_and_the_chair_hears_of_it_every_week(case: Opened) -> None:
    case.comes().wait(days=53)
    both = f"{CHAIR} {SECRETARY}"
    assert case.whom("T-47") == [
        ("reminder", SECRETARY),
        ("due", SECRETARY),
        ("first escalation", both),
        ("first escalation", both),
        ("first escalation", both),
    ]
    case.fill("review_protocol").wait(days=26)
    assert case.whom("C-83") == [("due", CHAIR), ("second escalation", both)]


@kept
def what_is_due_is_decided_within_the_month(case: Opened) -> None:
    case.comes()
    assert case.task("decide_what_is_kept").node.role == GOVERNS
    case.wait(days=3).fill("decide_what_is_kept")
    assert case.facts["retention_review"][""] == {"decided": "all"}
    assert case.facts["retention_left"][""]["count"] == 0
    assert case.closed
    assert case.words() == ["RetentionDecided"]


@kept
def nobody_decides_and_the_data_protection_officer_hears_of_it(case: Opened) -> None:
    case.counts = (3, 2)
    case.comes().wait(days=37)
    both = f"{OFFICER} {GOVERNS}"
    assert case.whom("T-49") == [("reminder", GOVERNS), ("due", GOVERNS), ("first escalation", both)]
    assert set(case.refusals("decide_what_is_kept", decided="some", why_left=None)) == {"why_left"}
    case.fill("decide_what_is_kept", decided="some", why_left="CH-7K3QX9PW: the inquiry has asked for it.")
    assert case.facts["retention_left"][""]["count"] == 2


@kept
def in_a_month_without_anything_due_nobody_is_asked(case: Opened) -> None:
    case.counts = (0,)
    case.comes()
    assert case.closed
    assert case.words() == []
