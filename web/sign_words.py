"""What public protection decides on: which exploitation, which signs of it were seen, when and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.release import Compiled
from engine.store import TaskTable, reading
from engine.views import TaskView
from web.episode_words import names_of
from web.fact_words import Row, Section, row
from web.moments import say_moment
from web.services import services
from workflows.agencies import title_of
from workflows.vocabulary import FLAG

ELEMENT, TABLE = "decide_on_sign", "exploitation_signs"
"""The task of public protection, and the table that gives every sign."""

SEEN_AT: Mapping[str, str] = MappingProxyType(
    {
        "A flag of the child": "match_child",
        "The risk questions": "assess_risk",
        "The return": "record_return",
        "The prevention interview": "hold_prevention_interview",
        "The return interview": "write_up_return_interview",
    }
)
"""The task at which a sign was seen, by the words of the table."""


def beside(view: TaskView, release: Compiled, now: datetime) -> Section:
    """Say what is decided on, and each sign of it with when and by whom it was seen."""
    flag = view.row.record_key
    return Section("What this decision is about", list(_rows(view, release, flag, now)))


def _rows(view: TaskView, release: Compiled, flag: str, now: datetime) -> Iterable[Row]:
    yield row("Kind", FLAG.get(flag, flag))
    table = release.decisions.get(TABLE)
    found = table.decide(view.scope, now=now).result if table is not None else []
    matches = found if isinstance(found, list) else []
    seen = dict.fromkeys(str(one["seen"]) for one in matches if isinstance(one, dict) and one.get("flag") == flag)
    done = _done(view.row.case_id)
    yield row(
        "Seen", "\n".join(f"{where}{done.get(SEEN_AT.get(where, ''), '')}" for where in seen) or "Not seen any more"
    )


def _done(case_id: str) -> dict[str, str]:
    """Say of each task of a case when and by whom it was last done."""
    task = TaskTable
    query = sa.select(task.element, task.role, task.completed_at, task.completed_by)
    query = query.where(task.case_id == case_id, task.status == "completed", task.element.in_(SEEN_AT.values()))
    with reading(services().engine) as connection:
        rows = connection.execute(query.order_by(task.completed_at)).all()
        names = names_of(connection, {one.completed_by for one in rows})
    return {
        one.element: f": {say_moment(one.completed_at)}, by {names.get(one.completed_by, one.completed_by)}, "
        f"{title_of(one.role).lower()}"
        for one in rows
    }
