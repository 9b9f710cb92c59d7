"""The due moments of a case: armed, moved, fired. The runner keeps them; no timer of the library ever looks at a clock.

Two kinds. A *timer* moves a token once: a date, or a duration from when its element began to wait. A *deadline* moves no
token: it tells people, rung by rung, from the list that its expression gives (in practice a call of a decision table). What
was missed while the system was down is caught up once: the latest rung that has passed goes off for all that passed before
it, and the next one lies in the future.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import calendars, faults
from engine.calendars import LONDON, Count
from engine.frozen import frozen
from engine.model import Wait
from engine.scope import Called
from engine.state import Clock

if TYPE_CHECKING:
    from engine.process import Node
    from engine.runner import Conductor


@frozen
class Rung:
    """One step of a deadline: when it goes off, whom it tells, whether it is the moment at which the work is due."""

    at: datetime
    step: str
    tell: tuple[str, ...]
    urgent: bool
    due: bool
    every: timedelta | None


class Winder:
    """Winds the clocks of one case at one instant."""

    def __init__(self, conductor: Conductor) -> None:
        """Take the clocks of the conductor's position and its instant `now`."""
        self.conductor = conductor
        self.release = conductor.release
        self.now = conductor.now
        self.clocks = conductor.position.clocks

    # Going off ------------------------------------------------------------------------------------------------------

    def earliest(self) -> tuple[Task, Node] | None:
        """Let the earliest due clock go off.

        A deadline only tells; a timer gives its task and node back, so that the runner moves the token. One clock per
        step: an interrupting timer takes the other clocks of its activity with it, so two overdue ones never both fire.
        """
        due = [clock for clock in self.clocks.values() if clock.at is not None and clock.at <= self.now.timestamp()]
        if not due:
            return None
        clock = min(due, key=lambda each: (each.at or 0.0, each.task, each.element))
        node = self.release.node(clock.element)
        if node.is_deadline:
            self.tell(clock, node)
            return None
        del self.clocks[clock.task, clock.element]
        task = next(each for each in self.conductor.position.tokens.live() if each.id == clock.task)
        self.conductor.note("timer_fired", node, data={"due_at": _text(clock.at)})
        return task, node

    def tell(self, clock: Clock, node: Node) -> None:
        """Set a clock for its next rung, and note that one went off, whom it tells, and when the next one is."""
        rungs = self.rungs(clock, node)
        passed = [rung for rung in rungs if rung.at <= self.now]
        fresh = [rung for rung in passed if rung.step not in clock.fired]
        if passed:
            latest = passed[-1]
            tell = sorted({role for rung in (fresh or [latest]) for role in rung.tell})
            clock.fired.extend(rung.step for rung in fresh)
            clock.last = self.now.timestamp()
            self.set(clock, rungs)
            data = {
                "deadline": self.release.deadline_name(node),
                **_asked(node),
                "step": latest.step,
                "tell": tell,
                "urgent": any(rung.urgent for rung in (fresh or [latest])),
                "missed": [rung.step for rung in fresh[:-1]],
                "again": not fresh,
                "due_at": _text(clock.due),
                "next_at": _text(clock.at),
                "tasks": self.people_under(clock.task),
            }
            self.conductor.note("timer_fired", node, data=data)
        else:
            self.set(clock, rungs)

    def people_under(self, host: int) -> list[int]:
        """Give the numbers of the tasks of people that a clock's activity holds now."""
        tokens = self.conductor.position.tokens
        people = (task for task in tokens.live() if task.task_spec.manual and task.state == TaskState.READY)
        return [task.id for task in people if host in {each.id for each in _around(task)}]

    # Winding --------------------------------------------------------------------------------------------------------

    def wind(self) -> None:
        """Arm the clocks of what now waits, drop those of what waits no more, and move those whose facts changed."""
        wanted, changed = dict(self.wanted()), self.conductor.scope.changed
        for key in [key for key in self.clocks if key not in wanted]:
            del self.clocks[key]
        for key, (task, node) in wanted.items():
            if key not in self.clocks:
                self.arm(key, task, node)
            elif changed and changed & self.release.dependencies(node):
                self.move(self.clocks[key], node)

    def wanted(self) -> Iterator[tuple[tuple[int, str], tuple[Task, Node]]]:
        """Give every clock that should be running: deadlines of begun activities, and events that wait for a time."""
        for task in self.conductor.position.tokens.live():
            node = getattr(task.task_spec, "node", None)
            if node is None:
                continue
            if node.timer is not None and task.state == TaskState.WAITING:
                yield (task.id, node.id), (task, node)
            if task.task_spec.name == node.id:
                for deadline in self.release.deadlines.get(node.id, ()):
                    yield (task.id, deadline.id), (task, deadline)

    def arm(self, key: tuple[int, str], task: Task, node: Node) -> None:
        """Start a clock; of the rungs that had passed before its activity began, only the latest still tells people."""
        clock = Clock(key[0], key[1], self.now.timestamp())
        self.clocks[key] = clock

        def passed(rungs: list[Rung]) -> list[str]:
            return [rung.step for rung in rungs if rung.at <= self.now][:-1]

        data = self.derive(clock, node, task, passed)
        kind = "timer_armed" if clock.at is not None else "timer_waiting"
        self.conductor.note(kind, node, data=data, activity=False)

    def move(self, clock: Clock, node: Node) -> None:
        """Derive a clock again, because a fact that it rests on has changed; say so where that moved it.

        A rung that has gone off and now lies ahead goes off again at its new moment: it was told too early.
        """
        old = (clock.at, clock.due)

        def passed(rungs: list[Rung]) -> list[str]:
            ahead = {rung.step for rung in rungs if rung.at > self.now}
            return [step for step in clock.fired if step not in ahead]

        data = self.derive(clock, node, None, passed)
        if (clock.at, clock.due) != old:
            self.conductor.note("timer_moved", node, data={"from": _text(old[0]), **data}, activity=False)

    def derive(
        self, clock: Clock, node: Node, task: Task | None, passed: Callable[[list[Rung]], list[str]]
    ) -> dict[str, Any]:
        """Tell a clock's next moment from its expression and the facts as they are; give what the log keeps of why it is then.

        `passed` gives the steps of a deadline's rungs that are taken for gone off.
        """
        called = self.conductor.scope.forget()
        rungs: list[Rung] = []
        with calendars.counts() as counts:
            if node.is_deadline:
                rungs = self.rungs(clock, node)
                clock.fired = passed(rungs)
                self.set(clock, rungs)
            else:
                value = self.evaluate(clock, node, task)
                if isinstance(value, timedelta):
                    value = datetime.fromtimestamp(clock.since, tz=UTC) + value
                moment = _moment(value)
                clock.at = moment.timestamp() if moment is not None else None
        told = {"at": _text(clock.at), "due_at": _text(clock.due), "host": clock.task, "since": _text(clock.since)}
        return told | _grounds(called, rungs) | _counted(counts, clock.due if node.is_deadline else clock.at)

    def set(self, clock: Clock, rungs: list[Rung]) -> None:
        """Set a deadline's next moment: the first rung that has not gone off, or the latest one again."""
        moments = [rung.at for rung in rungs if rung.step not in clock.fired]
        fired = [rung for rung in rungs if rung.step in clock.fired]
        if fired and fired[-1].every and clock.last is not None:
            moments.append(datetime.fromtimestamp(clock.last, tz=UTC) + fired[-1].every)
        clock.at = min(moments).timestamp() if moments else None
        due = [rung.at for rung in rungs if rung.due]
        clock.due = min(due).timestamp() if due else None

    def rungs(self, clock: Clock, node: Node) -> list[Rung]:
        """Give a deadline's rungs in the order of time, at one moment as they are listed; one whose moment is not known yet is left out."""
        value = self.evaluate(clock, node, None)
        if value is None:
            faults.why_null(self.release.timer(node), self.seen(clock, None), self.now, node, self.conductor.nulls)
            value = []
        contexts = [(_moment(each.get("at")), each) for each in value if isinstance(each, dict)]
        rungs = [_rung(at, each) for at, each in contexts if at is not None]
        return sorted(rungs, key=attrgetter("at"))

    def evaluate(self, clock: Clock, node: Node, task: Task | None) -> Any:
        """Evaluate a timer's expression; `task.opened_at` in it is when the clock's activity began."""
        self.conductor.here = node
        return self.release.timer(node).evaluate(self.seen(clock, task), now=self.now)

    def seen(self, clock: Clock, task: Task | None) -> Mapping[str, Any]:
        """Give what a timer's expression sees."""
        begun = {"task": {"opened_at": datetime.fromtimestamp(clock.since, tz=UTC)}}
        found = task or self.conductor.position.tokens.get_task_from_id(clock.task)
        return self.conductor.scope.at(found, begun)

    # What others ask ------------------------------------------------------------------------------------------------

    def due(self, task: Task) -> tuple[datetime | None, str]:
        """Give when a task is due and by which deadline: the earliest of its own and of the activities around it."""
        around = {each.id for each in _around(task)}
        found = [clock for clock in self.clocks.values() if clock.due is not None and clock.task in around]
        if not found:
            return None, ""
        clock = min(found, key=lambda each: (each.due or 0.0, each.element))
        return datetime.fromtimestamp(clock.due or 0.0, tz=UTC), clock.element

    def waits(self) -> list[Wait]:
        """Give the clocks that run, each with the moment at which it goes off next."""
        found = []
        for clock in self.clocks.values():
            at = datetime.fromtimestamp(clock.at, tz=UTC) if clock.at is not None else None
            kind = "deadline" if self.release.node(clock.element).is_deadline else "timer"
            found.append(Wait(clock.element, kind, at))
        return found

    def next_due(self) -> datetime | None:
        """Give the earliest moment at which a clock of the case goes off."""
        moments = [clock.at for clock in self.clocks.values() if clock.at is not None]
        return datetime.fromtimestamp(min(moments), tz=UTC) if moments else None


