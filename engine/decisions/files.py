"""Reads a DMN file: its decisions, what each of them requires, and the functions (business knowledge models) beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.decisions.boxed import BESIDE, READERS, BoxedReader, function_of
from engine.decisions.cells import NAMESPACES, Source, child, children, variable_of
from engine.decisions.model import Code, DecisionInvalid
from engine.decisions.reader import TableReader
from engine.decisions.tables import Table
from engine.errors import Problem
from engine.xml import Element, local_name, parse

_HARMLESS = frozenset({
    "", "decision", "inputData", "businessKnowledgeModel", "DMNDI", "description", "extensionElements", "itemDefinition",
    "knowledgeSource", "textAnnotation", "association", "group",
})  # fmt: skip
_IN_DECISION = BESIDE | frozenset(READERS) | frozenset({
    "informationRequirement", "knowledgeRequirement", "authorityRequirement", "question", "allowedAnswers",
})  # fmt: skip
_IN_KNOWLEDGE = BESIDE | {"encapsulatedLogic", "knowledgeRequirement", "authorityRequirement"}
DEEPEST = 40
"""So many decisions may rest on each other in a row."""


def read(text: str, name: str) -> Table:
    """Read the decision of a DMN file; `name` is the file's name, for problems that have no better place.

    Where the file holds several decisions it is the one on which no other rests.
    Raises DecisionInvalid with every problem: the structure, and each cell that is not FEEL with its rule's id, its
    column's label, line and column of the text in it.
    """
    file = _File(text, name)
    file.check()
    main = file.main()
    read_of = file.decision(main)
    file.nothing_idle(main)
    if file.source.problems:
        raise DecisionInvalid(dict.fromkeys(file.source.problems))
    return read_of


def read_all(text: str, name: str) -> dict[str, Table]:
    """Read every decision of a DMN file, by the name that expressions know it by; refused like `read`."""
    file = _File(text, name)
    file.check()
    found = {variable_of(each): file.decision(each) for each in file.decisions.values()}
    if file.source.problems:
        raise DecisionInvalid(dict.fromkeys(file.source.problems))
    return found


class _File:
    """One file while it is read."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.root = parse(text, name)
        namespace = str(self.root.tag).partition("}")[0].removeprefix("{")
        if local_name(self.root) != "definitions" or namespace not in NAMESPACES:
            sentence = "The file holds no DMN definitions of version 1.2 to 1.5."
            raise DecisionInvalid([Problem(name, "not-dmn", sentence)])
        self.source = Source(name, self.root)
        self.decisions = self.by_id("decision")
        self.knowledge = self.by_id("businessKnowledgeModel")
        self.inputs = self.by_id("inputData")
        self.made: dict[str, tuple[Code, frozenset[str], Table | None]] = {}
        self.making: list[str] = []

    def by_id(self, kind: str) -> dict[str, Element]:
        """Give the elements of a kind by their ids; one without an id goes by its name."""
        return {each.get("id") or variable_of(each) or self.name: each for each in children(self.root, kind)}

    def check(self) -> None:
        """Refuse what the engine would ignore."""
        self.source.nothing_else(self.root, _HARMLESS, self.name)
        for where, element in self.decisions.items():
            self.source.nothing_else(element, _IN_DECISION, where)
        for where, element in self.knowledge.items():
            self.source.nothing_else(element, _IN_KNOWLEDGE, where)

    def main(self) -> Element:
        """Find the decision that the file is about; what it does not need would be ignored, and is refused."""
        required = {_target(each) for each in self.root.iter("{*}requiredDecision")}
        tops = [where for where in self.decisions if where not in required]
        if len(tops) != 1:
            sentence = f"The file holds {len(tops)} decisions on which no other rests; it must hold one."
            raise DecisionInvalid([*self.source.problems, Problem(self.name, "one-decision", sentence)])
        return self.decisions[tops[0]]

    def nothing_idle(self, main: Element) -> None:
        """Refuse decisions and functions that were not needed."""
        used = {*self.made, *(where for where, each in self.decisions.items() if each is main)}
        for where in [each for each in (*self.decisions, *self.knowledge) if each not in used]:
            self.source.wrong(where, "not-required", f"Nothing requires {where}: draw what rests on it, or remove it.")

    def decision(self, element: Element) -> Table:
        """Read a decision with what it requires."""
        where = element.get("id") or variable_of(element) or self.name
        label = element.get("name") or where
        requires, given, free = self.requirements(element, where)
        outer, self.source.names = self.source.names, set()
        table = self.logic(element, where, label)
        names = (self.source.names - given) | free
        self.source.names = outer
        return replace(
            table,
            requires=tuple(requires.items()),
            names=frozenset(names - {"?"}),
            rests_on=self.source.rests_on,
        )

    def logic(self, element: Element, where: str, label: str) -> Table:
        """Read what a decision is: a table, or any other expression."""
        table = child(element, "decisionTable")
        if table is not None:
            return TableReader(self.source, where).read(table, label)
        code = BoxedReader(self.source, where, label).inside(element, "The decision")
        return Table(where, label, "", (), (), (), (), frozenset(), logic=code)

    def requirements(self, element: Element, where: str) -> tuple[dict[str, Code], set[str], frozenset[str]]:
        """Give what an element requires by name, the names that this gives, and the names that it takes itself."""
        self.making.append(where)
        codes: dict[str, Code] = {}
        free: frozenset[str] = frozenset()
        for kind, holders in (("requiredKnowledge", self.knowledge), ("requiredDecision", self.decisions)):
            for wanted in [_target(one) for each in element.iterchildren() for one in children(each, kind)]:
                found = self.required(wanted, holders, where)
                if found is not None:
                    codes[variable_of(holders[wanted])] = found[0]
                    free |= found[1]
        self.making.pop()
        return codes, set(codes), free

    def required(self, wanted: str, holders: Mapping[str, Element], where: str) -> tuple[Code, frozenset[str]] | None:
        """Read a decision or function that another requires, once."""
        if wanted not in holders:
            self.source.wrong(where, "requirement-not-known", f"It requires {wanted}, which is not in this file.")
            return None
        if wanted in self.making or len(self.making) > DEEPEST:
            self.source.wrong(where, "requirement-circle", f"It rests on {wanted}, which rests on it in the end.")
            return None
        if wanted not in self.made:
            element = holders[wanted]
            self.made[wanted] = self.function(element) if holders is self.knowledge else self.value(element)
        return self.made[wanted][:2]

    def value(self, element: Element) -> tuple[Code, frozenset[str], Table | None]:
        """Read a required decision: its result stands for its name."""
        table = self.decision(element)
        return (lambda scope, run: table.evaluate(scope, run).result), table.names, table

    def function(self, element: Element) -> tuple[Code, frozenset[str], Table | None]:
        """Read a business knowledge model: its function stands for its name."""
        where = element.get("id") or variable_of(element)
        requires, given, free = self.requirements(element, where)
        reader = BoxedReader(self.source, where, element.get("name") or where)
        logic = child(element, "encapsulatedLogic")
        parameters = (
            tuple(each.get("name") or "" for each in children(logic, "formalParameter")) if logic is not None else ()
        )
        outer, self.source.names = self.source.names, set()
        body = reader.inside(logic, "The function")
        names = (self.source.names - given - set(parameters)) | free
        self.source.names = outer
        inner = Table(
            where, reader.label, "", (), (), (), (), frozenset(), requires=tuple(requires.items()), logic=body
        )
        return function_of(parameters, lambda scope, run: inner.evaluate(scope, run).result), frozenset(names), None


def _target(requirement: Element) -> str:
    """Give the id to which a requirement points."""
    return (requirement.get("href") or "").removeprefix("#")
