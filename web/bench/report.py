"""What a measurement gives: a table for people, and `build/bench.json` for whoever compares runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from engine.frozen import frozen


@frozen
class Measure:
    """One measured value beside its budget of performance.md: within it when it is not larger."""

    name: str
    value: float
    unit: str
    budget: float

    @property
    def within(self) -> bool:
        """Whether the budget was kept."""
        return self.value <= self.budget


def write(measures: Sequence[Measure], file: Path) -> None:
    """Write ``[{"name": "commits ...", "value": 1, "unit": "commits", "budget": 1, "within": true}, ...]``."""
    rows = [
        {"name": each.name, "value": each.value, "unit": each.unit, "budget": each.budget, "within": each.within}
        for each in measures
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def table(measures: Sequence[Measure]) -> str:
    """Give the measures as lines of text, the missed ones marked, and in the last line how many those are."""
    width = max((len(each.name) for each in measures), default=0)
    lines = [
        f"{each.name:<{width}}  {each.value:>8g} {each.unit:<10}  at most {each.budget:>6g}  {_word(each)}"
        for each in measures
    ]
    missed = sum(not each.within for each in measures)
    lines.append(f"{missed} of {len(measures)} budgets missed." if missed else f"All {len(measures)} budgets kept.")
    return "\n".join(lines)


def _word(measure: Measure) -> str:
    return "kept" if measure.within else "MISSED"
