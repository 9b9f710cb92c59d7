"""The stories of `reopening.bpmn`: a closed case is opened again, done once more what is wanted, and closed again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from engine.model import Found
from tests.procedures.casework import Casework, story_of

EPISODE, CHILD = "MC-7K3QX9PW", "CH-7K3QX9PW"
EVERYTHING = ["police_enquiry", "return_interview", "meeting"]

PAGES: Mapping[str, Mapping[str, Any]] = {
    "case_to_be_opened_again": {
        "episode": EPISODE,
        "reason": "new_information",
        "what_is_new": "A neighbour saw the child with an older man on both nights.",
        "wanted": EVERYTHING,
    },
    "answer_reference": {"what": "The case is open still: it goes on there."},
    "put_record_right": {"outcome": "done", "what": "The place of the find was put right."},
    "settle_what_is_left": {"outcome": "done", "what": "The school was told."},
    "enquire_again": {
        "safe": "yes",
        "what": "The man was spoken to and warned.",
        "crime": "yes",
        "crime_reference": "CR-1",
    },
    "interview_again": {
        "outcome": "held",
        "held_at": timedelta(0),
        "story": "He drives them to the lake.",
        "disclosure": "yes",
        "passed_to": "The duty team and the unit, at once.",
        "why_not": "Typed before the answer was changed",
    },
    "confer_again": {
        "outcome": "held",
        "attended": ["police", "social_care", "health"],
        "decided": "A warning notice is proposed.",
        "why_not": "Typed before the answer was changed",
    },
    "close_again": {
        "outcome": "settled",
        "left": "Typed before the answer was changed",
        "what_changed": "She is met after school.",
    },
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Reopening(Casework):
    """A closed case that is opened again; `history` holds what is found under its reference."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer as the product does for a case that was closed, or as the story tells it."""
        assert name == "recall_episode"
        assert scope["reopening"]["episode"] == EPISODE
        found = {"closed": True, "episode": EPISODE, "closed_at": self.began, "child_id": CHILD}
        return {**found, "child": "Robin Example", "born_on": None, **self.history}

    def again(self, *wanted: str) -> Reopening:
        """The co-ordinator opens the case again and wants this done."""
        self.report(wanted=list(wanted))
        self.follow("case_to_be_opened_again")
        return self


story = story_of("reopening", Reopening)


def told_of(case: Casework, deadline: str) -> list[tuple[str, str]]:
    """Give the steps of a deadline and whom each told."""
    return [(step, tell) for _at, step, tell in case.told(deadline)]


@story
def all_that_is_wanted_is_done_side_by_side_and_an_inspector_closes_the_case_again(case: Reopening) -> None:
    case.again(*EVERYTHING)
    assert sorted(case.open_elements()) == ["confer_again", "enquire_again", "interview_again"]
    assert case.last is not None
    assert case.last.title == f"Opened again, {EPISODE}"
    roles = {each: case.task(each).node.role for each in case.open_elements()}
    assert roles == {
        "confer_again": "csc_team_manager",
        "enquire_again": "locate_sergeant",
        "interview_again": "rhi_manager",
    }
    case.fill("enquire_again").fill("confer_again")
    assert case.open_elements() == ["interview_again"]
    assert set(case.refusals("interview_again", passed_to=None)) == {"passed_to"}
    case.fill("interview_again")
    assert "why_not" not in case.facts["interview_again"][""]
    case.fill("close_again")
    assert case.closed
    assert case.words() == ["Reopened", "EpisodeClosed"]


@story
def where_nothing_else_is_wanted_the_record_alone_is_put_right(case: Reopening) -> None:
    case.again()
    assert case.open_elements() == ["put_record_right"]
    case.wait(days=9)
    both = "chief_inspector_missing mfh_coordinator"
    assert told_of(case, "C-94") == [("due", "mfh_coordinator"), ("first escalation", both)]
    case.fill("put_record_right").fill("close_again")
    assert case.closed


@story
def what_the_inspector_sees_is_left_is_settled_before_the_case_is_closed_again(case: Reopening) -> None:
    case.again("police_enquiry").fill("enquire_again", crime="no")
    case.fill("close_again", outcome="left", left="The school does not know.")
    assert case.open_elements() == ["settle_what_is_left"]
    case.wait(days=15)
    assert told_of(case, "C-97")[-1] == ("first escalation", "chief_inspector_missing mfh_coordinator")
    case.fill("settle_what_is_left").wait(days=8)
    assert told_of(case, "C-95")[-1] == ("first escalation", "chief_inspector_missing duty_inspector")
    case.fill("close_again")
    assert case.closed
    assert [each["outcome"] for each in case.facts["second_close"].values()] == ["left", "settled"]


@story
def nobody_does_what_is_wanted_and_each_hears_of_it(case: Reopening) -> None:
    case.again(*EVERYTHING).wait(days=12)
    assert told_of(case, "C-91")[:2] == [
        ("due", "locate_sergeant"),
        ("first escalation", "duty_inspector locate_sergeant"),
    ]
    assert told_of(case, "C-92")[:2] == [("due", "rhi_manager"), ("first escalation", "cmo rhi_manager")]
    both = "csc_service_manager csc_team_manager"
    assert told_of(case, "C-93")[:2] == [("due", "csc_team_manager"), ("first escalation", both)]
    case.fill("enquire_again", safe="no").fill("interview_again", outcome="declined", why_not="She does not want to.")
    case.fill("confer_again", outcome="not_held", why_not="Social care sees no need.")
    assert set(case.facts["interview_again"][""]) == {"outcome", "why_not"}
    case.fill("close_again")
    assert case.closed


@story
def a_reference_of_no_closed_case_is_answered_and_nothing_is_opened(case: Reopening) -> None:
    case.remember(closed=False, **dict.fromkeys(("episode", "closed_at", "child_id", "child"))).again("police_enquiry")
    assert case.open_elements() == ["answer_reference"]
    case.wait(days=9)
    assert told_of(case, "C-96")[-1] == ("first escalation", "chief_inspector_missing mfh_coordinator")
    case.fill("answer_reference")
    assert case.closed
    assert "Reopened" not in case.words()
