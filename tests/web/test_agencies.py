"""Agencies are added, renamed, closed and opened again by the service's administrator, each with a reason that is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import OPENING, Browser, Site
from web import case_access
from web.demo_people import ORGANISATIONS
from workflows import commissioning, commissions, people, philomena
from workflows.administration import ADMINISTRATOR, AdministrationRow
from workflows.audience import audience
from workflows.commissioning import SERVICE
from workflows.people import Membership, OrganisationRow
from workflows.philomena import Written

FORCE, COUNTY, HOME = (ORGANISATIONS[kind][0] for kind in ("police", "local_authority", "placement"))
PROVIDER, OPERATOR = ORGANISATIONS["interview_provider"][0], ORGANISATIONS["operator"][0]
CITY, CITY_DESK = "nottingham_city", "city_desk"
WHY = "Agreed by the partnership"
NEW: dict[str, Any] = {"name": "Oak  House", "kind": "placement", "key": "", "why": WHY}
GOES: dict[str, Any] = {"people_go": "yes", "seen": "yes"}


def sent(browser: Browser, path: str, status: int = 302, /, **typed: Any) -> str:
    answer = browser.send(path, {"why": WHY} | typed, form=browser.page("/agencies"))
    assert answer.status_code == status, answer.text
    return answer.text


def act(site: Site, agency: str, what: str, status: int = 302, /, **typed: Any) -> str:
    """Do something with an agency as the service's administrator does."""
    return sent(site.browser(SERVICE), f"/agencies/{agency}/{what}", status, **typed)


def log(site: Site, agency: str) -> list[tuple[str, str, str, str]]:
    row = AdministrationRow
    asked = sa.select(row.what, row.person, row.old, row.new).where(row.agency == agency).order_by(row.id)
    with reading(site.services.engine) as connection:
        return [tuple(each) for each in connection.execute(asked)]


def actor(site: Site, sign_in: str) -> Actor:
    with reading(site.services.engine) as connection:
        return people.find(connection, sign_in).actor


@pytest.fixture
def city(site: Site) -> Site:
    """A site where a second council works, with a desk of its own."""
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, CITY, "Example City Council", "local_authority")
        held = [Membership("csc_mash", CITY)]
        mail = "desk@city.example"
        people.add(connection, CITY_DESK, name="Desk", mail=mail, password=None, memberships=held, now=site.clock())
    return site


def test_an_agency_is_added_and_gets_an_administrator_who_looks_after_it(site: Site) -> None:
    sent(site.browser(SERVICE), "/agencies", **NEW)
    assert "Oak House" in site.browser(SERVICE).page("/agencies/oak_house").text
    who: dict[str, Any] = {"name": "Ola Oak", "sign_in": "Ola.Oak", "mail": "ola@oak.example"}
    act(site, "oak_house", "administrator", **who)
    with reading(site.services.engine) as connection:
        assert people.find(connection, "ola.oak").memberships == (Membership(ADMINISTRATOR, "oak_house"),)
        text = connection.execute(sa.select(OutboxRow.text).where(OutboxRow.recipient == who["mail"])).scalar_one()
    assert "/invitation/" in text
    assert "Ola Oak" in site.browser("ola.oak").page("/people").text
    assert log(site, "oak_house") == [("agency added", "", "", "Oak House, Children's home or fostering agency")]
    assert "already" in act(site, "oak_house", "administrator", 409, **who | {"sign_in": "call_taker"})
    assert "Enter the person" in act(site, "oak_house", "administrator", 422, **who | {"name": ""})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " "}, "Enter the name of the agency"),
        ({"name": "x" * 201}, "200 characters at most"),
        ({"name": "elm HOUSE"}, "There is an agency of this name already"),
        ({"kind": "circus"}, "Select the kind of agency"),
        ({"key": "elm_house"}, "Another agency has the short name elm_house"),
        ({"key": "Oak House"}, "small letters, digits and _ only"),
        ({"why": ""}, "Say why"),
    ],
)
def test_what_cannot_be_added_is_refused_at_its_question_and_kept(site: Site, typed: dict[str, str], said: str) -> None:
    text = sent(site.browser(SERVICE), "/agencies", 422, **NEW | typed)
    assert said in text
    assert (NEW | typed)["why"] in text
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(OrganisationRow)).scalar_one() == 12


def test_all_that_is_wrong_is_said_at_once(site: Site) -> None:
    text = sent(site.browser(SERVICE), "/agencies", 422, name="", kind="", key="", why="")
    for said in ("Enter the name", "Select the kind", "Say why"):
        assert said in text


def test_an_agency_gets_another_name_and_keeps_its_key(site: Site) -> None:
    act(site, HOME, "rename", name="Elm Lodge")
    assert "There is an agency of this name" in act(site, HOME, "rename", 422, name="safe steps")
    assert log(site, HOME) == [("agency renamed", "", "Elm House", "Elm Lodge")]
    page = site.browser(SERVICE).page(f"/agencies/{HOME}").text
    assert "Elm House → Elm Lodge" in page
    assert WHY in page


