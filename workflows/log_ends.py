"""Ends the logs about what has gone: a year after a record was erased, who read it and who was given a copy go too (domain.md 5.5).

The logs of the cases themselves are never touched: they are chained, and name nobody but those who worked. Nothing ends under a
hold. What ended is counted and written down, and the tombstone stays, since a restore of any age needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import orjson
import sqlalchemy as sa

from engine import erasing
from engine.calendars import LONDON
from engine.erasing import Tombstone
from engine.frozen import frozen
from engine.rows import partial_index, stored
from engine.store import ERASED, Base, CaseTable, Moment, ReadTable, reading, writing
from workflows import retention
from workflows.administration import AdministrationRow
from workflows.break_glass import GlassRow
from workflows.children import ChildRow
from workflows.days import midnight, years_after
from workflows.disclosures import DisclosureRow
from workflows.erasing import Subject
from workflows.joining import MergeRow
from workflows.people import PersonRow
from workflows.philomena import FormRow
from workflows.read_log import ReviewRow
from workflows.retention import DecisionRow, HoldRow
from workflows.retention_periods import RULES
from workflows.seals import SealCaseRow, SealMemberRow, SealRow

AT_ONCE = 500
"""References in one statement."""

ABOUT: Mapping[type[Base], tuple[sa.ColumnElement[Any], ...]] = MappingProxyType(
    {
        ReadTable: (ReadTable.case_id.expression,),
        DisclosureRow: (DisclosureRow.about.expression,),
        GlassRow: (GlassRow.about.expression,),
        SealRow: (SealRow.about.expression,),
        MergeRow: (MergeRow.goes.expression, MergeRow.stays.expression),
        HoldRow: (HoldRow.subject.expression,),
        DecisionRow: (DecisionRow.subject.expression,),
    }
)
"""The logs that end with what they are about, and the columns that name it."""

TYPED = (ReadTable, DisclosureRow, GlassRow)
"""Those of them that can name what there never was: a search, a reference that somebody typed."""


class LogEndRow(Base):
    """What ended one night of the logs about one subject, or about nobody (""): `ended` counts by table, as JSON."""

    __tablename__ = "log_ends"
    id: sa.Column[int] = stored(primary_key=True)
    subject: sa.Column[str] = stored(sa.String(20))
    at: sa.Column[datetime] = stored(Moment)
    ended: sa.Column[str] = stored(sa.Text)
    __table_args__ = (partial_index("uq_log_ends_subject", "subject", unique=True, where="subject <> ''"),)


_CLAIM = sa.text("""
    INSERT INTO log_ends (subject, at, ended) VALUES (:subject, :now, '{}') ON CONFLICT DO NOTHING
