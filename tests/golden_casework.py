"""Saved databases with cases of the procedures that are shipped, in the middle of the work; a later release finishes them.

Written once for a schema, by ``python -m tests.golden_casework``, and never again. The cases are invented: a child who is
being searched for, with a meeting called; return interviews that are due; a report that repeats; the audit of a month.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from engine import anchors, timers
from engine.store import TaskTable, reading
from tests.golden_databases import FOLDER, migrated, save
from tests.procedures.casework import posted
from tests.procedures.childwork import PAGES as OF_A_CHILD
from tests.procedures.oversight import AUDIT_PAGES
from tests.procedures.pages import PAGES
from web import demo_cases, demo_oversight, demo_people, procedures, schema
from web.demo_cases import Deed, Story
from web.services import Services
from workflows import audits

SAVED_AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TYPED: Mapping[str, Mapping[str, Any]] = {**PAGES, **OF_A_CHILD, **AUDIT_PAGES}

ASKED_BEFORE: Mapping[str, Mapping[str, Any]] = {
    "write_up_return_interview": {"held": "yes"},
    "hold_prevention_interview": {"where_and_with_whom": "In the park, alone"},
    "close_police_enquiry": {"others_told": ["la"], "circulation_cleared": "yes"},
}
"""What earlier releases ask besides, by element; a page that does not ask for it leaves it out."""
HOUR = timedelta(hours=1)


def path_of(revision: str) -> Path:
    """Give the place of the casework of a schema's revision."""
    return FOLDER / f"casework_{revision}.json.xz"


def story(services: Services) -> None:
    """Let the people of the demonstration work for a while."""
    now = SAVED_AT
    demo_people.add_people(services.engine, now)
    begins = demo_oversight.month_begins(now) - demo_oversight.DAY
    procedures.publish(services.cases, audits.PROCEDURE, by="administrator", now=begins)
    procedures.publish_all(services.cases, by="administrator", now=now - timedelta(days=3))
    demo_cases.open_cases(
        services, now, (met(), demo_cases.STORIES[3], searched_for(), *demo_oversight.stories(now)[-3:])
    )
    timers.sweep(services.cases, now=now)
    anchors.write(services.engine, now)


def met() -> Story:
    """A child who is back: a meeting is called, and the return interview is due."""
    begun = demo_cases.STORIES[2]
    return replace(begun, deeds=(*begun.deeds, Deed(HOUR, "convene_meeting", _typed("convene_meeting"))))


def searched_for() -> Story:
    """A child who is still away after seven hours: a search with an action that is open, and a meeting to hold."""
    graded = demo_cases.STORIES[2].deeds[:7]
    began = demo_cases.STORIES[2].opened_ago - 7 * HOUR
    deeds = tuple(Deed(deed.ago - began, deed.element, deed.answers) for deed in graded)
    action = Deed(6 * HOUR, "raise_action", _typed("raise_action"))
    return Story(7 * HOUR, demo_cases.STORIES[2].opening, (*deeds, action))


def _typed(element: str) -> Callable[[datetime], Any]:
    """Give what people usually type at a task, with moments counted from then."""

    def answers(at: datetime) -> dict[str, Any]:
        return {key: at + given if isinstance(given, timedelta) else given for key, given in PAGES[element].items()}

    return answers


def open_tasks(services: Services) -> list[Any]:
    """Give every open task."""
    columns = (TaskTable.case_id, TaskTable.number, TaskTable.element, TaskTable.role)
    with reading(services.engine) as connection:
        asked = sa.select(*columns).where(TaskTable.status == "open")
        return list(connection.execute(asked.order_by(TaskTable.case_id, TaskTable.number)))


def fill(services: Services, task: Any, now: datetime, **changes: Any) -> None:
    """Do a task as somebody who holds its role, through its form, with what people usually type there."""
    who, task_id = demo_cases._person(services, task.role), f"{task.case_id}.{task.number}"
    view = services.cases.task(task_id, by=who, now=now)
    typed = {**ASKED_BEFORE.get(task.element, {}), **TYPED[task.element], **changes}
    prefilled = view.form.prefilled({}, scope=view.scope, now=now)
    shown = view.form.as_raw({key: value for key, value in prefilled.items() if key not in typed})
    answers = view.form.load({**shown, **posted(view.form, typed, now)}, scope=view.scope, now=now)
    services.cases.complete(task_id, answers, by=who, now=now, key=str(uuid4()), stamp=view.stamp)


def write() -> Path:
    """Write the casework of this program's schema."""
    with tempfile.TemporaryDirectory() as folder:
        services = migrated(f"sqlite:///{folder}/golden.sqlite", "head")
        story(services)
        target = save(services.engine, path_of(schema.needed_revision()))
        services.engine.dispose()
    return target


if __name__ == "__main__":
    if not path_of(schema.needed_revision()).exists():
        sys.stdout.write(f"wrote {write().name}\n")
