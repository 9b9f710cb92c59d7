"""Opening a case with a reason where a person has no part in it, or not enough of one (domain.md 5.2, rule iii).

It lasts an hour, opens what `OPENS` says of a role and nothing else, and stands in a log that is never changed. At once those are
told who answer for the case (`workflows.data_owners`), who alone read its reference and the reason, and whoever answers for the
organisation of the opener: that one of their people opened something, and no more of a case in which they have no part. For a
reference that no case has everything happens in the same way: nobody learns by it whether a case exists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, CaseTable, Moment
from notifications import outbox, wording
from notifications.message import Message
from workflows import data_owners, seals
from workflows.access import COLUMN_OF
from workflows.alerts import in_words
from workflows.audience import Audience
from workflows.people import Person

LASTS = timedelta(hours=1)
SHORTEST_REASON, LONGEST_REASON = 20, 1_000
LONGEST_REFERENCE = 20
OF_CASE, OF_ORGANISATION = TEMPLATES = ("break_glass", "break_glass_by_yours")

_OF_COLUMN = {
    "call_taker": "D1 D2 D3 D5 D6 D11",
    "control_room": "D1 D2 D3 D5 D6 D11",
    "locate": "D1 D2 D3 D5 D6 D7 D11",
    "owner": "D1 D2 D3 D5 D6 D7 D9 D11",
    "mfh": "D1 D2 D3 D5 D6 D7 D9 D10 D11",
    "ppu": "D1 D2 D3 D5 D6 D7 D9 D11",
    "csc": "D1 D2 D3 D6 D7 D8 D9 D10 D11",
    "csc_desk": "D1 D2 D3 D6 D7 D9 D10 D11",
    "edt": "D1 D2 D3 D6 D7 D9 D11",
    "health": "D1 D2 D11",
}
"""Intelligence (D4) and the records of audits (D12) are opened to nobody, the full account (D8) to social workers only (5.4)."""

OPENS: Mapping[str, frozenset[str]] = MappingProxyType(
    {role: frozenset(_OF_COLUMN[column].split()) for role, column in COLUMN_OF.items() if column in _OF_COLUMN}
)
"""The data classes that a role may open with a reason; who is not here may open nothing."""


class GlassRow(Base):
    """One opening: which reference, as it was typed, by whom, why, and until when."""

    __tablename__ = "break_glass"
    id: sa.Column[int] = stored(primary_key=True)
    about: sa.Column[str] = stored(sa.String(LONGEST_REFERENCE))
    at: sa.Column[datetime] = stored(Moment)
    until: sa.Column[datetime] = stored(Moment)
    person: sa.Column[str] = stored(sa.String(120))
    organisation: sa.Column[str] = stored(sa.String(120))
    reason: sa.Column[str] = stored(sa.Text)
    classes: sa.Column[str] = stored(sa.String(80))
    key: sa.Column[str] = stored(sa.String(80))
    __table_args__ = (
        sa.UniqueConstraint("person", "key"),
        sa.Index("ix_break_glass_person", "person", "about", "until"),
        sa.Index("ix_break_glass_at", "at"),
    )


@frozen
class Opening:
    """One opening as a page shows it; `classes` are those that it opened."""

    about: str
    at: datetime
    until: datetime
    person: str
    organisation: str
    reason: str


@frozen
class Entry:
    """One opening as somebody reads it in the log; `withheld` is the case and why, where they have no part in it."""

    opening: Opening
    withheld: bool


class GlassMails:
    """Tells those who answer for the data; give it the address of the site."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url.rstrip("/")

    def told(self, connection: sa.Connection, opening: Opening, role: str, key: str) -> None:
        """Put a message to each into the outbox, in the transaction of the opening; the reason stays on the page."""
        owners = data_owners.find(connection, opening.about, role, opening.organisation, opening.at)
        others = [person for person in owners.of_organisation if person not in owners.of_case]
        messages = [
            self._message(template, opening, person, key)
            for template, told in ((OF_CASE, owners.of_case), (OF_ORGANISATION, others))
            for person in told
            if person.sign_in != opening.person
        ]
        outbox.record(connection, messages, opening.at)

    def _message(self, template: str, opening: Opening, to: Person, key: str) -> Message:
        words = {"person": opening.person, "at": in_words(opening.at), "link": f"{self.base_url}/break-glass/log"}
        words |= {"reference": opening.about} if template == OF_CASE else {}
        subject, text = wording.write(template, words)
        return Message(f"{key}/{to.sign_in}", to.mail, subject, text, urgent=True)


