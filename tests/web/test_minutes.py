"""The minutes of a meeting are read by the agencies that sat in it, "if attended" (domain.md 5.2, D10), and by no other of their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Actor
from engine.store import reading, writing
from tests.web.canaries import Planted, found_in, unread
from tests.web.site import Site
from workflows import access, attendance, children, commissioning, people, philomena, verification
from workflows.access import Standing
from workflows.attendance import AttendanceRow
from workflows.commissioning import SERVICE
from workflows.people import Membership, OrganisationRow
from workflows.philomena import Written

CASE, CITY = "kit", "nottingham_city"
DAY = date(2026, 3, 1)
EVERYBODY = ("police", "csc", "health", "placement", "rhi_provider", "youth_justice")
AGENCIES = ("health", "placement_provider", "rhi_worker", "yjs")
LAST = ("issue_minutes", "do_meeting_action", "close_police_enquiry", "close_case")


@dataclass
class Met(Planted):
    """Plants canaries, and says who sat in the meeting."""

    attended: Sequence[str] = ()

    def answers(self, form: Any, element: str) -> dict[str, Any]:
        said = super().answers(form, element)
        return said | {"attended": list(self.attended)} if element == "hold_meeting" else said


def met(site: Site, *attended: str) -> str:
    """Bring a child's case, in which every free text is a canary, to where the meeting was held; the child lives in the demo's home."""
    planted = Met(site.services, site.clock(), CASE, attended=attended)
    case_id = planted.open()
    planted.work(until=LAST)
    site.clock.now = site.wall_clock.now = planted.now
    with writing(site.services.engine) as connection:
        child_id = children.child_of(connection, case_id)
        assert child_id
        carer, now = Actor("carer", frozenset({philomena.OWNS}), "elm_house"), site.clock()
        about = Written("Kit Example", date(2012, 5, 3), None, {})
        form = philomena.create(connection, "elm_house", about, by=carer, now=now)
        philomena.say_whose(connection, form, child_id, by=carer, now=now)
    return case_id


def second(site: Site, kind: str, role: str) -> str:
    """Let a second agency of a kind work here, with somebody in a role."""
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, f"second_{kind}", f"Second {kind}", kind)
        name, held = f"second_{role}", [Membership(role, f"second_{kind}")]
        mail = f"{kind}@example.org"
        people.add(connection, name, name=name, mail=mail, password=None, memberships=held, now=site.clock())
    return name


def name(site: Site, *agencies: str) -> None:
    """Let the council of the cases work here, and name these agencies."""
    by, row = Actor(SERVICE, frozenset({SERVICE})), OrganisationRow
    with writing(site.services.engine) as connection:
        if connection.execute(sa.select(row.key).where(row.key == CITY)).first() is None:
            people.add_organisation(connection, CITY, "Example City Council", "local_authority")
        for agency in agencies:
            commissioning.commission(connection, CITY, agency, DAY, "Agreed", by=by, now=site.clock())


def reads(site: Site, sign_in: str, case_id: str) -> bool | None:
    """Tell whether somebody reads the minutes of a case; None for who does not learn that it exists."""
    browser = site.browser(sign_in)
    page = browser.get(f"/cases/{case_id}")
    assert (case_id in browser.page("/cases").text) is (page.status_code == 200)
    assert page.status_code in {200, 404}
    return ("D10", CASE) in found_in(page.text) if page.status_code == 200 else None


def test_each_agency_that_sat_in_the_meeting_reads_its_minutes(site: Site) -> None:
    case_id = met(site, *EVERYBODY)
    alone = {"health": None, "placement_provider": True, "rhi_worker": True, "yjs": None}
    assert {name: reads(site, name, case_id) for name in AGENCIES} == alone, "nobody has named who is asked"
    name(site, "example_health", "example_youth_justice")
    assert {name: reads(site, name, case_id) for name in AGENCIES} == dict.fromkeys(AGENCIES, True)
    assert reads(site, "school_dsl", case_id) is None
    may = {CASE: access.readable({"health"}, standing=Standing.OPEN, attended={"health"})}
    assert unread(site.browser("health").get(f"/cases/{case_id}").text, may) == set()


def test_who_did_not_sit_there_reads_nothing_of_it(site: Site) -> None:
    case_id = met(site, "police", "csc")
    name(site, "example_health", "example_youth_justice")
    found = {name: reads(site, name, case_id) for name in AGENCIES}
    assert found == {"health": None, "yjs": None, "placement_provider": None, "rhi_worker": False}


def test_where_several_could_have_sat_there_it_is_the_one_of_the_case_or_none(site: Site) -> None:
    others = [second(site, kind, role) for kind, role in (("health", "health"), ("placement", "placement_provider"))]
    provider = second(site, "interview_provider", "rhi_worker")
    case_id = met(site, *EVERYBODY)
    name(site, "example_health")
    assert [reads(site, each, case_id) for each in ("health", *others)] == [True, None, None]
    name(site, "second_health")
    assert [reads(site, each, case_id) for each in ("health", *others)] == [None, None, None]
    assert reads(site, "placement_provider", case_id) is True
    assert [reads(site, each, case_id) for each in ("rhi_worker", provider)] == [False, False], "nobody is commissioned"
    name(site, "safe_steps")
    assert [reads(site, each, case_id) for each in ("rhi_worker", provider)] == [True, None]


def test_what_is_kept_is_what_the_log_says(site: Site) -> None:
    case_id = met(site, *EVERYBODY)
    asked = sa.select(AttendanceRow.case_id, AttendanceRow.kind).order_by(AttendanceRow.kind)

    def kept() -> list[tuple[str, str]]:
        with reading(site.services.engine) as connection:
            return [tuple(each) for each in connection.execute(asked)]

    before = kept()
    assert before == [(case_id, kind) for kind in ("health", "interview_provider", "placement", "youth_justice")]
    assert list(verification.check(site.services.engine)) == []
    verification.rebuild(site.services.engine)
    assert kept() == before


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        ({}, set()),
        ({"meeting": {"1": {"outcome": "held", "attended": ["police", "health"]}}}, {"health"}),
        ({"meeting": {"1": {"outcome": "not_held"}, "2": {"outcome": "held", "attended": ["health"]}}}, {"health"}),
        (
            {"meeting": {"1": {"outcome": "held", "attended": ["health"]}, "2": {"outcome": "held", "attended": []}}},
            set(),
        ),
        ({"strategy_discussion": {"": {"attended": ["health", "return_interview"]}}}, {"health", "interview_provider"}),
        (
            {
                "strategy_discussion": {"": {"attended": ["health", "placement"]}},
                "conference": {"": {"outcome": "not_borne_out"}},
                "follow_up_meeting": {"1": {"attended": ["health"]}},
            },
            {"health"},
        ),
        ({"strategy_discussion": {"": {"attended": ["health"]}}, "conference": {"": {"outcome": "held"}}}, set()),
    ],
)
def test_a_kind_has_to_sit_in_every_meeting_of_a_case(facts: dict[str, Any], kinds: set[str]) -> None:
    """A conference of before its form asked who took part counts as one in which nobody sat."""
    every = {record for records in attendance.MEETINGS.values() for record in records}
    assert attendance.sat_in_each(facts, every) == kinds


def test_every_answer_that_names_an_agency_is_known(site: Site) -> None:
    """An answer that is new to a form gives nobody the minutes until somebody has said which kind of agency it is."""
    anyhow = {"police", "csc", "social_care", "school", "carer", "other"}
    for procedure, records in attendance.MEETINGS.items():
        forms = site.services.cases.library.newest(procedure)[1].forms_by_record
        for record in records:
            form = forms[record]
            field = next(each for each in form.fields if each.key == attendance.ATTENDED)
            said = {choice.value for choice in field.choices}
            assert said <= anyhow | attendance.KINDS.keys(), record
