"""No text is seen outside its audience: every page, file, form, search and mail, as every person, held to `need_to_know`."""

from __future__ import annotations

import gc
import io
from datetime import timedelta
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from werkzeug.wrappers import Response

from engine import history, timers
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.web.aviary import CHIEF, CRANE, HERON, JAY, MORE, OWL, ROBIN, WREN, photograph
from tests.web.crawler import read
from tests.web.need_to_know import COLUMN_OF, EXCEPTIONS, MARKS, OFFICES, READS, READS_NOTHING, knows, reads
from tests.web.nest import Nest, Walk, looks
from tests.web.planting import found_in, is_free, text_of
from web.demo_people import SECOND_AUDITOR
from workflows import access, board_mails, copies, notice_kinds, notices
from workflows.access import Access
from workflows.agencies import ROLES
from workflows.bundles import MAKES
from workflows.notice_kinds import KINDS
from workflows.redacting import UNREAD, TakenOutRow
from workflows.vocabulary import DATA_CLASS

PEOPLE = sorted({*ROLES, *MORE})

BY_OFFICE = {
    "retention": ("information_governance", CHIEF),
    "bundle": ("information_governance",),
    "oversight, audits": ("partnership_board", "board_secretary", "board_chair"),
}
"""Looks with a purpose of an office: ends of periods, what the law has to be given, the figures of the audits."""


# What is planted, and what it is held to ------------------------------------------------------------------------------


def test_there_is_a_canary_of_every_class_in_a_case_of_every_standing(nest: Nest) -> None:
    flock = nest.flock
    forms = nest.site.services.cases.release_of(flock.cases[HERON]).forms
    assert {each.data_class for form in forms.values() for each in form.fields if is_free(each)} <= flock.seen
    of_carers = {"D6"}
    assert flock.seen | of_carers == set(DATA_CLASS)
    standings = {(held.standing.name, held.sampled, held.sealed_for is not None) for held in flock.held.values()}
    assert standings == {
        ("OPEN", False, False),
        ("OPEN", False, True),
        ("CLOSED", False, False),
        ("CLOSED", True, False),
        ("CLOSED", False, True),
        ("GROWN_UP", False, False),
    }
    assert {held.council for held in flock.held.values()} >= {"nottinghamshire_county", "nottingham_city"}
    assert set(flock.people) == {*PEOPLE, SECOND_AUDITOR}, "who holds what the audit lead holds"


def test_the_specification_is_typed_whole_and_each_difference_has_its_reason() -> None:
    assert {kind for _role, kind in MARKS} == set(DATA_CLASS)
    assert set(MARKS.values()) == {*READS, *READS_NOTHING}
    in_a_column = [role for roles in COLUMN_OF.values() for role in roles]
    assert len(in_a_column) == len(set(in_a_column))
    assert {*in_a_column, "host_la"} <= set(ROLES)
    assert all(why for _what, why in (*EXCEPTIONS.values(), *OFFICES.values()))


