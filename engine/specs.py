"""A `Process` becomes the library's specifications: each node one task spec, wired as the flows say.

We build SpiffWorkflow's specifications ourselves instead of letting its parser read XML: the parser drops what it cannot
reach, loses ids such as `Start`, recurses on deep diagrams and knows nothing of `zeebe:` (spiffworkflow.md 3 and 11).
The library's own classes run the tokens; four things are ours, each for one reason:

* every spec predicts one step ahead instead of the whole rest of the procedure, so that a case holds few tasks;
* joins count the tokens on their flows, so that a second turn of a loop never meets the tokens of the first;
* events compare no clock: they fire when the runner names them, so that two overdue timers never both fire;
* deadlines (re-arming timers that only tell people) are no tokens at all: the runner keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import (
    BoundaryEventJoin,
    BoundaryEventSplit,
    BpmnStartTask,
    SimpleBpmnTask,
    _EndJoin,
)
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.specs import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import feel
from engine.process import Flow, Node, Process

CHILD = " [child]"
"""Ends the name of the spec that each instance of a multi-instance, or turn of a loop, runs."""
WATCH = " [watch]"
"""Ends the name of the spec that waits for what begins an event sub-process."""


class OneStepAhead:
    """Predicts only the next tasks, and only when a task becomes definite; of a task that was restored, when it runs.

    The library predicts the whole rest of a procedure: after a split 29 of 41 task objects were only predicted
    (performance.md). Nothing that we use reads further ahead than one step, because our joins look at the specification.
    """

    node: Node | None = None

    def _predict(
        self,
        my_task: Task,
        seen: object = None,  # noqa: ARG002
        looked_ahead: int = 0,  # noqa: ARG002
        mask: int = TaskState.PREDICTED_MASK,
    ) -> None:
        if my_task.has_state(mask) and my_task.has_state(TaskState.DEFINITE_MASK):
            self._predict_hook(my_task)  # type: ignore[attr-defined]

    def _update(self, my_task: Task) -> None:
        if not my_task._children:
            if my_task.has_state(TaskState.PREDICTED_MASK):
                my_task._set_state(TaskState.FUTURE)
            self._predict_hook(my_task)  # type: ignore[attr-defined]
        if self._update_hook(my_task):  # type: ignore[attr-defined]
            my_task._ready()

    def _run(self, my_task: Task) -> bool | None:
        if all(child.triggered for child in my_task.children):  # what was predicted is forgotten between steps
            self._predict_hook(my_task)  # type: ignore[attr-defined]
        return super()._run(my_task)  # type: ignore[misc,no-any-return]


class Start(OneStepAhead, BpmnStartTask):
    """The library's own root of a process; it has no element in the diagram."""


class Begin(OneStepAhead, defaults.StartEvent):
    """A start event."""


class Finish(OneStepAhead, SimpleBpmnTask):
    """The library's own last task of a process."""


class FinishJoin(OneStepAhead, _EndJoin):
    """Waits until no token of the process is left; the events that begin its event sub-processes are none.

    What an end event throws may still begin one of them, so it has to land first.
    """

    watches = False

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        if not self.watches:
            return bool(super()._check_threshold_unstructured(my_task))
        if my_task.workflow.script_engine.raised:
            return False
        todo = [my_task.workflow.task_tree]
        while todo:
            task = todo.pop()
            if task is my_task or is_watching(task):
                continue
            if task.has_state(TaskState.NOT_FINISHED_MASK):
                return False
            todo.extend(task.children)
        return True

    def _on_ready_hook(self, my_task: Task) -> None:
        for task in list(my_task.workflow.tasks.values()) if self.watches else ():
            if is_watching(task):
                task.cancel()
        super()._on_ready_hook(my_task)


class Split(OneStepAhead, BoundaryEventSplit):
    """Stands before an activity with boundary events."""

    def main_names(self) -> tuple[str, ...]:
        """Give the name of the activity that the split stands before."""
        return (self._outputs[0],)


