"""One command that is sent twice at the same moment, by a double press or a proxy that sends again, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from engine.cases import Cases, Done
from engine.errors import Conflict
from engine.store import EventTable
from tests.contracts.sample import FILES, NOW, WORKER


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    return made


def at_once(act: Callable[[], Done]) -> Done:
    """Do the same twice at the same moment, as a double press or a proxy that sends again does; both get the same answer."""
    barrier = threading.Barrier(2)

    def one(_number: int) -> Done:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, range(2)))
    assert found[0].case_id == found[1].case_id
    assert found[0].tasks == found[1].tasks
    assert sorted(each.repeated for each in found) == [False, True]
    return found[0]


def test_a_command_that_is_sent_twice_at_once_is_carried_out_once_and_answered_twice(cases: Cases) -> None:
    for turn in range(10):
        key = str(turn)
        case_id = at_once(partial(cases.open, "sample", {"name": "Robin"}, by=WORKER, now=NOW, key=f"o{key}")).case_id
        tasks = cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW).tasks
        ask = next(each.id for each in tasks if each.element == "ask")
        answers: dict[str, Any] = {"text": "all of it", "when": NOW}
        at_once(partial(cases.complete, ask, answers, by=WORKER, now=NOW, key=f"c{key}"))
        changed = {"text": "more"}
        at_once(
            partial(cases.correct, case_id, "answer", "", changed, by=WORKER, now=NOW, key=f"r{key}", reason="more")
        )
    with cases.engine.connect() as connection:
        kinds = sa.select(EventTable.kind, sa.func.count()).group_by(EventTable.kind)
        counted = dict(connection.execute(kinds).tuples().all())
    assert (counted["case_opened"], counted["task_completed"], counted["facts_corrected"]) == (10, 10, 10)


def test_another_command_with_the_same_key_is_refused_however_soon_it_comes(cases: Cases) -> None:
    for turn in range(5):
        told, barrier = list[str](), threading.Barrier(2)

        def act(name: str, key: str, barrier: threading.Barrier = barrier, told: list[str] = told) -> None:
            barrier.wait()
            try:
                cases.open("sample", {"name": name}, by=WORKER, now=NOW, key=key)
                told.append("done")
            except Conflict as refusal:
                told.append(str(refusal))

        threads = [threading.Thread(target=act, args=(name, f"k{turn}")) for name in ("Robin", "Kit")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert max(told) == "done"
        assert "sent before with other answers" in min(told)
