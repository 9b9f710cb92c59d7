"""Lists of tasks that people have kept under a name: private, or shared with a team.

What is kept is the address of a list, never what stood in it: who opens a shared list sees their own tasks in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.rows import stored
from engine.store import Base, Moment

LONGEST_NAME = 60
LONGEST_ADDRESS = 400
AT_MOST = 30
"""Lists of one person."""


class SavedListNotFound(NotFound):
    """There is no such list of this person."""


class SavedListRow(Base):
    """One list; `team` is 0 for a private one."""

    __tablename__ = "saved_lists"
    id: sa.Column[int] = stored(primary_key=True)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), index=True)
    team: sa.Column[int] = stored(default=0, server_default="0", index=True)
    name: sa.Column[str] = stored(sa.String(LONGEST_NAME))
    address: sa.Column[str] = stored(sa.String(LONGEST_ADDRESS))
    saved_at: sa.Column[datetime] = stored(Moment)


@frozen
class SavedList:
    """A list under its name; `address` is like ``which=mine&grade=high``; `own` tells whether this person may take it away."""

    id: int
    name: str
    address: str
    team: int
    own: bool


def of(connection: sa.Connection, person: str, teams: Iterable[int] = ()) -> list[SavedList]:
    """Give the lists of a person and those that their teams share, by name."""
    row = SavedListRow
    mine = sa.or_(row.person == person, sa.and_(row.team != 0, row.team.in_(sorted(teams))))
    asked = sa.select(row.id, row.name, row.address, row.team, row.person).where(mine).order_by(row.name, row.id)
    return [
        SavedList(id, name, address, team, who == person) for id, name, address, team, who in connection.execute(asked)
    ]


def save(
    connection: sa.Connection,
    name: str,
    address: str,
    *,
    person: str,
    now: datetime,
    team: int = 0,
    teams: Iterable[int] = (),
) -> None:
    """Keep a list under a name; the same name again takes the place of the earlier one.

    Raises:
        Invalid: no name or too long a one, nothing chosen, too many lists, or a team that the person is not in and does not lead.
    """
    name, row = " ".join(name.split()), SavedListRow
    kept = {each.name for each in of(connection, person) if each.own}
    problems = list(_problems(name, address, kept))
    if team and team not in set(teams):
        problems.append(Problem("team", "not-in-team", "Choose a team that you are in or lead"))
    if problems:
        raise Invalid(problems)
    connection.execute(sa.delete(row).where(row.person == person, row.name == name))
    connection.execute(sa.insert(row).values(person=person, team=team, name=name, address=address, saved_at=now))


def take_away(connection: sa.Connection, number: int, *, person: str) -> None:
    """Forget a list of this person; refused with `SavedListNotFound` where it is none of theirs."""
    gone = connection.execute(sa.delete(SavedListRow).where(SavedListRow.id == number, SavedListRow.person == person))
    if not gone.rowcount:
        raise SavedListNotFound("There is no such list of yours.")


def forget(connection: sa.Connection, refs: Iterable[str]) -> int:
    """Delete the lists that ask for one of these references; count them."""
    row = SavedListRow
    asks = sa.or_(sa.false(), *(row.address.contains(ref, autoescape=True) for ref in refs))
    return int(connection.execute(sa.delete(row).where(asks)).rowcount)


def _problems(name: str, address: str, kept: set[str]) -> Iterable[Problem]:
    if not name:
        yield Problem("name", "no-name", "Enter a name for this list")
    if len(name) > LONGEST_NAME:
        yield Problem("name", "too-long", f"The name must be {LONGEST_NAME} characters or fewer")
    if not address or len(address) > LONGEST_ADDRESS:
        yield Problem("name", "nothing-chosen", "Choose first which tasks the list shows")
    if name not in kept and len(kept) >= AT_MOST:
        yield Problem("name", "too-many", f"You have {AT_MOST} lists: take one away first")