class Rejoin(OneStepAhead, BoundaryEventJoin):
    """Stands behind an activity with boundary events, and ends the others when one of them interrupts."""


class Person(OneStepAhead, defaults.UserTask):
    """A user task."""


class Awaiting(OneStepAhead):
    """An event beside the flow, which waits for as long as what it belongs to."""

    def wait_anew(self, my_task: Task) -> None:
        """Wait for the event again, where it may happen again; a condition has to become false first."""
        if self.node is not None and self.node.happens_again:
            again = my_task.parent._add_child(self, TaskState.WAITING)
            if self.node.condition:
                again.internal_data["held"] = True


class Boundary(Awaiting, defaults.BoundaryEvent):
    """A boundary event that moves a token."""

    def _run_hook(self, my_task: Task) -> bool:
        self.wait_anew(my_task)
        return bool(super()._run_hook(my_task))


class Watch(Awaiting, defaults.IntermediateCatchEvent):
    """Waits for what begins an event sub-process, as long as the process around it runs."""

    def _run_hook(self, my_task: Task) -> bool:
        self.wait_anew(my_task)
        if self.node is not None and self.node.interrupting:
            tasks = my_task.workflow.tasks
            for task in list(tasks.values()):
                if task is not my_task and task.id in tasks and task.has_state(ACTIVE):
                    task.cancel()
        return bool(super()._run_hook(my_task))


class Catch(OneStepAhead, defaults.IntermediateCatchEvent):
    """An intermediate event that waits; behind an event-based gateway it takes the other events away."""

    def _run_hook(self, my_task: Task) -> bool:
        if isinstance(my_task.parent.task_spec, Race):
            for other in my_task.parent.children:
                if other is not my_task:
                    other.cancel()
        return bool(super()._run_hook(my_task))


class Race(OneStepAhead, BpmnSpecMixin):
    """An event-based gateway: everything behind it waits, and what happens first is the way that is taken."""


class Throw(OneStepAhead, defaults.IntermediateThrowEvent):
    """An intermediate event that sends, or only marks a place."""


class Ending(OneStepAhead, defaults.EndEvent):
    """An end event."""


class Call(OneStepAhead, defaults.CallActivity):
    """A call of another process of the procedure."""


class Inside(OneStepAhead, defaults.SubWorkflowTask):
    """An embedded sub-process."""


class Several(OneStepAhead, defaults.ParallelMultiInstanceTask):
    """A parallel multi-instance; one that grows gets an instance for each item that its collection gains.

    With ``grows="open"`` it does not end when its instances are done, only when something around it interrupts it.
    """

    def children_complete(self, my_task: Task) -> bool:
        """Whether nothing is left to do; never where the collection may still grow."""
        is_open = self.node is not None and self.node.properties.get("grows") == "open"
        return not is_open and bool(super().children_complete(my_task))

    def grow(self, my_task: Task, count: int) -> None:
        """Add instances until there were `count` of them."""
        for place in range(my_task.internal_data["given"], count):
            self.create_child(my_task, place, place)
        my_task.internal_data["given"] = count


class OneByOne(OneStepAhead, defaults.SequentialMultiInstanceTask):
    """A sequential multi-instance."""


class Repeat(OneStepAhead, defaults.StandardLoopTask):
    """A standard loop; the turns are counted here, because finished ones are forgotten."""

    def _update_hook(self, my_task: Task) -> Any:
        my_task.internal_data["turn"] = 0
        return super()._update_hook(my_task)

    def merge_child(self, workflow: Any, child: Task) -> None:
        """Count the turn, and begin the next one where there is one."""
        child.parent.internal_data["turn"] += 1
        super().merge_child(workflow, child)

    def loop_complete(self, my_task: Task) -> bool:
        """Whether as many turns were done as there are at most, or the condition holds no more."""
        over = self.maximum is not None and my_task.internal_data["turn"] >= self.maximum
        asks = my_task.workflow.script_engine.evaluate
        return over or (self.condition is not None and not asks(my_task, self.condition))


REPEATING = (Several, OneByOne, Repeat)
"""What does another task several times."""


