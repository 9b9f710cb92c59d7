"""The stories of `cancellation.bpmn`: a report that was made in error is cancelled by two people, or stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from engine.errors import SamePersonTwice
from engine.model import Found
from tests.procedures.casework import Casework, story_of

EPISODE, CHILD = "MC-7K3QX9PW", "CH-7K3QX9PW"

PAGES: Mapping[str, Mapping[str, Any]] = {
    "report_seems_wrong": {"episode": EPISODE},
    "say_why_wrong": {
        "certain": "yes",
        "reason": "reported_in_error",
        "other_case": "Typed before the answer was changed",
        "checked": "I spoke with Robin and with the aunt at her door. Robin was there all evening.",
    },
    "decide_cancellation": {"agreed": "yes", "why": "The officer saw Robin."},
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Cancellation(Casework):
    """A report that seems wrong; `history` holds what is found under its reference."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer as the product does for an open case, or as the story tells it."""
        assert name == "recall_open_episode"
        assert scope["cancellation"]["episode"] == EPISODE
        found = {"open": True, "episode": EPISODE, "opened_at": self.began, "child_id": CHILD}
        return {**found, "child": "Robin Example", **self.history}

    def wrong(self) -> Cancellation:
        """A sergeant thinks that the report is wrong."""
        self.report()
        self.follow("report_seems_wrong")
        return self


story = story_of("cancellation", Cancellation)


def told_of(case: Casework, deadline: str) -> list[tuple[str, str]]:
    """Give the steps of a deadline and whom each told."""
    return [(step, tell) for _at, step, tell in case.told(deadline)]


@story
def a_report_in_error_is_cancelled_by_two_people(case: Cancellation) -> None:
    case.wrong().fill("say_why_wrong", by="sid")
    assert case.task("decide_cancellation").node.role == "duty_inspector"
    assert "other_case" not in case.facts["cancellation_reason"][""]
    with pytest.raises(SamePersonTwice):
        case.fill("decide_cancellation", by="sid")
    case.fill("decide_cancellation", by="ina")
    assert case.closed
    assert case.last is not None
    assert [(sent.name, sent.correlation) for sent in case.last.sent] == [("report_cancelled", EPISODE)]


@story
def what_is_not_certain_is_not_cancelled(case: Cancellation) -> None:
    case.wrong()
    assert set(case.refusals("say_why_wrong", certain="no")) == {"certain"}
    assert set(case.refusals("say_why_wrong", reason="duplicate", other_case=None)) == {"other_case"}
    assert set(case.refusals("say_why_wrong", reason="duplicate", other_case=EPISODE.lower())) == {"other_case"}
    case.wait(hours=5)
    both = "duty_inspector locate_sergeant"
    assert told_of(case, "C-100") == [("due", "locate_sergeant"), ("first escalation", both)]


@story
def the_inspector_lets_the_report_stand(case: Cancellation) -> None:
    case.wrong().fill("say_why_wrong").wait(hours=4)
    both = "chief_inspector_missing duty_inspector"
    assert told_of(case, "C-101") == [("due", "duty_inspector"), ("first escalation", both)]
    case.fill("decide_cancellation", agreed="no")
    assert case.closed
    assert case.last is not None
    assert case.last.sent == []


@story
def a_reference_of_no_open_case_cancels_nothing(case: Cancellation) -> None:
    case.remember(open=False, episode=None, child_id=None, child=None, opened_at=None).wrong()
    assert case.closed
    assert case.open_elements() == []
