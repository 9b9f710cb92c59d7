"""Expressions made from seeds have the same values by `feelin`, the implementation that modellers in a browser use.

All go to one Node process. What is known to differ is listed with its reason and is not made from the seeds; a difference
that has gone must leave the list.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.feel import compile
from tests.engine.feel_expressions import CONTEXT, Maker

ROOT = Path(__file__).parents[2]
FEELIN = ROOT / "web/assets/node_modules/feelin/dist/index.js"
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
SEEDS = (1, 2, 3, 2026)
OF_EACH = 1_000

DURATIONS = "The standard divides two durations, and multiplies one by a number; feelin gives null."
OUTSIDE = "A place outside a text or list is an error, which is null; feelin gives what is left, or nothing."
NULLS = "A comparison with null is null; feelin gives an answer."
DIFFERENCES = [
    ('@"PT36H" / @"PT1H"', 36, None, DURATIONS),
    ('string(@"PT1H" * 2)', "PT2H", None, DURATIONS),
    ('substring("", 2)', None, "", OUTSIDE),
    ("remove([], 1)", None, [], OUTSIDE),
    ("sublist([], 1, 1)", None, [], OUTSIDE),
    ("2 between 4 and 2", False, True, "The standard asks that the value is at least the first bound; feelin swaps them."),
    ("[1] = [1, 2]", False, None, "Lists of different lengths differ; feelin gives null."),
    ("some x in [1, 2] satisfies x < null", None, False, NULLS),
    ("before(null, [1..3])", None, True, NULLS),
    ("1 in (2, > null)", False, None, "The value is in none of the tests; feelin gives null where one cannot be asked."),
    ('split("a1b", "(1)")', ["a", "b"], ["a", "1", "b"], "feelin gives what the pattern's brackets hold as well."),
    ("is defined(a)", True, None, "The function is one of ours."),
]  # fmt: skip


def by_feelin(expressions: list[str]) -> list[dict[str, Any]]:
    """Evaluate all by feelin, in one process of Node."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    assert node is not None, "Node comes with the Python environment"
    assert FEELIN.exists(), "feelin is not installed: make assets"
    asked = json.dumps([{"expression": each, "context": CONTEXT} for each in expressions])
    command = [node, str(Path(__file__).with_name("feelin.mjs")), str(FEELIN)]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=120)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def told(value: Any) -> Any:
    """Give a value as both can tell it: numbers to nine places, for JavaScript has no others."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal):
        return round(float(value), 9)
    if isinstance(value, list):
        return [told(each) for each in value]
    return {key: told(each) for key, each in value.items()}


def ours(expression: str) -> Any:
    context = json.loads(json.dumps(CONTEXT), parse_float=Decimal)
    return told(compile(expression).evaluate(context, now=NOW))


def test_expressions_made_from_seeds_have_the_same_values_by_feelin() -> None:
    expressions = sorted({maker.any() for maker in map(Maker, SEEDS) for _ in range(OF_EACH)})
    assert len(expressions) > OF_EACH * len(SEEDS) // 2
    differences = [
        (expression, mine, theirs)
        for expression, theirs in zip(expressions, by_feelin(expressions), strict=True)
        if "value" not in theirs or (mine := ours(expression)) != told(theirs["value"])
    ]
    assert differences == []


def test_every_kind_of_value_comes_out_of_the_seeds() -> None:
    maker = Maker(1)
    kinds = {type(ours(maker.any())) for _ in range(200)}
    assert kinds >= {bool, float, str, list, dict}


@pytest.fixture(scope="module")
def feelins() -> list[dict[str, Any]]:
    return by_feelin([expression for expression, *_ in DIFFERENCES])


@pytest.mark.parametrize("index", range(len(DIFFERENCES)), ids=[expression for expression, *_ in DIFFERENCES])
def test_what_is_listed_as_different_is_different(index: int, feelins: list[dict[str, Any]]) -> None:
    expression, mine, theirs, reason = DIFFERENCES[index]
    assert reason.endswith(".")
    assert ours(expression) == mine
    assert feelins[index] == {"value": theirs}
    assert mine != theirs
