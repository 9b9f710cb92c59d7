"""Forms as managers write them: what is accepted, and every problem at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import Invalid
from engine.forms import Field, Heading, Kind, Paragraph, read

NAME = {"type": "textfield", "key": "name", "label": "Name", "properties": {"dataClass": "D1"}}
HARMED = {
    "type": "radio",
    "key": "harmed",
    "label": "Was the child harmed?",
    "values": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
    "properties": {"dataClass": "D2"},
}


def text_of(*components: object, **settings: Any) -> str:
    return json.dumps(
        {"id": "found", "type": "default", "schemaVersion": 18, "components": list(components)} | settings
    )


def rules(*components: object, **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read(text_of(*components, **settings), "found.form")
    return [(problem.where, problem.rule) for problem in refused.value.problems]


def field(*components: object) -> Field:
    return read(text_of(*components), "found").fields[-1]


def test_a_question_keeps_its_words_and_its_source() -> None:
    own = {"dataClass": "D7", "error": "Enter it", "errorFormat": "Write it", "source": "S55"}
    found = field(NAME | {"description": "As on the passport", "properties": own, "validate": {"required": True}})
    assert (found.key, found.kind, found.label, found.hint, found.required) == (
        "name", Kind.TEXT, "Name", "As on the passport", True,
    )  # fmt: skip
    assert (found.data_class, found.error, found.error_format, found.source) == ("D7", "Enter it", "Write it", "S55")


def test_a_date_may_carry_its_label_where_form_js_puts_it() -> None:
    component = {
        "type": "datetime",
        "subtype": "date",
        "key": "on",
        "dateLabel": "Day",
        "properties": {"dataClass": "D1"},
    }
    assert (field(component).label, field(component).kind) == ("Day", Kind.DATE)


def test_the_title_is_the_forms_own_or_its_first_heading_or_its_id() -> None:
    heading = {"type": "text", "text": "# Child found"}
    assert read(text_of(NAME, title="Record the return"), "found").title == "Record the return"
    assert read(text_of(heading, NAME), "found").title == "Child found"
    assert read(text_of(NAME), "found").title == "Found"


def test_text_and_groups_become_headings_and_paragraphs_in_the_order_of_the_page() -> None:
    text = {"type": "text", "text": "# Child found\n\nAsk gently.\nListen.\n\n## Before you begin"}
    group = {"type": "group", "label": "The child", "components": [NAME]}
    inner = {"type": "group", "label": "Harm", "components": [HARMED]}
    form = read(text_of(text, group, {"type": "group", "label": "Safety", "components": [inner]}), "found")
    assert [block for block in form.blocks if not isinstance(block, Field)] == [
        Paragraph("Ask gently. Listen."),
        Heading("Before you begin", 2),
        Heading("The child", 2),
        Heading("Safety", 2),
        Heading("Harm", 3),
    ]
    assert [found.key for found in form.fields] == ["name", "harmed"]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('= harmed != "yes"', "Only if you answered “Yes” to “Was the child harmed?”"),
        ('= not(harmed = "no")', "Only if you answered “No” to “Was the child harmed?”"),
        ('= harmed = null or harmed != "yes"', "Only if you answered “Yes” to “Was the child harmed?”"),
        ('= harmed = "no"', "Only if it applies after your answer to “Was the child harmed?”"),
        ('= risk.level = "low"', ""),
    ],
)
def test_a_condition_is_said_in_words_when_it_rests_on_an_answer(condition: str, words: str) -> None:
    (found,) = field(HARMED, NAME | {"conditional": {"hide": condition}}).conditions
    assert found.words == words


def test_the_form_may_say_its_condition_in_its_own_words() -> None:
    own = {"dataClass": "D2", "onlyIf": "only if the child was harmed"}
    (found,) = field(HARMED, NAME | {"conditional": {"hide": '= harmed = "no"'}, "properties": own}).conditions
    assert found.words == "Only if the child was harmed"


@pytest.mark.parametrize(
    ("component", "rule"),
    [
        ({"type": "filepicker", "key": "photo", "label": "Photo"}, "form-component"),
        ({"type": "html", "id": "it", "content": "<b>"}, "form-component"),
        (NAME | {"label": ""}, "form-label"),
        (NAME | {"properties": {}}, "form-data-class"),
        (NAME | {"properties": {"dataClass": "private"}}, "form-data-class"),
        (NAME | {"properties": {"dataClass": "D3", "summaryClass": "D2S"}}, "form-summary-class"),
        (NAME | {"properties": {"dataClass": "D3", "summaryClass": "D3"}}, "form-summary-class"),
        (NAME | {"key": "Full Name"}, "form-key"),
        (NAME | {"key": "stamp"}, "form-key"),
        (NAME | {"defaultValue": "Robin"}, "form-setting"),
        (NAME | {"readonly": True}, "form-setting"),
        (NAME | {"validate": {"pattern": "(a+)+$"}}, "form-setting"),
        (NAME | {"validate": {"min": 3}}, "form-setting"),
        (NAME | {"validate": {"maxLength": "long"}}, "form-limit"),
        (NAME | {"validate": {"validationType": "postcode"}}, "form-validation-type"),
        (NAME | {"properties": {"dataClass": "D1", "eror": "Enter it"}}, "form-setting"),
        (NAME | {"properties": {"dataClass": "D1", "check": "= true"}}, "form-check-error"),
        (NAME | {"properties": {"dataClass": "D1", "onlyIf": "it rains"}}, "form-only-if"),
        (NAME | {"conditional": {"hide": "harmed"}}, "form-condition"),
        (NAME | {"conditional": {"hide": "= (("}}, "form-feel"),
        (NAME | {"conditional": {"hide": "= name = null"}}, "form-condition-ahead"),
        (NAME | {"conditional": {"hide": '= case.opened_at + duration("24H") < now()'}}, "form-feel"),
        (HARMED | {"values": []}, "form-choices"),
        (HARMED | {"values": [{"value": "a", "label": "A"}, {"value": "a", "label": "B"}]}, "form-choices"),
        (HARMED | {"values": [{"value": "", "label": "A"}]}, "form-choices"),
        (HARMED | {"values": [], "valuesKey": "places"}, "form-setting"),
        ({"type": "datetime", "subtype": "time", "key": "at", "label": "At", "properties": {"dataClass": "D2"}}, "form-subtype"),
        ({"type": "text", "id": "it", "text": "Read <b>this</b>"}, "form-text-markup"),
        ({"type": "text", "id": "it", "text": "Hello {{name}}"}, "form-text-markup"),
        ({"type": "group", "id": "it", "path": "child", "components": [NAME]}, "form-setting"),
        ({"type": "group", "id": "it", "label": "More", "properties": {"fold": "true"}, "components": [NAME]}, "form-setting"),
        ({"type": "group", "id": "it", "properties": {"folds": "true"}, "components": [NAME]}, "form-fold"),
        ({"type": "group", "id": "it", "label": "More", "properties": {"folds": "true"}, "components": [NAME | {"validate": {"required": True}}]}, "form-fold"),
    ],
)  # fmt: skip
def test_what_would_be_lost_or_ignored_is_refused(component: dict[str, Any], rule: str) -> None:
    where = component.get("key") or component["id"]
    assert (f"found.{where}", rule) in rules(component)


def test_a_condition_may_not_look_ahead_on_the_page() -> None:
    assert rules(NAME | {"conditional": {"hide": "= harmed = null"}}, HARMED) == [
        ("found.name", "form-condition-ahead")
    ]


def test_two_questions_may_not_have_one_key() -> None:
    assert rules(NAME, NAME | {"label": "Other name"}) == [("found.name", "form-key-twice")]


def test_settings_that_are_switched_off_are_let_through() -> None:
    layout = {"row": "Row_1", "columns": None}
    assert field(NAME | {"readonly": False, "defaultValue": "", "layout": layout, "id": "Field_1"}).key == "name"


def test_all_problems_of_a_form_are_named_at_once() -> None:
    assert rules({"type": "table"}, NAME | {"label": "", "properties": {}}, HARMED | {"values": []}, id="lost") == [
        ("found", "form-id"),
        ("found", "form-component"),
        ("found.name", "form-label"),
        ("found.name", "form-data-class"),
        ("found.harmed", "form-choices"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "form-not-json"),
        ("[]", "form-without-components"),
        ('{"id": "found"}', "form-without-components"),
        ('{"id": "found", "id": "lost", "components": []}', "form-repeats-setting"),
        ('{"id": "found", "components": []}', "form-without-questions"),
        ('{"id": "found", "components": [null, 3]}', "form-component"),
    ],
)
def test_a_text_that_is_no_form_is_refused_with_a_sentence(text: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text, "found.form")
    assert refused.value.problems[0].rule == rule
    assert refused.value.problems[0].where == "found"
