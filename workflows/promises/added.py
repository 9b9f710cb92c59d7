"""Checks of what people of the field have added (domain.md 13): their limits are those that the clocks of the case had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from engine.views import EventRow
from workflows.promises.model import Outcome, State, by, in_the_end, kept_if
from workflows.promises.record import Record, limit_of, moment_in

PAGED = (
    ("handover_clock_rang", "acknowledge_handover"),
    ("alert_clock_rang", "consider_rescue_alert"),
    ("chief_review_clock_rang", "review_as_chief"),
    ("superintendent_review_clock_rang", "review_as_superintendent"),
    ("disclosure_clock_rang", "pass_disclosure"),
)
"""The clocks that page (13.5: T-03, T-10, T-14, T-28), each with the element whose task it stands on."""

LEFT_OUT = timedelta(minutes=5)
"""A page that comes so late has been left out once: the shortest pause between two of them (T-03)."""


def told_or_decided(record: Record) -> Iterable[Outcome]:
    """G-47: parents and carers of a child in care are told, unless a person who is named decided that this endangers the child (13.2)."""
    outcome = record.last("parents_told", "outcome")
    if outcome is not None:
        decided = all(str(record.last("parents_told", name) or "").strip() for name in ("decided_by", "reason"))
        yield kept_if(outcome == "told" or decided, done_at=record.written_at("parents_told", "outcome"))
    elif record.is_child and record.last("known", "looked_after") is True and record.episode.returned_at is None:
        yield Outcome(State.BROKEN if record.over else State.PENDING)


def answered(record: Record) -> Iterable[Outcome]:
    """G-48: what pages somebody is answered by when its clock says, and pages again until then; what is needed no more is owed no more (13.5)."""
    for clock, element in PAGED:
        for opened, run in zip(record.opened(element), record.runs(clock), strict=False):
            due = limit_of(run)
            done = next((e.at for e in record.events if e.kind == "task_completed" and e.task == opened.task), None)
            ended = record.missing_until if element not in {"acknowledge_handover", "pass_disclosure"} else record.now
            if due is not None and (done is not None or ended > due or ended == record.now):
                yield by(due, done, record.now, over=record.over)
                if (silent := _silent_at(run, done or min(ended, record.now))) is not None:
                    yield Outcome(State.BROKEN, silent)


def support_discussed(record: Record) -> Iterable[Outcome]:
    """G-49: from the second report on, somebody talks in time about what would help the child (13.6, 2.2)."""
    for due, held in record.beside.support:
        if due is not None:
            yield by(due, held, record.now)


def carried_over(record: Record) -> Iterable[Outcome]:
    """G-50: unfinished actions of the search are asked about when the case closes, and somebody has each of them (13.9)."""
    done = {key for key, said in record.each("action_result", "result_code") if said.value != "not_done"}
    if record.episode.returned_at is not None and set(record.keys("action")) - done:
        asked = str(record.last("case_closure", "actions_handed_over") or "").strip()
        yield in_the_end(record.written_at("case_closure", "actions_handed_over") if asked else None, over=record.over)


def result_came_back(record: Record) -> Iterable[Outcome]:
    """G-52: public protection says in time whether it investigates, and why (13.8)."""
    first = record.limit("protection_clock_rang")
    if record.opened("decide_on_sign") and first is not None:
        answers = (
            said.event.at
            for key, said in record.each("protection_decision", "investigate")
            if str(record.last("protection_decision", "reason", key) or "").strip()
        )
        yield by(first, min(answers, default=None), record.now, over=record.over)


def flags_reviewed(record: Record) -> Iterable[Outcome]:
    """G-53: a flag that stands is looked at again by when its clock says, each time, until it ends (13.8)."""
    for due, done in record.beside.flag_reviews:
        if due is not None:
            yield by(due, done, record.now)


def _silent_at(run: Sequence[EventRow], until: datetime) -> datetime | None:
    """Give when somebody should have been paged and was not, while the answer was owed; None where each page came, and came again.

    A log of a release before says at no ring when the next one is: there nothing is held to it. What should have been before the
    clock was set could only come then.
    """
    for event, following in zip_longest(run, run[1:]):
        rang = event.kind == "timer_fired"
        if rang and ("next_at" not in event.data or not event.data.get("urgent")):
            continue
        awaited = moment_in(event, "next_at" if rang else "at")
        awaited = awaited and max(awaited, event.at)
        if awaited is None and rang and until - event.at > LEFT_OUT:
            return event.at
        late = awaited is not None and min(until, following.at if following else until) - awaited > LEFT_OUT
        if late and (following is None or following.kind == "timer_moved" or following.data.get("urgent")):
            return awaited
    return None
