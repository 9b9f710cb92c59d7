"""Plays the cases of the oversight: opened by the calendar or by the inspection co-ordinator, one item beside the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from engine.model import SYSTEM, Actor, FactWrite, Found, Open
from engine.scope import Scope
from tests.procedures.casework import Casework, Play, story_of
from workflows.audits import STANDARDS

MONTH_BEGINS = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""The first working day of March 2026, at six in the morning in London."""

SAMPLE = (
    {
        "case_id": "MC-2222BBBB",
        "sampled_by": "high_risk",
        "level": "high",
        "ended_at": MONTH_BEGINS - timedelta(days=9),
    },
    {"case_id": "MC-3333CCCC", "sampled_by": "random", "level": "medium", "ended_at": MONTH_BEGINS - timedelta(days=5)},
)

AUDIT_PAGES: Mapping[str, Mapping[str, Any]] = {
    "audit_case": {
        "immediate_risk_found": "no",
        "risk_now": "Typed before the answer was changed to no",
        **dict.fromkeys(STANDARDS, "3"),
        "closure_comment": "What was left was handed on by name.",
        "overall": "3",
        "victim_blaming_language": "no",
        "blaming_words": "Typed before the answer was changed to no",
        "themes": ["good_practice"],
        "feedback_to": "The sergeant of the locate team",
        "action_needed": "no",
    },
    "record_finding": {
        "standard": "supervision",
        "found": "The second review came nine hours late.",
        "role": "locate_sergeant",
        "to_do": "Agree with the shift who reviews at night.",
        "another": "no",
    },
    "act_on_immediate_risk": {"child_safe": "yes", "what_was_done": "Spoke to the carer, the child is at home."},
    "summarise_month": {
        "good": "Every child was seen after the return.",
        "not_good": "Reviews at night come late.",
        "to_change": "One inspector answers for the night.",
        "compared": "better",
    },
    "read_summary": {
        "decision": "changes",
        "what_changes": "The rota names who reviews at night, from 1 April.",
        "why_not": "Typed before the answer was changed to changes",
    },
    "check_finding": {"settled": "yes", "why_settled": "The rota of April.", "what_remains": "Typed before"},
    "decide_on_finding": {"decision": "ordered", "reason": "The inspector sees to it by 1 May."},
    **{
        f"act_on_finding_{who}": {
            "outcome": "done",
            "what_was_done": "The rota says who reviews at night.",
            "why_not": "Typed before the answer was changed to done",
        }
        for who in ("control_room", "inspector", "locate", "coordinator", "provider")
    },
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


CALLS: Mapping[str, str] = {"record_finding": "finding_was_raised"}
"""What begins in a called diagram when a task has been done."""


class Oversight(Casework):
    """One case of an oversight procedure; `about` is the record key of the task that was done last."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = AUDIT_PAGES
    sample: tuple[Mapping[str, Any], ...] = SAMPLE
    about = ""

    def begin_month(self, *sample: Mapping[str, Any]) -> Self:
        """Let the calendar open the case, with this sample or the usual one."""
        self.sample = sample or self.sample
        writes = (FactWrite("month", "", "at", self.now), FactWrite("month", "", "missed", 0))
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        return self

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Draw the sample that the story tells."""
        assert name == "draw_audit_sample"
        assert scope["quota"]["random"] == 4
        return list(self.sample)

    def fill(self, element: str, by: str = "", *, key: str | None = None, **changes: Any) -> Self:
        """Do an open task; conditions behind it see the items around it, as they do in the multi-instance."""
        self.about = self.task(element, key).key
        super().fill(element, by, key=key, **changes)
        if element in CALLS:
            self.follow(CALLS[element])
        return self

    def scope(self) -> Scope:
        """Give what conditions and tables see now."""
        scope = super().scope()
        for record, name, depth in (("sample", "sampled", 1), ("finding", "raised", 2), ("milestone", "planned", 1)):
            own = ".".join(self.about.split(".")[:depth])
            fields = self.facts.get(record, {}).get(own)
            if fields is not None:
                scope.values[name] = {**fields, "key": own}
        return scope

    def keys_of(self, element: str) -> list[str]:
        """Give the record keys of the open tasks of an element, in the order in which they were opened."""
        return [task.key for _number, task in sorted(self.tasks.items()) if task.node.id == element]

    def told_of(self, deadline: str) -> list[tuple[str, str]]:
        """Give the steps of a deadline and whom each told."""
        return [(step, tell) for _at, step, tell in self.told(deadline)]


def story_in(procedure: str, now: datetime = MONTH_BEGINS) -> Callable[[Play], Play]:
    """Keep a story of a procedure of the oversight."""
    return story_of(procedure, Oversight, now)
