"""Structural rules of what happens inside a case: event sub-processes, event-based gateways, and what is thrown and caught."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.elements import SENDING, WAITING
from engine.errors import Problem
from engine.process import Node, Process, Trigger

if TYPE_CHECKING:
    from engine.release import Compiled

Thrown = tuple[str, Trigger]
"""The element that throws, and what it throws."""


def handlers_stand_alone(release: Compiled) -> Iterator[Problem]:
    """An event sub-process is begun by its event alone: no flow leads into it, and nothing sits on it."""
    for process in release.scopes():
        for node in process.nodes.values():
            if node.kind != "handler":
                continue
            if process.incoming(node.id) or process.outgoing(node.id) or process.attached(node.id):
                sentence = (
                    "An event sub-process is begun by its event: take away the flows and the events at its border."
                )
                yield Problem(node.id, "handler-in-flow", sentence)
            if node.may_be_left_out:
                sentence = "An event sub-process is not repeated: put the task inside it into a loop."
                yield Problem(node.id, "handler-repeated", sentence)
            for start in process.children[node.id].starts:
                yield from _begins_a_handler(start)


def _begins_a_handler(start: Node) -> Iterator[Problem]:
    """The start of an event sub-process waits for one thing; an error always interrupts, and a time comes once."""
    if sum(map(bool, (start.timer, start.message, start.condition, start.trigger))) != 1 or start.form:
        sentence = (
            "The start of an event sub-process waits for one thing, such as a message or a time, and has no form."
        )
        yield Problem(start.id, "event-without-definition", sentence)
    if start.timer is not None and start.timer.kind == "cycle":
        yield Problem(start.id, "cycle-without-activity", "A repeating timer belongs on the border of an activity.")
    yield from _errors_interrupt(start)


def _errors_interrupt(event: Node) -> Iterator[Problem]:
    if event.trigger is not None and event.trigger.kind == "error" and not event.interrupting:
        yield Problem(
            event.id, "error-interrupts", "An error always interrupts: draw an escalation where work goes on."
        )


def borders_can_catch(release: Compiled) -> Iterator[Problem]:
    """An error or an escalation is caught at the border of what holds steps; a task of a person says by its answer what went wrong."""
    for process in release.scopes():
        for node in process.nodes.values():
            host = process.nodes.get(node.attached_to)
            if host is None or node.trigger is None or node.trigger.kind == "signal":
                continue
            if host.kind not in {"sub_process", "call"}:
                sentence = (
                    f"Nothing inside “{host.name or host.id}” can throw this: ask for it in the form, and put a gateway behind "
                    "the task; or put the task into a sub-process with an end event that throws it."
                )
                yield Problem(node.id, "nothing-to-catch", sentence)
            yield from _errors_interrupt(node)


def races_wait(release: Compiled) -> Iterator[Problem]:
    """Behind an event-based gateway stand at least two events that wait, or tasks that receive, each reached from there alone."""
    for process in release.scopes():
        for node in process.nodes.values():
            if node.kind != "race":
                continue
            flows = process.outgoing(node.id)
            if len(flows) < 2:  # noqa: PLR2004 - one way is no choice
                yield Problem(node.id, "race-of-one", "At least two events stand behind an event-based gateway.")
            for target in (process.nodes[flow.target] for flow in flows if flow.target in process.nodes):
                is_alone = len(process.incoming(target.id)) == 1 and not process.attached(target.id)
                if target.kind not in WAITING or not is_alone or target.may_be_left_out:
                    sentence = (
                        f"“{target.name or target.id}” stands behind an event-based gateway: let a message, a time, a signal or a "
                        "condition be waited for there, with nothing at its border and no other way in."
                    )
                    yield Problem(target.id, "race-of-events", sentence)


def what_is_thrown_is_caught(release: Compiled) -> Iterator[Problem]:
    """Each signal, error and escalation is caught somewhere, and each event that catches one can come."""
    throws = _Throws(release)
    for element, trigger in sorted(throws.leaving(release.process), key=lambda each: each[0]):
        sentence = (
            f"Nothing around this element catches the {trigger.kind} {trigger.code}: draw an event that does on the border of the "
            "sub-process or call that it stands in, or an event sub-process."
        )
        yield Problem(element, "not-caught", sentence)
    yield from throws.idle
    yield from _signals(release)


def _signals(release: Compiled) -> Iterator[Problem]:
    """Each signal that is thrown is waited for somewhere, and the reverse."""
    events = [(node, node.trigger) for node in release.nodes.values() if node.trigger and node.trigger.kind == "signal"]
    thrown = {trigger for node, trigger in events if node.kind in SENDING}
    awaited = {trigger for node, trigger in events if node.kind not in SENDING}
    for node, trigger in events:
        if not trigger.code:
            continue  # that it names none is said by then
        if trigger not in awaited:
            sentence = (
                f"Nothing in this procedure waits for the signal “{trigger.code}”; another case is told by a message."
            )
            yield Problem(node.id, "not-caught", sentence)
        if trigger not in thrown:
            sentence = (
                f"Nothing in this procedure throws the signal “{trigger.code}”; what comes from elsewhere is a message."
            )
            yield Problem(node.id, "never-thrown", sentence)


def signals_come_to_rest(release: Compiled) -> Iterator[Problem]:
    """No signal begins, without a person, a message or a clock between, what throws it again: nobody could stop that."""
    begins = [node for node in release.nodes.values() if _begins_again(node)]
    thrown = {node.id: _Course(release).from_(node) for node in begins}
    after = {node.id: {each.id for each in begins for end in thrown[node.id] if _hears(each, end)} for node in begins}
    for node in begins:
        if node.id in _reached(after, node.id):
            sentence = (
                "The signal begins what throws it again at once, without end: let a person, a message or a time come between, "
                "or let this event interrupt."
            )
            yield Problem(node.id, "signal-without-wait", sentence)


def _begins_again(node: Node) -> bool:
    """Tell whether an event goes on waiting for a signal when one has come: it stands at a border or begins an event sub-process."""
    return node.trigger is not None and node.trigger.kind == "signal" and not node.interrupting


def _hears(event: Node, thrower: Node) -> bool:
    return event.trigger is not None and thrower.trigger is not None and event.trigger.catches(thrower.trigger)


def _reached(after: Mapping[str, set[str]], name: str) -> set[str]:
    """Give what comes after something, and after that, and so on."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = after[waiting.pop()] - found
        found |= new
        waiting += new
    return found


