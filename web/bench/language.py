"""The expression language beside the same in plain Python, in the same run: a condition, a filter, and reading a text."""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.feel import compile
from web.bench.report import Measure

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
CONDITION = 'found.returned_at != null and risk.level = "high"'
LIMIT = 3
FILTER = f'attempts[outcome = "no answer" and number > {LIMIT}]'
FACTS: Mapping[str, Any] = {
    "found": {"returned_at": NOW},
    "risk": {"level": "high"},
    "attempts": [{"number": each, "outcome": "no answer" if each % 3 else "spoke"} for each in range(100)],
}


def _condition(facts: Mapping[str, Any]) -> bool:
    return facts.get("found", {}).get("returned_at") is not None and facts.get("risk", {}).get("level") == "high"


def _filter(facts: Mapping[str, Any]) -> list[Any]:
    return [each for each in facts["attempts"] if each.get("outcome") == "no answer" and each.get("number") > LIMIT]


def microseconds(*doings: Callable[[], object], times: int) -> list[float]:
    """Do each so many times, in turns, and give the median time of one in microseconds."""
    taken: list[list[float]] = [[] for _ in doings]
    for _ in range(9):
        for doing, times_taken in zip(doings, taken, strict=True):
            times_taken.append(timeit.timeit(doing, number=times) / times * 1e6)
    return [statistics.median(each) for each in taken]


def measures() -> tuple[list[Measure], list[str]]:
    """Measure what a condition and a filter take as multiples of Python, and what reading a text takes."""
    condition, filtered = compile(CONDITION), compile(FILTER)
    ours, plain = microseconds(lambda: condition.evaluate(FACTS, now=NOW), lambda: _condition(FACTS), times=20_000)
    many, plainly = microseconds(lambda: filtered.evaluate(FACTS, now=NOW), lambda: _filter(FACTS), times=500)
    (read,) = microseconds(lambda: compile.__wrapped__(CONDITION), times=200)
    found = [
        Measure("FEEL condition, beside Python", round(ours / plain, 1), "times", 12),
        Measure("FEEL condition", round(ours, 2), "us", 3),
        Measure("FEEL filter of 100 items, beside Python", round(many / plainly, 1), "times", 25),
        Measure("FEEL condition, read and compiled", round(read), "us", 1_000),
    ]
    return found, [
        f"FEEL: a condition {ours:.2f} us, a filter of 100 items {many:.0f} us, reading a condition {read:.0f} us."
    ]
