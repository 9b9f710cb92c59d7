"""Cases in which every free text is a canary that names its own data class and whose it is, worked on as far as people can bring them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from engine import timers
from engine.errors import Refusal
from engine.forms import Field
from engine.forms.fields import Kind
from engine.model import Actor
from engine.store import TaskTable, reading
from tests.procedures import (
    childwork,
    daywork,
    oversight,
    pages,
    stories_of_a_disruption,
    stories_of_a_referral,
    stories_of_a_reopening,
    stories_of_a_serious_event,
)
from tests.procedures.casework import items_saying, posted
from web.services import Services
from workflows import children
from workflows.agencies import ROLES

EVERYBODY = frozenset(ROLES)
CANARY = re.compile(r"Canary(D\d+|[a-z]+)([SF]?)of([A-Z]\w*?)z")
TYPED = {
    **pages.PAGES,
    **childwork.PAGES,
    **daywork.PAGES,
    **oversight.AUDIT_PAGES,
    **oversight.RECOMMENDATION_PAGES,
    **stories_of_a_disruption.PAGES,
    **stories_of_a_referral.PAGES,
    **stories_of_a_reopening.PAGES,
    **stories_of_a_serious_event.PAGES,
}
"""What people usually type, task by task."""
LAST = ("record_return", "close_police_enquiry", "close_case")
"""What ends something is done last: the search, the police's part, and the case."""
TURNS_AT_MOST = 2
CHANGES: dict[str, dict[str, Any]] = {
    "assess_risk": {"ra_exploitation": "yes", "ra_exploitation_detail": "x"},
    "decide_risk_grade": {"level": "high", "cra_considered": "yes"},
    "acknowledge_trigger_plan": {"tasks": ["plan_1"], "carry": ["carry_1"]},
}
NAMES_A_RECORD = frozenset({"missing_with", "child", "episode", "ref_no", "nhs_number"})
"""Questions whose answer is a reference or a number and no text; that of a recommendation is published, and stands in its case's title."""


def text_of(kind: str, owner: str) -> str:
    """Give a text whose kind and owner can be told wherever it stands."""
    return f"Canary{kind}of{owner}z flew over the boat house by the river"


def found_in(text: str) -> set[tuple[str, str, str]]:
    """Give kind, extent and owner of each canary in a text."""
    return set(CANARY.findall(text))


def is_free(asked: Field) -> bool:
    """Tell whether people may type whatever they like there."""
    return asked.kind in {Kind.TEXT, Kind.TEXTAREA} and not asked.limits.shape


@dataclass
class Planted:
    """Plants canaries by doing whatever task is open; `names` holds whose the texts of a case are, by its reference.

    `left` names by the case the tasks that nobody does, `seen` the data classes of what was typed, `refused` what no page took.
    """

    services: Services
    now: datetime
    names: dict[str, str] = field(default_factory=dict)
    left: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    turns: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def answers(self, form: Any, element: str, owner: str) -> dict[str, Any]:
        """Fill a page in as people do, with a canary in each free text."""
        free = {each.key: each for each in form.fields if is_free(each) and each.key not in NAMES_A_RECORD}
        self.seen |= {each.data_class for each in free.values()}

        def say(each: Field) -> str:
            return text_of(each.summary_class or each.data_class, owner)[: each.limits.longest or 200]

        texts: dict[str, Any] = {key: say(each) for key, each in free.items()}
        texts |= {each.key: items_saying(each, say) for each in form.fields if each.items is not None}
        return {**TYPED.get(element, {}), **CHANGES.get(element, {}), **texts}

    def open(self, procedure: str, owner: str, role: str, **said: Any) -> str:
        """Open a case by hand, whose texts are of an owner; give its reference."""
        view = self.services.cases.opening(procedure)
        element = self.services.cases.library.newest(procedure)[1].start.id
        typed = {**self.answers(view.form, element, owner), **said}
        answers = view.form.load(posted(view.form, typed, self.now), scope={}, now=self.now)
        by = Actor(role, EVERYBODY, "example_police")
        case_id = self.services.cases.open(procedure, answers, by=by, now=self.now, key=str(uuid4())).case_id
        self.names[case_id] = owner
        return case_id

    def leave(self, case_id: str, until: tuple[str, ...]) -> None:
        """Leave these tasks of a case to nobody, from now on."""
        self.left[case_id] = until

    def work(self, **changes: Mapping[str, Any]) -> None:
        """Do what is open, each task twice at most, but for those that are `left`; what is refused is left open.

        `changes` holds by its element what is typed on a page beside the usual.
        """
        while task := self._next():
            self.now += timedelta(minutes=7)
            self._do(*task, changes)
            timers.sweep(self.services.cases, now=self.now)

    def owner_of(self, case_id: str) -> str:
        """Give whose the texts of a case are; of a case that another has opened about a child, the child's with its procedure."""
        if case_id not in self.names:
            with reading(self.services.engine) as connection:
                child_id = children.child_of(connection, case_id) or ""
            name = f"{self.names.get(child_id.replace('CH-', 'MC-'), '')}{case_id[:2].title()}"
            used = sum(each.rstrip("X") == name for each in self.names.values())
            self.names[case_id] = name + "X" * used
        return self.names[case_id]

    def _next(self) -> tuple[str, int, str, str] | None:
        task = TaskTable
        asked = sa.select(task.case_id, task.number, task.element, task.role).where(task.status == "open")
        with reading(self.services.engine) as connection:
            rows = [tuple(row) for row in connection.execute(asked.order_by(task.opened_at, task.number))]
        free = [
            row
            for row in rows
            if row[2] in TYPED
            and row[2] not in self.left.get(row[0], ())
            and self.turns.get((row[0], row[2]), 0) < TURNS_AT_MOST
        ]
        return min(free, key=lambda row: row[2] in LAST and 1 + LAST.index(row[2]), default=None)

    def _do(self, case_id: str, number: int, element: str, role: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
        self.turns[case_id, element] = self.turns.get((case_id, element), 0) + 1
        who = Actor(f"{role} {element}", EVERYBODY, "example_police")
        try:
            view = self.services.cases.task(f"{case_id}.{number}", by=who, now=self.now)
            typed = {**self.answers(view.form, element, self.owner_of(case_id)), **changes.get(element, {})}
            answers = view.form.load(posted(view.form, typed, self.now), scope=view.scope, now=self.now)
            self.services.cases.complete(view.row.id, answers, by=who, now=self.now, key=str(uuid4()))
        except Refusal as refusal:
            self.refused[f"{self.owner_of(case_id)} {element}"] = repr(getattr(refusal, "problems", refusal))
