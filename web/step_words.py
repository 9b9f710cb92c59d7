"""The steps of a draft in the order in which they happen, each with its role, its form and its clocks in words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from engine import diagrams
from engine.editing import Diagram, Row, Sheet, is_plain, say_span, say_time
from engine.errors import Invalid
from engine.forms import editing, filled
from engine.frozen import frozen
from engine.process import Flow, Node, Process
from web.answering import without_source
from web.draft_words import titles
from web.formula_words import FACTS, say_formula
from workflows import checking
from workflows.agencies import ROLES, role_of_lane
from workflows.agencies import title_of as title_of_role
from workflows.obligations import OBLIGATIONS
from workflows.table_words import in_words, say_cell

KINDS: Mapping[str, str] = {
    "user_task": "Task of a person",
    "sub_process": "Group of steps",
    "handler": "Group of steps that an event begins",
    "call": "Part with a diagram of its own",
    "start": "Start",
}
"""The elements that are rows of the table; what happens by itself between them is told by the drawing."""

_TIMER = re.compile(r'=\s*(\w+)\(.*?deadline: "([A-Z]+-\d+)"', re.DOTALL)
_CLOCK = re.compile(r"\bclock: (.+?)(?:, \w+: \"[^\"]*\")*\)\Z", re.DOTALL)
_GIVEN = re.compile(r', (\w+): "([^"]*)"')
_NOT = re.compile(r"not\(([^()]*)\)")
_LIST = re.compile(r'\[\s*(?:"\w+"(?:\s*,\s*"\w+")*)?\s*\]')
_EVERY = re.compile(r"\A1 (?=\w+\Z)")
_NEVER = frozenset({"", "-", "null"})
BEGINNINGS: Mapping[str, str] = {each: FACTS[each] for each in ("task.opened_at", "case.opened_at")}
"""From when a clock counts where that is no answer, by its expression."""


@frozen
class Rung:
    """One moment of a clock, a row of its table: when, what is done then, whom it tells, and how often again.

    `when` and `every` are words that can be typed back; None where the cell has no length of time, or several. `moment` is
    all that the cell says of when. `roles` are those that it lists, None where it works them out; `only` says in which
    cases the row holds.
    """

    row: str
    when: str | None
    at: str
    moment: str
    step: str
    due: bool
    roles: tuple[str, ...] | None
    tell: str
    every: str | None
    again: str
    only: tuple[str, ...]

    @property
    def said(self) -> str:
        """The moment as one line: ``due: 72 hours, tells Return interview manager``."""
        again = f", then again every {_EVERY.sub('', self.every)}" if self.every else ""
        only = f" ({'; '.join(self.only)})" if self.only else ""
        return f"{self.step}: {self.moment}, tells {self.tell}{again}{only}"


@frozen
class Clock:
    """A clock that sits on a step: its element, the table and the deadline in it, since when it counts, and its moments."""

    element: str
    name: str
    table: str
    deadline: str
    asks: str
    since: str
    explanation: str
    rungs: tuple[Rung, ...]
    also: tuple[str, ...]
    """Other clocks that go by the same rows."""


SHORT, AT_ONCE = 40, 3
"""So long a time is said in the line of a step, and so many of them."""


@frozen
class Step:
    """A row of the table; `inside` names the group in which the step stands, `ways` are the flows that lead on from it."""

    file: str
    id: str
    kind: str
    name: str
    lane: str
    role: str
    form: str
    record: str
    """What holds its answers, as an expression calls it; the latest of several."""
    form_title: str
    guidance: str
    source: str
    inside: str
    clocks: tuple[Clock, ...]
    ways: tuple[tuple[str, str], ...]

    def holds(self, words: str, role: str) -> bool:
        """Whether a step is meant by somebody who looks for words, and for what one role does."""
        said = [self.name, self.form_title, self.inside, *(clock.name for clock in self.clocks)]
        said += [rung.said for clock in self.clocks for rung in clock.rungs]
        is_found = all(word.casefold() in " ".join(said).casefold() for word in words.split())
        return is_found and (not role or (self.kind == "user_task" and self.role == role))

    @property
    def due(self) -> str:
        """By when it is due, as one line: ``72 hours``, or several times where it rests on the case; "" where no clock says."""
        moments = [rung.moment for clock in self.clocks for rung in clock.rungs if rung.due]
        told = list(dict.fromkeys(moments))
        short = [each for each in told if len(each) <= SHORT]
        return " or ".join(short[:AT_ONCE] or (["it rests on the case"] if told else []))

    @property
    def seen(self) -> str:
        """What a page sends back to say which step was before whoever changed it."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:32]


@frozen
class Part:
    """One diagram: its steps as they happen, and its lanes, the names by their ids; `readable` is False where it is no diagram yet."""

    file: str
    title: str
    steps: tuple[Step, ...]
    lanes: Mapping[str, str]
    readable: bool = True


