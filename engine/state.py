"""Token state to bytes and back: our own format with its own version number (`engine.packing`).

The library's serializer writes the specification, which never changes, with every case, keeps every finished task for ever,
and accepts an unknown version in silence (spiffworkflow.md 7). Ours holds the live tasks only: the specification belongs to
the release, the facts lie beside, and the event log is the history. An unknown version is refused.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import packing
from engine.scope import Known
from engine.specs import ACTIVE, CHILD, FinishJoin, Inclusive, ProcessSpec, Race, Split

REEVALUATED = (Inclusive, FinishJoin)
"""The joins that look at other tokens, and so must look again whenever a task completes."""

FINISHED = TaskState.FINISHED_MASK
PREDICTED = TaskState.FUTURE | TaskState.LIKELY | TaskState.MAYBE


def _look_again(workflow: Any) -> None:
    """Update the joins that wait for what happens elsewhere; the library updates every waiting task each time."""
    for task in list(workflow.tasks.values()):
        if task._state == TaskState.WAITING and isinstance(task.task_spec, REEVALUATED):
            task.task_spec._update(task)


class Within(BpmnSubWorkflow):
    """A called process or an embedded sub-process that runs inside a case; `home` is where the task is that holds it."""

    home: Any

    def update_waiting_tasks(self) -> None:
        """Update the joins that wait for what happens elsewhere."""
        _look_again(self)


class Tokens(BpmnWorkflow):
    """The tokens of one case."""

    def update_waiting_tasks(self) -> None:
        """Update the joins that wait for what happens elsewhere."""
        _look_again(self)

    def create_subprocess(self, my_task: Task, spec_name: str) -> Within:
        """Begin a called process or an embedded sub-process for a task."""
        inside = Within(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        inside.home = my_task.workflow
        self.subprocesses[my_task.id] = inside
        return inside

    def all_workflows(self) -> list[Any]:
        """Give the case's own workflow and every open one inside it, the deepest first."""
        depths = [(self.depth_of(each), each) for each in self.subprocesses.values() if not each.completed]
        inside = [(depth, each) for depth, each in depths if depth]
        return [*(each for _depth, each in sorted(inside, key=lambda pair: -pair[0])), self]

    def depth_of(self, inside: Any) -> int:
        """Say how deep a process runs inside the case; 0 where what called it, or anything around that, is over.

        The library drops what an interrupted activity held without a word to the processes that ran in it.
        """
        depth = 0
        while inside is not self:
            holder = inside.home.tasks.get(inside.parent_task_id)
            if holder is None or holder._state & FINISHED:
                return 0
            depth, inside = depth + 1, inside.home
        return depth

    def is_alive(self, task: Task) -> bool:
        """Whether a task's process still runs."""
        return task.workflow is self or bool(self.depth_of(task.workflow))

    def live(self) -> Iterator[Task]:
        """Give every task that waits, is ready or has begun, in the order in which they came to be; none of what was interrupted."""
        for workflow in (self, *(each for each in self.subprocesses.values() if self.depth_of(each))):
            for task in workflow.tasks.values():
                if task._state & ACTIVE:  # as the property of the library gives it, which is asked 400 times a step
                    yield task


@dataclass(slots=True)
class Clock:
    """A due moment that the case waits for; all instants are seconds since 1970 in UTC.

    `at` is None where the moment cannot be told yet. `due` is the moment by which the work is due, for a deadline; `fired`
    names the rungs of a deadline that have gone off, `last` is when the latest did.
    """

    task: int
    element: str
    since: float
    at: float | None = None
    due: float | None = None
    fired: list[str] = field(default_factory=list)
    last: float | None = None


@dataclass(slots=True)
class Position:
    """Where a case stands: its tokens, its clocks, and the few things that the engine must remember of the past.

    `keys` counts the record keys given out for each repeating record; `done_by` keeps who last did the tasks of which
    another task says `other_than`, in a multi-instance for each of its items too; `skipped` holds the operations that are to be left out when they come next, with the reason.
    `known` is what tables have given that the last step asked: no part of what is stored.
    """

    tokens: Tokens
    reference: str
    opened_at: float
    counter: int = 0
    clocks: dict[tuple[int, str], Clock] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    done_by: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    known: dict[Hashable, Known] = field(default_factory=dict)

    def remember(self, element: str, item: str, person: str) -> None:
        """Keep who did a task, and for which item of a multi-instance."""
        self.done_by |= {element: person} | ({f"{element}/{item}": person} if item else {})

    def doer(self, element: str, item: str) -> str:
        """Name who did a task last, for this item where that is known; empty where nobody has."""
        return self.done_by.get(f"{element}/{item}") or self.done_by.get(element, "")


def tidy(position: Position) -> None:
    """Forget finished history and give each new task its number.

    Finished tasks go, unless something living hangs below them through a boundary event's split; predicted tasks go too
    and are predicted again when what comes before them runs. So the thousandth turn of a loop costs what the first did.
    """
    tokens = position.tokens
    tokens.event_manager.tasks.clear()
    running = {key: each for key, each in tokens.subprocesses.items() if not each.completed and tokens.depth_of(each)}
    tokens.subprocesses = running
    for workflow in (tokens, *tokens.subprocesses.values()):
        _prune(workflow, workflow.task_tree)
    _number(position)


