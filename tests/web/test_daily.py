"""The daily management meeting as pages: everybody who is missing at eight, decided on one after the other, and counted."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine import timers
from engine.store import MessageTable, ReadTable, reading
from tests.web.population import Left, Population, play
from tests.web.scenes import Scenes
from tests.web.site import Site, seal_from
from workflows.access import SEES_EVERY_EPISODE
from workflows.agencies import ROLES
from workflows.daily import SEALED

EIGHT = datetime(2026, 3, 3, 8, tzinfo=UTC)
SIGN_OFF = {"chair_rank": "chief_inspector", "chair": "C. Example", "attended": ["police", "health"]}
ACTION = {"action": "yes", "what": "Look at the river", "type": "area_search", "within": "PT4H"}


def tuesday(site: Site) -> Left:
    """Play until eight o'clock on a Tuesday, with some people missing and others back."""
    made = play(site.services, cases=14, until=site.clock() - timedelta(hours=1), days=9, seed=20260302)
    site.clock.now = site.wall_clock.now = EIGHT
    assert timers.sweep(site.services.cases, now=EIGHT).opened >= 1
    return made.left()


@pytest.fixture
def morning(site: Site, scenes: Scenes) -> Population:
    """Eight o'clock on that Tuesday."""
    return Population(site.services, *scenes.begin(site, tuesday))


def decide(site: Site, **answers: Any) -> None:
    """Let the chief inspector decide on the episode that is up."""
    browser = site.browser("chief_inspector_missing")
    (link,) = browser.page("/daily").select("main a.govuk-button:not(.govuk-button--secondary)")
    answer = browser.send(str(link["href"]), {"outcome": "confirmed", "action": "no"} | answers)
    assert answer.status_code == 302, answer.text


def sign_off(site: Site, status: int = 302, **answers: Any) -> str:
    browser = site.browser("chief_inspector_missing")
    link = browser.page("/daily").select("main a.govuk-button--secondary")[0]
    answer = browser.send(str(link["href"]), SIGN_OFF | answers)
    assert answer.status_code == status, answer.text
    return answer.text


def agenda(page: BeautifulSoup) -> dict[str, str]:
    """Give what the page says of each episode at the meeting."""
    return {
        row.select("th a")[0].text: row.select("td")[-1].get_text(" ", strip=True) for row in page.select("tbody tr")
    }


def missing(site: Site) -> list[str]:
    page = site.browser("chief_inspector_missing").page("/performance")
    return sorted(row.text for row in page.select("h2#missing + ul + table tbody th"))


def test_everybody_who_is_missing_at_eight_is_on_the_page_and_nobody_is_named(site: Site, morning: Population) -> None:
    page = site.browser("superintendent").page("/daily")
    assert page.h1 is not None
    assert page.h1.text == "Daily meeting, 3 March 2026"
    assert sorted(agenda(page)) == missing(site) != []
    assert not any(name.split()[0] in page.text for name, _born in morning.people)
    assert next(iter(agenda(page).values())) == "Up now"
    assert set(list(agenda(page).values())[1:]) == {"To come"}
    assert page.select("main a.govuk-button") == [], "only the chief inspector decides"


def test_each_decision_leads_to_the_next_and_an_action_to_the_case(site: Site, morning: Population) -> None:
    everybody = list(agenda(site.browser("superintendent").page("/daily")))
    decide(site, **ACTION, note="Social care will ring at ten.")
    decide(site, outcome="later")
    page = site.browser("superintendent").page("/daily")
    said = list(agenda(page).values())
    assert said[0].startswith("Dealt with The grade is right Action: Look at the river, within 4 hours Social care")
    assert said[1].startswith("Put off, comes round again")
    with reading(site.services.engine) as connection:
        sent = sa.select(MessageTable.correlation).where(MessageTable.name == "action_wanted")
        assert connection.execute(sent).scalars().all() == [everybody[0]]
    assert len(morning.ids) > len(everybody)


