"""Which records of children are one: derived from what people have matched, and from what two of them have decided.

`children.matched_to` says to which child a person matched the episode in which we first met this one; table `child_merges` says
which two records are one child though nobody had matched them. From both follows `children.joined_to`, and from nothing else:
nothing is moved, so that taking a decision back leaves the records as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa

from engine.rows import stored
from engine.store import Base, Moment
from workflows.children import ChildRow, main_id

AGREED = "agreed"


class MergeRow(Base):
    """One proposal that two records are one child; `outcome` is empty while it waits, then `agreed`, `refused` or `withdrawn`."""

    __tablename__ = "child_merges"
    id: sa.Column[int] = stored(primary_key=True)
    goes: sa.Column[str] = stored(sa.String(20))
    stays: sa.Column[str] = stored(sa.String(20))
    reason: sa.Column[str] = stored(sa.Text)
    proposed_by: sa.Column[str] = stored(sa.String(120))
    proposed_at: sa.Column[datetime] = stored(Moment)
    outcome: sa.Column[str] = stored(sa.String(12), default="")
    decided_by: sa.Column[str] = stored(sa.String(120), default="")
    decided_at: sa.Column[datetime | None] = stored(Moment)
    decided_why: sa.Column[str] = stored(sa.Text, default="")
    undone_by: sa.Column[str] = stored(sa.String(120), default="")
    undone_at: sa.Column[datetime | None] = stored(Moment)
    undone_why: sa.Column[str] = stored(sa.Text, default="")
    __table_args__ = (sa.Index("ix_child_merges_goes", "goes"), sa.Index("ix_child_merges_stays", "stays"))


STANDS = sa.and_(MergeRow.outcome == AGREED, MergeRow.undone_at.is_(None))


def lock(connection: sa.Connection) -> None:
    """Let one person at a time join records, until the end of the transaction; SQLite holds the whole file already."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("LOCK TABLE child_merges IN SHARE ROW EXCLUSIVE MODE"))


def derive(connection: sa.Connection, child_ids: Collection[str] | None = None) -> None:
    """Bring `joined_to` up to the matches and the decisions that stand, for these children and theirs, or for all.

    Whoever changes a match or a decision takes the `lock` before.
    """
    row = ChildRow
    asked = sa.select(row.child_id, row.matched_to, row.joined_to)
    if child_ids is not None:
        roots = sa.select(main_id(row)).where(row.child_id.in_(child_ids))
        asked = asked.where(sa.or_(row.child_id.in_(roots), row.joined_to.in_(roots)))
    members = {each.child_id: each for each in connection.execute(asked)}
    merges = sa.select(MergeRow.goes, MergeRow.stays).where(STANDS).order_by(MergeRow.decided_at, MergeRow.id)
    decided = [(goes, stays) for goes, stays in connection.execute(merges) if goes in members and stays in members]
    matched = [(each.child_id, each.matched_to) for each in members.values() if each.matched_to in members]
    mains = _mains(members, matched, decided)
    for child_id, each in members.items():
        joined_to = "" if mains[child_id] == child_id else mains[child_id]
        if each.joined_to != joined_to:
            connection.execute(sa.update(row).where(row.child_id == child_id).values(joined_to=joined_to))


def forget_reasons(connection: sa.Connection, refs: Iterable[str]) -> None:
    """Take out what people typed about records that are erased: it may say who it was."""
    about = sa.or_(MergeRow.goes.in_(wanted := sorted(refs)), MergeRow.stays.in_(wanted))
    connection.execute(sa.update(MergeRow).where(about).values(reason="", decided_why="", undone_why=""))


def _mains(members: Iterable[str], matched: list[tuple[str, str]], decided: list[tuple[str, str]]) -> dict[str, str]:
    """Name for each record the one under which it is found: the one of its group that leads to no other.

    Where several do, it is the one that the latest decision lets stay; where each leads to another, the first by its id.
    """
    edges = [edge for edge in (*matched, *decided) if edge[0] != edge[1]]
    leads, latest = {goes for goes, _stays in edges}, {stays: number for number, (_goes, stays) in enumerate(decided)}
    found: dict[str, str] = {}
    for group in _groups(members, edges):
        ends = [each for each in group if each not in leads] or group
        main = min(ends, key=lambda each: (-latest.get(each, -1), each))
        found |= dict.fromkeys(group, main)
    return found


def _groups(members: Iterable[str], edges: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Give the records that hang together, in groups."""
    group_of = {each: [each] for each in members}
    for one, other in edges:
        if group_of[one] is not group_of[other]:
            larger = group_of[one]
            larger += group_of[other]
            for each in group_of[other]:
                group_of[each] = larger
    yield from {id(group): group for group in group_of.values()}.values()
