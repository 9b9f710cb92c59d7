"""The words in which a cell and a rule are said, and the fields from which an expression takes what it gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine import decisions
from engine.decisions.conditions import condition_of, say_condition, say_plainly
from engine.decisions.telling import why
from engine.provenance import fields_read
from tests.engine.test_decisions import COLUMNS, GRADES, table

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (">= 3", "at least 3"),
        ('"low", "high"', "“low” or “high”"),
        ('not("low", "high")', "not “low” and not “high”"),
        ("[12..18)", "at least 12 and less than 18"),
        ("? = null or ? < 18", "not recorded or less than 18"),
        ('> duration("PT36H")', "more than 36 hours"),
        ('< date("2026-03-02")', "before 2026-03-02"),
        ("not(? in [1..3])", "less than 1 or more than 3"),
        ('? != null and list contains(?, "cse")', "recorded and including “cse”"),
        ("3 < ?", "more than 3"),
        ("between_them", None),
        ("< limit", None),
        ("count(?) > 3", None),
        ("< now()", None),
        ("<", None),
        ("-", None),
    ],
)
def test_a_cell_is_said_in_words_where_it_compares_with_constants(cell: str, words: str | None) -> None:
    found = condition_of(cell)
    assert (None if found is None else say_condition(found, say_plainly)) == words


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("regrade[-1].level = risk.level", {("regrade", "level"), ("risk", "level")}),
        ('visit[harm = "yes"].place', {("visit", "place"), ("visit", "harm"), ("harm", "")}),
        ('count(visit[harm = "yes"])', {("count", ""), ("visit", ""), ("harm", "")}),
        ("for each in visit return each.place", {("visit", ""), ("each", "place")}),
    ],
)
def test_an_expression_reads_these_fields(text: str, read: set[tuple[str, str]]) -> None:
    assert fields_read(text) == read


def told(policy: str, rules: list[list[str]], **scope: Any) -> list[str]:
    found = decisions.read(table(policy, COLUMNS, ["level"], rules), "grade.dmn")
    decision = found.decide(scope, now=NOW)
    result = decision.result
    answer = {"matches": result} if isinstance(result, list) else {"value": result}
    return list(why(found, {**answer, "rules": list(decision.rule_ids), "saw": found.saw(decision)}, say_plainly))


def test_a_rule_that_stands_for_the_rest_says_so() -> None:
    rules = [["< 16", "-", '"high"'], ["-", "-", '"low"']]
    assert told("FIRST", rules, child={"age": 17}) == ["level is “low”, because no rule before it applied. note 2"]
    assert told("COLLECT", [["-", "-", '"low"']]) == ["level is “low”, whatever is known. note 1"]


def test_every_rule_of_a_list_and_of_a_sum_is_told() -> None:
    assert told("COLLECT", GRADES, child={"age": 15}, harm=True) == [
        "level is “high”, because Age is 15 (less than 16). note 1",
        "level is “high”, because Harm is yes. note 2",
    ]


def test_what_a_list_has_is_told_and_not_the_rest_of_it() -> None:
    text = table("COLLECT", ["Signs=signs"], ["x"], [['? != null and list contains(?, "cse")', "1"]])
    found = decisions.read(text, "t.dmn")
    saw = found.saw(found.decide({"signs": ["other", "cse"]}, now=NOW))
    told = why(found, {"matches": [1], "rules": ["r1"], "saw": saw}, say_plainly)
    assert list(told) == ["x is 1, because Signs has “cse”. note 1"]


def test_an_answer_of_before_tells_nothing() -> None:
    found = decisions.read(table("FIRST", COLUMNS, ["level"], GRADES), "grade.dmn")
    assert list(why(found, {"value": "high", "rules": ["r1"]}, say_plainly)) == []
    assert list(why(found, {"value": "high", "rules": ["gone"], "saw": {}}, say_plainly)) == []


def test_long_values_are_kept_as_their_size() -> None:
    found = decisions.read(table("FIRST", ["A=a", "B=b"], ["x"], [["? != null", "? != null", "1"]]), "t.dmn")
    decision = found.decide({"a": ["x"] * 50, "b": "y" * 500}, now=NOW)
    assert found.saw(decision) == {"A": "50 entries", "B": "a text of 500 letters"}


def test_columns_of_one_label_are_kept_apart() -> None:
    found = decisions.read(table("FIRST", ["A=a", "A=b"], ["x"], [["1", "2", "1"]]), "t.dmn")
    assert found.saw(found.decide({"a": 1, "b": 2}, now=NOW)) == {"A (a)": 1, "A (b)": 2}
