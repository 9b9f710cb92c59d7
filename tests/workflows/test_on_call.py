"""The rota: who is on call, what is refused, where nobody is, and that urgent messages reach the telephone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import release
from engine.errors import Invalid
from engine.model import Actor
from engine.store import writing
from notifications import outbox
from notifications.memory import MemoryChannel
from notifications.message import Message
from tests.procedures.casework import files_of
from workflows import alerts, catalogue, on_call, people
from workflows.agencies import ROLES
from workflows.alert_table import ALERTS
from workflows.on_call import ALWAYS, KEEPERS, ON_CALL, Duty, EntryNotFound, Wanted

NOW = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
NIGHT = (NOW, NOW + timedelta(hours=8))
SUPERVISOR = Actor("control_room_supervisor", frozenset({"control_room_supervisor"}))
FORCE, PROVIDER = "invented_police", "safe_steps"
THERE = (
    ("control_room_supervisor", FORCE),
    ("duty_inspector", FORCE),
    ("audit_lead", FORCE),
    ("rhi_manager", PROVIDER),
)


@pytest.fixture
def connection(sqlite_engine: sa.Engine) -> Iterator[sa.Connection]:
    with writing(sqlite_engine) as made:
        add_people(made)
        yield made


def add_people(connection: sa.Connection) -> None:
    """Add a few people who cannot sign in, since making passwords takes its time."""
    for key, kind in ((FORCE, "police"), (PROVIDER, "interview_provider")):
        people.add_organisation(connection, key, key, kind)
    for role, organisation in THERE:
        row = {"sign_in": role, "name": role, "mail": f"{role}@force.example", "password_hash": "-", "added_at": NOW}
        connection.execute(sa.insert(people.PersonRow).values(row))
        people.give_roles(connection, role, [people.Membership(role, organisation)])


def wanted(**changed: Any) -> Wanted:
    values = {"organisation": FORCE, "role": "duty_inspector", "person": "duty_inspector", "begins_at": NIGHT[0]}
    return Wanted(**{**values, "ends_at": NIGHT[1], "mobile": "07700 900 123", **changed})


def enter(connection: sa.Connection, key: str = "k", by: Actor = SUPERVISOR, **changed: Any) -> None:
    on_call.enter(connection, wanted(**changed), by=by, now=NOW, key=key)


def running(connection: sa.Connection, now: datetime) -> list[tuple[str, str]]:
    return [(duty.person, duty.mobile) for duty in on_call.on_call(connection, ["duty_inspector"], now)]


def test_somebody_is_on_call_from_the_first_moment_to_the_last(connection: sa.Connection) -> None:
    enter(connection)
    moments = [NIGHT[0] - timedelta(seconds=1), NIGHT[0], NIGHT[1] - timedelta(seconds=1), NIGHT[1]]
    there = [("duty_inspector", "+447700900123")]
    assert [running(connection, moment) for moment in moments] == [[], there, there, []]


def test_the_same_sending_twice_is_one_entry(connection: sa.Connection) -> None:
    enter(connection)
    enter(connection)
    assert len(running(connection, NOW)) == 1


def test_an_entry_is_ended_now_or_taken_out_before_it_begins(connection: sa.Connection) -> None:
    enter(connection, "1")
    enter(connection, "2", begins_at=NIGHT[1], ends_at=NIGHT[1] + timedelta(hours=8))
    for duty in on_call.rota(connection, NOW, until=NOW + timedelta(days=3), organisation=FORCE):
        on_call.end(connection, duty.id, by=SUPERVISOR, now=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    assert running(connection, later) == []
    assert running(connection, NOW) == [("duty_inspector", "+447700900123")]
    assert on_call.rota(connection, later, until=NOW + timedelta(days=3), organisation=FORCE) == ()


def test_nobody_keeps_the_rota_of_another_organisation(connection: sa.Connection) -> None:
    enter(connection)
    [duty] = on_call.on_call(connection, ["duty_inspector"], NOW)
    stranger = Actor("rhi_manager", frozenset({"rhi_manager"}))
    with pytest.raises(EntryNotFound):
        on_call.end(connection, duty.id, by=stranger, now=NOW)
    with pytest.raises(EntryNotFound):
        enter(connection, "2", by=stranger)
    with pytest.raises(EntryNotFound):
        on_call.end(connection, 10_000, by=SUPERVISOR, now=NOW)


def test_whoever_has_left_or_lost_the_role_is_not_on_call(connection: sa.Connection) -> None:
    enter(connection)
    people.disable(connection, "duty_inspector", NOW)
    assert running(connection, NOW) == []
    people.enable(connection, "duty_inspector")
    people.give_roles(connection, "duty_inspector", [people.Membership("locate_sergeant", FORCE)])
    assert running(connection, NOW) == []


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"ends_at": NOW - timedelta(hours=1)}, ["ends_at"]),
        ({"begins_at": NOW - timedelta(hours=9), "ends_at": NOW}, ["ends_at"]),
        ({"ends_at": NOW + timedelta(days=15)}, ["ends_at"]),
        ({"mobile": "", "pager": ""}, ["mobile"]),
        ({"mobile": "999"}, ["mobile"]),
        ({"mobile": "+44 7700 900123 ext 4"}, ["mobile"]),
        ({"pager": "47/11"}, ["pager"]),
        ({"person": "rhi_manager"}, ["duty"]),
        ({"role": "audit_lead", "person": "audit_lead"}, ["duty"]),
        ({"ends_at": NOW, "mobile": "no", "person": "rhi_manager"}, ["ends_at", "mobile", "duty"]),
    ],
)
def test_what_cannot_be_is_refused_all_at_once(
    connection: sa.Connection, changed: dict[str, Any], where: list[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        enter(connection, **changed)
    assert [problem.where for problem in refusal.value.problems] == where


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700 900 123", "+447700900123"),
        ("+44 (7700) 900-123", "+447700900123"),
        ("0033 6 12 34 56 78", "+33612345678"),
    ],
)
def test_a_number_is_kept_as_the_world_writes_it(connection: sa.Connection, typed: str, kept: str) -> None:
    enter(connection, mobile=typed)
    assert running(connection, NOW) == [("duty_inspector", kept)]


def test_gaps_are_what_no_entry_covers() -> None:
    def duty(begins: int, ends: int) -> Duty:
        at = [NOW + timedelta(hours=hours) for hours in (begins, ends)]
        return Duty(1, FORCE, "edt", "edt", at[0], at[1], "+44", "")

    def found(*duties: Duty) -> list[tuple[float, float]]:
        until = NOW + timedelta(hours=24)
        hour = timedelta(hours=1)
        return [((g.begins_at - NOW) / hour, (g.ends_at - NOW) / hour) for g in on_call.gaps(duties, NOW, until)]

    assert found() == [(0, 24)]
    assert found(duty(-2, 30)) == []
    assert found(duty(8, 12), duty(2, 10), duty(14, 20)) == [(0, 2), (12, 14), (20, 24)]
    assert found(duty(0, 12), duty(12, 24)) == []
    assert found(duty(40, 50)) == [(0, 24)]


def test_an_urgent_message_reaches_those_on_call_when_it_leaves_and_an_ordinary_one_does_not(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        add_people(connection)
        enter(connection, pager="4711")
        enter(connection, "later", begins_at=NIGHT[1], ends_at=NIGHT[1] + timedelta(hours=1), mobile="07700 900 999")
        for urgent in (True, False):
            told = alerts.group(["duty_inspector"])
            message = Message(f"MC-1/{urgent}", told, "URGENT MC-1" if urgent else "MC-1", "x\n", urgent=urgent)
            outbox.record(connection, [message], NOW)
    channel = MemoryChannel()
    outbox.sweep(engine, [channel], NOW, 100, directory=alerts.directory)
    sent = sorted((message.subject, message.recipient) for message in channel.taken)
    mail = "duty_inspector@force.example"
    assert sent == [
        ("MC-1", mail),
        ("URGENT MC-1", mail),
        ("URGENT MC-1", "pager:4711"),
        ("URGENT MC-1", "sms:+447700900123"),
    ]
    assert not any("7700" in message.key for message in channel.taken)


def test_at_night_the_duty_team_is_paged_for_the_hub_in_its_own_council_alone(connection: sa.Connection) -> None:
    """What the hub is paged for reaches the team that stands in for it (domain 5.1), who may do the task as well."""
    for council, hour in (("shire", 1), ("town", 2)):
        people.add_organisation(connection, council, council, "local_authority")
        row = {"sign_in": f"edt_{council}", "name": "N.", "mail": f"{council}@example.org", "password_hash": "-"}
        connection.execute(sa.insert(people.PersonRow).values(**row, added_at=NOW))
        people.give_roles(connection, f"edt_{council}", [people.Membership("edt", council)])
        entry = {"organisation": council, "role": "edt", "person": f"edt_{council}", "mobile": f"+44770090012{hour}"}
        entry |= {"pager": "", "entered_by": "csc_mash", "key": council}
        times = {"begins_at": NIGHT[0], "ends_at": NIGHT[1], "entered_at": NOW}
        connection.execute(sa.insert(on_call.OnCallRow).values(**entry, **times))
    message = Message("MC-1/1/x", alerts.group(["csc_mash"], "town"), "URGENT", "x\n", urgent=True)
    told = alerts.directory(connection, message, NOW) or ()
    assert [address for _name, address in told if address.startswith("sms:")] == ["sms:+447700900122"]


def test_every_role_that_a_shipped_procedure_pages_can_be_on_call() -> None:
    paged = {role for alert in ALERTS if alert.urgent for role in alert.roles}
    for name in catalogue.procedures():
        shipped = release.load(release.pack(files_of(name))[0])
        for rule in shipped.decisions["deadlines"].rules if "deadlines" in shipped.decisions else ():
            *_others, told, urgent, _every = rule.outputs
            if urgent == "true":
                paged |= set(re.findall(r'"(\w+)"', told))  # `asked` is a role that the drawing names
    assert "superintendent" in paged, "the tables page nobody"
    assert paged <= set(ON_CALL) <= set(ROLES)
    assert set(KEEPERS) <= set(ROLES)
    assert {role for wanted in ALWAYS.values() for role in wanted} <= set(ON_CALL)
