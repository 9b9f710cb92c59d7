"""Addresses and answers that nobody sends by accident."""

from __future__ import annotations

import pytest

from tests.web.site import OPENING, Site
from web.demo_people import PASSWORD
from workflows.agencies import ROLES

NOWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "\n//evil.example",
    "/a\r\nb",
    "http://[",
    "//[",
    "//℀.example",
)


@pytest.mark.parametrize("wanted", NOWHERE)
def test_signing_in_leads_nowhere_but_to_this_site(site: Site, wanted: str) -> None:
    browser = site.browser()
    answer = browser.send("/sign-in", {"name": "call_taker", "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer.location) == (302, "/")


@pytest.mark.parametrize(
    "place",
    [
        "9999-12-31T23:59:59-14:00~MC-22222222~1",
        "0001-01-01T00:00:00%2B14:00~MC-22222222~1",
        "2026-01-01T00:00:00%2B00:00~MC-22222222~99999999999999999999",
        "nonsense",
    ],
)
@pytest.mark.parametrize("path", ["/tasks", "/cases"])
def test_a_place_in_a_list_that_cannot_be_is_its_beginning(site: Site, path: str, place: str) -> None:
    assert site.browser("duty_inspector").get(f"{path}?after={place}").status_code == 200


@pytest.mark.parametrize("path", ["/cases/%00", "/tasks/%00.1", "/cases?after=2026-01-01T00:00:00%2B00:00~%00", "/%ff"])
def test_an_address_with_a_nul_is_no_page(site: Site, path: str) -> None:
    assert site.browser("duty_inspector").get(path).status_code == 404


def test_a_sign_in_name_with_a_nul_is_the_name_without_it(site: Site) -> None:
    answer = site.browser().send("/sign-in", {"name": "call_taker\x00", "password": PASSWORD})
    assert answer.status_code == 302


def test_no_mail_has_a_number_beyond_all_numbers(demo_site: Site) -> None:
    assert demo_site.browser("call_taker").get("/demo/mailbox/99999999999999999999999").status_code == 404


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_has_no_part_in_a_case_gets_the_same_answer_as_where_there_is_none(site: Site, role: str) -> None:
    case_id = site.opened()
    browser = site.browser(role)
    if browser.get(f"/cases/{case_id}").status_code == 404:
        for path in ("/cases/{}", "/tasks/{}.1", "/tasks/{}.2", "/tasks/{}.99"):
            there, nowhere = (browser.page(path.format(each), 404).main for each in (case_id, "MC-22222222"))
            assert there == nowhere


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 191 }}", "\u202e"]
)
def test_what_is_typed_is_shown_as_it_was_typed_and_does_nothing(site: Site, text: str) -> None:
    browser = site.browser("call_taker")
    answer = browser.send("/cases/open", {**OPENING, "child_name": text, "last_place": text})
    case_id = answer.location.removeprefix("/tasks/").partition(".")[0]
    for path in (answer.location, f"/cases/{case_id}", "/tasks", "/cases"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "1337" not in page
