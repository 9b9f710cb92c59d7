"""Adds, subtracts, multiplies, divides and raises: numbers, texts, dates and durations (DMN 1.3, tables 45 and 56)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel import distant, temporal
from engine.feel.budget import Run
from engine.feel.values import DECIMAL, EXACT, NUMBERS, YearMonthDuration, kind

Operation = Callable[[Any, Any, Run], Any]

N, S, D, T, DT = "number", "string", "date", "time", "date and time"
DTD, YMD = "days and time duration", "years and months duration"


def _join(left: str, right: str, run: Run) -> str:
    run.text(len(left) + len(right))
    return left + right


def _months(left: YearMonthDuration, right: YearMonthDuration) -> YearMonthDuration:
    return YearMonthDuration(left.months + right.months)


def _difference_of_times(left: time, right: time, _: Run) -> timedelta | None:
    one, other = (datetime.combine(datetime(2000, 1, 1, tzinfo=UTC).date(), at) for at in (left, right))
    if (one.utcoffset() is None) != (other.utcoffset() is None):
        return None
    return one - other if one.utcoffset() is None else temporal.between(one, other)


_ADD: Mapping[tuple[str, str], Operation] = {
    (S, S): _join,
    (DTD, DTD): lambda a, b, _: a + b,
    (YMD, YMD): lambda a, b, _: _months(a, b),
    (D, DTD): lambda a, b, _: a + timedelta(days=b // timedelta(days=1)),
    (DTD, D): lambda a, b, _: b + timedelta(days=a // timedelta(days=1)),
    (DT, DTD): lambda a, b, _: temporal.shift(a, b),
    (DTD, DT): lambda a, b, _: temporal.shift(b, a),
    (T, DTD): lambda a, b, _: temporal.shift_time(a, b),
    (DTD, T): lambda a, b, _: temporal.shift_time(b, a),
    (D, YMD): lambda a, b, _: temporal.add_months(a, b.months),
    (YMD, D): lambda a, b, _: temporal.add_months(b, a.months),
    (DT, YMD): lambda a, b, _: temporal.add_months_to_moment(a, b.months),
    (YMD, DT): lambda a, b, _: temporal.add_months_to_moment(b, a.months),
}
_SUBTRACT: Mapping[tuple[str, str], Operation] = {
    (DTD, DTD): lambda a, b, _: a - b,
    (YMD, YMD): lambda a, b, _: YearMonthDuration(a.months - b.months),
    (D, D): lambda a, b, _: a - b,
    (DT, DT): lambda a, b, _: temporal.between(a, b),
    (DT, D): lambda a, b, _: temporal.between(a, temporal.midnight(b)),
    (D, DT): lambda a, b, _: temporal.between(temporal.midnight(a), b),
    (T, T): _difference_of_times,
    (D, DTD): lambda a, b, _: a + timedelta(days=-b // timedelta(days=1)),
    (DT, DTD): lambda a, b, _: temporal.shift(a, -b),
    (T, DTD): lambda a, b, _: temporal.shift_time(a, -b),
    (D, YMD): lambda a, b, _: temporal.add_months(a, -b.months),
    (DT, YMD): lambda a, b, _: temporal.add_months_to_moment(a, -b.months),
}
_MULTIPLY: Mapping[tuple[str, str], Operation] = {
    (DTD, N): lambda a, b, _: temporal.scale(DECIMAL.multiply, a, b),
    (N, DTD): lambda a, b, _: temporal.scale(DECIMAL.multiply, b, a),
    (YMD, N): lambda a, b, _: temporal.scale_months(a.months, Decimal(b)),
    (N, YMD): lambda a, b, _: temporal.scale_months(b.months, Decimal(a)),
}
_DIVIDE: Mapping[tuple[str, str], Operation] = {
    (DTD, N): lambda a, b, _: temporal.scale(DECIMAL.divide, a, b),
    (DTD, DTD): lambda a, b, _: DECIMAL.divide(temporal.seconds(a), temporal.seconds(b)),
    (YMD, N): lambda a, b, _: temporal.scale_months(1, DECIMAL.divide(a.months, b)),
    (YMD, YMD): lambda a, b, _: DECIMAL.divide(a.months, b.months),
}


def _apply(table: Mapping[tuple[str, str], Operation], left: Any, right: Any, run: Run) -> Any:
    """Run the operation for these two kinds; what has no meaning or no result is null."""
    operation = table.get((kind(left), kind(right)))
    if operation is None:
        return None
    try:
        if type(left) in distant.TYPES or type(right) in distant.TYPES:
            return _far(operation, left, right, run)
        return operation(left, right, run)
    except (ArithmeticError, ValueError):
        return None


def _far(operation: Operation, left: Any, right: Any, run: Run) -> Any:
    """Calculate with a day or moment of a distant year: two are subtracted, or one is moved by a duration."""
    kinds = {kind(left), kind(right)}
    if len(kinds) == 1:
        return timedelta(microseconds=distant.place(left) - distant.place(right))
    if kinds == {D, DT}:
        return None
    if isinstance(left, distant.Distant):
        return distant.through(operation, left, right, run)
    return distant.through(lambda near: operation(left, near, run), right)


def add(left: Any, right: Any, run: Run) -> Any:
    """Add two values of any kind; null where that has no meaning."""
    if type(left) is int and type(right) is int:
        total = left + right
        return total if -EXACT < total < EXACT else DECIMAL.create_decimal(total)
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return number(DECIMAL.add, left, right)
    return _apply(_ADD, left, right, run)


def subtract(left: Any, right: Any, run: Run) -> Any:
    """Subtract two values of any kind; null where that has no meaning."""
    if type(left) is int and type(right) is int:
        total = left - right
        return total if -EXACT < total < EXACT else DECIMAL.create_decimal(total)
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return number(DECIMAL.subtract, left, right)
    return _apply(_SUBTRACT, left, right, run)


def multiply(left: Any, right: Any, run: Run) -> Any:
    """Multiply numbers, or a duration by a number; null where that has no meaning."""
    if type(left) is int and type(right) is int:
        product = left * right
        return product if -EXACT < product < EXACT else DECIMAL.create_decimal(product)
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return number(DECIMAL.multiply, left, right)
    return _apply(_MULTIPLY, left, right, run)


def divide(left: Any, right: Any, run: Run) -> Any:
    """Divide numbers, a duration by a number, or durations of one kind; division by zero gives null."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return number(DECIMAL.divide, left, right)
    return _apply(_DIVIDE, left, right, run)


def power(left: Any, right: Any, _: Run) -> Any:
    """Raise a number to a power; null where there is no real result."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return number(DECIMAL.power, left, right)
    return None


def negate(value: Any) -> Any:
    """Turn the sign of a number or a duration; null for anything else."""
    if type(value) is int or isinstance(value, timedelta):
        return -value
    if isinstance(value, Decimal):
        return DECIMAL.minus(value)
    return YearMonthDuration(-value.months) if isinstance(value, YearMonthDuration) else None


def number(operation: Callable[..., Decimal], *parts: Any) -> Decimal | None:
    """Run an operation of the decimal context; null where it has no finite result."""
    try:
        result = operation(*parts)
    except ArithmeticError:
        return None
    return result if result.is_finite() else None
