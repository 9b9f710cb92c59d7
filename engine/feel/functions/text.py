"""Functions of strings (DMN 1.3, table 75), and the writing of any value as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel import temporal
from engine.feel.budget import Run
from engine.feel.functions.registry import builtin
from engine.feel.values import DECIMAL, EXACT, Range, kind


def write(value: Any, run: Run, *, inside: bool = False) -> str:
    """Write a value as FEEL shows it; `inside` a list or context strings keep their quotation marks."""
    run.enter(2)
    try:
        text = _write(value, run, inside=inside)
    finally:
        run.leave(2)
    run.text(len(text))
    return text


def _write(value: Any, run: Run, *, inside: bool) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if inside else value
    if isinstance(value, list):
        return f"[{', '.join(write(item, run, inside=True) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)}: {write(item, run, inside=True)}' for key, item in value.items())}}}"
    if isinstance(value, Range):
        return _write_range(value, run)
    if isinstance(value, int | Decimal):
        return write_number(value)
    return temporal.write(value) if kind(value) in temporal.PARTS else "function"


def _key(key: str) -> str:
    return key if key.replace(" ", "").isidentifier() else json.dumps(key, ensure_ascii=False)


def _write_range(value: Range, run: Run) -> str:
    low, high = (write(end, run, inside=True) for end in (value.start, value.end))
    return f"{'[' if value.start_included else '('}{low}..{high}{']' if value.end_included else ')'}"


def write_number(value: int | Decimal) -> str:
    """Write a number in full, without an exponent and without zeros at the end of its fraction."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@builtin("string", "from:any")
def string(run: Run, value: Any) -> str | None:
    """Write a value as a string; null stays null."""
    return None if value is None else write(value, run)


@builtin("number", "from:string")
@builtin("number", "from:string, grouping separator:string?, decimal separator:string?")
def number(run: Run, text: str, grouping: str | None = None, point: str | None = None) -> int | Decimal | None:
    """Read a number; the separators may be a space, a comma or a point, and differ."""
    run.spend(len(text) >> 4)
    if grouping not in {None, " ", ",", "."} or point not in {None, ",", "."} or (grouping and grouping == point):
        return None
    plain = text.replace(grouping, "") if grouping else text
    plain = plain.replace(point, ".") if point else plain
    digits = plain.removeprefix("-")
    if not digits or digits[0] not in "0123456789." or "_" in digits or len(digits) > 6000:
        return None
    value = DECIMAL.create_decimal(plain)
    return int(value) if value == value.to_integral_value() and abs(value) < EXACT else value


@builtin("string length", "string:string")
def string_length(_: Run, text: str) -> int:
    """Count the characters."""
    return len(text)


@builtin("substring", "string:string, start position:number, length:number?")
def substring(run: Run, text: str, start: int | Decimal, length: int | Decimal | None) -> str | None:
    """Cut out a part; the first character is 1, the last -1."""
    run.text(len(text))
    at = int(start)
    if at == 0 or abs(at) > len(text) or (length is not None and length < 1):
        return None
    begin = at - 1 if at > 0 else len(text) + at
    return text[begin:] if length is None else text[begin : begin + min(int(length), len(text))]


@builtin("upper case", "string:string")
def upper_case(run: Run, text: str) -> str:
    """Write in capitals."""
    run.text(len(text))
    return text.upper()


@builtin("lower case", "string:string")
def lower_case(run: Run, text: str) -> str:
    """Write in small letters."""
    run.text(len(text))
    return text.lower()


@builtin("substring before", "string:string, match:string")
def substring_before(run: Run, text: str, match: str) -> str:
    """Give what stands before the first match; nothing if there is none."""
    run.text(len(text))
    return text.partition(match)[0] if match and match in text else ""


@builtin("substring after", "string:string, match:string")
def substring_after(run: Run, text: str, match: str) -> str:
    """Give what stands after the first match; nothing if there is none."""
    run.text(len(text))
    return text.partition(match)[2] if match else text


@builtin("contains", "string:string, match:string")
def contains(run: Run, text: str, match: str) -> bool:
    """Say whether a text holds another."""
    run.text(len(text))
    return match in text


@builtin("starts with", "string:string, match:string")
def starts_with(_: Run, text: str, match: str) -> bool:
    """Say whether a text begins with another."""
    return text.startswith(match)


@builtin("ends with", "string:string, match:string")
def ends_with(_: Run, text: str, match: str) -> bool:
    """Say whether a text ends with another."""
    return text.endswith(match)


@builtin("string join", "list:list, delimiter:string?")
def string_join(run: Run, items: list[Any], delimiter: str | None) -> str | None:
    """Join strings; nulls are left out, and anything else makes the whole null."""
    if any(not isinstance(item, str) for item in items if item is not None):
        return None
    texts = [item for item in items if item is not None]
    run.text(sum(map(len, texts)) + len(delimiter or "") * len(texts))
    return (delimiter or "").join(texts)
