"""Cases that somebody tries a procedure out with: kept for each person and draft or release, and nothing of them anywhere else.

A rehearsal is its commands (`engine.rehearsal`); the case that they make is worked out anew each time and never stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import stored
from engine.store import Base, Moment

KEPT_FOR = timedelta(days=30)
"""So long after its last step a rehearsal is kept: what is invented is soon forgotten, and what is not should be."""
LARGEST = 400_000
"""So many bytes the commands of a rehearsal take at most."""


class RehearsalRow(Base):
    """The commands of one person on one source: ``draft 12`` or ``release 3``; `place` counts those that are not taken back."""

    __tablename__ = "rehearsals"
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), primary_key=True)
    procedure: sa.Column[str] = stored(sa.String(80), primary_key=True)
    source: sa.Column[str] = stored(sa.String(20), primary_key=True)
    began: sa.Column[datetime] = stored(Moment)
    commands: sa.Column[bytes] = stored(sa.LargeBinary)
    place: sa.Column[int]
    changed_at: sa.Column[datetime] = stored(Moment)


@frozen
class Kept:
    """A rehearsal as it is kept: the moment at which its clock begins, all commands, and how many of them are not taken back."""

    began: datetime
    all: tuple[Mapping[str, Any], ...] = ()
    place: int = 0

    @property
    def commands(self) -> tuple[Mapping[str, Any], ...]:
        """The commands that count."""
        return self.all[: self.place]

    @property
    def taken_back(self) -> int:
        """How many commands were taken back and can come again."""
        return len(self.all) - self.place

    def with_step(self, command: Mapping[str, Any]) -> Kept:
        """Give it with one more command; what was taken back is gone."""
        commands = (*self.commands, command)
        return Kept(self.began, commands, len(commands))

    def moved(self, by: int) -> Kept:
        """Give it some commands back or forward, as far as there are any."""
        return Kept(self.began, self.all, min(max(self.place + by, 0), len(self.all)))


def _own(person: str, procedure: str, source: str) -> tuple[sa.ColumnElement[bool], ...]:
    row = RehearsalRow
    return (row.person == person, row.procedure == procedure, row.source == source)


def find(connection: sa.Connection, person: str, procedure: str, source: str) -> Kept | None:
    """Give somebody's rehearsal; None where there is none."""
    asked = sa.select(RehearsalRow.__table__).where(*_own(person, procedure, source))
    found = connection.execute(asked).first()
    return Kept(found.began, tuple(orjson.loads(found.commands)), found.place) if found else None


def keep(connection: sa.Connection, kept: Kept, *, person: str, procedure: str, source: str, now: datetime) -> None:
    """Keep a rehearsal in the place of the one before."""
    forget(connection, person, procedure, source)
    told = {"began": kept.began, "commands": orjson.dumps(list(kept.all)), "place": kept.place, "changed_at": now}
    key = {"person": person, "procedure": procedure, "source": source}
    connection.execute(sa.insert(RehearsalRow).values(**key, **told))


def forget(connection: sa.Connection, person: str, procedure: str, source: str) -> None:
    """Forget a rehearsal."""
    connection.execute(sa.delete(RehearsalRow).where(*_own(person, procedure, source)))


def is_too_large(commands: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether commands are more than are kept."""
    return len(orjson.dumps(list(commands))) > LARGEST


def tidy(connection: sa.Connection, now: datetime) -> int:
    """Forget the rehearsals that nobody went on with for `KEPT_FOR`; count them."""
    gone = connection.execute(sa.delete(RehearsalRow).where(RehearsalRow.changed_at < now - KEPT_FOR))
    return int(gone.rowcount)
