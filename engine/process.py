"""A process as it was drawn: its nodes, the flows between them, and what is inside of them; `engine.diagrams` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from engine.feel.temporal import read_duration
from engine.frozen import frozen

LONGEST_LIFE = timedelta(days=366)
"""A message waits for a year at most."""


@frozen
class Timer:
    """A timer's definition: `kind` is ``date``, ``duration`` or ``cycle``; `text` an ISO 8601 literal or ``=FEEL``."""

    kind: str
    text: str


@frozen
class Loop:
    """A multi-instance: the FEEL of its collection, the name of the item, whether one comes after the other, and the
    condition that ends it before all are done.
    """

    collection: str
    element: str
    sequential: bool
    until: str = ""


@frozen
class Again:
    """A standard loop: it goes on while its condition holds, asked `before` each turn or behind it, `most` times at most."""

    condition: str
    before: bool
    most: int | None


@frozen
class Trigger:
    """What is thrown and caught within a case: a ``signal``, an ``error`` or an ``escalation``; no `code` catches any."""

    kind: str
    code: str

    def catches(self, thrown: Trigger) -> bool:
        """Whether an event that waits for this takes what is thrown."""
        return self.kind == thrown.kind and self.code in {"", thrown.code}


@frozen
class Flow:
    """A sequence flow; `condition` is FEEL without the leading equals sign, or None."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None


@frozen
class Node:
    """One flow node with everything that the engine needs to know of it."""

    id: str
    kind: str
    name: str
    process: str
    documentation: str = ""
    role: str = ""
    form: str = ""
    decision: str = ""
    result: str = ""
    called: str = ""
    attached_to: str = ""
    interrupting: bool = True
    terminate: bool = False
    default: str = ""
    timer: Timer | None = None
    condition: str = ""
    message: str = ""
    correlation: str = ""
    trigger: Trigger | None = None
    payload: tuple[tuple[str, str], ...] = ()
    operation: str = ""
    script: str = ""
    loop: Loop | None = None
    again: Again | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def record(self) -> str:
        """The record that is written here: that of the form, the operation or the message, or as `record` says.

        A start with a timer writes one too: when it was to begin.
        """
        scheduled = self.id if self.kind == "start" and self.timer is not None else ""
        return self.properties.get("record") or self.form or self.operation or self.message or scheduled

    def names(self, said: str) -> tuple[str, ...]:
        """Give what a property lists with commas."""
        return tuple(each.strip() for each in self.properties.get(said, "").split(",") if each.strip())

    @property
    def beside(self) -> tuple[str, ...]:
        """The records whose facts a task's page shows beside its form: the property `show`, names with commas."""
        return self.names("show")

    @property
    def other_than(self) -> tuple[str, ...]:
        """The tasks whose doers may not do this one: the property `other_than`, names with commas."""
        return self.names("other_than")

    @property
    def field_classes(self) -> tuple[str, ...]:
        """The fields of which the property `field_classes` gives the data class: each as `FIELD_CLASS` reads it."""
        return self.names("field_classes")

    @property
    def timer_text(self) -> str:
        """The timer as FEEL; an ISO 8601 literal becomes the value that it writes."""
        if self.timer is None:
            return "null"
        if self.timer.text.startswith("="):
            return expression_in(self.timer.text)
        return f'date and time("{self.timer.text}")' if self.timer.kind == "date" else f'duration("{self.timer.text}")'

    @property
    def lives(self) -> timedelta | None:
        """How long the message that is sent here waits for who takes it (``P3D``); None where the drawing says nothing that is so."""
        length = read_duration(self.properties.get("time_to_live", ""))
        return length if isinstance(length, timedelta) and timedelta() < length <= LONGEST_LIFE else None

    @property
    def givers(self) -> frozenset[str]:
        """Who may give the message that is awaited here, beside other cases: roles, and `partners`; by default nobody."""
        return frozenset(self.properties.get("given_by", "").replace(",", " ").split())

    @property
    def is_errand(self) -> bool:
        """Whether this operation is carried out after the step, outside the case; the token waits for what it finds."""
        return self.kind == "operation" and self.properties.get("after") == "true"

    @property
    def may_be_left_out(self) -> bool:
        """Whether this is done as often as a list or a condition says, and so perhaps not at all."""
        return self.loop is not None or self.again is not None

    @property
    def happens_again(self) -> bool:
        """Whether this event, which interrupts nothing, is waited for anew when it has happened; a time comes once."""
        return not self.interrupting and self.timer is None

    @property
    def is_deadline(self) -> bool:
        """Whether this is a deadline: a timer that tells people again and again and moves no token."""
        return (
            self.kind == "boundary" and not self.interrupting and self.timer is not None and self.timer.kind == "cycle"
        )


T = TypeVar("T")


@dataclass(frozen=True)
class Process:
    """A process or an embedded sub-process: its nodes in the order of the file, and the flows between them.

    What leaves, reaches and sits on a node is looked up once: a check of a drawing asks a million times.
    """

    id: str
    name: str
    file: str
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    children: Mapping[str, Process]
    lanes: Mapping[str, str]
    properties: Mapping[str, str]
    documentation: str = ""

    def outgoing(self, node: str) -> Sequence[Flow]:
        """Give the flows that leave a node, in the order of the file."""
        return self._outgoing.get(node, ())

    def incoming(self, node: str) -> Sequence[Flow]:
        """Give the flows that reach a node, in the order of the file."""
        return self._incoming.get(node, ())

    def attached(self, node: str) -> Sequence[Node]:
        """Give the boundary events of an activity, in the order of the file."""
        return self._attached.get(node, ())

    @cached_property
    def _outgoing(self) -> Mapping[str, Sequence[Flow]]:
        return _grouped((flow.source, flow) for flow in self.flows)

    @cached_property
    def _incoming(self) -> Mapping[str, Sequence[Flow]]:
        return _grouped((flow.target, flow) for flow in self.flows)

    @cached_property
    def _attached(self) -> Mapping[str, Sequence[Node]]:
        return _grouped((each.attached_to, each) for each in self.nodes.values())

    @cached_property
    def starts(self) -> Sequence[Node]:
        """The start events; one, in a release that was published."""
        return [node for node in self.nodes.values() if node.kind == "start"]

    def walk(self) -> Iterator[Process]:
        """Give this process and every sub-process inside it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def everything(self) -> Iterator[Node]:
        """Give the nodes of this process and of every sub-process inside it."""
        for process in self.walk():
            yield from process.nodes.values()


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    """Put together what has the same key, in its order."""
    found: dict[str, tuple[T, ...]] = {}
    for key, each in pairs:
        found[key] = (*found.get(key, ()), each)
    return found


def expression_in(text: str) -> str:
    """Give the expression behind the equals sign that marks FEEL in an attribute or a timer."""
    return text.strip().removeprefix("=").strip()
