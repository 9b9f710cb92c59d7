"""A procedure's files together: one immutable, hashed set, compiled once and kept.

Loading a release that was published never checks it again (`load`): a new rule must not orphan a running case. Publishing
checks everything and says all problems at once (`check`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson

from engine import decisions, diagrams, elements, feel, forms, rules, specs
from engine.errors import Invalid, Problem, ReleaseInvalid
from engine.forms import Form
from engine.forms.fields import Field
from engine.process import Node, Process, expression_in
from engine.provenance import Provenance

KINDS = (".bpmn", ".dmn", ".form", ".scenario")
"""How the names of a procedure's files end."""
FILE_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}\.(bpmn|dmn|form|scenario)")
"""What a file of a procedure is called: its id, and its kind."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Compiled:
    """A release ready to run. `digest` is the SHA-256 of its files; `root` the id of the process that no other calls."""

    digest: str
    root: str
    processes: Mapping[str, Process]
    decisions: Mapping[str, decisions.Table]
    forms: Mapping[str, forms.Form]

    @property
    def process(self) -> Process:
        """The root process."""
        return self.processes[self.root]

    @cached_property
    def specs(self) -> dict[str, specs.ProcessSpec]:
        """The library's specifications of every process and sub-process, by id."""
        return {name: spec for process in self.processes.values() for name, spec in specs.build(process).items()}

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Every node of the procedure by its id."""
        return {node.id: node for process in self.processes.values() for node in process.everything()}

    def node(self, name: str) -> Node:
        """Give the node with this id."""
        return self.nodes[name]

    @cached_property
    def start(self) -> Node:
        """The start event of the root process."""
        return self.process.starts[0]

    def scopes(self) -> Iterator[Process]:
        """Give every process, and every sub-process inside one."""
        for process in self.processes.values():
            yield from process.walk()

    @cached_property
    def repeating(self) -> frozenset[str]:
        """The records that occur more than once in a case: those that a task writes under a key of its own."""
        found = {node.record for node in self.nodes.values() if node.properties.get("repeats") == "true"}
        return frozenset(found.union(*map(_records_inside_loops, self.scopes())))

    @cached_property
    def own_records(self) -> dict[str, frozenset[str]]:
        """The records of which a task inside a multi-instance sees its own item only, by the task's id.

        They are what the multi-instances around it run over, what is written inside them, and, where such an item was
        itself written inside a multi-instance, what belongs to that one.
        """
        around = {node.id: self._loops_around(node) for node in self.nodes.values()}
        inside: dict[str, set[str]] = {}
        for node in self.nodes.values():
            for loop in around[node.id]:
                records = inside.setdefault(loop.id, set(self.collection(loop).names & self.repeating))
                records |= {node.record} - {""}
        for records in [*inside.values(), *inside.values()]:  # an item of an item; deeper ones are not drawn
            written = (node for node in self.nodes.values() if node.record in records)
            records |= {each for node in written for loop in around[node.id] for each in inside[loop.id]}
        return {
            name: frozenset().union(*(inside[loop.id] for loop in loops)) for name, loops in around.items() if loops
        }

    def _loops_around(self, node: Node) -> tuple[Node, ...]:
        """Give the multi-instances around a node, itself included."""
        return tuple(each for each in self.activities_around(node) if each.loop is not None)

    def activities_around(self, node: Node) -> tuple[Node, ...]:
        """Give a node and every activity in which it may run, through sub-processes and calls."""
        found: dict[str, Node] = {}
        todo = [node]
        while todo:
            each = todo.pop()
            if each.id not in found:
                found[each.id] = each
                todo += [self.nodes[each.process]] if each.process in self.nodes else []
                todo += [caller for caller in self.nodes.values() if caller.called == each.process]
        return tuple(found.values())

    @cached_property
    def forms_by_record(self) -> dict[str, Form]:
        """The form that asks for each record, so that a fact can be shown under the words of its question."""
        written = [(node.record, node.form) for node in self.nodes.values() if node.form in self.forms]
        return {record: self.forms[form] for record, form in written}

    @cached_property
    def remembered(self) -> frozenset[str]:
        """The tasks of which another task says that it needs another person."""
        return frozenset(each for node in self.nodes.values() for each in node.other_than)

    @cached_property
    def deadlines(self) -> dict[str, tuple[Node, ...]]:
        """The deadlines of each activity."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes.values():
            if node.is_deadline:
                found[node.attached_to] = (*found.get(node.attached_to, ()), node)
        return found

    @cached_property
    def title(self) -> feel.Expression | None:
        """The expression that gives a case's label, if the root process has one."""
        text = self.process.properties.get("title", "")
        return self.expression(text) if text else None

    @cached_property
    def priority(self) -> feel.Expression | None:
        """The expression that gives a case's priority, if the root process has one."""
        text = self.process.properties.get("priority", "")
        return self.expression(text) if text else None

    @staticmethod
    def expression(text: str) -> feel.Expression:
        """Compile FEEL as it stands in a diagram, with or without its equals sign."""
        return feel.compile(expression_in(text))

    def collection(self, node: Node) -> feel.Expression:
        """Give the expression of a multi-instance's collection."""
        return feel.compile(node.loop.collection if node.loop else "[]")

    def timer(self, node: Node) -> feel.Expression:
        """Give the expression of a timer; an ISO 8601 literal becomes the value that it writes."""
        return feel.compile(node.timer_text)

    def dependencies(self, node: Node) -> frozenset[str]:
        """Give the records that a timer's moment rests on, those that its decision table reads, and the tables that it asks, included."""
        if (found := self._rests_on.get(node.timer_text)) is not None:
            return found
        names, asked = self.timer(node).names, set[str]()
        while fresh := (names & self.decisions.keys()) - asked:
            asked |= fresh
            names = names.union(*(self.decisions[table].names for table in fresh))
        self._rests_on[node.timer_text] = names
        return names

    @cached_property
    def _rests_on(self) -> dict[str, frozenset[str]]:
        """What `dependencies` has found, by the text of the timer."""
        return {}

    def rests_on(self, text: str) -> frozenset[str] | None:
        """Give the records on which an expression rests, the tables that it asks and the items around it included.

        While none of them has changed, it gives what it gave. None where it may give something else at another moment.
        """
        if text not in self._grounds:
            self._grounds[text] = self._grounds_of(text)
        return self._grounds[text]

    def _grounds_of(self, text: str) -> frozenset[str] | None:
        loops = [node.loop for node in self.nodes.values() if node.loop is not None]
        found, todo = set[str](), [self.expression(text).rests_on]
        while todo:
            names = todo.pop()
            if names is None:
                return None
            fresh = names - found
            found |= fresh
            todo += [self.decisions[name].rests_on for name in sorted(fresh & self.decisions.keys())]
            todo += [self.expression(loop.collection).rests_on for loop in loops if loop.element in fresh]
        return frozenset(found)

    @cached_property
    def _grounds(self) -> dict[str, frozenset[str] | None]:
        """What `rests_on` has found, by the text of the expression."""
        return {}

    @cached_property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """The names that each decision table takes as a function, in their order."""
        return {name: tuple(sorted(table.names)) for name, table in self.decisions.items()}

    def around(self, node: Node) -> Process:
        """Give the process or embedded sub-process in which a node stands."""
        return next(each for each in self.scopes() if node.id in each.nodes)

    def looked_at(self, node: Node, records: Collection[str]) -> tuple[str, ...]:
        """Name what is looked at of these records where a token is at a node, by its expressions and those of its ways out.

        A field is named as the expressions name it (``risk.level``); a record that is taken as a whole stands alone.
        """
        ways_out = [flow.condition for flow in self.around(node).outgoing(node.id)]
        payload = [text for _, text in node.payload]
        timer = node.timer_text if node.timer is not None else ""
        loops = [node.loop.collection, node.loop.until] if node.loop is not None else []
        loops += [node.again.condition] if node.again is not None else []
        said = (node.condition, node.correlation, node.script, timer, *loops, *ways_out, *payload)
        texts = [text for text in said if text]
        names = frozenset().union(*(self.expression(text).names for text in texts))
        if node.timer is not None:
            names |= self.dependencies(node)
        for table in [self.decisions[name] for name in {node.decision, *names} & self.decisions.keys()]:
            names |= table.names
            texts += [column.expression for column in table.inputs]
        fields = {
            name: set(re.findall(rf"\b{name}(?:\[[^\]]*\])?\.(\w+)", " ".join(texts))) for name in names & set(records)
        }
        return tuple(
            sorted(f"{name}.{each}" if each else name for name, found in fields.items() for each in found or {""})
        )

    @staticmethod
    def deadline_name(node: Node) -> str:
        """Give the name by which a deadline calls its table: the first text in its expression, such as ``T-25``."""
        found = re.search(r'"([^"]+)"', node.timer.text if node.timer else "")
        return found.group(1) if found else node.id

    def data_class(self, record: str, field: str) -> str:
        """Give the data class of a fact: that of its question, or what the property `field_classes` of an operation says of
        the field; else the one that the property `data_class` gives to what a table, an operation or a message writes
        there, or to the whole procedure; else D2, an episode fact.
        """
        own = self._classes.get((record, field))
        return own or self._classes_of_records.get(record) or self.process.properties.get("data_class", "D2")

    def may_read(self, record: str, field: str, classes: Collection[str]) -> bool:
        """Tell whether a fact may be read by somebody with these data classes, as a whole class or as part of its summary."""
        return self.data_class(record, field) in classes or self._summaries.get((record, field), "") in classes

    @cached_property
    def provenance(self) -> Provenance:
        """Where what the tables see comes from, so that nobody reads it in an explanation who may not read it elsewhere."""
        return Provenance(self)

    @cached_property
    def _classes_of_records(self) -> dict[str, str]:
        given = [(node.result or node.record, node.properties.get("data_class", "")) for node in self.nodes.values()]
        return {record: name for record, name in given if name}

    @cached_property
    def _classes(self) -> dict[tuple[str, str], str]:
        asked = {place: field.data_class for place, field in self._asked()}
        return {place: whole for place, (whole, _part) in self.found_fields.items()} | asked

    @cached_property
    def _summaries(self) -> dict[tuple[str, str], str]:
        asked = {place: field.summary_class for place, field in self._asked() if field.summary_class}
        return {place: part for place, (_whole, part) in self.found_fields.items() if part} | asked

    @cached_property
    def found_fields(self) -> dict[tuple[str, str], tuple[str, str]]:
        """The fields of which an operation says the data class, by (record, field): ``("D3", "D9F")``, or ``("D5", "")``."""
        said = [
            (node.record, elements.FIELD_CLASS.fullmatch(each))
            for node in self.nodes.values()
            for each in node.field_classes
        ]
        return {(record, read[1]): (read[2], read[3] or "") for record, read in said if read}

    def _asked(self) -> Iterator[tuple[tuple[str, str], Field]]:
        """Give each question with the (record, field) that its answer becomes."""
        for node in self.nodes.values():
            for field in self.forms[node.form].fields if node.form in self.forms else ():
                yield (node.record, field.key), field


