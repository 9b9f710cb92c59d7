"""The page of a task: what comes back when answers are wrong, and what is said when the case has moved on."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from engine.views import Cursor
from tests.web.site import OPENING, Browser, Site
from web.task_lists import read_cursor, write_cursor

HANDOVER = {"read": "yes", "set_going": ["deployment", "phone"], "first_directions": "Search the park\nand the station"}


def task_path(browser: Browser, name: str) -> str:
    """Find a task in a person's list by its name."""
    links = browser.page("/tasks").select("main .govuk-task-list__link")
    return next(str(link["href"]) for link in links if name in link.text)


def heading(text: str) -> str:
    """Read a page's heading."""
    found = BeautifulSoup(text, "html.parser").h1
    assert found is not None
    return found.text.strip()


def test_three_wrong_answers_come_back_with_three_messages_and_everything_that_was_typed(site: Site) -> None:
    site.opened()
    browser = site.browser("call_taker")
    path = task_path(browser, "missing report")
    typed = {
        "reporter_name": "Robin Example",
        "reported_at-day": "31",
        "reported_at-month": "2",
        "reported_at-year": "2026",
        "reported_at-time": "08:55",
        "approximate_age": "many",
        "clothing": 'Green <coat> & "hat"',
        "description": "Tall\nRed hair",
        "usual_haunts": ["2"],
        "usual_haunts-2-why": "On Sundays",
        "sex": "female",
    }
    answer = browser.send(path, typed)
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert page.title is not None
    assert page.title.text.startswith("Error: ")
    said = {str(link["href"]): link.text for link in page.select(".govuk-error-summary a")}
    assert "#reported_at-day" in said
    assert "#approximate_age" in said
    assert "#child_full_name" in said
    for key in ("reported_at", "approximate_age", "child_full_name"):
        assert page.select(f"#{key}-error"), key
    for key in ("reporter_name", "reported_at-day", "reported_at-time", "approximate_age"):
        assert page.select(f'input[name="{key}"]')[0]["value"] == typed[key]
    assert page.select("#clothing")[0].text.strip() == typed["clothing"]
    assert page.select("#description")[0].text.strip().replace("\r", "") == typed["description"]
    assert "#usual_haunts-2-place" in said
    assert page.select("#usual_haunts-2-why")[0]["value"] == "On Sundays"
    assert page.select('input[name="sex"][value="female"]')[0].has_attr("checked")


def test_every_problem_leads_to_an_input_of_the_page(site: Site) -> None:
    site.opened()
    browser = site.browser("call_taker")
    answer = browser.send(task_path(browser, "missing report"))
    page = BeautifulSoup(answer.text, "html.parser")
    links = [str(link["href"]) for link in page.select(".govuk-error-summary a")]
    assert len(links) > 15
    assert [link for link in links if not page.select(link)] == []


