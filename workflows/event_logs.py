"""The course of cases for process analysis: who of which kind did what and when, without a name, a place or an answer (domain.md 9).

A reference becomes a pseudonym under a key, a person the role in which the task was done and the kind of its agency. What is
sealed or was erased is left out. What is given stands in the log of disclosures of each case first (G-33).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import orjson
import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Actor
from engine.store import ERASED, CaseTable, EventTable, ReleaseTable, TaskTable
from workflows import disruptions, seals
from workflows.about import FLAG, AboutRow
from workflows.agencies import ROLES
from workflows.children import ChildRow, main_id
from workflows.disclosures import Copy, note_disclosure
from workflows.episodes import EpisodeRow

WAY, WHAT = "event_log", "The course of the case, without names, places or answers"
CLASSES = frozenset({"D2"})
"""How an episode went, and its grades (domain.md 5.2)."""
APART = frozenset({FLAG, disruptions.PROCEDURE})
"""Procedures of which it is intelligence (D4) that there is a case at all: they go only where they are named."""

AT_ONCE = 500
PSEUDONYM_LENGTH = 12

LIFECYCLE: Mapping[str, str] = MappingProxyType(
    {"task_opened": "start", "task_completed": "complete", "task_cancelled": "withdraw"}
)
"""What a task's event is in the words of XES; whatever else is told has happened at once: `complete`."""

AUTOMATIC = "system"


@frozen
class Happened:
    """One event: `activity` is the domain's word, or the id of the element where it has none; `task` tells apart what repeats.

    `role` is empty where no task of a role was done, and then nobody did it, or whoever opened the case.
    """

    number: int
    at: datetime
    activity: str
    name: str
    lifecycle: str
    task: int | None
    role: str
    agency: str


@frozen
class Course:
    """One case, by pseudonyms: `child` is empty where it is about none, the grades where it has none."""

    case: str
    child: str
    procedure: str
    release: int
    initial_level: str
    level: str
    events: tuple[Happened, ...]


def pseudonym(reference: str, key: bytes) -> str:
    """Give the pseudonym of a reference: the same under the same key, and nobody without the key finds its way back."""
    return hmac.new(key, reference.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_LENGTH] if reference else ""


