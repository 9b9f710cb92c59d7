"""Which data classes a person may read of a case; who has no part in it does not learn that it exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from engine.errors import CaseNotFound, NotFound
from engine.frozen import frozen
from engine.model import Actor
from engine.store import CaseTable, TaskTable, reading
from workflows import about, access, audits, break_glass, children, seals, searching, vetting
from workflows.access import Standing
from workflows.audience import Audience, agreed, audience, authority, kept, sat, standing_of, with_child
from workflows.children import ChildRow
from workflows.episodes import EpisodeRow


class ChildNotFound(NotFound):
    """There is no such child, or none of whom this person may know."""


AT_ONCE = 1000
"""So many references stand in one statement at most."""


def readable(engine: sa.Engine, who: Actor, case_id: str, *, now: datetime, with_reason: bool = True) -> frozenset[str]:
    """Name the data classes that a person may read in a case; refused with `CaseNotFound` without a part in it.

    Without `with_reason`, what stands open with a reason counts for nothing: whoever breaks the glass looks, and changes nothing.
    """
    found = readable_each(engine, who, [case_id], now=now, with_reason=with_reason)
    if case_id not in found:
        raise CaseNotFound("There is no such case.")
    return found[case_id]


@frozen
class Beside:
    """In which data classes somebody adds files and comments to a case; and puts right what they added themselves, and what others did."""

    adds: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


def beside(engine: sa.Engine, who: Actor, case_id: str, known: frozenset[str], *, now: datetime) -> Beside:
    """Say what a person may write beside the tasks of a case, of whose data classes these are `known` to be read by their roles.

    What may be written and not be read back is among them; who reads a class no more because the case is closed writes it no more.
    """
    roles = within(engine, who, case_id, now=now).roles
    writes = access.writable(roles)
    adds = writes & (known | access.written_unread(roles)) | access.added(roles, known)
    return Beside(adds, adds & known, writes & known)


def readable_each(
    engine: sa.Engine, who: Actor, case_ids: list[str], *, now: datetime, with_reason: bool = True
) -> dict[str, frozenset[str]]:
    """Name the data classes that a person may read in each of these cases; those without a part for them are not there.

    By the roles, and by what stands open to the person with a reason (`workflows.break_glass`).
    """
    roles = sa.select(TaskTable.case_id, TaskTable.role).where(TaskTable.case_id.in_(case_ids)).distinct()
    acting: dict[str, set[str]] = {}
    with reading(engine) as connection:
        sampled = audits.sampled_among(connection, case_ids) if who.roles & access.AUDITORS else frozenset()
        bounds, vetted = audience(connection, who, now), vetting.roles_of(connection, who, now)
        mine = (is_told_as_host(bounds).label("host"), *bounds.keeping(CaseTable.id))
        seats = sorted(who.roles & access.ATTENDS)
        seated = (sat(role, CaseTable.id).label(f"sat_as_{role}") for role in seats)
        statuses = _standings().add_columns(*mine, *seated).where(CaseTable.id.in_(case_ids))
        found = {row.id: row for row in connection.execute(statuses)}
        for row in connection.execute(roles):
            acting.setdefault(row.case_id, set()).add(row.role)
        opened = break_glass.opened_to(connection, who, case_ids, now) if with_reason else {}
    known: dict[str, frozenset[str]] = {}
    for case_id, row in found.items():
        if case_id in bounds.hidden:
            continue
        standing = standing_of(row.status, row.born_on, now)
        held = bounds.counting(row.authority, with_child=kept(row), agreed=row.agreed)
        is_sampled, seated_as = case_id in sampled, bounds.seats(row.authority, row.agreed) & _taken(row, seats)
        if access.has_a_part(held, acting.get(case_id, set()), sampled=is_sampled, attended=seated_as):
            known[case_id] = access.readable(
                held, standing=standing, sampled=is_sampled, attended=seated_as, vetted=vetted
            )
        elif row.host:
            known[case_id] = access.readable(access.HOST_VIEW, standing=standing)
    parts = known.keys() | (opened.keys() & found.keys())
    return {case_id: known.get(case_id, frozenset()) | opened.get(case_id, frozenset()) for case_id in parts}


def _taken(row: Any, seats: Sequence[str]) -> frozenset[str]:
    """Name the roles of whose kind an agency sat in each meeting of a case."""
    return frozenset(role for role in seats if getattr(row, f"sat_as_{role}"))


def of_child(
    engine: sa.Engine, who: Actor, child_id: str, *, now: datetime, with_reason: bool = True
) -> tuple[str, dict[str, frozenset[str]]]:
    """Give a child's main id with the cases about it in which a person has a part, each with its data classes.

    Refused with `ChildNotFound` without a part in any, and where the record is sealed from the person: in the same words and
    with the same statements as for a child that there is not.
    """
    with reading(engine) as connection:
        found = children.find(connection, child_id)
        main_id = found.child_id if found else child_id
        ids = searching.cases_about(connection, [main_id]).get(main_id, [])
        sealed = main_id in seals.hidden(connection, who)
    parts = readable_each(engine, who, ids, now=now, with_reason=with_reason)
    if found is None or sealed or not parts:
        raise ChildNotFound("There is no such child.")
    return main_id, parts


def knows(engine: sa.Engine, who: Actor, kind: str, reference: str, *, now: datetime) -> bool:
    """Tell whether a person may know what a reference names, of a kind of `about.REFERENCES`, by their roles alone.

    A sealed record and one that there is not are looked for with the same statements.
    """
    look = of_child if kind == about.CHILD else readable
    try:
        look(engine, who, reference, now=now, with_reason=False)
    except NotFound:
        return False
    return True


def within(engine: sa.Engine, who: Actor, case_id: str, *, now: datetime) -> Actor:
    """Give a person with those roles alone that count in a case; with none in a case that is not there."""
    with reading(engine) as connection:
        bounds = audience(connection, who, now)
        asked = _standings().add_columns(*bounds.keeping(CaseTable.id))
        row = connection.execute(asked.where(CaseTable.id == case_id)).first()
    if row is None or case_id in bounds.hidden:
        return replace(who, roles=frozenset())
    held = bounds.counting(row.authority, with_child=kept(row), agreed=row.agreed)
    return replace(who, roles=held)


@cache
def _standings() -> sa.Select[tuple[str, str, date | None, str, str]]:
    """Select cases with their status, the birthday of the child whom they are about, the council and an agreed provider, where they are known."""
    return sa.select(
        CaseTable.id, CaseTable.status, ChildRow.born_on, authority().label("authority"), agreed().label("agreed")
    ).select_from(with_child())


def opened_until(engine: sa.Engine, who: Actor, case_id: str, *, now: datetime) -> datetime | None:
    """Give until when a case stands open to a person with a reason; None where it does not."""
    with reading(engine) as connection:
        return break_glass.until(connection, who, case_id, now)


def lasting(
    engine: sa.Engine, who: Actor, case_ids: list[str], needed: frozenset[str], *, now: datetime
) -> frozenset[str]:
    """Name those of many cases in which a person's roles may read the needed data classes, whether a case is open or not."""
    case = CaseTable
    with reading(engine) as connection:
        bounds = audience(connection, who, now)
        unbound = frozenset(role for role in who.roles if not bounds.is_bound(role))
        mine = [
            bounds.in_part(role)
            for role in sorted(who.roles)
            if needed <= access.readable(unbound | {role}, standing=Standing.GROWN_UP)
        ]
        asked = sa.select(case.id).where(sa.or_(sa.false(), *mine))
        some = _some_at_once(case_ids) if mine else iter(())
        return frozenset().union(*(connection.execute(asked.where(case.id.in_(each))).scalars() for each in some))


def is_told_as_host(bounds: Audience) -> sa.ColumnElement[bool]:
    """Say which cases the desk of another council is told of as a host: the episodes that are open."""
    if bounds.who.roles.isdisjoint(access.TOLD_OF_EVERY_CHILD):
        return sa.false()
    hidden = CaseTable.id.not_in(sorted(bounds.hidden)) if bounds.hidden else sa.true()
    return sa.and_(CaseTable.status == "open", CaseTable.id.in_(sa.select(EpisodeRow.case_id)), hidden)


def _some_at_once(case_ids: list[str]) -> Iterator[list[str]]:
    """Give references in lists of at most `AT_ONCE`."""
    return (case_ids[first : first + AT_ONCE] for first in range(0, len(case_ids), AT_ONCE))
