"""Whether a diagram can be read as a picture: nothing lies over anything else, and lines, labels and lanes are in order.

What a diagram means is read by `engine.diagrams`; this module looks at its drawing only (BPMN 2.0, chapter 12, diagram
interchange), with the eyes of somebody who has never seen BPMN. Lengths are in pixels of the drawing; y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from engine import xml
from engine.elements import BPMN, NODES
from engine.errors import Problem
from engine.frozen import frozen

CROSSINGS_AT_MOST = 3
"""So many crossings of lines a reader can follow in one drawing; with more, every one is named."""

LABEL_AT_MOST_FROM_SHAPE = 40
"""A label that lies further from its shape or line than this is read as belonging to something else."""

TOUCHING = 2
"""Boxes that overlap by no more than this only touch."""

_NODES = frozenset(NODES) | {"task"}
_NAMED_OUTSIDE = ("Event", "Gateway")
_PIXELS_PER_LETTER = 5.4
_PIXELS_PER_LINE = 14
_PADDING_OF_TASK = 6

Point = tuple[float, float]
Segment = tuple[Point, Point]


@frozen
class Box:
    """A rectangle of the drawing by its left upper corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower border."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """The point in the middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than their borders."""
        return (
            min(self.right, other.right) - max(self.x, other.x) > TOUCHING
            and min(self.bottom, other.bottom) - max(self.y, other.y) > TOUCHING
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies within this one."""
        inside_x = self.x - TOUCHING <= other.x and other.right <= self.right + TOUCHING
        return inside_x and self.y - TOUCHING <= other.y and other.bottom <= self.bottom + TOUCHING

    def distance(self, other: Box) -> float:
        """How far apart the two are: 0 where they touch or overlap."""
        across = max(self.x - other.right, other.x - self.right, 0)
        down = max(self.y - other.bottom, other.y - self.bottom, 0)
        return max(across, down)

    def borders(self, point: Point) -> bool:
        """Whether a point lies on the border."""
        spot = Box(point[0], point[1], 0, 0)
        shrunk = Box(self.x + 3, self.y + 3, self.width - 6, self.height - 6)
        return self.holds(spot) and not (shrunk.x < spot.x < shrunk.right and shrunk.y < spot.y < shrunk.bottom)


@dataclass(slots=True)
class _Node:
    """One flow node: what it is, what it lies in or on, and where it is drawn."""

    id: str
    kind: str
    name: str
    inside: str
    host: str
    box: Box | None = None
    label: Box | None = None


@dataclass(slots=True)
class _Line:
    """One sequence flow as it is drawn."""

    id: str
    name: str
    source: str
    target: str
    points: list[Point] = field(default_factory=list)
    label: Box | None = None

    @property
    def segments(self) -> list[Segment]:
        """The straight parts of the line."""
        return list(pairwise(self.points))


@dataclass(slots=True)
class _Picture:
    """Everything that is drawn."""

    nodes: dict[str, _Node] = field(default_factory=dict)
    lines: dict[str, _Line] = field(default_factory=dict)
    lanes: dict[str, Box | None] = field(default_factory=dict)
    lane_of: dict[str, str] = field(default_factory=dict)

    def drawn(self) -> list[tuple[_Node, Box]]:
        """The nodes that have a shape, with it."""
        return [(node, node.box) for node in self.nodes.values() if node.box is not None]

    def around(self, name: str) -> set[str]:
        """The sub-processes that a node lies in."""
        found: set[str] = set()
        while name in self.nodes and self.nodes[name].inside:
            name = self.nodes[name].inside
            found.add(name)
        return found

    def labels(self) -> list[tuple[str, str, Box]]:
        """Each label with the id and the text of what it belongs to."""
        owners: list[_Node | _Line] = [*self.nodes.values(), *self.lines.values()]
        return [(each.id, each.name, each.label) for each in owners if each.label is not None and each.name]


