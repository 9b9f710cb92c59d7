"""What the parser makes of a text: a tree of frozen nodes, each knowing where it stands (`at`, counted from 0)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from engine.frozen import frozen


@frozen
class Node:
    """A part of an expression."""

    at: int


@frozen
class Literal(Node):
    """A number, string, boolean or null."""

    value: Any


@frozen
class AtLiteral(Node):
    """``@"2026-01-31"``: a date, time, moment or duration, by its text."""

    text: str


@frozen
class Name(Node):
    """A name that the scope or the language knows."""

    name: str


@frozen
class Path(Node):
    """``whole.part``."""

    whole: Node
    part: str


@frozen
class Filter(Node):
    """``list[predicate]``: by condition or by position."""

    whole: Node
    predicate: Node


@frozen
class Call(Node):
    """``function(arguments)``; `names` is empty when the arguments go by position."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...]


@frozen
class Negate(Node):
    """``-value``."""

    value: Node


@frozen
class Binary(Node):
    """``left + right`` and the other four of arithmetic."""

    operator: str
    left: Node
    right: Node


@frozen
class Compare(Node):
    """``left < right`` and its like."""

    operator: str
    left: Node
    right: Node


@frozen
class Logic(Node):
    """``a and b and c`` or ``a or b or c``."""

    operator: str
    parts: tuple[Node, ...]


@frozen
class Between(Node):
    """``value between low and high``, both ends included."""

    value: Node
    low: Node
    high: Node


@frozen
class In(Node):
    """``value in test`` or ``value in (test, test)``."""

    value: Node
    tests: tuple[Node, ...]


@frozen
class Test(Node):
    """``>= bound``: a test whose left side is the value that is tested."""

    operator: str
    bound: Node


@frozen
class Tests(Node):
    """The tests of a table's cell, any of which may hold; `negated` for ``not(...)``; none at all is ``-``."""

    tests: tuple[Node, ...]
    negated: bool


@frozen
class If(Node):
    """``if condition then yes else no``."""

    condition: Node
    yes: Node
    no: Node


@frozen
class Iterator(Node):
    """``name in source``, or ``name in source..end``."""

    name: str
    source: Node
    end: Node | None


@frozen
class For(Node):
    """``for x in list, y in list return body``."""

    iterators: tuple[Iterator, ...]
    body: Node


@frozen
class Quantified(Node):
    """``some x in list satisfies condition``, or ``every``."""

    every: bool
    iterators: tuple[Iterator, ...]
    condition: Node


@frozen
class RangeNode(Node):
    """``[low..high)``."""

    low: Node
    low_included: bool
    high: Node
    high_included: bool


@frozen
class ListNode(Node):
    """``[a, b, c]``."""

    items: tuple[Node, ...]


@frozen
class ContextNode(Node):
    """``{key: value, "other key": value}``; a value sees the keys before it."""

    keys: tuple[str, ...]
    values: tuple[Node, ...]


@frozen
class FunctionNode(Node):
    """``function(a, b) body``."""

    parameters: tuple[str, ...]
    body: Node


@frozen
class TypeName:
    """A type: its name, and what stands in its angle brackets (`keys` for a context)."""

    name: str
    arguments: tuple[TypeName, ...] = ()
    keys: tuple[str, ...] = ()


@frozen
class InstanceOf(Node):
    """``value instance of type``."""

    value: Node
    type: TypeName


_NAMES_OF_PARTS: dict[type, tuple[str, ...]] = {}


def _names_of_parts(node: Node) -> tuple[str, ...]:
    """Give the fields of a node that can hold nodes, looked up once for each kind."""
    names = _NAMES_OF_PARTS.get(type(node))
    if names is None:
        names = tuple(each.name for each in fields(node) if each.type not in {"int", "str", "bool"})
        _NAMES_OF_PARTS[type(node)] = names
    return names


def parts(node: Node) -> list[Node]:
    """Give the nodes directly inside a node."""
    found: list[Node] = []
    for name in _names_of_parts(node):
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(item for item in value if isinstance(item, Node))
    return found


def deepest(root: Node, limit: int) -> Node | None:
    """Find a node that lies more than `limit` levels deep; walks without recursion."""
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > limit:
            return node
        waiting.extend((part, level + 1) for part in parts(node))
    return None


def weight(root: Node) -> int:
    """Give what one pass through a tree costs: a step for every sixteen nodes, walked without recursion."""
    count = 0
    waiting = [root]
    while waiting:
        count += 1
        waiting.extend(parts(waiting.pop()))
    return 1 + count // 16


def mentions(root: Node, name: str) -> bool:
    """Say whether a name occurs anywhere in a tree."""
    return (isinstance(root, Name) and root.name == name) or any(mentions(part, name) for part in parts(root))
