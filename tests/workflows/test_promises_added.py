"""What people of the field have added is held to the log: kept, pending and broken, by the limits that the clocks of the case had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from engine.views import EventRow
from tests.workflows.steps import an_event
from workflows.promises import added, search
from workflows.promises.model import State, worst
from workflows.promises.record import Beside, Record, Said, limit_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEPT, PENDING, BROKEN = State.KEPT, State.PENDING, State.BROKEN


@dataclass
class Log:
    """A log that is written by hand; minutes count from noon."""

    facts: Mapping[tuple[str, str, str], Any]
    events: tuple[EventRow, ...] = ()
    now: int = 60
    back: int | None = None
    closed: int | None = None

    def of(self, check: Any) -> State | None:
        episode: Any = SimpleNamespace(
            opened_at=NOON, returned_at=moment(self.back), case_closed_at=moment(self.closed)
        )
        said = {
            place: (Said(an_event("facts_written", NOON + timedelta(minutes=20), seq=number), value),)
            for number, (place, value) in enumerate(self.facts.items(), 50)
        }
        told = worst(check(Record(episode, self.events, said, Beside(), moment(self.now) or NOON)))
        return None if told is None else told.state


def moment(minutes: int | None) -> datetime | None:
    return None if minutes is None else NOON + timedelta(minutes=minutes)


def paged(due: int, moved: int | None = None, done: int | None = None) -> tuple[EventRow, ...]:
    """The handover was asked for at noon, with a clock that its release had set."""
    clock = "handover_clock_rang"
    found = [
        an_event("task_opened", NOON, seq=1, element="acknowledge_handover", task=4),
        an_event("timer_armed", NOON, seq=2, element=clock, due_at=(NOON + timedelta(minutes=due)).isoformat()),
    ]
    if moved is not None:
        limit = (NOON + timedelta(minutes=moved)).isoformat()
        found.append(an_event("timer_moved", NOON, seq=3, element=clock, due_at=limit))
    if done is not None:
        at = NOON + timedelta(minutes=done)
        found.append(an_event("task_completed", at, seq=4, element="acknowledge_handover", task=4))
    return tuple(found)


def rang(*rings: tuple[int, int | None], armed_after: int = 0) -> tuple[EventRow, ...]:
    """The page went off after so many minutes, and said after how many it goes off next; the answer is due after 45."""
    told = [
        an_event(
            "timer_fired", NOON + timedelta(minutes=at), seq=4, element="handover_clock_rang", urgent=True,
            next_at=None if following is None else (NOON + timedelta(minutes=following)).isoformat(),
        )
        for at, following in rings
    ]  # fmt: skip
    opened, armed = paged(45)
    at = NOON + timedelta(minutes=armed_after)
    return (opened, replace(armed, at=at, data={**armed.data, "at": NOON.isoformat()}), *told)


IN_CARE = {("known", "", "looked_after"): True}
WITHHELD = IN_CARE | {("parents_told", "", "outcome"): "withheld"}
DECIDED = {
    ("parents_told", "", "decided_by"): "T. Manager",
    ("parents_told", "", "reason"): "The father threatened her",
}
TAKEN = {("handover", "", "read"): "yes"}
"""After 20 minutes: in time or late by the clock of the case's own release, and by no number of the program."""
LEFT = {("action", "1", "what"): "Ask the driver"}
SIGN = (
    an_event("task_opened", NOON, seq=1, element="decide_on_sign", task=9),
    an_event("timer_armed", NOON, seq=2, element="protection_clock_rang", due_at="2026-03-02T13:00:00+00:00"),
)
ANSWER = {("protection_decision", "cse", "investigate"): "yes", ("protection_decision", "cse", "reason"): "Known to us"}


