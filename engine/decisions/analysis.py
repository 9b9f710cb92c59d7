"""What is wrong in a table as a whole: rules that meet, questions that no rule answers, rules that can never apply.

Exact where cells compare with constants; where a cell asks more, it says that nobody can decide it. A column is taken for what
its type says, and as free of the other columns: two columns that depend on each other may give an example that cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, islice
from typing import Any

from engine.decisions.conditions import EPOCH, say_plainly
from engine.decisions.model import MANY
from engine.decisions.spaces import ANYTHING, Box, Space, TooLarge, left_of, meet, space_of
from engine.decisions.tables import Table
from engine.errors import Problem
from engine.feel.budget import Budget, Run
from engine.feel.values import equal
from engine.frozen import frozen

GAPS_TOLD, PAIRS_TOLD = 3, 12


@frozen
class Finding:
    """One thing about a table: what it is, the rules that it is about, and an example of what is asked.

    `kind` is ``overlap``, ``differ``, ``never``, ``gap`` or ``undecided``; the first three keep a table from being published,
    the others are for a person to look at.
    """

    kind: str
    rules: tuple[str, ...]
    example: Mapping[str, Any]
    problem: Problem

    @property
    def blocks(self) -> bool:
        """Whether the table cannot be published so."""
        return self.kind in {"overlap", "differ", "never"}


def examine(table: Table) -> tuple[Finding, ...]:
    """Say everything about a table that can be seen without a case."""
    return tuple(_Examined(table).findings()) if table.rules else ()


class _Examined:
    """A table while it is looked at."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.space: Space = space_of(table)
        self.number = {rule.id: place for place, rule in enumerate(table.rules, 1)}

    def findings(self) -> Iterator[Finding]:
        """Give everything, what keeps the table from being published first."""
        if any(not rule for rule, _ in self.space.unclear):
            yield self.undecided(
                "which values a column allows", [label for rule, label in self.space.unclear if not rule]
            )
            return
        try:
            yield from self.never()
            if self.table.hit_policy in {"UNIQUE", "ANY"}:
                yield from self.meetings()
            if self.table.hit_policy not in MANY and not any(self.table.defaults):
                yield from self.gaps()
        except TooLarge:
            yield self.undecided("whether some rule always applies, for the table is too large", ())

    # --------------------------------------------------------------------------------------- never

    def never(self) -> Iterator[Finding]:
        """Find rules that cannot apply: no value fits, or those before them take everything."""
        before: list[Box] = []
        for box in self.space.boxes:
            label = next((c.label for c, mask in zip(self.space.columns, box.possible, strict=True) if not mask), "")
            if label:
                yield self.found("never", [box], {}, f"{self.say(box)} can never apply: no value of “{label}” fits.")
            elif self.table.hit_policy == "FIRST" and not _any(left_of(box.possible, [each.sure for each in before])):
                taking = [each for each in before if meet(each.sure, box.possible)]
                said = (
                    f"{self.say(box)} can never apply: {self.say(*taking).lower()} before it take all that it asks for."
                )
                yield self.found("never", [box], {}, said.replace("take", "takes") if len(taking) == 1 else said)
            before.append(box)

    # --------------------------------------------------------------------------------------- meetings

    def meetings(self) -> Iterator[Finding]:
        """Find rules that apply at once where only one may, or where they must agree."""
        certain, open_ = [], []
        for one, other in combinations(self.space.boxes, 2):
            differ = self.differ(one, other)
            shared = meet(one.sure, other.sure)
            if shared is not None and differ:
                certain.append((one, other, shared))
            elif differ is not False and meet(one.possible, other.possible):
                open_.append((one, other))
        kind, why = (
            ("differ", "and do not give the same")
            if self.table.hit_policy == "ANY"
            else ("overlap", "and only one may")
        )
        for one, other, shared in certain[:PAIRS_TOLD]:
            example = self.space.example(shared)
            said = f"{self.say(one, other)} apply at once {why}: {self.where(example)}."
            yield self.found(kind, [other, one], example, said)
        if len(certain) > PAIRS_TOLD:
            rest = len(certain) - PAIRS_TOLD
            yield self.found(kind, [certain[PAIRS_TOLD][1]], {}, f"{rest} more pairs of rules apply at once {why}.")
        if open_ and not certain:
            pairs = "; ".join(self.say(*pair).lower() for pair in open_[:GAPS_TOLD])
            yield self.undecided(f"whether these apply at once, {why}: {pairs}", ())

    def differ(self, one: Box, other: Box) -> bool | None:
        """Whether two rules must not apply at once; None where nobody can say whether they give the same."""
        if self.table.hit_policy == "UNIQUE":
            return True
        rows = {row.id: row for row in self.table.rows}
        pairs = list(zip(rows[one.id].outputs, rows[other.id].outputs, strict=True))
        if all(mine.text == theirs.text for mine, theirs in pairs):
            return False
        run = Run(Budget(), EPOCH)
        plain = [(mine.value, theirs.value) for mine, theirs in pairs if mine.constant and theirs.constant]
        if any(not equal(mine, theirs, run) for mine, theirs in plain):
            return True
        return False if len(plain) == len(pairs) else None

    # --------------------------------------------------------------------------------------- gaps

    def gaps(self) -> Iterator[Finding]:
        """Find what can be asked and no rule answers."""
        pieces = list(islice(left_of(self.space.whole, [box.possible for box in self.space.boxes]), GAPS_TOLD + 1))
        for piece in pieces[:GAPS_TOLD]:
            example = self.space.example(piece)
            yield self.found("gap", [], example, f"No rule applies {self.where(example)}, and there is no default.")
        if len(pieces) > GAPS_TOLD:
            yield self.found("gap", [], {}, "There is more to which no rule applies.")
        if not pieces and _any(left_of(self.space.whole, [box.sure for box in self.space.boxes])):
            yield self.undecided("whether some rule always applies", ())

    # --------------------------------------------------------------------------------------- words

    def undecided(self, what: str, labels: Any) -> Finding:
        """Say what nobody can decide, and at which cells that is."""
        cells = [f"rule {self.number[rule]}, “{label}”" for rule, label in self.space.unclear if rule][:GAPS_TOLD]
        because = " and ".join(f"“{label}”" for label in labels) or "; ".join(cells)
        sentence = f"It cannot be decided {what}" + (f" (because of {because})." if because else ".")
        return self.found("undecided", [], {}, sentence)

    def say(self, *boxes: Box) -> str:
        """Name rules by their place in the table."""
        numbers = [str(self.number[box.id]) for box in boxes]
        return f"Rule {numbers[0]}" if len(numbers) == 1 else f"Rules {', '.join(numbers[:-1])} and {numbers[-1]}"

    def where(self, example: Mapping[str, Any]) -> str:
        """Say an example."""
        parts = [
            f"“{label}” is {ANYTHING if value == ANYTHING else say_plainly(value)}" for label, value in example.items()
        ]
        return f"where {' and '.join(parts)}" if parts else "whatever is asked"

    def found(self, kind: str, boxes: list[Box], example: Mapping[str, Any], sentence: str) -> Finding:
        """Make a finding at the first of its rules, else at the decision."""
        ids = tuple(box.id for box in boxes)
        where = ids[0] if ids else self.table.id
        return Finding(kind, ids, example, Problem(where, f"table-{kind}", sentence))


def _any(pieces: Iterator[Any]) -> bool:
    return next(pieces, None) is not None