def test_a_completed_task_is_gone_from_the_list_and_the_case_has_moved_on(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    answer = browser.send(task_path(browser, "hand"), HANDOVER)
    assert answer.status_code == 302
    page = browser.page("/tasks")
    assert "this is done" in page.text
    assert [link.text.strip() for link in page.select(".govuk-task-list__link")] == ["Review as inspector"]


def test_what_has_no_time_set_stands_apart_from_the_duties(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("locate_sergeant")
    for path in ("/tasks", f"/cases/{case_id}"):
        page = browser.page(path)
        apart = next(each for each in page.select("h2, h3") if each.text.startswith("When it is needed"))
        options = apart.find_next("ul")
        assert options is not None
        assert "Raise an action" in options.text
        assert "Due" not in options.text
        assert "Propose a lower grade" not in "".join(each.text for each in apart.find_all_previous("ul"))


def test_an_unknown_task_is_not_found(call_taker: Browser) -> None:
    for path in (
        "/tasks/MC-22222222.1",
        "/tasks/nonsense",
        "/tasks/MC-22222222.99999999999999999999",
        "/tasks/%F0%9F%91%A7.1",
    ):
        answer = call_taker.get(path)
        assert answer.status_code == 404, path
        assert heading(answer.text) == "Page not found"


def test_a_task_of_another_role_is_for_someone_else(site: Site) -> None:
    site.opened()
    path = task_path(site.browser("duty_inspector"), "hand")
    answer = site.browser("call_taker").get(path)
    assert answer.status_code == 403
    assert heading(answer.text) == "This is for someone else"
    assert "Search the park" not in answer.text


def test_a_task_that_somebody_has_done_says_so_and_shows_what_was_typed(site: Site) -> None:
    site.opened()
    first, second = site.browser("duty_inspector"), site.browser("duty_inspector")
    path = task_path(first, "hand")
    form = second.page(path)
    assert first.send(path, HANDOVER).status_code == 302
    answer = second.send(path, HANDOVER | {"first_directions": "Ask the school"}, form=form)
    assert answer.status_code == 409
    assert heading(answer.text) == "This has changed since you opened it"
    assert "Ask the school" in answer.text
    assert "It is kept here for you for a week" in answer.text
    assert second.get(path).status_code == 409


def test_the_same_page_sent_twice_has_one_effect_and_no_complaint(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    path = task_path(browser, "hand")
    form = browser.page(path)
    answers = [browser.send(path, HANDOVER, form=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    again = browser.send(path, HANDOVER | {"first_directions": "Search the quay"}, form=form)
    assert (again.status_code, "You did this task on " in again.text) == (409, True)
    assert "You did this task on " in browser.get(path).text, "and is told so by the page too"


def test_a_page_whose_fields_have_changed_is_stale_and_keeps_what_was_typed(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    path = task_path(browser, "hand")
    form = browser.page(path)
    stamp = form.select_one("input[name=stamp]")
    assert stamp is not None
    stamp["value"] = "0000000000000000"
    answer = browser.send(path, HANDOVER, form=form)
    assert answer.status_code == 409
    page = BeautifulSoup(answer.text, "html.parser")
    assert "Somebody has answered here meanwhile" in page.text
    field = page.find("textarea", {"name": "first_directions"})
    assert field
    assert "Search the park" in field.text
    assert browser.send(path, HANDOVER).status_code == 302


def test_opening_a_case_leads_to_the_missing_report(call_taker: Browser) -> None:
    answer = call_taker.send("/cases/open", OPENING)
    assert answer.status_code == 302
    page = call_taker.page(answer.location)
    assert page.h1 is not None
    assert page.h1.text == "Complete missing report"
    assert "is open" in page.text


def test_opening_a_case_without_answers_names_each_of_them(call_taker: Browser) -> None:
    answer = call_taker.send("/cases/open", {"child_name": "Alex"})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    links = [str(link["href"]) for link in page.select(".govuk-error-summary a")]
    assert links == ["#last_place", "#why_worried", "#call_back"]


def test_opening_a_case_twice_from_one_page_opens_one(call_taker: Browser) -> None:
    form = call_taker.page("/cases/open")
    first, second = (call_taker.send("/cases/open", OPENING, form=form) for _ in range(2))
    assert first.location == second.location
    other = call_taker.send("/cases/open", OPENING | {"child_name": "Billie"}, form=form)
    assert other.status_code == 409
    assert "Billie" in other.text


def test_only_who_may_open_a_case_is_asked_for_one(site: Site) -> None:
    assert site.browser("rhi_worker").get("/cases/open").status_code == 403
    assert "Open a case" not in site.browser("rhi_worker").get("/tasks").text
    for address in ("/", "/tasks"):
        assert site.browser("call_taker").page(address).select_one("a.govuk-button[href='/cases/open']"), address


def test_a_due_time_is_said_in_words_and_an_overdue_task_is_marked(site: Site) -> None:
    site.opened()
    browser = site.browser("call_taker")
    assert "Due in 15 minutes" in browser.page("/tasks").text
    site.clock.forward(hours=2)
    page = browser.page("/tasks")
    assert "overdue by 105 minutes" in page.text or "overdue by 1 hour" in page.text
    assert page.select(".govuk-tag--red")


def test_the_list_of_tasks_goes_on_behind_the_last_one(site: Site) -> None:
    references = {site.opened() for _ in range(3)}
    first = site.services.cases.inbox(frozenset({"duty_inspector"}), limit=1, ranked=True)
    assert first.next is not None
    page = site.browser("duty_inspector").page(f"/tasks?after={quote(write_cursor(first.next))}")
    rest = [str(link["href"]).removeprefix("/tasks/") for link in page.select(".govuk-task-list__link")]
    assert first.rows[0].id not in rest
    assert {task_id.partition(".")[0] for task_id in rest} == references, "each case has a review by the inspector too"
    assert len(rest) == len(references) * 2 - 1
    assert page.select_one(".govuk-pagination a") is not None


@pytest.mark.parametrize("text", ["", "nonsense", "~~", "yesterday~MC-1~1", "2026-03-02T10:00:00~MC-1~1", "~MC-1~x"])
def test_a_place_in_the_list_that_is_none_is_the_first_page(text: str) -> None:
    assert read_cursor(text) is None


def test_a_place_in_the_list_is_read_as_it_was_written() -> None:
    for cursor in (Cursor(None, "MC-7K3QX9PW", 4), Cursor(datetime(2026, 3, 2, 9, tzinfo=UTC), "MC-7K3QX9PW", 4)):
        assert read_cursor(write_cursor(cursor)) == cursor
