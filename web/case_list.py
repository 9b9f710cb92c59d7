"""The open cases that a person may know of, as a list without anything personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.store import CaseTable, Moment, TaskTable, reading
from web.moments import read_moment
from workflows import audits
from workflows.access import AUDITORS, SEES_EVERY_EPISODE, concerned, has_a_part


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One open case: its reference, its title and since when it is open."""

    case_id: str
    title: str
    opened_at: datetime


def open_cases(engine: sa.Engine, held: frozenset[str], *, after: str, limit: int) -> tuple[list[CaseLine], str]:
    """Give one page of the open cases, the latest first, and where the next page begins; empty at the end.

    The force sees each of its episodes, an auditor those of a sample; everybody else only cases in which a task gives
    them a part.
    `after` is ``2026-03-02T16:12:00+00:00~MC-7K3QX9PW``; anything else is the first page.
    """
    case = CaseTable
    order = sa.tuple_(case.opened_at, case.id)
    query = sa.select(case.id, case.title, case.opened_at).where(case.status == "open")
    if not held & SEES_EVERY_EPISODE:
        own = case.id.in_(sa.select(TaskTable.case_id).where(TaskTable.role.in_(concerned(held))))
        query = query.where(sa.or_(own, case.id.in_(audits.sampled_cases())) if held & AUDITORS else own)
    place = _read_place(after)
    if place is not None:
        query = query.where(order < sa.tuple_(sa.literal(place[0], Moment()), sa.literal(place[1])))
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(case.opened_at.desc(), case.id.desc()).limit(limit + 1)).all()
    lines = [CaseLine(*row) for row in rows[:limit]]
    following = f"{lines[-1].opened_at.isoformat()}~{lines[-1].case_id}" if len(rows) > limit else ""
    return lines, following


def may_know_of(engine: sa.Engine, held: frozenset[str], case_id: str) -> bool:
    """Tell whether a holder of these roles may learn that a case exists."""
    roles = sa.select(TaskTable.role).where(TaskTable.case_id == case_id).distinct()
    with reading(engine) as connection:
        sampled = bool(held & AUDITORS) and bool(audits.sampled_among(connection, [case_id]))
        return has_a_part(held, frozenset(connection.execute(roles).scalars()), sampled=sampled)


def _read_place(text: str) -> tuple[datetime, str] | None:
    moment, _, case_id = text.partition("~")
    opened_at = read_moment(moment)
    return (opened_at, case_id) if case_id and opened_at is not None else None