# The walk -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_and_no_file_shows_somebody_what_they_may_not_read(
    nest: Nest, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever may know of a case gets its page, and nobody else; what may be read of it stands there."""
    caplog.set_level("INFO")
    walk = Walk(nest, nest.flock.people[name])
    walk.go()
    assert walk.found == {}
    assert found_in(caplog.text) == set()
    cases = {key: held for key, held in nest.flock.held.items() if held.is_case}
    opened = {held.case_id: walk.crawl.answered[f"/cases/{held.case_id}"] == 200 for held in cases.values()}
    assert opened == {held.case_id: knows(walk.who, held) for held in cases.values()}
    readable = {key for key, held in cases.items() if held.is_episode and {"D1", "D2"} & reads(walk.who, held)}
    assert readable <= {owner for _kind, _extent, owner in walk.sung}, "what may be read is there"


ONE_OF_EACH_COLUMN = sorted(min(roles) for roles in COLUMN_OF.values())


@pytest.mark.parametrize("name", ONE_OF_EACH_COLUMN)
def test_no_page_on_which_an_answer_is_put_right_shows_more(nest: Nest, name: str) -> None:
    case_id = nest.flock.cases[HERON]
    records = sa.text("SELECT record, min(record_key) FROM fact_values WHERE case_id = :case GROUP BY record")
    with reading(nest.site.services.engine) as connection:
        kept = connection.execute(records, {"case": case_id}).all()
    browser, who, found = nest.site.browser(name), nest.flock.people[name], {}
    for record, key in kept if knows(who, nest.flock.held[HERON]) else ():
        address = f"/cases/{case_id}/correct/{record}/{key}".rstrip("/")
        if wrong := nest.leaks(who, browser.get(address).text):
            found[address] = wrong
    assert found == {}


def test_every_look_that_was_written_down_is_one_that_the_specification_allows(nest: Nest) -> None:
    """G-32 over the log itself: nothing but what a role reads in some case, or writes in its own tasks."""
    seen = set()
    for name in PEOPLE:
        browser, who = nest.site.browser(name), nest.flock.people[name]
        for address in (f"/cases/{nest.flock.cases[ROBIN]}", f"/children/{nest.flock.children[HERON]}", "/promises"):
            browser.get(address)
        may = {kind for role in who.roles for kind in DATA_CLASS if MARKS.get((role, kind), "-") not in {"-", "agg"}}
        for purpose, kind in looks(nest, name):
            seen.add(name)
            assert kind.rstrip("SF") in may or name in BY_OFFICE.get(purpose, ()), (name, purpose, kind)
    assert len(seen) > 20


# Planted faults: each of these turns the walk red ---------------------------------------------------------------------


def shown(nest: Nest, name: str, *addresses: str) -> set[tuple[str, str]]:
    """Give what somebody sees of these pages and should not."""
    browser, who = nest.site.browser(name), nest.flock.people[name]
    return {wrong for each in addresses for wrong in nest.leaks(who, browser.get(each).text)}


NARROW = [
    (role, kind, bird)
    for role, kind, bird in (
        ("call_taker", "D7", ROBIN),
        ("control_room_supervisor", "D9", ROBIN),
        ("locate_sergeant", "D8", HERON),
        ("mfh_coordinator", "D8", HERON),
        ("ppu_cse_unit", "D8", HERON),
        ("csc_mash", "D8", HERON),
        ("csc_team_manager", "D4", HERON),
        ("edt", "D8", HERON),
        ("other_rhi_worker", "D4", ROBIN),
        ("rhi_worker", "D1", HERON),
        ("other_placement_provider", "D7", ROBIN),
        ("other_school_dsl", "D1", ROBIN),
        ("other_health", "D2", ROBIN),
        ("other_iro", "D4", ROBIN),
        ("other_yjs", "D3", ROBIN),
        ("audit_lead", "D4", HERON),
        ("host_la", "D3", ROBIN),
    )
]


@pytest.mark.parametrize(("name", "kind", "bird"), NARROW)
def test_a_mark_of_the_table_that_is_widened_is_seen(
    nest: Nest, monkeypatch: pytest.MonkeyPatch, name: str, kind: str, bird: str
) -> None:
    address, role = f"/cases/{nest.flock.cases[bird]}", name.removeprefix("other_")
    assert shown(nest, name, address) == set()
    [table] = gc.get_referents(access.MATRIX)  # what stands behind the view that nobody can write to
    monkeypatch.setitem(table, (kind, role), Access.READ)
    assert kind in {found.rstrip("SF") for found, _owner in shown(nest, name, address)}


@pytest.mark.parametrize(
    ("name", "bird", "fault"),
    [
        ("duty_inspector", WREN, "DELETE FROM seal_cases"),
        ("other_csc_social_worker", OWL, "UPDATE episodes SET responsible_authority = 'nottingham_city'"),
        ("other_placement_provider", JAY, "UPDATE philomena SET owner = 'oak_house'"),
        ("other_school_dsl", JAY, "UPDATE child_details SET school = 'hill_school'"),
        ("other_health", JAY, "UPDATE commissions SET provider = 'city_health' WHERE provider = 'example_health'"),
        ("other_yjs", JAY, "UPDATE commissions SET provider = 'city_youth' WHERE provider LIKE '%youth_justice'"),
        ("audit_lead", HERON, "UPDATE vettings SET person = 'audit_lead'"),
        ("rhi_worker", HERON, "UPDATE cases SET status = 'open' WHERE id = :case"),
        ("rhi_worker", OWL, "UPDATE children SET born_on = '2012-01-01'"),
        (
            "audit_lead",
            ROBIN,
            "UPDATE audit_samples SET sampled_case = (SELECT case_id FROM episodes WHERE case_id = :case)",
        ),
        ("csc_team_manager", WREN, "UPDATE break_glass SET person = 'csc_team_manager', about = :case"),
    ],
)
def test_a_case_that_is_taken_for_somebody_elses_or_for_another_standing_is_seen(
    nest: Nest, name: str, bird: str, fault: str
) -> None:
    """As if the product took no notice of the seal, whose it is, the vetting, the end, the birthday, the sample or who gave a reason."""
    case_id = nest.flock.cases[bird]
    assert shown(nest, name, f"/cases/{case_id}") == set()
    with writing(nest.site.services.engine) as connection:
        connection.execute(sa.text(fault), {"case": case_id} if ":case" in fault else {})
    assert shown(nest, name, f"/cases/{case_id}")


def test_a_text_in_a_header_in_an_address_in_an_archive_and_a_fault_are_found(nest: Nest) -> None:
    walk, packed = Walk(nest, nest.flock.people["ceop"]), io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr(f"{text_of('D2', HERON)}.html", text_of("D3", HERON))
    named, link = f"attachment; filename={text_of('D1', HERON)}", f"<a href='/cases?name={text_of('D4', HERON)}'>x</a>"
    for answer, found in (
        (Response("", headers={"Content-Disposition": named}), {("D1", HERON)}),
        (Response("", 302, {"Location": f"/cases?{text_of('D1', HERON)}"}), {("D1", HERON), ("address", HERON)}),
        (Response(packed.getvalue(), mimetype="application/zip"), {("D2", HERON), ("D3", HERON)}),
        (Response(f"<html>{link}</html>", mimetype="text/html"), {("D4", HERON), ("address", HERON)}),
        (Response("", 500), {("fault", "")}),
        (Response("", 404), set()),
    ):
        assert walk.wrong(read("GET", "/cases", answer)) == found


# What leaves ----------------------------------------------------------------------------------------------------------


def messages(nest: Nest) -> list[tuple[str, ...]]:
    """Give every message that was ever put into the outbox: its key, to whom, subject and text."""
    row = OutboxRow
    with reading(nest.site.services.engine) as connection:
        return [tuple(each) for each in connection.execute(sa.select(row.key, row.recipient, row.subject, row.text))]


def test_no_message_holds_a_canary(nest: Nest) -> None:
    """Alerts, reminders and escalations of a week in which nobody does anything more; merges, openings, notices, figures, corrections."""
    here, url = nest.site.services, nest.site.services.settings.base_url
    later = nest.flock.now + timedelta(days=8)
    timers.sweep(here.cases, now=later)
    notices.chase(here.engine, later)
    copies.remind(here.engine, url, later)
    board_mails.tell(here.engine, url, later + timedelta(days=30))
    found = messages(nest)
    assert [each for each in found if found_in(repr(each))] == []
    kinds = {key.partition("/")[0].partition("-")[0] for key, *_rest in found}
    assert {"MC", "SE", "merge", "glass", "board"} <= kinds
    keys = " ".join(key for key, *_rest in found)
    assert all(part in keys for part in ("/notice", "/notice/again")), keys
    assert len(found) > 200


@pytest.mark.parametrize("name", sorted(MAKES))
def test_what_is_given_away_holds_no_more_than_may_be_given(nest: Nest, name: str) -> None:
    """Of each case and of each child; what others may read of a case is no part of it, nor what is sealed from the giver."""
    browser, flock, given = nest.site.browser(name), nest.flock, set()
    who = flock.people[name]
    asked = {"recipient": "The court", "basis": "childrens_services", "classes": sorted(DATA_CLASS)}
    for address in (
        *(f"/bundles/case/{case}" for case in flock.cases.values()),
        *(f"/bundles/child/{child}" for child in flock.children.values()),
    ):
        page = browser.get(address)
        if page.status_code in {403, 404}:
            continue
        place = browser.send(address, asked, form=BeautifulSoup(page.text, "html.parser")).location
        with writing(nest.site.services.engine) as connection:
            unread = sa.update(TakenOutRow).where(TakenOutRow.ground == UNREAD)
            connection.execute(unread.values(back_by=name, back_at=flock.now))
        assert browser.send(f"{place}/seal", {"read": "yes"}, form=browser.page(place)).status_code == 303, address
        seen = read("GET", place, browser.get(f"{place}/file"))
        assert seen.status == 200, address
        given.add(address)
        looked = browser.get(place).text
        assert name == "information_governance" or nest.leaks(who, looked) == set()
        inside = {kind for kind, _extent, _owner in found_in(seen.text)}
        assert inside or address.endswith(flock.children[CRANE])
        assert inside.isdisjoint({"D4", "D12"})
        assert name == "information_governance" or nest.leaks(who, seen.text) == set()
    assert given


def test_a_photograph_says_nothing_but_what_is_on_it(nest: Nest) -> None:
    assert found_in(photograph(HERON).decode("latin-1")) == {("D1", "", HERON)}
    address = f"/children/{nest.flock.children[HERON]}/photograph"
    for name in ("call_taker", "mfh_coordinator"):
        answer = nest.site.browser(name).get(address)
        assert answer.mimetype == "image/jpeg"
        assert found_in(f"{answer.headers}{answer.data.decode('latin-1')}") == set()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("when", ["missing", "back"])
def test_no_notice_holds_what_it_never_includes(nest: Nest, kind: str, when: str) -> None:
    """What its own fields hold is there, so that the canaries are known to sing."""
    case_id, told = nest.flock.cases[HERON], KINDS[kind]
    release = nest.site.services.cases.release_of(case_id)
    with reading(nest.site.services.engine) as connection:
        facts = history.facts_at(connection, case_id, nest.site.clock())
    if when == "missing":
        facts = {record: keys for record, keys in facts.items() if record != "found"}
    shown = repr(notice_kinds.content(told, facts, release))
    classes = {data_class for data_class, _extent, _name in found_in(shown)}
    assert classes <= told.classes(release)
    assert classes.isdisjoint(told.never)
    assert "D1" in classes or kind == "inspectorate_notice"
    places = {place for line in told.shows for place in line.places}
    texts = {
        (record, each.key): sum(map(is_free, each.asked))
        for record, form in release.forms_by_record.items()
        for each in form.fields
    }
    free = {place for place, count in texts.items() if count}
    home = {("missing_report", "home_address")} if kind == "host_notice" else set()
    once = {("case_opening", "child_name")}
    assert shown.count("Canary") <= sum(texts[place] for place in (places & free) - once | home)


def test_a_summary_is_read_by_those_who_may_read_no_more_of_its_class(nest: Nest) -> None:
    address = f"/cases/{nest.flock.cases[HERON]}"
    sung = {
        name: {(kind, extent) for kind, extent, owner in found_in(nest.site.browser(name).get(address).text)}
        for name in ("locate_sergeant", "mfh_coordinator", "rhi_worker", "csc_mash")
    }
    assert ("D9", "S") in sung["locate_sergeant"]
    assert ("D9", "") not in sung["locate_sergeant"]
    assert {("D9", "S"), ("D9", ""), ("D8", "S")} <= sung["mfh_coordinator"]
    assert ("D8", "") not in sung["mfh_coordinator"]
    assert ("D8", "") in sung["rhi_worker"]
    assert ("D8", "") not in sung["csc_mash"]
