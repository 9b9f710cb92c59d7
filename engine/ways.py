"""How a token came to where it is, within one step: the elements that it passed, and at each gateway the way that it took.

The log keeps it with what opens (`task_opened`, `wait_began`), so that it can be told later why a task is there: the text of each
condition as it stood, and how many events before it was asked, by which the values that it had then are found beside the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.elements import WAITING

if TYPE_CHECKING:
    from engine.process import Flow, Node
    from engine.runner import Conductor

LONGEST = 40
"""Of a way, in elements: those next to where it ends are kept."""
CHOOSING = frozenset({"exclusive", "inclusive"})
"""The gateways that ask for a condition."""


@dataclass(slots=True)
class Asked:
    """That conditions of a gateway were asked: after how many events of the step, and which tables they called, with the rules."""

    after: int
    tables: dict[str, list[str]] = field(default_factory=dict)


Way = list[Any]
"""Elements by their ids; a gateway at which was chosen as ``{"at": "is_high", "flow": "yes", "if": "risk.level = \\"high\\"", "back": 3}``.

``if`` is not there on the way that is taken when no condition holds; ``tables`` holds those that conditions called, with the
rules that fired; ``back`` says how many events before its own event the conditions were asked.
"""


def new_ways(conductor: Conductor) -> dict[int, Way]:
    """Give the way of each token that came in this step to a task of a person, or to where a case waits, by the token's `id()`.

    It has to be asked before finished tasks are forgotten. The first element of a way is where the token stood before.
    """
    found = {}
    for task in conductor.position.tokens.live():
        node = getattr(task.task_spec, "node", None)
        if node is not None and not _was_there(task) and (task.task_spec.manual or node.kind in WAITING):
            found[id(task)] = list(_way(task, conductor))[-LONGEST:]
    return found


def ending_at(way: Way, count: int) -> Way:
    """Give a way as the event keeps it that is noted after `count` others of the step."""
    return [each if isinstance(each, str) else {**each, "back": count + 1 - each["back"]} for each in way]


def _was_there(task: Any) -> bool:
    """Whether a task was there before the step: only then it has a number."""
    return isinstance(task.id, int)


def _way(task: Any, conductor: Conductor) -> Iterator[Any]:
    """Say a way in the order in which it was taken, each element once where a token stays at it."""
    passed = [each for each in _back(task) if getattr(each.task_spec, "node", None) is not None][::-1]
    last = ""
    for place, each in enumerate(passed):
        node: Node = each.task_spec.node
        following = passed[place + 1].task_spec if place + 1 < len(passed) else None
        if node.id != last:
            yield _chosen(node, following, conductor, each) if node.kind in CHOOSING else node.id
        last = node.id


def _chosen(node: Node, following: Any, conductor: Conductor, task: Any) -> Any:
    """Say which way was taken at a gateway; its id alone where there was nothing to choose."""
    asked: Mapping[Any, Asked] = conductor.asked
    if following is None or task.id not in asked:
        return node.id
    flow = _flow(node, following.node.id, conductor)
    if flow is None:
        return node.id
    condition = {"if": flow.condition} if flow.condition and flow.id != node.default else {}
    found = asked[task.id]
    tables = {"tables": found.tables} if found.tables else {}
    return {"at": node.id, "flow": flow.id, **condition, "back": found.after, **tables}


def _flow(node: Node, target: str, conductor: Conductor) -> Flow | None:
    flows = conductor.release.around(node).outgoing(node.id)
    return next((flow for flow in flows if flow.target == target), None)


def _back(task: Any) -> Iterator[Any]:
    """Go back from a task to the one that stood there before the step, through what was called and is over.

    Who has come out of a call at its beginning goes on before the call: going in again would never end.
    """
    top = task.workflow.top_workflow
    has_come_out = False
    while task is not None:
        yield task
        inside = None if has_come_out else top.subprocesses.get(task.id)
        if inside is not None and inside.completed and inside.last_task is not None:
            yield from _back(inside.last_task)
            return
        if _was_there(task):
            return
        has_come_out = task.parent is None
        task = _caller(task, top) if has_come_out else task.parent


def _caller(task: Any, top: Any) -> Any:
    """Give the activity in which a task's process runs; nothing for the root."""
    called_by = task.workflow.parent_task_id
    return None if called_by is None else top.get_task_from_id(called_by)
