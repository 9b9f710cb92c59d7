"""The page of a child over the years, as three roles meet it: all of it, a part, and nothing; wide, narrow, without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import emery
from tests.browser.conftest import Visit
from tests.browser.guard import look_at
from tests.browser.visits import reference_of
from web.demo_sheets import NAME

pytestmark = pytest.mark.browser


@pytest.fixture
def address(visit: Visit) -> str:
    """Report the known child as missing and match her, so that the roles of the case have a part in her."""
    caller = visit("call_taker", javascript=False)
    caller.page.goto("/cases/open")
    caller.answer(emery.FOUR_FACTS)
    caller.press("Open the case")
    caller.answer(emery.report(visit("mfh_coordinator", javascript=False).now()))
    caller.press("Complete")
    child = emery.choose_known_child(caller.page)
    caller.press("Complete")
    assert reference_of(caller.page)
    return f"/children/{child}"


def headings(page: Page) -> set[str]:
    return set(page.locator("h2.govuk-heading-m").all_inner_texts())


@pytest.mark.parametrize("javascript", [True, False])
def test_the_coordinator_reads_all_that_is_known_of_the_child(visit: Visit, address: str, *, javascript: bool) -> None:
    page = visit("mfh_coordinator", javascript=javascript).page
    page.goto(address)
    expect(page.locator("h1")).to_have_text(NAME)
    assert {"Flags", "Trigger plan", "Episodes", "Return interviews"} <= headings(page)
    table = page.get_by_role("table", name="Episodes, the latest first")
    for reference in ("OLD-2041", "OLD-2077"):
        expect(table).to_contain_text(reference)
    page.get_by_text("All versions").click()
    expect(page.get_by_text("from before this service, from").last).to_be_visible()
    if javascript:
        assert look_at(page, "child-whole") == []


def test_who_may_see_a_part_reads_that_and_is_told_what_kind_is_kept_back(visit: Visit, address: str) -> None:
    page = visit("csc_mash").page
    page.goto(address)
    assert "Flags" in headings(page)
    assert "Trigger plan" not in headings(page)
    assert emery.RULE not in page.content()
    expect(page.get_by_text("ask the missing from home co-ordinator").first).to_be_visible()
    assert look_at(page, "child-in-part") == []


@pytest.mark.parametrize("javascript", [True, False])
def test_who_has_no_part_is_told_that_there_is_no_such_child(visit: Visit, address: str, *, javascript: bool) -> None:
    page = visit("school_dsl", javascript=javascript).page
    answer = page.goto(address)
    assert answer
    assert answer.status == 404
    assert NAME not in page.content()
    said = page.locator("main").inner_text()
    page.goto("/children/CH-22222222")
    assert page.locator("main").inner_text() == said, "the page is that of a child who is not there"
    if javascript:
        assert look_at(page, "child-unknown") == []
