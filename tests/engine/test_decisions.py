"""Decision tables: hit policies, rules that fired, and all faults at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine import decisions
from engine.errors import Invalid
from engine.feel import Budget, BudgetExceeded, Function

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"


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


@pytest.mark.parametrize("policy", ["FIRST", "COLLECT"])
def test_what_cells_have_said_of_a_value_is_said_again_only_where_nothing_else_can_change_it(policy: str) -> None:
    cells = [['"Robin"', '"name"'], ['starts with(?, "R")', '"letter"'], ["not(null)", '"there"']]
    read = decisions.read(table(policy, ["Name=name"], ["said"], cells), "grade.dmn")
    beside = decisions.read(table(policy, ["Name=name"], ["said"], [["other", '"same"'], ["-", '"any"']]), "grade.dmn")
    never = Function(lambda **_given: False, ("string", "match"))

    def rules(of: decisions.Table, **scope: Any) -> tuple[str, ...]:
        return of.decide(scope, now=NOW).rule_ids

    def wanted(*found: str) -> tuple[str, ...]:
        return found[:1] if policy == "FIRST" else found

    for _again in range(2):
        assert rules(read, name="Robin") == wanted("r1", "r2", "r3")
        assert rules(read, name="Rose") == wanted("r2", "r3")
        assert rules(read, name="Rose", **{"starts with": never}) == wanted("r3")
        assert rules(read, name=None) == ()
        assert rules(read, name=True) == rules(read, name=date(2026, 1, 1)) == rules(read, name=1) == wanted("r3")
        assert rules(beside, name="a", other="a") == wanted("r1", "r2")
        assert rules(beside, name="a", other="b") == ("r2",)


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


LISTED = ["Approved", "Declined"]


def listed(text: str, *values: str, of: str = "output") -> str:
    """List the values of the first column."""
    said = ", ".join(f'"{value}"' for value in values)
    entry = f"<{of}Values><text>{said}</text></{of}Values>"
    if of == "input":
        return text.replace("</inputExpression>", f"</inputExpression>{entry}", 1)
    return text.replace('typeRef="Any"/>', f'typeRef="Any">{entry}</output>', 1)


def test_any_gives_what_all_agree_on_and_refuses_those_that_do_not() -> None:
    rules = [["< 16", '"high"'], ["< 18", '"high"'], ["< 12", '"very high"']]
    text = table("ANY", ["Age=age"], ["level"], rules)
    assert decide(text, age=15) == decisions.Decision("high", ("r1", "r2"), {"Age": 15})
    with pytest.raises(decisions.DecisionAmbiguous, match=r"r1 and r2 and r3 .* do not give the same"):
        decide(text, age=11)


def test_priority_gives_the_answer_that_is_listed_first() -> None:
    text = listed(
        table("PRIORITY", ["Age=age"], ["x", "y"], [["-", '"Declined"', "1"], [">= 18", '"Approved"', "2"]]), *LISTED
    )
    assert decide(text, age=19) == decisions.Decision({"x": "Approved", "y": 2}, ("r2",), {"Age": 19})
    assert decide(text, age=3).result == {"x": "Declined", "y": 1}


def test_output_order_gives_all_answers_as_they_are_listed_and_rule_order_as_the_rules_stand() -> None:
    rules = [["-", '"Declined"'], [">= 18", '"Approved"']]
    text = listed(table("OUTPUT ORDER", ["Age=age"], ["x"], rules), *LISTED)
    assert decide(text, age=19) == decisions.Decision(["Approved", "Declined"], ("r2", "r1"), {"Age": 19})
    assert decide(table("RULE ORDER", ["Age=age"], ["x"], rules), age=19).result == ["Declined", "Approved"]


@pytest.mark.parametrize(
    ("aggregation", "result", "of_none"), [("SUM", 6, None), ("MIN", 1, None), ("MAX", 3, None), ("COUNT", 3, 0)]
)
def test_collect_makes_one_number_of_its_answers(aggregation: str, result: int, of_none: int | None) -> None:
    rules = [["> 1", "3"], ["> 2", "1"], ["> 3", "2"]]
    text = table("COLLECT", ["A=a"], ["x"], rules, attributes=f'aggregation="{aggregation}"')
    assert decide(text, a=4).result == result
    assert decide(text, a=0).result == of_none


def test_answers_that_do_not_go_together_have_no_least_one() -> None:
    rules = [["> 1", "3"], ["> 1", '"three"']]
    assert decide(table("COLLECT", ["A=a"], ["x"], rules, attributes='aggregation="MIN"'), a=4).result is None


RESTS = """
<decision id="d" name="Answer"><variable name="answer"/>
  <informationRequirement><requiredDecision href="#grade"/></informationRequirement>
  <informationRequirement><requiredInput href="#age"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#double"/></knowledgeRequirement>
  {logic}
