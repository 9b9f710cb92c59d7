"""The page of a child over the years: each part for those whose roles may read it, and each look written down."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, TaskTable, reading, writing
from tests.web.site import Site
from workflows import children
from workflows.children import ChildFlagRow, ChildRow, PastEpisodeRow
from workflows.episodes import EpisodeRow
from workflows.trigger_plans import ChildPlanRow

ROBIN = "CH-22222222"
OLD = "NICHE-2024-17"
UNIT = Actor("p.unit", frozenset({"ppu_cse_unit"}))
SENTENCES = {
    "D1": "Robin Example",
    "D2": OLD,
    "D3": "Child criminal exploitation",
    "D5": "Goes to the skate park",
}


@pytest.fixture
def case_id(site: Site, now: datetime) -> str:
    """A case of a child whom we know for long: an old episode, a flag and a plan."""
    found = site.opened()
    child = {"child_id": ROBIN, "imported_at": now, "imported_row": ""}
    nothing = dict.fromkeys(("known_people", "known_places", "contact_rules", "what_works", "built_from"), "")
    episode = {"level": "medium", "unfinished": ""} | child
    rows: list[tuple[type, dict[str, object]]] = [
        (ChildRow, {"name": "Robin Example", "known_as": "Rob", "sounds": "", "born_on": date(2012, 5, 3), "sex": "female",
                    "looked_after": "s20", "responsible_authority": "nottingham_city", "joined_to": "",
                    "source_reference": ""} | child),
        (PastEpisodeRow, {"reference": OLD, "reported_at": now - timedelta(days=400),
                           "closed_at": now - timedelta(days=390)} | episode),
        (ChildFlagRow, {"flag": "cce", "since": date(2025, 1, 1), "source": "Referral"} | child),
        (ChildPlanRow, {"case_id": "", "version": 1, "valid_from": now - timedelta(days=30), "immediate_tasks": "",
                        "summary": "Goes to the skate park", "default_risk": "high"} | nothing | child),
    ]  # fmt: skip
    with writing(site.services.engine) as connection:
        for table, row in rows:
            connection.execute(sa.insert(table).values(**row))
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == found).values(child_id=ROBIN))
    return found


def headings(page: BeautifulSoup) -> list[str]:
    return [heading.text for heading in page.select("h2.govuk-heading-m")]


def test_the_coordinator_sees_the_years_of_a_child(site: Site, case_id: str) -> None:
    page = site.browser("mfh_coordinator").page(f"/children/{ROBIN}")
    assert {"Flags", "Trigger plan", "Episodes"} <= set(headings(page))
    assert [sentence for sentence in SENTENCES.values() if sentence not in page.text] == []
    table = page.select("table")[0]
    assert [row.th.text for row in table.select("tbody tr") if row.th] == [case_id, OLD]
    assert [link.text for link in table.select("a")] == [case_id]


def test_a_flag_names_no_case_that_its_reader_is_not_told_of(site: Site, case_id: str) -> None:
    other = site.opened()  # nobody has matched it to this child, so the page tells of no such case
    flag = {"child_id": ROBIN, "since": date(2025, 2, 1)}
    with writing(site.services.engine) as connection:
        for name, source in (("cse", other), ("mental_health", case_id)):
            connection.execute(sa.insert(ChildFlagRow).values(flag=name, source=source, **flag))
    words = site.browser("mfh_coordinator").page(f"/children/{ROBIN}").text
    assert (f"Source: {case_id}" in words, "Source: a case that you may not open" in words) == (True, True)
    assert other not in words


def test_the_page_of_a_case_leads_to_its_child(site: Site, case_id: str) -> None:
    page = site.browser("mfh_coordinator").page(f"/cases/{case_id}")
    assert [link["href"] for link in page.select("main a") if "/children/" in str(link["href"])] == [
        f"/children/{ROBIN}"
    ]


@pytest.mark.parametrize(
    "role", ["call_taker", "locate_sergeant", "csc_mash", "rhi_worker", "school_dsl", "administrator"]
)
def test_no_role_is_shown_a_part_outside_its_classes(site: Site, case_id: str, role: str) -> None:
    from workflows.access import Standing, readable

    answer = site.browser(role).get(f"/children/{ROBIN}")
    may = readable({role}, standing=Standing.OPEN)
    for data_class, sentence in SENTENCES.items():
        assert (sentence in answer.text) == (answer.status_code == 200 and data_class in may), data_class


def test_who_has_no_part_does_not_learn_that_a_child_exists(site: Site, case_id: str) -> None:
    browser = site.browser("school_dsl")
    there, nowhere = browser.get(f"/children/{ROBIN}"), browser.get("/children/CH-99999999")
    assert there.status_code == nowhere.status_code == 404
    assert ROBIN not in there.text
    assert site.browser("mfh_coordinator").get("/children/CH-99999999").status_code == 404


def test_each_look_at_a_child_is_written_down(site: Site, case_id: str) -> None:
    site.browser("mfh_coordinator").page(f"/children/{ROBIN}")
    site.browser("school_dsl").get(f"/children/{ROBIN}")
    query = sa.select(ReadTable.person, ReadTable.purpose, ReadTable.classes).where(ReadTable.case_id == ROBIN)
    query = query.order_by(ReadTable.id)
    with reading(site.services.engine) as connection:
        found = connection.execute(query).all()
    assert [(row.person, row.purpose) for row in found] == [
        ("mfh_coordinator", "casework, child"),
        ("school_dsl", "refused"),
    ]
    assert {"D1", "D5"} <= set(found[0].classes.split(","))


def open_number(site: Site, case_id: str, element: str) -> str:
    """Give the id of an open task."""
    task = TaskTable
    asked = sa.select(task.number).where(task.case_id == case_id, task.element == element, task.status == "open")
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(asked).scalar_one()}"


def test_public_protection_proposes_an_action_and_the_page_says_how_it_stands(site: Site, case_id: str) -> None:
    """A notice for a child of 13 is open by law; who may not read facts of the episode is told of none."""
    del case_id
    unit = site.browser("ppu_cse_unit")
    page = unit.page(f"/children/{ROBIN}")
    link = next(each for each in page.select("main a") if each.text == "Propose a disruption action")
    opening = unit.page(str(link["href"]))
    assert [field["value"] for field in opening.select("input[name=child]")] == [ROBIN]
    proposal = {"child": ROBIN, "kind": "cawn", "person": "The man of the station", "reason": "He waits every Friday."}
    made = site.services.cases.open("disruption", proposal, by=UNIT, now=site.clock(), key="k-1")
    assert made.case_id.startswith("DA-")
    assert "Child abduction warning notice: proposed" in unit.page(f"/children/{ROBIN}").text
    order = {"issued": "yes", "issued_at": site.clock(), "issued_by": "Inspector Example"}
    order["ends_at"] = site.clock() + timedelta(days=90)
    task = open_number(site, made.case_id, "issue_warning_notice")
    site.services.cases.complete(task, order, by=UNIT, now=site.clock(), key="k-2")
    for role in ("ppu_cse_unit", "mfh_coordinator"):
        text = site.browser(role).page(f"/children/{ROBIN}").text
        assert "in force until 31 May 2026" in text
        assert "The man of the station" not in text
    assert ROBIN in unit.page(f"/cases/{made.case_id}").text
    with reading(site.services.engine) as connection:
        assert [each.case_id for each in children.disruptions_of(connection, ROBIN)] == [made.case_id]
