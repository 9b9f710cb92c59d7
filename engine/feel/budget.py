"""How much one evaluation may cost, and the refusals of an expression that is wrong or costs too much."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import Invalid, Problem
from engine.frozen import frozen


def position(text: str, offset: int) -> tuple[int, int]:
    """Give line and column, counted from 1, of a place in a text that is counted from 0."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


class FeelSyntaxError(Invalid):
    """The text is not a FEEL expression; `line` and `column` count from 1."""

    def __init__(self, text: str, offset: int, sentence: str) -> None:
        """Say where in `text` the fault is (`offset` counts from 0) and what was expected there."""
        self.line, self.column = position(text, offset)
        self.sentence = sentence
        self.text = text
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        super().__init__([Problem(shown, "feel-syntax", f"Line {self.line}, column {self.column}: {sentence}")])


class BudgetExceeded(Invalid):
    """The expression asks for more work or room than one evaluation may take."""

    def __init__(self, sentence: str) -> None:
        """Say in `sentence` which limit was met."""
        super().__init__([Problem("expression", "feel-budget", sentence)])


_LEAVES = frozenset({str, int, bool, type(None), Decimal, date, datetime, time, timedelta})


class Unusable(ValueError):
    """A function cannot use what it was given, so its result is null; the message is a sentence that says why."""


@frozen
class Budget:
    """What one evaluation may take at most.

    `steps` counts passes through a list or range (one for every sixteen parts of what is done in it), calls of functions,
    items of new lists and 64 characters of new text each; `size` is the
    most items of a list and characters of a string; `depth` is the most levels of nested calls and nested values.
    """

    steps: int = 200_000
    size: int = 100_000
    depth: int = 200


class Run:
    """What is left of the budget in one evaluation, the moment that `now()` gives, and what last made a function fail."""

    __slots__ = ("depth", "fault", "now", "size", "steps")

    def __init__(self, budget: Budget, now: datetime) -> None:
        self.steps = budget.steps
        self.size = budget.size
        self.depth = budget.depth
        self.now = now
        self.fault: Exception | None = None

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget; raises BudgetExceeded when they run out."""
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExceeded("The expression takes too many steps.")

    def items(self, count: int) -> None:
        """Pay for a list of `count` items before it is built."""
        if count > self.size:
            raise BudgetExceeded(f"The expression builds a list of more than {self.size} items.")
        self.spend(count)

    def copy(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        """Pay for a copy of the names in sight, and make it."""
        self.spend(1 + (len(scope) >> 6))
        return dict(scope)

    def text(self, length: int) -> None:
        """Pay for a string of `length` characters before it is built."""
        if length > self.size:
            raise BudgetExceeded(f"The expression builds a text of more than {self.size} characters.")
        self.spend(1 + (length >> 6))

    def enter(self, levels: int) -> None:
        """Go `levels` deeper; every call is paired with `leave`."""
        self.depth -= levels
        if self.depth < 0:
            raise BudgetExceeded("The expression calls functions or nests values too deeply.")

    def leave(self, levels: int) -> None:
        """Come back from `enter`."""
        self.depth += levels

    def weigh(self, value: object) -> None:
        """Pay for walking through a whole value, however often one list is held in it."""
        self.spend()
        here: list[object] = [value]
        level = 0
        while here:
            if level > self.depth:
                raise BudgetExceeded("The expression calls functions or nests values too deeply.")
            below: list[object] = []
            for at in here:
                held = at if isinstance(at, list) else at.values() if isinstance(at, dict) else ()
                self.steps -= len(held)
                if self.steps < 0:
                    self.spend(0)
                if not _LEAVES.issuperset(map(type, held)):
                    below += [each for each in held if type(each) not in _LEAVES]
            here = below
            level += 1
