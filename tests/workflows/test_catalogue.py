"""The shipped procedure, the real engine and the observers together: a case is followed and people are told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import timers
from engine.cases import Cases
from engine.model import Actor
from engine.store import reading, writing
from notifications import outbox
from notifications.memory import MemoryChannel
from workflows import alerts, catalogue, episodes, people
from workflows.agencies import ROLES
from workflows.operations import OPERATIONS
from workflows.people import Membership

CALL_TAKER = Actor("call_taker", frozenset({"call_taker"}), "police")
INSPECTOR = Actor("duty_inspector", frozenset({"duty_inspector"}), "police")

OPENING: dict[str, Any] = {
    "child_name": "Canary One",
    "last_place": "Canary Two",
    "why_worried": "Canary Three",
    "call_back": "Canary Four",
}


@pytest.fixture
def cases(sqlite_engine: sa.Engine, now: datetime) -> Cases:
    """The cases, with the shipped procedure published and one person for each role."""
    with writing(sqlite_engine) as connection:
        for kind in sorted({role.kind for role in ROLES.values() if role.kind}):
            people.add_organisation(connection, kind, kind, kind)
        for key in ("call_taker", "duty_inspector", "csc_mash", "chief_inspector_missing", "control_room_supervisor"):
            people.add(
                connection,
                key,
                name=key,
                mail=f"{key}@example.org",
                password=None,
                memberships=[Membership(key, ROLES[key].kind)],
                now=now,
            )
    observers = catalogue.observers("https://homeward.example")
    cases = Cases(sqlite_engine, observers=observers, operations=OPERATIONS)
    cases.publish(catalogue.files("missing_child"), by="chief", now=now, roles=tuple(ROLES))
    return cases


def sent(cases: Cases, now: datetime) -> list[tuple[str, str]]:
    """Send what waits, and give recipients and subjects without the reference."""
    channel = MemoryChannel()
    outbox.sweep(cases.engine, [channel], now, 100, directory=alerts.directory)
    assert all("Canary" not in message.text + message.subject for message in channel.taken)
    return [(message.recipient.partition("@")[0], message.subject.partition(": ")[2]) for message in channel.taken]


def test_a_new_case_is_an_episode_and_the_inspector_and_the_hub_are_told(cases: Cases, now: datetime) -> None:
    done = cases.open("missing_child", OPENING, by=CALL_TAKER, now=now, key="open")

    with reading(cases.engine) as connection:
        episode = episodes.find(connection, done.case_id)
    assert episode is not None
    assert (episode.child_name, episode.status, episode.opened_at) == ("Canary One", "reported", now)
    assert sent(cases, now) == [
        ("csc_mash", "notice of a missing child"),
        ("duty_inspector", "hand-over waits for you"),
    ]


def test_a_hand_over_that_nobody_takes_climbs_until_it_is_taken(cases: Cases, now: datetime) -> None:
    """No hand-over is passive (G-14): the inspector, then the supervisor, then the chief inspector hear of it."""
    cases.open("missing_child", OPENING, by=CALL_TAKER, now=now, key="open")
    sent(cases, now)

    heard: set[str] = set()
    for minutes in range(0, 40, 5):
        at = now + timedelta(minutes=minutes)
        timers.sweep(cases, now=at)
        heard |= {who for who, subject in sent(cases, at) if "acknowledge the hand-over" in subject}
    assert heard == {"duty_inspector", "control_room_supervisor", "chief_inspector_missing"}

    at = now + timedelta(minutes=40)
    task = next(row for row in cases.inbox(INSPECTOR.roles).rows if row.element == "acknowledge_handover")
    answers = {"read": "yes", "set_going": ["search"], "first_directions": "Canary Five"}
    cases.complete(task.id, answers, by=INSPECTOR, now=at, key="take")
    timers.sweep(cases, now=at + timedelta(hours=1))
    told = sent(cases, at + timedelta(hours=1))
    assert told
    assert all("hand-over" not in subject for _, subject in told)


def test_an_observer_that_breaks_leaves_no_case_and_no_message(cases: Cases, now: datetime) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    broken = Cases(cases.engine, observers=(*cases.observers, break_down), operations=OPERATIONS)

    with pytest.raises(ZeroDivisionError):
        broken.open("missing_child", OPENING, by=CALL_TAKER, now=now, key="open")

    assert sent(cases, now) == []
    with reading(cases.engine) as connection:
        assert episodes.newest(connection) == ()
