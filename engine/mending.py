"""What an operator may do to the tokens of a case that is held up: leave a failing operation out, move a token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import CannotMend, Problem
from engine.frozen import frozen
from engine.model import Move, Skip
from engine.specs import Race, Split

if TYPE_CHECKING:
    from engine.process import Node, Process
    from engine.runner import Conductor


BESIDE = frozenset({"start", "handler"})
"""What no flow leads into."""


@frozen
class Way:
    """A token that can be moved: its element, and the places, each with its name, before which it can be put."""

    element: str
    name: str
    to: tuple[tuple[str, str], ...]


class Mender:
    """Mends the tokens of one case inside a step."""

    def __init__(self, conductor: Conductor) -> None:
        """Work on the conductor's position."""
        self.conductor = conductor
        self.release = conductor.release
        self.tokens = conductor.position.tokens

    def carry_out(self, command: Skip | Move) -> None:
        """Skip or move.

        Raises:
            CannotMend: there is no such operation, token or place, or the token would be lost there.
        """
        if isinstance(command, Skip):
            self.skip(command)
        else:
            self.move(command)

    def skip(self, command: Skip) -> None:
        """Leave an operation out when a token comes to it next; at once where a token waits for what it finds."""
        node = self.release.nodes.get(command.element)
        if not self.may_skip(command.element) or node is None:
            raise CannotMend(
                [Problem("element", "no-operation", "This is not an operation, so it cannot be left out.")]
            )
        waiting = [task for task in self.tokens.live() if task.task_spec.name == node.id and node.is_errand]
        for task in waiting:
            data = {"operation": node.operation, "reason": command.reason}
            self.conductor.note("operation_skipped", node, by=command.by.person, data=data, activity=False)
            task.internal_data["event_fired"] = True
            task.task_spec._update(task)
        if waiting:
            return
        self.conductor.position.skipped[node.id] = command.reason
        self.conductor.note(
            "operation_to_skip", node, by=command.by.person, data={"reason": command.reason}, activity=False
        )

    def may_skip(self, element: str) -> bool:
        """Whether an element is an operation, which can be left out."""
        return element in self.release.nodes and self.release.node(element).kind == "operation"

    def move(self, command: Move) -> None:
        """Take the token away from where it is, with all that runs inside it, and put it before another element."""
        task = self.token_at(command.element)
        to = self.place(task, command.to)
        node, anchor = task.task_spec.node, _whole(task)
        data = {"to": to.id, "reason": command.reason}
        self.conductor.note("token_moved", node, by=command.by.person, data=data, activity=False)
        parent, workflow = anchor.parent, anchor.workflow
        for each in [anchor, *anchor.children] if anchor is not task else [task]:
            each.cancel()
        specs = workflow.spec.task_specs
        spec = specs.get(f"{to.id}.BoundaryEventSplit") or specs[to.id]
        arrived = parent._add_child(spec, TaskState.LIKELY)
        spec._update(arrived)

    def token_at(self, element: str) -> Task:
        """Give the one token that is at an element."""
        found = [task for task in self.tokens.live() if task.task_spec.name == element]
        if len(found) != 1:
            sentence = f"There are {len(found)} tokens at {element}; only a single one can be moved."
            raise CannotMend([Problem("element", "no-single-token", sentence)])
        return found[0]

    def place(self, task: Task, element: str) -> Node:
        """Give the node before which a token may be put: of its own process, with one way in that waits for no other."""
        process = self.release.around(task.task_spec.node)
        node = process.nodes.get(element)
        if node is None or node.kind in BESIDE or node.attached_to:
            sentence = "Choose an element of the same process that is neither its start nor an event on an activity."
            raise CannotMend([Problem("to", "other-process", sentence)])
        if _joins(process, node):
            sentence = "This gateway waits for other tokens. Choose the element behind it."
            raise CannotMend([Problem("to", "joins", sentence)])
        return node

    def ways(self) -> tuple[Way, ...]:
        """Give every token that is alone at its element, with the places to which it can be moved."""
        nodes = [task.task_spec.node for task in self.tokens.live() if task.task_spec.name in self.release.nodes]
        single = [node for node in nodes if nodes.count(node) == 1 and not node.attached_to]
        return tuple(Way(node.id, node.name or node.id, tuple(self.places(node))) for node in single)

    def places(self, node: Node) -> Iterator[tuple[str, str]]:
        """Give the elements before which a token at a node can be put."""
        process = self.release.around(node)
        for each in process.nodes.values():
            if each.kind not in BESIDE and not each.attached_to and each is not node and not _joins(process, each):
                yield each.id, each.name or each.id


def left_out(conductor: Conductor, node: Node) -> bool:
    """Whether an operator has said that an operation is left out; it is so once."""
    reason = conductor.position.skipped.pop(node.id, None)
    if reason is not None:
        data = {"operation": node.operation, "reason": reason}
        conductor.note("operation_skipped", node, data=data, activity=False)
    return reason is not None


def _joins(process: Process, node: Node) -> bool:
    """Whether a gateway waits for the tokens of several flows."""
    return node.kind in {"parallel", "inclusive"} and len(process.incoming(node.id)) > 1


def _whole(task: Task) -> Task:
    """Give what holds a token with all that is over with it: the events on its activity, or what else it waits for at a gateway."""
    return task.parent if isinstance(task.parent.task_spec, Split | Race) else task
