"""An open list of tasks asks what is new: nothing mostly, else how much since when; asking is no use of the session."""

from __future__ import annotations

from tests.web.site import Browser, Site, statements

AT_MOST = 9


def asks(browser: Browser, query: str = "") -> str:
    """The address that a list asks, as the page has it."""
    region = browser.page(f"/tasks{query}").select_one("[hx-get]")
    assert region
    assert region["role"] == "status", "a screen reader says it when there is time"
    return str(region["hx-get"])


def test_nothing_is_new_until_something_is(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    address = asks(browser)
    answer = browser.get(address)
    assert (answer.status_code, answer.data) == (204, b"")
    site.clock.forward(minutes=2)
    site.opened()
    page = browser.page(address)
    told = page.select_one(".hw-news-words")
    assert told
    assert told.get_text(" ", strip=True) == ("2 new tasks since 2 March 2026 at 9:00am. Show the list as it is now")
    assert [str(link["href"]) for link in told.select("a")] == ["/tasks"]


def test_a_task_that_somebody_has_done_or_that_is_overdue_now_changes_the_list(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    address = asks(browser)
    site.clock.forward(hours=2)
    assert "The list has changed since 2 March 2026 at 9:00am." in browser.page(address).text


def test_a_list_that_shows_some_asks_about_these(site: Site) -> None:
    first = site.opened()
    browser = site.browser("duty_inspector")
    address = asks(browser, f"?case={first}")
    site.opened()
    assert browser.get(address).status_code == 204
    assert browser.get(asks(browser)).status_code == 204


def test_an_open_page_of_a_case_says_that_it_has_changed_to_who_may_read_it(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("duty_inspector")
    region = browser.page(f"/cases/{case_id}").select_one("[hx-get]")
    assert region
    address = str(region["hx-get"])
    assert browser.get(address).status_code == 204
    task = browser.page("/tasks").select_one("main .govuk-task-list__link")
    assert task
    answers = {"read": "yes", "set_going": "search", "first_directions": "The boat house"}
    assert browser.send(str(task["href"]), answers).status_code == 302
    assert "This case has changed since 2 March 2026 at 9:00am." in browser.page(address).text
    other = site.browser("administrator")
    refused = [other.get(address.replace(case_id, reference)) for reference in (case_id, "MC-22222222")]
    assert [answer.status_code for answer in refused] == [404, 404]


def test_who_only_watches_is_signed_out_in_time(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    address, idle = asks(browser), site.services.settings.session_idle_after
    met = []
    for _ in range(3):
        site.wall_clock.forward(seconds=idle.total_seconds() / 2 - 1)
        met.append(browser.get(address).status_code)
    assert met == [204, 204, 302], "asking for news is no use of the session"
    assert site.browser().get(address).status_code == 302


def test_what_is_asked_every_ten_seconds_is_cheap(site: Site) -> None:
    """Who it is and for whom they stand in (three), their teams, of which councils and seals (one or two), the list (two: dated and not), who mentions them (one)."""
    site.opened()
    browser = site.browser("csc_mash")
    address = asks(browser)
    with statements(site) as made:
        assert browser.get(address).status_code == 204
    asked = [each for each in made if each.startswith("SELECT")]
    assert 1 < len(asked) <= AT_MOST, asked
    assert len(asked) == len([each for each in made if each != "BEGIN"]), "asking writes nothing"
