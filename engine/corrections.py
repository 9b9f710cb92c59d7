"""What a correction needs to know: a record as it stands with the form that asks for it, and what corrections changed.

Values go out of here filtered by data class; the reading is noted before a person is given them (`engine.cases`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.errors import CaseNotFound, FactNotFound
from engine.forms import Form
from engine.frozen import frozen
from engine.model import Actor, Facts, Value
from engine.reading import Views, named_by, stamp_of
from engine.release import Compiled
from engine.scope import Scope
from engine.store import CaseTable, EventTable, FactTable, ReasonTable, TaskTable

CASE, EVENT, FACT, TASK = (table.__table__ for table in (CaseTable, EventTable, FactTable, TaskTable))
CORRECTED = "facts_corrected"


@frozen
class RecordView:
    """A record of a case: its form, its values as far as they may be read, what the form's conditions see, and a stamp.

    The stamp goes back with a correction, which is stale when any field of the record has changed since. `others` are the
    references of others of whom it tells.
    """

    case_id: str
    title: str
    record: str
    record_key: str
    form: Form
    values: Mapping[str, Value]
    scope: Mapping[str, Any]
    stamp: str
    others: frozenset[str]


@frozen
class Change:
    """One field that a correction changed: under which event, its value before and after (None where there was none), and why."""

    seq: int
    record: str
    record_key: str
    field: str
    before: Value
    after: Value
    reason: str


def record(
    views: Views, place: tuple[str, str, str], *, classes: Collection[str], by: Actor, now: datetime
) -> RecordView:
    """Give a record of a case by reference, name and key, as somebody may see it.

    Refused with `CaseNotFound`, and with `FactNotFound` where nothing was recorded or no form asks for it.
    """
    case_id, name, key = place
    with views.engine.connect() as connection:
        row: Any = connection.execute(sa.select(CASE).where(CASE.c.id == case_id)).first()
        asked = sa.select(TASK.c.opened_at).where(
            TASK.c.case_id == case_id, TASK.c.record == name, TASK.c.record_key == key
        )
        opened_at = connection.execute(asked.order_by(TASK.c.number.desc()).limit(1)).scalar()
        if row is None:
            raise CaseNotFound("There is no such case.")
        stored: Facts = values.loads(row.facts)
        facts = views.veil(connection, case_id, stored, by)
    release = views.library.get(row.release_id)
    form, kept = release.forms_by_record.get(name), facts.get(name, {}).get(key)
    if form is None or kept is None:
        raise FactNotFound("There is no such record in this case.")
    shown = {field: value for field, value in kept.items() if release.data_class(name, field) in classes}
    seen = {
        **Scope(release, facts, now, case_id, row.opened_at).values,
        **{field.key: kept.get(field.key) for field in form.fields},
        "task": {"key": key, "opened_at": opened_at or row.opened_at},
    }
    others = named_by(form, facts, key, scope=seen, now=now) | frozenset(values.references_in(shown))
    return RecordView(case_id, row.title, name, key, form, shown, seen, stamp_of(stored, name, key), others)


def changes(engine: sa.Engine, release: Compiled, case_id: str, *, classes: Collection[str]) -> tuple[Change, ...]:
    """Give what the corrections of a case changed in these data classes, in their order."""
    corrected = sa.select(EVENT.c.seq).where(EVENT.c.case_id == case_id, EVENT.c.kind == CORRECTED)
    with engine.connect() as connection:
        numbers = frozenset(connection.execute(corrected).scalars())
        asked = sa.select(FACT).where(FACT.c.case_id == case_id).order_by(FACT.c.seq, FACT.c.record, FACT.c.field)
        rows: list[Any] = list(connection.execute(asked)) if numbers else []
    why = reasons(engine, case_id) if numbers else {}
    standing: dict[tuple[str, str, str], Value] = {}
    found = []
    for row in rows:
        place, after = (row.record, row.record_key, row.field), values.loads(row.value)
        if row.seq in numbers and release.data_class(row.record, row.field) in classes:
            found.append(Change(row.seq, *place, standing.get(place), after, why.get(row.seq, "")))
        standing[place] = after
    return tuple(found)


def reasons(engine: sa.Engine, case_id: str) -> dict[int, str]:
    """Give the reasons that people gave in the log of a case, by the number of the event."""
    row = ReasonTable
    with engine.connect() as connection:
        found = connection.execute(sa.select(row.seq, row.value).where(row.case_id == case_id))
        return {seq: str(values.loads(value)) for seq, value in found}


def differing(kept: Mapping[str, Value], answers: Mapping[str, Value]) -> dict[str, Value]:
    """Give the answers that say something else than what is kept; all empty values are the same."""
    return {name: value for name, value in answers.items() if _plain(kept.get(name)) != _plain(value)}


def _plain(value: Value) -> Value:
    return None if value is False or value in ("", []) else value