def problems(bpmn_text: str) -> tuple[Problem, ...]:
    """Give everything that makes the drawing of a diagram hard to read; empty for a good one.

    Raises:
        Invalid: the text is not XML that we read (see `engine.xml.parse`).
    """
    picture = _picture(xml.parse(bpmn_text))
    looks = (
        _everything_is_drawn,
        _nodes_keep_apart,
        _nodes_lie_where_they_belong,
        _lines_are_straight,
        _lines_pass_no_shape,
        _lines_seldom_cross,
        _labels_are_beside_their_shape,
        _labels_cover_nothing,
        _texts_fit,
    )
    return tuple(problem for look in looks for problem in look(picture))


# Reading ------------------------------------------------------------------------------------------------------------


def _picture(root: xml.Element) -> _Picture:
    """Collect what is drawn and what it stands for."""
    picture = _Picture()
    for element in root.iter(f"{{{BPMN}}}*"):
        kind = xml.local_name(element)
        name = element.get("id", "")
        if kind in _NODES:
            parent = element.getparent()
            inside = parent.get("id", "") if parent is not None and xml.local_name(parent) == "subProcess" else ""
            picture.nodes[name] = _Node(name, kind, element.get("name", ""), inside, element.get("attachedToRef", ""))
        elif kind == "sequenceFlow":
            ends = element.get("sourceRef", ""), element.get("targetRef", "")
            picture.lines[name] = _Line(name, element.get("name", ""), *ends)
        elif kind == "lane":
            picture.lanes[name] = None
        elif kind == "flowNodeRef":
            lane = element.getparent()
            picture.lane_of[(element.text or "").strip()] = lane.get("id", "") if lane is not None else ""
    _place(root, picture)
    return picture


def _place(root: xml.Element, picture: _Picture) -> None:
    """Note where the shapes, lines and labels are."""
    for element in root.iter():
        about = element.get("bpmnElement", "")
        kind = xml.local_name(element)
        if kind == "BPMNShape":
            if about in picture.nodes:
                picture.nodes[about].box, picture.nodes[about].label = _bounds(element), _label(element)
            elif about in picture.lanes:
                picture.lanes[about] = _bounds(element)
        elif kind == "BPMNEdge" and about in picture.lines:
            spots = [each for each in element if xml.local_name(each) == "waypoint"]
            picture.lines[about].points = [(_number(each, "x"), _number(each, "y")) for each in spots]
            picture.lines[about].label = _label(element)


def _label(shape: xml.Element) -> Box | None:
    """Give the bounds of a shape's label."""
    return next((_bounds(each) for each in shape if xml.local_name(each) == "BPMNLabel"), None)


def _bounds(element: xml.Element) -> Box | None:
    """Give the bounds of an element of the drawing."""
    for each in element:
        if xml.local_name(each) == "Bounds":
            return Box(_number(each, "x"), _number(each, "y"), _number(each, "width"), _number(each, "height"))
    return None


def _number(element: xml.Element, name: str) -> float:
    """Read a coordinate; what is no number counts as 0 and shows as a shape in the wrong place."""
    try:
        return float(element.get(name, "0"))
    except ValueError:
        return 0.0


# Looking ------------------------------------------------------------------------------------------------------------


def _everything_is_drawn(picture: _Picture) -> Iterator[Problem]:
    """Each node has a shape, each flow a line, each lane its band, and each label its place."""
    nodes = [(node.id, node.name, node.box is not None) for node in picture.nodes.values()]
    lines = [(line.id, line.name, len(line.points) > 1) for line in picture.lines.values()]
    lanes = [(lane, "", box is not None) for lane, box in picture.lanes.items()]
    for owner, name, is_drawn in nodes + lines + lanes:
        if not is_drawn:
            yield Problem(owner, "shape-missing", f"“{name or owner}” is part of the diagram but is not drawn.")
    labelled: list[_Node | _Line] = [node for node in picture.nodes.values() if node.kind.endswith(_NAMED_OUTSIDE)]
    labelled.extend(picture.lines.values())
    for each in labelled:
        if each.name and each.label is None:
            yield Problem(each.id, "label-missing", f"The place of the label “{each.name}” is not given.")


