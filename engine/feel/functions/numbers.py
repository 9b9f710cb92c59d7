"""Functions of numbers (DMN 1.3, table 77) and of lists of numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any

from engine.feel import arithmetic
from engine.feel.budget import Run
from engine.feel.functions.registry import builtin
from engine.feel.values import DECIMAL, NUMBERS, YearMonthDuration, kind

Number = int | Decimal


def rounded(value: Number, scale: Number, rounding: str) -> Number | None:
    """Round to `scale` places after the point; a negative scale rounds to tens, hundreds and so on."""
    places = int(scale)
    if not -6111 <= places <= 6176:
        return None
    if isinstance(value, int) and places >= 0:
        return value
    if places >= 0 and int(value.as_tuple().exponent) >= -places:  # type: ignore[union-attr]
        return value
    context = DECIMAL.copy()
    context.prec = 80
    result = Decimal(value).quantize(Decimal((0, (1,), -places)), rounding, context)
    result = DECIMAL.plus(result)
    return int(result) if places <= 0 else result


def _enter(name: str, rounding: str, parameters: str) -> None:
    @builtin(name, parameters)
    def round_(_: Run, value: Number, scale: Number | None) -> Number | None:
        return rounded(value, 0 if scale is None else scale, rounding)


for _name, _rounding in (("floor", ROUND_FLOOR), ("ceiling", ROUND_CEILING)):
    _enter(_name, _rounding, "n:number, scale:number?")
for _name, _rounding in (
    ("decimal", ROUND_HALF_EVEN),
    ("round up", ROUND_UP),
    ("round down", ROUND_DOWN),
    ("round half up", ROUND_HALF_UP),
    ("round half down", ROUND_HALF_DOWN),
):
    _enter(_name, _rounding, "n:number, scale:number")
_enter("round", ROUND_HALF_UP, "n:number, scale:number?")


@builtin("abs", "n:number|days and time duration|years and months duration")
def absolute(_: Run, value: Any) -> Any:
    """Give a number or duration without its sign."""
    if isinstance(value, YearMonthDuration):
        return YearMonthDuration(abs(value.months))
    return abs(value)


@builtin("modulo", "dividend:number, divisor:number")
def modulo(run: Run, dividend: Number, divisor: Number) -> Number | None:
    """Give what is left of a division that is rounded down: the result has the sign of the divisor."""
    if divisor == 0:
        return None
    if isinstance(dividend, int) and isinstance(divisor, int):
        return dividend % divisor
    whole = rounded(DECIMAL.divide(dividend, divisor), 0, ROUND_FLOOR)
    rest: Number | None = arithmetic.subtract(dividend, arithmetic.multiply(divisor, whole, run), run)
    return rest


_COSTLY = 20
"""Steps of a function whose digits are approached one after the other."""


def _function(name: str, operation: Callable[[Any], Decimal]) -> None:
    @builtin(name, "number:number")
    def calculate(run: Run, value: Number) -> Decimal | None:
        run.spend(_COSTLY)
        return arithmetic.number(operation, value)


_function("sqrt", DECIMAL.sqrt)
_function("exp", DECIMAL.exp)
_function("log", DECIMAL.ln)


@builtin("odd", "number:number")
def odd(_: Run, value: Number) -> bool | None:
    """Say whether a whole number is odd."""
    return value % 2 != 0 if value == int(value) else None


@builtin("even", "number:number")
def even(_: Run, value: Number) -> bool | None:
    """Say whether a whole number is even."""
    return value % 2 == 0 if value == int(value) else None


# ------------------------------------------------------------------------------------------- lists of numbers


def _all_numbers(items: list[Any]) -> bool:
    return all(type(item) in NUMBERS for item in items)


@builtin("sum", "list:list")
@builtin("sum", "n:any*")
def total(run: Run, items: list[Any]) -> Any:
    """Add numbers, or durations of one kind; null for an empty list."""
    run.spend(len(items))
    if not items or kind(items[0]) not in {"number", "days and time duration", "years and months duration"}:
        return None
    result = items[0]
    for item in items[1:]:
        result = arithmetic.add(result, item, run)
    return result


@builtin("mean", "list:list")
@builtin("mean", "n:any*")
def mean(run: Run, items: list[Any]) -> Any:
    """Give the average."""
    result = total(run, items)
    return None if result is None else arithmetic.divide(result, len(items), run)


@builtin("product", "list:list")
@builtin("product", "n:any*")
def product(run: Run, items: list[Any]) -> Any:
    """Multiply numbers; null for an empty list."""
    run.spend(len(items))
    if not items or not _all_numbers(items):
        return None
    result = items[0]
    for item in items[1:]:
        result = arithmetic.multiply(result, item, run)
    return result


@builtin("median", "list:list")
@builtin("median", "n:any*")
def median(run: Run, items: list[Any]) -> Any:
    """Give the middle number, or the average of the middle two."""
    run.spend(len(items))
    if not items or not _all_numbers(items):
        return None
    order = sorted(items)
    middle = len(order) // 2
    return order[middle] if len(order) % 2 else mean(run, order[middle - 1 : middle + 1])


@builtin("mode", "list:list")
@builtin("mode", "n:any*")
def mode(run: Run, items: list[Any]) -> list[Any] | None:
    """Give the numbers that occur most often, in ascending order."""
    run.spend(len(items))
    if not _all_numbers(items):
        return None
    counts: dict[Any, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, count in counts.items() if count == most)


@builtin("stddev", "list:list")
@builtin("stddev", "n:any*")
def stddev(run: Run, items: list[Any]) -> Any:
    """Give the standard deviation of a sample; null for fewer than two numbers."""
    run.spend(len(items))
    if len(items) < 2 or not _all_numbers(items):
        return None
    average = mean(run, items)
    squares = [arithmetic.power(arithmetic.subtract(item, average, run), 2, run) for item in items]
    variance = arithmetic.divide(total(run, squares), len(items) - 1, run)
    return None if variance is None else arithmetic.number(DECIMAL.sqrt, variance)
