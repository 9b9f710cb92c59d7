"""The pack for when the service is down: what is open for a role, whom to ring, blank forms; logged as any copy, and for nobody else's eyes."""

from __future__ import annotations

from bs4 import BeautifulSoup

from tests.web.site import Site
from tests.web.test_prints import copied, given
from web.blank_forms import FORMS


def test_a_pack_holds_what_is_open_for_its_maker_and_blank_forms_and_stands_in_the_log(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("duty_inspector")
    assert browser.page("/").select("a[href='/downtime']")
    answer = copied(browser, "/downtime")
    assert answer.status_code == 200, answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    (row,) = given(site)
    assert (row.about, row.way, row.classes) == (case_id, "own_list", "D1 D2")
    assert f"Copy {row.number}" in page.select(".hw-copy-head")[0].text
    who, *_rest = page.select("dl")
    assert who.get_text(" ", strip=True).startswith(f"{case_id} Alex")
    assert "Acknowledge handover" in page.text
    assert len(page.select(".hw-blank")) == len(FORMS)
    report = next(each for each in page.select(".hw-blank") if "full name" in each.text)
    assert "☐" in report.text
    assert report.select(".hw-blank-line")


def test_a_pack_holds_nothing_that_is_not_its_makers(site: Site) -> None:
    case_id = site.opened()
    answer = copied(site.browser("rhi_worker"), "/downtime")
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 200, answer.text
    assert case_id not in page.text
    assert "Alex" not in page.text
    assert "On call within a day" not in page.text
    assert 1 <= len(page.select(".hw-blank")) < len(FORMS)
    assert copied(site.browser("duty_inspector"), "/downtime", whom="other", recipient=" ").status_code == 422
