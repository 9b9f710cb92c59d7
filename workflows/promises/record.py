"""What the log tells of one episode: its events, and every value that its facts had, each with the event that wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import sqlalchemy as sa

from engine import values
from engine.frozen import frozen
from engine.model import Value
from engine.store import EventTable, FactTable
from engine.views import EventRow
from workflows.episodes import ADULT_FROM, Episode
from workflows.promises import reads


@frozen
class Said:
    """A value of a fact, and the event that wrote it."""

    event: EventRow
    value: Value


@frozen
class Other:
    """Another search for the same child; `ended_at` is None while it goes on."""

    case_id: str
    began_at: datetime
    ended_at: datetime | None


@frozen
class HomeEvent:
    """A serious event at a home: whether there is a home at all, when the inspectorate was told, and why late."""

    in_a_home: bool
    told_at: datetime | None
    why_late: str


@frozen
class Beside:
    """What other cases tell that a promise to this child rests on.

    `searches` are the others for the child, `planned_at` is when each version of a trigger plan came into force, `meetings` are
    the moments at which a daily meeting began, `met` those of the meetings that dealt with the episode, `events` the serious
    events at a home that it has passed on, and `protections` when the child was taken into police protection after this report and
    before the next one, and when each ended. `referrals` are those to social care that come from it, each as its fields stand, and
    `support` the discussions of further support that this report has asked for: until when the clock of each gave, and when it was held;
    `flag_reviews` the looks at the flags that this episode was the first to decide, in the same way.
    """

    searches: Sequence[Other] = ()
    planned_at: tuple[datetime, ...] = ()
    met: frozenset[datetime] = frozenset()
    meetings: tuple[datetime, ...] = ()
    events: tuple[HomeEvent, ...] = ()
    protections: tuple[tuple[datetime, datetime | None], ...] = ()
    referrals: Sequence[Mapping[str, Value]] = ()
    support: tuple[tuple[datetime | None, datetime | None], ...] = ()
    flag_reviews: tuple[tuple[datetime | None, datetime | None], ...] = ()


@dataclass(slots=True)
class Record:
    """One episode as the log tells it until `now`; `episode` is drawn from the same."""

    episode: Episode
    events: Sequence[EventRow]
    said: Mapping[tuple[str, str, str], Sequence[Said]]
    beside: Beside
    now: datetime

    @property
    def opened_at(self) -> datetime:
        """Give when the case was opened."""
        return self.episode.opened_at

    @property
    def over(self) -> bool:
        """Tell whether the case is closed."""
        return self.episode.case_closed_at is not None

    @property
    def back_at(self) -> datetime | None:
        """Give when the child came back alive, as people say it."""
        return None if self.last("found", "found_how") == "deceased" else self.episode.returned_at

    @property
    def is_child(self) -> bool:
        """Tell whether the child's safeguards hold: unless a date of birth says otherwise (13.10)."""
        age = self.last("known", "age")
        return not isinstance(age, int) or age < ADULT_FROM

    @property
    def missing_until(self) -> datetime:
        """Give until when the search went on, as far as is known now."""
        return self.episode.returned_at or self.episode.case_closed_at or self.now

    def every(self, word: str) -> list[EventRow]:
        """Give the events that say a word of the domain, the first one first."""
        return [event for event in self.events if event.activity == word]

    def first(self, word: str) -> datetime | None:
        """Give when a word was said first."""
        return next((event.at for event in self.events if event.activity == word), None)

    def history(self, record: str, name: str, key: str = "") -> Sequence[Said]:
        """Give every value that a field had, the first one first; refused with `LookupError` where none of it is read."""
        if name not in reads.FIELDS.get(record, ()):
            message = f"{record}.{name} is not among what is read for the checks (reads.FIELDS)"
            raise LookupError(message)
        return self.said.get((record, key, name), ())

    def last(self, record: str, name: str, key: str = "") -> Value:
        """Give what a field says now."""
        found = self.history(record, name, key)
        return found[-1].value if found else None

    def written_at(self, record: str, name: str, key: str = "") -> datetime | None:
        """Give when a field was first given a value."""
        return next((said.event.at for said in self.history(record, name, key) if said.value is not None), None)

    def keys(self, record: str) -> list[str]:
        """Give the keys of a record that repeats, in the order in which they were begun; refused with `LookupError` likewise."""
        if record not in reads.FIELDS:
            message = f"{record} is not among what is read for the checks (reads.FIELDS)"
            raise LookupError(message)
        begun: dict[str, int] = {}
        for (name, key, _field), said in self.said.items():
            if name == record and said:
                begun[key] = min(begun.get(key, said[0].event.seq), said[0].event.seq)
        return sorted(begun, key=lambda key: begun[key])

    def runs(self, clock: str) -> list[Sequence[EventRow]]:
        """Give what the log says of each run of a clock: when it was set, moved and rang; refused with `LookupError` likewise."""
        if clock not in reads.CLOCKS:
            message = f"{clock} is not among what is read for the checks (reads.CLOCKS)"
            raise LookupError(message)
        return runs_of(self.events, clock)

    def opened(self, element: str) -> list[EventRow]:
        """Give each time that a task was opened, the first one first; refused with `LookupError` likewise."""
        if element not in reads.TASKS:
            message = f"{element} is not among what is read for the checks (reads.TASKS)"
            raise LookupError(message)
        return [event for event in self.events if event.kind == "task_opened" and event.element == element]

    def limit(self, clock: str) -> datetime | None:
        """Give by when the first run of a clock was due, as the release of the case had it; None where it never ran, or was never due."""
        return next((limit_of(run) for run in self.runs(clock)), None)

    def allowed(self, *clocks: str, after: int = 0) -> timedelta | None:
        """Give how long the release gave: by the first run of these clocks that was set by an event behind `after`."""
        runs = (run for clock in clocks for run in self.runs(clock) if run[0].seq > after)
        return next((_span(run[0]) for run in runs), None)

    def each(self, record: str, name: str) -> Iterator[tuple[str, Said]]:
        """Give what a field says now in every occurrence of a record, with the event that wrote it."""
        for key in self.keys(record):
            if found := self.history(record, name, key):
                yield key, found[-1]