def test_an_agency_closes_with_its_people_only_when_that_is_said_and_they_are_out_at_once(site: Site) -> None:
    with writing(site.services.engine) as connection:
        both = [Membership("rhi_manager", PROVIDER), Membership("edt", COUNTY)]
        people.give_roles(connection, "rhi_manager", both)
    worker, manager = site.browser("rhi_worker"), site.browser("rhi_manager")
    assert worker.get("/tasks").status_code == 200
    text = act(site, PROVIDER, "close", 422)
    assert "People hold roles there" in text
    assert "who works for another agency too and stays there" in text
    act(site, PROVIDER, "close", people_go="yes")
    assert worker.get("/tasks").status_code == 302
    assert manager.get("/tasks").status_code == 200
    with reading(site.services.engine) as connection:
        assert people.find(connection, "rhi_manager").memberships == (Membership("edt", COUNTY),)
        assert people.find(connection, "rhi_worker").disabled_at is not None
    assert log(site, PROVIDER) == [
        ("roles changed", "rhi_manager", "Return interview manager", "none"),
        ("roles changed", "rhi_worker", "Return interview worker", "none"),
        ("disabled", "rhi_worker", "", ""),
        ("agency closed", "", "", ""),
    ]
    with writing(site.services.engine) as connection, pytest.raises(Exception, match="is closed"):
        people.give_roles(connection, "rhi_manager", [Membership("rhi_manager", PROVIDER)])
    assert "open it again first" in act(site, PROVIDER, "administrator", 422, name="A", sign_in="a", mail="a@b.example")
    act(site, PROVIDER, "reopen")
    assert log(site, PROVIDER)[-1][0] == "agency opened again"
    page = site.browser(SERVICE).page("/agencies")
    assert page.select_one(f'a[href="/agencies/{PROVIDER}"]')


def test_nobody_closes_the_agency_for_which_they_work(site: Site) -> None:
    assert "You work for this agency" in act(site, OPERATOR, "close", 422, **GOES)
    assert (
        site.browser(SERVICE).page(f"/agencies/{OPERATOR}").select(f'form[action="/agencies/{OPERATOR}/close"]') == []
    )


def test_what_rests_on_a_closed_council_was_seen_and_its_cases_go_to_each_council(city: Site) -> None:
    browser = city.browser("call_taker")
    answer = browser.send("/cases/open", OPENING | {"responsible_authority": CITY})
    case_id = answer.location.removeprefix("/tasks/").partition(".")[0]
    desk = actor(city, "csc_mash")
    before = case_access.readable_each(city.services.engine, desk, [case_id], now=city.clock())[case_id]
    text = act(city, CITY, "close", 422, people_go="yes")
    assert "1 open missing episode" in text
    assert "Say that you have seen what still rests on it" in text
    act(city, CITY, "close", **GOES)
    after = case_access.readable_each(city.services.engine, desk, [case_id], now=city.clock())[case_id]
    assert before < after, "as a host before, as those who take the notice now"
    assert case_id in city.browser("csc_mash").page("/tasks").text


def test_a_closed_provider_interviews_nobody_and_a_closed_council_commissions_nobody(city: Site) -> None:
    now, by = city.clock(), Actor(SERVICE, frozenset({SERVICE}))
    with writing(city.services.engine) as connection:
        people.add_organisation(connection, "next_steps", "Next Steps", "interview_provider")
        for council, provider in ((CITY, "next_steps"), (COUNTY, PROVIDER)):
            commissioning.commission(connection, council, provider, date(2026, 3, 1), WHY, by=by, now=now)
    assert "Example City Council commissions it" in act(city, "next_steps", "close", 422)
    assert "It commissions Safe Steps" in act(city, COUNTY, "close", 422, people_go="yes")
    act(city, "next_steps", "close", seen="yes")
    act(city, COUNTY, "close", **GOES)
    with reading(city.services.engine) as connection:
        assert commissions.in_force(connection, now)[commissions.PROVIDER] == {CITY: frozenset()}
        assert audience(connection, actor(city, CITY_DESK), now).councils == {CITY}
    page = city.browser(SERVICE).page("/commissions")
    assert {option["value"] for option in page.select("#provider-new option")} == {
        "",
        PROVIDER,
        "example_health",
        "example_youth_justice",
    }


def test_a_closed_home_is_offered_to_nobody_and_its_forms_are_counted(site: Site) -> None:
    with writing(site.services.engine) as connection:
        carer = Actor("carer", frozenset({philomena.OWNS}), HOME)
        about = Written("Kit Example", date(2012, 5, 3), None, {})
        philomena.create(connection, HOME, about, by=carer, now=site.clock())
    assert "1 form of a carer" in act(site, HOME, "close", 422, people_go="yes")
    act(site, HOME, "close", **GOES)
    with reading(site.services.engine) as connection:
        assert philomena.placements(connection) == {}


def test_many_agencies_have_pages_and_are_found_by_name(site: Site) -> None:
    with writing(site.services.engine) as connection:
        for number in range(60):
            people.add_organisation(connection, f"home_{number}", f"Home {number:02}", "placement")
    browser, seen = site.browser(SERVICE), list[str]()
    for page in ("1", "2", "99999", "-1", "x"):
        rows = browser.page(f"/agencies?page={page}").select("table th a")
        assert 0 < len(rows) <= 50
        seen += [row.text for row in rows] if page in "12" else []
    assert len(seen) == len(set(seen)) == 72
    assert [row.text for row in browser.page("/agencies?name=home 59").select("table th a")] == ["Home 59"]