class Choice(OneStepAhead, defaults.ExclusiveGateway):
    """An exclusive gateway."""


class Decide(OneStepAhead, BpmnSpecMixin):
    """A business rule task: the runner asks the decision table and writes the result as facts."""

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.script_engine.decide(my_task)
        return True


class Operate(OneStepAhead, BpmnSpecMixin):
    """A service task: the runner calls the operation and writes what it found as facts."""

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.script_engine.operate(my_task)
        return True


class Calculate(OneStepAhead, BpmnSpecMixin):
    """A script task: the runner evaluates its FEEL and writes what it gives as facts."""

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.script_engine.calculate(my_task)
        return True


class Errand(OneStepAhead, defaults.IntermediateCatchEvent):
    """A service task that is carried out after the step: the runner sends for it, and the token waits for what it finds."""

    def _update_hook(self, my_task: Task) -> Any:
        if my_task.state != TaskState.WAITING:
            my_task.workflow.script_engine.commission(my_task)
        return super()._update_hook(my_task)


class TokenJoin(OneStepAhead, BpmnSpecMixin):
    """Waits for a token on each incoming flow; further tokens stay where they are.

    The library's own parallel join also counts branches of an earlier turn of a loop (a cancelled sibling whose parent
    is completed), so that in the second turn it fires after the first branch.
    """

    def _update_hook(self, my_task: Task) -> bool:
        _mark_origin(my_task)
        waiting = _tokens_at(self, my_task)
        if not self.may_pass(my_task, waiting):
            my_task._set_state(TaskState.WAITING)
            return False
        for origin, token in waiting.items():
            if origin != my_task.internal_data["from"]:
                token._set_state(TaskState.CANCELLED)
                token._drop_children()
        return True

    def may_pass(self, my_task: Task, waiting: Mapping[str, Task]) -> bool:
        """Whether a token lies on every incoming flow."""
        return set(waiting) | {my_task.internal_data["from"]} >= set(self._inputs)


class Fork(TokenJoin):
    """A parallel gateway: joins what comes in, then splits to everything that goes out."""


class Inclusive(TokenJoin, defaults.InclusiveGateway):
    """An inclusive gateway: waits while a token elsewhere can still reach an empty incoming flow.

    The standard's rule (BPMN 2.0.2, 13.4.3), read on the specification: a token that can also reach a flow which has its
    token already does not hold the gateway back.
    """

    def test(self) -> None:
        """Nothing to test: the structural rules did."""

    def may_pass(self, my_task: Task, waiting: Mapping[str, Task]) -> bool:
        """Whether no token can still come in on an empty flow."""
        arrived = set(waiting) | {my_task.internal_data["from"]}
        empty = [name for name in self._inputs if name not in arrived]
        filled = [name for name in self._inputs if name in arrived]
        for token in my_task.workflow.tasks.values():
            if token.task_spec is self or not token.has_state(ACTIVE):
                continue
            name = token.task_spec.name
            if any(name in self.upstream(each) for each in empty) and not any(name in self.upstream(f) for f in filled):
                return False
        return True

    def upstream(self, name: str) -> frozenset[str]:
        """Give the specs from which `name` can be reached without passing this gateway (itself included)."""
        cache: dict[str, frozenset[str]] = self.__dict__.setdefault("_upstream", {})
        if name not in cache:
            found, todo = {name}, [name]
            while todo:
                for source in self._wf_spec.task_specs[todo.pop()]._inputs:
                    if source not in found and source != self.name:
                        found.add(source)
                        todo.append(source)
            cache[name] = frozenset(found)
        return cache[name]

    def _run_hook(self, my_task: Task) -> bool:
        matches, otherwise = self._get_matching_outputs(my_task)
        chosen = matches or otherwise
        if not chosen:
            message = f"No condition of {self.name} holds, and it has no default flow."
            raise RuntimeError(message)
        my_task._sync_children(chosen, TaskState.FUTURE)
        return True


ACTIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class Named(EventDefinition):
    """An event that fires when the runner names its task, and never by looking at a clock or a message bus."""

    def has_fired(self, my_task: Task) -> bool:
        """Whether the runner has named this task."""
        return bool(my_task.internal_data.get("event_fired"))

    def throw(self, my_task: Task) -> None:
        """Hand a message to the runner, which stores it with the step."""
        my_task.workflow.script_engine.send(my_task)

    def reset(self, my_task: Task) -> None:
        """Forget the naming once the event has run."""
        my_task.internal_data.pop("event_fired", None)


class Raised(Named):
    """A signal, an error or an escalation: the runner looks for what catches it, once the task that throws it is through."""

    def throw(self, my_task: Task) -> None:
        """Hand it to the runner."""
        my_task.workflow.script_engine.raise_event(my_task)


class Terminate(TerminateEventDefinition):
    """Ends everything in its process; tells nobody, because the end event itself does the ending."""

    def throw(self, my_task: Task) -> None:
        """Do nothing: `EndEvent` cancels the other tokens when it completes."""


class Silent(NoneEventDefinition):
    """An event without a definition: passes at once and tells nobody."""

    def throw(self, my_task: Task) -> None:
        """Do nothing."""


class ProcessSpec(BpmnProcessSpec):
    """A process with our own first and last tasks."""

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.start = Start(self, "Start")
        self.end = FinishJoin(self, f"{name}.EndJoin")
        self.end.connect(Finish(self, "End"))
        self.svg = None
        self.description = name
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []


def build(process: Process) -> dict[str, ProcessSpec]:
    """Build the specifications of a process and of the sub-processes inside it, by id."""
    return {each.id: _Builder(each).spec for each in process.walk()}


class _Builder:
    """Builds one process."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.spec = ProcessSpec(process.id)
        self.front: dict[str, Any] = {}
        self.back: dict[str, Any] = {}
        for node in process.nodes.values():
            if not node.attached_to:
                self.place(node)
        for node in process.nodes.values():
            if node.attached_to and not node.is_deadline:
                self.attach(node)
        for node in process.nodes.values():
            if node.id in self.back:
                self.wire(node)

    def place(self, node: Node) -> None:
        """Create the task spec of a node, with its multi-instance and its split for boundary events."""
        task = self.task(node)
        if node.may_be_left_out:
            task = self.repeat(node, task)
        self.front[node.id] = self.back[node.id] = task
        if any(not each.is_deadline for each in self.process.attached(node.id)):
            split = Split(self.spec, f"{node.id}.BoundaryEventSplit")
            rejoin = Rejoin(self.spec, f"{node.id}.BoundaryEventJoin", split_task=split.name, cancel=True)
            split.connect(task)
            task.connect(rejoin)
            self.front[node.id] = split
        if node.kind == "start":
            self.spec.start.connect(task)
        if node.kind == "handler":
            self.watch(node, task)
        if node.kind == "end":
            task.connect(self.spec.end)

    def attach(self, node: Node) -> None:
        """Put a boundary event beside its activity."""
        task = Boundary(self.spec, node.id, Named(), node.interrupting)
        task.node = node
        self.front[node.attached_to].connect(task)
        if node.interrupting:  # what interrupts nothing would leave a token at the join each time that it happens
            task.connect(self.spec.task_specs[f"{node.attached_to}.BoundaryEventJoin"])
        self.back[node.id] = task

    def watch(self, node: Node, task: Any) -> None:
        """Put what begins an event sub-process beside the start of the process around it."""
        for start in self.process.children[node.id].starts:
            watch = Watch(self.spec, f"{start.id}{WATCH}", Named())
            watch.node = start
            self.spec.start.connect(watch)
            watch.connect(task)
        task.connect(self.spec.end)
        self.spec.end.watches = True

    def task(self, node: Node) -> Any:
        """Create the bare task spec of a node."""
        task = MAKERS[node.kind](self.spec, node)
        task.node = node
        return task

    def repeat(self, node: Node, task: Any) -> Any:
        """Put a multi-instance or a loop around a task spec; the runner takes the snapshot of the collection's items."""
        del self.spec.task_specs[task.name]
        task.name = f"{node.id}{CHILD}"
        self.spec.task_specs[task.name] = task
        outer = self.around(node, task.name)
        outer.node = node
        task.inputs = [outer]
        task.completed_event.connect(outer.merge_child)
        return outer

    def around(self, node: Node, inner: str) -> Any:
        """Create the task spec that repeats another."""
        if node.again is not None:
            goes_on = feel.compile(node.again.condition) if node.again.condition else None
            return Repeat(self.spec, node.id, inner, node.again.most, goes_on, node.again.before)
        until = feel.compile(node.loop.until) if node.loop and node.loop.until else None
        kind = OneByOne if node.loop and node.loop.sequential else Several
        return kind(self.spec, node.id, inner, cardinality=node, condition=until)

    def wire(self, node: Node) -> None:
        """Connect a node to what follows it, with conditions and the default flow."""
        task = self.back[node.id]
        flows = self.process.outgoing(node.id)
        for flow in flows:
            following = self.front[flow.target]
            if _is_conditional(node, flow, flows):
                task.connect_outgoing_if(feel.compile(flow.condition or "false"), following)
            else:
                task.connect(following)


