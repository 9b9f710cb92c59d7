"""Drives a procedure in two ways: straight through, and saved to bytes and restored on another release before every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Self, TypeVar

import orjson

from engine import release, runner, state, values
from engine.model import (
    Actor,
    Command,
    Complete,
    Correct,
    Deliver,
    Event,
    Facts,
    FactWrite,
    Fire,
    Found,
    Open,
    no_operations,
)
from engine.outcome import OpenTask, Outcome
from engine.release import Compiled

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@lru_cache(maxsize=200)
def publishable(data: bytes, operations: frozenset[str] = frozenset()) -> Compiled:
    """Check the files of a release as publishing does, once for all cases of it."""
    return release.check(orjson.loads(data), operations=operations)


@lru_cache(maxsize=60)
def loaded(data: bytes) -> tuple[Compiled, Compiled, Compiled]:
    """Load a release three times: one to go straight through on, and two to be restored on in turns.

    A step that left something in the release instead of in the state would find it missing at the next one.
    """
    return release.load(data), release.load(data), release.load(data)


class Drive:
    """One case of a procedure on a clock of its own; `restored` saves and reads everything before each step.

    `operations` stands for what service tasks call, `knows` names them.
    """

    knows: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, files: Mapping[str, str], *, restored: bool, now: datetime = MORNING) -> None:
        self.data, _digest = release.pack(files)
        publishable(self.data, self.knows)
        self.restored = restored
        self.release, *self._others = loaded(self.data)
        self.now = now
        self.facts: Facts = {}
        self.events: list[Event] = []
        self.sent: list[Any] = []
        self.tasks: dict[int, OpenTask] = {}
        self.position: state.Position | None = None
        self.written: list[bytes] = []
        self.last: Outcome | None = None

    def open(self, by: str = "opener", **answers: Any) -> Self:
        """Open the case with the answers of its opening form."""
        record = self.release.start.record
        writes = tuple(FactWrite(record, "", key, value) for key, value in answers.items())
        self._take(self.begin(Open(writes, Actor(by))))
        return self

    def begin(self, command: Open) -> Outcome:
        """Let the runner open the case."""
        return runner.begin(self.release, "T-1", self.facts, command, self.now, self.operations)

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Carry out what a service task calls."""
        return no_operations(name, scope)

    def do(self, element: str, by: str = "worker", key: str | None = None, **answers: Any) -> Self:
        """Do the open task of an element (with a record key, where several are open) with these answers."""
        task = self.task(element, key)
        writes = tuple(FactWrite(task.node.record, task.key, name, value) for name, value in answers.items())
        return self.step(Complete(task.number, writes, Actor(by)))

    def task(self, element: str, key: str | None = None) -> OpenTask:
        """Give the open task of an element (with a record key, where several are open)."""
        found = [task for task in self.tasks.values() if task.node.id == element and key in {None, task.key}]
        assert found, f"{element} is not open: {self.open_elements()}"
        return found[0]

    def tell(self, message: str, key: str = "", **payload: Any) -> Self:
        """Hand a message to the case."""
        return self.step(Deliver(message, key, payload))

    def correct(self, record: str, field: str, value: Any, key: str = "") -> Self:
        """Put a fact right."""
        return self.step(Correct((FactWrite(record, key, field, value),), Actor("worker"), "it was wrong"))

    def wait(self, **duration: float) -> Self:
        """Let time pass, and let every clock go off at its own moment on the way."""
        until = self.now + timedelta(**duration)
        while self.last is not None and self.last.next_due_at is not None and self.last.next_due_at <= until:
            self.now = max(self.now, self.last.next_due_at)
            self.step(Fire())
        self.now = until
        return self

    def sleep(self, **duration: float) -> Self:
        """Let time pass while the system is down; then the clocks that were missed go off."""
        self.now += timedelta(**duration)
        while self.last is not None and self.last.next_due_at is not None and self.last.next_due_at <= self.now:
            self.step(Fire())
        return self

    def step(self, command: Command) -> Self:
        """Take one step."""
        self._take(self.carry_out(command))
        return self

    def carry_out(self, command: Command) -> Outcome:
        """Let the runner take a step from where the case stands."""
        assert self.position is not None
        saved = state.dump(self.position)
        self.written.append(saved)
        if self.restored:
            self.facts = values.loads(values.dumps(self.facts))
            self._others.reverse()
            self.release = self._others[0]
            conductor = runner.restore(self.release, saved, self.facts, self.now, self.operations)
        else:
            conductor = runner.resume(self.release, self.position, self.facts, self.now, self.operations)
        return conductor.step(command)

    def _take(self, outcome: Outcome) -> None:
        self.position = outcome.position
        self.last = outcome
        self.events.extend(outcome.events)
        self.sent.extend(outcome.sent)
        gone = {*outcome.cancelled, *([outcome.completed[0]] if outcome.completed else [])}
        changed = {task.number: task for task in (*outcome.opened, *outcome.moved)}
        self.tasks = {number: task for number, task in {**self.tasks, **changed}.items() if number not in gone}

    # What a test asks

    @property
    def size(self) -> int:
        """The bytes of the saved state."""
        assert self.position is not None
        return len(state.dump(self.position))

    @property
    def next_due_at(self) -> datetime | None:
        """When the next clock of the case goes off."""
        return self.last.next_due_at if self.last is not None else None

    @property
    def closed(self) -> bool:
        """Whether the case has ended."""
        return self.last is not None and self.last.closed

    def open_elements(self) -> list[str]:
        """The elements of the open tasks, in the order of their numbers."""
        return [task.node.id for _number, task in sorted(self.tasks.items())]

    def due(self, element: str) -> datetime | None:
        """When the open task of an element is due."""
        return next(task.due_at for task in self.tasks.values() if task.node.id == element)

    def kinds(self, kind: str) -> list[Event]:
        """The events of one kind, in order."""
        return [event for event in self.events if event.kind == kind]

    def passed(self) -> set[str]:
        """The end and start events that a token has passed."""
        return {event.element for event in self.events if event.kind == "element_passed"}

    def story(self) -> list[tuple[Any, ...]]:
        """Everything that happened, so that two ways of driving can be compared."""
        return [(e.kind, e.element, e.task, e.activity, e.by, dict(e.data)) for e in self.events]


D = TypeVar("D", bound=Drive)


def both(files: Mapping[str, str], play: Callable[[Drive], object], *, now: datetime = MORNING) -> tuple[Drive, Drive]:
    """Play one story straight and restored, and hold the two against each other."""
    return both_of(Drive, files, play, now=now)


def both_of(
    kind: type[D], files: Mapping[str, str], play: Callable[[D], object], *, now: datetime = MORNING
) -> tuple[D, D]:
    """Play one story straight and restored with a driver of one's own, and hold the two against each other."""
    straight, restored = kind(files, restored=False, now=now), kind(files, restored=True, now=now)
    play(straight)
    play(restored)
    assert straight.story() == restored.story()
    assert (straight.written, straight.size) == (restored.written, restored.size), "carried on as it is read"
    assert values.dumps(straight.facts) == values.dumps(restored.facts)
    return straight, restored
