"""The public door to the cases, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import log, store, timers, values
from engine.cases import Cases, Step, TaskRow
from engine.errors import (
    CaseNotFound,
    Conflict,
    NotFound,
    NotYourTask,
    PageIsStale,
    ReleaseInvalid,
    TaskAlreadyCompleted,
    TaskNotFound,
)
from engine.model import Actor
from tests.contracts.sample import CHIEF, FILES, NOW, WORKER
from tests.drawn import form, procedure


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    return made


def opened(cases: Cases, key: str = "first", **answers: Any) -> tuple[str, dict[str, str]]:
    """Open a sample case; give its reference and its tasks by element."""
    done = cases.open("sample", answers or {"name": "Robin"}, by=WORKER, now=NOW, key=key)
    view = cases.case(done.case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    return done.case_id, {task.element: task.id for task in view.tasks}


def rows(cases: Cases, table: type) -> int:
    with cases.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() or 0)


def test_a_case_is_opened_with_its_tasks_and_due_times(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    assert set(tasks) == {"ask", "check"}
    page = cases.inbox(frozenset({"worker"}))
    assert [(task.element, task.due_at, task.deadline) for task in page.rows] == [
        ("ask", NOW + timedelta(hours=2), "clock")
    ]
    assert page.rows[0].id == tasks["ask"]
    assert case_id.startswith("C-")


def test_a_completed_task_gives_its_facts_its_event_and_the_next_tasks(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    cases.complete(tasks["ask"], {"text": "all of it", "when": NOW}, by=WORKER, now=NOW, key="c1")
    view = cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert view.facts["answer"][""] == {"text": "all of it", "when": NOW}
    event = next(each for each in view.timeline if each.kind == "task_completed")
    assert (event.activity, event.by, event.element) == ("Asked", "ann", "ask")
    assert view.reached == {"begun", "ask"}


def test_the_same_command_twice_has_one_effect_and_the_same_answer(cases: Cases) -> None:
    first = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="k")
    again = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="k")
    assert (again.case_id, again.tasks, again.repeated) == (first.case_id, first.tasks, True)
    assert rows(cases, store.CaseTable) == 1
    one = cases.complete(first.tasks[0], {"text": "x"}, by=WORKER, now=NOW, key="k2")
    two = cases.complete(first.tasks[0], {"text": "x"}, by=WORKER, now=NOW, key="k2")
    assert (one.case_id, one.tasks) == (two.case_id, two.tasks)
    assert two.repeated


def test_a_key_that_comes_again_with_other_answers_is_a_conflict(cases: Cases) -> None:
    _case_id, tasks = opened(cases)
    cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="k2")
    with pytest.raises(Conflict, match="other answers"):
        cases.complete(tasks["ask"], {"text": "y"}, by=WORKER, now=NOW, key="k2")


def test_each_wrong_task_gets_its_own_answer(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    with pytest.raises(TaskNotFound):
        cases.complete(f"{case_id}.99", {}, by=WORKER, now=NOW, key="a")
    with pytest.raises(TaskNotFound):
        cases.complete("nonsense", {}, by=WORKER, now=NOW, key="b")
    with pytest.raises(TaskNotFound):
        cases.complete("C-ZZZZZZZZ.1", {}, by=WORKER, now=NOW, key="b2")
    with pytest.raises(NotYourTask):
        cases.complete(tasks["check"], {}, by=WORKER, now=NOW, key="c")
    cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="d")
    with pytest.raises(TaskAlreadyCompleted, match="ann"):
        cases.complete(tasks["ask"], {"text": "y"}, by=WORKER, now=NOW, key="e")
    with pytest.raises(TaskAlreadyCompleted, match="ann"):
        cases.task(tasks["ask"], by=WORKER, now=NOW)
    with pytest.raises(CaseNotFound):
        cases.case("C-ZZZZZZZZ", classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    with pytest.raises(NotFound):
        cases.open("nothing", {}, by=WORKER, now=NOW, key="f")
    with pytest.raises(NotYourTask):
        cases.open("sample", {}, by=CHIEF, now=NOW, key="g")


def test_a_page_is_stale_when_its_own_fields_have_changed_and_not_before(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    stamp = cases.task(tasks["ask"], by=WORKER, now=NOW).stamp
    cases.complete(tasks["check"], {"verdict": "fine"}, by=CHIEF, now=NOW, key="other agency")
    cases.correct(case_id, "answer", "", {"text": "known by now"}, by=WORKER, now=NOW, key="c", reason="found it")
    with pytest.raises(PageIsStale):
        cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="d", stamp=stamp)
    fresh = cases.task(tasks["ask"], by=WORKER, now=NOW)
    assert fresh.values == {"text": "known by now"}
    cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="e", stamp=fresh.stamp)


def test_two_agencies_work_on_one_case_and_nothing_is_stale(cases: Cases) -> None:
    _case_id, tasks = opened(cases)
    mine, theirs = (cases.task(tasks[name], by=who, now=NOW).stamp for name, who in (("ask", WORKER), ("check", CHIEF)))
    cases.complete(tasks["check"], {"verdict": "fine"}, by=CHIEF, now=NOW, key="a", stamp=theirs)
    assert cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="b", stamp=mine).case_id


def test_a_deadline_climbs_its_ladder_and_ends_with_its_task(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    assert timers.sweep(cases, now=NOW + timedelta(minutes=59)).fired == 0
    assert timers.sweep(cases, now=NOW + timedelta(minutes=61)).fired == 1
    assert timers.sweep(cases, now=NOW + timedelta(minutes=61)).fired == 0
    assert timers.sweep(cases, now=NOW + timedelta(hours=3)).fired == 1
    assert timers.sweep(cases, now=NOW + timedelta(hours=4)).fired == 0
    view = cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    told = [event.data for event in view.timeline if event.kind == "timer_fired"]
    assert [(each["step"], each["tell"], each["urgent"]) for each in told] == [
        ("reminder", ["worker"], False),
        ("late", ["chief"], True),
    ]
    assert told[0]["tasks"] == [int(tasks["ask"].rpartition(".")[2])]


def test_what_was_missed_is_caught_up_once(cases: Cases) -> None:
    case_id, _tasks = opened(cases)
    assert timers.sweep(cases, now=NOW + timedelta(hours=5)).fired == 1
    view = cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    (told,) = [event.data for event in view.timeline if event.kind == "timer_fired"]
    assert told["step"] == "late"
    assert told["tell"] == ["chief", "worker"]
    assert told["missed"] == ["reminder"]


def test_a_timer_moves_the_token_and_cancels_the_task(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    timers.sweep(cases, now=NOW + timedelta(hours=25))
    view = cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    assert {task.element: task.status for task in view.tasks} == {"ask": "open", "check": "cancelled"}
    assert cases.inbox(frozenset({"chief"})).rows == ()
    with pytest.raises(Conflict, match="moved on"):
        cases.task(tasks["check"], by=CHIEF, now=NOW)


def test_the_inbox_gives_what_is_due_first_page_by_page(cases: Cases) -> None:
    expected = []
    for count in range(7):
        at = NOW + timedelta(minutes=(count * 3) % 7)
        done = cases.open("sample", {"name": str(count)}, by=WORKER, now=at, key=str(count))
        expected.append((at, done.case_id))
    seen: list[TaskRow] = []
    after = None
    while True:
        page = cases.inbox(frozenset({"worker", "chief"}), after=after, limit=3)
        seen.extend(page.rows)
        after = page.next
        if after is None:
            break
    dated = [task.case_id for task in seen if task.due_at is not None]
    assert dated == [case_id for _at, case_id in sorted(expected)]
    assert len(seen) == 14
    assert len({task.id for task in seen}) == 14
    assert all(task.due_at is None for task in seen[7:])


def test_a_closed_case_leaves_the_inbox_and_cannot_be_stepped(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="a")
    cases.complete(tasks["check"], {"verdict": "y"}, by=CHIEF, now=NOW + timedelta(hours=1), key="b")
    view = cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    assert (view.status, view.closed_at) == ("closed", NOW + timedelta(hours=1))
    assert view.timeline[-1].kind == "case_closed"
    assert cases.next_due(now=NOW + timedelta(days=400)) is None


def test_the_log_is_a_chain_that_holds_digests_and_no_values(cases: Cases) -> None:
    case_id, tasks = opened(cases, name="canary-one")
    cases.complete(tasks["ask"], {"text": "canary-two"}, by=WORKER, now=NOW, key="a")
    view = cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
    assert log.first_break(view.timeline) is None
    assert {event.command for event in view.timeline} == {"first", "a"}
    assert "canary" not in repr(view.timeline)
    with cases.engine.connect() as connection:
        kept = connection.execute(sa.select(store.FactTable.__table__)).all()
    digests = {
        (event.seq, event.data["record"], name): digest
        for event in view.timeline if event.kind == "facts_written" for name, digest in event.data["fields"].items()
    }  # fmt: skip
    assert {values.loads(row.value) for row in kept} == {"canary-one", "canary-two"}
    assert all(digests[row.seq, row.record, row.field] == log.digest_of(row.value, row.salt) for row in kept)
    broken = list(view.timeline)
    broken[3] = replace(broken[3], by="somebody else")
    assert log.first_break(broken) == 4


def test_the_same_value_twice_has_two_digests(cases: Cases) -> None:
    first, _tasks = opened(cases, key="1", name="Robin")
    second, _tasks = opened(cases, key="2", name="Robin")
    digests = set()
    for case_id in (first, second):
        view = cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
        digests |= {
            each for event in view.timeline if event.kind == "facts_written" for each in event.data["fields"].values()
        }
    assert len(digests) == 2


def test_reading_is_logged_before_anything_is_given(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    before = rows(cases, store.ReadTable)
    cases.task(tasks["ask"], by=WORKER, now=NOW)
    cases.case(case_id, classes=frozenset({"D1", "D2"}), by=WORKER, purpose="case page", now=NOW)
    with cases.engine.connect() as connection:
        found = connection.execute(sa.select(store.ReadTable.__table__).order_by(store.ReadTable.id)).all()[before:]
    assert [(row.person, row.organisation, row.purpose, row.classes) for row in found] == [
        ("ann", "police", "task ask", "D2"),
        ("ann", "police", "case page", "D1,D2"),
    ]


def test_facts_of_other_classes_are_withheld_and_said_so(cases: Cases) -> None:
    case_id, _tasks = opened(cases)
    view = cases.case(case_id, classes=frozenset({"D1"}), by=WORKER, purpose="test", now=NOW)
    assert view.facts == {}
    assert view.withheld == {"D2"}


FOUND = procedure(
    "found",
    """
    begun: start form=opening
    recall: service does=recall record=known data_class=D5 field_classes={flags D3 D9F, age D2}
    look: user form=looked
    done: end
    begun > recall
    recall > look
    look > done
    """,
    form("opening", "name"),
    form("looked", "text"),
)
FOUND_CLASSES = "flags D3 D9F, age D2"
RECALLED: dict[str, Any] = {"flags": ["cse"], "age": 13, "plan": "The river"}


@pytest.mark.parametrize(
    ("classes", "shown"),
    [
        ({"D5"}, {"plan"}),
        ({"D3"}, {"flags"}),
        ({"D9F"}, {"flags"}),
        ({"D9"}, set()),
        ({"D2", "D5"}, {"age", "plan"}),
    ],
)
def test_an_operation_says_of_each_field_who_reads_it(engine: sa.Engine, classes: set[str], shown: set[str]) -> None:
    """What an operation found had one class for all of it: who may read a flag had to read the plan too, or neither."""
    cases = Cases(engine, operations={"recall": lambda *_: RECALLED})
    cases.publish(FOUND, by="ann", now=NOW)
    case_id = cases.open("found", {"name": "A"}, by=WORKER, now=NOW, key="open").case_id
    view = cases.case(case_id, classes=frozenset(classes), by=WORKER, purpose="test", now=NOW)
    assert set(view.facts.get("known", {}).get("", {})) == shown


def test_a_class_of_a_field_that_cannot_be_read_is_refused(engine: sa.Engine) -> None:
    cases = Cases(engine, operations={"recall": lambda *_: RECALLED})
    wrong = {name: text.replace(FOUND_CLASSES, "flags: D3, age D2") for name, text in FOUND.items()}
    with pytest.raises(ReleaseInvalid) as refused:
        cases.publish(wrong, by="ann", now=NOW)
    assert [(each.where, each.rule) for each in refused.value.problems] == [("recall", "field-class")]


SENDER = procedure(
    "sender",
    """
    begun: start form=opening
    sent: throw message=child_returned correlation=opening.name
    done: end
    begun > sent
    sent > done
    """,
    form("opening", "name"),
)
RECEIVER = procedure(
    "receiver",
    """
    begun: start form=opening
    waiting: catch message=child_returned key={=opening.name}
    look: user form=looked
    done: end
    begun > waiting
    waiting > look
    look > done
    """,
    form("opening", "name"),
    form("looked", "text"),
)


@pytest.mark.parametrize("first", ["sender", "receiver"])
def test_a_message_reaches_another_case_once_whoever_comes_first(engine: sa.Engine, first: str) -> None:
    cases = Cases(engine)
    for files in (SENDER, RECEIVER):
        cases.publish(files, by="ann", now=NOW)
    order = [first, *({"sender", "receiver"} - {first})]
    opened_cases = {name: cases.open(name, {"name": "child-1"}, by=WORKER, now=NOW, key=name).case_id for name in order}
    cases.open("receiver", {"name": "child-2"}, by=WORKER, now=NOW, key="another")
    assert timers.sweep(cases, now=NOW).delivered == 1
    assert timers.sweep(cases, now=NOW).delivered == 0
    view = cases.case(opened_cases["receiver"], classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert view.facts["child_returned"][""] == {"sender": opened_cases["sender"]}
    assert [task.element for task in cases.inbox(frozenset({"worker"})).rows] == ["look"]


def test_a_message_that_nobody_takes_is_seen_in_the_end(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(SENDER, by="ann", now=NOW)
    cases.open("sender", {"name": "nobody"}, by=WORKER, now=NOW, key="1")
    timers.sweep(cases, now=NOW + timedelta(days=31))
    with engine.connect() as connection:
        assert connection.execute(sa.select(store.MessageTable.status)).scalar() == "unread"


def test_publishing_says_every_problem_and_keeps_nothing(engine: sa.Engine) -> None:
    cases = Cases(engine)
    broken: Mapping[str, str] = {
        **FILES,
        "opening.form": "{",
        "sample.bpmn": FILES["sample.bpmn"].replace("answer", "missing"),
    }
    with pytest.raises(ReleaseInvalid) as refusal:
        cases.publish(broken, by="ann", now=NOW)
    assert len(refusal.value.problems) >= 2
    assert rows(cases, store.ReleaseTable) == 0


def test_publishing_the_same_files_gives_the_release_that_is_there(cases: Cases) -> None:
    again = cases.publish(FILES, by="ann", now=NOW)
    assert (again.number, rows(cases, store.ReleaseTable)) == (1, 1)
    changed = {**FILES, "check.form": form("check", "verdict", "reason")}
    assert cases.publish(changed, by="ann", now=NOW).number == 2


def test_a_running_case_stays_on_its_release(cases: Cases) -> None:
    case_id, tasks = opened(cases)
    cases.publish({**FILES, "answer.form": form("answer", "new_question")}, by="ann", now=NOW)
    assert [field.key for field in cases.task(tasks["ask"], by=WORKER, now=NOW).form.fields] == ["text", "when"]
    assert cases.release_of(case_id).forms["answer"].fields[0].key == "text"


class Broken(Exception):
    """What a faulty observer raises."""


def test_a_step_whose_observer_fails_leaves_nothing_behind(engine: sa.Engine) -> None:
    def observer(_connection: sa.Connection, step: Step) -> None:
        if any(event.kind == "task_completed" for event in step.events):
            raise Broken

    cases = Cases(engine, observers=[observer])
    cases.publish(FILES, by="ann", now=NOW)
    case_id, tasks = opened(cases)
    before = {table: rows(cases, table) for table in (store.EventTable, store.FactTable, store.TaskTable)}
    with pytest.raises(Broken):
        cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="a")
    assert before == {table: rows(cases, table) for table in before}
    assert cases.task(tasks["ask"], by=WORKER, now=NOW).values == {}
    assert case_id


def test_a_broken_case_does_not_stop_the_others(engine: sa.Engine) -> None:
    stuck: list[str] = []

    def observer(_connection: sa.Connection, step: Step) -> None:
        if step.case_id in stuck and any(event.kind == "timer_fired" for event in step.events):
            raise Broken

    cases = Cases(engine, observers=[observer])
    cases.publish(FILES, by="ann", now=NOW)
    references = [opened(cases, key=str(count))[0] for count in range(4)]
    stuck.append(references[1])
    swept = timers.sweep(cases, now=NOW + timedelta(minutes=61))
    assert (swept.fired, swept.failed) == (3, 1)
    assert timers.sweep(cases, now=NOW + timedelta(days=9)).failed == 0
    stuck.clear()
    (incident,) = cases.incidents.standing()
    cases.incidents.retry(incident.id, by=CHIEF, reason="mended", now=NOW, key="retry")
    assert timers.sweep(cases, now=NOW + timedelta(minutes=63)).fired == 1


def test_two_people_at_one_task_one_does_it_and_the_other_is_told(cases: Cases) -> None:
    _case_id, tasks = opened(cases)
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def act(person: str) -> None:
        barrier.wait()
        try:
            cases.complete(tasks["ask"], {"text": person}, by=Actor(person, frozenset({"worker"})), now=NOW, key=person)
            outcomes.append("done")
        except TaskAlreadyCompleted:
            outcomes.append("told")

    threads = [threading.Thread(target=act, args=(person,)) for person in ("ann", "cat")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "told"]


def test_two_sweeps_at_once_fire_each_clock_once(cases: Cases) -> None:
    for count in range(20):
        opened(cases, key=str(count))
    fired: list[int] = []
    barrier = threading.Barrier(2)

    def act() -> None:
        barrier.wait()
        fired.extend(timers.sweep(cases, now=NOW + timedelta(minutes=61)).fired for _turn in range(30))

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fired) == 20
    with cases.engine.connect() as connection:
        statement = (
            sa.select(sa.func.count()).select_from(store.EventTable).where(store.EventTable.kind == "timer_fired")
        )
        assert connection.execute(statement).scalar() == 20


def test_a_task_shows_beside_its_form_what_its_diagram_says_and_its_reader_may_see(engine: sa.Engine) -> None:
    cases = Cases(engine)
    shown = FILES["sample.bpmn"].replace('name="activity" value="Asked"/>', 'name="show" value="opening, check"/>')
    assert shown != FILES["sample.bpmn"]
    cases.publish({**FILES, "sample.bpmn": shown}, by="ann", now=NOW)
    _case_id, tasks = opened(cases)
    seen = cases.task(tasks["ask"], by=WORKER, now=NOW, classes=frozenset({"D2"})).beside
    assert seen == {"opening": {"": {"name": "Robin"}}}
    assert cases.task(tasks["ask"], by=WORKER, now=NOW, classes=frozenset({"D1"})).beside == {}


def test_a_task_cannot_show_what_nothing_writes(engine: sa.Engine) -> None:
    wrong = FILES["sample.bpmn"].replace('name="activity" value="Asked"/>', 'name="show" value="opening, nothing"/>')
    with pytest.raises(ReleaseInvalid, match="nothing"):
        Cases(engine).publish({**FILES, "sample.bpmn": wrong}, by="ann", now=NOW)


SEVERAL = procedure(
    "several",
    """
    begun: start form=opening
    add: user form=item repeats=true
    more: exclusive
    each_item: call calls=one_item each=item as=own
    look_back: user form=seen show={item, note}
    done: end
    begun > add
    add > more
    more > add : =item[-1].again = "yes"
    more > each_item default
    each_item > look_back
    look_back > done
    """,
    form("opening", "name"),
    form("item", "what", "again"),
    form("note", "text"),
    form("answer", "text"),
    form("seen", "text"),
    one_item="""
    item_begun: start
    write_note: user form=note repeats=true show={item, opening, note}
    answer_item: user form=answer show={item, note}
    item_done: end
    item_begun > write_note
    write_note > answer_item
    answer_item > item_done
    """,
)
"""A multi-instance with two tasks for each item, and one behind it that looks back at all of them."""


def test_a_task_in_a_multi_instance_shows_its_own_item_and_not_those_of_its_neighbours(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(SEVERAL, by="ann", now=NOW)
    done = cases.open("several", {"name": "Ada"}, by=WORKER, now=NOW, key="open")
    for number, again in enumerate(("yes", "yes", "no")):
        answers = {"what": f"item {number + 1}", "again": again}
        done = cases.complete(done.tasks[0], answers, by=WORKER, now=NOW, key=f"add {number}")

    def shown(task_id: str) -> dict[str, list[str]]:
        beside = cases.task(task_id, by=WORKER, now=NOW, classes=frozenset({"D2"})).beside
        return {record: sorted(keys) for record, keys in beside.items()}

    notes = done.tasks
    assert [shown(each)["item"] for each in notes] == [["1"], ["2"], ["3"]]
    assert shown(notes[0])["opening"] == [""]
    answers_of = [
        cases.complete(each, {"text": "n"}, by=WORKER, now=NOW, key=f"note {each}").tasks[0] for each in notes
    ]
    assert shown(answers_of[1]) == {"item": ["2"], "note": ["2.2"]}
    for each in answers_of:
        done = cases.complete(each, {"text": "a"}, by=WORKER, now=NOW, key=f"answer {each}")
    assert shown(done.tasks[0]) == {"item": ["1", "2", "3"], "note": ["1.1", "2.2", "3.3"]}


TOLD = procedure(
    "told",
    """
    begun: start form=opening
    heard: catch message=word key={=case.reference} repeats=true given_by=worker
    look: user form=seen
    done: end
    begun > heard
    heard > look
    look > done
    """,
    form("opening", "name"),
    form("seen", "text"),
)


def test_a_person_tells_a_case_what_it_waits_for_once_however_often_the_page_is_sent(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(TOLD, by="ann", now=NOW)
    opened = cases.open("told", {"name": "Ada"}, by=WORKER, now=NOW, key="open").case_id
    done = [cases.messages.tell(opened, "word", {"text": "Hear"}, by=WORKER, now=NOW, key="k") for _turn in range(2)]
    assert [each.repeated for each in done] == [False, True]
    view = cases.case(opened, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert view.facts["word"] == {"1": {"sender": "ann", "text": "Hear"}}
    with pytest.raises(Conflict):
        cases.messages.tell(opened, "word", {"text": "Other"}, by=WORKER, now=NOW, key="k")
    with pytest.raises(NotFound):
        cases.messages.tell(opened, "word", {"text": "Again"}, by=WORKER, now=NOW, key="k2")
    with pytest.raises(CaseNotFound):
        cases.messages.tell("X-1", "word", {}, by=WORKER, now=NOW, key="k3")


def test_a_table_says_of_every_case_how_it_stands_now(engine: sa.Engine) -> None:
    table = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="age" namespace="x">
      <decision id="age" name="age"><decisionTable id="t" hitPolicy="FIRST">
        <input id="i"><inputExpression id="e"><text>now() - case.opened_at</text></inputExpression></input>
        <output id="o" name="age"/>
        <rule id="r1"><inputEntry id="a"><text>&gt; duration("P1D")</text></inputEntry><outputEntry id="b"><text>"old"</text></outputEntry></rule>
        <rule id="r2"><inputEntry id="c"><text>-</text></inputEntry><outputEntry id="f"><text>"new"</text></outputEntry></rule>
      </decisionTable></decision></definitions>"""
    cases = Cases(engine)
    cases.publish({**TOLD, "age.dmn": table}, by="ann", now=NOW)
    early = cases.open("told", {"name": "A"}, by=WORKER, now=NOW, key="1").case_id
    late = cases.open("told", {"name": "B"}, by=WORKER, now=NOW + timedelta(days=2), key="2").case_id
    assert cases.decided("told", "age", now=NOW + timedelta(days=2)) == {early: "old", late: "new"}
    assert cases.decided("told", "nothing", now=NOW) == {}
