"""Choices that a form takes from the case: offered, checked and worded as the case stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.errors import AnswersInvalid, Invalid
from engine.forms import Choice, Form, read

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
ROBIN = {"value": "CH-7K3QX9PW", "label": "Robin Example, 3 May 2012"}
NEW = {"value": "new", "label": "None of these"}
KNOWN = {"candidates": {"matches": [ROBIN]}}
NOBODY: dict[str, Any] = {"candidates": {"matches": []}}


def form_of(type_: str = "radio", *others: dict[str, Any], **settings: Any) -> Form:
    question = {"type": type_, "key": "child", "label": "Which child is it?", "properties": {"dataClass": "D1"}}
    question |= {"validate": {"required": True}, "valuesExpression": "=candidates.matches"} | settings
    return read(json.dumps({"id": "child_match", "components": [*others, question]}), "child_match")


def refused(form: Form, raw: dict[str, Any], scope: dict[str, Any]) -> list[str]:
    with pytest.raises(AnswersInvalid) as problems:
        form.load(raw, scope=scope, now=NOW)
    return [problem.rule for problem in problems.value.problems]


def rules(**settings: Any) -> list[str]:
    with pytest.raises(Invalid) as problems:
        form_of("radio", **settings)
    return [problem.rule for problem in problems.value.problems]


@pytest.mark.parametrize("type_", ["select", "radio", "checklist"])
def test_the_choices_of_the_case_come_before_those_of_the_form(type_: str) -> None:
    field = form_of(type_, values=[NEW]).fields[0]
    assert field.choices_for(KNOWN, NOW) == (Choice(**ROBIN), Choice(**NEW))


def test_a_choice_that_the_case_offers_is_taken_and_another_is_refused() -> None:
    form = form_of(values=[NEW])
    assert form.load({"child": ROBIN["value"]}, scope=KNOWN, now=NOW) == {"child": ROBIN["value"]}
    assert form.load({"child": "new"}, scope=KNOWN, now=NOW) == {"child": "new"}
    assert refused(form, {"child": "CH-00000000"}, KNOWN) == ["not-a-choice"]
    assert refused(form, {"child": ROBIN["value"]}, NOBODY) == ["not-a-choice"]
    assert refused(form, {}, KNOWN) == ["required"]


def test_several_are_kept_in_the_order_in_which_the_case_offers_them() -> None:
    form = form_of("checklist", valuesExpression="=known.tasks", values=[NEW])
    scope = {"known": {"tasks": ["Ring the aunt", "Look at the station"]}}
    raw = {"child": ["new", "Look at the station", "Ring the aunt"]}
    assert form.load(raw, scope=scope, now=NOW) == {"child": ["Ring the aunt", "Look at the station", "new"]}


def test_a_question_for_which_there_is_nothing_to_choose_is_not_asked() -> None:
    name = {"type": "textfield", "key": "name", "label": "Name", "properties": {"dataClass": "D1"}}
    form = form_of("checklist", name)
    for scope in (NOBODY, {}):
        assert form.load({"name": "Robin", "child": "anything"}, scope=scope, now=NOW) == {"name": "Robin"}
        assert [block.key for block in form.page(scope=scope, now=NOW)] == ["name"]  # type: ignore[union-attr]
    assert [field.key for field in form.settled(scope=KNOWN, now=NOW).fields] == ["name", "child"]


@pytest.mark.parametrize(
    ("offered", "values"),
    [
        (None, []),
        ("CH-1", []),
        ([{"value": "a"}, "b", {"label": "no value"}, 3, None, ""], ["a", "b"]),
        (["a", {"value": "a", "label": "again"}], ["a"]),
    ],
)
def test_what_cannot_be_chosen_is_left_out(offered: object, values: list[str]) -> None:
    found = form_of().fields[0].choices_for({"candidates": {"matches": offered}}, NOW)
    assert [choice.value for choice in found] == values
    assert [choice.label for choice in found] == values


def test_the_names_that_choices_take_from_the_case_are_named() -> None:
    assert form_of().names == {"candidates"}


def test_choices_that_cannot_be_read_are_refused() -> None:
    assert rules(valuesExpression="") == ["form-choices"]
    assert rules(valuesExpression="candidates.matches") == ["form-choices"]
    assert rules(valuesExpression="=candidates..") == ["form-feel"]
    assert rules(valuesKey="matches") == ["form-setting"]
    assert rules(valuesExpression="=[child]") == ["form-choices-ahead"]
