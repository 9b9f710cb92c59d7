"""Says why an evaluation gave null: runs the expression again, watching every part, and keeps where a null came to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel import syntax
from engine.feel.budget import Run, Unusable, position
from engine.feel.functions.registry import Builtin
from engine.feel.shortcuts import Code, Scope
from engine.feel.syntax import Node
from engine.feel.values import NUMBERS, Function, kind
from engine.frozen import frozen

NOT_HERE, IS_NULL = "There is no '", "' is null."


@frozen
class Reason:
    """Where a null came to be, counted from 1, and why, in a sentence."""

    line: int
    column: int
    sentence: str

    @property
    def is_unknown(self) -> bool:
        """Tell whether something is merely not known (yet), and nothing else is wrong."""
        return self.sentence.startswith(NOT_HERE) or self.sentence.endswith(IS_NULL)

    def __str__(self) -> str:
        """Give the place and the sentence: ``Line 1, column 5: A number and a string cannot be added``, and a full stop."""
        return f"Line {self.line}, column {self.column}: {self.sentence}"


Sentence = str | None
_READING = frozenset({"date", "time", "date and time", "duration", "number", "range"})
_VERBS = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided", "**": "raised to each other"}
_SETTLES = (syntax.Compare, syntax.InstanceOf, syntax.Call)
"""What may take a null and gives an answer: what was null inside it is not why the whole is null."""


class Watch:
    """Keeps the last value of every node, and the reasons in the order in which they came up."""

    def __init__(self, text: str, builtins: Mapping[str, Any]) -> None:
        self.text = text
        self.builtins = builtins
        self.values: dict[int, Any] = {}
        self.found: list[tuple[int, str]] = []

    def watched(self, node: Node, code: Code) -> Code:
        """Give the code of a node with a watch on it."""

        def traced(scope: Scope, run: Run) -> Any:
            before = len(self.found)
            run.fault = None
            value = code(scope, run)
            self.values[id(node)] = value
            if value is not None and isinstance(node, _SETTLES):
                del self.found[before:]
            sentence = self.why(node, scope, run) if value is None else None
            if sentence is not None and (node.at, sentence) not in self.found:
                self.found.append((node.at, sentence))
            return value

        return traced

    def why(self, node: Node, scope: Scope, run: Run) -> Sentence:
        """Say why this node is null; None where a part of it has already said it."""
        explain = _WHY.get(type(node))
        return explain(self, node, scope, run) if explain is not None else None

    def reasons(self) -> tuple[Reason, ...]:
        """Give all reasons, in the order of the text."""
        return tuple(Reason(*position(self.text, at), sentence) for at, sentence in sorted(self.found))

    def of(self, node: Node, scope: Scope) -> Any:
        """Give the last value of a node; a name before a dot is looked up without being watched."""
        if id(node) in self.values:
            return self.values[id(node)]
        return scope.get(node.name) if isinstance(node, syntax.Name) else None


def _a(value: Any) -> str:
    """Name a value by its kind with its article: a reason may stand in a log, and a value may be a person's."""
    of = "null" if value is None else "function" if isinstance(value, Builtin) else kind(value)
    return of if of in {"null", "unknown"} else f"a {of}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _name(_: Watch, node: syntax.Name, scope: Scope, __: Run) -> Sentence:
    return f"'{node.name}{IS_NULL}" if node.name in scope else f"{NOT_HERE}{node.name}' here."


def _path(watch: Watch, node: syntax.Path, scope: Scope, run: Run) -> Sentence:
    whole = watch.of(node.whole, scope)
    if whole is None:
        return _name(watch, node.whole, scope, run) if isinstance(node.whole, syntax.Name) else None
    if not isinstance(whole, Mapping):
        return f"{_sentence(_a(whole))} has no part '{node.part}'."
    return f"'{node.part}{IS_NULL}" if node.part in whole else f"{NOT_HERE}{node.part}' in this context."


def _blank(watch: Watch, parts: list[Node], scope: Scope) -> Sentence:
    """Speak of a null that is written as such; any other has told its own reason."""
    written = [part for part in parts if isinstance(part, syntax.Literal) and part.value is None]
    nothing = not any(watch.of(part, scope) is None for part in parts)
    return None if nothing else "Nothing can be done with null here." if written else ""


def _binary(watch: Watch, node: syntax.Binary, scope: Scope, _: Run) -> Sentence:
    blank = _blank(watch, [node.left, node.right], scope)
    if blank is not None:
        return blank or None
    left, right = watch.of(node.left, scope), watch.of(node.right, scope)
    if type(left) in NUMBERS and type(right) in NUMBERS:
        if node.operator == "/" and right == 0:
            return "A number cannot be divided by zero."
        return "The result is no number, or one that is too large."
    if kind(left) == kind(right):
        return f"Two values of the kind {kind(left)} cannot be {_VERBS[node.operator]}, or the result is out of range."
    return f"{_sentence(_a(left))} and {_a(right)} cannot be {_VERBS[node.operator]}."


