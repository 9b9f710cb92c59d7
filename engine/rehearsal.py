"""A procedure tried out: a case that is nowhere but here, on a clock of its own, moved by a list of commands that is plain data.

The runner is pure, so that the same commands on the same files give the same case; going back is one command less. Nothing here
knows a database: what a service task would find is said by a stand-in, and what would be sent is kept to be looked at.

Commands, as JSON holds them; moments are ISO 8601, answers what a page posts::

    {"do": "open", "answers": {"child_name": "Alex"}}
    {"do": "complete", "task": "record_return", "key": "", "answers": {"found_how": "police"}}
    {"do": "receive", "event": "report_cancelled", "answers": {"reason": "..."}}
    {"do": "ring"}                                   time goes on to the next clock
    {"do": "wait", "hours": 5}
    {"do": "until", "at": "2026-03-03T09:00:00+00:00"}
    {"do": "say", "operation": "recall_child", "variant": "new"}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine import runner
from engine.clocks import Rung, Winder
from engine.elements import WAITING
from engine.errors import Conflict, Refusal
from engine.faults import StepFailed, describe
from engine.forms import Form
from engine.frozen import frozen
from engine.model import FOUND, SYSTEM, Actor, Complete, Deliver, Event, Facts, FactWrite, Fire, Found, Open, Value
from engine.outcome import OpenTask, Outcome, Sent
from engine.process import Node
from engine.release import Compiled
from engine.runner import Conductor
from engine.state import Position

Command = Mapping[str, Any]
StandIn = Callable[[str, str, Mapping[str, Value], datetime], Found]
"""Says what an operation would find: its name, the variant that was chosen ("" for the usual one), what the step sees, and when."""

LONGEST_WAIT = timedelta(days=2 * 366)
"""So far time goes on at once: longer than any clock that people set."""
CENTURIES = range(1900, 2200)
"""A virtual clock may stand in these years; behind the last that can be written nothing could be counted."""
RINGS_AT_MOST = 2_000
"""So often clocks ring in one command; a procedure that rings more is stopped there."""
SECOND = " (a second person)"
"""Stands behind the role of whoever does a task that needs another person than the one before."""
DONE = frozenset(
    {"task_completed", "decision_made", "operation_done", "element_passed", "case_opened", "message_received"}
)
"""The events that say that the work of an element is done."""


class CannotBePlayed(Conflict):
    """A command does not fit the case as it stands, or the step failed; `element` is where."""

    def __init__(self, element: str, sentence: str) -> None:
        """Say at which element of the drawing, and why."""
        self.element = element
        super().__init__(sentence)


@frozen
class Happened:
    """An event with the moment of the virtual clock."""

    at: datetime
    event: Event


@frozen
class Expected:
    """A message for which the case waits, at an element of the drawing."""

    node: Node
    name: str
    key: str


@frozen
class Ticking:
    """A clock that runs: its element, when it goes off next, and for a deadline what is told to whom after that."""

    node: Node
    at: datetime | None
    rungs: tuple[Rung, ...]


@frozen
class Page:
    """What is asked next: the task, or the opening where there is none yet, with what its expressions see."""

    node: Node
    form: Form
    key: str
    scope: Mapping[str, Value]


class Rehearsal:
    """One case that is tried out on a release, from the moment `began` (aware, UTC)."""

    def __init__(self, release: Compiled, began: datetime, stand_in: StandIn) -> None:
        """Begin with nothing: the first command opens the case."""
        self.release, self.began, self.now, self.stand_in = release, began, began, stand_in
        prefix = release.process.properties.get("reference", "C")
        self.reference = f"{prefix}-INVENTED"
        self.facts: Facts = {}
        self.position: Position | None = None
        self.last: Outcome | None = None
        self.tasks: dict[int, OpenTask] = {}
        self.opened_at: dict[int, datetime] = {}
        self.log: list[Happened] = []
        self.sent: list[tuple[datetime, Sent]] = []
        self.says: dict[str, str] = {}

    # Commands -------------------------------------------------------------------------------------------------------

    def take(self, command: Command) -> None:
        """Carry a command out.

        Refused with `AnswersInvalid`, as the page would, and with `CannotBePlayed`.
        """
        works: dict[str, Callable[[Command], None]] = {
            "open": self._open, "complete": self._complete, "receive": self._receive, "ring": self._ring,
            "wait": self._wait, "until": self._until, "say": self._say,
        }  # fmt: skip
        work = works.get(str(command.get("do")))
        if work is None:
            raise CannotBePlayed("", "This is no step that can be played.")
        try:
            work(command)
        except StepFailed as fault:
            cause = fault.__cause__
            said = str(cause) if isinstance(cause, Refusal) else describe(cause) if cause else "the step failed"
            name = fault.name or fault.element or "The step"
            raise CannotBePlayed(fault.element, f"“{name}” could not be carried out: {said}") from fault

    def _open(self, command: Command) -> None:
        if self.position is not None:
            raise CannotBePlayed(self.release.start.id, "The case is open already.")
        start = self.release.start
        own = "1" if start.properties.get("repeats") == "true" else ""
        if start.form in self.release.forms:
            fields = self._answers(self.page(), command)
        elif start.timer is not None:
            fields = {"at": self.now, "missed": 0}
        else:
            fields = said(command.get("answers", {}))
        writes = tuple(FactWrite(start.record, own, name, value) for name, value in fields.items())
        by = start.role if start.form else SYSTEM
        opening = Open(writes, Actor(by))
        self._took(runner.begin(self.release, self.reference, self.facts, opening, self.now, self._operate))

    def _complete(self, command: Command) -> None:
        task = self._task(str(command.get("task", "")), str(command.get("key", "")))
        fields = self._answers(self.page(task.node.id, task.key), command)
        form = self.release.forms[task.node.form]
        writes = tuple(FactWrite(task.node.record, task.key, each.key, fields.get(each.key)) for each in form.fields)
        self._step(Complete(task.number, writes, Actor(self._who(task.node))))

    def _receive(self, command: Command) -> None:
        name = str(command.get("event", ""))
        expected = next((each for each in self.expected() if each.node.id == name), None)
        if expected is None:
            raise CannotBePlayed(name, f"The case does not wait for the message “{self.name_of(name)}” here.")
        found: Any = said(command.get("answers", {}))
        if expected.node.is_errand:
            found = self._operate(expected.node.operation, self._conductor().scope.values)
        self._step(Deliver(expected.name, expected.key, found))

    def _ring(self, _command: Command) -> None:
        due = self.last.next_due_at if self.last else None
        if due is None:
            raise CannotBePlayed("", "No clock runs that would ring next.")
        self._pass_to(max(due, self.now))

    def _wait(self, command: Command) -> None:
        hours = command.get("hours")
        if not isinstance(hours, int | float) or not 0 < hours <= LONGEST_WAIT / timedelta(hours=1):
            raise CannotBePlayed("", "Time goes on by some hours, two years at most.")
        self._pass_to(self.now + timedelta(hours=hours))

    def _until(self, command: Command) -> None:
        moment = moment_of(command.get("at"))
        if moment is None:
            raise CannotBePlayed("", "This is no moment.")
        if not self.now < moment <= self.now + LONGEST_WAIT:
            raise CannotBePlayed("", "Time goes on only, and two years at most.")
        self._pass_to(moment)

    def _say(self, command: Command) -> None:
        self.says[str(command.get("operation"))] = str(command.get("variant"))

    def _pass_to(self, moment: datetime) -> None:
        """Let time go on, and each clock ring at its own moment on the way."""
        rings = 0
        while self.last is not None and self.last.next_due_at is not None and self.last.next_due_at <= moment:
            rings += 1
            if rings > RINGS_AT_MOST:
                raise CannotBePlayed("", "The clocks ring again and again without end.")
            self.now = max(self.now, self.last.next_due_at)
            self._step(Fire())
        self.now = moment

    def _answers(self, page: Page, command: Command) -> dict[str, Value]:
        given = command.get("answers", {})
        return page.form.load(given if isinstance(given, dict) else {}, scope=page.scope, now=self.now)

    def _who(self, node: Node) -> str:
        """Name who does a task by the role; a task that needs another person gets one."""
        before = {self.position.done_by.get(each) for each in node.other_than} if self.position is not None else set()
        return f"{node.role}{SECOND}" if node.role in before else node.role

    def _step(self, command: Complete | Deliver | Fire) -> None:
        self._took(self._conductor().step(command))

    def _conductor(self) -> Conductor:
        """Give what carries the case on from where it stands."""
        if self.position is None:
            raise CannotBePlayed(self.release.start.id, "The case must be opened first.")
        return runner.resume(self.release, self.position, self.facts, self.now, self._operate)

    def _operate(self, name: str, scope: Mapping[str, Value]) -> Found:
        return self.stand_in(name, self.says.get(name, ""), scope, self.now)

    def _took(self, outcome: Outcome) -> None:
        self.position, self.last = outcome.position, outcome
        self.log += [Happened(self.now, event) for event in outcome.events]
        self.sent += [(self.now, each) for each in outcome.sent]
        gone = {*outcome.cancelled, *([outcome.completed[0]] if outcome.completed else [])}
        changed = {task.number: task for task in (*outcome.opened, *outcome.moved)}
        self.tasks = {number: task for number, task in {**self.tasks, **changed}.items() if number not in gone}
        self.opened_at |= dict.fromkeys((task.number for task in outcome.opened), self.now)

    # Looking ----------------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the case was opened and has not ended."""
        return self.last is not None and not self.last.closed

    @property
    def is_closed(self) -> bool:
        """Whether the case has ended."""
        return self.last is not None and self.last.closed

    @property
    def title(self) -> str:
        """The case's label."""
        return self.last.title if self.last else self.release.process.name

    def open_tasks(self) -> list[OpenTask]:
        """Give the open tasks in the order in which they were opened."""
        return [task for _number, task in sorted(self.tasks.items())]

    def page(self, element: str = "", key: str = "") -> Page:
        """Give what a task asks as the case stands, or the opening; refused with `CannotBePlayed`."""
        if not element:
            start = self.release.start
            form = self.release.forms.get(start.form) or Form(start.id, start.name, ())
            return Page(start, form, "", {})
        task = self._task(element, key)
        if task.node.form not in self.release.forms:
            raise CannotBePlayed(element, f"“{self.name_of(element)}” has no form that can be read.")
        begun = {"task": {"key": task.key, "opened_at": self.opened_at[task.number]}}
        return Page(
            task.node, self.release.forms[task.node.form], task.key, {**self._conductor().scope.values, **begun}
        )

    def _task(self, element: str, key: str) -> OpenTask:
        found = [task for task in self.open_tasks() if task.node.id == element]
        if not found:
            raise CannotBePlayed(element, f"“{self.name_of(element)}” is not open here.")
        return next((task for task in found if task.key == key), found[0])

    def name_of(self, element: str) -> str:
        """Give the name of an element, or its id where there is none."""
        node = self.release.nodes.get(element)
        return node.name if node is not None and node.name else element

    def expected(self) -> list[Expected]:
        """Give the messages for which the case waits, each place once."""
        if not self.is_open:
            return []
        conductor, found = self._conductor(), dict[str, Expected]()
        for task, node in conductor.waiting():
            if node.is_errand:
                found.setdefault(node.id, Expected(node, f"{FOUND}{node.operation}", task.internal_data["errand"]))
            elif (
                node.message and (key := conductor.message_key(node.correlation, conductor.scope.at(task))) is not None
            ):
                found.setdefault(node.id, Expected(node, node.message, key))
        return list(found.values())

    def ticking(self) -> list[Ticking]:
        """Give the clocks that run, the next one first; those whose moment is not known yet last."""
        if not self.is_open or self.position is None:
            return []
        winder, found = Winder(self._conductor()), list[Ticking]()
        for clock in self.position.clocks.values():
            node = self.release.node(clock.element)
            rungs = winder.rungs(clock, node) if node.is_deadline else []
            ahead = tuple(rung for rung in rungs if rung.step not in clock.fired and rung.at > self.now)
            at = datetime.fromtimestamp(clock.at, tz=UTC) if clock.at is not None else None
            found.append(Ticking(node, at, ahead))
        return sorted(found, key=lambda each: (each.at is None, each.at or self.now, each.node.id))

    def reached(self) -> frozenset[str]:
        """Name the elements whose work is done."""
        return frozenset(each.event.element for each in self.log if each.event.kind in DONE and each.event.element)

    def marks(self) -> dict[str, dict[str, list[str]]]:
        """Give for each diagram, by the id of its process, what is open now, what the case waits for, and what is done."""
        standing = {task.node.id for task in self.open_tasks()}
        clocks = {each.node.id for each in self.ticking()}
        waiting = {each.node.id for each in self.expected()} | clocks
        node = self.release.node
        held = standing | {name for name in waiting if node(name).kind in WAITING}
        current = standing | {each.id for name in held for each in self.release.activities_around(node(name))[1:]}
        passed = self.reached() - current - waiting
        found = {}
        for process in self.release.processes.values():
            own = {node.id for node in process.everything()}
            groups = {"current": current, "waiting": waiting, "passed": passed}
            found[process.id] = {kind: sorted(own & names) for kind, names in groups.items()}
        return found

    def operations_asked(self) -> list[str]:
        """Name the operations of the procedure, in the order of its drawings."""
        named = (node.operation for node in self.release.nodes.values() if node.operation)
        return list(dict.fromkeys(named))


def played(rehearsal: Rehearsal, commands: Iterable[Command]) -> Iterator[int]:
    """Take commands one after the other; gives the place of each that was taken, counted from 1."""
    for place, command in enumerate(commands, 1):
        rehearsal.take(command)
        yield place


def moment_of(text: object) -> datetime | None:
    """Read a moment of these centuries from ISO 8601 with its distance from UTC; None where it is anything else."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None and found.year in CENTURIES else None


def said(answers: object) -> dict[str, Value]:
    """Read what a message says, typed as texts: true and false, whole numbers and moments are values, the rest is text."""
    given = answers if isinstance(answers, dict) else {}
    found: dict[str, Value] = {}
    for name, text in given.items():
        plain = str(text[0] if isinstance(text, list) and text else text).strip()
        if plain:
            found[str(name)] = _value(plain)
    return found


def _value(text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    if text.isascii() and text.isdigit() and len(text) < len(str(2**31)):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