def _nodes_keep_apart(picture: _Picture) -> Iterator[Problem]:
    """No shape lies over another; a boundary event sits on its activity, a sub-process holds what is in it."""
    for (one, one_box), (other, other_box) in combinations(picture.drawn(), 2):
        belongs = one.host == other.id or other.host == one.id
        holds = one.id in picture.around(other.id) or other.id in picture.around(one.id)
        if not belongs and not holds and one_box.overlaps(other_box):
            yield Problem(one.id, "shapes-overlap", f"{one.id} lies over {other.id}: move them apart.")


def _nodes_lie_where_they_belong(picture: _Picture) -> Iterator[Problem]:
    """A node lies within its lane and its sub-process; a boundary event on the border of its activity."""
    for node, box in picture.drawn():
        lane = picture.lanes.get(picture.lane_of.get(node.id, ""))
        if lane is not None and not lane.holds(box):
            name = picture.lane_of[node.id]
            yield Problem(
                node.id, "outside-its-lane", f"{node.id} belongs to the lane {name} but is not drawn within it."
            )
        around = picture.nodes[node.inside].box if node.inside in picture.nodes else None
        if around is not None and not around.holds(box):
            yield Problem(node.id, "outside-its-sub-process", f"{node.id} is not drawn within {node.inside}.")
        host = picture.nodes[node.host].box if node.host in picture.nodes else None
        if host is not None and not host.borders(box.middle):
            yield Problem(node.id, "off-its-border", f"{node.id} does not sit on the border of {node.host}.")


def _lines_are_straight(picture: _Picture) -> Iterator[Problem]:
    """A line runs level or upright, from the border of its source to the border of its target."""
    for line in picture.lines.values():
        if any(abs(a[0] - b[0]) > 1 and abs(a[1] - b[1]) > 1 for a, b in line.segments):
            yield Problem(line.id, "line-slants", "The line slants: draw it level and upright, with corners.")
        for name, at in ((line.source, 0), (line.target, -1)):
            box = picture.nodes[name].box if name in picture.nodes else None
            if box is not None and line.points and not box.borders(line.points[at]):
                yield Problem(line.id, "line-ends-elsewhere", f"The line does not reach the border of {name}.")


def _lines_pass_no_shape(picture: _Picture) -> Iterator[Problem]:
    """A line runs through no shape that it does not belong to."""
    for line in picture.lines.values():
        own = {line.source, line.target} | (picture.around(line.source) & picture.around(line.target))
        for node, box in picture.drawn():
            if node.id not in own and any(_passes(segment, box) for segment in line.segments):
                yield Problem(line.id, "line-through-shape", f"The line runs through {node.id}: lead it around.")


def _lines_seldom_cross(picture: _Picture) -> Iterator[Problem]:
    """Few lines cross, and lines that have neither source nor target in common never run on one another."""
    crossings = []
    for one, other in combinations(picture.lines.values(), 2):
        pairs = [(a, b) for a in one.segments for b in other.segments]
        crossings += [(one, other)] * any(_cross(a, b) for a, b in pairs)
        apart = one.source != other.source and one.target != other.target
        if apart and any(_run_together(a, b) for a, b in pairs):
            yield Problem(
                one.id, "lines-run-together", f"The line lies on that of {other.id}: nobody can tell them apart."
            )
    if len(crossings) > CROSSINGS_AT_MOST:
        for one, other in crossings:
            sentence = (
                f"The line crosses {other.id}; the drawing has {len(crossings)} crossings, {CROSSINGS_AT_MOST} at most."
            )
            yield Problem(one.id, "lines-cross", sentence)


def _labels_are_beside_their_shape(picture: _Picture) -> Iterator[Problem]:
    """A label lies close to what it names."""
    for node in picture.nodes.values():
        if node.name and node.box and node.label and node.box.distance(node.label) > LABEL_AT_MOST_FROM_SHAPE:
            yield Problem(node.id, "label-far-away", f"The label “{node.name}” lies far from its shape.")
    for line in picture.lines.values():
        if not line.name or not line.label or not line.segments:
            continue
        if min(_band(segment).distance(line.label) for segment in line.segments) > LABEL_AT_MOST_FROM_SHAPE:
            yield Problem(line.id, "label-far-away", f"The label “{line.name}” lies far from its line.")


