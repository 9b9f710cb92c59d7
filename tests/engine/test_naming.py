"""Names and fields that nothing in a procedure writes are refused, in diagrams and in tables, with what was meant."""

from __future__ import annotations

from engine import release
from engine.errors import Problem
from tests.drawn import form, procedure
from tests.engine.test_decisions import model, table, text_of

FLOW = """
    begun: start form=opening
    ask: user form=risk
    find: rule asks=d into=found
    is_it: exclusive
    done: end
    other: end
    begun > ask
    ask > find
    find > is_it
    is_it > done : =CONDITION
    is_it > other default
"""


def problems(condition: str, columns: list[str], rules: list[list[str]]) -> list[Problem]:
    """Check a procedure whose table asks and answers this."""
    files = procedure(
        "named", FLOW.replace("CONDITION", condition), form("opening", "name"), form("risk", "level", "place")
    )
    text = table("FIRST", columns, ["grade"], rules)
    return list(release.examine({**files, "d.dmn": text})[1])


def said(condition: str, columns: list[str], rules: list[list[str]]) -> list[str]:
    return [str(problem) for problem in problems(condition, columns, rules)]


def test_a_name_that_nothing_writes_is_refused_at_the_rule_or_the_table_where_it_stands() -> None:
    assert said("found.value = 1", ["A=rsk.level"], [["-", "1"]]) == [
        "d: Nothing in this procedure writes rsk. Did you mean risk?"
    ]
    assert said("found.value = 1", ["A=risk.level"], [["< opning.name", "1"], ["-", "limit"]]) == [
        "r1: Nothing in this procedure writes opning. Did you mean opening?",
        "r2: Nothing in this procedure writes limit.",
    ]


def test_a_field_that_no_question_and_no_table_writes_is_refused() -> None:
    assert said("risk.levle = 1", ["A=risk.plaice"], [["-", "opening.nam"]]) == [
        "is_it_to_done: Nothing in this procedure writes risk.levle. Did you mean level?",
        "d: Nothing in this procedure writes risk.plaice. Did you mean place?",
        "r1: Nothing in this procedure writes opening.nam. Did you mean name?",
    ]


def test_arguments_of_a_call_and_what_the_engine_gives_are_known() -> None:
    assert said("d(limit: 3, 4) = 1 or d(limit: 3) = 2", ["A=limit + 1"], [["-", "1"]]) != []
    assert said("d(limit: 3) = 2", ["A=limit + 1", "B=case.reference"], [["> limit", "-", "1"]]) == []
    assert said("d(3) = 2 and list contains(found.rules, name)", ["A=limit"], [["-", "1"]]) == [
        "is_it_to_done: Nothing in this procedure writes name."
    ]


def test_a_table_whose_rules_meet_or_never_apply_is_refused() -> None:
    found = problems("found.value = 1", ["A=risk.level"], [["-", "1"], ['"high"', "2"]])
    assert [(problem.where, problem.rule) for problem in found] == [("r2", "table-never")]


def test_gaps_keep_nobody_from_publishing() -> None:
    assert said("found.value = 1", ["A=risk.level"], [['"low"', "1"]]) == []


def test_a_file_that_hides_a_name_of_the_procedure_is_refused() -> None:
    files = procedure(
        "named", FLOW.replace("CONDITION", "found.value = 1"), form("opening", "name"), form("risk", "level")
    )
    text = table("FIRST", ["A=risk.level"], ["saw", "b"], [["-", "1", "2"]])
    found = release.examine({**files, "d.dmn": text})[1]
    assert [str(each) for each in found] == [
        "d: The engine notes why a table answered so under saw: call the column something else."
    ]
    hidden = model(text_of("grade.level")).replace('"grade"', '"risk"').replace("#grade", "#risk")
    found = release.examine({**files, "d.dmn": hidden.replace("grade.level", "risk.level")})[1]
    assert "d: The file calls something risk, which hides what the procedure calls so: rename it in the file." in map(
        str, found
    )
