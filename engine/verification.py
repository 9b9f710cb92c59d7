"""Checks what is kept of the cases against itself: log, facts, indexes, clocks, and that every open case has a future.

Nothing is repaired here and nothing of a fact's value is told: a finding names the case and the element, and says in a
sentence what to do. Cases are read one by one, a few in each snapshot, so that a large database needs little memory and
the site works on; one case that cannot be read never hides the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from engine import catching, log, ownership, runner, values
from engine.clocks import Winder
from engine.frozen import frozen
from engine.library import Library
from engine.model import ASKED, FOUND, Facts
from engine.runner import Conductor
from engine.store import (
    ERASED,
    AwaitedTable,
    CaseTable,
    EventTable,
    FactTable,
    MessageTable,
    ReasonTable,
    TaskTable,
    snapshot,
)
from engine.views import EventRow

CASES_AT_ONCE = 50
"""Cases that are read in one snapshot: a longer one would hold back what the database clears away."""

EVENTS_AT_ONCE = 500

LATE_AFTER = timedelta(hours=1)
"""How long a clock may be due before somebody should look: a worker fires within seconds, and tries again hourly."""

CASE, EVENT, FACT, REASON, TASK, AWAITED, MESSAGE = (
    table.__table__ for table in (CaseTable, EventTable, FactTable, ReasonTable, TaskTable, AwaitedTable, MessageTable)
)

REBUILD = "Run: homeward rebuild."
COMPARE = "Compare it with a backup of before, and ask who can write to the database."

Holders = Callable[[str], frozenset[str]]
"""Gives the sign-in names of the active people who hold a role."""


@frozen
class Finding:
    """One thing that is not as it must be.

    `check` names the check in words with hyphens, for example ``log-broken``; `case_id` and `element` say where ("" where
    it is about no case, or about a case as a whole); `sentence` says what is wrong and what to do, and nothing personal.
    """

    check: str
    case_id: str
    element: str
    sentence: str

    def __str__(self) -> str:
        """Give the finding as one line: ``MC-7K3QX9PW assess_risk: ... [clock-missing]``."""
        where = " ".join(part for part in (self.case_id, self.element) if part)
        return f"{where or 'database'}: {self.sentence} [{self.check}]"

    def as_json(self) -> dict[str, str]:
        """Give the finding for a machine: ``{"check": ..., "case_id": ..., "element": ..., "sentence": ...}``."""
        return asdict(self)


@frozen
class Overdue:
    """The cases with a clock that is due, and since when the first of them is; `oldest_at` is None where none is."""

    cases: int
    oldest_at: datetime | None


def check(engine: sa.Engine, library: Library, *, holders: Holders, now: datetime) -> Iterator[Finding]:
    """Give everything that is wrong with the cases, case by case in the order of their references."""
    last = ""
    while True:
        with snapshot(engine) as connection:
            page = sa.select(CASE).where(CASE.c.id > last).order_by(CASE.c.id).limit(CASES_AT_ONCE)
            rows = connection.execute(page).all()
            for row in rows:
                yield from _case(connection, library, row, holders, now)
        if len(rows) < CASES_AT_ONCE:
            return
        last = rows[-1].id


def _case(connection: sa.Connection, library: Library, row: Any, holders: Holders, now: datetime) -> list[Finding]:
    """Check one case; one that cannot be read is a finding itself."""
    try:
        findings = list(_log(connection, row))
        if row.status == ERASED:
            return [*findings, *_emptied(connection, row)]
        conductor = runner.restore(library.get(row.release_id), row.state, values.loads(row.facts), now)
        findings += [
            *index_findings(connection, row, conductor),
            *_clocks(row, conductor, now),
            *_future(row, conductor, holders),
            *_asked(connection, row, conductor),
        ]
    except Exception as fault:  # noqa: BLE001 - one broken case never hides the others
        what = type(fault.__cause__ or fault).__name__
        sentence = f"The case cannot be read ({what}): nobody can work on it. {COMPARE}"
        return [Finding("case-unreadable", row.id, "", sentence)]
    return findings


# The log and the facts --------------------------------------------------------------------------------------------------


def _log(connection: sa.Connection, row: Any) -> Iterator[Finding]:
    """Check the chain of a case's log, the digests of its values, and that its facts are what the log wrote."""
    asked = sa.select(FACT).where(FACT.c.case_id == row.id)
    kept = {(each.seq, each.record, each.record_key, each.field): each for each in connection.execute(asked)}
    why = sa.select(REASON).where(REASON.c.case_id == row.id)
    reasons = {each.seq: each for each in connection.execute(why)}
    facts: Facts = {}
    gone = _gone(connection, row)
    head, count, broken = log.GENESIS, 0, False
    statement = sa.select(EVENT).where(EVENT.c.case_id == row.id).order_by(EVENT.c.seq)
    for found in connection.execute(statement, execution_options={"yield_per": EVENTS_AT_ONCE}):
        count += 1
        event = read_event(found)
        head = log.chain(head, event)
        if not broken and (event.seq != count or event.digest != head):
            broken = True
            yield _finding(row, "log-broken", event.element, _broken_at(event, count))
        if event.kind in {"facts_written", "facts_corrected"}:
            yield from _values(row, event, kept, facts, gone)
        yield from _reason(row, event, reasons.pop(event.seq, None), gone)
    if not broken and (head, count) != (row.head, row.seq):
        sentence = (
            f"The log ends at event {count}, and the case was left at event {row.seq}: a part of the log is gone."
        )
        yield _finding(row, "log-head", "", f"{sentence} {COMPARE}")
    for _seq, record, _key, name in kept:
        yield _finding(row, "fact-without-event", record, f"A value of “{name}” was written by no event. {COMPARE}")
    for seq in reasons:
        yield _finding(row, "fact-without-event", "", f"A reason was written by no event (it is of {seq}). {COMPARE}")
    yield from _facts(row, facts)


