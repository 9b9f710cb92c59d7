"""Two people decide that two records are one child: one proposes, another agrees, and anybody of them takes it back.

Nothing is moved (`workflows.joining`): each case, flag and plan stays under the id under which it was written, and everything is
found under either. Taking it back needs one person and a reason: while a wrong decision stands, two children are each looked
for with the other's plan and flags, and the records are afterwards as they were.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.erasing import tombstone_of
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from workflows import children, erasing, joining, retention, seals
from workflows.children import ChildRow
from workflows.joining import AGREED, MergeRow

MERGES = frozenset({"mfh_coordinator", "locate_sergeant", "chief_inspector_missing"})
"""Who proposes and agrees: those of the force who keep the records of a child over the years (domain.md 5.1)."""

LONGEST_REASON = 1_000


@frozen
class Merge:
    """A proposal and what became of it; the fields are those of `workflows.joining.MergeRow`."""

    id: int
    goes: str
    stays: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    outcome: str
    decided_by: str
    decided_at: datetime | None
    decided_why: str
    undone_by: str
    undone_at: datetime | None
    undone_why: str

    @property
    def waits(self) -> bool:
        """Whether a second person has not decided yet."""
        return not self.outcome

    @property
    def stands(self) -> bool:
        """Whether the two are one record now."""
        return self.outcome == AGREED and self.undone_at is None


class RecordsNotJoined(Conflict):
    """The two records cannot be joined, or taken apart, as they stand."""


class AnotherPersonNeeded(NotAllowed):
    """Whoever proposed it may not agree, and nobody else takes a proposal back."""


class MergeNotFound(NotFound):
    """There is no such proposal, or no such record."""


def propose(
    connection: sa.Connection, one: str, other: str, stays: str, *, by: Actor, reason: str, now: datetime
) -> int:
    """Propose that two records are one child; give the number of the proposal.

    Refused with `Invalid` without a reason or without saying which of the two stays, and with `RecordsNotJoined`.
    """
    problems = [] if stays in {one, other} else [_problem("stays", "Choose the record under which the child is found.")]
    said = _reason(reason, problems)
    joining.lock(connection)
    _may_join(connection, one, other)
    goes = other if stays == one else one
    for each in waiting(connection):
        if {each.goes, each.stays} == {one, other}:
            if (each.proposed_by, each.stays, each.reason) == (by.person, stays, said):
                return each.id
            raise RecordsNotJoined(
                "It is proposed already that these are one child. Somebody else decides on that first."
            )
    row = {"goes": goes, "stays": stays, "reason": said, "proposed_by": by.person, "proposed_at": now}
    empty = dict.fromkeys(("outcome", "decided_by", "decided_why", "undone_by", "undone_why"), "")
    return int(connection.execute(sa.insert(MergeRow).values(**row, **empty).returning(MergeRow.id)).scalar_one())


def agree(connection: sa.Connection, number: int, *, by: Actor, now: datetime) -> None:
    """Agree to what another person has proposed: from now on the two are one.

    Refused with `AnotherPersonNeeded` to whoever proposed it, and with `RecordsNotJoined` where they cannot be joined any more.
    """
    joining.lock(connection)
    merge = _waiting(connection, number)
    if merge.proposed_by == by.person:
        raise AnotherPersonNeeded("Somebody else than the person who proposed it agrees.")
    _may_join(connection, merge.goes, merge.stays)
    _set(connection, number, outcome=AGREED, decided_by=by.person, decided_at=now)
    joining.derive(connection, {merge.goes, merge.stays})


def refuse(connection: sa.Connection, number: int, *, by: Actor, reason: str, now: datetime) -> None:
    """Refuse what was proposed, with a reason; whoever proposed it takes it back so."""
    said = _reason(reason, [])
    joining.lock(connection)
    merge = _waiting(connection, number)
    outcome = "withdrawn" if merge.proposed_by == by.person else "refused"
    _set(connection, number, outcome=outcome, decided_by=by.person, decided_at=now, decided_why=said)


def undo(connection: sa.Connection, number: int, *, by: Actor, reason: str, now: datetime) -> None:
    """Take a decision back: the two are two records again, as they were; refused with `RecordsNotJoined` where it cannot be."""
    said = _reason(reason, [])
    joining.lock(connection)
    merge = find(connection, number)
    if not merge.stands:
        raise RecordsNotJoined("These are two records already.")
    _is_there(connection, merge.goes)
    _nothing_stands_against(connection, merge.stays, "taken apart")
    _set(connection, number, undone_by=by.person, undone_at=now, undone_why=said)
    joining.derive(connection, {merge.goes, merge.stays})


def find(connection: sa.Connection, number: int) -> Merge:
    """Give a proposal by its number; refused with `MergeNotFound`."""
    found = _read(connection, _asked().where(MergeRow.id == number))
    if not found:
        raise MergeNotFound("There is no such proposal.")
    return found[0]


def waiting(connection: sa.Connection, *, not_by: str | None = None) -> tuple[Merge, ...]:
    """Give the proposals that wait for a second person, the oldest first; those of one person left out."""
    mine = MergeRow.proposed_by != not_by if not_by is not None else sa.true()
    return _read(connection, _asked().where(MergeRow.outcome == "", mine))


def of(connection: sa.Connection, child_id: str) -> tuple[Merge, ...]:
    """Give every proposal about a child under any of its ids, the oldest first."""
    ids = children.ids_of(child_id)
    return _read(connection, _asked().where(sa.or_(MergeRow.goes.in_(ids), MergeRow.stays.in_(ids))))


def other_ids(connection: sa.Connection, child_id: str) -> tuple[str, ...]:
    """Name the ids under which a child is kept besides this one, in their order."""
    ids: Collection[str] = connection.execute(children.ids_of(child_id)).scalars().all()
    return tuple(sorted(set(ids) - {child_id}))


def _asked() -> sa.Select[Any]:
    return sa.select(*(getattr(MergeRow, field.name) for field in fields(Merge))).order_by(MergeRow.id)


def _read(connection: sa.Connection, asked: sa.Select[Any]) -> tuple[Merge, ...]:
    return tuple(Merge(*row) for row in connection.execute(asked))


def _waiting(connection: sa.Connection, number: int) -> Merge:
    merge = find(connection, number)
    if not merge.waits:
        raise RecordsNotJoined("Somebody has decided on this already.")
    return merge


def _set(connection: sa.Connection, number: int, **values: object) -> None:
    connection.execute(sa.update(MergeRow).where(MergeRow.id == number).values(**values))


def _may_join(connection: sa.Connection, one: str, other: str) -> None:
    """Refuse what would join one record with itself, with one that is found under another, or against a hold, a seal or a deletion."""
    if one == other:
        raise RecordsNotJoined("This is the same record: there is nothing to join.")
    mains = [_is_there(connection, each) for each in (one, other)]
    if mains[0] == mains[1]:
        raise RecordsNotJoined("The two are one child already: everything is found under either.")
    for child_id, main in zip((one, other), mains, strict=True):
        if child_id != main:
            raise RecordsNotJoined(f"{child_id} was joined to {main} meanwhile: propose it with {main}.")
        _nothing_stands_against(connection, child_id, "joined")


def _is_there(connection: sa.Connection, child_id: str) -> str:
    """Give the id under which a record is found; refused where it was erased, or never was."""
    row = connection.execute(sa.select(ChildRow.joined_to).where(ChildRow.child_id == child_id)).first()
    if row is None:
        if tombstone_of(connection, child_id) is not None:
            raise RecordsNotJoined(f"What was kept under {child_id} was erased.")
        raise MergeNotFound("There is no such child.")
    return str(row.joined_to or child_id)


def _nothing_stands_against(connection: sa.Connection, child_id: str, done: str) -> None:
    """Refuse while a hold, a seal or a proposed deletion counts for one of the records: it would count for others afterwards."""
    subject = erasing.find(connection, child_id)
    if subject is None:
        raise MergeNotFound("There is no such child.")
    if any(each.subject != retention.EVERYTHING for each in retention.holds(connection, subject)):
        raise RecordsNotJoined(
            f"A legal hold stands on {child_id}, and says for which records. They are not {done} until it has ended."
        )
    if seals.sealed_among(connection, subject.ids):
        raise RecordsNotJoined(
            f"A seal stands on {child_id}, and says for which records. They are not {done} until its group has lifted it."
        )
    refs = {subject.subject, *subject.refs}
    if any(each.subject in refs for each in retention.waiting(connection)):
        raise RecordsNotJoined(
            f"It is proposed to delete {child_id}. Somebody decides on that first; until then they are not {done}."
        )


def _problem(where: str, sentence: str) -> Problem:
    return Problem(where, f"{where}-missing", sentence)


def _reason(reason: str, problems: list[Problem]) -> str:
    """Give a reason that was typed; refused with `Invalid`, with everything that is wrong besides."""
    said = reason.strip()
    if not said:
        problems.append(_problem("reason", "Say why."))
    if len(said) > LONGEST_REASON:
        problems.append(Problem("reason", "too-long", f"Say it in at most {LONGEST_REASON} characters."))
    if problems:
        raise Invalid(problems)
    return said
