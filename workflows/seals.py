"""Sealed records: cases and a child's record that a named group sees and nobody else (domain.md 13.12).

A seal covers the cases that it names. A new report about a sealed child is not sealed by itself: nobody at night loses a task
to a seal; the group covers it when it is ready. Superintendents are never shut out, so that no record is lost behind a group
that has gone, and what is opened with a reason (`workflows.break_glass`) opens here too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import SYSTEM, Actor, Facts, Value
from engine.rows import partial_index, stored
from engine.store import Base, CaseTable, Moment, TaskTable
from engine.views import Step
from workflows import about, children, people
from workflows.about import AboutRow
from workflows.agencies import title_of
from workflows.children import ChildRow
from workflows.matching import CANDIDATES

SEALS = frozenset({"chief_inspector_missing", "superintendent"})
"""Who seals, and who changes the group and lifts a seal as one of it: they see each case, so that none is left out by mistake."""

NEVER_SHUT_OUT = "superintendent"
CANDIDATE = "A sealed record of a child who is like this one: ask a superintendent"
"""Stands for a candidate of a match whose record is sealed: who matches needs to know that there is one, not who it is."""
SHORTEST_REASON, LONGEST_REASON = 10, 1_000


class SealNotFound(NotFound):
    """There is no such seal, or none of whose group this person is."""


class SealedAlready(Conflict):
    """This record is sealed already."""


class SealedMeanwhile(Conflict):
    """What was named has been sealed from this person since it was looked at: whoever looks again is told that there is none."""


class SealRow(Base):
    """A seal on a child's record, or on a case of whom nobody has matched the child; lifted, it stays in the log."""

    __tablename__ = "seals"
    id: sa.Column[int] = stored(primary_key=True)
    about: sa.Column[str] = stored(sa.String(20))
    reason: sa.Column[str] = stored(sa.Text)
    sealed_by: sa.Column[str] = stored(sa.String(120))
    sealed_at: sa.Column[datetime] = stored(Moment)
    lifted_by: sa.Column[str] = stored(sa.String(120), default="")
    lifted_at: sa.Column[datetime | None] = stored(Moment)
    lifted_why: sa.Column[str] = stored(sa.Text, default="")
    __table_args__ = (partial_index("uq_seals_about", "about", unique=True, where="lifted_at IS NULL"),)


class SealCaseRow(Base):
    """A case that a seal covers."""

    __tablename__ = "seal_cases"
    seal: sa.Column[int] = stored(sa.ForeignKey("seals.id"), primary_key=True)
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True, index=True)


class SealMemberRow(Base):
    """A person of the group that sees what is sealed; who has left the group stays in the log."""

    __tablename__ = "seal_members"
    id: sa.Column[int] = stored(primary_key=True)
    seal: sa.Column[int] = stored(sa.ForeignKey("seals.id"), index=True)
    person: sa.Column[str] = stored(sa.ForeignKey("people.sign_in"), index=True)
    added_by: sa.Column[str] = stored(sa.String(120))
    added_at: sa.Column[datetime] = stored(Moment)
    removed_by: sa.Column[str] = stored(sa.String(120), default="")
    removed_at: sa.Column[datetime | None] = stored(Moment)


@frozen
class Seal:
    """A seal as its group sees it."""

    id: int
    about: str
    reason: str
    sealed_by: str
    sealed_at: datetime
    lifted_at: datetime | None


@frozen
class Wanted:
    """What somebody asks to be sealed: a child's id or a case's reference, the cases, the group by sign-in name, and why.

    `seen` are the cases among which somebody chose; None where nobody did.
    """

    about: str
    cases: tuple[str, ...]
    members: tuple[str, ...]
    reason: str
    seen: tuple[str, ...] | None = None


@frozen
class Orphan:
    """An open task behind a seal for which nobody of the group holds the role."""

    seal: int
    case_id: str
    name: str
    role: str


# Who is shut out -------------------------------------------------------------------------------------------------------


def hidden(connection: sa.Connection, who: Actor) -> frozenset[str]:
    """Name the cases and the children whose records are sealed from a person: ``{"MC-7K3QX9PW", "CH-7K3QX9PW"}``. One statement.

    A child goes by every id: what was joined to a sealed record is sealed with it.
    """
    if NEVER_SHUT_OUT in who.roles:
        return frozenset()
    return frozenset(connection.execute(_sealed_off(), {"person": who.person}).scalars())


