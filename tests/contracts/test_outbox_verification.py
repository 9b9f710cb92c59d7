"""A message that does not leave is found, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.store import writing
from notifications import outbox
from notifications.memory import MemoryChannel
from notifications.message import Message, Permanent
from notifications.verification import check


def keep(engine: sa.Engine, now: datetime) -> None:
    message = Message("MC-7K3QX9PW/4/deadline/anna", "anna@force.example", "Subject", "Text")
    with writing(engine) as connection:
        outbox.record(connection, [message], now)


def found(engine: sa.Engine, now: datetime) -> list[tuple[str, str]]:
    return [(finding.check, finding.case_id) for finding in check(engine, now)]


def test_a_message_may_wait_for_an_hour_and_no_longer(engine: sa.Engine, now: datetime) -> None:
    keep(engine, now)
    assert found(engine, now + timedelta(minutes=60)) == []
    assert found(engine, now + timedelta(minutes=61)) == [("mail-stuck", "MC-7K3QX9PW")]


def test_a_message_that_has_left_is_no_finding(engine: sa.Engine, now: datetime) -> None:
    keep(engine, now)
    outbox.sweep(engine, [MemoryChannel()], now)
    assert found(engine, now + timedelta(days=30)) == []


def test_a_message_that_was_given_up_is_found_without_its_recipient(engine: sa.Engine, now: datetime) -> None:
    keep(engine, now)
    outbox.sweep(engine, [MemoryChannel([Permanent("no such person")])], now)
    assert found(engine, now) == [("mail-given-up", "MC-7K3QX9PW")]
    assert "anna@" not in str(list(check(engine, now)))
