"""A step that fails becomes an incident, and everything else goes on; operators retry, skip and move, once each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import rebuilding, store, timers
from engine.cases import Cases
from engine.errors import CannotMend, CaseHeldUp, IncidentSettled, ReasonMissing
from engine.incidents import Incident
from engine.model import Actor
from tests.contracts.sample import NOW, WORKER
from tests.drawn import form, procedure
from tests.torture.soundness import violations

OPERATOR = Actor("olu", frozenset({"administrator"}))
LATER = NOW + timedelta(hours=2)
FILES = procedure(
    "fragile",
    """
    begun: start form=opening
    ask: user form=answer
    wait: boundary on=ask duration=PT1H
    look_up: service does=look_up record=found
    look: user form=looked
    done: end
    begun > ask
    ask > look_up
    wait > look_up
    look_up > look
    look > done
    """,
    form("opening", "name"),
    form("answer", "text"),
    form("looked", "text"),
)
ROUND = procedure(
    "round",
    """
    begun: start form=opening
    turn: exclusive
    at_once: catch duration=PT0S
    again: exclusive
    done: end
    begun > turn
    turn > at_once
    at_once > again
    again > done : =opening.name = "enough"
    again > turn default
    """,
    form("opening", "name"),
)


class Register:
    """What the operation asks: it fails for those named Robin, with the name in the text of its fault, until it is up."""

    up = False

    def __call__(self, _connection: sa.Connection, scope: Mapping[str, Any], _now: datetime) -> Mapping[str, Any]:
        """Give what is known."""
        if scope["opening"]["name"] == "Robin" and not self.up:
            raise KeyError(scope["opening"]["name"])
        return {"known": True}


class Desk:
    """Cases with a register that may be down, and the alarms that were raised."""

    def __init__(self, engine: sa.Engine) -> None:
        self.register = Register()
        self.heard: list[Incident] = []
        alarms = (lambda _connection, incident, _now: self.heard.append(incident),)
        self.cases = Cases(engine, operations={"look_up": self.register}, alarms=alarms)
        for files in (FILES, ROUND):
            self.cases.publish(files, by="ann", now=NOW)

    def open(self, name: str, what: str = "fragile") -> str:
        return self.cases.open(what, {"name": name}, by=WORKER, now=NOW, key=f"open {name} {what}").case_id

    def tasks(self, case_id: str) -> dict[str, str]:
        rows = self.cases.inbox(frozenset({"worker"})).rows
        return {task.element: task.id for task in rows if task.case_id == case_id}

    def kinds(self, case_id: str) -> list[str]:
        view = self.cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
        return [event.kind for event in view.timeline]

    def only(self) -> Incident:
        (found,) = self.cases.incidents.standing()
        return found


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def test_a_case_whose_clock_fails_is_quarantined_and_the_others_go_on(desk: Desk) -> None:
    broken, sound = desk.open("Robin"), desk.open("Sam")
    swept = timers.sweep(desk.cases, now=LATER)
    assert (swept.fired, swept.failed) == (1, 1)
    assert set(desk.tasks(broken)) == {"ask"}
    assert set(desk.tasks(sound)) == {"look"}
    found = desk.only()
    assert (found.case_id, found.kind, found.element, found.state, found.times) == (
        broken,
        "clock",
        "look_up",
        "open",
        1,
    )
    assert found.error == "The step failed (KeyError)."
    assert "Robin" not in repr(found)
    assert [each.id for each in desk.heard] == [found.id]
    assert timers.sweep(desk.cases, now=LATER + timedelta(days=40)).failed == 0
    assert desk.kinds(broken).count("case_held_up") == 1
    assert violations(desk.cases) == []


def test_a_retry_lets_the_case_go_on_once_the_cause_is_gone(desk: Desk) -> None:
    broken = desk.open("Robin")
    timers.sweep(desk.cases, now=LATER)
    number = desk.only().id
    for _ in range(2):
        desk.cases.incidents.retry(number, by=OPERATOR, reason="try", now=LATER, key="retry")
    timers.sweep(desk.cases, now=LATER)
    assert (desk.only().state, desk.only().times, len(desk.heard)) == ("open", 2, 2)
    desk.register.up = True
    desk.cases.incidents.retry(number, by=OPERATOR, reason="the register is up", now=LATER, key="again")
    assert timers.sweep(desk.cases, now=LATER).fired == 1
    timers.sweep(desk.cases, now=LATER)
    assert (desk.only().state, desk.only().settled_by) == ("resolved", "olu")
    assert set(desk.tasks(broken)) == {"look"}
    assert desk.kinds(broken).count("incident_retried") == 2
    assert violations(desk.cases) == []


def test_an_operation_is_skipped_with_a_reason_once(desk: Desk) -> None:
    broken = desk.open("Robin")
    timers.sweep(desk.cases, now=LATER)
    number = desk.only().id
    with pytest.raises(ReasonMissing):
        desk.cases.incidents.skip(number, by=OPERATOR, reason=" ", now=LATER, key="s")
    for _ in range(2):
        desk.cases.incidents.skip(number, by=OPERATOR, reason="asked by telephone", now=LATER, key="skip")
    with pytest.raises(IncidentSettled, match="olu"):
        desk.cases.incidents.skip(number, by=OPERATOR, reason="again", now=LATER, key="other")
    assert timers.sweep(desk.cases, now=LATER).fired == 1
    assert set(desk.tasks(broken)) == {"look"}
    assert desk.kinds(broken).count("operation_to_skip") == desk.kinds(broken).count("operation_skipped") == 1
    assert violations(desk.cases) == []


def test_a_token_is_moved_with_a_reason_once(desk: Desk) -> None:
    broken = desk.open("Robin")
    timers.sweep(desk.cases, now=LATER)
    number = desk.only().id
    with pytest.raises(CannotMend, match="does not go on that way"):
        desk.cases.incidents.move(number, "ask", "look_up", by=OPERATOR, reason="x", now=LATER, key="m")
    for _ in range(2):
        desk.cases.incidents.move(number, "ask", "look", by=OPERATOR, reason="it was on paper", now=LATER, key="move")
    assert set(desk.tasks(broken)) == {"look"}
    assert desk.kinds(broken).count("token_moved") == 1
    timers.sweep(desk.cases, now=LATER)
    assert desk.only().state == "resolved"
    assert violations(desk.cases) == []


def test_a_persons_step_that_fails_is_refused_in_words_and_kept(desk: Desk) -> None:
    broken = desk.open("Robin")
    task = desk.tasks(broken)["ask"]
    for turn in range(2):
        with pytest.raises(CaseHeldUp, match="operators have been told"):
            desk.cases.complete(task, {"text": "x"}, by=WORKER, now=NOW, key=f"c{turn}")
    found = desk.only()
    assert (found.kind, found.times, len(desk.heard)) == ("task", 2, 1)
    assert desk.cases.incidents.of_case(broken) == (found,)
    assert set(desk.tasks(broken)) == {"ask"}
    desk.register.up = True
    desk.cases.complete(task, {"text": "x"}, by=WORKER, now=NOW, key="c9")
    timers.sweep(desk.cases, now=NOW)
    assert desk.only().state == "resolved"
    assert desk.cases.incidents.of_case(broken) == ()


def test_a_case_that_cannot_be_read_is_kept_and_told_of(desk: Desk) -> None:
    broken = desk.open("Sam")
    with store.writing(desk.cases.engine) as connection:
        spoilt = sa.update(store.CaseTable).where(store.CaseTable.id == broken)
        connection.execute(spoilt.values(state=b'{"v":99}'))
    timers.sweep(desk.cases, now=LATER)
    assert desk.only().error == "The case was saved by another version of the program."
    desk.cases.incidents.retry(desk.only().id, by=OPERATOR, reason="a new version", now=LATER, key="r")
    assert desk.kinds(broken)[-2:] == ["case_held_up", "incident_retried"]


def test_the_lists_of_the_other_cases_are_written_anew_beside_one_that_cannot_be_read(desk: Desk) -> None:
    """The first case that could not be read stopped the rebuilding of all behind it."""
    cases = desk.cases
    broken, *others = sorted(desk.open(name) for name in ("Sam", "Kim", "Alex"))
    with store.writing(cases.engine) as connection:
        spoilt = sa.update(store.CaseTable).where(store.CaseTable.id == broken)
        connection.execute(spoilt.values(state=b'{"v":99}'))
        connection.execute(sa.delete(store.TaskTable))
    with pytest.raises(CaseHeldUp, match=broken):
        list(rebuilding.rebuild(cases.engine, cases.library, now=NOW))
    assert [set(desk.tasks(case_id)) for case_id in (broken, *others)] == [set(), {"ask"}, {"ask"}]


def test_clocks_that_ring_without_end_are_stopped(desk: Desk) -> None:
    desk.open("x", "round")
    other = desk.open("Sam")
    swept = timers.sweep(desk.cases, now=LATER, limit=500)
    assert (swept.fired, swept.failed) == (timers.RINGS_AT_MOST + 1, 1)
    assert "again and again" in desk.only().error
    assert set(desk.tasks(other)) == {"look"}


def test_what_the_database_could_not_do_is_tried_again_without_an_incident(desk: Desk) -> None:
    desk.open("Sam")
    engine = store.connect(desk.cases.engine.url.render_as_string(hide_password=False))
    failing = Cases(engine, operations={"look_up": lambda *_: _fail()})
    assert timers.sweep(failing, now=LATER).failed == 1
    assert desk.cases.incidents.standing() == ()
    assert timers.sweep(desk.cases, now=LATER + timedelta(minutes=2)).fired == 1
    engine.dispose()


def _fail() -> Mapping[str, Any]:
    raise sa.exc.OperationalError("a statement", {}, ConnectionError("gone"))
