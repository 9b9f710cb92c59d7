"""Questions are changed one by one, whatever stands in the form beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import forms
from engine.errors import Invalid, NotFound
from engine.forms import editing, filled
from tests.driving import MORNING
from workflows import catalogue


def test_a_form_that_somebody_wrote_wrongly_is_listed_and_changed_where_it_can_be() -> None:
    strange = {"type": "radio", "validate": [1], "properties": "no", "conditional": 3, "values": {"a": 1}, "key": 5}
    root = editing.root_of(json.dumps({"components": ["text", strange, {"type": "group", "components": "none"}, None]}))
    assert [line.kind for line in editing.lines(root["components"])][1:3] == [
        "One of a few choices",
        "Group of questions",
    ]
    assert filled.given_of(strange)["options"] == ""
    editing.put(root, "1", {"label": "Who?", "options": "Nobody", "class": "D2", "after": ""})
    assert editing.found(root, "1")["values"] == [{"label": "Nobody", "value": "nobody"}]
    for place in ("9", "1.0", "-1", "a", "0.0.0.0.0.0"):
        with pytest.raises(NotFound):
            editing.removed(root, place)
    with pytest.raises(Invalid):
        editing.root_of("[")


def test_a_question_in_a_group_says_who_may_read_it_and_one_in_a_list_leaves_that_to_the_list() -> None:
    """The page did not ask it of a question in a group, and rewording one lost who may read its answer."""
    story = {"type": "textfield", "key": "story", "label": "What happened?", "properties": {"dataClass": "D8"}}
    people = {
        "type": "dynamiclist",
        "path": "people",
        "components": [{"type": "textfield", "key": "name", "label": "Who?"}],
    }
    root = {"components": [{"type": "group", "components": [story, people]}]}
    assert [editing.is_in_list(root, place) for place in ("", "0", "0.0", "0.1", "0.1.0")] == [False] * 4 + [True]
    with pytest.raises(Invalid) as refused:
        editing.put(root, "0.0", {"label": "What happened then?"})
    assert [problem.where for problem in refused.value.problems] == ["class"]
    editing.put(root, "0.1.0", {"label": "Who was there?"})
    assert editing.found(root, "0.1.0") == {"type": "textfield", "key": "name", "label": "Who was there?"}


def test_a_page_of_a_question_that_nobody_changed_changes_no_form() -> None:
    count = 0
    for name in catalogue.procedures():
        for text in (text for file, text in catalogue.files(name).items() if file.endswith(".form")):
            root, whole = editing.root_of(text), editing.root_of(text)
            for line in list(editing.lines(root["components"])):
                editing.put(root, line.place, filled.given_of(editing.found(root, line.place)))
                count += 1
            assert root == whole
    assert count > 800


ALL = {
    "label": "What is it?",
    "hint": "Look twice",
    "required": "yes",
    "error": "Enter what it is",
    "class": "D2",
    "source": "G-01",
    "options": "one: The first\ntwo: The second",
    "least": "1",
    "most": "9",
    "item": "thing",
    "when": "sure=",
    "check_error": "It must be so",
}
RULES_OF = {
    "textfield": {"rule": "pattern", "pattern": "[A-Z]{2}[0-9]{2}", "shape": "phone", "error_format": "Enter it again"},
    "number": {"rule": "own", "check": "what_is_it > 2", "decimals": "0"},
    "date": {"rule": "past"},
    "datetime": {"rule": "future", "prefill": "=other.at"},
}
FIRST = {"type": "checkbox", "key": "sure", "label": "Sure?", "properties": {"dataClass": "D2"}}


def a_form(*components: dict[str, Any]) -> dict[str, Any]:
    return {"id": "made", "type": "default", "title": "Made", "components": [dict(FIRST), *components]}


@pytest.mark.parametrize("kind", filled.KINDS)
def test_each_kind_of_question_is_made_with_all_that_it_can_say_and_read_again_as_it_was_typed(kind: str) -> None:
    root, given = a_form(), {**ALL, "kind": kind, **RULES_OF.get(kind, {})}
    key = editing.put(root, "", given)
    assert forms.read(json.dumps(root), "made.form").blocks
    told = filled.given_of(editing.found(root, "1"))
    assert (told["label"], told["when"]) == (ALL["label"], "sure=")
    if kind not in filled.WORDS_ALONE:
        assert editing.place_of(root, key) == "1"
        assert told.items() >= {**RULES_OF.get(kind, {}), "class": "D2", "source": "G-01"}.items()
        (field,) = [each for each in forms.read(json.dumps(root), "made.form").fields if each.key == key]
        assert [each.words for each in field.conditions] == ["Only if you ticked “Sure?”"]


def test_an_answer_is_held_to_the_way_in_which_it_is_written_with_its_own_sentence() -> None:
    root = a_form()
    editing.put(root, "", {**ALL, "kind": "textfield", "when": "", "rule": "pattern", "pattern": "[A-Z]{2}[0-9]{2}"})
    form = forms.read(json.dumps(root), "made.form")
    assert form.load({"what_is_it": "AB12"}, scope={}, now=MORNING)["what_is_it"] == "AB12"
    with pytest.raises(Invalid) as refused:
        form.load({"what_is_it": "AB123"}, scope={}, now=MORNING)
    assert [each.sentence for each in refused.value.problems] == ["It must be so"]


@pytest.mark.parametrize(
    ("kind", "wrong", "where"),
    [
        ("", {}, {"kind"}),
        ("textfield", {"label": "", "class": ""}, {"label", "class"}),
        ("radio", {"options": " \n"}, {"options"}),
        ("number", {"least": "many", "decimals": "1.5"}, {"least", "decimals"}),
        ("textarea", {"least": "9", "most": "2"}, {"most"}),
        ("dynamiclist", {"item": "", "most": "21"}, {"item", "most"}),
        ("radio", {"rule": "pattern", "pattern": "x"}, {"rule"}),
        ("textfield", {"rule": "pattern", "pattern": "(", "check_error": ""}, {"pattern", "check_error"}),
        ("textfield", {"rule": "pattern", "pattern": ""}, {"pattern"}),
        ("number", {"rule": "own", "check": "1 +", "prefill": "=(", "when": "own"}, {"check", "prefill", "condition"}),
        ("text", {"after": "in 1"}, {"after"}),
        ("group", {"after": "1.0"}, {"after"}),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field(kind: str, wrong: dict[str, str], where: set[str]) -> None:
    things = {
        "type": "dynamiclist",
        "path": "things",
        "label": "Things",
        "components": [{"type": "textfield", "key": "a"}],
    }
    root = a_form(things)
    before = json.dumps(root)
    with pytest.raises(Invalid) as refused:
        editing.put(root, "", {**ALL, "when": "", "kind": kind, **wrong})
    assert {each.where for each in refused.value.problems} == where
    assert all(each.sentence[:1].isupper() for each in refused.value.problems)
    assert json.dumps(root) == before


def test_a_question_goes_into_a_group_and_a_list_and_out_of_them_and_into_nothing_of_its_own() -> None:
    root = a_form()
    editing.put(root, "", {**ALL, "kind": "dynamiclist", "label": "Things", "when": ""})
    editing.put(root, "", {**ALL, "kind": "group", "label": "Beside", "when": ""})
    editing.put(root, "", {**ALL, "kind": "textfield", "label": "Colour", "when": ""})
    given = {**ALL, "label": "Colour", "when": ""}
    editing.put(root, "3", {**given, "after": "in 1"})
    assert [each["key"] for each in root["components"][1]["components"]] == ["colour", "name"]
    assert "dataClass" not in root["components"][1]["components"][0]["properties"]
    assert editing.answers(root, "1.1") == [], "what is asked outside a list is no condition in it"
    with pytest.raises(Invalid, match="Select who may read the answer"):
        editing.put(root, "1.0", {**given, "class": "", "after": "in 2"})
    editing.put(root, "1.0", {**given, "after": "in 2"})
    assert [each["type"] for each in root["components"]] == ["checkbox", "dynamiclist", "group"]
    assert root["components"][2]["components"][0]["properties"]["dataClass"] == "D2"
    for after in ("2", "in 2", "2.0"):
        with pytest.raises(Invalid, match="It cannot stand in itself"):
            editing.put(root, "2", {**ALL, "when": "", "label": "Beside", "after": after})
    editing.put(root, "0", {**ALL, "when": "", "label": "Sure?", "after": "2"})
    assert [each["type"] for each in root["components"]] == ["dynamiclist", "group", "checkbox"]
    forms.read(json.dumps(root), "made.form")
