"""People who come, move and go: looked after by an administrator of their own agency, and every change is written down.

Whom somebody may look after follows from where they hold `ADMINISTRATOR`, at every step anew. Nobody changes their own account,
and an agency never loses its last administrator. Somebody who works for two agencies is disabled by neither: each takes its own
roles away. A link for a password is kept as a digest; it works once, for 72 hours, and dies with the account.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment, row_lock
from notifications import outbox, wording
from notifications.message import Message
from workflows import notices, people
from workflows.agencies import ROLES, title_of
from workflows.people import Membership, MembershipRow, OrganisationRow, Person, PersonNotFound, PersonRow

ADMINISTRATOR = "agency_administrator"
LINK_LASTS = timedelta(hours=72)
LONGEST_WHY = 500
TEMPLATE = "invitation"


class LinkNotValid(NotFound):
    """A link that nobody was sent, that was used, is too old, or whose account is disabled: the same answer to all."""


class InvitationRow(Base):
    """One link with which a person sets a password; the mail holds the token, this row its digest."""

    __tablename__ = "invitations"
    digest: sa.Column[str] = stored(sa.String(64), primary_key=True)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"))
    expires_at: sa.Column[datetime] = stored(Moment)
    used_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (sa.Index("ix_invitations_person", "person"),)


class AdministrationRow(Base):
    """One change: who did what, when, why, and what stood before; never changed.

    `person` is whose account it was, `agency` and `team` those that it was about; empty where it was about none.
    """

    __tablename__ = "administration_log"
    id: sa.Column[int] = stored(primary_key=True)
    at: sa.Column[datetime] = stored(Moment)
    by: sa.Column[str] = stored(sa.String(120))
    person: sa.Column[str] = stored(sa.String(120))
    what: sa.Column[str] = stored(sa.String(40))
    old: sa.Column[str] = stored(sa.Text)
    new: sa.Column[str] = stored(sa.Text)
    why: sa.Column[str] = stored(sa.Text)
    agency: sa.Column[str] = stored(sa.String(60), server_default="")
    team: sa.Column[int | None]
    __table_args__ = (
        sa.Index("ix_administration_log_person", "person", "id"),
        sa.Index("ix_administration_log_agency", "agency", "id"),
        sa.Index("ix_administration_log_team", "team", "id"),
    )


@frozen
class Change:
    """One line of the log as a page shows it: whose account it was, or which agency and team it was about."""

    at: datetime
    by: str
    what: str
    old: str
    new: str
    why: str
    person: str = ""
    agency: str = ""
    team: int | None = None


@frozen
class Agency:
    """An organisation that somebody administers, with the roles that its people can hold."""

    key: str
    name: str
    kind: str

    @property
    def roles(self) -> tuple[str, ...]:
        """The keys of the roles, in the order of `ROLES`."""
        return tuple(role.key for role in ROLES.values() if role.fits(self.kind))


class Desk:
    """The administrator's desk: `by` is who sits at it, `base_url` the address of the site for the links."""

    def __init__(self, connection: sa.Connection, by: Actor, base_url: str, now: datetime) -> None:
        """Work in the caller's transaction, at one moment."""
        self.connection, self.by, self.now = connection, by, now
        self.base_url = base_url.rstrip("/")
        self.agencies = _agencies(connection, by.person)

    def listed(self, name: str = "") -> tuple[Person, ...]:
        """Give the people of one's agencies, those whose name or sign-in name holds a text, by name."""
        wanted = name.strip().casefold()
        found = people.of(self.connection, self.agencies) if self.agencies else ()
        chosen = (one for one in found if wanted in f"{one.name} {one.sign_in}".casefold())
        return tuple(sorted(chosen, key=lambda one: (one.name.casefold(), one.sign_in)))

    def person(self, sign_in: str) -> Person:
        """Give one of one's people; `PersonNotFound` where somebody is of another agency, or nobody."""
        found = next((one for one in self.listed() if one.sign_in == sign_in), None)
        if found is None:
            raise PersonNotFound("There is nobody like that in your agency.")
        return found

    def add(self, sign_in: str, name: str, mail: str, agency: str, roles: Collection[str], why: str) -> None:
        """Add somebody and send the link; refused with `Invalid`, all at once, and `SignInNameTaken`.

        Who is known to another agency under this name and mail address is taken on with the account that they have.
        """
        sign_in = sign_in.strip().casefold()
        nameless = Problem("name", "name-missing", "Enter the person's name")
        problems = [*([] if name.strip() else [nameless]), *people.name_problems(sign_in, mail.strip())]
        refuse([*problems, *why_problems(why), *self._role_problems(agency, roles)])
        held = [Membership(role, agency) for role in roles]
        if known := self._known(sign_in, mail.strip()):
            people.give_roles(self.connection, sign_in, [*known.memberships, *held])
            self._note(sign_in, "taken on", "", say(held), why)
            return
        people.add(
            self.connection,
            sign_in,
            name=name.strip(),
            mail=mail.strip(),
            password=None,
            memberships=held,
            now=self.now,
        )
        self._note(sign_in, "added", "", say(held), why)
        self._send_link(sign_in, mail.strip())

    def _known(self, sign_in: str, mail: str) -> Person | None:
        """Give the active person of other agencies alone who has this name and this mail address."""
        found = people.with_mail(self.connection, sign_in, mail)
        if found is None or found.disabled_at is not None:
            return None
        here = any(held.organisation in self.agencies for held in found.memberships)
        return None if here else found

    def change_roles(self, sign_in: str, agency: str, roles: Collection[str], why: str) -> None:
        """Put these roles in the place of those held in one agency; elsewhere nothing changes."""
        person = self.person(sign_in)
        elsewhere = [held for held in person.memberships if held.organisation != agency]
        before = [held for held in person.memberships if held.organisation == agency]
        problems = [*self._role_problems(agency, roles, needed=not elsewhere), *why_problems(why), *self._own(sign_in)]
        if ADMINISTRATOR not in roles:
            problems += self._last_problems(person, [agency])
        refuse(problems)
        after = [Membership(role, agency) for role in sorted(set(roles))]
        if after != before:
            people.give_roles(self.connection, sign_in, [*elsewhere, *after])
            self._note(sign_in, "roles changed", say(before), say(after), why)

    def disable(self, sign_in: str, why: str) -> None:
        """Let somebody in no more, from their next request on; links that they hold die too."""
        person = self.person(sign_in)
        others = {held.organisation for held in person.memberships} - self.agencies.keys()
        problems = [*why_problems(why), *self._own(sign_in), *self._last_problems(person, self.agencies)]
        if others:
            sentence = "This person works for another agency too: take away their roles in yours instead"
            problems.append(Problem("why", "works-elsewhere", sentence))
        refuse(problems)
        if person.disabled_at is None:
            people.disable(self.connection, sign_in, self.now)
            end_links(self.connection, sign_in)
            self._note(sign_in, "disabled", "", "", why)

    def enable(self, sign_in: str, why: str) -> None:
        """Let somebody in again."""
        person = self.person(sign_in)
        refuse([*why_problems(why), *self._own(sign_in)])
        if person.disabled_at is not None:
            people.enable(self.connection, sign_in)
            self._note(sign_in, "enabled", "", "", why)

    def send_link(self, sign_in: str, why: str) -> None:
        """Send a new link for a password; the earlier ones die."""
        person = self.person(sign_in)
        problems = [*why_problems(why), *self._own(sign_in)]
        if person.disabled_at is not None:
            problems.append(Problem("why", "is-disabled", "This account is disabled: enable it first"))
        refuse(problems)
        forget_links(self.connection, sign_in)
        self._note(sign_in, "link sent", "", "", why)
        self._send_link(sign_in, person.mail)

    def changes(self, sign_in: str) -> tuple[Change, ...]:
        """Give what was done to an account, the latest first."""
        return changes(self.connection, AdministrationRow.person == sign_in)

    def _role_problems(self, agency: str, roles: Collection[str], *, needed: bool = True) -> list[Problem]:
        if agency not in self.agencies:
            return [Problem("agency", "not-yours", "Select one of your own agencies")]
        if not roles and needed:
            return [Problem("roles", "no-role", "Select at least one role; who has left is disabled instead")]
        unknown = set(roles) - set(self.agencies[agency].roles)
        sentence = "Select roles of this agency only"
        return [Problem("roles", "not-of-agency", sentence)] if unknown else []

    def _own(self, sign_in: str) -> list[Problem]:
        sentence = "Nobody changes their own account: ask another administrator"
        return [Problem("why", "own-account", sentence)] if sign_in == self.by.person else []

    def _last_problems(self, person: Person, agencies: Iterable[str]) -> list[Problem]:
        """Refuse to take the last active administrator out of an agency; two who do so at once go one after the other."""
        row = OrganisationRow
        wanted = sa.select(row.key).where(row.key.in_(agencies)).order_by(row.key)
        self.connection.execute(row_lock(self.connection.engine, wanted)).all()
        for agency in agencies:
            holds = Membership(ADMINISTRATOR, agency) in person.memberships and person.disabled_at is None
            if holds and len(people.holders(self.connection, [ADMINISTRATOR], agency)) == 1:
                return [Problem("why", "last-administrator", "An agency needs one administrator at least")]
        return []

    def _send_link(self, sign_in: str, mail: str) -> None:
        token = secrets.token_urlsafe(32)
        digest = _digest(token)
        row = {"digest": digest, "person": sign_in, "expires_at": self.now + LINK_LASTS}
        self.connection.execute(sa.insert(InvitationRow).values(row))
        who = people.find(self.connection, self.by.person).name
        words = {"who": who, "person": sign_in, "link": f"{self.base_url}/invitation/{token}"}
        subject, text = wording.write(TEMPLATE, words)
        message = Message(f"invitation/{digest[:20]}", mail, subject, text, urgent=True)
        outbox.record(self.connection, [message], self.now)

    def _note(self, sign_in: str, what: str, old: str, new: str, why: str) -> None:
        note(self.connection, Change(self.now, self.by.person, what, old, new, why.strip(), sign_in))


