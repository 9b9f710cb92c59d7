"""Lists in a form: items that people add and take away, each asked the same, kept as one list of contexts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine import values
from engine.errors import Invalid, Problem
from engine.feel import compile
from engine.forms import Form, Kind
from engine.merging import merge
from tests.engine.test_forms import NOW, Component, choices, form_of, load, problems, question


def asked(type_: str, key: str, label: str, **settings: Any) -> Component:
    """Give a question of an item, whose data class is that of the list."""
    component = question(type_, key, label, **settings)
    component["properties"].pop("dataClass")
    return component


NAME = asked("textfield", "name", "What is their name?", properties={"error": "Enter a name"})
DANGER = asked("radio", "danger", "How dangerous are they?", required=False, values=choices("low", "high"))
WHY = asked("textarea", "why", "Why?", conditional={"hide": '= danger = null or danger != "high"'})
SEEN = asked("datetime", "seen_on", "Last seen", required=False, subtype="date")


def persons(*components: Component, **settings: Any) -> Component:
    properties = {"dataClass": "D5", "item": "person", "items": "people", "most": "3"} | settings.pop("properties", {})
    given: Component = {"type": "dynamiclist", "id": "Field_1", "path": "persons", "label": "Who was the child with?"}
    given |= {"isRepeating": True, "allowAddRemove": True, "defaultRepetitions": 1, "showOutline": True}
    given |= {"disableCollapse": False, "nonCollapsedItems": 5}
    return given | {"components": list(components or (NAME, DANGER, WHY, SEEN)), "properties": properties, **settings}


WITH = form_of(question("textfield", "place", "Where", required=False), persons())
TYPED: dict[str, list[str] | str] = {
    "place": "The park",
    "persons": ["1", "4", "2"],
    "persons-1-name": " Sam Example ",
    "persons-1-danger": "high",
    "persons-1-why": "Has a knife",
    "persons-1-seen_on-day": "1",
    "persons-1-seen_on-month": "3",
    "persons-1-seen_on-year": "2026",
    "persons-2-name": "Jo Example",
    "persons-2-why": "left from an earlier answer",
    "persons-4-name": "  ",
    "persons-3-name": "of no item",
}
KEPT: list[dict[str, Any]] = [
    {"name": "Sam Example", "danger": "high", "why": "Has a knife", "seen_on": date(2026, 3, 1)},
    {"name": "Jo Example"},
]


def refused(component: Component) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as found:
        form_of(question("radio", "harmed", "Harmed?", values=choices("yes", "no")), component)
    return [(problem.where, problem.rule) for problem in found.value.problems]


def test_the_items_in_which_something_was_answered_are_one_value_that_expressions_can_use() -> None:
    loaded = load(WITH, TYPED)
    assert loaded == {"place": "The park", "persons": KEPT}
    asks = {'some p in persons satisfies p.danger = "high"': True, "count(persons)": 2, "persons[name = null]": []}
    assert {text: compile(text).evaluate(loaded, now=NOW) for text in asks} == asks
    assert values.loads(values.dumps(loaded["persons"])) == KEPT


def test_a_kept_list_is_typed_again_as_it_was_and_a_text_from_before_it_was_a_list_is_not_lost() -> None:
    assert load(WITH, WITH.as_raw({"persons": KEPT}))["persons"] == KEPT
    assert load(WITH, WITH.as_raw({"persons": "Sam, a cousin\n\nJo"}))["persons"] == [
        {"name": "Sam, a cousin"},
        {"name": "Jo"},
    ]
    assert WITH.as_raw({"persons": None}) == {}


def test_what_is_wrong_with_an_item_is_said_at_its_question_with_its_place_on_the_page() -> None:
    typed = {**TYPED, "persons-2-name": "", "persons-1-why": "", "persons-1-seen_on-month": "13"}
    assert problems(WITH, typed) == [
        ("persons-1-why", "required", "Person 1: enter an answer to “Why?”"),
        ("persons-1-seen_on", "date-not-real", "Person 1: last seen must be a real date"),
        ("persons-2-name", "required", "Person 3: enter a name"),
    ]


def test_a_list_has_a_least_and_a_largest_number_of_items() -> None:
    form = form_of(persons(properties={"least": "2", "error": "Enter both"}))
    assert problems(form, {"persons": ["1"], "persons-1-name": "Sam"}) == [("persons", "required", "Enter both")]
    many: dict[str, list[str] | str] = {"persons": [str(number) for number in range(1, 200)]}
    many |= {f"persons-{number}-name": "Sam" for number in range(1, 200)}
    assert problems(form, many) == [("persons", "too-many", "Enter 3 people or fewer")]
    plain = form_of(persons(properties={"least": "1"}))
    assert problems(plain, {}) == [("persons", "required", "Enter at least one person")]
    assert load(WITH, {"persons": ["1", "1", "0", "-1", "x" * 9], "persons-1-name": "Sam"})["persons"] == [
        {"name": "Sam"}
    ]


def test_a_list_has_one_data_class_and_its_questions_are_settled_for_the_case() -> None:
    form = form_of(persons(NAME, asked("select", "home", "Which home?", values=[], valuesExpression="=homes")))
    (field,) = form.fields
    assert field.kind is Kind.LIST
    assert [each.data_class for each in field.asked] == ["D5", "D5"]
    assert form.names == frozenset({"homes"})
    raw: dict[str, list[str] | str] = {"persons": ["1"], "persons-1-name": "Sam", "persons-1-home": "elm"}
    assert load(form, raw, homes=["elm"])["persons"] == [{"name": "Sam", "home": "elm"}]
    assert problems(form, raw, homes=["oak"])[0][:2] == ("persons-1-home", "not-a-choice")


@pytest.mark.parametrize(
    ("component", "where", "rule"),
    [
        (persons(isRepeating=False), "persons", "form-item-count"),
        (persons(allowAddRemove=False), "persons", "form-item-count"),
        (persons(defaultRepetitions=4), "persons", "form-item-count"),
        (persons(properties={"most": ""}), "persons", "form-item-count"),
        (persons(properties={"most": "500"}), "persons", "form-item-count"),
        (persons(properties={"least": "4"}), "persons", "form-item-count"),
        (persons(properties={"item": ""}), "persons", "form-item"),
        (persons(components=[]), "persons", "form-item"),
        (persons(path="Persons With"), "Persons With", "form-key"),
        (persons(properties={"dataClass": ""}), "persons", "form-data-class"),
        (persons(readonly=True), "persons", "form-setting"),
        (persons(persons()), "persons-persons", "form-component"),
        (persons(NAME, NAME), "persons-name", "form-key-twice"),
        (persons(question("textfield", "name", "Name")), "persons-name", "form-setting"),
        (persons(NAME | {"conditional": {"hide": "= danger = null"}}, DANGER), "persons-name", "form-condition-ahead"),
        (persons(NAME | {"conditional": {"hide": '= harmed = "no"'}}), "persons-name", "form-condition-outside"),
    ],
)  # fmt: skip
def test_what_a_list_cannot_do_is_refused(component: Component, where: str, rule: str) -> None:
    assert (f"found.{where}", rule) in refused(component)


def test_two_who_change_a_list_at_once_see_both_and_what_one_changed_is_taken_over() -> None:
    """The numbers that items have on a page are the page's own: they make no difference."""
    was, now = {"persons": KEPT[:1]}, {"persons": [*KEPT, {"name": "Kim"}]}
    who = {"persons": ("ada", NOW)}
    same: dict[str, Any] = {"persons": ["7"], **moved(WITH, KEPT[:1], "7")}
    merged, (change,) = merge(WITH, same, was, now, who)
    assert load(WITH, merged)["persons"] == now["persons"]
    assert not change.both
    mine: dict[str, Any] = {**same, "persons-7-name": "Samuel"}
    merged, (change,) = merge(WITH, mine, was, now, who)
    assert load(WITH, merged)["persons"][0]["name"] == "Samuel"
    assert change.both


def moved(form: Form, kept: list[dict[str, Any]], number: str) -> dict[str, Any]:
    """Give what a page posts for a single item under another number."""
    raw = form.as_raw({"persons": kept})
    return {name.replace("-1-", f"-{number}-", 1): text for name, text in raw.items() if "-1-" in name}


def test_a_problem_is_said_once_for_each_question() -> None:
    assert Problem("persons-1-name", "required", "Person 1: enter a name") in [
        Problem(*each) for each in problems(WITH, {"persons": ["1"], "persons-1-danger": "low"})
    ]
