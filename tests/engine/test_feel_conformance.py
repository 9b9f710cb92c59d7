"""How much of the DMN Technology Compatibility Kit the language passes, where the kit is at hand."""

from __future__ import annotations

import json
import os
import tomllib
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
EXCEPTIONS = Path(__file__).with_name("feel_conformance.toml")
AT_MOST = 51
"""Cases in the file of exceptions: this number goes down and never up."""

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


def name_of(case: dict[str, Any]) -> str:
    """Name a case: the kit uses an id for several expressions of one file."""
    return f"{case['file']} {case['id']}: {case['expression']}"


def exceptions() -> list[str]:
    """Give the names of the cases that are known to fail, each under its reason."""
    groups = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))["exceptions"]
    assert all(group["reason"].endswith(".") for group in groups)
    return [case for group in groups for case in group["cases"]]


@pytest.mark.skipif(not CASES.exists(), reason="the corpora folder is absent: set CORPORA")
def test_every_case_of_the_compatibility_kit_passes_but_those_with_a_reason() -> None:
    failed = [name_of(case) for case, passes, _ in judged() if not passes]
    listed = exceptions()
    assert sorted(set(failed) - set(listed)) == [], "these fail and are not in the list"
    assert sorted(set(listed) - set(failed)) == [], "these pass: take them out of the list"


def test_the_list_of_exceptions_only_shrinks() -> None:
    listed = exceptions()
    assert len(listed) == len(set(listed)) == AT_MOST
