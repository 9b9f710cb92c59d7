"""What the list and the panel see of a recommendation, drawn from the real procedure on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import timers
from engine.cases import Cases, Step
from engine.model import Actor
from engine.store import writing
from tests.contracts.sample import NOW
from tests.web.overseen import tell_panel
from workflows import catalogue, recommendations
from workflows.agencies import ROLES
from workflows.operations import OPERATIONS
from workflows.recommendations import Recommendation

EVERYBODY = Actor("iona", frozenset(ROLES), "police")
TODAY = NOW.date()
OPENING = {
    "ref_no": "HMIC-2016-1",
    "source_body": "hmic",
    "report_title": "Missing children: who cares?",
    "kind": "recommendation",
    "text": "Look at outcomes.",
    "text_status": "paraphrase",
    "deadline": TODAY + timedelta(days=200),
    "owner": "chief_inspector_missing",
    "owner_name": "Hamza Example",
}


@pytest.fixture
def steps() -> list[Step]:
    return []


@pytest.fixture
def cases(engine: sa.Engine, steps: list[Step]) -> Cases:
    observers = (*catalogue.observers("https://homeward.example"), lambda _connection, step: steps.append(step))
    made = Cases(engine, observers=observers, operations=OPERATIONS)
    made.publish(catalogue.files("recommendation"), by="ann", now=NOW, roles=tuple(ROLES))
    return made


def do(cases: Cases, element: str, days: int = 0, **answers: Any) -> None:
    """Do the first open task of an element, so many days after the beginning."""
    row = next(each for each in cases.inbox(EVERYBODY.roles, limit=500).rows if each.element == element)
    cases.complete(row.id, answers, by=EVERYBODY, now=NOW + timedelta(days=days), key=f"{row.id} {days}")


def planned(cases: Cases) -> str:
    """Take a recommendation in, accept it and plan two milestones; give its case."""
    case_id = cases.open("recommendation", OPENING, by=EVERYBODY, now=NOW, key="open").case_id
    do(cases, "assess_as_chief_inspector", position="accept", reason="It is right.")
    first: dict[str, Any] = {
        "what": "Ask for ethnicity",
        "due_on": TODAY + timedelta(days=10),
        "role": "mfh_coordinator",
    }
    do(cases, "plan_milestone", **first, another="yes")
    do(cases, "plan_milestone", **{**first, "what": "Train", "role": "locate_sergeant"}, another="no")
    return case_id


def the_one(cases: Cases) -> Recommendation:
    with cases.engine.connect() as connection:
        (found,) = recommendations.everything(connection)
        assert recommendations.find(connection, found.case_id) == found
        assert recommendations.find(connection, "RC-99") is None
    return found


def test_each_status_is_in_the_history_once_with_its_time_and_its_person(cases: Cases) -> None:
    planned(cases)
    found = the_one(cases)
    statuses = [(each.text, each.by) for each in found.history if each.kind == "status"]
    assert statuses == [("received", "iona"), ("assessed", "iona"), ("accepted", "system"), ("in_progress", "iona")]
    assert (found.status, found.position, found.reason) == ("in_progress", "accept", "It is right.")
    assert [(each.what, each.role, each.done_on) for each in found.milestones] == [
        ("Ask for ethnicity", "mfh_coordinator", None),
        ("Train", "locate_sergeant", None),
    ]
    assert found.next_milestone == found.milestones[0]


def test_what_is_escalated_says_why_and_what_is_done_says_what_proves_it(cases: Cases) -> None:
    planned(cases)
    late = NOW + timedelta(days=11)
    timers.sweep(cases, now=late)
    first = the_one(cases).milestones[0]
    assert first.escalated_at == late
    assert first.overdue(late.date())
    reason = {
        "why_late": "The councils had to agree.",
        "decision": "new_date",
        "new_due_on": TODAY + timedelta(days=40),
    }
    do(cases, "decide_on_overdue_milestone", 11, **reason)
    first = the_one(cases).milestones[0]
    assert (first.why_late, first.day) == ("The councils had to agree.", TODAY + timedelta(days=40))
    assert not first.overdue(late.date())
    proof = {"done_on": late.date(), "evidence_kind": "metric", "evidence_ref": "Dashboard"}
    do(cases, "carry_out_as_mfh", 12, **proof)
    first = the_one(cases).milestones[0]
    assert (first.done_on, first.evidence_ref) == (late.date(), "Dashboard")
    assert the_one(cases).next_milestone == the_one(cases).milestones[1]


def test_the_panel_is_told_once_a_day_and_what_comes_after_is_new(cases: Cases, steps: list[Step]) -> None:
    planned(cases)
    assert len(the_one(cases).since_last_report()) == 4
    for _turn in range(2):
        tell_panel(cases, TODAY, NOW)
    assert the_one(cases).reported_on == (TODAY,)
    assert the_one(cases).since_last_report() == ()
    do(cases, "update_status", 5, as_of=TODAY, progress="Asked the councils.", standing="On course.", next="evidence")
    do(cases, "submit_evidence", 6, refs="Dashboard, May", summary="It is there.")
    do(cases, "record_review", 7, outcome="closed", said="Letter", said_on=TODAY)
    found = the_one(cases)
    assert [(each.kind, each.text) for each in found.since_last_report()] == [
        ("update", "Asked the councils."),
        ("evidence", "Dashboard, May"),
        ("status", "evidence_submitted"),
        ("status", "awaiting_hmic_review"),
        ("review", "Letter"),
        ("status", "closed_by_hmic"),
    ]
    assert (found.status, found.closed_at, found.standing) == ("closed_by_hmic", None, "On course.")
    tell_panel(cases, date(2026, 6, 1), NOW + timedelta(days=90))
    found = the_one(cases)
    assert found.closed_at == NOW + timedelta(days=90)
    with writing(cases.engine) as connection:
        recommendations.rebuild(connection, steps)
    assert the_one(cases) == found


def test_a_correction_stands_in_the_place_of_what_was_said(cases: Cases) -> None:
    case_id = planned(cases)
    do(cases, "update_status", 5, as_of=TODAY, progress="Asked the council.", standing="On course.", next="go_on")
    before = the_one(cases)
    changed: dict[str, Any] = {"by": EVERYBODY, "now": NOW + timedelta(days=6), "reason": "There are two"}
    cases.correct(case_id, "status_update", "1", {"progress": "Asked the councils."}, key="c1", **changed)
    cases.correct(case_id, "recommendation", "", {"owner_name": "Somebody Else"}, key="c2", **changed)
    after = the_one(cases)
    assert [each.text for each in after.history if each.kind == "update"] == ["Asked the councils."]
    assert [each.at for each in after.history] == [each.at for each in before.history]
    assert after.owner_name == "Somebody Else"
