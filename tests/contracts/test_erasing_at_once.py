"""Erasing while a step of the same case is being written, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from engine.cases import Cases
from engine.store import CaseTable, reading, row_lock, writing
from tests.contracts.sample import FILES, NOW, WORKER
from workflows import absences, erasing, seals, trigger_plans
from workflows.children import ChildFlagRow
from workflows.erasing import Subject

KEPT_BESIDE = (absences.AbsenceRow, seals.SealRow, trigger_plans.ChildPlanRow)
"""Who erases a child erases these by the names of their tables: whatever is run has to know of them."""


def test_what_a_step_draws_while_its_case_is_being_erased_is_erased_too(engine: sa.Engine) -> None:
    """What was drawn from cases went first, and a step that held the case wrote it once more before the case itself was emptied."""
    cases, held, begun = Cases(engine), threading.Event(), threading.Event()
    cases.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    case_id = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="k").case_id

    def draw() -> None:
        with writing(engine) as connection:
            connection.execute(row_lock(engine, sa.select(CaseTable.id).where(CaseTable.id == case_id)))
            row = {"child_id": case_id, "flag": "cse", "since": NOW.date(), "source": case_id}
            connection.execute(sa.insert(ChildFlagRow).values(**row))
            held.set()
            begun.wait(10)
            pause = threading.Event()
            pause.wait(0.5)  # the other one has deleted what it saw by then

    def erase() -> None:
        held.wait(10)
        begun.set()
        with writing(engine) as connection:
            said = {"proposed_by": "ann", "approved_by": "bob", "basis": "A test"}
            erasing.erase(connection, Subject(case_id, (case_id,), ()), **said, now=NOW)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(draw), pool.submit(erase)]:
            each.result()
    with reading(engine) as connection:
        assert connection.execute(sa.select(ChildFlagRow.source)).all() == []
