"""History counts: with the shipped procedures, a child from before the cut-over is known, and the pattern is seen at once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import timers
from engine.cases import Cases
from engine.model import Actor
from engine.store import CaseTable, reading
from tests.workflows.test_cutover import CHILDREN, FLAGS, PLANS, bring_in, robin
from workflows import catalogue, children
from workflows.agencies import ROLES
from workflows.operations import ERRANDS, OPERATIONS

EVERYBODY = Actor("ann", frozenset(ROLES), "police")

EPISODES = """\
reference,child,reported_at,returned_at,closed_at,unfinished
E-1,A-1,2026-01-05 21:00,2026-01-06 07:30,2026-01-09 12:00,See the aunt
E-2,A-1,2026-02-01 21:00,2026-02-02 07:30,2026-02-05 12:00,Ask the school
"""


@pytest.fixture
def cases(engine: sa.Engine, now: datetime) -> Cases:
    """The cases with every shipped procedure, and a child with two episodes in the 90 days before."""
    made = Cases(
        engine,
        observers=catalogue.observers("https://homeward.example"),
        operations=OPERATIONS,
        errands=dict.fromkeys(ERRANDS, no_errand),
    )
    for procedure in catalogue.procedures():
        made.publish(catalogue.files(procedure), by="ann", now=now, roles=tuple(ROLES))
    bring_in(engine, now, children=CHILDREN, episodes=EPISODES, flags=FLAGS, plans=PLANS)
    return made


def no_errand(_scope: object, errand: str, _now: datetime) -> Any:
    """Refuse what no story here asks for."""
    pytest.fail(f"{errand} was asked for")


def do(cases: Cases, case_id: str, element: str, now: datetime, **answers: Any) -> dict[str, Any]:
    """Do the open task of an element, and give what the case sees afterwards as the next page would."""
    row = next(
        each
        for each in cases.inbox(EVERYBODY.roles, limit=500).rows
        if each.case_id == case_id and each.element == element
    )
    view = cases.task(row.id, by=EVERYBODY, now=now)
    cases.complete(row.id, answers, by=EVERYBODY, now=now, key=row.id)
    return dict(view.scope)


def report(cases: Cases, now: datetime) -> str:
    """Report the child again, and match it."""
    opening = {"child_name": "Robin", "last_place": "Home", "why_worried": "Late", "call_back": "01632 960 118"}
    case_id = cases.open("missing_child", opening, by=EVERYBODY, now=now, key="open").case_id
    said = {"child_full_name": "Robyn Example", "date_of_birth": date(2012, 5, 3), "reported_at": now}
    do(cases, case_id, "complete_missing_report", now, **said)
    candidates = do(cases, case_id, "match_child", now, child=robin(cases.engine))["candidates"]
    assert [match["value"] for match in candidates["matches"]] == [robin(cases.engine)]
    return case_id


def test_a_third_report_is_seen_as_one_though_two_are_from_before_the_cut_over(cases: Cases, now: datetime) -> None:
    case_id = report(cases, now)

    seen = cases.case(case_id, classes=frozenset({"D2", "D3", "D5"}), by=EVERYBODY, purpose="test", now=now).facts[
        "known"
    ][""]
    assert (seen["exploitation"], seen["plan"], seen["episodes_90d"]) == (True, True, 3)
    assert seen["carry_over"] == [{"value": "carry_1", "label": "Ask the school"}]
    for minutes in range(3):
        timers.sweep(cases, now=now + timedelta(minutes=minutes))
    with reading(cases.engine) as connection:
        assert children.child_of(connection, case_id) == robin(cases.engine)
        procedures = set(connection.execute(sa.select(CaseTable.procedure)).scalars())
        flags = {flag.flag for flag in children.flags_of(connection, robin(cases.engine))}
        about = {case.procedure for case in children.cases_of(connection, robin(cases.engine))}
    assert procedures == {"missing_child", "repeat_pattern", "trigger_plan", "prevention"}
    assert about == procedures - {"missing_child"}
    assert flags == {"cse", "substance", "repeat_3_in_90"}
