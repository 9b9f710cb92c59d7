"""Changes of a procedure's files as a manager would make them, and what the protected steps say of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from engine import scenarios
from workflows import catalogue, drafts

MISSING = catalogue.files("missing_child")
B = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ROOT, INTERVIEW, LOCATE = "missing_child.bpmn", "return_interview.bpmn", "locate.bpmn"
LOWER = "lower_grade.bpmn"

Edit = Callable[[Any], None]


def at(root: Any, name: str) -> Any:
    """Find an element by its id."""
    return next(each for each in root.iter() if each.get("id") == name)


def gone(*names: str) -> Edit:
    """Take elements out, with the flows to and from them and what sits on them."""

    def edit(root: Any) -> None:
        for each in list(root.iter()):
            about = {each.get(name) for name in ("id", "sourceRef", "targetRef", "attachedToRef")}
            listed = {each.text} if each.tag == f"{B}flowNodeRef" else set()
            if (about | listed) & set(names):
                each.getparent().remove(each)

    return edit


def attribute(element: str, name: str, value: str) -> Edit:
    """Give an element's attribute another value."""
    return lambda root: at(root, element).set(name, value)


def condition(element: str, text: str) -> Edit:
    """Give a flow, or an event that waits for a condition, another condition."""

    def edit(root: Any) -> None:
        next(at(root, element).iter(f"{B}conditionExpression", f"{B}condition")).text = text

    return edit


def no_property(element: str, name: str) -> Edit:
    """Take a property from an element."""

    def edit(root: Any) -> None:
        for each in list(at(root, element).iter()):
            if each.get("name") == name and each.tag.endswith("property"):
                each.getparent().remove(each)

    return edit


def into_lane(element: str, lane: str) -> Edit:
    """Move a step to another lane, which may be new in its diagram."""

    def edit(root: Any) -> None:
        ref = next(each for each in root.iter(f"{B}flowNodeRef") if each.text == element)
        lanes = ref.getparent().getparent()
        ref.getparent().remove(ref)
        found = [each for each in lanes if each.get("id") == lane]
        target = found[0] if found else etree.SubElement(lanes, f"{B}lane", id=lane, name=lane)
        etree.SubElement(target, f"{B}flowNodeRef").text = element

    return edit


def flow(source: str, target: str, text: str = "") -> Edit:
    """Add a flow, with a condition if there is a text."""

    def edit(root: Any) -> None:
        scope = at(root, source).getparent()
        made = etree.SubElement(
            scope, f"{B}sequenceFlow", id=f"{source}_new_{target}", sourceRef=source, targetRef=target
        )
        if text:
            etree.SubElement(made, f"{B}conditionExpression").text = text

    return edit


def way_around(flow_name: str, target: str) -> Edit:
    """Put a choice into a flow from which another way leads to a target."""

    def edit(root: Any) -> None:
        first = at(root, flow_name)
        scope, onward = first.getparent(), first.get("targetRef")
        etree.SubElement(scope, f"{B}exclusiveGateway", id="is_it_needed", default="it_is_needed")
        first.set("targetRef", "is_it_needed")
        etree.SubElement(scope, f"{B}sequenceFlow", id="it_is_needed", sourceRef="is_it_needed", targetRef=onward)
        flow("is_it_needed", target, '=found.harm = "none"')(root)

    return edit


def interrupted(activity: str, target: str) -> Edit:
    """Let a condition end an activity and lead on to a target."""

    def edit(root: Any) -> None:
        scope = at(root, activity).getparent()
        event = etree.SubElement(scope, f"{B}boundaryEvent", id="no_longer_needed", attachedToRef=activity)
        waits = etree.SubElement(event, f"{B}conditionalEventDefinition", id="no_longer_needed_condition")
        etree.SubElement(waits, f"{B}condition").text = "=found.harm != null"
        if target == "end":
            etree.SubElement(scope, f"{B}endEvent", id="it_was_not_needed")
        flow("no_longer_needed", "it_was_not_needed" if target == "end" else target)(root)

    return edit


def done_for_each(activity: str) -> Edit:
    """Let an activity be done once for each entry of a list, which may be empty."""

    def edit(root: Any) -> None:
        loop = etree.SubElement(at(root, activity), f"{B}multiInstanceLoopCharacteristics")
        held = etree.SubElement(loop, f"{B}extensionElements")
        etree.SubElement(
            held, "{http://camunda.org/schema/zeebe/1.0}loopCharacteristics", inputCollection="=found.harm"
        )

    return edit


def both(*edits: Edit) -> Edit:
    """Make several changes."""

    def edit(root: Any) -> None:
        for each in edits:
            each(root)

    return edit


def after(file: str, edit: Edit) -> dict[str, str]:
    """Give the files of the missing child after a change in one diagram."""
    root = etree.fromstring(MISSING[file].encode())
    edit(root)
    return {**MISSING, file: etree.tostring(root, encoding="unicode")}


def found(files: dict[str, str], procedure: str = "missing_child") -> set[tuple[str, str]]:
    """Give the protected steps that files of a procedure break, with the elements; no scenario is played for that."""
    without = {name: text for name, text in files.items() if not name.endswith(f".{scenarios.KIND}")}
    return {
        (problem.rule.removeprefix("protected-").upper(), problem.where)
        for problem in drafts.check(procedure, without)
        if problem.rule.startswith("protected-")
    }


def clock(event: str, text: str) -> Edit:
    """Give a clock another expression."""

    def edit(root: Any) -> None:
        at(root, event).find(f".//{B}timeCycle").text = text

    return edit


def cell(row: str, column: int, text: str) -> dict[str, str]:
    """Give the files after another text in a cell of the deadlines."""
    root = etree.fromstring(MISSING["deadlines.dmn"].encode())
    at(root, f"{row}_out_{column}")[0].text = text
    return {**MISSING, "deadlines.dmn": etree.tostring(root, encoding="unicode")}
