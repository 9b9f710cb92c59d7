"""Plays a case through the real forms of its pages, and keeps what of the procedure it has reached."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import orjson

from engine import release
from engine.errors import AnswersInvalid
from engine.forms import Field, Form, Kind
from engine.model import Actor, Complete, FactWrite, Found
from engine.outcome import OpenTask, Outcome
from engine.process import Flow, Node, Process
from engine.release import Compiled
from engine.scope import Scope
from tests.driving import MORNING, Drive, both_of
from tests.procedures.pages import PAGES
from workflows.child_details import NO_SCHOOL
from workflows.operations import NAMES, OPERATIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEW_CHILD: Mapping[str, Any] = {
    "child_id": "CH-7K3QX9PW",
    "is_new": True,
    "age": None,
    "flags": [],
    "exploitation": False,
    "looked_after": False,
    "placement": None,
    "episodes_count": 1,
    "episodes_90d": 1,
    "episodes_365d": 1,
    "last_episode": None,
    "plan": False,
    "plan_version": None,
    "plan_summary": None,
    "plan_for_police": None,
    "contact_rules": None,
    "immediate_tasks": [],
    "carry_over": [],
}
"""What is known of a child who was never reported missing before."""

BPMN = Path(__file__).resolve().parents[2] / "bpmn"
Play = Callable[[Any], object]


@cache
def files_of(procedure: str) -> Mapping[str, str]:
    """Read the files of a procedure that is shipped."""
    return release.folder(BPMN / procedure)


FILES = files_of("missing_child")


@dataclass(slots=True)
class Reach:
    """What a case has reached: events passed, tasks done, ways out of gateways, and the rules of tables that spoke.

    `rungs` holds the rules of deadlines.dmn whose moment came and was told; `rules` those of the other tables.
    """

    passed: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    ways: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    rungs: set[str] = field(default_factory=set)

    def __or__(self, other: Reach) -> Reach:
        return Reach(*(getattr(self, name) | getattr(other, name) for name in self.__slots__))


def answer(name: str, scope: Mapping[str, Any], now: datetime, history: Mapping[str, Any]) -> Found:
    """Answer a service task: the actions of a plan as the product makes them, what is known as the story tells it."""
    if name == "find_children":
        return {"matches": [{"value": NEW_CHILD["child_id"], "label": "Kit Example, 1 May 2012"}], "count": 1}
    if name == "recall_child":
        return {**NEW_CHILD, **history}
    if name == "open_interviews":
        returns = history.get("returns", [])
        return {"returns": [{"value": each, "label": f"Case {each}"} for each in returns], "count": len(returns)}
    if name == "earlier_interviews":
        return {"returns": list(history.get("interviews", [])), "count": len(history.get("interviews", []))}
    if name == "recall_record":
        return {"offered": [{"value": key, "label": words} for key, words in NO_SCHOOL.items()]}
    if name == "find_providers":
        return {"offered": [{"value": "safe_steps", "label": "Safe Steps"}]}
    return OPERATIONS[name](cast("Connection", None), scope, now)  # it reads nothing


class Casework(Drive):
    """One case, worked on by people who fill in pages; each acts under the name of the role unless `by` says who.

    `pages` holds what people usually type, task by task.
    """

    pages: ClassVar[Mapping[str, Mapping[str, Any]]] = PAGES
    knows: ClassVar[frozenset[str]] = NAMES

    def __init__(self, files: Mapping[str, str], *, restored: bool, now: datetime = MORNING) -> None:
        super().__init__(files, restored=restored, now=now)
        self.began = now
        self.reach = Reach()
        self.times: list[datetime] = []
        self.history: dict[str, Any] = {}
        self.opened: dict[int, datetime] = {}
        self.sign = ""  # the item of the multi-instance in which somebody has just done a task

    # What people do -------------------------------------------------------------------------------------------------

    def report(self, **changes: Any) -> Casework:
        """Open the case with the page of its start event."""
        start = self.release.start
        self.open(start.role, **self.read(self.release.forms[start.form], {**self.pages[start.id], **changes}))
        return self

    def remember(self, **history: Any) -> Self:
        """Let the child have a history: what differs from that of a child who is new to us."""
        self.history.update(history)
        return self

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Answer a service task as `answer` does, with what the story knows of the child."""
        return answer(name, scope, self.now, self.history)

    def fill(self, element: str, by: str = "", *, key: str | None = None, **changes: Any) -> Self:
        """Do the open task of an element: post its page, with these changes to what is usually typed there.

        Where several are open, `key` is the record key of the one that is meant.
        """
        task = self.task(element, key)
        form = self.release.forms[task.node.form]
        answers = self.read(form, {**self.pages[element], **changes}, task)
        writes = tuple(FactWrite(task.node.record, task.key, each.key, answers.get(each.key)) for each in form.fields)
        self.step(Complete(task.number, writes, Actor(by or task.node.role)))
        self.reach.done.add(element)
        self.sign = task.key
        self.follow(element)
        return self

    def tell(self, message: str, key: str = "", **payload: Any) -> Self:
        """Hand a message to the case, and walk from what waited for its facts."""
        super().tell(message, key, **payload)
        self.follow("")
        return self

    def refusals(self, element: str, **changes: Any) -> dict[str, str]:
        """Post the page of an open task that has to be refused; give the sentence at each question."""
        task = self.task(element)
        try:
            self.read(self.release.forms[task.node.form], {**self.pages[element], **changes}, task)
        except AnswersInvalid as refusal:
            return {problem.where: problem.sentence for problem in refusal.problems}
        message = f"the page of {element} was taken"
        raise AssertionError(message)

    def read(self, form: Form, typed: Mapping[str, Any], task: OpenTask | None = None) -> dict[str, Any]:
        """Read a page through its form, as the site does: an answer that was filled in stands unless it is typed over."""
        scope = self.scope().values
        if task is not None:
            scope = {**scope, "task": {"key": task.key, "opened_at": self.opened[task.number]}}
        shown = {key: value for key, value in form.prefilled({}, scope=scope, now=self.now).items() if key not in typed}
        return form.load({**form.as_raw(shown), **posted(form, typed, self.now)}, scope=scope, now=self.now)

    # What a story asks ----------------------------------------------------------------------------------------------

    def rings(self, deadline: str) -> list[tuple[datetime, Mapping[str, Any]]]:
        """Give when a deadline went off, and what it said."""
        return [
            (at, event.data)
            for at, event in zip(self.times, self.events, strict=True)
            if event.kind == "timer_fired" and event.data.get("deadline") == deadline
        ]

    def told(self, deadline: str, since: datetime | None = None) -> list[tuple[str, str, str]]:
        """Give what a deadline has told: hours and minutes since a moment (the opening), which step, which roles.

        Example: ``[("0:30", "reminder", "control_room_supervisor"), ("1:00", "due", "control_room_supervisor")]``.
        """
        found = []
        for at, data in self.rings(deadline):
            minutes = round((at - (since or self.began)).total_seconds() / 60)
            found.append((f"{minutes // 60}:{minutes % 60:02}", data["step"], " ".join(data["tell"])))
        return found

    def steps(self, deadline: str) -> list[str]:
        """Give the steps of a deadline that went off, in their order."""
        return [data["step"] for _at, data in self.rings(deadline)]

    def words(self) -> list[str]:
        """Give the domain's words for what has happened, in order."""
        return [event.activity for event in self.events if event.activity]

    def scope(self) -> Scope:
        """Give what conditions and tables see now."""
        scope = Scope(self.release, self.facts, self.now, "T-1", self.began)
        scope.values |= {"sign": self.sign, "unsafe": self.sign}
        return scope

    # What was reached -----------------------------------------------------------------------------------------------

    def _take(self, outcome: Outcome) -> None:
        super()._take(outcome)
        self.times += [self.now] * len(outcome.events)
        self.opened |= dict.fromkeys((task.number for task in outcome.opened), self.now)
        for event in outcome.events:
            if event.kind == "element_passed":
                self.reach.passed.add(event.element)
            if event.kind == "decision_made":
                self.reach.rules |= {f"{event.data['decision']}.{rule}" for rule in event.data["rules"]}
            if event.kind == "timer_fired" and "deadline" in event.data:
                self.reach.rungs.add(self.rung(event.data["deadline"], event.data["step"]))
                self.reach.passed |= {flow.target for flow in flows_from(self.release, event.element)}

    def rung(self, deadline: str, step: str) -> str:
        """Give the rule of deadlines.dmn that holds for a step of a deadline as the facts are now."""
        asked = {**self.scope().values, "deadline": deadline, "clock": self.now}
        decision = self.release.decisions["deadlines"].decide(asked, now=self.now)
        found = zip(decision.rule_ids, decision.result, strict=True)
        return next(rule for rule, rung in found if rung["step"] == step)

    def follow(self, element: str) -> None:
        """Walk from a task that was just done to what comes next by the facts, and see that the token went there."""
        assert self.last is not None
        scope = self.scope()
        happened = [(event.kind, event.element) for event in self.last.events]
        here = {task.node.id for task in self.last.opened}
        here |= {element for kind, element in happened if kind == "element_passed"}
        here |= {self.release.node(element).attached_to for kind, element in happened if kind == "condition_met"}
        met = [node for kind, node in happened if kind == "condition_met" and not self.release.node(node).attached_to]
        todo = [element, *met]
        while todo:
            source = todo.pop()
            flows = flows_from(self.release, source)
            chosen = [flow for flow in flows if flow.condition and self.holds(flow, scope)] or [
                flow for flow in flows if not flow.condition
            ]
            several = len(flows) == len(chosen) or self.release.node(source).kind == "inclusive"
            for flow in chosen[: None if several else 1]:
                self.reach.ways.add(flow.id)
                node = self.release.node(flow.target)
                if node.kind in {"user_task", "throw", "end"}:
                    assert node.id in here, f"{flow.id}: the token did not reach {node.id}, but {sorted(here)}"
                forks = node.kind in {"parallel", "inclusive"} and len(flows_into(self.release, node.id)) == 1
                if (
                    forks
                    or (node.kind in {"exclusive", "throw", "decision_task", "operation"} and not node.is_errand)
                    or self.ends_at_once(node)
                ):
                    todo.append(node.id)
                if node.kind == "call" and node.loop is None:
                    called = self.release.processes[node.called].nodes.values()
                    todo += [each.id for each in called if each.kind == "start"]
                todo += self.left_by(node)

    def left_by(self, node: Node) -> list[str]:
        """Give what a token leaves with an end event: the sub-process around it, or the call whose process is over."""
        around = self.release.nodes.get(node.process)
        if node.kind != "end":
            return []
        if around is not None:
            return [around.id] if around.loop is None else []
        calls = [each for each in self.release.nodes.values() if each.kind == "call" and each.called == node.process]
        assert self.position is not None
        live = {task.task_spec.name for task in self.position.tokens.live()}
        return [each.id for each in calls if each.loop is None and each.id not in live]

    def ends_at_once(self, node: Node) -> bool:
        """Say whether nobody has anything to do in a sub-process."""
        inside = [each.nodes.values() for each in everywhere(self.release) if each.id == node.id]
        return node.kind == "sub_process" and all(each.kind in {"start", "end"} for nodes in inside for each in nodes)

    def holds(self, flow: Flow, scope: Scope) -> bool:
        """Say whether the condition of a flow holds."""
        return self.release.expression(flow.condition or "").evaluate(scope.values, now=self.now) is True


