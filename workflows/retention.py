"""When what is kept of a child is reviewed, who stops its end, and the two people who decide it (domain.md 5.5; G-34).

Nothing goes by itself: from its day on a subject stands in a list, somebody decides to keep or to delete it with a reason, a
second person approves a deletion, and nothing under a hold is deleted. What is erased leaves a tombstone (`workflows.erasing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date, datetime

import sqlalchemy as sa

from engine.erasing import Tombstone, tombstone_of
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import aliased, stored
from engine.store import Base, Moment, reading, writing
from workflows import erasing, retention_periods, seals
from workflows.about import AboutRow
from workflows.access import GOVERNS
from workflows.children import ChildRow
from workflows.days import day_in_words, day_of, years_after
from workflows.episodes import EpisodeRow
from workflows.erasing import Subject
from workflows.retention_periods import RULES, Rule

DECIDES = frozenset({GOVERNS, "chief_inspector_missing"})
"""Who places and ends holds, decides to keep or delete, and approves; always two different people where two are needed."""

SHOWS = frozenset({"D1"})
"""The data class that their page lets out beside the table of access: the end of most periods is counted from a birthday."""

LONGEST_REASON = 1_000
EVERYTHING = "everything"
"""Stands for the subject of a hold on all that is kept, such as that of an inquiry (domain.md 5.5)."""

KEPT_AGAIN = 5
"""Years after which what was decided to be kept is looked at again."""

NOBODY = "NOBODY"
"""The reference of no record; an empty one would be that of every case that no message has opened."""

AT_ONCE = 100
"""Subjects that are looked through in one transaction."""


class HoldRow(Base):
    """A legal hold on a child or a case: while one is not ended, nothing of it is deleted."""

    __tablename__ = "legal_holds"
    id: sa.Column[int] = stored(primary_key=True)
    subject: sa.Column[str] = stored(sa.String(20), index=True)
    reason: sa.Column[str] = stored(sa.Text)
    held_by: sa.Column[str] = stored(sa.String(120))
    held_at: sa.Column[datetime] = stored(Moment)
    ended_by: sa.Column[str] = stored(sa.String(120), default="")
    ended_at: sa.Column[datetime | None] = stored(Moment)
    ended_why: sa.Column[str] = stored(sa.Text, default="")


class DecisionRow(Base):
    """What was decided at a review: `keep` until a day, or `delete`, which waits for a second person."""

    __tablename__ = "retention_decisions"
    id: sa.Column[int] = stored(primary_key=True)
    subject: sa.Column[str] = stored(sa.String(20), index=True)
    decision: sa.Column[str] = stored(sa.String(12))
    reason: sa.Column[str] = stored(sa.Text)
    decided_by: sa.Column[str] = stored(sa.String(120))
    decided_at: sa.Column[datetime] = stored(Moment)
    again_on: sa.Column[date | None]
    approved_by: sa.Column[str] = stored(sa.String(120), default="")
    approved_at: sa.Column[datetime | None] = stored(Moment)


class DayRow(Base):
    """When a subject is to be reviewed, as the worker found it at night, None while it is never."""

    __tablename__ = "retention_days"
    subject: sa.Column[str] = stored(sa.String(20), primary_key=True)
    due_on: sa.Column[date | None] = stored(index=True)
    looked_at: sa.Column[datetime] = stored(Moment)


_KEEP_DAY = sa.text("""
    INSERT INTO retention_days (subject, due_on, looked_at) VALUES (:subject, :on, :now)
    ON CONFLICT (subject) DO UPDATE SET due_on = excluded.due_on, looked_at = excluded.looked_at
