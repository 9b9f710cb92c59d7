"""Clocks while nodes are killed or frozen: each goes off once, soon, and people go on working."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from engine import store, timers
from engine.cases import Cases
from tests.torture import jobs, sample
from tests.torture.measure import LONG, chance_for, say, spread
from tests.torture.nursery import Nursery
from tests.torture.soundness import table, violations

CLOCKS = 10_000 if LONG else 40
DUE_WITHIN = 300.0 if LONG else 3.0
GIVEN_UP_AFTER = 300.0 if LONG else 60.0
AT_ONE_INSTANT = 50_000 if LONG else 500


def _url(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def _rings(engine: sa.Engine) -> list[tuple[str, float]]:
    """Give each case whose deadline went off with its lateness in seconds, once for each time."""
    event = store.EventTable
    asked = sa.select(event.case_id, event.at, event.data).where(event.kind == "timer_fired")
    with engine.connect() as connection:
        found = connection.execute(asked).all()
    return [(row.case_id, (row.at - _moment(row.data)).total_seconds()) for row in found]


def _count(engine: sa.Engine) -> int:
    """Count the deadlines that went off."""
    asked = sa.select(sa.func.count()).where(store.EventTable.kind == "timer_fired")
    with engine.connect() as connection:
        return int(connection.execute(asked).scalar_one())


def _moment(data: str) -> datetime:
    return datetime.fromisoformat(orjson.loads(data)["due_at"])


def test_every_clock_goes_off_once_while_nodes_are_killed(engine: sa.Engine) -> None:
    cases, chance = sample.published(engine), chance_for("killed nodes")
    for number in range(CLOCKS):
        opened_at = sample.NOW - timedelta(hours=1) + timedelta(seconds=1 + chance.uniform(0, DUE_WITHIN))
        cases.open("work", {"name": "x"}, by=sample.ANN, now=opened_at, key=str(number))
    killed = 0
    with Nursery() as nursery:
        zero = time.monotonic()
        until = zero + DUE_WITHIN + GIVEN_UP_AFTER
        nodes = [nursery.start("sweep", url=_url(engine), zero=zero, until=until, pause=0.05) for _ in range(2)]
        while _count(engine) < CLOCKS and time.monotonic() < until:
            jobs.rest(chance.uniform(0.1, 0.6))
            victim = chance.randrange(2)
            os.kill(nodes[victim], signal.SIGKILL)
            assert nursery.wait(nodes[victim]) == -signal.SIGKILL
            killed += 1
            nodes[victim] = nursery.start("sweep", url=_url(engine), zero=zero, until=until, pause=0.05)
        for node in nodes:
            os.kill(node, signal.SIGKILL)
            nursery.wait(node)
    rings = _rings(engine)
    assert len(rings) == len({case_id for case_id, _late in rings}) == CLOCKS
    assert violations(cases) == []
    assert min(late for _case, late in rings) >= 0
    say(
        f"{CLOCKS} clocks on {engine.dialect.name}, nodes killed {killed} times: each once, late {spread([x for _c, x in rings])}"
    )


def _fill(cases: Cases, count: int) -> None:
    """Put many copies of one case into the database, all of whose clocks are due at one instant."""
    done = cases.open("work", {"name": "x"}, by=sample.ANN, now=sample.NOW, key="pattern")
    with store.writing(cases.engine) as connection:
        rows = {
            name: [row for row in table(connection, name) if row.get("case_id", row.get("id")) == done.case_id]
            for name in ("cases", "tasks", "events", "fact_values", "awaited")
        }
        for name, found in rows.items():
            copies = [_copy(row, done.case_id, f"C-{number:08d}") for number in range(count) for row in found]
            connection.execute(sa.insert(store.Base.metadata.tables[name]), copies)


def _copy(row: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """Give a row for another case; its log's digests stay those of the pattern."""
    named = {key: value for key, value in row.items() if key not in {"command", "asked"}}
    texts = {key: value.replace(old, new) for key, value in named.items() if isinstance(value, str)}
    states = {key: value.replace(old.encode(), new.encode()) for key, value in named.items() if key == "state"}
    return {
        **named,
        **texts,
        **states,
        **({"command": ""} if "command" in row else {}),
        **({"asked": None} if "asked" in row else {}),
    }


def _timed(act: Callable[[], object], seconds: float) -> list[float]:
    """Do something again and again for some seconds; give how long each took."""
    found: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(found) < 5:
        began = time.monotonic()
        act()
        found.append(time.monotonic() - began)
        jobs.rest(0.01)
    return sorted(found)


