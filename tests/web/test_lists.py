"""The lists of tasks: mine, not taken, with others, done; kept lists; several at once, with a result for each."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import TaskTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from web import whose
from workflows import people
from workflows.children import ChildFlagRow
from workflows.episodes import EpisodeRow
from workflows.people import Membership
from workflows.teams import TeamMemberRow, TeamRow

INSPECTOR, SECOND = "duty_inspector", "second_inspector"


@pytest.fixture
def two(site: Site) -> Site:
    """A second inspector in the same force."""
    with writing(site.services.engine) as connection:
        held = [Membership(INSPECTOR, "example_police")]
        mail = "second@example-police.example"
        people.add(connection, SECOND, name="Sana Second", mail=mail, password=None, memberships=held, now=site.clock())
    return site


def shown(browser: Browser, query: str = "") -> list[str]:
    return [
        str(link["href"]).rpartition("/")[2] for link in browser.page(f"/tasks{query}").select(".govuk-task-list__link")
    ]


def of(site: Site, case_id: str, element: str) -> str:
    asked = sa.select(TaskTable.number).where(TaskTable.case_id == case_id, TaskTable.element == element)
    with reading(site.services.engine) as connection:
        return f"{case_id}.{connection.execute(asked).scalars().one()}"


def name_of(site: Site) -> str:
    with reading(site.services.engine) as connection:
        return people.find(connection, INSPECTOR).name


def several(browser: Browser, act: str, *tasks: str, to: str = "") -> list[tuple[str, str]]:
    """Do something with several tasks; give what the page says of each."""
    list_of = (
        "/tasks/several?which=led"
        if browser.page("/tasks/several").select_one("form[action^='/tasks/several']") is None
        else "/tasks/several"
    )
    answer = browser.send(list_of, {"task": list(tasks), "act": act, "to": to})
    assert answer.status_code == 200, answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    hints = [hint.get_text("|").split("|")[-1] for hint in page.select(".govuk-task-list__hint")]
    return list(zip(hints, [tag.text.strip() for tag in page.select(".govuk-tag")], strict=True))


def test_a_task_is_taken_given_away_and_done_and_stands_in_the_right_list_each_time(two: Site) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    task = of(two, two.opened(), "acknowledge_handover")
    assert task in shown(first, "?which=free")
    assert several(first, "take", task) == [("You have it", "Done")]
    assert shown(first, "?which=mine") == [task]
    assert task not in shown(first, "?which=free")
    assert shown(second, "?which=mine") == []
    assert "Example has it" in second.page("/tasks").text
    assert several(first, "give", task, to=SECOND) == [("Sana Second has it", "Done")]
    assert shown(first, "?which=given") == [task]
    assert shown(second, "?which=mine") == [task]
    page = second.page(f"/tasks/{task}")
    answer = second.send(
        f"/tasks/{task}", {"read": "yes", "set_going": "search", "first_directions": "Search the park"}, form=page
    )
    assert answer.status_code == 302, answer.text
    assert shown(second, "?which=done") == [task.partition(".")[0]]
    assert shown(first, "?which=given") == []


def test_what_was_given_for_a_while_is_given_back_on_its_page(two: Site) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    task = of(two, two.opened(), "acknowledge_handover")
    assert several(first, "take", task) == [("You have it", "Done")]
    page = first.page(f"/tasks/{task}")
    assert page.select_one("form[action$='/give_back']") is None
    assert first.send(f"/tasks/{task}/owner/give", {"to": SECOND, "returns": "yes"}, form=page).status_code == 302
    page = second.page(f"/tasks/{task}")
    given_back = str(page.select("form[action$='/give_back']")[0]["action"])
    assert second.send(given_back, {}, form=page).status_code == 302
    assert shown(first, "?which=mine") == [task]
    assert shown(second, "?which=mine") == []
    assert first.page(f"/tasks/{task}").select_one("form[action$='/give_back']") is None


def test_what_another_has_is_not_taken_from_them_but_by_who_leads_them(two: Site) -> None:
    first, second, chief = two.browser(INSPECTOR), two.browser(SECOND), two.browser("chief_inspector_missing")
    task = of(two, two.opened(), "acknowledge_handover")
    assert several(first, "take", task) == [("You have it", "Done")]
    assert several(second, "take", task) == [(f"{name_of(two)} has it", "Not done")]
    assert several(second, "put_back", task)[0][1] == "Not done"
    assert task.partition(".")[0] in shown(chief, "?which=led"), (
        "the line leads to the case: who leads it does not do it"
    )
    assert several(chief, "give", task, to=SECOND) == [("Sana Second has it", "Done")]
    assert shown(second, "?which=mine") == [task]


def test_each_row_is_looked_at_by_itself(two: Site) -> None:
    first, case_id = two.browser(INSPECTOR), two.opened()
    mine, strange = of(two, case_id, "acknowledge_handover"), of(two, case_id, "acknowledge_missing_notice")
    answer = first.send("/tasks/several", {"task": [mine, strange, "MC-NOTHERE.1", "x"], "act": "take"})
    assert "Take them: 1 of 4." in answer.text
    assert "3 of them are not in your lists." in answer.text
    assert strange not in answer.text
    refused = first.send("/tasks/several", {"act": "give"})
    assert refused.status_code == 422
    assert "Choose at least one task" in refused.text
    assert "Say who is to have them" in refused.text
    unable = several(first, "give", mine, to="rhi_worker")
    assert unable[0][0].startswith("This person cannot do the task")
    assert unable[0][1] == "Not done"


def test_who_has_a_task_is_reminded_once_in_a_quarter_of_an_hour(two: Site) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    task = of(two, two.opened(), "acknowledge_handover")
    assert several(first, "remind", task) == [("Nobody has this task: take it, or give it to somebody.", "Not done")]
    several(second, "take", task)
    assert several(first, "remind", task) == [("Sana Second is reminded", "Done")]
    assert several(first, "remind", task)[0][1] == "Not done"
    two.clock.forward(minutes=16)
    assert several(first, "remind", task)[0][1] == "Done"
    with reading(two.services.engine) as connection:
        mails = connection.execute(sa.select(OutboxRow).where(OutboxRow.key.contains("/reminder/"))).all()
    assert [mail.recipient for mail in mails] == ["second@example-police.example"] * 2
    assert "Alex" not in f"{mails[0].subject} {mails[0].text}"


def test_a_list_is_kept_under_a_name_and_taken_away(two: Site) -> None:
    browser = two.browser(INSPECTOR)
    two.opened()
    browser.send("/tasks/lists?grade=high&which=free", {"name": "  Mornings "}, form=browser.page("/tasks?grade=high"))
    page = browser.page("/tasks")
    link = page.find("a", string="Mornings")
    assert link
    assert "which=free&grade=high" in str(link["href"])
    assert two.browser(SECOND).page("/tasks").find("a", string="Mornings") is None
    form = page.find("button", string="Keep “Mornings” no longer").find_parent("form")  # type: ignore[union-attr]
    assert form
    path = str(form["action"])
    other = two.browser(SECOND)
    assert other.send(path, form=other.page("/tasks?grade=high")).status_code == 404
    assert browser.send(path, form=page).status_code == 302
    assert browser.page("/tasks").find("a", string="Mornings") is None


def test_a_list_without_a_name_or_a_choice_is_not_kept(two: Site) -> None:
    browser = two.browser(INSPECTOR)
    two.opened()
    browser.send("/tasks/lists?grade=high", {"name": " "}, form=browser.page("/tasks?due=soon"))
    assert "Enter a name for this list" in browser.page("/tasks").text
    browser.send("/tasks/lists", {"name": "All"}, form=browser.page("/tasks?due=soon"))
    assert "Choose first which tasks the list shows" in browser.page("/tasks").text


def test_a_list_tells_children_apart_to_those_who_may_read_it_and_as_a_file_says_nothing_of_a_child(two: Site) -> None:
    browser, case_id = two.browser(INSPECTOR), two.opened()
    with writing(two.services.engine) as connection:
        row = sa.update(EpisodeRow).where(EpisodeRow.case_id == case_id)
        connection.execute(row.values(sex="female", age=14))
    assert all("Girl, 14" in browser.page(address).text for address in ("/tasks", "/cases", "/tasks/several"))
    for stranger in ("school_dsl", "rhi_worker"):
        by = Actor(stranger, frozenset({stranger}), stranger)
        assert whose.of(two.services.engine, [case_id], by, two.clock()) == {}
    answer = browser.get("/tasks.csv?which=free")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0][:4] == ["Case", "What the case is", "How it stands", "Task"]
    assert {row[0] for row in rows[1:]} == {case_id}
    assert "Alex" not in answer.text
    assert "Girl" not in answer.text


def test_the_list_is_narrowed_by_stage_council_child_and_flag(two: Site) -> None:
    browser, case_id = two.browser(INSPECTOR), two.opened()
    flag = {"child_id": "CH-22222222", "flag": "cse", "since": date(2026, 1, 1), "until": None, "source": "x"}
    with writing(two.services.engine) as connection:
        row = sa.update(EpisodeRow).where(EpisodeRow.case_id == case_id)
        connection.execute(row.values(child_id="CH-22222222"))
        columns = {
            name: "" for name in [*ChildFlagRow.__table__.c.keys()] if name not in {*flag, "imported_at", "raised_on"}
        }
        connection.execute(sa.insert(ChildFlagRow).values(**columns, **flag))
    for query in ("stage=reported", "authority=nottinghamshire_county", "child=ch-22222222", "flag=cse"):
        assert shown(browser, f"?{query}"), query
    for query in ("stage=closed", "authority=nottingham_city", "child=CH-33333333", "flag=cce"):
        assert not shown(browser, f"?{query}"), query
    assert "Flag of the child" in browser.page("/tasks").text


def test_nobody_learns_of_a_flag_by_asking_for_it(two: Site) -> None:
    """A home may not read flags: its list must not grow shorter when it asks for one."""
    home = two.browser("placement_provider")
    assert "Flag of the child" not in home.page("/tasks").text
    assert "Shown only" not in home.page("/tasks?flag=cse").text


def test_what_hurts_most_stands_first_and_the_order_can_be_the_clock(two: Site) -> None:
    browser = two.browser(INSPECTOR)
    first = two.opened()
    two.clock.forward(minutes=5)
    second = two.opened()
    with writing(two.services.engine) as connection:
        connection.execute(sa.update(TaskTable).where(TaskTable.case_id == second).values(rank=10))
    assert shown(browser)[0].startswith(second)
    assert shown(browser, "?order=due")[0].startswith(first)


def test_a_list_is_shared_with_a_team_and_shows_what_its_people_have(two: Site) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    with writing(two.services.engine) as connection:
        connection.execute(
            sa.insert(TeamRow).values(id=7, organisation="example_police", name="Nights", made_at=two.clock())
        )
        connection.execute(sa.insert(TeamMemberRow), [{"team": 7, "person": each} for each in (INSPECTOR, SECOND)])
    task = of(two, two.opened(), "acknowledge_handover")
    assert shown(first, "?team=7") == []
    several(second, "take", task)
    assert shown(first, "?team=7") == [task]
    first.send("/tasks/lists?team=7", {"name": "The night", "team": "7"}, form=first.page("/tasks?team=7"))
    assert second.page("/tasks").find("a", string="The night")
    assert two.browser("locate_sergeant").page("/tasks").find("a", string="The night") is None
    assert two.browser("locate_sergeant").page("/tasks?team=7").find(string="With Nights") is None


def test_what_was_sent_on_is_followed_by_who_did_the_step_before_and_by_nobody_else(two: Site) -> None:
    first, case_id = two.browser(INSPECTOR), two.opened()
    assert shown(first, "?which=sent") == []
    task = of(two, case_id, "acknowledge_handover")
    answers = {"read": "yes", "set_going": "search", "first_directions": "The boat house"}
    assert first.send(f"/tasks/{task}", answers).status_code == 302
    page = first.page("/tasks?which=sent")
    lines = [" ".join(line.text.split()) for line in page.select(".hw-tasks .govuk-task-list__item")]
    assert any("with Multi-agency safeguarding hub" in line for line in lines), lines
    assert {str(link["href"]) for link in page.select(".govuk-task-list__link")} == {f"/cases/{case_id}"}
    assert all("Reported missing" in line for line in lines), "the police are told how far it is"
    assert shown(two.browser(SECOND), "?which=sent") == []
