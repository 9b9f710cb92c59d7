"""An open page tells within seconds that something is new, moves nothing, says when it has lost its connection, and keeps what is typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser import quill
from tests.browser.conftest import Visit
from tests.browser.guard import axe, look_at
from tests.browser.visits import REFERENCE, reference_of
from web.demo_people import PASSWORD

pytestmark = pytest.mark.browser

A_LOOK = 10_000
"""Milliseconds after which a list asks, each time; the clock of the page is put forward by as much, and nobody waits."""
WITHIN = 15_000
"""Milliseconds that the answer may take on a busy machine."""


def test_a_new_case_is_told_on_an_open_list_and_nothing_moves(visit: Visit) -> None:
    inspector, caller = visit("duty_inspector"), visit("call_taker", javascript=False)
    inspector.page.clock.install()
    inspector.page.goto("/tasks")
    news, below = inspector.page.locator(".hw-news"), inspector.page.locator(".hw-live ~ *").first
    expect(news).to_have_text("")
    place, title = below.bounding_box(), inspector.page.title()
    caller.page.goto("/cases/open")
    caller.answer(quill.FOUR_FACTS)
    caller.press("Open the case")
    inspector.page.clock.run_for(A_LOOK)
    expect(news).to_contain_text("2 new tasks since", timeout=WITHIN)
    assert below.bounding_box() == place
    assert inspector.page.title() == f"(2) {title}"
    assert look_at(inspector.page, "tasks-news") == []
    news.get_by_role("link", name="Show the list as it is now").click()
    expect(inspector.page.locator(".hw-news")).to_have_text("")
    assert inspector.page.title() == title


def test_a_lost_connection_is_said_and_taken_back(visit: Visit) -> None:
    reader = visit("locate_sergeant")
    reader.page.clock.install()
    reader.page.goto("/tasks")
    lost = reader.page.locator("[data-lost]")
    expect(lost).to_have_text("")
    reader.page.context.set_offline(offline=True)
    reader.page.clock.run_for(A_LOOK)
    expect(lost).to_contain_text("The connection is lost: this list may be old.", timeout=WITHIN)
    reader.page.context.set_offline(offline=False)
    reader.page.clock.run_for(A_LOOK)
    expect(lost).to_have_text("", timeout=WITHIN)
    assert reader.guard.faults
    assert all("/tasks/news" in fault or "htmx:" in fault for fault in reader.guard.faults)
    reader.guard.faults.clear()


def test_a_list_whose_reader_has_signed_out_elsewhere_says_so(visit: Visit) -> None:
    reader = visit("locate_sergeant", fresh=True)
    reader.page.clock.install()
    reader.page.goto("/tasks")
    other = reader.page.context.new_page()
    other.goto("/tasks")
    other.get_by_role("button", name="Sign out").click()
    other.close()
    reader.page.clock.run_for(A_LOOK)
    expect(reader.page.locator("[data-lost]")).to_contain_text("You have been signed out", timeout=WITHIN)
    expect(reader.page.locator(".hw-news")).to_have_text("")


def test_what_is_typed_is_kept_again_when_its_author_has_signed_in_again(visit: Visit) -> None:
    """The session ends while somebody types: they sign in in another window, and go on in the page that they had."""
    inspector = visit("duty_inspector", fresh=True)
    page, address = inspector.page, "main .govuk-task-list__link:text-is('Acknowledge handover')"
    page.goto("/tasks")
    page.locator(address).first.click()
    status, field = page.locator("#hw-typed"), page.locator("#first_directions")
    field.fill("Search the boat house")
    expect(status).to_contain_text("Kept at")
    other = page.context.new_page()
    other.goto("/tasks")
    other.get_by_role("button", name="Sign out").click()
    field.fill("Search the boat house and the weir")
    expect(status).to_contain_text("You have been signed out")
    other.fill("#name", "duty_inspector")
    other.fill("#password", PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.close()
    field.fill("Search the boat house, the weir and the mill")
    expect(status).to_contain_text("Kept at")
    page.reload()
    expect(field).to_have_value("Search the boat house, the weir and the mill")
    page.get_by_role("button", name="Begin anew instead").click()
    assert all(fault.startswith("400: ") and "/typed" in fault for fault in inspector.guard.faults)
    inspector.guard.faults.clear()


@pytest.fixture
def slow(visit: Visit) -> Iterator[tuple[Page, list[Route]]]:
    """Give a task's page whose sending takes until the test lets it go, as on a slow link, and what waits there."""
    caller, inspector, held = visit("call_taker", javascript=False), visit("duty_inspector"), list[Route]()
    caller.page.goto("/cases/open")
    caller.answer(quill.FOUR_FACTS)
    caller.press("Open the case")
    inspector.take(reference_of(caller.page), "Acknowledge handover")
    page = inspector.page
    page.route(page.url, lambda route: held.append(route) if route.request.method == "POST" else route.fallback())
    yield page, held
    inspector.guard.faults[:] = [each for each in inspector.guard.faults if "TIMED_OUT" not in each]


