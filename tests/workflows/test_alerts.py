"""Alerts tell the right people of the right events, and nothing of the child."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.model import Facts
from engine.store import reading, writing
from engine.views import Step
from notifications import outbox
from notifications.memory import MemoryChannel
from notifications.message import Message
from notifications.outbox import OutboxRow, Swept
from tests.workflows.steps import CASE, a_step, a_task, an_event
from workflows import catalogue, people
from workflows.agencies import ROLES
from workflows.alert_table import ALERTS
from workflows.alerts import Alerts, directory, group_at, in_words
from workflows.people import Membership

SITE = "https://homeward.example/"

PEOPLE = (
    ("ines", "duty_inspector", "force"),
    ("cora", "mfh_coordinator", "force"),
    ("mai", "csc_mash", "nottinghamshire_county"),
    ("milo", "csc_mash", "nottingham_city"),
    ("rhys", "rhi_worker", "safe_steps"),
    ("rona", "rhi_manager", "safe_steps"),
)


@pytest.fixture
def database(sqlite_engine: sa.Engine, now: datetime) -> sa.Engine:
    """A database with a force, two councils, a provider and their people."""
    with writing(sqlite_engine) as connection:
        for key, kind in (
            ("force", "police"),
            ("nottinghamshire_county", "local_authority"),
            ("nottingham_city", "local_authority"),
            ("safe_steps", "interview_provider"),
        ):
            people.add_organisation(connection, key, key, kind)
        for name, role, organisation in PEOPLE:
            people.add(
                connection,
                name,
                name=name,
                mail=f"{name}@example.org",
                password=None,
                memberships=[Membership(role, organisation)],
                now=now,
            )
    return sqlite_engine


def messages(database: sa.Engine, *steps: Step) -> list[Any]:
    """Give what has left after some steps, in the order of the keys."""
    for step in steps:
        with writing(database) as connection:
            Alerts(SITE)(connection, step)
        outbox.sweep(database, [MemoryChannel()], step.now, 100, directory=directory)
    with reading(database) as connection:
        return list(connection.execute(sa.select(OutboxRow.__table__).order_by(OutboxRow.key)))


def a_rung(now: datetime, **data: Any) -> Step:
    """Make a step in which the 72 hour clock of the return interview rang."""
    given: dict[str, Any] = {
        "deadline": "T-25",
        "step": "warning",
        "tell": ["rhi_worker", "rhi_manager"],
        "urgent": False,
        "due_at": "2026-03-03T16:12:00+00:00",
    }
    return a_step(now, events=(an_event("timer_fired", now, seq=12, element="interview_clock_rang", **given | data),))


def an_opening(now: datetime, facts: Facts | None = None) -> Step:
    """Make the step in which a case is opened and the hand-over waits."""
    events = (
        an_event("case_opened", now, seq=1),
        an_event("task_opened", now, seq=2, element="acknowledge_handover", task=4),
    )
    task = a_task(4, "acknowledge_handover", "duty_inspector", now, now + timedelta(minutes=15))
    return a_step(now, facts, events, (task,))


def an_offer(now: datetime, facts: Facts | None = None) -> Step:
    """Make the step in which the offer of the return interview becomes a task."""
    event = an_event("task_opened", now, seq=30, element="offer_return_interview", task=9)
    return a_step(now, facts, (event,), (a_task(9, "offer_return_interview", "rhi_worker", now, None),))


def test_a_clock_that_rings_tells_each_person_whom_its_table_names(database: sa.Engine, now: datetime) -> None:
    told = messages(database, a_rung(now))

    assert [(row.key, row.recipient) for row in told] == [
        (f"{CASE}/12/deadline/rhys", "rhys@example.org"),
        (f"{CASE}/12/deadline/rona", "rona@example.org"),
    ]
    assert told[0].subject == f"{CASE}: hold the return interview (warning)"
    assert "By when: 3 March 2026, 4:12 pm." in told[0].text
    assert "https://homeward.example/cases/MC-7K3QX9PW\n" in told[0].text
    assert told[0].urgent is False


def test_an_urgent_rung_is_an_urgent_message(database: sa.Engine, now: datetime) -> None:
    told = messages(database, a_rung(now, urgent=True))

    assert [row.urgent for row in told] == [True, True]
    assert told[0].subject.startswith("URGENT ")


def test_a_clock_that_moves_a_token_and_tells_nobody_sends_nothing(database: sa.Engine, now: datetime) -> None:
    assert messages(database, a_step(now, events=(an_event("timer_fired", now, due_at=None),))) == []


def test_a_rung_without_a_due_time_says_so(database: sa.Engine, now: datetime) -> None:
    assert "By when: as soon as you can." in messages(database, a_rung(now, due_at=None))[0].text


def test_a_rung_after_the_due_time_says_that_it_has_passed(database: sa.Engine, now: datetime) -> None:
    late = messages(database, a_rung(now, due_at="2026-03-02T08:59:59+00:00"))[0].text

    assert "By when: 2 March 2026, 8:59 am, which has passed." in late


def test_a_deadline_that_a_new_release_brings_is_named_as_on_the_drawing(database: sa.Engine, now: datetime) -> None:
    assert "Name on the drawing" in messages(database, a_rung(now, deadline="X-99"))[0].subject


def test_the_same_step_seen_twice_tells_once(database: sa.Engine, now: datetime) -> None:
    assert len(messages(database, a_rung(now), a_rung(now))) == 2


def test_a_new_case_tells_the_duty_inspector_and_the_safeguarding_hub(database: sa.Engine, now: datetime) -> None:
    hub, other_hub, inspector = messages(database, an_opening(now))

    assert [row.recipient for row in (hub, other_hub, inspector)] == [
        "mai@example.org",
        "milo@example.org",
        "ines@example.org",
    ]
    assert inspector.subject == f"URGENT {CASE}: hand-over waits for you"
    assert "By when: 2 March 2026, 9:15 am." in inspector.text
    assert f"https://homeward.example/tasks/{CASE}.4\n" in inspector.text
    assert f"https://homeward.example/cases/{CASE}\n" in hub.text
    assert hub.urgent
    assert inspector.urgent


@pytest.mark.parametrize(
    ("authority", "told"),
    [
        ("nottingham_city", ["milo@example.org"]),
        ("nottinghamshire_county", ["mai@example.org"]),
        ("another", ["mai@example.org", "milo@example.org"]),
        (None, ["mai@example.org", "milo@example.org"]),
    ],
)
def test_the_responsible_council_is_told_and_where_it_is_not_known_each_of_them(
    database: sa.Engine, now: datetime, authority: str | None, told: list[str]
) -> None:
    rows = messages(database, an_opening(now, {"case_opening": {"": {"responsible_authority": authority}}}))

    assert [row.recipient for row in rows if "missing_notice" in row.key] == told


def test_the_provider_is_asked_for_the_interview_when_the_offer_becomes_a_task(
    database: sa.Engine, now: datetime
) -> None:
    told = messages(database, an_offer(now))

    assert [row.recipient for row in told] == ["rhys@example.org", "rona@example.org"]
    assert f"https://homeward.example/tasks/{CASE}.9\n" in told[0].text


def test_what_is_about_no_case_is_told_in_the_agency_that_it_names(database: sa.Engine, now: datetime) -> None:
    """A late hand-over of one provider once went to those on duty of every provider, or to the police."""
    with writing(database) as connection:
        people.add_organisation(connection, "new_paths", "new_paths", "interview_provider")
        people.add(
            connection,
            "nia",
            name="Nia",
            mail="nia@example.org",
            password=None,
            memberships=[Membership("rhi_manager", "new_paths")],
            now=now,
        )
        late = Message("shift/1/shift_late/", group_at(["rhi_manager"], ["new_paths"]), "Late", "Late")
        assert directory(connection, late, now) == [("nia", "nia@example.org")]


def test_somebody_who_is_disabled_is_not_told(database: sa.Engine, now: datetime) -> None:
    with writing(database) as connection:
        people.disable(connection, "rhys", now)

    assert [row.recipient for row in messages(database, an_offer(now))] == ["rona@example.org"]


def test_at_a_change_of_shift_those_are_told_who_hold_the_role_when_the_message_leaves(
    database: sa.Engine, now: datetime
) -> None:
    with writing(database) as connection:
        Alerts(SITE)(connection, an_offer(now))
        people.disable(connection, "rhys", now)
        held = [Membership("rhi_worker", "safe_steps")]
        people.add(connection, "noor", name="Noor", mail="noor@example.org", password=None, memberships=held, now=now)

    told = MemoryChannel()
    outbox.sweep(database, [told], now, 100, directory=directory)
    assert [message.recipient for message in told.taken] == ["noor@example.org", "rona@example.org"]


def test_where_nobody_at_all_can_be_told_the_message_waits_for_somebody(database: sa.Engine, now: datetime) -> None:
    with writing(database) as connection:
        for name in ("ines", "cora"):
            people.disable(connection, name, now)
        Alerts(SITE)(connection, a_rung(now, tell=["superintendent"]))

    assert outbox.sweep(database, [MemoryChannel()], now, 100, directory=directory) == Swept(waiting=1)
    with writing(database) as connection:
        people.enable(connection, "cora")
    told = MemoryChannel()
    outbox.sweep(database, [told], now + timedelta(minutes=1), 100, directory=directory)
    assert [message.recipient for message in told.taken] == ["cora@example.org"]


def test_a_message_to_every_role_of_a_council_fits_its_row(database: sa.Engine, now: datetime) -> None:
    facts: Facts = {"case_opening": {"": {"responsible_authority": "nottinghamshire_county"}}}
    every_role = a_step(now, facts, a_rung(now, tell=sorted(ROLES)).events)
    with writing(database) as connection:
        Alerts(SITE)(connection, every_role)
    with reading(database) as connection:
        group = connection.execute(sa.select(OutboxRow.recipient)).scalar_one()
    assert len(group) < 1000 - 200, "recipients of the outbox have 1,000 characters, and there will be more roles"


def test_where_nobody_holds_the_role_those_on_duty_are_told(
    database: sa.Engine, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    told = messages(database, a_rung(now, tell=["superintendent"]))

    assert [row.recipient for row in told] == ["cora@example.org", "ines@example.org"]
    assert (CASE in caplog.text, caplog.records[0].levelno) == (True, logging.WARNING)


def test_the_clock_of_any_procedure_tells_people(database: sa.Engine, now: datetime) -> None:
    """A trigger plan that nobody reviews is a case of the child, and its co-ordinator hears of it all the same."""
    rung = an_event("timer_fired", now, seq=12, deadline="T-38", step="due", tell=["mfh_coordinator"])
    told = messages(database, a_step(now, events=(rung,), procedure="trigger_plan"))

    assert [row.recipient for row in told] == ["cora@example.org"]
    assert told[0].subject == f"{CASE}: review the trigger plan of the child (due)"


def test_the_search_is_told_nothing_once_the_child_is_back(database: sa.Engine, now: datetime) -> None:
    facts: Facts = {"protection_decision": {"": {"for_the_search": "Look by the river."}}}
    back: Facts = {"found": {"": {"returned_at": now}}}
    decided = (an_event("task_completed", now, seq=1, element="decide_on_sign"),)
    assert messages(database, a_step(now, facts | back, decided)) == []
    assert len(messages(database, a_step(now, facts, decided))) == 1


def test_the_opening_of_another_procedure_is_no_notice_of_a_missing_child(database: sa.Engine, now: datetime) -> None:
    opened = an_event("case_opened", now, seq=1, element="trigger_plan_wanted")
    assert messages(database, a_step(now, events=(opened,), procedure="trigger_plan")) == []


def tasks_of(procedure: str, facts: Facts, now: datetime) -> Step:
    """Make a step that opens every task of a procedure of which an alert tells."""
    about = [alert for alert in ALERTS if alert.procedure == procedure and alert.kind == "task_opened"]
    elements = sorted({alert.element for alert in about})
    first = {
        "audit": 50,
        "missing_child": 150,
        "disruption": 200,
        "serious_event": 250,
        "protocol_review": 300,
        "retention_review": 320,
        "report": 400,
    }.get(procedure, 100)
    opened = tuple(a_task(number, each, "audit_lead", now, None) for number, each in enumerate(elements, first))
    events = [an_event("task_opened", now, seq=each.number, element=each.element, task=each.number) for each in opened]
    return a_step(now, facts, tuple(events), opened, procedure=procedure)


ALL_WITH_ALERTS = (
    *("missing_child", "audit", "recommendation", "disruption"),
    *("serious_event", "protocol_review", "retention_review", "cancellation", "report"),
)


def everything_told_of(facts: Facts, now: datetime) -> Iterator[Step]:
    """Make the steps after which each alert of every procedure has told somebody."""
    seen = (("case_stranded", ""), ("timer_fired", "view_is_late"), ("message_received", "report_is_cancelled"))
    passed_on = ("pass_disclosure", "pass_late_disclosure", "pass_on_what_was_told")
    told_of = (*seen, *(("task_completed", each) for each in passed_on))
    for number, (kind, at) in enumerate(told_of):
        yield a_step(now, facts, (an_event(kind, now, seq=43 + number, element=at),))
    yield an_opening(now, facts)
    yield an_offer(now, facts)
    yield a_step(now, facts, a_rung(now).events)
    missing = {record: said for record, said in facts.items() if record != "found"}
    raised = ("grade_raised", "authority_hears_of_raise")
    passed = [an_event("element_passed", now, seq=40 + number, element=each) for number, each in enumerate(raised)]
    yield a_step(now, missing, tuple(passed))
    yield a_step(now, missing, (an_event("task_completed", now, seq=42, element="decide_on_sign"),))
    issued = ("panel_has_pack", "partnership_has_pack")
    ends = [an_event("element_passed", now, seq=48 + number, element=each) for number, each in enumerate(issued)]
    yield a_step(now, facts, tuple(ends), procedure="report")
    for procedure in ALL_WITH_ALERTS:
        yield tasks_of(procedure, facts, now)


def test_no_message_holds_anything_of_the_child(database: sa.Engine, now: datetime) -> None:
    """A canary in every field that any form of the procedure asks for is found in no message."""
    written = sorted(catalogue.written(catalogue.files("missing_child")))
    facts: Facts = {}
    for number, (record, field) in enumerate(written):
        facts.setdefault(record, {}).setdefault("", {})[field] = f"canary-{number}"

    told = messages(database, *everything_told_of(facts, now))

    assert len(written) > 100
    assert {alert.id for alert in ALERTS} == {row.key.split("/")[2] for row in told}
    assert all("canary" not in f"{row.key}{row.recipient}{row.subject}{row.text}" for row in told)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 3, 3, 16, 12, tzinfo=UTC), "3 March 2026, 4:12 pm"),
        (datetime(2026, 7, 1, 23, 5, tzinfo=UTC), "2 July 2026, 12:05 am"),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), "1 July 2026, 12:00 pm"),
    ],
)
def test_moments_are_said_as_people_in_england_read_them(moment: datetime, words: str) -> None:
    assert in_words(moment) == words


def test_what_a_clock_says_may_wait_for_others_of_the_hour_but_for_pages_and_the_deadlines_that_page(
    database: sa.Engine, now: datetime
) -> None:
    def waits(**said: Any) -> bool:
        with writing(database) as connection:
            connection.execute(sa.delete(OutboxRow))
            Alerts(SITE)(connection, a_rung(now, **said))
            return bool(connection.execute(sa.select(OutboxRow.gathered)).scalar_one())

    assert waits()
    assert not waits(urgent=True)
    assert not any(waits(deadline=name) for name in ("T-03", "T-10", "T-14", "T-18", "T-28", "T-42"))