""").bindparams(sa.bindparam("on", type_=sa.Date()), sa.bindparam("now", type_=Moment()))

_KNOWN = sa.select(ChildRow.child_id)
_EVERYTHING = (
    sa.select(ChildRow.child_id.label("reference"))
    .where(ChildRow.joined_to == "")
    .union(
        sa.select(EpisodeRow.case_id).where(EpisodeRow.child_id == ""),
        sa.select(AboutRow.case_id).where(AboutRow.child_id.not_in(_KNOWN)),
    )
    .order_by("reference")
)
"""Everything of which something is kept: each child once, and the cases of which nobody has said which child they are about."""


@frozen
class Hold:
    """A legal hold that stands."""

    id: int
    subject: str
    reason: str
    held_by: str
    held_at: datetime


@frozen
class Decision:
    """The latest decision about a subject."""

    subject: str
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime
    again_on: date | None
    approved_at: datetime | None


@frozen
class Due:
    """When a subject is to be reviewed, and why: `on` is None while it is never."""

    subject: str
    rule: Rule
    on: date | None
    why: str

    def is_due(self, now: datetime) -> bool:
        """Whether its day has come, in Europe/London."""
        return self.on is not None and self.on <= day_of(now)


class UnderHold(Conflict):
    """A legal hold stands: nothing is deleted."""


class NotDueYet(Conflict):
    """The period has not ended."""


class StillAsked(Conflict):
    """An open case may be about this subject, and nobody has said so."""


class SecondPersonNeeded(NotAllowed):
    """The same person may not do both."""


class SubjectNotFound(NotFound):
    """Nothing is kept under this reference."""


# When ---------------------------------------------------------------------------------------------------------------------


def due(connection: sa.Connection, subject: Subject) -> Due:
    """Tell when what is kept of a subject is to be reviewed, by the table `RULES`: the longest period that applies."""
    if any(case.closed_at is None for case in subject.cases):
        return Due(subject.subject, RULES["open"], None, "A case is open.")
    known = retention_periods.known_of(connection, subject)
    if known is None:
        return Due(subject.subject, RULES["episode"], None, "Nothing was ever done here: review it by hand.")
    period = retention_periods.longest(known)
    return Due(subject.subject, period.rule, period.on, period.why)


def reviews(connection: sa.Connection, *, now: datetime, limit: int = 50) -> tuple[Due, ...]:
    """Give the subjects whose day has come and whom nobody has decided to keep for longer, the oldest day first.

    Of those that the last night found (`look_through`), each is looked at again now.
    """
    today, decision, later = day_of(now), DecisionRow, aliased(DecisionRow)
    last = ~sa.exists().where(later.subject == decision.subject, later.id > decision.id)
    is_kept = sa.exists().where(decision.subject == DayRow.subject, decision.again_on > today, last)
    asked = sa.select(DayRow.subject).where(DayRow.due_on <= today, ~is_kept).order_by(DayRow.due_on, DayRow.subject)
    found: dict[str, Due] = {}
    for reference in connection.execute(asked).scalars().all():
        subject = erasing.find(connection, reference)
        entry = due(connection, subject) if subject else None
        if entry is not None and entry.is_due(now):
            found[entry.subject] = entry
        if len(found) == limit:
            break
    return tuple(sorted(found.values(), key=lambda each: (each.on or date.max, each.subject)))


def look_through(engine: sa.Engine, now: datetime) -> int:
    """Find for everything that is kept of anybody when it is to be reviewed, and keep the days for the list; count them.

    Read in pieces, each written in a transaction of its own: nobody waits for it, and what breaks off goes on the next night.
    """
    with reading(engine) as connection:
        everything = connection.execute(_EVERYTHING).scalars().all()
    count = 0
    for first in range(0, len(everything), AT_ONCE):
        with reading(engine) as connection:
            subjects = [erasing.find(connection, each) for each in everything[first : first + AT_ONCE]]
            days = {each.subject: due(connection, each).on for each in subjects if each is not None}
        with writing(engine) as connection:
            for subject, on in days.items():
                connection.execute(_KEEP_DAY, {"subject": subject, "on": on, "now": now})
        count += len(days)
    with writing(engine) as connection:
        connection.execute(sa.delete(DayRow).where(DayRow.looked_at < now))
    return count


def looked_at(connection: sa.Connection) -> datetime | None:
    """Give when everything was last looked through."""
    return connection.execute(sa.select(sa.func.max(DayRow.looked_at))).scalar()


# Holds and decisions ------------------------------------------------------------------------------------------------------


def subject_of(connection: sa.Connection, reference: str) -> Subject:
    """Give the subject of a case or of a child's id; refused with `SubjectNotFound`."""
    found = erasing.find(connection, reference)
    if found is None:
        raise SubjectNotFound("Nothing is kept under this reference.")
    return found


