"""A database that an earlier release saved is brought to this one's schema, and its cases go on."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import timers
from engine.cases import Cases
from engine.store import CaseTable, reading
from tests.golden_databases import FOLDER, SAVED_AT, finish, opened, path_of
from tests.torture import sample
from tests.torture.soundness import violations
from web import verification

FILES = sorted(FOLDER.glob("database_*.json.gz"))
LATER = SAVED_AT + timedelta(days=3)


def test_the_first_release_with_such_a_database_is_kept() -> None:
    assert path_of("0013") in FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem.partition(".")[0])
def test_a_saved_database_is_opened_and_its_cases_go_on_to_their_end(
    path: Path, database_url: str, request: pytest.FixtureRequest
) -> None:
    services = opened(database_url, path)
    request.addfinalizer(services.engine.dispose)
    cases = Cases(services.engine, observers=(sample.tell,))
    assert {finding.check for finding in verification.verify(cases, SAVED_AT)} <= {"task-for-nobody", "mail-stuck"}
    assert cases.open("work", {"name": "Invented 0"}, by=sample.ANN, now=LATER, key="open 0").repeated
    assert timers.sweep(cases, now=LATER).failed == 0
    for case_id in of(services.engine, "work"):
        finish(cases, case_id, LATER)
    assert set(of(services.engine, "work").values()) == {"closed"}
    assert Counter(of(services.engine, "daily").values()) == {"open": 2}
    assert violations(cases) == []


def of(engine: sa.Engine, procedure: str) -> dict[str, str]:
    """Give the cases of a procedure with their status."""
    asked = sa.select(CaseTable.id, CaseTable.status).where(CaseTable.procedure == procedure)
    with reading(engine) as connection:
        return {row.id: row.status for row in connection.execute(asked)}
