"""The carer's form and people and places of concern: written by the placement, read by the police while the child is missing."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from engine.store import CaseTable, ReadTable, reading, writing
from tests.web.site import Browser, Site
from tests.web.test_search import reported
from web import bundle_words
from workflows import bundles, children, concerns, erasing, people, philomena
from workflows.agencies import ROLES
from workflows.philomena import EVERY_FIELD, FIELDS, NOW_FIELDS, FormMoveRow, FormRow, FormVersionRow

CARER = "placement_provider"
CANARY = "Wrenbird of the canal"
BORN = {"born-day": "3", "born-month": "5", "born-year": "2012"}
FORM = {name: f"{CANARY} {name}" for name in FIELDS} | {"name": "Robin Example"} | BORN
PERSON = {"kind": "person", "name": f"{CANARY} Sam", "relation": "Older friend", "risk": "high", "whereabouts": "", "detail": ""}  # fmt: skip


def written(site: Site, **changed: str) -> str:
    """Write a form as the carer does; give its reference."""
    answer = site.browser(CARER).send("/philomena/new", FORM | changed)
    assert answer.status_code == 303, answer.text
    return str(answer.location).rpartition("/")[2]


@pytest.fixture
def case_id(site: Site) -> str:
    return reported(site, "Robin Example", date(2012, 5, 3))


def closed(site: Site, case_id: str) -> None:
    with writing(site.services.engine) as connection:
        connection.execute(sa.update(CaseTable).where(CaseTable.id == case_id).values(status="closed"))


def test_a_carer_writes_a_form_in_versions_and_sees_when_it_is_due(site: Site) -> None:
    soon = site.clock() + timedelta(days=2)
    reference = written(
        site, **{"review-day": str(soon.day), "review-month": str(soon.month), "review-year": str(soon.year)}
    )
    site.clock.forward(hours=80)
    browser = site.browser(CARER)
    assert "Review overdue" in browser.page("/philomena").text
    page = browser.page(f"/philomena/{reference}/change")
    typed = {str(each["name"]): each.text.strip() for each in page.select("textarea")}
    typed |= {str(each["name"]): str(each.get("value", "")) for each in page.select("main input:not([type=hidden])")}
    assert typed["school"] == FORM["school"]
    answer = browser.send(f"/philomena/{reference}/change", typed | {"school": "Hill School"}, form=page)
    assert answer.status_code == 303
    shown = browser.page(f"/philomena/{reference}").text
    assert "Hill School" in shown
    assert len(re.findall(r"Version \d", shown)) == 2
    late = browser.send(f"/philomena/{reference}/change", typed | {"school": "Mine"}, form=page)
    assert late.status_code == 409
    assert "Mine" in late.text
    assert "Somebody else has changed" in late.text


def test_everything_that_is_wrong_is_said_at_once_and_what_was_typed_stays(site: Site) -> None:
    answer = site.browser(CARER).send("/philomena/new", {"name": "", "school": "Hill School"})
    assert answer.status_code == 422
    assert "full name" in answer.text
    assert "date of birth" in answer.text
    assert "Hill School" in answer.text
    answer = site.browser(CARER).send("/philomena/new", {**FORM, "born-day": "31", "born-month": "2"})
    assert "must be a real date" in answer.text
    past = site.browser(CARER).send(
        "/philomena/new", {**FORM, "review-day": "1", "review-month": "1", "review-year": "2026"}
    )
    assert (past.status_code, "today or later" in past.text) == (422, True)
    for year, said in (("12", "must be a real date"), ("2072", "that of a child"), ("1912", "that of a child")):
        answer = site.browser(CARER).send("/philomena/new", {**FORM, "born-year": year})
        assert (answer.status_code, said in answer.text) == (422, True), year


def test_a_second_form_of_one_child_is_asked_about_and_names_the_first(site: Site) -> None:
    first, browser = written(site), site.browser(CARER)
    again = browser.send("/philomena/new", FORM)
    assert (again.status_code, f"with this name and birthday: {first}" in again.text) == (422, True)
    assert FORM["school"] in again.text, "what was typed stays"
    assert browser.send("/philomena/new", FORM | {"another": "yes"}).status_code == 303


def test_the_police_read_it_beside_the_grading_and_in_the_case_till_it_is_closed(site: Site, case_id: str) -> None:
    written(site)
    site.browser(CARER).send("/philomena/new", {**FORM, "name": "Robin Other", "school": "Another child"})
    sergeant = site.browser("locate_sergeant")
    text = sergeant.page(f"/cases/{case_id}/carers-form").text
    assert [name for name in FIELDS if FORM[name] not in text] == []
    assert "Another child" not in text
    assert any("carers-form" in str(link["href"]) for link in sergeant.page(f"/cases/{case_id}").select("main a"))
    with reading(site.services.engine) as connection:
        read = sa.select(ReadTable.person, ReadTable.classes).where(ReadTable.purpose == "carer's form")
        (row,) = connection.execute(read).all()
    assert row.person == "locate_sergeant"
    assert "D6" in row.classes
    closed(site, case_id)
    for role in ("locate_sergeant", "mfh_coordinator", "duty_inspector"):
        assert site.browser(role).get(f"/cases/{case_id}/carers-form").status_code == 404
        assert CANARY not in site.browser(role).page(f"/cases/{case_id}").text


def test_what_is_true_now_is_read_with_the_form_and_asked_anew_each_time(site: Site, case_id: str) -> None:
    reference = written(site)
    browser, address = site.browser(CARER), f"/philomena/{reference}/missing"
    page = browser.page(address)
    empty = browser.send(address, {}, form=page)
    assert empty.status_code == 422
    assert "at least one thing" in empty.text
    said = {name: f"{CANARY} {name}" for name in NOW_FIELDS}
    assert browser.send(address, said, form=page).status_code == 303
    text = site.browser("locate_sergeant").page(f"/cases/{case_id}/carers-form").text
    assert [name for name in EVERY_FIELD if f"{CANARY} {name}" not in text] == []
    assert "When the child was missing" in text
    late = browser.send(address, {"now_clothing": "A red coat"}, form=page)
    assert late.status_code == 409
    assert "A red coat" in late.text

    change = browser.page(f"/philomena/{reference}/change")
    assert (
        browser.send(f"/philomena/{reference}/change", {**FORM, "school": "Hill School"}, form=change).status_code
        == 303
    )
    kept = browser.page(f"/philomena/{reference}").text
    assert said["now_checks"] in kept
    assert "Hill School" in kept
    again = browser.page(address)
    assert CANARY not in again.text
    assert browser.send(address, {"now_clothing": "A red coat"}, form=again).status_code == 303
    anew = browser.page(f"/philomena/{reference}").text
    assert said["now_checks"] not in anew
    assert "A red coat" in anew
    assert FORM["triggers"] in anew


def test_who_grades_reads_the_form_beside_the_task(site: Site, case_id: str) -> None:
    written(site)
    with reading(site.services.engine) as connection:
        rows = connection.execute(sa.text("SELECT element, number, role FROM tasks WHERE status = 'open'")).all()
        tasks = {row.element: (f"{case_id}.{row.number}", row.role) for row in rows}
    shown = [
        each
        for each in ("assess_risk", "decide_risk_grade", "endorse_risk_grade", "endorse_as_inspector")
        if each in tasks
    ]
    assert shown
    for element in shown:
        task_id, role = tasks[element]
        page = site.browser(role).page(f"/tasks/{task_id}")
        assert FORM["associates"] in page.text
        assert (FORM["medicines"] in page.text) == (role != "call_taker")


def test_a_form_with_another_name_is_named_by_its_reference(site: Site, case_id: str) -> None:
    reference = written(site, name="Bobby Sample")
    browser = site.browser("locate_sergeant")
    page = browser.page(f"/cases/{case_id}/carers-form")
    assert "No form is found" in page.text
    wrong = browser.send(f"/cases/{case_id}/carers-form", {"reference": "PH-22222222"})
    assert wrong.status_code == 422
    assert browser.send(f"/cases/{case_id}/carers-form", {"reference": reference.lower()}).status_code == 303
    assert FORM["places"] in browser.page(f"/cases/{case_id}/carers-form").text
    other = reported(site, "Wren Sample", date(2010, 1, 1))
    taken = browser.send(f"/cases/{other}/carers-form", {"reference": reference})
    assert taken.status_code == 422
    assert "There is no such form" in taken.text


def test_the_form_goes_to_the_next_placement_and_is_theirs_alone(site: Site) -> None:
    reference = written(site)
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, "oak_house", "Oak House", "placement")
    browser = site.browser(CARER)
    page = browser.page(f"/philomena/{reference}")
    assert browser.send(f"/philomena/{reference}/hand-over", {"to": ""}, form=page).status_code == 422
    assert browser.send(f"/philomena/{reference}/hand-over", {"to": "oak_house"}, form=page).status_code == 303
    assert browser.get(f"/philomena/{reference}").status_code == 404
    assert reference not in browser.page("/philomena").text
    with reading(site.services.engine) as connection:
        assert connection.execute(sa.select(FormMoveRow.went_to)).scalars().all() == ["oak_house"]


def test_no_role_finds_a_form_of_a_child_who_is_not_missing(site: Site) -> None:
    reference = written(site)
    for role in sorted(ROLES.keys() - {CARER}):
        browser = site.browser(role)
        assert browser.get(f"/philomena/{reference}").status_code in {403, 404}, role
        answer = browser.get("/search")
        if answer.status_code == 200:
            assert "Nobody was found" in browser.send("/search", {"reference": reference}).text
            assert CANARY not in browser.send("/search", {"name": "Robin Example"} | BORN).text


def noted(browser: Browser, place: str, **changed: str) -> int:
    return browser.send(f"{place}/concerns", {**PERSON, **changed}, form=browser.page(place)).status_code


def test_people_and_places_are_seen_by_the_class_of_who_says_so(site: Site, case_id: str) -> None:
    child_id = case_id.replace("MC-", "CH-")
    place, unit = f"/children/{child_id}", site.browser("ppu_cse_unit")
    answer = unit.send(f"{place}/concerns", {**PERSON, "data_class": "D4", "name": "Intelligence person"})
    assert answer.status_code == 303, answer.text
    sergeant = site.browser("locate_sergeant")
    refused = sergeant.send(f"{place}/concerns", {**PERSON, "data_class": "D4"})
    assert refused.status_code == 422
    assert CANARY in refused.text
    assert sergeant.send(f"{place}/concerns", {**PERSON, "data_class": "D5", "name": "Plan person"}).status_code == 303
    reference = written(site)
    carer = site.browser(CARER)
    assert noted(carer, f"/philomena/{reference}", name="Carer person") == 303

    def sees(role: str) -> set[str]:
        text = site.browser(role).get(place).text
        return {each for each in ("Intelligence person", "Plan person", "Carer person") if each in text}

    assert sees("locate_sergeant") == {"Intelligence person", "Plan person", "Carer person"}
    assert sees("ppu_cse_unit") == {"Intelligence person", "Plan person"}
    assert sees("csc_mash") == {"Carer person"}
    assert sees("call_taker") == {"Plan person", "Carer person"}
    closed(site, case_id)
    assert sees("mfh_coordinator") == {"Intelligence person", "Plan person"}


def test_one_is_ended_with_a_reason_and_stays(site: Site, case_id: str) -> None:
    place, browser = f"/children/{case_id.replace('MC-', 'CH-')}/concerns", site.browser("mfh_coordinator")
    browser.send(place, {**PERSON, "data_class": "D5"})
    page = browser.page(place)
    (form,) = page.select("form[action$='/end']")
    assert browser.send(str(form["action"]), {"reason": ""}, form=page).status_code == 422
    assert browser.send(str(form["action"]), {"reason": "In prison"}, form=page).status_code == 303
    page = browser.page(place)
    assert "In prison" in page.text
    assert page.select("form[action$='/end']") == []
    assert browser.send(str(form["action"]), {"reason": "Again"}, form=page).status_code == 404
    assert "In prison" not in browser.page(place.removesuffix("/concerns")).text


def test_erasing_a_child_takes_the_form_and_what_was_noted(site: Site, case_id: str) -> None:
    child_id = case_id.replace("MC-", "CH-")
    reference = written(site)
    noted(site.browser(CARER), f"/philomena/{reference}")
    site.browser("mfh_coordinator").send(f"/children/{child_id}/concerns", {**PERSON, "data_class": "D5"})
    with writing(site.services.engine) as connection:
        subject = erasing.find(connection, child_id)
        assert subject
        erasing.erase(connection, subject, proposed_by="a", approved_by="b", basis="", now=site.clock())
        for table in (FormRow, FormVersionRow, FormMoveRow, concerns.ConcernRow):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
        assert children.find(connection, child_id) is None


def test_the_childs_own_bundle_holds_the_form_without_other_people_and_no_intelligence(
    site: Site, case_id: str
) -> None:
    child_id = case_id.replace("MC-", "CH-")
    written(site, school="The school by the river, ask Mrs Bramble", associates="Kimberley Thistle")
    written_of_her = "Kimberley was there too"
    unit, force = site.browser("ppu_cse_unit"), site.browser("mfh_coordinator")
    unit.send(f"/children/{child_id}/concerns", {**PERSON, "data_class": "D4", "relation": "Secret"})
    force.send(f"/children/{child_id}/concerns", {**PERSON, "data_class": "D5"})
    for place in (
        {"name": "The skate park", "relation": ""},
        {"name": "12 Invented Road", "relation": ""},
        {"name": "The boat house", "relation": "The uncle lives there"},
    ):
        force.send(f"/children/{child_id}/concerns", {**PERSON, "kind": "place", "data_class": "D5", **place})
    with reading(site.services.engine) as connection:
        forms, noted = philomena.of_child(connection, child_id), concerns.of_child(connection, child_id)
        others = bundles.others_in((), ["Robin"], noted, forms)
        drawn = bundle_words.of_the_child(connection, child_id, [child_id], others)
    text = "\n".join(passage.text for chapter in drawn for passage in chapter.passages)
    assert "The school by the river, ask Mrs [masked]" in text
    assert "The skate park" in text
    assert "Invented Road" not in text
    assert "boat house" not in text
    assert "Thistle" not in text
    assert others.mask(written_of_her) == "[masked] was there too"
    assert "Older friend" in text
    assert "Secret" not in text
    assert f"{CANARY} Sam" not in text


AWAY = {
    "absent_since-day": "1", "absent_since-month": "3", "absent_since-year": "2026", "absent_since-time": "21:00",
    "attempts_made": f"{CANARY}: rang the aunt", "risk_considered": "Cold", "decision": "absent", "told": ["manager"],
}  # fmt: skip


def test_a_short_absence_is_recorded_with_what_became_of_it_and_counted(site: Site, case_id: str) -> None:
    place = f"/philomena/{written(site)}/absences"
    browser = site.browser(CARER)
    page = browser.page(place)
    typed = {str(each["name"]) for each in page.select("main input, main textarea")}
    assert AWAY.keys() <= typed, typed
    assert browser.send(place, {"attempts_made": "Rang"}).status_code == 422
    for _ in range(2):
        assert browser.send(place, AWAY, form=page).status_code == 303
    page = browser.page(place)
    assert "1 absence, 1 in the last 90 days. The police were told of 0." in page.text
    (link,) = page.select("a[href*='/absences/']")
    one = browser.page(str(link["href"]))
    when = {"outcome_at-day": "1", "outcome_at-month": "3", "outcome_at-year": "2026", "outcome_at-time": "20:00"}
    early = browser.send(str(link["href"]), {"outcome": "report_missing", **when}, form=one)
    assert early.status_code == 422
    assert "after the child went" in early.text
    done = {"outcome": "report_missing", **when, "outcome_at-time": "22:30"}
    assert browser.send(str(link["href"]), done, form=one).status_code == 303
    assert browser.send(str(link["href"]), done, form=one).status_code == 409

    child = f"/children/{case_id.replace('MC-', 'CH-')}"
    for role, sees in (("mfh_coordinator", True), ("csc_mash", True), ("ppu_cse_unit", False)):
        text = site.browser(role).page(child).text
        assert ("The police were told of 1." in text) == sees, role
        assert (CANARY in text) == sees, role
