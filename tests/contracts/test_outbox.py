"""The outbox keeps its promises on SQLite and on PostgreSQL."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.store import reading, writing
from notifications import outbox
from notifications.memory import MemoryChannel
from notifications.message import Message, Permanent, Temporary
from notifications.outbox import OutboxRow, Standing, Swept

MINUTE = timedelta(minutes=1)


def a_message(number: int = 1, *, urgent: bool = False) -> Message:
    return Message(f"MC-7K3QX9PW/{number}/deadline/anna", "anna@force.example", f"Subject {number}", "Text", urgent)


def keep(engine: sa.Engine, messages: Sequence[Message], now: datetime) -> None:
    with writing(engine) as connection:
        outbox.record(connection, messages, now)


def rows(engine: sa.Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(sa.select(OutboxRow.__table__).order_by(OutboxRow.id)))


def subjects(channel: MemoryChannel) -> list[str]:
    return [message.subject for message in channel.taken]


class KilledWorker(BaseException):
    """Stands for the death of the process in the middle of a delivery."""


class DyingChannel(MemoryChannel):
    """Takes the message and dies before anybody can write that down."""

    def deliver(self, message: Message) -> None:
        super().deliver(message)
        raise KilledWorker


class BrokenChannel(MemoryChannel):
    """Has a fault that nobody foresaw, for the first message only."""

    def deliver(self, message: Message) -> None:
        if message.subject == "Subject 1":
            raise ZeroDivisionError(message.text)
        super().deliver(message)


class WritingChannel(MemoryChannel):
    """Writes to the same database while it delivers, as another process would."""

    def __init__(self, engine: sa.Engine, now: datetime) -> None:
        super().__init__()
        self.engine = engine
        self.now = now

    def deliver(self, message: Message) -> None:
        super().deliver(message)
        if message.subject == "Subject 1":
            keep(self.engine, [a_message(99)], self.now)


def test_a_recorded_message_leaves_once_and_is_marked_sent(engine: sa.Engine, now: datetime) -> None:
    channel = MemoryChannel()
    keep(engine, [a_message()], now)

    first = outbox.sweep(engine, [channel], now, 20)
    second = outbox.sweep(engine, [channel], now + timedelta(days=1), 20)

    assert (first, second) == (Swept(sent=1), Swept())
    assert [(row.status, row.sent_at, row.attempts) for row in rows(engine)] == [("sent", now, 1)]
    assert channel.taken[0].text == "Text"
    assert channel.taken[0].written_at == now


def test_a_message_whose_transaction_is_rolled_back_never_leaves(engine: sa.Engine, now: datetime) -> None:
    def a_step_that_fails() -> None:
        with writing(engine) as connection:
            outbox.record(connection, [a_message()], now)
            raise KilledWorker

    with pytest.raises(KilledWorker):
        a_step_that_fails()

    assert rows(engine) == []


def test_a_key_that_is_already_there_is_left_as_it_is(engine: sa.Engine, now: datetime) -> None:
    keep(engine, [a_message(1)], now)
    changed = Message(a_message(1).key, "anna@force.example", "Another subject", "Text")

    keep(engine, [changed, a_message(2)], now + MINUTE)

    assert [row.subject for row in rows(engine)] == ["Subject 1", "Subject 2"]


def test_recording_nothing_is_fine(engine: sa.Engine, now: datetime) -> None:
    keep(engine, [], now)

    assert rows(engine) == []


def test_urgent_messages_leave_first(engine: sa.Engine, now: datetime) -> None:
    channel = MemoryChannel()
    keep(engine, [a_message(1), a_message(2), a_message(3, urgent=True)], now)

    outbox.sweep(engine, [channel], now, 20)

    assert subjects(channel) == ["Subject 3", "Subject 1", "Subject 2"]


def test_a_sweep_stops_at_its_limit(engine: sa.Engine, now: datetime) -> None:
    channel = MemoryChannel()
    keep(engine, [a_message(number) for number in range(5)], now)

    assert outbox.sweep(engine, [channel], now, 3) == Swept(sent=3)
    assert outbox.sweep(engine, [channel], now, 3) == Swept(sent=2)


def test_a_temporary_failure_waits_longer_each_time_and_then_leaves(engine: sa.Engine, now: datetime) -> None:
    channel = MemoryChannel([Temporary("away"), Temporary("away"), None])
    keep(engine, [a_message()], now)

    assert outbox.sweep(engine, [channel], now, 20) == Swept(waiting=1)
    assert outbox.sweep(engine, [channel], now + MINUTE / 2, 20) == Swept()
    assert outbox.sweep(engine, [channel], now + MINUTE, 20) == Swept(waiting=1)
    assert outbox.sweep(engine, [channel], now + 2 * MINUTE, 20) == Swept()
    assert outbox.sweep(engine, [channel], now + 3 * MINUTE, 20) == Swept(sent=1)
    assert [(row.attempts, row.last_error) for row in rows(engine)] == [(3, "")]


@pytest.mark.parametrize(("urgent", "hours"), [(False, 48), (True, 4)])
def test_after_its_deadline_a_message_is_given_up(
    engine: sa.Engine, now: datetime, *, urgent: bool, hours: int
) -> None:
    channel = MemoryChannel([Temporary("away")] * 100)
    keep(engine, [a_message(urgent=urgent)], now)

    at, tries = now, 0
    while rows(engine)[0].status == "waiting":
        tries += outbox.sweep(engine, [channel], at, 20) != Swept()
        at += MINUTE

    assert now + timedelta(hours=hours - 1) <= at <= now + timedelta(hours=hours, minutes=1)
    assert tries == {4: 9, 48: 53}[hours]
    assert rows(engine)[0].last_error == "away"
    assert outbox.sweep(engine, [channel], at + timedelta(days=9), 20) == Swept()


def test_a_permanent_failure_is_given_up_at_once_and_the_others_leave(engine: sa.Engine, now: datetime) -> None:
    channel = MemoryChannel([Permanent("nobody there")])
    keep(engine, [a_message(1), a_message(2)], now)

    assert outbox.sweep(engine, [channel], now, 20) == Swept(sent=1, failed=1)
    assert [row.status for row in rows(engine)] == ["failed", "sent"]


def test_a_channel_that_breaks_does_not_stop_the_others_and_its_words_are_not_kept(
    engine: sa.Engine, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    channel = BrokenChannel()
    keep(engine, [a_message(1), a_message(2)], now)

    assert outbox.sweep(engine, [channel], now, 20) == Swept(sent=1, waiting=1)
    assert rows(engine)[0].last_error == "the channel broke (ZeroDivisionError)"
    assert "MC-7K3QX9PW/1/deadline/anna broke" in caplog.text


def test_without_a_channel_for_its_address_a_message_waits(engine: sa.Engine, now: datetime) -> None:
    keep(engine, [a_message()], now)

    assert outbox.sweep(engine, [], now, 20) == Swept(waiting=1)


def test_the_message_of_a_killed_worker_comes_back_after_the_lease_with_the_same_reference(
    engine: sa.Engine, now: datetime
) -> None:
    dying, next_one = DyingChannel(), MemoryChannel()
    keep(engine, [a_message()], now)
    with pytest.raises(KilledWorker):
        outbox.sweep(engine, [dying], now, 20)

    assert outbox.sweep(engine, [next_one], now + outbox.LEASE - MINUTE, 20) == Swept()
    assert outbox.sweep(engine, [next_one], now + outbox.LEASE, 20) == Swept(sent=1)
    assert dying.taken == next_one.taken


def test_a_delivery_is_never_inside_an_open_transaction(engine: sa.Engine, now: datetime) -> None:
    channel = WritingChannel(engine, now)
    keep(engine, [a_message(1)], now)

    assert outbox.sweep(engine, [channel], now, 20) == Swept(sent=2)


def test_a_worker_that_comes_late_does_not_overwrite_what_its_successor_did(engine: sa.Engine, now: datetime) -> None:
    class SlowChannel(MemoryChannel):
        def deliver(self, message: Message) -> None:
            outbox.sweep(engine, [MemoryChannel()], now + outbox.LEASE, 20)
            super().deliver(message)
            raise Permanent("too late")

    keep(engine, [a_message()], now)
    outbox.sweep(engine, [SlowChannel()], now, 1)

    assert [(row.status, row.attempts) for row in rows(engine)] == [("sent", 2)]


def test_two_sweeps_at_once_send_each_message_once(engine: sa.Engine, now: datetime) -> None:
    channels = [MemoryChannel(), MemoryChannel()]
    keep(engine, [a_message(number) for number in range(20)], now)
    workers = [threading.Thread(target=outbox.sweep, args=(engine, [one], now, 20)) for one in channels]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    taken = [message.key for channel in channels for message in channel.taken]
    assert len(taken) == len(set(taken)) == 20


def test_the_standing_says_since_when_messages_are_not_leaving(engine: sa.Engine, now: datetime) -> None:
    assert outbox.standing(engine) == Standing(0, 0, None)
    keep(engine, [a_message(1)], now)
    keep(engine, [a_message(2)], now + MINUTE)
    keep(engine, [a_message(3, urgent=True)], now + MINUTE)
    outbox.sweep(engine, [MemoryChannel([Permanent("nobody there")])], now + MINUTE, 1)

    assert outbox.standing(engine) == Standing(2, 1, now)


def test_a_message_to_somebody_who_has_left_is_dropped_with_why_and_the_others_leave(
    engine: sa.Engine, now: datetime
) -> None:
    keep(engine, [a_message(1), replace(a_message(2), recipient="ben@force.example")], now)
    channel = MemoryChannel()
    swept = outbox.sweep(engine, [channel], now, left=lambda _connection, address: address.startswith("anna"))
    assert (swept, subjects(channel)) == (Swept(sent=1), ["Subject 2"])
    assert next((row.status, row.last_error, row.sent_at) for row in rows(engine)) == ("dropped", outbox.HAS_LEFT, None)
    assert outbox.standing(engine) == Standing(0, 0, None, 1)


def test_what_was_for_a_group_goes_to_who_belongs_to_it_now_and_to_nobody_twice(
    engine: sa.Engine, now: datetime
) -> None:
    """The message to one person of a group waited for a mail server; the person left, and another one has come."""
    group = ["anna", "ben"]

    def directory(_connection: sa.Connection, message: Message, _now: datetime) -> list[tuple[str, str]] | None:
        return [(each, f"{each}@force.example") for each in group] if message.recipient == "all of them" else None

    def left(_connection: sa.Connection, address: str) -> bool:
        return address.partition("@")[0] not in group

    keep(engine, [replace(a_message(1), recipient="all of them")], now)
    down = MemoryChannel([Temporary("no")])
    assert outbox.sweep(engine, [down], now, directory=directory, left=left) == Swept(sent=1, waiting=1)
    (first,) = down.taken
    group[:] = [each for each in group if first.recipient.startswith(each)] + ["carl"]
    up = MemoryChannel()
    assert outbox.sweep(engine, [up], now + MINUTE, directory=directory, left=left) == Swept(sent=1)
    assert [message.recipient for message in up.taken] == ["carl@force.example"]
    assert [message.key for message in up.taken] == [f"{a_message(1).key}/carl"]
    assert sorted(row.status for row in rows(engine)) == ["dropped", "sent", "sent"]
    assert outbox.sweep(engine, [up], now + 2 * MINUTE, directory=directory, left=left) == Swept()


def gathered(number: int, *, to: str = "anna@force.example", urgent: bool = False) -> Message:
    """A reminder of a deadline; an urgent one pages and is never gathered."""
    link = f"https://homeward.example/cases/MC-7K3QX9P{number}"
    text = f"What is to be done\n\n{link}\n"
    return Message(f"MC/{number}/deadline/{to}", to, f"Subject {number}", text, urgent, gathered=not urgent)


def test_the_first_reminder_leaves_at_once_and_those_of_the_hour_after_it_leave_together_and_pages_never_wait(
    engine: sa.Engine, now: datetime
) -> None:
    channel = MemoryChannel()
    keep(engine, [gathered(1)], now)
    outbox.sweep(engine, [channel], now, 20)
    others = [gathered(number) for number in (2, 3)]
    keep(engine, [*others, gathered(4, urgent=True), gathered(5, to="ben@force.example")], now + MINUTE)

    outbox.sweep(engine, [channel], now + MINUTE, 20)
    assert subjects(channel) == ["Subject 1", "Subject 4", "Subject 5"]
    assert outbox.sweep(engine, [channel], now + timedelta(minutes=59), 20) == Swept()
    assert outbox.sweep(engine, [channel], now + timedelta(hours=1), 20) == Swept(sent=2)
    [*_before, together] = channel.taken
    assert together.subject == "2 messages about cases"
    said = [line for line in together.text.splitlines() if line.startswith(("Subject", "http"))]
    assert said == [line for each in others for line in (each.subject, each.text.splitlines()[-1])]
    assert "What is to be done" not in together.text
    assert [row.status for row in rows(engine)] == ["sent"] * 5


def test_whether_an_address_had_a_reminder_within_the_hour_is_looked_up_by_the_address() -> None:
    """SQLite left the index alone and read every mail ever sent, once for each reminder that waited, before each mail."""
    engine, asked = sa.create_engine("sqlite://"), []
    OutboxRow.metadata.create_all(engine)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    outbox.sweep(engine, [MemoryChannel()], datetime(2026, 3, 2, 9, tzinfo=UTC))
    [claim] = [each for each in asked if "EXISTS" in each[0]]
    with engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {claim[0]}", claim[1])]
    assert sum("ix_outbox_gathered (recipient=? AND status=?" in step for step in plan) == 2, plan
    engine.dispose()


def test_gathered_messages_are_not_lost_when_the_worker_dies_and_leave_again_with_what_came_meanwhile(
    engine: sa.Engine, now: datetime
) -> None:
    keep(engine, [gathered(1), gathered(2)], now)
    dying, channel = DyingChannel(), MemoryChannel()
    with pytest.raises(KilledWorker):
        outbox.sweep(engine, [dying], now, 20)
    keep(engine, [gathered(3)], now + MINUTE)
    assert outbox.sweep(engine, [channel], now + MINUTE, 20) == Swept(), "somebody may be sending to her just now"
    after = now + outbox.LEASE
    assert outbox.sweep(engine, [channel], after, 20) == Swept(sent=3)
    assert channel.taken[0].subject == "3 messages about cases"
    assert channel.taken[0].key != dying.taken[0].key, "a receiver that drops what it has had would lose the third"
    assert outbox.sweep(engine, [channel], after + timedelta(hours=2), 20) == Swept()


def test_each_message_that_was_gathered_goes_its_own_way_when_the_mail_does_not_leave(
    engine: sa.Engine, now: datetime
) -> None:
    keep(engine, [gathered(1)], now - timedelta(hours=47, minutes=59, seconds=30))
    keep(engine, [gathered(2)], now)
    channel = MemoryChannel([Temporary("away"), None])
    assert outbox.sweep(engine, [channel], now, 20) == Swept(waiting=1, failed=1)
    assert outbox.sweep(engine, [channel], now + MINUTE, 20) == Swept(sent=1)
    assert subjects(channel) == ["Subject 2"]
