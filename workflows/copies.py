"""Copies that somebody holds of what was put right since: each recipient is told, and how, when and by whom is written down.

Whoever puts something right tells each recipient to whom it was given (UK GDPR, Article 19; DPA 2018, section 48(9);
domain.md 13.15). Every correction makes an entry for each recipient whose copy says something else now; it stands among the
tasks of the role that gave the copy until one of them has settled it, and is mailed about once it is late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.corrections import CORRECTED, differing
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor, Value
from engine.rows import partial_index, stored
from engine.store import Base, EventTable, FactTable, Moment, reading, writing
from engine.views import EventRow, Step
from notifications import outbox, wording
from notifications.message import Message
from workflows import alerts, disclosures, people
from workflows.access import COPIED, GOVERNS
from workflows.audience import Audience
from workflows.disclosures import LONGEST_RECIPIENT, LONGEST_WHAT, DisclosureRow
from workflows.matching import PREFIX

TEMPLATE, OWN = "copy_to_correct", "own_copy_outdated"
TEMPLATES = frozenset({TEMPLATE, OWN})
LONGEST_NOTE = 400
LONGEST_NAME = 120
LATE_AT_ONCE = 50
SHOWN = 20


@frozen
class Within:
    """How soon a recipient is told, and on which ground."""

    span: timedelta
    source: str


WITHIN: Mapping[str, Within] = MappingProxyType(
    {
        "open": Within(
            timedelta(hours=24),
            "(c) our own: the case goes on, and whoever holds the copy may act on it today; UK GDPR, Article 19, DPA 2018, "
            "section 48(9), which name no time",
        ),
        "closed": Within(
            timedelta(days=7),
            "(c) our own: well inside the month that UK GDPR, Article 12(3) gives for telling the child that it was put right",
        ),
    }
)
"""By when a recipient is told of what was put right, by whether the case is open."""

NEW_NOTICE = "new_notice"
HOW: Mapping[str, str] = MappingProxyType(
    {
        "spoken": "Told by telephone or in person",
        "written": "Told in writing",
        NEW_NOTICE: "A new notice was sent",
        "new_copy": "A right copy was given in place of the wrong one",
        "taken_back": "The copy was taken back or destroyed",
        "not_concerned": "Need not be told: say why",
    }
)
"""How a recipient came to know, or why not."""
SAYS_WHY = "not_concerned"

FALLS_TO: Mapping[str, str] = MappingProxyType({"subject_access": GOVERNS})
FALLS_TO_OTHERWISE = "mfh_coordinator"
"""Who tells the recipient of an older disclosure, of which nobody wrote down in which role it was given: by its basis."""


PASSING = frozenset({"notice_sent", "own_list", "event_log"})
"""What leaves nothing to be put right: a link shows what is right when it is opened, the list of who is missing is of that hour, and an
event log has no answer in it."""

MINE = "own_print"
"""What its maker has: the same person is told, by mail, to take it out of use."""


class CopyRow(Base):
    """One recipient of one correction; `about` is a case's reference or a child's id, `cause` says which correction.

    `organisation` is empty where anybody who holds the role may settle it. Empty texts and no time stand for what has not happened.
    """

    __tablename__ = "copies_to_correct"
    id: sa.Column[int] = stored(primary_key=True)
    about: sa.Column[str] = stored(sa.String(20))
    cause: sa.Column[str] = stored(sa.String(60))
    recipient: sa.Column[str] = stored(sa.String(LONGEST_RECIPIENT))
    what: sa.Column[str] = stored(sa.String(LONGEST_WHAT))
    given_at: sa.Column[datetime] = stored(Moment)
    classes: sa.Column[str] = stored(sa.String(60))
    role: sa.Column[str] = stored(sa.String(60))
    organisation: sa.Column[str] = stored(sa.String(120))
    notice: sa.Column[int | None]
    made_at: sa.Column[datetime] = stored(Moment)
    due_at: sa.Column[datetime] = stored(Moment)
    reminded_at: sa.Column[datetime | None] = stored(Moment)
    how: sa.Column[str] = stored(sa.String(20), default="")
    told_at: sa.Column[datetime | None] = stored(Moment)
    told_by: sa.Column[str] = stored(sa.String(LONGEST_NAME), default="")
    note: sa.Column[str] = stored(sa.String(LONGEST_NOTE), default="")
    settled_by: sa.Column[str] = stored(sa.String(120), default="")
    settled_at: sa.Column[datetime | None] = stored(Moment)
    __table_args__ = (
        sa.UniqueConstraint("cause", "recipient"),
        sa.Index("ix_copies_to_correct_about", "about", "id"),
        partial_index("ix_copies_to_correct_open", "due_at", where="settled_at IS NULL"),
    )


@frozen
class Owed:
    """One entry as pages see it: who holds which copy since when, and what became of it; `classes` are those that were put right."""

    id: int
    about: str
    recipient: str
    what: str
    given_at: datetime
    classes: str
    role: str
    organisation: str
    notice: int | None
    made_at: datetime
    due_at: datetime
    how: str
    told_at: datetime | None
    told_by: str
    note: str
    settled_by: str
    settled_at: datetime | None


@frozen
class Said:
    """How a recipient was told: of `HOW`, when, by whom, and whatever else there is to say."""

    how: str
    told_at: datetime
    told_by: str
    note: str = ""


class CopyNotFound(NotFound):
    """There is no copy of this about which this person has to tell anybody."""


class SettledAlready(Conflict):
    """Somebody else has settled it meanwhile."""


# Who holds a copy --------------------------------------------------------------------------------------------------------


@frozen
class _Held:
    """A copy that may be wrong: its row in the log of disclosures, as it was known when, and the classes in which it may be."""

    row: Any
    known_at: datetime
    classes: frozenset[str]


class Copies:
    """An observer: every answer of a case that is put right makes an entry for each recipient whose copy says something else now."""

    def __init__(self, base_url: str) -> None:
        """Keep the address to which the links lead."""
        self.base_url = base_url

    def __call__(self, connection: sa.Connection, step: Step) -> None:
        """Write the entries, and tell the roles that have to settle them, in the transaction of the correction."""
        for event in step.events:
            if event.kind == CORRECTED and (held := _held(connection, {step.case_id}, event.data.get("classes", ()))):
                _owe(
                    connection,
                    _wrong_among(connection, held, step, event),
                    cause=f"{step.case_id}/{event.seq}",
                    within=WITHIN["open" if step.status == "open" else "closed"],
                    base_url=self.base_url,
                    now=step.now,
                )


def owe(
    connection: sa.Connection, refs: Collection[str], *, cause: str, classes: Collection[str], written_at: datetime,
    base_url: str, now: datetime,
) -> None:  # fmt: skip
    """Write the entries for something that is no answer of a form, kept since `written_at` under these references.

    `cause` names the correction; the copies that were given since then are those that say it wrong.
    """
    held = [each for each in _held(connection, refs, classes) if each.known_at >= written_at]
    _owe(connection, held, cause=cause, within=WITHIN["open"], base_url=base_url, now=now)


def _held(connection: sa.Connection, refs: Collection[str], corrected: Collection[str]) -> list[_Held]:
    """Give the copies of these references that hold some of the data classes in which something was put right."""
    row = DisclosureRow
    link = sa.and_(
        row.way == "", row.what.endswith(disclosures.SENT)
    )  # an older row of a link, which shows nothing by itself
    asked = sa.select(row.__table__).where(row.about.in_(sorted(refs)), row.way.not_in(PASSING), ~link)
    found = []
    for each in connection.execute(asked.order_by(row.at, row.id)):
        inside = frozenset(corrected) & (COPIED if each.classes is None else frozenset(each.classes.split()))
        if inside:
            found.append(_Held(each, each.known_at or each.at, inside))
    return found


def _wrong_among(connection: sa.Connection, held: Iterable[_Held], step: Step, event: EventRow) -> list[_Held]:
    """Keep the copies that say something else than the record that an event put right does now."""
    record, key = event.data["record"], event.data["key"]
    stands: dict[str, Value] = {name: step.facts[record][key].get(name) for name in event.data["fields"]}
    fact, logged = FactTable, EventTable
    same = sa.and_(logged.case_id == fact.case_id, logged.seq == fact.seq)
    asked = sa.select(logged.at, fact.field, fact.value).join(logged, same)
    asked = asked.where(fact.case_id == step.case_id, fact.record == record, fact.record_key == key)
    rows = connection.execute(asked.where(fact.seq < event.seq).order_by(fact.seq)).all()

    def is_wrong(moment: datetime) -> bool:
        said: dict[str, Value] = {name: values.loads(value) for at, name, value in rows if at <= moment}
        return bool(said) and bool(differing(said, stands))

    return [each for each in held if is_wrong(each.known_at)]


def _owe(
    connection: sa.Connection, held: Collection[_Held], *, cause: str, within: Within, base_url: str, now: datetime
) -> None:
    """Write one entry for each recipient, about the latest of the copies, and tell those who have to settle them."""
    _tell_makers(connection, [each.row for each in held if each.row.way == MINE], cause, base_url, now)
    latest = {each.row.given_to: each for each in held if each.row.way != MINE}
    if not latest:
        return
    due_at = now + within.span
    rows = [_entry(each) | {"cause": cause, "made_at": now, "due_at": due_at} for each in latest.values()]
    connection.execute(sa.insert(CopyRow), rows)
    told = sorted({(row["about"], row["role"], row["organisation"]) for row in rows})
    messages = [
        _message(f"{about}/copies/{cause}/{role}/{place}", about, (role,), place, base_url, due_at=due_at, now=now)
        for about, role, place in told
    ]
    outbox.record(connection, messages, now)


def _tell_makers(connection: sa.Connection, own: Collection[Any], cause: str, base_url: str, now: datetime) -> None:
    """Tell whoever made a copy for the own use that it is no longer right: by its number, with the reference and a link alone."""
    makers: dict[str, list[Any]] = {}
    for row in own:
        makers.setdefault(row.given_by, []).append(row)
    messages = []
    for person in people.active(connection, makers) if makers else ():
        rows = makers[person.sign_in]
        about, numbers = rows[-1].about, ", ".join(dict.fromkeys(row.number for row in rows))
        link = f"{base_url.rstrip('/')}/{'children' if about.startswith(PREFIX) else 'cases'}/{about}"
        subject, text = wording.write(OWN, {"reference": about, "numbers": numbers, "link": link})
        key = f"{about}/copies/{cause}/own/{person.sign_in}"
        messages.append(Message(key, person.mail, subject, text, urgent=False))
    outbox.record(connection, messages, now)


def _entry(held: _Held) -> dict[str, Any]:
    """Give the columns that say who holds which copy, and who has to settle it."""
    row = held.row
    return {
        "about": row.about,
        "recipient": row.given_to,
        "what": row.what,
        "given_at": row.at,
        "classes": " ".join(sorted(held.classes)),
        "role": row.role or FALLS_TO.get(row.basis, FALLS_TO_OTHERWISE),
        "organisation": row.organisation if row.role else "",
        "notice": row.notice if row.way == "notice" else None,
    }


def _message(
    key: str, about: str, roles: Collection[str], organisation: str, base_url: str, *, due_at: datetime, now: datetime
) -> Message:
    """Write the mail to those who have to tell a recipient: the reference and a link alone."""
    passed = ", which has passed" if due_at < now else ""
    link = f"{base_url.rstrip('/')}/copies/{about}"
    words = {"reference": about, "due": f"{alerts.in_words(due_at)}{passed}", "link": link}
    subject, text = wording.write(TEMPLATE, words)
    return Message(key, alerts.group(roles, organisation), subject, text, urgent=False)


# Who tells them ----------------------------------------------------------------------------------------------------------


def waiting(
    connection: sa.Connection, bounds: Audience, about: str | None = None, *, limit: int = SHOWN
) -> tuple[Owed, ...]:
    """Give what waits for the roles of a person, the earliest due first: of everything, or about one case or child."""
    row, who = CopyRow, bounds.who
    mine = [
        sa.and_(
            row.role == role,
            row.organisation.in_(["", *sorted(who.organisations(role))]),
            *bounds.conditions(role, row.about),
        )
        for role in sorted(who.roles)
    ]
    asked = sa.select(*_columns()).where(row.settled_at.is_(None), sa.or_(sa.false(), *mine))
    if about is not None:
        asked = asked.where(row.about == about)
    return tuple(Owed(*each) for each in connection.execute(asked.order_by(row.due_at, row.id).limit(limit)))


def up_to(owed: Sequence[Owed], newest: Collection[int]) -> tuple[Owed, ...]:
    """Give of these entries those that somebody saw: of the recipients of the `newest`, and none that has come since."""
    seen = {(each.about, each.recipient): each.id for each in owed if each.id in newest}
    return tuple(each for each in owed if each.id <= seen.get((each.about, each.recipient), 0))


def by_recipient(owed: Iterable[Owed]) -> tuple[tuple[Owed, ...], ...]:
    """Put together what one recipient is to be told about one case or child, in the order in which it was put right."""
    found: dict[tuple[str, str], list[Owed]] = {}
    for each in owed:
        found.setdefault((each.about, each.recipient), []).append(each)
    return tuple(tuple(sorted(each, key=lambda one: one.id)) for each in found.values())


def of(connection: sa.Connection, refs: Collection[str], *, roles: Collection[str]) -> tuple[Owed, ...]:
    """Give every entry about these references, settled ones too, to those who see to whom something was given (`disclosures.SEES`)."""
    if disclosures.SEES.isdisjoint(roles):
        return ()
    asked = sa.select(*_columns()).where(CopyRow.about.in_(sorted(refs)))
    return tuple(Owed(*each) for each in connection.execute(asked.order_by(CopyRow.id)))


def made_at(connection: sa.Connection, about: str, moment: datetime) -> int:
    """Count the recipients whom a correction of this moment concerns."""
    asked = sa.select(sa.func.count(sa.distinct(CopyRow.recipient)))
    return connection.execute(asked.where(CopyRow.about == about, CopyRow.made_at == moment)).scalar_one()


def settle(connection: sa.Connection, owed: Collection[Owed], said: Said, *, by: Actor, now: datetime) -> None:
    """Write down how a recipient was told of these entries.

    Refused with `Invalid`, all at once, and with `SettledAlready` where somebody else has settled one of them meanwhile.
    """
    problems = [*wrong_with(said), *_wrong_time(said, owed, now)]
    if problems:
        raise Invalid(problems)
    row = CopyRow
    these = sa.and_(row.id.in_([each.id for each in owed]), row.settled_at.is_(None))
    told = {"how": said.how, "told_at": said.told_at, "told_by": said.told_by.strip(), "note": said.note.strip()}
    done = connection.execute(sa.update(row).where(these).values(**told, settled_by=by.person, settled_at=now))
    if done.rowcount != len(owed):
        raise SettledAlready("Somebody else has written down how they were told. Look at what stands there now.")


def remind(engine: sa.Engine, base_url: str, now: datetime) -> int:
    """Mail once about each entry that is late, to the role that has to settle it and to information governance; count them."""
    row = CopyRow
    late = sa.and_(row.settled_at.is_(None), row.due_at <= now, row.reminded_at.is_(None))
    with reading(engine) as connection:
        asked = sa.select(row.id).where(late).order_by(row.due_at, row.id).limit(LATE_AT_ONCE)
        ids = list(connection.execute(asked).scalars())
    return sum(_remind(engine, number, base_url, now) for number in ids)


def forget(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete the entries about what is erased, with what was typed about it; count them."""
    return connection.execute(sa.delete(CopyRow).where(CopyRow.about.in_(sorted(refs)))).rowcount


