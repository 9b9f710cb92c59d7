"""Teams of an agency: made, renamed and closed by its own administrator, who says who is in them, with a reason that is kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from tests.web.site import Browser, Site
from web.demo_people import ORGANISATIONS
from workflows import people, teams
from workflows.administration import ADMINISTRATOR, AdministrationRow
from workflows.people import Membership
from workflows.teams import TeamRow

FORCE, COUNCIL = ORGANISATIONS["police"][0], ORGANISATIONS["local_authority"][0]
ELSEWHERE = "council_administrator"
WHY = "Two shifts from Monday"


@pytest.fixture
def council(site: Site) -> Site:
    """A site on which somebody administers the council too."""
    with writing(site.services.engine) as connection:
        people.add(
            connection,
            ELSEWHERE,
            name="Council Administrator",
            mail="council@example.org",
            password=None,
            memberships=[Membership(ADMINISTRATOR, COUNCIL)],
            now=site.clock(),
        )
    return site


def made(site: Site, name: str = "Day shift", status: int = 302, **typed: str) -> str:
    """Make a team as the force's administrator does; give where the answer leads, or what it says."""
    answer = site.browser(ADMINISTRATOR).send("/teams", {"name": name, "agency": FORCE, "why": WHY} | typed)
    assert answer.status_code == status, answer.text
    return answer.location if status == 302 else answer.text


def act(browser: Browser, team: str, what: str, status: int = 302, **typed: object) -> str:
    answer = browser.send(f"{team}/{what}", {"why": WHY} | typed, form=browser.page("/teams"))
    assert answer.status_code == status, answer.text
    return answer.text


def who_is_in(site: Site, team: str) -> list[str]:
    number = int(team.rpartition("/")[2])
    with reading(site.services.engine) as connection:
        return [each.sign_in for each in teams.members(connection, [number])[number]]


def log(site: Site) -> list[tuple[str, str, str, str]]:
    row = AdministrationRow
    asked = sa.select(row.what, row.person, row.old, row.new).where(row.team.is_not(None), row.agency == FORCE)
    with reading(site.services.engine) as connection:
        return [tuple(each) for each in connection.execute(asked.order_by(row.id))]


def test_a_team_is_made_filled_renamed_and_closed_and_every_step_is_in_the_log(site: Site) -> None:
    team, browser = made(site, "  Day   shift "), site.browser(ADMINISTRATOR)
    act(browser, team, "put-in", people=["call_taker", "duty_inspector"])
    act(browser, team, "put-in", people=["call_taker"])
    act(browser, team, "take-out", people=["duty_inspector"])
    act(browser, team, "rename", name="Early shift")
    assert who_is_in(site, team) == ["call_taker"]
    with reading(site.services.engine) as connection:
        assert [each.name for each in teams.of_person(connection, "call_taker")] == ["Early shift"]
        assert [each.name for each in teams.of_organisation(connection, FORCE)] == ["Early shift"]
    shown = browser.page(team).text
    assert "Day shift → Early shift" in shown
    assert WHY in shown
    assert "Early shift" in browser.page("/people/call_taker").text
    act(browser, team, "close")
    assert who_is_in(site, team) == []
    with reading(site.services.engine) as connection:
        assert teams.of_person(connection, "call_taker") == teams.of_organisation(connection, FORCE) == ()
    assert "Closed" in browser.page("/teams").text
    assert log(site) == [
        ("team made", "", "", "Day shift"),
        ("put into a team", "call_taker", "", "Day shift"),
        ("put into a team", "duty_inspector", "", "Day shift"),
        ("taken out of a team", "duty_inspector", "Day shift", ""),
        ("team renamed", "", "Day shift", "Early shift"),
        ("team closed", "", "Early shift", ""),
    ]


