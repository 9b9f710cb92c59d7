"""Clocks that managers put on a step in the browser, held as promises: each in its own words, by the release of the case (domain.md 7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from engine.library import Library
from engine.process import Node
from engine.provenance import fields_read
from engine.release import Compiled
from engine.store import ERASED, CaseTable, EventTable, FactTable, TaskTable
from engine.values import loads
from engine.verification import read_event
from engine.views import EventRow
from workflows.promises.model import Outcome, Promise, State, Verdict, by, worst
from workflows.promises.record import limit_of, runs_of
from workflows.withheld import UNSAID

OWN = re.compile(r"L-\d+")
"""What a clock is called that was put on a step in the browser (`bpmn/README.md`)."""
SOURCE = "A clock that managers put on this step"
WHY_LATE = "late_reason"
"""The question of a step's form that asks why it was late."""


@frozen
class Logged:
    """What is read of some cases: the events of these clocks, and by case and number the tasks on which they stand, with why each was late."""

    events: Mapping[str, Sequence[EventRow]]
    tasks: Mapping[tuple[str, int], tuple[str, datetime | None, str]]


def clocks_of(release: Compiled) -> dict[str, Promise]:
    """Give what the clocks of a release promise that managers put on a step, by the id of their event."""
    found = {}
    for node in release.nodes.values():
        if node.is_deadline and OWN.fullmatch(name := release.deadline_name(node)):
            words, step = node.properties.get("asks") or node.name, release.nodes[node.attached_to]
            found[node.id] = Promise(
                name,
                words[:1].upper() + words[1:],
                "M",
                SOURCE,
                (step.role,) if step.role else (),
                reason_class=release.data_class(step.record, WHY_LATE),
                known_to=_classes(release, node, step) & UNSAID,
            )
    return found


def check_own(
    connection: sa.Connection, library: Library, case_ids: Sequence[str], *, now: datetime
) -> Iterator[Verdict]:
    """Give what became of each such clock in each of these cases: kept, pending or broken, by its limit there.

    What was withdrawn within its time was not owed. A step that is no person's task says nowhere when it was done: it was kept where
    its clock did not ring when it was due.
    """
    case = CaseTable
    asked = sa.select(case.id, case.release_id).where(case.id.in_(case_ids), case.status != ERASED)
    releases = {row.id: row.release_id for row in connection.execute(asked)}
    clocks = {release_id: clocks_of(library.get(release_id)) for release_id in set(releases.values())}
    found = {each: clocks[releases[each]] for each in case_ids if clocks.get(releases.get(each, 0))}
    if not found:
        return
    logged = _read(connection, found)
    for case_id, promises in found.items():
        for element, promise in promises.items():
            runs = runs_of(logged.events.get(case_id, ()), element)
            outcome = worst(each for run in runs for each in _outcome(case_id, run, logged, now))
            if outcome is not None:
                yield Verdict(promise, case_id, outcome.state, outcome.due_at, outcome.done_at, outcome.reason)


def _outcome(case_id: str, run: Sequence[EventRow], logged: Logged, now: datetime) -> Iterator[Outcome]:
    limit = limit_of(run)
    status, ended, reason = logged.tasks.get((case_id, int(run[0].data.get("host", 0))), ("", None, ""))
    if limit is None:
        return
    if status in {"open", "completed"}:
        yield by(limit, ended, now, reason=reason)
    elif status and ended is not None:
        if ended > limit:
            yield Outcome(State.BROKEN, limit, None, reason)
    elif not status:
        rang = any(event.kind == "timer_fired" and event.at >= limit for event in run)
        yield Outcome(State.BROKEN if rang else State.KEPT if now > limit else State.PENDING, limit)


def _classes(release: Compiled, clock: Node, step: Node) -> frozenset[str]:
    """Name the data classes of what a step asks for, and of the moment from which its clock counts."""
    form = release.forms.get(step.form)
    asked = {(step.record, field.key) for field in form.fields} if form is not None else set()
    read = {each for each in fields_read(clock.timer_text) if each[0] in release.provenance.fields}
    return frozenset(release.data_class(*place) for place in asked | read)


def _read(connection: sa.Connection, clocks: Mapping[str, Mapping[str, Promise]]) -> Logged:
    """Read the events of some clocks and the tasks on which they stand; three statements."""
    event, task, fact = EventTable, TaskTable, FactTable
    elements = {element for promises in clocks.values() for element in promises}
    asked = sa.select(event.__table__).where(event.case_id.in_(clocks), event.element.in_(elements))
    events: dict[str, list[EventRow]] = defaultdict(list)
    for row in connection.execute(asked.order_by(event.case_id, event.seq)):
        events[row.case_id].append(read_event(row))
    why = sa.select(fact.case_id, fact.record, fact.record_key, fact.value).where(
        fact.case_id.in_(clocks), fact.field == WHY_LATE
    )
    late = {(row.case_id, row.record, row.record_key): row.value for row in connection.execute(why.order_by(fact.seq))}
    numbers = {int(each.data.get("host", 0)) for some in events.values() for each in some}
    hosts = sa.select(task.case_id, task.number, task.record, task.record_key, task.status, task.completed_at)
    tasks = {}
    for row in connection.execute(hosts.where(task.case_id.in_(clocks), task.number.in_(numbers))):
        said = late.get((row.case_id, row.record, row.record_key))
        tasks[row.case_id, row.number] = (row.status, row.completed_at, str(loads(said) or "") if said else "")
    return Logged(events, tasks)
