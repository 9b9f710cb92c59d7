"""A case in which every free text is a canary that names its own data class, worked on as far as people can bring it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from engine import timers
from engine.errors import Refusal
from engine.forms import Field
from engine.forms.fields import Kind
from engine.model import Actor
from engine.store import CaseTable, TaskTable, reading
from tests.procedures.casework import items_saying, posted
from tests.web.population import PAGES
from web.services import Services
from workflows.agencies import ROLES

EVERYBODY = frozenset(ROLES)
CANARY = re.compile(r"Canary(D\d+)([SF]?)of(\w+?)z")
LAST = ("record_return", "close_police_enquiry", "close_case")
"""What ends something is done last: the search, the police's part, and the case."""
TURNS_AT_MOST = 2
CHANGES: dict[str, dict[str, Any]] = {
    "assess_risk": {"ra_exploitation": "yes", "ra_exploitation_detail": "x"},
    "decide_risk_grade": {"level": "high", "cra_considered": "yes"},
    "decide_on_episode": {"outcome": "no_longer"},
}
PAGED = PAGES.keys() | CHANGES.keys()
"""The tasks that can be done: what is asked besides texts has an answer."""


NAMES_A_CASE = frozenset({"missing_with", "child", "nhs_number"})
"""Questions whose answer is a reference or a number and no text."""
NAMES_THE_CHILD = frozenset({"child_name", "child_full_name", "known_as"})


@dataclass
class Planted:
    """Plants canaries by doing whatever task is open; `seen` holds the data classes of those that were typed.

    `again` is the name of the canaries with which the same child was reported before: a second episode is worked on alone.
    A birthday is nobody's free text, and tells who it is all the same: each child has one of its own.
    """

    services: Services
    now: datetime
    name: str
    born_on: date = date(2012, 5, 1)
    again: str = ""
    case_id: str = ""
    seen: set[str] = field(default_factory=set)
    turns: dict[tuple[str, str], int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    """The cases that were there before: what is said in them is not about this child."""

    def canary(self, asked: Field) -> str:
        """Give a text for a question: what is held of it can be told by its class, and from whose case it is."""
        self.seen.add(asked.data_class)
        name = self.again if self.again and asked.key in NAMES_THE_CHILD else self.name
        said = f"Canary{asked.summary_class or asked.data_class}of{name}z flew over the boat house by the river"
        return said[: asked.limits.longest or len(said)]

    def answers(self, form: Any, element: str) -> dict[str, Any]:
        free: dict[str, Any] = {
            each.key: self.canary(each) for each in form.fields if is_free(each) and each.key not in NAMES_A_CASE
        }
        free |= {each.key: items_saying(each, self.canary) for each in form.fields if each.items is not None}
        born = {"date_of_birth": self.born_on} if element == "complete_missing_report" else {}
        return {**PAGES.get(element, {}), **CHANGES.get(element, {}), **born, **free}

    def open(self) -> str:
        """Report the child."""
        with reading(self.services.engine) as connection:
            self.others = frozenset(connection.execute(sa.select(CaseTable.id)).scalars())
        view = self.services.cases.opening("missing_child")
        typed = self.answers(view.form, "child_reported_missing")
        answers = view.form.load(posted(view.form, typed, self.now), scope={}, now=self.now)
        by = Actor("call_taker", EVERYBODY, "example_police")
        done = self.services.cases.open("missing_child", answers, by=by, now=self.now, key=str(uuid4()))
        self.case_id = done.case_id
        return done.case_id

    def work(self, *, until: tuple[str, ...] = (), only: Collection[str] = PAGED) -> None:
        """Do what is open, each task twice at most, till only tasks named in `until` are left; what is refused is left open."""
        while task := self._next(until, only):
            self.now += timedelta(minutes=7)
            self._do(*task)
            timers.sweep(self.services.cases, now=self.now)

    def _next(self, until: tuple[str, ...], only: Collection[str]) -> tuple[str, int, str, str] | None:
        task = TaskTable
        asked = sa.select(task.case_id, task.number, task.element, task.role).where(task.status == "open")
        asked = asked.where(task.case_id == self.case_id) if self.again else asked
        with reading(self.services.engine) as connection:
            rows = [tuple(row) for row in connection.execute(asked.order_by(task.opened_at, task.number))]
        free = [
            row
            for row in rows
            if row[2] in only
            and row[2] not in until
            and row[0] not in self.others
            and self.turns.get((row[0], row[2]), 0) < TURNS_AT_MOST
        ]
        return min(free, key=lambda row: row[2] in LAST and 1 + LAST.index(row[2]), default=None)

    def _do(self, case_id: str, number: int, element: str, role: str) -> None:
        self.turns[case_id, element] = self.turns.get((case_id, element), 0) + 1
        who = Actor(f"{role} {element}", EVERYBODY, "example_police")
        try:
            view = self.services.cases.task(f"{case_id}.{number}", by=who, now=self.now)
            typed = self.answers(view.form, element)
            typed |= self._of_the_case(element, view.scope)
            filled = view.form.prefilled({}, scope=view.scope, now=self.now)
            shown = view.form.as_raw({key: value for key, value in filled.items() if key not in typed})
            raw = {**shown, **posted(view.form, typed, self.now)}
            answers = view.form.load(raw, scope=view.scope, now=self.now)
            self.services.cases.complete(view.row.id, answers, by=who, now=self.now, key=str(uuid4()))
        except Refusal as refusal:
            self.refused[element] = repr(getattr(refusal, "problems", refusal))

    def _of_the_case(self, element: str, scope: Mapping[str, Any]) -> dict[str, Any]:
        """Give the answers that only the case knows: which child it is, and every task of the plan that is offered."""
        if element == "match_child":
            offered = scope["candidates"]["matches"] if self.again else []
            mine = [each["value"] for each in offered if f"of{self.again}z" in each["label"]]
            return {"child": mine[0] if mine else "new"}
        if element == "acknowledge_trigger_plan" and self.again:
            known = scope["known"]
            return {"tasks": [each["value"] for each in (*known["immediate_tasks"], *known["carry_over"])]}
        return {}


def is_free(asked: Field) -> bool:
    """Tell whether people may type whatever they like there."""
    return asked.kind in {Kind.TEXT, Kind.TEXTAREA} and not asked.limits.shape


def found_in(text: str) -> set[tuple[str, str]]:
    """Give class and case of each canary in a text."""
    return {(data_class, name) for data_class, _extent, name in CANARY.findall(text)}


def unread(text: str, may: Mapping[str, Collection[str]]) -> set[tuple[str, str]]:
    """Give class and case of each canary that is neither of a class that may be read of that case, nor of a summary."""
    return {
        (data_class, name)
        for data_class, extent, name in CANARY.findall(text)
        if not {data_class, f"{data_class}{extent}"} & set(may[name])
    }
