"""The people who use Homeward, the organisations for which they act and the roles that they hold there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows.agencies import KINDS, ROLES, STANDS_IN

SHORTEST_PASSWORD = 12
"""Characters; long enough for three random words (National Cyber Security Centre)."""

_HASHER = PasswordHasher()


class PersonNotFound(NotFound):
    """Nobody has this sign-in name."""


class SignInNameTaken(Conflict):
    """Somebody has this sign-in name already."""


class OrganisationRow(Base):
    """One organisation, such as a force or a council; nobody holds a role in one that is closed."""

    __tablename__ = "organisations"
    key: sa.Column[str] = stored(sa.String(60), primary_key=True)
    name: sa.Column[str] = stored(sa.String(200))
    kind: sa.Column[str] = stored(sa.String(40))
    closed_at: sa.Column[datetime | None] = stored(Moment)


class PersonRow(Base):
    """One person; nobody is deleted, since the log names them."""

    __tablename__ = "people"
    sign_in: sa.Column[str] = stored(sa.String(120), primary_key=True)
    name: sa.Column[str] = stored(sa.String(200))
    mail: sa.Column[str] = stored(sa.String(320))
    password_hash: sa.Column[str] = stored(sa.String(200))
    added_at: sa.Column[datetime] = stored(Moment)
    disabled_at: sa.Column[datetime | None] = stored(Moment)


class MembershipRow(Base):
    """A person holds a role in an organisation."""

    __tablename__ = "memberships"
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), primary_key=True)
    role: sa.Column[str] = stored(sa.String(60), primary_key=True)
    organisation: sa.Column[str] = stored(sa.ForeignKey("organisations.key"), primary_key=True)
    __table_args__ = (sa.Index("ix_memberships_role", "role", "organisation"),)


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """A role held in an organisation: ``Membership("rhi_worker", "safe_steps")``."""

    role: str
    organisation: str


@frozen
class Person:
    """One person as everybody but the sign-in sees them: never with the password's hash."""

    sign_in: str
    name: str
    mail: str
    memberships: tuple[Membership, ...]
    disabled_at: datetime | None = None

    @property
    def roles(self) -> frozenset[str]:
        """The keys of the roles that are held now; none for a person who is disabled."""
        if self.disabled_at is not None:
            return frozenset()
        return frozenset(membership.role for membership in self.memberships)

    @property
    def actor(self) -> Actor:
        """The person as the engine knows who acts; the organisation is the first one by name."""
        organisations = sorted({membership.organisation for membership in self.memberships})
        held = {(each.role, each.organisation) for each in self.memberships}
        held |= {(role, organisation) for own, organisation in held for role in STANDS_IN.get(own, ())}
        stands_in = frozenset().union(*(STANDS_IN.get(role, frozenset()) for role in self.roles))
        return Actor(self.sign_in, self.roles, organisations[0] if organisations else "", frozenset(held), stands_in)


def add_organisation(connection: sa.Connection, key: str, name: str, kind: str) -> None:
    """Add an organisation; a kind that `workflows.agencies.KINDS` does not list is refused as `Invalid`."""
    if kind not in KINDS:
        raise Invalid([Problem(key, "organisation-kind", f"'{kind}' is not a kind of organisation")])
    connection.execute(sa.insert(OrganisationRow).values(key=key, name=name, kind=kind))


def add(
    connection: sa.Connection,
    sign_in: str,
    *,
    name: str,
    mail: str,
    password: str | None,
    memberships: Iterable[Membership] = (),
    now: datetime,
) -> Person:
    """Add a person with the roles they hold; without a password they cannot sign in until they have set one.

    `SignInNameTaken` where the name is in use; `Invalid` with every unknown role, every unknown organisation, a role in
    an organisation of another kind, a name or mail address that cannot be used, and a password that is too short.
    """
    wanted = tuple(sorted(set(memberships)))
    taken = connection.execute(sa.select(PersonRow.sign_in).where(PersonRow.sign_in == sign_in)).first()
    if taken is not None:
        raise SignInNameTaken(f"Somebody has the sign-in name '{sign_in}' already.")
    _refuse(
        [
            *name_problems(sign_in, mail),
            *([] if password is None else _password_problems(password)),
            *_membership_problems(connection, wanted),
        ]
    )
    stored = "" if password is None else hash_password(password)
    values = {"sign_in": sign_in, "name": name, "mail": mail, "password_hash": stored, "added_at": now}
    connection.execute(sa.insert(PersonRow).values(**values))
    _add_memberships(connection, sign_in, wanted)
    return Person(sign_in, name, mail, wanted)


