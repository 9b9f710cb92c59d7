"""The reviewer's page: who looked at what, what is unusual, who looked at one record, and what was found."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store import ReadTable, reading, writing
from tests.web.site import Site
from workflows import people, seals
from workflows.agencies import ROLES
from workflows.seals import Wanted


def test_a_look_at_night_is_put_before_the_reviewer_and_signed_off(site: Site) -> None:
    case_id = site.opened()
    site.clock.forward(hours=14)
    assert site.browser("mfh_coordinator").get(f"/cases/{case_id}").status_code == 200
    reviewer = site.browser("information_governance")
    page = reviewer.page("/reads")
    assert "1 day to be reviewed" in page.text
    assert f"Looked at records at night or on a day off, in a role that works in the day: {case_id}" in page.text
    form = page.select_one("section form")
    assert form is not None
    sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[type=hidden]")}
    doubt = reviewer.post("/reads", data=sent | {"verdict": "look_into", "text": ""})
    assert doubt.status_code == 422
    assert "Say what is to be looked into" in doubt.text
    assert reviewer.post("/reads", data=sent | {"verdict": "in_order", "text": "On call that night"}).status_code == 302
    after = reviewer.page("/reads").text
    assert "0 days to be reviewed" in after
    assert "On call that night" in after


def test_who_looked_at_a_record_is_answered_for_reviewers_only(site: Site) -> None:
    case_id = site.opened()
    site.browser("duty_inspector").get(f"/cases/{case_id}")
    shown = site.browser("audit_lead").page(f"/reads?about={case_id.lower()}")
    assert [cell.text for cell in shown.select("td[data-head='Who']")] == ["Femi Example"]
    assert site.browser("duty_inspector").get("/reads").status_code == 403


def test_an_auditor_reads_the_log_and_signs_nothing_off(site: Site) -> None:
    case_id = site.opened()
    site.clock.forward(hours=14)
    site.browser("mfh_coordinator").get(f"/cases/{case_id}")
    auditor = site.browser("audit_lead")
    page = auditor.page("/reads")
    assert page.select("section form") == []
    sent = {"person": "mfh_coordinator", "day": "2026-03-02", "verdict": "in_order"}
    assert auditor.send("/reads", sent, form=auditor.page("/break-glass/log")).status_code in {400, 403}


def test_what_cannot_be_read_in_the_address_is_taken_as_the_last_week(site: Site) -> None:
    page = site.browser("information_governance").page("/reads?first=never&last=31-31&who=%27")
    assert "0 days to be reviewed" in page.text


def test_asking_for_records_of_which_one_may_not_know_is_written_down_like_asking_for_none(site: Site) -> None:
    case_id = site.opened()
    browser = site.browser("school_dsl")
    for address in (f"/cases/{case_id}", f"/tasks/{case_id}.1", "/cases/MC-ZZZZZZZZ", "/children/CH-ZZZZZZZZ"):
        assert browser.get(address).status_code == 404
    assert browser.get("/cases/nobody%00knows").status_code == 404
    with reading(site.services.engine) as connection:
        asked = sa.select(ReadTable.case_id, ReadTable.purpose).where(ReadTable.person == "school_dsl")
        rows = [tuple(row) for row in connection.execute(asked.order_by(ReadTable.id))]
    assert rows == [(each, "refused") for each in (case_id, case_id, "MC-ZZZZZZZZ", "CH-ZZZZZZZZ")]
    page = site.browser("information_governance").page("/reads")
    assert f"or that there are not: {case_id}, MC-ZZZZZZZZ, CH-ZZZZZZZZ" in page.text


def test_a_look_at_something_sealed_is_reviewed_without_its_reference_but_by_its_group(site: Site) -> None:
    """The reference stood there for whoever reads the log; and a look that was refused told a sealed record from none."""
    shut, invented, now = site.opened(), "MC-ZZZZZZZZ", site.clock()
    group = tuple(sorted(ROLES.keys() - {"audit_lead", "school_dsl", "health"}))
    with writing(site.services.engine) as connection:
        chief = people.find(connection, "chief_inspector_missing").actor
        seals.seal(connection, Wanted(shut, (shut,), group, "The father works here."), by=chief, now=now)
    site.clock.forward(hours=14)
    assert site.browser("mfh_coordinator").get(f"/cases/{shut}").status_code == 200
    for reference in (shut, invented, "MC-99999999"):
        assert site.browser("school_dsl").get(f"/cases/{reference}").status_code == 404
    auditor, officer = site.browser("audit_lead"), site.browser("information_governance")
    page = auditor.page("/reads")
    assert "in a role that works in the day: something that is sealed" in page.text
    assert f"or that there are not: {shut}, {invented}, MC-99999999" in page.text
    looked = [auditor.page(f"/reads?about={each}").select("td[data-head='What for']") for each in (shut, invented)]
    assert [[cell.text for cell in cells] for cells in looked] == [["refused"], ["refused"]]
    assert f"in a role that works in the day: {shut}" in officer.page("/reads").text
    assert len(officer.page(f"/reads?about={shut}").select("td[data-head='What for']")) > 1