def _records_inside_loops(process: Process) -> set[str]:
    """Give the records that the tasks of a multi-instance write."""
    found = set()
    for node in process.nodes.values():
        if node.loop is None:
            continue
        found |= {node.record} if node.form else set()
        if node.id in process.children:
            found |= {inner.record for inner in process.children[node.id].everything() if inner.form}
    return found


def folder(path: Path) -> dict[str, str]:
    """Read the files of a procedure from its folder; forms and scenarios may lie in folders of their own.

    Example of what it gives: ``{"missing_child.bpmn": "<?xml ...", "found.form": "{...}"}``.
    """
    wanted = (each for each in sorted(path.rglob("*")) if each.suffix in KINDS)
    return {each.name: each.read_text("utf-8") for each in wanted}


def plain(text: str) -> str:
    """Give the text of a file as it is kept: lines end in one way, and no character that neither XML nor HTML can hold."""
    return _UNPRINTABLE.sub("", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))


def pack(files: Mapping[str, str]) -> tuple[bytes, str]:
    """Give the files as bytes to store, and their digest."""
    data = orjson.dumps(dict(files), option=orjson.OPT_SORT_KEYS)
    return data, hashlib.sha256(data).hexdigest()


def load(data: bytes) -> Compiled:
    """Compile a published release; nothing is checked, because it was checked when it was published."""
    compiled, _problems = _compile(orjson.loads(data), hashlib.sha256(data).hexdigest())
    if compiled is None:
        message = "a published release cannot be compiled any more"
        raise RuntimeError(message)
    return compiled


