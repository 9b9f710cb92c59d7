"""The pages of the demonstration: a clock that goes forward and a mailbox; nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from tests.web.site import Browser, Site
from web.app import create_app
from web.assembly import make_worker
from web.clock import DEMO_MAILS
from web.demo import MAILS_SHOWN
from web.mail_sink import free_port, mail_sink


@pytest.fixture
def living_demo(demo_site: Site) -> Iterator[Site]:
    """A demonstration whose worker sends to a real mail server on the loopback address."""
    settings = replace(demo_site.services.settings, smtp_port=free_port())
    services = replace(demo_site.services, settings=settings)
    worker = make_worker(services)
    sink = mail_sink(services.engine, services.clock, settings.smtp_port)
    sink.start()
    services = replace(services, tick=worker.tick)
    app = create_app(settings, services=services)
    app.test_client_class = Browser
    yield replace(demo_site, app=app, services=services)
    sink.stop()


def time_shown(page: BeautifulSoup) -> str:
    """Read the demonstration's time."""
    found = page.select("main strong")
    return found[0].text


def test_there_is_no_demonstration_outside_the_demonstration(site: Site) -> None:
    browser = site.browser("call_taker")
    for path in ("/demo/clock", "/demo/mailbox", "/demo/mailbox/1"):
        assert browser.get(path).status_code == 404
    form = browser.page("/cases/open")
    assert browser.send("/demo/clock", {"hours": "72"}, form=form).status_code == 404
    assert "Clock" not in browser.get("/tasks").text


def test_the_clock_goes_forward_by_hours_and_to_a_moment(demo_site: Site) -> None:
    browser = demo_site.browser("call_taker")
    before = demo_site.services.clock()
    assert browser.send("/demo/clock", {"hours": "72"}).status_code == 302
    assert (demo_site.services.clock() - before).total_seconds() >= 72 * 3600
    assert browser.send("/demo/clock", {"moment": "2027-06-01 16:30"}).status_code == 302
    assert time_shown(browser.page("/demo/clock")).startswith("1 June 2027 at 4:3")


@pytest.mark.parametrize("moment", ["2020-01-01 10:00", "tomorrow", "", "9999-12-31 23:59"])
def test_the_clock_does_not_go_back_or_nowhere(demo_site: Site, moment: str) -> None:
    browser = demo_site.browser("call_taker")
    answer = browser.send("/demo/clock", {"moment": moment})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select(".govuk-error-summary a[href='#moment']")


def test_moving_the_clock_sends_the_reminders_that_fall_due_and_they_hold_nothing_of_the_child(
    living_demo: Site,
) -> None:
    case_id = living_demo.opened()
    browser = living_demo.browser("call_taker")
    assert browser.send("/demo/clock", {"hours": "1"}).status_code == 302
    links = browser.page("/demo/mailbox").select("main li a")
    subjects = [link.text for link in links]
    assert any(case_id in subject and "second escalation" in subject for subject in subjects)
    for link in links:
        mail = browser.page(str(link["href"])).select("main")[0].text
        assert not re.search("Alex|park|Very young|960 118", mail)
        about = (
            "RP-" if link.text.startswith("RP-") else case_id
        )  # the calendar asks for the packs of a quarter meanwhile
        assert about in mail
        assert f"/cases/{about}" in mail or f"/tasks/{about}" in mail


def test_an_unknown_mail_is_not_found(demo_site: Site) -> None:
    assert demo_site.browser("call_taker").get("/demo/mailbox/99").status_code == 404


def test_older_mails_stand_on_pages_of_their_own(demo_site: Site) -> None:
    received_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    rows = [
        {"received_at": received_at, "content": f"Subject: mail {n}\n\nText\n".encode()} for n in range(MAILS_SHOWN + 1)
    ]
    with demo_site.services.engine.begin() as connection:
        connection.execute(DEMO_MAILS.insert(), rows)
    browser = demo_site.browser("call_taker")
    page = browser.page("/demo/mailbox")
    assert [link.text for link in page.select("main li a")][:1] == [f"mail {MAILS_SHOWN}"]
    (older,) = page.select("main p a")
    page = browser.page(str(older["href"]))
    assert [link.text for link in page.select("main li a")] == ["mail 0"]
    assert page.select("main p a") == []
