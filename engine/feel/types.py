"""Compiles `instance of`: which values belong to which type (DMN 1.3, 10.3.2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel import syntax
from engine.feel.compiler import Compiler, teach
from engine.feel.functions.registry import Builtin
from engine.feel.shortcuts import Code
from engine.feel.syntax import TypeName
from engine.feel.values import Function, Range, kind

KNOWN = frozenset({
    "Any", "Null", "number", "string", "boolean", "date", "time", "date and time", "days and time duration",
    "years and months duration", "list", "context", "range", "function",
})  # fmt: skip


def belongs(value: Any, wanted: TypeName) -> bool:
    """Say whether a value is of a type; null is of the type Null only."""
    if value is None:
        return wanted.name == "Null"
    if wanted.name == "Any":
        return True
    found = "function" if isinstance(value, Builtin) else kind(value)
    return found == wanted.name and _inside(value, wanted)


def _fits(value: Any, wanted: TypeName) -> bool:
    """Say whether an element may stand where a type is wanted: null may stand anywhere."""
    return value is None or belongs(value, wanted)


def _inside(value: Any, wanted: TypeName) -> bool:
    if not wanted.arguments:
        return True
    if isinstance(value, list):
        return all(_fits(item, wanted.arguments[0]) for item in value)
    if isinstance(value, Range):
        return all(_fits(end, wanted.arguments[0]) for end in (value.start, value.end))
    if isinstance(value, Mapping):
        pairs = zip(wanted.keys, wanted.arguments, strict=False)
        return all(key in value and _fits(value[key], inner) for key, inner in pairs)
    if isinstance(value, Function):
        return len(value.parameters) == len(wanted.arguments) - 1
    return True


def _unknown(wanted: TypeName) -> str | None:
    if wanted.name not in KNOWN:
        return wanted.name
    return next((name for name in map(_unknown, wanted.arguments) if name), None)


def _instance_of(compiler: Compiler, node: syntax.InstanceOf) -> Code:
    value, wanted = compiler.compile(node.value), node.type
    unknown = _unknown(wanted)
    if unknown is not None:
        compiler.doubts.append((node.at, f"There is no type '{unknown}'."))
        return lambda scope, run: None
    return lambda scope, run: belongs(value(scope, run), wanted)


teach(syntax.InstanceOf, _instance_of)