def give_roles(connection: sa.Connection, sign_in: str, memberships: Iterable[Membership]) -> None:
    """Put these roles in the place of all that a person held before; refuses as `add` does."""
    find(connection, sign_in)
    wanted = tuple(sorted(set(memberships)))
    _refuse(_membership_problems(connection, wanted))
    connection.execute(sa.delete(MembershipRow).where(MembershipRow.person == sign_in))
    _add_memberships(connection, sign_in, wanted)


def disable(connection: sa.Connection, sign_in: str, now: datetime) -> None:
    """Let a person sign in no more and get no more mail, from now on; `PersonNotFound` where there is none."""
    find(connection, sign_in)
    still_active = sa.and_(PersonRow.sign_in == sign_in, PersonRow.disabled_at.is_(None))
    connection.execute(sa.update(PersonRow).where(still_active).values(disabled_at=now))


def enable(connection: sa.Connection, sign_in: str) -> None:
    """Let a disabled person in again; `PersonNotFound` where there is none."""
    find(connection, sign_in)
    connection.execute(sa.update(PersonRow).where(PersonRow.sign_in == sign_in).values(disabled_at=None))


def find(connection: sa.Connection, sign_in: str) -> Person:
    """Give the person with a sign-in name, disabled or not; `PersonNotFound` where there is none."""
    found = _people(connection, PersonRow.sign_in == sign_in)
    if not found:
        raise PersonNotFound(f"There is nobody with the sign-in name '{sign_in}'.")
    return found[0]


def with_mail(connection: sa.Connection, sign_in: str, mail: str) -> Person | None:
    """Give the person who has both this sign-in name and this mail address; None where nobody has."""
    found = _people(connection, PersonRow.sign_in == sign_in, sa.func.lower(PersonRow.mail) == mail.casefold())
    return found[0] if found else None


def of(connection: sa.Connection, organisations: Collection[str]) -> tuple[Person, ...]:
    """Give everybody who has a role in one of these organisations, disabled or not, by sign-in name."""
    held = sa.select(MembershipRow.person).where(MembershipRow.organisation.in_(sorted(organisations)))
    return _people(connection, PersonRow.sign_in.in_(held))


def agencies(connection: sa.Connection, kinds: Collection[str], *also: sa.ColumnElement[bool]) -> dict[str, str]:
    """Name the agencies of these kinds that work here by their key, by name: ``{"oak_school": "Oak School"}``."""
    row = OrganisationRow
    asked = sa.select(row.key, row.name).where(row.kind.in_(kinds), row.closed_at.is_(None), *also)
    return dict(connection.execute(asked.order_by(row.name)).tuples().all())


def holders(connection: sa.Connection, roles: Collection[str], organisation: str | None = None) -> tuple[Person, ...]:
    """Give the active people who hold one of these roles, by sign-in name, in one organisation or in any."""
    held = sa.select(MembershipRow.person).where(MembershipRow.role.in_(sorted(roles)))
    if organisation is not None:
        held = held.where(MembershipRow.organisation == organisation)
    return _people(connection, PersonRow.sign_in.in_(held), PersonRow.disabled_at.is_(None))


def active(connection: sa.Connection, names: Collection[str]) -> tuple[Person, ...]:
    """Give those of these people who can sign in, by sign-in name."""
    return _people(connection, PersonRow.sign_in.in_(sorted(names)), PersonRow.disabled_at.is_(None))


def colleague(connection: sa.Connection, sign_in: str, organisations: Collection[str]) -> str:
    """Give the name of somebody who holds a role in one of these organisations, disabled or not; empty where nobody does."""
    held = sa.select(MembershipRow.person).where(MembershipRow.organisation.in_(sorted(organisations)))
    asked = sa.select(PersonRow.name).where(PersonRow.sign_in == sign_in, PersonRow.sign_in.in_(held))
    return connection.execute(asked).scalar_one_or_none() or ""


def has_left(connection: sa.Connection, address: str) -> bool:
    """Tell whether the accounts with a mail address are all disabled; of a mailbox that two share one has to be active."""
    ends = sa.select(PersonRow.disabled_at).where(sa.func.lower(PersonRow.mail) == address.casefold())
    found = connection.execute(ends).scalars().all()
    return bool(found) and all(ended is not None for ended in found)


def check(connection: sa.Connection, sign_in: str, password: str) -> bool:
    """Tell whether an active person with this name has this password; it takes as long where there is no such person."""
    query = sa.select(PersonRow.password_hash).where(PersonRow.sign_in == sign_in, PersonRow.disabled_at.is_(None))
    stored = connection.execute(query).scalar_one_or_none()
    matches = password_matches(stored or _nobodys_hash(), password)
    return matches and stored is not None


