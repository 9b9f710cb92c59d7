"""Plants what is told of one child in every table that can hold it, as the schema says: a new table is planted too, or its test fails.

What the story itself does comes first; whatever no step of it has written is put there row by row, by what the columns are
called. So each table must be thought of by whoever erases, and no list here says which tables there are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zipfile import ZipFile, is_zipfile

import sqlalchemy as sa

from engine.store import Base, Moment
from workflows.erasing import NAMED, SAID

CANARY = "Wrenbird"
LONG_ENOUGH = 100
"""From this length on a text may be what somebody has typed."""

NOBODYS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "break_glass.person", "break_glass.organisation", "carer_absences.decided_by", "carer_absences.outcome_by",
                "child_merges.proposed_by", "child_merges.decided_by", "child_merges.undone_by", "concerns.added_by",
                "concerns.ended_by", "copies_to_correct.organisation", "copies_to_correct.settled_by", "handovers.giver",
                "handovers.receiver", "incidents.settled_by", "legal_holds.held_by", "legal_holds.ended_by", "notices.sent_by",
                "notices.organisation", "notices.account", "notices.opened_by", "philomena_versions.written_by",
                "photographs.added_by", "read_reviews.person", "read_reviews.by", "retention_decisions.decided_by",
                "retention_decisions.approved_by", "seals.sealed_by", "seals.lifted_by", "typed.person", "bundles.made_by",
                "bundles.sealed_by", "bundle_redactions.taken_by", "bundle_redactions.back_by",
                "disclosures.given_by", "disclosures.organisation",
            ),
            "who did it, by sign-in name or agency",
        ),
        **dict.fromkeys(("cases.correlation", "messages.correlation", "messages.id"), "a reference"),
        **dict.fromkeys(("event_reasons.salt", "fact_values.salt"), "chance"),
        **dict.fromkeys(("incidents.subject", "incidents.name"), "an element of a diagram"),
        "disclosures.what": "kinds of records",
        "cases.state": "tokens, which hold no answer",
        **dict.fromkeys(("carer_absences.told", "episodes.harm"), "choices"),
    }
)  # fmt: skip
"""Columns that are long enough and hold nothing of a child, and what they hold."""

AFTERWARDS = frozenset({"tombstones", "log_ends"})
"""Tables that are written when a child has gone."""

DRAWN_FROM_AN_AUDIT = frozenset({"audit_samples", "audit_findings"})
"""Drawn from the case of an audit, which `tests/web/test_retention.py` erases a child from."""


@dataclass(frozen=True)
class Wren:
    """Whom it is about: the case, the child, the carer's form; and who has looked at them today."""

    case_id: str
    child_id: str
    form: str
    reader: str = "mfh_coordinator"

    @property
    def refs(self) -> tuple[str, ...]:
        return self.case_id, self.child_id, self.form


def can_hold_words(table: sa.Table) -> list[str]:
    """Name the columns of a table in which something of a child may stand."""
    return [
        column.name
        for column in table.columns
        if f"{table.name}.{column.name}" not in NOBODYS_WORDS
        and (
            isinstance(column.type, sa.LargeBinary | sa.Text)
            or (isinstance(column.type, sa.String) and (column.type.length or 0) >= LONG_ENOUGH)
        )
    ]


def told(value: object) -> str:
    """Give everything that a value says; what is packed is unpacked."""
    if isinstance(value, bytes) and is_zipfile(io.BytesIO(value)):
        with ZipFile(io.BytesIO(value)) as packed:
            return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def sings(connection: sa.Connection, column: sa.Column[Any]) -> bool:
    """Whether the canary stands in a column."""
    values = connection.execute(sa.select(column)).scalars()
    return any(CANARY.casefold() in told(value).casefold() for value in values)


def is_named(connection: sa.Connection, table: sa.Table, wren: Wren) -> bool:
    """Whether a row of a table names one of the references, or belongs to a row that was planted."""
    belongs = any(key.column.table.name in SAID for key in table.foreign_keys)
    rows = connection.execute(table.select()).all()
    return any(ref in told(value) for ref in wren.refs for row in rows for value in row) or (belongs and bool(rows))