def check(files: Mapping[str, str], roles: Iterable[str] | None = None, operations: Iterable[str] = ()) -> Compiled:
    """Compile files that someone wants to publish.

    `roles` are the role keys that a lane may name (None allows every name), `operations` what service tasks may call.

    Raises:
        ReleaseInvalid: with every problem of every file, each at its element.
    """
    compiled, problems = examine(files, roles, operations)
    if problems or compiled is None:
        raise ReleaseInvalid(problems)
    return compiled


def examine(
    files: Mapping[str, str],
    roles: Iterable[str] | None = None,
    operations: Iterable[str] = (),
    *,
    root: str = "",
) -> tuple[Compiled | None, tuple[Problem, ...]]:
    """Give what `check` gives or refuses, both at once: the release, where there is something to run, and its problems.

    `root` is the process that should be the root; more is found in files of which several processes are called by no other.
    """
    compiled, problems = _compile(files, pack(files)[1], root)
    if compiled is not None:
        known = None if roles is None else frozenset(roles)
        problems.extend(rules.check(compiled, known, frozenset(operations)))
    return compiled, tuple(problems)


def _compile(files: Mapping[str, str], digest: str, wanted: str = "") -> tuple[Compiled | None, list[Problem]]:
    """Read every file; give the release where there is something to run, and the problems of reading."""
    problems: list[Problem] = []
    processes: dict[str, Process] = {}
    tables: dict[str, decisions.Table] = {}
    found_forms: dict[str, forms.Form] = {}
    for name, text in files.items():
        stem, _, kind = name.rpartition(".")
        try:
            if kind == "bpmn":
                process, faults = diagrams.read(text, name)
                problems.extend(faults)
                if process is not None:
                    processes[process.id] = process
                    problems.extend(_named(process.id, stem, name))
            elif kind == "dmn":
                table = decisions.read(text, name)
                tables[table.id] = table
                problems.extend(_named(table.id, stem, name))
            elif kind == "form":
                form = forms.read(text, name)
                found_forms[form.id] = form
                problems.extend(_named(form.id, stem, name))
            elif kind != "scenario":  # what it was checked with: no case ever reads it
                sentence = "A procedure holds .bpmn, .dmn, .form and .scenario files only."
                problems.append(Problem(name, "file-not-known", sentence))
        except Invalid as refusal:
            problems.extend(refusal.problems)
    root = _root(processes, problems) or (wanted if wanted in processes else "")
    return (Compiled(digest, root, processes, tables, found_forms) if root else None), problems


def _named(found: str, stem: str, file: str) -> list[Problem]:
    """Refuse a file whose stem is not the id of what it holds."""
    if found == stem:
        return []
    return [Problem(file, "stem-is-id", f"The file holds “{found}”: rename the file, or the id, so that they agree.")]


def _root(processes: Mapping[str, Process], problems: list[Problem]) -> str:
    """Give the process that no other calls."""
    called = {node.called for process in processes.values() for node in process.everything() if node.called}
    roots = sorted(set(processes) - called)
    if len(roots) == 1:
        return roots[0]
    sentence = f"Exactly one process of a procedure is called by no other; here: {', '.join(roots) or 'none'}."
    problems.append(Problem("procedure", "one-root", sentence))
    return ""
