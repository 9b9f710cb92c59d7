"""The page of a case: each reader sees what their roles may read, and is told what kind of facts they do not see."""

from __future__ import annotations

from urllib.parse import quote

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, reading
from tests.web.scenes import Scenes, demonstration
from tests.web.site import Site
from web.case_list import open_cases
from workflows.agencies import ROLES


@pytest.fixture
def told(site: Site, scenes: Scenes) -> dict[str, str]:
    """The invented cases of the demonstration, by the first name of the child."""
    return scenes.begin(site, demonstration)


def rows(page: BeautifulSoup) -> dict[str, str]:
    """Read all summary lists of a page."""
    found = page.select(".govuk-summary-list__row")
    return {row.dt.text.strip(): row.dd.text.strip() for row in found if row.dt and row.dd}


def test_the_coordinator_sees_how_the_case_stands_what_is_open_and_what_happened(
    site: Site, told: dict[str, str]
) -> None:
    page = site.browser("mfh_coordinator").page(f"/cases/{told['Casey']}")
    assert rows(page)["Reference"] == told["Casey"]
    assert rows(page)["Status"] == "Return interview to be held"
    assert rows(page)["Offered"].startswith("Yes, on ")
    assert rows(page)["Held"] == "Not yet"
    assert "Return interview worker" in page.select(".govuk-task-list")[0].text
    happened = [entry.text for entry in page.select(".moj-timeline__title")]
    assert happened[-1] == "Case opened"
    assert any("reminder 1" in entry for entry in happened)
    assert "by Ben Example" in page.select(".moj-timeline__byline")[-1].text


def test_the_page_says_under_which_release_area_and_times_the_case_runs(site: Site, told: dict[str, str]) -> None:
    """A past case shows its own values, by the rows that gave them; by which grade is not told to who may not read it."""
    found = rows(site.browser("mfh_coordinator").page(f"/cases/{told['Casey']}"))
    assert found["Area"] == "Nottinghamshire, the usual values"
    handover = [line.strip() for line in found["Handover clock (T-03)"].splitlines()]
    assert [line for line in handover if line.startswith(("Page", "Due", "Second"))] == [
        "Page: at once",
        "Due: after 15 minutes",
        "Second escalation: after 35 minutes",
    ]
    assert handover[-1].startswith("Rows of the table “Deadlines”: t03_other_1, ")
    assert "Due: after 72 hours" in found["Return interview clock (T-25)"]
    worker = rows(site.browser("rhi_worker").page(f"/cases/{told['Casey']}"))
    assert worker["Prevention interview clock (T-21)"].endswith("By which rows is not shown to your roles")


def test_the_interview_worker_sees_the_child_and_the_outcome_and_no_risk_answers(
    site: Site, told: dict[str, str]
) -> None:
    page = site.browser("rhi_worker").page(f"/cases/{told['Casey']}")
    assert "Casey Example" in page.text
    assert "The child is young, it is getting dark" not in page.text
    assert "Answers of the risk assessment" in page.select(".govuk-inset-text")[0].text


def test_the_call_taker_does_not_see_the_interview(site: Site, told: dict[str, str]) -> None:
    page = site.browser("call_taker").page(f"/cases/{told['Devon']}")
    assert rows(page)["Held"] == "Recorded, but not shown to your roles"
    assert "Return interview, outcome" in page.select(".govuk-inset-text")[0].text
    assert "A youth centre" not in page.text


def test_who_has_no_part_does_not_learn_that_a_case_exists(site: Site, told: dict[str, str]) -> None:
    browser = site.browser("school_dsl")
    there, nowhere = browser.get(f"/cases/{told['Casey']}"), browser.get("/cases/MC-22222222")
    assert there.status_code == nowhere.status_code == 404
    text = BeautifulSoup(there.text, "html.parser").select("main")[0].text
    assert text == BeautifulSoup(nowhere.text, "html.parser").select("main")[0].text
    assert told["Casey"] not in there.text


