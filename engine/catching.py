"""What happens inside a case by itself: conditions that become true, and signals, errors and escalations with what catches them.

A signal reaches everything in the case that waits for it at that moment, and no other case: cases speak by messages. An error
or an escalation goes outwards from where it is thrown to the first that catches it: an event sub-process of the process there,
or an event on the border of the activity in which that process runs, and so on around it; what an event sub-process throws is
caught outside of the process that it stands in. Both happen as soon as the element that
throws is through, before any other token moves, so that nothing goes on in what is interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.process import Node, Trigger
from engine.specs import REPEATING, Split, is_watching

if TYPE_CHECKING:
    from engine.runner import Conductor


class NotCaught(Exception):
    """Nothing around an element catches what it throws; publishing refuses that."""


def land(conductor: Conductor) -> None:
    """Let everything that was thrown reach what catches it."""
    while conductor.raised:
        thrown = conductor.raised.pop(0)
        trigger: Trigger = thrown.task_spec.node.trigger
        if trigger.kind == "signal":
            for task in list(conductor.position.tokens.live()):
                if _waits_for(task, trigger) and conductor.position.tokens.is_alive(task):
                    _go_off(conductor, task, trigger)
        elif (caught := _catcher(conductor, thrown, trigger)) is not None:
            _go_off(conductor, caught, trigger)
        else:
            message = f"nothing catches the {trigger.kind} {trigger.code}"
            raise NotCaught(message)
        thrown.workflow.update_waiting_tasks()  # its process was kept from ending


def _go_off(conductor: Conductor, task: Task, trigger: Trigger) -> None:
    """Let an event happen at once, with all that it interrupts."""
    conductor.note("event_caught", task.task_spec.node, data={trigger.kind: trigger.code}, activity=False)
    task.internal_data["event_fired"] = True
    task.task_spec._update(task)
    conductor.run(task)


def _catcher(conductor: Conductor, thrown: Task, trigger: Trigger) -> Task | None:
    """Give the innermost event that catches an error or an escalation; one that names it goes before one that catches any."""
    top: Any = conductor.position.tokens
    inside, is_handled = thrown.workflow, False
    while True:
        beside = [task for task in inside.tasks.values() if is_watching(task) and not is_handled]
        if found := _nearest(beside, trigger):
            return found
        if inside is top:
            return None
        called: Task = top.get_task_from_id(inside.parent_task_id)
        if found := _nearest(_border(called), trigger):
            return found
        inside, is_handled = called.workflow, called.task_spec.node.kind == "handler"


def _nearest(tasks: Iterable[Task], trigger: Trigger) -> Task | None:
    waiting = [task for task in tasks if _waits_for(task, trigger)]
    return max(waiting, key=lambda task: bool(task.task_spec.node.trigger.code), default=None)


def _border(activity: Task) -> Iterator[Task]:
    """Give the events on the border of an activity, or of what repeats it."""
    while isinstance(activity.parent.task_spec, REPEATING):
        activity = activity.parent
    if isinstance(activity.parent.task_spec, Split):
        yield from (task for task in activity.parent.children if task is not activity)


def _waits_for(task: Task, trigger: Trigger) -> bool:
    """Whether an event waits for this, or for any of its kind."""
    node: Node | None = getattr(task.task_spec, "node", None)
    if node is None or node.trigger is None or task.state != TaskState.WAITING:
        return False
    return node.trigger.catches(trigger)


# Conditions ---------------------------------------------------------------------------------------------------------------


def meet_conditions(conductor: Conductor) -> bool:
    """Let the first event go on whose condition has become true, wherever it waits in the case; say whether one did.

    One that has happened and waits anew does not happen again before its condition was false.
    """
    for task in list(conductor.position.tokens.live()):
        node = getattr(task.task_spec, "node", None)
        if node is None or not node.condition or task.state != TaskState.WAITING:
            continue
        if is_as_it_was(conductor, task, node.condition):
            continue
        conductor.here = node
        condition = conductor.release.expression(node.condition)
        if condition.evaluate(conductor.scope.at(task), now=conductor.now) is not True:
            task.internal_data.pop("held", None)
        elif "held" not in task.internal_data:
            task.internal_data["event_fired"] = True
            conductor.note("condition_met", node, data={"if": condition.text})
            task.task_spec._update(task)
            return True
    return False


def may_grow(conductor: Conductor, task: Task, node: Node) -> bool:
    """Whether a multi-instance grows, has begun, and may have gained an item since the last step."""
    if node.loop is None or not node.properties.get("grows") or "items" not in task.internal_data:
        return False
    return not is_as_it_was(conductor, task, node.loop.collection)


def is_as_it_was(conductor: Conductor, task: Task, text: str) -> bool:
    """Whether an expression that was evaluated for a token when the last step ended must still give what it gave then.

    A token without a number was not there.
    """
    rests_on = conductor.release.rests_on(text) if isinstance(task.id, int) else None
    return rests_on is not None and conductor.scope.changed.isdisjoint(rests_on)


def may_become_true(conductor: Conductor) -> bool:
    """Whether an event waits for a condition that a correction may still make true."""
    return any(
        getattr(task.task_spec, "node", None) and task.task_spec.node.condition
        for task in conductor.position.tokens.live()
    )