@cache  # asked on every page: to put it together took longer than to answer it
def _sealed_off() -> sa.CompoundSelect[tuple[str]]:
    """Select what is sealed from `person`."""
    seal, covered, member = SealRow, SealCaseRow, SealMemberRow
    mine = sa.select(member.seal).where(member.person == sa.bindparam("person"), member.removed_at.is_(None))
    shut = sa.and_(seal.lifted_at.is_(None), seal.id.not_in(mine))
    records = sa.select(seal.about).where(shut)
    joined = sa.select(ChildRow.child_id).where(ChildRow.joined_to.in_(records))
    cases = sa.select(covered.case_id).join(seal, seal.id == covered.seal).where(shut)
    return records.union(joined, cases)


def veil(connection: sa.Connection, _case_id: str, facts: Facts, who: Actor) -> Facts:
    """Give the facts of a case as a person may see them now: of the candidates of a match, who is sealed has no name.

    A match keeps whom it was offered; who was sealed since then is asked for when it is read. One statement, where a case has
    candidates. Source: domain.md 13.12.
    """
    offered = facts.get(CANDIDATES, {})
    shut = hidden(connection, who) if any(each.get("matches") for each in offered.values()) else frozenset()
    if not shut:
        return facts
    shown = {key: {**each, "matches": _unnamed(each.get("matches"), shut)} for key, each in offered.items()}
    return {**facts, CANDIDATES: shown}


def _unnamed(matches: Value, shut: Collection[str]) -> Value:
    """Take the names from those of the candidates who are shut off: ``[{"value": "CH-7K3QX9PW", "label": "A sealed ..."}]``."""
    if not isinstance(matches, list):
        return matches
    return [{**each, "label": CANDIDATE} if each["value"] in shut else each for each in matches]


def seen_by(who: Actor) -> sa.CompoundSelect[tuple[str]]:
    """Select the sealed cases and children's records of whose group a person is."""
    seal, covered, member = SealRow, SealCaseRow, SealMemberRow
    mine = sa.select(member.seal).where(member.person == who.person, member.removed_at.is_(None))
    own = sa.and_(seal.lifted_at.is_(None), seal.id.in_(mine))
    cases = sa.select(covered.case_id).join(seal, seal.id == covered.seal).where(own)
    return sa.select(seal.about).where(own).union(cases)


def sealed_among(connection: sa.Connection, refs: Collection[str]) -> frozenset[str]:
    """Name those of these records on which there is a seal, whoever asks."""
    seal = SealRow
    asked = sa.select(seal.about).where(seal.about.in_(refs), seal.lifted_at.is_(None))
    return frozenset(connection.execute(asked).scalars()) if refs else frozenset()


def over(connection: sa.Connection, refs: Collection[str]) -> Mapping[str, frozenset[int]]:
    """Give the seals that hold over each of these records, whoever asks; a record without one is left out."""
    seal, covered = SealRow, SealCaseRow
    records = sa.select(seal.about, seal.id).where(seal.about.in_(refs), seal.lifted_at.is_(None))
    cases = sa.select(covered.case_id, seal.id).join(seal, seal.id == covered.seal)
    found: dict[str, frozenset[int]] = {}
    for ref, number in connection.execute(
        records.union(cases.where(covered.case_id.in_(refs), seal.lifted_at.is_(None)))
    ):
        found[ref] = found.get(ref, frozenset()) | {number}
    return found


def group_of(connection: sa.Connection, case_id: str) -> frozenset[str] | None:
    """Give the people who see a sealed case, superintendents with them; None for a case that is not sealed."""
    group = members_over(connection, case_id)
    if group is None:
        return None
    return group | {person.sign_in for person in people.holders(connection, (NEVER_SHUT_OUT,))}


def members_over(connection: sa.Connection, case_id: str) -> frozenset[str] | None:
    """Give who is of the group of each seal over a case; None for a case that is not sealed. One statement."""
    seal, row = SealRow, SealMemberRow
    covered = sa.select(SealCaseRow.seal).where(SealCaseRow.case_id == case_id)
    asked = sa.select(seal.id, row.person).outerjoin(row, sa.and_(row.seal == seal.id, row.removed_at.is_(None)))
    asked = asked.where(seal.lifted_at.is_(None), sa.or_(seal.about == case_id, seal.id.in_(covered)))
    groups: dict[int, set[str]] = {}
    for number, person in connection.execute(asked):
        groups.setdefault(number, set()).update({person} - {None})
    return frozenset(set.intersection(*groups.values())) if groups else None


