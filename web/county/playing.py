"""Plays a county through the engine: its people open cases and do tasks on a virtual clock, by the doors that pages use.

One queue holds what everybody is going to do. Between two deeds the clocks of all cases go off at their own moments, messages
are handed over, and the daily meeting opens when its day begins.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

import sqlalchemy as sa

from engine import timers
from engine.cases import LETTERS, Cases
from engine.errors import AnswersInvalid
from engine.model import Actor, Facts, Value
from engine.scope import Scope
from engine.store import NEVER, reading
from engine.views import Step, TaskRow
from web.county import people, times
from web.county.journal import Journal
from web.county.lives import County, Episode
from web.county.people import Task
from web.procedures import MISSING_CHILD
from workflows import people as staff
from workflows import seals
from workflows.operations import OPERATIONS
from workflows.verification import PROJECTIONS

Key = tuple[str, int]
Deed = Callable[[datetime], None]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

SEARCHES = ("review_case", "review_by_inspector", "review_as_chief", "review_as_superintendent", "raise_action")
"""What is done sooner once a grade was raised."""
EACH_REPORT = "child_reported"
"""The record whose key says about which report a task of the child's case is."""
ASKED_BY = (EACH_REPORT, "plan_wanted", "flag_raised", "serious_event_suspected", "referral", "prevention_wanted")
"""The records in which a case of the child says which episode has asked for it."""

OVER = frozenset({"task_completed", "task_cancelled"})
"""The events after which nobody can do a task any more."""


class Stuck(RuntimeError):
    """A clock that is due does not go off: a step of the county fails."""