""").bindparams(sa.bindparam("now", type_=Moment()))


@frozen
class Ended:
    """What ended: about which subject, "" where it was about nobody, when, and how many rows by table."""

    subject: str
    at: datetime
    counts: Mapping[str, int]


def end(engine: sa.Engine, now: datetime) -> tuple[Ended, ...]:
    """End what has been kept for its year, each subject in a transaction of its own; give what ended. Again ends nothing more."""
    before = _a_year_before(now)
    with reading(engine) as connection:
        if _all_is_held(connection):
            return ()
        stones = tuple(_waiting(connection))
    ended = [_end_of(engine, stone, now) for stone in stones if stone.erased_at < before]
    ended.append(_end_of_nobody(engine, stones, before, now))
    return tuple(each for each in ended if each is not None)


def latest(connection: sa.Connection, *, limit: int) -> tuple[Ended, ...]:
    """Give what ended last, the latest first."""
    row = LogEndRow
    asked = sa.select(row.subject, row.at, row.ended).order_by(row.at.desc(), row.id.desc()).limit(limit)
    return tuple(Ended(subject, at, orjson.loads(told)) for subject, at, told in connection.execute(asked))


def _a_year_before(now: datetime) -> datetime:
    day = now.astimezone(LONDON).date()
    return midnight(years_after(day, -(RULES["log"].years or 0)))


def _all_is_held(connection: sa.Connection) -> bool:
    """Whether a hold on everything stands."""
    return any(each.subject == retention.EVERYTHING for each in retention.holds(connection))


def _waiting(connection: sa.Connection) -> Iterator[Tombstone]:
    """Give the tombstones about whose subjects the logs have not ended."""
    done = frozenset(connection.execute(sa.select(LogEndRow.subject).where(LogEndRow.subject != "")).scalars())
    yield from (stone for stone in erasing.tombstones(connection) if stone.subject not in done)


def _end_of(engine: sa.Engine, stone: Tombstone, now: datetime) -> Ended | None:
    """End the logs about what one tombstone names; None under a hold, and where another worker has."""
    refs = sorted({stone.subject, *stone.refs})
    with writing(engine) as connection:
        if retention.holds(connection, Subject(stone.subject, stone.refs, ())):
            return None
        if connection.execute(_CLAIM, {"subject": stone.subject, "now": now}).rowcount == 0:
            return None
        counts = _seals(connection, refs)
        for table, columns in ABOUT.items():
            about = sa.or_(*(column.in_(refs) for column in columns))
            counts[table.__tablename__] = connection.execute(sa.delete(table).where(about)).rowcount
        kept = {name: count for name, count in counts.items() if count}
        mine = sa.update(LogEndRow).where(LogEndRow.subject == stone.subject)
        connection.execute(mine.values(ended=orjson.dumps(kept).decode()))
    return Ended(stone.subject, now, kept)


def _seals(connection: sa.Connection, refs: Collection[str]) -> dict[str, int]:
    """End who saw what was sealed; a seal that covers cases of others too stays until the last of them has gone."""
    covered, seal, member = SealCaseRow, SealRow, SealMemberRow
    counts = {covered.__tablename__: connection.execute(sa.delete(covered).where(covered.case_id.in_(refs))).rowcount}
    mine = sa.select(seal.id).where(seal.about.in_(refs))
    counts[covered.__tablename__] += connection.execute(sa.delete(covered).where(covered.seal.in_(mine))).rowcount
    counts[member.__tablename__] = connection.execute(sa.delete(member).where(member.seal.in_(mine))).rowcount
    return counts


def _end_of_nobody(engine: sa.Engine, stones: Iterable[Tombstone], before: datetime, now: datetime) -> Ended | None:
    """End what names nothing that is kept, a year after it was written; and what is about readers of whom nothing is left."""
    named = frozenset(ref for stone in stones for ref in (stone.subject, *stone.refs))
    counts: dict[str, int] = {}
    for table in TYPED:
        with reading(engine) as connection:
            strays = sorted(set(connection.execute(_strays(table, before)).scalars()) - named)
        with writing(engine) as connection:
            for first in range(0, len(strays), AT_ONCE):
                (about,) = ABOUT[table]
                old = sa.delete(table).where(about.in_(strays[first : first + AT_ONCE]), table.at < before)
                counts[table.__tablename__] = counts.get(table.__tablename__, 0) + connection.execute(old).rowcount
    with writing(engine) as connection:
        counts[ReviewRow.__tablename__] = _reviews(connection, before.date())
        counts[AdministrationRow.__tablename__] = _accounts(connection, before)
        kept = {name: count for name, count in counts.items() if count}
        if not kept:
            return None
        connection.execute(sa.insert(LogEndRow).values(subject="", at=now, ended=orjson.dumps(kept).decode()))
    return Ended("", now, kept)


def _strays(table: Any, before: datetime) -> sa.Select[Any]:
    """Ask for the references in a log that name no case, no child and no carer's form, or what was erased."""
    (about,) = ABOUT[table]
    kept = (
        sa.exists().where(CaseTable.id == about, CaseTable.status != ERASED),
        sa.exists().where(ChildRow.child_id == about),
        sa.exists().where(FormRow.id == about),
    )
    return sa.select(about).where(table.at < before, *(~each for each in kept)).distinct()


def _reviews(connection: sa.Connection, before: date) -> int:
    """End what reviewers found about days of which no look is left."""
    row, gone = ReviewRow, []
    for number, person, day in connection.execute(sa.select(row.id, row.person, row.day).where(row.day < before)):
        begins, ends = (midnight(each) for each in (day, day + timedelta(days=1)))
        looks = sa.exists().where(ReadTable.at >= begins, ReadTable.at < ends, ReadTable.person == person)
        if not connection.execute(sa.select(looks)).scalar():
            gone.append(number)
    return connection.execute(sa.delete(row).where(row.id.in_(gone))).rowcount if gone else 0


def _accounts(connection: sa.Connection, before: datetime) -> int:
    """End what was done to accounts that were disabled a year ago, once no log names their people: until then it says what they might."""
    person = PersonRow
    named = (
        sa.exists().where(ReadTable.person == person.sign_in),
        sa.exists().where(DisclosureRow.given_by == person.sign_in),
        sa.exists().where(GlassRow.person == person.sign_in),
    )
    gone = sa.select(person.sign_in).where(person.disabled_at < before, *(~each for each in named))
    old = sa.delete(AdministrationRow).where(AdministrationRow.person.in_(gone), AdministrationRow.at < before)
    return connection.execute(old).rowcount
