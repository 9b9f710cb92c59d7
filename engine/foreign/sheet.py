"""A diagram from elsewhere while it is put into our words: its elements, its drawing, and what has to be said of each change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine import xml
from engine.elements import BPMN, GENERATED, NAME, RESERVED
from engine.errors import Problem

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
POINTS = "http://www.omg.org/spec/DD/20100524/DI"
LONGEST_ID = 60
_GAP = 15
_SIZES = {"task": (100.0, 80.0), "gateway": (50.0, 50.0), "event": (36.0, 36.0)}

Point = tuple[float, float]


@dataclass
class Sheet:
    """One process of a file with what belongs to it; `named` leads from our ids back to those of the file."""

    root: xml.Element
    process: xml.Element
    file: str
    questions: list[Problem] = field(default_factory=list)
    passed_over: list[Problem] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    choosing: set[str] = field(default_factory=set)

    # What has to be said --------------------------------------------------------------------------------------------

    def ask(self, element: xml.Element, rule: str, sentence: str) -> None:
        """Say a question of an element, which somebody has to look at; it is written into the diagram too."""
        self.questions.append(Problem(element.get("id", ""), rule, sentence))

    def note(self, element: xml.Element, rule: str, sentence: str) -> None:
        """Say that something was passed over."""
        self.passed_over.append(Problem(element.get("id", "") or self.file, rule, sentence))

    # Elements -------------------------------------------------------------------------------------------------------

    def scopes(self) -> Iterator[xml.Element]:
        """Give the process and every sub-process inside it."""
        yield self.process
        yield from self.process.iter(f"{{{BPMN}}}subProcess")

    def nodes(self, scope: xml.Element, *endings: str) -> list[xml.Element]:
        """Give the elements of a scope whose names end so, such as ``Task`` or ``Gateway``."""
        return [each for each in scope.iterchildren(f"{{{BPMN}}}*") if xml.local_name(each).endswith(endings)]

    def flows(self, scope: xml.Element) -> list[xml.Element]:
        """Give the flows of a scope."""
        return list(scope.iterchildren(f"{{{BPMN}}}sequenceFlow"))

    def outgoing(self, node: xml.Element) -> list[xml.Element]:
        """Give the flows that leave a node."""
        return [each for each in self.flows(self.around(node)) if each.get("sourceRef") == node.get("id")]

    def incoming(self, node: xml.Element) -> list[xml.Element]:
        """Give the flows that reach a node."""
        return [each for each in self.flows(self.around(node)) if each.get("targetRef") == node.get("id")]

    @staticmethod
    def around(node: xml.Element) -> xml.Element:
        """Give the scope in which a node stands."""
        parent = node.getparent()
        return node if parent is None else parent

    def fresh(self, wish: str) -> str:
        """Give an id in words that stands nowhere else, close to the wish."""
        word = slug(wish) or "step"
        word = f"step_{word}" if not NAME.match(word) or word in RESERVED or GENERATED.match(word) else word
        found, number = word, 2
        while found in self.ids:
            found, number = f"{word}_{number}", number + 1
        self.ids.add(found)
        return found

    def add(self, beside: xml.Element, tag: str, name: str, wish: str) -> xml.Element:
        """Put a new node into the scope of another, or into a process; what is wrong with it is said of the other."""
        scope = beside if beside is self.process else self.around(beside)
        node = xml.child(scope, f"{{{BPMN}}}{tag}", {"id": self.fresh(wish), "name": name})
        there = beside.get("id", "")
        self.named[node.get("id", "")] = self.named.get(there, there)
        return node

    def connect(self, source: xml.Element, target: xml.Element, name: str = "") -> xml.Element:
        """Draw a flow between two nodes."""
        one, other = source.get("id", ""), target.get("id", "")
        ends = {"id": self.fresh(f"{one}_to_{other}"), "sourceRef": one, "targetRef": other}
        flow = xml.child(self.around(source), f"{{{BPMN}}}sequenceFlow", {**ends, **({"name": name} if name else {})})
        start, end = self.middle(one), self.middle(other)
        if start and end:
            self.draw_line(flow.get("id", ""), [start, end])
        return flow

    def change(self, element: xml.Element, tag: str) -> None:
        """Make another kind of element of one; an event is drawn smaller than a task."""
        element.tag = f"{{{BPMN}}}{tag}"
        spot = self.middle(element.get("id", ""))
        if tag.endswith("Event") and spot:
            self.draw(element.get("id", ""), spot, "event")

    # The drawing ----------------------------------------------------------------------------------------------------

    def shape(self, name: str) -> xml.Element | None:
        """Give what is drawn for an element."""
        return next((each for each in self.root.iter(f"{{{DI}}}BPMNShape") if each.get("bpmnElement") == name), None)

    def bounds(self, name: str) -> xml.Element | None:
        """Give where an element is drawn."""
        shape = self.shape(name)
        return None if shape is None else shape.find(f"{{{DC}}}Bounds")

    def middle(self, name: str) -> Point | None:
        """Give the middle of an element's shape."""
        found = self.bounds(name)
        if found is None:
            return None
        x, y, width, height = (_number(found.get(key)) for key in ("x", "y", "width", "height"))
        return x + width / 2, y + height / 2

    def beside(self, name: str, side: int) -> Point | None:
        """Give a spot right (1) or left (-1) of an element."""
        spot, found = self.middle(name), self.bounds(name)
        if spot is None or found is None:
            return None
        return spot[0] + side * (_number(found.get("width")) / 2 + _GAP + _SIZES["gateway"][0] / 2), spot[1]

    def above(self, name: str) -> Point | None:
        """Give a spot for a task above an element."""
        spot = self.middle(name)
        return None if spot is None else (spot[0], spot[1] - _SIZES["task"][1] - 2 * _GAP)

    def draw(self, name: str, spot: Point | None, kind: str) -> None:
        """Draw an element at a spot, where the file has a drawing at all."""
        plane = next(self.root.iter(f"{{{DI}}}BPMNPlane"), None)
        if plane is None or spot is None:
            return
        found = self.bounds(name)
        if found is None:
            shape = xml.child(plane, f"{{{DI}}}BPMNShape", {"id": f"{name}_shape", "bpmnElement": name})
            found = xml.child(shape, f"{{{DC}}}Bounds", {})
        width, height = _SIZES[kind]
        place = {"x": spot[0] - width / 2, "y": spot[1] - height / 2, "width": width, "height": height}
        found.attrib.update({key: f"{value:g}" for key, value in place.items()})

    def draw_line(self, name: str, points: list[Point]) -> None:
        """Draw a flow."""
        plane = next(self.root.iter(f"{{{DI}}}BPMNPlane"), None)
        if plane is None:
            return
        edge = xml.child(plane, f"{{{DI}}}BPMNEdge", {"id": f"{name}_edge", "bpmnElement": name})
        for x, y in points:
            xml.child(edge, f"{{{POINTS}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"})

    def bend(self, flow: xml.Element, end: int, spot: Point | None) -> None:
        """Let a flow's line begin (0) or end (-1) somewhere else."""
        for edge in self.root.iter(f"{{{DI}}}BPMNEdge"):
            points = list(edge.iterchildren(f"{{{POINTS}}}waypoint"))
            if edge.get("bpmnElement") == flow.get("id") and points and spot:
                points[end].set("x", f"{spot[0]:g}")
                points[end].set("y", f"{spot[1]:g}")


def slug(text: str) -> str:
    """Make small letters, digits and underscores of a text: ``Offer a return interview?`` becomes ``offer_a_return_interview``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_ID].rstrip("_")


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
