"""Comments on a case: of a data class, with who will read them said before, mentions that tell nothing, corrected by their author alone."""

from __future__ import annotations

import sqlalchemy as sa
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from engine.model import Actor
from engine.store import ReadTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site, statements
from tests.web.test_bundles import made, sealed
from web import beside_case
from workflows import access, comments, erasing, people, seals
from workflows.agencies import ROLES
from workflows.comments import CommentRow, MentionRow
from workflows.seals import Wanted
from workflows.vocabulary import DATA_CLASS

WHO = "mfh_coordinator"
TEXT = "Asked the tram company again.\nThey ring back by noon."


def checked(browser: Browser, case_id: str, **said: object) -> TestResponse:
    typed = {"text": TEXT, "data_class": "D2"} | said
    return browser.send(f"/cases/{case_id}/comments/check", typed, form=browser.page(f"/cases/{case_id}/comments"))


def send(browser: Browser, case_id: str, *mentions: str, **said: object) -> TestResponse:
    answer = checked(browser, case_id, **said)
    assert answer.status_code == 200, answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    return browser.send(f"/cases/{case_id}/comments", {"mentions": list(mentions)}, form=page)


def offered(answer: TestResponse) -> set[str]:
    page = BeautifulSoup(answer.text, "html.parser")
    return {str(each["value"]) for each in page.select("input[name=mentions]")}


def kept(site: Site, case_id: str) -> tuple[comments.Comment, ...]:
    with reading(site.services.engine) as connection:
        return comments.of_case(connection, case_id)


def test_who_will_read_it_is_said_before_it_is_sent_and_whoever_is_mentioned_finds_it(site: Site) -> None:
    case_id = site.opened()
    browser, other = site.browser(WHO), site.browser("call_taker")
    answer = checked(browser, case_id)
    for title in ("Call taker", "Multi-agency safeguarding hub", "It is not sent yet"):
        assert title in answer.text
    assert "call_taker" in offered(answer)
    assert kept(site, case_id) == ()
    open_pages = [str(other.page(page).select("[hx-get]")[0]["hx-get"]) for page in ("/", "/tasks")]
    assert [other.get(each).status_code for each in open_pages] == [204, 204]
    assert send(browser, case_id, "call_taker").status_code == 303
    heard = [other.page(each).text for each in open_pages]
    assert all("changed" in each or "mentions you" in each for each in heard), "an open page hears of it"
    (found,) = kept(site, case_id)
    assert (found.text, found.data_class, found.written_by) == (TEXT, "D2", WHO)
    with reading(site.services.engine) as connection:
        mail = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.contains("/comment/"))).one()
    assert case_id in mail.subject
    assert "tram" not in mail.subject + mail.text
    inbox = other.page("/tasks").text
    assert "Read a comment that mentions you" in inbox
    assert other.page("/").select_one("#mentions"), "the home page tells of it too"
    assert "tram" not in inbox
    assert "Read a comment that mentions you" not in browser.page("/tasks").text
    site.clock.forward(minutes=1)
    assert TEXT.splitlines()[1] in other.page(f"/cases/{case_id}/comments").text
    assert "Read a comment that mentions you" not in other.page("/tasks").text
    assert comments.tidy(site.services.engine, site.clock()) == 1
    assert comments.tidy(site.services.engine, site.clock()) == 0
    assert "Asked the tram company" in other.page(f"/cases/{case_id}").text
    task = other.page("/tasks").select_one(f"a[href^='/tasks/{case_id}']")
    assert task is not None
    assert "Asked the tram company" in other.page(str(task["href"])).text


def test_a_mention_costs_a_list_of_tasks_no_statement_for_each(site: Site) -> None:
    case_id, other = site.opened(), site.browser("call_taker")
    browser = site.browser(WHO)
    other.page("/tasks")

    def asked() -> int:
        with statements(site) as found:
            other.page("/tasks")
        return len(found)

    none = asked()
    send(browser, case_id, "call_taker")
    one = asked()
    for number in range(5):
        send(browser, case_id, "call_taker", text=f"And {number}")
    assert (asked(), other.page("/tasks").text.count("Read a comment")) == (one, 1)
    assert none < one <= none + 9


