"""The table of built-in functions: name, parameters with their types, and what is done when they fit.

A function is written once, as a plain Python function of the run and its arguments, with its parameters as FEEL names
them: ``@builtin("substring", "string:string, start position:number, length:number?")``. A ``?`` marks what may be left
out or null, a ``*`` what may be given several times; ``any`` takes null too, and ``any year`` a date that Python has no
year for. Where no parameters fit, the result is
null, as everywhere in FEEL.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from engine.feel import distant
from engine.feel.budget import Run
from engine.feel.values import kind
from engine.frozen import frozen

Implementation = Callable[..., Any]
_MISFIT = object()


@frozen
class Parameter:
    """One parameter: its FEEL name and the kinds that it takes (none: any)."""

    name: str
    kinds: frozenset[str]
    optional: bool = False
    several: bool = False
    any_year: bool = False

    def take(self, value: Any) -> Any:
        """Give the value as this parameter takes it: a single value may stand for its list and the reverse."""
        if value is None:
            return None if self.optional or not self.kinds else _MISFIT
        if not self.kinds or kind(value) in self.kinds:
            return _MISFIT if self.kinds and type(value) in distant.TYPES and not self.any_year else value
        if "function" in self.kinds and isinstance(value, Builtin):
            return value
        if self.kinds == {"list"}:
            return [value]
        if isinstance(value, list) and len(value) == 1 and kind(value[0]) in self.kinds:
            return value[0]
        return _MISFIT


@frozen
class Overload:
    """One list of parameters and what is done with them."""

    parameters: tuple[Parameter, ...]
    implementation: Implementation
    counts: range = field(init=False)

    def __post_init__(self) -> None:
        """Count how many arguments it takes."""
        if self.parameters and self.parameters[-1].several:
            counts = range(len(self.parameters), sys.maxsize)
        else:
            counts = range(sum(not each.optional for each in self.parameters), len(self.parameters) + 1)
        object.__setattr__(self, "counts", counts)

    def fits(self, count: int, names: Sequence[str]) -> bool:
        """Say whether so many arguments, or arguments of these names, have a place."""
        if names:
            known = {each.name for each in self.parameters}
            needed = {each.name for each in self.parameters if not each.optional and each.kinds}
            return set(names) <= known and needed <= set(names) and len(set(names)) == len(names)
        return count in self.counts

    def arrange(self, values: Sequence[Any], names: Sequence[str]) -> list[Any] | None:
        """Put the arguments in the order of the parameters, each as its parameter takes it; None where one does not fit."""
        if not self.fits(len(values), names):
            return None
        if names:
            given = dict(zip(names, values, strict=True))
            values = [given.get(each.name) for each in self.parameters]
        elif self.parameters and self.parameters[-1].several:
            last = len(self.parameters) - 1
            values = [*values[:last], list(values[last:])]
        taken = []
        for each, value in zip(self.parameters, values, strict=False):
            if (found := each.take(value)) is _MISFIT:
                return None
            taken.append(found)
        return taken + [None] * (len(self.parameters) - len(taken))


@dataclass(slots=True)
class Builtin:
    """A function of the language, with all its lists of parameters."""

    name: str
    overloads: list[Overload] = field(default_factory=list)

    def call(self, values: Sequence[Any], names: Sequence[str], run: Run) -> Any:
        """Call the first list of parameters that fits; null where none does or where the result is none."""
        for overload in self.overloads:
            arranged = overload.arrange(values, names)
            if arranged is not None:
                try:
                    return overload.implementation(run, *arranged)
                except (ArithmeticError, ValueError) as error:
                    run.fault = error
                    return None
        return None

    def fits(self, count: int, names: Sequence[str]) -> bool:
        """Say whether any list of parameters has a place for so many arguments, or for these names."""
        return any(overload.fits(count, names) for overload in self.overloads)

    def takes(self, values: Sequence[Any], names: Sequence[str]) -> bool:
        """Say whether any list of parameters takes these values."""
        return any(overload.arrange(values, names) is not None for overload in self.overloads)

    def wanted(self) -> str:
        """Say which arguments the function takes, for a refusal."""
        lists = [", ".join(each.name for each in overload.parameters) for overload in self.overloads]
        return " or ".join(f"({each})" for each in dict.fromkeys(lists))


BUILTINS: dict[str, Builtin] = {}
"""Every function of the language by its name; filled when the package is imported and never after."""


def _parameter(text: str) -> Parameter:
    name, _, kinds = text.strip().partition(":")
    optional, several = kinds.endswith("?"), kinds.endswith("*")
    wanted = frozenset(kinds.rstrip("?*").split("|"))
    return Parameter(name, wanted - {"any", "any year"}, optional, several, "any year" in wanted)


def builtin(name: str, parameters: str = "") -> Callable[[Implementation], Implementation]:
    """Enter a function into the table; the module's first lines say how the parameters are written.

    Of several decorators on one function the upper one is tried first, as it is applied last.
    """
    taken = tuple(_parameter(each) for each in parameters.split(",") if each.strip())

    def enter(implementation: Implementation) -> Implementation:
        BUILTINS.setdefault(name, Builtin(name)).overloads.insert(0, Overload(taken, implementation))
        return implementation

    return enter


@lru_cache(maxsize=1)
def phrases() -> frozenset[str]:
    """Give the names of several words, which the parser must know beforehand."""
    return frozenset(name for name in BUILTINS if " " in name)
