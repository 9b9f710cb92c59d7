"""Who is vetted, from when until when, as the administrator of their agency says: an auditor who is reads intelligence, no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from tests.web.site import Site
from web.demo_people import ORGANISATIONS
from workflows import access, people, vetting
from workflows.access import Standing
from workflows.administration import ADMINISTRATOR, AdministrationRow
from workflows.people import Membership

AUDITOR, POLICE, COUNCIL = "audit_lead", ORGANISATIONS["police"][0], ORGANISATIONS["local_authority"][0]
WHY = "Cleared by the vetting unit"
FROM = {"vetted-day": "1", "vetted-month": "3", "vetted-year": "2026"}
UNTIL = {"until-day": "1", "until-month": "3", "until-year": "2027"}


def sent(
    site: Site, status: int = 302, *, act: str = "", of: str = AUDITOR, by: str = ADMINISTRATOR, **typed: str
) -> str:
    browser = site.browser(by)
    token = str(browser.page("/people").select("input[name=csrf_token]")[0]["value"])
    said = {"csrf_token": token, "agency": POLICE, "why": WHY, **({} if act else FROM | UNTIL), **typed}
    answer = browser.post(f"/people/{of}/vetting{act}", data=said)
    assert answer.status_code == status, answer.text
    return answer.text


def reads(site: Site, **later: float) -> frozenset[str]:
    """Name what the auditor reads in a case that is in a sample."""
    with reading(site.services.engine) as connection:
        who, now = people.find(connection, AUDITOR).actor, site.clock() + timedelta(**later)
        vetted = vetting.roles_of(connection, who, now)
    return access.readable(who.roles, standing=Standing.CLOSED, sampled=True, vetted=vetted)


def test_who_is_vetted_reads_intelligence_from_the_first_day_until_the_last(site: Site) -> None:
    assert "D4" not in reads(site)
    sent(site)
    assert "D4" in reads(site)
    assert "D11" not in reads(site), "the same page says who it is"
    assert "D4" not in reads(site, days=-2)
    assert "D4" in reads(site, days=363)
    assert "D4" not in reads(site, days=364)
    assert "Vetted from" in site.browser(ADMINISTRATOR).page(f"/people/{AUDITOR}").text


def test_what_was_said_last_counts_and_each_change_stands_in_the_log(site: Site) -> None:
    sent(site)
    sent(site, act="/end", why="Has been moved")
    assert "D4" not in reads(site)
    row = AdministrationRow
    asked = sa.select(row.by, row.what, row.why).where(row.person == AUDITOR).order_by(row.id)
    with reading(site.services.engine) as connection:
        assert [tuple(each) for each in connection.execute(asked)] == [
            (ADMINISTRATOR, vetting.VETTED, WHY),
            (ADMINISTRATOR, vetting.ENDED, "Has been moved"),
        ]
    assert "Has been moved" in site.browser(ADMINISTRATOR).page(f"/people/{AUDITOR}").text
    assert "is not vetted in this agency" in sent(site, 422, act="/end")
    sent(site)
    assert "D4" in reads(site)


def test_it_counts_for_the_agency_that_said_so(site: Site) -> None:
    """Who goes to another force is vetted there anew."""
    sent(site)
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, "other_police", "Other Police", "police")
        people.give_roles(connection, AUDITOR, [Membership(AUDITOR, "other_police")])
    assert "D4" not in reads(site)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"why": ""}, "Say why"),
        ({"until-year": "2026"}, "Enter a day after the first one"),
        ({"vetted-day": "", "vetted-month": "", "vetted-year": ""}, "Enter the day from which they are vetted"),
        ({"vetted-day": "31", "vetted-month": "2"}, "must be a real date"),
        ({"agency": COUNCIL}, "Select one of your agencies in which this person audits"),
        ({"of": "call_taker"}, "Select one of your agencies in which this person audits"),
    ],
)
def test_what_cannot_be_is_refused(site: Site, typed: dict[str, Any], said: str) -> None:
    assert said in sent(site, 422, **typed)
    assert "D4" not in reads(site)


def test_nobody_vets_themselves_nor_people_of_another_agency(site: Site) -> None:
    with writing(site.services.engine) as connection:
        people.give_roles(connection, ADMINISTRATOR, [Membership(ADMINISTRATOR, POLICE), Membership(AUDITOR, POLICE)])
        people.add_organisation(connection, "city", "City", "local_authority")
        held, mail = [Membership(ADMINISTRATOR, "city")], "city@example.org"
        people.add(connection, "city", name="City", mail=mail, password=None, memberships=held, now=site.clock())
    assert "Nobody vets themselves" in sent(site, 422, of=ADMINISTRATOR)
    sent(site, 404, by="city")