def set_password(connection: sa.Connection, sign_in: str, password: str) -> None:
    """Give a person a new password; `Invalid` where it is too short, `PersonNotFound` where there is no such person."""
    find(connection, sign_in)
    _refuse(_password_problems(password))
    stored = hash_password(password)
    connection.execute(sa.update(PersonRow).where(PersonRow.sign_in == sign_in).values(password_hash=stored))


def hash_password(password: str) -> str:
    """Give the Argon2id hash of a password, with its own salt and the costs that it was made with."""
    return _HASHER.hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Tell whether a password belongs to a stored hash; what is no hash at all matches nothing."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with lower costs than today's, so that the next sign-in should write a new one."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobodys_hash() -> str:
    """Give a hash to compare with when there is no such person."""
    return hash_password("nobody has this password")


def _people(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> tuple[Person, ...]:
    """Read people with all that they hold, in the order of their names."""
    rows = connection.execute(_with_what_they_hold().where(*where))
    found: dict[str, tuple[str, str, datetime | None, list[Membership]]] = {}
    for sign_in, name, mail, disabled_at, role, organisation in rows:
        held = found.setdefault(sign_in, (name, mail, disabled_at, []))[3]
        if role is not None:
            held.append(Membership(role, organisation))
    return tuple(
        Person(sign_in, name, mail, tuple(held), disabled_at)
        for sign_in, (name, mail, disabled_at, held) in found.items()
    )


@cache  # asked with each request
def _with_what_they_hold() -> sa.Select[tuple[str, str, str, datetime | None, str, str]]:
    """Select everybody with each of their roles, in the order of their names."""
    who, held = PersonRow, MembershipRow
    columns = sa.select(who.sign_in, who.name, who.mail, who.disabled_at, held.role, held.organisation)
    return columns.outerjoin(held, held.person == who.sign_in).order_by(who.sign_in, held.role, held.organisation)


def name_problems(sign_in: str, mail: str) -> list[Problem]:
    """Say what cannot stand in the key or the header of a message: one bad address must not stop a case's step."""
    problems = []
    if not sign_in or not sign_in.isprintable() or " " in sign_in:
        problems.append(Problem("sign_in", "sign-in-name", "A sign-in name has letters and signs and no space"))
    name, at, domain = mail.rpartition("@")
    if not (name and at and domain and mail.isascii() and mail.isprintable() and " " not in mail):
        problems.append(Problem("mail", "mail-address", "A mail address looks like anna.lee@force.example"))
    return problems


def _password_problems(password: str) -> list[Problem]:
    """Say that a password is too short, if it is."""
    if len(password) >= SHORTEST_PASSWORD:
        return []
    return [Problem("password", "password-length", f"A password has {SHORTEST_PASSWORD} characters or more")]


def _membership_problems(connection: sa.Connection, wanted: Iterable[Membership]) -> list[Problem]:
    """Say which roles and organisations are not known, or closed, and which role is of another kind of organisation."""
    rows = connection.execute(sa.select(OrganisationRow.key, OrganisationRow.kind, OrganisationRow.closed_at)).all()
    kinds, closed = {row.key: row.kind for row in rows}, {row.key for row in rows if row.closed_at is not None}
    problems = []
    for role, organisation in ((membership.role, membership.organisation) for membership in wanted):
        if role not in ROLES:
            problems.append(Problem(role, "role-known", f"'{role}' is not a role"))
        elif organisation not in kinds:
            problems.append(Problem(organisation, "organisation-known", f"'{organisation}' is not an organisation"))
        elif organisation in closed:
            problems.append(Problem(organisation, "organisation-open", f"'{organisation}' is closed"))
        elif not ROLES[role].fits(kinds[organisation]):
            sentence = f"{ROLES[role].title} is not a role of an organisation of this kind: {kinds[organisation]}"
            problems.append(Problem(organisation, "role-of-kind", sentence))
    return problems


def _refuse(problems: list[Problem]) -> None:
    """Refuse with all problems, if there are any."""
    if problems:
        raise Invalid(problems)


def _add_memberships(connection: sa.Connection, sign_in: str, wanted: tuple[Membership, ...]) -> None:
    """Write what a person holds."""
    rows = [{"person": sign_in, "role": held.role, "organisation": held.organisation} for held in wanted]
    if rows:
        connection.execute(sa.insert(MembershipRow), rows)
