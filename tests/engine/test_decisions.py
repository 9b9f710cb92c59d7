"""Decision tables: hit policies, rules that fired, and all faults at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine import decisions
from engine.errors import Invalid
from engine.feel import Budget, BudgetExceeded

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
TABLES = Path(os.environ.get("CORPORA", "../shared/corpora")) / "dmn-tck" / "tables"


def table(
    policy: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    *,
    more: str = "",
    attributes: str = "",
    namespace: str = MODEL,
) -> str:
    """Write a table; an input is ``label=expression``, an output ``name:type``, a rule its cells."""
    columns = ""
    for column in inputs:
        label, expression = column.split("=", 1)
        columns += (
            f'<input label="{label}"><inputExpression><text>{escape(expression)}</text></inputExpression></input>'
        )
    for column in outputs:
        name, _, type_ = column.partition(":")
        columns += f'<output name="{name}" typeRef="{type_ or "Any"}"/>'
    rows = ""
    for number, cells in enumerate(rules, 1):
        entries = "".join(
            f"<{kind}><text>{escape(cell)}</text></{kind}>"
            for cell, kind in zip(cells, ["inputEntry"] * len(inputs) + ["outputEntry"] * len(outputs), strict=False)
        )
        rows += f'<rule id="r{number}">{entries}<annotationEntry><text>note {number}</text></annotationEntry></rule>'
    return (
        f'<definitions xmlns="{namespace}" name="n" namespace="n"><decision id="d" name="Grade">'
        f'<decisionTable id="t" hitPolicy="{policy}" {attributes}>{columns}{rows}</decisionTable></decision>{more}</definitions>'
    )


GRADES = [["< 16", "-", '"high"'], ["-", "true", '"high"'], [">= 16", "false", '"medium"']]
COLUMNS = ["Age=child.age", "Harm=harm"]


def decide(text: str, **scope: Any) -> decisions.Decision:
    return decisions.read(text, "grade.dmn").decide(scope, now=NOW)


def faults(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        decisions.read(text, "grade.dmn")
    return [str(problem) for problem in refused.value.problems]


def test_first_gives_the_first_rule_that_applies_and_what_was_seen() -> None:
    decision = decide(table("FIRST", COLUMNS, ["level"], GRADES), child={"age": Decimal(15)}, harm=True)
    assert decision == decisions.Decision("high", ("r1",), {"Age": 15, "Harm": True})


def test_rules_that_may_apply_are_given_where_a_column_is_not_known() -> None:
    found = decisions.read(table("FIRST", COLUMNS, ["level"], GRADES), "grade.dmn")
    scope = {"child": {"age": Decimal(17)}, "harm": False}
    assert [rule.id for rule in found.may_apply(scope, {1}, now=NOW)] == ["r2", "r3"]
    assert [rule.id for rule in found.may_apply({"child": {"age": Decimal(15)}}, {1}, now=NOW)] == ["r1"]
    assert [rule.id for rule in found.may_apply(scope, (), now=NOW)] == ["r3"]


def test_unique_refuses_two_rules_and_names_them() -> None:
    text = table("UNIQUE", COLUMNS, ["level"], GRADES)
    assert decide(text, child={"age": 17}, harm=False).result == "medium"
    with pytest.raises(decisions.DecisionAmbiguous, match="r1 and r2"):
        decide(text, child={"age": 15}, harm=True)


def test_collect_gives_every_answer_in_the_order_of_the_rules() -> None:
    text = table("COLLECT", COLUMNS, ["level"], GRADES)
    assert decide(text, child={"age": 15}, harm=True).result == ["high", "high"]
    assert decide(text, child={"age": 15}, harm=True).rule_ids == ("r1", "r2")
    assert decide(text).result == []


def test_no_rule_gives_nothing_or_the_default() -> None:
    text = table("FIRST", ["Age=age"], ["level"], [["> 18", '"none"']])
    assert decide(text, age=3) == decisions.Decision(None, (), {"Age": 3})
    entry = '<defaultOutputEntry><text>"all"</text></defaultOutputEntry>'
    assert decide(text.replace('typeRef="Any"/>', f'typeRef="Any">{entry}</output>'), age=3).result == "all"


def test_several_outputs_are_a_context_and_cells_see_the_scope() -> None:
    text = table("FIRST", ["Level=level"], ["at", "tell"], [['"high"', 'clock + duration("PT24H")', '["sergeant"]']])
    decision = decide(text, level="high", clock=NOW)
    assert decision.result == {"at": NOW + timedelta(days=1), "tell": ["sergeant"]}


def test_a_table_knows_its_parts_and_its_free_names() -> None:
    read = decisions.read(table("FIRST", COLUMNS, ["level:string"], [["< limit", "? = true", "answer"]]), "grade.dmn")
    assert read.names == {"child", "harm", "limit", "answer"}
    assert (read.id, read.name, read.hit_policy) == ("d", "Grade", "FIRST")
    assert read.inputs[0] == ("Age", "child.age", "Any")
    assert read.outputs[0] == ("level", "string", "level")
    assert read.rules[0] == ("r1", ("< limit", "? = true"), ("answer",), "note 1")


def test_an_empty_test_holds_and_an_empty_answer_is_refused() -> None:
    assert decide(table("FIRST", ["A=a"], ["x"], [["", "1"]])).result == 1
    assert "the cell is empty" in faults(table("FIRST", ["A=a"], ["x"], [["-", ""]]))[0]


def test_all_faults_of_the_cells_are_told_at_once_with_rule_column_and_place() -> None:
    rules = [["< <", "-", '"high"'], ["-", "true,\n,", '"high'], ["-", "-", 'duration("24H")']]
    assert faults(table("FIRST", COLUMNS, ["level"], rules)) == [
        "r1: Rule r1, column 'Age', line 1, column 3: Expected a value, found '<'.",
        "r2: Rule r2, column 'Harm', line 2, column 1: Expected a value, found ','.",
        "r2: Rule r2, column 'level', line 1, column 1: This text in quotation marks has no closing quotation mark.",
        "r3: Rule r3, column 'level', line 1, column 10: \"24H\" is not a duration.",
    ]


@pytest.mark.parametrize("policy", ["PRIORITY", "ANY", "OUTPUT ORDER", "RULE ORDER"])
def test_a_hit_policy_that_does_not_run_is_refused(policy: str) -> None:
    assert f"The hit policy {policy} does not run" in faults(table(policy, ["A=a"], ["x"], [["-", "1"]]))[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (table("COLLECT", ["A=a"], ["x"], [["-", "1"]], attributes='aggregation="SUM"'), "The aggregation SUM"),
        (table("FIRST", ["A=a"], ["x"], [["-", "1"]], more="<decisionService/>"), "does not run <decisionService>"),
        (table("FIRST", ["A=a"], ["x"], [["-", "1"]], more='<decision id="e"/>'), "holds 2 decisions"),
        (table("FIRST", ["A="], ["x"], [["-", "1"]]), "The column 'A' has no expression"),
        (table("FIRST", ["A=a"], [], [["-"]]), "no output column"),
        (table("FIRST", ["A=a"], ["x", "x"], [["-", "1", "2"]]), "a name of its own"),
        (table("FIRST", ["A=a"], ["x", "y"], [["-", "1"]]), "1 and 1 cells; the table 1 and 2"),
        (table("FIRST", ["A=a"], ["x:boolean"], [["-", '"yes"']]), '"yes" is a string, and the column is of the type boolean'),
        (table("FIRST", ["A=a"], ["x"], [["-", "1"]], namespace="urn:other"), "no DMN definitions"),
        (table("FIRST", ["A=a"], ["x"], [["-", "1"], ["-", "2"]]).replace('"r2"', '"r1"'), "Two rules have the id r1"),
        (table("FIRST", ["A=a"], ["x"], [["-", "1"]]).replace("<inputEntry>", '<inputEntry expressionLanguage="juel">').replace("-<", "1<"), "only FEEL runs"),
        ("<definitions", "not well-formed"),
        ('<!DOCTYPE x [<!ENTITY e "e">]><definitions/>', "document type"),
    ],
)  # fmt: skip
def test_what_would_be_ignored_or_misread_is_refused(text: str, words: str) -> None:
    assert words in "\n".join(faults(text))


def test_a_value_outside_the_listed_ones_is_refused_and_not_passed_over() -> None:
    values = '<inputValues><text>"low", "high"</text></inputValues>'
    text = table("FIRST", ["Level=level"], ["x"], [["-", "1"]]).replace(
        "</inputExpression>", f"</inputExpression>{values}"
    )
    assert decide(text, level="low").result == 1
    assert decide(text, level=None).result == 1
    with pytest.raises(decisions.ValueNotAllowed, match="'hihg' of 'Level'"):
        decide(text, level="hihg")


def test_a_whole_decision_shares_one_budget() -> None:
    text = table(
        "FIRST", ["A=count(for x in 1..60 return x)", "B=count(for x in 1..60 return x)"], ["x"], [["-", "-", "1"]]
    )
    with pytest.raises(BudgetExceeded):
        decisions.read(text, "t").decide({}, now=NOW, budget=Budget(steps=100))


@pytest.mark.skipif(not TABLES.exists(), reason="the corpora folder is absent: set CORPORA")
@pytest.mark.parametrize(
    ("name", "scope", "result"),
    [
        ("0004-simpletable-U", {"Age": 18, "RiskCategory": "Medium", "isAffordable": True}, "Approved"),
        ("0004-simpletable-U", {"Age": 17, "RiskCategory": "Medium", "isAffordable": True}, "Declined"),
        (
            "0108-first-hitpolicy",
            {"Age": 18, "RiskCategory": "Medium", "isAffordable": True},
            {"Status": "Approved", "Rate": "Best"},
        ),
    ],
)
def test_tables_that_others_wrote_decide_as_they_say(name: str, scope: dict[str, Any], result: Any) -> None:
    text = (TABLES / name / f"{name}.dmn").read_text(encoding="utf-8")
    assert decisions.read(text, name).decide(scope, now=NOW).result == result


@pytest.mark.parametrize("path", sorted(Path("bpmn").glob("*/*.dmn")), ids=lambda path: path.name)
def test_the_tables_of_the_procedures_are_read_without_a_fault(path: Path) -> None:
    read = decisions.read(path.read_text(encoding="utf-8"), path.name)
    assert read.id == path.stem
    assert read.rules
