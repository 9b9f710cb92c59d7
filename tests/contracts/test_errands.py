"""Operations after the step: carried out outside any transaction, tried again, answered once; operators retry and skip."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import timers, verification
from engine.cases import Cases
from engine.errands import LEASE
from engine.errors import ReleaseInvalid
from engine.incidents import Incident
from engine.model import Actor
from engine.store import MessageTable, reading, writing
from notifications import holding
from tests.contracts.sample import NOW, WORKER
from tests.drawn import form, procedure
from tests.driving import Drive, both_of
from tests.torture.soundness import violations
from web.worker import Worker

OPERATOR = Actor("olu", frozenset({"administrator"}))
FILES = procedure(
    "asking",
    """
    begun: start form=opening
    split: parallel
    look_up: service does=look_up record=known after=true
    beside: user form=beside
    look: user form=looked
    done: end
    stopped: stop
    begun > split
    split > look_up
    split > beside
    look_up > look
    look > done
    beside > stopped
    """,
    form("opening", "name"),
    form("beside", "text"),
    form("looked", "text"),
)


WITH_DEADLINE = procedure(
    "asking",
    """
    begun: start form=opening
    look_up: service does=look_up record=known after=true
    too_late: boundary on=look_up duration=PT1H
    by_hand: user form=looked
    done: end
    late: end
    begun > look_up
    look_up > done
    too_late > by_hand
    by_hand > late
    """,
    form("opening", "name"),
    form("looked", "text"),
)


class NodeDies(BaseException):
    """The node ends in the middle of an errand."""


class Register:
    """Another system: away for a while, slow, or the end of the node that asks; it keeps who asked what."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.away = 0
        self.dies = False
        self.asked: list[tuple[str, str]] = []

    def __call__(self, scope: Mapping[str, Any], key: str, _now: datetime) -> Mapping[str, Any]:
        """Answer; that the database can be written meanwhile shows that no transaction is open."""
        with writing(self.engine) as connection:
            connection.execute(sa.update(MessageTable).where(MessageTable.id == "nothing").values(failures=1))
        self.asked.append((scope["opening"]["name"], key))
        if self.dies:
            self.dies = False
            raise NodeDies
        if self.away:
            self.away -= 1
            raise ConnectionError(scope["opening"]["name"])
        return {"plate": f"plate {len(self.asked)}"}


