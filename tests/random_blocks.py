"""Draws block-structured procedures (`tests.blocks`) at random."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from hypothesis import strategies as st

from tests.blocks import ITEMS, Activity, Block, Branching, Catch, Drawn, Handler, Loop, Race, Sequence, Side, Throw


class Names:
    """Gives every element a name of its own, and every clock a length of its own.

    `may_stop` is false inside an inclusive gateway: what can only end there does not hold the join back any more.
    """

    def __init__(self) -> None:
        self.numbers = count(1)
        self.may_stop = True

    def __call__(self, word: str) -> str:
        return f"{word}_{next(self.numbers)}"

    def seconds(self) -> int:
        """Give a duration that no other clock has, and whose sums are unlike each other."""
        number = next(self.numbers)
        return 600 + number * number * 37 + number * 1013


@st.composite
def procedures(draw: st.DrawFn) -> Drawn:
    """Draw a procedure of up to about a dozen tasks, nested up to four deep."""
    names = Names()
    return Drawn(_block(draw, names, 4), _handler(draw, names, 2))


def _block(draw: st.DrawFn, names: Names, depth: int) -> Block:
    kinds = ["task", "task", "catch"]
    if depth:
        kinds += ["exclusive", "parallel", "inclusive", "loop", "race", "call", *["sequence"] * 2, *["inside"] * 3]
    kind = draw(st.sampled_from(kinds))
    if kind == "sequence":
        return Sequence([_block(draw, names, depth - 1) for _ in range(draw(st.integers(2, 3)))])
    if kind in {"exclusive", "parallel", "inclusive"}:
        before, names.may_stop = names.may_stop, names.may_stop and kind != "inclusive"
        ways = (_block(draw, names, depth - 1), _block(draw, names, depth - 1))
        names.may_stop = before
        stops = names.may_stop and kind == "exclusive" and draw(st.integers(0, 3)) == 3
        return Branching(names("b"), kind, ways, stops)
    if kind == "race":
        ways = (_block(draw, names, depth - 1), _block(draw, names, depth - 1))
        first = names.seconds() if draw(st.booleans()) else None
        return Race(names("r"), (first, names.seconds() if draw(st.booleans()) else None), ways)
    if kind == "loop":
        return Loop(names("l"), _block(draw, names, depth - 1))
    if kind == "catch":
        return Catch(names("c"), names.seconds() if draw(st.booleans()) else None)
    return _activity(draw, names, {"task": "user"}.get(kind, kind), depth)


def _activity(draw: st.DrawFn, names: Names, kind: str, depth: int) -> Activity:
    name = names({"user": "t", "inside": "s", "call": "k"}[kind])
    body = None if kind == "user" else _block(draw, names, depth - 1)
    several = draw(st.sampled_from([None, None, 0, 1, 2, 2, 3]))
    items = None if several is None else ITEMS[:several]
    sides = list(_sides(draw, names, depth))
    if body is not None and draw(st.integers(0, 2)) == 2:
        body = Sequence([body, _throw(draw, names, depth, sides)])
    handler = _handler(draw, names, min(depth - 1, 1)) if body is not None else None
    return Activity(name, kind, body, items, draw(st.booleans()), sides, handler)


def _throw(draw: st.DrawFn, names: Names, depth: int, sides: list[Side]) -> Throw:
    """Throw something, and draw what catches it at the border."""
    what = draw(st.sampled_from(["error", "escalation", "escalation"]))
    quiet = what == "escalation" and draw(st.booleans())
    thrown = f"{what}={names('x')}"
    way = _block(draw, names, min(depth - 1, 1)) if depth and draw(st.booleans()) else None
    sides.append(Side(names("e"), "quiet" if quiet else "interrupting", None, way, stops=False, thrown=thrown))
    return Throw(names("w"), thrown)


def _handler(draw: st.DrawFn, names: Names, depth: int) -> Handler | None:
    if draw(st.integers(0, 3)) < 3:
        return None
    seconds = names.seconds() if draw(st.booleans()) else None
    return Handler(names("h"), draw(st.booleans()), seconds, _block(draw, names, depth))


def _sides(draw: st.DrawFn, names: Names, depth: int) -> Iterator[Side]:
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        kind = draw(st.sampled_from(["interrupting", "quiet", "quiet", "deadline"]))
        timed = kind == "deadline" or draw(st.integers(0, 2)) > 0
        way = _block(draw, names, min(depth - 1, 1)) if depth and kind != "deadline" and draw(st.booleans()) else None
        stops = names.may_stop and kind != "deadline" and draw(st.integers(0, 4)) == 4
        yield Side(names("e"), kind, names.seconds() if timed else None, way, stops)
