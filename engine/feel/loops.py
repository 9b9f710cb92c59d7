"""Compiles what walks through lists and ranges: `for`, `some`, `every` and the filter; each pass is paid for."""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from engine.feel import shortcuts, syntax
from engine.feel.budget import Run
from engine.feel.compiler import Compiler, teach
from engine.feel.shortcuts import Code, Scope
from engine.feel.values import NUMBERS, Range, ordered

Source = Callable[[Scope, Run], "Iterable[Any] | None"]
_ABSENT = object()


def _numbers(start: int | Decimal, end: int | Decimal, run: Run) -> Iterable[Any] | None:
    low, high = int(start), int(end)
    if low != start or high != end:
        return None
    run.items(abs(high - low) + 1)
    run.steps += abs(high - low) + 1  # asked for before the first pass, paid for by each
    return range(low, high + 1) if low <= high else range(low, high - 1, -1)


def _dates(start: date, end: date, run: Run) -> Iterable[Any]:
    count = abs((end - start).days) + 1
    run.items(count)
    run.steps += count  # as above
    step = 1 if start <= end else -1
    return (start + timedelta(days=step * index) for index in range(count))


def span(start: Any, end: Any, run: Run) -> Iterable[Any] | None:
    """Give all whole numbers or days from `start` to `end`, upwards or downwards, one after the other; None for others."""
    if type(start) in NUMBERS and type(end) in NUMBERS:
        return _numbers(start, end, run)
    return _dates(start, end, run) if type(start) is type(end) is date else None


def _items(value: Any, run: Run) -> Iterable[Any] | None:
    """Give what a loop walks through: a list's items, a closed range upwards, or a single value."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Range):
        return None if value is None else [value]
    if not (value.start_included and value.end_included) or value.start is None or value.end is None:
        return None
    return span(value.start, value.end, run) if ordered(operator.le, value.start, value.end) else None


def _source(compiler: Compiler, node: syntax.Iterator) -> Source:
    source = compiler.compile(node.source)
    if node.end is None:
        return lambda scope, run: _items(source(scope, run), run)
    end = compiler.compile(node.end)
    return lambda scope, run: span(source(scope, run), end(scope, run), run)


class _NothingToWalk(Exception):
    """What a loop should walk through is no list and no range: the whole loop gives null."""


def _sources(compiler: Compiler, iterators: tuple[syntax.Iterator, ...]) -> list[tuple[str, Source]]:
    """Compile the sources; each sees the names before it, which stay bound until the caller unbinds them."""
    found: list[tuple[str, Source]] = []
    for each in iterators:
        found.append((each.name, _source(compiler, each)))
        compiler.bound.append(frozenset({each.name}))
    return found


def _passes(
    sources: list[tuple[str, Source]], inner: dict[str, Any], cost: int, run: Run
) -> Generator[None, None, None]:
    """Bind the names to one combination after the other, each for what a pass costs."""
    (name, source), rest = sources[0], sources[1:]
    items = source(inner, run)
    if items is None:
        raise _NothingToWalk
    for item in items:
        run.spend(cost)
        inner[name] = item
        if rest:
            yield from _passes(rest, inner, cost, run)
        else:
            yield


def _for_each(name: str, source: Source, body: Code, cost: int) -> Code:
    """Compile the commonest loop, over one list."""

    def code(scope: Scope, run: Run) -> list[Any] | None:
        inner = run.copy(scope)
        items = source(inner, run)
        if items is None:
            return None
        made: list[Any] = []
        inner["partial"] = made
        for item in items:
            run.steps -= cost
            if run.steps < 0:
                run.spend(0)
            inner[name] = item
            made.append(body(inner, run))
        return made

    return code


def _for(compiler: Compiler, node: syntax.For) -> Code:
    sources = _sources(compiler, node.iterators)
    body = compiler.inner(node.body, "partial")
    del compiler.bound[-len(sources) :]
    cost = syntax.weight(node.body)
    if len(sources) == 1:
        return _for_each(*sources[0], body, cost)

    def code(scope: Scope, run: Run) -> list[Any] | None:
        inner = run.copy(scope)
        made: list[Any] = []
        inner["partial"] = made
        try:
            for _ in _passes(sources, inner, cost, run):
                made.append(body(inner, run))  # noqa: PERF401 - the body may look at what is made so far
        except _NothingToWalk:
            return None
        return made

    return code


def _quantified(compiler: Compiler, node: syntax.Quantified) -> Code:
    """Compile `some` and `every` as a long `or` and `and`: three-valued, and done as soon as one item decides."""
    sources = _sources(compiler, node.iterators)
    condition = compiler.compile(node.condition)
    del compiler.bound[-len(sources) :]
    decides = not node.every
    cost = syntax.weight(node.condition)

    def code(scope: Scope, run: Run) -> bool | None:
        inner = run.copy(scope)
        result: bool | None = not decides
        try:
            for _ in _passes(sources, inner, cost, run):
                value: object = condition(inner, run)
                if value is decides:
                    return decides
                if type(value) is not bool:
                    result = None
        except _NothingToWalk:
            return None
        return result

    return code


def _position(items: list[Any], place: int | Decimal) -> Any:
    """Give the item at a place: 1 is the first, -1 the last; null outside."""
    index = int(place)
    if index != place or index == 0 or abs(index) > len(items):
        return None
    return items[index - 1 if index > 0 else index]


def _filter(compiler: Compiler, node: syntax.Filter) -> Code:
    whole = compiler.compile(node.whole)
    compiler.filters += 1
    outside = set(compiler.loose)
    compiler.loose.clear()
    predicate = compiler.inner(node.predicate, "item")
    names = tuple(compiler.loose | {name for bound in compiler.bound for name in bound})
    compiler.loose |= outside
    compiler.filters -= 1

    tests = shortcuts.item_tests(node.predicate, compiler.builtins) if compiler.watch is None else []
    place = compiler.constants.get(id(node.predicate))
    cost = syntax.weight(node.predicate)

    def code(scope: Scope, run: Run) -> Any:
        value = whole(scope, run)
        items = value if isinstance(value, list) else [] if value is None else [value]
        if place is not None and type(place) in NUMBERS:
            return _position(items, place)
        if not tests:
            return _filtered(items, _Predicate(predicate, names, cost), scope, run)
        run.spend(len(items) * cost)
        for test in tests:
            items = [item for item in items if test(item, scope, run) is True]
        return items

    return code


class _Predicate(NamedTuple):
    """What a filter asks of each item, the names that an item may give it, and what it costs."""

    code: Code
    names: tuple[str, ...]
    cost: int


def _filtered(items: list[Any], predicate: _Predicate, scope: Scope, run: Run) -> Any:
    inner = run.copy(scope)
    outer = {name: scope.get(name, _ABSENT) for name in predicate.names}
    kept: list[Any] = []
    for item in items:
        run.spend(predicate.cost)
        _show(item, inner, outer)
        found = predicate.code(inner, run)
        if type(found) in NUMBERS:
            return _position(items, found)
        if found is True:
            kept.append(item)
    return kept


def _show(item: Any, inner: dict[str, Any], outer: Mapping[str, Any]) -> None:
    """Bind ``item``, and those of the wanted names that the item has as keys; the others are as outside."""
    keys: Mapping[str, Any] = item if isinstance(item, Mapping) else {}
    for name, value in outer.items():
        seen = keys.get(name, value)
        if seen is _ABSENT:
            inner.pop(name, None)
        else:
            inner[name] = seen
    inner["item"] = keys.get("item", item)


teach(syntax.For, _for)
teach(syntax.Quantified, _quantified)
teach(syntax.Filter, _filter)
