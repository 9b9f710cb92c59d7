"""Who stands in for whom while somebody is away: one of the same organisation and role, who sees and does their tasks.

A deputy reads no more than the own roles allow. What they do of the other's is in the log as done for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import aliased, stored
from engine.store import Base, Moment
from workflows import people
from workflows.agencies import LEADS
from workflows.people import MembershipRow, Person, PersonRow

LONGEST = timedelta(days=90)


class AbsenceNotFound(NotFound):
    """There is no such absence that this person may end."""


class DeputyRow(Base):
    """A time in which somebody is away, and who stands in."""

    __tablename__ = "deputies"
    id: sa.Column[int] = stored(primary_key=True)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"))
    deputy: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"))
    begins_at: sa.Column[datetime] = stored(Moment)
    ends_at: sa.Column[datetime] = stored(Moment)
    entered_by: sa.Column[str] = stored(sa.String(120))
    entered_at: sa.Column[datetime] = stored(Moment)
    __table_args__ = (
        sa.Index("ix_deputies_deputy", "deputy", "ends_at"),
        sa.Index("ix_deputies_person", "person", "ends_at"),
    )


@frozen
class Absence:
    """A time in which somebody is away, and who stands in, with their names."""

    id: int
    person: str
    name: str
    deputy: str
    deputy_name: str
    begins_at: datetime
    ends_at: datetime


def enter(
    connection: sa.Connection,
    person: str,
    deputy: str,
    begins_at: datetime,
    ends_at: datetime,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Say that somebody is away and who stands in: for oneself, or for somebody whom one leads.

    Refused with `Invalid`, all at once: a time that ends before it begins, is over, or is longer than `LONGEST`; a deputy who
    holds none of the person's roles in one of their organisations; a person whom `by` does not lead; an absence that overlaps.
    """
    problems = list(_time_problems(begins_at, ends_at, now))
    if person != by.person and person not in {each.sign_in for each in led(connection, by)}:
        problems.append(Problem("person", "not-led", "Choose yourself, or somebody whom you lead"))
    elif deputy not in {each.sign_in for each in candidates(connection, person)}:
        problems.append(
            Problem("deputy", "no-deputy", "Choose somebody who holds one of the roles in the same organisation")
        )
    if any(each.begins_at < ends_at and begins_at < each.ends_at for each in of_person(connection, person, now)):
        problems.append(Problem("begins_at", "overlaps", "There is an absence in that time already: end it first"))
    if problems:
        raise Invalid(problems)
    values = {"person": person, "deputy": deputy, "begins_at": begins_at, "ends_at": ends_at}
    connection.execute(sa.insert(DeputyRow).values(**values, entered_by=by.person, entered_at=now))


def end(connection: sa.Connection, number: int, *, by: Actor, now: datetime) -> None:
    """End an absence now, or take it out before it has begun; refused with `AbsenceNotFound` to who may not."""
    row = DeputyRow
    found = connection.execute(sa.select(row.person, row.begins_at).where(row.id == number, row.ends_at > now)).first()
    if found is None or (
        found.person != by.person and found.person not in {each.sign_in for each in led(connection, by)}
    ):
        raise AbsenceNotFound("There is no such absence that you may end.")
    connection.execute(sa.update(row).where(row.id == number).values(ends_at=max(found.begins_at, now)))


def stands_in_for(connection: sa.Connection, deputy: str, now: datetime) -> frozenset[str]:
    """Name those for whom a person stands in now."""
    row = DeputyRow
    asked = sa.select(row.person).where(row.deputy == deputy, row.begins_at <= now, row.ends_at > now)
    return frozenset(connection.execute(asked).scalars())


def of_person(connection: sa.Connection, person: str, now: datetime) -> tuple[Absence, ...]:
    """Give the absences of a person, and those for which they stand in, that are not over."""
    row, who, other = DeputyRow, aliased(PersonRow), aliased(PersonRow)
    asked = (
        sa.select(row.id, row.person, who.name, row.deputy, other.name, row.begins_at, row.ends_at)
        .join(who, who.sign_in == row.person)
        .join(other, other.sign_in == row.deputy)
        .where(sa.or_(row.person == person, row.deputy == person), row.ends_at > now, row.begins_at < row.ends_at)
    )
    return tuple(Absence(*each) for each in connection.execute(asked.order_by(row.begins_at, row.id)))


def candidates(connection: sa.Connection, person: str) -> tuple[Person, ...]:
    """Give who can stand in for somebody: active, with one of their roles in the same organisation."""
    mine, other = aliased(MembershipRow), aliased(MembershipRow)
    same = sa.and_(other.role == mine.role, other.organisation == mine.organisation, other.person != mine.person)
    names = connection.execute(
        sa.select(other.person).join(mine, same).where(mine.person == person).distinct()
    ).scalars()
    return people.active(connection, list(names))


def led(connection: sa.Connection, who: Actor) -> tuple[Person, ...]:
    """Give the people whom a person leads, in their own organisation."""
    pairs = sorted(
        {(led, place) for role in who.roles for led in LEADS.get(role, ()) for place in who.organisations(role)}
    )
    if not pairs:
        return ()
    row = MembershipRow
    names = connection.execute(sa.select(row.person).where(sa.tuple_(row.role, row.organisation).in_(pairs)).distinct())
    return tuple(each for each in people.active(connection, list(names.scalars())) if each.sign_in != who.person)


def _time_problems(begins_at: datetime, ends_at: datetime, now: datetime) -> Iterator[Problem]:
    if ends_at <= begins_at:
        yield Problem("ends_at", "ends-before", "The end of the absence must be after its beginning")
    elif ends_at <= now:
        yield Problem("ends_at", "is-over", "The end of the absence must be later than now")
    elif ends_at - begins_at > LONGEST:
        yield Problem("ends_at", "too-long", f"An absence is entered for {LONGEST.days} days at most")