class Desk:
    """Cases that ask a register."""

    def __init__(self, engine: sa.Engine) -> None:
        self.register = Register(engine)
        self.heard: list[Incident] = []
        alarms = (lambda _connection, incident, _now: self.heard.append(incident),)
        self.cases = Cases(engine, errands={"look_up": self.register}, alarms=alarms)
        self.cases.publish(FILES, by="ann", now=NOW)
        self.case_id = self.cases.open("asking", {"name": "Robin"}, by=WORKER, now=NOW, key="open").case_id

    def open(self) -> dict[str, str]:
        return {row.element: row.id for row in self.cases.inbox(WORKER.roles).rows}

    def sweep(self, **after: float) -> tuple[int, int]:
        """Let everything happen that is due; give how many answers came, and how often none did."""
        now = NOW + timedelta(**after)
        assert timers.sweep(self.cases, now=now).failed == 0
        return timers.run_errands(self.cases, now=now)

    def found(self) -> Mapping[str, Any]:
        view = self.cases.case(self.case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
        return view.facts.get("known", {})

    def status(self) -> str:
        with reading(self.cases.engine) as connection:
            return str(connection.execute(sa.select(MessageTable.status)).scalar_one())


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def test_an_errand_is_run_after_the_step_outside_any_transaction_once(desk: Desk) -> None:
    assert (set(desk.open()), desk.register.asked) == ({"beside"}, [])
    assert desk.sweep() == (1, 0)
    assert desk.sweep(hours=1) == (0, 0)
    assert set(desk.open()) == {"beside", "look"}
    assert desk.found() == {"": {"plate": "plate 1"}}
    assert [name for name, _key in desk.register.asked] == ["Robin"]
    assert violations(desk.cases) == []


def test_a_system_that_is_away_is_asked_again_with_a_growing_wait(desk: Desk) -> None:
    desk.register.away = 4
    tried = [minute for minute in range(40) if desk.sweep(minutes=minute) == (0, 1)]
    assert len(tried) == 4
    assert all(
        later - earlier <= then - later for earlier, later, then in zip(tried, tried[1:], tried[2:], strict=False)
    )
    assert set(desk.open()) == {"beside", "look"}
    assert len({key for _name, key in desk.register.asked}) == 1
    assert desk.heard == []


def broken(desk: Desk) -> Incident:
    """Let the register be away for too long."""
    desk.register.away = 99
    for hour in range(5):
        desk.sweep(hours=hour)
    assert desk.sweep(days=3) == (0, 0), "it waits for an operator now"
    (incident,) = desk.heard
    return incident


def test_what_stays_away_is_an_incident_at_the_element_and_can_be_retried(desk: Desk) -> None:
    incident = broken(desk)
    assert (incident.case_id, incident.kind, incident.element) == (desk.case_id, "errand", "look_up")
    assert "Robin" not in repr(incident)
    assert "beside" in desk.open(), "the rest of the case goes on"
    desk.register.away = 0
    desk.cases.incidents.retry(incident.id, by=OPERATOR, reason="it is up", now=NOW, key="retry")
    assert desk.sweep(days=3) == (1, 0)
    desk.sweep(days=3)
    assert desk.cases.incidents.get(incident.id).state == "resolved"
    assert violations(desk.cases) == []


def test_what_stays_away_can_be_left_out_with_a_reason(desk: Desk) -> None:
    incident = broken(desk)
    now = NOW + timedelta(days=3)
    for _ in range(2):
        desk.cases.incidents.skip(incident.id, by=OPERATOR, reason="by telephone", now=now, key="skip")
    assert set(desk.open()) == {"beside", "look"}
    asked = len(desk.register.asked)
    assert desk.sweep(days=3) == (0, 0)
    assert (len(desk.register.asked), desk.status(), desk.found()) == (asked, "dropped", {})
    assert violations(desk.cases) == []


def test_what_a_case_waits_for_no_more_is_dropped(desk: Desk) -> None:
    desk.cases.complete(desk.open()["beside"], {"text": "over"}, by=WORKER, now=NOW, key="over")
    assert desk.sweep() == (0, 0)
    assert (desk.register.asked, desk.status()) == ([], "dropped")


def test_after_a_restore_no_other_system_is_asked_before_a_person_has_said_so(desk: Desk) -> None:
    engine, now = desk.cases.engine, lambda: NOW
    worker = Worker(engine, desk.cases, (), clock=now, wall_clock=now, base_url="http://127.0.0.1")
    with writing(engine) as connection:
        holding.hold(connection, by="restore", reason="Restored", now=NOW)
    worker.tick()
    assert desk.register.asked == []
    holding.resume(engine, holding.DROP, by="olu", reason="They left", until=NOW, now=NOW)
    worker.tick()
    assert len(desk.register.asked) == 1


def test_an_errand_whose_node_died_is_run_again_under_the_same_key(desk: Desk) -> None:
    desk.register.dies = True
    with pytest.raises(NodeDies):
        desk.sweep()
    assert desk.sweep(seconds=LEASE.total_seconds() - 1) == (0, 0)
    assert desk.sweep(seconds=LEASE.total_seconds()) == (1, 0)
    (first, second) = desk.register.asked
    assert first == second
    assert violations(desk.cases) == []


def test_the_answer_of_a_node_that_was_too_slow_is_not_written(desk: Desk) -> None:
    """The lease ran out while it was asking; another node has asked again and was quicker."""
    slow, quick = desk.register, Register(desk.cases.engine)

    def asks_and_is_overtaken(scope: Mapping[str, Any], key: str, now: datetime) -> Mapping[str, Any]:
        other = Cases(desk.cases.engine, errands={"look_up": quick})
        assert timers.run_errands(other, now=now + LEASE) == (1, 0)
        return slow(scope, key, now)

    desk.cases.errands.known["look_up"] = asks_and_is_overtaken
    assert desk.sweep() == (0, 0)
    assert desk.found() == {"": {"plate": "plate 1"}}
    assert len(slow.asked) == len(quick.asked) == 1
    assert violations(desk.cases) == []


@pytest.mark.parametrize("known", ["operations", "errands"])
def test_an_operation_inside_the_step_is_none_after_it(sqlite_engine: sa.Engine, known: str) -> None:
    cases = Cases(sqlite_engine, operations={"look_up": _nothing} if known == "operations" else {})
    cases.errands.known.update({"look_up": _nothing} if known == "errands" else {})
    files = {
        name: text.replace('name="after" value="true"', 'name="after" value="false"') for name, text in FILES.items()
    }
    with pytest.raises(ReleaseInvalid, match="no operation “look_up”"):
        cases.publish(FILES if known == "operations" else files, by="ann", now=NOW)


def test_the_clocks_do_not_wait_for_a_slow_system(sqlite_engine: sa.Engine) -> None:
    """An errand ran inside the sweep: a system that answers after a minute kept every clock waiting for as long."""
    begun, free = threading.Event(), threading.Event()

    def slow(*_: object) -> Mapping[str, Any]:
        begun.set()
        assert free.wait(30)
        return {"plate": "late"}

    cases = Cases(sqlite_engine, errands={"look_up": slow})
    cases.publish(WITH_DEADLINE, by="ann", now=NOW)
    cases.open("asking", {"name": "x"}, by=WORKER, now=NOW, key="open")
    clock = iter([NOW])
    asking = threading.Thread(target=lambda: timers.run_errands(cases, now=next(clock)))
    asking.start()
    try:
        assert begun.wait(30)
        assert timers.sweep(cases, now=NOW + timedelta(hours=2)).fired == 1
    finally:
        free.set()
        asking.join()
    assert {row.element for row in cases.inbox(WORKER.roles).rows} == {"by_hand"}, "the answer came after its deadline"
    assert violations(cases) == []


def test_an_errand_has_the_deadline_that_is_drawn_at_it(desk: Desk) -> None:
    desk.cases.publish(WITH_DEADLINE, by="ann", now=NOW)
    desk.register.away = 99
    desk.cases.open("asking", {"name": "x"}, by=WORKER, now=NOW, key="second")
    desk.sweep(minutes=59)
    assert "by_hand" not in desk.open()
    desk.sweep(hours=1)
    assert "by_hand" in desk.open()
    assert violations(desk.cases) == []


def test_no_event_can_happen_at_an_operation_inside_the_step(sqlite_engine: sa.Engine) -> None:
    cases = Cases(sqlite_engine, operations={"look_up": _nothing})
    inside = {
        name: text.replace('name="after" value="true"', 'name="after" value="false"')
        for name, text in WITH_DEADLINE.items()
    }
    with pytest.raises(ReleaseInvalid, match="over in a moment"):
        cases.publish(inside, by="ann", now=NOW)


def test_a_case_that_waits_for_an_errand_of_which_nobody_knows_is_found(desk: Desk) -> None:
    def found() -> list[str]:
        library = desk.cases.library
        checked = verification.check(desk.cases.engine, library, holders=lambda _role: frozenset({"ann"}), now=NOW)
        return [each.check for each in checked]

    assert found() == []
    with writing(desk.cases.engine) as connection:
        connection.execute(sa.delete(MessageTable))
    assert found() == ["errand-missing"]


def _nothing(*_: object) -> Mapping[str, Any]:
    return {}


class Asking(Drive):
    """A drive that knows the errand."""

    knows = frozenset({"after look_up"})


def test_a_case_that_waits_for_an_errand_is_saved_and_restored() -> None:
    def play(drive: Asking) -> None:
        drive.open(name="x")
        (asked,) = drive.sent
        drive.tell("found:look_up", asked.correlation, plate="p").do("look", text="y").do("beside", text="z")
        assert drive.closed

    both_of(Asking, FILES, play)