def holdable(connection: sa.Connection, reference: str) -> Subject:
    """Give what a hold can be placed on: a subject, what is left of one that was erased, or `EVERYTHING`.

    Refused with `SubjectNotFound`.
    """
    if reference == EVERYTHING:
        return Subject(EVERYTHING, (), ())
    stone = tombstone_of(connection, reference)
    return subject_of(connection, reference) if stone is None else Subject(stone.subject, stone.refs, ())


def seen_by(
    connection: sa.Connection, reference: str, who: Actor, find: Callable[[sa.Connection, str], Subject] = subject_of
) -> Subject:
    """Give a subject of which nothing is sealed from a person; what is, is refused in the words for what there is not.

    5.2 gives these offices no part in a case, and 13.12 knows no exception for them: the group of a sealed record takes
    somebody of the office in, and the list of what is due says that there is something sealed, and not what.
    """
    hidden = seals.hidden(connection, who)
    found = find(connection, NOBODY if reference in hidden else reference)
    return found if hidden.isdisjoint(found.refs) else find(connection, NOBODY)


def hold(connection: sa.Connection, subject: Subject, *, by: Actor, reason: str, now: datetime) -> None:
    """Place a legal hold on everything of a subject; one person does."""
    row = {"subject": subject.subject, "reason": _reason(reason), "held_by": by.person, "held_at": now}
    connection.execute(sa.insert(HoldRow).values(**row, ended_by="", ended_why=""))


def holds(connection: sa.Connection, subject: Subject | None = None) -> tuple[Hold, ...]:
    """Give the holds that stand, of one subject or all, the oldest first; one on any of its references, and on everything, counts."""
    columns = [getattr(HoldRow, field.name) for field in fields(Hold)]
    asked = sa.select(*columns).where(HoldRow.ended_at.is_(None)).order_by(HoldRow.held_at, HoldRow.id)
    if subject is not None:
        asked = asked.where(HoldRow.subject.in_({EVERYTHING, subject.subject, *subject.refs}))
    return tuple(Hold(*row) for row in connection.execute(asked))


def end_hold(
    connection: sa.Connection, subject: Subject, number: int, *, by: Actor, reason: str, now: datetime
) -> None:
    """End a legal hold that stands on a subject; refused with `SecondPersonNeeded` to whoever placed it.

    Refused with `SubjectNotFound` where none stands there.
    """
    said = _reason(reason)
    found = next((each for each in holds(connection, subject) if each.id == number), None)
    if found is None:
        raise SubjectNotFound("There is no such hold any more.")
    if found.held_by == by.person:
        raise SecondPersonNeeded("Somebody else than the person who placed the hold ends it.")
    done = sa.update(HoldRow).where(HoldRow.id == number)
    connection.execute(done.values(ended_by=by.person, ended_at=now, ended_why=said))


def decide(
    connection: sa.Connection, subject: Subject, decision: str, *, by: Actor, reason: str, now: datetime
) -> None:
    """Decide to keep a subject for longer, or propose to delete it.

    Refused with `NotDueYet` before its day, with `UnderHold` where it is to be deleted under a hold, with `StillAsked` where an
    open case may be about it, with `Invalid` otherwise.
    """
    said = _reason(reason)
    if decision not in {"keep", "delete"}:
        raise Invalid([Problem("decision", "decision-missing", "Choose whether it is kept or deleted.")])
    if decision == "delete":
        _may_go(connection, subject, now)
    today = day_of(now)
    row = {
        "subject": subject.subject,
        "decision": decision,
        "reason": said,
        "decided_by": by.person,
        "decided_at": now,
        "again_on": years_after(today, KEPT_AGAIN) if decision == "keep" else None,
        "approved_by": "",
    }
    connection.execute(sa.insert(DecisionRow).values(**row))


