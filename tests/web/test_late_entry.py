"""What was done on paper while the service was down is typed in afterwards: when it happened and when it was recorded are two things."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.store import EventTable, TaskTable, reading
from engine.verification import check
from tests.web.site import OPENING, Site
from tests.web.test_tasks import HANDOVER, task_path

PAPER = {"_paper-day": "2", "_paper-month": "3", "_paper-year": "2026", "_paper-time": "07:40"}
HAPPENED = "2026-03-02T07:40:00+00:00"


def events(site: Site, kind: str) -> list[dict[str, Any]]:
    asked = sa.select(EventTable.at, EventTable.data).where(EventTable.kind == kind).order_by(EventTable.seq)
    with reading(site.services.engine) as connection:
        return [{"at": at, **json.loads(data)} for at, data in connection.execute(asked)]


def due(site: Site) -> dict[str, datetime | None]:
    asked = sa.select(TaskTable.element, TaskTable.due_at).where(TaskTable.status == "open")
    with reading(site.services.engine) as connection:
        return dict(connection.execute(asked).tuples().all())


def test_a_case_and_a_task_that_were_done_on_paper_say_so_in_the_history_and_no_clock_follows(site: Site) -> None:
    """The opening at 7:40, typed in at 9; then the hand-over. What follows from stated times alone is due as without the paper."""
    caller, inspector = site.browser("call_taker"), site.browser("duty_inspector")
    case_id = (
        caller.send("/cases/open", OPENING | PAPER | {"_paper-time": "7.40"})
        .location.removeprefix("/tasks/")
        .partition(".")[0]
    )
    (opening,) = events(site, "case_opened")
    assert (opening["at"], opening["on_paper"]) == (datetime(2026, 3, 2, 9, tzinfo=UTC), HAPPENED)
    before = due(site)
    path = task_path(inspector, "handover")
    answer = inspector.send(path, HANDOVER | PAPER)
    assert answer.status_code == 302, answer.text
    (done,) = events(site, "task_completed")
    assert done["on_paper"] == HAPPENED
    assert {name: at for name, at in before.items() if name in due(site)} == {
        name: at for name, at in due(site).items() if name in before
    }
    said = inspector.page(f"/cases/{case_id}").text
    assert said.count("Done on paper on 2 March 2026 at 7:40am, because the service was down; recorded afterwards") == 2
    cases = site.services.cases
    found = check(cases.engine, cases.library, holders=lambda _role: frozenset({"ann", "bob"}), now=site.clock())
    assert [str(each) for each in found] == []


def test_a_time_that_cannot_be_right_is_refused_with_all_that_is_wrong_and_nothing_typed_is_lost(site: Site) -> None:
    site.opened()
    browser = site.browser("duty_inspector")
    path = task_path(browser, "handover")
    wrong = {
        "must not be in the future": PAPER | {"_paper-time": "09:01"},
        "Enter the time": PAPER | {"_paper-time": ""},
        "within the last 14 days": PAPER | {"_paper-month": "1"},
        "Enter a real day and time": PAPER | {"_paper-day": "31", "_paper-month": "2"},
    }
    for sentence, typed in wrong.items():
        answer = browser.send(path, HANDOVER | {"read": ""} | typed)
        page = BeautifulSoup(answer.text, "html.parser")
        assert answer.status_code == 422, sentence
        links = {str(link["href"]) for link in page.select(".govuk-error-summary a")}
        assert {"#_paper-day", "#read"} <= links, sentence
        assert sentence in page.select(".govuk-error-summary")[0].text
        assert page.select("#_paper-year")[0]["value"] == "2026"
        assert page.select("details[open] #_paper-day")
    assert events(site, "task_completed") == []
