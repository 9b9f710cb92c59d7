"""One whole case, played as its people would: the longest invented case of the demonstration, carried on to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from engine.cases import Done
from engine.forms import Raw
from engine.frozen import frozen
from engine.model import Actor, Value
from engine.store import TaskTable, reading
from web.bench.site import Site
from web.demo_cases import whole_case
from web.procedures import MISSING_CHILD

Answers = dict[str, Value]
MINUTE = timedelta(minutes=1)


@frozen
class Deed:
    """A task that somebody does, with the answers as they are at the moment at which it is done."""

    element: str
    answers: Callable[[datetime], Answers]


@frozen
class Ready:
    """A task that is about to be completed: everything that a person sends, typed (`raw`) and loaded (`answers`)."""

    site: Site
    task_id: str
    element: str
    record: str
    role: str
    by: Actor
    raw: Raw
    answers: Answers
    stamp: str
    now: datetime

    def complete(self) -> Done:
        """Complete the task through the public door."""
        return self.site.cases.complete(
            self.task_id, self.answers, by=self.by, now=self.now, key=str(uuid4()), stamp=self.stamp
        )


_WHOLE = whole_case(timedelta(days=9), "Devon Example", 14, "medium", "out_of_character")
OPENING = _WHOLE.opening
WHOLE_CASE: tuple[Deed, ...] = tuple(Deed(deed.element, deed.answers) for deed in _WHOLE.deeds)
"""Every task from the report to the close, in an order in which they are open."""


def begin(site: Site, now: datetime) -> str:
    """Open a case and give its reference."""
    view = site.cases.opening(MISSING_CHILD)
    answers = view.form.load(view.form.as_raw(OPENING(now)), scope={}, now=now)
    return site.cases.open(MISSING_CHILD, answers, by=site.actor(view.role), now=now, key=str(uuid4())).case_id


def play(site: Site, deeds: tuple[Deed, ...] = WHOLE_CASE, *, begun: datetime) -> Iterator[Ready]:
    """Open a case, then give one task after the other, a minute apart; who asks for the next has completed the last."""
    case_id = begin(site, begun)
    for number, deed in enumerate(deeds, start=1):
        yield make_ready(site, case_id, deed, begun + number * MINUTE)


def make_ready(site: Site, case_id: str, deed: Deed, now: datetime) -> Ready:
    """Open a task's page as its person does, and fill in its form."""
    site.clock.now = now
    wanted = sa.select(TaskTable.number, TaskTable.role).where(
        TaskTable.case_id == case_id, TaskTable.element == deed.element, TaskTable.status == "open"
    )
    with reading(site.services.engine) as connection:
        number, role = connection.execute(wanted).one()
    by, task_id = site.actor(role), f"{case_id}.{number}"
    view = site.cases.task(task_id, by=by, now=now)
    raw = view.form.as_raw(deed.answers(now))
    answers = view.form.load(raw, scope=view.scope, now=now)
    return Ready(site, task_id, deed.element, view.row.record, role, by, raw, answers, view.stamp, now)
