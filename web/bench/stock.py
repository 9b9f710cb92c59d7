"""The same case in memory with the stock library: its own parser, specifications, workflow and script engine.

What is compared. Our diagrams lose what the library does not know: the `zeebe:` extensions go; a deadline becomes an
ordinary boundary timer of the library that is never due; a decision task becomes a script that writes its outcome; a
condition becomes the same comparison in Python. The library then runs the same elements in the same order and carries the
answers as its task data. It writes nothing, logs nothing, asks no decision table and no clock but its own.

What only a condition or a message ends or begins cannot be played so: a multi-instance is passed over, and so is a called process
in which people do one (the search, the strategy meeting); an event that waits for a condition is passed at once, and no message is sent. Our engine
does all of it in the same comparison.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.model import Value
from engine.xml import Element, parse

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
SEVERAL = "multiInstanceLoopCharacteristics"
HOLDS = re.compile(
    r'=count\(\w+\.matches\) = 0 and .*|=known\.age = null or known\.age < 18|=case_closing\.role = "locate_sergeant" or .*'
    r"|=every each in case_closing\.told satisfies .*"
)
"""Conditions that hold in the played case: no reason for a meeting, a child, nothing for which an inspector has to agree, nothing told since."""
DECIDED = {"level": "medium", "role": "locate_sergeant"}
"""What every decision table says in the played case."""
BESIDE = frozenset({"missing_report"})
"""Records that another branch of the case writes: the branches of the library do not see each other's answers."""
NEVER_DUE = '"P4000D"'
IS_TEXT = re.compile(r'=(\w+)(?:\[-1\])?\.(\w+) = "(\w+)"')


class StockProcedure:
    """A procedure's diagrams as the stock library reads them."""

    def __init__(self, files: Mapping[str, str], root: str) -> None:
        """Read the diagrams of `files`; `root` is the process with which a case begins."""
        parser = BpmnParser()
        diagrams = {name: parse(text, name) for name, text in files.items() if name.endswith(".bpmn")}
        several = {
            name for name, diagram in diagrams.items() if name != f"{root}.bpmn" and _has_tasks_for_each(diagram)
        }
        for name, diagram in diagrams.items():
            if name not in several:
                parser.add_bpmn_xml(_plain(diagram, several), filename=name)
        self.spec = parser.get_spec(root)
        self.others = parser.get_subprocess_specs(root)

    def begin(self) -> StockCase:
        """Begin a case and run it to its first tasks."""
        return StockCase(BpmnWorkflow(self.spec, self.others))


class StockCase:
    """One case in memory."""

    def __init__(self, workflow: BpmnWorkflow) -> None:
        """Run a fresh workflow to its first tasks."""
        self.workflow = workflow
        workflow.do_engine_steps()

    def complete(self, element: str, record: str, answers: Mapping[str, Value]) -> None:
        """Do the open task of an element and run on to the next tasks of people."""
        task = self.workflow.get_next_task(state=TaskState.READY, spec_name=element)
        task.set_data(**{record: dict(answers)})
        task.run()
        self.workflow.do_engine_steps()

    @property
    def is_over(self) -> bool:
        """Whether the case has reached its end."""
        return bool(self.workflow.completed)


def _plain(root: Element, several: set[str]) -> Element:
    """Take out of a diagram what the stock library does not know; pass over calls of the diagrams in `several`."""
    _call(root, several)
    for each in _done_for_each(root):
        _pass_over(each)
    for each in list(root.iter(f"{BPMN}businessRuleTask")):
        called = next(each.iter(f"{ZEEBE}calledDecision")).get("resultVariable", "")
        _script(each, f"{called} = {DECIDED!r}")
    for each in list(root.iter(f"{BPMN}serviceTask")):
        _script(each, "pass")
    _without_waiting(root)
    for each in list(root.iter(f"{BPMN}extensionElements")):
        _above(each).remove(each)
    for each in [*root.iter(f"{BPMN}timeCycle"), *root.iter(f"{BPMN}timeDate")]:
        each.tag, each.text = f"{BPMN}timeDuration", NEVER_DUE
    for each in root.iter(f"{BPMN}conditionExpression"):
        each.text = _condition(each.text or "")
    return root


def _call(root: Element, several: set[str]) -> None:
    """Say which processes are called; pass over those of the diagrams in `several`."""
    for each in list(root.iter(f"{BPMN}callActivity")):
        called = next(each.iter(f"{ZEEBE}calledElement")).get("processId", "")
        if f"{called}.bpmn" in several:
            _script(each, "pass")
        each.set("calledElement", called)


def _pass_over(element: Element) -> None:
    """Leave nothing of a sub-process but the ways to it and from it."""
    for inner in [inner for inner in element if inner.tag not in {f"{BPMN}incoming", f"{BPMN}outgoing"}]:
        element.remove(inner)
    _script(element, "pass")


def _done_for_each(root: Element) -> list[Any]:
    """Find the sub-processes that are done once for each of several things."""
    return [_above(each) for each in root.iter(f"{BPMN}{SEVERAL}")]


def _has_tasks_for_each(root: Element) -> bool:
    """Say whether people have something to do for each of several things."""
    return any(next(each.iter(f"{BPMN}userTask"), None) is not None for each in _done_for_each(root))


def _condition(text: str) -> str:
    """Write a condition in Python; what is no plain comparison belongs to flows that the played case does not take."""
    if HOLDS.fullmatch(text):
        return "True"
    found = IS_TEXT.fullmatch(text)
    return f'{found[1]}["{found[2]}"] == "{found[3]}"' if found and found[1] not in BESIDE else "False"


def _script(element: Element, text: str) -> None:
    """Make an element a script task."""
    script = element.makeelement(f"{BPMN}script", None, None)
    script.text = text
    element.append(script)
    element.tag = f"{BPMN}scriptTask"


def _without_waiting(root: Element) -> None:
    """Let events that wait for a condition pass at once, send no message, and never come to those that wait for a message."""
    conditions, messages = (list(root.iter(f"{BPMN}{kind}EventDefinition")) for kind in ("conditional", "message"))
    for definition in [*conditions, *messages]:
        event = _above(definition)
        event.remove(definition)
        caught = event.tag == f"{BPMN}intermediateCatchEvent"
        if event.tag == f"{BPMN}boundaryEvent" or (caught and definition in messages):
            name = event.get("id")
            flows = list(root.iter(f"{BPMN}sequenceFlow"))
            for each in [*(flow for flow in flows if name in {flow.get("sourceRef"), flow.get("targetRef")}), event]:
                _above(each).remove(each)
        elif caught:
            event.tag = f"{BPMN}intermediateThrowEvent"


def _above(element: Element) -> Any:
    return element.getparent()
