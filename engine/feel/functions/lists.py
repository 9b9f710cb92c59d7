"""Functions of lists and contexts (DMN 1.3, tables 76 and 80). Positions count from 1, and from -1 at the end."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.feel.budget import Run
from engine.feel.calls import invoke
from engine.feel.functions.registry import builtin
from engine.feel.values import Function, equal, ordered

Number = int | Decimal


@builtin("list contains", "list:list, element:any")
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    """Say whether an element is in a list."""
    run.spend(len(items))
    return any(equal(item, element, run) is True for item in items)


@builtin("count", "list:list")
def count(_: Run, items: list[Any]) -> int:
    """Count the items."""
    return len(items)


def _extreme(run: Run, items: list[Any], compare: Callable[[Any, Any], bool]) -> Any:
    run.spend(len(items))
    best = items[0] if items else None
    if len(items) == 1 and ordered(compare, best, best) is None:
        return None
    for item in items[1:]:
        better = ordered(compare, item, best)
        if better is None:
            return None
        best = item if better else best
    return best


@builtin("min", "list:list")
@builtin("min", "c:any*")
def least(run: Run, items: list[Any]) -> Any:
    """Give the least of values of one kind; null for an empty list."""
    return _extreme(run, items, operator.lt)


@builtin("max", "list:list")
@builtin("max", "c:any*")
def greatest(run: Run, items: list[Any]) -> Any:
    """Give the greatest of values of one kind; null for an empty list."""
    return _extreme(run, items, operator.gt)


def _quantify(run: Run, items: list[Any], *, decides: bool) -> bool | None:
    run.spend(len(items))
    if any(item is decides for item in items):
        return decides
    return not decides if all(item is (not decides) for item in items) else None


@builtin("all", "list:list")
@builtin("all", "b:any*")
def every(run: Run, items: list[Any]) -> bool | None:
    """Say whether all are true, three-valued."""
    return _quantify(run, items, decides=False)


@builtin("any", "list:list")
@builtin("any", "b:any*")
def some(run: Run, items: list[Any]) -> bool | None:
    """Say whether one is true, three-valued."""
    return _quantify(run, items, decides=True)


@builtin("not", "negand:boolean")
def negation(_: Run, value: bool) -> bool:  # noqa: FBT001 - FEEL's own parameter
    """Turn true and false."""
    return not value


@builtin("sublist", "list:list, start position:number, length:number?")
def sublist(run: Run, items: list[Any], start: Number, length: Number | None) -> list[Any] | None:
    """Cut out a part of a list."""
    run.items(len(items))
    at = int(start)
    if at == 0 or abs(at) > len(items) or (length is not None and length < 1):
        return None
    begin = at - 1 if at > 0 else len(items) + at
    return items[begin:] if length is None else items[begin : begin + min(int(length), len(items))]


@builtin("append", "list:list, item:any*")
def append(run: Run, items: list[Any], more: list[Any]) -> list[Any]:
    """Give the list with items at its end."""
    run.items(len(items) + len(more))
    return items + more


@builtin("concatenate", "list:list*")
def concatenate(run: Run, lists: list[Any]) -> list[Any]:
    """Join lists; what is no list counts as a list of itself."""
    whole = [each if isinstance(each, list) else [each] for each in lists]
    run.items(sum(map(len, whole)))
    return [item for each in whole for item in each]


def _index(items: list[Any], position: Number) -> int | None:
    at = int(position)
    if at == 0 or abs(at) > len(items):
        return None
    return at - 1 if at > 0 else len(items) + at


@builtin("insert before", "list:list, position:number, newItem:any")
def insert_before(run: Run, items: list[Any], position: Number, item: Any) -> list[Any] | None:
    """Give the list with an item before the one at the position."""
    run.items(len(items) + 1)
    at = _index(items, position)
    return None if at is None else [*items[:at], item, *items[at:]]


@builtin("remove", "list:list, position:number")
def remove(run: Run, items: list[Any], position: Number) -> list[Any] | None:
    """Give the list without the item at the position."""
    run.items(len(items))
    at = _index(items, position)
    return None if at is None else items[:at] + items[at + 1 :]


@builtin("list replace", "list:list, position:number, newItem:any")
def list_replace(run: Run, items: list[Any], position: Number, item: Any) -> list[Any] | None:
    """Give the list with another item at the position."""
    run.items(len(items))
    at = _index(items, position)
    return None if at is None else [*items[:at], item, *items[at + 1 :]]


@builtin("list replace", "list:list, match:function, newItem:any")
def list_replace_matching(run: Run, items: list[Any], match: Any, item: Any) -> list[Any] | None:
    """Give the list with another item wherever ``match(item, newItem)`` is true; null where it gives no answer."""
    run.items(len(items))
    made: list[Any] = []
    for each in items:
        found = invoke(match, [each, item], (), run)
        if type(found) is not bool or (isinstance(match, Function) and len(match.parameters) != 2):
            return None
        made.append(item if found else each)
    return made


@builtin("reverse", "list:list")
def reverse(run: Run, items: list[Any]) -> list[Any]:
    """Give the list from its end."""
    run.items(len(items))
    return items[::-1]


@builtin("index of", "list:list, match:any")
def index_of(run: Run, items: list[Any], match: Any) -> list[int]:
    """Give all positions at which an element stands."""
    run.items(len(items))
    return [at for at, item in enumerate(items, 1) if equal(item, match, run) is True]


def _distinct(run: Run, items: list[Any]) -> list[Any]:
    made: list[Any] = []
    for item in items:
        run.spend(1 + len(made))
        if not any(equal(item, other, run) is True for other in made):
            made.append(item)
    return made


@builtin("distinct values", "list:list")
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    """Give every value once, where it first occurs."""
    return _distinct(run, items)


@builtin("union", "list:list*")
def union(run: Run, lists: list[Any]) -> list[Any]:
    """Join lists, with every value once."""
    return _distinct(run, concatenate(run, lists))


@builtin("flatten", "list:list")
def flatten(run: Run, items: list[Any]) -> list[Any]:
    """Give the items of all lists inside lists as one list."""
    made: list[Any] = []
    waiting: list[Any] = list(reversed(items))
    while waiting:
        run.spend()
        item = waiting.pop()
        if isinstance(item, list):
            run.items(len(item))
            waiting.extend(reversed(item))
        else:
            made.append(item)
    return made


@builtin("sort", "list:list, precedes:function?")
def sort(run: Run, items: list[Any], precedes: Any) -> list[Any] | None:
    """Sort by ``precedes(one, other)``, or ascending; null where two items cannot be compared."""
    run.items(len(items))

    def compare(one: Any, other: Any) -> int:
        run.spend()
        if precedes is not None:
            return -1 if invoke(precedes, [one, other], (), run) is True else 1
        before = ordered(operator.lt, one, other)
        if before is None:
            raise ValueError("These two have no order.")
        return -1 if before else int(ordered(operator.gt, one, other) is True)

    return sorted(items, key=functools.cmp_to_key(compare))


# ------------------------------------------------------------------------------------------- contexts


@builtin("get value", "m:context, key:string")
def get_value(_: Run, context: Mapping[str, Any], key: str) -> Any:
    """Give the value of a key; null if there is none."""
    return context.get(key)


@builtin("get entries", "m:context")
def get_entries(run: Run, context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give ``[{key: "a", value: 1}, ...]``."""
    run.items(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("is defined", "value:any")
def is_defined(_: Run, value: Any) -> bool:
    """Say whether a value is not null; of a name or a key the compiler asks whether it is there at all."""
    return value is not None


@builtin("get or else", "value:any, default:any")
def get_or_else(_: Run, value: Any, default: Any) -> Any:
    """Give the value, or the other where it is null."""
    return default if value is None else value


@builtin("context", "entries:list")
def context_of(run: Run, entries: list[Any]) -> dict[str, Any] | None:
    """Make a context of ``[{key: "a", value: 1}, ...]``; null where an entry is malformed or a key occurs twice."""
    run.items(len(entries))
    made: dict[str, Any] = {}
    for entry in entries:
        key = entry.get("key") if isinstance(entry, Mapping) and "value" in entry else None
        if not isinstance(key, str) or key in made:
            return None
        made[key] = entry["value"]
    return made


@builtin("context put", "context:context, key:string, value:any")
def context_put(run: Run, context: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Give the context with one entry more, or changed."""
    run.items(len(context) + 1)
    return {**context, key: value}


@builtin("context put", "context:context, keys:list, value:any")
def context_put_deep(run: Run, context: Mapping[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    """Give the context with the entry under a path of keys changed; null where the path leads through no context."""
    run.items(len(context) + 1)
    if not keys or not isinstance(keys[0], str) or len(keys) > 50:
        return None
    if len(keys) == 1:
        return {**context, keys[0]: value}
    under = context.get(keys[0])
    inner = context_put_deep(run, under, keys[1:], value) if isinstance(under, Mapping) else None
    return None if inner is None else {**context, keys[0]: inner}


@builtin("context merge", "contexts:list")
def context_merge(run: Run, contexts: list[Any]) -> dict[str, Any] | None:
    """Join contexts; where a key occurs twice the later one holds."""
    made: dict[str, Any] = {}
    for each in contexts:
        if not isinstance(each, Mapping):
            return None
        run.items(len(each))
        made.update(each)
    return made
