"""Messages of partners and people, and those that nobody takes: once each, only where the drawing lets them, and never lost unseen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import erasing, posting, store, timers, values
from engine.cases import Cases
from engine.erasing import Tombstone
from engine.errors import CannotMend, Conflict, Invalid, NotYourTask, ReleaseInvalid
from engine.incidents import Incident
from engine.messages import Received
from engine.model import Actor
from engine.store import MessageTable, connect, reading
from tests.contracts.sample import NOW, WORKER
from tests.contracts.test_incidents import OPERATOR
from tests.drawn import form, procedure
from tests.torture.soundness import violations

ROOT = Path(__file__).resolve().parents[2]
HOSPITAL = "hospital"
LATER = NOW + timedelta(days=2)
OTHER = Actor("bea", frozenset({"chief"}), "police")
SEARCH = procedure(
    "search",
    """
    begun: start form=opening
    ask: user form=asked
    part: parallel
    seen: catch message=child_seen key={=opening.child} form=sighting given_by={worker, partners}
    passed: catch message=passed_on key={=opening.child}
    look: user form=looked
    again: user form=looked
    over: end
    done: end
    begun > ask
    ask > part
    part > seen
    part > passed
    seen > look
    passed > again
    look > done
    again > over
    """,
    form("opening", "child"),
    form("asked", "text"),
    form("sighting", "place"),
    form("looked", "text"),
)
TELLS = procedure(
    "tells",
    """
    begun: start form=opening
    both: parallel
    must: end message=wanted correlation=opening.child gives={why: opening.child} time_to_live=P2D
    may: end message=news correlation=opening.child gives={why: opening.child} time_to_live=P2D optional=true
    begun > both
    both > must
    both > may
    """,
    form("opening", "child"),
)


class Desk:
    """Cases, and the alarms that were raised."""

    def __init__(self, engine: sa.Engine) -> None:
        self.heard: list[Incident] = []
        self.cases = Cases(engine, alarms=(lambda _connection, incident, _now: self.heard.append(incident),))
        for files in (SEARCH, TELLS):
            self.cases.publish(files, by="ann", now=NOW)

    def open(self, what: str = "search") -> str:
        return self.cases.open(what, {"child": "CH-1"}, by=WORKER, now=NOW, key=f"open {what}").case_id

    def ready(self, case_id: str) -> None:
        self.cases.complete(f"{case_id}.{self.task('ask')}", {"text": "x"}, by=WORKER, now=NOW, key="ask")

    def task(self, element: str) -> int:
        return next(each.number for each in self.cases.inbox(frozenset({"worker"})).rows if each.element == element)

    def open_tasks(self) -> list[str]:
        return sorted(each.element for each in self.cases.inbox(frozenset({"worker"})).rows)

    def facts(self, case_id: str, record: str) -> object:
        view = self.cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
        return view.facts.get(record)

    def kinds(self, case_id: str) -> list[str]:
        view = self.cases.case(case_id, classes=frozenset(), by=WORKER, purpose="test", now=NOW)
        return [event.kind for event in view.timeline]

    def status(self) -> dict[str, str]:
        with reading(self.cases.engine) as connection:
            rows = connection.execute(sa.select(MessageTable.name, MessageTable.status)).all()
        return dict(row._tuple() for row in rows)


def sighting(number: str = "S-1", place: str = "bus station", **more: object) -> Received:
    return Received(**{"id": number, "name": "child_seen", "key": "CH-1", "payload": {"place": place}, **more})  # type: ignore[arg-type]


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def test_a_partner_s_message_waits_for_the_case_and_is_handed_over_once_however_often_it_is_sent(desk: Desk) -> None:
    took = [desk.cases.messages.receive(sighting(), sender=HOSPITAL, now=NOW) for _turn in range(2)]
    assert took == [True, False]
    assert timers.sweep(desk.cases, now=NOW).delivered == 0
    case_id = desk.open()
    assert timers.sweep(desk.cases, now=NOW).delivered == 0
    desk.ready(case_id)
    assert [timers.sweep(desk.cases, now=NOW).delivered for _turn in range(2)] == [1, 0]
    assert not desk.cases.messages.receive(sighting(), sender=HOSPITAL, now=LATER)
    assert timers.sweep(desk.cases, now=LATER).delivered == 0
    assert desk.facts(case_id, "sighting") == {"": {"sender": HOSPITAL, "place": "bus station"}}
    assert desk.open_tasks() == ["look"]
    with pytest.raises(Conflict):
        desk.cases.messages.receive(sighting(place="harbour"), sender=HOSPITAL, now=NOW)
    assert desk.cases.messages.receive(sighting(), sender="another hospital", now=NOW)
    same = [("hospital:a", "b"), ("hospital", "a:b")]
    assert all(desk.cases.messages.receive(sighting(number), sender=sender, now=NOW) for sender, number in same)
    assert violations(desk.cases) == []


def test_a_message_that_is_sent_again_while_the_first_is_being_taken_in_was_received(desk: Desk) -> None:
    """On PostgreSQL the second saw that none was there, waited for the first, and was answered by a fault."""
    again = posting.row_of(
        f"{HOSPITAL} S-1", "child_seen", "CH-1", {"place": "bus station", "sender": HOSPITAL}, NOW,
        origin=posting.PARTNER, sender=HOSPITAL,
    )  # fmt: skip
    with ThreadPoolExecutor(1) as pool:
        with store.writing(desk.cases.engine) as connection:
            assert posting.leave(connection, again)
            second = pool.submit(desk.cases.messages.receive, sighting(), sender=HOSPITAL, now=NOW)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
        assert not second.result(timeout=10)


def test_a_message_that_was_erased_does_not_come_back_when_it_is_sent_again(desk: Desk) -> None:
    """It waited anew, with what it says of somebody, until people were told that nobody had taken it."""
    desk.cases.messages.receive(sighting(), sender=HOSPITAL, now=NOW)
    desk.ready(case_id := desk.open())
    timers.sweep(desk.cases, now=NOW)
    stone = Tombstone(case_id, (case_id,), LATER, "ann", "bob", "six years are over", {})
    with store.writing(desk.cases.engine) as connection:
        assert erasing.erase(connection, [case_id], stone)["messages"] == 1
        assert "messages" not in erasing.erase(connection, [case_id], stone)
    for place in ("bus station", "harbour"):
        assert not desk.cases.messages.receive(sighting(place=place), sender=HOSPITAL, now=LATER)
    with reading(desk.cases.engine) as connection:
        kept = connection.execute(sa.select(MessageTable.status, MessageTable.correlation, MessageTable.payload)).one()
    assert kept == ("erased", "", values.dumps({}))
    timers.sweep(desk.cases, now=LATER + timedelta(days=40))
    assert desk.heard == []


def test_a_partner_s_message_is_refused_with_all_that_is_wrong_and_nothing_is_kept(desk: Desk) -> None:
    wrong = sighting("an id", name="passed_on", key=" ", payload={"Place": "x", "sender": "police"}, lives=timedelta())
    with pytest.raises(Invalid) as refused:
        desk.cases.messages.receive(wrong, sender=HOSPITAL, now=NOW)
    found = [problem.where for problem in refused.value.problems]
    assert found == ["id", "name", "key", "lives", "payload"]
    for payload in ({"place": "x" * 70_000}, {"place": object()}):
        with pytest.raises(Invalid):
            desk.cases.messages.receive(sighting(payload=payload), sender=HOSPITAL, now=NOW)
    assert desk.status() == {}


def test_a_message_that_says_what_the_event_does_not_ask_is_an_incident_and_not_a_fact(desk: Desk) -> None:
    desk.cases.messages.receive(sighting(payload={"grade": "low"}, lives=timedelta(days=30)), sender=HOSPITAL, now=NOW)
    case_id = desk.open()
    desk.ready(case_id)
    for day in range(1, timers.WEATHER_AT_MOST + 1):
        assert timers.sweep(desk.cases, now=NOW + timedelta(days=day)).delivered == 0
    assert [each.kind for each in desk.heard] == ["message"]
    assert desk.facts(case_id, "sighting") is None


def test_a_message_to_nobody_is_seen_and_sent_again_or_set_aside_with_a_reason(desk: Desk) -> None:
    sender = desk.open("tells")
    assert timers.sweep(desk.cases, now=NOW + timedelta(days=1)).failed == 0
    assert desk.status() == {"wanted": "waiting", "news": "waiting"}
    for _turn in range(2):
        timers.sweep(desk.cases, now=LATER)
    assert desk.status() == {"wanted": "unread", "news": "expired"}
    (told,) = desk.heard
    assert (told.case_id, told.kind, told.element, told.name, told.state) == (
        sender,
        "unread",
        "must",
        "wanted",
        "open",
    )
    assert "CH-1" not in repr(told)
    incidents = desk.cases.incidents
    incidents.retry(told.id, by=OPERATOR, reason="the case opens today", now=LATER, key="again")
    assert desk.status()["wanted"] == "waiting"
    timers.sweep(desk.cases, now=LATER + timedelta(days=1))
    assert desk.status()["wanted"] == "waiting"
    timers.sweep(desk.cases, now=LATER + timedelta(days=2))
    assert [(each.id, each.times) for each in desk.heard] == [(told.id, 1), (told.id, 2)]
    for _turn in range(2):
        incidents.set_aside(told.id, by=OPERATOR, reason="told by telephone", now=LATER, key="aside")
    timers.sweep(desk.cases, now=LATER + timedelta(days=2))
    assert (incidents.get(told.id).state, desk.status()["wanted"]) == ("resolved", "set_aside")
    said = [kind for kind in desk.kinds(sender) if kind.startswith("message_") and kind != "message_sent"]
    assert said == ["message_unread", "message_sent_again", "message_unread", "message_set_aside"]
    assert violations(desk.cases) == []


def test_a_message_that_cannot_be_put_aside_is_one_incident_until_an_operator_lets_it_be_tried_again(
    desk: Desk,
) -> None:
    """The next sweep closed the incident, because no message had its id for a name; each try then raised the alarm anew."""
    incidents, (hear,), is_broken = desk.cases.incidents, desk.cases.incidents.alarms, True

    def alarm(connection: sa.Connection, incident: Incident, now: datetime) -> None:
        if is_broken and incident.kind == "unread":
            raise ValueError
        hear(connection, incident, now)

    incidents.alarms = (alarm,)
    desk.open("tells")
    for hour in range(3):
        timers.sweep(desk.cases, now=LATER + timedelta(hours=2 * hour))
    (told,) = desk.heard
    assert (told.kind, told.subject, desk.status()["wanted"]) == ("message", "wanted", "waiting")
    is_broken = False
    incidents.retry(told.id, by=OPERATOR, reason="mended", now=LATER, key="again")
    for _turn in range(2):
        timers.sweep(desk.cases, now=LATER)
    assert ([each.kind for each in desk.heard], desk.status()["wanted"]) == (["message", "unread"], "unread")
    assert incidents.get(told.id).state == "resolved"


def test_what_a_partner_sent_and_nobody_took_is_seen_too_and_only_such_a_thing_is_set_aside(desk: Desk) -> None:
    desk.cases.messages.receive(sighting(), sender=HOSPITAL, now=NOW)
    timers.sweep(desk.cases, now=LATER)
    (told,) = desk.heard
    assert (told.case_id, told.procedure, told.kind) == ("", "child seen", "unread")
    with pytest.raises(CannotMend):
        desk.cases.incidents.move(told.id, "seen", "look", by=OPERATOR, reason="x", now=LATER, key="moved")
    desk.cases.incidents.retry(told.id, by=OPERATOR, reason="open now", now=LATER, key="again")
    desk.ready(desk.open())
    assert timers.sweep(desk.cases, now=LATER).delivered == 1
    timers.sweep(desk.cases, now=LATER)
    assert desk.cases.incidents.get(told.id).state == "resolved"
    fault = ValueError()
    desk.cases.incidents.keep("", ("schedule", "search"), fault, NOW)
    with pytest.raises(CannotMend):
        desk.cases.incidents.set_aside(told.id + 1, by=OPERATOR, reason="x", now=LATER, key="no")


def test_a_person_gives_only_what_the_drawing_lets_their_role_give(desk: Desk) -> None:
    case_id = desk.open()
    assert desk.cases.messages.wanted(case_id, by=WORKER, now=NOW) == ()
    desk.ready(case_id)
    (wanted,) = desk.cases.messages.wanted(case_id, by=WORKER, now=NOW)
    assert (wanted.node.id, wanted.key, wanted.node.form) == ("seen", "CH-1", "sighting")
    assert desk.cases.messages.wanted(case_id, by=OTHER, now=NOW) == ()
    said = {"place": "harbour"}
    for by, name in ((OTHER, "child_seen"), (WORKER, "passed_on")):
        with pytest.raises(NotYourTask):
            desk.cases.messages.tell(case_id, name, said, by=by, now=NOW, key="no", under="CH-1")
    done = [
        desk.cases.messages.tell(case_id, "child_seen", said, by=WORKER, now=NOW, key="g", under="CH-1").repeated
        for _turn in range(2)
    ]
    assert (done, desk.open_tasks()) == ([False, True], ["look"])
    assert desk.facts(case_id, "sighting") == {"": {"sender": "ann", "place": "harbour"}}


def test_a_drawing_that_lets_nobody_in_particular_give_a_message_is_refused() -> None:
    with pytest.raises(ReleaseInvalid) as refused:
        Cases(connect("sqlite://")).publish(
            procedure(
                "wrong",
                """
                begun: start form=opening given_by=worker
                seen: catch message=seen key={=case.reference} given_by=everybody
                pause: catch duration=PT1H given_by=worker
                told: end message=told correlation=opening.child time_to_live=P1M optional=perhaps
                begun > seen
                seen > pause
                pause > told
                """,
                form("opening", "child"),
            ),
            by="ann",
            now=NOW,
            roles=["worker"],
        )
    found = {(problem.where, problem.rule) for problem in refused.value.problems}
    assert found == {
        ("begun", "message-givers"),
        ("seen", "role-not-known"),
        ("pause", "message-givers"),
        ("told", "message-life"),
        ("told", "message-optional"),
    }


def test_a_message_outlives_the_node_that_took_it_in_and_the_one_that_was_handing_it_over(database_url: str) -> None:
    engine = connect(database_url)
    store.Base.metadata.create_all(engine)
    desk = Desk(engine)
    case_id = desk.open()
    desk.ready(case_id)
    engine.dispose()
    command = [sys.executable, "-m", "tests.contracts.test_messages_from_outside", database_url]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert (desk.status(), desk.open_tasks()) == ({"child_seen": "waiting"}, [])
    assert [timers.sweep(desk.cases, now=NOW).delivered for _turn in range(2)] == [1, 0]
    assert (desk.status(), desk.open_tasks()) == ({"child_seen": "taken"}, ["look"])
    assert violations(desk.cases) == []
    engine.dispose()


def receive_and_die(url: str) -> None:
    """Take a message in, and be killed in the middle of handing it over."""
    node = Cases(connect(url), observers=[lambda _connection, _step: os.kill(os.getpid(), signal.SIGKILL)])
    node.messages.receive(sighting(), sender=HOSPITAL, now=NOW)
    timers.sweep(node, now=NOW)


if __name__ == "__main__":
    receive_and_die(sys.argv[1])
