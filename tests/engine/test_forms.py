"""Answers to a form: read all at once, kept with their meaning, and left out when they do not apply."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import AnswersInvalid, Problem
from engine.forms import Form, Raw, read

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

Component = dict[str, Any]


def question(type_: str, key: str, label: str, *, required: bool = True, **settings: Any) -> Component:
    properties = {"dataClass": "D2"} | settings.pop("properties", {})
    validate = ({"required": True} if required else {}) | settings.pop("validate", {})
    return {"type": type_, "key": key, "label": label, "properties": properties, "validate": validate, **settings}


def choices(*values: str) -> list[dict[str, str]]:
    return [{"value": value, "label": value.replace("_", " ").capitalize()} for value in values]


def form_of(*components: Component) -> Form:
    return read(json.dumps({"id": "found", "type": "default", "components": list(components)}), "found.form")


def load(form: Form, raw: Raw, **scope: Any) -> dict[str, Any]:
    return form.load(raw, scope=scope, now=NOW)


def problems(form: Form, raw: Raw, **scope: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(AnswersInvalid) as refused:
        load(form, raw, **scope)
    return [(problem.where, problem.rule, problem.sentence) for problem in refused.value.problems]


def sentence(component: Component, raw: Raw) -> str:
    ((_, _, said),) = problems(form_of(component), raw)
    return said


def moment(key: str, day: str, month: str, year: str, time: str) -> dict[str, str]:
    return {f"{key}-day": day, f"{key}-month": month, f"{key}-year": year, f"{key}-time": time}


EVERY_KIND = form_of(
    question("datetime", "returned_at", "When was the child found?", subtype="datetime"),
    question("datetime", "born_on", "Date of birth", subtype="date"),
    question("textfield", "met_by", "Name of the officer"),
    question("textarea", "account", "What happened"),
    question("number", "times", "Times missing", decimalDigits=0, validate={"min": 0}),
    question("select", "place", "Place", values=choices("home", "street")),
    question("radio", "harmed", "Was the child harmed?", values=choices("yes", "no", "not_known")),
    question("checklist", "told", "Who was told", values=choices("carer", "school", "police")),
    question("checkbox", "checked", "I have checked the address"),
)
ANSWERS: dict[str, list[str] | str] = {
    **moment("returned_at", "27", "3", "2026", "14:30"),
    "born_on-day": "1",
    "born_on-month": "2",
    "born_on-year": "2012",
    "met_by": ["PC Álvarez"],
    "account": "First line.\r\n\r\nSecond line.",
    "times": "3",
    "place": "street",
    "harmed": "not_known",
    "told": ["police", "carer"],
    "checked": "true",
}
VALUES = {
    "returned_at": datetime(2026, 3, 27, 14, 30, tzinfo=UTC),
    "born_on": date(2012, 2, 1),
    "met_by": "PC Álvarez",
    "account": "First line.\n\nSecond line.",
    "times": Decimal(3),
    "place": "street",
    "harmed": "not_known",
    "told": ["carer", "police"],
    "checked": True,
}


def test_every_kind_of_answer_becomes_its_value() -> None:
    assert load(EVERY_KIND, ANSWERS) == VALUES


def test_a_moment_is_kept_aware_and_in_utc() -> None:
    assert load(EVERY_KIND, ANSWERS)["returned_at"].tzinfo is UTC


def test_kept_values_become_a_filled_in_page_that_gives_the_same_values() -> None:
    assert load(EVERY_KIND, EVERY_KIND.as_raw(VALUES)) == VALUES


def test_values_that_are_not_there_leave_the_page_empty() -> None:
    assert EVERY_KIND.as_raw({"met_by": None, "told": [], "checked": False, "other": "x"}) == {}


def test_the_schema_alone_reads_the_same_answers() -> None:
    assert EVERY_KIND.schema.load(ANSWERS) == VALUES


def test_every_wrong_answer_is_named_at_once_in_the_order_of_the_page() -> None:
    assert [where for where, _, _ in problems(EVERY_KIND, {})] == list(VALUES)


def test_answers_to_no_question_are_ignored() -> None:
    extra = {"csrf_token": "t", "key": "k", "stamp": "s", "risk_level": "high", "returned_at": "2020"}
    assert load(EVERY_KIND, ANSWERS | extra) == VALUES


def test_an_optional_question_left_empty_is_none_or_nothing_chosen() -> None:
    form = form_of(
        question("textfield", "name", "Name", required=False),
        question("datetime", "at", "Time", subtype="datetime", required=False),
        question("checklist", "told", "Told", values=choices("a", "b"), required=False),
        question("checkbox", "sure", "Sure", required=False),
        question("radio", "yes", "Yes", values=choices("a", "b"), required=False),
    )
    assert load(form, {"name": "  "}) == {"name": None, "at": None, "told": [], "sure": False, "yes": None}


@pytest.mark.parametrize(
    ("type_", "label", "settings", "expected"),
    [
        ("datetime", "When was the child last seen?", {"subtype": "datetime"}, "Enter when the child was last seen"),
        ("datetime", "Date of return", {"subtype": "date"}, "Enter date of return"),
        ("textfield", "NHS number", {}, "Enter NHS number"),
        ("textarea", "What is the full name of the child?", {}, "Enter an answer to “What is the full name of the child?”"),
        ("radio", "Was the child harmed?", {"values": choices("yes", "no")}, "Select yes if the child was harmed"),
        ("radio", "Is the missing child known?", {"values": choices("yes")}, "Select an answer to “Is the missing child known?”"),
        ("select", "Place", {"values": choices("home")}, "Select place"),
        ("checkbox", "I have checked", {}, "Select “I have checked” to continue"),
    ],
)  # fmt: skip
def test_a_missing_answer_is_asked_for_in_words(type_: str, label: str, settings: Component, expected: str) -> None:
    assert sentence(question(type_, "it", label, **settings), {}) == expected


def test_the_forms_own_sentence_wins() -> None:
    own = {"error": "Enter the day the child came home", "errorFormat": "The day must exist"}
    component = question("datetime", "it", "Date of return", subtype="date", properties=own)
    assert sentence(component, {}) == "Enter the day the child came home"
    assert sentence(component, {"it-day": "31", "it-month": "4", "it-year": "2026"}) == "The day must exist"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"it-day": "30", "it-month": "2", "it-year": "2026"}, ("date-not-real", "Date of return must be a real date")),
        ({"it-day": "30", "it-year": "2026"}, ("month-missing", "Date of return must include a month")),
    ],
)
def test_a_wrong_date_is_named_as_the_subject(raw: dict[str, str], expected: tuple[str, str]) -> None:
    ((_, rule, said),) = problems(form_of(question("datetime", "it", "Date of return", subtype="date")), raw)
    assert (rule, said) == expected


def test_a_question_that_ends_in_a_question_mark_is_quoted_when_the_answer_is_wrong() -> None:
    component = question("datetime", "it", "When was the child found?", subtype="datetime")
    assert sentence(component, moment("it", "29", "3", "2026", "01:30")).startswith(
        "Your answer to “When was the child found?” must be a real time: the clocks went forward on 29 March 2026"
    )


@pytest.mark.parametrize("kind", ["select", "radio", "checklist"])
def test_what_is_not_offered_cannot_be_chosen(kind: str) -> None:
    form = form_of(question(kind, "it", "Place", values=choices("home", "street")))
    assert problems(form, {"it": ["elsewhere"]}) == [("it", "not-a-choice", "Select place")]


@pytest.mark.parametrize(
    ("typed", "value"), [("1,250", 1250), (" 12 ", 12), ("-3", -3), ("2.50", Decimal("2.50")), ("1 000", 1000)]
)
def test_a_number_may_be_typed_in_the_usual_ways(typed: str, value: Decimal) -> None:
    assert load(form_of(question("number", "it", "Age")), {"it": typed}) == {"it": value}


@pytest.mark.parametrize("typed", ["twelve", "1e9", "NaN", "Infinity", "0x10", "1.2.3", "٣", "9" * 40, "--1"])
def test_what_is_not_a_number_is_refused(typed: str) -> None:
    assert sentence(question("number", "it", "Age"), {"it": typed}) == "Age must be a number"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("-1", "Age must be between 0 and 25"),
        ("26", "Age must be between 0 and 25"),
        ("1.5", "Age must be a whole number"),
    ],
)
def test_a_number_keeps_to_its_limits(typed: str, expected: str) -> None:
    component = question("number", "it", "Age", decimalDigits=0, validate={"min": 0, "max": 25})
    assert sentence(component, {"it": typed}) == expected


def test_a_text_is_trimmed_and_its_accents_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Zoë Ní Bhriain")
    assert load(form_of(question("textfield", "it", "Name")), {"it": f"  {decomposed}\n"}) == {"it": "Zoë Ní Bhriain"}


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "O'Connor; DROP TABLE",
        "=1+1",
        "عمر",
        "{{7*7}}",
        "\N{MATHEMATICAL SCRIPT CAPITAL X}",
        "🏠",
    ],
)
def test_a_text_is_kept_as_typed(typed: str) -> None:
    assert load(form_of(question("textfield", "it", "Name")), {"it": typed}) == {"it": typed}


@pytest.mark.parametrize("typed", ["a\x00b", "a\x1b[2Jb", "a\nb", "a\tb", "a\x85b", "a\ud800b"])
def test_control_characters_are_refused_in_a_line(typed: str) -> None:
    assert sentence(question("textfield", "it", "Name"), {"it": typed}) == (
        "Name must not include line breaks or characters that cannot be shown"
    )


def test_several_lines_may_hold_line_breaks_and_tabs_but_no_control_characters() -> None:
    component = question("textarea", "it", "Account")
    assert load(form_of(component), {"it": "a\tb\r\nc\rd"}) == {"it": "a\tb\nc\nd"}
    assert sentence(component, {"it": "a\x00"}) == "Account must not include characters that cannot be shown"


@pytest.mark.parametrize(
    ("component", "typed", "expected"),
    [
        (question("textfield", "it", "Name"), "x" * 201, "Name must be 200 characters or less"),
        (question("textarea", "it", "Account"), "x" * 10_001, "Account must be 10,000 characters or less"),
        (question("textfield", "it", "Code", validate={"maxLength": 4}), "12345", "Code must be 4 characters or less"),
        (question("textfield", "it", "Code", validate={"minLength": 4}), "123", "Code must be 4 characters or more"),
    ],
)
def test_a_text_keeps_to_its_length(component: Component, typed: str, expected: str) -> None:
    assert sentence(component, {"it": typed}) == expected


@pytest.mark.parametrize(
    ("shape", "good", "bad"), [("email", "a.b@example.org", "a.b@"), ("phone", "01632 960 001", "ask mum")]
)
def test_an_address_has_the_shape_of_one(shape: str, good: str, bad: str) -> None:
    component = question("textfield", "it", "Contact", validate={"validationType": shape})
    assert load(form_of(component), {"it": good}) == {"it": good}
    assert problems(form_of(component), {"it": bad})[0][1] == shape


HARM = (
    question("radio", "harmed", "Was the child harmed?", values=choices("yes", "no")),
    question("textarea", "harm", "Describe the harm", conditional={"hide": '= harmed != "yes"'}),
    question("textfield", "seen_by", "Seen by", conditional={"hide": "= harm = null"}),
)


def test_a_hidden_question_is_not_required() -> None:
    assert load(form_of(*HARM), {"harmed": "no"}) == {"harmed": "no"}


def test_a_hidden_answer_is_not_kept_and_decides_nothing() -> None:
    assert load(form_of(*HARM), {"harmed": "no", "harm": "A bruise", "seen_by": "Dr Ali"}) == {"harmed": "no"}


def test_a_wrong_answer_to_a_hidden_question_is_no_problem() -> None:
    assert load(form_of(*HARM), {"harmed": "no", "harm": "\x00"}) == {"harmed": "no"}


def test_a_question_that_applies_is_required() -> None:
    assert [where for where, _, _ in problems(form_of(*HARM), {"harmed": "yes"})] == ["harm"]


def test_a_condition_sees_the_facts_of_the_case() -> None:
    form = form_of(
        question("textfield", "name", "Name"),
        question("textfield", "ward", "Ward", conditional={"hide": '= risk.level = "low"'}),
    )
    assert load(form, {"name": "A"}, risk={"level": "low"}) == {"name": "A"}
    assert problems(form, {"name": "A"}, risk={"level": "high"}) == [("ward", "required", "Enter ward")]
    assert form.names == {"risk"}


def test_a_group_hides_all_that_it_holds() -> None:
    group = {"type": "group", "label": "Harm", "components": [question("textfield", "harm", "Harm")]}
    form = form_of(HARM[0], group | {"conditional": {"hide": '= harmed = "no"'}})
    assert load(form, {"harmed": "no"}) == {"harmed": "no"}
    assert load(form, {"harmed": "yes", "harm": "Cold"}) == {"harmed": "yes", "harm": "Cold"}


def test_a_page_leaves_out_only_what_the_facts_rule_out() -> None:
    form = form_of(*HARM, question("textfield", "ward", "Ward", conditional={"hide": "= risk.level = null"}))
    page = form.page(scope={"risk": None}, now=NOW)
    assert [block.key for block in page if hasattr(block, "key")] == ["harmed", "harm", "seen_by"]
    assert form.page(scope={"risk": {"level": "high"}}, now=NOW) == form.blocks


IN_ORDER = form_of(
    question("datetime", "seen_at", "Last seen", subtype="datetime", required=False),
    question(
        "datetime", "back_at", "Returned", subtype="datetime", required=False,
        properties={"check": "= back_at >= seen_at", "checkError": "The return must come after the child was last seen"},
    ),
)  # fmt: skip
SEEN = moment("seen_at", "27", "3", "2026", "10:00")


def test_a_check_that_holds_is_silent() -> None:
    assert load(IN_ORDER, SEEN | moment("back_at", "27", "3", "2026", "11:00"))["back_at"].hour == 11


def test_a_check_that_does_not_hold_says_its_sentence() -> None:
    assert problems(IN_ORDER, SEEN | moment("back_at", "27", "3", "2026", "09:00")) == [
        ("back_at", "check", "The return must come after the child was last seen")
    ]


def test_a_check_does_not_compare_what_was_left_empty() -> None:
    assert load(IN_ORDER, moment("back_at", "27", "3", "2026", "09:00"))["seen_at"] is None
    assert load(IN_ORDER, SEEN)["back_at"] is None


def test_a_check_waits_until_the_answer_that_it_rests_on_is_right() -> None:
    raw = moment("seen_at", "31", "2", "2026", "10:00") | moment("back_at", "27", "3", "2026", "09:00")
    assert [where for where, _, _ in problems(IN_ORDER, raw)] == ["seen_at"]


def test_a_check_that_rests_on_a_fact_which_is_not_there_fails() -> None:
    """A misspelt path gives null; if that passed, the check would be off without anybody knowing."""
    own = {"check": "= it >= report.lost_at", "checkError": "Too early"}
    component = question("datetime", "it", "Returned", subtype="datetime", properties=own)
    assert sentence(component, moment("it", "27", "3", "2026", "09:00")) == "Too early"


def test_a_check_reads_the_clock_that_is_passed_in() -> None:
    own = {"check": "= it <= now()", "checkError": "The return must be in the past"}
    form = form_of(question("datetime", "it", "Returned", subtype="datetime", properties=own))
    assert load(form, moment("it", "28", "3", "2026", "12:00"))
    assert problems(form, moment("it", "28", "3", "2026", "12:01"))[0][2] == "The return must be in the past"


@pytest.mark.parametrize("key", ["fields", "load", "context", "opts", "declared_fields", "gather", "dump_fields"])
def test_a_question_may_have_the_name_of_something_inside_the_schema(key: str) -> None:
    assert load(form_of(question("textfield", key, "Name")), {key: "x"}) == {key: "x"}


def test_a_problem_of_the_schema_is_a_problem_of_the_house() -> None:
    with pytest.raises(AnswersInvalid) as refused:
        load(form_of(question("textfield", "name", "Name")), {})
    assert refused.value.problems == (Problem("name", "required", "Enter name"),)


@given(st.dictionaries(st.sampled_from([*ANSWERS, "told-day", ""]), st.text() | st.lists(st.text(), max_size=3)))
def test_whatever_is_posted_is_read_or_refused(raw: dict[str, list[str] | str]) -> None:
    try:
        wrong: tuple[Problem, ...] = () if load(EVERY_KIND, ANSWERS | raw) else (Problem("", "", ""),)
    except AnswersInvalid as refused:
        wrong = refused.problems
    assert all(problem.where in VALUES and problem.sentence for problem in wrong)


@given(st.text(max_size=300))
def test_a_text_that_is_kept_is_kept_the_same_when_it_is_shown_and_posted_again(typed: str) -> None:
    form = form_of(question("textarea", "it", "Account", required=False))
    try:
        kept = load(form, {"it": typed})
    except AnswersInvalid:
        return
    assert load(form, form.as_raw(kept)) == kept
