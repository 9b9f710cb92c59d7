"""A recommendation that comes late: escalated by the clock, explained, and told in full; the pack that the panel has; and the audit of a month."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.play import Play, move_clock
from tests.browser.visits import Answers, Visitor

pytestmark = pytest.mark.browser

NUMBER = "IOPC-2026-4"
MILESTONE = "Ask each child whom they trust."
WHY_LATE = "The new form had to be agreed with both councils."
ACCEPTED: Answers = {"position": "accept", "reason": "It is right.", "aim": "Each child is asked."}
LATE: Answers = {"why_late": WHY_LATE, "decision": "go_on"}


def received(person: Visitor) -> Answers:
    return {
        "source_body": "iopc",
        "ref_no": NUMBER,
        "report_title": "Voices of missing children",
        "published_on": person.now().date() - timedelta(days=9),
        "kind": "recommendation",
        "text": "Ask each child who comes back whom they trust, and write it down.",
        "text_status": "verbatim",
        "addressee": "All forces",
        "owner": "chief_inspector_missing",
        "owner_name": "Hamza Example, chief inspector",
    }


def milestone(person: Visitor) -> Answers:
    return {
        "what": MILESTONE,
        "due_on": person.now().date() + timedelta(days=1),
        "role": "mfh_coordinator",
        "evidence_wanted": "The changed form",
        "another": "no",
    }


def row(person: Visitor) -> Locator:
    """Give the recommendation's row of the list."""
    person.click(person.page.get_by_role("navigation", name="Homeward").get_by_role("link", name="Recommendations"))
    return person.page.get_by_role("row").filter(has_text=NUMBER)


def sheet(person: Visitor) -> Locator:
    """Give what is said of the recommendation in full."""
    row(person)
    person.click(person.page.get_by_role("link", name="Recommendations in full"))
    return person.page.locator("section").filter(has_text=NUMBER)


def test_a_report_to_the_panel_says_what_was_escalated_and_why(visit: Visit) -> None:
    play = Play(visit)
    take_in_and_plan(play)
    let_its_day_pass(play)
    explain(play)
    report_to_the_panel(play)
    assert [fault for person in play.people.values() for fault in person.wrong] == []


def take_in_and_plan(play: Play) -> None:
    coordinator = play("inspection_coordinator")
    answers = received(coordinator)
    row(coordinator)
    coordinator.examine("recommendations")
    coordinator.click(coordinator.page.get_by_role("button", name="Take in a recommendation"))
    coordinator.examine("take in a recommendation")
    play.send(coordinator, answers)
    expect(row(coordinator)).to_contain_text("No position yet")
    link = coordinator.page.get_by_role("link", name=NUMBER).get_attribute("href") or ""
    play.case_id = link.rpartition("/")[2]
    assert re.fullmatch(r"RC-\w{8}", play.case_id)
    play.do("chief_inspector_missing", "Take a position", ACCEPTED)
    play.do("inspection_coordinator", "Plan a milestone", milestone(coordinator))


def let_its_day_pass(play: Play) -> None:
    """Nobody does anything: the clock alone takes it to the chief inspector."""
    coordinator = play("inspection_coordinator")
    assert "overdue" not in row(coordinator).inner_text()
    move_clock(coordinator, "Forward 72 hours")
    expect(row(coordinator)).to_contain_text("A milestone is overdue")
    assert "1 escalated, not explained yet" in row(coordinator).inner_text()
    expect(sheet(coordinator)).to_contain_text("Why it is late has not been said yet.")


def explain(play: Play) -> None:
    play.do("chief_inspector_missing", "Say why it is late", LATE)
    chief = play("chief_inspector_missing")
    row(chief).get_by_role("link", name=NUMBER).click()
    chief.examine("a recommendation")
    assert f"Why it is late: {WHY_LATE}" in chief.text


def report_to_the_panel(play: Play) -> None:
    coordinator = play("inspection_coordinator")
    told = sheet(coordinator)
    for words in (MILESTONE, WHY_LATE, "to the chief inspector on", "Red", "Last reported to the panel: Never"):
        expect(told).to_contain_text(words)
    coordinator.examine("recommendations in full")
    look_at_it_on_paper(coordinator, told)
    coordinator.click(coordinator.page.get_by_role("navigation", name="Homeward").get_by_role("link", name="Reports"))
    coordinator.examine("reports")
    coordinator.click(coordinator.page.get_by_role("link", name="Pack for the scrutiny panel"))
    coordinator.examine("a pack that was issued")
    look_at_it_on_paper(coordinator, coordinator.page.locator("article section").nth(1))


def look_at_it_on_paper(person: Visitor, told: Locator) -> None:
    """On paper there is the report and nothing to click."""
    page = person.page
    page.emulate_media(media="print")
    expect(told).to_be_visible()
    assert page.locator("main a:visible, main button:visible, nav a:visible").all_inner_texts() == []
    assert told.locator("h2").evaluate("one => getComputedStyle(one).breakAfter") == "avoid"
    page.emulate_media(media="screen")


def test_the_audit_of_a_month_shows_its_findings_and_what_came_of_them(visit: Visit) -> None:
    lead = visit("audit_lead", javascript=False)
    lead.click(lead.page.get_by_role("navigation", name="Homeward").get_by_role("link", name="Audits"))
    lead.examine("audits")
    lead.click(lead.page.locator("tbody th a").last)
    lead.examine("audit of a month")
    assert "1.1 Supervision Settled" in lead.text
    assert "Waits for missing from home co-ordinator" in lead.text
    lead.click(lead.page.get_by_role("table").get_by_role("link").first)
    assert re.search(r"MC-\w{8}", lead.text), "an auditor looks at a case of the sample"
    assert lead.wrong == []


def test_the_board_sees_figures_of_the_oversight_only(visit: Visit) -> None:
    member = visit("partnership_board", javascript=False)
    for path in ("/audits", "/recommendations"):
        member.page.goto(path)
        member.examine(f"{path} of the board")
        assert member.page.locator("main a").count() == 0
    assert member.wrong == []
