"""Notices to partners: a link that is opened once, by a named person with a code from the telephone, or a page for who has an account.

The row says what was sent to whom and what became of it, and holds nothing of the child: the content is drawn anew when it is
opened, so that what was put right is right there too, and what was erased lives nowhere on (domain.md 5.2a, 13.14).

A link dies with the account of its reader, if they have one, at the next request: what was told to nobody is then a task of the
sender's role at once. It outlives the account of its sender, since a child is not less in danger when an officer moves on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment, reading, writing
from notifications import outbox, wording
from notifications.message import Message
from workflows import disclosures, seals
from workflows.alerts import WHOEVER_IS_ON_DUTY
from workflows.audience import Audience, Column
from workflows.disclosures import Copy
from workflows.notice_kinds import KINDS, Kind
from workflows.people import MembershipRow, PersonRow
from workflows.vocabulary import DISCLOSURE_BASIS

LASTS = timedelta(hours=72)
"""How long a link can be opened."""

ATTEMPTS = 5
"""After so many codes a link is closed, whether they were right or not."""

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Of what a code is made: what cannot be misheard for another at the telephone stands once."""

CODE_LENGTH = 6
LONGEST_NAME = 120
LONGEST_MAIL = 254
LONGEST_REASON = 400
CHASED_AT_ONCE = 50

TYPED = ("person", "works_for", "mail", "mobile", "ring", "basis", "decided_by")
LINK, PAGE, TEMPLATES = "notice_link", "notice_page", ("notice_link", "notice_page")
SENT_AGAIN = "Sent again"
TEXT = "Homeward: {code} is the code for the notice {reference}. The link is in a mail to you."

_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]{6,18}[0-9]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class NoticeNotFound(NotFound):
    """There is no such notice of this case."""


class AlreadySent(Conflict):
    """This page was sent before: the notice is on its way, and its code is shown once."""


class NoticeRow(Base):
    """One notice to one person; digests are SHA-256 in hex, and empty text and no time stand for what has not happened."""

    __tablename__ = "notices"
    id: sa.Column[int] = stored(primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20))
    kind: sa.Column[str] = stored(sa.String(30))
    sent_by: sa.Column[str] = stored(sa.String(120))
    sender_role: sa.Column[str] = stored(sa.String(60))
    organisation: sa.Column[str] = stored(sa.String(120))
    sent_at: sa.Column[datetime] = stored(Moment)
    key: sa.Column[str] = stored(sa.String(80))
    person: sa.Column[str] = stored(sa.String(LONGEST_NAME))
    works_for: sa.Column[str] = stored(sa.String(LONGEST_NAME))
    mail: sa.Column[str] = stored(sa.String(LONGEST_MAIL))
    mobile: sa.Column[str] = stored(sa.String(20))
    account: sa.Column[str] = stored(sa.String(120))
    ring: sa.Column[str] = stored(sa.String(20))
    basis: sa.Column[str] = stored(sa.String(40))
    decided_by: sa.Column[str] = stored(sa.String(LONGEST_NAME))
    token_digest: sa.Column[str | None] = stored(sa.String(64), unique=True)
    code_digest: sa.Column[str] = stored(sa.String(64))
    receipt_digest: sa.Column[str] = stored(sa.String(64))
    expires_at: sa.Column[datetime] = stored(Moment)
    attempts: sa.Column[int]
    opened_by: sa.Column[str] = stored(sa.String(LONGEST_NAME))
    opened_at: sa.Column[datetime | None] = stored(Moment)
    acknowledged_at: sa.Column[datetime | None] = stored(Moment)
    answer_by: sa.Column[datetime | None] = stored(Moment)
    reminded_at: sa.Column[datetime | None] = stored(Moment)
    withdrawn_at: sa.Column[datetime | None] = stored(Moment)
    withdrawn_by: sa.Column[str] = stored(sa.String(120))
    withdrawn_why: sa.Column[str] = stored(sa.String(LONGEST_REASON))
    classes: sa.Column[str | None] = stored(sa.String(60))
    __table_args__ = (
        sa.UniqueConstraint("sent_by", "key"),
        sa.Index("ix_notices_case_id", "case_id", "id"),
        sa.Index("ix_notices_answer_by", "answer_by"),
    )


