"""What stands beside the cases is put right in the same way on SQLite and on PostgreSQL, also by two at once."""

from __future__ import annotations

import threading
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from engine.errors import Conflict
from engine.model import Actor
from engine.store import reading, writing
from workflows import amendments, attachments, comments, concerns, cutover, kept_things, photographs
from workflows.amendments import AmendmentRow, Decision
from workflows.concerns import ConcernRow
from workflows.kept_things import Kept

CHILD = next(cutover._ids("A-1"))
CASE = "MC-22222222"
FILE = attachments.Sent(b"A letter", "letter.txt", "Old title", "letter", "D2", None, "key")
SHEETS = {
    "children": "reference,name,born_on\nA-1,Robin Example,2012-05-03\n",
    "flags": "child,flag,since,until,source\nA-1,cse,2025-01-05,,Old force\n",
    "plans": "child,version,valid_from,summary\nA-1,3,2025-01-07 09:00,Goes to the skate park\n",
}
SAID = comments.Written("Old words", "D2", None, (), "key")
POLICE = Actor("ann", frozenset({"mfh_coordinator"}), "example_police")


@pytest.fixture
def kept(engine: sa.Engine, now: datetime) -> dict[str, Kept]:
    """One thing of each kind that is kept of a child, by its kind."""
    files = {name: (name, text.encode()) for name, text in SHEETS.items()}
    assert cutover.bring_in(engine, files, now=now).refused == 0
    typed = {"kind": "person", "risk": "high", "name": "Old name", "data_class": "D5"}
    with writing(engine) as connection:
        concerns.add(connection, CHILD, typed, None, may={"D5"}, by=POLICE, now=now)
        photographs.add(connection, CHILD, b"pixels", by=POLICE, now=now)
        limits = attachments.Limits(100, 100)
        comments.add(connection, CASE, SAID, may={"D2"}, able=(), by=POLICE, base_url="", now=now)
        attachments.add(connection, CASE, FILE, may={"D2"}, limits=limits, is_scanned=True, by=POLICE, now=now)
    return there(engine)


def there(engine: sa.Engine) -> dict[str, Kept]:
    with reading(engine) as connection:
        return {each.kind: each for each in kept_things.of(connection, [*kept_things.refs_of(connection, CHILD), CASE])}


def decision(each: Kept, now: datetime, key: str) -> Decision:
    return Decision(POLICE, now, "It was wrong.", key, amendments.stamp_of(each), "https://homeward.example")


def test_each_kind_is_put_right_and_withdrawn_and_what_it_said_stays(
    engine: sa.Engine, now: datetime, kept: dict[str, Kept]
) -> None:
    changed = {
        "concern": {"name": "Right name", "since": "1/2/2026"},
        "flag": {"until": "2/2/2026"},
        "plan": {"summary": "Tram stop"},
        "attachment": {"title": "Right title"},
        "comment": {"text": "Right words"},
    }
    assert kept.keys() == kept_things.KINDS.keys()
    with writing(engine) as connection:
        for kind, typed in changed.items():
            said = {**kept[kind].said, **typed}
            may = {"D2", "D3", "D5", "D6", "D11"}
            amendments.put_right(connection, kept[kind], said, decision(kept[kind], now, kind), may=may)
    right = there(engine)
    assert right["concern"].said["since"] == date(2026, 2, 1).isoformat()
    assert {kind: right[kind].key for kind in changed} == {kind: kept[kind].key for kind in changed}
    with writing(engine) as connection:
        for kind, each in right.items():
            for _ in range(2):
                amendments.withdraw(connection, each, decision(each, now, f"{kind} gone"))
    assert there(engine) == {}
    with reading(engine) as connection:
        found = amendments.among(connection, [CHILD, CASE])
        assert list(amendments.check(connection)) == []
        assert amendments.withdrawn(connection, "flag").keys() == {kept["flag"].key}
    assert {(each.question, each.before, each.after) for each in found if not each.withdrawn} == {
        ("name", "Old name", "Right name"),
        ("since", kept["concern"].said["since"], "2026-02-01"),
        ("until", "", "2026-02-02"),
        ("summary", "Goes to the skate park", "Tram stop"),
        ("title", "Old title", "Right title"),
        ("text", "Old words", "Right words"),
    }
    assert {each.kind for each in found if each.withdrawn} == kept_things.KINDS.keys()


def test_of_two_who_put_the_same_thing_right_at_once_one_is_refused(
    engine: sa.Engine, now: datetime, kept: dict[str, Kept]
) -> None:
    each, refused, ready = kept["concern"], [], threading.Barrier(2)

    def put_right(name: str) -> None:
        ready.wait()
        try:
            with writing(engine) as connection:
                amendments.put_right(
                    connection, each, {**each.said, "name": name}, decision(each, now, name), may={"D5"}
                )
        except Conflict as refusal:
            refused.append(refusal)

    people = [threading.Thread(target=put_right, args=(name,)) for name in ("First", "Second")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    with reading(engine) as connection:
        stands = connection.execute(sa.select(ConcernRow.name)).scalar_one()
        assert connection.execute(sa.select(AmendmentRow.after)).scalars().all() == [stands]
    assert len(refused) == 1


def test_who_may_put_a_thing_right_reads_and_writes_its_class_or_decides_on_it(kept: dict[str, Kept]) -> None:
    every = frozenset({"D1", "D3", "D5"})
    for kind, role, readable, may in (
        ("concern", "mfh_coordinator", every, True),
        ("concern", "mfh_coordinator", every - {"D5"}, False),
        ("concern", "csc_mash", every, False),
        ("flag", "ppu_cse_unit", every, True),
        ("flag", "ppu_cse_unit", every - {"D3"}, False),
        ("flag", "mfh_coordinator", every, False),
        ("photograph", "call_taker", every, True),
        ("photograph", "ppu_cse_unit", every, False),
    ):
        assert bool(amendments.writable(kept[kind], {role}, readable)) is may, (kind, role, readable)