def _labels_cover_nothing(picture: _Picture) -> Iterator[Problem]:
    """A label lies over no shape, no other label and no line."""
    labels = picture.labels()
    for owner, text, box in labels:
        inside = picture.around(owner) if owner in picture.nodes else picture.around(picture.lines[owner].source)
        for node, shape in picture.drawn():
            if node.id not in inside and _covers(box, node, shape):
                yield Problem(owner, "label-over-shape", f"The label “{text}” lies over {node.id}.")
        for line in picture.lines.values():
            if any(_passes(segment, box) for segment in line.segments):
                yield Problem(owner, "label-over-line", f"The line of {line.id} runs through the label “{text}”.")
    for (one, text, box), (_other, other_text, other_box) in combinations(labels, 2):
        if box.overlaps(other_box):
            yield Problem(one, "label-over-label", f"The labels “{text}” and “{other_text}” lie over each other.")


def _texts_fit(picture: _Picture) -> Iterator[Problem]:
    """The name of a task fits into it, the name of an event, gateway or flow into the room of its label."""
    for node, box in picture.drawn():
        outside = node.kind.endswith(_NAMED_OUTSIDE)
        room = box if not outside else node.label
        padding = 0 if outside else _PADDING_OF_TASK
        if node.name and room is not None and not _fits(node.name, room, padding):
            yield Problem(
                node.id, "text-does-not-fit", f"“{node.name}” does not fit: use fewer words or give it more room."
            )
    for line in picture.lines.values():
        if line.name and line.label is not None and not _fits(line.name, line.label, 0):
            yield Problem(
                line.id, "text-does-not-fit", f"“{line.name}” does not fit: use fewer words or give it more room."
            )


# Measuring ----------------------------------------------------------------------------------------------------------


def _band(segment: Segment) -> Box:
    """Give a straight part of a line as a box without thickness."""
    (x1, y1), (x2, y2) = segment
    return Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))


def _passes(segment: Segment, box: Box) -> bool:
    """Whether a straight part of a line runs through the inside of a box."""
    band = _band(segment)
    across = band.x < box.right - TOUCHING and band.right > box.x + TOUCHING
    return across and band.y < box.bottom - TOUCHING and band.bottom > box.y + TOUCHING


def _covers(label: Box, node: _Node, shape: Box) -> bool:
    """Whether a label lies over a shape; the corners around a gateway's diamond and an event's circle are free."""
    if not label.overlaps(shape):
        return False
    x, y = shape.middle
    away_x = max(label.x - x, x - label.right, 0) / (shape.width / 2)
    away_y = max(label.y - y, y - label.bottom, 0) / (shape.height / 2)
    if node.kind.endswith("Gateway"):
        return away_x + away_y < 1
    return not node.kind.endswith("Event") or away_x**2 + away_y**2 < 1


def _cross(one: Segment, other: Segment) -> bool:
    """Whether an upright and a level part cross; meeting at an end is no crossing."""
    for level, upright in ((one, other), (other, one)):
        (left, y), (right, y2) = sorted(level)
        (x, top), (x2, bottom) = sorted(upright)
        if y == y2 and x == x2 and left < x < right and top < y < bottom:
            return True
    return False


def _run_together(one: Segment, other: Segment) -> bool:
    """Whether two parallel parts lie on one another for more than a touch."""
    for axis in (0, 1):
        same = {point[axis] for point in (*one, *other)}
        if len(same) == 1:
            a, b = sorted(point[1 - axis] for point in one), sorted(point[1 - axis] for point in other)
            return min(a[1], b[1]) - max(a[0], b[0]) > TOUCHING
    return False


def _fits(text: str, room: Box, padding: float) -> bool:
    """Whether a text, broken between words, fits into a room; letters are taken at their usual width."""
    width = room.width - 2 * padding
    lines, used = 1, 0.0
    for word in text.split():
        length = len(word) * _PIXELS_PER_LETTER
        if length > width * 1.15:
            return False
        if used and used + _PIXELS_PER_LETTER + length > width * 1.15:
            lines, used = lines + 1, length
        else:
            used += length + (_PIXELS_PER_LETTER if used else 0)
    return lines * _PIXELS_PER_LINE <= room.height + TOUCHING