@frozen
class Notice:
    """One notice as pages see it: whom it is for (`person` of `works_for`), and what became of it.

    `account` is the sign-in name of who reads it signed in; `ring` is the sender's telephone; `classes` are the data classes of
    what it shows, with spaces between, and None for one of which that was not written down; `left` is true once the account
    of the reader is disabled.
    """

    id: int
    case_id: str
    kind: str
    sent_by: str
    sender_role: str
    organisation: str
    sent_at: datetime
    person: str
    works_for: str
    mail: str
    mobile: str
    account: str
    ring: str
    basis: str
    decided_by: str
    expires_at: datetime
    attempts: int
    opened_by: str
    opened_at: datetime | None
    acknowledged_at: datetime | None
    answer_by: datetime | None
    reminded_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawn_why: str
    classes: str | None
    left: bool

    @property
    def to(self) -> str:
        """Name the recipient as the log of disclosures does."""
        return f"{self.person}, {self.works_for}"


@frozen
class Wanted:
    """What a sender typed: to whom, how they are reached, and on which basis; `text_code` where the code goes by text."""

    person: str
    works_for: str
    mail: str
    ring: str
    basis: str
    mobile: str = ""
    decided_by: str = ""
    safe: bool = False
    text_code: bool = False


@frozen
class Sent:
    """A notice that was sent; `code` is shown once, and empty where the partner signs in."""

    id: int
    code: str


@frozen
class Opened:
    """A notice that has just been opened; `receipt` proves to the acknowledgement that it was this reader."""

    notice: Notice
    receipt: str


def send(
    connection: sa.Connection,
    kind: Kind,
    case_id: str,
    wanted: Wanted,
    *,
    by: Actor,
    account: str,
    base_url: str,
    now: datetime,
    key: str,
    classes: Collection[str],
) -> Sent:
    """Send a notice in the caller's transaction: the row, the mail with reference and link alone, and the disclosure (G-33).

    `account` is the sign-in name where the recipient reads it signed in; `classes` are the data classes of what it shows. Refused with `Invalid`, all at once, and with
    `AlreadySent` for a key that was used.
    """
    problems = [*_problems(kind, wanted), *_left_problems(connection, wanted.mail)]
    if problems:
        raise Invalid(problems)
    row = NoticeRow
    if connection.execute(sa.select(row.id).where(row.sent_by == by.person, row.key == key)).first():
        raise AlreadySent("This notice has been sent already. The code is shown once: send it again for a new one.")
    token = "" if account else secrets.token_urlsafe(32)
    code = new_code() if token else ""
    values = _as_row(kind, case_id, wanted, by, now) | {"key": key, "account": account}
    values["classes"] = " ".join(sorted(classes))
    values |= {"token_digest": _digest(token) if token else None, "code_digest": _digest(token + code) if token else ""}
    number = int(connection.execute(sa.insert(row).values(**values).returning(row.id)).scalar_one())
    link = f"{base_url.rstrip('/')}/{f'notice/{token}' if token else f'cases/{case_id}/notices/{number}'}"
    outbox.record(connection, list(_messages(kind, f"{case_id}/{number}", wanted, link, code)), now)
    _note_sending(connection, kind, case_id, wanted, number, by, now)
    return Sent(number, code)


def _as_row(kind: Kind, case_id: str, wanted: Wanted, by: Actor, now: datetime) -> dict[str, object]:
    """Give the columns of a notice that is sent now; nobody has opened it."""
    typed = {name: getattr(wanted, name).strip() for name in TYPED}
    empty = dict.fromkeys(("receipt_digest", "opened_by", "withdrawn_by", "withdrawn_why"), "")
    return {
        **typed,
        **empty,
        "case_id": case_id,
        "kind": kind.key,
        "sent_by": by.person,
        "sender_role": min(kind.senders & by.roles, default=""),
        "organisation": by.organisation,
        "sent_at": now,
        "expires_at": now + LASTS,
        "answer_by": None if kind.within is None else now + kind.within,
        "attempts": 0,
    }


def _messages(kind: Kind, cause: str, wanted: Wanted, link: str, code: str) -> Iterator[Message]:
    """Write the mail, with reference and link alone, and the text with the code where it is wanted: never both in one."""
    reference = cause.partition("/")[0]
    words = {"reference": reference, "urgency": "URGENT " if kind.urgent else "", "link": link}
    subject, text = wording.write(LINK if code else PAGE, words)
    yield Message(f"{cause}/notice", wanted.mail.strip(), subject, text, kind.urgent)
    if code and wanted.text_code:
        said = TEXT.format(code=code, reference=reference)
        yield Message(f"{cause}/notice-code", f"sms:{_dialled(wanted.mobile)}", said, "", urgent=True)


