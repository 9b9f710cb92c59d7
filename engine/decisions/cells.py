"""Reads the small parts of a DMN file: names, texts and cells of FEEL, and gathers what is wrong with them."""

from __future__ import annotations

from engine.errors import Problem
from engine.feel import Expression, FeelSyntaxError, compile, compile_unary_tests
from engine.xml import Element, local_name

NAMESPACES = frozenset({
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
})  # fmt: skip

_NAMED = frozenset({
    "inputData", "decision", "businessKnowledgeModel", "variable", "formalParameter", "parameter", "column", "itemComponent",
    "output", "for", "every", "some",
})  # fmt: skip
"""The elements whose name an expression may speak."""


def children(element: Element, name: str) -> list[Element]:
    """Give the elements of a name directly inside another."""
    return list(element.iterchildren(f"{{*}}{name}"))


def child(element: Element, name: str) -> Element | None:
    """Give the first element of a name directly inside another."""
    return next(element.iterchildren(f"{{*}}{name}"), None)


def text_in(element: Element | None) -> str:
    """Give the text in an element's ``text`` child; an absent one is empty."""
    inner = None if element is None else child(element, "text")
    return "" if inner is None else (inner.text or "").strip()


def variable_of(element: Element) -> str:
    """Give the name by which expressions know what an element gives: that of its variable, or its own."""
    variable = child(element, "variable")
    return ((variable.get("name") if variable is not None else "") or element.get("name") or "").strip()


def _base(definition: Element) -> str:
    """Give the type that a simple type is made of; "" for structures and lists."""
    base = child(definition, "typeRef")
    return (
        "" if base is None or definition.get("isCollection") == "true" else (base.text or "").strip().rpartition(":")[2]
    )


class Source:
    """What is read of one file: its problems, the free names of the part that is read, the values that its types allow, and
    what anything in it rests on (None once something asks what time it is).
    """

    def __init__(self, name: str, root: Element) -> None:
        """Begin with the file's name and its types."""
        self.name = name
        types = [each for each in children(root, "itemDefinition") if each.get("name")]
        self.allowed = {str(each.get("name")): text_in(child(each, "allowedValues")) for each in types}
        self.bases = {str(each.get("name")): _base(each) for each in types}
        holders = root.iter(*(f"{{*}}{name}" for name in sorted(_NAMED)))
        spoken = {str(each.get("name") or each.get("iteratorVariable") or "") for each in holders}
        self.spoken = frozenset(name for name in spoken if name and not name.isidentifier())
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self.rests_on: frozenset[str] | None = frozenset()

    def type_of(self, element: Element | None) -> str:
        """Give the type that an element names; one of the file's own gives what it is made of, and no type is ``Any``."""
        named = (element.get("typeRef") or "").rpartition(":")[2] if element is not None else ""
        seen: set[str] = set()
        while named in self.bases and named not in seen:
            seen.add(named)
            named = self.bases[named]
        return named or "Any"

    def wrong(self, where: str, rule: str, sentence: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(where, rule, sentence))

    def nothing_else(self, element: Element, harmless: frozenset[str], where: str) -> None:
        """Refuse elements that the engine would ignore."""
        for each in element:
            name = local_name(each)
            if name not in harmless:
                self.wrong(each.get("id") or where, "unknown-element", f"The engine does not run <{name}>: remove it.")

    def language(self, element: Element | None, where: str, label: str) -> None:
        """Refuse any language but FEEL."""
        language = (element.get("expressionLanguage") or "") if element is not None else ""
        if language and "FEEL" not in language.upper():
            self.wrong(where, "not-feel", f"The column '{label}' is written in {language}; only FEEL runs.")

    def compile(self, text: str, where: str, place: str, *, tests: bool = False) -> Expression | None:
        """Compile FEEL and note its faults, with line and column of the text, and its names."""
        expression: Expression | None = None
        faults: tuple[FeelSyntaxError, ...] = ()
        try:
            expression = compile_unary_tests(text, self.spoken) if tests else compile(text, self.spoken)
            faults = expression.doubts
            self.names |= expression.names
            inside = expression.rests_on
            self.rests_on = None if self.rests_on is None or inside is None else self.rests_on | inside
        except FeelSyntaxError as refused:
            faults = (refused,)
        for fault in faults:
            sentence = f"{place}, line {fault.line}, column {fault.column}: {fault.sentence}"
            self.wrong(where, "feel-syntax", sentence)
        return expression