def runs_of(events: Iterable[EventRow], clock: str) -> list[Sequence[EventRow]]:
    """Give what events say of each run of a clock: when it was set, moved and rang."""
    found: list[list[EventRow]] = []
    for event in events:
        if event.element == clock and event.kind in {"timer_armed", "timer_waiting"}:
            found.append([event])
        elif event.element == clock and event.kind in {"timer_moved", "timer_fired"} and found:
            host = event.data.get("host")
            next((run for run in reversed(found) if run[0].data.get("host") == host), found[-1]).append(event)
    return list(found)


def limit_of(run: Sequence[EventRow]) -> datetime | None:
    """Give by when a run of a clock was due, after the facts that have moved it; None where nothing was due.

    Where a fact, such as a high grade, makes the time shorter, all of the shorter time is given from then on, and no more than was left.
    One that makes it longer when it is over already, such as a lower grade, gives no more; where the moment from which it counts is put
    right, the time counts from there.
    """
    limit = began = None
    for event in run:
        due, span = moment_in(event, "due_at"), _span(event)
        if event.kind == "timer_fired":
            continue
        if limit is not None and due is not None and span is not None:
            if due < limit:
                due = min(limit, max(due, event.at + span))
            elif limit < event.at and began == moment_in(event, "clock"):
                due = limit
        limit, began = due, moment_in(event, "clock")
    return limit


def moment_in(event: EventRow, name: str) -> datetime | None:
    """Give a moment that an event of a clock holds."""
    said = event.data.get(name)
    return datetime.fromisoformat(said) if isinstance(said, str) and said else None


def _span(event: EventRow) -> timedelta | None:
    """Give how long a clock was to run, when it was set or moved."""
    due, began = moment_in(event, "due_at"), moment_in(event, "clock")
    return None if due is None or began is None else due - began


Facts = dict[tuple[str, str, str], list[Said]]


def logs(connection: sa.Connection, case_ids: Sequence[str]) -> Iterator[tuple[str, list[EventRow], Facts]]:
    """Read of some cases what the checks read (`reads`), the events and the values; two statements."""
    told: dict[str, list[EventRow]] = defaultdict(list)
    event = EventTable
    asked = sa.select(*_told(), event.data).where(event.case_id.in_(case_ids), reads.EVENTS)
    for row in connection.execute(asked.order_by(event.case_id, event.seq)):
        told[row.case_id].append(_event(row, row.data))
    facts = _facts(connection, case_ids)
    yield from ((case_id, told[case_id], facts[case_id]) for case_id in case_ids)


def _facts(connection: sa.Connection, some: Sequence[str]) -> dict[str, Facts]:
    found: dict[str, Facts] = defaultdict(lambda: defaultdict(list))
    fact, event = FactTable, EventTable
    wrote = sa.and_(event.case_id == fact.case_id, event.seq == fact.seq)
    asked = sa.select(*_told(), fact.record, fact.record_key, fact.field, fact.value).join_from(fact, event, wrote)
    for row in connection.execute(asked.where(fact.case_id.in_(some), reads.FACTS).order_by(fact.case_id, fact.seq)):
        said = Said(_event(row), values.loads(row.value))
        found[row.case_id][row.record, row.record_key, row.field].append(said)
    return found


def _told() -> tuple[sa.ColumnElement[Any], ...]:
    event = EventTable
    return (event.case_id, event.seq, event.at, event.kind, event.activity, event.element, event.task, event.by)


def _event(row: Any, data: bytes = b"{}") -> EventRow:
    """Give an event without what no check reads; whether its log is whole is another check (`engine.verification`)."""
    told = (row.case_id, row.seq, row.at, row.kind, row.activity, row.element, "", row.task, row.by)
    return EventRow(*told, orjson.loads(data))


def gaps(moments: Iterable[datetime]) -> list[tuple[datetime, timedelta]]:
    """Give each stretch between moments that follow each other: where it begins, and how long it is."""
    ordered = sorted(moments)
    return [(one, following - one) for one, following in pairwise(ordered)]
