"""Plays the cases of the oversight: opened by the calendar or by the inspection co-ordinator, one item beside the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
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
    "audit_case_again": {
        "immediate_risk_found": "no",
        "risk_now": "Typed before the answer was changed to no",
        **dict.fromkeys(STANDARDS, "2"),
        "overall": "2",
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


RECOMMENDATION_PAGES: Mapping[str, Mapping[str, Any]] = {
    "recommendation_received": {
        "source_body": "hmic",
        "ref_no": "HMIC-2016-1",
        "report_title": "Missing children: who cares?",
        "published_on": date(2016, 3, 23),
        "kind": "recommendation",
        "text": "Manage information so that it shows what became of the children.",
        "text_status": "paraphrase",
        "addressee": "Chief constables",
        "deadline": timedelta(days=200),
        "owner": "chief_inspector_missing",
        "owner_name": "Hamza Example, chief inspector",
    },
    **{
        f"assess_as_{who}": {
            "position": "accept",
            "reason": "It is right.",
            "aim": "Each child's outcome is known and compared.",
        }
        for who in ("chief_inspector", "superintendent")
    },
    "plan_milestone": {
        "what": "Record the ethnicity of every child.",
        "due_on": timedelta(days=60),
        "role": "mfh_coordinator",
        "evidence_wanted": "The figure on the dashboard",
        "another": "no",
    },
    **{
        f"carry_out_as_{who}": {
            "done_on": timedelta(0),
            "what_was_done": "The form asks for it.",
            "evidence_kind": "metric",
            "evidence_ref": "Dashboard, May",
        }
        for who in ("coordinator", "chief_inspector", "mfh", "locate", "audit")
    },
    "decide_on_overdue_milestone": {
        "why_late": "The form had to be agreed with both councils.",
        "decision": "new_date",
        "new_due_on": timedelta(days=30),
    },
    "update_status": {
        "as_of": timedelta(0),
        "progress": "The form has changed.",
        "standing": "On course.",
        "next": "go_on",
    },
    "submit_evidence": {"summary": "It is recorded.", "refs": "Dashboard, May", "sent_to": "The liaison officer"},
    "record_review": {"outcome": "closed", "said": "Letter of 1 May", "said_on": timedelta(0)},
    "close_recommendation": {
        "how": "closed_locally",
        "superseded_by": "Typed before the answer was changed",
        "reason": "All is done.",
        "open_milestones": "None",
    },
}

CALLS: Mapping[str, str] = {
    "record_finding": "finding_was_raised",
    "plan_milestone": "milestone_was_handed_over",
}
"""What begins in a called diagram when a task has been done."""


class Oversight(Casework):
    """One case of an oversight procedure; `about` is the record key of the task that was done last."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = {**AUDIT_PAGES, **RECOMMENDATION_PAGES}
    sample: tuple[Mapping[str, Any], ...] = SAMPLE
    about = ""

    def begin_month(self, *sample: Mapping[str, Any]) -> Self:
        """Let the calendar open the case, with this sample or the usual one."""
        self.sample = sample or self.sample
        writes = (FactWrite("month", "", "at", self.now), FactWrite("month", "", "missed", 0))
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        return self

    def takes(self, position: str = "accept", owner: str = "chief_inspector") -> Self:
        """Let the inspection co-ordinator take a recommendation in, and its owner take a position."""
        owners = {"chief_inspector": "chief_inspector_missing", "superintendent": "superintendent"}
        self.report(owner=owners[owner])
        return self.fill(f"assess_as_{owner}", position=position)

    def panel(self) -> Self:
        """Let the scrutiny panel have a report with it."""
        self.tell("panel_reported", "T-1", sender="iona", reported_on=self.now.date())
        self.follow("panel_was_told")
        return self

    def report(self, **changes: Any) -> Self:
        """Let the inspection co-ordinator take a recommendation in."""
        super().report(**changes)
        self.follow("who_owns_it")
        return self

    def stands(self) -> str:
        """Give how it stands now, by the table."""
        result = self.release.decisions["rag"].decide(self.scope().values, now=self.now).result
        return f"{result['rag']}: {result['why']}"

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
