"""A decision table in words: a manager reads what a deadline asks for, when, and who is told, and no letters of a program."""

from __future__ import annotations

import pytest

from tests.web.site import Browser, Site
from web import fact_words
from workflows import catalogue
from workflows.table_words import in_words, of_change, say_cell, say_table

DRAFT = "/procedures/missing_child/draft"
TABLES = [(name, file) for name in catalogue.procedures() for file in catalogue.files(name) if file.endswith(".dmn")]


@pytest.fixture
def editor(site: Site) -> Browser:
    """The browser of somebody with a draft that is the running release."""
    browser = site.browser("procedure_editor")
    assert browser.send(DRAFT, form=browser.page("/procedures/missing_child")).status_code == 303
    return browser


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('"T-25"', "T-25 (hold the return interview)"),
        ('clock + duration("PT12M")', "12 minutes after the clock begins"),
        ('clock + duration("P1DT12H")', "1 day 12 hours after the clock begins"),
        ('task.opened_at + duration("PT1H")', "1 hour after the task opens"),
        ('["rhi_worker", "rhi_manager"]', "Return interview worker, Return interview manager"),
        ('clock + duration("-P2D")', "2 days before the clock begins"),
        ("-", "Any"),
        ("", "Any"),
        ("true", "Yes"),
        ("false", "No"),
        ('"high"', "high"),
        ('not("high")', "not(high)"),
        ("[]", "nobody and nothing"),
        ("[1, clock]", "[1, clock]"),
    ],
)
def test_a_cell_is_said_as_people_say_it(cell: str, said: str) -> None:
    assert say_cell(cell) == said


def test_an_answer_that_is_empty_is_nothing() -> None:
    assert say_cell("", asks=False) == "Nothing"


def test_words_are_put_beside_a_deadline_once() -> None:
    once = in_words('Row “102 T-25” is due after duration("PT96H")')
    assert once == "Row “102 T-25 (hold the return interview)” is due after 96 hours"
    assert in_words(once) == once
    assert of_change('["rhi_worker"]') == "Return interview worker"
    assert of_change('"T-25"') == '"T-25 (hold the return interview)"'


@pytest.mark.parametrize(("name", "file"), TABLES)
def test_every_table_that_is_shipped_is_said_with_a_text_in_each_cell(name: str, file: str) -> None:
    said = say_table(catalogue.files(name)[file], file)
    assert said is not None
    assert said.rows
    assert all(len(cells) == len(said.columns) and all(cells) for _, cells in said.rows)
    assert not any("duration(" in cell for _, cells in said.rows for cell in cells)


def test_what_is_no_table_is_not_said() -> None:
    assert say_table("<", "a.dmn") is None
    assert say_table("<a/>", "a.dmn") is None


def test_what_a_table_wrote_beside_an_answer_stands_under_the_words_of_its_column(site: Site) -> None:
    """A review said “Was high: No” of a grade."""
    _id, release = site.services.cases.library.newest("missing_child")
    (told,) = fact_words.sections({"risk": {"": {"level": "medium", "was_high": False}}}, release, site.clock())
    said = {row["key"]["text"]: fact_words.text_of(row) for row in told.rows}
    assert said == {
        "What is the risk grade?": "Medium: harm is likely but not serious",
        "Graded high at any time in this case": "No",
    }


def test_the_page_of_a_table_and_what_changes_in_it_are_in_words(editor: Browser) -> None:
    """A manager read "T-01" and duration("PT10M")."""
    path = f"{DRAFT}/files/deadlines.dmn"
    page = editor.page(path)
    region = page.select_one(".hw-scroll[tabindex='0'][role=region]")
    assert region is not None
    words = " ".join(region.get_text(" ").split())
    assert "T-01 (grade the risk of the report)" in words
    assert "10 minutes after the clock begins" in words
    assert "Return interview worker" in words
    area = page.select_one("textarea[name=text]")
    assert area is not None
    text = area.text.removeprefix("\n").replace('duration("PT10M")', 'duration("PT12M")', 1)
    assert editor.send(path, {"text": text}, form=page).status_code == 303
    told = " ".join(editor.page(f"{DRAFT}/changes").select_one("main").get_text(" ").split())  # type: ignore[union-attr]
    assert "T-01 (grade the risk of the report)" in told
    assert "10 minutes after the clock begins 12 minutes after the clock begins" in told


def test_a_form_is_previewed_as_the_page_of_its_task(editor: Browser) -> None:
    page = editor.page(f"{DRAFT}/files/handover.form")
    preview = page.select_one(".hw-preview")
    assert preview is not None
    assert preview.select_one("h3").text == "Acknowledge handover"  # type: ignore[union-attr]
    assert "Read the report and say that you, by name, have this case." in preview.text
    assert preview.select_one("button[disabled]").text.strip() == "Complete"  # type: ignore[union-attr]
    opening = editor.page(f"{DRAFT}/files/case_opening.form").select_one(".hw-preview")
    assert opening is not None
    assert "Open the case" in opening.text
