"""What one case passes on opens another by itself: a referral, an officer's case for police protection."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import timers
from engine.store import CaseTable, reading
from tests.web.site import Site
from tests.web.test_promises import MONDAY, at, played
from tests.web.test_referrals import DESK
from workflows import children, erasing

LATER = MONDAY + timedelta(hours=60)
EVERY_CLASS = frozenset(f"D{number}" for number in range(1, 15))


def opened(site: Site, procedure: str, record: str) -> list[dict[str, object]]:
    """Let what is due happen; give what stands in the opening record of each case of a procedure."""
    case, cases = CaseTable, site.services.cases
    timers.sweep(cases, now=LATER)
    with reading(site.services.engine) as connection:
        found = connection.execute(sa.select(case.id).where(case.procedure == procedure).order_by(case.opened_at))
        ids = found.scalars().all()
    views = [cases.case(each, classes=EVERY_CLASS, by=DESK, purpose="test", now=LATER) for each in ids]
    return [dict(view.facts[record][""]) for view in views]


def child_of(site: Site, episode: str) -> str | None:
    with reading(site.services.engine) as connection:
        return children.child_of(connection, episode)


def tasks_of(site: Site, role: str) -> str:
    site.clock.now = site.wall_clock.now = LATER
    return site.browser(role).page("/tasks").text


@pytest.mark.parametrize(
    ("changed", "who", "suspected"),
    [
        (
            {
                "hold_return_interview": at(28, outcome="held", disclosure="yes"),
                "pass_disclosure": at(28.5, signs=["cse"], about_worker="yes"),
            },
            "return_interview",
            ["harm", "cse", "allegation"],
        ),
        (
            {
                "write_up_return_interview": at(30, disclosure="yes"),
                "pass_late_disclosure": at(30.5, signs=["not_assessed"], about_worker="not_known"),
            },
            "return_interview",
            ["harm"],
        ),
        (
            {
                "hold_prevention_interview": at(6, crime_disclosed="yes"),
                "pass_on_what_was_told": at(6.5, signs=["none"], about_worker="no"),
            },
            "police",
            ["harm"],
        ),
    ],
)
def test_what_a_child_tells_of_harm_is_a_referral_on_which_social_care_decides(
    site: Site, changed: dict[str, Any], who: str, suspected: list[str]
) -> None:
    """Nobody types it again, and the day for the decision runs from when it was passed on (T-28, T-29)."""
    episode = played(site, **changed)
    (said,) = opened(site, "referral", "referral")
    assert (said["from"], said["suspected"], said["episode"]) == (who, suspected, episode)
    assert said["told"] == f"What was told is in case {episode}, for those who may read it there."
    assert said["child"] == child_of(site, episode)
    assert "Decide on the referral" in tasks_of(site, "csc_mash")


def test_a_child_whom_nobody_has_matched_yet_is_referred_too(site: Site) -> None:
    """The council of the report decides on it, and what is erased with the episode is the referral too."""
    episode = played(
        site,
        match_child=None,
        hold_prevention_interview=at(6, crime_disclosed="yes"),
        pass_on_what_was_told=at(6.5, signs=["none"], about_worker="no"),
    )
    (said,) = opened(site, "referral", "referral")
    assert (said.get("child"), said["episode"]) == (None, episode)
    assert "Decide on the referral" in tasks_of(site, "csc_mash")
    with reading(site.services.engine) as connection:
        subject = erasing.find(connection, episode)
    assert subject is not None
    assert [case.procedure for case in subject.cases] == ["missing_child", "referral"]


def test_where_no_harm_was_told_no_referral_is_made(site: Site) -> None:
    played(site)
    assert opened(site, "referral", "referral") == []


@pytest.mark.parametrize(("where", "cases"), [("police_protection", 1), ("family", 0)])
def test_police_protection_has_a_case_with_its_clock_of_72_hours(site: Site, where: str, cases: int) -> None:
    """Taken where a child was not safe; once somebody had to think of opening it (T-42)."""
    episode = played(
        site,
        record_return=at(5, safe_to_return="no", harm=["none"]),
        decide_where_child_goes=at(5.5, where=where, taken_at=MONDAY + timedelta(hours=5)),
    )
    found = opened(site, "disruption", "disruption_proposal")
    assert [(each["kind"], each["child"]) for each in found] == [("police_protection", child_of(site, episode))] * cases
    assert ("Take into police protection" in tasks_of(site, "duty_inspector")) == bool(cases)