def accept(connection: sa.Connection, token: str, password: str | None, *, now: datetime) -> str:
    """Set a password by a link, and give the sign-in name; without a password only look whether the link works.

    Refused with `LinkNotValid`, and `Invalid` where the password is too short.
    """
    row = InvitationRow
    asked = sa.select(row.person).join(PersonRow, PersonRow.sign_in == row.person)
    works = (row.digest == _digest(token), row.used_at.is_(None), row.expires_at > now, PersonRow.disabled_at.is_(None))
    person = connection.execute(asked.where(*works)).scalar_one_or_none()
    if person is None:
        raise LinkNotValid("This link does not work any more. Ask the administrator of your agency for a new one.")
    if password is not None:
        people.set_password(connection, person, password)
        unused = sa.and_(row.digest == _digest(token), row.used_at.is_(None))
        if connection.execute(sa.update(row).where(unused).values(used_at=now)).rowcount != 1:
            raise LinkNotValid("This link has just been used.")  # by another request at the same moment
    return person


def end_links(connection: sa.Connection, sign_in: str) -> None:
    """Let nothing that a disabled person was sent open anything, and let others know at once what they were to read."""
    forget_links(connection, sign_in)
    notices.let_go(connection)


def forget_links(connection: sa.Connection, sign_in: str) -> None:
    """Let no link to a password of this person work any more."""
    connection.execute(sa.delete(InvitationRow).where(InvitationRow.person == sign_in))