def test_the_page_of_an_episode_says_how_it_stands_now(site: Site, morning: Population) -> None:
    """What a chief inspector needs to decide: the last review, flags, a lower grade that waits, who answers for it, what is late."""
    chief = site.browser("chief_inspector_missing")
    page = chief.page("/daily")
    (link,) = page.select("main a.govuk-button:not(.govuk-button--secondary)")
    up = link.text.strip().removeprefix("Next episode: ")
    now = EIGHT + timedelta(minutes=1)
    said = {"grade_right": "no", "new_information": "Seen at the station.", "actions_set": "Ask for the cameras."}
    morning.do(up, "review_case", now, **said)
    morning.do(up, "raise_action", now, what="Look at the cameras", due_within="PT1H")
    site.clock.now = site.wall_clock.now = EIGHT + timedelta(hours=20)
    chief = site.browser("chief_inspector_missing")
    answer = chief.page(str(link["href"]))
    rows = answer.select("details .govuk-summary-list__row")
    beside = {row.dt.text.strip(): row.dd.text.strip() for row in rows if row.dt and row.dd}
    assert beside["Case"] == up
    assert answer.select(f"details a[href='/cases/{up}']")
    assert beside["Last review"].startswith("3 March 2026 at 8:01am, by ")
    assert beside["Last review"].endswith(", locate team sergeant")
    assert "The grade is not right.\nNew: Seen at the station.\nNext: Ask for the cameras." in re.sub(
        "\n +", "\n", beside["What it said"]
    )
    assert "Flags" in beside
    assert "Overdue: Look at the cameras, due 3 March 2026 at " in beside["Open actions"]
    assert beside["Who answers for it"].startswith(("Duty inspector: ", "No inspector has taken it over yet"))
    with reading(site.services.engine) as connection:
        looked = sa.select(ReadTable.case_id).where(ReadTable.person == "chief_inspector_missing")
        assert up in connection.execute(looked).scalars().all(), "who looks into the case is written down there"
    line = next(row for row in chief.page("/daily").select("tbody tr") if up in row.text)
    assert "action overdue" in line.text or "actions overdue" in line.text


def test_of_what_is_sealed_the_meeting_tells_others_only_that_it_is_there(site: Site, morning: Population) -> None:
    """The pages told everybody the number, the child, the grade, the reviews and what was decided, and how it stands by now."""

    def to_know(role: str) -> dict[str, str]:
        rows = site.browser(role).page("/daily").select("tbody tr")
        return {
            row.th.get_text(" ", strip=True): row.select("td")[4].get_text(" ", strip=True) for row in rows if row.th
        }

    chief, before = site.browser("chief_inspector_missing"), to_know("duty_inspector")
    page = chief.page("/daily")
    sealed = page.select("tbody tr")[0].select("th a")[0].text
    case = str(page.select(".govuk-caption-l a")[0]["href"])
    decide(site, **ACTION | {"what": "Ask the aunt in Sutton"})
    assert sealed in chief.page(case).text
    assert "Ask the aunt in Sutton" in chief.page("/daily").text
    seal_from(site, [sealed], "chief_inspector_missing")
    pages = [chief.page(address) for address in ("/daily", case)]
    assert [words for page in pages for words in (sealed, "Ask the aunt") if words in page.text] == []
    assert next(row for row in pages[0].select("tbody tr") if SEALED in row.text).select("a") == []
    assert to_know("chief_inspector_missing").keys() - before.keys() == {SEALED}
    assert to_know("chief_inspector_missing")[SEALED] == ""
    assert len(to_know("chief_inspector_missing")) == len(before)
    assert to_know("duty_inspector") == before
    assert morning.ids


def test_whoever_leads_deals_with_a_sealed_episode_too(site: Site, morning: Population) -> None:
    chief = site.browser("chief_inspector_missing")
    up = chief.page("/daily").select("tbody tr")[0]
    sealed, task = up.select("th a")[0].text, str(up.select("td a")[-1]["href"])
    seal_from(site, [sealed], "chief_inspector_missing")
    page = chief.page(task)
    assert (SEALED in page.text, sealed in page.text) == (True, False)
    decide(site, note="Those who see it deal with it.")
    assert "Dealt with" in next(row.text for row in chief.page("/daily").select("tbody tr") if SEALED in row.text)
    assert morning.ids


def test_a_lower_grade_that_waits_is_said_at_the_meeting_and_on_the_case(site: Site, morning: Population) -> None:
    chief = site.browser("chief_inspector_missing")
    high = next(row for row in chief.page("/daily").select("tbody tr") if "High" in row.text).select("th a")[0].text
    morning.do(high, "propose_regrade", EIGHT, by="locate_sergeant", level="medium")
    line = next(row for row in chief.page("/daily").select("tbody tr") if high in row.text)
    assert "A lower grade waits for the " in line.text
    assert "since 3 March 2026 at 8:00am" in line.text
    for role, reads in {"duty_inspector": True, "placement_provider": False}.items():
        answer = site.browser(role).get(f"/cases/{high}")
        rows = BeautifulSoup(answer.text, "html.parser").select("main .govuk-summary-list__row")
        said = {row.dt.text.strip(): row.dd.text.strip() for row in rows if row.dt and row.dd}
        assert ("Lower grade waits" in said) == reads
        if reads:
            assert said["Lower grade waits"].startswith("Medium is proposed and waits for the ")
            assert "Proposed on 3 March 2026 at 8:00am by " in said["Lower grade waits"]


