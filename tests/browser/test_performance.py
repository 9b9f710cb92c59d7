"""The dashboard in a browser: numbers lead to lists, tables are files, and nothing is too wide for a telephone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.guard import look_at


def test_a_number_leads_to_its_episodes_and_a_table_to_a_file(visit: Visit) -> None:
    chief = visit("chief_inspector_missing")
    page = chief.page
    chief.click(page.get_by_role("navigation", name="Homeward").get_by_role("link", name="Performance"))
    wrong = look_at(page, "performance")
    number = page.locator("#people .hw-bar-count a").first
    count = int(number.inner_text().partition(":")[0])
    chief.click(number)
    expect(page.locator("h1")).to_have_text("Episodes reported")
    assert page.locator("tbody tr").count() == count > 0
    wrong += look_at(page, "performance-episodes")
    chief.click(page.get_by_role("link", name="Performance", exact=True).last)
    page.locator("#sex summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Sex as a file (CSV)").click()
    assert download.value.suggested_filename == "sex.csv"
    assert download.value.path().read_text("utf-8-sig").startswith("Sex,")
    assert wrong == []


def test_who_sees_figures_only_is_told_so_and_has_no_links(visit: Visit) -> None:
    member = visit("partnership_board", javascript=False)
    member.page.goto("/performance")
    assert "not shown to your roles" in member.text
    assert member.page.locator(".hw-bar-count a").count() == 0
    member.examine("performance of the board")
    assert member.wrong == []


def test_a_day_that_does_not_exist_is_said_at_its_field(visit: Visit) -> None:
    person = visit("superintendent")
    person.page.goto("/performance")
    person.page.get_by_text("Choose days or an authority").click()
    person.page.fill("#from-day", "31")
    person.page.fill("#from-month", "2")
    person.press("Show")
    summary = person.page.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(person.page.locator("#from-day")).to_be_focused()
    assert person.page.input_value("#from-day") == "31"
    assert look_at(person.page, "performance-wrong-day") == []


def test_a_broken_promise_leads_to_its_case(visit: Visit) -> None:
    person = visit("mfh_coordinator")
    page = person.page
    person.click(page.get_by_role("navigation", name="Homeward").get_by_role("link", name="Promises"))
    expect(page.locator("h1")).to_have_text("Promises kept and broken")
    wrong = look_at(page, "promises")
    person.click(page.locator("a[href*='state=kept']").first)
    expect(page.locator("h1")).to_contain_text(": kept")
    wrong += look_at(page, "promises-one")
    reference = page.locator("tbody th a").first.inner_text()
    person.click(page.locator("tbody th a").first)
    expect(page.locator(".govuk-caption-l")).to_have_text(f"Case {reference}")
    wrong += look_at(page, "promises-case")
    assert wrong == []
