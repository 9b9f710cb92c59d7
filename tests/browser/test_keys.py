"""Single keys: off until somebody turns them on, never while something is typed, and each does what its page says."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_the_keys_do_nothing_until_they_are_turned_on_and_nothing_while_one_types(visit: Visit) -> None:
    page = visit("duty_inspector").page
    page.goto("/tasks")
    page.keyboard.press("?")
    assert page.url.endswith("/tasks")
    page.goto("/keys")
    expect(page.locator("main")).to_contain_text("The keys are off in this browser.")
    page.get_by_role("button", name="Turn the keys on").click()
    expect(page.locator("main")).to_contain_text("The keys are on in this browser.")
    page.wait_for_load_state()  # the words are there before the script that listens
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/tasks")
    page.keyboard.press("j")
    expect(page.locator("main a:focus")).to_have_count(1)
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    box = page.locator("main input[type=text], main input:not([type])").first
    box.focus()
    page.keyboard.type("g?t/")
    expect(box).to_have_value("g?t/")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.wait_for_url("**/keys")
    page.get_by_role("button", name="Turn the keys off").click()
    page.keyboard.press("/")
    expect(page.locator("main")).to_contain_text("The keys are off in this browser.")
