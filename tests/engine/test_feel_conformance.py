"""How much of the DMN Technology Compatibility Kit the language passes, where the kit is at hand."""

from __future__ import annotations

import collections
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refusal
from engine.feel import YearMonthDuration, compile, temporal

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CASES = Path(os.environ.get("CORPORA", "../shared/corpora")) / "dmn-tck" / "feel-cases.jsonl"
FLOOR = 0.95

READ: dict[str, Any] = {
    "decimal": Decimal,
    "double": Decimal,
    "string": str,
    "boolean": lambda text: text == "true",
    "date": temporal.read_date,
    "time": temporal.read_time,
    "dateTime": temporal.read_moment,
    "duration": temporal.read_duration,
}


def value_of(given: Any) -> Any:
    """Read a value of the kit, such as ``{"$": "decimal", "v": "1.5"}``."""
    if isinstance(given, dict) and "$" in given:
        return READ[given["$"]](given["v"])
    if isinstance(given, dict):
        return {key: value_of(each) for key, each in given.items()}
    return [value_of(each) for each in given] if isinstance(given, list) else given


def alike(found: Any, expected: Any) -> bool:
    """Compare as the kit does: numbers to eight places, everything else exactly and of one kind."""
    if isinstance(expected, Decimal):
        return type(found) in {int, Decimal} and abs(Decimal(found) - expected) < Decimal("0.00000001")
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(alike, found, expected))
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(alike(found[key], expected[key]) for key in expected)
        )
    if isinstance(expected, date | time | datetime | timedelta | YearMonthDuration):
        return type(found) is type(expected) and temporal.write(found) == temporal.write(expected)
    return type(found) is type(expected) and bool(found == expected)


def outcome(case: dict[str, Any]) -> Any:
    """Evaluate a case; what is refused counts as null, which is what the kit expects of an error."""
    try:
        return compile(case["expression"]).evaluate(value_of(case["inputs"]), now=NOW)
    except Refusal as refusal:
        return None if case["error"] else refusal


def judged() -> Iterator[tuple[dict[str, Any], bool, Any]]:
    """Give each case, whether it passes, and what came out."""
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found = outcome(case)
        yield case, alike(found, value_of(case["expected"])), found


@pytest.mark.skipif(not CASES.exists(), reason="the corpora folder is absent: set CORPORA")
def test_the_language_keeps_its_share_of_the_compatibility_kit() -> None:
    passed: collections.Counter[str] = collections.Counter()
    total: collections.Counter[str] = collections.Counter()
    for case, passes, _ in judged():
        total[case["file"]] += 1
        passed[case["file"]] += passes
    share = passed.total() / total.total()
    worst = {name: f"{passed[name]}/{count}" for name, count in total.items() if passed[name] < count}
    assert share >= FLOOR, f"{share:.1%} of {total.total()} cases pass; not all of {worst}"