def note(connection: sa.Connection, change: Change) -> None:
    """Write a change of an account, an agency or a team down."""
    values = {one.name: getattr(change, one.name) for one in fields(Change)}
    connection.execute(sa.insert(AdministrationRow).values(**values))


def changes(connection: sa.Connection, *about: sa.ColumnElement[bool]) -> tuple[Change, ...]:
    """Give what the log says, the latest first: ``changes(connection, AdministrationRow.team == 7)``."""
    columns = [getattr(AdministrationRow, field.name) for field in fields(Change)]
    asked = sa.select(*columns).where(*about).order_by(AdministrationRow.id.desc())
    return tuple(Change(*each) for each in connection.execute(asked))


def say(held: Iterable[Membership]) -> str:
    """Say roles in words: ``Call taker, Duty inspector``."""
    return ", ".join(title_of(each.role) for each in held) or "none"


def _agencies(connection: sa.Connection, person: str) -> dict[str, Agency]:
    """Give the organisations that a person administers, by key."""
    row = OrganisationRow
    asked = sa.select(row.key, row.name, row.kind).join(MembershipRow, MembershipRow.organisation == row.key)
    asked = asked.join(PersonRow, PersonRow.sign_in == MembershipRow.person)
    mine = asked.where(
        MembershipRow.person == person, MembershipRow.role == ADMINISTRATOR, PersonRow.disabled_at.is_(None)
    )
    return {key: Agency(key, name, kind) for key, name, kind in connection.execute(mine.order_by(row.name)).tuples()}


def refuse(problems: Sequence[Problem]) -> None:
    """Refuse a change with `Invalid`, all at once, where something is wrong with it."""
    if problems:
        raise Invalid(problems)


def why_problems(why: str) -> list[Problem]:
    """Say that a reason is missing or too long, if it is."""
    if not why.strip():
        return [Problem("why", "why-missing", "Say why, so that others can follow it later")]
    if len(why) > LONGEST_WHY:
        return [Problem("why", "why-long", f"Say why in {LONGEST_WHY} characters at most")]
    return []


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
