"""Whom a change to a procedure concerns: the agencies whose people would do something else, or by another time.

The editors and the second person are of the police and of the partnership. A step of another agency's people is not changed without
that agency: one of those who lead there agrees (domain.md 5.1). Families and outside bodies have nobody here who could; the
partnership's approver answers for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from engine import diagrams
from engine.editing import Row, Sheet
from engine.errors import Invalid
from engine.frozen import frozen
from engine.process import Node, Process
from workflows.agencies import ROLES, title_of

AGREES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "local_authority": ("csc_service_manager", "csc_director"),
        "interview_provider": ("rhi_manager",),
        "placement": ("responsible_individual",),
        "health": ("health",),
        "education": ("school_dsl",),
        "youth_justice": ("yjs",),
    }
)
"""The roles of which one person agrees for a kind of agency to a change of its steps; of several councils one is enough."""
AGREEING = tuple(role for roles in AGREES.values() for role in roles)
"""Every role that agrees for some agency."""

_CALLED = re.compile(r"(\w+)\s*\(")
_DEADLINE = re.compile(r'deadline: "([A-Z]+-\d+)"')
_QUOTED = re.compile(r'"(\w+)"')


@frozen
class Concern:
    """What a change does to the people of an agency: its kind, the step by its id and its name, and what becomes of it."""

    agency: str
    element: str
    step: str
    what: str


@dataclass(slots=True)
class _Step:
    """A step of a person: by whose role, with which form as it is written, and by which clocks: their expression and rows."""

    name: str
    role: str
    form: str
    clocks: dict[str, tuple[str, tuple[Row, ...]]] = field(default_factory=dict)

    @property
    def agency(self) -> str:
        """The kind of agency whose people do it."""
        return ROLES[self.role].kind if self.role in ROLES else ""


def parties_of(roles: Collection[str]) -> frozenset[str]:
    """Name the kinds of agency for which somebody with these roles agrees."""
    return frozenset(kind for kind, able in AGREES.items() if not set(able).isdisjoint(roles))


def concerns(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Concern, ...]:
    """Say whom a change concerns, and how, by agency and step; a file that cannot be read has no steps.

    A step that comes, goes or moves between agencies concerns both; so do its form and its clocks, those of the groups and parts
    around it too. Whom a clock tells, or tells no more, is concerned as well.
    """
    old, new = _steps(before), _steps(after)
    found: dict[Concern, None] = {}
    for element in sorted({*old, *new}):
        for agency, what in _said(old.get(element), new.get(element)):
            if agency in AGREES:
                name = (new.get(element) or old[element]).name
                found[Concern(agency, element, name, what)] = None
    return tuple(sorted(found, key=lambda each: (list(AGREES).index(each.agency), each.step, each.what)))


def _said(old: _Step | None, new: _Step | None) -> Iterator[tuple[str, str]]:
    """Give what becomes of one step, each with the agency that it concerns."""
    if old is None or new is None:
        here = new or old
        if here is not None:
            yield here.agency, "added" if old is None else "taken out"
        return
    if old.agency != new.agency:
        yield old.agency, f"goes to: {title_of(new.role)}"
        yield new.agency, f"comes from: {title_of(old.role)}"
    elif old.role != new.role:
        yield new.agency, f"moves from {title_of(old.role)} to {title_of(new.role)}"
    if old.form != new.form:
        yield new.agency, "another form, or other questions"
    if old.clocks != new.clocks:
        yield new.agency, "other times"
        yield from ((agency, "who is told, and when") for agency in _told(old, new) if agency != new.agency)


def _told(old: _Step, new: _Step) -> list[str]:
    """Name the agencies that a row tells which stands in one version only."""
    rows = [[row for _, found in step.clocks.values() for row in found] for step in (old, new)]
    changed = [row for row in rows[0] if row not in rows[1]] + [row for row in rows[1] if row not in rows[0]]
    roles = {role for row in changed for role in _QUOTED.findall(row.cells.get("tell", ""))}
    return sorted({ROLES[role].kind for role in roles if role in ROLES})


# Reading --------------------------------------------------------------------------------------------------------------


def _steps(files: Mapping[str, str]) -> dict[str, _Step]:
    """Read the steps of all diagrams by their ids."""
    processes = [each for each in map(_read, _texts(files, ".bpmn")) if each is not None]
    sheets = {name.removesuffix(".dmn"): sheet for name, text in _texts(files, ".dmn") if (sheet := _sheet(name, text))}
    found = {
        node.id: _Step(node.name or node.id, node.role, f"{node.form}\n{files.get(f'{node.form}.form', '')}")
        for process in processes
        for node in process.everything()
        if node.kind == "user_task"
    }
    by_id = {process.id: process for process in processes}
    for process in processes:
        for scope in process.walk():
            for clock in scope.nodes.values():
                if clock.timer is not None and clock.attached_to in scope.nodes:
                    _put(clock, _under(scope, scope.nodes[clock.attached_to], by_id, set()), sheets, found)
    return found


def _put(clock: Node, under: Iterable[str], sheets: Mapping[str, Sheet], found: Mapping[str, _Step]) -> None:
    """Note a clock at each step that it stands over."""
    rows = tuple(_rows(clock.timer_text, sheets))
    for element in under:
        if element in found:
            found[element].clocks[clock.id] = clock.timer_text, rows


def _under(scope: Process, node: Node, by_id: Mapping[str, Process], seen: set[str]) -> Iterator[str]:
    """Give the steps over which what sits on a node stands: the node itself, or all inside a group or a part."""
    inside = scope.children.get(node.id) or by_id.get(node.called)
    if inside is None or inside.id in seen:
        yield node.id
        return
    seen.add(inside.id)
    for each in inside.nodes.values():
        yield from _under(inside, each, by_id, seen)


def _rows(timer: str, sheets: Mapping[str, Sheet]) -> Iterator[Row]:
    """Give the rows that a clock may ask: of a table of deadlines its own, of any other table all."""
    own: Sequence[str] = _DEADLINE.findall(timer)
    for table in dict.fromkeys(_CALLED.findall(timer)):
        for row in sheets[table].rows if table in sheets else ():
            asked = row.cells.get("deadline", "-")
            if asked == "-" or not own or any(f'"{each}"' in asked for each in own):
                yield row


def _texts(files: Mapping[str, str], kind: str) -> list[tuple[str, str]]:
    return [(name, files[name]) for name in sorted(files) if name.endswith(kind)]


def _read(file: tuple[str, str]) -> Process | None:
    name, text = file
    try:
        return diagrams.read(text, name)[0]
    except (Invalid, RecursionError):
        return None


def _sheet(name: str, text: str) -> Sheet | None:
    try:
        return Sheet(text, name)
    except Invalid:
        return None
