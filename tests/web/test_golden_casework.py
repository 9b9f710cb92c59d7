"""Cases of the shipped procedures that an earlier release saved in the middle of the work go on to their close."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import timers
from engine.store import CaseTable, reading
from tests.golden_casework import SAVED_AT, TYPED, fill, open_tasks, path_of
from tests.golden_databases import FOLDER, opened
from web import verification
from web.services import Services

FILES = sorted(FOLDER.glob("casework_*.json.xz"))
MIDWAY = {
    "carry_out_action",
    "hold_meeting",
    "hold_return_interview",
    "write_trigger_plan",
    "act_on_finding_coordinator",
}
"""What the people of every saved casework have still to do: search, meeting, interview, a child's plan, an audit."""

ENDS = ("missing_child", "audit")
"""The procedures whose cases come to an end; those of a child go on as long as they are wanted."""

HOURS_AT_MOST = 60
LAST_OF_ALL = {"close_case"}
NEVER_DONE = {
    "raise_action",
    "propose_regrade",
    "raise_grade",
    "review_case",
    "review_by_inspector",
    "review_trigger_plan",
}
"""What may be done at any time and need not be, ends with the search, or comes again for as long as there is a plan."""


def test_the_first_release_with_such_casework_is_kept() -> None:
    assert path_of("0015") in FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem.partition(".")[0])
def test_saved_casework_is_opened_and_goes_on_to_its_close(
    path: Path, database_url: str, request: pytest.FixtureRequest
) -> None:
    services = opened(database_url, path)
    request.addfinalizer(services.engine.dispose)
    assert {task.element for task in open_tasks(services)} >= MIDWAY
    assert {finding.check for finding in verification.verify(services.cases, SAVED_AT)} <= {"mail-stuck"}
    before = standing(services)
    assert Counter(before.values())[("audit", "open")] == 1
    assert Counter(before.values())[("missing_child", "open")] == 3
    assert work_to_the_end(services) >= MIDWAY
    assert {status for _procedure, status in standing(services).values()} == {"closed"}
    assert {finding.check for finding in verification.verify(services.cases, SAVED_AT)} <= {"mail-stuck"}


def work_to_the_end(services: Services) -> set[str]:
    """Let people do what is open, hour by hour, until every case that ends is closed; give the tasks that they did."""
    now = SAVED_AT
    done: set[str] = set()
    for _ in range(HOURS_AT_MOST):
        now += timedelta(hours=1)
        assert timers.sweep(services.cases, now=now).failed == 0
        found = [task for task in open_tasks(services) if task.element in TYPED and task.element not in NEVER_DONE]
        first = [task for task in found if task.element not in LAST_OF_ALL] or found
        for task in sorted(first, key=lambda each: each.element == "record_return"):  # it ends the search
            if task in open_tasks(services):
                fill(services, task, now)
                done.add(task.element)
        if {status for _procedure, status in standing(services).values()} == {"closed"}:
            break
    return done


def standing(services: Services) -> dict[str, tuple[str, str]]:
    """Give the cases that come to an end, with their procedure and status."""
    asked = sa.select(CaseTable.id, CaseTable.procedure, CaseTable.status).where(CaseTable.procedure.in_(ENDS))
    with reading(services.engine) as connection:
        return {row.id: (row.procedure, row.status) for row in connection.execute(asked)}
