"""Why a task is there, by when, and what if nothing is done: as it happened, whatever is changed later; and to whom it is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import EventTable, TaskTable, reading, writing
from tests.web.site import Site
from web import demo_cases

BEFORE_EASTER = datetime(2026, 4, 2, 12, tzinfo=UTC)
"""Maundy Thursday, 1pm in London: the next two working days are after the holidays."""
WRITE_UP = "write_up_return_interview"


def task_of(site: Site, element: str) -> str:
    asked = sa.select(TaskTable.case_id, TaskTable.number).where(
        TaskTable.element == element, TaskTable.status == "open"
    )
    with reading(site.services.engine) as connection:
        case_id, number = connection.execute(asked).one()
    return f"{case_id}.{number}"


def told(site: Site, role: str, task_id: str, end: str = "/why") -> dict[str, str]:
    """Give the five sentences under their headings, as a page of the task says them to a role."""
    page = site.browser(role).page(f"/tasks/{task_id}{end}")
    rows = page.select("main dl.govuk-summary-list .govuk-summary-list__row")
    said = {row.select_one("dt").text: row.select_one("dd").text for row in rows}  # type: ignore[union-attr]
    headings = ("Why it is here", "What was decided", "Whose it is", "By when", "What happens if nothing is done")
    return {heading: said[heading] for heading in headings}


@pytest.fixture
def easter(site: Site) -> Site:
    """An interview that was held on Maundy Thursday is to be written up."""
    site.clock.now = BEFORE_EASTER
    demo_cases.open_cases(site.services, BEFORE_EASTER, demo_cases.STORIES[3:])
    return site


def test_five_sentences_say_what_happened(easter: Site) -> None:
    task_id = task_of(easter, WRITE_UP)
    worker = Actor("rhi_worker", frozenset({"rhi_worker"}), "safe_steps")
    easter.services.cases.ownership.claim(task_id, by=worker, now=BEFORE_EASTER)
    said = told(easter, "rhi_worker", task_id)
    assert said["Why it is here"] == (
        "This task was opened on 2 April 2026 at 10:00am after “Hold the interview” was done by Wendy Example on 2 April 2026 "
        'at 10:00am; at “Held?” the way “Yes” was taken, because this was so: return_interview_attempt[-1].outcome = "held" '
        "(“Was the interview held?” was Yes); at “Harm or a crime told?” the way “No” was taken, because this was not so: "
        'return_interview_attempt[-1].disclosure = "yes" (“Did the child tell of harm or a crime?” was No). '
        "Before that the way had 3 parts more."
    )  # fmt: skip
    nothing = "No decision table stands on the way to this task."
    rows = rows_of(easter, task_id, "t27_1", "t27_2", "t27_3")
    hidden = "By which rows of a table its clock goes is recorded, but not shown to your roles."
    assert said["What was decided"] == f"{nothing} {hidden}"  # where it is, the rows ask, and that reads more than hers
    assert told(easter, "mfh_coordinator", task_id)["What was decided"] == (
        f"{nothing} For its clock the table “Deadlines” answered by {rows}."
    )
    assert said["Whose it is"].startswith(
        "The drawing gives it to the return interview worker; in this case that is now "
    )
    assert said["Whose it is"].endswith("Wendy Example took it on 2 April 2026 at 1:00pm.")
    assert said["By when"] == (
        "The clock “Write-up clock” counts working time by the calendar of England, leaving out 2 days of weekends and "
        "3 April 2026 (Good Friday) and 6 April 2026 (Easter Monday), from what Wendy Example wrote down on 2 April 2026 at "
        "10:00am: “When did it end?” was 2 April 2026 at 9:45am, and ends on 8 April 2026 at 9:45am."
    )
    ahead = said["What happens if nothing is done"]
    assert ahead.startswith("Told next: reminder to return interview worker on 7 April 2026 at 9:45am; due to ")
    assert "It also stands in the lists of: return interview manager." in ahead
    assert told(easter, "rhi_worker", task_id, "") == said


def test_it_says_what_was_so_then_whatever_answers_and_bank_holidays_say_later(easter: Site) -> None:
    task_id = task_of(easter, WRITE_UP)
    said = told(easter, "rhi_worker", task_id)
    correction = {"by": Actor("rhi_manager"), "now": BEFORE_EASTER, "key": "later", "reason": "She did say something"}
    place = (task_id.partition(".")[0], "return_interview_attempt", "1", {"disclosure": "yes"})
    easter.services.cases.correct(*place, **correction)  # type: ignore[arg-type]
    assert told(easter, "rhi_worker", task_id) == said
    other = sa.func.replace(EventTable.data, "Good Friday", "As it was called then")
    with writing(easter.services.engine) as connection:
        connection.execute(sa.update(EventTable).values(data=other))
    by_when = said["By when"].replace("Good Friday", "As it was called then")
    assert told(easter, "rhi_worker", task_id)["By when"] == by_when, "the list of bank holidays was asked again"


def rows_of(site: Site, task_id: str, *rules: str) -> str:
    """Name rows of the deadlines as a page does."""
    table = site.services.cases.release_of(task_id.partition(".")[0]).decisions["deadlines"]
    places = {rule.id: place for place, rule in enumerate(table.rules, start=1)}
    return "rows " + ", ".join(f"{places[rule]} ({rule})" for rule in rules)


def test_the_drawing_the_rows_and_a_printed_copy_say_the_same(easter: Site) -> None:
    task_id = task_of(easter, WRITE_UP)
    browser = easter.browser("rhi_worker")
    page = browser.page(f"/tasks/{task_id}/why")
    drawing = page.select_one(".hw-diagram[data-way]")
    assert drawing is not None
    assert {"hold_return_interview", "write_up_return_interview"} <= set(str(drawing["data-way"]).split())
    assert [step.text for step in page.select("main ol strong")] == ["Write up the interview"]
    rows = [row.text for row in page.select("main tbody tr")]
    assert any("“When did it end?” was 2 April 2026 at 9:45am" in row for row in rows)
    sheet = browser.send(f"/tasks/{task_id}/why/print", {"whom": "own", "basis": "return_interview"})
    assert sheet.status_code == 200, sheet.text
    assert "leaving out 2 days of weekends and 3 April 2026 (Good Friday)" in sheet.text
    assert easter.browser("call_taker").get(f"/tasks/{task_id.partition('.')[0]}.999/why").status_code == 404


def test_what_an_older_program_did_not_write_down_is_said_to_be_not_recorded(easter: Site) -> None:
    task_id = task_of(easter, WRITE_UP)
    of_old = EventTable.kind.in_(["task_opened", "timer_armed", "wait_began"])
    with writing(easter.services.engine) as connection:
        connection.execute(sa.update(EventTable).where(of_old).values(data='{"at": null, "due_at": null}'))
    said = told(easter, "rhi_worker", task_id)
    assert said["Why it is here"].endswith("How it came about: this was not recorded at that time.")
    assert said["By when"].endswith("From when that counts: this was not recorded at that time.")
    assert said["What happens if nothing is done"].startswith(
        "Whom the clock tells: this was not recorded at that time."
    )