def _remind(engine: sa.Engine, number: int, base_url: str, now: datetime) -> bool:
    """Mail about one late entry, unless another worker has, or it was settled meanwhile."""
    row = CopyRow
    first = sa.and_(row.id == number, row.reminded_at.is_(None), row.settled_at.is_(None))
    with writing(engine) as connection:
        found = connection.execute(
            sa.update(row)
            .where(first)
            .values(reminded_at=now)
            .returning(row.about, row.role, row.organisation, row.due_at)
        ).first()
        if found is None:
            return False
        roles, key = (found.role, GOVERNS), f"{found.about}/copies/{number}/late"
        message = _message(key, found.about, roles, found.organisation, base_url, due_at=found.due_at, now=now)
        outbox.record(connection, [message], now)
    return True


def wrong_with(said: Said) -> list[Problem]:
    """Say all that is wrong with how a recipient was told, but for the time."""
    found = []
    if said.how not in HOW:
        found.append(Problem("how", "how-missing", "Choose how they were told"))
    if not 0 < len(said.told_by.strip()) <= LONGEST_NAME:
        found.append(Problem("told_by", "name-missing", "Enter who told them"))
    if len(said.note.strip()) > LONGEST_NOTE:
        found.append(Problem("note", "too-long", f"Say it in {LONGEST_NOTE} characters at most"))
    elif said.how == SAYS_WHY and not said.note.strip():
        found.append(Problem("note", "note-missing", "Say why they need not be told"))
    return found


def _wrong_time(said: Said, owed: Collection[Owed], now: datetime) -> list[Problem]:
    """Say what is wrong with when they were told; people type minutes, so that seconds do not count."""
    minute = max(each.made_at for each in owed).replace(second=0, microsecond=0)
    if said.told_at > now:
        return [Problem("told-day", "moment-ahead", "The time at which they were told must not be in the future")]
    if said.told_at < minute:
        return [Problem("told-day", "moment-early", "They cannot have been told of it before it was put right")]
    return []


def _columns() -> list[sa.ColumnElement[object]]:
    return [getattr(CopyRow, field.name) for field in fields(Owed)]
