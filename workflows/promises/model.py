"""What a promise is, what may become of it in a case, and how a moment decides which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.frozen import frozen

if TYPE_CHECKING:
    from workflows.promises.record import Record


class State(StrEnum):
    """What became of a promise in a case; the worst of several is that of the case."""

    KEPT = "kept"
    PENDING = "pending"
    BROKEN = "broken"


ORDER = (State.KEPT, State.PENDING, State.BROKEN)


@frozen
class Outcome:
    """What became of a promise once: by when it had to be kept, when it was, and the recorded reason where it was not."""

    state: State
    due_at: datetime | None = None
    done_at: datetime | None = None
    reason: str = ""


Check = Callable[["Record"], Iterable[Outcome]]
"""Gives an outcome for every time that a promise was owed in a case; none where it was not."""


@frozen
class Promise:
    """One promise of domain.md 8.

    `severity` is ``C`` critical, ``H`` high or ``M`` medium. `model` says that it also holds of the drawings. `answers`
    are the roles that answer for it, `reason_class` the data class of its recorded reasons. Without a `check` nothing of
    the log shows it: `waits_for` says why. Who may not read the data classes `known_to` is not told that there is such a promise.
    """

    id: str
    words: str
    severity: str
    source: str
    answers: tuple[str, ...] = ()
    check: Check | None = None
    model: bool = False
    waits_for: str = ""
    reason_class: str = "D2"
    known_to: frozenset[str] = frozenset()


@frozen
class Verdict:
    """What became of one promise in one case."""

    promise: Promise
    case_id: str
    state: State
    due_at: datetime | None
    done_at: datetime | None
    reason: str


def kept_if(kept: bool, *, done_at: datetime | None = None, reason: str = "") -> Outcome:  # noqa: FBT001 - the one question
    """Give what became of a promise that a fact decides once and for all."""
    return Outcome(State.KEPT if kept else State.BROKEN, None, done_at, reason)


def by(
    due_at: datetime | None, done_at: datetime | None, now: datetime, *, over: bool = False, reason: str = ""
) -> Outcome:
    """Give what became of a promise with a time limit; `over` where nothing can be done any more.

    Where the case had no clock that gives the limit, it is owed all the same, until the end. A reason explains and never keeps a
    promise (domain.md 13.1).
    """
    if due_at is None:
        return in_the_end(done_at, over=over, reason=reason)
    if done_at is not None:
        state = State.KEPT if done_at <= due_at else State.BROKEN
    else:
        state = State.BROKEN if over or now > due_at else State.PENDING
    return Outcome(state, due_at, done_at, "" if state is State.KEPT else reason)


def in_the_end(done_at: datetime | None, *, over: bool, reason: str = "") -> Outcome:
    """Give what became of a promise that has no limit but the end of the case."""
    if done_at is not None:
        return Outcome(State.KEPT, None, done_at)
    return Outcome(State.BROKEN if over else State.PENDING, None, None, reason)


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """Give the outcome that counts for the case: the worst, and of those the one that was due first; None without any."""
    found = list(outcomes)
    if not found:
        return None
    state = max((each.state for each in found), key=ORDER.index)
    alike = [each for each in found if each.state is state]
    dated = [each for each in alike if each.due_at is not None]
    return min(dated, key=lambda each: each.due_at or each.done_at) if dated else alike[0]  # type: ignore[arg-type, return-value]
