"""Two people at one form: what each has changed since both saw the same is brought together; what both changed is shown twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.forms import Field, Form, Raw, item_in, names_of, numbers_in, texts_under
from engine.frozen import frozen
from engine.model import Value
from engine.store import EventTable, FactTable


@frozen
class Changed:
    """A question that somebody else has answered since: what it says now, by whom and when; `both` where this person has too."""

    field: Field
    now: Value
    by: str
    at: datetime
    both: bool


def as_it_was(connection: sa.Connection, case_id: str, record: str, record_key: str, seq: int) -> dict[str, Value]:
    """Give the fields of a record as the events up to a number left them."""
    row = FactTable
    mine = (row.case_id == case_id, row.record == record, row.record_key == record_key, row.seq <= seq)
    asked = sa.select(row.field, row.value).where(*mine).order_by(row.seq)
    return {name: values.loads(value) for name, value in connection.execute(asked).tuples()}


def who_changed(
    connection: sa.Connection, case_id: str, record: str, record_key: str, seq: int
) -> dict[str, tuple[str, datetime]]:
    """Give who wrote the fields of a record last, and when, behind an event."""
    row, event = FactTable, EventTable
    same = sa.and_(event.case_id == row.case_id, event.seq == row.seq)
    mine = (row.case_id == case_id, row.record == record, row.record_key == record_key, row.seq > seq)
    asked = sa.select(row.field, event.by, event.at).join(event, same).where(*mine).order_by(row.seq)
    return {name: (by, at) for name, by, at in connection.execute(asked).tuples()}


def merge(
    form: Form,
    typed: Raw,
    was: Mapping[str, Value],
    now: Mapping[str, Value],
    who: Mapping[str, tuple[str, datetime]],
) -> tuple[Raw, list[Changed]]:
    """Bring together what a person typed and what stands there now, given what stood there when their page was drawn.

    What only the others changed is taken over; what only this person changed stays; where both did, this person's stays on the
    page, and both are shown. Gives what the page holds then, and each question that others have changed.
    """
    before, present = form.as_raw(was), form.as_raw(now)
    merged, changed = dict(typed), []
    for field in form.fields:
        mine, old, new = (_texts(field, raw) for raw in (typed, before, present))
        if new == old or field.key not in who:
            continue
        both = mine not in (old, new)
        if not both:
            for name in names_of(field, merged):
                merged.pop(name, None)
            merged |= {name: present.get(name, "") for name in names_of(field, present)}
        changed.append(Changed(field, now.get(field.key), *who[field.key], both))
    return merged, changed


def _texts(field: Field, raw: Raw) -> list[Any]:
    """Give what was typed for a question, so that nothing typed and nothing there are the same.

    Of a list it is that of each item in which something is typed, whatever number the item has on its page.
    """
    if field.items is not None:
        items = (item_in(field, raw, number) for number in numbers_in(field, raw))
        texts = [[_texts(each, item) for each in field.asked] for item in items]
        return [each for each in texts if any(any(map(any, one)) for one in each)]
    return [[text for text in texts_under(raw, name) if text.strip()] for name in names_of(field, raw)]
