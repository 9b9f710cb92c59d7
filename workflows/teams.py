"""Teams of an agency: people who share work, as their own administrator names them; a person may be in several.

A team says whose work is whose and gives nobody a right: what somebody may see and do follows from their roles alone. Somebody is in
a team as long as they can sign in and hold a role in its agency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.errors import NotFound, Problem
from engine.frozen import frozen
from engine.rows import stored
from engine.store import Base, Moment, row_lock
from workflows import administration
from workflows.administration import AdministrationRow, Change, Desk, refuse, why_problems
from workflows.people import MembershipRow, OrganisationRow, PersonRow

LONGEST_NAME = 60


class TeamNotFound(NotFound):
    """There is no such team in an agency that this person administers."""


class TeamRow(Base):
    """One team; it is closed and never deleted, since the log names it."""

    __tablename__ = "teams"
    id: sa.Column[int] = stored(primary_key=True)
    organisation: sa.Column[str] = stored(sa.ForeignKey("organisations.key"))
    name: sa.Column[str] = stored(sa.String(LONGEST_NAME))
    made_at: sa.Column[datetime] = stored(Moment)
    closed_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (sa.Index("ix_teams_organisation", "organisation"),)


class TeamMemberRow(Base):
    """A person was put into a team."""

    __tablename__ = "team_members"
    team: sa.Column[int] = stored(sa.ForeignKey("teams.id"), primary_key=True)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), primary_key=True)
    __table_args__ = (sa.Index("ix_team_members_person", "person"),)


@frozen
class Team:
    """One team, such as the day shift of a control room."""

    id: int
    organisation: str
    name: str
    closed_at: datetime | None = None


@frozen
class Member:
    """Somebody who is in a team."""

    sign_in: str
    name: str


def of_person(connection: sa.Connection, person: str) -> tuple[Team, ...]:
    """Give the teams that somebody is in, by name."""
    asked = _counting(sa.select(*_columns())).where(TeamMemberRow.person == person)
    return tuple(Team(*row) for row in connection.execute(asked.distinct().order_by(TeamRow.name, TeamRow.id)))


def around(
    connection: sa.Connection, person: str, leads: Collection[str], organisations: Collection[str]
) -> tuple[Team, ...]:
    """Give the teams that somebody is in, and those of these organisations in which somebody holds a role that they lead, by name.

    One statement.
    """
    held, member = MembershipRow, TeamMemberRow
    led = sa.and_(held.role.in_(sorted(leads)), held.organisation.in_(sorted(organisations)))
    wanted = _counting(sa.select(*_columns())).where(sa.or_(member.person == person, led))
    return tuple(Team(*row) for row in connection.execute(wanted.distinct().order_by(TeamRow.name, TeamRow.id)))


def of_organisation(connection: sa.Connection, organisation: str) -> tuple[Team, ...]:
    """Give the teams of an agency that are not closed, by name."""
    mine = sa.select(*_columns()).where(TeamRow.organisation == organisation, TeamRow.closed_at.is_(None))
    return tuple(Team(*row) for row in connection.execute(mine.order_by(TeamRow.name, TeamRow.id)))


def members(connection: sa.Connection, team_ids: Collection[int]) -> Mapping[int, tuple[Member, ...]]:
    """Give who is in each of these teams, by name, in one statement; nobody for a closed team, or one that there is not."""
    row = PersonRow
    asked = _counting(sa.select(TeamRow.id, row.sign_in, row.name)).where(TeamRow.id.in_(sorted(team_ids)))
    found: dict[int, list[Member]] = defaultdict(list)
    for team, sign_in, name in connection.execute(asked.distinct().order_by(row.name, row.sign_in)).tuples():
        found[team].append(Member(sign_in, name))
    return {team: tuple(found[team]) for team in team_ids}


def listed(desk: Desk) -> tuple[Team, ...]:
    """Give the teams of one's agencies, closed ones too, by name."""
    mine = sa.select(*_columns()).where(TeamRow.organisation.in_(sorted(desk.agencies)))
    return tuple(Team(*row) for row in desk.connection.execute(mine.order_by(TeamRow.name, TeamRow.id)))


def find(desk: Desk, team_id: int) -> Team:
    """Give a team of one's agencies; refused with `TeamNotFound`."""
    return _found(desk, sa.select(*_columns()), team_id)


def changes(desk: Desk, team_id: int) -> tuple[Change, ...]:
    """Give what was done to a team, the latest first."""
    return administration.changes(desk.connection, AdministrationRow.team == team_id)


def make(desk: Desk, agency: str, name: str, why: str) -> int:
    """Make a team of one of one's agencies, and give its number; refused with `Invalid`, all at once."""
    name, problems = " ".join(name.split()), why_problems(why)
    if agency not in desk.agencies:
        problems.append(Problem("agency", "not-yours", "Select one of your own agencies"))
    refuse([*_name_problems(desk, agency, name), *problems])
    values = {"organisation": agency, "name": name, "made_at": desk.now}
    made = desk.connection.execute(sa.insert(TeamRow).values(**values).returning(TeamRow.id)).scalar_one()
    _note(desk, Team(made, agency, name), "team made", "", name, why)
    return made


