"""Plays the daily management meeting: opened by the clock, with an agenda as the story tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from engine.model import SYSTEM, Actor, FactWrite, Found, Open
from engine.scope import Scope
from tests.procedures.casework import Casework, Play, story_of
from workflows.daily import count_daily_meeting

if TYPE_CHECKING:
    from sqlalchemy import Connection

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
GRADES = ("high", "high", "medium", "low")

PAGES: Mapping[str, Mapping[str, Any]] = {
    "decide_on_episode": {
        "outcome": "confirmed",
        "action": "no",
        "regrade_to": "high",
        "regrade_reason": "Typed before the decision was changed",
        "what": "Typed before the answer was changed to no",
        "type": "other",
        "within": "PT1H",
        "note": "Social care will ring at ten.",
    },
    "sign_off_meeting": {
        "chair_rank": "chief_inspector",
        "chair": "C. Example",
        "attended": ["police", "social_care"],
        "attendees": "S. Example, team manager",
        "left_reason": "The meeting had to end.",
        "note": "Nothing",
    },
}
"""What people usually type, task by task; answers to hidden questions are typed too, and have to be left out."""


class Daywork(Casework):
    """One daily meeting; `grades` are those of the episodes on its agenda."""

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES
    grades: tuple[str | None, ...] = GRADES
    item = ""

    def begin_day(self, *grades: str | None) -> Self:
        """Open the meeting at eight, as the clock does."""
        self.grades = grades
        writes = (FactWrite("meeting_day", "", "at", self.now), FactWrite("meeting_day", "", "missed", 0))
        self._take(self.begin(Open(writes, Actor(SYSTEM))))
        self._note_round(0)
        return self

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer a service task: who is missing as the story tells it, what was dealt with as the product counts it."""
        if name == "list_missing_episodes":
            return [self._entry(number, grade) for number, grade in enumerate(self.grades, 1)]
        if name == "list_what_is_due":
            return {"returns": [{"reference": "MC-9", "returned_at": self.now}], "interviews": []}
        return count_daily_meeting(cast("Connection", None), scope, self.now)  # it reads nothing

    def decide(self, outcome: str = "confirmed", **answers: Any) -> Self:
        """Decide on the episode that is up."""
        before = int(self.up())
        self.item = self.up()
        self.fill("decide_on_episode", outcome=outcome, **answers)
        self.item = ""
        self._note_round(before)
        return self

    def up(self) -> str:
        """Give the key of the episode that is up."""
        return self.task("decide_on_episode").key.partition(".")[0]

    def scope(self) -> Scope:
        """Give what conditions see; inside the round the episode that is up."""
        scope = super().scope()
        if self.item:
            entry = self.facts["missing_episode"][self.item]
            scope.values["missing_episode"] = {**entry, "key": self.item}
        return scope

    def _entry(self, number: int, grade: str | None) -> dict[str, Any]:
        return {"reference": f"MC-{number}", "child": f"CH-{number}", "adult": False, "grade": grade,
                "hours_missing": 30, "last_review_at": None, "next_review_at": self.now, "overdue": True}  # fmt: skip

    def _note_round(self, before: int) -> None:
        """Note which way the gateway behind the round went."""
        assert self.last is not None
        if "every_episode_dealt_with" in {event.element for event in self.last.events}:
            self.reach.ways.add("is_an_episode_left_to_every_episode_dealt_with")
        elif before and int(self.up()) <= before:
            self.reach.ways.add("is_an_episode_left_to_a_round_begins")


def story(play: Play) -> Play:
    """Keep a story of a meeting that begins at eight on an ordinary Monday."""
    return story_of("daily_management", Daywork, EIGHT)(play)


def hours(count: float) -> timedelta:
    """Give a span of so many hours."""
    return timedelta(hours=count)
