"""A bundle is looked through, redacted and sealed without JavaScript, on pages that are for everyone and fit a narrow window."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_a_bundle_is_looked_through_and_sealed_without_javascript(visit: Visit) -> None:
    person = visit("mfh_coordinator", javascript=False)
    page = person.page
    person.go_to_tasks()
    reference = str(page.locator("a[href^='/copies/']").first.get_attribute("href")).rpartition("/")[2]
    page.goto(f"/cases/{reference}")
    page.get_by_role("link", name="Give this case to somebody").click()
    person.examine("bundle-form")
    page.get_by_label("To whom, by name").fill("Meadow School")
    page.get_by_label("On which basis").select_option("school_or_health")
    for box in page.locator("input[name=classes]").all():
        box.check()
    person.press("Make the bundle")
    expect(page.locator("h1")).to_have_text("Look through this bundle before it is given")
    person.examine("bundle")
    row = page.locator(".govuk-summary-list__row", has_text="The bus stop by the school gate").first
    row.get_by_role("link").click()
    person.press("Take it out")
    expect(page.locator(".govuk-error-summary li")).to_have_count(3)
    page.get_by_label("Some words of it").check()
    page.get_by_label("Which words").fill("by the school gate")
    page.get_by_label("It would prejudice preventing").check()
    page.get_by_label("Why?").fill("Somebody waits there")
    person.examine("bundle-passage")
    person.press("Take it out")
    expect(page.locator("main")).to_contain_text("“by the school gate”")
    page.get_by_label("Every passage was read").check()
    person.press("Seal the bundle")
    expect(page.locator("h1")).to_have_text("A bundle that was given")
    person.examine("bundle-sealed")
    answer = page.request.get(f"{page.url}/file")
    with ZipFile(io.BytesIO(answer.body())) as packed:
        given = packed.read("bundle.html").decode()
    assert "by the school gate" not in given
    assert "The bus stop [taken out: it would prejudice preventing" in given
    assert person.wrong == []
