"""What is true of a county is what its people did and said, in the order in which it happened: moments that a month seldom holds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from engine.model import Facts
from web.county.journal import Journal
from web.county.lives import Episode, draw

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
CASE = "MC-7K3QX9PW"
GONE = (
    draw(seed=7, children=1, begins_at=BEGINS)
    .episodes[0]
    ._replace(
        reported_at=BEGINS, returned_at=BEGINS + timedelta(hours=10), found_how="police", harm="", lapses=frozenset()
    )
)
HOUR = timedelta(hours=1)


class Diary:
    """A journal of one episode with moments that come in their order; hours count from the report."""

    def __init__(self, episode: Episode) -> None:
        self.order, self.moments = count(), list[tuple[datetime, int, Callable[[datetime], None]]]()
        self.episode, self.facts = episode, Facts()
        self.journal = Journal(self.plan, lambda _key: None, {CASE: episode})
        self.journal.opened(episode, CASE)

    def plan(self, at: datetime, deed: Callable[[datetime], None]) -> None:
        heapq.heappush(self.moments, (at, next(self.order), deed))

    def until(self, hours: float) -> datetime:
        now = BEGINS + hours * HOUR
        while self.moments and self.moments[0][0] <= now:
            at, _order, deed = heapq.heappop(self.moments)
            deed(at)
        return now

    def step(self, hours: float, level: str = "", opened: str = "", said: str = "") -> None:
        """The case moves: a grade holds, a task is opened, or something is said."""
        now = self.until(hours)
        if level:
            self.facts = Facts({"risk": {"": {"level": level}}})
        row, event = SimpleNamespace(element=opened), SimpleNamespace(activity=said)
        step: Any = SimpleNamespace(case_id=CASE, facts=self.facts, now=now, opened=(row,), events=(event,))
        self.journal.observe(step)
        self.journal.happened(step)

    def done(self, hours: float, element: str) -> None:
        row: Any = SimpleNamespace(element=element, case_id=CASE)
        now = self.until(hours)
        task: Any = SimpleNamespace(
            row=row, episode=self.episode, of=self.episode, now=now, lapsed=frozenset(), facts=self.facts
        )
        self.journal.done(task)

    def broken(self, hours: float) -> dict[str, float]:
        """Give the promises that are broken by then, and since when."""
        self.until(hours)
        return {each.promise: (each.at - BEGINS) / HOUR for each in self.journal.labels}


def test_a_stretch_of_the_search_is_measured_by_the_grade_that_held_when_it_began() -> None:
    diary = Diary(GONE)
    diary.step(0.25, level="low")
    diary.done(0.25, "decide_risk_grade")
    diary.step(3, level="medium")
    diary.done(3.5, "review_case")
    assert diary.broken(7) == {}
    assert diary.broken(10) == {"G-22": 7.5}


@pytest.mark.parametrize(("raised", "since"), [(None, 1.5), (0.1, 0.75), (0.5, 1.0)])
def test_the_caller_is_told_by_the_time_of_the_grade_that_holds(raised: float | None, since: float) -> None:
    """High asks for somebody in 15 minutes, else in an hour; when it is raised later, at once. Then there is half an hour."""
    diary = Diary(GONE)
    diary.step(0, opened="record_attendance")
    diary.step(0.05, level="medium")
    if raised:
        diary.step(raised, level="high")
    assert diary.broken(2) == {"G-23": since}


@pytest.mark.parametrize(
    ("lapses", "lapse"), [(frozenset(), "nobody came"), (frozenset({"caller_forgotten"}), "caller_forgotten")]
)
def test_a_caller_who_was_forgotten_is_told_apart_from_one_to_whom_nobody_came(
    lapses: frozenset[str], lapse: str
) -> None:
    diary = Diary(GONE._replace(lapses=lapses))
    diary.step(0, opened="record_attendance")
    diary.until(2)
    assert [each.lapse for each in diary.journal.labels] == [lapse]


@pytest.mark.parametrize(("came", "broken"), [(0.9, {}), (1.2, {}), (1.6, {"G-23": 1.5})])
def test_the_caller_is_told_where_somebody_comes(came: float, broken: dict[str, float]) -> None:
    diary = Diary(GONE)
    diary.step(0, opened="record_attendance")
    diary.done(came, "record_attendance")
    assert diary.broken(3) == broken


@pytest.mark.parametrize(("typed", "broken"), [(82.5, {}), (83.5, {"G-02": 82})])
def test_an_interview_counts_from_when_it_was_held_and_not_from_when_it_was_typed(
    typed: float, broken: dict[str, float]
) -> None:
    """The child is back after 10 hours, and the interview was tried an hour before it was written down."""
    diary = Diary(GONE)
    diary.done(10, "record_return")
    assert diary.broken(82.2) == {"G-02": 82}
    diary.done(typed, "hold_return_interview")
    assert diary.broken(90) == broken


def test_who_has_come_of_age_is_owed_no_interview() -> None:
    grown = GONE._replace(child=GONE.child._replace(born_on=BEGINS.date().replace(year=BEGINS.year - 18)))
    assert GONE.is_of_a_child
    assert not grown.is_of_a_child
    diary = Diary(grown)
    diary.done(10, "record_return")
    assert diary.broken(90) == {}


@pytest.mark.parametrize(("dropped", "broken"), [(20, {}), (40, {}), (None, {"G-51": 32})])
def test_a_meeting_of_which_the_reason_fell_away_is_owed_no_more(
    dropped: float | None, broken: dict[str, float]
) -> None:
    """It was called for after eight hours, when the child was missing for another 30: within 24 hours."""
    diary = Diary(GONE._replace(returned_at=BEGINS + 38 * HOUR))
    diary.step(8, said="MeetingTriggered")
    assert diary.broken(31) == {}
    if dropped:
        diary.step(dropped, said="MeetingNotNeeded")
    assert diary.broken(50) == broken
