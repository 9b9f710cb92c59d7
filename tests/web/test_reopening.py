"""A closed case is opened again from its page: it stays as it is, and a case of its own goes on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.store import CaseTable, EventTable, reading
from tests.web.site import Site
from tests.web.test_life import wren as wren  # noqa: PLC0414 - a fixture
from workflows import about, children, erasing

COORDINATOR = "mfh_coordinator"
TYPED = {
    "reason": "new_information",
    "what_is_new": "A neighbour saw them.",
    "wanted": ["police_enquiry", "return_interview", "meeting"],
}


@pytest.fixture
def closed(site: Site, wren: str) -> str:
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(CaseTable.status).where(CaseTable.id == wren)).scalar() == "closed"
    return wren


def opened_again(site: Site, case_id: str) -> str:
    """Open a case again from its page; give the reference of the case that goes on."""
    browser = site.browser(COORDINATOR)
    link = browser.page(f"/cases/{case_id}").find("a", string="Open this case again")
    assert link
    page = browser.page(str(link["href"]))
    field = page.find("input", attrs={"name": "episode"})
    assert field
    assert field["value"] == case_id
    answer = browser.send("/cases/open/reopening", {**TYPED, "episode": case_id}, form=page)
    assert answer.status_code == 302, answer.text
    with reading(site.services.engine) as connection:
        (one,) = about.reopened(connection, case_id)
    return one.case_id


def log_of(site: Site, case_id: str) -> list[tuple[int, str]]:
    with reading(site.services.engine) as connection:
        asked = sa.select(EventTable.seq, EventTable.digest).where(EventTable.case_id == case_id)
        return [tuple(row) for row in connection.execute(asked.order_by(EventTable.seq))]


def test_a_closed_case_is_opened_again_and_keeps_its_history(site: Site, closed: str) -> None:
    before = log_of(site, closed)
    again = opened_again(site, closed)
    assert log_of(site, closed) == before
    browser = site.browser(COORDINATOR)
    assert f"{again} goes on" in " ".join(browser.page(f"/cases/{closed}").text.split())
    with reading(site.services.engine) as connection:
        child_id = children.child_of(connection, closed)
        assert child_id
        assert children.child_of(connection, again) == child_id
        subject = erasing.find(connection, child_id)
    assert subject
    assert again in subject.refs
    assert again in browser.page(f"/children/{child_id}").text
    page = site.browser("rhi_manager").page(f"/cases/{again}")
    assert "Wrenbird" in page.text
    assert page.find("a", string=f"The case that was closed, {closed}")
    assert "Enquire again" in site.browser("locate_sergeant").page("/tasks").text
    assert "Confer again" in site.browser("csc_team_manager").page("/tasks").text


def test_only_the_co_ordinators_open_a_case_again_and_only_a_closed_one(site: Site, closed: str) -> None:
    assert "Open this case again" not in site.browser("locate_sergeant").page(f"/cases/{closed}").text
    assert site.browser("locate_sergeant").get("/cases/open/reopening").status_code == 403
    browser = site.browser(COORDINATOR)
    page, still_open = browser.page("/cases/open/reopening"), site.opened()
    assert browser.send("/cases/open/reopening", {**TYPED, "episode": still_open}, form=page).status_code == 302
    assert "Answer the reference" in browser.page("/tasks").text
    with reading(site.services.engine) as connection:
        assert about.reopened(connection, still_open) == ()
