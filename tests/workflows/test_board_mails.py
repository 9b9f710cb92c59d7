"""The board is told once a month that its figures can be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from engine.store import reading, writing
from notifications.outbox import OutboxRow
from workflows import board_mails, people
from workflows.people import Membership

FIRST = datetime(2026, 4, 1, 7, 0, tzinfo=UTC)
"""Eight in the morning in summer."""


def mails(engine: sa.Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        return [(row.recipient, row.subject + row.text) for row in connection.execute(sa.select(OutboxRow.__table__))]


def test_each_month_each_member_gets_one_mail_with_a_link_and_no_figure(engine: sa.Engine) -> None:
    def tell(now: datetime) -> bool:
        return board_mails.tell(engine, "https://h.example", now)

    assert not tell(FIRST)
    with writing(engine) as connection:
        people.add_organisation(connection, "board", "Example Board", "partnership")
        member = [Membership("partnership_board", "board")]
        people.add(connection, "wyn", name="Wyn", mail="w@b.example", password=None, memberships=member, now=FIRST)
    assert not tell(FIRST - timedelta(minutes=1))
    assert [tell(FIRST), tell(FIRST), tell(FIRST + timedelta(days=20))] == [True, False, False]
    ((recipient, said),) = mails(engine)
    assert recipient == "w@b.example"
    assert "March 2026" in said
    assert "https://h.example/performance" in said.splitlines()
    assert not any(letter.isdigit() for letter in said.replace("2026", ""))
    assert tell(FIRST + timedelta(days=31))
