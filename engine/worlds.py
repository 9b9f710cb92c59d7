"""How far a procedure can get in a world in which some steps are never done and some answers are known.

For rules such as "no case is closed without the offer": in the world in which nobody ever makes the offer, the closing must be
out of reach. Tokens are followed as the runner moves them: a join of parallel ways waits for all of them, an activity with
steps inside ends only where these can. What is not known may be anything, so every way is open that the known answers
do not shut; a list may be empty, so a step that is done once for each entry may not be done at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine import feel
from engine.diagrams import Flow, Node, Process
from engine.errors import Invalid
from engine.model import Facts
from engine.release import Compiled
from engine.scope import Scope

_TEXTS = re.compile(r'"[^"]*"')
_NAMES = re.compile(r"[A-Za-z_]\w*")
_FEEL = frozenset({"and", "or", "not", "null", "true", "false", "if", "then", "else", "count", "list", "contains"})


@dataclass(frozen=True)
class World:
    """A release in which the steps in `never` are never done; `known` are the facts that are certain, and no others."""

    release: Compiled
    never: frozenset[str]
    known: Facts
    now: datetime
    _ended: dict[str, bool] = field(default_factory=dict)

    def reached(self) -> frozenset[str]:
        """Name every node at which a case can arrive."""
        found: set[str] = set()
        self._reach(self.release.process, found, set())
        return frozenset(found)

    def ends(self) -> bool:
        """Tell whether a case can come to its end."""
        return self._can_end(self.release.process)

    # Arriving ---------------------------------------------------------------------------------------------------------

    def _reach(self, process: Process, found: set[str], inside: set[str]) -> None:
        """Follow the tokens of one process, and of what it holds and calls."""
        if process.id in inside:
            return
        arrived = {node.id for node in process.nodes.values() if node.kind == "start"}
        carried: set[str] = set()
        while True:
            before = len(arrived), len(carried)
            for name in sorted(arrived):
                node = process.nodes[name]
                if self._passes(node, process):
                    carried |= {flow.id for flow in self._ways(node, process)}
                arrived |= {each.id for each in process.attached(name) if not each.is_deadline}
            arrived |= {node.id for node in process.nodes.values() if _is_arrived_at(node, process, carried)}
            if before == (len(arrived), len(carried)):
                break
        found |= arrived
        for name in arrived - self.never:
            inner = self._inner(process.nodes[name], process)
            if inner is not None:
                self._reach(inner, found, {*inside, process.id})

    def _passes(self, node: Node, process: Process) -> bool:
        """Tell whether a token that arrives at a node can go on from it."""
        if node.id in self.never:
            return node.loop is not None
        inner = self._inner(node, process)
        return inner is None or node.loop is not None or self._can_end(inner)

    def _inner(self, node: Node, process: Process) -> Process | None:
        """Give the process inside an activity, or the one that it calls."""
        return process.children.get(node.id) or self.release.processes.get(node.called)

    # Ending -----------------------------------------------------------------------------------------------------------

    def _can_end(self, process: Process) -> bool:
        """Tell whether all tokens of a process can come to an end."""
        if process.id not in self._ended:
            self._ended[process.id] = False  # a process that calls itself does not end by that
            stops = self._least(process, self._stops)
            ends = self._least(process, lambda node, of, known: self._node_ends(node, of, known, stops))
            starts = [node.id for node in process.nodes.values() if node.kind == "start"]
            self._ended[process.id] = any(name in ends for name in starts)
        return self._ended[process.id]

    @staticmethod
    def _least(process: Process, holds: Callable[[Node, Process, set[str]], bool]) -> set[str]:
        """Give the nodes of which something certainly holds, beginning with none."""
        known: set[str] = set()
        while True:
            more = {node.id for node in process.nodes.values() if node.id not in known and holds(node, process, known)}
            if not more:
                return known
            known |= more

    def _stops(self, node: Node, process: Process, known: set[str]) -> bool:
        """Tell whether a token here can reach an end that ends everything."""
        if node.kind == "end":
            return node.terminate
        return self._goes_on(node, process, known, any)

    def _node_ends(self, node: Node, process: Process, known: set[str], stops: set[str]) -> bool:
        """Tell whether all that follows from a token here can come to an end."""
        if node.kind == "end":
            return True
        if node.kind == "parallel" and any(flow.target in stops for flow in process.outgoing(node.id)):
            return True
        return self._goes_on(node, process, known, all if node.kind == "parallel" else any)

    def _goes_on(self, node: Node, process: Process, known: set[str], quantity: Callable[[list[bool]], bool]) -> bool:
        """Tell whether a node leads on to what is known, by its own ways or by an event that ends it."""
        ended_by = [each for each in process.attached(node.id) if each.interrupting]
        if any(each.id in known for each in ended_by):
            return True
        ways = self._ways(node, process)
        return bool(ways) and self._passes(node, process) and quantity([flow.target in known for flow in ways])

    # Choosing ---------------------------------------------------------------------------------------------------------

    def _ways(self, node: Node, process: Process) -> list[Flow]:
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

    def _holds(self, condition: str) -> bool | None:
        """Tell whether a condition holds; None where it rests on anything that is not known."""
        names = set(_NAMES.findall(_TEXTS.sub("", condition))) - _FEEL
        fields = {name for record in self.known.values() for keys in record.values() for name in keys}
        if not names <= fields | self.known.keys():
            return None
        try:
            return feel.compile(condition).evaluate(self._scope, now=self.now) is True
        except Invalid:
            return None

    @property
    def _scope(self) -> Mapping[str, object]:
        copied = {record: {key: dict(fields) for key, fields in keys.items()} for record, keys in self.known.items()}
        return Scope(self.release, copied, self.now, "W", self.now).values


def _is_arrived_at(node: Node, process: Process, carried: set[str]) -> bool:
    """Tell whether a token arrives: on any way in, and at a join of parallel ways on all of them."""
    incoming = [flow.id in carried for flow in process.incoming(node.id)]
    return bool(incoming) and (all(incoming) if node.kind == "parallel" else any(incoming))
