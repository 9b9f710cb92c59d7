"""What an expression can see: the facts of its own case, the item of its multi-instance, and the decision tables."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from engine import calendars, values
from engine.feel import Function
from engine.frozen import frozen
from engine.model import USUAL_RANK, Facts, FactWrite

if TYPE_CHECKING:
    from engine.release import Compiled


_PLAIN = frozenset({str, date, timedelta})
LONGEST_KEY = 30
"""Of a record in a multi-instance; what repeats there adds a number."""


@frozen
class Called:
    """A decision table that an expression called: with which arguments, and which rules fired."""

    table: str
    given: Mapping[str, Any]
    rules: tuple[str, ...]


@frozen
class Known:
    """What a table gave when it was asked, whom it called and what it counted; and the records on which that rests, None where it may rest on the moment."""

    result: Any
    called: Sequence[Called]
    counts: Sequence[calendars.Count]
    rests_on: frozenset[str] | None


class Scope:
    """The facts as expressions see them.

    A record that occurs once is a context of its fields; a record that repeats is a list of contexts, each with its `key`,
    in the order of the keys; `case` holds ``reference`` and ``opened_at``; each decision table is a function,
    unless a record has its name: what was decided goes before deciding anew. `called` keeps the tables that were called so,
    `known` what they gave: while no record changes on which that rests, a table that is asked the same again, as most conditions and clocks do,
    gives the same, in the next step too where it asks nobody what time it is (`lasting`). `used` are the questions of this step.
    """

    def __init__(self, release: Compiled, facts: Facts, now: datetime, reference: str, opened_at: datetime) -> None:
        """Look at the facts of one case at the instant `now`."""
        self.release = release
        self.facts = facts
        self.now = now
        self.changed: set[str] = set()
        self.called: list[Called] = []
        self.known: dict[Hashable, Known] = {}
        self.used: set[Hashable] = set()
        self.values: dict[str, Any] = {
            name: Function(self.invoke(table), release.parameters[name]) for name, table in release.decisions.items()
        }
        self.values |= {record: [] for record in release.repeating}
        for record in facts:
            self.refresh(record)
        self.describe_case(reference, opened_at)

    def describe_case(self, reference: str, opened_at: datetime) -> None:
        """Let expressions see the case's reference and when it was opened."""
        self.known.clear()
        self.values["case"] = {"reference": reference, "opened_at": opened_at}

    def lasting(self) -> dict[Hashable, Known]:
        """Give what the next step of the case need not ask again, while the facts stay as they are.

        What this one did not ask is left out: a loop asks of each of its turns, and what it asked would be kept for ever.
        """
        return {
            asked: known for asked, known in self.known.items() if asked in self.used and known.rests_on is not None
        }

    def forget(self) -> list[Called]:
        """Forget which tables were called; give the list of those that are called from now on."""
        self.called.clear()
        return self.called

    def invoke(self, table: Any) -> Any:
        """Give a decision table as a function of named arguments, which go before the facts of the same name."""

        def call(**arguments: Any) -> Any:
            given = {name: value for name, value in arguments.items() if value is not None}
            asked = _told_apart(table.id, given)
            self.used.add(asked)
            if asked is not None and asked in self.known:
                known = self.known[asked]
                self.called.extend(known.called)
                calendars.counted_before(known.counts)
                return known.result
            before = len(self.called)
            with calendars.counts() as counts:
                decision = table.decide({**self.values, **given} if given else self.values, now=self.now)
            self.called.append(Called(table.id, given, decision.rule_ids))
            if asked is not None:
                rests_on = self.release.rests_on(f"{table.id}()")
                self.known[asked] = Known(decision.result, self.called[before:], counts, rests_on)
            return decision.result

        return call

    def refresh(self, record: str) -> None:
        """Show a record as it is now."""
        if self.known:
            self.known = {
                asked: known
                for asked, known in self.known.items()
                if known.rests_on is not None and record not in known.rests_on
            }
        keys = self.facts[record]
        if record in self.release.repeating or set(keys) - {""}:
            ordered = sorted(keys, key=natural)
            self.values[record] = [{**keys[key], "key": key} for key in ordered]
        else:
            self.values[record] = keys[""]

    def write(self, write: FactWrite) -> bool:
        """Write a fact; say whether that changed anything (an empty answer to a question never asked does not)."""
        fields = self.facts.setdefault(write.record, {}).setdefault(write.key, {})
        missing = object()
        old = fields.get(write.field, missing)
        if old == write.value or (old is missing and write.value is None):
            self.refresh(write.record)
            return False
        fields[write.field] = write.value
        self.changed.add(write.record)
        self.refresh(write.record)
        return True

    def at(self, task: Any, extra: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Give what an expression at a task sees: the facts, and the items of the multi-instances around it."""
        items = {loop.element: value for loop, value in self.items(task) if loop.element}
        return {**self.values, **items, **(extra or {})} if items or extra else self.values

    def items(self, task: Any) -> list[tuple[Any, Any]]:
        """Give the loop and the present item of every multi-instance around a task, the outermost first."""
        found = []
        for instance, outer in self.instances(task):
            place = instance.internal_data.get("key_or_index", instance.internal_data.get("item"))
            key = _item_of(outer, place)
            found.append((outer.task_spec.node.loop, self.item(outer.task_spec.node, key)))
        return found[::-1]

    def instances(self, task: Any) -> list[tuple[Any, Any]]:
        """Give (instance, multi-instance) pairs around a task, the innermost first."""
        found = []
        while task is not None:
            parent = task.parent
            if (
                parent is not None
                and "items" in parent.internal_data
                and parent.task_spec.task_spec == task.task_spec.name
            ):
                found.append((task, parent))
            if parent is None and task.workflow.parent_task_id is not None:
                parent = task.workflow.top_workflow.get_task_from_id(task.workflow.parent_task_id)
            task = parent
        return found

    def item(self, node: Any, key: Any) -> Any:
        """Give the item of a multi-instance as it is now: a record's fields with its key, or the value itself."""
        for name in self.release.collection(node).names & self.release.repeating:
            fields = self.facts.get(name, {}).get(key) if isinstance(key, str) else None
            if fields is not None:
                return {**fields, "key": key}
        return key

    def item_key(self, task: Any) -> str:
        """Give the keys of the items around a task, joined by dots; "" where there are none.

        A longer one than a record can have, typed by somebody, is cut and told apart by a digest.
        """
        keys = []
        for instance, outer in self.instances(task):
            place = instance.internal_data.get("key_or_index", instance.internal_data.get("item"))
            keys.append(str(_item_of(outer, place)))
        key = ".".join(reversed(keys))
        if len(key) <= LONGEST_KEY:
            return key
        return f"{key[: LONGEST_KEY - 9]}~{hashlib.sha256(key.encode()).hexdigest()[:8]}"

    def title(self) -> str:
        """Give the case's one-line label, as the property `title` of the root process says."""
        expression = self.release.title
        value = expression.evaluate(self.values, now=self.now) if expression is not None else None
        return str(value) if value is not None else self.release.process.name

    def rank(self) -> int:
        """Give the case's place in lists, from 0 (first) to 100, as the property `priority` of the root process says.

        A priority is 0 to 100, and the highest is the most urgent, as `zeebe:priorityDefinition` has it for a task.
        """
        expression = self.release.priority
        value = expression.evaluate(self.values, now=self.now) if expression is not None else None
        return 100 - int(min(max(value, 0), 100)) if isinstance(value, Decimal | int) else USUAL_RANK


def _told_apart(table: str, given: Mapping[str, Any]) -> Hashable | None:
    """Give what tells one question to a table from every other, None where an argument is neither a text, a day nor a moment.

    Moments that are equal may lie in two zones, or in the hour that a clock goes through twice.
    """
    found: list[Hashable] = [table]
    for name, value in given.items():
        if type(value) is datetime:
            found.append((name, value, value.tzinfo, value.fold))
        elif type(value) in _PLAIN:
            found.append((name, value))
        else:
            return None
    return tuple(found)


def _item_of(outer: Any, place: Any) -> Any:
    """Give an item of a multi-instance, which the runner keeps in the form of JSON."""
    kept = outer.internal_data["items"][place]
    return values.loads(orjson.dumps(kept)) if isinstance(kept, dict | list) else kept


def natural(key: str) -> list[tuple[int, str]]:
    """Order record keys as people count: 2 before 10."""
    return [(int(part), "") if part.isascii() and part.isdigit() else (1 << 30, part) for part in key.split(".")]