def to_be_told(connection: sa.Connection, child_id: str, case_id: str) -> tuple[tuple[str, str], ...]:
    """Give the active people of the group of a child's record with their mail addresses, unless its seal covers a case already.

    With superintendents, so that a group that has gone leaves nobody alone. One statement.
    """
    seal, row, person, held = SealRow, SealMemberRow, people.PersonRow, people.MembershipRow
    joined = sa.select(ChildRow.joined_to).where(ChildRow.child_id == child_id, ChildRow.joined_to != "")
    covers = sa.select(SealCaseRow.seal).where(SealCaseRow.case_id == case_id)
    over_it = sa.and_(seal.lifted_at.is_(None), sa.or_(seal.about == child_id, seal.about.in_(joined)))
    sealed = sa.select(seal.id).where(over_it, seal.id.not_in(covers))
    group = sa.select(row.person).where(row.seal.in_(sealed), row.removed_at.is_(None))
    above = sa.select(held.person).where(held.role == NEVER_SHUT_OUT, sa.exists(sealed))
    asked = sa.select(person.sign_in, person.mail).where(person.sign_in.in_(group.union(above)))
    rows = connection.execute(asked.where(person.disabled_at.is_(None)).order_by(person.sign_in)).tuples()
    return tuple((name, mail) for name, mail in rows)


def members(connection: sa.Connection, seal: int) -> tuple[str, ...]:
    """Give the sign-in names of the group of a seal, in order."""
    row = SealMemberRow
    asked = sa.select(row.person).where(row.seal == seal, row.removed_at.is_(None)).order_by(row.person)
    return tuple(connection.execute(asked).scalars())


# What stands in the pages -----------------------------------------------------------------------------------------------


def seals_of(connection: sa.Connection, who: Actor) -> tuple[Seal, ...]:
    """Give the seals of whose group a person is, those that hold first and the latest of them first."""
    row = SealRow
    asked = sa.select(*_columns()).order_by(row.lifted_at.is_not(None), row.sealed_at.desc(), row.id)
    if NEVER_SHUT_OUT not in who.roles:
        mine = sa.select(SealMemberRow.seal).where(SealMemberRow.person == who.person)
        asked = asked.where(row.id.in_(mine.where(SealMemberRow.removed_at.is_(None))))
    return tuple(Seal(*each) for each in connection.execute(asked))


def one(connection: sa.Connection, number: int, who: Actor) -> Seal:
    """Give a seal to one of its group; `SealNotFound` to everybody else."""
    found = next((seal for seal in seals_of(connection, who) if seal.id == number), None)
    if found is None:
        raise SealNotFound("There is no such seal.")
    return found


def cases_of(connection: sa.Connection, number: int) -> tuple[str, ...]:
    """Give the cases that a seal covers."""
    row = SealCaseRow
    return tuple(connection.execute(sa.select(row.case_id).where(row.seal == number).order_by(row.case_id)).scalars())


def orphans(connection: sa.Connection, seals: Collection[int]) -> tuple[Orphan, ...]:
    """Give the open tasks behind these seals that nobody of the group can do."""
    task, covered, member = TaskTable, SealCaseRow, SealMemberRow
    held = people.MembershipRow
    can = (
        sa.select(held.person)
        .join(member, member.person == held.person)
        .join(people.PersonRow, people.PersonRow.sign_in == held.person)
        .where(member.seal == covered.seal, member.removed_at.is_(None), held.role == task.role)
        .where(people.PersonRow.disabled_at.is_(None))
    )
    asked = sa.select(covered.seal, task.case_id, task.name, task.role).join(task, task.case_id == covered.case_id)
    asked = asked.where(covered.seal.in_(seals), task.status == "open", task.role != NEVER_SHUT_OUT, ~sa.exists(can))
    rows = connection.execute(asked.order_by(covered.seal, task.case_id, task.number))
    return tuple(Orphan(*row) for row in rows)


# Commands ---------------------------------------------------------------------------------------------------------------