def _reason(row: Any, event: EventRow, kept: Any, gone: Gone) -> Iterator[Finding]:
    """Check the reason of one event against its digest; of events from before this program it stands in the log itself.

    Why a record was put right went with what was erased of it.
    """
    said = event.data.get(log.REASON)
    digest = said.get("digest") if isinstance(said, dict) else None
    if kept is None and digest is not None and row.status != ERASED and not _went(event, gone):
        yield _finding(row, "reason-missing", event.element, f"The reason of event {event.seq} is gone. {COMPARE}")
    elif kept is not None and log.digest_of(kept.value, kept.salt) != digest:
        sentence = f"The reason of event {event.seq} is not the one that was given. {COMPARE}"
        yield _finding(row, "reason-changed", event.element, sentence)


def read_event(row: Any) -> EventRow:
    """Read an event as the log chained it; data that is no JSON any more is read as empty, so that the chain breaks there."""
    try:
        data = orjson.loads(row.data)
    except orjson.JSONDecodeError:
        data = {}
    told = (row.kind, row.activity, row.element, row.name, row.task, row.by)
    return EventRow(row.case_id, row.seq, row.at, *told, data, row.command, row.digest)


def _broken_at(event: EventRow, expected: int) -> str:
    if event.seq != expected:
        return f"Event {expected} is missing from the log. {COMPARE}"
    return (
        f"Event {event.seq} ({event.kind}) is not what was written then: it, or one before it, was changed. {COMPARE}"
    )


Gone = Mapping[tuple[str, str], list[tuple[int, frozenset[str]]]]
"""What was erased of a case that goes on: by record and key, under which event, and which fields; none where it was all of them."""


def _gone(connection: sa.Connection, row: Any) -> Gone:
    """Name what was erased from a case which goes on, as its log says."""
    asked = sa.select(EVENT.c.seq, EVENT.c.data).where(EVENT.c.case_id == row.id, EVENT.c.kind == "facts_erased")
    found: dict[tuple[str, str], list[tuple[int, frozenset[str]]]] = {}
    for seq, data in connection.execute(asked) if row.status != ERASED else ():
        told = orjson.loads(data)
        place = (str(told.get("record")), str(told.get("key")))
        found.setdefault(place, []).append((seq, frozenset(told.get("fields", ()))))
    return found


def _went(event: EventRow, gone: Gone, name: str = "") -> bool:
    """Whether what an event wrote to a field of its record was erased since; without a name, anything of the record."""
    place = (str(event.data.get("record")), str(event.data.get("key", "")))
    return any(at > event.seq and (not name or not fields or name in fields) for at, fields in gone.get(place, ()))


def _emptied(connection: sa.Connection, row: Any) -> Iterator[Finding]:
    """Check that a case which was erased holds nothing any more, and that its log and a tombstone say so."""
    last = sa.select(EVENT.c.kind).where(EVENT.c.case_id == row.id).order_by(EVENT.c.seq.desc()).limit(1)
    if connection.execute(last).scalar() != "case_erased":
        yield _finding(row, "erased-without-event", "", f"The case is empty, and no two people erased it. {COMPARE}")
    if row.state or _flat(values.loads(row.facts)):
        yield _finding(row, "erased-is-back", "", f"The case was erased, and holds something again. {COMPARE}")


