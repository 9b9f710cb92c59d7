"""What is given out: a child's own bundle names nobody else, a case is given as it was known then, and each is noted first."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from engine.model import Actor
from engine.store import ReadTable, reading, writing
from tests.web.site import Site
from web import demo_cases
from workflows import children, episodes, people, seals
from workflows.agencies import ROLES
from workflows.disclosures import DisclosureRow
from workflows.seals import Wanted

ANN = Actor("ann", frozenset({"mfh_coordinator"}), "force")


@pytest.fixture
def casey(site: Site) -> tuple[str, str]:
    """A case of the demonstration with a reporter's name in a field and in a free text; and the child's id."""
    demo_cases.open_cases(site.services, site.clock())
    row = episodes.EpisodeRow
    with reading(site.services.engine) as connection:
        case_id = connection.execute(sa.select(row.case_id).where(row.child_name.startswith("Casey"))).scalar_one()
        child_id = children.child_of(connection, case_id)
    right = {"reporter_name": "Marigold Thistle", "circumstances": "Marigold saw Casey at the bus stop."}
    site.services.cases.correct(
        case_id, "missing_report", "", right, by=ANN, now=site.clock(), key="r", reason="Misheard"
    )
    return str(case_id), str(child_id)


def unpacked(data: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def noted(site: Site) -> list[tuple[str, str, str]]:
    row = DisclosureRow
    with reading(site.services.engine) as connection:
        return [(a, b, c) for a, b, c in connection.execute(sa.select(row.about, row.given_to, row.basis))]


def test_a_childs_own_bundle_never_names_who_reported(site: Site, casey: tuple[str, str]) -> None:
    case_id, child_id = casey
    browser, address = site.browser("information_governance"), f"/bundles/child/{child_id}"
    answer = browser.send(address, {"recipient": "Casey Example"})
    assert answer.status_code == 200
    files = unpacked(answer.data)
    assert set(files) == {"bundle.html", "bundle.json", "read_first.html"}
    assert not [name for name, text in files.items() if "Marigold" in text or "Thistle" in text or "01632 960" in text]
    assert "[masked] saw Casey at the bus stop." in files["bundle.html"]
    assert "Who reported, or told us in confidence" in files["bundle.html"]
    assert "Casey Example" in files["bundle.html"]
    found = json.loads(files["bundle.json"])
    assert case_id in {case["reference"] for case in found["cases"]}
    assert {
        "record": "missing_report",
        "field": "reporter_name",
        "whom": "Who reported, or told us in confidence",
    } in found["masked"]
    assert (child_id, "Casey Example", "subject_access") in noted(site)
    assert (case_id, "Casey Example", "subject_access") in noted(site)
    with reading(site.services.engine) as connection:
        purposes = connection.execute(sa.select(ReadTable.purpose).where(ReadTable.case_id == case_id)).scalars()
        assert "bundle" in set(purposes)


def test_of_a_sealed_child_nothing_is_given_but_by_its_group(site: Site, casey: tuple[str, str]) -> None:
    """What stood for no record was the empty reference, which is that of every case that no message opened: all were given."""
    case_id, child_id = casey
    group = tuple(sorted(ROLES.keys() - {"information_governance"}))
    with writing(site.services.engine) as connection:
        chief = people.find(connection, "chief_inspector_missing").actor
        seals.seal(connection, Wanted(child_id, (case_id,), group, "He works here."), by=chief, now=site.clock())
    browser = site.browser("information_governance")
    for reference in (child_id, case_id, "CH-ZZZZZZZZ"):
        assert browser.get(f"/bundles/child/{reference}").status_code == 404
        form = browser.page("/retention")
        token = {"csrf_token": form.select("[name=csrf_token]")[0]["value"], "recipient": "Casey Example"}
        assert browser.post(f"/bundles/child/{reference}", data=token).status_code == 404
    assert noted(site) == []


def test_without_a_recipient_nothing_is_given_and_nothing_noted(site: Site, casey: tuple[str, str]) -> None:
    address = f"/bundles/child/{casey[1]}"
    assert site.browser("information_governance").send(address, {"recipient": " "}).status_code == 422
    answer = site.browser("mfh_coordinator").send(f"/bundles/case/{casey[0]}", {"at-day": "31", "at-month": "2"})
    page = BeautifulSoup(answer.text, "html.parser")
    assert len(page.select(".govuk-error-summary__list li")) == 4
    assert noted(site) == []


def test_a_case_is_given_as_it_was_known_then(site: Site, casey: tuple[str, str]) -> None:
    case_id, browser = casey[0], site.browser("mfh_coordinator")
    site.clock.forward(hours=2)
    then = site.clock() - timedelta(hours=1)
    right = {"circumstances": "It was the tram stop."}
    site.services.cases.correct(case_id, "missing_report", "", right, by=ANN, now=site.clock(), key="s", reason="Wrong")
    given = {"recipient": "Meadow School", "basis": "school_or_health", "classes": ["D1", "D2"]}
    at = {"at-day": f"{then.day}", "at-month": f"{then.month}", "at-year": f"{then.year}", "at-time": f"{then:%H:%M}"}
    address = f"/bundles/case/{case_id}"
    now = unpacked(browser.send(address, given).data)["bundle.html"]
    before = unpacked(browser.send(address, given | at).data)["bundle.html"]
    assert ("tram stop" in now, "bus stop" in now) == (True, False)
    assert ("tram stop" in before, "bus stop" in before) == (False, True)
    assert noted(site) == [(case_id, "Meadow School", "school_or_health")] * 2
    assert "To Meadow School" in browser.page(f"/cases/{case_id}").text


def test_only_classes_that_the_giver_reads_are_given(site: Site, casey: tuple[str, str]) -> None:
    browser, address = site.browser("mfh_coordinator"), f"/bundles/case/{casey[0]}"
    offered = {box["value"] for box in browser.page(address).select("input[name=classes]")}
    assert "D8" not in offered
    assert "D4" not in offered
    given = {"recipient": "A court", "basis": "court_order", "classes": ["D8", "D4"]}
    assert browser.send(address, given).status_code == 422
    assert site.browser("csc_team_manager").get("/bundles/case/MC-22222222").status_code == 404
