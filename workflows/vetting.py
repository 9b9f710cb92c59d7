"""Who is vetted: from a day until another, as the administrator of their own agency says, each time with a reason (domain.md 5.2).

What is said last of somebody in an agency counts, and counts for their roles in that agency alone. Police intelligence is read by an
auditor who is vetted, and by no other.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base
from workflows import administration
from workflows.access import AFTER_VETTING
from workflows.administration import Change, Desk, refuse, why_problems
from workflows.days import day_in_words, day_of
from workflows.people import Membership

VETTED, ENDED = "vetted", "vetting ended"


class VettingRow(Base):
    """Somebody is vetted for their roles in an agency, until the day before `until_on`; the newest row counts."""

    __tablename__ = "vettings"
    id: sa.Column[int] = stored(primary_key=True)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), index=True)
    agency: sa.Column[str] = stored(sa.ForeignKey("organisations.key"))
    from_on: sa.Column[date]
    until_on: sa.Column[date]


@frozen
class Vetting:
    """What was said last of a person in an agency; `until_on` is the first day on which it does not hold any more."""

    agency: str
    from_on: date
    until_on: date

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.from_on <= day < self.until_on


def of_person(connection: sa.Connection, person: str) -> dict[str, Vetting]:
    """Give what was said last of a person, by agency."""
    row = VettingRow
    asked = sa.select(row.agency, row.from_on, row.until_on).where(row.person == person).order_by(row.id)
    return {
        agency: Vetting(agency, from_on, until_on) for agency, from_on, until_on in connection.execute(asked).tuples()
    }


def roles_of(connection: sa.Connection, who: Actor, now: datetime) -> frozenset[str]:
    """Name those of a person's roles for which it matters that they are vetted, and they are; a statement for who holds one."""
    asked = who.roles & AFTER_VETTING
    if not asked:
        return frozenset()
    held = {each.agency for each in of_person(connection, who.person).values() if each.holds(day_of(now))}
    return frozenset(role for role in asked if not held.isdisjoint(who.organisations(role)))


def needed(found: tuple[Membership, ...], desk: Desk) -> tuple[str, ...]:
    """Name the agencies of a desk in which somebody holds a role for which it matters whether they are vetted."""
    return tuple(sorted({each.organisation for each in found if each.role in AFTER_VETTING} & desk.agencies.keys()))


def vet(desk: Desk, sign_in: str, agency: str, from_on: date | None, until_on: date | None, why: str) -> None:
    """Say that somebody is vetted in one of one's agencies; refused with `PersonNotFound`, and with `Invalid`, all at once."""
    problems = _problems(desk, sign_in, agency, why)
    if from_on is None:
        problems.append(Problem("vetted", "day-missing", "Enter the day from which they are vetted"))
    if until_on is None:
        problems.append(Problem("until", "day-missing", "Enter the first day on which they are not vetted any more"))
    if from_on and until_on and until_on <= from_on:
        problems.append(Problem("until", "before-first", "Enter a day after the first one"))
    if problems or from_on is None or until_on is None:
        raise Invalid(problems)
    _write(desk, sign_in, Vetting(agency, from_on, until_on))
    said = f"from {day_in_words(from_on)} until {day_in_words(until_on)}"
    _note(desk, sign_in, VETTED, said, why)


def end(desk: Desk, sign_in: str, agency: str, today: date, why: str) -> None:
    """Say that somebody is not vetted any more from today on; refused as `vet` is, and where they are not."""
    problems = _problems(desk, sign_in, agency, why)
    found = of_person(desk.connection, sign_in).get(agency)
    if found is None or found.until_on <= today:
        problems.append(Problem("why", "not-vetted", "This person is not vetted in this agency"))
    refuse(problems)
    _write(desk, sign_in, Vetting(agency, min(found.from_on, today) if found else today, today))
    _note(desk, sign_in, ENDED, f"not any more from {day_in_words(today)}", why)


def _problems(desk: Desk, sign_in: str, agency: str, why: str) -> list[Problem]:
    """Say what is wrong: nobody vets themselves, and nobody where it does not matter."""
    person, problems = desk.person(sign_in), why_problems(why)
    if agency not in needed(person.memberships, desk):
        problems.append(Problem("agency", "not-yours", "Select one of your agencies in which this person audits"))
    if sign_in == desk.by.person:
        problems.append(Problem("why", "own-account", "Nobody vets themselves: ask another administrator"))
    return problems


def _write(desk: Desk, sign_in: str, said: Vetting) -> None:
    values = {"person": sign_in, "agency": said.agency, "from_on": said.from_on, "until_on": said.until_on}
    desk.connection.execute(sa.insert(VettingRow).values(**values))


def _note(desk: Desk, sign_in: str, what: str, said: str, why: str) -> None:
    administration.note(desk.connection, Change(desk.now, desk.by.person, what, "", said, why.strip(), sign_in))
