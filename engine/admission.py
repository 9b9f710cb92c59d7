"""Whether a command may be carried out at all: what its reference means, and who may begin or correct something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import log, values
from engine.errors import (
    Invalid,
    NotFound,
    NotYourTask,
    Problem,
    Refusal,
    TaskAlreadyCompleted,
    TaskNoLongerOpen,
    TaskNotFound,
)
from engine.forms import Form
from engine.model import Actor, Facts, Value
from engine.process import Node
from engine.release import Compiled


class NotAsked(Invalid):
    """A message says what the form of the case that it opens does not ask for."""


def opened_by_people(release: Compiled) -> Node:
    """Give the start of a procedure that people open; one that a message opens is not for them."""
    if not release.start.form:
        raise NotFound("Cases of this procedure are opened by other cases or by the calendar, not by people.")
    return release.start


def answers_said(form: Form, said: Mapping[str, Value]) -> dict[str, Value]:
    """Give what a message says as answers to the form by which people open such a case; its sender is on the message itself.

    Raises:
        NotAsked: it says what no question asks for, of which nobody could tell who may read it.
    """
    asked = {field.key for field in form.fields}
    answers = {name: value for name, value in said.items() if name != "sender"}
    if more := sorted(answers.keys() - asked):
        sentence = (
            f"The message says {', '.join(more)}, which no question of “{form.title}” asks for: leave it out, or ask."
        )
        raise NotAsked([Problem(form.id, "message-not-asked", sentence)])
    return answers


def task_number(task_id: str) -> tuple[str, int]:
    """Split a task's id into the case's reference and its number."""
    case_id, _, number = task_id.rpartition(".")
    if not case_id or not (task_id.isascii() and task_id.isprintable()) or not number.isdigit() or len(number) > 9:  # noqa: PLR2004
        raise TaskNotFound("There is no such task.")
    return case_id, int(number)


def is_recorded(release: Compiled, facts: Facts, record: str, record_key: str, field: str) -> bool:
    """Whether a fact can be put right: it is there, or its question is, asked or not yet, and nothing is answered there.

    A key that no task gave out would turn a record that occurs once into one that repeats, and stop every clock on it.
    """
    kept = facts.get(record, {}).get(record_key)
    form = release.forms_by_record.get(record)
    asked = form is not None and field in {each.key for each in form.fields}
    if kept is None:
        return asked and not record_key and record not in release.repeating and record not in facts
    return asked or field in kept


def fingerprint(kind: str, what: str, by: Actor, answers: Mapping[str, Value], on_paper: datetime | None = None) -> str:
    """Give a digest of a command, so that a key that comes again with something else is noticed."""
    asked: list[Value] = [kind, what, by.person, dict(answers)]
    return log.digest_of(values.dumps([*asked, on_paper] if on_paper else asked), b"")


def require_open(row: Any, roles: frozenset[str]) -> None:
    """Refuse a task that is not open, by its row in the index, and before that one that is for none of these roles.

    Raises:
        NotYourTask, TaskNotFound, TaskAlreadyCompleted, TaskNoLongerOpen.
    """
    if row is not None and row.role not in roles:
        raise NotYourTask(f"This task is for {row.role}.")
    gone = why_not_open(row)
    if gone is not None:
        raise gone


def why_not_open(row: Any) -> Refusal | None:
    """Say why a task cannot be done, by its row in the index of tasks; None where it is open."""
    if row is None:
        return TaskNotFound("There is no such task.")
    if row.status == "completed":
        return TaskAlreadyCompleted(f"{row.completed_by} has done this task.")
    if row.status != "open":
        return TaskNoLongerOpen("The case has moved on, and this task is not wanted any more.")
    return None