def test_an_action_becomes_a_task_of_the_search(site: Site, morning: Population) -> None:
    page = site.browser("superintendent").page("/daily")
    graded = next(row for row in page.select("tbody tr") if "Not graded" not in row.text).select("th a")[0].text
    for reference in agenda(page):
        decide(site, **(ACTION if reference == graded else {}))
        if reference == graded:
            break
    assert timers.sweep(site.services.cases, now=EIGHT + timedelta(minutes=1)).delivered >= 1
    case = site.browser("mfh_coordinator").page(f"/cases/{graded}")
    assert "Look at the river" in case.text
    assert len(morning.ids) == 14


def test_what_is_left_when_the_meeting_ends_is_shown_and_counted(site: Site, morning: Population) -> None:
    everybody = list(agenda(site.browser("superintendent").page("/daily")))
    decide(site)
    assert "Enter why episodes were not dealt with" in sign_off(site, 422)
    sign_off(site, left_reason="The meeting had to end.")
    page = site.browser("superintendent").page("/daily")
    said = agenda(page)
    assert [reference for reference, words in said.items() if words == "Not dealt with"] == everybody[1:]
    assert f"{len(everybody) - 1} of {len(everybody)} episodes" in page.text
    summary = page.select(".govuk-summary-list")[0].get_text(" ", strip=True)
    assert "C. Example, Chief inspector" in summary
    assert "Police, Health" in summary
    assert "The meeting had to end." in summary
    assert morning.ids


def test_a_meeting_that_nobody_signs_off_is_over_when_the_next_begins(site: Site, morning: Population) -> None:
    first = site.browser("superintendent").page("/daily").select("main .govuk-caption-l a")[0].text
    decide(site)
    site.clock.forward(days=1, minutes=1)
    site.sweep()
    page = site.browser("superintendent").page("/daily")
    assert page.h1 is not None
    assert page.h1.text == "Daily meeting, 4 March 2026"
    other = page.select(f"main a[href='/daily/{first}']")[0].find_parent("li")
    assert other is not None
    assert re.fullmatch(r"3 March 2026: never signed off, 1 of \d+ dealt with", other.text.strip())
    page = site.browser("superintendent").page(f"/daily/{first}")
    assert "Never: the next day began" in page.text
    assert len([words for words in agenda(page).values() if words == "Not dealt with"]) == len(agenda(page)) - 1
    assert morning.ids


def test_before_the_first_meeting_the_page_says_when_it_begins(site: Site) -> None:
    page = site.browser("superintendent").page("/daily")
    assert "There has been no meeting yet. The first one begins on" in page.text


def test_a_case_that_is_no_meeting_has_no_such_page(site: Site) -> None:
    case_id = site.opened()
    assert "There is no such meeting" in site.browser("superintendent").page(f"/daily/{case_id}", 404).text
    assert site.browser("superintendent").get("/daily/DM-22222222").status_code == 404


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_force_and_the_hub_see_the_meeting_and_each_look_is_written_down(site: Site, role: str) -> None:
    site.opened()
    site.clock.now = EIGHT
    site.sweep()
    answer = site.browser(role).get("/daily")
    assert answer.status_code == (200 if role in SEES_EVERY_EPISODE else 403)
    with reading(site.services.engine) as connection:
        looked = sa.select(ReadTable.case_id).where(ReadTable.person == role)
        seen = [case_id for case_id in connection.execute(looked).scalars() if case_id.startswith("DM-")]
    assert len(seen) == (role in SEES_EVERY_EPISODE)


def test_the_wall_names_nobody_asks_for_itself_and_its_window_does_nothing_else(
    site: Site, morning: Population
) -> None:
    browser = site.browser("duty_inspector")
    board, wall = browser.page("/daily/board"), browser.page("/daily/wall")
    everybody = sorted(row.select_one("th a").text for row in board.select("tbody tr"))  # type: ignore[union-attr]
    assert everybody == missing(site)
    assert sorted(each.text for each in wall.select("tbody th")) == everybody
    assert not any(name.split()[0] in f"{board.text} {wall.text}" for name, _born in morning.people)
    assert wall.select_one("[hx-get='/daily/wall'] #wall"), "it is drawn anew by itself"
    assert browser.get("/cases").status_code == 200
    assert browser.send("/daily/wall", form=board).status_code == 302
    site.wall_clock.now += timedelta(hours=6)  # nobody touches a screen on a wall
    browser.page("/daily/wall")
    for path in ("/cases", "/daily/board", f"/cases/{everybody[0]}"):
        assert browser.get(path).status_code == 403, path
    with reading(site.services.engine) as connection:
        looked = sa.select(ReadTable.case_id).where(ReadTable.purpose == "daily board, wall screen")
        assert sorted(connection.execute(looked).scalars()) == everybody, "once an hour for each, not at each turn"
    site.wall_clock.now += timedelta(hours=6)
    assert "/sign-in" in browser.get("/daily/wall").headers["Location"], "a session ends for good"
