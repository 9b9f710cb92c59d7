"""What somebody has typed into a task and not sent: kept on the server alone, for its author, and for who leads and takes over (13.13).

Beside it stands who has the page of a task open, so that two people at one form know of each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa

from engine.admission import task_number
from engine.forms import Raw
from engine.frozen import frozen
from engine.rows import stored
from engine.store import Base, Moment, TaskTable, writing
from workflows.people import PersonRow

HERE_FOR = timedelta(seconds=45)
"""So long after its last sign a page counts as open."""
SIGN_EVERY = timedelta(seconds=19)
"""A page asks every ten seconds, and what it writes is one sign in twenty."""
KEPT_FOR = timedelta(days=7)
"""How long a text waits for its author when its task is not open any more."""


class TypedRow(Base):
    """What one person has typed into one task, and when their page was open last; no text: they only look at it."""

    __tablename__ = "typed"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    number: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), primary_key=True)
    raw: sa.Column[bytes | None] = stored(sa.LargeBinary)
    stamp: sa.Column[str] = stored(sa.String(64), default="", server_default="")
    seen: sa.Column[int] = stored(default=0, server_default="0")
    typed_at: sa.Column[datetime | None] = stored(Moment)
    here_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (sa.Index("ix_typed_person", "person", "typed_at"),)


@frozen
class Typed:
    """What somebody has typed: as a form takes it, on which page (its stamp, and the last event that it saw), and when."""

    person: str
    name: str
    raw: Raw
    stamp: str
    seen: int
    typed_at: datetime


def keep(
    connection: sa.Connection, task_id: str, raw: Raw, *, person: str, stamp: str, seen: int, now: datetime
) -> None:
    """Keep what somebody has typed, in the place of what they had typed there before."""
    told = {"raw": orjson.dumps(dict(raw)), "stamp": stamp[:64], "seen": seen, "typed_at": now, "here_at": now}
    _write(connection, task_id, person, told)


def note_here(connection: sa.Connection, task_id: str, *, person: str, now: datetime) -> None:
    """Note that somebody has the page of a task open."""
    _write(connection, task_id, person, {"here_at": now})


def is_noted_here(connection: sa.Connection, task_id: str, *, person: str, now: datetime) -> bool:
    """Tell whether it was noted a moment ago that somebody has the page of a task open."""
    case_id, number = task_number(task_id)
    row = TypedRow
    mine = (row.case_id == case_id, row.number == number, row.person == person, row.here_at > now - SIGN_EVERY)
    return connection.execute(sa.select(row.number).where(*mine)).first() is not None


def find(connection: sa.Connection, task_id: str, person: str) -> Typed | None:
    """Give what somebody has typed into a task; None where there is nothing."""
    return next(iter(_read(connection, task_id, [TypedRow.person == person])), None)


def of_others(connection: sa.Connection, task_id: str, person: str) -> list[Typed]:
    """Give what others have typed into a task, the latest first: for who leads them, and nobody else."""
    return _read(connection, task_id, [TypedRow.person != person])


def here(connection: sa.Connection, task_id: str, *, but: str, now: datetime) -> list[str]:
    """Name the others who have the page of a task open now."""
    case_id, number = task_number(task_id)
    row = TypedRow
    asked = sa.select(PersonRow.name).join(row, row.person == PersonRow.sign_in)
    asked = asked.where(row.case_id == case_id, row.number == number, row.person != but, row.here_at > now - HERE_FOR)
    return list(connection.execute(asked.order_by(PersonRow.name)).scalars())


def drop(connection: sa.Connection, task_id: str, person: str) -> None:
    """Forget what somebody has typed into a task: it was sent, or they do not want it."""
    case_id, number = task_number(task_id)
    row = TypedRow
    connection.execute(sa.delete(row).where(row.case_id == case_id, row.number == number, row.person == person))


def unsent(connection: sa.Connection, person: str) -> list[tuple[str, str, datetime]]:
    """Give what a person has typed and not sent: the task's id, its name, and when, the latest first."""
    row, task = TypedRow, TaskTable
    same = sa.and_(task.case_id == row.case_id, task.number == row.number)
    asked = sa.select(row.case_id, row.number, task.name, row.typed_at).join(task, same)
    mine = asked.where(row.person == person, row.raw.is_not(None), row.typed_at.is_not(None)).order_by(
        row.typed_at.desc()
    )
    return [
        (f"{case_id}.{number}", name, at)
        for case_id, number, name, at in connection.execute(mine.limit(20)).tuples()
        if at
    ]


def tidy(engine: sa.Engine, now: datetime) -> int:
    """Delete what was typed more than `KEPT_FOR` ago into tasks that are not open any more; count it."""
    row, task = TypedRow, TaskTable
    open_now = sa.exists().where(task.case_id == row.case_id, task.number == row.number, task.status == "open")
    old = sa.func.coalesce(row.typed_at, row.here_at) < sa.bindparam("at", now - KEPT_FOR, type_=Moment())
    with writing(engine) as connection:
        return int(connection.execute(sa.delete(row).where(old, ~open_now)).rowcount)


def forget(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete what was typed in erased cases; count it."""
    return int(connection.execute(sa.delete(TypedRow).where(TypedRow.case_id.in_(refs))).rowcount)


def _write(connection: sa.Connection, task_id: str, person: str, told: Mapping[str, object]) -> None:
    case_id, number = task_number(task_id)
    row = TypedRow
    mine = sa.and_(row.case_id == case_id, row.number == number, row.person == person)
    if not connection.execute(sa.update(row).where(mine).values(**told)).rowcount:
        connection.execute(sa.insert(row).values(case_id=case_id, number=number, person=person, **told))


def _read(connection: sa.Connection, task_id: str, where: Sequence[sa.ColumnElement[bool]]) -> list[Typed]:
    case_id, number = task_number(task_id)
    row = TypedRow
    asked = sa.select(row.person, PersonRow.name, row.raw, row.stamp, row.seen, row.typed_at)
    asked = asked.join(PersonRow, PersonRow.sign_in == row.person)
    asked = asked.where(row.case_id == case_id, row.number == number, row.raw.is_not(None), *where)
    return [
        Typed(each.person, each.name, orjson.loads(each.raw), each.stamp, each.seen, each.typed_at)
        for each in connection.execute(asked.order_by(row.typed_at.desc()))
    ]
