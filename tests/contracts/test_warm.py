"""What a process keeps between two steps: statements that are prepared, and where the cases stand that moved last."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from engine.cases import Cases, Step
from engine.errors import TaskAlreadyCompleted
from engine.state import Position
from engine.statements import Prepared
from engine.store import Base, writing
from engine.warm import WarmPositions
from tests.contracts.sample import CHIEF, FILES, NOW, WORKER


def test_a_prepared_statement_writes_what_the_library_writes_and_wants_every_value(engine: sa.Engine) -> None:
    there = Base.metadata.tables["incidents"]
    names = [each.name for each in there.c if each.name != "id"]
    said = dict.fromkeys(names, "a") | {"first_seen_at": NOW, "last_seen_at": NOW, "times": 1, "settled_at": None}
    add = Prepared(sa.insert(there))
    often = sa.case((there.c.error == "a", there.c.times + 1), else_=0)
    more = Prepared(sa.update(there).where(there.c.kind == sa.bindparam("of")).values(times=often))
    with writing(engine) as connection:
        assert add(connection, [said]) == 1
        add(connection, [said, said | {"kind": "b"}])
        assert more(connection, [{"of": "a", "settled_at": NOW}]) == 2
        connection.execute(sa.insert(there), said)
        found = connection.execute(sa.select(*(there.c[name] for name in names)).order_by(there.c.id)).all()
    one = tuple(said.values())
    settled = tuple((said | {"times": 2, "settled_at": NOW}).values())
    assert [tuple(row) for row in found] == [settled, settled, tuple((said | {"kind": "b"}).values()), one]
    with pytest.raises(ValueError, match="default"), writing(engine) as connection:
        Prepared(sa.insert(there))(connection, [{"kind": "a"}])


def test_a_case_is_carried_on_from_what_its_row_says_whoever_has_written_it(engine: sa.Engine) -> None:
    """Each node keeps where the cases stand that moved last: one that another node has moved since, or whose step failed, is read anew."""
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    case_id = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="o").case_id
    view = cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    tasks = {task.element: task.id for task in view.tasks}
    other, broken = Cases(engine), Cases(engine, observers=[_fails])
    other.correct(case_id, "opening", "", {"name": "Robyn"}, by=WORKER, now=NOW, key="r", reason="misheard")
    cases.complete(tasks["ask"], {"text": "x"}, by=WORKER, now=NOW, key="a")
    for node, key in ((broken, "b"), (broken, "c")):
        with pytest.raises(RuntimeError, match="observer"):
            node.complete(tasks["check"], {"verdict": "fine"}, by=CHIEF, now=NOW, key=key)
    other.complete(tasks["check"], {"verdict": "fine"}, by=CHIEF, now=NOW, key="d")
    view = cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert (view.status, view.facts["opening"][""]["name"]) == ("closed", "Robyn")
    with pytest.raises(TaskAlreadyCompleted):
        cases.complete(tasks["check"], {"verdict": "fine"}, by=CHIEF, now=NOW, key="e")


def _fails(_connection: sa.Connection, _step: Step) -> None:
    message = "an observer fails"
    raise RuntimeError(message)


def test_a_position_is_given_out_once_and_only_for_the_bytes_that_say_it() -> None:
    kept, position = WarmPositions(2), Position(SimpleNamespace(script_engine="the last"), "C-1", 0.0)  # type: ignore[arg-type]
    for name in ("a", "b", "c", "b"):
        kept.keep(name, 1, (b"tokens", b"facts"), position, [(1, "told", "C-1")])
    assert kept.take("a", 1, (b"tokens", b"facts")) is None
    found = kept.take("b", 1, (b"tokens", b"facts"))
    assert found is not None
    assert (found.position, found.awaited) == (position, frozenset({(1, "told", "C-1")}))
    assert position.tokens.script_engine is None, "what the step saw is not kept with it"
    assert kept.take("b", 1, (b"tokens", b"facts")) is None
    for release_id, written in ((2, (b"tokens", b"facts")), (1, (b"others", b"facts")), (1, (b"tokens", b"others"))):
        kept.keep("c", 1, (b"tokens", b"facts"), position, [])
        assert kept.take("c", release_id, written) is None
        assert kept.take("c", 1, (b"tokens", b"facts")) is None
