"""A decision table of fifty rules beside the same in plain Python, in the same run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import decisions
from engine.decisions.analysis import examine
from web.bench.language import NOW, microseconds
from web.bench.report import Measure

GRADES = ("very_low", "low", "medium", "high", "not_graded")
AGES = 10
FACTS: Mapping[str, Any] = {"risk": {"level": "not_graded"}, "child": {"age": 18}}
ROWS = [(grade, at * 2, at * 2 + 2, f"{grade} {at}") for grade in GRADES for at in range(AGES)]


def _cell(kind: str, text: str) -> str:
    return f"<{kind}><text>{text}</text></{kind}>"


def _text() -> str:
    """Write the table: each rule asks for a grade and a span of ages."""
    rules = "".join(
        f'<rule id="r{number}">{_cell("inputEntry", f"&quot;{grade}&quot;")}{_cell("inputEntry", f"[{low}..{high})")}'
        f"{_cell('outputEntry', f'&quot;{answer}&quot;')}</rule>"
        for number, (grade, low, high, answer) in enumerate(ROWS)
    )
    asked = "".join(
        f"<input><inputExpression><text>{each}</text></inputExpression></input>" for each in ("risk.level", "child.age")
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="n" namespace="n"><decision id="d" name="d">'
        f'<decisionTable id="t" hitPolicy="UNIQUE">{asked}<output name="x"/>{rules}</decisionTable></decision></definitions>'
    )


def _plainly(facts: Mapping[str, Any]) -> list[str]:
    level, age = facts["risk"]["level"], facts["child"]["age"]
    return [answer for grade, low, high, answer in ROWS if level == grade and low <= age < high]


def measures() -> tuple[list[Measure], list[str]]:
    """Measure a table whose last rule applies, and how long it takes to look for what is wrong in it."""
    table = decisions.read(_text(), "d.dmn")
    ours, plain = microseconds(lambda: table.decide(FACTS, now=NOW), lambda: _plainly(FACTS), times=1_000)
    (looked,) = microseconds(lambda: examine(table), times=3)
    found = [
        Measure("table of 50 rules", round(ours, 1), "us", 100),
        Measure("table of 50 rules, beside Python", round(ours / plain, 1), "times", 12),
        Measure("table of 50 rules, looked through for gaps", round(looked / 1000, 1), "ms", 100),
    ]
    return found, [
        f"DMN: a table of 50 rules {ours:.0f} us, plain Python {plain:.1f} us, its analysis {looked / 1000:.0f} ms."
    ]
