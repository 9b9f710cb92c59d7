"""What is kept of the cases agrees with itself, and each way in which it may not is found, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from engine import anchors, log, packing, rebuilding, timers, verification
from engine.cases import Cases
from engine.store import Base, reading, writing
from engine.verification import Finding, Holders, read_event
from tests.contracts.sample import CHIEF, FILES, NOW, WORKER
from tests.drawn import form, procedure

DAY = timedelta(days=1)
TABLES = Base.metadata.tables
CASE, EVENT, FACT, TASK, AWAITED = (TABLES[name] for name in ("cases", "events", "fact_values", "tasks", "awaited"))

STRANDED = procedure(
    "stranded",
    """
    begun: start form=opening
    pause: catch date={=opening.when}
    done: end
    begun > pause
    pause > done
    """,
    form("opening", "when:datetime"),
)

Fault = Callable[[sa.Connection], object]


def everybody(role: str) -> frozenset[str]:
    return frozenset({"ann", "bob"})


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    """One case in which two people have a task each, and that was corrected once."""
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW)
    case_id = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="open").case_id
    cases.correct(case_id, "opening", "", {"name": "Alex"}, by=WORKER, now=NOW, key="correct", reason="Misheard")
    return cases


def found(cases: Cases, *, after: timedelta = timedelta(0), holders: Holders = everybody) -> list[Finding]:
    """Verify the cases as they are some time after they were opened."""
    return list(verification.check(cases.engine, cases.library, holders=holders, now=NOW + after))


def checks(findings: list[Finding]) -> set[str]:
    return {finding.check for finding in findings}


def state_without_clocks(connection: sa.Connection) -> None:
    state = orjson.loads(packing.readable(connection.execute(sa.select(CASE.c.state)).scalar_one()))
    connection.execute(sa.update(CASE).values(state=orjson.dumps(state | {"c": []})))


def another_task(connection: sa.Connection) -> None:
    row = connection.execute(sa.select(TASK).limit(1)).mappings().one()
    connection.execute(sa.insert(TASK).values(**{**row, "number": 99}))


def another_message(connection: sa.Connection) -> None:
    case_id = connection.execute(sa.select(CASE.c.id)).scalar_one()
    connection.execute(sa.insert(AWAITED).values(case_id=case_id, number=1, name="news", correlation="x"))


def another_value(connection: sa.Connection) -> None:
    row = connection.execute(sa.select(FACT).limit(1)).mappings().one()
    connection.execute(sa.insert(FACT).values(**{**row, "field": "age"}))


LAST = sa.select(sa.func.max(EVENT.c.seq)).scalar_subquery()

FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "one letter of an event is changed": (
        lambda connection: connection.execute(sa.update(EVENT).where(EVENT.c.seq == 2).values(by="Ann")),
        {"log-broken"},
    ),
    "the data of an event are no JSON any more": (
        lambda connection: connection.execute(sa.update(EVENT).where(EVENT.c.seq == 4).values(data="{")),
        {"log-broken"},
    ),
    "an event in the middle is gone": (
        lambda connection: connection.execute(sa.delete(EVENT).where(EVENT.c.kind == "task_opened")),
        {"log-broken"},
    ),
    "the end of the log is gone": (
        lambda connection: connection.execute(sa.delete(EVENT).where(sa.and_(EVENT.c.seq == LAST))),
        {"log-head", "fact-without-event", "facts-differ"},
    ),
    "a value is another one": (
        lambda connection: connection.execute(sa.update(FACT).values(value=b'"Kit"')),
        {"fact-changed", "facts-differ"},
    ),
    "a value is gone": (lambda connection: connection.execute(sa.delete(FACT)), {"fact-missing", "facts-differ"}),
    "a value was written by nobody": (another_value, {"fact-without-event"}),
    "the case works with another value": (
        lambda connection: connection.execute(sa.update(CASE).values(facts=b'{"opening":{"":{"name":"Kit"}}}')),
        {"facts-differ"},
    ),
    "a task is in nobody's list": (
        lambda connection: connection.execute(sa.delete(TASK).where(TASK.c.element == "ask")),
        {"task-not-listed"},
    ),
    "a task is marked as done": (
        lambda connection: connection.execute(
            sa.update(TASK).where(TASK.c.element == "ask").values(status="completed", completed_at=NOW)
        ),
        {"task-not-listed"},
    ),
    "a task is in another role's list": (
        lambda connection: connection.execute(sa.update(TASK).where(TASK.c.element == "ask").values(role="clerk")),
        {"task-differs"},
    ),
    "a task is due at another time": (
        lambda connection: connection.execute(sa.update(TASK).where(TASK.c.element == "ask").values(due_at=None)),
        {"task-differs"},
    ),
    "a task stands in a list that the case does not have": (another_task, {"task-not-wanted"}),
    "the list of awaited messages is wrong": (another_message, {"awaited-differs"}),
    "the clocks are gone": (state_without_clocks, {"clock-missing", "next-due-differs", "task-differs"}),
    "the state is of a version that nobody knows": (
        lambda connection: connection.execute(sa.update(CASE).values(state=b'{"v":99}')),
        {"case-unreadable"},
    ),
    "the state is cut off": (
        lambda connection: connection.execute(sa.update(CASE).values(state=b'{"v":1,"r"')),
        {"case-unreadable"},
    ),
    "the case is marked as closed": (
        lambda connection: connection.execute(sa.update(CASE).values(status="closed", closed_at=NOW)),
        {"status-differs"},
    ),
}


def test_nothing_is_found_where_nothing_is_wrong(cases: Cases) -> None:
    assert found(cases) == []
    timers.sweep(cases, now=NOW + timedelta(hours=3))
    assert found(cases, after=timedelta(hours=3)) == []
    for task in cases.inbox(frozenset({"worker", "chief"}), limit=5).rows:
        answers = {"text": "x", "when": NOW} if task.element == "ask" else {"verdict": "y"}
        by = WORKER if task.element == "ask" else CHIEF
        cases.complete(task.id, answers, by=by, now=NOW + timedelta(hours=4), key=task.element)
    assert found(cases, after=timedelta(hours=4)) == []


@pytest.mark.parametrize("name", FAULTS)
def test_each_planted_fault_is_found_at_its_case(cases: Cases, name: str) -> None:
    fault, expected = FAULTS[name]
    with writing(cases.engine) as connection:
        fault(connection)
    healthy = cases.open("sample", {"name": "Sky"}, by=WORKER, now=NOW, key="healthy").case_id
    findings = found(cases)
    assert checks(findings) == expected
    assert healthy not in {finding.case_id for finding in findings}
    for finding in findings:
        assert finding.sentence.endswith(".")
        assert not {"Robin", "Alex", "Kit"} & set(str(finding).replace(".", " ").split())


def test_a_clock_that_nobody_fires_is_found(cases: Cases) -> None:
    assert checks(found(cases, after=timedelta(hours=3))) == {"clock-late"}


def test_a_task_that_nobody_may_do_is_found(cases: Cases) -> None:
    findings = found(cases, holders=lambda role: frozenset() if role == "chief" else frozenset({"ann"}))
    assert [(finding.check, finding.element) for finding in findings] == [("task-for-nobody", "check")]


def test_a_case_that_nothing_carries_on_is_found(cases: Cases) -> None:
    cases.publish(STRANDED, by="ann", now=NOW)
    case_id = cases.open("stranded", {"when": None}, by=WORKER, now=NOW, key="stranded").case_id
    assert [(finding.check, finding.case_id) for finding in found(cases)] == [("no-future", case_id)]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, (_fault, expected) in FAULTS.items()
        if expected <= {"task-not-listed", "task-differs", "task-not-wanted", "awaited-differs"}
    ],
)
def test_the_lists_are_written_anew_from_where_the_case_stands(cases: Cases, name: str) -> None:
    with reading(cases.engine) as connection:
        before = list(connection.execute(sa.select(TASK).order_by(TASK.c.number)))
    with writing(cases.engine) as connection:
        FAULTS[name][0](connection)
    assert len(list(rebuilding.rebuild(cases.engine, cases.library, now=NOW))) == 1
    assert found(cases) == []
    assert list(rebuilding.rebuild(cases.engine, cases.library, now=NOW)) == []
    with reading(cases.engine) as connection:
        assert (
            list(connection.execute(sa.select(TASK).where(TASK.c.status == "open").order_by(TASK.c.number))) == before
        )


# The anchors --------------------------------------------------------------------------------------------------------


def rewrite(cases: Cases) -> None:
    """Write the log of the case anew, as somebody would who knows how it is chained."""
    with writing(cases.engine) as connection:
        head = log.GENESIS
        for row in connection.execute(sa.select(EVENT).order_by(EVENT.c.seq)).all():
            event = replace(read_event(row), by="eve")
            head = log.chain(head, event)
            connection.execute(sa.update(EVENT).where(EVENT.c.seq == row.seq).values(by="eve", digest=head))
        connection.execute(sa.update(CASE).values(head=head))


def test_each_day_is_anchored_once_and_agrees(cases: Cases) -> None:
    assert anchors.write(cases.engine, NOW) == 0
    cases.open("sample", {"name": "Sky"}, by=WORKER, now=NOW + DAY, key="next day")
    assert anchors.write(cases.engine, NOW + 3 * DAY) == 3
    assert anchors.write(cases.engine, NOW + 3 * DAY) == 0
    newest = anchors.newest(cases.engine)
    assert newest is not None
    assert (newest.day, newest.logs) == ((NOW + 2 * DAY).date(), 0)
    assert list(anchors.check(cases.engine, NOW + 3 * DAY)) == []


def test_two_workers_write_each_anchor_once(cases: Cases) -> None:
    written: list[int] = []
    workers = [
        threading.Thread(target=lambda: written.append(anchors.write(cases.engine, NOW + 20 * DAY))) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(written) == 20
    assert list(anchors.check(cases.engine, NOW + 20 * DAY)) == []


def test_a_log_that_was_rewritten_as_a_whole_is_found_by_its_anchor(cases: Cases) -> None:
    anchors.write(cases.engine, NOW + DAY)
    rewrite(cases)
    assert found(cases) == []
    assert [finding.check for finding in anchors.check(cases.engine, NOW + DAY)] == ["anchor-differs"]


def test_an_anchor_that_is_gone_or_was_never_written_is_found(cases: Cases) -> None:
    late = [finding.check for finding in anchors.check(cases.engine, NOW + 4 * DAY)]
    assert late == ["anchor-late"]
    anchors.write(cases.engine, NOW + 3 * DAY)
    with writing(cases.engine) as connection:
        middle = TABLES["anchors"].c.day == (NOW + DAY).date()
        connection.execute(sa.delete(TABLES["anchors"]).where(middle))
    findings = {finding.check for finding in anchors.check(cases.engine, NOW + 3 * DAY)}
    assert "anchor-missing" in findings