def _grounds(called: Sequence[Called], rungs: Sequence[Rung]) -> dict[str, Any]:
    """Say from which moment a clock counts, by which rows of which table, and whom it tells when.

    Example: ``{"clock": "2026-03-02T09:00:00+00:00", "table": "deadlines", "rules": ["t01_1", "t01_2"], "rungs": [["reminder",
    "2026-03-02T09:10:00+00:00", ["call_taker"]]]}``. The table is the one that was called last, since it calls the others.
    """
    found: dict[str, Any] = {}
    if rungs:
        found["rungs"] = [[each.step, each.at.isoformat(), list(each.tell)] for each in rungs]
    if called:
        origin = _moment(called[-1].given.get("clock"))
        found |= {"table": called[-1].table, "rules": list(called[-1].rules)}
        found |= {"clock": origin.astimezone(UTC).isoformat()} if origin is not None else {}
    return found


def _counted(counts: Sequence[Count], end: float | None) -> dict[str, Any]:
    """Say by which working time a clock ends, with the days that were left out; nothing where elapsed time decides."""
    count = next((each for each in counts if each.end.timestamp() == end), None)
    if count is None:
        return {}
    closed = {day.isoformat(): name for day, name in count.closed.items()}
    return {"working": {"region": count.region, "weekend": count.weekend, "closed": closed}}