def decision_of(connection: sa.Connection, subject: str) -> Decision | None:
    """Give the latest decision about a subject."""
    columns = [getattr(DecisionRow, field.name) for field in fields(Decision)]
    row = connection.execute(
        sa.select(*columns).where(DecisionRow.subject == subject).order_by(DecisionRow.id.desc()).limit(1)
    ).first()
    return None if row is None else Decision(*row)


def waiting(connection: sa.Connection) -> tuple[Decision, ...]:
    """Give the deletions that wait for a second person, the oldest first."""
    later = aliased(DecisionRow)
    superseded = sa.exists().where(later.subject == DecisionRow.subject, later.id > DecisionRow.id)
    asked = sa.select(*(getattr(DecisionRow, field.name) for field in fields(Decision))).where(
        DecisionRow.decision == "delete", DecisionRow.approved_at.is_(None), ~superseded
    )
    return tuple(Decision(*row) for row in connection.execute(asked.order_by(DecisionRow.id)))


def approve(connection: sa.Connection, subject: Subject, *, by: Actor, now: datetime) -> Tombstone:
    """Approve a deletion that another person has proposed, and carry it out in this transaction.

    Refused with `SecondPersonNeeded` to whoever proposed it, with `UnderHold`, with `NotDueYet` where something new has
    happened since, and with `SubjectNotFound` where nothing is proposed.
    """
    latest = decision_of(connection, subject.subject)
    if latest is None or latest.decision != "delete" or latest.approved_at is not None:
        raise SubjectNotFound("No deletion is proposed here any more.")
    if latest.decided_by == by.person:
        raise SecondPersonNeeded("Somebody else than the person who proposed the deletion approves it.")
    rule = _may_go(connection, subject, now).rule
    basis = f"{rule.what}: {rule.years} years from when {rule.counts_from}; {rule.basis}"[:400]
    stone = erasing.erase(
        connection, subject, proposed_by=latest.decided_by, approved_by=by.person, basis=basis, now=now
    )
    done = sa.update(DecisionRow).where(DecisionRow.subject == subject.subject)
    connection.execute(done.where(DecisionRow.approved_at.is_(None)).values(approved_by=by.person, approved_at=now))
    forget(connection, stone.refs)
    return stone


def forget(connection: sa.Connection, refs: Iterable[str]) -> None:
    """Take out what people typed about a subject that is erased, which may say who it was, and its day, which tells a birthday."""
    wanted = sorted(refs)
    connection.execute(sa.delete(DayRow).where(DayRow.subject.in_(wanted)))
    connection.execute(sa.update(DecisionRow).where(DecisionRow.subject.in_(wanted)).values(reason=""))
    connection.execute(sa.update(HoldRow).where(HoldRow.subject.in_(wanted)).values(reason="", ended_why=""))


def _may_go(connection: sa.Connection, subject: Subject, now: datetime) -> Due:
    """Refuse what may not be deleted now; give the rule by which it may."""
    standing = holds(connection, subject)
    if standing:
        raise UnderHold(f"A legal hold stands since {day_in_words(day_of(standing[0].held_at))}. Nothing is deleted.")
    entry = due(connection, subject)
    if not entry.is_due(now):
        when = f"on {day_in_words(entry.on)}" if entry.on else "not yet known when"
        raise NotDueYet(f"The period of “{entry.rule.what}” has not ended: it is due {when}. {entry.why}")
    asked = erasing.asked_about(connection, subject)
    if asked:
        raise StillAsked(f"Somebody has to say first whether this is the child of {', '.join(asked)}.")
    return entry


def _reason(reason: str) -> str:
    """Give a reason that was typed; refused with `Invalid` where it is missing or too long."""
    said = reason.strip()
    if not said:
        raise Invalid([Problem("reason", "reason-missing", "Say why.")])
    if len(said) > LONGEST_REASON:
        raise Invalid([Problem("reason", "too-long", f"Say it in at most {LONGEST_REASON} characters.")])
    return said
