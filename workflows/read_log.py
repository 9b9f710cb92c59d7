"""Reading the read log: who looked at what, what is unusual about it and why, and what a reviewer found (domain.md 5.3, Part 3 logging).

The log itself is never changed. Whoever reads it learns that something sealed was looked at, not what, unless they are of its
group (13.12); a look that was refused stands as it was typed, since it says of no record that there is one. What a person looked at in one day is one thing to review; it is unusual for reasons that are said
in words, and signed off by somebody else than the reader. Lists, figures and files are in the log and no sign of curiosity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from engine.calendars import LONDON, is_working_day
from engine.errors import Invalid, NotAllowed, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, CaseTable, Moment, ReadTable
from workflows import seals
from workflows.children import ChildRow
from workflows.days import midnight
from workflows.episodes import EpisodeRow
from workflows.people import MembershipRow, PersonRow

REVIEWS = "information_governance"
READS_THE_LOG = (REVIEWS, "audit_lead")

LOOKS = ("casework", "casework, child", "casework, opened with a reason", "refused")
"""The purposes of a look at one record; all others read many at once."""
WITH_A_REASON, REFUSED = LOOKS[2:]

REFUSALS = 3
"""So many records that somebody may not know of, asked for in a day, are no slip of the keyboard."""

MANY, WITHIN = 20, timedelta(hours=1)
"""So many different records in so short a time are more than a person can work on."""
LONG_CLOSED = timedelta(days=30)
OFFICE = (time(7), time(20))
ROUND_THE_CLOCK = frozenset(
    {
        "call_taker", "control_room_supervisor", "response_officer", "locate_sergeant", "duty_inspector",
        "chief_inspector_missing", "superintendent", "assistant_chief_constable", "ppu_cse_unit", "csc_mash", "edt",
        "placement_provider", "health",
    }
)  # fmt: skip
"""Roles that work at night and at the weekend."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "with_reason": "Opened a case with a reason",
        "refused": "Asked for records of which they may not know, or that there are not",
        "same_name": "Has the same last name as a child",
        "many": f"Looked at {MANY} records or more within an hour",
        "closed": f"Looked at cases that were closed for more than {LONG_CLOSED.days} days",
        "at_night": "Looked at records at night or on a day off, in a role that works in the day",
    }
)
"""What makes a day unusual, the gravest first."""

SEALED = "something that is sealed"
"""Stands for a sealed record in what is said to somebody who is not of its group."""

VERDICTS: Mapping[str, str] = MappingProxyType({"in_order": "In order", "look_into": "To be looked into"})
LONGEST_TEXT = 1_000


class ReviewRow(Base):
    """What somebody found who reviewed what a person looked at on one day; a later row takes the place of an earlier one."""

    __tablename__ = "read_reviews"
    id: sa.Column[int] = stored(primary_key=True)
    person: sa.Column[str] = stored(sa.String(120))
    day: sa.Column[date]
    verdict: sa.Column[str] = stored(sa.String(20))
    text: sa.Column[str] = stored(sa.Text)
    by: sa.Column[str] = stored(sa.String(120))
    at: sa.Column[datetime] = stored(Moment)
    __table_args__ = (sa.Index("ix_read_reviews_day", "day", "person"),)


@frozen
class Review:
    """What a reviewer found."""

    verdict: str
    text: str
    by: str
    at: datetime


@frozen
class Look:
    """One look at one record: `about` is the reference of a case or a child's id."""

    at: datetime
    person: str
    about: str
    purpose: str
    classes: str = ""


@dataclass(slots=True)
class Day:
    """What one person looked at on one day in England, and what is unusual about it: reason, and the records that it is about.

    The reasons are what is shown: of a record that is sealed from whoever reads them they say `SEALED`.
    """

    person: str
    day: date
    looks: list[Look] = field(default_factory=list)
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    review: Review | None = None

    @property
    def records(self) -> int:
        """How many different records."""
        return len({look.about for look in self.looks})


@frozen
class _Known:
    """What is needed to judge: last names of readers, names of children by record, roles, and when cases were closed."""

    last_names: Mapping[str, str]
    children: Mapping[str, str]
    roles: Mapping[str, frozenset[str]]
    closed: Mapping[str, datetime]


