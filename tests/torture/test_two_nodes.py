"""Two nodes with people and clocks on the same cases, their statements in changing order: nothing is lost or doubled."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from engine import store, timers, values
from engine.errors import Conflict
from engine.model import Actor
from tests.torture import jobs, sample
from tests.torture.measure import LONG, chance_for, say
from tests.torture.soundness import table, violations

CASES = 40 if LONG else 8
TURNS = 10 if LONG else 2


class Node(threading.Thread):
    """One node: a person who does whatever is open, and a sweep between two tasks."""

    def __init__(self, url: str, person: Actor, chance: random.Random) -> None:
        super().__init__()
        self.engine = store.connect(url)
        jobs.watch(self.engine, jobs.stumble(chance))
        self.cases, self.person, self.chance = sample.cases_in(self.engine), person, chance
        self.done: list[tuple[str, str]] = []
        self.refused: Counter[str] = Counter()
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            while tasks := self.cases.inbox(self.person.roles, limit=20).rows:
                self.act(self.chance.choice(tasks).id)
        except Exception as fault:  # noqa: BLE001 - the test raises it
            self.fault = fault
        self.engine.dispose()

    def act(self, task: str) -> None:
        """Do a task that the other may be doing too, then let clocks and messages come."""
        word = f"{self.person.person} {task}"
        answers = {"text": word, "verdict": word}
        try:
            self.cases.complete(task, answers, by=self.person, now=sample.NOW, key=word)
            self.done.append((task, word))
        except Conflict as refusal:
            self.refused[type(refusal).__name__] += 1
        late = sample.NOW + timedelta(hours=self.chance.choice([0, 2, 30]))
        timers.sweep(self.cases, now=late, limit=3)


def test_two_nodes_on_the_same_cases_lose_nothing_and_double_nothing(engine: sa.Engine) -> None:
    cases = sample.published(engine)
    chance, url = chance_for("two nodes"), engine.url.render_as_string(hide_password=False)
    refused: Counter[str] = Counter()
    for turn in range(TURNS):
        for number in range(CASES):
            cases.open("work", {"name": "x"}, by=sample.ANN, now=sample.NOW, key=f"{turn} {number}")
        nodes = [Node(url, person, random.Random(chance.random())) for person in (sample.ANN, sample.BOB)]  # noqa: S311
        for node in nodes:
            node.start()
        for node in nodes:
            node.join(120)
            assert node.fault is None, node.fault
            refused += node.refused
        done = dict(pair for node in nodes for pair in node.done)
        assert len(done) == sum(len(node.done) for node in nodes), "a task was done twice"
        assert _written(engine) >= set(done.values()), "an answer is lost"
        assert violations(cases) == []
    say(f"two nodes on {engine.dialect.name}: {TURNS} turns of {CASES} cases; refused {dict(refused)}")


def _written(engine: sa.Engine) -> set[str]:
    """Give every value that the cases hold now."""
    with engine.connect() as connection:
        found = [values.loads(row["facts"]) for row in table(connection, "cases")]
    return {
        value for facts in found for keys in facts.values() for fields in keys.values() for value in fields.values()
    }
