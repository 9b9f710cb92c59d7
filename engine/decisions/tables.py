"""A decision that can be decided any number of times: a table with its hit policy, or any other boxed expression."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, reduce
from typing import Any

from engine.decisions.model import (
    MANY,
    Code,
    Decision,
    DecisionAmbiguous,
    Input,
    Output,
    Rule,
    ValueNotAllowed,
    labelled,
    noted,
)
from engine.errors import Problem
from engine.feel import Budget, BudgetExceeded, Expression
from engine.feel.arithmetic import add
from engine.feel.budget import Run
from engine.feel.values import equal, ordered
from engine.frozen import frozen

_BUDGET = Budget()
_PLAIN = frozenset({str, bool, date, type(None)})
"""The types of values of which two are the same for every cell where Python finds them equal."""
KNOWN_AT_MOST = 1_000
"""How many values a column remembers what its cells say of."""


@frozen
class Row:
    """A rule, compiled; a column that is not in `tests` always holds."""

    id: str
    tests: tuple[tuple[int, Expression], ...]
    outputs: tuple[Expression, ...]


@frozen
class Asked:
    """A column with its different cells: the rules that do not look at it, and those that have each cell, as bits.

    Where no cell takes anything but the value that it tests (`alone`), and nobody has given a function that it `calls` another meaning, what the
    cells say of a plain value is asked once and `known` from then on.
    """

    column: int
    free: int
    cells: tuple[tuple[Code, int], ...]
    alone: bool
    calls: frozenset[str]
    known: dict[Any, int] = field(default_factory=dict)

    def taken(self, value: Any, alive: int, scope: Mapping[str, Any], run: Run) -> int:
        """Give the rules whose cell holds, at least of those that are alive."""
        if not self.alone or any(name in scope for name in self.calls):
            return self.ask(alive, {**scope, "?": value}, run)
        if type(value) not in _PLAIN:
            return self.ask(alive, {"?": value}, run)
        found = self.known.get(value)
        if found is None:
            found = self.ask(-1, {"?": value}, run)
            if len(self.known) < KNOWN_AT_MOST:
                self.known[value] = found
        return found

    def ask(self, alive: int, scope: Mapping[str, Any], run: Run) -> int:
        """Ask each cell once that a rule has which is alive."""
        taken = self.free
        for code, rows in self.cells:
            if rows & alive and code(scope, run):
                taken |= rows
        return taken


@dataclass(frozen=True)
class Table:
    """A decision, ready to be decided.

    `names` are the free names of all its expressions, those of what it requires included: what a caller must bring or the
    facts must hold. `requires` gives, in their order, the name and the logic of what stands in the same file and is worked
    out first; `rests_on` every name that anything in its file may take, None where what it gives may rest on the moment
    too. A decision that is no table has `logic`, and neither inputs nor rules.
    """

    id: str
    name: str
    hit_policy: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...]
    names: frozenset[str]
    aggregation: str = ""
    requires: tuple[tuple[str, Code], ...] = field(default=(), repr=False)
    logic: Code | None = field(default=None, repr=False)
    asked: tuple[Expression, ...] = field(default=(), repr=False)
    rows: tuple[Row, ...] = field(default=(), repr=False)
    defaults: tuple[Expression | None, ...] = field(default=(), repr=False)
    allowed: tuple[Expression | None, ...] = field(default=(), repr=False)
    answers: tuple[Expression | None, ...] = field(default=(), repr=False)
    priorities: tuple[tuple[Any, ...], ...] = field(default=(), repr=False)
    rests_on: frozenset[str] | None = field(default=None, repr=False)

    @property
    def is_plain(self) -> bool:
        """Whether its rules alone say what it may give: no default, no sum of them, nothing that is worked out first."""
        return self.logic is None and not (self.requires or self.aggregation or any(self.defaults))

    @property
    def given(self) -> frozenset[str]:
        """The names that it does not take from the scope: those of what it requires."""
        return frozenset(name for name, _ in self.requires)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names under which the values of its inputs are kept, one for each input."""
        return labelled(self.inputs)

    @cached_property
    def rule(self) -> dict[str, Rule]:
        """Its rules by their ids."""
        return {rule.id: rule for rule in self.rules}

    def decide(self, scope: Mapping[str, Any], *, now: datetime, budget: Budget = _BUDGET) -> Decision:
        """Decide with the names in `scope`, at the aware moment `now`.

        UNIQUE, FIRST, ANY and PRIORITY give the one answer or None: the bare value of a single output, or
        ``{"level": "high", "review": timedelta(...)}`` of several. COLLECT and RULE ORDER give a list of such answers in the
        order of the rules, OUTPUT ORDER in that of the listed values; COLLECT with SUM, MIN, MAX or COUNT one number. Where
        no rule applies, the default counts, if there is one. Raises DecisionAmbiguous, naming the rules, where the rules that
        apply do not agree; ValueNotAllowed; BudgetExceeded.
        """
        try:
            return self.evaluate(scope, Run(budget, now))
        except RecursionError:
            raise BudgetExceeded("The decision calls functions or nests values too deeply.") from None

    def decide_on(
        self, asked: Sequence[Any], scope: Mapping[str, Any], *, now: datetime, budget: Budget = _BUDGET
    ) -> Decision:
        """Decide where the columns ask these values, one for each; `scope` is what cells name beside them."""
        run = Run(budget, now)
        try:
            return self._decided(asked, self.prepared(scope, run), run)
        except RecursionError:
            raise BudgetExceeded("The decision calls functions or nests values too deeply.") from None

    def evaluate(self, scope: Mapping[str, Any], run: Run) -> Decision:
        """Decide on what is left of a budget that others share."""
        seen_by = self.prepared(scope, run)
        if self.logic is not None:
            return Decision(self.logic(seen_by, run), (), {})
        return self._decided([asked.code(seen_by, run) for asked in self.asked], seen_by, run)

    def _decided(self, values: Sequence[Any], seen_by: Mapping[str, Any], run: Run) -> Decision:
        """Find the rules that apply to the values of the columns, and what they give."""
        for column, allowed, value in zip(self.inputs, self.allowed, values, strict=True):
            self._check(column.label, allowed, value, run)
        hits = self._hits(values, seen_by, run)
        found = [self._answer(row.outputs, seen_by, run) for row in hits]
        ids = [row.id for row in hits]
        if self.hit_policy == "UNIQUE" and len(ids) > 1:
            raise self._ambiguous(ids, "apply at once, and only one may")
        if self.hit_policy == "ANY" and any(not equal(found[0], each, run) for each in found[1:]):
            raise self._ambiguous(ids, "apply at once and do not give the same")
        if self.priorities and len(hits) > 1:
            order = sorted(range(len(hits)), key=lambda at: self._priority(found[at], run))
            order = order[:1] if self.hit_policy == "PRIORITY" else order
            ids, found = [ids[at] for at in order], [found[at] for at in order]
        if not found and any(self.defaults):
            found = [self._answer(self.defaults, seen_by, run)]
        return Decision(self._result(found, run), tuple(ids), dict(zip(self.columns, values, strict=True)))

    def prepared(self, scope: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        """Give the scope with what this decision requires worked out."""
        if not self.requires:
            return scope
        made = dict(scope)
        for name, code in self.requires:
            run.spend()
            made[name] = code(made, run)
        return made

    def saw(self, decision: Decision) -> dict[str, Any]:
        """Give what the rules that fired looked at, by column: ``{"Grade now": "high"}``; long values as their size."""
        looked = {at for name in decision.rule_ids for at in self.rule[name].asked}
        return {self.columns[at]: noted(decision.seen[self.columns[at]]) for at in sorted(looked)}

    def may_apply(
        self, scope: Mapping[str, Any], unsure: Collection[int], *, now: datetime, budget: Budget = _BUDGET
    ) -> tuple[Rule, ...]:
        """Give the rules that can apply where nobody knows what some columns ask, which `unsure` names by their places.

        In a FIRST table the last of them is the first one that surely applies.
        """
        run = Run(budget, now)
        scope = self.prepared(scope, run)
        values = [None if at in unsure else asked.code(scope, run) for at, asked in enumerate(self.asked)]
        scopes = [{**scope, "?": value} for value in values]
        found: list[Rule] = []
        for row, rule in zip(self.rows, self.rules, strict=True):
            run.spend()
            if all(test.code(scopes[at], run) for at, test in row.tests if at not in unsure):
                found.append(rule)
                if self.hit_policy == "FIRST" and not any(at in unsure for at, _ in row.tests):
                    break
        return tuple(found)

    @cached_property
    def _asks(self) -> tuple[Asked, ...]:
        """The columns that any rule looks at."""
        found = []
        for column in range(len(self.inputs)):
            cells: dict[str, tuple[Expression, int]] = {}
            free = 0
            for place, row in enumerate(self.rows):
                test = dict(row.tests).get(column)
                if test is None:
                    free |= 1 << place
                else:
                    cells[test.text] = test, cells.get(test.text, (test, 0))[1] | 1 << place
            if cells:
                alone = all(test.rests_on == frozenset() for test, _ in cells.values())
                calls = frozenset[str]().union(*(test.calls for test, _ in cells.values()))
                codes = tuple((test.code, rows) for test, rows in cells.values())
                found.append(Asked(column, free, codes, alone, calls))
        return tuple(found)

    @cached_property
    def _passed(self) -> set[tuple[int, Any]]:
        """Plain values that were found among those that a column allows, by the id of the expression that lists them."""
        return set()

    def _hits(self, values: Sequence[Any], scope: Mapping[str, Any], run: Run) -> list[Row]:
        """Give the rules that apply; those that share a cell ask it once."""
        run.spend(len(self.rows))
        if self.hit_policy == "FIRST" and not all(each.alone for each in self._asks):
            scopes = [{**scope, "?": value} for value in values]  # no cell below the first rule that applies is asked
            fits = (row for row in self.rows if all(test.code(scopes[at], run) for at, test in row.tests))
            return [row for row in (next(fits, None),) if row is not None]
        alive = (1 << len(self.rows)) - 1
        for each in self._asks:
            alive &= each.taken(values[each.column], alive, scope, run)
        if self.hit_policy == "FIRST":
            alive &= -alive
        found = []
        while alive:  # few rules apply, of many
            found.append(self.rows[(alive & -alive).bit_length() - 1])
            alive &= alive - 1
        return found

    def _result(self, found: list[Any], run: Run) -> Any:
        if self.aggregation:
            return _AGGREGATE[self.aggregation](found, run)
        if self.hit_policy in MANY:
            return found
        return found[0] if found else None

    def _priority(self, answer: Any, run: Run) -> tuple[int, ...]:
        """Give the places of an answer's values among those that its columns list, the first column first."""
        values = [answer] if len(self.outputs) == 1 else [answer[output.name] for output in self.outputs]
        places = []
        for listed, value in zip(self.priorities, values, strict=True):
            found = (at for at, each in enumerate(listed) if equal(each, value, run))
            places.append(next(found, len(listed)))
        return tuple(places)

    def _ambiguous(self, rule_ids: Sequence[str], what: str) -> DecisionAmbiguous:
        sentence = f"The rules {' and '.join(rule_ids)} of the table '{self.name}' {what}."
        return DecisionAmbiguous([Problem(self.id, "rules-overlap", sentence)])

    def _answer(self, cells: Sequence[Expression | None], scope: Mapping[str, Any], run: Run) -> Any:
        values = [None if cell is None else cell.code(scope, run) for cell in cells]
        for column, allowed, value in zip(self.outputs, self.answers, values, strict=True):
            self._check(column.label, allowed, value, run)
        if len(values) == 1:
            return values[0]
        return {column.name: value for column, value in zip(self.outputs, values, strict=True)}

    def _check(self, label: str, allowed: Expression | None, value: Any, run: Run) -> None:
        if allowed is None or value is None:
            return
        stays = allowed.rests_on == frozenset() and type(value) in _PLAIN
        known = (id(allowed), value) if stays else None
        if known in self._passed:
            return
        if allowed.code({"?": value}, run):
            if known is not None and len(self._passed) < KNOWN_AT_MOST:
                self._passed.add(known)
            return
        if isinstance(value, list) and all(allowed.code({"?": each}, run) for each in value):
            return
        sentence = f"The value {value!r} of '{label}' in the table '{self.name}' is none of {allowed.text}."
        raise ValueNotAllowed([Problem(self.id, "value-not-allowed", sentence)])


def _sum(values: list[Any], run: Run) -> Any:
    return reduce(lambda total, each: add(total, each, run), values) if values else None


def _least(values: list[Any], _: Run) -> Any:
    return reduce(lambda best, each: _better(operator.lt, best, each), values) if values else None


def _most(values: list[Any], _: Run) -> Any:
    return reduce(lambda best, each: _better(operator.gt, best, each), values) if values else None


def _better(compare: Callable[[Any, Any], bool], best: Any, each: Any) -> Any:
    """Give the better of two values; nothing where they cannot be compared."""
    wins = ordered(compare, each, best)
    return None if wins is None else each if wins else best


_AGGREGATE: Mapping[str, Callable[[list[Any], Run], Any]] = {
    "SUM": _sum,
    "MIN": _least,
    "MAX": _most,
    "COUNT": lambda values, _: len(values),
}
"""How the answers of a COLLECT table become one; of none there is only a count, and of those that do not go together nothing."""
