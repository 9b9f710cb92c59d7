"""Boxed expressions: what a decision may be instead of a table, and what its parts are made of (DMN 1.5, 7.3 and 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.decisions.cells import Source, child, children, text_in, variable_of
from engine.decisions.model import Code
from engine.decisions.reader import TableReader
from engine.feel.budget import Run
from engine.feel.calls import invoke
from engine.feel.values import Function
from engine.xml import Element, local_name

Read = Callable[["BoxedReader", Element], Code]
BESIDE = frozenset({"", "description", "extensionElements", "variable"})
"""What may stand beside an expression and says nothing about it."""


def nothing(_scope: Mapping[str, Any], _run: Run) -> Any:
    """Stand for a part that could not be read; its problem was noted."""
    return None


def function_of(parameters: tuple[str, ...], body: Code) -> Code:
    """Give what makes a function that sees its parameters, and the scope in which it was made."""

    def code(scope: Mapping[str, Any], run: Run) -> Function:
        def call(**given: Any) -> Any:
            run.spend()
            run.enter(10)
            try:
                return body({**scope, **given}, run)
            finally:
                run.leave(10)

        return Function(call, parameters)

    return code


class BoxedReader:
    """Reads the boxed expressions of one decision; problems and names go to the file's source."""

    def __init__(self, source: Source, where: str, label: str) -> None:
        """Read for a source; `where` and `label` are the id and the name of the decision."""
        self.source = source
        self.where = where
        self.label = label

    def inside(self, element: Element | None, what: str) -> Code:
        """Read the one expression inside an element; its absence is a problem."""
        found = None if element is None else next((each for each in element if local_name(each) in READERS), None)
        if found is None:
            self.source.wrong(self.where, "no-expression", f"{what} of “{self.label}” holds no expression that runs.")
            return nothing
        return self.read(found)

    def read(self, element: Element) -> Code:
        """Read an expression of any kind."""
        return READERS[local_name(element)](self, element)

    def binding(self, names: set[str], read: Callable[[], Code]) -> Code:
        """Read a part in which these names are given, so that they are not free."""
        outside, self.source.names = self.source.names, set()
        code = read()
        self.source.names = outside | (self.source.names - names)
        return code

    def parts(self, element: Element, name: str) -> Code:
        """Read what stands in a named part, such as ``if`` or ``return``."""
        return self.inside(child(element, name), f"The part <{name}>")


def _literal(reader: BoxedReader, element: Element) -> Code:
    place = f"Expression of “{reader.label}”"
    text = text_in(element)
    if not text:
        reader.source.wrong(reader.where, "no-expression", f"{place}: it is empty; write null for nothing.")
        return nothing
    reader.source.language(element, reader.where, reader.label)
    compiled = reader.source.compile(text, element.get("id") or reader.where, place)
    return nothing if compiled is None else compiled.code


def _table(reader: BoxedReader, element: Element) -> Code:
    table = TableReader(reader.source, reader.where).read(element, reader.label)
    return lambda scope, run: table.evaluate(scope, run).result


def _context(reader: BoxedReader, element: Element) -> Code:
    entries: list[tuple[str, Code]] = []
    known: set[str] = set()
    for entry in children(element, "contextEntry"):
        name = variable_of(entry)
        entries.append((name, reader.binding(set(known), lambda entry=entry: reader.inside(entry, "An entry"))))  # type: ignore[misc]
        known.add(name)

    def code(scope: Mapping[str, Any], run: Run) -> Any:
        inner, made = dict(scope), {}
        for name, value in entries:
            if not name:
                return value(inner, run)
            made[name] = inner[name] = value(inner, run)
        return made

    return code


def _list(reader: BoxedReader, element: Element) -> Code:
    items = [reader.read(each) for each in element if local_name(each) in READERS]
    return lambda scope, run: [item(scope, run) for item in items]


def _relation(reader: BoxedReader, element: Element) -> Code:
    columns = [each.get("name") or "" for each in children(element, "column")]
    rows = [[reader.read(cell) for cell in row if local_name(cell) in READERS] for row in children(element, "row")]
    if any(len(row) != len(columns) for row in rows):
        reader.source.wrong(reader.where, "cell-count", f"A row of “{reader.label}” has not one cell for each column.")

    def code(scope: Mapping[str, Any], run: Run) -> Any:
        return [{name: cell(scope, run) for name, cell in zip(columns, row, strict=True)} for row in rows]

    return code


def _invocation(reader: BoxedReader, element: Element) -> Code:
    function = reader.inside(element, "An invocation")
    bindings = children(element, "binding")
    names = tuple(
        (each.get("name") or "") for each in (child(one, "parameter") for one in bindings) if each is not None
    )
    given = [reader.inside(each, "A binding") for each in bindings]
    if len(names) != len(given):
        reader.source.wrong(reader.where, "no-parameter", f"A binding of “{reader.label}” names no parameter.")
    return lambda scope, run: invoke(function(scope, run), [each(scope, run) for each in given], names, run)


def _function(reader: BoxedReader, element: Element) -> Code:
    made = (element.get("kind") or "FEEL").upper()
    if made != "FEEL":
        sentence = f"“{reader.label}” defines a function in {made}; only FEEL runs."
        reader.source.wrong(reader.where, "not-feel", sentence)
        return nothing
    parameters = tuple(each.get("name") or "" for each in children(element, "formalParameter"))
    body = reader.binding(set(parameters), lambda: reader.inside(element, "A function"))
    return function_of(parameters, body)


def _conditional(reader: BoxedReader, element: Element) -> Code:
    test, yes, no = (reader.parts(element, name) for name in ("if", "then", "else"))
    return lambda scope, run: yes(scope, run) if test(scope, run) is True else no(scope, run)


def _filter(reader: BoxedReader, element: Element) -> Code:
    source = reader.parts(element, "in")
    match = reader.binding({"item"}, lambda: reader.parts(element, "match"))

    def code(scope: Mapping[str, Any], run: Run) -> Any:
        kept = []
        for item in _items(source(scope, run), run):
            inner = {**scope, **item, "item": item} if isinstance(item, dict) else {**scope, "item": item}
            if match(inner, run) is True:
                kept.append(item)
        return kept

    return code


def _each(reader: BoxedReader, element: Element) -> tuple[str, Code, Code]:
    name = element.get("iteratorVariable") or "item"
    source = reader.parts(element, "in")
    part = "return" if local_name(element) == "for" else "satisfies"
    return name, source, reader.binding({name, "partial"}, lambda: reader.parts(element, part))


def _for(reader: BoxedReader, element: Element) -> Code:
    name, source, body = _each(reader, element)

    def code(scope: Mapping[str, Any], run: Run) -> Any:
        made: list[Any] = []
        for item in _items(source(scope, run), run):
            made.append(body({**scope, name: item, "partial": list(made)}, run))
        return made

    return code


def _quantified(reader: BoxedReader, element: Element) -> Code:
    name, source, test = _each(reader, element)
    every = local_name(element) == "every"

    def code(scope: Mapping[str, Any], run: Run) -> Any:
        found = [test({**scope, name: item}, run) for item in _items(source(scope, run), run)]
        decisive = not every
        return decisive if decisive in found else None if None in found else every

    return code


def _items(value: Any, run: Run) -> list[Any]:
    """Give a value as a list: nothing is an empty one, a value by itself a list of one."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    run.items(len(items))
    return items


READERS: Mapping[str, Read] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "invocation": _invocation,
    "functionDefinition": _function,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "every": _quantified,
    "some": _quantified,
}
"""How each kind of boxed expression is read."""
