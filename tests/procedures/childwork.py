"""Plays the cases of a child: opened and joined by messages, worked on by the missing from home co-ordinator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self

from engine.model import SYSTEM, Actor, FactWrite, Open
from engine.scope import Scope
from tests.procedures.casework import Casework, Play, story_of

CHILD = "CH-7K3QX9PW"
NOW = timedelta(0)

PLAN = {
    "summary": "Goes to her brother at the river. Do not ring the mother.",
    "immediate_tasks": "Look at the boat house\nRing the brother",
    "contact_rules": "Do not ring the mother.",
    "known_places": "The boat house",
    "known_people": "Her brother, no danger",
    "default_risk": "high",
    "default_risk_rationale": "Was hurt there before.",
    "legal_detail": "Typed before the powers were taken away",
    "sensitivity": "usual",
    "distribution": ["nobody"],
    "built_from": "MC-3",
    "state": "in_force",
}

PAGES: Mapping[str, Mapping[str, Any]] = {
    "review_flag": {"confirmed": "yes", "reason": "The man was seen at the station again."},
    "discuss_support": {
        "with_whom": ["child", "social_worker"],
        "discussed_at": NOW,
        "behind_it": "It is loud where the child lives.",
        "outcome": "new_support",
        "agreed": "A youth worker from Monday",
        "why_nothing": "Typed before the answer was changed to new support",
        "plans_wanted": "no",
    },
    "write_trigger_plan": PLAN,
    "update_trigger_plan": {**PLAN, "taken_in": "changed", "known_places": "The boat house\nThe skate park"},
    "review_trigger_plan": {
        "outcome": "keep",
        "used": "not_missing",
        "reason": "Every line was checked with the placement and is right.",
        "risk_gone": "yes",
    },
    "name_prevention_owner": {
        "owner": "A. Example, social worker",
        "owner_agency": "social_care",
        "concern": "It is loud where the child lives, and an older man waits at the river.",
        "aim": "The child sleeps at home every night.",
        "child_asked": "yes",
        "child_wants": "A room of her own",
    },
    "add_prevention_action": {
        "what": "Find a quieter room",
        "kind": "placement",
        "agency": "placement",
        "who": "B. Example, key worker",
        "due_on": timedelta(days=11),
        "another": "no",
    },
    "record_action_outcome": {
        "outcome": "done",
        "done_at": NOW,
        "came_of_it": "She has a room on the quiet side.",
        "why_not": "Typed before the answer was changed to done",
    },
    "review_prevention_plan": {
        "better": "better",
        "seen": "No report for three weeks",
        "outcome": "go_on",
        "why_end": "Typed before the answer was changed to go on",
    },
    "record_prevention_result": {
        "changed": ["placement", "support"],
        "how": "She sleeps at home and goes to school.",
        "child_says": "better",
        "why_not_asked": "Typed before the answer was changed to better",
        "goes_on": "None",
    },
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Childwork(Casework):
    """One case of a child-level procedure."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES
    about = ""

    def hear(self, message: str, sender: str = "MC-1", /, **payload: Any) -> Self:
        """Take a message about the child from another case; the first one opens this one."""
        fields = {"sender": sender, **payload}
        if self.position is not None:
            return self.tell(message, CHILD, **fields)
        assert self.release.start.message == message
        writes = tuple(FactWrite(message, "1", name, value) for name, value in fields.items())
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        return self

    def fill(self, element: str, by: str = "", *, key: str | None = None, **changes: Any) -> Self:
        """Do an open task; conditions behind it see the report that it is about, as they do in the multi-instance."""
        self.about = self.task(element, key).key
        return super().fill(element, by, key=key, **changes)

    def scope(self) -> Scope:
        """Give what conditions and tables see now."""
        scope = super().scope()
        report = self.facts.get("child_reported", {}).get(self.about)
        if report is not None:
            scope.values["report"] = {**report, "key": self.about}
        return scope

    def messages(self) -> list[tuple[str, str]]:
        """Give what the case has sent, in order: ``[("plan_wanted", "CH-7K3QX9PW")]``."""
        return [(each.name, each.correlation) for each in self.sent]

    def keys_of(self, element: str) -> list[str]:
        """Give the record keys of the open tasks of an element, in the order in which they were opened."""
        return [task.key for _number, task in sorted(self.tasks.items()) if task.node.id == element]

    def page(self, element: str) -> dict[str, Any]:
        """Give what the page of an open task shows before anybody has typed."""
        form = self.release.forms[self.task(element).node.form]
        return dict(form.prefilled({}, scope=self.scope().values, now=self.now))


def story_for(procedure: str) -> Callable[[Play], Play]:
    """Keep a story of a child-level procedure."""
    return story_of(procedure, Childwork)