def break_glass(
    connection: sa.Connection, about: str, reason: str, mails: GlassMails, *, by: Actor, now: datetime, key: str
) -> Opening:
    """Open whatever case has this reference to a person for an hour, write it down and tell those who answer for it.

    The same `key` again changes nothing and gives the same answer. Refused with `Invalid`, all at once: a reference
    that none can be, and a reason that says nothing.
    """
    about, reason = about.strip().upper(), reason.strip()
    problems = list(_problems(about, reason))
    if problems:
        raise Invalid(problems)
    row = GlassRow
    done = connection.execute(sa.select(*_columns()).where(row.key == key, row.person == by.person)).first()
    if done is not None:
        return Opening(*done)
    role, organisation = min((each for each in by.held if each[0] in OPENS), default=("", by.organisation))
    opening = Opening(about, now, now + LASTS, by.person, organisation, reason)
    values = {field.name: getattr(opening, field.name) for field in fields(Opening)}
    opened = " ".join(sorted(opens(by.roles)))
    connection.execute(sa.insert(row).values(**values, classes=opened, key=key))
    mails.told(connection, opening, role, f"glass/{by.person}/{key}")
    return opening


def opened_to(
    connection: sa.Connection, who: Actor, case_ids: Collection[str], now: datetime
) -> dict[str, frozenset[str]]:
    """Give what stands open to a person with a reason now, by case: what the opening said, and the roles held now still give."""
    row = GlassRow
    asked = sa.select(row.about, row.classes).where(row.person == who.person, row.about.in_(case_ids), row.until > now)
    found: dict[str, frozenset[str]] = {}
    for about, classes in connection.execute(asked):
        found[about] = found.get(about, frozenset()) | (frozenset(classes.split()) & opens(who.roles))
    return {about: classes for about, classes in found.items() if classes}


def until(connection: sa.Connection, who: Actor, case_id: str, now: datetime) -> datetime | None:
    """Give until when a case stands open to a person with a reason; None where it does not."""
    row = GlassRow
    asked = sa.select(row.until).where(row.person == who.person, row.about == case_id, row.until > now)
    return connection.execute(asked.order_by(row.until.desc()).limit(1)).scalar()


def latest(connection: sa.Connection, bounds: Audience, *, limit: int) -> tuple[Entry, ...]:
    """Give the last openings of which a person is told, the latest first: of the cases for which they answer, and by people of theirs.

    Superintendents read all, whoever opened something reads that. One statement.
    """
    row, who = GlassRow, bounds.who
    mine = frozenset().union(*(who.organisations(role) for role in who.roles & data_owners.ANSWERS))
    whole = sa.case((sa.or_(row.person == who.person, *_answered_for(bounds)), 1), else_=0).label("whole")
    asked = sa.select(*_columns(), whole).where(sa.or_(whole == 1, row.organisation.in_(sorted(mine))))
    rows = connection.execute(asked.order_by(row.at.desc(), row.id.desc()).limit(limit))
    return tuple(Entry(Opening(*each[:-1]), withheld=not each[-1]) for each in rows)


def _answered_for(bounds: Audience) -> Iterator[sa.ColumnElement[bool]]:
    """Say which openings are of cases for which a person answers."""
    row, case, who = GlassRow, CaseTable, bounds.who
    if seals.NEVER_SHUT_OUT in who.roles:
        yield sa.true()
    parts = [bounds.in_part(role) for role in sorted(who.roles & set(data_owners.OWNERS.values()))]
    if parts:
        yield row.about.in_(sa.select(case.id).where(sa.or_(*parts)))
    sealed = row.about.in_(seals.seen_by(who))
    yield sa.and_(sealed, row.about.not_in(sorted(bounds.hidden))) if bounds.hidden else sealed


def forget_reasons(connection: sa.Connection, refs: Collection[str]) -> None:
    """Take out what was typed about records that are erased; that somebody opened them stays."""
    connection.execute(sa.update(GlassRow).where(GlassRow.about.in_(refs)).values(reason=""))


def opens(roles: Collection[str]) -> frozenset[str]:
    """Name the data classes that roles may open with a reason."""
    return frozenset().union(*(OPENS.get(role, frozenset()) for role in roles))


def _columns() -> list[sa.ColumnElement[object]]:
    return [getattr(GlassRow, field.name) for field in fields(Opening)]


def _problems(about: str, reason: str) -> Iterator[Problem]:
    if not about or len(about) > LONGEST_REFERENCE:
        yield Problem("reference", "reference-missing", "Enter the reference of the case, such as MC-7K3QX9PW")
    if len(reason) < SHORTEST_REASON:
        yield Problem(
            "reason", "reason-short", "Say why you need to see it now, in a sentence that others will understand"
        )
    elif len(reason) > LONGEST_REASON:
        yield Problem("reason", "reason-long", f"The reason has {LONGEST_REASON} characters at most")
