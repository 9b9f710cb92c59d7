"""Where a case is on its diagrams: marked for the drawing, as a table, and as an outline in words that follows the flows.

The drawing, the table and the outline say the same, so that nobody needs the drawing (or JavaScript) to know it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime

from engine.elements import WAITING
from engine.frozen import frozen
from engine.grounds import Grounds
from engine.model import Wait
from engine.process import Node, Process
from engine.release import Compiled
from engine.views import CaseView, TaskRow
from web.moments import say_moment, say_until
from workflows.agencies import title_of

STOPS = frozenset({"user_task", "call", *WAITING})
"""What the outline names as a next step: people act or the case waits. Gateways, tables and milestones are passed through."""

WAITS = {
    "message": "The case waits for word of this",
    "condition": "The case waits until this is so",
    "signal": "The case waits until this happens in it",
    "timer": "The case waits until then",
}
"""What stands in place of a person where a case waits by itself."""

NO_TIME = "No time set"


@frozen
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


@frozen
class Place:
    """One open step: a row of the table."""

    name: str
    part: str
    who: str
    due: str
    element: str
    task: TaskRow | None = None


@frozen
class Coming:
    """What can come after an open step: "Write up the interview", when "Was the child seen?: Yes", by whom; and where it is drawn."""

    name: str
    when: str
    who: str
    element: str = field(default="", compare=False)


@frozen
class Ahead:
    """What can come after one open step: by its own ways on, and by what can interrupt it or what it stands in."""

    element: str
    name: str
    next: Sequence[Coming]
    could: Sequence[Coming]


@frozen
class Entry:
    """A line of the outline: where its element is drawn, if it has one, and the lines inside it."""

    words: str
    element: str = ""
    part: str = ""
    inside: Sequence[Entry] = ()


@frozen
class Outline:
    """A case in words: its open steps as a table, and a tree of where it is, what comes next, what can happen, and what has."""

    places: Sequence[Place]
    ahead: Sequence[Ahead]
    tree: Sequence[Entry]


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
                    inner = node.called if node.kind == "call" else node.id
                    if node.kind == "call" or node.id in scope.children:
                        self.entered.setdefault(inner, []).append(node)

    def around(self, name: str) -> Iterator[Node]:
        """Give the activities inside which a node stands, the nearest first."""
        inside, seen = self.entered.get(self.scopes[name].id, []), set()
        while inside:
            outer = [node for node in inside if node.id not in seen]
            yield from outer
            seen |= {node.id for node in outer}
            inside = [node for each in outer for node in self.entered.get(self.scopes[each.id].id, [])]

    def ahead(self, name: str) -> Ahead:
        """Give what can come after a step."""
        activities = (self.release.node(name), *self.around(name))
        could: list[Coming] = []
        for event in (event for activity in activities for event in self._meanwhile(activity)):
            could += self._after(event.id, (event.name,), {event.id})
        own = list(dict.fromkeys(self._after(name, (), {name})))
        return Ahead(name, self.release.node(name).name or name, own, list(dict.fromkeys(could)))

    def _meanwhile(self, activity: Node) -> Iterator[Node]:
        """Give the events that can happen while something runs: on its border, and those that begin an event sub-process."""
        scope = self.scopes[activity.id]
        yield from (event for event in scope.attached(activity.id) if not event.is_deadline)
        for handler in scope.nodes.values():
            if handler.kind == "handler" and handler is not activity:
                yield from scope.children[handler.id].starts

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
            yield Coming(node.name or node.id, ", ".join(when), _who(node), node.id)
        elif node.kind == "sub_process":
            yield from self._after(scope.children[node.id].starts[0].id, when, seen)
        elif node.kind == "end" and node.trigger is not None and node.trigger.kind == "error":
            for event in self._catching(node):
                yield from self._after(event.id, when, seen | {event.id})
        elif node.kind == "end":
            outer = [each for each in self.entered.get(scope.id, []) if each.id not in seen]
            if not self.entered.get(scope.id):
                yield Coming(node.name or "The case ends", ", ".join(when), "", node.id)
            for each in outer:
                yield from self._after(each.id, when, seen | {each.id})
        else:
            yield from self._after(node.id, when, seen)

    def _catching(self, node: Node) -> list[Node]:
        """Give the events that catch an error in the process around it, or in the nearest one that has such an event."""
        for activity in (node, *self.around(node.id)):
            events = [each for each in self._meanwhile(activity) if each.trigger and node.trigger]
            found = [each for each in events if each.trigger.catches(node.trigger)]  # type: ignore[union-attr, arg-type]
            if found:
                return found
        return []


@frozen
class WayDrawing:
    """One diagram on the way to a task: `way` are the elements and flows to be marked, `steps` the elements with their names."""

    id: str
    name: str
    way: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


def way_drawings(grounds: Grounds) -> list[WayDrawing]:
    """Give the diagrams through which the way to a task went, that of the task last."""
    release = grounds.release
    where, names = Map(release), [name for name in grounds.elements if name in release.nodes]
    chosen = {each.flow for leg in grounds.legs for each in leg.conditions}
    by_root: dict[str, list[str]] = {}
    for name in names:
        by_root.setdefault(where.roots[name], []).append(name)
    last = where.roots.get(grounds.row.element, "")
    found = []
    for root in sorted(by_root, key=lambda each: each == last):
        inside = by_root[root]
        flows = [flow for name in inside for flow in where.scopes[name].outgoing(name) if flow.target in inside]
        taken = [flow.id for flow in flows if flow.id in chosen or not flow.condition]
        steps = tuple((name, release.node(name).name) for name in inside if release.node(name).name)
        found.append(WayDrawing(root, release.processes[root].name, (*inside, *taken), steps))
    return found


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
    rows = [row for row in view.tasks if row.status == "open" and row.element in where.scopes]
    waiting = list(dict.fromkeys(wait for wait in waits if _holds_a_token(wait, release)))
    places = [_place(row, release, where, now) for row in rows]
    places += [_waiting_place(wait, release, where, now) for wait in waiting]
    standing = [wait.element for wait in waiting if release.node(wait.element).kind in WAITING]
    ahead = [where.ahead(name) for name in dict.fromkeys([*(row.element for row in rows), *standing])]
    return Outline(places, ahead, tuple(_tree(view, where, places, ahead, _clocks(waits, release, now))))


def _tree(
    view: CaseView, where: Map, places: Sequence[Place], ahead: Sequence[Ahead], clocks: Sequence[tuple[str, str]]
) -> Iterator[Entry]:
    """Give the lines of the outline: open steps with what is ahead of each, clocks, and what has happened."""

    def entry(words: str, element: str, inside: Sequence[Entry] = ()) -> Entry:
        return Entry(words, element, where.roots.get(element, ""), inside)

    def coming(one: Coming) -> Entry:
        when = f" (if: {one.when})" if one.when else ""
        return entry(f"{one.name}{f': {one.who}' if one.who else ''}{when}", one.element)

    def open_step(place: Place) -> Entry:
        due = f", {place.due}" if place.due != NO_TIME else ""
        after = next((each for each in ahead if each.element == place.element), None)
        inside = [] if after is None else [
            Entry("What comes next", inside=[coming(one) for one in after.next] or [Entry("Nothing more on this way")]),
            *([Entry("What can happen meanwhile", inside=[coming(one) for one in after.could])] if after.could else []),
        ]  # fmt: skip
        return entry(f"{place.name}: {place.who}{due}", place.element, inside)

    steps = [event for event in view.timeline if event.kind in {"task_completed", "element_passed"}]
    happened = [entry(f"{event.name or event.element}, {say_moment(event.at)}", event.element) for event in steps]
    yield Entry(
        "Where the case is", inside=[open_step(each) for each in places] or [Entry("At its end: nothing is open")]
    )
    if clocks:
        told = [entry(words, element) for words, element in clocks]
        yield Entry("Clocks that run, and when each tells people next", inside=told)
    yield Entry("What has happened", inside=happened or [Entry("Nothing yet")])


def _open_elements(view: CaseView, release: Compiled) -> frozenset[str]:
    return frozenset(row.element for row in view.tasks if row.status == "open" and row.element in release.nodes)


def _holds_a_token(wait: Wait, release: Compiled) -> bool:
    """Whether a wait is a place of its own: an event in the flow, or a time that ends an activity.

    What else hangs at the border of an activity is told with what can come next.
    """
    return release.node(wait.element).kind in WAITING or wait.kind == "timer"


def _waiting_place(wait: Wait, release: Compiled, where: Map, now: datetime) -> Place:
    name = release.node(wait.element).name or wait.element
    part = _part(wait.element, release, where)
    return Place(name, part, WAITS[wait.kind], _say_due(wait.until, now), wait.element)


def _clocks(waits: Sequence[Wait], release: Compiled, now: datetime) -> list[tuple[str, str]]:
    """Say of each clock that tells people when it does so next, the earliest first, with its element."""
    running = sorted((wait.until, wait.element) for wait in waits if wait.kind == "deadline" and wait.until)
    named = ((release.node(name), at) for at, name in running)
    return [(f"{node.name}: {_say_due(at, now)}", node.id) for node, at in named]


def _place(row: TaskRow, release: Compiled, where: Map, now: datetime) -> Place:
    part, due = _part(row.element, release, where), _say_due(row.due_at, now)
    return Place(row.name, part, title_of(row.role), due, row.element, row)


def _say_due(moment: datetime | None, now: datetime) -> str:
    return f"{say_moment(moment)} ({say_until(moment, now)})" if moment else NO_TIME


def _part(name: str, release: Compiled, where: Map) -> str:
    return release.processes[where.roots[name]].name


def _who(node: Node) -> str:
    return title_of(node.role) if node.kind == "user_task" and node.role else ""