def _values(row: Any, event: EventRow, kept: dict[Any, Any], facts: Facts, gone: Gone) -> Iterator[Finding]:
    """Check the values of one event against its digests, and write them to the facts; what was erased has none."""
    record, key = str(event.data.get("record")), str(event.data.get("key", ""))
    if row.status == ERASED:
        return
    for name, digest in dict(event.data.get("fields", {})).items():
        if _went(event, gone, name):
            continue
        found = kept.pop((event.seq, record, key, name), None)
        if found is None:
            sentence = f"The value of “{name}” that event {event.seq} wrote is gone. {COMPARE}"
            yield _finding(row, "fact-missing", record, sentence)
            continue
        if log.digest_of(found.value, found.salt) != digest:
            sentence = f"The value of “{name}” is not the one that event {event.seq} wrote. {COMPARE}"
            yield _finding(row, "fact-changed", record, sentence)
        facts.setdefault(record, {}).setdefault(key, {})[name] = values.loads(found.value)


def _facts(row: Any, written: Facts) -> Iterator[Finding]:
    """Check the facts with which the case works against those that the log wrote."""
    present, expected = _flat(values.loads(row.facts)), _flat(written)
    differing = sorted(
        {
            (place[0], place[2])
            for place in present.keys() | expected.keys()
            if present.get(place) != expected.get(place)
        }
    )
    for record, name in differing:
        sentence = f"The case works with another value of “{name}” than the log wrote. {COMPARE}"
        yield _finding(row, "facts-differ", record, sentence)


def _flat(facts: Facts) -> dict[tuple[str, str, str], bytes]:
    """Give each field by its place, written canonically."""
    return {
        (record, key, name): values.dumps(value)
        for record, keys in facts.items()
        for key, fields in keys.items()
        for name, value in fields.items()
    }


# The indexes ------------------------------------------------------------------------------------------------------------


def _indexes(connection: sa.Connection, case_id: str) -> tuple[dict[int, Any], frozenset[tuple[int, str, str]]]:
    """Read what the lists of tasks and of awaited messages say of a case."""
    tasks = sa.select(TASK).where(TASK.c.case_id == case_id, TASK.c.status == "open")
    columns = (AWAITED.c.number, AWAITED.c.name, AWAITED.c.correlation)
    awaited = connection.execute(sa.select(*columns).where(AWAITED.c.case_id == case_id))
    return {each.number: each for each in connection.execute(tasks)}, frozenset(tuple(each) for each in awaited)


def open_tasks(conductor: Conductor) -> dict[int, dict[str, Any]]:
    """Give the tasks of people as the token state has them: number, and the columns that the index must have."""
    winder = Winder(conductor)
    everybody = {task.id: task for task in conductor.position.tokens.live() if task.task_spec.manual}
    found = {}
    for task in conductor.open_people(everybody):
        node, (due_at, deadline) = task.task_spec.node, winder.due(task)
        found[task.id] = {
            "element": node.id,
            "name": node.name,
            "role": node.role,
            "form": node.form,
            "record": node.record,
            "record_key": task.internal_data.get("key", ""),
            "due_at": due_at,
            "deadline": deadline,
            "rank": conductor.scope.rank(),
        }
    return found


def index_findings(connection: sa.Connection, row: Any, conductor: Conductor) -> Iterator[Finding]:
    """Check what the lists say of a case against its token state."""
    tasks, awaited = _indexes(connection, row.id)
    yield from _listed(row, _wanted(connection, row, conductor), tasks)
    if awaited != frozenset(conductor.awaited()):
        sentence = (
            f"The case waits for other messages than the list says: one that comes may not be handed over. {REBUILD}"
        )
        yield _finding(row, "awaited-differs", "", sentence)
    if row.next_due_at != Winder(conductor).next_due():
        sentence = f"The case's next clock is not at the moment at which the worker looks for it. {REBUILD}"
        yield _finding(row, "next-due-differs", "", sentence)


def _wanted(connection: sa.Connection, row: Any, conductor: Conductor) -> dict[int, dict[str, Any]]:
    """Give the open tasks as the list must have them: by the token state, and by the log, which says who has each."""
    owners = ownership.from_log(connection, row.id)
    return {
        number: {**columns, "owner": owners.get(number, ownership.NOBODY).owner}
        for number, columns in open_tasks(conductor).items()
    }