def test_a_person_may_be_in_several_teams_and_leaves_them_with_the_agency(site: Site) -> None:
    first, second, browser = made(site), made(site, "Night shift"), site.browser(ADMINISTRATOR)
    for team in (first, second):
        act(browser, team, "put-in", people=["call_taker", "duty_inspector"])
    with reading(site.services.engine) as connection:
        assert [each.name for each in teams.of_person(connection, "call_taker")] == ["Day shift", "Night shift"]
    with writing(site.services.engine) as connection:
        people.give_roles(connection, "call_taker", [Membership("edt", COUNCIL)])
        people.disable(connection, "duty_inspector", site.clock())
    assert who_is_in(site, first) == who_is_in(site, second) == []
    with reading(site.services.engine) as connection:
        assert teams.of_person(connection, "call_taker") == teams.of_person(connection, "duty_inspector") == ()


def test_who_holds_several_roles_is_in_a_team_once(site: Site) -> None:
    team = made(site)
    with writing(site.services.engine) as connection:
        held = [Membership(role, FORCE) for role in ("call_taker", "response_officer")]
        people.give_roles(connection, "call_taker", held)
    act(site.browser(ADMINISTRATOR), team, "put-in", people=["call_taker"])
    assert who_is_in(site, team) == ["call_taker"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " "}, "Enter a name for the team"),
        ({"name": "x" * 61}, "60 characters at most"),
        ({"name": "NIGHT shift"}, "a team of this name already"),
        ({"why": ""}, "Say why"),
        ({"agency": COUNCIL}, "Select one of your own agencies"),
    ],
)
def test_what_cannot_be_made_is_refused_beside_its_question_and_kept(
    site: Site, typed: dict[str, str], said: str
) -> None:
    made(site, "Night shift")
    text = made(site, status=422, **typed)
    assert said in text
    assert typed.get("name", "Day shift").strip() in text


def test_everything_that_is_wrong_is_said_at_once(site: Site) -> None:
    text = made(site, "", 422, why="")
    assert "Enter a name for the team" in text
    assert "Say why" in text


def test_people_of_another_agency_or_nobody_are_not_put_in(site: Site) -> None:
    team, browser = made(site), site.browser(ADMINISTRATOR)
    for wrong in (["rhi_worker"], ["nobody"], ["call_taker", "rhi_worker"]):
        assert "Select people of this agency only" in act(browser, team, "put-in", 422, people=wrong)
    text = act(browser, team, "put-in", 422, people=[], why="")
    assert "Select at least one person" in text
    assert "Say why" in text
    assert 'id="why-put-in-error"' in text
    assert 'id="why-close-error"' not in text
    assert who_is_in(site, team) == []


def test_a_closed_team_is_not_changed_and_its_name_is_free(site: Site) -> None:
    team, browser = made(site), site.browser(ADMINISTRATOR)
    act(browser, team, "close")
    for what, typed in (("put-in", {"people": ["call_taker"]}), ("rename", {"name": "Other"})):
        assert "This team is closed" in act(browser, team, what, 422, **typed)
    assert made(site) != team


def test_the_teams_of_another_agency_are_not_there(council: Site) -> None:
    team, other = made(council), council.browser(ELSEWHERE)
    assert other.get(team).status_code == 404
    assert other.page("/teams").select("table") == []
    for what, typed in (
        ("put-in", {"people": [ELSEWHERE]}),
        ("take-out", {"people": ["call_taker"]}),
        ("rename", {"name": "Ours"}),
        ("close", {}),
    ):
        act(other, team, what, 404, **typed)
    assert log(council) == [("team made", "", "", "Day shift")]
    with reading(council.services.engine) as connection:
        assert connection.execute(sa.select(TeamRow.closed_at)).scalars().all() == [None]


def test_a_name_finds_who_is_not_among_the_first_fifty(site: Site) -> None:
    team = made(site)
    with writing(site.services.engine) as connection:
        for number in range(60):
            row = {"sign_in": f"p{number:02}", "name": f"Abe {number:02}", "mail": "z@b.example", "password_hash": "-"}
            connection.execute(sa.insert(people.PersonRow).values(**row, added_at=site.clock()))
            people.give_roles(connection, f"p{number:02}", [Membership("call_taker", FORCE)])
    browser = site.browser(ADMINISTRATOR)
    first, found = browser.page(team), browser.page(f"{team}?name=abe 59")
    offered = [[box["value"] for box in page.select("input[name=people]")] for page in (first, found)]
    assert len(offered[0]) == 50
    assert "Find others by name" in first.text
    assert offered[1] == ["p59"]