def of_case(connection: sa.Connection, case_id: str) -> tuple[Notice, ...]:
    """Give the notices of a case, the latest first."""
    asked = sa.select(*_columns()).where(NoticeRow.case_id == case_id).order_by(NoticeRow.id.desc())
    return tuple(Notice(*row) for row in connection.execute(asked))


def seen_by(connection: sa.Connection, case_id: str, who: Actor) -> tuple[Notice, ...]:
    """Give the notices of a case of which a person may know, the latest first: all to those who see to whom it was given, else the own agency's."""
    every = not disclosures.SEES.isdisjoint(who.roles)
    return tuple(each for each in of_case(connection, case_id) if every or each.organisation == who.organisation)


def find(connection: sa.Connection, case_id: str, number: int) -> Notice:
    """Give a notice of a case; refused with `NoticeNotFound`."""
    row = connection.execute(sa.select(*_columns()).where(NoticeRow.id == number, NoticeRow.case_id == case_id)).first()
    if row is None:
        raise NoticeNotFound("There is no such notice.")
    return Notice(*row)


def withdraw(connection: sa.Connection, notice: Notice, why: str, *, by: Actor, now: datetime) -> None:
    """Close a notice's link for good; one that is withdrawn stays as it is. Refused with `Invalid` without a reason."""
    why = why.strip()
    if not why or len(why) > LONGEST_REASON:
        sentence = f"Say why it is withdrawn, in {LONGEST_REASON} characters at most."
        raise Invalid([Problem("why", "reason-missing", sentence)])
    stands = sa.and_(NoticeRow.id == notice.id, NoticeRow.withdrawn_at.is_(None))
    values = {"withdrawn_at": now, "withdrawn_by": by.person, "withdrawn_why": why}
    connection.execute(sa.update(NoticeRow).where(stands).values(**values))
    waits = sa.and_(
        outbox.OutboxRow.status == "waiting", outbox.OutboxRow.key.startswith(_mail_key(notice), autoescape=True)
    )
    connection.execute(sa.delete(outbox.OutboxRow).where(waits))


def redeem(connection: sa.Connection, token: str, code: str, name: str, *, now: datetime) -> Opened | None:
    """Open a notice by its link: by a named person, with the code, once. None where that does not work, and nothing says why.

    An attempt is counted before the code is looked at, so that guesses at the same moment are all counted; a link that was never
    made costs the same statement as a wrong code. Opening is a disclosure, noted in the same transaction.
    """
    row = NoticeRow
    works = sa.and_(
        row.token_digest == _digest(token),
        row.attempts < ATTEMPTS,
        row.opened_at.is_(None),
        row.withdrawn_at.is_(None),
        row.expires_at > now,
        ~_has_left(),
    )
    counted = sa.update(row).where(works).values(attempts=row.attempts + 1).returning(*_columns(), row.code_digest)
    found = connection.execute(counted).first()
    typed = _digest(token + re.sub(r"[\s-]", "", code).upper())
    if not hmac.compare_digest(typed, found[-1] if found else "") or found is None:
        return None
    notice, receipt = Notice(*found[:-1]), secrets.token_urlsafe(32)
    if notice.case_id in seals.hidden(connection, Actor(notice.sent_by)):  # a seal since then shuts its sender out
        return None
    name = name.strip()[:LONGEST_NAME]
    opened = sa.update(row).where(row.id == notice.id)
    connection.execute(opened.values(opened_by=name, opened_at=now, receipt_digest=_digest(receipt)))
    _note_opening(connection, notice, name, now)
    return Opened(notice, receipt)


def acknowledge(connection: sa.Connection, token: str, receipt: str, *, now: datetime) -> bool:
    """Note that who opened a notice has read it; the same again changes nothing. False where this reader did not open it."""
    row = NoticeRow
    mine = sa.and_(
        row.token_digest == _digest(token), row.receipt_digest == _digest(receipt), row.opened_at.is_not(None)
    )
    mine = sa.and_(mine, ~_has_left())
    said = sa.func.coalesce(row.acknowledged_at, sa.bindparam("now", now, type_=Moment()))
    return connection.execute(sa.update(row).where(mine).values(acknowledged_at=said)).rowcount == 1


def read_signed_in(connection: sa.Connection, notice: Notice, name: str, *, now: datetime) -> None:
    """Note that the recipient has read a notice signed in; the same again changes nothing."""
    first = sa.and_(NoticeRow.id == notice.id, NoticeRow.acknowledged_at.is_(None))
    done = {"opened_by": name[:LONGEST_NAME], "opened_at": now, "acknowledged_at": now}
    if connection.execute(sa.update(NoticeRow).where(first).values(**done)).rowcount == 1:
        _note_opening(connection, notice, name, now)