def _prune(workflow: Any, root: Task) -> None:
    """Remove predicted tasks and splice finished ones out, from the leaves up, without recursion."""
    order, todo = [], [root]
    while todo:
        task = todo.pop()
        order.append(task)
        todo.extend(task.children)
    for task in reversed(order):
        if task is root:
            continue
        if task.state & PREDICTED or (task.state & FINISHED and not task._children):
            _remove(workflow, task)
        elif task.state & FINISHED and not _is_open_split(task) and not _is_open_split(task.parent):
            _splice(workflow, task)
        elif "merged" in task.internal_data:
            task.internal_data["merged"] = []


def _is_open_split(task: Task) -> bool:
    """Whether a split still has its activity running, or all that waits behind a gateway: the others are found through it."""
    if isinstance(task.task_spec, Race):
        return any(child.state == TaskState.WAITING for child in task.children)
    if not isinstance(task.task_spec, Split):
        return False
    return any(child.state & ACTIVE and child.task_spec.name in task.task_spec.main_names() for child in task.children)


def _remove(workflow: Any, task: Task) -> None:
    """Take a task without living children out of the tree."""
    for child in task.children:
        _remove(workflow, child)
    task.parent._children.remove(task.id)
    del workflow.tasks[task.id]


def _splice(workflow: Any, task: Task) -> None:
    """Take a finished task out of the tree and hang its children under its parent."""
    parent = task.parent
    place = parent._children.index(task.id)
    parent._children[place : place + 1] = task._children
    for child in task.children:
        child._parent = parent.id
    del workflow.tasks[task.id]


def _number(position: Position) -> None:
    """Give new tasks the case's next numbers, in every place where a task is named."""
    tokens = position.tokens
    names: dict[object, int] = {}
    workflows = (tokens, *tokens.subprocesses.values())
    for workflow in workflows:
        for key in workflow.tasks:
            if not isinstance(key, int):
                position.counter += 1
                names[key] = position.counter
    for workflow in workflows:
        _rename(workflow, names)
    tokens.subprocesses = {names.get(key, key): inside for key, inside in tokens.subprocesses.items()}
    for key, inside in tokens.subprocesses.items():
        inside.parent_task_id = key


def _rename(workflow: Any, names: Mapping[object, int]) -> None:
    """Rename the tasks of one workflow; children follow the order of the tasks."""
    workflow.tasks = {names.get(key, key): task for key, task in workflow.tasks.items()}
    for key, task in workflow.tasks.items():
        task.id = key
        task._parent = names.get(task._parent, task._parent)
        task._children = []
    for key, task in workflow.tasks.items():
        if task._parent is not None:
            workflow.tasks[task._parent]._children.append(key)


def dump(position: Position) -> bytes:
    """Write a position as bytes: the live tasks only."""
    tokens = position.tokens
    document = {
        "r": position.reference,
        "o": position.opened_at,
        "n": position.counter,
        "d": tokens.completed,
        "w": [
            [None, *_rows(tokens)],
            *([key, inside.spec.name, *_rows(inside)] for key, inside in tokens.subprocesses.items()),
        ],
        "c": [[c.task, c.element, c.since, c.at, c.due, c.fired, c.last] for c in position.clocks.values()],
        "k": position.keys,
        "b": position.done_by,
    }
    if position.skipped:
        document["s"] = position.skipped
    return packing.pack(document)


def _rows(workflow: Any) -> Iterator[list[Any]]:
    """Give one short list per task: number, name of its specification, state, parent, what the library keeps for it."""
    for task in workflow.tasks.values():
        yield [task.id, task.task_spec.name, task.state, task._parent, task.internal_data]


def load(data: bytes, specs: Mapping[str, ProcessSpec], root: str, conductor: Any) -> Position:
    """Read a position back on the specifications of its release.

    Raises:
        UnknownStateVersion: the state has a version number that this engine does not know.
    """
    document = packing.unpack(data)
    tokens = Tokens(specs[root], specs, script_engine=conductor, deserializing=True)
    position = Position(tokens, document["r"], document["o"], document["n"], keys=document["k"], done_by=document["b"])
    position.skipped = document.get("s", {})
    first, *others = document["w"]
    _fill(tokens, first[1:])
    tokens.completed = document["d"]
    for key, name, *rows in others:
        parent = tokens.get_task_from_id(key)
        inside = Within(specs[name], parent_task_id=key, top_workflow=tokens, deserializing=True)
        inside.home = parent.workflow
        tokens.subprocesses[key] = inside
        inside.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
        _fill(inside, rows)
    for row in document["c"]:
        clock = Clock(*row)
        position.clocks[clock.task, clock.element] = clock
    return position


def _fill(workflow: Any, rows: Iterable[list[Any]]) -> None:
    """Create the tasks of one workflow from their rows."""
    for number, name, state, parent, *rest in rows:
        spec = workflow.spec.task_specs[name]
        task = Task(workflow, spec, state=state, id=number)
        task._parent = parent
        task.internal_data = rest[0] if rest else {}
        task.triggered = spec.name.endswith(CHILD)
        if parent is None:
            workflow.task_tree = task
        else:
            workflow.tasks[parent]._children.append(number)