def _listed(row: Any, wanted: Mapping[int, dict[str, Any]], listed: Mapping[int, Any]) -> Iterator[Finding]:
    """Check the list of tasks."""
    for number, columns in wanted.items():
        element, found = columns["element"], listed.get(number)
        if found is None:
            sentence = f"The case waits for this task ({number}), and it stands in nobody's list. {REBUILD}"
            yield _finding(row, "task-not-listed", element, sentence)
            continue
        differing = [name for name, value in columns.items() if getattr(found, name) != value]
        if differing:
            sentence = f"The list shows this task ({number}) with another {' and '.join(differing)} than the case has. {REBUILD}"
            yield _finding(row, "task-differs", element, sentence)
    for number in sorted(listed.keys() - wanted.keys()):
        sentence = f"This task ({number}) stands in the list, and the case does not wait for it. {REBUILD}"
        yield _finding(row, "task-not-wanted", listed[number].element, sentence)


# The clocks and the future ----------------------------------------------------------------------------------------------


def _clocks(row: Any, conductor: Conductor, now: datetime) -> Iterator[Finding]:
    """Check the case's status, that every timer and deadline of what is open has its clock, that no other runs, and that none is late."""
    winder, release = Winder(conductor), conductor.release
    wanted = dict(winder.wanted())
    for key, (_task, node) in wanted.items():
        if key not in winder.clocks:
            name = release.deadline_name(node) if node.is_deadline else node.name
            sentence = f"The clock “{name}” does not run, though its work is open: nobody will be told. {COMPARE}"
            yield _finding(row, "clock-missing", node.id, sentence)
    for _task_number, element in winder.clocks.keys() - wanted.keys():
        yield _finding(row, "clock-not-wanted", element, f"A clock runs for work that is not open. {COMPARE}")
    if (row.status == "closed") != conductor.position.tokens.completed:
        sentence = f"The case is {row.status}, and where it stands says otherwise. {COMPARE}"
        yield _finding(row, "status-differs", "", sentence)
    if row.next_due_at is not None and row.next_due_at < now - LATE_AFTER:
        sentence = (
            f"A clock has been due since {row.next_due_at.astimezone(UTC):%d.%m.%Y %H:%M} UTC, and failed {row.failures} "
            "times. See that a worker runs, and look for the case in its log."
        )
        yield _finding(row, "clock-late", "", sentence)


def _future(row: Any, conductor: Conductor, holders: Holders) -> Iterator[Finding]:
    """Check that an open case goes on: by a task that an active person may do, a clock, a message, or a condition."""
    if row.status != "open":
        return
    tasks = open_tasks(conductor)
    goes_on = tasks or Winder(conductor).next_due() or conductor.awaited() or catching.may_become_true(conductor)
    if not goes_on:
        sentence = (
            "The case is open, and no task, clock, message or condition carries it on. Finish by hand what is left."
        )
        yield _finding(row, "no-future", "", sentence)
    for columns in tasks.values():
        node = conductor.release.node(columns["element"])
        before = {conductor.position.doer(each, columns["record_key"]) for each in node.other_than}
        if not holders(node.role) - before:
            barred = ", ".join(sorted(before & holders(node.role)))
            other = f" but {barred}, who may not do both parts," if barred else ""
            sentence = (
                f"Nobody who is active{other} holds the role {node.role}. Give it to somebody: homeward user roles."
            )
            yield _finding(row, "task-for-nobody", node.id, sentence)


def _asked(connection: sa.Connection, row: Any, conductor: Conductor) -> Iterator[Finding]:
    """Check that every operation for which a case waits outside it is still to be carried out."""
    for number, name, key in conductor.awaited():
        if not name.startswith(FOUND):
            continue
        asked = f"{ASKED}{name.removeprefix(FOUND)}"
        same = sa.and_(MESSAGE.c.name == asked, MESSAGE.c.correlation == key, MESSAGE.c.status == "waiting")
        if connection.execute(sa.select(MESSAGE.c.id).where(same)).first() is None:
            node = next(each.task_spec.node for each in conductor.position.tokens.live() if each.id == number)
            sentence = (
                f"The case waits for the operation “{node.name}”, and nobody is to carry it out: the message that asked for "
                f"it is gone. Leave the operation out, or move the case on. {COMPARE}"
            )
            yield _finding(row, "errand-missing", node.id, sentence)


def _finding(row: Any, check: str, element: str, sentence: str) -> Finding:
    return Finding(check, row.id, element, sentence)


def overdue(engine: sa.Engine, now: datetime) -> Overdue:
    """Count the clocks that the next sweep fires, one a case, and give the moment of the oldest."""
    asked = sa.select(sa.func.count(), sa.func.min(CASE.c.next_due_at)).where(CASE.c.next_due_at <= now)
    with snapshot(engine) as connection:
        return Overdue(*connection.execute(asked).one())


def count(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by their check."""
    found: dict[str, int] = {}
    for each in findings:
        found[each.check] = found.get(each.check, 0) + 1
    return found