def days(connection: sa.Connection, first: date, last: date, *, person: str = "", reader: Actor) -> tuple[Day, ...]:
    """Give what people looked at from one day to another, unusual and not yet reviewed first, the latest first among equals.

    As far as the `reader` may know of it. Six statements, however many looks there are.
    """
    hidden = seals.hidden(connection, reader)
    begins, ends = (midnight(day) for day in (first, last + timedelta(days=1)))
    row = ReadTable
    of_period = (row.at >= begins, row.at < ends, row.purpose.in_(LOOKS), *([row.person == person] if person else ()))
    known = _known(connection, of_period, hidden)
    found: dict[tuple[str, date], Day] = {}
    asked = sa.select(row.at, row.person, row.case_id, row.purpose).where(*of_period).order_by(row.at, row.id)
    for at, who, about, purpose in connection.execute(asked).tuples():
        day = at.astimezone(LONDON).date()
        found.setdefault((who, day), Day(who, day)).looks.append(Look(at, who, about, purpose))
    for (who, day), review in _reviews(connection, first, last).items():
        if (who, day) in found:
            found[who, day].review = review
    for each in found.values():
        each.reasons = {name: _said(records, each, hidden) for name, records in _reasons(each, known) if records}
    order = list(REASONS)
    return tuple(
        sorted(
            found.values(),
            key=lambda each: (
                each.review is not None,
                min((order.index(name) for name in each.reasons), default=len(order)),
                -each.day.toordinal(),
                each.person,
            ),
        )
    )


def looks_at(connection: sa.Connection, about: str, *, limit: int, reader: Actor) -> tuple[Look, ...]:
    """Give who looked at a record, for whatever purpose, the latest first.

    Of one that is sealed from the `reader` those who were refused, as of one that there is not.
    """
    row, hidden = ReadTable, seals.hidden(connection, reader)
    asked = sa.select(row.at, row.person, row.case_id, row.purpose, row.classes).where(row.case_id == about)
    asked = asked.where(sa.or_(row.purpose == REFUSED, sa.literal(about not in hidden)))
    return tuple(Look(*each) for each in connection.execute(asked.order_by(row.id.desc()).limit(limit)).tuples())


def sign_off(
    connection: sa.Connection, person: str, day: date | None, verdict: str, text: str, *, by: Actor, now: datetime
) -> None:
    """Keep what a reviewer found; refused with `Invalid`, and with `NotAllowed` where it is about themselves."""
    if REVIEWS not in by.roles or person == by.person:
        raise NotAllowed("Somebody else must review what you looked at.")
    problems = []
    if day is None or not person:
        problems.append(Problem("verdict", "nobody", "Choose whose day this is about from the list"))
    if verdict not in VERDICTS:
        problems.append(Problem("verdict", "no-verdict", "Select whether it is in order or to be looked into"))
    if verdict == "look_into" and not text.strip():
        problems.append(Problem("text", "no-text", "Say what is to be looked into"))
    if len(text) > LONGEST_TEXT:
        problems.append(Problem("text", "too-long", f"Say it in {LONGEST_TEXT} characters at most"))
    if problems:
        raise Invalid(problems)
    values = {"person": person, "day": day, "verdict": verdict, "text": text.strip(), "by": by.person, "at": now}
    connection.execute(sa.insert(ReviewRow).values(**values))


def forget_texts(connection: sa.Connection, refs: Collection[str]) -> None:
    """Take out what reviewers typed about the days on which somebody looked at records that are erased; what they found stays."""
    row, look = ReviewRow, ReadTable
    for person, at in connection.execute(sa.select(look.person, look.at).where(look.case_id.in_(refs)).distinct()):
        day = sa.and_(row.person == person, row.day == at.astimezone(LONDON).date(), row.text != "")
        connection.execute(sa.update(row).where(day).values(text=""))


def _reviews(connection: sa.Connection, first: date, last: date) -> dict[tuple[str, date], Review]:
    row = ReviewRow
    columns = [getattr(row, one.name) for one in fields(Review)]
    asked = sa.select(row.person, row.day, *columns).where(row.day >= first, row.day <= last).order_by(row.id)
    return {(person, day): Review(*rest) for person, day, *rest in connection.execute(asked)}


