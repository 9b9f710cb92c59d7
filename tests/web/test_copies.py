"""Who holds a copy of what was put right since is told by those who gave it, and how is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from tests.web.test_bundles import made, sealed
from tests.web.test_notices import sent
from web.assembly import make_worker
from workflows import copies, disclosures, erasing
from workflows.copies import WITHIN, CopyRow
from workflows.disclosures import Copy

ANN = Actor("ann", frozenset({"mfh_coordinator"}), "example_police")
GIVER = "mfh_coordinator"
TASK = "Tell somebody that a copy is no longer right"
SCHOOL, COURT = "Rosa Example, for Example Academy", "A court"


def given(site: Site, case_id: str, to: str = COURT, *, classes: tuple[str, ...] = ("D1", "D2"), **more: Any) -> None:
    """Give a case as a bundle."""
    told = {"recipient": to, "basis": "court_order", "classes": list(classes)} | more
    browser = site.browser(GIVER)
    sealed(browser, made(browser, f"/bundles/case/{case_id}", told))


def put_right(site: Site, case_id: str, place: str = "The canal bridge") -> None:
    right, now = {"last_place": place}, site.clock()
    site.services.cases.correct(case_id, "case_opening", "", right, by=ANN, now=now, key=place, reason="Misheard")


def owed(site: Site) -> list[Any]:
    with reading(site.services.engine) as connection:
        return list(connection.execute(sa.select(CopyRow.__table__).order_by(CopyRow.id)))


def mails(site: Site, part: str) -> list[Any]:
    with reading(site.services.engine) as connection:
        return list(connection.execute(sa.select(OutboxRow.__table__).where(OutboxRow.key.contains(part))))


@pytest.fixture
def case_id(site: Site) -> str:
    """An open case that a court and a school have a copy of, and of which an answer was put right an hour later."""
    found = site.opened()
    given(site, found)
    path, code = sent(site, found)
    site.browser().post(path, data={"name": "Rosa Example", "code": code})
    site.clock.forward(hours=1)
    put_right(site, found)
    return found


def settled(browser: Browser, case_id: str, **typed: Any) -> Any:
    page = browser.page(f"/copies/{case_id}")
    entries = [box["value"] for box in page.select("input[name=entry]")]
    return browser.send(f"/copies/{case_id}", {"how": "spoken", "entry": entries, "told_by": "Ann"} | typed, form=page)


def test_each_recipient_of_what_was_put_right_stands_among_the_tasks_of_whoever_gave_it(
    site: Site, case_id: str
) -> None:
    """A recipient of a bundle or a notice heard nothing: the page asked some people to tell them themselves, and kept no trace."""
    assert {each.recipient for each in owed(site)} == {COURT, SCHOOL}
    page = site.browser(GIVER).page("/tasks")
    assert page.text.count(TASK) == 2
    assert SCHOOL in page.text
    assert TASK not in site.browser("duty_inspector").page("/tasks").text
    assert site.browser("duty_inspector").get(f"/copies/{case_id}").status_code == 404
    assert site.browser(GIVER).get("/copies/MC-22222222").status_code == 404


def test_how_when_and_by_whom_they_were_told_is_written_down_and_shown(site: Site, case_id: str) -> None:
    browser = site.browser(GIVER)
    site.clock.forward(hours=3)
    at = {"told-day": "2", "told-month": "3", "told-year": "2026", "told-time": "11:30"}
    assert settled(browser, case_id, note="Spoke to the clerk", **at).status_code == 303
    assert TASK not in browser.page("/tasks").text
    assert browser.get(f"/copies/{case_id}").status_code == 404
    said = site.browser("duty_inspector").page(f"/cases/{case_id}").text
    assert "Told by telephone or in person, 2 March 2026 at 11:30am, by Ann" in said
    assert "Spoke to the clerk" in said
    assert {(each.how, each.settled_by) for each in owed(site)} == {("spoken", GIVER)}


def test_a_recipient_who_opened_a_notice_is_sent_a_new_one_from_there(site: Site, case_id: str) -> None:
    browser = site.browser(GIVER)
    link = browser.page(f"/copies/{case_id}").select_one("a[href*=settles]")
    assert link is not None
    page = browser.page(str(link["href"]))
    shown = {field["name"]: field.get("value", "") for field in page.select("main form input[name]")}
    shown |= {"basis": "school_or_health", "ring": "01632 960 118"}
    answer = browser.post(str(link["href"]), data=shown)
    assert answer.status_code == 200, answer.text
    told = {each.recipient: each.how for each in owed(site)}
    assert told == {COURT: "", SCHOOL: "new_notice"}
    assert "Acknowledged" not in answer.text


def test_all_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(site: Site, case_id: str) -> None:
    answer = settled(site.browser(GIVER), case_id, entry=[], how="", told_by="", note="x" * 401, **{"told-day": "31"})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert len(page.select(".govuk-error-summary__list li")) == 5
    assert page.select_one("#told-day")["value"] == "31"  # type: ignore[index]
    early = {"told-day": "1", "told-month": "3", "told-year": "2026", "told-time": "9:00"}
    assert "before it was put right" in settled(site.browser(GIVER), case_id, **early | {"told-time": "09:00"}).text
    assert "Say why they need not be told" in settled(site.browser(GIVER), case_id, how="not_concerned").text
    assert {each.how for each in owed(site)} == {""}


def test_what_is_put_right_meanwhile_is_not_settled_unseen(site: Site, case_id: str) -> None:
    browser = site.browser(GIVER)
    page = browser.page(f"/copies/{case_id}")
    entries = [box["value"] for box in page.select("input[name=entry]")]
    site.clock.forward(minutes=1)
    put_right(site, case_id, "The tram stop")
    told = {"how": "spoken", "entry": entries, "told_by": "Ann"}
    assert browser.send(f"/copies/{case_id}", told, form=page).location == f"/copies/{case_id}"
    assert [each.how for each in owed(site)] == ["spoken", "spoken", "", ""]
    assert browser.page("/tasks").text.count(TASK) == 2


def test_a_copy_that_says_the_right_thing_is_owed_nothing(site: Site) -> None:
    """Of another class, of a moment before the answer was there, of a link that nobody opened, and one that says what is right."""
    case_id = site.opened()
    before = site.clock() - timedelta(days=1)
    at: dict[str, Any] = {
        "at-day": f"{before.day}",
        "at-month": f"{before.month}",
        "at-year": f"{before.year}",
        "at-time": "09:00",
    }
    given(site, case_id, "Of another class", classes=("D1",))
    given(site, case_id, "Before it was there", **at)
    sent(site, case_id)
    site.clock.forward(hours=1)
    put_right(site, case_id, "The bus stop")
    given(site, case_id, "Of the wrong answer")
    site.clock.forward(hours=1)
    put_right(site, case_id, "The park")
    given(site, case_id, "Of the right answer")
    site.clock.forward(hours=1)
    assert [each.recipient for each in owed(site)] == ["Of the wrong answer"]


def test_a_copy_of_which_nobody_knows_what_it_holds_is_owed_all_the_same(site: Site) -> None:
    """Disclosures of before say in words alone what was given; their recipients hold a copy too."""
    case_id = site.opened()
    told: dict[str, Any] = {"basis": "school_or_health", "by": Actor("gone"), "now": site.clock()}
    with writing(site.services.engine) as connection:
        for to, what in (("A school", "N4 A child: opened"), ("Another school", "N4 A child: sent")):
            disclosures.note_disclosure(connection, about=case_id, to=to, what=what, **told)
        copy = Copy("bundle", frozenset({"D2"}), role="csc_team_manager")
        disclosures.note_disclosure(connection, about=case_id, to="A judge", what="All", copy=copy, **told)
    site.clock.forward(hours=1)
    put_right(site, case_id)
    assert [(each.recipient, each.role) for each in owed(site)] == [
        ("A school", "mfh_coordinator"),
        ("A judge", "csc_team_manager"),
    ]
    assert TASK in site.browser(GIVER).page("/tasks").text


def test_who_has_to_tell_them_is_mailed_at_once_and_once_more_when_it_is_late(site: Site, case_id: str) -> None:
    worker = make_worker(site.services)
    assert [mail.recipient for mail in mails(site, "/copies/")] == [f"holders of {GIVER} in example_police"]
    worker.chase()
    assert mails(site, "/late") == []
    site.clock.now += WITHIN["open"].span
    for _ in range(2):
        worker.chase()
        late = mails(site, "/late")
        assert [mail.recipient for mail in late] == [f"holders of information_governance,{GIVER} in example_police"] * 2
    assert "Overdue" in site.browser(GIVER).page("/tasks").text
    for mail in (*mails(site, "/copies/"), *mails(site, "/correction/")):
        assert case_id in mail.subject
        assert not {"canal", "Misheard", "court", "Rosa"} & set(mail.text.replace("\n", " ").split())


def test_what_was_typed_about_a_recipient_goes_with_the_child(site: Site, case_id: str) -> None:
    with writing(site.services.engine) as connection:
        subject = erasing.find(connection, case_id)
        assert subject is not None
        erasing.erase(connection, subject, proposed_by="a", approved_by="b", basis="x", now=site.clock())
    assert owed(site) == []


def test_the_times_by_which_they_are_told_say_where_they_come_from() -> None:
    assert set(WITHIN) == {"open", "closed"}
    assert all("(c)" in each.source and each.span > timedelta() for each in WITHIN.values())
    assert set(copies.HOW) >= {copies.NEW_NOTICE, copies.SAYS_WHY}
