"""The stories of `serious_event.bpmn`: which home it is, the notice to the inspectorate without delay, what the council does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self

from engine.model import SYSTEM, Actor, FactWrite, Found, Open
from tests.procedures.casework import Casework, story_of

NOW = timedelta(0)
CHILD, EPISODE = "CH-7K3QX9PW", "MC-1"
HOMES = [{"value": "elm_house", "label": "Elm House"}, {"value": "oak_house", "label": "Oak House"}]
MANAGER, INDIVIDUAL, CARE, SERVICE = (
    "placement_provider",
    "responsible_individual",
    "csc_team_manager",
    "csc_service_manager",
)

NOTICE: Mapping[str, Any] = {
    "event": "sexual_exploitation",
    "happened_at": NOW,
    "what": "The child came back with a new telephone from a man whom nobody knows.",
    "action": "A worker sleeps on the landing, and the child sees the nurse.",
    "told": ["placing_authority", "police"],
    "told_at": NOW,
    "reference": "N-7",
    "why_late": "The manager was away and nobody stood in.",
}

PAGES: Mapping[str, Mapping[str, Any]] = {
    "name_home": {
        "living": "here",
        "placement": "oak_house",
        "home_name": "Typed before the answer was changed to one that works here",
        "why_none": "Typed before the answer was changed to a home",
    },
    "notify_inspectorate": NOTICE,
    "see_to_notice": {**NOTICE, "reference": ""},
    "answer_notice": {"safe": "with_changes", "what": "The placement is looked at again this week."},
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class SeriousEvent(Casework):
    """One serious event; `history` holds the home that keeps the child's form."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer as the product does for a child whose form nobody keeps, or as the story tells it."""
        assert name == "find_home"
        assert scope["serious_event_suspected"]["child"] == CHILD
        return {"placement": None, "name": None, "offered": HOMES, **self.history}

    def suspected(self, **home: Any) -> Self:
        """An episode passes on that exploitation is suspected; the home that keeps the child's form is known, or not."""
        self.remember(**home)
        said = {
            "sender": EPISODE,
            "child": CHILD,
            "episode": EPISODE,
            "suspected_at": self.now,
            "child_name": "Kit Example",
        }
        writes = tuple(FactWrite("serious_event_suspected", "", name, value) for name, value in said.items())
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        self.follow("event_is_suspected")
        return self

    def whom(self, deadline: str) -> list[tuple[str, str]]:
        """Give the steps of a deadline and whom each told."""
        return [(step, tell) for _at, step, tell in self.told(deadline)]


story = story_of("serious_event", SeriousEvent)


@story
def the_home_tells_the_inspectorate_without_delay_and_the_council_answers(case: SeriousEvent) -> None:
    case.suspected(placement="elm_house", name="Elm House")
    assert case.task("notify_inspectorate").node.role == MANAGER
    assert case.due("notify_inspectorate") == case.began + timedelta(hours=24)
    case.wait(hours=3).fill("notify_inspectorate")
    assert "why_late" not in case.facts["inspectorate_notice"][""]
    assert case.last is not None
    assert case.last.title == "Serious event, notified"
    assert case.task("answer_notice").node.role == CARE
    case.fill("answer_notice")
    assert case.closed
    assert case.words() == ["OfstedNotified", "SeriousEventAnswered"]


@story
def nobody_in_the_home_tells_the_inspectorate_and_it_goes_up_to_the_council(case: SeriousEvent) -> None:
    case.suspected(placement="elm_house", name="Elm House").wait(hours=49)
    everybody = f"{SERVICE} {MANAGER} {INDIVIDUAL}"
    assert case.whom("T-41") == [
        ("reminder", MANAGER),
        ("first escalation", f"{MANAGER} {INDIVIDUAL}"),
        ("second escalation", everybody),
    ]
    case.wait(hours=24)
    assert case.whom("T-41")[-1] == ("second escalation", everybody)
    assert set(case.refusals("notify_inspectorate", why_late=None)) == {"why_late"}
    case.fill("notify_inspectorate").wait(days=6)
    assert case.whom("C-82") == [("due", CARE), ("second escalation", f"{SERVICE} {CARE}")]
    assert case.open_elements() == ["answer_notice"]


@story
def social_care_names_the_home_where_nobody_keeps_a_form(case: SeriousEvent) -> None:
    case.suspected()
    assert case.task("name_home").node.role == CARE
    case.wait(hours=7)
    assert case.whom("C-81") == [("due", CARE), ("second escalation", f"{SERVICE} {CARE}")]
    assert set(case.refusals("name_home", placement="nobody_here")) == {"placement"}
    case.fill("name_home")
    assert case.facts["home_named"][""] == {"living": "here", "placement": "oak_house"}
    assert case.open_elements() == ["notify_inspectorate"]
    assert case.due("notify_inspectorate") == case.began + timedelta(hours=24)


@story
def a_home_that_does_not_work_here_is_seen_to_by_social_care(case: SeriousEvent) -> None:
    case.suspected().fill("name_home", living="elsewhere", home_name="Ash House, 01632 960001")
    case.wait(hours=49)
    assert case.whom("T-41") == [
        ("reminder", CARE),
        ("first escalation", f"{SERVICE} {CARE}"),
        ("second escalation", f"{SERVICE} {CARE}"),
    ]
    case.fill("see_to_notice").fill("answer_notice", safe="no", what="The child moves to a foster carer.")
    assert case.words() == ["OfstedNotified", "SeriousEventAnswered"]


@story
def without_a_home_there_is_nothing_to_notify(case: SeriousEvent) -> None:
    case.suspected().fill("name_home", living="none", why_none="The child lives with a foster carer.")
    assert case.closed
    assert case.words() == ["NoHomeConcerned"]
