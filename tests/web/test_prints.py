"""A copy is printed or saved for somebody, on a basis, under a number that stands in the log; other pages print one line."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from tests.web.test_break_glass import broken, closed
from tests.web.test_photographs import file, send
from tests.web.test_search import reported
from workflows.concerns import ConcernRow
from workflows.copies import CopyRow
from workflows.disclosures import DisclosureRow
from workflows.episodes import EpisodeRow

ANN = Actor("ann", frozenset({"mfh_coordinator"}), "example_police")


@pytest.fixture
def sergeant(site: Site) -> Browser:
    return site.browser("locate_sergeant")


def given(site: Site) -> list[Any]:
    with reading(site.services.engine) as connection:
        return list(connection.execute(sa.select(DisclosureRow.__table__).order_by(DisclosureRow.id)))


def copied(browser: Browser, address: str, **changed: str) -> Any:
    """Make a copy as the page proposes it, but for what is changed."""
    page = browser.page(address)
    typed = {"whom": page.select_one("input[name=whom][checked]")["value"]}  # type: ignore[index]
    typed["basis"] = page.select_one("select[name=basis] option[selected]")["value"]  # type: ignore[index]
    return browser.send(address, typed | changed, form=page)


def put_right(site: Site, case_id: str) -> None:
    site.clock.forward(hours=1)
    right, now = {"last_place": "The canal bridge"}, site.clock()
    site.services.cases.correct(case_id, "case_opening", "", right, by=ANN, now=now, key="c", reason="Misheard")


def test_a_copy_for_oneself_takes_two_clicks_and_says_on_its_head_who_made_it_for_whom_and_its_number(
    site: Site, sergeant: Browser
) -> None:
    case_id = site.opened()
    assert sergeant.page(f"/cases/{case_id}").select(f"a[href='/cases/{case_id}/print']")
    answer = copied(sergeant, f"/cases/{case_id}/print")
    assert answer.status_code == 200
    page = BeautifulSoup(answer.text, "html.parser")
    (row,) = given(site)
    assert (row.about, row.way, row.basis, row.role) == (case_id, "own_print", "law_enforcement", "locate_sergeant")
    assert row.given_to.endswith("Example, own use on duty")
    head = page.select(".hw-copy-head")[0].text
    assert head.startswith(f"OFFICIAL-SENSITIVE. Copy {row.number}")
    assert "own use on duty" in head
    assert "2 March 2026 at 9:00am" in head
    assert not page.select("nav.govuk-service-navigation, .govuk-service-navigation")
    assert "The park" in page.text
    assert f"Copy {row.number}" in sergeant.page(f"/cases/{case_id}").text


def test_a_copy_for_somebody_else_names_them_and_leaves_intelligence_out(site: Site, sergeant: Browser) -> None:
    case_id = site.opened()
    answer = copied(
        sergeant, f"/cases/{case_id}/print", whom="other", recipient="Sergeant Example of Example Transport Police"
    )
    assert "For: Sergeant Example of Example Transport Police" in answer.text
    (row,) = given(site)
    assert (row.way, row.given_to) == ("print", "Sergeant Example of Example Transport Police")
    assert {"D4", "D12"}.isdisjoint(row.classes.split())
    assert {"D1", "D2"} <= set(row.classes.split())


def test_a_childs_page_is_a_sheet_with_the_photograph_in_it_and_noted_with_each_case_that_it_tells_of(
    site: Site, sergeant: Browser
) -> None:
    case_id = reported(site, "Alex Example", date(2012, 5, 3))
    child_id = case_id.replace("MC-", "CH-")
    assert send(site, child_id, file()) == 302
    assert f"/children/{child_id}/print" in str(sergeant.page(f"/children/{child_id}").select("main a"))
    answer = copied(sergeant, f"/children/{child_id}/print")
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one("img[src^='data:image/jpeg;base64,']")
    assert "Alex Example" in page.select("h1")[0].text
    assert "3 May 2012" in page.text
    assert {row.about for row in given(site)} >= {child_id, case_id}
    assert len({row.number for row in given(site)}) == 1
    refused = copied(sergeant, f"/children/{child_id}/print", whom="other", recipient="")
    assert refused.status_code == 422


@pytest.mark.parametrize("place", ["case", "missing"])
def test_without_recipient_and_basis_nothing_is_given_and_nothing_noted(site: Site, place: str) -> None:
    case_id = site.opened()
    browser = site.browser("mfh_coordinator")
    addresses = {"case": f"/cases/{case_id}/print", "missing": "/performance/print"}
    nobody, unknown = {"whom": "other", "recipient": " ", "basis": ""}, {"whom": "", "basis": "because"}
    for wrong, count in ((nobody, 2), (unknown, 2), ({"recipient": "Sergeant Example"}, 1)):
        answer = copied(browser, addresses[place], **wrong)
        assert answer.status_code == 422
        assert len(BeautifulSoup(answer.text, "html.parser").select(".govuk-error-summary__list li")) == count
    assert given(site) == []


def test_the_list_of_who_is_missing_is_a_sheet_or_a_file_and_noted_for_each_case(site: Site) -> None:
    """The file was a link: whoever followed it had a copy that stood in no log of what was given away."""
    case_id, browser = site.opened(), site.browser("duty_inspector")
    assert browser.get("/performance/tables/missing.csv").status_code == 404
    file = copied(browser, "/performance/print", **{"as": "file"})
    (row,) = given(site)
    assert (row.about, row.way, row.classes) == (case_id, "own_list", "D2")
    rows = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert rows[0][2] == f"Copy {row.number}"
    assert [each[0] for each in rows[2:]] == [case_id]
    assert file.headers["Content-Disposition"] == f'attachment; filename="missing-{row.number}.csv"'
    sheet = copied(browser, "/performance/print", whom="other", recipient="The morning meeting")
    assert case_id in sheet.text
    assert [each.way for each in given(site)] == ["own_list", "list"]
    assert site.browser("call_taker").get("/performance/print").status_code == 403


def test_whoever_has_a_copy_is_told_when_something_in_it_is_put_right(site: Site, sergeant: Browser) -> None:
    case_id = site.opened()
    copied(sergeant, f"/cases/{case_id}/print")
    copied(sergeant, f"/cases/{case_id}/print", whom="other", recipient="Sergeant Example")
    copied(site.browser("duty_inspector"), "/performance/print")
    put_right(site, case_id)
    with reading(site.services.engine) as connection:
        assert list(connection.execute(sa.select(CopyRow.recipient, CopyRow.role))) == [
            ("Sergeant Example", "locate_sergeant")
        ]
        own = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.contains("/own/"))).all()
    assert [mail.recipient for mail in own] == ["locate_sergeant@example-police.example"]
    assert given(site)[0].number in own[0].text
    assert "canal" not in own[0].text
    assert "Tell somebody that a copy is no longer right" in sergeant.page("/tasks").text


def test_what_is_opened_with_a_reason_is_looked_at_and_not_copied(site: Site) -> None:
    case_id, browser = closed(site), site.browser("health")
    broken(site, "health", case_id)
    assert "Print or save a copy" not in browser.page(f"/cases/{case_id}").select("main")[0].text
    assert browser.get(f"/cases/{case_id}/print").status_code == 404
    assert given(site) == []


@pytest.mark.parametrize(("path", "lines"), [("/tasks", 1), ("/cases", 1), ("/performance", 0)])
def test_an_ordinary_page_says_where_to_print_from(site: Site, path: str, lines: int) -> None:
    page = site.browser("mfh_coordinator").page(path)
    assert len(page.select(".hw-paper-line")) == lines
    assert len(page.select("body.hw-paper")) == 1 - lines
    stamps = [stamp.get_text() for stamp in page.select(".hw-printed")]
    assert stamps == ["OFFICIAL-SENSITIVE. Printed by Grace Example, Missing from home co-ordinator, as it stood on 2 March 2026 at 9:00am."] * (1 - lines)  # fmt: skip


def test_a_patrol_briefing_is_one_sheet_with_the_photograph_and_holds_what_its_maker_may_read(
    site: Site, sergeant: Browser
) -> None:
    case_id = reported(site, "Alex Example", date(2012, 5, 3))
    child_id = case_id.replace("MC-", "CH-")
    assert send(site, child_id, file()) == 302
    noted = {"about": child_id, "kind": "place", "name": "The boat house", "relation": "", "risk": "high", "detail": "",
             "whereabouts": "By the weir", "data_class": "D4", "since": date(2026, 1, 1), "until": None, "added_by": "ann",
             "added_at": site.clock()}  # fmt: skip
    with writing(site.services.engine) as connection:
        connection.execute(sa.insert(ConcernRow).values(noted))
    address = f"/cases/{case_id}/briefing"
    assert sergeant.page(f"/cases/{case_id}").select(f"a[href='{address}']")
    page = BeautifulSoup(copied(sergeant, address).text, "html.parser")
    assert "Alex Example" in page.select("h1")[0].text
    assert page.select_one("img[src^='data:image/jpeg;base64,']")
    assert page.select(".hw-briefing-warnings")
    assert "The boat house" in page.text
    told = " ".join(page.select(".hw-briefing")[0].text.split())
    assert f"The control room, at once, with the reference {case_id}" in told
    assert "Missing since" in told
    outside = copied(sergeant, address, whom="other", recipient="Officer Example of Example Transport Police")
    assert "The boat house" not in outside.text, "intelligence is for nobody else"
    assert "The boat house" not in copied(site.browser("call_taker"), address).text
    rows = given(site)
    assert [row.what.partition(",")[0] for row in rows] == ["A patrol briefing"] * 3
    assert {row.way for row in rows} == {"own_print", "print"}
    assert site.browser("csc_mash").get(address).status_code == 403
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == case_id).values(status="rhi_pending"))
    assert copied(sergeant, address).status_code == 404
    assert len(given(site)) == 3
