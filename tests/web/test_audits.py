"""The audits as pages: the months, and one month with its summary, its findings and its sample as far as one may know of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import TaskTable, reading, writing
from tests.web.crawler import Crawl
from tests.web.overseen import NOW, do, link_of, overseen, row, words
from tests.web.scenes import Scenes
from tests.web.site import Site
from web import demo_oversight
from web.procedures import MISSING_CHILD
from workflows import audits, people

MONTH = "February 2026"
FOLLOWED_UP = "Waits for missing from home co-ordinator: act on the finding"


@pytest.fixture(name="overseen")
def overseen_site(site: Site, scenes: Scenes) -> Site:
    """An audit of two cases: one finding is settled, the other waits for an answer."""
    scenes.begin(site, overseen)
    return site


def month(site: Site, role: str) -> BeautifulSoup:
    browser = site.browser(role)
    return browser.page(link_of(browser.page("/audits"), MONTH))


def findings(page: BeautifulSoup) -> dict[str, str]:
    return {words(each.select("h3")[0]): words(each) for each in page.select("main section")}


def test_the_months_show_how_far_the_audit_is_what_is_open_and_how_good_the_work_is(overseen: Site) -> None:
    page = overseen.browser("audit_lead").page("/audits")
    assert row(page, MONTH) == {
        "Audited": "2 of 2",
        "Overdue tasks": "None",
        "Findings open": "1",
        "Findings settled": "1",
        "Risks seen": "0",
        "Scored twice": "86% equal, kappa 0.63 (22 pairs)",
        "Summary": "Written",
    }
    assert row(page, "Supervision") == {"Feb 2026": "2.0"}
    assert row(page, "Close") == {"Feb 2026": "3.0"}
    assert "86% equal, kappa 0.63 (22 pairs). They agree largely." in words(page), "19 of 22 pairs; 3 lie one apart"
    by_standard = page.select("main table")[-1].select("tbody tr")
    assert [cell.text for cell in by_standard[-1].select("th, td")] == [
        *("Close", "2", "Not shown", "Not shown", "Too few: fewer than 20 pairs")
    ]


def test_the_dashboard_and_the_report_to_the_panel_show_the_trend_of_the_audits(overseen: Site) -> None:
    for role, path in (("partnership_board", "/performance"), ("inspection_coordinator", "/recommendations/report")):
        page = overseen.browser(role).page(path)
        assert row(page, MONTH) == {
            "Audited": "2 of 2",
            "Mean score": "2.8",
            "Scored twice": "86% equal, kappa 0.63 (22 pairs)",
        }
    assert "Scored twice" not in overseen.browser("csc_director").page("/performance").text


def test_a_month_shows_its_summary_each_finding_with_what_came_of_it_and_its_sample(overseen: Site) -> None:
    page = month(overseen, "chief_inspector_missing")
    said = words(page)
    assert "What is good Every child was seen by an officer" in said
    assert "What the chief inspector decided Something changes" in said
    settled, waiting = findings(page).items()
    assert settled[0] == "1.1 Supervision Settled"
    assert "What was done The rota of each night" in settled[1]
    assert waiting[0].endswith("The child's voice Open")
    assert FOLLOWED_UP in waiting[1]
    drawn = [words(each) for each in page.select("main tbody th")]
    assert len(drawn) == 2
    assert {row(page, each)["Why it was drawn"] for each in drawn} == {"Graded high", "By chance"}
    assert overseen.browser("audit_lead").get(f"/cases/{drawn[0]}").status_code == 200


def test_an_answer_to_a_finding_shows_at_once_and_goes_back_to_the_audit_lead(overseen: Site) -> None:
    done = {"outcome": "done", "what_was_done": "It stands in the plan."}
    do(overseen, "mfh_coordinator", "Act on the finding", done)
    said = findings(month(overseen, "audit_lead")).popitem()[1]
    assert "What was done It stands in the plan." in said
    assert "Waits for audit lead: check what was done" in said
    do(overseen, "audit_lead", "Check what was done", {"settled": "yes", "why_settled": "I read it."})
    assert "How we know I read it." in findings(month(overseen, "audit_lead")).popitem()[1]
    assert row(overseen.browser("audit_lead").page("/audits"), MONTH)["Findings settled"] == "2"


def test_a_finding_that_nobody_answers_is_overdue(overseen: Site) -> None:
    overseen.clock.forward(days=30)
    overseen.wall_clock.forward(days=30)
    overseen.sweep()
    page = overseen.browser("audit_lead").page("/audits")
    assert row(page, MONTH)["Overdue tasks"] == "1 overdue"
    assert any("Overdue" in each for each in findings(month(overseen, "superintendent")))


def test_who_has_no_part_in_the_cases_reads_findings_and_summary_only(overseen: Site) -> None:
    page = month(overseen, "inspection_coordinator")
    said = words(page)
    assert "Reviews at night come late" in said
    assert "What was found The second review came nine hours late." in said
    assert "MC-" not in said
    assert "What to do" not in said


def test_the_board_sees_the_figures_of_a_month_only(overseen: Site) -> None:
    page = overseen.browser("partnership_board").page("/audits")
    assert row(page, MONTH)["Audited"] == "2 of 2"
    assert page.select("main a") == []


def test_on_every_day_the_demonstration_begins_with_a_month_that_can_have_been_audited() -> None:
    for days in range(800):
        now = NOW + timedelta(days=days, hours=days % 24)
        begins = demo_oversight.month_begins(now)
        assert timedelta(days=4) <= now - begins < timedelta(days=40)
        *_, audit = demo_oversight.stories(now)
        assert all(now - begins >= deed.ago > timedelta(0) for deed in audit.deeds)
        cases = [each for each in demo_oversight.stories(now) if each.procedure == MISSING_CHILD]
        assert len(cases) == 2
        assert {(now - case.deeds[-1].ago).month for case in cases} == {audits.month_before(begins).month}


def test_before_the_first_audit_the_page_says_when_it_begins_and_what_is_none_has_no_page(site: Site) -> None:
    browser = site.browser("audit_lead")
    assert "No month has been audited yet." in browser.page("/audits").text
    assert "There is no such audit" in browser.page("/audits/AU-22222222", 404).text


WRITTEN = ("nine hours late", "Agree who reviews at night")


def test_whoever_scores_a_case_again_reads_nowhere_what_the_first_wrote_until_theirs_is_sent(
    site: Site,
) -> None:
    """By every address of the audit, by search, on paper and among reasons. The page of the second audit itself was a fault: its reasons
    look at few of the facts.
    """
    overseen(site, deeds=2)
    with reading(site.services.engine) as connection:
        task = sa.select(TaskTable.case_id, TaskTable.number).where(TaskTable.element == "audit_case_again")
        audit, number = connection.execute(task).one()
        numbers = connection.execute(sa.select(TaskTable.number).where(TaskTable.case_id == audit)).scalars().all()
    tasks, again = [f"{audit}.{each}" for each in numbers], f"/tasks/{audit}.{number}"
    first, second = site.browser("audit_lead"), site.browser("second_auditor")

    crawl = Crawl(site.app, second, lambda seen: [each for each in WRITTEN if each in seen.text])
    paths = {each.rule for each in site.app.url_map.iter_rules() if "GET" in (each.methods or ())}
    filled = [re.sub(r"<(\w+:)?case_id>", audit, each) for each in sorted(paths)]
    filled = [re.sub(r"<(\w+:)?task_id>", task, each) for each in filled for task in tasks]
    own = [f"/search?q={WRITTEN[0]}", f"/cases/{audit}/correct/finding/1.1", *(f"/tasks/{each}/why" for each in tasks)]
    crawl.follow([*own, *dict.fromkeys(re.sub("<[^>]*>", "1", each) for each in filled)])
    assert crawl.found == {}
    assert {status for status in crawl.answered.values() if status >= 500} == set()
    assert [second.get(place).status_code for place in (again, f"{again}/why")] == [200, 200]
    shown = first.page(f"/cases/{audit}").text
    assert [each for each in WRITTEN if each not in shown] == []
    assert "waits for a second auditor" not in month(site, "audit_lead").text
    with writing(site.services.engine) as connection:
        people.disable(connection, "second_auditor", NOW)
    assert "1 case waits for a second auditor, and only one person is audit lead now." in month(site, "audit_lead").text
