"""People who come, move and go: by their own agency's administrator, with a reason that is kept, and at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import Base, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Site
from web import cli
from web.demo_people import ORGANISATIONS
from workflows import people
from workflows.administration import ADMINISTRATOR, AdministrationRow, InvitationRow
from workflows.people import Membership

FORCE = ORGANISATIONS["police"][0]
PASSWORD = "four random words here"
NEW = {
    "name": "Nadia Newcomer",
    "sign_in": "Nadia.Newcomer",
    "mail": "nadia@example-police.example",
    "roles": ["call_taker"],
    "why": "New in the control room from Monday",
}


def add(site: Site, status: int = 302, **changed: object) -> str:
    answer = site.browser(ADMINISTRATOR).send("/people/add", NEW | {"agency": FORCE} | changed)
    assert answer.status_code == status, answer.text
    return answer.text


def act(site: Site, sign_in: str, what: str, status: int = 302, **typed: object) -> str:
    """Do something with an account as the administrator of the force does."""
    browser = site.browser(ADMINISTRATOR)
    answer = browser.send(
        f"/people/{sign_in}/{what}", {"why": "It was asked for"} | typed, form=browser.page("/people/add")
    )
    assert answer.status_code == status, answer.text
    return answer.text


def link(site: Site) -> str:
    """Read the latest link out of the mail that was sent."""
    asked = sa.select(OutboxRow.text).where(OutboxRow.key.startswith("invitation/")).order_by(OutboxRow.id.desc())
    with reading(site.services.engine) as connection:
        text = connection.execute(asked.limit(1)).scalar_one()
    found = re.search(r"(/invitation/\S+)", text)
    assert found
    return found.group(1)


def signs_in(site: Site, name: str, password: str) -> bool:
    answer = site.browser().send("/sign-in", {"name": name, "password": password})
    return answer.status_code == 302


def log(site: Site, person: str) -> list[tuple[str, str, str]]:
    row = AdministrationRow
    asked = sa.select(row.what, row.old, row.new).where(row.person == person).order_by(row.id)
    with reading(site.services.engine) as connection:
        return [tuple(each) for each in connection.execute(asked)]


def test_somebody_new_sets_a_password_by_a_link_that_works_once(site: Site) -> None:
    add(site)
    assert not signs_in(site, "nadia.newcomer", "")
    address = link(site)
    browser = site.browser()
    assert "nadia.newcomer" in browser.page(address).text
    short = browser.send(address, {"password": "short"})
    assert short.status_code == 422
    assert "A password has 12 characters or more" in short.text
    assert browser.send(address, {"password": PASSWORD}).status_code == 302
    assert signs_in(site, "nadia.newcomer", PASSWORD)
    assert browser.get(address).status_code == 404
    assert log(site, "nadia.newcomer") == [("added", "", "Call taker")]


def test_the_link_is_nowhere_but_in_the_mail(site: Site) -> None:
    add(site)
    token = link(site).rpartition("/")[2]
    with reading(site.services.engine) as connection:
        kept = [
            (table.name, repr(connection.execute(sa.select(table)).all()))
            for table in Base.metadata.sorted_tables
            if table.name != "outbox"
        ]
    assert [name for name, rows in kept if token in rows] == []


@pytest.mark.parametrize("what", ["unknown", "old", "replaced", "disabled"])
def test_a_link_that_does_not_work_says_nothing_about_why(site: Site, what: str) -> None:
    add(site)
    address = link(site)
    if what == "unknown":
        address = "/invitation/nobody-was-sent-this"
    elif what == "old":
        site.wall_clock.forward(hours=72)
    elif what == "replaced":
        act(site, "nadia.newcomer", "link")
    else:
        act(site, "nadia.newcomer", "disable")
    page = site.browser().page(address, 404)
    assert "This link does not work any more" in page.text
    assert "nadia" not in page.text


def test_disabling_takes_effect_at_the_next_request_and_enabling_brings_no_old_session_back(site: Site) -> None:
    browser = site.browser("call_taker")
    assert browser.get("/tasks").status_code == 200
    act(site, "call_taker", "disable", why="Has left the force")
    assert browser.get("/tasks").status_code == 302
    act(site, "call_taker", "enable", why="Came back")
    assert browser.get("/tasks").status_code == 302
    assert [what for what, _old, _new in log(site, "call_taker")] == ["disabled", "enabled"]
    shown = site.browser(ADMINISTRATOR).page("/people/call_taker").text
    assert "Has left the force" in shown
    assert "Came back" in shown


def test_a_new_password_ends_the_sessions_that_were_open(site: Site) -> None:
    browser = site.browser("call_taker")
    act(site, "call_taker", "link")
    assert site.browser().send(link(site), {"password": PASSWORD}).status_code == 302
    assert browser.get("/tasks").status_code == 302


def test_roles_are_changed_in_ones_own_agency_and_count_at_once(site: Site) -> None:
    browser = site.browser("call_taker")
    assert browser.get("/daily").status_code in {200, 404}
    act(site, "call_taker", "roles", agency=FORCE, roles=["procedure_editor"])
    assert browser.get("/daily").status_code == 403
    assert log(site, "call_taker") == [("roles changed", "Call taker", "Procedure editor")]


def test_roles_that_somebody_holds_elsewhere_stay(site: Site) -> None:
    council = ORGANISATIONS["local_authority"][0]
    both = [Membership("call_taker", FORCE), Membership("edt", council)]
    with writing(site.services.engine) as connection:
        people.give_roles(connection, "call_taker", both)
    assert "works for another agency too" in act(site, "call_taker", "disable", 422)
    act(site, "call_taker", "roles", agency=FORCE, roles=[])
    with reading(site.services.engine) as connection:
        assert people.find(connection, "call_taker").memberships == (Membership("edt", council),)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"why": " "}, "Say why"),
        ({"why": "x" * 501}, "500 characters at most"),
        ({"roles": []}, "Select at least one role"),
        ({"roles": ["csc_mash"]}, "Select roles of this agency only"),
        ({"roles": ["administrator"]}, "Select roles of this agency only"),
        ({"agency": "safe_steps"}, "Select one of your own agencies"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(site: Site, typed: dict[str, object], said: str) -> None:
    sent = {"agency": FORCE, "roles": ["call_taker"], "why": "Asked for"} | typed
    assert said in act(site, "call_taker", "roles", 422, **sent)
    assert log(site, "call_taker") == []


def test_everything_that_is_wrong_about_somebody_new_is_said_at_once_and_kept(site: Site) -> None:
    text = add(site, 422, name="", roles=[], why="", mail="nadia")
    said = ("Enter the person", "A mail address looks like", "Say why", "Select at least one role")
    assert sorted(said, key=text.index) == list(said), "in the order of the page"
    assert 'value="Nadia.Newcomer"' in text
    assert "already" in add(site, 409, sign_in="call_taker")


def test_nobody_looks_after_another_agency_or_themselves(site: Site) -> None:
    act(site, "rhi_worker", "disable", 404)
    act(site, "nobody", "disable", 404)
    assert site.browser(ADMINISTRATOR).get("/people/rhi_worker").status_code == 404
    assert "Nobody changes their own account" in act(site, ADMINISTRATOR, "disable", 422)
    roles = [ADMINISTRATOR, "chief_inspector_missing"]
    assert "Nobody changes their own account" in act(site, ADMINISTRATOR, "roles", 422, agency=FORCE, roles=roles)


def test_an_agency_keeps_its_last_administrator(site: Site) -> None:
    held = [Membership("call_taker", FORCE), Membership(ADMINISTRATOR, FORCE)]
    with writing(site.services.engine) as connection:
        people.give_roles(connection, "call_taker", held)
    act(site, "call_taker", "roles", agency=FORCE, roles=["call_taker"])
    with writing(site.services.engine) as connection:
        people.give_roles(connection, "call_taker", held)
        people.disable(connection, ADMINISTRATOR, site.clock())
        people.give_roles(connection, "duty_inspector", [Membership(ADMINISTRATOR, ORGANISATIONS["operator"][0])])
    browser = site.browser("call_taker")
    form = browser.page("/people/add")
    assert browser.send(f"/people/{ADMINISTRATOR}/enable", {"why": "Back"}, form=form).status_code == 302
    with writing(site.services.engine) as connection:
        people.disable(connection, ADMINISTRATOR, site.clock())
    other = site.browser("duty_inspector")
    assert other.get("/people/call_taker").status_code == 404


def test_the_list_is_of_ones_own_people_and_finds_a_name(site: Site) -> None:
    page = site.browser(ADMINISTRATOR).page("/people")
    names = {cell.text for cell in page.select("td[data-head='Sign-in name']")}
    assert "call_taker" in names
    assert "rhi_worker" not in names
    found = site.browser(ADMINISTRATOR).page("/people?name=ben")
    assert [cell.text for cell in found.select("td[data-head='Sign-in name']")] == ["call_taker"]


def test_links_are_kept_no_longer_than_they_work(site: Site) -> None:
    add(site)
    with reading(site.services.engine) as connection:
        [row] = connection.execute(sa.select(InvitationRow.expires_at)).scalars()
    assert row == site.wall_clock() + timedelta(hours=72)


def test_an_unnamed_reader_of_the_page_learns_nothing(site: Site) -> None:
    answer = site.browser("chief_inspector_missing").get("/people")
    assert answer.status_code == 403
    assert BeautifulSoup(answer.text, "html.parser").select("td") == []


def test_what_the_command_line_does_ends_sessions_too_and_is_written_down(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.browser("call_taker")
    for name, value in (("DATABASE_URL", site.services.settings.database_url), ("SECRET", "x" * 32)):
        monkeypatch.setenv(f"HOMEWARD_{name}", value)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    assert cli.main(["user", "disable", "call_taker"]) == 0
    assert cli.main(["user", "enable", "call_taker"]) == 0
    assert browser.get("/tasks").status_code == 302
    assert [what for what, _old, _new in log(site, "call_taker")] == ["disabled"]
    assert "From the command line" in site.browser(ADMINISTRATOR).page("/people/call_taker").text


def test_somebody_of_another_agency_is_taken_on_with_the_account_they_have(site: Site) -> None:
    browser = site.browser("rhi_worker")
    with reading(site.services.engine) as connection:
        known = people.find(connection, "rhi_worker")
    assert "already" in add(site, 409, sign_in="rhi_worker", mail="another@force.example")
    add(site, sign_in="rhi_worker", mail=known.mail.upper(), name="Whatever", roles=["response_officer"])
    with reading(site.services.engine) as connection:
        now_held = people.find(connection, "rhi_worker")
    assert set(now_held.memberships) == {*known.memberships, Membership("response_officer", FORCE)}
    assert now_held.name == known.name
    assert browser.get("/daily").status_code in {200, 404}
    assert log(site, "rhi_worker") == [("taken on", "", "Response officer")]


def test_a_large_agency_has_pages(site: Site) -> None:
    with writing(site.services.engine) as connection:
        for number in range(60):
            row = {"sign_in": f"p{number:02}", "name": f"Zoe {number:02}", "mail": "z@b.example", "password_hash": "-"}
            connection.execute(sa.insert(people.PersonRow).values(**row, added_at=site.clock()))
            people.give_roles(connection, f"p{number:02}", [Membership("call_taker", FORCE)])
    browser = site.browser(ADMINISTRATOR)
    seen: list[str] = []
    for page in ("1", "2", "99999", "-1", "x"):
        rows = browser.page(f"/people?page={page}").select("td[data-head='Sign-in name']")
        seen += [cell.text for cell in rows] if page in "12" else []
        assert 0 < len(rows) <= 50
    assert len(seen) == len(set(seen)) >= 74
