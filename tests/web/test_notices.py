"""The pages of notices: what a partner sees is what was previewed, and the link gives nothing away."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from engine.store import TaskTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site, statements
from web import access
from web.assembly import make_worker
from workflows import erasing
from workflows.notice_kinds import KINDS

TYPED = {
    "person": "Rosa Example",
    "works_for": "Example Academy",
    "mail": "rosa@academy.example",
    "ring": "01632 960 118",
    "basis": "school_or_health",
}


def tell(site: Site, case_id: str, kind: str = "school_notice", **typed: str) -> TestResponse:
    browser = site.browser("mfh_coordinator")
    return browser.send(f"/cases/{case_id}/notices/new?kind={kind}", TYPED | typed)


def sent(site: Site, case_id: str, kind: str = "school_notice", **typed: str) -> tuple[str, str]:
    """Send a notice, and give the path of its link and the code."""
    answer = tell(site, case_id, kind, **typed)
    assert answer.status_code == 200, answer.text
    code = answer.text.partition('govuk-heading-xl">')[2].partition("<")[0]
    return link(site), code


def link(site: Site) -> str:
    with reading(site.services.engine) as connection:
        asked = sa.select(OutboxRow.text).where(OutboxRow.key.endswith("/notice")).order_by(OutboxRow.id.desc())
        text = str(connection.execute(asked).scalars().first())
    line = next(line for line in text.splitlines() if line.startswith("http"))
    return "/" + line.split("/", 3)[3]


def rows(site: Site, table: str = "notices") -> list[Any]:
    with reading(site.services.engine) as connection:
        return sorted(map(tuple, connection.execute(sa.text(f"SELECT * FROM {table}"))), key=repr)


def test_who_interviews_sees_the_notices_of_the_own_agency_alone_and_takes_back_no_other(site: Site) -> None:
    """The list named everybody who was told by whomever, and a provider could take back what the police had sent."""
    case_id = site.opened()
    assert tell(site, case_id).status_code == 200
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(TaskTable).where(TaskTable.case_id == case_id).values(role="rhi_worker"))
    browser, address = site.browser("rhi_worker"), f"/cases/{case_id}/notices"
    page = browser.page(address)
    assert "Rosa Example" not in page.text
    assert browser.send(f"{address}/1/withdraw", {"why": "Mine"}, form=browser.page("/search")).status_code == 404
    assert "Rosa Example" in site.browser("locate_sergeant").page(address).text


def test_a_partner_reads_what_the_sender_saw_and_says_so(site: Site) -> None:
    case_id = site.opened()
    preview = site.browser("mfh_coordinator").page(f"/cases/{case_id}/notices/new?kind=school_notice")
    path, code = sent(site, case_id)
    partner = site.browser()
    opened = partner.post(path, data={"name": "Rosa Example", "code": code})
    assert opened.status_code == 200
    assert opened.headers["Cache-Control"] == "no-store"
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert "<nav" not in opened.text
    seen = BeautifulSoup(opened.text, "html.parser")
    keys = [each.text.strip() for each in preview.select(".govuk-summary-list__key")]
    assert [each.text.strip() for each in seen.select(".govuk-summary-list__key")] == keys
    assert "Alex" in seen.text
    assert "The child is still missing" in seen.text
    receipt = {"receipt": seen.select_one("input[name=receipt]")["value"]}  # type: ignore[index]
    for _ in range(2):
        assert "Thank you" in partner.post(f"{path}/read", data=receipt).text
    listed = site.browser("mfh_coordinator").page(f"/cases/{case_id}/notices").text
    assert "Acknowledged" in listed
    assert "by Rosa Example" in listed
    page = site.browser("mfh_coordinator").page(f"/cases/{case_id}").text
    assert "N4 A child of your school: opened" in page


def test_a_mail_scanner_that_looks_changes_nothing(site: Site) -> None:
    path, code = sent(site, site.opened())
    before = rows(site), rows(site, "disclosures")
    for _ in range(7):
        assert site.browser().get(path).status_code == 200
    assert (rows(site), rows(site, "disclosures")) == before
    assert site.browser().post(path, data={"name": "Rosa", "code": code}).status_code == 200


def test_a_link_that_was_never_made_is_answered_like_a_wrong_code_by_the_same_statements(site: Site) -> None:
    path, _code = sent(site, site.opened())
    answers, said = set(), set()
    for address in (path, "/notice/" + "x" * 43):
        with statements(site) as sent_now:
            answer = site.browser().post(address, data={"name": "Rosa", "code": "000000"})
        answers.add((answer.status_code, answer.text.replace(address, "")))
        said.add(tuple(sent_now))
    assert len(answers) == 1
    assert len(said) == 1


@pytest.mark.parametrize(
    "typed", [{}, {"name": " ", "code": "ABCDEF"}, {"name": "Rosa"}, {"code": "é" * 5000, "name": "x"}]
)
def test_nonsense_is_refused_with_a_sentence(site: Site, typed: dict[str, str]) -> None:
    path, _code = sent(site, site.opened())
    assert site.browser().post(path, data=typed).status_code == 422
    assert site.browser().post(f"{path}/read", data=typed).status_code == 422


def test_no_log_holds_a_link(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken(token: str) -> str:
        raise KeyError(token)

    path, _code = sent(site, site.opened())
    site.app.view_functions["notice_links.asked"] = access.everyone(broken)
    with caplog.at_level(logging.DEBUG):
        assert site.browser().get(path).status_code == 500
    assert "/notice/..." in caplog.text
    assert path.rpartition("/")[2] not in caplog.text


def test_a_second_sending_closes_the_first_link(site: Site) -> None:
    case_id = site.opened()
    first, code = sent(site, case_id)
    page = site.browser("mfh_coordinator").page(f"/cases/{case_id}/notices/new?kind=school_notice&again=1")
    assert page.select_one("#person")["value"] == "Rosa Example"  # type: ignore[index]
    second, new = sent(site, case_id, again="1")
    assert site.browser().post(first, data={"name": "Rosa", "code": code}).status_code == 422
    assert site.browser().post(second, data={"name": "Rosa", "code": new}).status_code == 200


def test_a_notice_is_withdrawn_with_a_reason(site: Site) -> None:
    case_id = site.opened()
    path, code = sent(site, case_id)
    browser = site.browser("mfh_coordinator")
    page = browser.page(f"/cases/{case_id}/notices")
    assert browser.send(f"/cases/{case_id}/notices/1/withdraw", {"why": ""}, form=page).status_code == 422
    browser.send(f"/cases/{case_id}/notices/1/withdraw", {"why": "Wrong school"}, form=page)
    assert "Wrong school" in browser.page(f"/cases/{case_id}/notices").text
    assert site.browser().post(path, data={"name": "Rosa", "code": code}).status_code == 422


def test_a_parent_is_told_once_somebody_has_decided_that_it_is_safe(site: Site) -> None:
    case_id = site.opened()
    refused = tell(site, case_id, "carer_update")
    assert refused.status_code == 422
    assert "has said nothing yet" in refused.text
    assert "Rosa Example" in refused.text
    path, code = sent(site, case_id, "carer_update", decided_by="Inspector Example", safe="yes")
    assert "The park" not in site.browser().post(path, data={"name": "Mother", "code": code}).text
    assert "Inspector Example" in site.browser("mfh_coordinator").page(f"/cases/{case_id}/notices").text


def test_who_has_an_account_and_a_part_reads_it_signed_in(site: Site) -> None:
    case_id = site.opened()
    with reading(site.services.engine) as connection:
        mail = connection.execute(sa.text("SELECT mail FROM people WHERE sign_in = 'csc_mash'")).scalar_one()
    answer = tell(site, case_id, "school_notice", mail=mail.upper())
    assert answer.status_code == 302
    path = link(site)
    assert path == f"/cases/{case_id}/notices/1"
    reader: Browser = site.browser("csc_mash")
    page = reader.page(path)
    assert "The child is still missing" in page.text
    assert site.browser("edt").get(path).status_code == 404
    reader.send(path, form=page)
    reader.send(path, form=page)
    assert "Acknowledged" in site.browser("mfh_coordinator").page(f"/cases/{case_id}/notices").text


def test_what_nobody_acknowledges_leaves_again_and_then_stands_among_the_senders_tasks(site: Site) -> None:
    case_id = site.opened()
    sent(site, case_id)
    worker, words = make_worker(site.services), "Ring a partner who has not read a notice"
    within = KINDS["school_notice"].within
    assert within is not None
    for again, shown in ((1, False), (2, True)):
        site.clock.now += within
        worker.chase()
        with reading(site.services.engine) as connection:
            mails = sa.select(sa.func.count()).where(OutboxRow.key.startswith(f"{case_id}/1/notice"))
            assert connection.execute(mails).scalar_one() == 2, again
        assert (words in site.browser("mfh_coordinator").page("/tasks").text) is shown
    assert words not in site.browser("call_taker").page("/tasks").text


def test_an_erased_case_sends_nothing_and_its_links_end(site: Site) -> None:
    case_id = site.opened()
    path, code = sent(site, case_id)
    with writing(site.services.engine) as connection:
        found = erasing.find(connection, case_id)
        assert found is not None
        erasing.erase(connection, found, proposed_by="a", approved_by="b", basis="x", now=site.clock())
    assert site.browser().post(path, data={"name": "Rosa", "code": code}).status_code == 422
    assert rows(site) == []
    assert site.browser("mfh_coordinator").get(f"/cases/{case_id}/notices").status_code in {403, 404}


@pytest.mark.parametrize("role", ["call_taker", "school_dsl", "health", "administrator", "partnership_board"])
def test_who_sends_no_notices_gets_no_page(site: Site, role: str) -> None:
    case_id = site.opened()
    for path in ("", "/new?kind=school_notice"):
        assert site.browser(role).get(f"/cases/{case_id}/notices{path}").status_code in {403, 404}
    assert "Tell a partner" not in site.browser("call_taker").page(f"/cases/{case_id}").text
