"""A report made in error: a sergeant asks from the page of the case, an inspector decides, and no figure counts it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from bs4 import BeautifulSoup

import workflows.verification
from engine.store import EventTable, TaskTable, reading, writing
from notifications.outbox import OutboxRow
from tests.web.site import Site
from workflows import about, episodes, figures

REASON = {"certain": "yes", "reason": "reported_in_error", "checked": "I spoke with the child at the door."}


def task_of(site: Site, case_id: str, element: str) -> str:
    with reading(site.services.engine) as connection:
        asked = sa.select(TaskTable.number).where(TaskTable.case_id == case_id, TaskTable.element == element)
        return f"/tasks/{case_id}.{connection.execute(asked).scalar_one()}"


def asked(site: Site, case_id: str) -> str:
    """Ask from the page of a case to cancel it; give the reference of the case that decides."""
    browser = site.browser("locate_sergeant")
    link = browser.page(f"/cases/{case_id}").find(
        "a", string="The report was made in error: ask an inspector to cancel it"
    )
    assert link
    page = browser.page(str(link["href"]))
    field = page.find("input", attrs={"name": "episode"})
    assert field
    assert field["value"] == case_id
    answer = browser.send("/cases/open/cancellation", {"episode": case_id.lower()}, form=page)
    assert answer.status_code == 302, answer.text
    with reading(site.services.engine) as connection:
        row = about.AboutRow
        return str(connection.execute(sa.select(row.case_id).where(row.episode == case_id)).scalar_one())


def filled(site: Site, role: str, address: str, answers: dict[str, str]) -> BeautifulSoup:
    browser = site.browser(role)
    page = browser.page(address)
    assert browser.send(address, answers, form=page).status_code == 302
    return page


def test_a_report_made_in_error_ends_and_no_figure_counts_it(site: Site) -> None:
    case_id, other = site.opened(), site.opened()
    cancelling = asked(site, case_id)
    filled(site, "locate_sergeant", task_of(site, cancelling, "say_why_wrong"), REASON)
    page = filled(
        site, "duty_inspector", task_of(site, cancelling, "decide_cancellation"), {"agreed": "yes", "why": "Checked."}
    )
    assert "I spoke with the child at the door." in page.text
    assert "Alex" in page.text
    assert page.select_one(f'main a[href="/cases/{case_id}"]')
    site.sweep()
    told = site.browser("duty_inspector").page(f"/cases/{case_id}").text
    assert "the report was made in error" in told
    assert "No longer needed: Acknowledge handover" in told
    assert "by another case, " in told
    with reading(site.services.engine) as connection:
        found = episodes.find(connection, case_id)
        assert found is not None
        assert found.status == "cancelled_error"
        assert [each.case_id for each in figures.missing_now(connection)] == [other]
        period = figures.Period(found.opened_at - timedelta(hours=1), found.opened_at + timedelta(hours=1))
        people = figures.population(connection, period, now=site.clock())
        assert [each.case_id for each in people.episodes] == [other]
        open_tasks = sa.select(TaskTable.number).where(TaskTable.case_id == case_id, TaskTable.status == "open")
        assert connection.execute(open_tasks).all() == []
        words = sa.select(EventTable.activity).where(EventTable.case_id == case_id)
        assert "EpisodeCancelled" in set(connection.execute(words).scalars())
        mails = sa.select(OutboxRow.recipient).where(OutboxRow.subject.contains("a missing child was made in error"))
        (recipient,) = connection.execute(mails).scalars()
        assert "csc_mash" in recipient
        assert "nottinghamshire_county" in recipient
    assert list(workflows.verification.check(site.services.engine)) == []


def test_only_a_sergeant_asks_and_the_inspector_may_let_the_report_stand(site: Site) -> None:
    case_id = site.opened()
    assert "ask an inspector to cancel it" not in site.browser("call_taker").page(f"/cases/{case_id}").text
    assert site.browser("call_taker").get("/cases/open/cancellation").status_code == 403
    cancelling = asked(site, case_id)
    address = task_of(site, cancelling, "say_why_wrong")
    browser = site.browser("locate_sergeant")
    refused = browser.send(address, {**REASON, "certain": "no"}, form=browser.page(address))
    assert refused.status_code == 422
    assert "only when it is certain that no child is missing" in refused.text
    twice, other = {**REASON, "reason": "duplicate"}, site.opened()
    invented = browser.send(address, {**twice, "other_case": "MC-7K3QX9PW"}, form=browser.page(address))
    assert invented.status_code == 422
    assert "No case that you may open has this reference" in invented.text
    filled(site, "locate_sergeant", address, {**twice, "other_case": other.lower()})
    decide = task_of(site, cancelling, "decide_cancellation")
    filled(site, "duty_inspector", decide, {"agreed": "no", "why": "Nobody has seen the child."})
    site.sweep()
    with reading(site.services.engine) as connection:
        assert {each.case_id for each in figures.missing_now(connection)} == {case_id, other}


def test_a_case_that_is_closed_already_is_not_cancelled(site: Site) -> None:
    case_id, browser = site.opened(), site.browser("locate_sergeant")
    with writing(site.services.engine) as connection:
        row = sa.update(episodes.EpisodeRow).where(episodes.EpisodeRow.case_id == case_id)
        connection.execute(row.values(case_closed_at=site.clock()))
    page = browser.page("/cases/open/cancellation")
    answer = browser.send("/cases/open/cancellation", {"episode": case_id}, form=page)
    assert answer.status_code == 302
    told = browser.page(answer.headers["Location"])
    assert f"No open case {case_id}" in told.text
    assert "Its page says why" in told.text
