"""What people write beside a case: in which data classes, at which task, and who will read it; files and comments share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType

import flask
import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable, reading
from web import case_access
from web.access import actor
from web.numbers import read_number
from web.services import services
from workflows.readership import Readership

ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "D2": "What happened: times, places, what was seen or done",
        "D1": "Who the child is and looks like, photographs, how to reach them",
        "D3": "How great the risk is, and why",
        "D11": "Health, ethnicity, or something as sensitive",
        "D9": "What came of the return interview, and what is done about it",
        "D7": "The police talk with the child after the return",
        "D10": "A meeting: what was said and decided",
        "D6": "The trigger plan, what the carers say",
        "D5": "The trigger plan, what only the police plan",
        "D4": "Police intelligence",
        "D8": "What the child said in the return interview, in full",
        "D12": "An audit or a recommendation",
    }
)
"""What a comment or a file can be about, by data class: what most are about comes first, and what few may read last."""


@frozen
class AtTask:
    """The task at which a page was opened."""

    number: int
    name: str
    form: str


def addable(case_id: str) -> frozenset[str]:
    """Name the data classes in which this person adds to a case; refused with `CaseNotFound` without a part in it."""
    here, who, now = services(), actor(), services().clock()
    known = case_access.readable(here.engine, who, case_id, now=now, with_reason=False)
    return case_access.beside(here.engine, who, case_id, known, now=now).adds


def task_of(case_id: str) -> AtTask | None:
    """Give the task of this case at which the page was opened; None where there is none."""
    number = read_number(flask.request.values.get("task", ""))
    asked = sa.select(TaskTable.number, TaskTable.name, TaskTable.form)
    with reading(services().engine) as connection:
        found = connection.execute(asked.where(TaskTable.case_id == case_id, TaskTable.number == number)).first()
    return AtTask(*found) if found else None


def class_of(case_id: str, task: AtTask) -> str:
    """Give the data class of most questions of a task's form, which is proposed."""
    found = services().cases.release_of(case_id).forms.get(task.form)
    most = Counter(each.data_class for each in found.fields).most_common(1) if found else []
    return most[0][0] if most else ""


def choices(readers: Readership | None, may: Collection[str]) -> list[dict[str, object]]:
    """Give the data classes that somebody writes in a case to be chosen from, each with who reads it."""
    if readers is None:
        return []
    told = ((name, words) for name, words in ABOUT.items() if name in may)
    return [{"value": name, "text": words, "hint": {"text": _read_by(readers, name)}} for name, words in told]


def _read_by(readers: Readership, data_class: str) -> str:
    """Say of which kinds of agency somebody reads a data class in a case."""
    if readers.group is not None:
        return "Read by those of the group of this sealed record whose roles may read it"
    return f"Read by: {', '.join(readers.kinds(data_class)) or 'nobody here'}"
