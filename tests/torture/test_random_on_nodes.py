"""Random procedures: straight, restored before every step, and on two nodes in turn, they are the same story."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import orjson
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import runner, store, values
from engine.cases import Cases
from engine.model import Actor, Command, Complete, Deliver, Event, Fire, Open
from engine.outcome import OpenTask, Outcome
from engine.views import Letter
from tests.blocks import Drawn
from tests.driving import Drive
from tests.engine.test_random_diagrams import Play
from tests.random_blocks import procedures
from tests.torture.measure import LONG
from tests.torture.soundness import table, violations

Story = list[tuple[Any, ...]]


class OnNodes(Drive):
    """A case in a database, which two nodes step in turn; neither remembers anything of it."""

    def __init__(self, files: Mapping[str, str], nodes: list[Cases], example: int) -> None:
        super().__init__(files, restored=True)
        self.nodes, self.example, self.turns, self.seen = nodes, example, 0, 0
        self.reference = ""

    def node(self) -> Cases:
        """Give the node whose turn it is."""
        self.turns += 1
        return self.nodes[self.turns % len(self.nodes)]

    def begin(self, command: Open) -> Outcome:
        """Publish the procedure and open the case."""
        self.node().publish(orjson.loads(self.data), by="ann", now=self.now)
        opener = Actor("opener", frozenset({"worker"}))
        answers = {write.field: write.value for write in command.writes}
        done = self.node().open("drawn_case", answers, by=opener, now=self.now, key=f"{self.example}")
        self.reference = done.case_id
        return self.found()

    def carry_out(self, command: Command) -> Outcome:
        """Let the next node do it."""
        node, key = self.node(), f"{self.example} {self.turns}"
        if isinstance(command, Fire):
            assert node.fire(self.reference, now=self.now)
        elif isinstance(command, Complete):
            answers = {write.field: write.value for write in command.writes}
            by = Actor(command.by.person, frozenset({"worker"}))
            node.complete(f"{self.reference}.{command.task}", answers, by=by, now=self.now, key=key)
        else:
            assert isinstance(command, Deliver)
            self.post(command, key)
            assert node.messages.deliver(Letter(key, command.name, self.reference, ""), now=self.now)
        return self.found()

    def post(self, command: Deliver, key: str) -> None:
        """Put a message where the sweep finds it."""
        row = {"id": key, "name": command.name, "correlation": command.key, "payload": values.dumps({}), "failures": 0}
        moments = {"sent_at": self.now, "expires_at": self.now.replace(year=2030), "taken_by": "", "status": "waiting"}
        with store.writing(self.nodes[0].engine) as connection:
            connection.execute(sa.insert(store.MessageTable).values({**row, **moments}))

    def found(self) -> Outcome:
        """Read from the database what the step did."""
        with self.nodes[0].engine.connect() as connection:
            case = next(row for row in table(connection, "cases") if row["id"] == self.reference)
            tasks = [row for row in table(connection, "tasks") if row["case_id"] == self.reference]
            rows = [row for row in table(connection, "events") if row["case_id"] == self.reference]
            awaited = [row for row in table(connection, "awaited") if row["case_id"] == self.reference]
        release = self.nodes[0].library.get(case["release_id"])
        self.facts = values.loads(case["facts"])
        position = runner.restore(release, case["state"], self.facts, self.now).position
        events = [_event(row) for row in sorted(rows, key=lambda each: each["seq"]) if row["seq"] > self.seen]
        self.seen = case["seq"]
        return Outcome(
            position,
            events=events,
            opened=[_task(release, row) for row in tasks if row["status"] == "open"],
            cancelled=[row["number"] for row in tasks if row["status"] != "open"],
            awaited=[(row["number"], row["name"], row["correlation"]) for row in awaited],
            next_due_at=case["next_due_at"],
            closed=case["status"] == "closed",
        )


def _task(release: Any, row: Mapping[str, Any]) -> OpenTask:
    return OpenTask(row["number"], release.node(row["element"]), row["record_key"], row["due_at"], row["deadline"])


def _event(row: Mapping[str, Any]) -> Event:
    names = ("kind", "element", "name", "task", "activity", "by")
    return Event(**{name: row[name] for name in names}, data=orjson.loads(row["data"]))


def _plain(story: Story) -> Story:
    """Give a story in which written facts are the names of their fields, in the order of the alphabet."""
    return [
        (*told, {name: sorted(each) if name == "fields" else each for name, each in data.items()})
        for *told, data in story
    ]


class PlayOnNodes(Play):
    """The play of the random procedures, with the case on two nodes as a third way."""

    def __init__(self, drawn: Drawn, nodes: list[Cases], example: int) -> None:
        self.third = OnNodes(drawn.files(), nodes, example)
        self.third.open(why="asked")
        super().__init__(drawn)

    def compare(self) -> None:
        """Hold the three against each other."""
        self.drives = self.drives[:2]
        super().compare()
        straight = self.drives[0]
        assert _plain(self.third.story()) == _plain(straight.story())
        assert values.dumps(self.third.facts) == values.dumps(straight.facts)
        assert sorted(self.third.tasks) == sorted(straight.tasks)
        assert self.third.next_due_at == straight.next_due_at
        self.drives.append(self.third)


def test_a_random_procedure_on_two_nodes_is_the_same_story(engine: sa.Engine) -> None:
    others = [store.connect(engine.url.render_as_string(hide_password=False)) for _ in range(2)]
    nodes, numbers = [Cases(each) for each in others], count()

    @settings(
        max_examples=150 if LONG else 15,
        deadline=None,
        derandomize=not LONG,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(procedures(), st.lists(st.integers(0, 10_000), min_size=5, max_size=20))
    def plays(drawn: Drawn, choices: list[int]) -> None:
        play = PlayOnNodes(drawn, nodes, next(numbers))
        for choice in choices:
            if play.world.root.over:
                break
            play.move(choice)

    try:
        plays()
        assert violations(nodes[0]) == []
    finally:
        for each in others:
            each.dispose()
