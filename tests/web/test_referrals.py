"""Social care takes a referral from the child's page, and its people find what it calls for among their tasks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import TaskTable, reading
from tests.procedures.casework import posted
from tests.procedures.stories_of_a_referral import PAGES
from tests.web.population import EVERYBODY
from tests.web.site import Site
from tests.web.test_search import reported
from workflows import children
from workflows.promises import State, check

WHEN = {"received_at-day": "2", "received_at-month": "3", "received_at-year": "2026", "received_at-time": "09:00"}
TYPED = {
    "from": "return_interview",
    "suspected": ["harm", "allegation"],
    "told": "Wrenbird said so.",
    "child_safe_now": "no",
}


@pytest.fixture
def child_id(site: Site) -> str:
    with reading(site.services.engine) as connection:
        found = children.child_of(connection, reported(site, "Robin Example", date(2012, 5, 3)))
    assert found
    return found


def test_a_referral_is_taken_from_the_childs_page_and_stands_there(site: Site, child_id: str) -> None:
    desk = site.browser("csc_mash")
    link = desk.page(f"/children/{child_id}").find("a", string="Take a referral about this child")
    assert link
    page = desk.page(str(link["href"]))
    answer = desk.send("/cases/open/referral", {**TYPED, **WHEN, "child": child_id}, form=page)
    assert answer.status_code == 302, answer.text
    assert "Decide on the referral" in desk.page("/tasks").text
    manager = site.browser("csc_team_manager")
    assert "Tell the allegations officer" in manager.page("/tasks").text
    shown = desk.page(f"/children/{child_id}")
    reference = shown.find("a", string=lambda text: bool(text and text.startswith("RF-")))
    assert reference
    assert "Wrenbird" in desk.page(str(reference["href"])).text
    assert "Wrenbird" not in site.browser("call_taker").page(str(reference["href"])).text


def test_the_police_and_the_schools_take_no_referral(site: Site, child_id: str) -> None:
    assert "Take a referral" not in site.browser("locate_sergeant").page(f"/children/{child_id}").text
    assert site.browser("school_dsl").get("/cases/open/referral").status_code == 403


MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DESK = Actor("desk", EVERYBODY, "nottingham_city")


def done_at(site: Site, case_id: str, element: str, at: datetime, **changes: object) -> None:
    """Do an open task of a referral with what is usually typed there."""
    cases, task = site.services.cases, TaskTable
    wanted = sa.select(task.number).where(task.case_id == case_id, task.element == element, task.status == "open")
    with reading(site.services.engine) as connection:
        task_id = f"{case_id}.{connection.execute(wanted).scalar_one()}"
    view = cases.task(task_id, by=DESK, now=at)
    typed = posted(view.form, {**PAGES[element], **changes}, at)
    cases.complete(task_id, view.form.load(typed, scope=view.scope, now=at), by=DESK, now=at, key=task_id)


def state_of(site: Site, episode: str, at: datetime) -> State | None:
    with reading(site.services.engine) as connection:
        found = [each for each in check(connection, [episode], now=at) if each.promise.id == "G-35"]
    return found[0].state if found else None


SECTION_47 = [(0, "decide_on_referral", "strategy_discussion"), (0, "hold_strategy_discussion", "section_47")]


@pytest.mark.parametrize(
    ("deeds", "states"),
    [
        ([*SECTION_47, (20, "hold_conference", "held"), (60, "finish_assessment", "")], {10: "pending", 70: "kept"}),
        ([*SECTION_47, (30, "hold_conference", "held"), (60, "finish_assessment", "")], {20: "pending", 25: "broken", 70: "broken"}),
        ([*SECTION_47, (5, "hold_conference", "not_borne_out"), (60, "finish_assessment", "")], {30: "pending", 70: "kept"}),
        ([(0, "decide_on_referral", "assessment"), (70, "finish_assessment", "")], {60: "pending", 68: "broken", 80: "broken"}),
        ([(0, "decide_on_referral", "no_further_action")], {80: None}),
    ],
)  # fmt: skip
def test_a_conference_and_an_assessment_are_in_time_or_break_the_promise(
    site: Site, deeds: list[tuple[int, str, str]], states: dict[int, str | None]
) -> None:
    """From Monday, 2 March 2026, 15 working days are over on the 23rd, and 45, with Easter and May Day, on 7 May."""
    site.clock.now = MONDAY
    episode = reported(site, "Robin Example", date(2012, 5, 3))
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, episode)
    view = site.services.cases.opening("referral")
    typed = posted(view.form, {**PAGES["referral_received"], "child": child_id, "episode": episode}, MONDAY)
    answers = view.form.load(typed, scope={}, now=MONDAY)
    case_id = site.services.cases.open("referral", answers, by=DESK, now=MONDAY, key="open").case_id
    todo = list(deeds)
    for day, state in states.items():
        while todo and todo[0][0] <= day:
            after, element, outcome = todo.pop(0)
            changes = {"outcome": outcome} if outcome else {}
            done_at(site, case_id, element, MONDAY + timedelta(days=after), **changes)
        assert state_of(site, episode, MONDAY + timedelta(days=day)) == (State(state) if state else None), day