def _around(task: Task) -> Iterator[Task]:
    """Give a task and every activity that it runs inside."""
    current: Task | None = task
    while current is not None:
        yield current
        parent = current.parent
        if parent is None and current.workflow.parent_task_id is not None:
            parent = current.workflow.top_workflow.get_task_from_id(current.workflow.parent_task_id)
        current = parent


def _rung(at: datetime, value: dict[str, Any]) -> Rung:
    """Read one rung from the context that the expression gave."""
    tell = value.get("tell") or ()
    roles = (tell,) if isinstance(tell, str) else tuple(str(role) for role in tell)
    every = value.get("every")
    return Rung(
        at=at,
        step=str(value.get("step") or ""),
        tell=roles,
        urgent=value.get("urgent") is True,
        due=value.get("due") is True,
        every=every if isinstance(every, timedelta) and every > timedelta(0) else None,
    )


def _moment(value: Any) -> datetime | None:
    """Give the instant that an expression means; a date alone means when that day begins in London."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.min, LONDON).astimezone(UTC)
    return value if isinstance(value, datetime) else None


def _asked(node: Node) -> dict[str, str]:
    """Give what a clock asks for, where its drawing says so itself."""
    return {"asks": node.properties["asks"]} if "asks" in node.properties else {}


def _text(moment: float | None) -> str | None:
    """Write an instant as ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, tz=UTC).isoformat() if moment is not None else None
