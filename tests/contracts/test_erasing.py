"""Erasing takes what a case held, wherever it lies, and leaves a log whose chain is whole; on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import erasing, verification
from engine.cases import Cases
from engine.erasing import Mention, Tombstone
from engine.errors import CaseIsErased
from engine.store import Base, MessageTable, connect, writing
from tests.contracts.sample import CHIEF, FILES, NOW, WORKER

CANARY = "Wren-of-the-canal"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    return made


def stone(*refs: str) -> Tombstone:
    return Tombstone(refs[0], refs, LATER, "ann", "bob", "six years are over", {})


def worked(cases: Cases, *, to_the_end: bool = True) -> str:
    """Open a case that says the canary everywhere, corrects it, and ends."""
    opened = cases.open("sample", {"name": CANARY}, by=WORKER, now=NOW, key="k")
    cases.correct(
        opened.case_id,
        "opening",
        "",
        {"name": f"{CANARY} too"},
        by=WORKER,
        now=NOW,
        key="c",
        reason=f"{CANARY} said so",
    )
    if to_the_end:
        for row in cases.inbox(frozenset({"worker", "chief"})).rows:
            by, answers = (WORKER, {"text": CANARY}) if row.role == "worker" else (CHIEF, {"verdict": CANARY})
            cases.complete(row.id, answers, by=by, now=NOW, key=row.id)
    return opened.case_id


def everything(engine: sa.Engine) -> str:
    """Write out every row of every table."""
    with engine.connect() as connection:
        rows = (row for table in Base.metadata.sorted_tables for row in connection.execute(sa.select(table)))
        return "\n".join(repr(tuple(row)) for row in rows)


def findings(cases: Cases) -> list[str]:
    found: Iterator[verification.Finding] = verification.check(
        cases.engine, cases.library, holders=lambda _role: frozenset({"ann", "bob"}), now=LATER
    )
    return [str(each) for each in found]


@pytest.mark.parametrize("to_the_end", [True, False])
def test_nothing_of_an_erased_case_is_in_any_table_and_its_chain_is_whole(cases: Cases, to_the_end: bool) -> None:  # noqa: FBT001 - a parameter of the test
    case_id = worked(cases, to_the_end=to_the_end)
    assert CANARY in everything(cases.engine)
    with writing(cases.engine) as connection:
        gone = erasing.erase(connection, [case_id], stone(case_id))
        erasing.bury(connection, stone(case_id))
    assert CANARY not in everything(cases.engine)
    assert gone["fact_values"] >= 2
    assert gone["event_reasons"] == 1
    assert findings(cases) == []
    view = cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=LATER)
    assert (view.title, view.status, view.facts) == ("Erased", "erased", {})
    assert view.timeline[-1].kind == "case_erased"
    assert cases.waits(case_id, now=LATER) == ()


def test_erasing_again_changes_nothing(cases: Cases) -> None:
    case_id = worked(cases)
    with writing(cases.engine) as connection:
        erasing.erase(connection, [case_id], stone(case_id))
        erasing.bury(connection, stone(case_id))
    before = everything(cases.engine)
    with writing(cases.engine) as connection:
        assert erasing.erase(connection, [case_id, "C-NOT-THERE"], stone(case_id)) == {}
        erasing.bury(connection, stone(case_id))
    assert everything(cases.engine) == before


def test_nothing_can_be_done_in_an_erased_case(cases: Cases) -> None:
    case_id = worked(cases, to_the_end=False)
    with writing(cases.engine) as connection:
        erasing.erase(connection, [case_id], stone(case_id))
    with pytest.raises(CaseIsErased):
        cases.correct(case_id, "opening", "", {"name": "x"}, by=WORKER, now=LATER, key="d", reason="back")
    assert cases.next_due(now=LATER) is None
    assert cases.inbox(frozenset({"worker", "chief"})).rows == ()


def test_the_others_keep_what_they_hold(cases: Cases) -> None:
    other = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="o").case_id
    case_id = worked(cases)
    with writing(cases.engine) as connection:
        erasing.erase(connection, [case_id], stone(case_id))
    view = cases.case(other, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=LATER)
    assert view.facts["opening"][""]["name"] == "Robin"


def test_what_an_open_case_says_of_it_goes_with_the_reasons_and_what_is_to_stay_stays(cases: Cases) -> None:
    """Only cases that were closed were looked at, whole records went, and why one was put right stayed."""
    gone, other = "MC-7K3QX9PW", cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="o").case_id
    task = cases.inbox(frozenset({"worker"})).rows[0]
    cases.complete(task.id, {"text": CANARY, "when": NOW}, by=WORKER, now=NOW, key=task.id)
    why = f"{CANARY} is known by another name"
    cases.correct(other, "answer", "", {"text": gone}, by=WORKER, now=NOW, key="c", reason=why)
    unknown = cases.open("sample", {"name": f"{gone} is in a sentence"}, by=WORKER, now=NOW, key="u").case_id
    mentions = {"sample": Mention(keeps=frozenset({("answer", "when")}))}
    for count in (1, 0):
        with writing(cases.engine) as connection:
            assert erasing.erase_mentions(connection, mentions, [gone, "CH-22222222"], stone(gone)) == count
    assert CANARY not in everything(cases.engine)
    view = cases.case(other, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=LATER)
    assert view.facts == {"opening": {"": {"name": "Robin"}}, "answer": {"": {"when": NOW}}}
    assert cases.case(unknown, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=LATER).facts["opening"]
    assert [each for each in findings(cases) if "[clock-late]" not in each] == []
    check = cases.inbox(frozenset({"chief"})).rows[0]
    cases.complete(check.id, {"verdict": "Good"}, by=CHIEF, now=NOW, key=check.id)
    cases.correct(other, "answer", "", {"text": "Anew"}, by=WORKER, now=NOW, key="d", reason="It was asked again")
    found = [each for each in findings(cases) if "[clock-late]" not in each]
    assert found == [], "what is written afterwards is there to stay"


def test_a_message_that_nobody_took_goes_with_the_one_for_whom_it_was(cases: Cases) -> None:
    """It was kept for ever when its receiver was no case: what an interview had told lay in the table of messages."""
    row = {"id": "MC-22222222/1", "name": "told", "correlation": "CH-7K3QX9PW", "payload": CANARY.encode()}
    with writing(cases.engine) as connection:
        connection.execute(sa.insert(MessageTable).values(**row, sent_at=NOW, expires_at=NOW, status="expired"))
        assert erasing.erase(connection, ["CH-7K3QX9PW"], stone("CH-7K3QX9PW")) == {"messages": 1}


def test_an_empty_case_without_its_event_and_one_that_is_filled_again_are_found(cases: Cases) -> None:
    case_id = worked(cases)
    with writing(cases.engine) as connection:
        connection.execute(sa.text("UPDATE cases SET status = 'erased'"))
    assert any("[erased-without-event]" in each for each in findings(cases))
    with writing(cases.engine) as connection:
        connection.execute(sa.text("UPDATE cases SET status = 'closed'"))
        erasing.erase(connection, [case_id], stone(case_id))
        connection.execute(sa.text("UPDATE cases SET state = :bytes"), {"bytes": b"x"})
    assert any("[erased-is-back]" in each for each in findings(cases))


def test_a_tombstone_is_read_back_from_its_line(cases: Cases) -> None:
    with writing(cases.engine) as connection:
        kept = erasing.bury(connection, stone("C-1", "CH-1"))
        assert erasing.tombstone_of(connection, "CH-1") == kept
        assert erasing.tombstone_of(connection, "CH-2") is None
    assert [Tombstone.read(line) for line in erasing.lines(cases.engine)] == [kept]


def test_no_byte_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    """Earlier versions of a row lie in free room of the file until it is written anew."""
    path = tmp_path / "cases.sqlite"
    engine = connect(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    case_id = worked(made)
    engine.dispose()
    assert CANARY.encode() in path.read_bytes()
    with writing(engine) as connection:
        erasing.erase(connection, [case_id], stone(case_id))
    assert erasing.scrub(engine)
    beside = [each.read_bytes() for each in tmp_path.iterdir()]
    assert not [each for each in beside if CANARY.encode() in each]
    engine.dispose()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