def rename(desk: Desk, team_id: int, name: str, why: str) -> None:
    """Give a team another name; refused with `TeamNotFound` and `Invalid`."""
    team, name = _locked(desk, team_id), " ".join(name.split())
    refuse([*_name_problems(desk, team.organisation, name, but=team.id), *why_problems(why), *_closed_problems(team)])
    if name != team.name:
        desk.connection.execute(sa.update(TeamRow).where(TeamRow.id == team.id).values(name=name))
        _note(desk, team, "team renamed", team.name, name, why)


def close(desk: Desk, team_id: int, why: str) -> None:
    """Close a team: nobody is in it any more, and its name can be given again; refused with `TeamNotFound` and `Invalid`."""
    team = _locked(desk, team_id)
    refuse(why_problems(why))
    if team.closed_at is None:
        desk.connection.execute(sa.update(TeamRow).where(TeamRow.id == team.id).values(closed_at=desk.now))
        _note(desk, team, "team closed", team.name, "", why)


def put_in(desk: Desk, team_id: int, people: Collection[str], why: str) -> None:
    """Put people of the team's agency into it; who is in it stays. Refused with `TeamNotFound` and `Invalid`, all at once."""
    team = _locked(desk, team_id)
    problems = [*_chosen_problems(people), *why_problems(why), *_closed_problems(team)]
    if set(people) - {each.sign_in for each in could_join(desk, team)}:
        problems.append(Problem("people", "not-of-agency", "Select people of this agency only, with an active account"))
    refuse(problems)
    known = sa.select(TeamMemberRow.person).where(TeamMemberRow.team == team.id)
    already = set(desk.connection.execute(known).scalars())
    for person in sorted(set(people) - already):
        desk.connection.execute(sa.insert(TeamMemberRow).values(team=team.id, person=person))
        _note(desk, team, "put into a team", "", team.name, why, person)


def take_out(desk: Desk, team_id: int, people: Collection[str], why: str) -> None:
    """Take people out of a team; who is not in it is passed over. Refused with `TeamNotFound` and `Invalid`, all at once."""
    team, row = _locked(desk, team_id), TeamMemberRow
    refuse([*_chosen_problems(people), *why_problems(why), *_closed_problems(team)])
    for person in sorted(set(people)):
        gone = sa.delete(row).where(row.team == team.id, row.person == person)
        if desk.connection.execute(gone).rowcount:
            _note(desk, team, "taken out of a team", team.name, "", why, person)


def could_join(desk: Desk, team: Team) -> tuple[Member, ...]:
    """Give the active people of a team's agency, by name, whether they are in it or not."""
    row, held = PersonRow, MembershipRow
    asked = sa.select(row.sign_in, row.name).join(held, held.person == row.sign_in)
    there = asked.where(held.organisation == team.organisation, row.disabled_at.is_(None)).distinct()
    return tuple(Member(*each) for each in desk.connection.execute(there.order_by(row.name, row.sign_in)))


def _counting(asked: sa.Select[Any]) -> sa.Select[Any]:
    """Join teams to the people who are in them now."""
    team, member, held = TeamRow, TeamMemberRow, MembershipRow
    there = sa.and_(held.person == member.person, held.organisation == team.organisation)
    joined = sa.join(team, member, member.team == team.id).join(PersonRow, PersonRow.sign_in == member.person)
    standing = asked.select_from(joined.join(held, there))
    return standing.where(team.closed_at.is_(None), PersonRow.disabled_at.is_(None))


def _columns() -> list[sa.ColumnElement[Any]]:
    return [getattr(TeamRow, name) for name in ("id", "organisation", "name", "closed_at")]


def _locked(desk: Desk, team_id: int) -> Team:
    """Give a team of one's agencies, and hold it until the change is done; two changes go one after the other."""
    return _found(desk, row_lock(desk.connection.engine, sa.select(*_columns())), team_id)


def _found(desk: Desk, asked: sa.Select[Any], team_id: int) -> Team:
    mine = asked.where(TeamRow.id == team_id, TeamRow.organisation.in_(sorted(desk.agencies)))
    row = desk.connection.execute(mine).first()
    if row is None:
        raise TeamNotFound("There is no such team in your agency.")
    return Team(*row)


def _name_problems(desk: Desk, agency: str, name: str, *, but: int = 0) -> list[Problem]:
    """Say what is wrong with a team's name; two who give the same one at once go one after the other."""
    if not name:
        return [Problem("name", "name-missing", "Enter a name for the team")]
    if len(name) > LONGEST_NAME:
        return [Problem("name", "name-long", f"The name must have {LONGEST_NAME} characters at most")]
    row = OrganisationRow
    desk.connection.execute(row_lock(desk.connection.engine, sa.select(row.key).where(row.key == agency))).all()
    taken = {each.name.casefold() for each in of_organisation(desk.connection, agency) if each.id != but}
    sentence = "There is a team of this name already: choose another one"
    return [Problem("name", "name-taken", sentence)] if name.casefold() in taken else []


def _chosen_problems(people: Collection[str]) -> list[Problem]:
    return [] if people else [Problem("people", "nobody", "Select at least one person")]


def _closed_problems(team: Team) -> list[Problem]:
    closed = team.closed_at is not None
    return [Problem("why", "is-closed", "This team is closed: make a new one")] if closed else []


def _note(desk: Desk, team: Team, what: str, old: str, new: str, why: str, person: str = "") -> None:
    change = Change(desk.now, desk.by.person, what, old, new, why.strip(), person, team.organisation, team.id)
    administration.note(desk.connection, change)