def seal(connection: sa.Connection, wanted: Wanted, *, by: Actor, now: datetime) -> int:
    """Seal a record with the cases that are named, and give the number of the seal; who seals is of the group.

    What was opened for the record since somebody chose among its cases is covered too: an opening that is on its way is waited
    for (`follow`).

    Refused with `Invalid`, all at once: no case, a reason that says nothing, a name that nobody active has, a role with an open
    task that nobody of the group holds; with `SealedAlready` where a seal holds.
    """
    group = sorted({*wanted.members, by.person})
    problems = [
        *_problems(wanted),
        *_group_problems(connection, group),
        *_task_problems(connection, wanted.cases, group),
    ]
    if problems:
        raise Invalid(problems)
    row = {"about": wanted.about, "reason": wanted.reason.strip(), "sealed_by": by.person, "sealed_at": now}
    try:
        with connection.begin_nested():
            number = connection.execute(
                sa.insert(SealRow).values(**row, lifted_by="", lifted_why="").returning(SealRow.id)
            ).scalar_one()
    except IntegrityError:
        raise SealedAlready("This record is sealed already. Ask a superintendent who is of its group.") from None
    _cover(connection, number, (*wanted.cases, *_opened_since(connection, wanted)))
    _add(connection, number, group, by, now)
    return number


def cover(connection: sa.Connection, number: int, cases: Collection[str], *, by: Actor) -> None:
    """Cover further cases by a seal; refused as `seal` is."""
    found = _holding(connection, number, by)
    new = tuple(case_id for case_id in cases if case_id not in cases_of(connection, found.id))
    problems = list(_task_problems(connection, new, members(connection, number)))
    if problems:
        raise Invalid(problems)
    _cover(connection, number, new)


def regroup(connection: sa.Connection, number: int, wanted: Collection[str], *, by: Actor, now: datetime) -> None:
    """Put a group in the place of the one before; refused as `seal` is. Who changes it stays of it."""
    _holding(connection, number, by)
    group, before = {*wanted, by.person}, set(members(connection, number))
    problems = [
        *_group_problems(connection, sorted(group)),
        *_task_problems(connection, cases_of(connection, number), sorted(group)),
    ]
    if problems:
        raise Invalid(problems)
    row = SealMemberRow
    gone = sa.update(row).where(row.seal == number, row.removed_at.is_(None), row.person.in_(sorted(before - group)))
    connection.execute(gone.values(removed_by=by.person, removed_at=now))
    _add(connection, number, sorted(group - before), by, now)


def lift(connection: sa.Connection, number: int, reason: str, *, by: Actor, now: datetime) -> None:
    """Lift a seal, with a reason; what it covered is as it was before."""
    _holding(connection, number, by)
    problems = list(_reason_problems(reason))
    if problems:
        raise Invalid(problems)
    row = sa.update(SealRow).where(SealRow.id == number, SealRow.lifted_at.is_(None))
    connection.execute(row.values(lifted_by=by.person, lifted_at=now, lifted_why=reason.strip()))


def forget_reasons(connection: sa.Connection, refs: Collection[str]) -> None:
    """Take out what was typed about records that are erased."""
    row = SealRow
    covered = sa.select(SealCaseRow.seal).where(SealCaseRow.case_id.in_(refs))
    theirs = sa.or_(row.about.in_(refs), row.id.in_(covered))
    connection.execute(sa.update(row).where(theirs).values(reason="", lifted_why=""))


def follow(connection: sa.Connection, step: Step) -> None:
    """Cover a case by each seal on what it was opened for, in the step that says so: an observer of steps.

    What its operations have read of the sealed record is thus never outside of the group, whoever opened the case. A new report
    is no such case: nobody at night loses one. Open tasks that nobody of the group can do are shown to it (`orphans`).

    A seal that is being made meanwhile is waited for: it holds for the case, too. Refused with `SealedMeanwhile` where a
    person names what was sealed from them since the page was looked at, so that they learn no more than on the page.
    """
    places = about.OPENED_FOR.get(step.procedure, ())
    typed = [ref for ref in about.said(step, places) if ref]
    if not typed:
        return
    by = about.said_by(step, places)
    if connection.dialect.name != "sqlite":  # which lets nobody write meanwhile
        connection.execute(sa.text("LOCK TABLE seals IN SHARE MODE"))
    seal, covered = SealRow, SealCaseRow
    joined = sa.select(ChildRow.joined_to).where(ChildRow.child_id.in_(typed), ChildRow.joined_to != "")
    case = sa.select(covered.seal).where(covered.case_id.in_(typed))
    over_it = sa.or_(seal.about.in_(typed), seal.about.in_(joined), seal.id.in_(case))
    done = sa.select(covered.seal).where(covered.case_id == step.case_id)
    new = sa.select(seal.id, _is_of(by, seal.id)).where(seal.lifted_at.is_(None), over_it, seal.id.not_in(done))
    found = connection.execute(new).all()
    if by != SYSTEM and not all(inside for _seal, inside in found):
        raise SealedMeanwhile("What you have named cannot be used any more. Nothing was changed.")
    if found:
        rows = [{"seal": number, "case_id": step.case_id} for number, _inside in found]
        connection.execute(sa.insert(covered), rows)


