"""The present moment: the system's clock, and in the demo a clock that can be moved forward.

The demo's offset is one row of a table that only `homeward demo` creates, so that site and worker agree on it and a
restart keeps it. Outside the demo neither the table nor the code path exists.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.store import Moment, reading, writing

DEMO_TABLES = sa.MetaData()
"""Tables of the demo only: never in a migration, created by `prepare_demo_tables`."""

DEMO_CLOCK = sa.Table(
    "demo_clock",
    DEMO_TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("offset_seconds", sa.BigInteger, nullable=False),
)

DEMO_MAILS = sa.Table(
    "demo_mails",
    DEMO_TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

LONGEST_MOVE = timedelta(days=366)


class ClockMoveInvalid(Invalid):
    """The demo's clock goes forward only, and at most a year at once."""


def system_clock() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)


class DemoClock:
    """The system's clock plus an offset kept in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use the offset in the database of `engine`; `prepare_demo_tables` has run."""
        self._engine = engine

    def __call__(self) -> datetime:
        """Give the demo's present moment in UTC."""
        with reading(self._engine) as connection:
            return system_clock() + _offset(connection)

    def move_by(self, step: timedelta) -> datetime:
        """Move the clock forward by `step` and give the new moment; refuses with `ClockMoveInvalid`."""
        if not timedelta(0) < step <= LONGEST_MOVE:
            sentence = "The demo's clock moves forward only, and by at most 366 days at once."
            raise ClockMoveInvalid([Problem("moment", "clock-moves-forward", sentence)])
        with writing(self._engine) as connection:
            offset = _offset(connection) + step
            seconds = ceil(offset.total_seconds())  # never short of the moment that was asked for
            connection.execute(sa.update(DEMO_CLOCK).values(offset_seconds=seconds))
        return system_clock() + timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> datetime:
        """Move the clock forward to `moment` (aware); refuses with `ClockMoveInvalid` when that is not ahead."""
        return self.move_by(moment - self())


def prepare_demo_tables(engine: sa.Engine) -> None:
    """Create the demo's own tables and the row of its clock where they are not there yet."""
    DEMO_TABLES.create_all(engine)
    with writing(engine) as connection:
        if connection.execute(sa.select(DEMO_CLOCK.c.id)).first() is None:
            connection.execute(sa.insert(DEMO_CLOCK).values(id=1, offset_seconds=0))


def _offset(connection: sa.Connection) -> timedelta:
    return timedelta(seconds=connection.execute(sa.select(DEMO_CLOCK.c.offset_seconds)).scalar_one())