def silent(connection: sa.Connection, wren: Wren) -> Iterator[tuple[sa.Table, list[str]]]:
    """Give the tables that hold nothing of the child yet, with the columns in which the canary is missing."""
    for table in Base.metadata.sorted_tables:
        if table.name in SAID:
            missing = [column for column in can_hold_words(table) if not sings(connection, table.c[column])]
            if missing:
                yield table, missing
        elif table.name in NAMED.keys() - AFTERWARDS - DRAWN_FROM_AN_AUDIT and not is_named(connection, table, wren):
            yield table, []


def plant(connection: sa.Connection, wren: Wren, now: datetime) -> None:
    """Put the canary wherever no step of the story has; a table that cannot be planted is a fault."""
    for table, missing in list(silent(connection, wren)):
        mine = _mine(table, wren)
        there = mine is not None and connection.execute(sa.select(sa.literal(1)).where(mine).limit(1)).first()
        if there:
            words = {column: _words(table.c[column]) for column in missing}
            connection.execute(sa.update(table).where(mine).values(words))  # type: ignore[arg-type]
        else:
            connection.execute(sa.insert(table).values(_row(connection, table, wren, now)))
    left = [f"{table.name}: {', '.join(missing)}" for table, missing in silent(connection, wren)]
    assert left == [], left


NAMES = ("case_id", "child_id", "about", "form", "subject", "id")
"""How columns are called that name the record of which a row is."""


def _references(wren: Wren) -> dict[str, Any]:
    """Give what stands in columns that name a record or a person, by what they are called."""
    about = dict.fromkeys(("child_id", "about", "subject", "goes", "correlation"), wren.child_id)
    people = dict.fromkeys(("person", "giver", "receiver", "by"), wren.reader)
    return {
        **about,
        **people,
        "case_id": wren.case_id,
        "episode": wren.case_id,
        "form": wren.form,
        "stays": "CH-22222222",
        "address": f"reference={wren.case_id}",
        "what": "Facts",
        "role": "mfh_coordinator",
        "classes": "D1",
        "basis": "court_order",
        "joined_to": "",
    }


def _mine(table: sa.Table, wren: Wren) -> sa.ColumnElement[bool] | None:
    """Say which rows of a table are the child's, where a column says so."""
    name = next((name for name in NAMES if name in table.columns and isinstance(table.c[name].type, sa.String)), None)
    return None if name is None else table.c[name].in_(wren.refs)


def _row(connection: sa.Connection, table: sa.Table, wren: Wren, now: datetime) -> dict[str, Any]:
    """Make a row about the child by what its columns are called and can hold; what has ended has ended now."""
    words, known = can_hold_words(table) if table.name in SAID else [], _references(wren)
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in words:
            row[column.name] = _words(column)
        elif column.name in known:
            row[column.name] = known[column.name]
        elif column.foreign_keys:
            (key,) = column.foreign_keys
            row[column.name] = connection.execute(sa.select(sa.func.max(key.column))).scalar_one()
        elif not (column.primary_key and isinstance(column.type, sa.Integer)):
            row[column.name] = _any(column, now)
    if len(table.primary_key) > 1:
        row |= {column.name: 90 for column in table.primary_key if column.name not in row}
    return row


def _words(column: sa.Column[Any]) -> Any:
    """Say the canary in a column, as long as it may be."""
    if isinstance(column.type, sa.LargeBinary):
        return f'"{CANARY}"'.encode()
    return f"{CANARY} said so"[: getattr(column.type, "length", None) or LONG_ENOUGH]


def _any(column: sa.Column[Any], now: datetime) -> Any:
    """Give something that a column can hold and that says nothing."""
    kinds: tuple[tuple[type, Any], ...] = (
        (Moment, now),
        (sa.Date, now.astimezone(UTC).date()),
        (sa.Boolean, False),
        (sa.Integer, 90),
        (sa.LargeBinary, b"x"),
        (sa.String, "x"),
    )
    return next(value for kind, value in kinds if isinstance(column.type, kind))
