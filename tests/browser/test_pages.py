"""Every page as three roles meet it: for everyone to use, in a narrow window, by keyboard, on paper, and when things go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import quill
from tests.browser.conftest import Visit
from tests.browser.guard import axe, look_at
from tests.browser.visits import Answers, Visitor, reference_of, reload_until

pytestmark = pytest.mark.browser

WRITES = {"/cases/one/attachments", "/cases/one/comments"}
EVERYBODY = {"/tasks", "/cases", "/cases/one", *WRITES, "/demo/clock", "/demo/mailbox", "/demo/mailbox/one"}
MET = {
    "call_taker": EVERYBODY | {"/cases/open", "Complete missing report"},
    "mfh_coordinator": EVERYBODY | {"/copies/one"},
    "rhi_worker": EVERYBODY | {"Hold the interview", "Write up the interview"},
    "administrator": {"/operations", "/agencies", "/agencies/one", "/commissions"},
    "agency_administrator": {"/people", "/people/add", "/people/one", "/teams", "/teams/one"},
    "inspection_coordinator": {
        *("/audits", "/audits/one", "/cases/open/recommendation"),
        *("/recommendations", "/recommendations/one", "/recommendations/report"),
    },
}


def kind_of(path: str, words: str) -> str:
    """Name the kind of page behind a link: tasks by the words of the link, others by their address."""
    if re.fullmatch(r"/tasks/[A-Z]{2}-\w+\.\d+", path):
        return words
    path = re.sub(r"/[A-Z]{2}-\w+(\.\d+)?/", "/one/", path)
    return re.sub(
        r"/([A-Z]{1,2}-\w+|\d+|(?:(?<=/people/)(?!add$)|(?<=/agencies/))\w+)$", "/one", path.partition("?")[0]
    )


def one_of_each_kind(page: Page, begin: str) -> Iterator[str]:
    """Follow the links of the site from `begin`, and stand on one page of each kind."""
    met, ahead = {kind_of(begin, "")}, [(begin, kind_of(begin, ""))]
    while ahead:
        path, kind = ahead.pop(0)
        page.goto(path)
        yield kind
        links = page.locator("a[href^='/']:not([download])").evaluate_all(
            "all => all.map(a => [a.pathname, a.innerText])"
        )
        for target, words in links:
            found = kind_of(target, words.strip())
            if found not in met and not target.startswith("/static") and not target.endswith((".csv", ".zip")):
                met.add(found)
                ahead.append((target, found))


@pytest.mark.parametrize("role", MET)
def test_every_page_of_a_role_is_for_everyone_and_fits_a_narrow_window(visit: Visit, role: str) -> None:
    page = visit(role).page
    page.goto("/demo/mailbox")
    reload_until(page.locator("main li"))  # the first mails leave some seconds after the start
    met, wrong = set(), []
    for kind in one_of_each_kind(page, "/tasks"):
        met.add(kind)
        wrong += look_at(page, f"{role}-{re.sub(r'[^a-z]+', '-', kind.lower()).strip('-')}")
    assert wrong == []
    assert met >= MET[role]


def test_the_way_in_is_for_everyone_and_fits_a_narrow_window(page: Page) -> None:
    page.goto("/")
    assert look_at(page, "sign-in") == []
    page.fill("#name", "nobody")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert look_at(page, "sign-in-refused") == []


def test_everything_works_with_the_keyboard(visit: Visit) -> None:
    page = visit("call_taker").page
    page.goto("/cases/open")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    met = []
    paper = "This was done on paper, because the service was down"
    for _ in range(20):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.name || document.activeElement.innerText.trim()"))
        if met[-1] == "Open the case":
            break
    assert met == [*quill.FOUR_FACTS, "child", "missing_with", paper, "Open the case"]


def wrong_report(person: Visitor) -> Answers:
    """A report in which three answers are wrong: the age in words, no sex, and seen after it was reported."""
    now = person.now()
    right = dict(quill.report(now))
    del right["sex"]
    return right | {"approximate_age": "fourteen", "last_seen_at": now.replace(year=now.year + 1)}


@pytest.mark.parametrize("javascript", [True, False])
def test_three_wrong_answers_give_three_messages_and_all_that_was_typed(visit: Visit, *, javascript: bool) -> None:
    person = visit("call_taker", javascript=javascript)
    page, answers = person.page, wrong_report(person)
    person.take(a_case_of(person, "Complete missing report"), "Complete missing report")
    person.answer(answers)
    person.press("Complete")
    summary = page.locator(".govuk-error-summary")
    expect(summary.get_by_role("link")).to_have_count(3)
    assert page.title().startswith("Error: ")
    expect(page.locator("main .govuk-error-message")).to_have_count(3)
    for key in ("approximate_age", "clothing", "reporter_name", "received_channel"):
        assert page.input_value(f"#{key}") == answers[key]
    assert page.locator('[name="looked_after"][value="yes"]').is_checked()
    assert page.locator(".govuk-input--error").first.is_visible()
    if javascript:
        expect(summary).to_be_focused()
        assert axe(page) == []
    for link in summary.get_by_role("link").all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        link.click()
        if javascript:
            expect(page.locator(f"[id='{target}']")).to_be_focused()


def a_case_of(person: Visitor, task: str) -> str:
    """Give a case in which this person has such a task."""
    person.go_to_tasks()
    line = person.page.get_by_role("listitem").filter(has=person.page.get_by_role("link", name=task, exact=True))
    found = re.search(r"MC-\w{8}", line.first.inner_text())
    assert found
    return found.group()


def open_case(visit: Visit) -> str:
    """Let the call taker open a case of its own for a test."""
    caller = visit("call_taker", javascript=False)
    caller.page.goto("/cases/open")
    caller.answer(quill.FOUR_FACTS)
    caller.press("Open the case")
    return reference_of(caller.page)


def test_each_thing_that_goes_wrong_has_a_page_of_its_own(visit: Visit) -> None:
    case_id = open_case(visit)
    first, second = visit("duty_inspector"), visit("duty_inspector")
    for inspector in (first, second):
        inspector.take(case_id, "Acknowledge handover")
    address = first.page.url
    for inspector in (first, second):
        inspector.answer(quill.HANDOVER)
        inspector.press("Complete")
    said: dict[str, str] = {}
    assert "What are your directions? Search Thistledown Arcade." in second.text, "what was typed is not lost"
    assert "It is kept here for you for a week" in second.text
    wrong = look_at(second.page, "task-stale")
    for name, who, path in (
        ("completed", first, address),
        ("another's", visit("call_taker"), address),
        ("unknown", first, "/tasks/MC-22222222.1"),
    ):
        answer = who.page.goto(path)
        assert answer
        said[f"{name}, {answer.status}"] = who.text
        wrong += look_at(who.page, f"task-{name}")
    assert wrong == []
    assert set(said) == {"completed, 409", "another's, 403", "unknown, 404"}
    assert len(set(said.values())) == len(said)
    assert "This task is for Duty inspector." in said["another's, 403"]
    assert all("Go to your tasks" in text or "go to your tasks" in text for text in said.values())


@pytest.mark.parametrize("javascript", [True, False])
def test_a_copy_takes_two_clicks_and_an_ordinary_page_prints_one_line(visit: Visit, *, javascript: bool) -> None:
    person = visit("locate_sergeant", javascript=javascript)
    page = person.page
    page.goto("/cases")
    page.locator("main .govuk-task-list a").first.click()
    expect(
        page.get_by_role("link", name="Print or save a copy")
    ).to_be_visible()  # a page that is not there yet hides all, too
    page.emulate_media(media="print")
    expect(page.locator("main")).to_be_hidden()
    assert page.locator("body").inner_text().strip().startswith("This page is not printed.")
    page.emulate_media(media="screen")
    before = person.effort.clicks
    person.click(page.get_by_role("link", name="Print or save a copy"))
    wrong = look_at(page, "print-form") if javascript else []
    person.press("Make the copy")
    assert person.effort.clicks - before == 2
    wrong += look_at(page, "print") if javascript else []
    assert wrong == []
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert re.search(r"Copy P-[0-9A-Z]{8}, made by", person.text)
        assert "How it stands" in person.text
    assert not page.get_by_role("button", name="Print it").is_visible()
    page.emulate_media(media="screen")
    assert page.get_by_role("button", name="Print it").is_visible() is javascript


def test_signing_out_ends_the_session(visit: Visit) -> None:
    person = visit("call_taker", javascript=False, fresh=True)
    person.page.get_by_role("button", name="Sign out").click()
    person.page.goto("/tasks")
    expect(person.page.locator("h1")).to_have_text("Sign in")
