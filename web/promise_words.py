"""What became of the promises, in words: by promise for a period, and one by one for a case."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from engine.errors import CaseNotFound
from engine.frozen import frozen
from engine.library import Library
from engine.store import reading
from web import periods
from web.moments import say_key, say_moment
from workflows.agencies import title_of
from workflows.promises import PROMISES, Promise, State, Verdict, check, check_period
from workflows.vocabulary import BREACH_REASON, DATA_CLASS

COLOURS = {State.KEPT: "green", State.PENDING: "blue", State.BROKEN: "red"}
SEVERITIES = {"C": "Critical", "H": "High", "M": "Medium"}


@frozen
class Line:
    """One promise over a period; `share` says how many of those that are decided were kept."""

    promise: Promise
    severity: str
    own: bool
    kept: int
    pending: int
    broken: int
    share: str


@frozen
class Row:
    """One promise in one case; `reason` is empty where none was recorded, or where the reader may not read it."""

    promise: Promise
    case_id: str
    state: str
    colour: str
    due: str
    done: str
    answers: str
    reason: str


def lines(verdicts: Iterable[Verdict]) -> list[Line]:
    """Count the verdicts by promise, in the order of the promises; those that were owed to nobody are left out.

    Behind them come the clocks that managers put on a step, by number and words: a later release may use a number again.
    """
    all_of = list(verdicts)
    count = Counter((_called(verdict.promise), verdict.state) for verdict in all_of)
    own = {_called(each.promise): each.promise for each in all_of if each.promise.check is None}
    found = []
    for promise in (*PROMISES, *(own[called] for called in sorted(own))):
        kept, pending, broken = (count[_called(promise), state] for state in State)
        if kept or pending or broken:
            share = f"{100 * kept / (kept + broken):.0f}%" if kept or broken else ""
            is_own = _called(promise) in own
            found.append(Line(promise, SEVERITIES[promise.severity], is_own, kept, pending, broken, share))
    return found


def of_one(verdicts: Iterable[Verdict], promise: str, asks: str) -> list[Verdict]:
    """Give the verdicts on one promise; `asks` are the words of a clock that managers put on a step, else empty."""
    return [each for each in verdicts if each.promise.id == promise and (not asks or each.promise.words == asks)]


def _called(promise: Promise) -> tuple[str, str]:
    return promise.id, promise.words


def rows(verdicts: Iterable[Verdict], classes: frozenset[str]) -> list[Row]:
    """Say each verdict of which a reader of these data classes may know, what was broken first; a reason only where its class is among them."""
    known = (each for each in verdicts if each.promise.known_to <= classes)
    ordered = sorted(known, key=lambda one: (-list(State).index(one.state), "CHM".index(one.promise.severity)))
    return [_row(verdict, classes) for verdict in ordered]


def unchecked() -> Sequence[Promise]:
    """Give the promises of which the log of an episode says nothing."""
    return [promise for promise in PROMISES if promise.check is None]


def told(
    engine: sa.Engine, case_id: str, days: tuple[date | None, date | None], *, as_json: bool, now: datetime
) -> Iterator[str]:
    """Give the lines of `homeward promises`: of one case, or of the episodes that were reported in some days.

    Refuses with `CaseNotFound` a case that is no episode, or that was erased.
    """
    usual = periods.usual(now)
    span = periods.Span(days[0] or usual.first, days[1] or usual.last)
    with reading(engine) as connection:
        library = Library(engine)
        one = check(connection, [case_id], now=now, library=library) if case_id else ()
        verdicts = one if case_id else check_period(connection, span.period, now=now, library=library)
    if case_id and not verdicts:
        raise CaseNotFound(f"There is no episode {case_id} of which a promise could be told.")
    if as_json:
        yield from (json.dumps(_as_json(verdict)) for verdict in verdicts)
    elif case_id:
        for row in rows(verdicts, frozenset(DATA_CLASS)):
            yield f"{row.promise.id}  {row.state:8} {row.promise.words}{f' (due {row.due})' if row.due else ''}"
    else:
        yield f"Episodes that were reported from {span.words}"
        for line in lines(verdicts):
            yield f"{line.promise.id}  broken {line.broken:5}  pending {line.pending:5}  kept {line.kept:5}  {line.promise.words}"


def _as_json(verdict: Verdict) -> dict[str, str | None]:
    moments = {"due_at": verdict.due_at, "done_at": verdict.done_at}
    said = {name: at.isoformat() if at else None for name, at in moments.items()}
    return {"promise": verdict.promise.id, "case": verdict.case_id, "state": verdict.state.value, **said}


def _row(verdict: Verdict, classes: frozenset[str]) -> Row:
    reason = verdict.reason if verdict.promise.reason_class in classes else ""
    return Row(
        promise=verdict.promise,
        case_id=verdict.case_id,
        state=say_key(verdict.state.value),
        colour=COLOURS[verdict.state],
        due=say_moment(verdict.due_at) if verdict.due_at else "",
        done=say_moment(verdict.done_at) if verdict.done_at else "",
        answers=", ".join(title_of(role) for role in verdict.promise.answers),
        reason=BREACH_REASON.get(reason, reason),
    )