</decision>
<decision id="grade" name="Grade"><variable name="grade"/>
  <knowledgeRequirement><requiredKnowledge href="#double"/></knowledgeRequirement>
  <literalExpression><text>if double(age) &lt; 36 then "child" else kind</text></literalExpression></decision>
<inputData id="age" name="age"/>
<businessKnowledgeModel id="double" name="double"><encapsulatedLogic><formalParameter name="x"/>
  <literalExpression><text>x * factor</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>
"""


def model(logic: str) -> str:
    """Write a file whose main decision, with this logic, rests on another and on a function."""
    return f'<definitions xmlns="{MODEL}" name="n" namespace="n">{RESTS.format(logic=logic)}</definitions>'


def text_of(expression: str) -> str:
    return f"<literalExpression><text>{escape(expression)}</text></literalExpression>"


def entry(name: str, logic: str) -> str:
    variable = f'<variable name="{name}"/>' if name else ""
    return f"<contextEntry>{variable}{logic}</contextEntry>"


def test_a_decision_rests_on_others_and_on_functions_of_its_file() -> None:
    read = decisions.read(model(text_of("[grade, double(age), other]")), "n.dmn")
    assert read.names == {"age", "kind", "factor", "other"}
    assert read.decide({"age": 15, "factor": 2}, now=NOW).result == ["child", 30, None]
    assert read.decide({"age": 15, "factor": 3, "kind": "adult"}, now=NOW).result == ["adult", 45, None]
    both = decisions.read_all(model(text_of("1")), "n")
    assert both["grade"].decide({"age": 3, "factor": 1}, now=NOW).result == "child"


NESTED = '<functionDefinition><formalParameter name="n"/>{}</functionDefinition>'
BOXED: list[tuple[str, Any]] = [
    (f"<context>{entry('a', text_of('age + 1'))}{entry('b', text_of('a * 2'))}</context>", {"a": 16, "b": 32}),
    (f"<context>{entry('a', text_of('age + 1'))}{entry('', text_of('a * 2'))}</context>", 32),
    (f"<list>{text_of('age')}{text_of('grade')}</list>", [15, "child"]),
    (f'<relation><column name="x"/><row>{text_of("1")}</row><row>{text_of("age")}</row></relation>', [{"x": 1}, {"x": 15}]),
    (f'<invocation>{text_of("double")}<binding><parameter name="x"/>{text_of("age")}</binding></invocation>', 30),
    (f"<context>{entry('f', NESTED.format(text_of('n + age')))}{entry('', text_of('f(1)'))}</context>", 16),
    (f"<conditional><if>{text_of('age > 3')}</if><then>{text_of('1')}</then><else>{text_of('2')}</else></conditional>", 1),
    (f"<filter><in>{text_of('[1, 2, 3]')}</in><match>{text_of('item > 1')}</match></filter>", [2, 3]),
    (f'<for iteratorVariable="i"><in>{text_of("[1, 2]")}</in><return>{text_of("i * age")}</return></for>', [15, 30]),
    (f'<every iteratorVariable="i"><in>{text_of("[1, 2]")}</in><satisfies>{text_of("i > 1")}</satisfies></every>', False),
    (f'<some iteratorVariable="i"><in>{text_of("[1, 2]")}</in><satisfies>{text_of("i > 1")}</satisfies></some>', True),
]  # fmt: skip
INSIDE = """<decisionTable><input><inputExpression><text>grade</text></inputExpression></input><output name="x"/><rule id="r">
<inputEntry><text>"child"</text></inputEntry><outputEntry><text>double(1)</text></outputEntry></rule></decisionTable>"""


@pytest.mark.parametrize(("logic", "result"), [*BOXED, (INSIDE, 2)])
def test_a_decision_may_be_any_boxed_expression(logic: str, result: Any) -> None:
    read = decisions.read(model(logic), "n.dmn")
    assert read.decide({"age": 15, "factor": 2}, now=NOW).result == result
    assert read.names == {"age", "kind", "factor"}


def test_names_of_several_words_and_with_signs_are_spoken_as_the_file_writes_them() -> None:
    text = (
        model(text_of("grade/step + double(1) + Full age"))
        .replace('"grade"', '"grade/step"')
        .replace("#grade", "#grade/step")
    )
    text = (
        text.replace('then "child" else kind', "then 1 else 2")
        .replace('name="age"', 'name="Full age"')
        .replace("(age)", "(Full age)")
    )
    read = decisions.read(text, "n.dmn")
    assert read.names == {"Full age", "factor"}
    assert read.decide({"Full age": 15, "factor": 2}, now=NOW).result == 18


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (model(""), "holds no expression that runs"),
        (model("<literalExpression/>"), "it is empty"),
        (model('<functionDefinition kind="Java"/>'), "defines a function in JAVA"),
        (model(text_of("1")).replace("#double", "#triple"), "requires triple, which is not in this file"),
        (model(text_of("1")).replace('name="grade"/>', 'name="grade"/><informationRequirement><requiredDecision href="#grade"/></informationRequirement>'), "rests on it in the end"),
        (model(text_of("1")).replace("<inputData", '<businessKnowledgeModel id="idle" name="idle"/><inputData'), "Nothing requires idle"),
        (model(text_of("1")).replace("<inputData", "<decisionService/><inputData"), "does not run <decisionService>"),
        (model(f'<relation><column name="x"/><row>{text_of("1")}{text_of("2")}</row></relation>'), "not one cell for each column"),
    ],
)  # fmt: skip
def test_a_file_that_could_not_run_whole_is_refused(text: str, words: str) -> None:
    assert words in "\n".join(faults(text))


def test_functions_that_call_each_other_for_ever_are_stopped() -> None:
    endless = model(text_of("{f: function(g, n) g(g, n + 1), r: f(f, 1)}.r"))
    with pytest.raises(BudgetExceeded):
        decisions.read(endless, "n.dmn").decide({}, now=NOW)


def test_the_values_of_a_type_of_the_file_are_allowed_and_no_others() -> None:
    more = '<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"low", "high"</text></allowedValues></itemDefinition>'
    text = table("FIRST", ["Level=level"], ["x"], [["-", "1"]], more=more).replace(
        "<inputExpression>", '<inputExpression typeRef="tLevel">'
    )
    assert decisions.read(text, "t").inputs[0].type == "string"
    assert decide(text, level=["low", "high"]).result == 1
    with pytest.raises(decisions.ValueNotAllowed):
        decide(text, level="hihg")


def test_a_value_that_was_allowed_today_may_be_none_that_is_allowed_tomorrow() -> None:
    """What a column allows was remembered of a value for ever, though it can rest on the moment."""
    more = '<itemDefinition name="tDay"><typeRef>date</typeRef><allowedValues><text>&gt;= today()</text></allowedValues></itemDefinition>'
    text = table("FIRST", ["Day=day"], ["x"], [["-", "1"]], more=more).replace(
        "<inputExpression>", '<inputExpression typeRef="tDay">'
    )
    read = decisions.read(text, "t")
    assert read.decide({"day": NOW.date()}, now=NOW).result == 1
    with pytest.raises(decisions.ValueNotAllowed):
        read.decide({"day": NOW.date()}, now=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (table("COLLECT", ["A=a"], ["x"], [["-", "1"]], attributes='aggregation="MEAN"'), "The aggregation MEAN"),
        (table("FIRST", ["A=a"], ["x"], [["-", "1"]], attributes='aggregation="SUM"'), "The aggregation SUM"),
        (table("COLLECT", ["A=a"], ["x", "y"], [["-", "1", "2"]], attributes='aggregation="SUM"'), "takes one output"),
        (table("SOME", ["A=a"], ["x"], [["-", "1"]]), "The hit policy SOME does not run"),
        (table("PRIORITY", ["A=a"], ["x"], [["-", "1"]]), "goes by the order of the values"),
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


@pytest.mark.parametrize("path", sorted(Path("bpmn").glob("*/*.dmn")), ids=lambda path: path.name)
def test_the_tables_of_the_procedures_are_read_without_a_fault(path: Path) -> None:
    read = decisions.read(path.read_text(encoding="utf-8"), path.name)
    assert read.id == path.stem
    assert read.rules
