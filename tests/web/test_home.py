"""The first page of each role: who is missing, what is owed, whose work it is; nobody is told of what is not theirs, and it stays cheap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, TaskTable, reading, writing
from tests.web.site import Browser, Site, statements
from web.home import PURPOSE
from web.home_parts import PARTS
from web.inbox_filter import WHAT
from workflows import access, seals
from workflows.agencies import ROLES
from workflows.episodes import EpisodeRow
from workflows.seals import Wanted

AT_MOST = 24
"""Statements of the page that has most: as many in a case of ten as in one of a thousand."""
WHILE_NOTHING_HAPPENS = 7
"""Statements of an open page that asks every ten seconds while nothing is written: who asks, and what was written."""


def lines(page: BeautifulSoup, part: str) -> list[str]:
    """The lines of a part, as they are read."""
    return [row.get_text(" ", strip=True) for row in page.select(f"section[aria-labelledby={part}] tbody tr")]


def returned(site: Site, case_id: str, status: str, hours: float) -> None:
    """The child has been back for so long, as the projection of its episode says."""
    told: dict[str, Any] = {"status": status, "returned_at": site.clock() - timedelta(hours=hours)}
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == case_id).values(told))


def seal(site: Site, case_id: str) -> None:
    """The case stands behind a seal of whose group the exploitation unit is not."""
    with writing(site.services.engine) as connection:
        wanted = Wanted(case_id, (case_id,), tuple(sorted(ROLES.keys() - {"ppu_cse_unit"})), "A relation works there.")
        chief = Actor("superintendent", frozenset({"superintendent"}), "example_police")
        seals.seal(connection, wanted, by=chief, now=site.clock())


def test_everybody_comes_to_their_page_and_it_has_the_parts_of_their_roles(site: Site) -> None:
    """One person for each role; the tasks stand on every page, and a role of two parts sees both."""
    site.opened()
    met = set()
    for role in (
        "locate_sergeant",
        "mfh_coordinator",
        "csc_social_worker",
        "rhi_worker",
        "administrator",
        "audit_lead",
    ):
        page = site.browser(role).page("/")
        shown = {str(part["id"]) for part in page.select("main h2[id], main dt[id]")}
        assert shown == {part.key for part in PARTS if role in part.roles and part.says_none}, role
        assert page.select_one("main a[href='/tasks']")
        met |= shown
    assert met == {part.key for part in PARTS if part.says_none}
    assert frozenset().union(*(part.roles for part in PARTS)) <= ROLES.keys()
    drawn = {name for release in site.services.cases.library.compiled.values() for name in release.nodes}
    assert {element for what in WHAT.values() for element in what.elements} <= drawn


def test_the_board_says_who_is_missing_by_risk_and_that_somebody_looked_is_written_down(site: Site) -> None:
    first = site.opened()
    site.clock.forward(hours=3)
    second = site.opened()
    with writing(site.services.engine) as connection:
        connection.execute(
            sa.update(EpisodeRow).where(EpisodeRow.case_id == first).values(risk_level="low", age=14, sex="female")
        )
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == second).values(risk_level="high"))
    page = site.browser("locate_sergeant").page("/")
    high, low = lines(page, "missing")
    assert high.startswith(f"{second} Age not recorded Last place: ")
    assert " High less than a minute None yet" in high
    assert low.startswith(f"{first} Girl, 14 Last place: ")
    assert " Low 3 hours" in low
    assert low.endswith("Nobody has taken it over")
    with reading(site.services.engine) as connection:
        asked = sa.select(ReadTable.case_id).where(ReadTable.purpose == PURPOSE, ReadTable.classes == "D1,D2")
        assert set(connection.execute(asked).scalars()) == {first, second}
    seal(site, second)
    assert [each.split()[0] for each in lines(site.browser("ppu_cse_unit").page("/"), "missing")] == [first]


def test_what_is_owed_after_a_return_is_told_by_the_hours_that_are_left(site: Site) -> None:
    early, late = site.opened(), site.opened()
    site.clock.forward(hours=80)
    returned(site, early, "rhi_pending", 75)
    returned(site, late, "returned_pending_pi", 70)
    page = site.browser("mfh_coordinator").page("/")
    assert [each.split()[0] for each in lines(page, "interviews")] == [early, late]
    assert "overdue by 3 hours" in lines(page, "interviews")[0]
    assert "in 2 hours" in lines(page, "interviews")[1]
    assert [each.split()[0] for each in lines(page, "returns")] == [late]
    assert lines(site.browser("rhi_worker").page("/"), "interviews") == [], "nothing asks them to do anything yet"


def test_who_leads_sees_what_is_late_and_who_has_how_much_and_gives_it_to_somebody_else(site: Site) -> None:
    case_id = site.opened()
    site.clock.forward(hours=30)
    with writing(site.services.engine) as connection:
        mine = sa.and_(TaskTable.case_id == case_id, TaskTable.role == "call_taker", TaskTable.status == "open")
        connection.execute(sa.update(TaskTable).where(mine).values(owner="call_taker", owned_at=site.clock()))
        count = connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
    inspector = site.browser("duty_inspector")
    page = inspector.page("/")
    assert lines(page, "breaches")
    row = next(each for each in page.select("section[aria-labelledby=workload] tbody tr") if "call_taker" in str(each))
    many, *_others, choose = row.select("a")
    assert many.text == str(count)
    led = inspector.page(str(many["href"])).select(".govuk-task-list__link")
    assert len(led) == count
    assert {inspector.get(str(each["href"])).status_code for each in led} == {200}, "no line leads to a refusal"
    assert "Shown only: With " in inspector.page(str(many["href"])).text
    assert len(inspector.page(str(choose["href"])).select("input[name=task]")) == count
    late = {"role": "ppu_cse_unit", "element": "decide_on_sign", "name": "Decide on exploitation"}
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(TaskTable).where(mine).values(late))
    told = next(
        each
        for each in site.browser("chief_inspector_missing").page("/").select("#breaches ~ table tr")
        if "Decide on exploitation" in each.text
    )
    assert "overdue by" in told.text, "who is told of it by mail finds it on the page too"
    stranger = "/tasks?which=led&person=rhi_worker"
    assert "Shown only" not in inspector.page(stranger).text, "nobody of another agency is named"


def test_a_page_that_is_open_asks_cheaply_and_is_told_when_something_has_changed(site: Site) -> None:
    site.opened()
    browser = site.browser("chief_inspector_missing")
    address = str(browser.page("/").select("[hx-get]")[0]["hx-get"])
    for seconds, at_most in ((10, WHILE_NOTHING_HAPPENS), (50, AT_MOST), (10, WHILE_NOTHING_HAPPENS)):
        site.clock.forward(seconds=seconds)
        with statements(site) as made:
            assert browser.get(address).status_code == 204, "that time passes is no news"
        assert 1 < len([each for each in made if each.startswith("SELECT")]) <= at_most, made
        assert len([each for each in made if each.startswith(("SELECT", "BEGIN"))]) == len(made), (
            "asking writes nothing"
        )
    site.opened()
    assert "This page has changed" in browser.page(address).text


def test_whoever_is_on_the_board_may_be_told_apart_by_those_who_see_it() -> None:
    assert {access.MATRIX[name, role] for name in ("D1", "D2") for role in access.SEES_EVERY_EPISODE} <= access.READS


@pytest.mark.parametrize("query", ["?what=nonsense", "?element=Drop table", "?person=nobody'", "?what=&person="])
def test_what_an_address_of_a_list_says_that_there_is_not_is_left_out(site: Site, query: str) -> None:
    site.opened()
    browser: Browser = site.browser("duty_inspector")
    assert "Shown only" not in browser.page(f"/tasks{query}").text