def test_who_may_not_read_its_class_learns_nothing_of_it_and_is_not_offered(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser(WHO)
    answer = checked(browser, case_id, data_class="D5", text="Heron at the quay")
    assert "csc_mash" not in offered(answer)
    assert "Multi-agency safeguarding hub" not in answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    forced = browser.send(f"/cases/{case_id}/comments", {"mentions": ["csc_mash"]}, form=page)
    assert (forced.status_code, "can no longer read" in forced.text) == (422, True)
    assert send(browser, case_id, data_class="D5", text="Heron at the quay").status_code == 303
    mash = site.browser("csc_mash")
    for address in (f"/cases/{case_id}/comments", f"/cases/{case_id}"):
        assert "Heron" not in mash.page(address).text
    assert "Trigger plan, police part: ask" in mash.page(f"/cases/{case_id}").text
    assert site.browser("school_dsl").get(f"/cases/{case_id}/comments").status_code == 404
    with reading(site.services.engine) as connection:
        looks = sa.select(ReadTable.classes).where(
            ReadTable.purpose == comments.PURPOSE, ReadTable.person == "csc_mash"
        )
        assert not [each for each in connection.execute(looks).scalars() if "D5" in each.split(",")]


def test_a_desk_that_was_told_of_a_child_says_what_it_knows_before_it_has_taken_the_case(site: Site) -> None:
    """The hub could write of a child in no class but the minutes of a meeting that had not been held."""
    case_id, mash = site.opened(), site.browser("csc_mash")
    asked = mash.page(f"/cases/{case_id}/comments").select("input[name=data_class]")
    assert [each["value"] for each in asked] == ["D2", "D1", "D3", "D11", "D9", "D10"]
    assert send(mash, case_id, text="He was at his aunt's last week").status_code == 303
    (found,) = kept(site, case_id)
    assert mash.get(f"/cases/{case_id}/amend/comment/{found.id}").status_code == 200, "its author puts it right"
    assert beside_case.ABOUT.keys() == DATA_CLASS.keys()
    assert access.added({"auditor", "audit_lead", "school_dsl"}, DATA_CLASS) == frozenset()


def test_all_that_is_wrong_is_said_and_nothing_that_was_typed_is_lost(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser(WHO)
    answer = checked(browser, case_id, text="x" * 2_001, data_class="D8")
    assert answer.status_code == 422
    assert "2,000 characters or fewer" in answer.text
    assert "Select what it is about" in answer.text
    assert "x" * 2_001 in answer.text
    assert "Enter a comment" in checked(browser, case_id, text=" \n ").text
    assert "ab\n" in checked(browser, case_id, text="a\x07b\u202e\r\nc").text
    page = BeautifulSoup(checked(browser, case_id).text, "html.parser")
    back = browser.send(f"/cases/{case_id}/comments", {"change": "yes"}, form=page)
    assert TEXT.splitlines()[0] in back.text
    for _ in range(2):
        browser.send(f"/cases/{case_id}/comments", form=page)
    assert len(kept(site, case_id)) == 1, "the same page twice is one comment"


def test_its_author_alone_puts_it_right_and_it_goes_with_the_case(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser(WHO)
    for text in ("He is with his aunt", "Rubbish"):
        send(browser, case_id, "call_taker", text=text)
    wrong, right = kept(site, case_id)
    place = f"/cases/{case_id}/amend/comment"
    assert site.browser("call_taker").get(f"{place}/{right.id}").status_code == 404, "not the author"
    page = browser.page(f"{place}/{right.id}")
    typed = {"text": "He is with his uncle", "why": "Misheard"}
    assert browser.send(f"{place}/{right.id}", typed, form=page).status_code == 303
    page = browser.page(f"{place}/{wrong.id}")
    assert browser.send(f"{place}/{wrong.id}/withdraw", {"why": "Wrong case"}, form=page).status_code == 303
    assert [each.text for each in kept(site, case_id)] == ["He is with his uncle"]
    listed = browser.page(f"/cases/{case_id}/comments").text
    assert "it said “He is with his aunt”" in listed
    asked = {"recipient": "Rosa Example, Example Court", "basis": "court_order", "classes": ["D2"]}
    inside = sealed(browser, made(browser, f"/bundles/case/{case_id}", asked))
    assert "He is with his uncle" in inside["bundle.json"]
    with writing(site.services.engine) as connection:
        found = erasing.find(connection, case_id)
        assert found is not None
        erasing.erase(connection, found, proposed_by="a", approved_by="b", basis="due", now=site.clock())
        assert connection.execute(sa.select(CommentRow.id)).all() == []
        assert connection.execute(sa.select(MentionRow.person)).all() == []


def test_a_mention_behind_a_seal_is_in_no_list_of_who_is_shut_out(site: Site) -> None:
    case_id, out = site.opened(), "ppu_cse_unit"
    assert send(site.browser(WHO), case_id, out).status_code == 303
    assert case_id in site.browser(out).page("/tasks").text
    chief = Actor("chief_inspector_missing", frozenset({"chief_inspector_missing"}), "example_police")
    with writing(site.services.engine) as connection:
        group = tuple(each.sign_in for each in people.active(connection, ROLES.keys() - {out}))
        seals.seal(connection, Wanted(case_id, (case_id,), group, "The father works here."), by=chief, now=site.clock())
    assert case_id not in site.browser(out).page("/tasks").text
    browser = site.browser(WHO)
    answer = checked(browser, case_id)
    assert "This record is sealed" in answer.text
    assert out not in offered(answer)
    page = BeautifulSoup(answer.text, "html.parser")
    assert browser.send(f"/cases/{case_id}/comments", {"mentions": [out]}, form=page).status_code == 422
