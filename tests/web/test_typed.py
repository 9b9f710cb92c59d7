"""What is typed into a task and not sent: kept for its author, through whatever happens, and for nobody else but who leads them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, TaskTable, reading, writing
from tests.web.site import Browser, Site
from tests.web.test_lists import INSPECTOR, SECOND, of, several
from workflows import people, typed
from workflows.people import Membership
from workflows.typed import TypedRow

WORDS = "Search the boat house first"


@pytest.fixture
def two(site: Site) -> Site:
    """A second inspector in the same force."""
    with writing(site.services.engine) as connection:
        held = [Membership(INSPECTOR, "example_police")]
        mail = "second@example-police.example"
        people.add(connection, SECOND, name="Sana Second", mail=mail, password=None, memberships=held, now=site.clock())
    return site


@pytest.fixture
def task(two: Site) -> str:
    return of(two, two.opened(), "acknowledge_handover")


def typing(browser: Browser, task: str, words: str = WORDS, **more: Any) -> str:
    """Type something, as the page sends it by itself; give what it is answered."""
    answer = browser.send(
        f"/tasks/{task}/typed?typing=yes",
        {"first_directions": words, **more},
        form=browser.page(f"/tasks/{task}"),
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def in_page(browser: Browser, task: str) -> str:
    field = browser.page(f"/tasks/{task}").find("textarea", {"name": "first_directions"})
    return field.text.strip() if field else ""


def test_what_is_typed_is_there_when_its_author_comes_back_and_for_nobody_else(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    assert "Kept at" in typing(first, task)
    assert in_page(first, task) == WORDS
    assert (
        in_page(two.browser(INSPECTOR), task) == WORDS
    )  # another session: the first one was lost, or its time was over
    assert in_page(second, task) == ""
    assert WORDS not in second.page("/tasks").text
    assert "You have typed something and not sent it" in first.page("/tasks").text
    assert "You have typed something" not in second.page("/tasks").text


def test_the_button_keeps_it_without_a_script_and_without_asking_for_more(two: Site, task: str) -> None:
    first = two.browser(INSPECTOR)
    answer = first.send(f"/tasks/{task}", {"first_directions": WORDS, "_later": "yes"})
    assert answer.status_code == 302, answer.text
    assert in_page(first, task) == WORDS
    page = first.page(f"/tasks/{task}")
    assert "This is what you typed on" in page.text
    assert first.send(f"/tasks/{task}/typed/drop", form=page).status_code == 302
    assert in_page(first, task) == ""


def test_what_was_sent_is_typed_no_more(two: Site, task: str) -> None:
    first = two.browser(INSPECTOR)
    typing(first, task)
    answers = {"read": "yes", "set_going": "search", "first_directions": WORDS}
    assert first.send(f"/tasks/{task}", answers).status_code == 302
    with reading(two.services.engine) as connection:
        assert connection.execute(sa.select(TypedRow.raw)).all() == []


def test_it_comes_back_to_its_author_when_another_has_done_the_task(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    typing(first, task)
    answers = {"read": "yes", "set_going": "search", "first_directions": "Another place"}
    assert second.send(f"/tasks/{task}", answers).status_code == 302
    page = first.page(f"/tasks/{task}", status=409)
    assert WORDS in page.text
    assert "It is kept here for you for a week" in page.text
    assert WORDS not in second.page(f"/tasks/{task}", status=409).text
    two.clock.forward(days=8)
    assert typed.tidy(two.services.engine, two.clock()) == 1
    assert WORDS not in first.page(f"/tasks/{task}", status=409).text


def test_what_becomes_of_the_task_is_told_to_who_has_its_page_open(two: Site, task: str) -> None:
    """An open page of a task says within ten seconds that another has it, and that it is done; what is typed then is kept too."""
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    page = first.page(f"/tasks/{task}")

    def told() -> str:
        return first.send(f"/tasks/{task}/typed", form=page).text

    assert "data-meanwhile></div>" in told()
    several(second, "take", task)
    assert "Sana Second has this task now." in told()
    answers = {"read": "yes", "set_going": "search", "first_directions": "Another place"}
    assert second.send(f"/tasks/{task}", answers).status_code == 302
    assert "Sana Second did this task on" in told()
    answer = first.send(f"/tasks/{task}", {"first_directions": WORDS}, form=page)
    assert answer.status_code == 409
    assert "It is kept here for you for a week" in answer.text
    assert WORDS in first.page(f"/tasks/{task}", status=409).text


def test_who_signs_in_again_goes_on_with_the_page_that_they_had(two: Site, task: str) -> None:
    """The session of a long form is over, or was ended: the page is of an old session, and nothing of it is lost."""
    first = two.browser(INSPECTOR)
    page = first.page(f"/tasks/{task}")
    two.wall_clock.forward(seconds=two.services.settings.session_idle_after.total_seconds() + 1)
    answers = {"read": "yes", "set_going": "search", "first_directions": WORDS}
    assert first.send(f"/tasks/{task}", answers, form=page).location == "/sign-in"
    again = two.browser(INSPECTOR)
    assert "Nothing of it was saved" in again.send(f"/tasks/{task}", answers, form=page).text, "it came from elsewhere"
    sent = {field["name"]: field.get("value", "") for field in page.select("main input[type=hidden]")} | answers
    offered = again.post(f"/tasks/{task}", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert offered.status_code == 400
    assert again.send(f"/tasks/{task}", form=BeautifulSoup(offered.text, "html.parser")).status_code == 302
    assert again.get(f"/tasks/{task}").status_code == 409, "it is done"


def test_who_is_shut_out_reads_nothing_and_finds_it_again_when_they_are_let_in(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    typing(second, task)
    with writing(two.services.engine) as connection:
        people.disable(connection, SECOND, two.clock())
    assert second.get(f"/tasks/{task}").status_code == 302
    assert in_page(first, task) == ""
    with writing(two.services.engine) as connection:
        people.enable(connection, SECOND)
    assert in_page(two.browser(SECOND), task) == WORDS


def test_it_comes_back_when_the_task_was_given_to_another_and_not_to_them(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    several(first, "take", task)
    typing(first, task)
    several(two.browser("chief_inspector_missing"), "give", task, to=SECOND)
    assert in_page(second, task) == ""
    assert in_page(first, task) == WORDS


def test_who_leads_takes_it_over_with_the_task_and_that_is_written_down(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    typing(first, task)
    answer = second.send(f"/tasks/{task}/typed/take-over/{INSPECTOR}", form=second.page(f"/tasks/{task}"))
    assert answer.status_code == 403
    with writing(two.services.engine) as connection:
        held = [Membership(INSPECTOR, "example_police"), Membership("chief_inspector_missing", "example_police")]
        people.give_roles(connection, SECOND, held)
    page = second.page(f"/tasks/{task}")
    assert "has typed something here" in page.text
    assert WORDS not in page.text
    assert second.send(f"/tasks/{task}/typed/take-over/{INSPECTOR}", form=page).status_code == 302
    assert in_page(second, task) == WORDS
    case_id, _, number = task.partition(".")
    with reading(two.services.engine) as connection:
        owner = sa.select(TaskTable.owner).where(TaskTable.case_id == case_id, TaskTable.number == int(number))
        assert connection.execute(owner).scalar_one() == SECOND
        purposes = connection.execute(sa.select(ReadTable.purpose).where(ReadTable.person == SECOND)).scalars().all()
    assert f"typed by {INSPECTOR}, taken over" in purposes


def test_nothing_is_kept_for_somebody_elses_task_or_for_one_that_is_not_there(two: Site, task: str) -> None:
    stranger = two.browser("rhi_worker")
    form = stranger.page("/downtime")
    for path in (
        f"/tasks/{task}/typed?typing=yes",
        "/tasks/MC-NOTHERE.1/typed?typing=yes",
        "/tasks/x/typed?typing=yes",
    ):
        assert stranger.send(path, {"first_directions": WORDS}, form=form).status_code == 404
    with reading(two.services.engine) as connection:
        assert connection.execute(sa.select(TypedRow.person)).all() == []


def test_two_people_at_one_form_know_of_each_other(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    first.send(f"/tasks/{task}/typed", form=first.page(f"/tasks/{task}"))
    assert "has this page open too" in second.page(f"/tasks/{task}").text
    two.clock.forward(seconds=46)
    assert "has this page open too" not in second.page(f"/tasks/{task}").text


def test_what_others_changed_is_brought_in_and_what_both_changed_is_shown_twice(two: Site) -> None:
    """Somebody puts the record right while another has its page open: nothing typed is lost, and nothing is overwritten unseen."""
    case_id = two.opened()
    taker, task = two.browser("call_taker"), of(two, case_id, "complete_missing_report")
    page = taker.page(f"/tasks/{task}")
    corrected = {"child_full_name": "Alexandra Example", "circumstances": "She left by the back door"}
    by = Actor("control_room_supervisor", frozenset({"control_room_supervisor"}), "example_police")
    two.clock.forward(minutes=1)
    two.services.cases.correct(
        case_id, "missing_report", "", corrected, by=by, now=two.clock(), key="k", reason="heard wrong"
    )
    answer = taker.send(f"/tasks/{task}", {"child_full_name": "Alex Example"}, form=page)
    assert answer.status_code in {409, 422}, answer.text
    if answer.status_code == 409:
        assert "Your own answer stands in the page" in answer.text
        assert "It is taken over into the page" in answer.text
        assert "Alexandra Example" in answer.text
    assert "Alex Example" in answer.text


def test_what_is_typed_after_the_button_was_pressed_is_not_overwritten_by_what_was_sent(two: Site, task: str) -> None:
    """On a slow link the words that were typed last may come first; the page that gives back what was sent finds them by its key."""
    first = two.browser(INSPECTOR)
    page = first.page(f"/tasks/{task}")
    key = str(page.find("input", {"name": "key"})["value"])  # type: ignore[index]
    first.send(f"/tasks/{task}/typed?typing=after", {"first_directions": f"{WORDS}, then the weir"}, form=page)
    refused = first.send(f"/tasks/{task}", {"first_directions": WORDS}, form=page)
    first.send(f"/tasks/{task}", {"first_directions": WORDS, "_later": "yes"}, form=page)
    assert (refused.status_code, f'data-sent="{key}"' in refused.text) == (422, True)
    again = first.page(f"/tasks/{task}")
    assert in_page(first, task) == f"{WORDS}, then the weir"
    assert again.select("form[data-typed]")[0]["data-after"] == key
    typing(first, task, "Search the mill")
    assert "data-after" not in first.page(f"/tasks/{task}").select("form[data-typed]")[0].attrs
    assert in_page(first, task) == "Search the mill"


def test_the_very_words_that_were_sent_are_not_kept_when_they_come_once_more(two: Site, task: str) -> None:
    """A page keeps what stands in it when it is left, also for the page that its button has led to."""
    first = two.browser(INSPECTOR)
    page, answers = first.page(f"/tasks/{task}"), {"read": "yes", "set_going": ["search"], "first_directions": WORDS}
    assert first.send(f"/tasks/{task}", answers, form=page).status_code == 302
    first.send(f"/tasks/{task}/typed?typing=yes", answers, form=page)
    assert "You have typed something" not in first.page("/tasks").text
    first.send(
        f"/tasks/{task}/typed?typing=after", answers | {"first_directions": f"{WORDS}, then the weir"}, form=page
    )
    assert "You have typed something" in first.page("/tasks").text
