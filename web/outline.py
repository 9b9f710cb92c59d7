"""Where a case is on its diagrams: marked for the drawing, as a table, and as an outline in words that follows the flows.

The drawing, the table and the outline say the same, so that nobody needs the drawing (or JavaScript) to know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.diagrams import Node, Process
from engine.release import Compiled
from engine.views import CaseView, TaskRow
from web.moments import say_moment, say_until
from workflows.agencies import title_of

STOPS = frozenset({"user_task", "call", "catch"})
"""What the outline names as a next step: people act or the case waits. Gateways, tables and milestones are passed through."""

CATCH = "Waits until this has happened"


@dataclass(frozen=True, slots=True)
class Drawing:
    """One diagram of the procedure: how many of its steps are open, and the elements to be marked in it."""

    id: str
    name: str
    here: int
    current: frozenset[str]
    passed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """One open step: a row of the table."""

    name: str
    part: str
    who: str
    due: str
    task: TaskRow | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """What can come after an open step: "Write up the interview", when "Was the child seen?: Yes", by whom."""

    name: str
    when: str
    who: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A case in words: what has happened, what is open, and what can come next after each open step."""

    passed: Sequence[str]
    places: Sequence[Place]
    ahead: Sequence[tuple[str, Sequence[Coming]]]


class Map:
    """The diagrams of one release, to find one's way in."""

    def __init__(self, release: Compiled) -> None:
        """Note in which process each node stands, and from where each process is entered."""
        self.release = release
        self.scopes: dict[str, Process] = {}
        self.roots: dict[str, str] = {}
        self.entered: dict[str, list[Node]] = {}
        for root in release.processes.values():
            for scope in root.walk():
                for node in scope.nodes.values():
                    self.scopes[node.id], self.roots[node.id] = scope, root.id
                    inner = node.called if node.kind == "call" else node.id if node.kind == "sub_process" else ""
                    if inner:
                        self.entered.setdefault(inner, []).append(node)

    def around(self, name: str) -> Iterator[Node]:
        """Give the activities inside which a node stands, the nearest first."""
        inside, seen = self.entered.get(self.scopes[name].id, []), set()
        while inside:
            outer = [node for node in inside if node.id not in seen]
            yield from outer
            seen |= {node.id for node in outer}
            inside = [node for each in outer for node in self.entered.get(self.scopes[each.id].id, [])]

    def comings(self, name: str) -> list[Coming]:
        """Give what can come after a step: its own ways on, and what can interrupt it or what it stands in."""
        found = list(self._after(name, (), {name}))
        for activity in (self.release.node(name), *self.around(name)):
            for event in self.scopes[activity.id].attached(activity.id):
                if not event.is_deadline:
                    found += self._after(event.id, (event.name,), {event.id})
        return list(dict.fromkeys(found))

    def _after(self, name: str, when: tuple[str, ...], seen: set[str]) -> Iterator[Coming]:
        """Follow the flows out of a node, through whatever goes on by itself."""
        for flow in self.scopes[name].outgoing(name):
            target = self.release.node(flow.target)
            question = self.release.node(name).name
            said = (*when, f"{question} {flow.name}".strip()) if flow.name else when
            if target.id not in seen:
                yield from self._reached(target, said, seen | {target.id})

    def _reached(self, node: Node, when: tuple[str, ...], seen: set[str]) -> Iterator[Coming]:
        """Name a step at which somebody acts, or go on behind what carries itself out."""
        scope = self.scopes[node.id]
        if node.kind in STOPS:
            yield Coming(node.name or node.id, ", ".join(when), _who(node))
        elif node.kind == "sub_process":
            first = next(inner for inner in scope.children[node.id].nodes.values() if inner.kind == "start")
            yield from self._after(first.id, when, seen)
        elif node.kind == "end":
            outer = [each for each in self.entered.get(scope.id, []) if each.id not in seen]
            if not self.entered.get(scope.id):
                yield Coming(node.name or "The case ends", ", ".join(when), "")
            for each in outer:
                yield from self._after(each.id, when, seen | {each.id})
        else:
            yield from self._after(node.id, when, seen)


def drawings(view: CaseView, release: Compiled, waits: frozenset[str]) -> list[Drawing]:
    """Give the diagrams of a case's procedure, the root first, with what is to be marked in each.

    An activity that calls another diagram is marked when the case is somewhere inside. `waits` names the messages for
    which the case waits.
    """
    where = Map(release)
    open_steps = _open_steps(view, release, waits)
    current = open_steps | {activity.id for name in open_steps for activity in where.around(name)}
    passed = (view.reached & where.roots.keys()) - current
    found = []
    for root in sorted(release.processes.values(), key=lambda each: (each.id != release.root, each.name)):
        inside = {name for name, holder in where.roots.items() if holder == root.id}
        here = len(open_steps & inside)
        found.append(Drawing(root.id, root.name, here, frozenset(current & inside), frozenset(passed & inside)))
    return found


def outline(view: CaseView, release: Compiled, waits: frozenset[str], now: datetime) -> Outline:
    """Say in words where a case is, how it came there, and what can come next."""
    where = Map(release)
    steps = [event for event in view.timeline if event.kind in {"task_completed", "element_passed"}]
    passed = [f"{event.name or event.element}, {say_moment(event.at)}" for event in steps]
    rows = [row for row in view.tasks if row.status == "open" and row.element in where.scopes]
    places = [_place(row, release, where, now) for row in rows]
    waiting = sorted(_open_steps(view, release, waits) - {row.element for row in rows})
    for name in waiting:
        node = release.node(name)
        places.append(Place(node.name or name, _part(name, release, where), CATCH, "No time set"))
    names = list(dict.fromkeys([*(row.element for row in rows), *waiting]))
    ahead = [(release.node(name).name or name, where.comings(name)) for name in names]
    return Outline(passed, places, ahead)


def _open_steps(view: CaseView, release: Compiled, waits: frozenset[str]) -> frozenset[str]:
    """Give the elements at which the case stands: open tasks, and the events that wait for these messages."""
    tasks = {row.element for row in view.tasks if row.status == "open" and row.element in release.nodes}
    events = {node.id for node in release.nodes.values() if node.kind == "catch" and node.message in waits}
    return frozenset(tasks | events)


def _place(row: TaskRow, release: Compiled, where: Map, now: datetime) -> Place:
    due = f"{say_moment(row.due_at)} ({say_until(row.due_at, now)})" if row.due_at else "No time set"
    return Place(row.name, _part(row.element, release, where), title_of(row.role), due, row)


def _part(name: str, release: Compiled, where: Map) -> str:
    return release.processes[where.roots[name]].name


def _who(node: Node) -> str:
    return title_of(node.role) if node.kind == "user_task" and node.role else ""