class Play:
    """A county in play: what has happened, and what is going to."""

    def __init__(self, engine: sa.Engine, county: County, seed: int) -> None:
        """Play on a database in which people and releases are already; no mail is written, since its time is over."""
        self.county = county
        self.chance = Random(f"{seed} deeds")  # noqa: S311 - a county is played again by its seed
        observers = (*(each.project for each in PROJECTIONS), seals.follow, self._observe)
        self.cases = Cases(
            engine, observers=observers, operations=OPERATIONS, references=self._reference, veil=seals.veil
        )
        self._queue: list[tuple[datetime, int, Deed]] = []
        self._order = count()
        self.episodes: dict[str, Episode] = {}
        self._children: dict[int, str] = {}
        self.facts: dict[str, Facts] = {}
        self._began: dict[str, datetime] = {}
        self._open: dict[Key, TaskRow] = {}
        self._planned: dict[Key, datetime] = {}
        self._lying: set[Key] = set()
        self._steps: list[Step] = []
        self._rings: dict[str, datetime | None] = {}
        self._ringing: list[tuple[datetime, str]] = []
        self._releases: dict[str, int] = {}
        self._opens_at = NEVER
        self._staff: dict[str, list[Actor]] = {}
        self.journal = Journal(self.plan, self.still_open, self.episodes)
        self.steps = 0

    def run(self, until: datetime) -> None:
        """Let everything happen that happens before a moment."""
        for episode in self.county.episodes:
            self.plan(episode.reported_at, lambda at, episode=episode: self._report(episode, at))  # type: ignore[misc]
        self._look_at_calendar()
        now = self._queue[0][0] if self._queue else until
        while True:
            at = self._queue[0][0] if self._queue else until
            due, case_id = self._next_due()
            if due <= min(at, until):
                now = max(due, now)  # a clock that is wound for a moment in the past goes off at once, and not then
                self._ring(case_id, now)
            elif not self._queue or at > until:
                break
            else:
                now = max(at, now)
                heapq.heappop(self._queue)[2](at)
                self._settle(at)

    # What people do -------------------------------------------------------------------------------------------------

    def plan(self, at: datetime, deed: Deed) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._queue, (at, next(self._order), deed))

    def _report(self, episode: Episode, at: datetime) -> None:
        view = self.cases.opening(MISSING_CHILD)
        said = people.fill(view.form, people.opening(episode) | {"missing_with": self._with(episode)}, at)
        answers = view.form.load(view.form.as_raw(said), scope={}, now=at)
        reference = self.cases.open(MISSING_CHILD, answers, by=self._actor(view.role), now=at, key=self._key()).case_id
        self.episodes[reference] = episode
        self.journal.opened(episode, reference)

    def _with(self, episode: Episode) -> str | None:
        """Give the case of the brother or sister with whom a child went, where it was opened already."""
        theirs = (
            each for each, other in self.episodes.items() if (other.child.number, other.number) == (episode.together, 1)
        )
        return next(theirs, None) if episode.together else None

    def _do(self, key: Key, at: datetime) -> None:
        """Do a task, or let it lie where a lapse wants it; what is open no more is left."""
        if self._planned.get(key) != at or (row := self.still_open(key)) is None:
            return
        task = Task(row, self._episode_of(row), self.facts[row.case_id], at, self.chance)
        task.child_id = self._children.get(task.episode.child.number, "") if task.episode else ""
        if key not in self._lying and self._lets_lie(key, task):
            return
        self._complete(task)
        self._planned.pop(key, None)

    def _lets_lie(self, key: Key, task: Task) -> bool:
        """Put a task off until after its limit where a lapse wants it, and look at the limit whether it still lies there."""
        found = (
            (each, each.limit(task)) for each in times.LYING.get(task.row.element, ()) if each.lapse in task.lapsed
        )
        lying, limit = next(found, (None, None))
        if lying is None or limit is None:
            return False
        self._lying.add(key)
        self._schedule(key, max(limit, task.now) + timedelta(minutes=self.chance.uniform(*lying.longer)))
        self.plan(limit + SECOND, lambda _at: self.journal.lies(key, task, lying, limit))
        return True

    def _complete(self, task: Task) -> None:
        row, now = task.row, task.now
        release = self.cases.library.get(self._releases[row.case_id])
        scope = Scope(release, task.facts, now, row.case_id, self._began[row.case_id]).values
        scope["task"] = {"key": row.record_key, "opened_at": row.opened_at}
        form = release.forms[row.form].settled(scope=scope, now=now)
        answer = people.ANSWERS.get(row.element)
        said = people.fill(form, answer(task) if answer else {}, now)
        try:
            answers = form.load(form.as_raw(said), scope=scope, now=now)
        except AnswersInvalid as refusal:
            message = f"the people of the county do not know how to answer {row.element}: {refusal}"
            raise Stuck(message) from refusal
        self.cases.complete(
            row.id,
            answers,
            by=self._actor(row.role, row.case_id, second=row.element in people.SECOND),
            now=now,
            key=self._key(),
        )
        self.journal.done(task)
        if row.element == "match_child" and task.episode is not None:
            known = self.facts[row.case_id]["known"][""]["child_id"]
            self._children[task.episode.child.number] = str(known)
        if row.element == "raise_grade":
            self._hurry(row.case_id, now)

    def _hurry(self, case_id: str, now: datetime) -> None:
        """Do what a search asks for sooner, once its grade was raised."""
        for key, row in list(self._open.items()):
            if (
                key[0] == case_id
                and row.element in SEARCHES
                and key in self._planned
                and (fresh := self.still_open(key)) is not None
            ):
                at = max(self._moment(fresh), now + 2 * people.MINUTE)
                if at < self._planned[key]:
                    self._schedule(key, at)

    # What happens ---------------------------------------------------------------------------------------------------

    def _observe(self, _connection: sa.Connection, step: Step) -> None:
        """Hear of a step inside its transaction; what follows from it is planned when it is over."""
        self.facts[step.case_id] = step.facts
        self.journal.observe(step)
        self._follow(step)
        self._steps.append(step)

    def _settle(self, now: datetime) -> None:
        """Plan what follows from the steps that were just taken, and let messages arrive."""
        while self._steps:
            steps, self._steps = self._steps, []
            self.steps += len(steps)
            for step in steps:
                self._began.setdefault(step.case_id, step.now)
                self._releases[step.case_id] = step.release_id
                self._rings[step.case_id] = step.next_due_at
                if step.next_due_at is not None:
                    heapq.heappush(self._ringing, (step.next_due_at, step.case_id))
                for row in step.opened:
                    self._expect(row)
                self.journal.happened(step)
            for case_id, status in {step.case_id: step.status for step in steps}.items():
                if status == "closed":  # nobody has a task in it any more, and a year of facts is much
                    self.facts.pop(case_id, None)
            if any(event.kind == "message_sent" for step in steps for event in step.events):
                timers.deliver(self.cases, now=now)

    def _follow(self, step: Step) -> None:
        """Keep the tasks that people can do, as a step has left them; a clock that has rung is owed, wherever it is moved then."""
        for event in step.events:
            if event.kind in OVER and event.task is not None:
                self._open.pop((step.case_id, event.task), None)
        for number, due_at in step.moved:
            row = self._open.get((step.case_id, number))
            if row is not None and (row.due_at is None or row.due_at > step.now):
                self._open[step.case_id, number] = replace(row, due_at=due_at)
        self._open |= {(row.case_id, row.number): row for row in step.opened}

    def _next_due(self) -> tuple[datetime, str]:
        """Give when the next clock goes off, as the steps have told it, and of which case; of none where one opens by itself."""
        while self._ringing and self._rings[self._ringing[0][1]] != self._ringing[0][0]:
            heapq.heappop(self._ringing)  # the case has moved on since
        return min([(self._opens_at, ""), *self._ringing[:1]])

    def _ring(self, case_id: str, now: datetime) -> None:
        """Let a clock go off; what opens by itself is left to the sweep, and so are the messages whose time is over by then."""
        if not case_id:
            if timers.sweep(self.cases, now=now).failed:
                raise Stuck(f"a step failed at {now}: see the incidents of the database")
            self._look_at_calendar()
        elif not self.cases.fire(case_id, now=now):
            raise Stuck(f"a clock of {case_id} does not go off at {now}")
        self._settle(now)

    def _look_at_calendar(self) -> None:
        """See when the next case opens by itself."""
        self._opens_at = min((each.next_at for each in self.cases.schedules() if each.next_at), default=NEVER)

    def _expect(self, row: TaskRow) -> None:
        """Plan when somebody does a task that was opened."""
        if self._is_left_out(row):
            return
        if row.element not in people.NOT_WITHOUT_REASON or self._changes_grade(row):
            self._schedule((row.case_id, row.number), max(self._moment(row), row.opened_at + people.MINUTE))

    def _is_left_out(self, row: TaskRow) -> bool:
        """Whether a lapse keeps everybody from a task: the actions of a search, or an episode that the daily meeting has put off."""
        episode = self._episode_of(row)
        if episode is None:
            return False
        if row.element == "raise_action":
            return "search_silent" in episode.lapses
        again = any(key.startswith(f"{_item(row)}.") for key in self.facts[row.case_id].get("daily_decision", {}))
        return row.element == people.DECIDE and again and "not_at_meeting" in episode.lapses

    def _changes_grade(self, row: TaskRow) -> bool:
        """Whether the grade of this episode is going to be changed by this task; once."""
        episode = self.episodes.get(row.case_id)
        wanted = {"raise_grade": "raised", "propose_regrade": "lowered"}.get(row.element)
        if episode is None or episode.changed != wanted or "low_unendorsed" in episode.lapses:
            return False
        level = self.facts[row.case_id].get("risk", {}).get("", {}).get("level")
        again = self.facts[row.case_id].get("grade_raise") or self.facts[row.case_id].get("regrade")
        return not again and (level != "high" if wanted == "raised" else level in {"high", "medium"})

    def _moment(self, row: TaskRow) -> datetime:
        task = Task(row, self._episode_of(row), self.facts[row.case_id], row.opened_at, self.chance)
        if row.element in {"raise_grade", "propose_regrade"}:
            return row.opened_at + (task.of.returned_at - row.opened_at) * self.chance.uniform(0.3, 0.7)
        return times.USUALLY.get(row.element, times.ELSE)(task)

    def _schedule(self, key: Key, at: datetime) -> None:
        self._planned[key] = at
        self.plan(at, lambda now: self._do(key, now))

    # What it rests on -----------------------------------------------------------------------------------------------

    def still_open(self, key: Key) -> TaskRow | None:
        """Give a task as it stands, with the time until when its clock gives; None where nobody can do it any more."""
        return self._open.get(key)

    def _episode_of(self, row: TaskRow) -> Episode | None:
        """Give the episode that a task is about: its own, or the one whose message has opened the child's case or asked for it."""
        if row.case_id in self.episodes:
            return self.episodes[row.case_id]
        facts = self.facts[row.case_id]
        if row.element == people.DECIDE:
            return self.episodes.get(str(facts["missing_episode"][_item(row)]["reference"]))
        for record in ASKED_BY:
            for key, said in sorted(facts.get(record, {}).items()):
                sender = str(said.get("episode") or said.get("sender") or "")
                if sender in self.episodes and (record != EACH_REPORT or row.record_key in {key, ""}):
                    return self.episodes[sender]
        return self._last_of(
            facts.get("disruption_proposal", {}).get("", {}).get("child"), self._began.get(row.case_id)
        )

    def _last_of(self, child_id: Value, until: datetime | None) -> Episode | None:
        """Give the last episode of a child that was reported until a moment: a disruption says of whom it is, and not of which time."""
        if not child_id or until is None:
            return None
        reported = [each for each in self.episodes.values() if each.reported_at <= until]
        return next((each for each in reversed(reported) if self._children.get(each.child.number) == child_id), None)

    def _actor(self, role: str, case_id: str = "", *, second: bool = False) -> Actor:
        """Give one of those who hold a role: for a case always the same, and another where a second person is needed."""
        if role not in self._staff:
            with reading(self.cases.engine) as connection:
                self._staff[role] = [each.actor for each in staff.holders(connection, (role,))]
        found = self._staff[role]
        return found[(sum(map(ord, case_id)) + second) % len(found)]

    def _key(self) -> str:
        return f"county {next(self._order)}"

    def _reference(self, prefix: str) -> str:
        return f"{prefix}-{''.join(self.chance.choices(LETTERS, k=8))}"


def _item(row: TaskRow) -> str:
    """Give the key of the item of a multi-instance that a task is about: ``2`` of ``2.1``."""
    return row.record_key.partition(".")[0]
