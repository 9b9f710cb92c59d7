"""The door of the package: a text becomes an `Expression` that can be evaluated any number of times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from engine.feel import functions, loops, types
from engine.feel.budget import Budget, BudgetExceeded, FeelSyntaxError, Run
from engine.feel.compiler import Compiler
from engine.feel.functions import lists, matching, moments, numbers, ranges, text, working
from engine.feel.functions.registry import BUILTINS, phrases
from engine.feel.parser import Parser
from engine.feel.reasons import Reason, Watch
from engine.feel.shortcuts import Code
from engine.feel.syntax import Literal, Node
from engine.frozen import frozen

__all__ = ["Expression", "compile", "compile_source", "compile_unary_tests"]
_TAUGHT = (
    functions,
    loops,
    types,
    lists,
    matching,
    moments,
    numbers,
    ranges,
    text,
    working,
)  # imported for what they enter into the tables
_DEFAULT = Budget()
_CLOCKS = frozenset({"now", "today"})
_NOWHEN = datetime(2000, 1, 1, tzinfo=UTC)


@frozen
class Expression:
    """A compiled text.

    `names` are the names that it certainly takes from the scope, `loose` those that may come from the scope or from
    the items of a filter; `rests_on` are both: while nothing of that name has changed, neither has its value. None where
    that rests on the moment of the evaluation too. `calls` are the built-in functions that it uses, where the scope has none of
    the name. `doubts` are refusals for who writes the expression: places that can only give null, such as
    ``duration("24H")``; the standard lets them run, a publisher should not. A single literal is `constant` and has its
    `value` here.
    """

    text: str
    names: frozenset[str]
    loose: frozenset[str] = field(compare=False)
    doubts: tuple[FeelSyntaxError, ...] = field(compare=False)
    constant: bool = field(compare=False)
    value: Any = field(compare=False)
    code: Code = field(repr=False, compare=False)
    spoken: frozenset[str] = field(repr=False, compare=False)
    cell: bool = field(compare=False)
    rests_on: frozenset[str] | None = field(compare=False)
    calls: frozenset[str] = field(repr=False, compare=False)

    def evaluate(self, scope: Mapping[str, Any], *, budget: Budget = _DEFAULT, now: datetime) -> Any:
        """Evaluate with the names in `scope`; `now` is an aware datetime, which `now()` and `today()` give.

        What FEEL calls an error is null. Raises BudgetExceeded when the expression costs more than `budget` allows;
        what a `Function` of the scope raises is passed on.
        """
        run = Run(budget, now)
        try:
            value = self.code(scope, run)
            if type(value) is list or type(value) is dict:
                run.weigh(value)
        except RecursionError:
            raise BudgetExceeded("The expression calls functions or nests values too deeply.") from None
        return value

    def explain(
        self, scope: Mapping[str, Any], *, budget: Budget = _DEFAULT, now: datetime = _NOWHEN
    ) -> tuple[Reason, ...]:
        """Say where an evaluation comes to null and why, in a sentence.

        Empty where nothing is null. Kinds are named and keys, never values. Without `now`, a moment in 2000 stands for it.
        Raises BudgetExceeded as `evaluate` does.
        """
        watch = Watch(self.text, BUILTINS)
        code = Compiler(BUILTINS, watch.watched).compile(_tree(self.text, self.spoken, cell=self.cell))
        try:
            code(scope, Run(budget, now))
        except RecursionError:
            raise BudgetExceeded("The expression calls functions or nests values too deeply.") from None
        return watch.reasons()


def parse(text: str) -> Node:
    """Read an expression into its tree, to be told in words; refused with `Invalid` where it cannot be read."""
    return _tree(text, frozenset(), cell=False)


def _tree(text: str, names: frozenset[str], *, cell: bool) -> Node:
    parser = Parser(text, phrases(), names)
    return parser.whole(parser.cell if cell else parser.expression)


def _one(names: Iterable[str]) -> frozenset[str]:
    """Give the one set of these names: hundreds of expressions take the same few."""
    return _kept(frozenset(names))


@lru_cache(maxsize=4096)
def _kept(names: frozenset[str]) -> frozenset[str]:
    return names


def _build(text: str, names: frozenset[str], *, cell: bool) -> Expression:
    tree = _tree(text, names, cell=cell)
    compiler = Compiler(BUILTINS)
    code = compiler.compile(tree)
    return Expression(
        text=text,
        names=_one(compiler.names),
        loose=_one(compiler.loose - compiler.names - BUILTINS.keys()),
        doubts=tuple(FeelSyntaxError(text, at, sentence) for at, sentence in compiler.doubts),
        constant=isinstance(tree, Literal),
        value=tree.value if isinstance(tree, Literal) else None,
        code=code,
        spoken=names,
        cell=cell,
        rests_on=_one(compiler.names | compiler.loose) if _CLOCKS.isdisjoint(compiler.own) else None,
        calls=frozenset(compiler.own),
    )


@lru_cache(maxsize=8192)
def compile(text: str, names: frozenset[str] = frozenset()) -> Expression:
    """Compile an expression such as ``found.returned_at + duration("PT72H")``; raises FeelSyntaxError.

    `names` of the scope are needed only where they hold signs or reserved words, such as ``pick-up time``.
    """
    return _build(text, names, cell=False)


@lru_cache(maxsize=8192)
def compile_unary_tests(text: str, names: frozenset[str] = frozenset()) -> Expression:
    """Compile a cell such as ``>= 18, "high", not(null), -``; raises FeelSyntaxError.

    The value that is tested is `scope`'s ``?``; the result is always true or false. A test that mentions ``?`` or is
    itself a condition must be true; any other is compared with the value: equal, in the list, in the range.
    """
    return _build(text, names, cell=True)


def compile_source(text: str) -> Expression:
    """Compile what a diagram holds: an expression behind a leading ``=``, which is not part of it."""
    return compile(text.strip().removeprefix("="))
