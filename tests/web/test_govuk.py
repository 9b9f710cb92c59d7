"""A form as a GOV.UK page: what a person without JavaScript sees, and how a browser would read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest
from bs4 import BeautifulSoup, Tag

from engine.errors import AnswersInvalid, Problem
from engine.forms import Form, Raw, read
from web.govuk import error_summary, render_form

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
CHOICES = [
    {"value": "yes", "label": "Yes"},
    {"value": "no", "label": "No"},
    {"value": "not_known", "label": "Not known"},
]


def question(type_: str, key: str, label: str, **settings: Any) -> dict[str, Any]:
    own = {"type": type_, "key": key, "label": label, "properties": {"dataClass": "D2"}, "validate": {"required": True}}
    return own | settings


FORM = read(
    json.dumps({
        "id": "found",
        "title": "Child found",
        "components": [
            {"type": "text", "text": "Ask gently.\n\n## The return"},
            question("datetime", "returned_at", "When did the child return?", subtype="datetime"),
            question("datetime", "born_on", "Date of birth", subtype="date"),
            question("textfield", "met_by", "Met by", description="Name & number", validate={}),
            question("textfield", "email", "Email", validate={"required": True, "validationType": "email"}),
            question("number", "hours", "Hours away", appearance={"suffixAdorner": "hours"}),
            question("textarea", "account", "What happened"),
            question("select", "place", "Place", values=CHOICES),
            question("radio", "harmed", "Was the child harmed?", values=CHOICES),
            question("textarea", "harm", "Describe the harm", conditional={"hide": '=harmed != "yes"'}),
            question("textfield", "ward", "Ward", conditional={"hide": '=risk.level = "low"'}),
            question("checklist", "told", "Who was told", values=CHOICES),
            question("checkbox", "checked", "I have checked the address"),
        ],
    }),
    "found",
)  # fmt: skip
RAW: dict[str, list[str] | str] = {
    "returned_at-day": "27",
    "returned_at-month": ["3"],
    "returned_at-year": "2026",
    "returned_at-time": "14:30",
    "met_by": '"><script>alert(1)</script>',
    "account": "  First.\n\n    Indented, & <b>kept</b>.",
    "place": "no",
    "harmed": "not_known",
    "told": ["yes", "no"],
    "checked": "true",
}


def page(
    raw: Raw, problems: tuple[Problem, ...] = (), *, form: Form = FORM, facts: Mapping[str, Any] | None = None
) -> BeautifulSoup:
    summary = error_summary(problems, form)
    body = render_form(form, raw, problems, scope=facts or {}, now=NOW)
    markup = f'<!DOCTYPE html><html lang="en"><title>t</title><body>{summary}{body}</body></html>'
    html5lib.HTMLParser(strict=True).parse(markup)
    return BeautifulSoup(markup, "html5lib")


def one(soup: BeautifulSoup, selector: str) -> Tag:
    (found,) = soup.select(selector)
    return found


def refused(raw: Raw, form: Form = FORM) -> tuple[Problem, ...]:
    with pytest.raises(AnswersInvalid) as caught:
        form.load(raw, scope={}, now=NOW)
    return caught.value.problems


def posted(soup: BeautifulSoup) -> dict[str, list[str]]:
    """Give what a browser would send, as ``request.form.to_dict(flat=False)`` gives it."""
    sent: dict[str, list[str]] = {}
    for control in soup.select("input, textarea, select"):
        value: str | None = str(control.get("value", "on"))
        if control.get("type") in {"radio", "checkbox"} and not control.has_attr("checked"):
            value = None
        if control.name == "textarea":
            value = control.get_text().removeprefix("\n").replace("\n", "\r\n")
        if control.name == "select":
            value = next((str(option["value"]) for option in control.select("option[selected]")), "")
        if value is not None:
            sent.setdefault(str(control["name"]), []).append(value)
    return sent


def test_every_question_has_its_input_and_its_label() -> None:
    soup = page({})
    for control in soup.select("input, textarea, select"):
        assert one(soup, f'label[for="{control["id"]}"]').get_text(strip=True)
    assert {str(control["name"]).split("-")[0] for control in soup.select("[name]")} == {f.key for f in FORM.fields}


def test_no_id_occurs_twice() -> None:
    ids = [str(tag["id"]) for tag in page(RAW, refused({})).select("[id]")]
    assert sorted(ids) == sorted(set(ids))


def test_what_describes_an_input_is_on_the_page() -> None:
    soup = page({}, refused({}))
    described = soup.select("[aria-describedby]")
    assert len(described) >= len(FORM.fields)
    for tag in described:
        for name in str(tag["aria-describedby"]).split():
            assert one(soup, f"#{name}").get_text(strip=True)


def test_a_group_of_inputs_has_its_question_as_legend() -> None:
    legends = [legend.get_text(strip=True) for legend in page({}).select("fieldset > legend")]
    assert legends == ["When did the child return?", "Date of birth", "Was the child harmed?", "Who was told"]


def test_the_browser_stores_nothing_that_is_typed() -> None:
    for control in page({}).select("input[type=text], input[type=email], textarea"):
        assert control["autocomplete"] == "off"


def test_what_was_typed_is_shown_again_and_harmless() -> None:
    soup = page(RAW)
    assert one(soup, "#met_by")["value"] == RAW["met_by"]
    assert soup.select("script") == []
    assert one(soup, "#account").get_text() == RAW["account"]
    assert [str(box["value"]) for box in soup.select("[name=told][checked]")] == ["yes", "no"]
    assert [str(radio["value"]) for radio in soup.select("[name=harmed][checked]")] == ["not_known"]
    assert one(soup, "#place option[selected]")["value"] == "no"
    assert one(soup, "#checked").has_attr("checked")
    assert one(soup, "#returned_at-time")["value"] == "14:30"


def test_a_page_that_is_shown_and_posted_again_gives_the_same_answers() -> None:
    complete = RAW | {
        "born_on-day": "1",
        "born_on-month": "2",
        "born_on-year": "2012",
        "email": "a@b.org",
        "hours": "3",
    }
    complete |= {"ward": "5"}
    values = FORM.load(complete, scope={}, now=NOW)
    assert FORM.load(posted(page(FORM.as_raw(values))), scope={}, now=NOW) == values


def test_an_empty_page_has_nothing_chosen() -> None:
    assert not page({}).select("[checked], option[selected][value]:not([value=''])")


def test_the_summary_leads_to_the_first_input_of_each_wrong_question() -> None:
    problems = refused({})
    soup = page({}, problems)
    links = [(link.get_text(strip=True), str(link["href"])) for link in soup.select(".govuk-error-summary a")]
    assert [words for words, _ in links] == [problem.sentence for problem in problems]
    assert links[0][1] == "#returned_at-day"
    for _, href in links:
        assert one(soup, href).name in {"input", "textarea", "select"}


@pytest.mark.parametrize(
    ("changed", "marked"),
    [
        ({"returned_at-time": ""}, ["returned_at-time"]),
        ({"returned_at-time": "25:00"}, ["returned_at-time"]),
        ({"returned_at-month": "", "returned_at-time": ""}, ["returned_at-month"]),
        (
            {"returned_at-day": "31", "returned_at-month": "2"},
            [f"returned_at-{p}" for p in ("day", "month", "year", "time")],
        ),
    ],
)
def test_the_wrong_part_of_a_date_is_marked_and_linked(changed: dict[str, str], marked: list[str]) -> None:
    raw = RAW | changed
    soup = page(raw, tuple(problem for problem in refused(raw) if problem.where == "returned_at"))
    assert [str(control["id"]) for control in soup.select(".govuk-input--error")] == marked
    assert one(soup, ".govuk-error-summary a")["href"] == f"#{marked[0]}"


def test_a_wrong_answer_carries_its_sentence_beside_it() -> None:
    soup = page({}, (Problem("email", "required", "Enter <an> email"),))
    assert one(soup, ".govuk-form-group--error .govuk-error-message").get_text(strip=True) == "Error:Enter <an> email"


def test_a_problem_that_is_about_no_question_is_said_without_a_link() -> None:
    soup = page({}, (Problem("found", "stale", "The page is out of date"),))
    assert one(soup, ".govuk-error-summary li").get_text(strip=True) == "The page is out of date"
    assert not soup.select(".govuk-error-summary a")


def test_without_problems_there_is_no_summary() -> None:
    assert error_summary((), FORM) == ""


def test_a_question_that_other_answers_decide_about_is_shown_with_words_that_say_when() -> None:
    assert one(page({}), ".hw-conditional #harm-hint").get_text(strip=True) == (
        "Only if you answered “Yes” to “Was the child harmed?”"
    )


def test_a_question_that_the_facts_rule_out_is_not_shown() -> None:
    assert page({}, facts={"risk": {"level": "high"}}).select("#ward")
    assert not page({}, facts={"risk": {"level": "low"}}).select("#ward")


def test_what_may_be_left_empty_says_so() -> None:
    soup = page({})
    assert [label.get_text(strip=True) for label in soup.select("label") if "(optional)" in label.get_text()] == [
        "Met by (optional)"
    ]


def test_text_between_the_questions_is_in_its_place() -> None:
    soup = page({})
    assert one(soup, "p.govuk-body").get_text(strip=True) == "Ask gently."
    assert one(soup, "h2.govuk-heading-m").get_text(strip=True) == "The return"


@pytest.mark.parametrize("type_", ["select", "radio", "checklist"])
def test_choices_of_the_case_are_drawn_before_those_of_the_form(type_: str) -> None:
    settings = {"valuesExpression": "=candidates.matches", "values": [{"value": "new", "label": "None of these"}]}
    text = json.dumps({"id": "match", "components": [question(type_, "child", "Which child is it?", **settings)]})
    matches = [{"value": "CH-7K3QX9PW", "label": "Robin <Example>"}]
    soup = page({}, form=read(text, "match"), facts={"candidates": {"matches": matches}})
    found = [str(one["value"]) for one in soup.select("option, input") if one["value"]]
    assert found == ["CH-7K3QX9PW", "new"]
    assert "Robin <Example>" in soup.get_text()


def test_the_page_holds_no_style_and_no_script_of_its_own() -> None:
    soup = page(RAW, refused({}))
    assert not soup.select("[style], style, script")
    assert not [tag for tag in soup.find_all(True) if any(str(name).startswith("on") for name in tag.attrs)]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "bpmn").rglob("*.form")), ids=lambda path: path.stem
)
def test_every_form_of_the_procedures_is_drawn(path: Path) -> None:
    form = read(path.read_text("utf-8"), path.name)
    soup = page({}, refused({}, form), form=form)
    assert soup.select(".govuk-error-summary a")
    for link in soup.select(".govuk-error-summary a"):
        target = one(soup, str(link["href"]))
        assert target.name in {"input", "textarea", "select"} or target["tabindex"] == "-1"


PROMPTS = read(
    json.dumps({
        "id": "talk",
        "components": [
            question("textfield", "said", "What was said"),
            {
                "type": "group",
                "label": "Before",
                "properties": {"folds": "true"},
                "components": [
                    question("textfield", "why", "Why then", validate={"maxLength": 10}),
                    question("datetime", "when", "When", subtype="date", validate={}),
                ],
            },
            {"type": "group", "label": "After", "components": [question("textfield", "now", "And now", validate={})]},
        ],
    }),
    "talk",
)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "wrong", "is_open"),
    [
        ({"said": "It was late."}, (), False),
        ({"why": "Nobody asked."}, (), True),
        ({"when-day": ["3"]}, (), True),
        ({}, (Problem("why", "length", "Enter less"),), True),
    ],
)
def test_prompts_are_folded_until_one_has_an_answer_or_a_problem_and_are_sent_all_the_same(
    raw: dict[str, Any], wrong: tuple[Problem, ...], *, is_open: bool
) -> None:
    page = BeautifulSoup(str(render_form(PROMPTS, raw, wrong, scope={}, now=NOW)), "html5lib")
    [fold] = page.select("details")
    assert fold.has_attr("open") == is_open
    assert fold.summary is not None
    assert fold.summary.text == "Before: 2 more questions (optional)"
    assert {each["name"] for each in fold.select("input")} == {"why", "when-day", "when-month", "when-year"}
    assert [each.text for each in page.select("h2")] == ["After"], "what comes after stands outside"
    assert not fold.select("[name=now]")
