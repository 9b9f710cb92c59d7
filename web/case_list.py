"""The open cases that a person may know of, as a list without a name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.store import CaseTable, Moment, reading
from web import case_access, whose
from web.moments import read_moment
from workflows import audits
from workflows.access import AUDITORS
from workflows.audience import audience


@frozen
class CaseLine:
    """One open case: its reference, its title, since when it is open, and whom it is about to those who read that (`web.whose`)."""

    case_id: str
    title: str
    opened_at: datetime
    whose: str


def open_cases(engine: sa.Engine, who: Actor, *, after: str, limit: int, now: datetime) -> tuple[list[CaseLine], str]:
    """Give one page of the open cases, the latest first, and where the next page begins; empty at the end.

    The force sees each of its episodes, an auditor those of a sample; everybody else only cases in which a task gives
    them a part.
    `after` is ``2026-03-02T16:12:00+00:00~MC-7K3QX9PW``; anything else is the first page.
    """
    case = CaseTable
    order = sa.tuple_(case.opened_at, case.id)
    place = _read_place(after)
    with reading(engine) as connection:
        bounds = audience(connection, who, now)
        mine = [bounds.in_part(role) for role in sorted(who.roles)]
        if who.roles & AUDITORS:
            mine.append(sa.and_(case.id.in_(audits.sampled_cases()), case.id.not_in(sorted(bounds.hidden))))
        known = sa.or_(case_access.is_told_as_host(bounds), *mine)
        query = sa.select(case.id, case.title, case.opened_at).where(case.status == "open", known)
        if place is not None:
            query = query.where(order < sa.tuple_(sa.literal(place[0], Moment()), sa.literal(place[1])))
        rows = connection.execute(query.order_by(case.opened_at.desc(), case.id.desc()).limit(limit + 1)).all()
    about = whose.of(engine, [row.id for row in rows[:limit]], who, now) if rows else {}
    lines = [CaseLine(row.id, row.title, row.opened_at, about.get(row.id, "")) for row in rows[:limit]]
    following = f"{lines[-1].opened_at.isoformat()}~{lines[-1].case_id}" if len(rows) > limit else ""
    return lines, following


def _read_place(text: str) -> tuple[datetime, str] | None:
    moment, _, case_id = text.partition("~")
    opened_at = read_moment(moment)
    return (opened_at, case_id) if case_id and opened_at is not None else None
