"""A hand-over between two people: complete when the receiver says so, escalated while nobody answers; and deputies."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import TaskTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Browser, Site
from tests.web.test_lists import INSPECTOR, SECOND, of, several, shown
from web.moments import LONDON
from workflows import handovers, people
from workflows.disclosures import DisclosureRow
from workflows.handovers import HandoverTaskRow
from workflows.people import Membership, PersonRow


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
    """A task that the first inspector has."""
    found = of(two, two.opened(), "acknowledge_handover")
    several(two.browser(INSPECTOR), "take", found)
    return found


def offered(first: Browser, *tasks: str, note: str = "The aunt rings back at ten") -> str:
    """Offer tasks to the second inspector; give the address of the hand-over."""
    answer = first.send("/handovers", {"task": list(tasks), "to": SECOND, "note": note})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def owner(site: Site, task: str) -> str:
    case_id, _, number = task.partition(".")
    row = sa.select(TaskTable.owner).where(TaskTable.case_id == case_id, TaskTable.number == int(number))
    with reading(site.services.engine) as connection:
        return connection.execute(row).scalar_one()


def mails(site: Site, template: str) -> list[sa.Row[tuple[str, str, bool]]]:
    row = OutboxRow
    asked = sa.select(row.recipient, row.text, row.urgent).where(row.key.contains(f"/{template}/")).order_by(row.id)
    with reading(site.services.engine) as connection:
        return list(connection.execute(asked))


def test_until_the_receiver_answers_the_giver_has_every_task(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    place = offered(first, task)
    assert owner(two, task) == INSPECTOR
    assert "has not taken over from you yet" in first.page("/tasks").text
    assert "hands over 1 task to you" in second.page("/tasks").text
    briefing = second.page(place)
    assert "The aunt rings back at ten" in briefing.text
    assert "Alex" in briefing.text  # who reads it may read who the child is, and that is written down
    assert second.send(f"{place}/take", form=briefing).status_code == 302
    assert owner(two, task) == SECOND
    assert shown(second, "?which=mine") == [task]
    assert shown(first, "?which=given") == [task]
    assert "Taken over at a hand-over" in first.page(f"/cases/{task.partition('.')[0]}").text
    assert second.send(f"{place}/take", form=briefing).status_code == 409


def test_the_briefing_is_printed_as_a_copy_that_stands_in_the_log(two: Site, task: str) -> None:
    place = offered(two.browser(INSPECTOR), task)
    second = two.browser(SECOND)
    assert second.page(place).select(f"a[href='{place}/print']")
    sheet = second.send(f"{place}/print", {"whom": "own", "basis": "law_enforcement"})
    assert sheet.status_code == 200, sheet.text
    page, case_id = BeautifulSoup(sheet.text, "html.parser"), task.partition(".")[0]
    assert "The aunt rings back at ten" in page.text
    assert f"{case_id}, Alex" in page.text
    assert "Reported missing" in page.text
    assert page.select_one("body.hw-paper"), "this page is printed whole"
    with reading(two.services.engine) as connection:
        (row,) = connection.execute(sa.select(DisclosureRow.about, DisclosureRow.way, DisclosureRow.classes))
    assert tuple(row)[:2] == (case_id, "own_print")
    assert two.browser("chief_inspector_missing").get(f"{place}/print").status_code == 404


def test_who_never_answers_is_told_of_to_those_who_lead_and_again_until_somebody_acts(two: Site, task: str) -> None:
    """The receiver is offline: the giver still has the task, and the chief inspector hears of it, by telephone too."""
    place = offered(two.browser(INSPECTOR), task)

    def chase() -> int:
        return handovers.chase(two.services.engine, "https://homeward.example", two.clock())

    assert chase() == 0
    two.clock.forward(minutes=5)  # not graded yet counts as grave: five minutes
    assert chase() == 1
    assert chase() == 0
    (late,) = mails(two, "shift_late")
    assert late.recipient == "holders of chief_inspector_missing,superintendent at example_police"
    assert late.urgent
    assert "Sana Second" in late.text
    assert task.partition(".")[0] not in late.text
    two.clock.forward(minutes=15)
    assert chase() == 1
    assert owner(two, task) == INSPECTOR
    two.browser(INSPECTOR).send(f"{place}/withdraw", form=two.browser(INSPECTOR).page(place))
    page = two.browser(INSPECTOR)
    assert page.send(f"{place}/withdraw", form=page.page("/handovers")).status_code in {302, 409}
    two.clock.forward(minutes=15)
    assert chase() == 0


def test_who_declines_says_why_and_the_giver_is_told(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    place = offered(first, task)
    assert second.send(f"{place}/decline", {"why": " "}, form=second.page(place)).status_code == 422
    assert second.send(f"{place}/decline", {"why": "I am in court"}, form=second.page(place)).status_code == 302
    assert owner(two, task) == INSPECTOR
    assert "I am in court" in first.page(place).text
    assert [mail.recipient for mail in mails(two, "shift_declined")] == ["duty_inspector@example-police.example"]


def test_nobody_else_sees_a_hand_over_or_answers_it(two: Site, task: str) -> None:
    place = offered(two.browser(INSPECTOR), task)
    chief = two.browser("chief_inspector_missing")
    chief.page(place, status=404)
    for act in ("take", "decline", "withdraw"):
        first = two.browser(INSPECTOR)
        wrong = chief.post(f"{place}/{act}", data={"csrf_token": _token(chief), "why": "x"})
        assert wrong.status_code == 404, act
        if act != "withdraw":
            assert first.send(f"{place}/{act}", {"why": "x"}, form=first.page(place)).status_code == 404


def _token(browser: Browser) -> str:
    field = browser.page("/away").select_one("input[name=csrf_token]")
    assert field
    return str(field["value"])


def test_what_is_not_ones_own_or_not_doable_there_is_not_handed_over(two: Site, task: str) -> None:
    first = two.browser(INSPECTOR)
    other = of(two, two.opened(), "acknowledge_handover")
    refused = first.send("/handovers", {"task": [other], "to": "rhi_worker", "note": "x" * 1001})
    assert refused.status_code == 422
    for words in ("Choose at least one task", "Write 1000 characters at most"):
        assert words in refused.text
    refused = first.send("/handovers", {"task": [task], "to": "rhi_worker"})
    assert refused.status_code == 422
    assert "This person cannot do the task" in refused.text
    assert first.send("/handovers", {"task": [task], "to": ""}).status_code == 422


def test_the_same_page_sent_twice_is_one_hand_over(two: Site, task: str) -> None:
    first = two.browser(INSPECTOR)
    page = first.page("/handovers")
    places = {first.send("/handovers", {"task": [task], "to": SECOND}, form=page).location for _ in range(2)}
    assert len(places) == 1
    assert len(mails(two, "shift_offered")) == 1


def test_what_a_kill_left_undone_is_taken_the_next_time(two: Site, task: str) -> None:
    """Killed after the first of two tasks: the same again takes the second, and the first once."""
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    another = of(two, two.opened(), "acknowledge_handover")
    several(first, "take", another)
    place = offered(first, task, another)
    number = int(place.rpartition("/")[2])
    with reading(two.services.engine) as connection:
        receiver = people.find(connection, SECOND).actor
    two.services.cases.ownership.take_over(min(task, another), INSPECTOR, by=receiver, now=two.clock())
    assert second.send(f"{place}/take", form=second.page(place)).status_code == 302
    assert {owner(two, task), owner(two, another)} == {SECOND}
    with reading(two.services.engine) as connection:
        taken = connection.execute(
            sa.select(HandoverTaskRow.taken_at).where(HandoverTaskRow.handover == number)
        ).scalars()
        assert all(taken)


def test_a_deputy_sees_what_the_other_has_and_the_log_says_for_whom(two: Site, task: str) -> None:
    first, second = two.browser(INSPECTOR), two.browser(SECOND)
    assert shown(second, "?which=mine") == []
    begins, ends = two.clock().astimezone(LONDON), (two.clock() + timedelta(days=3)).astimezone(LONDON)
    typed = {"person": INSPECTOR, "deputy": SECOND}
    for name, moment in (("begins_at", begins), ("ends_at", ends)):
        typed |= {f"{name}-day": str(moment.day), f"{name}-month": str(moment.month), f"{name}-year": str(moment.year)}
        typed |= {f"{name}-time": f"{moment:%H:%M}"}
    answer = first.send("/away", typed)
    assert answer.status_code == 302, answer.text
    assert shown(second, "?which=mine") == [task]
    page = second.page(f"/tasks/{task}")
    done = second.send(
        f"/tasks/{task}", {"read": "yes", "set_going": "search", "first_directions": "Search the park"}, form=page
    )
    assert done.status_code == 302, done.text
    assert "Sana Second, for" in second.page(f"/cases/{task.partition('.')[0]}").text
    two.clock.forward(days=4)
    two.wall_clock.forward(minutes=1)
    another = of(two, two.opened(), "acknowledge_handover")
    several(first, "take", another)
    assert shown(second, "?which=mine") == []


def test_only_somebody_of_the_same_role_stands_in_and_who_leads_may_enter_it(two: Site) -> None:
    first, chief = two.browser(INSPECTOR), two.browser("chief_inspector_missing")
    refused = first.send("/away", {"deputy": "rhi_worker"})
    assert refused.status_code == 422
    alone = two.browser("csc_social_worker")
    empty = alone.page("/away")
    assert "Nobody can stand in" in empty.text
    assert not empty.select("main form"), "what to do stands there, and no question without a choice"
    day = {"month": "3", "year": "2026", "time": "09:00"}
    typed = {f"{name}-{part}": text for name in ("begins_at", "ends_at") for part, text in day.items()}
    typed |= {"begins_at-day": "3", "ends_at-day": "4", "person": "csc_social_worker", "csrf_token": _token(alone)}
    assert alone.post("/away", data=typed).status_code == 422
    assert "Who is away?" not in two.browser("rhi_worker").page("/away").text
    assert "Who is away?" in chief.page("/away").text
    assert "Sana Second" in chief.page("/away").text
    with reading(two.services.engine) as connection:
        assert connection.execute(sa.select(PersonRow.sign_in).where(PersonRow.sign_in == SECOND)).first()
