"""Statements that change rows, compiled once for each kind of database and then handed to its driver with their values alone.

SQLAlchemy compiles a statement once too, but prepares each execution anew: for a step's few inserts and updates that took more
than the database did. What listens to statements hears of these as of any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen

Convert = Callable[[Any], Any] | None
Values = Mapping[str, Any]


class Prepared:
    """One statement; the values that it is given have the same names each time, and no column is left to its default.

    >>> add = Prepared(sa.insert(events))
    >>> add(connection, [{"case_id": "MC-7K3QX9PW", "seq": 1, "at": now}])
    1
    """

    def __init__(self, statement: sa.ClauseElement) -> None:
        """Take a statement; what an insert fills, or an update changes beside what it says itself, is what it is given first."""
        self.statement = statement
        self._made: dict[str, _Made] = {}

    def __call__(self, connection: sa.Connection, rows: Sequence[Values]) -> int:
        """Carry it out for each of one or more rows of values; give how many rows of the table it found or made, where the driver says so."""
        made = self._made.get(connection.dialect.name) or self._make(connection.dialect, rows[0])
        given = [made.given({**made.fixed, **row} if made.fixed else row) for row in rows]
        return connection.exec_driver_sql(made.text, given if len(given) > 1 else given[0]).rowcount

    def _make(self, dialect: sa.Dialect, row: Values) -> _Made:
        """Write the statement as the driver takes it, and find how each value is given to it."""
        written: Any = self.statement.compile(dialect=dialect, column_keys=list(row))
        if getattr(written, "insert_prefetch", ()) or getattr(written, "update_prefetch", ()):
            message = f"a column with a default is not given: {written}"
            raise ValueError(message)
        bound = {name: each for each, name in written.bind_names.items()}
        names = written.positiontup if written.positional else bound
        places = tuple((name, _converter(bound[name], dialect)) for name in names)
        fixed = {name: each.effective_value for name, each in bound.items() if not each.required}
        self._made[dialect.name] = made = _Made(str(written), places, bool(written.positional), fixed)
        return made


@frozen
class _Made:
    """A statement as one kind of database takes it, and the values that it holds itself."""

    text: str
    places: tuple[tuple[str, Convert], ...]
    in_order: bool
    fixed: Values

    def given(self, row: Values) -> Any:
        """Give the values as the driver takes them."""
        if self.in_order:
            return tuple([row[name] if to is None else to(row[name]) for name, to in self.places])
        return {name: row[name] if to is None else to(row[name]) for name, to in self.places}


def _converter(bound: sa.BindParameter[Any], dialect: sa.Dialect) -> Convert:
    """Give what turns a value into what the driver of this database takes; None where it takes it as it is."""
    convert: Convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
    return convert