def parts_of(procedure: str, files: Mapping[str, str]) -> list[Part]:
    """Give the diagrams of a procedure, the root first and the others as they are called, with their steps.

    Where a guarded child could not read the files in time, none of them is read here.
    """
    if checking.reads(procedure, files):
        return [*_parts(procedure, tuple(sorted(files.items())))]
    called = titles(files)
    return [Part(name, called[name], (), {}, readable=False) for name in sorted(files) if name.endswith(".bpmn")]


@lru_cache(maxsize=8)
def _parts(procedure: str, held: tuple[tuple[str, str], ...]) -> tuple[Part, ...]:
    """Read the diagrams of files that can be read; the same files are read once."""
    files = dict(held)
    names, called = [name for name in files if name.endswith(".bpmn")], titles(files)
    read = {name: _process(name, files[name]) for name in names}
    by_id = {each.id: name for name, each in read.items() if each is not None}
    tables = _Tables(files, [each for each in read.values() if each is not None])
    order, todo = dict[str, None](), [by_id.get(procedure, ""), *reversed(read)]
    while todo:
        name = todo.pop(0)
        process = read.get(name)
        if not name or name in order:
            continue
        order[name] = None
        if process is not None:
            calls = [by_id[node.called] for _, node in _walk(process) if node.called in by_id]
            todo = [*calls, *todo]
    return tuple(_part(name, read[name], files, tables, called) for name in order)


def part_of(procedure: str, files: Mapping[str, str], file: str) -> Part | None:
    """Give one diagram with its steps; None where it cannot be read, or has none."""
    return next((each for each in parts_of(procedure, files) if each.file == file and each.steps), None)


def step_of(parts: Iterable[Part], element: str) -> Step | None:
    """Find a step."""
    return next((step for part in parts for step in part.steps if step.id == element), None)


def forms_of(files: Mapping[str, str]) -> dict[str, str]:
    """Give the titles of the forms by their ids, in the order of the titles."""
    found = {name.removesuffix(".form"): title for name, title in titles(files).items() if name.endswith(".form")}
    return dict(sorted(found.items(), key=lambda each: each[1].casefold()))


# Reading --------------------------------------------------------------------------------------------------------------


def _process(name: str, text: str) -> Process | None:
    try:
        return diagrams.read(text, name)[0]
    except (Invalid, RecursionError):
        return None


def _part(
    name: str, process: Process | None, files: Mapping[str, str], tables: _Tables, called: Mapping[str, str]
) -> Part:
    title = called[name]
    if process is None:
        return Part(name, title, (), {}, readable=False)
    diagram = Diagram(files[name], name)
    names = {node.id: node.name or node.id for node in process.everything()}
    steps = []
    for scope, node in _walk(process):
        if node.kind in KINDS and node.id:  # one without an id is refused, and cannot be chosen here
            lane = diagram.lane_of(node.id)
            guidance, mark, source = node.documentation.partition(" Source:")
            clocks = tuple(tables.clock(each) for each in scope.attached(node.id) if each.is_deadline)
            form = f"{node.form}.form"
            steps.append(
                Step(
                    name,
                    node.id,
                    node.kind,
                    node.name or node.id,
                    lane,
                    title_of_role(role_of_lane(node.role)) if node.role in ROLES else node.role,
                    node.form,
                    f"{node.record}[-1]" if node.properties.get("repeats") == "true" else node.record,
                    called.get(form, ""),
                    guidance,
                    mark + source,
                    names.get(scope.id, "") if scope is not process else "",
                    clocks,
                    tuple((flow.id, _way(flow, names)) for flow in scope.outgoing(node.id)),
                )
            )
    return Part(name, title, tuple(steps), diagram.lanes())


def _way(flow: Flow, names: Mapping[str, str]) -> str:
    return (
        f"{flow.name}: to “{names.get(flow.target, flow.target)}”"
        if flow.name
        else f"to “{names.get(flow.target, flow.target)}”"
    )


def _walk(process: Process) -> Iterator[tuple[Process, Node]]:
    """Give the nodes as they happen, what is inside a group behind it."""
    for node in _in_order(process):
        yield process, node
        if node.id in process.children:
            yield from _walk(process.children[node.id])


def _in_order(scope: Process) -> list[Node]:
    """Put the nodes of one scope in the order of its flows: a step comes after all that leads to it, loops aside."""
    seen: set[str] = set()
    return [node for first in (*scope.starts, *scope.nodes.values()) for node in _from(first, scope, seen)]


def _from(first: Node, scope: Process, seen: set[str]) -> list[Node]:
    """Give what follows a node and was not met before, each after all that leads to it."""
    if first.id in seen:
        return []
    seen.add(first.id)
    found: list[Node] = []
    todo = [(first, _onward(scope, first))]
    while todo:
        node, ways = todo[-1]
        following = next((each for each in ways if each.id not in seen), None)
        if following is None:
            found.append(node)
            todo.pop()
        else:
            seen.add(following.id)
            todo.append((following, _onward(scope, following)))
    return found[::-1]


