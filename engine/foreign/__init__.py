"""Diagrams from other tools become a procedure of ours, with an account of every change.

A person looks at each question before the draft is proposed; so nothing is made up: where a file does not say who, by which
rule or when, a person decides at that place.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from engine import release, xml
from engine.elements import BPMN
from engine.errors import Problem
from engine.foreign import shape, translate
from engine.foreign.shape import OPEN_QUESTION
from engine.foreign.sheet import DI, Sheet

__all__ = ["OPEN_QUESTION", "Brought", "bring_in"]


WORTH_TAKING = 0.5
"""A pool with fewer steps than this part of the largest does not stand for the file."""
_ECHOES = frozenset(
    {"flow-without-end", "lane-of-nothing", "unreachable", "event-without-definition", "path-without-end"}
)
"""What these say follows from an element that cannot be carried out, which is said at that element."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file has become: the files of a procedure, and what is refused, asked and passed over, at the ids of the file."""

    files: Mapping[str, str]
    refused: tuple[Problem, ...]
    questions: tuple[Problem, ...]
    passed_over: tuple[Problem, ...]


def bring_in(
    text: str, file: str, process: str, *, roles: Mapping[str, str], operations: Collection[str], nobody: str
) -> Brought:
    """Make a procedure with the id `process` of a diagram that another tool wrote.

    Of several pools that with the most steps is taken whose elements can all be carried out. `roles` are the titles of the
    roles by key; `nobody` is the role that has what lies in no lane of a role.

    Raises:
        Invalid: the text is not XML that we read.
    """
    root = xml.parse(text, file)
    drawn = enumerate(len(_steps(each)) for each in root.iter(f"{{{BPMN}}}process"))
    pools = sorted(((steps, index) for index, steps in drawn if steps), key=lambda pool: -pool[0])
    if root.tag != f"{{{BPMN}}}definitions" or not pools:
        sentence = "The file holds no process with steps: export it from the other tool as BPMN 2.0."
        return Brought({}, (Problem(file, "no-process", sentence),), (), ())
    tried = (
        (steps, _bring(root, index, file, process, roles, operations, nobody))
        for steps, index in pools
        if steps >= pools[0][0] * WORTH_TAKING
    )
    largest = next(tried)
    steps, best = next((each for each in chain([largest], tried) if not each[1].refused), largest)
    if best.refused or len(pools) == 1:
        return best
    sentence = (
        f"The file holds {len(pools)} processes, and a procedure is one of them: the largest that can be carried out was "
        f"taken, with {steps} steps. Draw what the others do as procedures of their own, or as tasks of their roles."
    )
    return replace(best, questions=(Problem(file, "pools-left-out", sentence), *best.questions))


def _steps(process: xml.Element) -> list[xml.Element]:
    """Give the steps that are drawn in a process."""
    return [each for each in process.iter(f"{{{BPMN}}}*") if xml.local_name(each).endswith(shape.STEPS)]


def _bring(
    root: xml.Element,
    index: int,
    file: str,
    process: str,
    roles: Mapping[str, str],
    operations: Collection[str],
    nobody: str,
) -> Brought:
    """Make a procedure of one process of a file."""
    copied = copy.deepcopy(root)
    chosen = list(copied.iter(f"{{{BPMN}}}process"))[index]
    sheet = Sheet(copied, chosen, file)
    translate.forget(sheet)
    _alone(sheet)
    translate.definitions(sheet)
    translate.data(sheet)
    shape.names(sheet, process)
    translate.tasks(sheet, operations)
    shape.settle_flows(sheet)
    shape.doubled(sheet)
    shape.beginnings_and_ends(sheet)
    shape.repeats(sheet)
    shape.partings(sheet)
    shape.choices(sheet)
    translate.events(sheet)
    translate.forms(sheet)
    shape.lanes(sheet, roles, nobody)
    translate.leave_out(sheet)
    shape.write_questions(sheet)
    chosen.set("isExecutable", "true")
    _only_what_is_there(sheet)
    files = {f"{process}.bpmn": xml.text_of(copied).decode(), **sheet.files}
    _, problems = release.examine(files, tuple(roles), operations, root=process)
    titles = {each.get("id"): each.get("name") for each in chosen.iter(f"{{{BPMN}}}*")}
    problems = tuple(_titled(each, titles.get(each.where)) for each in problems)
    if any(each.rule == "element-not-supported" for each in problems):
        problems = tuple(each for each in problems if each.rule not in _ECHOES)
    refused = tuple({(each.where, each.rule): each for each in reversed([*_at_home(sheet, problems)])}.values())[::-1]
    return Brought(files, refused, tuple(_at_home(sheet, sheet.questions)), tuple(_at_home(sheet, sheet.passed_over)))


def _titled(problem: Problem, title: str | None) -> Problem:
    """Say the name of an element before what is wrong with it: an id of another tool says nothing to people."""
    if not title or title in problem.sentence:
        return problem
    return replace(problem, sentence=f"“{title}”: {problem.sentence}")


def _alone(sheet: Sheet) -> None:
    """Take out the other processes and pools, and what flows between them."""
    name = sheet.process.get("id")
    for element in list(sheet.root.iter(f"{{{BPMN}}}process", f"{{{BPMN}}}participant", f"{{{BPMN}}}messageFlow")):
        own = (element.get("processRef") or "").rpartition(":")[2] == name
        parent = element.getparent()
        if (
            element is not sheet.process
            and parent is not None
            and not (own and xml.local_name(element) == "participant")
        ):
            parent.remove(element)
    for collaboration in list(sheet.root.iterchildren(f"{{{BPMN}}}collaboration")):
        for element in list(collaboration):
            if xml.local_name(element) not in {"participant", "documentation"}:
                collaboration.remove(element)
            for inner in list(element):
                element.remove(inner)


def _only_what_is_there(sheet: Sheet) -> None:
    """Take out of the drawing what it draws of elements that are gone, and messages that no event names."""
    used = {each.get("messageRef") for each in sheet.process.iter(f"{{{BPMN}}}messageEventDefinition")}
    for message in list(sheet.root.iterchildren(f"{{{BPMN}}}message")):
        if message.get("id") not in used:
            sheet.root.remove(message)
    there = {each.get("id") for each in sheet.root.iter(f"{{{BPMN}}}*")}
    for drawn in list(sheet.root.iter(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge")):
        parent = drawn.getparent()
        if parent is not None and drawn.get("bpmnElement") not in there:
            parent.remove(drawn)


def _at_home(sheet: Sheet, problems: Collection[Problem]) -> Iterator[Problem]:
    """Name elements as the file names them."""
    for each in problems:
        yield replace(each, where=sheet.named.get(each.where, each.where))
