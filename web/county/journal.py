"""Keeps what is true of a county in play: by what its people do and leave, never by what a check finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from engine.calendars import add_working_days
from engine.views import Step, TaskRow
from web.county import people, times
from web.county.lives import Episode
from web.county.people import Task
from web.county.truth import Label

Key = tuple[str, int]
Plan = Callable[[datetime, Callable[[datetime], None]], None]
SECOND = timedelta(seconds=1)

OFTEN, WINDOW = 3, timedelta(days=90)
"""From which report in which time on a meeting and a plan are owed (domain.md 2.6)."""
COMES_WITHIN: Mapping[str, timedelta] = MappingProxyType(
    {"high": timedelta(minutes=15), "low": timedelta(hours=4), "very_low": timedelta(hours=4)}
)
COMES_WITHIN_ELSE = timedelta(hours=1)
"""By grade, and where there is none yet: when somebody comes, and whoever reported is told where nobody does (T-04)."""
TOLD_WITHIN = timedelta(minutes=30)
SILENT: Mapping[str, timedelta] = MappingProxyType({"high": timedelta(hours=1), "medium": timedelta(hours=4)})
SILENT_ELSE = timedelta(hours=12)
ENQUIRES = frozenset({"raise_action", "carry_out_action", "review_case", "review_by_inspector"})
"""What ends a stretch without an enquiry."""


class Journal:
    """The journal of a county: `labels` are the promises that were broken so far."""

    def __init__(
        self,
        plan: Plan,
        still_open: Callable[[Key], TaskRow | None],
        episodes: Mapping[str, Episode],
    ) -> None:
        """Keep the journal of episodes by reference; `plan` lets it look again at a moment."""
        self._plan, self._still_open, self.episodes = plan, still_open, episodes
        self.labels: set[Label] = set()
        self._missed: dict[str, list[tuple[Label, Callable[[], bool]]]] = defaultdict(list)
        self.case_of: dict[Episode, str] = {}
        self.reports: dict[int, list[datetime]] = defaultdict(list)
        self.grades: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self.waiting_for_somebody: set[str] = set()
        self.came: dict[str, datetime] = {}
        self.interviewed: dict[str, datetime] = {}
        self.met: dict[str, list[datetime]] = defaultdict(list)
        self.not_needed: dict[str, datetime] = {}
        self.enquired: dict[str, list[datetime]] = defaultdict(list)
        self.planned: dict[int, datetime] = {}
        self.updated: dict[str, datetime] = {}
        self.agreed: set[str] = set()

    def opened(self, episode: Episode, reference: str) -> None:
        """Hear that a case was opened for an episode."""
        self.case_of[episode] = reference
        self.reports[episode.child.number].append(episode.reported_at)

    def note(self, case_id: str, promise: str, at: datetime, lapse: str) -> None:
        """Note a promise as broken."""
        self.labels.add(Label(case_id, promise, at, lapse))

    def lies(self, key: Key, task: Task, lying: times.Lying, limit: datetime) -> None:
        """Look whether a task that a lapse lets lie still does at its limit; where that was moved away, again at the new one."""
        row = self._still_open(key)
        if task.episode is None or row is None or (lying.missing and task.of.returned_at <= limit):
            return
        later = lying.limit(replace(task, row=row))
        if later is not None and later > limit:
            self._plan(later + SECOND, lambda _at: self.lies(key, task, lying, later))
            return
        for promise in lying.promises:
            self.note(self.case_of[task.episode], promise, limit, lying.lapse)

    def observe(self, step: Step) -> None:
        """Hear of a step inside its transaction: which grade holds from then on."""
        level = str(step.facts.get("risk", {}).get("", {}).get("level") or "")
        if level != self._grade(step.case_id, step.now):
            self.grades[step.case_id].append((step.now, level))

    def happened(self, step: Step) -> None:
        """Hear of a step: a meeting that is called for is owed from then on; a closed case is not put right any more."""
        episode = self.episodes.get(step.case_id)
        if episode is None:
            return
        self._await_somebody(step, episode)
        said = {event.activity for event in step.events}
        if "MeetingTriggered" in said:
            urgent = step.now + timedelta(hours=24)
            limit = urgent if episode.returned_at >= urgent else add_working_days(step.now, 5)
            self._owes_meeting(step.case_id, "G-51", step.now, limit)
        if "MeetingNotNeeded" in said:
            self.not_needed[step.case_id] = step.now
            self._look_back(step.case_id)
        if "EpisodeClosed" in said and "ethnicity_missing" in episode.lapses:
            self.note(step.case_id, "G-29", step.now, "ethnicity_missing")

    def done(self, task: Task) -> None:
        """Hear that a task was done."""
        follow = getattr(self, f"_{task.row.element}", None)
        if follow is not None:
            follow(task)
        if task.row.element in ENQUIRES:
            self.enquired[task.row.case_id].append(task.now)
            self._watch_search(task.row.case_id, task.of, task.now)

    def _look(self, at: datetime, broken: Callable[[], bool], case_id: str, promise: str, lapse: str) -> None:
        """Look at a moment whether something is still owed, and note it."""
        label = Label(case_id, promise, at, lapse)

        def look(_now: datetime) -> None:
            if broken():
                self.labels.add(label)
                self._missed[case_id].append((label, broken))

        self._plan(at + SECOND, look)

    def _look_back(self, case_id: str) -> None:
        """Take back what was noted as missed where it was done in time after all, and only written down later, or was not owed."""
        self.labels -= {label for label, broken in self._missed[case_id] if not broken()}

    def _owes_meeting(self, case_id: str, promise: str, since: datetime, limit: datetime) -> None:
        late = "meeting_late" in self.episodes[case_id].lapses
        met = self.met[case_id]
        lapse = "meeting_late" if late else "nobody called for it"

        def is_owed() -> bool:
            dropped = promise == "G-51" and self.not_needed.get(case_id, since) > since
            return not dropped and not any(since <= at <= limit for at in met)

        self._look(limit, is_owed, case_id, promise, lapse)

    def _match_child(self, task: Task) -> None:
        """The third report in 90 days asks for a meeting and for a plan."""
        episode, case_id, now = task.of, task.row.case_id, task.now
        mine = self.reports[episode.child.number]
        if (
            episode.is_of_a_child
            and sum(episode.reported_at - WINDOW < each <= episode.reported_at for each in mine) >= OFTEN
        ):
            number, limit = episode.child.number, add_working_days(now, 10)
            self._look(limit, lambda: is_late(self.planned.get(number), limit), case_id, "G-46", "plan_late")
            self._owes_meeting(case_id, "G-16", now, add_working_days(now, 5))

    def _await_somebody(self, step: Step, episode: Episode) -> None:
        """Watch the caller from when somebody has to come on, and anew when the grade changes until then."""
        case_id = step.case_id
        opened = case_id not in self.came and any(row.element == "record_attendance" for row in step.opened)
        graded = case_id in self.waiting_for_somebody and any(
            at == step.now for at, _level in self.grades[case_id][-1:]
        )
        if opened or graded:
            self.waiting_for_somebody.add(case_id)
            self._watch_caller(case_id, episode, step.now)

    def _watch_caller(self, case_id: str, episode: Episode, now: datetime) -> None:
        """Look whether somebody comes in the time of the grade that holds now, and whoever reported is told in half an hour where nobody does."""
        level = self._grade(case_id, now)
        missed = max(now, episode.reported_at + COMES_WITHIN.get(level, COMES_WITHIN_ELSE))
        limit = missed + TOLD_WITHIN

        def look(_now: datetime) -> None:
            if case_id in self.waiting_for_somebody and self._grade(case_id, missed) == level:
                self.waiting_for_somebody.discard(case_id)
                if episode.returned_at > limit:
                    lapse = "caller_forgotten" if "caller_forgotten" in episode.lapses else "nobody came"
                    self._look(limit, lambda: is_late(self.came.get(case_id), limit), case_id, "G-23", lapse)

        self._plan(missed + SECOND, look)

    def _record_attendance(self, task: Task) -> None:
        self.waiting_for_somebody.discard(task.row.case_id)
        self.came[task.row.case_id] = people.in_minutes(task.now)

    def _decide_risk_grade(self, task: Task) -> None:
        if len(self.grades[task.row.case_id]) == 1:
            self._watch_search(task.row.case_id, task.of, task.now)

    def _watch_search(self, case_id: str, episode: Episode, since: datetime) -> None:
        """Look at every stretch of a search that is too long without an enquiry."""
        limit = since + SILENT.get(self._grade(case_id, since), SILENT_ELSE)

        def look(_now: datetime) -> None:
            if not any(since < at <= limit for at in self.enquired[case_id]):
                self.note(case_id, "G-22", limit, "search_silent")

        if self._grade(case_id, since) and episode.is_of_a_child and limit < episode.returned_at:
            self._plan(limit + SECOND, look)

    def _grade(self, case_id: str, at: datetime) -> str:
        """Give the grade that holds at a moment; empty before there is one."""
        return next((level for since, level in reversed(self.grades[case_id]) if since <= at), "")

    def _record_return(self, task: Task) -> None:
        case_id, limit = task.row.case_id, task.of.returned_at + times.HELD_WITHIN
        if task.of.is_of_a_child and not task.of.is_fatal:
            lapse = f"interview {task.of.interview}"
            self._look(limit, lambda: is_late(self.interviewed.get(case_id), limit), case_id, "G-02", lapse)
        if task.of.harm or task.of.is_fatal:
            self._harm(case_id, task.now)

    def _harm(self, case_id: str, since: datetime) -> None:
        if not self.episodes[case_id].is_of_a_child:
            return
        limit = min(since + timedelta(hours=24), add_working_days(since, 1))
        self._owes_meeting(case_id, "G-17", since, limit)

    def _hold_return_interview(self, task: Task) -> None:
        self.interviewed[task.row.case_id] = people.in_minutes(task.now - people.HOUR)
        self._look_back(task.row.case_id)
        if task.of.child.out_of_area and task.row.case_id not in self.agreed:
            self.note(task.row.case_id, "G-27", task.now, "area_undecided")
        if "not_independent" in task.lapsed:
            self.note(task.row.case_id, "G-04", task.now, "not_independent")
        if task.of.tells and not task.of.harm:
            self._harm(task.row.case_id, people.in_minutes(task.now - 15 * people.MINUTE))

    def _agree_out_of_area(self, task: Task) -> None:
        self.agreed.add(task.row.case_id)

    def _decide_on_episode(self, task: Task) -> None:
        """An episode that is put off and left then is not dealt with, which counts once the day is over."""
        began = next(said["at"] for said in task.facts["meeting_day"].values())
        late = "not_at_meeting" in task.lapsed and task.episode is not None
        if late and isinstance(began, datetime) and task.of.returned_at > began:
            case_id = self.case_of[task.of]
            self._look(began + timedelta(days=1), lambda: True, case_id, "G-21", "not_at_meeting")

    def _hold_meeting(self, task: Task) -> None:
        self.met[task.row.case_id].append(people.in_minutes(task.now - 5 * people.MINUTE))
        self._look_back(task.row.case_id)

    def _write_trigger_plan(self, task: Task) -> None:
        if task.episode is not None:
            self.planned.setdefault(task.episode.child.number, task.now)

    def _receive_return_interview(self, task: Task) -> None:
        case_id = task.row.case_id
        if task.of.number > 1:
            limit = add_working_days(task.now, 5)
            self._look(limit, lambda: is_late(self.updated.get(case_id), limit), case_id, "G-07", "plan_not_updated")

    def _update_trigger_plan(self, task: Task) -> None:
        """The first interview that was not taken in yet is, by this update."""
        before = sum(each.get("taken_in") is not None for each in task.facts.get("plan", {}).values())
        arrived = [
            said.get("sender")
            for _key, said in sorted(task.facts.get("interview_received", {}).items(), key=lambda each: int(each[0]))
        ]
        if before < len(arrived):
            self.updated[str(arrived[before])] = task.now


def is_late(done: datetime | None, limit: datetime) -> bool:
    """Whether something was not done by a moment."""
    return done is None or done > limit