def _onward(scope: Process, node: Node) -> Iterator[Node]:
    """Give what can follow a node, the last way first: what comes first is then nearest to it."""
    ways = [scope.nodes[flow.target] for flow in scope.outgoing(node.id) if flow.target in scope.nodes]
    return iter([*reversed(scope.attached(node.id)), *reversed(ways)])


class _Tables:
    """The decision tables that clocks ask, each read once."""

    def __init__(self, files: Mapping[str, str], processes: Sequence[Process]) -> None:
        self.files = files
        self.sheets: dict[str, Sheet | None] = {}
        self.users: dict[tuple[str, str], list[Node]] = {}
        self.forms = {node.record: node.form for each in processes for node in each.everything() if node.form}
        for process in processes:
            for node in process.everything():
                if node.is_deadline and (found := _TIMER.match(node.timer.text if node.timer else "")):
                    self.users.setdefault((found[1], found[2]), []).append(node)

    def clock(self, event: Node) -> Clock:
        """Give a clock in words; one that asks no table of deadlines has no moments that can be changed here."""
        text = event.timer.text if event.timer else ""
        found = _TIMER.match(text)
        explanation = without_source(event.documentation)
        if found is None:
            return Clock(event.id, event.name or event.id, "", "", "", "", explanation, (), ())
        table, deadline = f"{found[1]}.dmn", found[2]
        sheet = self._sheet(table)
        rows = [row for row in sheet.rows if row.cells.get("deadline") == f'"{deadline}"'] if sheet else []
        also = tuple(each.name or each.id for each in self.users[found[1], found[2]] if each.id != event.id)
        asks = event.properties.get("asks") or OBLIGATIONS.get(deadline, "")
        since, given = self._since(text), dict(_GIVEN.findall(text))
        rungs = (
            tuple(_rung(row, sheet.columns, lambda each: say_formula(each, self._fact, given)) for row in rows)
            if sheet
            else ()
        )
        return Clock(event.id, event.name or event.id, table, deadline, asks, since, explanation, rungs, also)

    def _sheet(self, name: str) -> Sheet | None:
        if name not in self.sheets:
            try:
                self.sheets[name] = Sheet(self.files[name], name)
            except (KeyError, Invalid):
                self.sheets[name] = None
        return self.sheets[name]

    def _since(self, text: str) -> str:
        """Say from when a clock counts."""
        found = _CLOCK.search(text)
        return say_formula(found[1], self._fact) if found else ""

    def _fact(self, name: str) -> str:
        """Give the words for an answer of a form, by the record and the key under which it is kept."""
        record, _, key = name.partition(".")
        form = self.forms.get(record, record)
        question = _question(self.files.get(f"{form}.form", ""), key) if key else ""
        return f"the answer to “{question}”" if question else ""


def _only(text: str) -> str:
    """Say in which cases a row holds: ``other than high and medium``."""
    return _NOT.sub(_other_than, say_cell(text)).replace("_", " ")


def _other_than(found: re.Match[str]) -> str:
    return "other than " + " and ".join(each.strip() for each in found[1].split(","))


def _question(form: str, key: str) -> str:
    """Give the words of a question of a form, inside groups too; "" where there is none, or no form."""
    try:
        held = editing.placed(editing.root_of(form)["components"])
    except Invalid:
        return ""
    found = next((one for _, one in held if one.get("key") == key), {})
    return filled.words_of(found) or str(found.get("timeLabel") or "")


def _rung(row: Row, columns: Mapping[str, str], say: Callable[[str], str]) -> Rung:
    cells = row.cells
    tell, every = cells.get("tell", ""), cells.get("every", "")
    roles = tuple(re.findall(r'"(\w+)"', tell)) if _LIST.fullmatch(tell) else None
    said = {
        key: text
        for key, text in cells.items()
        if key not in {"deadline", "at", "step", "due", "tell", "urgent", "every"}
    }
    only = [f"{columns[key]}: {_only(text)}" for key, text in said.items() if text not in _NEVER]
    step = cells.get("step", "").strip('"')
    when = say_time(cells.get("at", ""))
    again = "" if every in _NEVER else say_span(every)
    return Rung(
        row.id,
        when,
        cells.get("at", ""),
        when if when and is_plain(cells.get("at", "")) else say(cells.get("at", "")) or in_words(cells.get("at", "")),
        step[:1].upper() + step[1:],
        cells.get("due") == "true",
        roles,
        ", ".join(title_of_role(each) if each in ROLES else each for each in roles) or "nobody"
        if roles is not None
        else say(tell) or in_words(tell),
        again,
        every,
        tuple(only),
    )
