"""Diagrams from other tools become a procedure of ours, with an account of every change.

A person looks at each question before the draft is proposed; so nothing is made up: where a file does not say who, by which
rule or when, a person decides at that place.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from engine import release, xml
from engine.elements import BPMN
from engine.errors import Problem
from engine.foreign import shape, translate
from engine.foreign.shape import OPEN_QUESTION
from engine.foreign.sheet import DI, Sheet
from engine.frozen import frozen

__all__ = ["OPEN_QUESTION", "Brought", "bring_in"]


WORTH_TAKING = 0.5
"""A pool with fewer steps than this part of the largest does not stand for the file."""
_ECHOES = frozenset(
    {"flow-without-end", "lane-of-nothing", "unreachable", "event-without-definition", "path-without-end"}
)
"""What these say follows from an element that cannot be carried out, which is said at that element."""


@frozen
class Brought:
    """What a file has become: the files of a procedure, and what is refused, asked and passed over, at the ids of the file."""

    files: Mapping[str, str]
    refused: tuple[Problem, ...]
    questions: tuple[Problem, ...]
    passed_over: tuple[Problem, ...]


@frozen
class _Pool:
    """A process with steps: its place in the file, how many steps it has, and the name of its pool, or its own."""

    index: int
    steps: int
    name: str


def bring_in(
    text: str,
    file: str,
    process: str,
    *,
    roles: Mapping[str, str],
    operations: Collection[str],
    nobody: str,
    pool: str = "",
) -> Brought:
    """Make a procedure with the id `process` of a diagram that another tool wrote.

    Of several pools the one called `pool` is taken; without a name that with the most steps whose elements can all be carried
    out. What is left out is named. `roles` are the titles of the roles by key; `nobody` is the role that has what lies in no
    lane of a role.

    Raises:
        Invalid: the text is not XML that we read.
    """
    root = xml.parse(text, file)
    pools = _pools(root)
    if root.tag != f"{{{BPMN}}}definitions" or not pools:
        sentence = "The file holds no process with steps: export it from the other tool as BPMN 2.0."
        return Brought({}, (Problem(file, "no-process", sentence),), (), ())
    chosen = [each for each in pools if pool and each.name.casefold() == pool.casefold()]
    if pool and not chosen:
        sentence = f"The file has no pool called “{pool[:60]}”. It has {_listed(pools)}."
        return Brought({}, (Problem(file, "pool-not-there", sentence),), (), ())
    worth = chosen or [each for each in pools if each.steps >= pools[0].steps * WORTH_TAKING]
    tried = ((each, _bring(root, each.index, file, process, roles, operations, nobody)) for each in worth)
    largest = next(tried)
    taken, best = next((each for each in chain([largest], tried) if not each[1].refused), largest)
    if best.refused or len(pools) == 1:
        return best
    sentence = (
        f"The file holds {len(pools)} processes, and a procedure is one of them: “{taken.name}” was taken, with {taken.steps} "
        f"steps. Left out: {_listed(each for each in pools if each is not taken)}. Bring the file again and name another "
        "pool, or draw what these do as procedures of their own, or as tasks of their roles."
    )
    return replace(best, questions=(Problem(file, "pools-left-out", sentence), *best.questions))


def _pools(root: xml.Element) -> list[_Pool]:
    """Give the processes that have steps, the largest first."""
    drawn = root.iter(f"{{{BPMN}}}participant")
    names = {(each.get("processRef") or "").rpartition(":")[2]: each.get("name") for each in drawn}
    found = []
    for index, process in enumerate(root.iter(f"{{{BPMN}}}process")):
        own = process.get("id") or ""
        name = " ".join((names.get(own) or process.get("name") or own or f"pool {index + 1}").split())[:60]
        if steps := len(_steps(process)):
            found.append(_Pool(index, steps, name))
    return sorted(found, key=lambda each: -each.steps)


def _listed(pools: Iterable[_Pool]) -> str:
    """Name pools with how many steps each has."""
    return ", ".join(f"“{each.name}” ({each.steps} {'step' if each.steps == 1 else 'steps'})" for each in pools)


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
