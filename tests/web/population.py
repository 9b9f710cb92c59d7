"""Many cases, played through the real procedure with a fixed seed: every outcome that the figures count, in some mixture."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import timers
from engine.model import Actor
from engine.store import TaskTable, reading
from tests.procedures import childwork
from tests.procedures.casework import posted
from tests.procedures.pages import PAGES as OF_AN_EPISODE
from web.services import Services
from workflows.agencies import ROLES
from workflows.vocabulary import ETHNICITY

PAGES = {**OF_AN_EPISODE, **childwork.PAGES}
EVERYBODY = frozenset(ROLES)
GRADES = ("high", "medium", "low", "very_low")
AUTHORITIES = ("nottingham_city", "nottinghamshire_county", "another", "not_known", "")


Left = tuple[random.Random, datetime, list[str], list[tuple[str, date | None]]]


@dataclass
class Population:
    """Plays cases on the services of a site until a moment; `ids` are those of the cases, the first reported first."""

    services: Services
    chance: random.Random
    until: datetime
    ids: list[str] = field(default_factory=list)
    people: list[tuple[str, date | None]] = field(default_factory=list)

    def left(self) -> Left:
        """Give what it is made of but the services, to go on elsewhere from there."""
        return self.chance, self.until, self.ids, self.people

    def do(self, case_id: str, element: str, now: datetime, by: str = "", **changes: Any) -> None:
        """Do the open task of an element with what people usually type there."""
        task = sa.select(TaskTable.number, TaskTable.role).where(
            TaskTable.case_id == case_id, TaskTable.element == element, TaskTable.status == "open"
        )
        with reading(self.services.engine) as connection:
            number, role = connection.execute(task).one()
        who, cases = Actor(by or role, EVERYBODY, "police"), self.services.cases
        view = cases.task(f"{case_id}.{number}", by=who, now=now)
        typed = {**PAGES[element], **changes}
        filled = view.form.prefilled({}, scope=view.scope, now=now)
        shown = view.form.as_raw({key: value for key, value in filled.items() if key not in typed})
        raw = {**shown, **posted(view.form, typed, now)}
        answers = view.form.load(raw, scope=view.scope, now=now)
        cases.complete(view.row.id, answers, by=who, now=now, key=f"{view.row.id}")

    def is_open(self, case_id: str, element: str) -> bool:
        """Tell whether the case waits for somebody to do a task."""
        task = sa.select(TaskTable.number).where(
            TaskTable.case_id == case_id, TaskTable.element == element, TaskTable.status == "open"
        )
        with reading(self.services.engine) as connection:
            return connection.execute(task).first() is not None

    def scope(self, case_id: str, element: str, now: datetime) -> dict[str, Any]:
        """Give what the page of an open task sees."""
        task = sa.select(TaskTable.number).where(
            TaskTable.case_id == case_id, TaskTable.element == element, TaskTable.status == "open"
        )
        with reading(self.services.engine) as connection:
            number = connection.execute(task).scalar_one()
        who = Actor("reader", EVERYBODY, "police")
        return dict(self.services.cases.task(f"{case_id}.{number}", by=who, now=now).scope)

    def play(self, reported_at: datetime) -> str:
        """Play one case from the report as far as chance takes it."""
        pick, now = self.chance.choice, reported_at
        view = self.services.cases.opening("missing_child")
        typed = {**PAGES["child_reported_missing"], "responsible_authority": pick(AUTHORITIES)}
        answers = view.form.load(posted(view.form, typed, now), scope={}, now=now)
        who = Actor("call_taker", EVERYBODY, "police")
        case_id = self.services.cases.open(
            "missing_child", answers, by=who, now=now, key=f"open {len(self.ids)}"
        ).case_id
        self.ids.append(case_id)
        if self.chance.random() < 0.05:
            return case_id  # nobody has said more yet
        self._report(case_id, now)
        self._grade(case_id, now)
        if self.chance.random() < 0.8:
            self._return(case_id, now + timedelta(hours=pick((1, 5, 30))))
        return case_id

    def _report(self, case_id: str, now: datetime) -> None:
        """Say who it is: often somebody who was reported before."""
        pick = self.chance.choice
        known = bool(self.people) and self.chance.random() < 0.5
        if not known:
            name = f"{pick(('Kit', 'Noa', 'Sam', 'Ari', 'Lou'))}{chr(97 + len(self.people) % 26)}x Example"
            self.people.append((name, pick((None, date(pick((1990, 2009, 2012, 2016, 2018)), pick((3, 11)), 12)))))
        name, born = pick(self.people[:6]) if known else self.people[-1]
        said: dict[str, Any] = {
            "child_full_name": name,
            "date_of_birth": born,
            "approximate_age": str(pick((7, 12, 15, 17, 19))),
            "sex": pick(("female", "male", "not_known")),
            "ethnicity": pick([*sorted(ETHNICITY)[:4], "not_stated", "not_recorded"]),
        }
        self.do(case_id, "complete_missing_report", now, **said)
        candidates = self.scope(case_id, "match_child", now)["candidates"]["matches"]
        label = f"{name}," if not known else name
        found = [one["value"] for one in candidates if known and label in one["label"]]
        self.do(case_id, "match_child", now, child=found[0] if found else "new")

    def _grade(self, case_id: str, now: datetime) -> None:
        """Grade the risk; sometimes raise the grade later."""
        level = self.chance.choice(GRADES)
        reason = {"below_floor_reason": "The child was seen with the aunt an hour ago."}
        self.do(case_id, "acknowledge_handover", now)
        self.do(case_id, "assess_risk", now)
        told = self.scope(case_id, "decide_risk_grade", now)
        age = told["known"].get("age")
        age = told["missing_report"].get("approximate_age", 0) if age is None else age
        level = "low" if level == "very_low" and age < 13 else level  # the lowest grade is closed for young children
        self.do(case_id, "decide_risk_grade", now, level=level, cra_considered="yes", **reason)
        inspector = self.is_open(case_id, "endorse_as_inspector")
        self.do(case_id, "endorse_as_inspector" if inspector else "endorse_risk_grade", now, by="somebody else")
        if level in {"medium", "low"} and self.chance.random() < 0.3:
            self.do(case_id, "raise_grade", now + timedelta(minutes=30))

    def _return(self, case_id: str, back: datetime) -> None:
        """Bring the child back, and go through the return interview as far as chance takes it."""
        pick, how = self.chance.choice, self.chance.choice(("returned_self", "found_family", "deceased"))
        how = how if how != "deceased" or self.chance.random() < 0.2 else "found_public"
        self.do(case_id, "record_return", back, found_how=how)
        self.do(case_id, "hold_prevention_interview", back)
        if self.chance.random() < 0.15 or not self.is_open(case_id, "offer_return_interview"):
            return  # nobody has offered it yet, or an adult came back
        outcome = pick(("accepted", "accepted", "accepted", "no_answer", "not_offered"))
        self.do(case_id, "offer_return_interview", back, outcome=outcome, not_offered_reason="untraced")
        if outcome not in {"accepted", "no_answer"} or self.chance.random() < 0.2:
            return
        self._interview(case_id, back)

    def _interview(self, case_id: str, back: datetime) -> None:
        """Try to hold the interview, in time or late, and hand on what came of it."""
        at = back + timedelta(hours=self.chance.choice((3, 71, 72, 73, 200)))
        held = self.chance.random() < 0.8
        self.do(case_id, "hold_return_interview", at, outcome="held" if held else "not_held")
        if not held:
            return
        if self.chance.random() < 0.8:
            self.do(case_id, "write_up_return_interview", at)
            if self.chance.random() < 0.7:
                self.do(case_id, "receive_return_interview", at, for_the_plan=self.chance.choice(("yes", "no")))
                if at <= self.until:
                    self._plan(at)

    def _plan(self, at: datetime) -> None:
        """Write the trigger plans that were asked for, and take the interviews in."""
        for element in ("write_trigger_plan", "update_trigger_plan"):
            timers.sweep(self.services.cases, now=at)
            for task in self._open(element):
                answer = self.chance.choice(("changed", "confirmed", "nothing"))
                said = {"taken_in": answer} if element.startswith("update") else {}
                self.do(task, element, at, **said)

    def _open(self, element: str) -> list[str]:
        """Give the cases in which a task is open."""
        asked = sa.select(TaskTable.case_id).where(TaskTable.element == element, TaskTable.status == "open")
        with reading(self.services.engine) as connection:
            return list(connection.execute(asked.order_by(TaskTable.case_id)).scalars())


def play(services: Services, *, cases: int, until: datetime, days: int, seed: int = 5) -> Population:
    """Play many cases that were reported in the days up to a moment."""
    made = Population(services, random.Random(seed), until)  # noqa: S311 - a story, not a secret
    for number in range(cases):
        made.play(until - timedelta(days=days * (cases - number) / cases))
    return made
