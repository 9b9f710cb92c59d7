"""What somebody has changed in a file of a draft and not saved, kept on the server for its author alone; and who has it open."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.frozen import frozen
from engine.rows import stored
from engine.store import Base, Moment
from workflows.people import PersonRow

HERE_FOR = timedelta(seconds=45)
"""So long after its last sign a page counts as open; it gives one every ten seconds."""
KEPT_FOR = timedelta(days=30)
"""How long a text waits for its author."""


class UnsavedRow(Base):
    """What one person has changed in one file, on which text (its stamp), and since when they have it open; no text: they look at it."""

    __tablename__ = "unsaved"
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), primary_key=True)
    procedure: sa.Column[str] = stored(sa.String(80), primary_key=True)
    file: sa.Column[str] = stored(sa.String(120), primary_key=True)
    text: sa.Column[str | None] = stored(sa.Text)
    stamp: sa.Column[str] = stored(sa.String(32), default="", server_default="")
    typed_at: sa.Column[datetime | None] = stored(Moment)
    here_since: sa.Column[datetime] = stored(Moment)
    here_at: sa.Column[datetime] = stored(Moment)


@frozen
class Unsaved:
    """A text that was not saved: which file, the stamp of the text that it was made of, and when it was typed."""

    file: str
    text: str
    stamp: str
    typed_at: datetime


@frozen
class Present:
    """Somebody who has a draft open: their name, in which file, and since when."""

    name: str
    file: str
    since: datetime


def note_here(connection: sa.Connection, person: str, procedure: str, file: str, now: datetime) -> None:
    """Note that somebody has a file open; after a while without a sign they have opened it anew."""
    _write(connection, person, procedure, file, now, {})


def keep(
    connection: sa.Connection, person: str, procedure: str, file: str, text: str, *, stamp: str, now: datetime
) -> None:
    """Keep what somebody has changed, in the place of what they had changed there before."""
    _write(connection, person, procedure, file, now, {"text": text, "stamp": stamp[:32], "typed_at": now})


def find(connection: sa.Connection, person: str, procedure: str, file: str) -> Unsaved | None:
    """Give what somebody has changed in a file and not saved; None where there is nothing."""
    return next((each for each in of_person(connection, person, procedure) if each.file == file), None)


def of_person(connection: sa.Connection, person: str, procedure: str) -> list[Unsaved]:
    """Give all that somebody has changed in a draft and not saved, the latest first."""
    row = UnsavedRow
    asked = sa.select(row.file, row.text, row.stamp, row.typed_at).where(
        row.person == person, row.procedure == procedure, row.text.is_not(None), row.typed_at.is_not(None)
    )
    return [
        Unsaved(file, text, stamp, at)
        for file, text, stamp, at in connection.execute(asked.order_by(row.typed_at.desc())).tuples()
        if text is not None and at is not None
    ]


def here(connection: sa.Connection, procedure: str, *, but: str, now: datetime) -> list[Present]:
    """Name the others who have a draft open now, each with the file and since when, who came first at the top."""
    row = UnsavedRow
    asked = sa.select(PersonRow.name, row.file, row.here_since).join(row, row.person == PersonRow.sign_in)
    asked = asked.where(row.procedure == procedure, row.person != but, row.here_at > now - HERE_FOR)
    return [Present(*found) for found in connection.execute(asked.order_by(row.here_since, PersonRow.name)).tuples()]


def drop(connection: sa.Connection, person: str, procedure: str, file: str) -> None:
    """Forget what somebody has changed in a file: it was saved, or they do not want it."""
    told = {"text": None, "stamp": "", "typed_at": None}
    connection.execute(sa.update(UnsavedRow).where(*_own(person, procedure, file)).values(**told))


def tidy(connection: sa.Connection, now: datetime) -> int:
    """Delete what waited longer than `KEPT_FOR`; count it."""
    row = UnsavedRow
    old = sa.func.coalesce(row.typed_at, row.here_at) < sa.bindparam("at", now - KEPT_FOR, type_=Moment())
    return int(connection.execute(sa.delete(row).where(old)).rowcount)


def _own(person: str, procedure: str, file: str) -> tuple[sa.ColumnElement[bool], ...]:
    row = UnsavedRow
    return (row.person == person, row.procedure == procedure, row.file == file)


def _write(
    connection: sa.Connection, person: str, procedure: str, file: str, now: datetime, told: dict[str, object]
) -> None:
    row, mine = UnsavedRow, _own(person, procedure, file)
    last = connection.execute(sa.select(row.here_at).where(*mine)).scalar_one_or_none()
    since = {} if last is not None and last > now - HERE_FOR else {"here_since": now}
    if last is None:
        key = {"person": person, "procedure": procedure, "file": file}
        connection.execute(sa.insert(row).values(**key, **since, here_at=now, **told))
    else:
        connection.execute(sa.update(row).where(*mine).values(**since, here_at=now, **told))
