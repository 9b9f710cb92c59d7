"""What a draft is refused for: each rule has a bad and a good example, and its sentence stands at the element, in the list and on the drawing."""

from __future__ import annotations

import json

from bs4 import BeautifulSoup

from tests import refusals
from tests.web.site import Site
from web import draft_words
from web.step_words import parts_of
from workflows import catalogue, drafts

OF_THE_WHOLE = frozenset({"alert-has-its-element", "one-root"})
"""Rules of a procedure as a whole: what they say has no place in one file, for something is not there."""
OF_A_FILE = frozenset({
    "document-type", "expression-language", "file-not-known", "file-too-large", "form-component", "form-id", "form-not-json",
    "form-repeats-setting", "form-type", "form-without-components", "form-without-questions", "empty-input", "lane-of-nothing",
    "not-a-form", "not-bpmn", "not-dmn", "not-well-formed", "one-decision", "one-process", "scenario-not-read", "scenario-other-way",
    "stem-is-id", "unknown-element",
})  # fmt: skip
"""Rules of a file as a whole: their place is the file, and a line of it where one is known."""
HOME = "/procedures/cancellation"


def test_every_rule_refuses_a_bad_example_and_takes_what_is_sound() -> None:
    assert refusals.rules() - refusals.examples().keys() == refusals.ELSEWHERE.keys() & refusals.rules()
    for root, files in (
        ("small", refusals.as_here(refusals.sound())),
        ("cancellation", catalogue.files("cancellation")),
    ):
        assert drafts.check(root, files) == ()
        assert drafts.open_questions(files) == ()


def test_the_sentence_of_every_rule_stands_at_its_element_in_the_list_and_on_the_drawing(site: Site) -> None:
    for rule, (files, problem) in refusals.examples().items():
        (found,) = drafts.locate(files, [problem])
        with site.app.test_request_context():
            (entry,) = draft_words.shown_problems([found], "cancellation")
            (beside,) = draft_words.shown_problems([found], "cancellation", on_page=found.file)
        assert len(entry["text"].split()) > 3, rule
        if rule in OF_THE_WHOLE:
            continue
        assert found.file in files, (rule, problem)
        assert entry["href"].startswith(f"{HOME}/draft/files/{found.file}")
        assert bool(found.element) == (rule not in OF_A_FILE), (rule, problem)
        if rule in OF_A_FILE:
            continue
        assert entry["href"].endswith(f"#{found.element}")
        assert beside["href"] == f"#{found.element}"
        assert draft_words.marks([found]) == [
            {"element": found.element, "text": problem.sentence, "rule": problem.rule}
        ]


def test_a_step_without_an_id_is_refused_and_the_table_of_the_steps_stands() -> None:
    """Its page and the table of the steps were a fault: a step that cannot be named was looked for by its name."""
    (part,) = parts_of("small", refusals.examples()["id-missing"].files)
    assert "ask" in {step.id for step in part.steps}
    assert all(step.id for step in part.steps)


def test_the_pages_of_a_draft_show_each_sentence_with_the_way_to_its_element(site: Site) -> None:
    browser = site.browser("procedure_editor")
    browser.send(f"{HOME}/draft", form=browser.page(HOME))
    given = catalogue.files("cancellation")
    wrong = {
        "cancellation.bpmn": given["cancellation.bpmn"].replace('name="Say why', 'startQuantity="2" name="Say why', 1),
        "cancellation_reason.form": given["cancellation_reason.form"].replace(
            '"dataClass": "D2"', '"dataClass": ""', 1
        ),
        "deadlines.dmn": given["deadlines.dmn"].replace('"COLLECT"', '"SOME"'),
    }
    for name, text in wrong.items():
        assert text != given[name], name
        path = f"{HOME}/draft/files/{name}"
        assert browser.send(path, {"text": text}, form=browser.page(path)).status_code == 303
    listed = {link["href"]: link.text for link in browser.page(f"{HOME}/draft").select(".hw-problems a")}
    assert f"{HOME}/draft/files/cancellation.bpmn#say_why_wrong" in listed
    assert f"{HOME}/draft/files/deadlines.dmn#deadlines_table" in listed
    page: BeautifulSoup = browser.page(f"{HOME}/draft/files/cancellation.bpmn")
    data = page.select_one("#hw-problems")
    assert data is not None
    marks = [each["text"] for each in json.loads(data.text) if each["element"] == "say_why_wrong"]
    assert any("startQuantity" in each for each in marks)
    assert marks == [link.text for link in page.select(".hw-problems a[href='#say_why_wrong']")]
