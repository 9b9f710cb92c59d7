"""From which facts an expression takes what it gives, and of which data classes these are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.errors import Invalid
from engine.feel import Expression, syntax
from engine.feel.functions.registry import phrases
from engine.feel.parser import Parser
from engine.feel.syntax import Node

if TYPE_CHECKING:
    from engine.decisions import Table
    from engine.release import Compiled


@lru_cache(maxsize=8192)
def fields_read(text: str, *, in_conditions: bool = True) -> frozenset[tuple[str, str]]:
    """Give the names that an expression takes, each with the field that it reads of it, "" for the whole.

    Example: ``regrade[-1].level = risk.level`` reads ``("regrade", "level")`` and ``("risk", "level")``. A name in the condition
    of a filter may be a field of what is filtered, or a name of its own; it stands as both, or as its own only.
    """
    parser = Parser(text, phrases())
    return frozenset(_read(parser.whole(parser.expression), in_conditions))


def _read(node: Node, in_conditions: bool) -> Iterator[tuple[str, str]]:  # noqa: FBT001 - handed on
    if isinstance(node, syntax.Path):
        root, conditions = _root(node.whole)
        if isinstance(root, syntax.Name):
            yield root.name, node.part
            for condition in conditions:
                inside = list(_read(condition, in_conditions))
                yield from ((root.name, name) for name, _field in inside if in_conditions)
                yield from inside
            return
    if isinstance(node, syntax.Name):
        yield node.name, ""
    for part in syntax.parts(node):
        yield from _read(part, in_conditions)


def _root(node: Node) -> tuple[Node, list[Node]]:
    """Give what is filtered, and by what."""
    conditions: list[Node] = []
    while isinstance(node, syntax.Filter):
        conditions.append(node.predicate)
        node = node.whole
    return node, conditions


def _fields_of(asked: Expression) -> frozenset[tuple[str, str]]:
    """Give what an expression of a table reads; where names of its file hold signs, each name as a whole."""
    try:
        return fields_read(asked.text)
    except Invalid:
        return frozenset((name, "") for name in asked.names | asked.loose)


class Provenance:
    """Where the values that the tables of a release see come from."""

    def __init__(self, release: Compiled) -> None:
        """Look at a release; what is found is kept."""
        self.release = release
        self.columns: dict[str, dict[str, frozenset[str]]] = {}
        nodes = list(release.nodes.values())
        self.fields: dict[str, set[str]] = {node.record: set() for node in nodes if node.record}
        for node in nodes:
            if node.form in release.forms:
                self.fields[node.record] |= {field.key for field in release.forms[node.form].fields}
            if node.result:
                table = release.decisions.get(node.decision)
                outputs = table.outputs if table is not None else ()
                self.fields.setdefault(node.result, set()).update(output.name for output in outputs)
        for record, field in release.found_fields:
            self.fields[record].add(field)
        self.items = {node.loop.element: fields_read(node.loop.collection or "[]") for node in nodes if node.loop}

    def readable(
        self, record: str, saw: Mapping[str, Any], classes: frozenset[str]
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """Keep of what a table saw the columns whose data classes may all be read; name the classes of the others.

        A column that the release does not know is not shown: nobody can say of which class it is.
        """
        known = self.classes_of_columns(record)
        shown = {column: value for column, value in saw.items() if column in known and known[column] <= classes}
        held = (known.get(column, frozenset()) for column in saw if column not in shown)
        return shown, frozenset().union(*held) - classes

    def classes_of_columns(self, record: str) -> dict[str, frozenset[str]]:
        """Give the data classes of what each column looks at, for the table that writes a record.

        Where several tables write it, a column that they share has the classes of all of them.
        """
        if record not in self.columns:
            found: dict[str, frozenset[str]] = {}
            for node in self.release.nodes.values():
                table = self.release.decisions.get(node.decision) if node.result == record else None
                for column, classes in self.classes_in(table).items() if table is not None else ():
                    found[column] = found.get(column, frozenset()) | classes
            self.columns[record] = found
        return self.columns[record]

    def classes_in(self, table: Table) -> dict[str, frozenset[str]]:
        """Give the data classes of what each column of a table looks at."""
        columns = zip(table.columns, table.asked, strict=True)
        return {column: self._classes(_fields_of(asked), table, frozenset()) for column, asked in columns}

    def classes_of(self, text: str) -> frozenset[str]:
        """Give the data classes of what an expression looks at, through the tables and items that it names."""
        return self._classes(fields_read(text), None, frozenset())

    def _classes(self, read: frozenset[tuple[str, str]], table: Table | None, seen: frozenset[str]) -> frozenset[str]:
        """Give the data classes of what is read."""
        found: set[str] = set()
        for name, field in read:
            if name in self.fields:
                found |= self._of_record(name, field)
            elif name in self.items:
                found |= self._classes(self.items[name], table, seen | {name}) if name not in seen else frozenset()
            else:
                found |= self._of_table(self.release.decisions.get(name), seen)
                found |= self._of_table(table, seen) if table is not None and name in table.given else frozenset()
        return frozenset(found)

    def _of_record(self, record: str, field: str) -> set[str]:
        """Give the data class of a field; of a record as a whole those of all its fields."""
        fields = {field} if field in self.fields[record] else {"", *self.fields[record]}
        return {self.release.data_class(record, each) for each in fields}

    def _of_table(self, table: Table | None, seen: frozenset[str]) -> frozenset[str]:
        """Give the data classes of all that a table reads."""
        if table is None or table.id in seen:
            return frozenset()
        return self._classes(frozenset((name, "") for name in table.names), table, seen | {table.id})
