"""Two people look at a grade: whoever gave it is not led to its endorsement, is told so there, and is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.store import TaskTable, reading, writing
from tests.web.scenes import Scenes, demonstration
from tests.web.site import Browser, Site
from workflows import people
from workflows.people import Membership


@pytest.fixture
def both(site: Site, scenes: Scenes) -> Browser:
    """The call taker, who acts up as supervisor since this morning, after having graded a case."""
    scenes.begin(site, demonstration)
    with writing(site.services.engine) as connection:
        people.give_roles(
            connection,
            "call_taker",
            [Membership(role, "example_police") for role in ("call_taker", "control_room_supervisor")],
        )
    return site.browser("call_taker")


def endorsement(site: Site) -> str:
    """Give the address of the open endorsement."""
    task = TaskTable
    asked = sa.select(task.case_id, task.number).where(task.element == "endorse_risk_grade", task.status == "open")
    with reading(site.services.engine) as connection:
        return "/tasks/{}.{}".format(*connection.execute(asked).one())


def test_the_page_says_at_its_top_that_somebody_else_must_do_it_and_offers_no_form(site: Site, both: Browser) -> None:
    page = both.page(endorsement(site))
    assert "You did “Decide risk grade” in this case, and a second person has to look at it." in page.text
    assert page.select("main form") == []
    other = site.browser("control_room_supervisor").page(endorsement(site))
    assert "Somebody else must do this" not in other.text
    assert len(other.select("main form[data-typed]")) == 1


def test_what_is_sent_all_the_same_is_refused_and_not_lost(site: Site, both: Browser) -> None:
    path = endorsement(site)
    form = site.browser("control_room_supervisor").page(path)
    hidden = {field["name"]: field["value"] for field in form.select("main input[type=hidden]")}
    hidden["csrf_token"] = str(both.page("/tasks").select("[name=csrf_token]")[0]["value"])
    answer = both.post(path, data=hidden | {"agreed": "yes", "reason": "I was right"})
    assert answer.status_code == 403
    assert "I was right" in answer.text


def test_who_has_graded_is_led_to_the_list_of_tasks_and_not_to_the_endorsement(site: Site, both: Browser) -> None:
    supervisor = site.browser("control_room_supervisor")
    path = endorsement(site)
    assert supervisor.send(path, {"agreed": "no", "reason": "The reasons do not carry the grade."}).status_code == 302
    task = TaskTable
    asked = sa.select(task.number).where(task.element == "decide_risk_grade", task.status == "open")
    case_id = path.removeprefix("/tasks/").partition(".")[0]
    with reading(site.services.engine) as connection:
        number = connection.execute(asked.where(task.case_id == case_id)).scalar_one()
    again = f"/tasks/{case_id}.{number}"
    sent = both.send(again, grade(site.clock()))
    assert (sent.status_code, sent.location) == (302, "/tasks"), sent.text


def grade(now: datetime) -> dict[str, object]:
    """Give the answers of the grade, as the page posts them."""
    later = now + timedelta(hours=2)
    return {
        "level": "high",
        "rationale": "The child is young, it is getting dark, and this is out of character.",
        "information_used": ["caller"],
        "information_from": "The caller",
        "told": ["supervisor", "duty_inspector"],
        "cra_considered": "yes",
        "bias_check_done": "true",
        "next_review_at-day": str(later.day),
        "next_review_at-month": str(later.month),
        "next_review_at-year": str(later.year),
        "next_review_at-time": f"{later:%H:%M}",
    }
