"""What the calendar opens for the board and for those who govern records, and who may see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine import timers
from engine.store import CaseTable, reading, writing
from tests.web.site import Site
from web import keeping
from workflows import operations, retention
from workflows.children import ChildRow, PastEpisodeRow

SIX_YEARS = datetime(2020, 3, 20, 12, 0, tzinfo=UTC)
"""When the last episode of the child was; what is kept of it is due for a review on 20 March 2026."""


def opened(site: Site, procedure: str) -> list[tuple[str, str]]:
    """Give the cases of a procedure with their titles."""
    asked = sa.select(CaseTable.id, CaseTable.title).where(CaseTable.procedure == procedure).order_by(CaseTable.id)
    with reading(site.services.engine) as connection:
        return [(row.id, row.title) for row in connection.execute(asked)]


def until(site: Site, procedure: str) -> datetime:
    """Move the clock to the next moment of a procedure's calendar, and let what is due happen; give the moment."""
    at = next(each.next_at for each in site.services.cases.schedules() if each.procedure == procedure)
    assert at is not None
    site.clock.now = at
    keeping.nightly(site.services.engine, at)  # which was earlier that night
    timers.sweep(site.services.cases, now=at)
    return at


@pytest.fixture
def old_record(site: Site) -> str:
    """A child whose last episode was six years ago this month, brought in at the cut-over."""
    texts = {
        each.name: "" for each in ChildRow.__table__.columns if isinstance(each.type, sa.String) and not each.nullable
    }
    child = texts | {"child_id": "CH-7K3QX9PW", "name": "Robin Example", "updated_at": SIX_YEARS}
    row = {"child_id": "CH-7K3QX9PW", "level": "", "unfinished": "", "imported_at": SIX_YEARS, "imported_row": ""}
    with writing(site.services.engine) as connection:
        columns = ChildRow.__table__.columns.keys()
        connection.execute(sa.insert(ChildRow).values({name: child[name] for name in child if name in columns}))
        connection.execute(sa.insert(PastEpisodeRow).values(reference="OLD-1", reported_at=SIX_YEARS, **row))
    return "CH-7K3QX9PW"


def test_what_has_reached_the_end_of_its_period_is_a_task_on_the_first_working_day_of_the_month(
    site: Site, old_record: str
) -> None:
    until(site, "retention_review")  # of March, on whose second day nothing is due yet
    at = until(site, "retention_review")
    assert f"{at:%d %B %H:%M}" == "01 April 05:00", "six in the morning in England"
    [case_id] = [each for each, title in opened(site, "retention_review") if "April" in title]
    title = dict(opened(site, "retention_review"))[case_id]
    assert title == "Review of what is kept, April 2026, 1 due"
    assert case_id in site.browser("information_governance").page("/tasks").text
    assert old_record in site.browser("information_governance").page("/retention").text
    assert case_id not in site.browser("mfh_coordinator").page("/tasks").text
    site.clock.now = at + timedelta(days=45)
    timers.sweep(site.services.cases, now=site.clock())
    page = site.browser("data_protection_officer").page(f"/cases/{case_id}")
    assert title in page.text
    assert old_record not in page.text, "who is told that it is late learns of no child"


def test_a_month_without_anything_due_asks_nobody(site: Site) -> None:
    until(site, "retention_review")
    [(case_id, title)] = opened(site, "retention_review")
    assert title == "Review of what is kept, March 2026"
    assert case_id not in site.browser("information_governance").page("/tasks").text


@pytest.mark.usefixtures("old_record")
def test_a_record_is_due_on_its_day_and_not_before(site: Site) -> None:
    retention.look_through(site.services.engine, datetime(2026, 3, 18, 2, tzinfo=UTC))
    found = []
    for day in (19, 20):
        with reading(site.services.engine) as connection:
            found.append(operations.count_retention(connection, {}, datetime(2026, 3, day, 12, tzinfo=UTC)))
    assert found == [
        {"count": 0, "more": False, "oldest_on": None},
        {"count": 1, "more": False, "oldest_on": date(2026, 3, 20)},
    ]


def test_the_protocol_is_a_task_of_the_board_before_its_year_is_over(site: Site) -> None:
    began = site.clock()
    at = until(site, "protocol_review")
    assert timedelta(days=330) < at - began < timedelta(days=340)
    [(case_id, title)] = opened(site, "protocol_review")
    assert title == f"Review of the protocol {at.year}"
    assert case_id in site.browser("board_secretary").page("/tasks").text
    assert case_id not in site.browser("partnership_board").page("/tasks").text
    assert until(site, "protocol_review") - at < timedelta(days=366)
