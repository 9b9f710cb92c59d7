"""The list of tasks shows what is overdue or due soon, of one grade, of one role, of one case; and says how much is overdue."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine.store import TaskTable, reading, writing
from tests.web.site import OPENING, Browser, Site
from web.task_lists import MANY
from workflows.episodes import EpisodeRow

INSPECTOR = "duty_inspector"


def lines(browser: Browser, query: str = "") -> set[str]:
    """The tasks of the list, as ``MC-7K3QX9PW.4``."""
    page = browser.page(f"/tasks{query}")
    return {str(link["href"]).removeprefix("/tasks/") for link in page.select(".govuk-task-list__link")}


def in_table(site: Site, *where: Any) -> set[str]:
    task = sa.select(TaskTable.case_id, TaskTable.number).where(TaskTable.status == "open", *where)
    with reading(site.services.engine) as connection:
        return {f"{case_id}.{number}" for case_id, number in connection.execute(task)}


@pytest.fixture
def pair(site: Site) -> tuple[str, str]:
    """Two cases, the second an hour and a half after the first and graded high."""
    first = site.opened()
    site.clock.forward(minutes=90)
    second = site.opened()
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == second).values(risk_level="high"))
    return first, second


def test_what_is_overdue_and_what_is_due_soon(site: Site, pair: tuple[str, str]) -> None:
    browser, mine, now = site.browser(INSPECTOR), TaskTable.role == INSPECTOR, site.clock()
    overdue = in_table(site, mine, TaskTable.due_at <= now)
    assert {each.partition(".")[0] for each in overdue} == {pair[0]}
    assert lines(browser, "?due=overdue") == overdue
    soon = lines(browser, "?due=soon")
    assert overdue < soon
    assert {pair[1]} < {each.partition(".")[0] for each in soon}
    page = browser.page("/tasks")
    link = page.find("a", string=f"Overdue ({len(overdue)})")
    assert link
    assert lines(browser, str(link["href"]).removeprefix("/tasks")) == overdue


def test_a_case_whose_council_nobody_knows_yet_stands_in_the_list_and_in_its_file(site: Site) -> None:
    """The lists of all who are told of the council failed from the moment that a caller could not name it."""
    site.browser("call_taker").send("/cases/open", {**OPENING, "responsible_authority": ""})
    assert lines(site.browser(INSPECTOR))
    assert "Reported missing" in site.browser(INSPECTOR).get("/tasks.csv").text


def test_one_grade_and_one_case(site: Site, pair: tuple[str, str]) -> None:
    browser, mine = site.browser(INSPECTOR), TaskTable.role == INSPECTOR
    for query in ("?grade=high", f"?case={pair[1].lower()}", f"?grade=high&due=soon&case={pair[1]}"):
        assert lines(browser, query) == in_table(site, mine, TaskTable.case_id == pair[1]), query
    page = browser.page("/tasks?grade=low")
    assert "No task of yours is like that at the moment." in page.text
    assert "Shown only: Low risk" in page.text
    assert page.find("a", string="Show everything")


def test_one_role_of_several_is_chosen_by_who_has_them(site: Site, pair: tuple[str, str]) -> None:
    night = site.browser("edt")
    assert night.page("/tasks").select_one("select[name=role]")
    assert lines(night, "?role=csc_mash") == in_table(site, TaskTable.role == "csc_mash") == lines(night)
    assert lines(night, "?role=csc_social_worker") == set()
    assert site.browser("csc_mash").page("/tasks").select_one("select[name=role]") is None


@pytest.mark.parametrize(
    "query", ["?due=never", "?grade=purple", "?role=locate_sergeant", "?due=&grade=&case=", "?x=1"]
)
def test_what_the_address_says_that_there_is_not_is_left_out(site: Site, pair: tuple[str, str], query: str) -> None:
    browser = site.browser(INSPECTOR)
    assert lines(browser, query) == lines(browser) != set()


@pytest.fixture
def many(site: Site, pair: tuple[str, str]) -> set[str]:
    """A hundred overdue tasks more than there were; give all that are overdue."""
    first, overdue = pair[0], (TaskTable.role == INSPECTOR, TaskTable.due_at <= site.clock())
    wanted = sa.select(TaskTable).where(TaskTable.case_id == first, TaskTable.status == "open", *overdue)
    with writing(site.services.engine) as connection:
        row = dict(connection.execute(wanted).mappings().one())
        more = [{**row, "number": 1000 + each, "due_at": site.clock()} for each in range(MANY)]
        connection.execute(sa.insert(TaskTable), more)
    return in_table(site, *overdue)


def test_the_pages_after_the_first_are_of_the_same_choice(site: Site, many: set[str]) -> None:
    browser, address, met = site.browser(INSPECTOR), "/tasks?due=overdue", []
    while address:
        met.append(lines(browser, address.removeprefix("/tasks")))
        following = browser.page(address).select_one(".govuk-pagination__next a")
        address = str(following["href"]) if following else ""
    assert [len(page) for page in met] == [50, 50, 1]
    assert set().union(*met) == many


def test_counting_stops_at_a_hundred(site: Site, many: set[str]) -> None:
    assert "Overdue (99+)" in site.browser(INSPECTOR).page("/tasks").text
