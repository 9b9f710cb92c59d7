"""How far a procedure can get in a world in which some steps are never done and some answers are known.

For rules such as "no case is closed without the offer": in the world in which nobody ever makes the offer, the closing must be
out of reach. Tokens are followed as the runner moves them: a join of parallel ways waits for all of them, an activity with
steps inside ends only where these can. What is not known may be anything, so every way is open that the known answers
do not shut; a list may be empty, so a step that is done once for each entry may not be done at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from engine import feel
from engine.errors import Invalid
from engine.model import Facts
from engine.process import Flow, Node, Process
from engine.release import Compiled
from engine.scope import Scope

_TEXTS = re.compile(r'"[^"]*"')
_NAMES = re.compile(r"[A-Za-z_]\w*")
_FEEL = frozenset({"and", "or", "not", "null", "true", "false", "if", "then", "else", "count", "list", "contains"})
_PASSED_AT_ONCE = frozenset(
    {"throw", "send", "script", "exclusive", "inclusive", "parallel", "decision_task", "operation"}
)
_LATEST = r"(?!\s*\[\s*-\s*1\s*\]\s*\.)"


@dataclass(frozen=True)
class World:
    """A release in which the steps in `never` are never done, and the events in it never come; in `known` stand all the ways in which certain facts may be.

    What is in none of them may be anything: ``[{"known": {"": {"age": 8}}}, {"known": {"": {"age": None}}}]`` says that
    the age is 8 or was not found, and nothing else.
    """

    release: Compiled
    never: frozenset[str]
    known: Sequence[Facts]
    now: datetime
    aside: frozenset[str] = frozenset()
    """Events that never come either, for which a case waits beside its work: they hold no case open."""
    _ended: dict[str, bool] = field(default_factory=dict)
    _held: dict[str, bool | None] = field(default_factory=dict)

    def reached(self) -> frozenset[str]:
        """Name every node at which a case can arrive."""
        found: set[str] = set()
        self._reach(self.release.process, found, set())
        return frozenset(found)

    def ends(self, within: str = "") -> bool:
        """Tell whether a case, or one process or activity with steps inside (`within`), can come to its end."""
        return self._can_end(self._processes[within] if within else self.release.process)

    def at_once(self, step: str, after: str) -> bool:
        """Tell whether a token that leaves one node is surely at another without waiting for a person, a time or a message."""
        node = self.release.nodes[after]
        return self._leads(node, self._processes[node.process], step, frozenset())

    def _leads(self, node: Node, process: Process, step: str, passed: frozenset[str]) -> bool:
        """Tell whether the ways out of a node lead to a step at once: each of a choice, one of those that are taken together."""
        behind = passed | {node.id}
        ways = [self._comes(flow.target, process, step, behind) for flow in self._ways(node, process)]
        quantity = all if node.kind in {"exclusive", "inclusive"} else any
        return bool(ways) and quantity(ways)

    def _comes(self, name: str, process: Process, step: str, passed: frozenset[str]) -> bool:
        """Tell whether a token that comes to a node is at a step at once."""
        node = process.nodes[name]
        if name == step:
            return True
        joins = node.kind == "parallel" and len(process.incoming(name)) > 1
        if name in passed or joins or node.may_be_left_out or node.is_errand:
            return False
        inner = self._inner(node, process)
        if inner is not None:
            return any(self._leads(each, inner, step, passed | {name}) for each in inner.starts)
        return node.kind in _PASSED_AT_ONCE and self._leads(node, process, step, passed)

    # Arriving ---------------------------------------------------------------------------------------------------------

    def _reach(self, process: Process, found: set[str], followed: set[str]) -> None:
        """Add the nodes at which a case can arrive in one process, and in what it holds and calls, each followed once."""
        if process.id in followed:
            return
        followed.add(process.id)
        arrived = self._arrived(process)
        found |= arrived
        for name in arrived - self.never:
            inner = self._inner(process.nodes[name], process)
            if inner is not None:
                self._reach(inner, found, followed)

    def _arrived(self, process: Process) -> set[str]:
        """Follow the tokens of one process: each node is looked at once, when a token first arrives there."""
        arrived, carried = set[str](), set[str]()
        waiting = [each for each in process.nodes.values() if each.kind == "start" or self._begins(each, process)]
        while waiting:
            node = waiting.pop()
            if node.id in arrived:
                continue
            arrived.add(node.id)
            waiting += [each for each in process.attached(node.id) if self._happens(each)]
            if self._passes(node, process):
                ways = self._ways(node, process)
                carried |= {flow.id for flow in ways}
                targets = [process.nodes[flow.target] for flow in ways if flow.target in process.nodes]
                waiting += [each for each in targets if _is_arrived_at(each, process, carried)]
        return arrived

    def _passes(self, node: Node, process: Process) -> bool:
        """Tell whether a token that arrives at a node can go on from it."""
        if node.id in self.never or node.id in self.aside:
            return node.may_be_left_out
        if node.condition and self._holds(node.condition) is False:
            return False
        inner = self._inner(node, process)
        return inner is None or node.may_be_left_out or self._can_end(inner)

    def _inner(self, node: Node, process: Process) -> Process | None:
        """Give the process inside an activity, or the one that it calls."""
        return process.children.get(node.id) or self.release.processes.get(node.called)

    # Ending -----------------------------------------------------------------------------------------------------------

    def _can_end(self, process: Process) -> bool:
        """Tell whether all tokens of a process can come to an end, each by itself or all by an end that ends everything."""
        if process.id not in self._ended:
            self._ended[process.id] = False  # a process that calls itself does not end by that
            self._ended[process.id] = self._can_run_out(process) or self._is_stopped(process)
        return self._ended[process.id]

    def _is_stopped(self, process: Process) -> bool:
        """Tell whether a token of a process arrives at an end that ends everything."""
        ends = {each.id for each in process.nodes.values() if each.terminate}
        return bool(ends) and not ends.isdisjoint(self._arrived(process))

    def _can_run_out(self, process: Process) -> bool:
        """Tell whether each token of a process can come to an end of its own."""
        ends: set[str] = set()
        rest, before = list(process.nodes.values())[::-1], -1  # nearly from the end, so that a few turns are enough
        while len(rest) != before:
            before = len(rest)
            for node in rest:
                if self._runs_out(node, process, ends):
                    ends.add(node.id)
            rest = [node for node in rest if node.id not in ends]
        return any(
            process.nodes[name].kind == "start" or self._begins(process.nodes[name], process, instead=True)
            for name in ends
        )

    def _runs_out(self, node: Node, process: Process, ends: set[str]) -> bool:
        """Tell whether all that follows from a token here can come to an end, if it can from `ends`."""
        if node.kind == "end" or node.id in self.aside:
            return True
        if node.kind == "handler":
            return self._begins(node, process) and self._can_end(process.children[node.id])
        if any(each.id in ends for each in process.attached(node.id) if each.interrupting and self._happens(each)):
            return True
        ways = [flow.target in ends for flow in self._ways(node, process)]
        quantity = all if node.kind == "parallel" else any
        return bool(ways) and quantity(ways) and self._passes(node, process)

    # Choosing ---------------------------------------------------------------------------------------------------------

    def _ways(self, node: Node, process: Process) -> Sequence[Flow]:
        """Give the ways out of a node that the known answers leave open."""
        flows = process.outgoing(node.id)
        if node.kind not in {"exclusive", "inclusive"} or len(flows) < 2:  # noqa: PLR2004 - one way is no choice
            return flows
        found = []
        for flow in sorted(flows, key=lambda each: each.id == node.default):
            holds = True if flow.id == node.default else self._holds(flow.condition or "")
            if holds is not False:
                found.append(flow)
            if holds is True and node.kind == "exclusive":
                break
        return found

    def _happens(self, event: Node) -> bool:
        """Tell whether an event at an activity can come and move a token."""
        if event.is_deadline or event.id in self.never:
            return False
        return not (event.condition and self._holds(event.condition) is False)

    def _begins(self, node: Node, process: Process, *, instead: bool = False) -> bool:
        """Tell whether this is an event sub-process that can begin, beside the rest of its process or in its place (`instead`)."""
        if node.kind != "handler":
            return False
        starts = process.children[node.id].starts
        return any(self._happens(each) and (each.interrupting or not instead) for each in starts)

    def _holds(self, condition: str) -> bool | None:
        """Tell whether a condition holds; None where it rests on anything that is not known."""
        if condition not in self._held:
            self._held[condition] = self._evaluated(condition)
        return self._held[condition]

    def _evaluated(self, condition: str) -> bool | None:
        """Evaluate a condition; of a record that repeats the latest answers are known, and not how many there are."""
        plain = _TEXTS.sub("", condition)
        names = set(_NAMES.findall(plain)) - _FEEL
        lists = "|".join(sorted(names & self.release.repeating))
        if lists and re.search(rf"\b(?:{lists})\b{_LATEST}", plain):
            return None
        said = set()
        for facts, scope in zip(self.known, self._scopes, strict=True):
            fields = {name for record in facts.values() for keys in record.values() for name in keys}
            if not names <= fields | facts.keys():
                return None
            try:
                said.add(feel.compile(condition).evaluate(scope, now=self.now) is True)
            except Invalid:
                return None
        return said.pop() if len(said) == 1 else None

    @cached_property
    def _processes(self) -> Mapping[str, Process]:
        return {each.id: each for each in self.release.scopes()}

    @cached_property
    def _scopes(self) -> list[Mapping[str, object]]:
        copies = [
            {name: {key: dict(each) for key, each in of.items()} for name, of in facts.items()} for facts in self.known
        ]
        return [Scope(self.release, facts, self.now, "W", self.now).values for facts in copies]


def _is_arrived_at(node: Node, process: Process, carried: set[str]) -> bool:
    """Tell whether a token arrives: on any way in, and at a join of parallel ways on all of them."""
    incoming = [flow.id in carried for flow in process.incoming(node.id)]
    return bool(incoming) and (all(incoming) if node.kind == "parallel" else any(incoming))