def _is_of(person: str, seal: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Say of which seals somebody is of the group, or is never shut out."""
    row, held = SealMemberRow, people.MembershipRow
    member = sa.exists().where(row.seal == seal, row.person == person, row.removed_at.is_(None))
    above = sa.exists().where(held.person == person, held.role == NEVER_SHUT_OUT)
    return sa.or_(member, above)


# Parts ------------------------------------------------------------------------------------------------------------------


def _holding(connection: sa.Connection, number: int, by: Actor) -> Seal:
    """Give a seal that holds to one of its group who may change it."""
    found = one(connection, number, by)
    if found.lifted_at is not None:
        raise SealNotFound("This seal was lifted.")
    return found


def _columns() -> list[sa.ColumnElement[object]]:
    return [getattr(SealRow, field.name) for field in fields(Seal)]


def _cover(connection: sa.Connection, number: int, cases: Sequence[str]) -> None:
    if cases:
        connection.execute(sa.insert(SealCaseRow), [{"seal": number, "case_id": each} for each in cases])


def _opened_since(connection: sa.Connection, wanted: Wanted) -> Sequence[str]:
    """Name the cases that were opened for the record since somebody chose among its cases: they are behind it as later ones are."""
    if wanted.seen is None:
        return ()
    row, case = AboutRow, CaseTable
    asked = sa.select(row.case_id).join(case, case.id == row.case_id).where(row.case_id.not_in(wanted.seen))
    theirs = sa.or_(row.child_id.in_(children.ids_of(wanted.about)), row.episode.in_(wanted.cases))
    asked = asked.where(theirs, case.procedure.in_(sorted(about.OPENED_FOR)))
    return connection.execute(asked.order_by(row.case_id)).scalars().all()


def _add(connection: sa.Connection, number: int, group: Sequence[str], by: Actor, now: datetime) -> None:
    said = {"seal": number, "added_by": by.person, "added_at": now, "removed_by": "", "removed_at": None}
    if group:
        connection.execute(sa.insert(SealMemberRow), [{**said, "person": person} for person in group])


def _problems(wanted: Wanted) -> Iterator[Problem]:
    if not wanted.cases:
        yield Problem("cases", "case-missing", "Select at least one case to seal")
    yield from _reason_problems(wanted.reason)


def _reason_problems(reason: str) -> Iterator[Problem]:
    if len(reason.strip()) < SHORTEST_REASON:
        yield Problem("reason", "reason-short", "Say why, in a sentence that the others of the group will understand")
    elif len(reason) > LONGEST_REASON:
        yield Problem("reason", "reason-long", f"The reason has {LONGEST_REASON} characters at most")


def _group_problems(connection: sa.Connection, group: Sequence[str]) -> Iterator[Problem]:
    """Say which names nobody active has."""
    known = {person.sign_in for person in people.active(connection, group)}
    for name in group:
        if name not in known:
            yield Problem("members", "person-known", f"'{name}' is not the sign-in name of anybody who can sign in")


def _task_problems(connection: sa.Connection, cases: Collection[str], group: Collection[str]) -> Iterator[Problem]:
    """Say for which role with an open task there is nobody in the group: no task is lost behind a seal."""
    task, held = TaskTable, people.MembershipRow
    waiting = sa.select(task.role).where(task.case_id.in_(cases), task.status == "open").distinct()
    roles = frozenset(connection.execute(sa.select(held.role).where(held.person.in_(group)).distinct()).scalars())
    missing = sorted(
        title_of(role) for role in frozenset(connection.execute(waiting).scalars()) - roles - {NEVER_SHUT_OUT}
    )
    if missing:
        sentence = f"There are open tasks that nobody of the group can do. Add somebody for each: {', '.join(missing)}"
        yield Problem("members", "task-role", sentence)
