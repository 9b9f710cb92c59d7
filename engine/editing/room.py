"""The drawing of a diagram while it is changed: shapes and lines that make room, and what is written of them afterwards.

An `axis` is 0 for across (x) and 1 for down (y). Lines run level and upright, and stay so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine.editing.source import Piece, Source

GAP = 10
"""So much free space stays around what is put into a drawing."""
TASK = (120.0, 80.0)
_FARTHEST = 50_000.0
_TRIES = 300
_FIELDS = ("x", "y", "width", "height")


@dataclass(slots=True, eq=False)
class Box:
    """A rectangle: its left upper corner and its size, each by axis; and the element of the file that says so."""

    at: list[float]
    size: list[float]
    piece: Piece | None = None

    def end(self, axis: int) -> float:
        """Where it ends."""
        return self.at[axis] + self.size[axis]

    def middle(self, axis: int) -> float:
        """Where its middle is."""
        return self.at[axis] + self.size[axis] / 2

    def overlaps(self, other: Box, gap: float = 0) -> bool:
        """Whether the two come nearer to each other than a gap."""
        return all(self.at[axis] < other.end(axis) + gap and other.at[axis] < self.end(axis) + gap for axis in (0, 1))

    def holds(self, other: Box) -> bool:
        """Whether the other lies within."""
        return all(self.at[axis] <= other.at[axis] and other.end(axis) <= self.end(axis) for axis in (0, 1))


@dataclass(slots=True, eq=False)
class Shape:
    """What is drawn of one element; a `frame` holds others: a pool, a lane, a sub-process."""

    box: Box
    label: Box | None
    frame: bool
    host: str = ""


@dataclass(slots=True, eq=False)
class Line:
    """What is drawn of one flow: the points of its line, and its label."""

    source: str
    target: str
    points: list[list[float]]
    label: Box | None
    piece: Piece | None = None
    written: list[list[float]] = field(default_factory=list)


class Room:
    """All shapes and lines of a drawing."""

    def __init__(
        self,
        source: Source,
        bands: Iterable[str],
        groups: Iterable[str],
        flows: Mapping[str, tuple[str, str]],
        hosts: Mapping[str, str],
    ) -> None:
        """Read the drawing.

        `bands` are the pools and lanes, `groups` the sub-processes; `flows` gives the ends of each flow, `hosts` the step
        on which an event sits.
        """
        self.source = source
        self.bands = frozenset(bands)
        self.shapes: dict[str, Shape] = {}
        self.lines: dict[str, Line] = {}
        self.plane = next((each for each in source.root.walk() if each.name == "BPMNPlane"), None)
        self._drawn: dict[str, Piece] = {}
        self._tags = {"Bounds": "dc:Bounds", "waypoint": "di:waypoint"}
        self._tags |= {each.name: each.tag for each in source.root.walk() if each.name in self._tags}
        held = self.bands | set(groups)
        for piece in self.plane.children if self.plane else ():
            about = piece.get("bpmnElement")
            label = piece.first("BPMNLabel", "Bounds")
            bounds = piece.first("Bounds")
            self._drawn[about] = piece
            if piece.name == "BPMNShape" and bounds is not None:
                self.shapes[about] = Shape(
                    _box(bounds), _box(label) if label else None, about in held, hosts.get(about, "")
                )
            elif piece.name == "BPMNEdge":
                points = [[_number(each, "x"), _number(each, "y")] for each in piece.all("waypoint")]
                ends = flows.get(about, ("", ""))
                copy = [list(each) for each in points]
                self.lines[about] = Line(*ends, points, _box(label) if label else None, piece, copy)

    # Making room ------------------------------------------------------------------------------------------------------

    def widen(self, axis: int, at: float, by: float) -> None:
        """Move everything behind a line across the drawing; frames that the line cuts grow."""
        moved = {name for name, shape in self.shapes.items() if self._behind(shape, axis, at)}
        for line in self.lines.values():
            follows = [name in moved if self._is_step(name) else None for name in (line.source, line.target)]
            stretch(line, axis, at, by, follows)
            if line.label is not None and line.label.middle(axis) >= at:
                line.label.at[axis] += by
        for name, shape in self.shapes.items():
            if name in moved:
                shape.box.at[axis] += by
                if shape.label is not None:
                    shape.label.at[axis] += by
            elif shape.frame and shape.box.end(axis) > at:
                shape.box.size[axis] += by

    def _is_step(self, name: str) -> bool:
        return name in self.shapes and not self.shapes[name].frame

    def _behind(self, shape: Shape, axis: int, at: float) -> bool:
        if shape.frame:
            return shape.box.at[axis] >= at
        host = self.shapes.get(shape.host)
        if host is not None and not host.frame:
            return self._behind(host, axis, at)
        return shape.box.middle(axis) >= at

    def torn(self, axis: int, at: float) -> int:
        """Count what is no frame and would be cut by a line across the drawing."""
        boxes = [each for shape in self.shapes.values() if not shape.frame for each in (shape.box, shape.label)]
        boxes += [line.label for line in self.lines.values()]
        return sum(each is not None and each.at[axis] < at < each.end(axis) for each in boxes)

    def is_free(self, box: Box, around: Iterable[str], passing: Iterable[str] = ()) -> bool:
        """Whether nothing but the frames around it, and lines that may pass, comes near a box."""
        holders, pass_by = self.bands.union(around), set(passing)
        for name, shape in self.shapes.items():
            labels = [shape.label] if shape.label is not None else []
            boxes = labels if name in holders else [shape.box, *labels]
            if any(each.overlaps(box, GAP) for each in boxes):
                return False
        for name, line in self.lines.items():
            spans = [_band(a, b) for a, b in pairwise(line.points)] if name not in pass_by else []
            spans += [line.label] if line.label is not None else []
            if any(each.overlaps(box, GAP) for each in spans):
                return False
        return True

    def place(self, box: Box, frame: Box, around: Iterable[str], passing: Iterable[str] = ()) -> bool:
        """Move a box down or up to the nearest free place within a frame; False where there is none."""
        names, lines = list(around), list(passing)
        top, bottom = frame.at[1] + GAP, frame.end(1) - GAP - box.size[1]
        wanted, steps = box.at[1], min(int(max(bottom - top, 0) // GAP) + 1, _TRIES)
        for y in sorted([top + GAP * step for step in range(steps)] + [wanted], key=lambda each: abs(each - wanted)):
            box.at[1] = y
            if top <= y <= bottom and self.is_free(box, names, lines):
                return True
        box.at[1] = wanted
        return False

    # Writing ----------------------------------------------------------------------------------------------------------

    def add_shape(self, name: str, box: Box, label: Box | None = None, host: str = "") -> None:
        """Draw a new element; `host` is the step on which it sits."""
        self.shapes[name] = Shape(box, label, frame=False, host=host)

    def add_line(self, name: str, source: str, target: str, points: list[list[float]]) -> None:
        """Draw a new flow."""
        self.lines[name] = Line(source, target, tidy(points), None)

    def drop(self, name: str) -> None:
        """Draw an element no more."""
        self.shapes.pop(name, None)
        self.lines.pop(name, None)
        piece = self._drawn.pop(name, None)
        if piece is not None:
            self.source.take_out(piece)

    def write(self) -> None:
        """Note in the file what has moved, and what is new."""
        for name, shape in self.shapes.items():
            self._bounds(shape.box)
            self._bounds(shape.label)
            if name not in self._drawn and self.plane is not None:
                self._new(name, "BPMNShape", "shape", self._outline(shape))
        for name, line in self.lines.items():
            self._bounds(line.label)
            points = [f'<{self._tags["waypoint"]} x="{x:g}" y="{y:g}" />' for x, y in line.points]
            if name not in self._drawn and self.plane is not None:
                self._new(name, "BPMNEdge", "edge", points)
            elif line.points != line.written and line.piece is not None:
                self._points(line.piece, points)

    def _outline(self, shape: Shape) -> list[str]:
        bounds = self._tags["Bounds"]
        lines = [f"<{bounds} {_said(shape.box)} />"]
        if shape.label is not None and self.plane is not None:
            tag = f"{self.plane.prefix}BPMNLabel"
            lines += [f"<{tag}>", f"  <{bounds} {_said(shape.label)} />", f"</{tag}>"]
        return lines

    def _bounds(self, box: Box | None) -> None:
        if box is None or box.piece is None:
            return
        for name, value in zip(_FIELDS, (*box.at, *box.size), strict=True):
            if _number(box.piece, name) != value:
                self.source.set_attribute(box.piece, name, f"{value:g}")

    def _points(self, edge: Piece, points: list[str]) -> None:
        old = edge.all("waypoint")
        indent = self.source.indent(old[0])
        self.source.replace(old[0].start, old[-1].end, f"\n{indent}".join(points))

    def _new(self, name: str, kind: str, ending: str, inside: list[str]) -> None:
        if self.plane is None:
            return
        tag = f"{self.plane.prefix}{kind}"
        lines = [f'<{tag} id="{name}_{ending}" bpmnElement="{name}">', *(f"  {each}" for each in inside), f"</{tag}>"]
        self.source.add_inside(self.plane, "\n".join(lines))


def tidy(points: Iterable[list[float]]) -> list[list[float]]:
    """Leave out points that are there twice, and those in the midst of a straight part."""
    found: list[list[float]] = []
    for each in points:
        if found and found[-1] == each:
            continue
        if len(found) > 1 and any(found[-2][axis] == found[-1][axis] == each[axis] for axis in (0, 1)):
            found.pop()
        found.append(list(each))
    return found


def straight(line: Line) -> Iterator[tuple[int, int]]:
    """Give the parts of a line, the longest level ones first, as the number of their first point and their axis."""
    parts = [
        (number, 0 if a[1] == b[1] else 1, abs(a[0] - b[0]) + abs(a[1] - b[1]))
        for number, (a, b) in enumerate(pairwise(line.points))
    ]
    for number, axis, _ in sorted(parts, key=lambda each: (each[1], -each[2])):
        yield number, axis


def stretch(line: Line, axis: int, at: float, by: float, ends: Sequence[bool | None]) -> None:
    """Move the points of a line that lie behind a cut; `ends` says whether what it comes from and leads to moves, None where that is a frame."""
    points = line.points
    if not points:
        return
    moves = [each[axis] >= at for each in points]
    for place, end in zip((0, -1), ends, strict=True):
        moves[place] = moves[place] if end is None else end
    level = [a[axis] == b[axis] for a, b in pairwise(points)]
    _hold_together(moves, level)
    for each, moved in zip(points, moves, strict=True):
        each[axis] += by if moved else 0
    if len(points) == 2 and level[0] and moves[0] != moves[1]:  # noqa: PLR2004 - a line of one part
        first, last = points
        half = (first[1 - axis] + last[1 - axis]) / 2
        bends = [list(first), list(last)]
        for each in bends:
            each[1 - axis] = half
        line.points[1:1] = bends


def _hold_together(moves: list[bool], level: Sequence[bool]) -> None:
    """What runs along a cut stays in one piece: its inner point does as the end of the line does."""
    for number, same in enumerate(level[:-1]):
        moves[number + 1] = moves[number] if same else moves[number + 1]
    for number in range(len(level) - 1, 0, -1):
        moves[number] = moves[number + 1] if level[number] else moves[number]


def _band(one: list[float], other: list[float]) -> Box:
    corner = [min(a, b) for a, b in zip(one, other, strict=True)]
    return Box(corner, [abs(a - b) for a, b in zip(one, other, strict=True)])


def _box(bounds: Piece) -> Box:
    x, y, width, height = (_number(bounds, name) for name in _FIELDS)
    return Box([x, y], [width, height], bounds)


def _number(piece: Piece, name: str) -> float:
    """Read a coordinate; what is none, or lies beyond every sheet, counts as 0."""
    try:
        number = float(piece.get(name, "0"))
    except ValueError:
        return 0.0
    return number if abs(number) < _FARTHEST else 0.0


def _said(box: Box) -> str:
    return " ".join(f'{name}="{value:g}"' for name, value in zip(_FIELDS, (*box.at, *box.size), strict=True))
