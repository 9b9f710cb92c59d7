"""Who says which agencies work for a council's children: its own administrator, or the service's; each with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.model import Actor
from engine.store import row_lock
from workflows import administration, people
from workflows.administration import ADMINISTRATOR, AdministrationRow, Change, why_problems
from workflows.commissions import COUNCIL, PROVIDER, Commission, CommissionRow, agencies, read
from workflows.days import day_in_words, day_of
from workflows.people import OrganisationRow

SERVICE = "administrator"
"""The role that keeps the rows of every council."""

BEGUN, NAMED, ENDED = "provider commissioned", "agency named", "commission ended"


class CommissionNotFound(NotFound):
    """There is no such commission of a council that this person looks after."""


def councils_of(connection: sa.Connection, by: Actor) -> Mapping[str, str]:
    """Give key and name of the councils whose commissions a person keeps, by name."""
    own = () if SERVICE in by.roles else (OrganisationRow.key.in_(sorted(by.organisations(ADMINISTRATOR))),)
    return people.agencies(connection, [COUNCIL], *own)


def of_councils(connection: sa.Connection, by: Actor) -> tuple[Commission, ...]:
    """Give every commission of the councils that a person looks after, the latest first."""
    return tuple(reversed(read(connection, CommissionRow.council.in_(councils_of(connection, by)))))


def changes(connection: sa.Connection, by: Actor) -> tuple[Change, ...]:
    """Give what was done to these commissions, the latest first."""
    row = AdministrationRow
    theirs = (row.agency.in_(councils_of(connection, by)), row.what.in_((BEGUN, NAMED, ENDED)))
    return administration.changes(connection, *theirs)


def commission(
    connection: sa.Connection, council: str, provider: str, from_on: date | None, why: str, *, by: Actor, now: datetime
) -> None:
    """Say that a council commissions an agency from a day on; refused with `Invalid`, all at once."""
    problems, known = why_problems(why), agencies(connection)
    if council not in councils_of(connection, by):
        problems.append(Problem("council", "not-yours", "Select a council that you look after"))
    if provider not in known:
        problems.append(Problem("provider", "no-provider", "Select the agency"))
    if from_on is None:
        problems.append(Problem("from", "day-missing", "Enter the day from which it holds"))
    if problems or from_on is None:
        raise Invalid(problems)
    _lock(connection, council)
    for each in read(connection, CommissionRow.council == council, CommissionRow.provider == provider):
        if each.ever_held and (each.until_on is None or each.until_on > from_on):
            raise Invalid(
                [Problem("from", "is-commissioned", f"{known[provider]} is commissioned on that day already")]
            )
    values = {"council": council, "provider": provider, "from_on": from_on}
    connection.execute(sa.insert(CommissionRow).values(**values))
    said = f"{known[provider]} from {day_in_words(from_on)}"
    what = BEGUN if provider in agencies(connection, PROVIDER) else NAMED
    administration.note(connection, Change(now, by.person, what, "", said, why.strip(), agency=council))


def end(connection: sa.Connection, number: int, until_on: date | None, why: str, *, by: Actor, now: datetime) -> None:
    """Say from which day on a commission does not hold any more; refused with `CommissionNotFound`, and with `Invalid`, all at once."""
    _lock(connection, _one(connection, number, by).council)
    found, problems = _one(connection, number, by), why_problems(why)
    if until_on is None:
        problems.append(Problem("until", "day-missing", "Enter the first day on which it does not hold any more"))
    elif until_on < found.from_on:
        problems.append(
            Problem(
                "until", "before-first", f"It begins on {day_in_words(found.from_on)}: enter that day or a later one"
            )
        )
    if found.until_on is not None and found.until_on <= day_of(now):
        problems.append(Problem("why", "has-ended", "It has ended already: enter a new one instead"))
    if problems or until_on is None:
        raise Invalid(problems)
    connection.execute(sa.update(CommissionRow).where(CommissionRow.id == number).values(until_on=until_on))
    name = agencies(connection).get(found.provider, found.provider)
    old = f"{name} from {day_in_words(found.from_on)}" + (
        f", until {day_in_words(found.until_on)}" if found.until_on else ""
    )
    said = f"{name} not any more from {day_in_words(until_on)}"
    administration.note(connection, Change(now, by.person, ENDED, old, said, why.strip(), agency=found.council))


def _one(connection: sa.Connection, number: int, by: Actor) -> Commission:
    theirs = (CommissionRow.id == number, CommissionRow.council.in_(councils_of(connection, by)))
    for found in read(connection, *theirs):
        return found
    raise CommissionNotFound("There is no such commission of a council that you look after.")


def _lock(connection: sa.Connection, council: str) -> None:
    """Let two who change the commissions of one council go one after the other."""
    row = OrganisationRow
    connection.execute(row_lock(connection.engine, sa.select(row.key).where(row.key == council))).all()