def press(page: Page, held: list[Route]) -> Route:
    """Press the button without leaving the field, and give what was sent once it is on its way."""
    page.get_by_role("button", name="Complete").evaluate("button => button.click()")
    for _look in range(200):
        if held:
            break
        page.wait_for_timeout(50)
    return held.pop()


def test_what_is_typed_while_the_page_is_being_sent_stands_in_the_one_that_refuses_it(
    slow: tuple[Page, list[Route]],
) -> None:
    """The page that came back held what was typed until the button was pressed; what was typed after that was overwritten by the next key."""
    page, held = slow
    field = page.locator("#first_directions")
    field.fill("Search the boat house")
    sent = press(page, held)
    page.keyboard.type(" and the weir")
    sent.continue_()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    expect(field).to_have_value("Search the boat house and the weir")
    expect(page.locator("#hw-after")).to_contain_text("What you typed after you pressed the button")
    assert axe(page) == []
    field.press_sequentially(" first")
    expect(page.locator("#hw-typed")).to_contain_text("Kept at")
    page.goto(page.url)
    expect(field).to_have_value("Search the boat house and the weir first")
    page.get_by_role("button", name="Begin anew instead").click()


@pytest.mark.parametrize("typed", ["", " and the weir"])
def test_what_stands_in_a_page_whose_sending_is_given_up_is_there_again(
    slow: tuple[Page, list[Route]], typed: str
) -> None:
    """What was typed in the last second before the button was pressed was nowhere but in the page that had gone."""
    page, held = slow
    address, field = page.url, page.locator("#first_directions")
    field.fill("Search the mill")
    sent = press(page, held)
    page.keyboard.type(typed)
    sent.abort("timedout")
    with pytest.raises(Error, match="ERR_TIMED_OUT"):
        page.wait_for_url("chrome-error://**")
    anew = page.context.new_page()
    for _wait in range(40):  # what the page that has gone sends last may come after the new page was asked for
        anew.goto(address)
        if anew.locator("#first_directions").input_value():
            break
        anew.wait_for_timeout(250)
    expect(anew.locator("#first_directions")).to_have_value(f"Search the mill{typed}")
    anew.get_by_role("button", name="Begin anew instead").click()


def test_what_was_sent_is_kept_no_more_however_soon_the_button_was_pressed(slow: tuple[Page, list[Route]]) -> None:
    page, held = slow
    (case_id,) = REFERENCE.findall(page.url)
    page.locator('[name="read"]').first.check()
    page.locator('[name="set_going"]').first.check()
    page.locator("#first_directions").fill("Search the lock")
    press(page, held).continue_()
    expect(page.locator(".moj-alert, .govuk-notification-banner").first).to_contain_text("this is done")
    page.goto("/tasks")
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.locator(f"main a[href^='/tasks/{case_id}.']").filter(has_text="Acknowledge handover")).to_have_count(0)
