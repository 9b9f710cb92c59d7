"""How often each step of an episode comes and how long it waits to be done: where the time goes (domain.md 4.2, R1).

Counted from the tasks of the episodes of a period, in one statement: the cost grows with the period and not with all years.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable
from workflows.episodes import CANCELLED, EpisodeRow
from workflows.figures import Period, apart_from, of_authorities, within

Row = sa.Row[tuple[str, str, str, datetime, datetime | None, datetime | None]]

USUAL, MOST = 0.5, 0.9
"""The shares within whose time a step is usually done, and nearly always."""


@frozen
class Pace:
    """One step: how often it opened, was done, fell away and stands open; within which time half and nine of ten were done.

    `late` counts those done after they were due, and those that are due and still open. No time where none was done.
    """

    element: str
    role: str
    opened: int
    done: int
    fell_away: int
    open: int
    late: int
    usual: timedelta | None
    most: timedelta | None


def paces(
    connection: sa.Connection,
    period: Period,
    authorities: Collection[str] | None = None,
    *,
    level: str = "",
    but: Collection[str] = (),
    now: datetime,
) -> Sequence[Pace]:
    """Give the steps of the episodes that were reported in a period, the slowest first; no authorities stand for all of them.

    `level` is the latest grade of the episodes (``high``), "" for all. What was reported in error counts nowhere, and neither do the
    cases and children in `but`.
    """
    task, episode = TaskTable, EpisodeRow
    asked = sa.select(task.element, task.role, task.status, task.opened_at, task.due_at, task.completed_at)
    asked = _of(asked.join(episode, episode.case_id == task.case_id), period, authorities, level, but)
    steps: dict[str, list[Row]] = {}
    for row in connection.execute(asked):
        steps.setdefault(row.element, []).append(row)
    found = (_pace(element, rows, now) for element, rows in steps.items())
    return sorted(found, key=lambda one: (-(one.usual or timedelta(0)), one.element))


def counted(
    connection: sa.Connection,
    period: Period,
    authorities: Collection[str] | None = None,
    *,
    level: str = "",
    but: Collection[str] = (),
) -> Sequence[str]:
    """Name the cases whose steps these are."""
    return connection.execute(_of(sa.select(EpisodeRow.case_id), period, authorities, level, but)).scalars().all()


def _of(
    asked: sa.Select[Any], period: Period, authorities: Collection[str] | None, level: str, but: Collection[str]
) -> sa.Select[Any]:
    """Leave the episodes of a period, of some authorities and of a grade; what was reported in error counts nowhere, nor what is sealed."""
    row = EpisodeRow
    asked = apart_from(of_authorities(asked.where(*within(period), row.status != CANCELLED), authorities), but)
    return asked.where(row.risk_level == level) if level else asked


def bands(found: Sequence[Pace]) -> Mapping[str, int]:
    """Sort the steps that were done into thirds by their usual time: 3 for the slowest, 1 for the quickest."""
    done = [one.element for one in found if one.usual is not None]
    return {element: 3 - 3 * place // len(done) for place, element in enumerate(done)}


def _pace(element: str, rows: Sequence[Row], now: datetime) -> Pace:
    waited = sorted(row.completed_at - row.opened_at for row in rows if row.status == "completed" and row.completed_at)
    standing = [row for row in rows if row.status == "open"]
    ended = [(row.due_at, row.completed_at) for row in rows if row.status == "completed"]
    ended += [(row.due_at, now) for row in standing]
    return Pace(
        element=element,
        role=rows[-1].role,
        opened=len(rows),
        done=len(waited),
        fell_away=len(rows) - len(waited) - len(standing),
        open=len(standing),
        late=sum(due is not None and at is not None and at > due for due, at in ended),
        usual=_within(waited, USUAL),
        most=_within(waited, MOST),
    )


def _within(waited: Sequence[timedelta], share: float) -> timedelta | None:
    """Give the time within which this share was done, by the nearest rank."""
    return waited[max(-(-len(waited) * round(share * 100) // 100) - 1, 0)] if waited else None