def _negate(watch: Watch, node: syntax.Negate, scope: Scope, _: Run) -> Sentence:
    value = watch.of(node.value, scope)
    return None if value is None else f"{_sentence(_a(value))} has no sign that could be turned."


def _compare(watch: Watch, node: syntax.Compare, scope: Scope, _: Run) -> Sentence:
    blank = _blank(watch, [node.left, node.right], scope)
    if blank is not None:
        return blank or None
    return _unlike(watch.of(node.left, scope), watch.of(node.right, scope))


def _unlike(left: Any, right: Any) -> str:
    if kind(left) == kind(right):
        return f"Two values of the kind {kind(left)} have no order."
    return f"{_sentence(_a(left))} and {_a(right)} cannot be compared."


def _between(watch: Watch, node: syntax.Between, scope: Scope, _: Run) -> Sentence:
    blank = _blank(watch, [node.value, node.low, node.high], scope)
    if blank is not None:
        return blank or None
    value = watch.of(node.value, scope)
    return _unlike(value, next(watch.of(end, scope) for end in (node.low, node.high)))


def _in(watch: Watch, node: syntax.In, scope: Scope, _: Run) -> Sentence:
    value = watch.of(node.value, scope)
    if value is None:
        return None
    test = "this test" if isinstance(node.value, syntax.Name) and node.value.name == "?" else "what stands after 'in'"
    return f"{_sentence(_a(value))} cannot be compared with {test}."


def _logic(watch: Watch, node: syntax.Logic, scope: Scope, _: Run) -> Sentence:
    for part in node.parts:
        value = watch.of(part, scope)
        if value is not None and type(value) is not bool:
            return f"'{node.operator}' joins what is true or false, and not {_a(value)}."
    return _blank(watch, list(node.parts), scope) or None


def _range(watch: Watch, node: syntax.RangeNode, scope: Scope, _: Run) -> Sentence:
    blank = _blank(watch, [node.low, node.high], scope)
    if blank is not None:
        return blank or None
    return "The ends of this range cannot be compared."


def _walk(watch: Watch, node: syntax.For | syntax.Quantified, scope: Scope, _: Run) -> Sentence:
    for each in node.iterators:
        value = watch.of(each.source, scope)
        if each.end is not None or (value is not None and type(value) is not list):
            return f"Only a list or a whole range can be walked through for '{each.name}'."
    return None


def _filter(watch: Watch, node: syntax.Filter, scope: Scope, _: Run) -> Sentence:
    items = watch.of(node.whole, scope)
    return f"There is no such place in this list of {len(items)}." if isinstance(items, list) else None


def _at(_: Watch, node: syntax.AtLiteral, __: Scope, ___: Run) -> Sentence:
    return f'"{node.text}" is not a date, a time or a duration.'


def _type(_: Watch, node: syntax.InstanceOf, __: Scope, ___: Run) -> Sentence:
    return f"There is no type '{node.type.name}'."


def _call(watch: Watch, node: syntax.Call, scope: Scope, run: Run) -> Sentence:
    values = [watch.of(argument, scope) for argument in node.arguments]
    name = node.function.name if isinstance(node.function, syntax.Name) else "this function"
    function = watch.of(node.function, scope)
    function = watch.builtins.get(name) if function is None else function
    if isinstance(run.fault, Unusable):
        return str(run.fault)
    if isinstance(function, Function):
        fits = len(values) <= len(function.parameters) and set(node.names) <= set(function.parameters)
        return None if fits else f"{name}(...) takes ({', '.join(function.parameters)})."
    if not isinstance(function, Builtin):
        return f"{_sentence(_a(function))} is no function." if function is not None else None
    if not function.fits(len(values), node.names):
        return f"{name}(...) takes {function.wanted()}."
    if any(value is None for value in values) and not _takes_null(function):
        return _blank(watch, list(node.arguments), scope) or None
    if len(values) == 1 and isinstance(node.arguments[0], syntax.Literal) and isinstance(values[0], str):
        return f'"{values[0]}" is not a {name}.' if name in _READING else f"{name}(...) has no result for this text."
    given = " and ".join(map(_a, values)) or "nothing"
    if function.takes(values, node.names):
        return f"{name}(...) has no result for {given}."
    return f"{name}(...) takes {function.wanted()}; {given} cannot be used so."


def _takes_null(function: Builtin) -> bool:
    return any(not parameter.kinds for overload in function.overloads for parameter in overload.parameters)


_WHY: Mapping[type, Callable[[Watch, Any, Scope, Run], Sentence]] = {
    syntax.Name: _name,
    syntax.Path: _path,
    syntax.Binary: _binary,
    syntax.Negate: _negate,
    syntax.Compare: _compare,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.Logic: _logic,
    syntax.RangeNode: _range,
    syntax.For: _walk,
    syntax.Quantified: _walk,
    syntax.Filter: _filter,
    syntax.AtLiteral: _at,
    syntax.InstanceOf: _type,
    syntax.Call: _call,
}
