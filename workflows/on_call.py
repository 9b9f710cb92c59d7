"""Who is on call: the rota of each organisation, so that an urgent message reaches a telephone and not only a mailbox.

Urgent messages go to those who hold a role, by mail, and to whoever the rota names for it at the moment of sending, by text message
or pager (domain.md 13.5). An entry is never changed: it is ended, and another one entered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import groupby
from types import MappingProxyType

import sqlalchemy as sa

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows.people import MembershipRow, PersonRow

ON_CALL = (
    "control_room_supervisor",
    "duty_inspector",
    "locate_sergeant",
    "mfh_coordinator",
    "chief_inspector_missing",
    "superintendent",
    "assistant_chief_constable",
    "ppu_cse_unit",
    "csc_mash",
    "edt",
    "csc_team_manager",
    "csc_service_manager",
    "rhi_worker",
    "rhi_manager",
    "administrator",
)
"""The roles that can be on call: those that an urgent message may be for."""

KEEPERS = (
    "control_room_supervisor",
    "duty_inspector",
    "chief_inspector_missing",
    "csc_mash",
    "csc_team_manager",
    "csc_service_manager",
    "rhi_manager",
    "administrator",
)
"""Who keeps the rota of their own organisation."""

READERS = tuple(dict.fromkeys((*ON_CALL, "call_taker", "response_officer", "csc_social_worker")))
"""Who may look up whom to ring."""

ALWAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"police": ("duty_inspector", "control_room_supervisor"), "local_authority": ("csc_mash", "edt")}
)
"""By kind of organisation, of which roles one must be on call at every moment: the first and those that stand in for it."""

LONGEST = timedelta(days=14)
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
_PAGER = re.compile(r"[A-Za-z0-9-]{1,30}")


class EntryNotFound(NotFound):
    """There is no such entry in the rota of an organisation that this person keeps."""


class OnCallRow(Base):
    """One entry: this person is on call in this role from one moment to another, and is reached like this."""

    __tablename__ = "on_call"
    id: sa.Column[int] = stored(primary_key=True)
    organisation: sa.Column[str] = stored(sa.ForeignKey("organisations.key"))
    role: sa.Column[str] = stored(sa.String(60))
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"))
    begins_at: sa.Column[datetime] = stored(Moment)
    ends_at: sa.Column[datetime] = stored(Moment)
    mobile: sa.Column[str] = stored(sa.String(20))
    pager: sa.Column[str] = stored(sa.String(30))
    entered_by: sa.Column[str] = stored(sa.String(120))
    entered_at: sa.Column[datetime] = stored(Moment)
    ended_by: sa.Column[str] = stored(sa.String(120), default="", server_default="")
    key: sa.Column[str] = stored(sa.String(80))
    __table_args__ = (
        sa.UniqueConstraint("entered_by", "key"),
        sa.Index("ix_on_call_role", "role", "ends_at"),
        sa.Index("ix_on_call_organisation", "organisation", "ends_at"),
    )


@frozen
class Duty:
    """One entry of the rota as pages and messages see it; `mobile` is like ``+447700900123``, `mobile` or `pager` may be empty."""

    id: int
    organisation: str
    role: str
    person: str
    begins_at: datetime
    ends_at: datetime
    mobile: str
    pager: str

    def reached_at(self) -> Iterator[str]:
        """Give the addresses as the channels take them: ``sms:+447700900123``, ``pager:4711``."""
        if self.mobile:
            yield f"sms:{self.mobile}"
        if self.pager:
            yield f"pager:{self.pager}"


@frozen
class Wanted:
    """What somebody enters: texts as typed, moments aware."""

    organisation: str
    role: str
    person: str
    begins_at: datetime
    ends_at: datetime
    mobile: str = ""
    pager: str = ""


@frozen
class Gap:
    """A time in which nobody is on call."""

    begins_at: datetime
    ends_at: datetime


def enter(connection: sa.Connection, wanted: Wanted, *, by: Actor, now: datetime, key: str) -> None:
    """Put somebody on the rota; the same key again changes nothing.

    Refused with `Invalid`, all at once: a time that has passed, ends before it begins or lasts more than `LONGEST`; a number or pager
    that is none; neither of them; a person who does not hold the role there; `EntryNotFound` for an organisation that `by` does not keep.
    """
    if wanted.organisation not in kept_by(connection, by.person):
        raise EntryNotFound("You do not keep the rota of this organisation.")
    mobile, pager = _number(wanted.mobile), wanted.pager.strip()
    problems = [*_time_problems(wanted, now), *_address_problems(mobile, pager)]
    if (wanted.role, wanted.person) not in {
        (role, person) for role, person, _ in who_can(connection, wanted.organisation)
    }:
        problems.append(Problem("duty", "not-in-role", "Select somebody who holds this role in your organisation"))
    if problems:
        raise Invalid(problems)
    row = OnCallRow
    done = sa.select(row.id).where(row.entered_by == by.person, row.key == key)
    if connection.execute(done).first() is None:
        values = {field.name: getattr(wanted, field.name) for field in fields(Wanted)} | {
            "mobile": mobile,
            "pager": pager,
        }
        connection.execute(sa.insert(row).values(**values, entered_by=by.person, entered_at=now, ended_by="", key=key))


def end(connection: sa.Connection, number: int, *, by: Actor, now: datetime) -> None:
    """End an entry now, or take it out where it has not begun; one that is over stays as it is.

    Refused with `EntryNotFound` where there is none in an organisation that `by` keeps.
    """
    row = OnCallRow
    kept = kept_by(connection, by.person)
    found = connection.execute(sa.select(*_columns()).where(row.id == number, row.organisation.in_(kept))).first()
    if found is None:
        raise EntryNotFound("There is no such entry in a rota that you keep.")
    duty = Duty(*found)
    if duty.ends_at > now:
        ends_at = max(now, duty.begins_at) if duty.begins_at <= now else duty.begins_at
        connection.execute(sa.update(row).where(row.id == number).values(ends_at=ends_at, ended_by=by.person))


def on_call(
    connection: sa.Connection, roles: Collection[str], now: datetime, *, organisation: str = ""
) -> tuple[Duty, ...]:
    """Give who is on call now in one of these roles, still holds it and is active; with `organisation`, only there."""
    row = OnCallRow
    asked = _standing().where(row.role.in_(roles), row.begins_at <= now, row.ends_at > now)
    if organisation:
        asked = asked.where(row.organisation == organisation)
    return tuple(Duty(*each) for each in connection.execute(asked.order_by(row.role, row.begins_at, row.id)))


def has_left(connection: sa.Connection, address: str) -> bool:
    """Tell whether a telephone or pager, ``sms:+447700900123``, is on the rota of people alone whose accounts are disabled."""
    kind, _, number = address.partition(":")
    column = {"sms": OnCallRow.mobile, "pager": OnCallRow.pager}.get(kind)
    if column is None or not number:
        return False
    ends = sa.select(PersonRow.disabled_at).join(OnCallRow, OnCallRow.person == PersonRow.sign_in)
    found = connection.execute(ends.where(column == number)).scalars().all()
    return bool(found) and all(ended is not None for ended in found)


def rota(connection: sa.Connection, now: datetime, *, until: datetime, organisation: str) -> tuple[Duty, ...]:
    """Give the entries of an organisation that are running or begin before a moment, by role and time."""
    row = OnCallRow
    asked = _standing().where(
        row.organisation == organisation, row.ends_at > now, row.begins_at < until, row.begins_at < row.ends_at
    )
    return tuple(Duty(*each) for each in connection.execute(asked.order_by(row.role, row.begins_at, row.id)))


def gaps(duties: Iterable[Duty], now: datetime, until: datetime) -> tuple[Gap, ...]:
    """Give the times between two moments in which none of these entries stands."""
    found, covered = [], now
    for duty in sorted(duties, key=lambda each: each.begins_at):
        if duty.begins_at > covered:
            found.append(Gap(covered, min(duty.begins_at, until)))
        covered = max(covered, duty.ends_at)
        if covered >= until:
            return tuple(found)
    return (*found, Gap(covered, until))


def who_can(connection: sa.Connection, organisation: str) -> tuple[tuple[str, str, str], ...]:
    """Give role, sign-in name and name of everybody who can be on call in an organisation, by the order of `ON_CALL` and name."""
    asked = (
        sa.select(MembershipRow.role, PersonRow.sign_in, PersonRow.name)
        .join(PersonRow, PersonRow.sign_in == MembershipRow.person)
        .where(
            MembershipRow.organisation == organisation, MembershipRow.role.in_(ON_CALL), PersonRow.disabled_at.is_(None)
        )
    )
    rows = [(role, person, name) for role, person, name in connection.execute(asked).tuples()]
    return tuple(sorted(rows, key=lambda each: (ON_CALL.index(each[0]), each[2], each[1])))


def kept_by(connection: sa.Connection, person: str) -> frozenset[str]:
    """Name the organisations whose rota this person keeps."""
    asked = sa.select(MembershipRow.organisation).where(MembershipRow.person == person, MembershipRow.role.in_(KEEPERS))
    return frozenset(connection.execute(asked).scalars())


def last_addresses(connection: sa.Connection, organisation: str) -> dict[str, tuple[str, str]]:
    """Give by person the number and pager of their latest entry, so that nobody types them twice."""
    row = OnCallRow
    asked = (
        sa.select(row.person, row.mobile, row.pager)
        .where(row.organisation == organisation)
        .order_by(row.person, row.id)
    )
    return {
        person: tuple(group)[-1][1:]
        for person, group in groupby(connection.execute(asked).tuples(), lambda each: each[0])
    }


def _standing() -> sa.Select[tuple[object, ...]]:
    """Select the entries of people who still hold the role there and are active."""
    row, held = OnCallRow, MembershipRow
    joined = sa.and_(held.person == row.person, held.role == row.role, held.organisation == row.organisation)
    active = sa.and_(PersonRow.sign_in == row.person, PersonRow.disabled_at.is_(None))
    return sa.select(*_columns()).join(held, joined).join(PersonRow, active)


def _columns() -> list[sa.ColumnElement[object]]:
    return [getattr(OnCallRow, field.name) for field in fields(Duty)]


def _number(typed: str) -> str:
    """Write a telephone number as the world does: ``07700 900 123`` is ``+447700900123``."""
    digits = re.sub(r"[\s().-]", "", typed)
    digits = f"+{digits[2:]}" if digits.startswith("00") else digits
    return f"+44{digits[1:]}" if digits.startswith("0") else digits


def _time_problems(wanted: Wanted, now: datetime) -> Iterator[Problem]:
    if wanted.ends_at <= wanted.begins_at:
        yield Problem("ends_at", "ends-before", "The end of the duty must be after its beginning")
    elif wanted.ends_at <= now:
        yield Problem("ends_at", "is-over", "The end of the duty must be later than now")
    elif wanted.ends_at - wanted.begins_at > LONGEST:
        yield Problem(
            "ends_at", "too-long", f"One entry lasts {LONGEST.days} days at most: enter the rest as another one"
        )


def _address_problems(mobile: str, pager: str) -> Iterator[Problem]:
    if not (mobile or pager):
        yield Problem("mobile", "no-address", "Enter a mobile number, or a pager below it")
    if mobile and not _NUMBER.fullmatch(mobile):
        yield Problem("mobile", "no-number", "Enter a telephone number, like 07700 900 123 or +33 6 12 34 56 78")
    if pager and not _PAGER.fullmatch(pager):
        yield Problem("pager", "no-pager", "Enter the pager's number: digits, letters and hyphens, 30 at most")