def chase(engine: sa.Engine, now: datetime) -> int:
    """Send once more, each once, what was not acknowledged in time; count them. The same link and code go on to work.

    Whoever has left is sent nothing.
    """
    row = NoticeRow
    late = sa.and_(_unanswered(), row.answer_by <= now, row.reminded_at.is_(None), ~_has_left())
    with reading(engine) as connection:
        found = connection.execute(
            sa.select(*_columns()).where(late).order_by(row.answer_by).limit(CHASED_AT_ONCE)
        ).all()
    return sum(_remind(engine, Notice(*each), now) for each in found)


def overdue(connection: sa.Connection, bounds: Audience, now: datetime, *, limit: int = 20) -> tuple[Notice, ...]:
    """Give what was sent twice and not acknowledged, or whose reader has left, for those who hold the role of its sender there.

    Whether the sender has left does not matter; where nobody holds the role there any more, those on duty are told.
    """
    row, who = NoticeRow, bounds.who
    mine = [
        sa.and_(
            row.sender_role == role,
            row.organisation.in_(sorted(who.organisations(role))),
            *bounds.conditions(role, row.case_id),
        )
        for role in sorted(who.roles)
    ]
    held = MembershipRow
    there = sa.exists().where(held.role == row.sender_role, held.organisation == row.organisation)
    there = there.where(PersonRow.sign_in == held.person, PersonRow.disabled_at.is_(None))
    on_duty = sorted(who.roles & set(WHOEVER_IS_ON_DUTY))
    mine += [sa.and_(~there, *bounds.conditions(role, row.case_id)) for role in on_duty]
    open_ones = sa.and_(_unanswered(), row.answer_by <= now, sa.or_(row.reminded_at.is_not(None), _has_left()))
    asked = sa.select(*_columns()).where(open_ones, sa.or_(sa.false(), *mine)).order_by(row.answer_by).limit(limit)
    return tuple(Notice(*each) for each in connection.execute(asked))


def let_go(connection: sa.Connection) -> None:
    """Make due at once what was sent to people who have left since, so that somebody else is told in their place."""
    row = NoticeRow
    theirs = sa.and_(_unanswered(), row.answer_by > row.sent_at, _has_left())
    connection.execute(sa.update(row).where(theirs).values(answer_by=row.sent_at))


def account_of(connection: sa.Connection, mail: str) -> str:
    """Give the sign-in name of the one active person with this mail address; empty where there is none, or several."""
    row = PersonRow
    asked = sa.select(row.sign_in).where(sa.func.lower(row.mail) == mail.strip().lower(), row.disabled_at.is_(None))
    found = connection.execute(asked.limit(2)).scalars().all()
    return found[0] if len(found) == 1 else ""


def new_code() -> str:
    """Make a code by chance."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def forget(connection: sa.Connection, refs: Iterable[str]) -> int:
    """Delete the notices of erased cases, so that their links end and no partner's name stays; count them."""
    return connection.execute(sa.delete(NoticeRow).where(NoticeRow.case_id.in_(sorted(refs)))).rowcount


def _unanswered() -> sa.ColumnElement[bool]:
    return sa.and_(
        NoticeRow.acknowledged_at.is_(None), NoticeRow.withdrawn_at.is_(None), NoticeRow.answer_by.is_not(None)
    )


def _has_left() -> sa.ColumnElement[bool]:
    """Say of which notices the reader had an account, by which they sign in or by their mail address, that is disabled."""
    return _is_left(NoticeRow.mail, NoticeRow.account)


def _is_left(mail: Column, account: Column) -> sa.ColumnElement[bool]:
    """Say whether the accounts with a name or a mail address are all disabled; a mailbox that two share has not left with one."""
    row = PersonRow
    theirs = sa.or_(row.sign_in == account, sa.func.lower(row.mail) == sa.func.lower(mail))
    known = sa.exists().where(theirs).correlate(NoticeRow)
    return sa.and_(known, ~sa.exists().where(theirs, row.disabled_at.is_(None)).correlate(NoticeRow))


def _left_problems(connection: sa.Connection, mail: str) -> Iterator[Problem]:
    if connection.execute(sa.select(_is_left(sa.literal(mail.strip()), sa.literal("")))).scalar():
        sentence = "The account of this person is closed, since they have left. Find out who does their work now"
        yield Problem("mail", "has-left", sentence)