def test_the_inbox_stays_usable_while_very_many_clocks_are_due_at_once(engine: sa.Engine) -> None:
    cases = sample.published(engine)
    _fill(cases, AT_ONE_INSTANT)
    seconds = 10.0 if LONG else 1.0

    def look() -> object:
        return cases.inbox(frozenset({"worker"}), limit=50)

    numbers = iter(range(1_000_000))

    def act() -> object:
        key = f"act {next(numbers)}"
        return cases.open("work", {"name": "x"}, by=sample.ANN, now=sample.LATER, key=key)

    idle = [_timed(look, seconds), _timed(act, seconds)]
    with Nursery() as nursery:
        node = nursery.start("sweep_all", url=_url(engine), at=sample.LATER.isoformat())
        busy = [_timed(look, seconds), _timed(act, seconds)]
        fired = _count(engine)
        began = time.monotonic()
        second = nursery.start("sweep_all", url=_url(engine), at=sample.LATER.isoformat())
        assert [nursery.wait(each) for each in (node, second)] == [0, 0]
        drained = time.monotonic() - began
    rings = [case_id for case_id, _late in _rings(engine)]
    for what, before, during in zip(("a list", "a command"), idle, busy, strict=True):
        ratio = during[len(during) // 2] / before[len(before) // 2]
        say(
            f"{what} on {engine.dialect.name} while {AT_ONE_INSTANT} clocks are due: {spread(during)}, {ratio:.1f} times idle"
        )
        assert during[len(during) // 2] < 1, "people wait too long"
        assert during[-1] < 5, "somebody waits far too long"
    say(f"{fired} of them went off in the meantime, the others within {drained:.0f} s on two nodes")
    assert len(rings) == len(set(rings)) == AT_ONE_INSTANT + 1
    assert fired


@pytest.mark.postgres
def test_a_frozen_node_holds_nobody_up_and_cannot_write_afterwards(postgres_url: str) -> None:
    """A sweep used to end at the first case that another node held: one frozen node stopped every clock of all nodes."""
    engine = store.connect(postgres_url)
    store.Base.metadata.create_all(engine)
    cases = sample.published(engine)
    point_of_a_held_row = 3
    with Nursery() as nursery:
        held = cases.open("work", {"name": "x"}, by=sample.ANN, now=sample.NOW, key="held")
        cases.open("work", {"name": "y"}, by=sample.ANN, now=sample.NOW + timedelta(minutes=1), key="free")
        given = {"url": postgres_url, "what": "fire", "target": held.case_id, "key": "", "point": point_of_a_held_row}
        node = nursery.start("command", **given, sent=signal.SIGSTOP)
        _await(lambda: _stopped(node))
        assert timers.sweep(cases, now=sample.LATER).fired == 1, "the free case waits for the frozen node"
        began = time.monotonic()
        cases.complete(held.tasks[0], {"text": "x"}, by=sample.ANN, now=sample.LATER, key="person")
        say(f"a person waited {time.monotonic() - began:.1f} s for a case that a frozen node held")
        timers.sweep(cases, now=sample.LATER)
        before = [row for row in _events(engine) if row["case_id"] == held.case_id]
        os.kill(node, signal.SIGCONT)
        assert nursery.wait(node) == 3, "the frozen node's command must fail"
    assert [row for row in _events(engine) if row["case_id"] == held.case_id] == before
    assert violations(cases) == []
    engine.dispose()


def test_a_node_that_was_frozen_before_its_claim_finds_that_another_was_first(engine: sa.Engine) -> None:
    cases = sample.published(engine)
    with Nursery() as nursery:
        done = cases.open("work", {"name": "x"}, by=sample.ANN, now=sample.NOW, key="only")
        given = {"url": _url(engine), "what": "fire", "target": done.case_id, "key": "", "point": 1}
        node = nursery.start("command", **given, sent=signal.SIGSTOP)
        _await(lambda: _stopped(node))
        assert timers.sweep(cases, now=sample.LATER).fired == 1
        before = _events(engine)
        os.kill(node, signal.SIGCONT)
        assert nursery.wait(node) == 0
    assert _events(engine) == before
    assert violations(cases) == []


def _events(engine: sa.Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return sorted(table(connection, "events"), key=lambda row: (row["case_id"], row["seq"]))


def _stopped(process: int) -> bool:
    """Whether a process is stopped by a signal."""
    with open(f"/proc/{process}/stat", encoding="ascii") as stat:  # noqa: PTH123 - no file of ours
        return stat.read().rpartition(")")[2].split()[0] == "T"


def _await(what: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if what():
            return
        jobs.rest(0.01)
    raise AssertionError("it did not happen within 20 seconds")
