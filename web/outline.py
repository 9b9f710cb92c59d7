"""Where a case is on its diagrams: marked for the drawing, as a table, and as an outline in words that follows the flows.

The drawing, the table and the outline say the same, so that nobody needs the drawing (or JavaScript) to know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.diagrams import Node, Process
from engine.model import Wait
from engine.release import Compiled
from engine.views import CaseView, TaskRow
from web.moments import say_moment, say_until
from workflows.agencies import title_of

STOPS = frozenset({"user_task", "call", "catch"})
"""What the outline names as a next step: people act or the case waits. Gateways, tables and milestones are passed through."""

WAITS = {
    "message": "The case waits for word of this",
    "condition": "The case waits until this is so",
    "timer": "The case waits until then",
}
"""What stands in place of a person where a case waits by itself."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One diagram of the procedure: how many of its tasks are open, and the elements to be marked in it.

    `current` is what people can do now, and what stands around it; `waiting` are the events for which the case waits.
    """

    id: str
    name: str
    here: int
    current: frozenset[str]
    waiting: frozenset[str]
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
    """A case in words: what has happened, what is open, which clocks run, and what can come next after each open step."""

    passed: Sequence[str]
    places: Sequence[Place]
    clocks: Sequence[str]
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


def drawings(view: CaseView, release: Compiled, waits: Sequence[Wait]) -> list[Drawing]:
    """Give the diagrams of a case's procedure, the root first, with what is to be marked in each.

    An activity that calls another diagram is marked when the case is somewhere inside.
    """
    where = Map(release)
    tasks = _open_elements(view, release)
    waiting = frozenset(wait.element for wait in waits)
    stands = tasks | {wait.element for wait in waits if _holds_a_token(wait, release)}
    current = tasks | {activity.id for name in stands for activity in where.around(name)}
    passed = (view.reached & where.roots.keys()) - current - waiting
    found = []
    for root in sorted(release.processes.values(), key=lambda each: (each.id != release.root, each.name)):
        inside = {name for name, holder in where.roots.items() if holder == root.id}
        marks = [frozenset(inside & marked) for marked in (current, waiting, passed)]
        found.append(Drawing(root.id, root.name, len(tasks & inside), *marks))
    return found


def outline(view: CaseView, release: Compiled, waits: Sequence[Wait], now: datetime) -> Outline:
    """Say in words where a case is, how it came there, and what can come next."""
    where = Map(release)
    steps = [event for event in view.timeline if event.kind in {"task_completed", "element_passed"}]
    passed = [f"{event.name or event.element}, {say_moment(event.at)}" for event in steps]
    rows = [row for row in view.tasks if row.status == "open" and row.element in where.scopes]
    waiting = list(dict.fromkeys(wait for wait in waits if _holds_a_token(wait, release)))
    places = [_place(row, release, where, now) for row in rows]
    places += [_waiting_place(wait, release, where, now) for wait in waiting]
    standing = [wait.element for wait in waiting if release.node(wait.element).kind == "catch"]
    names = dict.fromkeys([*(row.element for row in rows), *standing])
    ahead = [(release.node(name).name or name, where.comings(name)) for name in names]
    return Outline(passed, places, _clocks(waits, release, now), ahead)


def _open_elements(view: CaseView, release: Compiled) -> frozenset[str]:
    return frozenset(row.element for row in view.tasks if row.status == "open" and row.element in release.nodes)


def _holds_a_token(wait: Wait, release: Compiled) -> bool:
    """Whether a wait is a place of its own: an event in the flow, or a time that ends an activity.

    What else hangs at the border of an activity is told with what can come next.
    """
    return release.node(wait.element).kind == "catch" or wait.kind == "timer"


def _waiting_place(wait: Wait, release: Compiled, where: Map, now: datetime) -> Place:
    name = release.node(wait.element).name or wait.element
    return Place(name, _part(wait.element, release, where), WAITS[wait.kind], _say_due(wait.until, now))


def _clocks(waits: Sequence[Wait], release: Compiled, now: datetime) -> list[str]:
    """Say of each clock that tells people when it does so next, the earliest first."""
    running = sorted((wait.until, wait.element) for wait in waits if wait.kind == "deadline" and wait.until)
    named = ((release.node(name), at) for at, name in running)
    return [f"{node.name}: {_say_due(at, now)}" for node, at in named]


def _place(row: TaskRow, release: Compiled, where: Map, now: datetime) -> Place:
    return Place(row.name, _part(row.element, release, where), title_of(row.role), _say_due(row.due_at, now), row)


def _say_due(moment: datetime | None, now: datetime) -> str:
    return f"{say_moment(moment)} ({say_until(moment, now)})" if moment else "No time set"


def _part(name: str, release: Compiled, where: Map) -> str:
    return release.processes[where.roots[name]].name


def _who(node: Node) -> str:
    return title_of(node.role) if node.kind == "user_task" and node.role else ""
