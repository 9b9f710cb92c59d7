"""Who has a task: taken, put back, given, given back; and in which order lists show what hurts, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import log, rebuilding
from engine.cases import Cases
from engine.errors import NotYourTask, TaskAlreadyCompleted, TaskNotFound
from engine.model import Actor
from engine.ownership import TaskIsTaken
from engine.store import TaskTable, writing
from engine.verification import Finding, check
from engine.views import Cursor, EventRow
from tests.contracts.sample import FILES, NOW, WORKER
from tests.drawn import form, procedure

EVE = replace(WORKER, person="eve")
LEAD = Actor("dora", frozenset({"lead"}), "police")
OVER = frozenset({"worker", "chief"})
LATER = NOW + timedelta(minutes=5)

GRADED = procedure(
    "graded",
    """
    begun: start form=opening
    split: parallel
    ask: user form=answer
    clock: boundary on=ask quiet cycle={=[{at: case.opened_at + duration("PT1H"), step: "late", due: true, tell: ["worker"]}]}
    told: end
    grade: user form=grade
    join: parallel
    done: end
    begun > split
    split > ask
    split > grade
    ask > join
    grade > join
    join > done
    clock > told
    """,
    form("opening", "name"),
    form("answer", "text"),
    form("grade", "level"),
)
PRIORITY = """<extensionElements><zeebe:properties><zeebe:property name="priority"
 value='=if grade.level = "high" then 90 else if grade.level = "low" then 20 else null'/></zeebe:properties></extensionElements>"""
PROCESS = '<process id="graded" name="graded" isExecutable="true">'


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    assert PROCESS in GRADED["graded.bpmn"]
    ranked = {**GRADED, "graded.bpmn": GRADED["graded.bpmn"].replace(PROCESS, PROCESS + PRIORITY)}
    made.publish(ranked, by="ann", now=NOW, roles=["worker"])
    return made


@pytest.fixture
def asked(cases: Cases) -> str:
    """The id of a task that any worker may do."""
    done = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="first")
    return next(task.id for task in cases.inbox(frozenset({"worker"})).rows if task.case_id == done.case_id)


def told(cases: Cases, task_id: str) -> list[tuple[str, str, dict[str, str]]]:
    """Who changed what of the ownership of a case's tasks, as its log says; the chain is whole."""
    view = cases.case(task_id.partition(".")[0], classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    assert log.first_break(view.timeline) is None
    return [(row.kind, row.by, dict(row.data)) for row in view.timeline if row.kind.startswith("task_") and mine(row)]


def mine(row: EventRow) -> bool:
    return row.kind in {"task_claimed", "task_released", "task_given", "task_returned"}


def owner(cases: Cases, task_id: str) -> str:
    case_id, _, number = task_id.partition(".")
    asked_for = sa.select(TaskTable.owner).where(TaskTable.case_id == case_id, TaskTable.number == int(number))
    with cases.engine.connect() as connection:
        return connection.execute(asked_for).scalar_one()


def findings(cases: Cases) -> list[Finding]:
    return list(check(cases.engine, cases.library, holders=lambda _role: frozenset({"ann", "bob"}), now=LATER))


def mine_of(cases: Cases, person: str) -> list[str]:
    return [task.id for task in cases.views.owned([person], limit=50, roles=OVER)]


def test_a_task_is_taken_once_put_back_and_taken_by_another(cases: Cases, asked: str) -> None:
    own = cases.ownership
    assert own.claim(asked, by=WORKER, now=NOW)
    assert not own.claim(asked, by=WORKER, now=LATER)  # it is hers already: no second event
    assert mine_of(cases, "ann") == [asked]
    with pytest.raises(TaskIsTaken, match="ann has this task"):
        own.claim(asked, by=EVE, now=LATER)
    with pytest.raises(TaskIsTaken):
        own.release(asked, by=EVE, now=LATER)
    assert own.release(asked, by=WORKER, now=LATER)
    assert own.claim(asked, by=EVE, now=LATER)
    assert told(cases, asked) == [
        ("task_claimed", "ann", {"to": "ann"}),
        ("task_released", "ann", {"from": "ann"}),
        ("task_claimed", "eve", {"to": "eve"}),
    ]


def test_who_leads_a_role_gives_its_tasks_to_others(cases: Cases, asked: str) -> None:
    own = cases.ownership
    with pytest.raises(NotYourTask):
        own.give(asked, "eve", by=LEAD, now=NOW)
    assert own.give(asked, "eve", by=LEAD, now=NOW, leads=OVER)
    assert own.give(asked, "ann", by=LEAD, now=LATER, leads=OVER)
    assert [task.id for task in cases.views.given("dora", limit=50, roles=OVER)] == [asked]
    assert own.release(asked, by=LEAD, now=LATER, leads=OVER)
    assert owner(cases, asked) == ""


def test_what_is_given_for_a_while_comes_back(cases: Cases, asked: str) -> None:
    own = cases.ownership
    assert own.give(asked, "eve", by=WORKER, now=NOW, returns=True)
    assert own.give_back(asked, by=EVE, now=LATER)
    assert owner(cases, asked) == "ann"
    assert not own.give_back(asked, by=WORKER, now=LATER)
    assert [kind for kind, _by, _data in told(cases, asked)] == ["task_given", "task_returned"]


def test_a_deputy_takes_over_and_the_log_says_for_whom(cases: Cases, asked: str) -> None:
    cases.ownership.claim(asked, by=WORKER, now=NOW)
    deputy = replace(EVE, deputises=frozenset({"ann"}))
    cases.complete(asked, {"text": "x", "when": NOW}, by=deputy, now=LATER, key="done")
    view = cases.case(asked.partition(".")[0], classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    done = next(row for row in view.timeline if row.kind == "task_completed")
    assert (done.by, done.data) == ("eve", {"for": "ann"})
    assert [task.id for task in cases.views.done("eve", after=None, limit=10).rows] == [asked]


def test_what_another_has_taken_may_be_done_in_need_and_the_log_says_so(cases: Cases, asked: str) -> None:
    cases.ownership.claim(asked, by=WORKER, now=NOW)
    cases.complete(asked, {"text": "x", "when": NOW}, by=EVE, now=LATER, key="done")
    view = cases.case(asked.partition(".")[0], classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    assert next(row.data for row in view.timeline if row.kind == "task_completed") == {"taken": "ann"}
    with pytest.raises(TaskAlreadyCompleted):
        cases.ownership.claim(asked, by=WORKER, now=LATER)
    assert mine_of(cases, "ann") == []


@pytest.mark.parametrize("task_id", ["C-NOTHERE.1", "x", "C-NOTHERE.x"])
def test_a_task_that_is_not_there_is_nobodys(cases: Cases, task_id: str) -> None:
    with pytest.raises(TaskNotFound):
        cases.ownership.claim(task_id, by=WORKER, now=NOW)


def test_of_many_who_take_a_task_at_once_one_has_it(cases: Cases, asked: str) -> None:
    people = [replace(WORKER, person=f"worker {number}") for number in range(8)]
    got: list[str] = []

    def take(who: Actor) -> None:
        try:
            cases.ownership.claim(asked, by=who, now=NOW)
        except TaskIsTaken:
            return
        got.append(who.person)

    threads = [threading.Thread(target=take, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [owner(cases, asked)] == got
    assert len(told(cases, asked)) == 1


def test_the_index_is_written_anew_with_who_has_what(cases: Cases, asked: str) -> None:
    cases.ownership.give(asked, "eve", by=WORKER, now=NOW, returns=True)
    of_case = sa.update(TaskTable).where(TaskTable.case_id == asked.partition(".")[0])
    with writing(cases.engine) as connection:
        connection.execute(of_case.values(owner="", rank=3, given_by="", returns_to="", owned_at=None))
    assert list(rebuilding.rebuild(cases.engine, cases.library, now=LATER)) == [asked.partition(".")[0]]
    row = cases.views.owned(["eve"], limit=5, roles=OVER)[0]
    assert (row.id, row.owned_at, row.given_by, row.returns_to, row.rank) == (asked, NOW, "ann", "ann", 50)


def test_a_list_that_forgot_who_has_a_task_is_found(cases: Cases, asked: str) -> None:
    cases.ownership.claim(asked, by=WORKER, now=NOW)
    with writing(cases.engine) as connection:
        connection.execute(sa.update(TaskTable).values(owner=""))
    assert [finding.check for finding in findings(cases)] == ["task-differs"]


def test_what_hurts_most_comes_first_and_moves_when_the_grade_does(cases: Cases) -> None:
    """The case of the highest priority stands first, whatever is due earlier elsewhere, from the step that grades it on."""
    opened = [
        cases.open("graded", {"name": "x"}, by=WORKER, now=NOW + timedelta(minutes=minute), key=f"{minute}").case_id
        for minute in range(3)
    ]
    for case_id, level in zip(opened[1:], ("low", "high"), strict=True):
        task = next(
            task.id
            for task in cases.inbox(frozenset({"worker"})).rows
            if task.case_id == case_id and task.element == "grade"
        )
        cases.complete(task, {"level": level}, by=WORKER, now=LATER, key=f"grade {case_id}")
    first = cases.inbox(frozenset({"worker"}), ranked=True, limit=2)
    assert [(task.case_id, task.rank) for task in first.rows] == [(opened[2], 10), (opened[0], 50)]
    assert isinstance(first.next, Cursor)
    rest = cases.inbox(frozenset({"worker"}), ranked=True, limit=2, after=first.next)
    assert [(task.case_id, task.element) for task in rest.rows] == [(opened[1], "ask"), (opened[0], "grade")]
    by_time = cases.inbox(frozenset({"worker"}), limit=3)
    assert [task.case_id for task in by_time.rows] == opened
    assert findings(cases) == []
