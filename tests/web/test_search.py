"""Looking for a child: found by sound, birthday and reference, by those alone who may know; looking is written down."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, reading
from tests.procedures.casework import posted
from tests.web.population import EVERYBODY, PAGES, Population
from tests.web.site import Site, statements
from web.searches import ABOUT, PURPOSE

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def reported(site: Site, name: str, born: date | None, *, matched: bool = True) -> str:
    """Report a child, and match it as a new one."""
    made = Population(site.services, random.Random(1), NOW)  # noqa: S311 - a story, not a secret
    view = site.services.cases.opening("missing_child")
    typed = {**PAGES["child_reported_missing"], "child_name": name, "responsible_authority": "nottingham_city"}
    answers = view.form.load(posted(view.form, typed, NOW), scope={}, now=NOW)
    who = Actor("call_taker", EVERYBODY, "police")
    case_id = site.services.cases.open("missing_child", answers, by=who, now=NOW, key=f"open {name}").case_id
    if matched:
        made.do(case_id, "complete_missing_report", NOW, child_full_name=name, date_of_birth=born)
        made.do(case_id, "match_child", NOW, child="new")
    return case_id


def looked(site: Site, role: str, **typed: str) -> BeautifulSoup:
    """Look for somebody as a role does."""
    answer = site.browser(role).send("/search", typed)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "Katherine Exampel"},
        {"name": "katy"},
        {"born-day": "3", "born-month": "5", "born-year": "2012"},
        {"name": "Catherine", "born-day": "3", "born-month": "5", "born-year": "2012"},
    ],
)
def test_a_child_is_found_by_sound_and_by_birthday(site: Site, typed: dict[str, str]) -> None:
    case_id = (
        reported(site, "Catherine Example", date(2012, 5, 3))
        if "katy" not in typed.values()
        else reported(site, "Katy Example", date(2012, 5, 3))
    )
    reported(site, "Mohammed Sample", date(2014, 1, 1))
    found = looked(site, "locate_sergeant", **typed).select("#found li")
    assert len(found) == 1
    assert case_id in found[0].text


def test_a_reference_of_a_case_or_a_child_leads_there(site: Site) -> None:
    case_id = reported(site, "Catherine Example", date(2012, 5, 3))
    for reference in (case_id, case_id.lower(), case_id.replace("MC-", "CH-")):
        page = looked(site, "locate_sergeant", reference=reference)
        assert case_id in page.select("#found")[0].text
        assert "Catherine Example" in page.select("#found")[0].text


def test_a_report_that_nobody_has_matched_is_found_too(site: Site) -> None:
    case_id = reported(site, "Catherine Example", None, matched=False)
    page = looked(site, "call_taker", name="Catherine")
    assert "nobody has matched" in page.select("#found")[0].text
    assert case_id in page.select("#found")[0].text


def test_a_child_of_whom_one_may_not_know_is_answered_like_a_name_that_nobody_has(site: Site) -> None:
    case_id = reported(site, "Catherine Example", date(2012, 5, 3))
    browser = site.browser("placement_provider")
    with shapes(site) as hidden:
        first = browser.send("/search", {"name": "Catherine Example", "reference": case_id})
    with shapes(site) as invented:
        second = browser.send("/search", {"name": "Wilhelmina Nobody", "reference": "MC-ZZZZZZZZ"})
    assert "Nobody was found" in first.text
    same = second.text.replace("Wilhelmina Nobody", "Catherine Example").replace("MC-ZZZZZZZZ", case_id)
    assert without_tokens(first.text) == without_tokens(same)
    assert hidden == invented


def test_looking_is_written_down_and_what_was_typed_is_not(site: Site) -> None:
    case_id = reported(site, "Catherine Example", date(2012, 5, 3))
    looked(site, "locate_sergeant", name="Catherine Example")
    looked(site, "locate_sergeant", name="Wilhelmina Nobody")
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.select(ReadTable).where(ReadTable.purpose == PURPOSE).order_by(ReadTable.id)).all()
        everything = repr(connection.execute(sa.select(ReadTable)).all())
    assert [row.case_id for row in rows] == [ABOUT, case_id.replace("MC-", "CH-"), ABOUT]
    assert "Wilhelmina" not in everything


def test_what_cannot_be_searched_for_is_said_at_its_field(site: Site) -> None:
    browser = site.browser("locate_sergeant")
    nothing = browser.send("/search", {})
    wrong = browser.send("/search", {"name": "Cat", "born-day": "31", "born-month": "2", "born-year": "2012"})
    assert (nothing.status_code, wrong.status_code) == (422, 422)
    assert "Enter a name, a date of birth or a reference" in nothing.text
    assert "The date of birth must be a real date" in wrong.text
    assert 'value="Cat"' in wrong.text
    assert site.browser("partnership_board").get("/search").status_code == 403


@contextmanager
def shapes(site: Site) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile, whatever the length of their lists; they are there when it is over."""
    found: list[str] = []
    with statements(site) as sent:
        yield found
    found += map(_shape, sent)


@cache  # the same few statements are sent for page after page
def _shape(statement: str) -> str:
    return re.sub(r"IN \([^()]*(\([^()]*\))?[^()]*\)", "IN ()", statement)


def without_tokens(text: str) -> str:
    """Leave out what differs from page to page: the token against forged forms."""
    page = BeautifulSoup(text, "html.parser")
    for field in page.select("[name=csrf_token]"):
        field["value"] = ""
    return str(page)
