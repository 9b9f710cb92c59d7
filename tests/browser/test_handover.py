"""The end of a shift between two browsers: the giver has everything until the receiver says so, and each page says who has what."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import quill
from tests.browser.conftest import Visit
from tests.browser.demo_process import DemoProcess
from tests.browser.play import OWN_PASSWORD, add_person
from tests.browser.visits import Visitor, reference_of

pytestmark = pytest.mark.browser

NIGHT = "night_inspector"
TASK = "Acknowledge handover"
NOTE = "The aunt rings back at ten"


def opened(visit: Visit) -> str:
    """Open a case, and give its reference."""
    caller = visit("call_taker", javascript=False)
    caller.page.goto("/cases/open")
    caller.answer(quill.FOUR_FACTS)
    caller.press("Open the case")
    return reference_of(caller.page)


def has(person: Visitor, case_id: str) -> bool:
    """Whether the task of a case stands among somebody's own."""
    person.page.goto("/tasks?which=mine")
    return bool(person.page.get_by_role("listitem").filter(has_text=case_id).get_by_role("link", name=TASK).count())


@pytest.mark.parametrize("javascript", [True, False])
def test_a_shift_is_handed_over_and_nothing_is_nobodys_for_a_moment(
    visit: Visit, demo: DemoProcess, *, javascript: bool
) -> None:
    night = f"{NIGHT}_{int(javascript)}"
    add_person(demo, night, "duty_inspector")
    case_id = opened(visit)
    giver = visit("duty_inspector", javascript=javascript)
    receiver = visit(night, javascript=not javascript, password=OWN_PASSWORD)
    giver.take(case_id, TASK)
    giver.press("Take it")
    assert has(giver, case_id)

    giver.page.goto("/handovers")
    giver.examine(f"handover-new-{javascript}")
    giver.page.get_by_label("Who takes over").select_option(night)
    giver.page.locator(".govuk-checkboxes__item").filter(has_text=case_id).first.locator("input").check()
    giver.page.get_by_label("What the other person should know").fill(NOTE)
    giver.press("Hand over")
    assert "It waits for an answer" in giver.text
    assert has(giver, case_id), "until it is taken over the giver has every task"
    assert not has(receiver, case_id)

    receiver.page.goto("/tasks")
    receiver.page.get_by_role("link", name="Read the briefing, take over or decline").click()
    assert NOTE in receiver.text
    assert case_id in receiver.text
    receiver.examine(f"handover-{javascript}")
    receiver.press("Take over")
    assert has(receiver, case_id)
    assert not has(giver, case_id)
    giver.page.goto(f"/cases/{case_id}")
    expect(giver.page.locator("main")).to_contain_text("Ada Example")
    assert giver.wrong + receiver.wrong == []