MAKERS: Mapping[str, Callable[[ProcessSpec, Node], Any]] = {
    "user_task": lambda spec, node: Person(spec, node.id),
    "decision_task": lambda spec, node: Decide(spec, node.id),
    "operation": lambda spec, node: Errand(spec, node.id, Named()) if node.is_errand else Operate(spec, node.id),
    "call": lambda spec, node: Call(spec, node.id, node.called),
    "sub_process": lambda spec, node: Inside(spec, node.id, node.id),
    "handler": lambda spec, node: Inside(spec, node.id, node.id),
    "script": lambda spec, node: Calculate(spec, node.id),
    "send": lambda spec, node: Throw(spec, node.id, _thrown(node)),
    "receive": lambda spec, node: Catch(spec, node.id, Named()),
    "race": lambda spec, node: Race(spec, node.id),
    "exclusive": lambda spec, node: Choice(spec, node.id),
    "inclusive": lambda spec, node: Inclusive(spec, node.id),
    "parallel": lambda spec, node: Fork(spec, node.id),
    "start": lambda spec, node: Begin(spec, node.id, Silent()),
    "end": lambda spec, node: Ending(spec, node.id, _thrown(node)),
    "catch": lambda spec, node: Catch(spec, node.id, Named()),
    "throw": lambda spec, node: Throw(spec, node.id, _thrown(node)),
}
"""How each kind of node becomes a task spec; boundary events are made beside their activity."""


def _is_conditional(node: Node, flow: Flow, flows: Sequence[Flow]) -> bool:
    """Whether a gateway has to ask before it takes this flow."""
    return node.kind in {"exclusive", "inclusive"} and len(flows) > 1 and flow.id != node.default


def _thrown(node: Node) -> EventDefinition:
    """Give what an end or throw event does when it is reached."""
    if node.terminate:
        return Terminate()
    if node.trigger is not None:
        return Raised()
    return Named() if node.message else Silent()


def is_watching(task: Task) -> bool:
    """Whether a task waits beside its process for what begins an event sub-process."""
    return isinstance(task.task_spec, Watch) and task.has_state(TaskState.WAITING)


def _mark_origin(my_task: Task) -> None:
    """Keep the name of the flow's source, so that the finished task there may be forgotten."""
    if "from" not in my_task.internal_data:
        my_task.internal_data["from"] = my_task.parent.task_spec.name


def _tokens_at(spec: Any, my_task: Task) -> dict[str, Task]:
    """Give the oldest waiting token on each incoming flow of a join, the arriving one apart."""
    found: dict[str, Task] = {}
    for task in my_task.workflow.tasks.values():
        if task.task_spec is spec and task is not my_task and task.has_state(TaskState.WAITING):
            found.setdefault(task.internal_data["from"], task)
    return found
