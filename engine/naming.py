"""Refuses what nothing in a procedure writes: names in decision tables, and fields of records that are known whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from engine import feel
from engine.decisions import RULES, SAW, Table
from engine.errors import Invalid, Problem, did_you_mean
from engine.feel import syntax
from engine.feel.functions.registry import phrases
from engine.feel.parser import Parser
from engine.provenance import fields_read

if TYPE_CHECKING:
    from engine.release import Compiled

ALWAYS = frozenset({"key", RULES, SAW, "value", "matches"})
"""The fields that the engine itself gives to a record."""


def table_names(release: Compiled, known: Collection[str], texts: Collection[str]) -> Iterator[Problem]:
    """Refuse the names in tables that nothing writes; `texts` are the expressions that may call a table with arguments."""
    given = _given(release, texts)
    for table in release.decisions.values():
        names = {*known, *table.given, *given.get(table.id, ()), "?"}
        told: set[str] = set()
        for name in sorted(table.given & set(known)):
            sentence = (
                f"The file calls something {name}, which hides what the procedure calls so: rename it in the file."
            )
            yield Problem(table.id, "name-hides", sentence)
        for output in table.outputs:
            if output.name in {RULES, SAW}:
                sentence = (
                    f"The engine notes why a table answered so under {output.name}: call the column something else."
                )
                yield Problem(table.id, "name-hides", sentence)
        for where, expression in _cells(table):
            for name in sorted(expression.names - names - told):
                told.add(name)
                yield Problem(
                    where, "name-not-known", f"Nothing in this procedure writes {name}.{did_you_mean(name, names)}"
                )
        for name in sorted(table.names - names - told):
            yield Problem(
                table.id, "name-not-known", f"Nothing in this procedure writes {name}.{did_you_mean(name, names)}"
            )


def fields(release: Compiled, places: Collection[tuple[str, str]]) -> Iterator[Problem]:
    """Refuse fields that no question and no table writes, of records that nothing else writes.

    `places` are expressions with the elements at which they stand.
    """
    nodes = release.nodes.values()
    open_records = {node.record for node in nodes if node.record and node.form not in release.forms}
    open_records |= {node.result for node in nodes if node.script}
    tables = [(where, each.text) for table in release.decisions.values() for where, each in _cells(table)]
    for where, text in (*places, *tables):
        try:
            read = fields_read(text, in_conditions=False)
        except Invalid:  # said where expressions are read
            continue
        for record, field in sorted(read):
            written = release.provenance.fields.get(record, set()) | ALWAYS
            if field and record in release.provenance.fields and record not in open_records and field not in written:
                sentence = f"Nothing in this procedure writes {record}.{field}.{did_you_mean(field, written)}"
                yield Problem(where, "field-not-known", sentence)


def _cells(table: Table) -> Iterator[tuple[str, feel.Expression]]:
    """Give the expressions of a table with the rule, or the decision, at which they stand."""
    yield from ((table.id, each) for each in table.asked)
    for row in table.rows:
        yield from ((row.id, test) for _, test in row.tests)
        yield from ((row.id, each) for each in row.outputs)
    yield from ((table.id, each) for each in table.defaults if each is not None)


def _given(release: Compiled, texts: Collection[str]) -> dict[str, set[str]]:
    """Give the arguments with which the tables are called, by table."""
    found: dict[str, set[str]] = {}
    inside = [each.text for table in release.decisions.values() for _, each in _cells(table)]
    for text in (*texts, *inside):
        for name, count, names in _calls(text):
            table = release.decisions.get(name)
            parameters = sorted(table.names)[:count] if table is not None else []
            found.setdefault(name, set()).update(names or parameters)
    return found


@lru_cache(maxsize=8192)
def _calls(text: str) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """Give the calls in an expression: the function, how many arguments, and their names where they have any."""
    try:
        parser = Parser(text, phrases())
        waiting = [parser.whole(parser.expression)]
    except Invalid:
        return ()
    found = []
    while waiting:
        node = waiting.pop()
        waiting += syntax.parts(node)
        if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name):
            found.append((node.function.name, len(node.arguments), node.names))
    return tuple(found)
