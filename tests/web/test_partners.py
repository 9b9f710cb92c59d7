"""A school has its pupils' cases, health and youth justice those of the councils that named them, and nobody else learns of one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import TaskTable, reading, writing
from notifications.message import Message
from tests.web.population import Population, play
from tests.web.site import OPENING, Site, statements
from web import case_access
from web.demo_people import ORGANISATIONS
from workflows import alerts, assigning, audience, commissioning, people, verification
from workflows.access import OF_ONE_AREA, OF_ONE_SCHOOL
from workflows.agencies import ROLES
from workflows.commissioning import SERVICE
from workflows.commissions import CommissionRow
from workflows.people import Membership

COUNTY = ORGANISATIONS["local_authority"][0]
FIRST = {"school_dsl": "example_academy", "health": "example_health", "yjs": "example_youth_justice"}
SECOND = {"school_dsl": "hill_school", "health": "city_health", "yjs": "city_youth"}
DAY, BORN = date(2026, 3, 1), date(2012, 5, 3)
MATCHED = ("acknowledge_handover", "complete_missing_report", "match_child")


@pytest.fixture
def two(site: Site) -> Site:
    """A site where two schools, two health agencies and two youth justice teams work, each with somebody."""
    with writing(site.services.engine) as connection:
        for role, agency in SECOND.items():
            people.add_organisation(connection, agency, agency.replace("_", " ").title(), ROLES[role].kind)
            held, mail = [Membership(role, agency)], f"{agency}@example.org"
            people.add(connection, f"other_{role}", name=agency, mail=mail, password=None, memberships=held, now=site.clock())  # fmt: skip
    return site


@pytest.fixture
def made(two: Site) -> Population:
    return play(two.services, cases=0, until=two.clock(), days=1, seed=1)


def reported(made: Population, site: Site, child: str = "new", **said: Any) -> str:
    """Report a child whose school is said, and match it."""
    site.clock.forward(minutes=5)
    answer = site.browser("call_taker").send("/cases/open", OPENING)
    case_id = answer.location.removeprefix("/tasks/").partition(".")[0]
    told = {"date_of_birth": BORN, "approximate_age": None, **said}
    for element, answers in zip(MATCHED, ({}, told, {"child": child}), strict=True):
        made.do(case_id, element, site.clock(), **answers)
    return case_id


def lend(site: Site, case_id: str, role: str) -> str:
    """Give a role an open task of a case; give the task."""
    row = TaskTable
    with writing(site.services.engine) as connection:
        mine = sa.select(row.number).where(row.case_id == case_id, row.status == "open").order_by(row.number)
        number = connection.execute(mine).scalars().first()
        connection.execute(sa.update(row).where(row.case_id == case_id, row.number == number).values(role=role))
    return f"{case_id}.{number}"


def name(site: Site, agency: str, until: date | None = None) -> None:
    by = Actor(SERVICE, frozenset({SERVICE}))
    with writing(site.services.engine) as connection:
        commissioning.commission(connection, COUNTY, agency, DAY, "Agreed", by=by, now=site.clock())
        number = connection.execute(sa.select(sa.func.max(CommissionRow.id))).scalar_one()
        if until:
            commissioning.end(connection, number, until, "Over", by=by, now=site.clock())


def actor(site: Site, sign_in: str) -> Actor:
    with reading(site.services.engine) as connection:
        return people.find(connection, sign_in).actor


def knows(site: Site, sign_in: str, case_id: str, task: str) -> bool:
    """Tell whether somebody learns of a case: page, task, lists, search and who may be given a task agree."""
    browser, who = site.browser(sign_in), actor(site, sign_in)
    (role,) = who.roles
    found = browser.get(f"/cases/{case_id}").status_code == 200
    assert browser.get(f"/tasks/{task}").status_code == (200 if found else 404)
    for path in ("/cases", "/tasks"):
        assert (case_id in browser.page(path).text) is found
    assert browser.get("/search").status_code == 403, "who reads a summary of a child looks nobody up"
    assert case_access.within(site.services.engine, who, case_id, now=site.clock()).roles == (who.roles if found else frozenset())  # fmt: skip
    with reading(site.services.engine) as connection:
        assert assigning.may_do(connection, role, case_id, who, now=site.clock()) is found
        given = assigning.candidates(connection, role, case_id, who, now=site.clock())
        message = Message(f"{case_id}/1/x", alerts.group((role,), COUNTY), "Look", "Look", urgent=False)
        told = {person for person, _to in alerts.directory(connection, message, site.clock()) or ()}
    assert [each.sign_in for each in given] == ([sign_in] if found else [])
    assert (sign_in in told) is found
    return found


def both(site: Site, role: str, case_id: str, task: str) -> list[bool]:
    return [knows(site, each, case_id, task) for each in (role, f"other_{role}")]


@pytest.mark.parametrize("role", ["health", "yjs"])
def test_an_agency_has_the_cases_of_the_councils_that_have_named_it_and_no_others(
    two: Site, made: Population, role: str
) -> None:
    """A nurse of any trust saw what health may of every case in which somebody of health had work."""
    case_id = reported(made, two)
    task = lend(two, case_id, role)
    assert both(two, role, case_id, task) == [False, False], "nobody is named yet"
    name(two, FIRST[role])
    assert both(two, role, case_id, task) == [True, False]
    name(two, SECOND[role])
    assert both(two, role, case_id, task) == [True, True]
    invented = "MC-AAAAAAAA"
    with writing(two.services.engine) as connection:
        connection.execute(sa.delete(CommissionRow).where(CommissionRow.provider == SECOND[role]))
    hidden, nowhere = (two.browser(f"other_{role}").page(f"/cases/{each}", 404).text for each in (case_id, invented))
    assert hidden.replace(case_id, invented) == nowhere


def test_what_has_not_begun_or_has_ended_gives_no_part(two: Site, made: Population) -> None:
    case_id = reported(made, two)
    task = lend(two, case_id, "health")
    name(two, FIRST["health"], until=DAY + timedelta(days=1))
    assert both(two, "health", case_id, task) == [False, False]
    assert "Health: nobody is named today" in two.browser(SERVICE).page("/commissions").text


def test_a_school_has_the_cases_of_its_pupils_and_no_others(two: Site, made: Population) -> None:
    case_id = reported(made, two, school=FIRST["school_dsl"])
    task = lend(two, case_id, "school_dsl")
    assert both(two, "school_dsl", case_id, task) == [True, False]


@pytest.mark.parametrize("said", [{}, {"school": "other", "school_name": "Hill School"}, {"school": "no"}, {"school": "not_known"}])  # fmt: skip
def test_a_school_that_is_only_written_down_has_no_part(two: Site, made: Population, said: dict[str, str]) -> None:
    """As text it could be any school of that name."""
    case_id = reported(made, two, **said)
    task = lend(two, case_id, "school_dsl")
    assert both(two, "school_dsl", case_id, task) == [False, False]


def test_the_newest_report_that_says_something_says_to_which_school_a_child_goes(two: Site, made: Population) -> None:
    first = reported(made, two, school=FIRST["school_dsl"])
    child, task = first.replace("MC-", "CH-"), lend(two, first, "school_dsl")
    second = reported(made, two, child, school="not_known")
    other_task = lend(two, second, "school_dsl")
    assert both(two, "school_dsl", second, other_task) == [True, False]
    third = reported(made, two, child, school=SECOND["school_dsl"])
    lend(two, third, "school_dsl")
    for case_id, each in ((first, task), (second, other_task)):
        assert both(two, "school_dsl", case_id, each) == [False, True], "it goes with the child"
    reported(made, two, child, school="other", school_name="Far away")
    assert both(two, "school_dsl", second, other_task) == [False, False]
    assert list(verification.check(two.services.engine)) == []


def test_a_case_says_who_can_be_asked_and_where_nobody_can_what_to_do(two: Site, made: Population) -> None:
    case_id, reader = reported(made, two), two.browser("mfh_coordinator")
    lend(two, case_id, "health")
    page = reader.page(f"/cases/{case_id}").text
    for said in ("no report names a school", "no health agency is named", "no youth justice team is named"):
        assert f"Nobody can be asked: {said}" in page
    assert page.count("no health agency is named") == 2, "at its open task too"
    name(two, FIRST["health"])
    page = reader.page(f"/cases/{case_id}").text
    assert "Example Health Board" in page
    assert "no health agency is named" not in page


def test_each_agency_costs_the_same_statements_whatever_it_has(two: Site, made: Population) -> None:
    def asked(sign_in: str) -> int:
        with statements(two) as seen:
            two.browser(sign_in).page("/tasks")
        return len(seen)

    for agency in FIRST["health"], FIRST["yjs"]:
        name(two, agency)
    for role in FIRST:
        lend(two, reported(made, two, school=FIRST["school_dsl"]), role)
    before = {role: asked(role) for role in FIRST}
    for agency in SECOND["health"], SECOND["yjs"]:
        name(two, agency)
    for role in (*FIRST, *FIRST):
        lend(two, reported(made, two, school=FIRST["school_dsl"]), role)
    assert {role: asked(role) for role in FIRST} == before


def test_one_rule_says_whose_a_case_is(two: Site, made: Population) -> None:
    case_id = reported(made, two, school=FIRST["school_dsl"])
    name(two, FIRST["health"])
    with reading(two.services.engine) as connection:
        whose = audience.whose(connection, case_id, two.clock())
    assert {role: whose.agencies(role) for role in FIRST} == {
        "school_dsl": frozenset({FIRST["school_dsl"]}),
        "health": frozenset({FIRST["health"]}),
        "yjs": frozenset(),
    }
    assert whose.agencies("csc_mash") == frozenset({COUNTY})
    assert whose.agencies("rhi_worker") is None
    assert whose.agencies("mfh_coordinator") is None


def test_the_roles_that_are_bounded_are_those_of_the_kinds() -> None:
    assert {key for key, role in ROLES.items() if role.kind == "education"} == OF_ONE_SCHOOL
    assert {key for key, role in ROLES.items() if role.kind in {"health", "youth_justice"}} == OF_ONE_AREA
