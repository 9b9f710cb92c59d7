"""A database that commits and then says that it did not: a retry under the same key has exactly one effect."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine import store
from engine.cases import Cases
from engine.errors import Conflict
from engine.views import Done
from tests.torture import sample
from tests.torture.measure import LONG, chance_for, say
from tests.torture.soundness import violations

COMMANDS = 2_000 if LONG else 150
LIES = 0.2


def lie(engine: sa.Engine, chance: random.Random) -> list[int]:
    """Let one commit in five happen and be reported as lost; give the count of the lies."""
    commit, told = engine.dialect.do_commit, [0]

    def committing(connection: Any) -> None:
        commit(connection)
        if chance.random() < LIES:
            told[0] += 1
            raise engine.dialect.loaded_dbapi.OperationalError("the connection is lost")

    engine.dialect.do_commit = committing  # type: ignore[assignment,method-assign]
    return told


def insist(command: Callable[[], Done]) -> Done:
    """Send a command again until it is answered."""
    while True:
        try:
            return command()
        except sa.exc.OperationalError:
            continue


def work(cases: Cases, chance: random.Random) -> Counter[str]:
    """Carry out commands, each until it is answered; count the effects that there must be."""
    wanted: Counter[str] = Counter()
    tasks: list[str] = []
    for number in range(COMMANDS):
        key, now = f"k{number}", sample.NOW
        if tasks and chance.random() < 0.6:
            task = tasks.pop(chance.randrange(len(tasks)))
            insist(lambda: cases.complete(task, {"text": key, "verdict": key}, by=sample.ANN, now=now, key=key))  # noqa: B023
            wanted["task_completed"] += 1
            continue
        done = insist(lambda: cases.open("work", {"name": key}, by=sample.ANN, now=now, key=key))  # noqa: B023
        tasks += done.tasks
        wanted["case_opened"] += 1
    return wanted


def test_what_was_committed_and_denied_happens_once(engine: sa.Engine) -> None:
    sample.published(engine)
    chance = chance_for(f"lies on {engine.dialect.name}")
    lying = store.connect(engine.url.render_as_string(hide_password=False))
    told = lie(lying, chance)
    wanted = work(sample.cases_in(lying), chance)
    lying.dispose()
    cases = sample.cases_in(engine)
    with engine.connect() as connection:
        kinds = Counter(connection.execute(sa.select(store.EventTable.kind)).scalars())
    assert {kind: kinds[kind] for kind in wanted} == dict(wanted)
    assert violations(cases) == []
    say(f"{COMMANDS} commands on {engine.dialect.name}, {told[0]} commits denied: one effect each")


def test_a_sweep_whose_commits_are_denied_does_everything_once(engine: sa.Engine) -> None:
    cases = sample.published(engine)
    count = 100 if LONG else 20
    for number in range(count):
        cases.open("work", {"name": "x"}, by=sample.ANN, now=sample.NOW, key=str(number))
    lying = store.connect(engine.url.render_as_string(hide_password=False))
    lie(lying, chance_for("lies to the sweep"))
    swept = sample.cases_in(lying)
    for case_id in _references(engine):
        _until(lambda: swept.fire(case_id, now=sample.LATER))  # noqa: B023
    while _until(lambda: _deliver(swept)):
        pass
    lying.dispose()
    with engine.connect() as connection:
        kinds = Counter(connection.execute(sa.select(store.EventTable.kind)).scalars())
    assert (kinds["timer_fired"], kinds["case_opened"]) == (count, 2 * count)
    assert violations(cases) == []


def _references(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(store.CaseTable.id)).scalars())


def _deliver(cases: Cases) -> bool:
    found = cases.messages.next(now=sample.LATER)
    return found is not None and cases.messages.deliver(found, now=sample.LATER)


def _until(act: Callable[[], bool]) -> bool:
    """Do what a sweep does until it is not denied."""
    while True:
        try:
            return act()
        except (sa.exc.OperationalError, Conflict):
            continue
