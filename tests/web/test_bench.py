"""The measurement: what it gives, and that a missed budget is told as missed."""

from __future__ import annotations

from pathlib import Path

import orjson

from web.bench import Effort, measure
from web.bench.report import Measure, table, write

KEPT = Measure("statements", 8, "statements", 10)
EXACTLY = Measure("commits", 1, "commits", 1)
MISSED = Measure("turn 1,500 of a loop : turn 10", 1.21, "x", 1.2)
LITTLE = Effort(
    cases=1,
    turns=12,
    pages=1,
    due=50,
    starts=1,
    open_tasks=2_000,
    waiting=1_500,
    tasks=(500, 4_000),
    sealed=2,
    children=0,
    whole_year=False,
)


def test_the_file_is_a_list_of_values_with_their_budgets(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"
    write([KEPT, MISSED], file)
    assert orjson.loads(file.read_bytes()) == [
        {"name": "statements", "value": 8, "unit": "statements", "budget": 10, "within": True},
        {"name": "turn 1,500 of a loop : turn 10", "value": 1.21, "unit": "x", "budget": 1.2, "within": False},
    ]


def test_a_missed_budget_stays_in_the_table_as_missed() -> None:
    lines = table([KEPT, EXACTLY, MISSED]).splitlines()
    assert [line.split()[-1] for line in lines[:3]] == ["kept", "kept", "MISSED"]
    assert lines[-1] == "1 of 3 budgets missed."


def test_a_table_without_a_missed_budget_says_so() -> None:
    assert table([KEPT, EXACTLY]).splitlines()[-1] == "All 2 budgets kept."


def test_everything_is_measured_on_the_shipped_procedure_and_the_counts_are_kept(tmp_path: Path) -> None:
    measures, notes = measure(tmp_path, LITTLE)
    assert all(each.value >= 0 and each.budget > 0 for each in measures)
    assert len({each.name for each in measures}) == len(measures) >= 14  # without /proc the memory is left out
    counted = [each for each in measures if each.unit in {"statements", "commits", "bytes"}]
    assert len(counted) == 8
    assert [each for each in counted if not each.within] == []
    assert notes[0].startswith("A completed task: ")
