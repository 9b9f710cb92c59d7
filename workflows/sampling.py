"""Draws the cases of a month that are audited (domain.md 6.9, G-39): deaths and complaints first, then high risk, repeats, and by chance.

The draw can be repeated: whoever knows the reference of the audit gets the same cases, and nobody knows it beforehand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.calendars import LONDON
from engine.frozen import frozen
from engine.model import Found, Value
from workflows import people
from workflows.access import AUDITORS
from workflows.audits import AuditSampleRow, month_before
from workflows.children import ChildRow, PastEpisodeRow
from workflows.days import midnight
from workflows.episodes import EpisodeRow

REPEAT_WITHIN = timedelta(days=90)
REPEAT_COUNT = 3
"""Three episodes in 90 days make a pattern (domain.md 2.6)."""


@frozen
class Candidate:
    """An episode that was closed, or whose child returned, in the month; `ended_at` is the earlier of the two.

    Or one that had ended before, and about which somebody complained in the month.
    """

    case_id: str
    level: str
    ended_at: datetime
    repeat: bool
    complaint: bool = False
    death: bool = False


def two_audit(connection: sa.Connection) -> bool:
    """Whether a case can be audited twice: nobody scores it a second time themselves."""
    return len(people.holders(connection, AUDITORS)) > 1


def draw(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Draw the sample of an audit: records ``sample``, one for each case.

    ``[{"case_id": "MC-7K3QX9PW", "sampled_by": "high_risk", "level": "high", "ended_at": datetime(...), "again": "yes"}]``.
    `again` says which are audited by a second auditor too: none where only one person is an auditor. A case is drawn once, and in one audit only. Where months were missed while the system was down, this draw covers them too.
    """
    del now
    month, quota, reference = scope["month"], scope["quota"], str(scope["case"]["reference"])
    begins, ends = _window(month["at"], int(month.get("missed") or 0))
    found = candidates(connection, begins, ends)
    picked = pick(sorted(found, key=lambda one: _lot(reference, one.case_id)), quota)
    by_lot = sorted(picked, key=lambda each: _lot(f"{reference}/again", each[1].case_id))
    again = {one.case_id for _kind, one in by_lot[: _number(quota, "again") if two_audit(connection) else 0]}
    return [
        {
            "case_id": one.case_id,
            "sampled_by": kind,
            "level": one.level or None,
            "ended_at": one.ended_at,
            "again": "yes" if one.case_id in again else "no",
        }
        for kind, one in picked
    ]


def pick(ordered: Iterable[Candidate], quota: Mapping[str, Any]) -> list[tuple[str, Candidate]]:
    """Pick from the candidates in their order: for each kind as many as its quota, each candidate once."""
    left = list(ordered)
    kinds: tuple[tuple[str, Callable[[Candidate], bool]], ...] = (
        ("death", lambda one: one.death),
        ("complaint", lambda one: one.complaint),
        ("high_risk", lambda one: one.level == "high"),
        ("repeat", lambda one: one.repeat),
        ("random", lambda _one: True),
    )
    picked: list[tuple[str, Candidate]] = []
    for kind, fits in kinds:
        chosen = [one for one in left if fits(one)][: _number(quota, kind)]
        picked += [(kind, one) for one in chosen]
        left = [one for one in left if one not in chosen]
    return picked


def _number(quota: Mapping[str, Any], kind: str) -> int:
    """Give a number of the quota; a release whose table does not say it draws none of that kind."""
    return max(int(quota.get(kind) or 0), 0)


def candidates(connection: sa.Connection, begins: datetime, ends: datetime) -> list[Candidate]:
    """Give the episodes that came to an end from `begins` until before `ends` and were in no sample before."""
    row = EpisodeRow
    closed = sa.and_(row.case_closed_at >= begins, row.case_closed_at < ends)
    returned = sa.and_(row.returned_at >= begins, row.returned_at < ends)
    complained = sa.and_(
        row.complained_at >= begins, row.complained_at < ends, sa.or_(row.returned_at < ends, row.case_closed_at < ends)
    )
    drawn = sa.exists().where(AuditSampleRow.sampled_case == row.case_id)
    asked = sa.select(
        row.case_id, row.risk_level, row.returned_at, row.case_closed_at, row.complained_at, row.found_how, row.harm
    )
    found = connection.execute(asked.where(sa.or_(closed, returned, complained), ~drawn)).all()
    repeats = _repeats(connection, [each.case_id for each in found])
    return [
        Candidate(
            each.case_id,
            each.risk_level,
            min(moment for moment in (each.returned_at, each.case_closed_at) if moment is not None),
            each.case_id in repeats,
            each.complained_at is not None,
            each.found_how == "deceased" or "death" in each.harm.split(),
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
    return midnight(begins), midnight(ends)


def _lot(reference: str, case_id: str) -> str:
    """Give the lot that a case draws in an audit."""
    return hashlib.sha256(f"{reference}/{case_id}".encode()).hexdigest()