def _remind(engine: sa.Engine, notice: Notice, now: datetime) -> bool:
    """Put the notice's mail into the outbox once more, unless another worker has."""
    within = KINDS[notice.kind].within if notice.kind in KINDS else None
    first = sa.and_(NoticeRow.id == notice.id, NoticeRow.reminded_at.is_(None), _unanswered())
    mails = outbox.OutboxRow
    with writing(engine) as connection:
        done = {"reminded_at": now, "answer_by": now + (within or LASTS)}
        if connection.execute(sa.update(NoticeRow).where(first).values(**done)).rowcount != 1:
            return False
        asked = sa.select(mails.recipient, mails.subject, mails.text, mails.urgent).where(
            mails.key == _mail_key(notice)
        )
        kept = connection.execute(asked).first()
        if kept is not None and (notice.account or notice.expires_at > now):
            outbox.record(connection, [Message(f"{_mail_key(notice)}/again", *kept)], now)
    return True


def _mail_key(notice: Notice) -> str:
    return f"{notice.case_id}/{notice.id}/notice"


def _note_sending(
    connection: sa.Connection, kind: Kind, case_id: str, wanted: Wanted, number: int, by: Actor, now: datetime
) -> None:
    """Note that a link was sent; nothing that it shows has left yet."""
    disclosures.note_disclosure(
        connection,
        about=case_id,
        to=f"{wanted.person.strip()}, {wanted.works_for.strip()}",
        what=f"{kind.id} {kind.title}{disclosures.SENT}",
        basis=wanted.basis,
        by=by,
        now=now,
        copy=Copy("notice_sent", frozenset(), notice=number),
    )


def _note_opening(connection: sa.Connection, notice: Notice, name: str, now: datetime) -> None:
    """Note that what a notice shows has left; of an older one nobody knows what it showed."""
    kind = KINDS[notice.kind]
    held = None if notice.classes is None else frozenset(notice.classes.split())
    disclosures.note_disclosure(
        connection,
        about=notice.case_id,
        to=f"{name}, for {notice.works_for}",
        what=f"{kind.id} {kind.title}{disclosures.OPENED}",
        basis=notice.basis,
        by=Actor(notice.sent_by, organisation=notice.organisation),
        now=now,
        copy=Copy("notice", held, role=notice.sender_role, notice=notice.id),
    )


def _problems(kind: Kind, wanted: Wanted) -> Iterator[Problem]:
    """Say all that is wrong with what was typed."""
    yield from _unreachable(wanted)
    if wanted.basis not in DISCLOSURE_BASIS:
        yield Problem("basis", "basis-unknown", "Choose on which basis it is given")
    if kind.decided and not _is_name(wanted.decided_by):
        sentence = "Enter who decided that telling them does not endanger the child"
        yield Problem("decided_by", "decision-missing", sentence)
    if kind.decided and not wanted.safe:
        yield Problem("safe", "not-safe", "Nobody is told unless that does not endanger the child")


def _unreachable(wanted: Wanted) -> Iterator[Problem]:
    """Say what is wrong with whom it is for and how they and the sender are reached."""
    mail = wanted.mail.strip()
    if not _is_name(wanted.person):
        yield Problem("person", "name-missing", "Enter the name of the person")
    if not _is_name(wanted.works_for):
        yield Problem("works_for", "name-missing", "Enter where the person works, or who they are to the child")
    if not (_MAIL.fullmatch(mail) and len(mail) <= LONGEST_MAIL and mail.isascii() and mail.isprintable()):
        yield Problem("mail", "mail-wrong", "Enter a mail address, like name@school.example")
    if not _NUMBER.fullmatch(wanted.ring.strip()):
        sentence = "Enter the number on which the partner reaches you, like 01632 960 001"
        yield Problem("ring", "number-wrong", sentence)
    if (wanted.mobile.strip() or wanted.text_code) and not _NUMBER.fullmatch(wanted.mobile.strip()):
        yield Problem("mobile", "number-wrong", "Enter a telephone number, like 07700 900 123")


def _is_name(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST_NAME and text.strip().isprintable()


def _dialled(typed: str) -> str:
    digits = re.sub(r"[\s().-]", "", typed)
    return (
        f"+44{digits[1:]}"
        if digits.startswith("0") and not digits.startswith("00")
        else f"+{digits.removeprefix('+').removeprefix('00')}"
    )


def _columns() -> list[sa.ColumnElement[object]]:
    kept = [getattr(NoticeRow, field.name) for field in fields(Notice) if field.name != "left"]
    return [*kept, _has_left().label("left")]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
