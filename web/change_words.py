"""Two versions of a procedure beside each other: in words, on their drawings, and what it means for those who work by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from engine.comparison import Change
from engine.store import CaseTable, EventTable, reading
from web import draft_words
from web.services import services
from web.step_words import Clock, Part, Step, parts_of
from workflows import catalogue
from workflows.table_words import name_deadlines, of_change

CASES_AT_MOST = 100
"""So many closed cases are asked how often a step ran: the latest."""
_RAN = ("task_completed", "element_passed")
_ADDED, _REMOVED = "added", "removed"


@dataclass
class Pair:
    """A diagram before and after: the ids that are marked in each, by how they differ."""

    file: str
    title: str
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """What differs: changes by file, drawings, tasks for each role, times, and how often changed steps ran in closed cases."""

    files: Mapping[str, Sequence[Change]]
    titles: Mapping[str, str]
    total: int
    quiet: Sequence[str]
    """Files that are only written or drawn in another way."""
    pairs: Sequence[Pair]
    roles: Sequence[tuple[str, int, int]]
    times: Sequence[tuple[str, str, str]]
    ran: Sequence[tuple[str, int]]
    case_count: int


def compared(procedure: str, before: Mapping[str, str], after: Mapping[str, str]) -> Compared:
    """Hold two versions of a procedure's files beside each other."""
    found = draft_words.changes_of(before, after)
    called = draft_words.titles({**before, **after})
    files: dict[str, list[Change]] = {}
    own = catalogue.words_of(before) | catalogue.words_of(after)
    for change in found:
        files.setdefault(change.file, []).append(_said(change, own))
    old, new = parts_of(procedure, before), parts_of(procedure, after)
    clocks = _clocks(old), _clocks(new)
    turned = {
        name for name in clocks[0].keys() & clocks[1].keys() if clocks[0][name][1].rungs != clocks[1][name][1].rungs
    }
    ran, count = _ran(procedure, _changed_steps(found, old))
    return Compared(
        files,
        called,
        len(found),
        draft_words.quiet_in(before, after, found),
        _pairs(found, {name: clocks[1][name][0] for name in turned}, called),
        _roles(old, new),
        [
            line
            for name in sorted(clocks[0].keys() | clocks[1].keys())
            for line in _times(clocks[0].get(name), clocks[1].get(name))
        ],
        ran,
        count,
    )


def _said(change: Change, own: Mapping[str, str]) -> Change:
    """Put a change of a decision table into the words of the deadlines, those of the procedure's `own` too, and the roles."""
    if draft_words.kind_of(change.file) != "dmn":
        return change
    said = {name: name_deadlines(of_change(getattr(change, name)), own) for name in ("part", "before", "after")}
    return replace(change, **said)


def _clocks(parts: Iterable[Part]) -> dict[str, tuple[Step, Clock]]:
    return {clock.element: (step, clock) for part in parts for step in part.steps for clock in step.clocks}


def _roles(old: Iterable[Part], new: Iterable[Part]) -> list[tuple[str, int, int]]:
    """Count the tasks of each role, where it has more or fewer of them."""
    counts = [
        Counter(step.role for part in parts for step in part.steps if step.kind == "user_task") for parts in (old, new)
    ]
    roles = sorted(counts[0].keys() | counts[1].keys())
    return [(role, counts[0][role], counts[1][role]) for role in roles if counts[0][role] != counts[1][role]]


def _times(old: tuple[Step, Clock] | None, new: tuple[Step, Clock] | None) -> list[tuple[str, str, str]]:
    """Say which moments of a clock are others, with what they were and what they are."""
    rows = [{rung.row: rung.said for rung in each[1].rungs} if each else {} for each in (old, new)]
    clock = (new or old or ())[1:]
    name = clock[0].name if clock else ""
    found = [(row, rows[0].get(row, ""), rows[1].get(row, "")) for row in dict.fromkeys([*rows[0], *rows[1]])]
    return [(name, before, after) for _, before, after in found if before != after]


def _changed_steps(found: Iterable[Change], old: Iterable[Part]) -> dict[str, str]:
    """Give the names of the steps that a change is about, as they were, by their ids."""
    about = {change.element for change in found if draft_words.kind_of(change.file) == "bpmn"}
    return {step.id: step.name for part in old for step in part.steps if step.id in about and step.kind == "user_task"}


def _ran(procedure: str, steps: Mapping[str, str]) -> tuple[list[tuple[str, int]], int]:
    """Count how often steps ran in the latest closed cases."""
    row, event = CaseTable.__table__.c, EventTable.__table__.c
    closed = sa.select(row.id).where(row.procedure == procedure, row.status == "closed")
    latest = closed.order_by(row.closed_at.desc(), row.id).limit(CASES_AT_MOST)
    with reading(services().engine) as connection:
        cases = list(connection.execute(latest).scalars()) if steps else []
        asked = sa.select(event.element, sa.func.count().label("ran")).where(
            event.case_id.in_(cases), event.kind.in_(_RAN), event.element.in_(list(steps))
        )
        counts = {each.element: each.ran for each in connection.execute(asked.group_by(event.element))}
    return [(name, counts.get(step, 0)) for step, name in steps.items()], len(cases)


def _pairs(found: Iterable[Change], turned: Mapping[str, Step], called: Mapping[str, str]) -> list[Pair]:
    """Give the diagrams that differ, with what is marked in each; a clock is changed where its rows are."""
    pairs: dict[str, Pair] = {}
    marked = [
        (change.file, change.element, change.what) for change in found if draft_words.kind_of(change.file) == "bpmn"
    ]
    marked += [(step.file, clock, "") for clock, step in turned.items()]
    for file, element, what in marked:
        pair = pairs.setdefault(file, Pair(file, called.get(file, file)))
        kind = what if what in {_ADDED, _REMOVED} else "changed"
        for side, other in ((pair.before, _ADDED), (pair.after, _REMOVED)):
            if element and kind != other and element not in side.get(kind, ()):
                side.setdefault(kind, []).append(element)
    return list(pairs.values())