def test_no_role_is_shown_a_fact_outside_its_classes(site: Site, told: dict[str, str]) -> None:
    """The typed sentences of each class are looked for on the page of each role."""
    from workflows.access import Standing, readable

    typed = {
        "D1": "Green coat",
        "D3": "it is getting dark",
        "D7": "Spent the time with a friend",
        "D9": "A youth centre",
    }
    for role in ROLES:
        answer = site.browser(role).get(f"/cases/{told['Devon']}")
        may = readable({role}, standing=Standing.OPEN)
        for data_class, sentence in typed.items():
            expected = answer.status_code == 200 and data_class in may
            assert (sentence in answer.text) == expected, (role, data_class)


def test_each_look_at_a_case_is_written_down(site: Site, told: dict[str, str]) -> None:
    site.browser("mfh_coordinator").page(f"/cases/{told['Alex']}")
    query = sa.select(ReadTable.purpose, ReadTable.classes).where(
        ReadTable.case_id == told["Alex"], ReadTable.person == "mfh_coordinator"
    )
    with reading(site.services.engine) as connection:
        found = connection.execute(query).all()
    assert [row.purpose for row in found] == ["casework"]
    assert "D1" in found[0].classes


def test_an_overdue_task_is_marked_with_words(site: Site, told: dict[str, str]) -> None:
    site.clock.forward(hours=3)
    page = site.browser("rhi_worker").page(f"/cases/{told['Casey']}")
    assert "Overdue" in page.select(".govuk-task-list .govuk-tag--red")[0].text
    assert "overdue by 1 hour" in page.text
    inbox = site.browser("rhi_worker").page("/tasks")
    assert "High risk" in inbox.select(".govuk-tag")[0].text


MATCHED = 3
"""So many of the invented children are matched; each has a case that counts its reports."""
OPENED = 2
"""The calendar has opened the audit of the month before and the meeting of the day."""


def test_the_list_of_cases_holds_what_one_may_know_of(site: Site, told: dict[str, str]) -> None:
    assert len(site.browser("mfh_coordinator").page("/cases").select(".govuk-task-list__item")) == 4 + MATCHED + OPENED
    assert len(site.browser("rhi_worker").page("/cases").select(".govuk-task-list__item")) == 2
    assert "no open case" in site.browser("school_dsl").page("/cases").text


def test_the_list_of_cases_goes_on_behind_the_last_one(site: Site, told: dict[str, str]) -> None:
    police = Actor("mfh_coordinator", frozenset({"mfh_coordinator"}))
    seen: list[str] = []
    after = ""
    for _ in range(4 + MATCHED + OPENED):
        lines, after = open_cases(site.services.engine, police, after=after, limit=1, now=site.clock())
        seen += [line.case_id for line in lines]
    assert after == ""
    assert set(told.values()) <= set(seen)
    assert len(set(seen)) == 4 + MATCHED + OPENED
    assert site.browser("mfh_coordinator").get(f"/cases?after={quote('nonsense')}").status_code == 200


def test_a_reference_leads_to_its_case_in_capitals_or_not(site: Site, told: dict[str, str]) -> None:
    answer = site.browser("mfh_coordinator").get(f"/cases?reference={told['Alex'].lower()}")
    assert answer.location == f"/cases/{told['Alex']}"


def test_the_invented_cases_stand_at_four_stages(site: Site, told: dict[str, str]) -> None:
    open_tasks = sa.text("SELECT case_id, element FROM tasks WHERE status = 'open'")
    with reading(site.services.engine) as connection:
        found = {(str(case_id), str(element)) for case_id, element in connection.execute(open_tasks)}
    assert (told["Alex"], "complete_missing_report") in found
    assert (told["Billie"], "endorse_risk_grade") in found
    assert (told["Casey"], "hold_return_interview") in found
    assert (told["Devon"], "write_up_return_interview") in found


def test_why_the_grade_is_what_it_is_is_said_as_far_as_its_reasons_may_be_read(
    site: Site, told: dict[str, str]
) -> None:
    """The rules that look at the answers of the risk assessment are told to its readers only."""
    from workflows.access import Standing, readable

    answers = "because Questions answered yes has"
    for role in ("duty_inspector", "rhi_worker"):
        page = site.browser(role).page(f"/cases/{told['Casey']}")
        assert "Lowest allowed grade is High, because Grades of the risk factors has “High”" in page.text
        assert (answers in page.text) == ("D3" in readable({role}, standing=Standing.OPEN)), role
