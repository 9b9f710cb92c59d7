"""The only place where a token moves: (position, facts, command, now) -> (position, facts, events).

Nothing here reads a clock, a database or a message bus: time comes in as a value, facts come in as a dictionary, and what
is to be stored, sent or shown goes out as values. The runner's `Conductor` answers what the library asks while tokens move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import catching, faults, state, values
from engine.clocks import Winder
from engine.decisions import RULES, SAW
from engine.elements import SENDING
from engine.errors import NotFound, SamePersonTwice, TaskNoLongerOpen
from engine.faults import Located, RunawayLoop, StepFailed
from engine.mending import Mender, left_out
from engine.model import (
    ASKED,
    FOUND,
    SYSTEM,
    Command,
    Complete,
    Correct,
    Deliver,
    Event,
    Facts,
    FactWrite,
    Fire,
    Move,
    Open,
    Operation,
    Skip,
    Wait,
    no_operations,
    told_of_paper,
)
from engine.outcome import OpenTask, Outcome, Sent
from engine.process import Node
from engine.release import Compiled
from engine.scope import Scope
from engine.specs import CHILD, WATCH
from engine.state import Position, Tokens
from engine.ways import Asked, Way, ending_at, new_ways

STEPS_AT_MOST = 2_000
"""Automatic tasks in one step; a loop of automatic tasks without end is stopped here and the step rolled back."""

LONGEST_ACTIVITY = 60
"""What the log keeps of a word that an answer gives."""


def begin(
    release: Compiled,
    reference: str,
    facts: Facts,
    command: Open,
    now: datetime,
    operations: Operation = no_operations,
) -> Outcome:
    """Open a case: write the facts of the opening form, or of the message that opens it, and run to the first tasks."""
    conductor = Conductor(release, facts, now, reference, now, operations)
    with Located(conductor.failed):
        return _begun(conductor, release, reference, command, now)


def _begun(conductor: Conductor, release: Compiled, reference: str, command: Open, now: datetime) -> Outcome:
    """Open a case on its conductor."""
    tokens = Tokens(release.specs[release.root], release.specs, script_engine=conductor)
    conductor.position = Position(tokens, reference, now.timestamp())
    start = release.start
    conductor.note("case_opened", start, by=command.by.person, data=told_of_paper(command.on_paper))
    conductor.write(command.writes, start, command.by.person)
    if start.properties.get("repeats") == "true":
        conductor.position.keys[start.record] = 1
    return conductor.settle({})


def resume(
    release: Compiled, position: Position, facts: Facts, now: datetime, operations: Operation = no_operations
) -> Conductor:
    """Take over a position as the last step left it; `Conductor.step` carries it on."""
    conductor = Conductor(release, facts, now, "", now, operations)
    position.tokens.script_engine = conductor
    conductor.take(position)
    return conductor


def restore(
    release: Compiled, data: bytes, facts: Facts, now: datetime, operations: Operation = no_operations
) -> Conductor:
    """Read a saved position; `Conductor.step` carries it on.

    Raises:
        StepFailed: it cannot be read; because of `UnknownStateVersion` where another engine wrote it.
    """
    conductor = Conductor(release, facts, now, "", now, operations)
    with Located(conductor.failed):
        conductor.take(state.load(data, release.specs, release.root, conductor))
    return conductor


class Conductor:
    """Carries one case through one step, and answers the library while tokens move.

    `evaluate` is asked for conditions and for the number of items of a multi-instance, `decide` for decision tables, `send`
    for messages. `facts` is changed in place; it belongs to the step.
    """

    def __init__(
        self,
        release: Compiled,
        facts: Facts,
        now: datetime,
        reference: str,
        opened_at: datetime,
        operations: Operation = no_operations,
    ) -> None:
        """Prepare a step at the instant `now` (aware, UTC)."""
        self.release = release
        self.operations = operations
        self.now = now
        self.scope = Scope(release, facts, now, reference, opened_at)
        self.position: Position = None  # type: ignore[assignment]
        self.was_over = False
        self.events: list[Event] = []
        self.writes: list[FactWrite] = []
        self.sent: list[Sent] = []
        self.raised: list[Task] = []
        self.completed: tuple[int, str] | None = None
        self.here: Node | None = None
        self.nulls: dict[str, str] = {}
        self.asked: dict[Any, Asked] = {}
        self.count = 0

    def take(self, position: Position) -> None:
        """Take over a restored position."""
        self.position = position
        self.was_over = position.tokens.completed
        self.scope.describe_case(position.reference, datetime.fromtimestamp(position.opened_at, tz=self.now.tzinfo))
        self.scope.known |= position.known

    def step(self, command: Command) -> Outcome:
        """Apply one command and run on until people, clocks or messages are needed.

        Raises:
            TaskNoLongerOpen: the task is not open in this case.
            SamePersonTwice: the task needs another person than the one who did the task that it names.
            NotFound: nothing waits for the message.
            Invalid: a token cannot be moved so.
            StepFailed: anything else that goes wrong; nothing of the step may be kept.
        """
        with Located(self.failed):
            return self.carry_out(command)

    def failed(self) -> StepFailed:
        """Say where a step has failed, and which facts of the case were looked at there."""
        if self.here is None:
            return StepFailed("")
        return StepFailed(
            self.here.id, self.here.name, self.release.looked_at(self.here, self.scope.facts), self.nulls.values()
        )

    def carry_out(self, command: Command) -> Outcome:
        """Apply a command; what goes wrong in it is said by `step`."""
        before = {task.id: _as_open(task) for task in self.position.tokens.live() if task.task_spec.manual}
        match command:
            case Complete():
                self.complete(command)
            case Fire():
                self.fire()
            case Deliver():
                self.deliver(command)
            case Correct():
                self.correct(command)
            case Skip() | Move():
                Mender(self).carry_out(command)
            case _:
                message = f"{type(command).__name__} does not continue a case"
                raise TypeError(message)
        return self.settle(before)

    # What commands do ----------------------------------------------------------------------------------------------

    def complete(self, command: Complete) -> None:
        """Write a person's answers and let the token go on."""
        task = self.find(command.task)
        node, item = task.task_spec.node, self.scope.item_key(task)
        other = next((each for each in node.other_than if self.position.doer(each, item) == command.by.person), "")
        if other:
            name = self.release.node(other).name
            sentence = (
                f"Somebody else than the person who did “{name}” must do this, so that two people have looked at it."
            )
            raise SamePersonTwice(sentence)
        self.write(command.writes, node, command.by.person, task=command.task)
        self.note("task_completed", node, task=command.task, by=command.by.person, data=command.told)
        if node.id in self.release.remembered:
            self.position.remember(node.id, item, command.by.person)
        self.completed = (command.task, command.by.person)
        task.run()

    def correct(self, command: Correct) -> None:
        """Put facts right; the log says so too where they were as wanted already."""
        self.write(command.writes, None, command.by.person, reason=command.reason)
        if not self.events:
            self.note("nothing_corrected", None, by=command.by.person, data={"reason": command.reason})

    def find(self, number: int) -> Task:
        """Give the open task of a person with this number."""
        for task in self.position.tokens.live():
            if task.id == number and task.task_spec.manual and task.state == TaskState.READY:
                return task
        sentence = "The case has moved on, and this task is not wanted any more."
        raise TaskNoLongerOpen(sentence)

    def fire(self) -> None:
        """Let the earliest due clock go off; do nothing where none is due."""
        found = Winder(self).earliest()
        if found is None:
            return
        task, node = found
        task.internal_data["event_fired"] = True
        self.note("event_happened", node)
        task.task_spec._update(task)

    def deliver(self, command: Deliver) -> None:
        """Hand a message to the element that waits for it; its payload becomes facts of the message's name."""
        for task, node, name, key in self.awaiting():
            if (name, key) == (command.name, command.key) and (command.given is None or node.givers & command.given):
                kind, what = ("operation_done", "operation") if node.is_errand else ("message_received", "message")
                self.note(
                    kind, node, by=command.by, data={what: node.operation or name}, activity=False
                )  # passing it says the word
                own = self.next_key(node.record) if node.properties.get("repeats") == "true" else ""
                writes = [FactWrite(node.record, own, each, value) for each, value in command.payload.items()]
                self.write(writes, node, command.by)
                task.internal_data["event_fired"] = True
                task.task_spec._update(task)
                return
        sentence = f"Nothing in this case waits for the message {command.name}."
        raise NotFound(sentence)

    def write(
        self, writes: Iterable[FactWrite], node: Node | None, by: str, *, task: int | None = None, reason: str = ""
    ) -> None:
        """Write facts, and note which fields changed; values go to the store beside the event, never into it."""
        groups: dict[tuple[str, str], list[str]] = {}
        for each in writes:
            if self.scope.write(each):
                self.writes.append(each)
                groups.setdefault((each.record, each.key), []).append(each.field)
        for (record, key), names in groups.items():
            data: dict[str, Any] = {"record": record, "key": key, "fields": names}
            if reason:
                data |= {"reason": reason, "classes": sorted({self.release.data_class(record, each) for each in names})}
            kind = "facts_corrected" if reason else "facts_written"
            self.note(kind, node, task=task, by=by, data=data, activity=False)

    def note(
        self,
        kind: str,
        node: Node | None,
        *,
        task: int | None = None,
        by: str = SYSTEM,
        data: Mapping[str, Any] | None = None,
        activity: bool = True,
    ) -> None:
        """Note that something happened."""
        self.here = node or self.here
        word = self.activity(node) if node is not None and activity else ""
        element, name = (node.id, node.name) if node is not None else ("", "")
        self.events.append(Event(kind, element, name, task, word, by, dict(data or {})))

    def note_way(self, kind: str, node: Node, way: Way, *, task: int | None = None) -> None:
        """Note that a token has come to where somebody acts or the case waits, and by which way."""
        self.note(kind, node, task=task, data={"way": ending_at(way, len(self.events))}, activity=False)

    def activity(self, node: Node) -> str:
        """Give the domain's word for what happens at a node: as it stands, or as its FEEL says of the facts."""
        word = node.properties.get("activity", "")
        if not word.startswith("="):
            return word
        value = self.release.expression(word).evaluate(self.scope.values, now=self.now)
        return value[:LONGEST_ACTIVITY] if isinstance(value, str) else ""

    # What the library asks ------------------------------------------------------------------------------------------

    def evaluate(self, task: Task, asked: Any, external_context: object = None) -> Any:  # noqa: ARG002
        """Answer a condition (a compiled expression), or count the items of a multi-instance (its node)."""
        if isinstance(asked, Node):
            return len(self.snapshot(task, asked))
        called = len(self.scope.called)
        if (value := asked.evaluate(seen := self.scope.at(task), now=self.now)) is None:
            faults.why_null(asked, seen, self.now, self.here, self.nulls)
        note = self.asked.setdefault(task.id, Asked(len(self.events)))
        note.tables |= {each.table: list(each.rules) for each in self.scope.called[called:]}
        return value is True

    def snapshot(self, task: Task, node: Node) -> list[Any]:
        """Keep the items over which a multi-instance runs: record keys where it runs over a record, values otherwise.

        The library fails when the collection changes under it (spiffworkflow.md 11); it is only ever told a number.
        """
        task.internal_data["items"] = keys = self.item_keys(task, node)
        task.internal_data["given"] = len(keys)
        return keys

    def item_keys(self, task: Task, node: Node) -> list[Any]:
        """Give the items of a collection as it is now: the keys of records, other values as JSON keeps them.

        A value by itself is a list of one, as FEEL has it; an item that is there twice is one item, so that the answers
        for it have one place.
        """
        found = self.release.collection(node).evaluate(self.scope.at(task), now=self.now)
        items = found if isinstance(found, list) else [] if found is None else [found]
        keys = [item["key"] if isinstance(item, dict) and "key" in item else item for item in items]
        kept: list[Any] = orjson.loads(values.dumps(keys))
        return [key for place, key in enumerate(kept) if key not in kept[:place]]

    def decide(self, task: Task) -> None:
        """Ask a decision table and write its result as a record, with the ids of the rules that fired and what they saw."""
        node = task.task_spec.node
        table = self.release.decisions[node.decision]
        decision = table.decide(self.scope.at(task), now=self.now)
        result = decision.result
        fields: dict[str, Any] = {"matches": result} if isinstance(result, list) else {"value": result}
        if isinstance(result, dict):
            fields = dict(result)
        fields |= {RULES: list(decision.rule_ids), SAW: table.saw(decision)}
        self.note("decision_made", node, data={"decision": node.decision, "rules": list(decision.rule_ids)})
        self.write([FactWrite(node.result, "", name, value) for name, value in fields.items()], node, SYSTEM)

    def calculate(self, task: Task) -> None:
        """Evaluate a script and write what it gives as a record: the fields of a context, or the one field `value`."""
        node = task.task_spec.node
        script = self.release.expression(node.script)
        if (found := script.evaluate(seen := self.scope.at(task), now=self.now)) is None:
            faults.why_null(script, seen, self.now, node, self.nulls)
        fields = found if isinstance(found, dict) else {"value": found}
        self.write([FactWrite(node.result, "", name, value) for name, value in fields.items()], node, SYSTEM)

    def operate(self, task: Task) -> None:
        """Carry out an operation; what it found becomes facts of its record, each of several under a key of its own."""
        if left_out(self, node := task.task_spec.node):
            return
        found = self.operations(node.operation, self.scope.at(task))
        self.note("operation_done", node, data={"operation": node.operation})
        repeats = node.properties.get("repeats") == "true"
        for fields in found if isinstance(found, list) else [found]:
            key = self.next_key(node.record) if repeats else ""
            self.write([FactWrite(node.record, key, name, value) for name, value in fields.items()], node, SYSTEM)

    def commission(self, task: Task) -> None:
        """Send for an operation that is carried out after the step."""
        if left_out(self, node := task.task_spec.node):
            task.internal_data["event_fired"] = True
            return
        name, reference = f"{ASKED}{node.operation}", self.position.reference
        task.internal_data["errand"] = key = f"{reference}/{node.id}/{self.next_key(f'errand {node.id}')}"
        self.sent.append(Sent(name, key, node.id, {"sender": reference}))
        self.note("message_sent", node, data={"message": name}, activity=False)

    def send(self, task: Task) -> None:
        """Keep a message that goes out with this step; one whose key is not known has nobody to go to, and the program's log says why."""
        node, seen = task.task_spec.node, self.scope.at(task)
        text = node.properties.get("correlation") or node.correlation
        if (key := self.message_key(text, seen)) is None:
            faults.why_null(self.release.expression(text), seen, self.now, node, self.nulls)
            return
        payload = {
            target: self.release.expression(source).evaluate(seen, now=self.now) for target, source in node.payload
        }
        payload = {"sender": self.position.reference, **payload}
        optional = node.properties.get("optional") == "true"
        self.sent.append(Sent(node.message, key, node.id, payload, node.lives, optional))
        self.note("message_sent", node, data={"message": node.message}, activity=False)  # passing it says the word

    def raise_event(self, task: Task) -> None:
        """Keep what was thrown inside the case until its task is through."""
        self.raised.append(task)

    def message_key(self, text: str, seen: Mapping[str, Any]) -> str | None:
        """Give the key by which a message finds its case: "" where the drawing names none, nothing where it is not known."""
        if not text:
            return ""
        key = self.release.expression(text).evaluate(seen, now=self.now)
        return None if key is None else str(key)

    def execute(self, *_: object) -> None:
        """Refuse a script: no Python from a diagram ever runs."""
        message = "a script task reached the runner"
        raise AssertionError(message)

    # Until people, clocks or messages are needed --------------------------------------------------------------------

    def settle(self, before: Mapping[int, OpenTask]) -> Outcome:
        """Run every automatic task, then number, tidy, wind the clocks, and say what changed."""
        self.run_automatic()
        while self.grow() or catching.meet_conditions(self):
            self.run_automatic()
        tokens = self.position.tokens
        completed, ways = tokens.completed, new_ways(self)
        state.tidy(self.position)
        people = self.open_people(before)
        for task, node in self.waiting():
            if id(task) in ways:
                self.note_way("wait_began", node, ways[id(task)])
        winder = Winder(self)
        winder.wind()
        outcome = Outcome(self.position, completed=self.completed, closed=completed)
        for task in people:
            due, deadline = winder.due(task)
            opened = _as_open(task, due, deadline)
            moment = due.timestamp() if due else None
            if task.id not in before:
                outcome.opened.append(opened)
                self.note_way("task_opened", opened.node, ways.get(id(task), []), task=task.id)
            else:
                outcome.staying.append(opened)
                outcome.moved += [opened] * (moment != task.internal_data.get("due"))
            task.internal_data["due"] = moment
        gone = sorted(before.keys() - {task.id for task in people})
        outcome.gone = [before[number] for number in gone]
        outcome.cancelled = [number for number in gone if not self.completed or number != self.completed[0]]
        self.events += [Event("task_cancelled", task=number) for number in outcome.cancelled]
        outcome.next_due_at = winder.next_due()
        outcome.awaited = self.awaited()
        if completed and not self.was_over:
            self.events.append(Event("case_closed"))
        goes_on = people or outcome.next_due_at or outcome.awaited or catching.may_become_true(self)
        if not completed and not goes_on:
            self.events.append(Event("case_stranded"))
        outcome.title, outcome.rank, self.position.known = self.scope.title(), self.scope.rank(), self.scope.lasting()
        outcome.events, outcome.writes, outcome.sent = self.events, self.writes, self.sent
        return outcome

    def run_automatic(self) -> None:
        """Run what needs no person until nothing is ready, the deepest process first."""
        while self.run_ready():
            if self.count > STEPS_AT_MOST:
                message = f"more than {STEPS_AT_MOST} automatic tasks in one step of {self.position.reference}"
                raise RunawayLoop(message)

    def run_ready(self) -> bool:
        """Run what is ready now, or up to what throws something; say whether anything was."""
        ran = False
        for workflow in self.position.tokens.all_workflows():
            ready = [t for t in workflow.tasks.values() if t._state == TaskState.READY and not t.task_spec.manual]
            for task in ready:
                if task.state == TaskState.READY and task.id in workflow.tasks:
                    self.run(task)
                    ran = True
                if self.raised:
                    catching.land(self)
                    return True
        return ran

    def run(self, task: Task) -> None:
        """Run one automatic task."""
        self.here = getattr(task.task_spec, "node", None) or self.here
        task.run()
        self.passed(task)
        self.count += 1

    def grow(self) -> bool:
        """Add an instance for each item that the collection of a growing multi-instance has gained; say whether any."""
        grown = False
        for task in list(self.position.tokens.live()):
            node = getattr(task.task_spec, "node", None)
            if node is None or not catching.may_grow(self, task, node):
                continue
            items = task.internal_data["items"]
            self.here = node
            new = [key for key in self.item_keys(task, node) if key not in items]
            items.extend(new)
            task.task_spec.grow(task, len(items))
            grown = grown or bool(new)
        return grown

    def passed(self, task: Task) -> None:
        """Note that a token passed an event of the diagram, so that the history shows where a case went."""
        node = task.task_spec.node if not task.task_spec.name.endswith((CHILD, WATCH)) else None
        if (
            node is not None
            and (node.kind in SENDING | {"start", "script"} or node.properties.get("activity"))
            and node.kind not in {"user_task", "decision_task"}
        ):
            self.note("element_passed", node, activity=node is not self.release.start)  # opening the case said the word

    def open_people(self, before: Mapping[int, OpenTask]) -> list[Task]:
        """Give the tasks that people may do, each with the record key under which its answers are kept."""
        people = [
            task for task in self.position.tokens.live() if task.task_spec.manual and task.state == TaskState.READY
        ]
        for task in people:
            if task.id not in before:
                task.internal_data["since"] = self.now.timestamp()
                key = self.record_key(task)
                if key:
                    task.internal_data["key"] = key
        return people

    def record_key(self, task: Task) -> str:
        """Give the next key of a record that repeats, or the item's own key inside a multi-instance."""
        node = task.task_spec.node
        item = self.scope.item_key(task)
        if node.properties.get("repeats") == "true":
            key = self.next_key(node.record)
            return f"{item}.{key}" if item else key
        return item

    def next_key(self, record: str) -> str:
        """Give the next key of a record that repeats."""
        keys = self.position.keys
        keys[record] = keys.get(record, 0) + 1
        return str(keys[record])

    def waiting(self) -> Iterator[tuple[Task, Node]]:
        """Give the tokens that wait at an element of the diagram by themselves, with the element."""
        for task in self.position.tokens.live():
            node = getattr(task.task_spec, "node", None)
            if node is not None and task._state == TaskState.WAITING:
                yield task, node

    def waits(self) -> list[Wait]:
        """Give the events of the diagram for which the case waits by itself, each once for every token that is there."""
        found = Winder(self).waits()
        for _task, node in self.waiting():
            is_signal = node.trigger is not None and node.trigger.kind == "signal"
            if node.message or node.condition or node.is_errand or is_signal:
                kind = "condition" if node.condition else "signal" if is_signal else "message"
                found.append(Wait(node.id, kind))
        return found

    def awaited(self) -> list[tuple[int, str, str]]:
        """Give what the case waits for: task number, message name, correlation key; nothing of what has no key yet."""
        return [(task.id, name, key) for task, _node, name, key in self.awaiting()]

    def awaiting(self) -> Iterator[tuple[Task, Node, str, str]]:
        """Give the tokens that wait for a message, with its name and key."""
        for task, node in self.waiting():
            if node.is_errand:
                yield task, node, f"{FOUND}{node.operation}", task.internal_data["errand"]
            if node.message and (key := self.message_key(node.correlation, self.scope.at(task))) is not None:
                yield task, node, node.message, key


def _as_open(task: Task, due_at: datetime | None = None, deadline: str = "") -> OpenTask:
    """Say of a token that waits for a person what the index of tasks keeps."""
    return OpenTask(task.id, task.task_spec.node, task.internal_data.get("key", ""), due_at, deadline)
