"""A task as a line of a list: what, of which case, who has it, by when, how grave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.store import reading
from engine.views import TaskRow
from web import task_lists, whose
from web.missing_words import COLOURS
from web.moments import say_moment, say_until
from web.services import services
from workflows.agencies import ROLES
from workflows.episodes import EpisodeRow
from workflows.vocabulary import EPISODE_STATUS, RESPONSIBLE_AUTHORITY, RISK_LEVEL

STAGE, COUNCIL = "stage", "council"
TOLD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "police": (STAGE,),
        "local_authority": (STAGE, COUNCIL),
        "interview_provider": (COUNCIL,),
        "health": (COUNCIL,),
        "education": (COUNCIL,),
    }
)
"""What a line says of the episode to those of a kind of organisation: the police search in one force, the others work for councils."""

GRADED = ", graded "
"""Stands in a case's title between what it is and how it is graded (bpmn/missing_child, property `title`)."""


@frozen
class Tag:
    """A word in a colour; the colour says nothing that the word does not say."""

    words: str
    colour: str


@frozen
class Line:
    """One task as a line of the list."""

    task: TaskRow
    procedure: str
    kind: str
    risk: Tag | None
    due: str
    until: str
    overdue: bool
    done: str
    about: str = ""
    """What is told of its episode, by the work of who looks."""
    whose: str = ""
    """Whom its episode is about, without a name."""
    lowering: bool = False
    owner: str = ""
    elsewhere: bool = False
    """It is for another role: one follows it, or gives it to others, and does not do it."""


def lines(rows: Sequence[TaskRow], who: Actor, now: datetime, *, with_whose: bool = True) -> list[Line]:
    """Say each task in words; whom its episode is about `with_whose` alone, to those who read that."""
    procedures = task_lists.procedures_of(row.case_id for row in rows)
    told = _told(rows, who)
    lowered = task_lists.lowered(row.case_id for row in rows)
    names = task_lists.names_of(rows, who)
    about = whose.of(services().engine, {row.case_id for row in rows}, who, now) if with_whose and rows else {}
    return [
        replace(
            _line(row, procedures.get(row.case_id, ""), now),
            about=told.get(row.case_id, ""),
            whose=about.get(row.case_id, ""),
            lowering=row.case_id in lowered,
            owner=owner(row, who, names),
            elsewhere=row.role not in who.duties,
        )
        for row in rows
    ]


def _told(rows: Sequence[TaskRow], who: Actor) -> dict[str, str]:
    """Say of the episode of each task what a list may be narrowed by, as far as the work of this person asks for it."""
    wanted = {each for role in who.duties if role in ROLES for each in TOLD.get(ROLES[role].kind, ())}
    if not (rows and wanted):
        return {}
    episode = EpisodeRow
    asked = sa.select(episode.case_id, episode.status, episode.responsible_authority)
    with reading(services().engine) as connection:
        found = connection.execute(asked.where(episode.case_id.in_({row.case_id for row in rows}))).tuples().all()
    return {
        case_id: ", ".join(
            ([EPISODE_STATUS[stage]] if STAGE in wanted and stage in EPISODE_STATUS else [])
            + ([RESPONSIBLE_AUTHORITY[council]] if COUNCIL in wanted and council in RESPONSIBLE_AUTHORITY else [])
        )
        for case_id, stage, council in found
    }


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


def _line(row: TaskRow, procedure: str, now: datetime) -> Line:
    kind, _, grade = row.case_title.partition(GRADED)
    if kind.startswith(procedure):
        procedure = ""  # the title says it already
    risk = Tag(RISK_LEVEL.get(grade, grade) + " risk", COLOURS.get(grade, "grey")) if grade else None
    done = say_moment(row.completed_at) if row.status == "completed" and row.completed_at else ""
    due, until = (say_moment(row.due_at), say_until(row.due_at, now)) if row.due_at else ("", "")
    late = row.due_at is not None and row.due_at <= now
    return Line(row, procedure, kind, risk, due, until, late, done)