def posted(form: Form, typed: Mapping[str, Any], now: datetime) -> dict[str, list[str] | str]:
    """Give what a page posts: texts, lists of texts, the parts of dates in the time of London, and the items of lists."""
    raw: dict[str, list[str] | str] = {}
    lists = {field.key for field in form.fields if field.items is not None}
    for key, given in typed.items():
        value = now + given if isinstance(given, timedelta) else given
        if isinstance(value, date) or key in lists:
            raw |= form.as_raw({key: value})
        elif isinstance(value, list) and isinstance(value[0] if value else "", dict):
            raw[key] = "\n".join(str(next(iter(item.values()))) for item in value)  # an earlier release asks for a text
        elif value is not None:
            raw[key] = value
    return raw


def items_saying(field: Field, say: Callable[[Field], str]) -> list[dict[str, str]]:
    """Give one item of a list with a text in each of its free texts, and the first choice where there must be one."""
    said = {each.key: say(each) for each in field.asked if each.kind in {Kind.TEXT, Kind.TEXTAREA}}
    chosen = {each.key: each.choices[0].value for each in field.asked if each.required and each.choices}
    return [chosen | said]


def flows_from(compiled: Compiled, element: str) -> list[Flow]:
    """Give the flows that leave an element."""
    return [flow for process in everywhere(compiled) for flow in process.outgoing(element)]


