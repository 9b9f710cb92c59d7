"""Draws the cases of a month that are audited (domain.md 6.9, G-39): high risk first, then repeats, then by chance.

The draw can be repeated: whoever knows the reference of the audit gets the same cases, and nobody knows it beforehand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.calendars import LONDON
from engine.model import Found, Value
from workflows.audits import AuditSampleRow, month_before
from workflows.children import ChildRow, PastEpisodeRow
from workflows.episodes import EpisodeRow

REPEAT_WITHIN = timedelta(days=90)
REPEAT_COUNT = 3
"""Three episodes in 90 days make a pattern (domain.md 2.6)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An episode that was closed, or whose child returned, in the month; `ended_at` is the earlier of the two."""

    case_id: str
    level: str
    ended_at: datetime
    repeat: bool


def draw(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Draw the sample of an audit: records ``sample``, one for each case.

    ``[{"case_id": "MC-7K3QX9PW", "sampled_by": "high_risk", "level": "high", "ended_at": datetime(...)}]``. A case is
    drawn once, and in one audit only. Where months were missed while the system was down, this draw covers them too.
    """
    del now
    month, quota = scope["month"], scope["quota"]
    begins, ends = _window(month["at"], int(month.get("missed") or 0))
    found = candidates(connection, begins, ends)
    ordered = sorted(found, key=lambda one: _lot(str(scope["case"]["reference"]), one.case_id))
    return [
        {"case_id": one.case_id, "sampled_by": kind, "level": one.level or None, "ended_at": one.ended_at}
        for kind, one in pick(ordered, quota)
    ]


def pick(ordered: Iterable[Candidate], quota: Mapping[str, Any]) -> list[tuple[str, Candidate]]:
    """Pick from the candidates in their order: for each kind as many as its quota, each candidate once."""
    left = list(ordered)
    kinds: tuple[tuple[str, Callable[[Candidate], bool]], ...] = (
        ("high_risk", lambda one: one.level == "high"),
        ("repeat", lambda one: one.repeat),
        ("random", lambda _one: True),
    )
    picked: list[tuple[str, Candidate]] = []
    for kind, fits in kinds:
        chosen = [one for one in left if fits(one)][: max(int(quota.get(kind) or 0), 0)]
        picked += [(kind, one) for one in chosen]
        left = [one for one in left if one not in chosen]
    return picked


def candidates(connection: sa.Connection, begins: datetime, ends: datetime) -> list[Candidate]:
    """Give the episodes that came to an end from `begins` until before `ends` and were in no sample before."""
    row = EpisodeRow
    closed = sa.and_(row.case_closed_at >= begins, row.case_closed_at < ends)
    returned = sa.and_(row.returned_at >= begins, row.returned_at < ends)
    drawn = sa.exists().where(AuditSampleRow.sampled_case == row.case_id)
    asked = sa.select(row.case_id, row.risk_level, row.returned_at, row.case_closed_at, row.opened_at)
    found = connection.execute(asked.where(sa.or_(closed, returned), ~drawn)).all()
    repeats = _repeats(connection, [each.case_id for each in found])
    return [
        Candidate(
            each.case_id,
            each.risk_level,
            min(moment for moment in (each.returned_at, each.case_closed_at) if moment is not None),
            each.case_id in repeats,
        )
        for each in found
    ]


def _repeats(connection: sa.Connection, case_ids: list[str]) -> frozenset[str]:
    """Name those of the episodes that were at least the third of their child in 90 days, imported ones counted."""
    episode, past = EpisodeRow, PastEpisodeRow
    reported = sa.func.coalesce(episode.reported_at, episode.opened_at)
    own = connection.execute(
        sa.select(episode.case_id, episode.child_id, reported).where(episode.case_id.in_(case_ids))
    ).all()
    if not own:
        return frozenset()
    since = min(at for _case_id, _child, at in own) - REPEAT_WITHIN
    ours = sa.select(episode.child_id, reported).where(episode.child_id != "", reported > since)
    earlier = sa.select(past.child_id, past.reported_at).where(past.reported_at > since)
    joined = sa.select(ChildRow.child_id, ChildRow.joined_to).where(ChildRow.joined_to != "")
    older: dict[str, str] = {row.child_id: row.joined_to for row in connection.execute(joined)}
    times: dict[str, list[datetime]] = {}
    for child, at in connection.execute(ours.union_all(earlier)):
        times.setdefault(older.get(child, child), []).append(at)
    return frozenset(
        case_id
        for case_id, child, at in own
        if sum(at - REPEAT_WITHIN < each <= at for each in times.get(older.get(child, child), ())) >= REPEAT_COUNT
    )


def _window(at: datetime, missed: int) -> tuple[datetime, datetime]:
    """Give the first moment of the audited month, or of the first one that was missed, and the first after it."""
    begins, ends = month_before(at), at.astimezone(LONDON).date().replace(day=1)
    for _month in range(missed):
        begins = (begins - timedelta(days=1)).replace(day=1)
    return _midnight(begins), _midnight(ends)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), LONDON)


def _lot(reference: str, case_id: str) -> str:
    """Give the lot that a case draws in an audit."""
    return hashlib.sha256(f"{reference}/{case_id}".encode()).hexdigest()
