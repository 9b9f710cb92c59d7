"""Where a step is drawn: on the line of a flow, in another lane; and the lines that are led to it, or joined behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from engine.editing.room import GAP, TASK, Box, Line, Room, straight, tidy

_SIDE = 40.0
"""So much of a line is seen on either side of a new task."""
_STUB = 12.0
_SHARES = (0.5, 1.0, 0.0)
_EVENT, _INSET, _BELOW = 36.0, 12.0, 44.0
"""How large an event is, how far from a corner of its step it sits, and how far from its border the end behind it stands."""
_SPOTS = (0.0, 1.0, 0.5)
_LABEL = (64.0, 14.0)

Points = list[list[float]]


def give_place(room: Room, flow: str, onward: str, task: tuple[str, str], around: Sequence[str], way: int) -> bool:
    """Draw a task (its id, its lane) on a flow, which ends there; the flow `onward` leads on from it.

    `around` are the groups in which the flow runs, the nearest first; `way` is the number of the way in which it is tried.
    False where the flow cannot be drawn so.
    """
    line = room.lines.get(flow)
    places = [] if line is None else [(*part, share) for part in straight(line) for share in _SHARES]
    if line is None or way >= len(places):
        return False
    number, axis, share = places[way]
    one, other = line.points[number][axis], line.points[number + 1][axis]
    at = min(one, other) + 1 + (abs(one - other) - 2) * share
    frame = room.shapes.get(around[0] if around else task[1])
    box = (
        _across(room, line, flow, number, at, frame.box if frame else None, around)
        if axis == 0
        else _down(room, line, number, at)
    )
    before, after = _led(line.points, number, box, axis, forward=one < other)
    room.add_shape(task[0], box)
    room.add_line(onward, task[0], line.target, after)
    line.points, line.target = tidy(before), task[0]
    return True


def _across(room: Room, line: Line, flow: str, number: int, at: float, frame: Box | None, around: Sequence[str]) -> Box:
    """Make room on a level part of a line; the task stands on it, or beside it in the frame where it belongs."""
    room.widen(0, at, TASK[0] + 2 * _SIDE)
    box = Box([at + _SIDE, line.points[number][1] - TASK[1] / 2], list(TASK))
    if frame is not None and not room.place(box, frame, around, [flow]):
        room.widen(1, frame.end(1) - 0.5, TASK[1] + 2 * GAP)
        box.at[1] = frame.end(1) - GAP - TASK[1]
    return box


def _down(room: Room, line: Line, number: int, at: float) -> Box:
    """Make room on an upright part of a line."""
    room.widen(1, at, TASK[1] + 2 * _SIDE)
    return Box([line.points[number][0] - TASK[0] / 2, at + _SIDE], list(TASK))


def _led(points: Points, number: int, box: Box, axis: int, *, forward: bool) -> tuple[Points, Points]:
    """Lead a line to a box that stands at one of its parts, and on from its other side."""
    along, beside = points[number][1 - axis], box.middle(1 - axis)
    ways: list[Points] = []
    for edge, turn in ((box.at[axis], box.at[axis] - _SIDE / 2), (box.end(axis), box.end(axis) + _SIDE / 2)):
        spots = [(turn, along), (turn, beside), (edge, beside)]
        ways.append([list(each) if axis == 0 else [each[1], each[0]] for each in spots])
    first, second = ways if forward else reversed(ways)
    return points[: number + 1] + first, [*reversed(second), *points[number + 1 :]]


def hang(room: Room, host: str, event: str, end: tuple[str, str], way: int) -> bool:
    """Draw an event on the border of a step, and behind it its end, to which a flow leads (both ids in `end`).

    `way` is the number of the way in which it is tried: along the lower border and the upper one, then where what is around
    the step grows downwards, and at last where all below the step moves down. False where there is no such way.
    """
    sides = [(grows, share) for grows in ("", "up", "frame", "below") for share in _SPOTS]
    if host not in room.shapes or way >= len(sides):
        return False
    (grows, share), box = sides[way], room.shapes[host].box
    down, deep = grows != "up", _BELOW + _EVENT + GAP
    if grows == "frame":
        around = [each.box for name, each in room.shapes.items() if each.frame and name != host and each.box.holds(box)]
        bottom = min((each.end(1) for each in around), default=box.end(1) + deep)
        room.widen(1, bottom - 0.5, max(box.end(1) + deep - bottom, 0))
    elif grows == "below":
        room.widen(1, box.end(1) + 1, deep + GAP)
    x = box.at[0] + _INSET + (box.size[0] - 2 * _INSET - _EVENT) * share
    edge = box.end(1) if down else box.at[1]
    tops = [edge - _EVENT / 2, edge + _BELOW if down else edge - _BELOW - _EVENT]
    for name, top, sits in ((event, tops[0], host), (end[0], tops[1], "")):
        beside = Box([x + _EVENT + 3, top + (_EVENT - 10 if sits and down else 0 if sits else 11)], list(_LABEL))
        room.add_shape(name, Box([x, top], [_EVENT, _EVENT]), beside, sits)
    ends = [tops[0] + _EVENT, tops[1]] if down else [tops[0], tops[1] + _EVENT]
    room.add_line(end[1], event, end[0], [[x + _EVENT / 2, each] for each in ends])
    return True


def relocate(room: Room, names: Sequence[str], lane: str) -> None:
    """Draw a step, with what hangs on it, in another lane, at the same place from left to right."""
    frame = room.shapes[lane].box
    lines = [name for name, line in room.lines.items() if {line.source, line.target} & set(names)]
    old = _hull(room, names)
    new = Box(list(old.at), list(old.size))
    new.at[1] = frame.middle(1) - new.size[1] / 2
    if not room.place(new, frame, names, lines):
        room.widen(1, frame.end(1) - 0.5, new.size[1] + 2 * GAP)
        old, new.at[1] = _hull(room, names), frame.end(1) - GAP - new.size[1]
    by = new.at[1] - old.at[1]
    for name in names:
        if name in room.shapes:
            shape = room.shapes[name]
            shape.box.at[1] += by
            if shape.label is not None:
                shape.label.at[1] += by
    for name in lines:
        _follow(room, room.lines[name], set(names), by)


def _hull(room: Room, names: Iterable[str]) -> Box:
    """Give the rectangle around several shapes and their labels."""
    shapes = [room.shapes[name] for name in names if name in room.shapes]
    boxes = [each for shape in shapes for each in (shape.box, shape.label) if each is not None]
    corner = [min(each.at[axis] for each in boxes) for axis in (0, 1)]
    return Box(corner, [max(each.end(axis) for each in boxes) - corner[axis] for axis in (0, 1)])


def _follow(room: Room, line: Line, moved: set[str], by: float) -> None:
    """Lead a line after a step that was moved down or up."""
    if {line.source, line.target} <= moved:
        for each in line.points:
            each[1] += by
        if line.label is not None:
            line.label.at[1] += by
    elif line.target in moved:
        line.points = tidy(_bent(line.points, room.shapes[line.target].box, by))
    else:
        line.points = tidy(reversed(_bent(line.points[::-1], room.shapes[line.source].box, by)))


def _bent(points: Points, box: Box, by: float) -> Points:
    """Lead the end of a line to where a box was moved: from the side with a bend, from above or below straight."""
    before, (x, y) = points[-2], points[-1]
    if before[1] == y:
        turn = x + (_STUB if before[0] > x else -_STUB)
        return [*points[:-1], [turn, y], [turn, y + by], [x, y + by]]
    below = before[1] > box.middle(1)
    return [*points[:-1], [x, box.end(1) if below else box.at[1]]]


def join(room: Room, ways: Iterable[str], out: str) -> None:
    """Lead the lines that reached a step on along the line that left it."""
    after = room.lines.get(out)
    for name in ways:
        line = room.lines.get(name)
        if line is None or after is None or not line.points or not after.points:
            continue
        line.points = tidy([*line.points, *_corner(line.points, after.points), *after.points])
        line.target = after.target


def _corner(one: Points, other: Points) -> Points:
    """Give the corners between the end of a line and the beginning of another."""
    (x, y), (x2, y2) = one[-1], other[0]
    if x == x2 or y == y2:
        return []
    level = [a[1] == b[1] for a, b in (next(reversed([*pairwise(one)])), next(pairwise(other)))]
    if level[0] != level[1]:
        return [[x2, y]] if level[0] else [[x, y2]]
    half = (x + x2) / 2 if level[0] else (y + y2) / 2
    return [[half, y], [half, y2]] if level[0] else [[x, half], [x2, half]]