def _known(connection: sa.Connection, of_period: Iterable[sa.ColumnElement[bool]], hidden: Collection[str]) -> _Known:
    """Read what is needed to judge; of what is `hidden` nothing, since a name or an end would tell of it."""
    read = sa.select(ReadTable.case_id).where(*of_period)
    readers = sa.select(ReadTable.person).where(*of_period)
    people = sa.select(PersonRow.sign_in, PersonRow.name, MembershipRow.role)
    people = people.outerjoin(MembershipRow, MembershipRow.person == PersonRow.sign_in).where(
        PersonRow.sign_in.in_(readers)
    )
    names: dict[str, str] = {}
    roles: dict[str, set[str]] = defaultdict(set)
    for sign_in, name, role in connection.execute(people).tuples():
        names[sign_in] = _last(name)
        roles[sign_in].add(role or "")
    of_cases = sa.select(EpisodeRow.case_id, EpisodeRow.child_name).where(EpisodeRow.case_id.in_(read))
    of_children = sa.select(ChildRow.child_id, ChildRow.name).where(ChildRow.child_id.in_(read))
    named = connection.execute(of_cases.union_all(of_children)).tuples().all()
    children = {about: name for about, name in named if about not in hidden}
    case = CaseTable
    ended = sa.select(case.id, case.closed_at).where(case.id.in_(read), case.closed_at.is_not(None))
    over = connection.execute(ended).tuples()
    closed = {case_id: at for case_id, at in over if at is not None and case_id not in hidden}
    held = {sign_in: frozenset(some) for sign_in, some in roles.items()}
    return _Known(names, {about: _last(name) for about, name in children.items()}, held, closed)


def _reasons(day: Day, known: _Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each reason with the records that it is about; no records where it does not hold."""
    last_name = known.last_names.get(day.person, "")
    yield "with_reason", _each(look for look in day.looks if look.purpose == WITH_A_REASON)
    refused = _each(look for look in day.looks if look.purpose == REFUSED)
    yield "refused", refused if len(refused) >= REFUSALS else ()
    yield "same_name", _each(look for look in day.looks if last_name and known.children.get(look.about) == last_name)
    yield "many", _many(day.looks)
    yield "closed", _each(look for look in day.looks if _is_long_closed(look, known.closed))
    if known.roles.get(day.person, frozenset()).isdisjoint(ROUND_THE_CLOCK):
        yield "at_night", _each(look for look in day.looks if _is_at_night(look.at))


def _said(records: Iterable[str], day: Day, hidden: Collection[str]) -> tuple[str, ...]:
    """Name records to somebody from whom some are `hidden`; one that was refused alone goes by what was typed."""
    seen = {look.about for look in day.looks if look.purpose != REFUSED and look.about in hidden}
    return tuple(dict.fromkeys(SEALED if each in seen else each for each in records))


def _each(looks: Iterable[Look]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(look.about for look in looks))


def _many(looks: list[Look]) -> tuple[str, ...]:
    """Give the records of the first hour in which there were too many; the looks stand in the order of time."""
    seen: dict[str, int] = defaultdict(int)
    first = 0
    for look in looks:
        seen[look.about] += 1
        while look.at - looks[first].at > WITHIN:
            gone = looks[first].about
            seen[gone] -= 1
            if not seen[gone]:
                del seen[gone]
            first += 1
        if len(seen) >= MANY:
            return tuple(seen)
    return ()


def _is_long_closed(look: Look, closed: Mapping[str, datetime]) -> bool:
    return look.about in closed and look.at - closed[look.about] > LONG_CLOSED


def _is_at_night(at: datetime) -> bool:
    local = at.astimezone(LONDON)
    return not (OFFICE[0] <= local.time() < OFFICE[1] and is_working_day(local.date()))


def _last(name: str) -> str:
    """Give the last word of a name, for comparing."""
    return name.rsplit(maxsplit=1)[-1].casefold() if name.strip() else ""