def flows_into(compiled: Compiled, element: str) -> list[Flow]:
    """Give the flows that lead to an element."""
    return [flow for process in everywhere(compiled) for flow in process.incoming(element)]


def everywhere(compiled: Compiled) -> Iterator[Process]:
    """Give every process and sub-process of a procedure."""
    for process in compiled.processes.values():
        yield from process.walk()


# The stories --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """A story: what happens in it, when it begins, in which procedure, and who plays it."""

    play: Play
    now: datetime
    procedure: str = "missing_child"
    player: type[Casework] = Casework


STORIES: dict[str, Story] = {}


def story(play: Play) -> Play:
    """Keep a story that begins on an ordinary Monday morning."""
    return story_from(MORNING)(play)


def story_from(now: datetime) -> Callable[[Play], Play]:
    """Keep a story that begins at a moment of its own."""
    return story_of("missing_child", Casework, now)


def story_of(procedure: str, player: type[Casework], now: datetime = MORNING) -> Callable[[Play], Play]:
    """Keep a story of any procedure that is shipped."""

    def keep(play: Play) -> Play:
        name = play.__name__.replace("_", " ")
        assert name not in STORIES, f"two stories are called: {name}"
        STORIES[name] = Story(play, now.astimezone(UTC), procedure, player)
        return play

    return keep


@cache
def played(name: str) -> Casework:
    """Play a story straight and restored, once in a process, and give the case as it then stands."""
    told = STORIES[name]
    straight, restored = both_of(told.player, files_of(told.procedure), told.play, now=told.now)
    assert straight.times == restored.times
    assert straight.reach == restored.reach
    return straight


def reached(names: Iterable[str], folder: Path) -> Reach:
    """Give what these stories reach; each is played once by all the processes that share this folder.

    What another process plays at this moment is waited for at the end; the lock of one that dies is free again.
    """
    total, left = Reach(), list(names)
    for wait in (False, True):
        for name in list(left):
            with (folder / f"{name}.lock").open("a+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                except BlockingIOError:
                    continue
                total |= _reach_of(name, folder / f"{name}.json")
                left.remove(name)
    return total


def _reach_of(name: str, kept: Path) -> Reach:
    """Read what a story reached, or play it and keep that."""
    if kept.exists():
        return Reach(**{part: set(found) for part, found in orjson.loads(kept.read_bytes()).items()})
    found = played(name).reach
    kept.write_bytes(orjson.dumps({part: sorted(getattr(found, part)) for part in found.__slots__}))
    return found
