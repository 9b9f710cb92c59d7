"""Reads cases for people: lists, a task's page, a case as one reader may see it. This is the one gate to the facts.

Who read what, and why, is written and committed before anything is given: no row, no page.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from engine import values
from engine.admission import require_open
from engine.decisions import SAW
from engine.errors import CaseNotFound
from engine.forms import Form
from engine.library import Library
from engine.model import Actor, Facts
from engine.release import Compiled
from engine.scope import Scope
from engine.store import (
    NEVER,
    CaseTable,
    EventTable,
    Moment,
    ReadTable,
    ReleaseTable,
    ScheduleTable,
    TaskTable,
    apart_from,
    around,
    may_try,
    writing,
)
from engine.views import CaseView, Cursor, EventRow, Late, Page, ScheduleRow, TaskRow, TaskView

TASK = TaskTable.__table__
LATE_AFTER = timedelta(minutes=1)
"""From when on a clock that has not gone off is late: several sweeps have passed it."""

NEXT_DUE = (
    sa.select(CaseTable.id)
    .where(CaseTable.next_due_at <= sa.bindparam("at"))
    .where(may_try(CaseTable.retry_at, sa.bindparam("at"), sa.bindparam("ahead")))
    .order_by(CaseTable.next_due_at)
    .limit(1)
)
"""By the due moment alone: a second key would sort all that is due at the same moment, once for each of them."""
NEXT_SCHEDULE = (
    sa.select(ScheduleTable.procedure)
    .where(ScheduleTable.next_at <= sa.bindparam("at"))
    .where(may_try(ScheduleTable.retry_at, sa.bindparam("at"), sa.bindparam("ahead")))
    .order_by(ScheduleTable.next_at, ScheduleTable.procedure)
    .limit(1)
)
RELEASE_OF = sa.select(CaseTable.release_id).where(CaseTable.id == sa.bindparam("this_case"))

OPEN, OWNED, GIVEN = (sa.text(f"tasks.{each}") for each in ("status = 'open'", "owner <> ''", "given_by <> ''"))
"""Literals, because a partial index is not used for a bound value."""


def stamp_of(facts: Facts, record: str, record_key: str) -> str:
    """Give a digest of the fields that a page writes: the page is stale when it changes."""
    return hashlib.sha256(values.dumps(facts.get(record, {}).get(record_key, {}))).hexdigest()[:16]


Within = Callable[[str], Sequence[sa.ColumnElement[bool]]] | None
"""Gives for a role what its tasks have to meet to be listed, over `TaskTable`."""

Veil = Callable[[sa.Connection, str, Facts, Actor], Facts]
"""Gives facts of a case, or some of them, as a reader may see them at this moment, whatever they said when they were written."""


def as_they_are(_connection: sa.Connection, _case_id: str, facts: Facts, _who: Actor) -> Facts:
    """Keep nothing from anybody."""
    return facts


class Views:
    """The reading side of the cases."""

    def __init__(self, engine: sa.Engine, library: Library, veil: Veil = as_they_are) -> None:
        """Read from a database and its releases."""
        self.engine = engine
        self.library = library
        self.veil = veil

    # Lists ----------------------------------------------------------------------------------------------------------

    def inbox(
        self, roles: frozenset[str], *, after: Cursor | None, limit: int, within: Within = None, ranked: bool = False
    ) -> Page:
        """Give one page of the open tasks of these roles, by due time; with `ranked`, by the rank of their cases first.

        Each role is asked for its own first rows, so that the index gives them without sorting; those with a due time come
        first, and only when they do not fill the page are the others read.
        """
        if not roles:
            return Page((), None)
        place = ("rank",) * ranked
        with self.engine.connect() as connection:
            rows: list[TaskRow] = []
            if after is None or after.due_at is not None:
                order = (*place, "due_at", "case_id", "number")
                rows = self._tasks(connection, roles, after, limit + 1, within, order)
                after = None
            if len(rows) <= limit:
                rows += self._tasks(connection, roles, after, limit + 1 - len(rows), within, ("case_id", "number"))
        last = rows[limit - 1] if len(rows) > limit else None
        following = _cursor(last, ranked=ranked) if last is not None else None
        return Page(tuple(rows[:limit]), following)

    @staticmethod
    def _tasks(
        connection: sa.Connection,
        roles: frozenset[str],
        after: Cursor | None,
        limit: int,
        within: Within,
        order: Sequence[str],
    ) -> list[TaskRow]:
        """Give the first open tasks of each role behind a place, in an order that an index has; all together in that order."""
        columns: list[sa.ColumnElement[Any]] = [TASK.c[name] for name in order]
        parts = []
        for role in sorted(roles):
            part = sa.select(TASK).where(TASK.c.role == role, OPEN, *(within(role) if within is not None else ()))
            part = part.where(TASK.c.due_at.is_not(None) if "due_at" in order else TASK.c.due_at.is_(None))
            if after is not None:
                place: list[sa.ColumnElement[Any]] = [
                    sa.literal(getattr(after, name), TASK.c[name].type) for name in order
                ]
                part = part.where(sa.tuple_(*columns) > sa.tuple_(*place))
            parts.append(sa.select(part.order_by(*columns).limit(limit).subquery()))
        found = sa.union_all(*parts).subquery()
        statement = _titled(found).order_by(*(found.c[name] for name in order)).limit(limit)
        return [TaskRow(**row) for row in connection.execute(statement).mappings()]

    def owned(
        self, owners: Collection[str], *, limit: int, within: Within = None, roles: frozenset[str]
    ) -> list[TaskRow]:
        """Give the open tasks that these people have, in those roles of theirs that count, what hurts most first."""
        return self._kept([TASK.c.owner.in_(sorted(owners)), OWNED], roles, limit, within)

    def given(self, giver: str, *, limit: int, within: Within = None, roles: frozenset[str]) -> list[TaskRow]:
        """Give the open tasks that a person gave to somebody else and has not got back."""
        return self._kept([TASK.c.given_by == giver, GIVEN, TASK.c.owner != giver], roles, limit, within)

    def worked_on(self, person: str, *, limit: int) -> list[str]:
        """Name the cases in which a person did something last, the latest first: those of as many tasks as `limit` says."""
        asked = sa.select(TASK.c.case_id).where(TASK.c.completed_by == person, sa.text("tasks.status = 'completed'"))
        with self.engine.connect() as connection:
            found = connection.execute(asked.order_by(TASK.c.completed_at.desc()).limit(limit)).scalars()
            return list(dict.fromkeys(found))

    def open_in(
        self, case_ids: Collection[str], *, but: frozenset[str], limit: int, more: Sequence[sa.ColumnElement[bool]]
    ) -> list[TaskRow]:
        """Give the open tasks of some cases that have a time, `but` for those of some roles, what hurts most first."""
        where = (
            TASK.c.case_id.in_(sorted(case_ids)),
            OPEN,
            TASK.c.due_at.is_not(None),
            TASK.c.role.not_in(sorted(but)),
        )
        found = sa.select(TASK).where(*where, *more).subquery()
        order = [found.c[name] for name in ("rank", "due_at", "case_id", "number")]
        with self.engine.connect() as connection:
            rows = connection.execute(_titled(found).order_by(*order).limit(limit)).mappings()
            return [TaskRow(**row) for row in rows]

    def _kept(
        self, whose: Sequence[sa.ColumnElement[bool] | sa.TextClause], roles: frozenset[str], limit: int, within: Within
    ) -> list[TaskRow]:
        """Give open tasks that people have taken: few of one person, so that they are put in order here."""
        if not roles:
            return []
        counting = [
            sa.and_(TASK.c.role == role, *(within(role) if within is not None else ())) for role in sorted(roles)
        ]
        found = sa.select(TASK).where(*whose, OPEN, sa.or_(*counting)).subquery()
        order = [found.c.rank, found.c.due_at.is_(None), found.c.due_at, found.c.case_id, found.c.number]
        with self.engine.connect() as connection:
            rows = connection.execute(_titled(found).order_by(*order).limit(limit)).mappings()
            return [TaskRow(**row) for row in rows]

    def done(self, person: str, *, after: Cursor | None, limit: int, but: Collection[str] = ()) -> Page:
        """Give one page of what a person has done, the latest first, `but` for some cases; the cursor's `due_at` is when it was done."""
        order = [TASK.c.completed_at, TASK.c.case_id, TASK.c.number]
        asked = sa.select(TASK).where(TASK.c.completed_by == person, sa.text("tasks.status = 'completed'"))
        if but:
            asked = asked.where(TASK.c.case_id.not_in(sorted(but)))
        if after is not None:
            last_done = sa.tuple_(
                sa.literal(after.due_at, Moment()), sa.literal(after.case_id), sa.literal(after.number)
            )
            asked = asked.where(sa.tuple_(*order) < last_done)
        found = asked.order_by(*(column.desc() for column in order)).limit(limit + 1).subquery()
        latest = [found.c[column.name].desc() for column in order]
        with self.engine.connect() as connection:
            rows = [TaskRow(**row) for row in connection.execute(_titled(found).order_by(*latest)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        following = Cursor(last.completed_at, last.case_id, last.number) if last is not None else None
        return Page(tuple(rows[:limit]), following)

    # One task -------------------------------------------------------------------------------------------------------

    def task(self, case_id: str, number: int, *, by: Actor, now: datetime, classes: frozenset[str]) -> TaskView:
        """Give a task's page to a person who may do it."""
        row, kept, facts = self._open_task(case_id, number, by)
        release = self.library.get(row.release_id)
        node, form = release.node(row.element), release.forms[row.form]
        beside = {name: _own(facts[name], name, row, release) for name in node.beside if name in facts}
        shown, _withheld = filtered(beside, release, classes)
        asked = {field.data_class for field in form.fields}
        scope = {
            **Scope(release, facts, now, case_id, row.began).values,
            "task": {"key": row.record_key, "opened_at": row.opened_at},
        }
        others = {*values.references_in(shown), *named_by(form, facts, row.record_key, scope=scope, now=now)}
        purpose, looked_at = f"task {row.element}", asked | (classes if shown else frozenset())
        self.note_with(case_id, others, by, purpose, sorted(looked_at), now)
        return TaskView(
            row=TaskRow(**{name: getattr(row, name) for name in (*TASK.c.keys(), "case_title")}),
            form=form,
            values=facts.get(row.record, {}).get(row.record_key, {}),
            scope=scope,
            stamp=stamp_of(kept, row.record, row.record_key),
            documentation=node.documentation,
            beside=shown,
            seen=row.seq,
        )

    def _open_task(self, case_id: str, number: int, by: Actor) -> tuple[Any, Facts, Facts]:
        """Give the row of an open task with its case's facts as kept and as seen, or say why this person cannot have it."""
        case = CaseTable.__table__
        own = [case.c.title.label("case_title"), *(case.c[each] for each in ("release_id", "facts", "seq"))]
        own.append(case.c.opened_at.label("began"))
        statement = sa.select(TASK, *own).join(case, case.c.id == TASK.c.case_id)
        with self.engine.connect() as connection:
            row: Any = connection.execute(statement.where(TASK.c.case_id == case_id, TASK.c.number == number)).first()
            require_open(row, by.duties)
            facts: Facts = values.loads(row.facts)
            return row, facts, self.veil(connection, case_id, facts, by)

    # One case -------------------------------------------------------------------------------------------------------

    def case(self, case_id: str, *, classes: frozenset[str], by: Actor, purpose: str, now: datetime) -> CaseView:
        """Give a case with the facts of these data classes."""
        with self.engine.connect() as connection:
            statement = sa.select(CaseTable.__table__, ReleaseTable.number.label("release_number"))
            statement = statement.join(ReleaseTable, ReleaseTable.id == CaseTable.release_id).where(
                CaseTable.id == case_id
            )
            row: Any = connection.execute(statement).first()
            if row is None:
                raise CaseNotFound("There is no such case.")
            found = connection.execute(sa.select(TASK).where(TASK.c.case_id == case_id).order_by(TASK.c.number))
            tasks = tuple(TaskRow(**each, case_title=row.title) for each in found.mappings())
            timeline = self._timeline(connection, case_id)
            seen = self.veil(connection, case_id, values.loads(row.facts), by)
        facts, withheld = filtered(seen, self.library.get(row.release_id), classes)
        self.note_with(case_id, {*values.references_in(facts)}, by, purpose, sorted(classes), now)
        reached = frozenset(each.element for each in timeline if each.kind in {"task_completed", "element_passed"})
        return CaseView(
            **{name: getattr(row, name) for name in ("procedure", "title", "status", "opened_at", "closed_at")},
            **{name: getattr(row, name) for name in ("release_id", "release_number")},
            case_id=case_id,
            facts=facts,
            withheld=withheld,
            tasks=tasks,
            timeline=timeline,
            reached=reached,
        )

    @staticmethod
    def _timeline(connection: sa.Connection, case_id: str) -> tuple[EventRow, ...]:
        """Give a case's log in its order."""
        event = EventTable.__table__
        told = [event.c[field.name] for field in dataclasses.fields(EventRow)]
        found = connection.execute(sa.select(*told).where(event.c.case_id == case_id).order_by(event.c.seq))
        return tuple(EventRow(**{**each, "data": orjson.loads(each["data"])}) for each in found.mappings())

    def last_event(self, case_id: str, kinds: Collection[str]) -> int:
        """Give the number of the last event of a case that is of one of these kinds; 0 where there is none."""
        event = EventTable
        of_these = sa.select(event.seq).where(event.case_id == case_id, event.kind.in_(sorted(kinds)))
        with self.engine.connect() as connection:
            return connection.execute(of_these.order_by(event.seq.desc()).limit(1)).scalar() or 0

    def release_id(self, case_id: str) -> int:
        """Give the number of the release on which a case runs."""
        with self.engine.connect() as connection:
            found = connection.execute(RELEASE_OF, {"this_case": case_id}).scalar()
        if found is None:
            raise CaseNotFound("There is no such case.")
        return int(found)

    def note(self, about: Sequence[str], by: Actor, purpose: str, classes: list[str], now: datetime) -> None:
        """Commit who reads what, before it is given."""
        self._write_down([(each, purpose) for each in about], by, classes, now)

    def note_with(
        self, case_id: str, others: Collection[str], by: Actor, purpose: str, classes: list[str], now: datetime
    ) -> None:
        """Commit who reads a case, and with it what the case says of others: each that is named there has a row of its own."""
        named = f"named in {case_id}"
        looks = [(case_id, purpose), *((each, named) for each in sorted(set(others) - {case_id}))]
        self._write_down(looks, by, classes, now)

    def _write_down(self, looks: Sequence[tuple[str, str]], by: Actor, classes: list[str], now: datetime) -> None:
        """Commit looks, each at a reference for a purpose."""
        row: Mapping[str, Any] = {
            "at": now,
            "person": by.person,
            "organisation": by.organisation,
            "classes": ",".join(classes),
        }
        rows = [{"case_id": about[:20], "purpose": purpose[:120], **row} for about, purpose in looks]
        if rows:
            with writing(self.engine) as connection:
                connection.execute(sa.insert(ReadTable), rows)

    def decided(self, procedure: str, table: str, *, now: datetime) -> dict[str, Any]:
        """Give what a decision table says now of each case of a procedure."""
        case, found = CaseTable, {}
        asked = sa.select(case.id, case.release_id, case.facts, case.opened_at).where(case.procedure == procedure)
        with self.engine.connect() as connection:
            rows = connection.execute(asked.order_by(case.id)).all()
        for row in rows:
            release = self.library.get(row.release_id)
            decision = release.decisions.get(table)
            if decision is not None:
                seen = Scope(release, values.loads(row.facts), now, row.id, row.opened_at).values
                found[row.id] = decision.decide(seen, now=now).result
        return found

    def schedules(self) -> tuple[ScheduleRow, ...]:
        """Give the procedures that open their cases by themselves."""
        row = ScheduleTable
        asked = sa.select(row.procedure, row.next_at, row.failures).order_by(row.procedure)
        with self.engine.connect() as connection:
            return tuple(ScheduleRow(each.procedure, each.next_at, each.failures) for each in connection.execute(asked))

    def late(self, now: datetime) -> Late:
        """Count the cases whose clock should have gone off more than a minute ago; those held up stand apart."""
        case = CaseTable
        overdue = case.next_due_at < now - LATE_AFTER
        quarantined = sa.and_(case.retry_at.is_not(None), case.retry_at >= NEVER)
        asked = sa.select(
            sa.func.count(case.id).filter(~quarantined | case.retry_at.is_(None)),
            sa.func.min(case.next_due_at).filter(~quarantined | case.retry_at.is_(None)),
            sa.func.count(case.id).filter(quarantined),
        )
        with self.engine.connect() as connection:
            count, oldest, held_up = connection.execute(asked.where(overdue)).one()
        return Late(count, oldest, held_up)

    # What is next for the sweep ---------------------------------------------------------------------------------------

    def next_due(self, now: datetime, held: Collection[str]) -> str | None:
        """Give the case whose clock has been due for the longest, if any, apart from those in `held`."""
        with self.engine.connect() as connection:
            return connection.execute(apart_from(NEXT_DUE, CaseTable.id, held), around(now)).scalar()

    def next_schedule(self, now: datetime, held: Collection[str]) -> str | None:
        """Give the procedure that should have opened a case by itself for the longest, apart from those in `held`."""
        with self.engine.connect() as connection:
            return connection.execute(apart_from(NEXT_SCHEDULE, ScheduleTable.procedure, held), around(now)).scalar()


def _cursor(last: TaskRow, *, ranked: bool) -> Cursor:
    """Say where a page ended."""
    return Cursor(last.due_at, last.case_id, last.number, last.rank if ranked and last.due_at is not None else None)


def _titled(found: sa.Subquery) -> sa.Select[Any]:
    """Give tasks with the titles of their cases."""
    case = CaseTable.__table__
    return sa.select(found, case.c.title.label("case_title")).join(case, case.c.id == found.c.case_id)


def _own(keys: Mapping[str, Any], record: str, row: Any, release: Compiled) -> dict[str, Any]:
    """Keep of a record what is of a task's own item, where the task stands in a multi-instance; all of it elsewhere."""
    repeats = release.node(row.element).properties.get("repeats") == "true"
    item = row.record_key.rpartition(".")[0] if repeats else row.record_key
    if not item or record not in release.own_records.get(row.element, frozenset()):
        return dict(keys)
    own = f"{item}."
    return {key: fields for key, fields in keys.items() if f"{key}.".startswith(own) or own.startswith(f"{key}.")}


def named_by(form: Form, facts: Facts, key: str, *, scope: Mapping[str, Any], now: datetime) -> frozenset[str]:
    """Name the references of which a form's page tells: those among which it offers to choose, and those that its item is about.

    A record of an item of a multi-instance is about whom the item's own records name: ``daily_decision 1.2`` about whom
    ``missing_episode 1`` names.
    """
    settled = form.settled(scope=scope, now=now)
    offered = [choice.value for field in settled.fields for each in field.asked for choice in each.choices]
    above = [
        fields for keys in facts.values() for own, fields in keys.items() if own and f"{key}.".startswith(f"{own}.")
    ]
    return frozenset(values.references_in([offered, above]))


def filtered(facts: Facts, release: Compiled, classes: frozenset[str]) -> tuple[Facts, frozenset[str]]:
    """Keep the fields whose data class the reader may see; name the classes that hold something else."""
    shown: Facts = {}
    withheld: set[str] = set()
    for record, keys in facts.items():
        for key, fields in keys.items():
            for name, value in fields.items():
                if release.may_read(record, name, classes):
                    saw = value if name == SAW and isinstance(value, dict) else {}
                    seen, held = release.provenance.readable(record, saw, classes)
                    withheld |= held
                    shown.setdefault(record, {}).setdefault(key, {})[name] = seen if saw else value
                elif value is not None:
                    withheld.add(release.data_class(record, name))
    return shown, frozenset(withheld)
