"""Episodes and the cases of their child speak by messages alone: none is lost, none waits, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import store, timers
from engine.cases import Cases, TaskRow
from engine.model import Actor
from engine.views import CaseView
from tests.contracts.sample import NOW, WORKER
from tests.drawn import form, procedure
from workflows import catalogue
from workflows.agencies import ROLES

COORDINATOR = Actor("cora", frozenset({"mfh_coordinator"}), "police")
CLASSES = frozenset({"D2", "D5", "D9"})

EPISODE = procedure(
    "episode",
    """
    begun: start form=opening
    reported: throw message=child_reported correlation=opening.child gives={child: opening.child; reported_at: case.opened_at}
    split: parallel
    seen: catch message=threshold_reached key={=case.reference}
    look: user form=looked
    over: end
    interview: user form=heard
    returned: throw message=child_returned correlation=opening.child gives={returned_at: now()}
    received: throw message=interview_received correlation=opening.child gives={outcome: heard.outcome; received_at: now()}
    in_plan: catch message=plan_updated key={=case.reference}
    done: end
    begun > reported
    reported > split
    split > seen
    split > interview
    seen > look
    look > over
    interview > returned
    returned > received
    received > in_plan
    in_plan > done
    """,
    form("opening", "child"),
    form("looked", "text"),
    form("heard", "outcome"),
)
"""What an episode says to its child's cases and hears from them, and nothing else of it."""

PLAN = {"summary": "Goes to the river.", "immediate_tasks": "Look there", "built_from": "the reports"}


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    """The stub of an episode and the three procedures of a child that are shipped."""
    made = Cases(engine)
    made.publish(EPISODE, by="ann", now=NOW)
    for name in ("repeat_pattern", "trigger_plan", "prevention"):
        made.publish(catalogue.files(name), by="ann", now=NOW, roles=tuple(ROLES))
    return made


def reported(cases: Cases, child: str, at: datetime) -> str:
    """Report a child missing and give the reference of the episode."""
    key = f"{child} {at}"
    return cases.open("episode", {"child": child}, by=WORKER, now=at, key=key).case_id


def case_of(cases: Cases, procedure_name: str, child: str) -> str:
    """Give the reference of the open case of a child."""
    table = store.CaseTable
    asked = sa.select(table.id).where(
        table.procedure == procedure_name, table.correlation == child, table.status == "open"
    )
    with cases.engine.connect() as connection:
        return str(connection.execute(asked).scalar_one())


def view(cases: Cases, case_id: str) -> CaseView:
    return cases.case(case_id, classes=CLASSES, by=COORDINATOR, purpose="test", now=NOW)


def open_tasks(cases: Cases, case_id: str) -> dict[str, TaskRow]:
    return {task.element: task for task in view(cases, case_id).tasks if task.status == "open"}


def do(cases: Cases, case_id: str, element: str, answers: Mapping[str, Any], at: datetime) -> None:
    """Let whoever has it do the open task of an element, and hand over what that sends."""
    task = open_tasks(cases, case_id)[element]
    by = COORDINATOR if task.role == "mfh_coordinator" else WORKER
    cases.complete(task.id, answers, by=by, now=at, key=f"{task.id} {at}")
    timers.sweep(cases, now=at)


def waiting(cases: Cases) -> list[str]:
    """Give the names of the messages that nobody has taken."""
    asked = sa.select(store.MessageTable.name).where(store.MessageTable.status == "waiting")
    with cases.engine.connect() as connection:
        return sorted(connection.execute(asked).scalars())


def test_three_reports_open_the_plans_and_an_interview_comes_back_from_its_version(cases: Cases) -> None:
    days = [NOW + timedelta(days=20 * turn) for turn in range(3)]
    episodes = []
    for at in days:
        episodes.append(reported(cases, "CH-1", at))
        timers.sweep(cases, now=at)
    reported(cases, "CH-2", days[-1])
    timers.sweep(cases, now=days[-1])

    assert [set(open_tasks(cases, each)) for each in episodes] == [{"interview"}, {"interview"}, {"interview", "look"}]
    threshold = view(cases, episodes[2]).facts["threshold_reached"][""]
    pattern = case_of(cases, "repeat_pattern", "CH-1")
    assert (threshold["count_90d"], threshold["sender"]) == (3, pattern)
    assert set(open_tasks(cases, pattern)) == {"discuss_support"}
    assert open_tasks(cases, case_of(cases, "repeat_pattern", "CH-2")) == {}

    plan, at = case_of(cases, "trigger_plan", "CH-1"), days[-1] + timedelta(hours=1)
    do(cases, episodes[2], "interview", {"outcome": "held"}, at)
    assert set(open_tasks(cases, plan)) == {"write_trigger_plan"}
    assert view(cases, plan).facts["interview_received"]["1"]["sender"] == episodes[2]
    do(cases, plan, "write_trigger_plan", PLAN, at)
    do(cases, plan, "update_trigger_plan", {**PLAN, "taken_in": "changed", "built_from": episodes[2]}, at)
    assert view(cases, episodes[2]).facts["plan_updated"][""]["version"] == "2"
    assert view(cases, plan).facts["plan"]["2"]["built_from"] == episodes[2]
    assert set(open_tasks(cases, plan)) == {"review_trigger_plan"}
    assert set(open_tasks(cases, case_of(cases, "prevention", "CH-1"))) == {"name_prevention_owner"}
    assert waiting(cases) == []


def test_a_fourth_report_joins_the_open_plans_and_one_after_a_retired_plan_opens_another(cases: Cases) -> None:
    for turn in range(4):
        reported(cases, "CH-1", NOW + timedelta(days=turn))
        timers.sweep(cases, now=NOW + timedelta(days=turn))
    first = case_of(cases, "trigger_plan", "CH-1")
    assert set(view(cases, first).facts["plan_wanted"]) == {"1", "2"}
    at = NOW + timedelta(days=4)
    do(cases, first, "write_trigger_plan", PLAN, at)
    do(cases, first, "review_trigger_plan", {"outcome": "retire", "reason": "The risk has gone."}, at)
    assert view(cases, first).status == "closed"
    reported(cases, "CH-1", at)
    timers.sweep(cases, now=at)
    assert case_of(cases, "trigger_plan", "CH-1") != first
    assert set(view(cases, case_of(cases, "prevention", "CH-1")).facts["prevention_wanted"]) == {"1", "2", "3"}
    assert waiting(cases) == []


def sweep_twice_at_once(cases: Cases, at: datetime) -> None:
    """Let two sweeps hand messages over at the same time."""
    barrier = threading.Barrier(2)

    def act() -> None:
        barrier.wait()
        for _turn in range(20):
            timers.sweep(cases, now=at)

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_sweeps_at_once_hand_over_every_report_once(cases: Cases) -> None:
    children = ("CH-1", "CH-2")
    for turn in range(8):
        for child in children:
            reported(cases, child, NOW + timedelta(days=3 * turn))
    sweep_twice_at_once(cases, NOW + timedelta(days=22))
    for child in children:
        pattern = view(cases, case_of(cases, "repeat_pattern", child))
        senders = [fields["sender"] for fields in pattern.facts["child_reported"].values()]
        assert (len(senders), len(set(senders))) == (8, 8)
        assert set(open_tasks(cases, pattern.case_id)) == {"discuss_support"}
        wanted = [
            len(view(cases, case_of(cases, name, child)).facts[message])
            for name, message in (("trigger_plan", "plan_wanted"), ("prevention", "prevention_wanted"))
        ]
        assert wanted == [6, 6], "from the third on"
    assert waiting(cases) == []