def chosen(
    connection: sa.Connection, begins_at: datetime, ends_at: datetime, procedures: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Name the cases that were opened from `begins_at` on and before `ends_at` (UTC); of all procedures but `APART` where none is named."""
    case = CaseTable
    asked = sa.select(case.id).where(case.opened_at >= begins_at, case.opened_at < ends_at, case.status != ERASED)
    asked = asked.where(case.procedure.in_(procedures) if procedures else case.procedure.not_in(APART))
    found = connection.execute(asked.order_by(case.id)).scalars().all()
    return tuple(one for some in _by_turns(found) for one in _unsealed(connection, some))


def note(connection: sa.Connection, cases: tuple[str, ...], *, to: str, basis: str, by: Actor, now: datetime) -> None:
    """Write down for each case, before anything is given, that its course goes to somebody. Refuses as `note_disclosure` does."""
    of_intelligence = sa.select(CaseTable.id).where(CaseTable.procedure.in_(APART))
    found = (connection.execute(of_intelligence.where(CaseTable.id.in_(some))) for some in _by_turns(cases))
    secret = {one for each in found for one in each.scalars()}
    for about, classes in ((set(cases) - secret, CLASSES), (set(cases) & secret, CLASSES | {"D4"})):
        copy = Copy(WAY, classes, known_at=now)
        note_disclosure(connection, about=about, to=to, what=WHAT, basis=basis, by=by, now=now, copy=copy)


def courses(connection: sa.Connection, cases: tuple[str, ...], key: bytes) -> Iterator[Course]:
    """Give the courses of these cases, one after the other, whatever their number."""
    words = _words(connection)
    for some in _by_turns(cases):
        heads = _heads(connection, some)
        for case_id, rows in groupby(_events(connection, some), key=itemgetter(0)):
            told = (_happened(row, words) for row in rows)
            events = tuple(event for event in told if event is not None)
            child, procedure, release, initial, level = heads[case_id]
            yield Course(
                pseudonym(case_id, key), pseudonym(child, key), procedure, release, initial or "", level or "", events
            )


def _by_turns(cases: Any) -> Iterator[Any]:
    return (cases[begin : begin + AT_ONCE] for begin in range(0, len(cases), AT_ONCE))


def _unsealed(connection: sa.Connection, cases: list[str]) -> list[str]:
    """Leave out what is sealed, and the cases of children who are: an analysis is no reason to open them."""
    about = {case_id: child for case_id, (child, *_rest) in _heads(connection, cases).items()}
    shut = seals.over(connection, sorted({*cases, *about.values()} - {""}))
    return [one for one in cases if one not in shut and about[one] not in shut]


def _words(connection: sa.Connection) -> dict[tuple[str, str], str]:
    """Give the domain's word of each element, by procedure: a task that opens does not say it yet."""
    event, case = EventTable, CaseTable
    asked = sa.select(case.procedure, event.element, sa.func.min(event.activity))
    asked = asked.join(case, case.id == event.case_id).where(event.activity != "", event.kind != "case_opened")
    return {
        (procedure, element): word
        for procedure, element, word in connection.execute(asked.group_by(case.procedure, event.element))
    }


def _heads(connection: sa.Connection, cases: Any) -> dict[str, tuple[str, str, int, str | None, str | None]]:
    """Give what is said once of each case: the child that it is about, its procedure and release, the first and the latest grade."""
    case, episode, about, child = CaseTable, EpisodeRow, AboutRow, ChildRow
    named = sa.func.coalesce(episode.child_id, sa.func.nullif(about.child_id, ""), case.correlation)
    main = sa.func.coalesce(main_id(child), "")
    asked = sa.select(case.id, main, case.procedure, ReleaseTable.number, episode.initial_level, episode.risk_level)
    asked = asked.join(ReleaseTable, ReleaseTable.id == case.release_id).outerjoin(episode, episode.case_id == case.id)
    asked = asked.outerjoin(about, about.case_id == case.id).outerjoin(child, child.child_id == named)
    return {row[0]: tuple(row[1:]) for row in connection.execute(asked.where(case.id.in_(cases)))}


def _events(connection: sa.Connection, cases: Any) -> Iterator[Any]:
    """Read what is told of these cases: tasks, what has a word of the domain, and clocks."""
    event, task, case = EventTable, TaskTable, CaseTable
    own = sa.and_(task.case_id == event.case_id, task.number == event.task)
    told = sa.or_(event.kind.in_(LIFECYCLE), event.activity != "", event.kind.in_(("timer_fired", "case_closed")))
    asked = sa.select(
        event.case_id, event.seq, event.at, event.kind, event.activity, event.element, event.name, event.task,
        event.data, task.element, task.name, task.role, case.procedure,
    )  # fmt: skip
    asked = asked.join(case, case.id == event.case_id).outerjoin(task, own).where(event.case_id.in_(cases), told)
    return iter(connection.execute(asked.order_by(event.case_id, event.seq)))


def _happened(row: Any, words: Mapping[tuple[str, str], str]) -> Happened | None:
    """Tell one event; a clock that moved a case on tells nothing that its element does not."""
    _case, seq, at, kind, activity, element, name, task, data, own_element, own_name, role, procedure = row
    element, name = element or own_element or "", name or own_name or ""
    if kind == "timer_fired":
        rung = orjson.loads(data)
        if not rung.get("deadline"):
            return None
        element = f"{rung['deadline']}: {rung.get('step') or 'due'}"
    elif kind == "case_closed":
        element = kind
    word = activity or words.get((procedure, element), "") or element
    kind_of = ROLES[role].kind if role in ROLES else ""
    return Happened(seq, at, word, name, LIFECYCLE.get(kind, "complete"), task, role or "", kind_of)