@pytest.mark.parametrize(
    ("check", "log", "state"),
    [
        (added.told_or_decided, Log(IN_CARE | {("parents_told", "", "outcome"): "told"}), KEPT),
        (added.told_or_decided, Log(WITHHELD | DECIDED), KEPT),
        (added.told_or_decided, Log(WITHHELD), BROKEN),
        (added.told_or_decided, Log(IN_CARE), PENDING),
        (added.told_or_decided, Log(IN_CARE, back=10), None),
        (added.answered, Log({}, paged(15, done=14)), KEPT),
        (added.answered, Log({}, paged(15, done=16)), BROKEN),
        (added.answered, Log({}, paged(15), now=10), PENDING),
        (added.answered, Log({}, paged(15), now=16), BROKEN),
        (added.answered, Log({}, paged(15, moved=5, done=6)), BROKEN),
        (added.answered, Log({}, paged(45, done=40)), KEPT),
        (added.answered, Log({}, rang((0, 5), (5, 10), (11, 16)), now=20), PENDING),
        (added.answered, Log({}, rang((0, 5), (5, 10)), now=20), BROKEN),
        (added.answered, Log({}, rang((0, 5), (11, 16)), now=20), BROKEN),
        (added.answered, Log({}, rang((11, 16), armed_after=11), now=20), PENDING),  # nobody could be paged before
        (added.answered, Log({}, rang((0, 5), (5, None)), now=20), BROKEN),
        (added.answered, Log({}, rang(), now=20), BROKEN),
        (search.handover, Log(TAKEN, paged(45)), KEPT),
        (search.handover, Log(TAKEN, paged(15)), BROKEN),
        (search.handover, Log({}, paged(45), now=40), PENDING),
        (search.handover, Log({}, paged(15), now=16), BROKEN),
        (added.carried_over, Log(LEFT, back=30), PENDING),
        (added.carried_over, Log(LEFT, back=30, closed=50), BROKEN),
        (added.carried_over, Log(LEFT | {("case_closure", "", "actions_handed_over"): "Her worker"}, back=30, closed=50), KEPT),
        (added.carried_over, Log(LEFT | {("action_result", "1", "result_code"): "done"}, back=30, closed=50), None),
        (added.result_came_back, Log(ANSWER, SIGN), KEPT),
        (added.result_came_back, Log({}, SIGN, now=59), PENDING),
        (added.result_came_back, Log({}, SIGN, now=61), BROKEN),
        (added.result_came_back, Log({}), None),
    ],
)  # fmt: skip
def test_what_was_added_is_held_to_the_log(check: Any, log: Log, state: State | None) -> None:
    assert log.of(check) == state


@pytest.mark.parametrize(("raised", "limit"), [(2, 7), (6, 11), (12, 15)])
def test_who_hears_late_that_it_is_urgent_has_all_of_the_shorter_time_and_no_more_than_was_left(
    raised: int, limit: int
) -> None:
    """The grade becomes high so many minutes after the opening, and the clock of the handover goes from 15 to 5 minutes."""
    since = {"clock": NOON.isoformat()}
    armed = replace(paged(15)[1], data={**paged(15)[1].data, **since})
    moved = an_event("timer_moved", NOON + timedelta(minutes=raised), seq=3, element="handover_clock_rang")
    moved = replace(moved, data={**since, "due_at": (NOON + timedelta(minutes=5)).isoformat()})
    assert limit_of((armed, moved)) == NOON + timedelta(minutes=limit)


@pytest.mark.parametrize(("lowered", "begins", "limit"), [(14, 0, 240), (16, 0, 15), (16, 10, 250)])
def test_a_time_that_is_over_is_not_given_back_by_a_lower_grade_but_by_the_right_moment(
    lowered: int, begins: int, limit: int
) -> None:
    """After so many minutes the clock goes from 15 minutes to four hours, counted from noon or from a moment that was put right."""
    armed = replace(paged(15)[1], data={**paged(15)[1].data, "clock": NOON.isoformat()})
    moved = an_event("timer_moved", NOON + timedelta(minutes=lowered), seq=3, element="handover_clock_rang")
    since = NOON + timedelta(minutes=begins)
    due = (since + timedelta(hours=4)).isoformat()
    moved = replace(moved, data={"clock": since.isoformat(), "due_at": due})
    assert limit_of((armed, moved)) == NOON + timedelta(minutes=limit)


def test_the_caller_is_told_in_the_minute_in_which_the_clock_has_rung() -> None:
    """People say whole minutes, and a clock that is late already rings at any second."""
    at = NOON + timedelta(minutes=20, seconds=40)
    rung = an_event("timer_fired", at, seq=4, element="call_back_clock_rang", deadline="T-04", step="due")
    told = Log({("attendance", "1", "at"): NOON + timedelta(minutes=20)}, (rung,), back=300, now=200)
    assert told.of(search.caller_told) == KEPT
    assert Log({}, (rung,), back=300, now=200).of(search.caller_told) == BROKEN


@pytest.mark.parametrize(
    "asked",
    [
        lambda record: record.history("known", "shoe_size"),
        lambda record: record.keys("shoes"),
        lambda record: record.runs("shoe_clock_rang"),
        lambda record: record.opened("tie_shoes"),
    ],
)
def test_what_is_not_read_of_the_log_is_refused_and_not_found_empty(asked: Any) -> None:
    with pytest.raises(LookupError, match="not among what is read"):
        Log({}).of(asked)