class _Course:
    """Follows a token through what needs nobody, each process and element once; `ends` are the processes that it comes to the end of."""

    def __init__(self, release: Compiled) -> None:
        self.release = release
        self.processes = {each.id: each for each in release.scopes()}
        self.passed: dict[str, Node] = {}
        self.ends: set[str] = set()

    def from_(self, node: Node) -> list[Node]:
        """Give the elements at which the token that leaves a node throws a signal."""
        self._leave(node)
        return [each for each in self.passed.values() if each.kind in SENDING and each.trigger is not None]

    def _leave(self, node: Node) -> None:
        process = self.processes[node.process]
        for flow in process.outgoing(node.id):
            if (target := process.nodes[flow.target]).id not in self.passed:
                self.passed[target.id] = target
                self._pass(target, process)

    def _pass(self, node: Node, process: Process) -> None:
        """Go on behind an element unless it waits; behind what holds steps where the way inside has come to an end."""
        inner = process.children.get(node.id) or self.release.processes.get(node.called)
        if node.kind == "end":
            self.ends.add(process.id)
        elif inner is not None:
            for start in inner.starts:
                self._leave(start)
            if inner.id in self.ends or node.may_be_left_out:
                self._leave(node)
        elif node.kind not in {"user_task", "race", *WAITING} and not node.is_errand:
            self._leave(node)


class _Throws:
    """Follows errors and escalations outwards; `idle` are the events that catch what nothing inside throws."""

    def __init__(self, release: Compiled) -> None:
        self.release = release
        self.idle: list[Problem] = []
        self._found: dict[str, frozenset[Thrown]] = {}

    def leaving(self, scope: Process) -> frozenset[Thrown]:
        """Give what is thrown in a process and caught nowhere inside it."""
        if scope.id not in self._found:
            self._found[scope.id] = frozenset()  # a process that calls itself is said by another rule
            self._found[scope.id] = self._leaving(scope)
        return self._found[scope.id]

    def _leaving(self, scope: Process) -> frozenset[Thrown]:
        thrown: set[Thrown] = set()
        by_handlers: set[Thrown] = set()
        for node in scope.nodes.values():
            inner = scope.children.get(node.id) or self.release.processes.get(node.called)
            if node.kind in SENDING and node.trigger is not None and node.trigger.kind != "signal":
                thrown.add((node.id, node.trigger))
            elif inner is not None and node.kind == "handler":
                by_handlers |= self.leaving(inner)
            elif inner is not None:
                thrown |= self._rest(self.leaving(inner), scope.attached(node.id))
        handlers = [node for node in scope.nodes.values() if node.kind == "handler"]
        starts = [start for node in handlers for start in scope.children[node.id].starts]
        return self._rest(thrown, starts) | by_handlers

    def _rest(self, thrown: Iterable[Thrown], events: Iterable[Node]) -> frozenset[Thrown]:
        """Give what none of these events catches; note the events that catch nothing."""
        rest = set(thrown)
        for event in events:
            trigger = event.trigger
            if trigger is None or trigger.kind == "signal":
                continue
            if not any(trigger.catches(each) for _, each in thrown):
                sentence = f"Nothing inside throws this {trigger.kind}, so the event never comes: take it away, or draw what throws it."
                self.idle.append(Problem(event.id, "never-thrown", sentence))
            rest = {each for each in rest if not trigger.catches(each[1])}
        return frozenset(rest)
