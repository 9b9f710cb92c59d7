"""The agencies that work here: added, renamed, closed and opened again by the service's administrator, each with a reason.

A key never changes, since cases and logs hold it. Nobody holds a role in a closed agency; what it kept stays, and nobody sees it by
that agency. The cases of a closed council are open to each council, as those of one that works elsewhere are (`audience`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.store import row_lock
from workflows import administration, commissions, people, teams
from workflows.administration import ADMINISTRATOR, AdministrationRow, Agency, Change, Desk, refuse, say, why_problems
from workflows.agencies import KINDS
from workflows.episodes import EpisodeRow
from workflows.people import MembershipRow, OrganisationRow, Person, PersonRow
from workflows.philomena import FormRow
from workflows.seals import SealMemberRow, SealRow

LONGEST_KEY, LONGEST_NAME = 60, 200
_KEY = re.compile(r"[a-z][a-z0-9_]*")


class OrganisationNotFound(NotFound):
    """There is no such agency."""


@frozen
class Organisation:
    """One agency with the number of people who can sign in and hold a role there."""

    key: str
    name: str
    kind: str
    closed_at: datetime | None
    people: int


@frozen
class Resting:
    """What still rests on an agency: its people, of whom `leavers` work nowhere else, and what its cases and records would miss."""

    people: tuple[Person, ...]
    leavers: tuple[Person, ...]
    things: tuple[str, ...]


class Register:
    """The register of the agencies; `by` is who keeps it, `base_url` the address of the site for the links."""

    def __init__(self, connection: sa.Connection, by: Actor, base_url: str, now: datetime) -> None:
        """Work in the caller's transaction, at one moment."""
        self.connection, self.by, self.base_url, self.now = connection, by, base_url, now

    def listed(self, name: str = "") -> tuple[Organisation, ...]:
        """Give the agencies whose name or key holds a text, open ones first, by kind and name."""
        wanted, kinds = name.strip().casefold(), list(KINDS)
        found = (each for each in self._read() if wanted in f"{each.name} {each.key}".casefold())
        return tuple(sorted(found, key=lambda one: (one.closed_at is not None, kinds.index(one.kind), one.name)))

    def find(self, key: str) -> Organisation:
        """Give an agency; refused with `OrganisationNotFound`."""
        for found in self._read(OrganisationRow.key == key):
            return found
        raise OrganisationNotFound("There is no such agency.")

    def add(self, key: str, name: str, kind: str, why: str) -> str:
        """Add an agency and give its key, which is made of the name where none is given; refused with `Invalid`, all at once."""
        name = " ".join(name.split())
        key = key.strip() or _key_of(name)
        problems = [*self._name_problems(name), *self._key_problems(key, name), *why_problems(why)]
        if kind not in KINDS:
            problems.append(Problem("kind", "organisation-kind", "Select the kind of agency"))
        refuse(problems)
        try:
            with self.connection.begin_nested():
                people.add_organisation(self.connection, key, name, kind)
        except IntegrityError:  # by another request at the same moment
            raise Invalid([_taken(key)]) from None
        self._note(key, "agency added", "", f"{name}, {KINDS[kind]}", why)
        return key

    def rename(self, key: str, name: str, why: str) -> None:
        """Give an agency another name; its key stays."""
        found, name = self._locked(key), " ".join(name.split())
        refuse([*self._name_problems(name, but=key), *why_problems(why)])
        if name != found.name:
            self._change(key, name=name)
            self._note(key, "agency renamed", found.name, name, why)

    def close(self, key: str, why: str, *, people_go: bool, seen: bool) -> tuple[str, ...]:
        """Close an agency, and give who can sign in no more by it.

        Refused with `Invalid`, all at once: where somebody holds a role there, unless `people_go`; where something rests on it, unless
        `seen`; where `by` works there.
        """
        found, resting = self._locked(key), self.resting(key)
        problems = why_problems(why)
        if any(each.sign_in == self.by.person for each in resting.people):
            problems.append(Problem("why", "own-agency", "You work for this agency: another administrator closes it"))
        if resting.people and not people_go:
            sentence = "People hold roles there: say that their roles end, or let them leave first"
            problems.append(Problem("people_go", "people-there", sentence))
        if resting.things and not seen:
            problems.append(Problem("seen", "something-rests", "Say that you have seen what still rests on it"))
        refuse(problems)
        if found.closed_at is not None:
            return ()
        for person in people.of(self.connection, [key]):
            self._leave(person, key, why)
        self._change(key, closed_at=self.now)
        self._note(key, "agency closed", "", "", why)
        return tuple(each.sign_in for each in resting.leavers)

    def reopen(self, key: str, why: str) -> None:
        """Open a closed agency again; nobody holds a role there until somebody is given one."""
        found = self._locked(key)
        refuse(why_problems(why))
        if found.closed_at is not None:
            self._change(key, closed_at=None)
            self._note(key, "agency opened again", "", "", why)

    def add_administrator(self, key: str, sign_in: str, name: str, mail: str, why: str) -> None:
        """Add somebody who administers an agency; refused as `Desk.add` is, and where the agency is closed."""
        found = self.find(key)
        if found.closed_at is not None:
            raise Invalid([Problem("why", "is-closed", "This agency is closed: open it again first")])
        desk = Desk(self.connection, self.by, self.base_url, self.now)
        desk.agencies = {key: Agency(key, found.name, found.kind)}
        desk.add(sign_in, name, mail, key, [ADMINISTRATOR], why)

    def resting(self, key: str) -> Resting:
        """Say what still rests on an agency."""
        active = tuple(each for each in people.of(self.connection, [key]) if each.disabled_at is None)
        leavers = tuple(each for each in active if {held.organisation for held in each.memberships} == {key})
        return Resting(active, leavers, tuple(self._things(key, leavers)))

    def changes(self, key: str) -> tuple[Change, ...]:
        """Give what was done to an agency, the latest first."""
        row = AdministrationRow
        return administration.changes(self.connection, row.agency == key, row.team.is_(None))

    def _things(self, key: str, leavers: Sequence[Person]) -> list[str]:
        """Name in words what a case or a record would miss."""
        row, form, member, seal = EpisodeRow, FormRow, SealMemberRow, SealRow
        names = [each.sign_in for each in leavers]
        in_group = sa.exists().where(member.seal == seal.id, member.removed_at.is_(None), member.person.in_(names))
        counted = (
            (
                "open missing episode",
                "open missing episodes",
                (row.responsible_authority == key, row.case_closed_at.is_(None)),
            ),
            ("form of a carer", "forms of carers", (form.owner == key,)),
            (
                "sealed record with its people in the group",
                "sealed records with its people in the group",
                (seal.lifted_at.is_(None), in_group),
            ),
        )
        found = [(self._count(*where), one, several) for one, several, where in counted]
        things = [f"{count} {one if count == 1 else several}" for count, one, several in found if count]
        things += [f"The team {each.name}" for each in teams.of_organisation(self.connection, key)]
        known = {each.key: each.name for each in self._read()}
        for held in commissions.in_force(self.connection, self.now).values():
            things += [f"{known[council]} commissions it" for council, by in held.items() if key in by]
            things += [f"It commissions {known[each]}" for each in sorted(held.get(key, ()))]
        return things

    def _count(self, *where: sa.ColumnElement[bool]) -> int:
        return self.connection.execute(sa.select(sa.func.count()).where(*where)).scalar_one()

    def _leave(self, person: Person, key: str, why: str) -> None:
        """Take what somebody holds in an agency away, and disable who holds nothing elsewhere."""
        here = [held for held in person.memberships if held.organisation == key]
        elsewhere = [held for held in person.memberships if held.organisation != key]
        people.give_roles(self.connection, person.sign_in, elsewhere)
        self._note(key, "roles changed", say(here), say([]), why, person.sign_in)
        if not elsewhere and person.disabled_at is None:
            people.disable(self.connection, person.sign_in, self.now)
            administration.forget_links(self.connection, person.sign_in)
            self._note(key, "disabled", "", "", why, person.sign_in)

    def _read(self, *where: sa.ColumnElement[bool]) -> tuple[Organisation, ...]:
        row, held = OrganisationRow, MembershipRow
        active = sa.and_(PersonRow.sign_in == held.person, PersonRow.disabled_at.is_(None))
        counted = sa.select(sa.func.count(held.person.distinct())).join(PersonRow, active)
        there = counted.where(held.organisation == row.key).correlate(row).scalar_subquery()
        asked = sa.select(row.key, row.name, row.kind, row.closed_at, there).where(*where)
        return tuple(Organisation(*each) for each in self.connection.execute(asked))

    def _locked(self, key: str) -> Organisation:
        """Give an agency, and hold it until the change is done."""
        row = OrganisationRow
        self.connection.execute(row_lock(self.connection.engine, sa.select(row.key).where(row.key == key))).all()
        return self.find(key)

    def _change(self, key: str, **values: object) -> None:
        row = OrganisationRow
        self.connection.execute(sa.update(row).where(row.key == key).values(**values))

    def _name_problems(self, name: str, *, but: str = "") -> list[Problem]:
        if not name:
            return [Problem("name", "name-missing", "Enter the name of the agency")]
        if len(name) > LONGEST_NAME:
            return [Problem("name", "name-long", f"The name must have {LONGEST_NAME} characters at most")]
        taken = any(each.name.casefold() == name.casefold() and each.key != but for each in self._read())
        return [Problem("name", "name-taken", "There is an agency of this name already")] if taken else []

    def _key_problems(self, key: str, name: str) -> list[Problem]:
        if not name and not key:
            return []
        if not _KEY.fullmatch(key) or len(key) > LONGEST_KEY:
            sentence = f"The short name has small letters, digits and _ only, begins with a letter and has {LONGEST_KEY} characters at most"
            return [Problem("key", "key-form", sentence)]
        return [_taken(key)] if self._read(OrganisationRow.key == key) else []

    def _note(self, key: str, what: str, old: str, new: str, why: str, person: str = "") -> None:
        change = Change(self.now, self.by.person, what, old, new, why.strip(), person, key)
        administration.note(self.connection, change)


def _key_of(name: str) -> str:
    """Make a key of a name: ``Elm House`` is ``elm_house``."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:LONGEST_KEY]


def _taken(key: str) -> Problem:
    return Problem("key", "key-taken", f"Another agency has the short name {key}: give it one of its own")
