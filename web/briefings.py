"""The briefing at a hand-over: the cases whose tasks go from one person to another, as far as its reader may read each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.admission import task_number
from engine.frozen import frozen
from engine.model import Actor
from engine.store import TaskTable, reading
from engine.views import TaskRow
from web import case_access, task_words
from web.fact_words import Row, Section, row
from web.moments import say_moment
from web.services import services
from web.task_words import Line
from workflows.episodes import EpisodeRow
from workflows.handovers import Handover
from workflows.vocabulary import EPISODE_STATUS, RISK_LEVEL

PURPOSE = "briefing at a hand-over"
SHOWN = frozenset({"D1", "D2"})
"""Who the child is, and since when the child is missing: a briefing says little more, and leads to the case."""


@frozen
class Brief:
    """One case of a briefing, as far as its reader may read it, with the tasks of it."""

    case_id: str
    child: str
    stands: str
    lines: Sequence[Line]


def rows(connection: sa.Connection, handover: Handover) -> list[TaskRow]:
    """Give the tasks of a hand-over as they are now."""
    task = TaskTable.__table__
    places = [task_number(each) for each in handover.tasks]
    asked = sa.select(task).where(sa.tuple_(task.c.case_id, task.c.number).in_(places))
    found = connection.execute(asked.order_by(task.c.rank, task.c.due_at, task.c.case_id, task.c.number)).mappings()
    return [TaskRow(**row) for row in found]


def of(
    tasks: Sequence[TaskRow], who: Actor, now: datetime, *, purpose: str = PURPOSE, with_reason: bool = True
) -> list[Brief]:
    """Say of each case what its reader may read, the gravest first; each reading is committed before it is given.

    Without `with_reason` what stands open with a reason counts for nothing: that is looked at, and not copied.
    """
    here = services()
    case_ids = list(dict.fromkeys(row.case_id for row in tasks))
    parts = case_access.readable_each(here.engine, who, case_ids, now=now, with_reason=with_reason)
    for case_id, classes in parts.items():
        shown = classes & SHOWN
        here.cases.note_reading(case_id, by=who, purpose=purpose, classes=shown, now=now)
    of_case = EpisodeRow
    with reading(here.engine) as connection:
        asked = sa.select(
            of_case.case_id,
            of_case.child_name,
            of_case.missing_since,
            of_case.returned_at,
            of_case.status,
            of_case.risk_level,
        )
        episodes = {each.case_id: each for each in connection.execute(asked.where(of_case.case_id.in_(sorted(parts))))}
    lines = task_words.lines(tasks, who, now)
    briefs = []
    for case_id in case_ids:
        episode, classes = episodes.get(case_id), parts.get(case_id, frozenset())
        child = episode.child_name if episode is not None and "D1" in classes else ""
        stands = _stands(episode) if episode is not None and "D2" in classes else ""
        briefs.append(Brief(case_id, child, stands, [line for line in lines if line.task.case_id == case_id]))
    return briefs


def _stands(episode: Any) -> str:
    """Say how an episode stands: ``Being looked for, high risk, missing since 2 March 2026 at 9:00am``."""
    said = [
        EPISODE_STATUS.get(episode.status, ""),
        f"{RISK_LEVEL[episode.risk_level]} risk" if episode.risk_level in RISK_LEVEL else "",
    ]
    if episode.returned_at:
        said.append(f"back since {say_moment(episode.returned_at)}")
    elif episode.missing_since:
        said.append(f"missing since {say_moment(episode.missing_since)}")
    return ", ".join(filter(None, said))


def on_paper(handover: Handover, briefs: Sequence[Brief]) -> list[Section]:
    """Give a briefing as sections of a sheet: what the giver wrote, and each case with its tasks."""
    note = [Section("What the other person should know", [row("", handover.note)])] if handover.note else []
    return [*note, *(Section(", ".join(filter(None, (each.case_id, each.child))), _rows_of(each)) for each in briefs)]


def _rows_of(brief: Brief) -> list[Row]:
    said = [row("How it stands", brief.stands)] if brief.stands else []
    return [*said, *(row(line.task.name, _task(line)) for line in brief.lines)]


def _task(line: Line) -> str:
    due = f"Due {line.due}{', overdue' if line.overdue else ''}" if line.due else "No time set"
    return f"{due}\n{line.risk.words}" if line.risk else due
