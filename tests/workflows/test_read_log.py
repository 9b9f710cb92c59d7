"""Reading the read log: what is unusual is seen, said, put first and signed off by another, at a cost that does not grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.errors import Invalid, NotAllowed
from engine.model import Actor
from engine.store import CaseTable, ReadTable, ReleaseTable, writing
from tests.plans import steps_of
from workflows import people, read_log
from workflows.episodes import EpisodeRow
from workflows.people import Membership
from workflows.read_log import LOOKS, MANY

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TODAY = MONDAY.date()
REVIEWER = Actor("maya", frozenset({"information_governance"}))


@pytest.fixture
def connection(sqlite_engine: sa.Engine) -> Iterator[sa.Connection]:
    with writing(sqlite_engine) as made:
        people.add_organisation(made, "force", "Force", "police")
        people.add_organisation(made, "council", "Council", "local_authority")
        for name, role, organisation in (
            ("Ann Heron", "csc_social_worker", "council"),
            ("Ben Wren", "call_taker", "force"),
            ("Maya Owl", "information_governance", "force"),
        ):
            sign_in = name.split()[0].casefold()
            row = {"sign_in": sign_in, "name": name, "mail": "a@b.example", "password_hash": "-", "added_at": MONDAY}
            made.execute(sa.insert(people.PersonRow).values(row))
            people.give_roles(made, sign_in, [Membership(role, organisation)])
        yield made


def look(connection: sa.Connection, person: str, about: str, at: datetime, purpose: str = LOOKS[0]) -> None:
    row = {"person": person, "case_id": about, "at": at, "purpose": purpose, "organisation": "x", "classes": "D1"}
    connection.execute(sa.insert(ReadTable).values(row))


def unusual(connection: sa.Connection, person: str, day: date = TODAY) -> dict[str, tuple[str, ...]]:
    found = read_log.days(connection, day - timedelta(days=3), day + timedelta(days=3), person=person, reader=REVIEWER)
    return {name: records for each in found if each.day == day for name, records in each.reasons.items()}


def test_an_ordinary_day_is_not_unusual(connection: sa.Connection) -> None:
    for number in range(MANY - 1):
        look(connection, "ann", f"MC-{number}", MONDAY + timedelta(minutes=number))
    assert unusual(connection, "ann") == {}


def test_many_records_within_an_hour_are_unusual_and_over_a_day_they_are_not(connection: sa.Connection) -> None:
    for number in range(MANY):
        look(connection, "ben", f"MC-{number}", MONDAY + timedelta(minutes=2 * number))
        look(connection, "ann", f"MC-{number}", MONDAY + timedelta(minutes=4 * number))
        look(connection, "ann", "MC-1", MONDAY + timedelta(minutes=4 * number + 1))
    assert list(unusual(connection, "ben")) == ["many"]
    assert len(unusual(connection, "ben")["many"]) == MANY
    assert unusual(connection, "ann") == {}


def test_lists_and_figures_are_no_looks(connection: sa.Connection) -> None:
    for number in range(MANY):
        look(connection, "ben", f"MC-{number}", MONDAY, "performance, episodes behind a figure")
    assert read_log.days(connection, MONDAY.date(), MONDAY.date(), reader=REVIEWER) == ()


@pytest.mark.parametrize(
    ("at", "is_unusual"),
    [
        (datetime(2026, 3, 2, 6, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 7, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 19, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 20, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 1, 12, 0, tzinfo=UTC), True),
        (datetime(2026, 6, 1, 6, 30, tzinfo=UTC), False),
    ],
)
def test_the_night_and_a_day_off_are_unusual_for_those_who_work_in_the_day(
    connection: sa.Connection, at: datetime, *, is_unusual: bool
) -> None:
    look(connection, "ann", "MC-1", at)
    look(connection, "ben", "MC-1", at)
    assert ("at_night" in unusual(connection, "ann", at.date())) is is_unusual
    assert unusual(connection, "ben", at.date()) == {}


def test_a_child_of_the_same_name_a_closed_case_and_a_reason_are_unusual(connection: sa.Connection) -> None:
    release = {"procedure": "p", "number": 1, "digest": "d", "files": b"", "published_at": MONDAY, "published_by": "x"}
    columns = {name: value for name, value in release.items() if name in ReleaseTable.__table__.columns}
    number = connection.execute(sa.insert(ReleaseTable).values(**columns)).inserted_primary_key[0]  # type: ignore[index]
    for case_id, name, ended in (("MC-1", "Kit  HERON", 10), ("MC-2", "Kit Robin", 31)):
        closed = {"closed_at": MONDAY - timedelta(days=ended), "opened_at": MONDAY, "release_id": number}
        texts = {"procedure": "p", "title": "", "status": "closed", "head": "", "state": b"", "facts": b"", "seq": 1}
        connection.execute(sa.insert(CaseTable).values(id=case_id, **closed, **texts))
        episode = {column.name: "" for column in EpisodeRow.__table__.columns if isinstance(column.type, sa.String)}
        texts_of = {"case_id": case_id, "child_name": name}
        times = {"opened_at": MONDAY, "reported_at": MONDAY, "adult": False}
        connection.execute(sa.insert(EpisodeRow).values(**{**episode, **texts_of, **times}))
        look(connection, "ann", case_id, MONDAY)
    look(connection, "ann", "MC-3", MONDAY, read_log.WITH_A_REASON)
    assert unusual(connection, "ann") == {"with_reason": ("MC-3",), "same_name": ("MC-1",), "closed": ("MC-2",)}


def test_what_is_unusual_comes_first_and_what_was_reviewed_last(connection: sa.Connection) -> None:
    look(connection, "ben", "MC-1", MONDAY)
    look(connection, "ann", "MC-1", MONDAY.replace(hour=3))
    look(connection, "ann", "MC-1", MONDAY + timedelta(days=1), read_log.WITH_A_REASON)
    first, last = MONDAY.date(), MONDAY.date() + timedelta(days=1)
    order = [(each.person, each.day) for each in read_log.days(connection, first, last, reader=REVIEWER)]
    assert order == [("ann", last), ("ann", first), ("ben", first)]
    read_log.sign_off(connection, "ann", last, "in_order", "Asked her", by=REVIEWER, now=MONDAY)
    found = read_log.days(connection, first, last, reader=REVIEWER)
    assert [(each.person, each.day) for each in found] == [("ann", first), ("ben", first), ("ann", last)]
    assert found[-1].review is not None
    assert (found[-1].review.verdict, found[-1].review.by) == ("in_order", "maya")


def test_nobody_reviews_themselves_and_a_doubt_has_words(connection: sa.Connection) -> None:
    day = MONDAY.date()
    with pytest.raises(NotAllowed):
        read_log.sign_off(connection, "maya", day, "in_order", "", by=REVIEWER, now=MONDAY)
    with pytest.raises(NotAllowed):
        read_log.sign_off(
            connection, "ann", day, "in_order", "", by=Actor("kezia", frozenset({"audit_lead"})), now=MONDAY
        )
    for verdict, text, day_given in (
        ("look_into", " ", day),
        ("", "", day),
        ("in_order", "x" * 1001, day),
        ("in_order", "", None),
    ):
        with pytest.raises(Invalid):
            read_log.sign_off(connection, "ann", day_given, verdict, text, by=REVIEWER, now=MONDAY)


def test_the_log_is_read_by_its_index_in_six_statements(sqlite_engine: sa.Engine) -> None:
    def ask() -> None:
        with sqlite_engine.connect() as connection:
            read_log.days(connection, MONDAY.date(), MONDAY.date(), reader=REVIEWER)

    steps = steps_of(sqlite_engine, ask, asks=6)
    few = ("CONSTANT", "seals", "seal_members")
    assert [step for step in steps if step.startswith("SCAN") and not any(each in step for each in few)] == []
    assert any("ix_reads_at" in step for step in steps)
