"""Compiles calls: of the built-in functions, of functions in the scope, and of those that an expression defines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.feel import syntax, temporal
from engine.feel.budget import Budget, Run
from engine.feel.compiler import Compiler, teach
from engine.feel.functions.registry import Builtin
from engine.feel.shortcuts import Code, Scope
from engine.feel.syntax import Node
from engine.feel.values import Function

_READERS = {"date": temporal.read_date, "time": temporal.read_time, "date and time": temporal.read_moment}
_ENOUGH = Budget()
_NOWHEN = datetime(2000, 1, 1, tzinfo=UTC)
_CHECKED = {**_READERS, "duration": temporal.read_duration}


def invoke(function: Any, values: Sequence[Any], names: Sequence[str], run: Run) -> Any:
    """Call a function value; null when it is none or the arguments do not fit its parameters."""
    run.spend()
    if isinstance(function, Builtin):
        return function.call(values, names, run)
    if not isinstance(function, Function):
        return None
    parameters = function.parameters
    given = dict(zip(names or parameters, values, strict=False))
    if len(given) != len(values) or not given.keys() <= set(parameters):
        return None
    return function.callable(**{name: given.get(name) for name in parameters})


def _call(compiler: Compiler, node: syntax.Call) -> Code:
    name = node.function.name if isinstance(node.function, syntax.Name) else ""
    if name == "is defined" and len(node.arguments) == 1:
        return _is_defined(compiler, node.arguments[0])
    arguments = [compiler.compile(argument) for argument in node.arguments]
    names = node.names
    builtin = compiler.builtins.get(name)
    if isinstance(builtin, Builtin) and not any(name in bound for bound in compiler.bound):
        compiler.own.add(name)
        _doubt(compiler, node, builtin)
        code = _call_of_builtin(name, builtin, arguments, names)
        return _made_once(compiler, node, name, code) if name in _CHECKED else code
    function = compiler.compile(node.function)
    return lambda scope, run: invoke(function(scope, run), [each(scope, run) for each in arguments], names, run)


def _made_once(compiler: Compiler, node: syntax.Call, name: str, code: Code) -> Code:
    """Make a date or duration of constants once; a function of the scope with its name still goes before."""
    if not node.arguments or not all(id(each) in compiler.constants for each in node.arguments):
        return code
    value = code({}, Run(_ENOUGH, _NOWHEN))

    def made(scope: Scope, run: Run) -> Any:
        return value if name not in scope else code(scope, run)

    return made


def _call_of_builtin(name: str, builtin: Builtin, arguments: list[Code], names: tuple[str, ...]) -> Code:
    def code(scope: Scope, run: Run) -> Any:
        values = [each(scope, run) for each in arguments]
        own = scope.get(name)
        if own is not None and isinstance(own, Function):
            return invoke(own, values, names, run)
        run.spend()
        return builtin.call(values, names, run)

    return code


def _doubt(compiler: Compiler, node: syntax.Call, builtin: Builtin) -> None:
    """Note a call that can only give null: wrong arguments, or a constant that is no date or duration."""
    if not builtin.fits(len(node.arguments), node.names):
        compiler.doubts.append((node.function.at, f"{builtin.name}(...) takes {builtin.wanted()}."))
    first = node.arguments[0] if len(node.arguments) == 1 else None
    read = _CHECKED.get(builtin.name)
    if read and isinstance(first, syntax.Literal) and isinstance(first.value, str) and read(first.value) is None:
        compiler.doubts.append((first.at, f'"{first.value}" is not a {builtin.name}.'))


def _is_defined(compiler: Compiler, node: Node) -> Code:
    """Compile the question whether a name or key is there at all, be it null."""
    if isinstance(node, syntax.Name):
        name = node.name
        compiler.free(name)
        return lambda scope, run: name in scope
    if isinstance(node, syntax.Path):
        whole, part = compiler.compile(node.whole), node.part

        def code(scope: Scope, run: Run) -> bool:
            value = whole(scope, run)
            return part in value if isinstance(value, Mapping) else value is not None

        return code
    value = compiler.compile(node)
    return lambda scope, run: value(scope, run) is not None


teach(syntax.Call, _call)
