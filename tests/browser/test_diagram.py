"""The diagram on the page of a case: drawn with its marks, moved by buttons, and said in words where nothing is drawn."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import quill
from tests.browser.conftest import Visit
from tests.browser.guard import look_at
from tests.browser.visits import reference_of

pytestmark = pytest.mark.browser


@pytest.fixture
def address(visit: Visit) -> str:
    """Open a case, and give the address of its page."""
    caller = visit("call_taker", javascript=False)
    caller.page.goto("/cases/open")
    caller.answer(quill.FOUR_FACTS)
    caller.press("Open the case")
    return f"/cases/{reference_of(caller.page)}"


def go_to(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#where")).to_be_visible()


def test_the_diagram_is_drawn_with_what_is_open_and_keeps_its_watermark(visit: Visit, address: str) -> None:
    page = visit("mfh_coordinator").page
    go_to(page, address)
    drawn = page.get_by_role("group", name="Diagram of Missing child")
    expect(drawn.locator("svg .hw-current").first).to_be_visible()
    expect(drawn.locator(".bjs-powered-by")).to_be_visible()
    marked = drawn.locator("svg .hw-current").evaluate_all("all => all.map(one => one.dataset.elementId).sort()")
    said = page.locator("[data-diagram]").get_attribute("data-current")
    assert marked == sorted((said or "").split())
    waiting = drawn.locator("svg .hw-waiting").evaluate_all("all => all.map(one => one.dataset.elementId)")
    assert {"handover_clock_rang", "returned"} <= set(waiting), "the case waits for more than people"
    tree = page.get_by_role("tree", name="The course of the case")
    here = tree.get_by_role("treeitem", name="Where the case is")
    here.focus()
    for key in ("End", "Home", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "Space"):
        page.keyboard.press(key)
    chosen = tree.locator("[aria-selected=true]")
    expect(chosen).to_be_focused()
    element = chosen.locator("..").get_attribute("data-element") or ""
    expect(drawn.locator("svg .hw-chosen")).to_have_attribute("data-element-id", element)
    assert tree.locator("[tabindex='0']").count() == 1, "the tree is more than one stop"
    assert look_at(page, "case-diagram") == []


def test_the_diagram_grows_by_a_button_and_another_one_is_chosen_by_a_link(visit: Visit, address: str) -> None:
    page = visit("mfh_coordinator").page
    go_to(page, address)
    plane = page.locator(".hw-canvas svg .viewport")
    expect(page.locator(".hw-canvas svg .djs-shape").first).to_be_visible()
    before = plane.get_attribute("transform")
    page.get_by_role("button", name="Larger").click()
    expect(plane).not_to_have_attribute("transform", before or "")
    page.get_by_role("navigation", name="Diagrams of the procedure").get_by_role(
        "link", name="Return interview"
    ).click()
    expect(
        page.get_by_role("group", name="Diagram of Return interview").locator("svg .djs-shape").first
    ).to_be_visible()


def test_without_javascript_the_table_and_the_words_stand_alone(visit: Visit, address: str) -> None:
    page = visit("mfh_coordinator", javascript=False).page
    go_to(page, address)
    expect(page.locator("[data-diagram]")).to_be_hidden()
    expect(page.get_by_role("table", name="Open steps")).to_be_visible()
    expect(page.get_by_role("row", name="Plan is known")).to_contain_text("The case waits until this is so")
    page.get_by_text("The course of the case in words").click()
    for words in ("Clocks that run, and when each tells people next", "What comes next", "What has happened"):
        expect(page.locator(".hw-tree").get_by_text(words, exact=True).first).to_be_visible()
