"""A task as a line of a list: what, of which case, who has it, by when, how grave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model import Actor
from engine.views import TaskRow
from web import task_lists
from web.missing_words import COLOURS
from web.moments import say_moment, say_until
from workflows.vocabulary import RISK_LEVEL

GRADED = ", graded "
"""Stands in a case's title between what it is and how it is graded (bpmn/missing_child, property `title`)."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A word in a colour; the colour says nothing that the word does not say."""

    words: str
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """One task as a line of the list."""

    task: TaskRow
    procedure: str
    kind: str
    risk: Tag | None
    lowering: bool
    due: str
    until: str
    overdue: bool
    owner: str
    done: str


def lines(rows: Sequence[TaskRow], who: Actor, now: datetime) -> list[Line]:
    """Say each task in words."""
    procedures = task_lists.procedures_of(row.case_id for row in rows)
    lowered = task_lists.lowered(row.case_id for row in rows)
    names = task_lists.names_of(rows, who)
    return [
        _line(row, procedures.get(row.case_id, ""), owner(row, who, names), now, lowering=row.case_id in lowered)
        for row in rows
    ]


def owner(row: TaskRow, who: Actor, names: Mapping[str, str]) -> str:
    """Say who has a task: ``You have it, from Ann Lee, to go back``; nothing where nobody has it."""
    if not row.owner:
        return ""
    said = "You have it" if row.owner == who.person else f"{names.get(row.owner, row.owner)} has it"
    if row.owner in who.deputises:
        said += ", and you stand in"
    if row.given_by not in {"", row.owner, who.person}:
        said += f", from {names.get(row.given_by, row.given_by)}"
    if row.returns_to:
        back = "you" if row.returns_to == who.person else names.get(row.returns_to, row.returns_to)
        said += f", to go back to {back}"
    return said


def _line(row: TaskRow, procedure: str, has_it: str, now: datetime, *, lowering: bool) -> Line:
    kind, _, grade = row.case_title.partition(GRADED)
    if kind.startswith(procedure):
        procedure = ""  # the title says it already
    risk = Tag(RISK_LEVEL.get(grade, grade) + " risk", COLOURS.get(grade, "grey")) if grade else None
    done = say_moment(row.completed_at) if row.status == "completed" and row.completed_at else ""
    due, until = (say_moment(row.due_at), say_until(row.due_at, now)) if row.due_at else ("", "")
    late = row.due_at is not None and row.due_at <= now
    return Line(row, procedure, kind, risk, lowering, due, until, late, has_it, done)
