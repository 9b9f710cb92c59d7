"""Reads decision tables: columns, rules and cells, with all that is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.decisions.cells import Source, child, children, text_in
from engine.decisions.conditions import EPOCH
from engine.decisions.model import AGGREGATIONS, POLICIES, Input, Output, Rule
from engine.decisions.tables import Row, Table
from engine.feel import Expression
from engine.feel.values import kind
from engine.xml import Element

TYPES: Mapping[str, str] = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "long": "number",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "date and time",
    "date and time": "date and time",
    "dayTimeDuration": "days and time duration",
    "days and time duration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "years and months duration": "years and months duration",
}


class TableReader:
    """Reads one table of a file; problems and names go to the file's source."""

    def __init__(self, source: Source, where: str) -> None:
        """Read for a source; `where` is the id of the decision, for problems that have no better place."""
        self.source = source
        self.where = where

    def read(self, table: Element, label: str) -> Table:
        """Read a table; where problems were noted it must not be decided."""
        policy, aggregation = self.policy(table)
        inputs = [self.input(element, at) for at, element in enumerate(children(table, "input"), 1)]
        outputs = [self.output(element, at) for at, element in enumerate(children(table, "output"), 1)]
        self.outputs_named([output for output, _ in outputs], table)
        columns = [column.label for column, _ in inputs], [column for column, _ in outputs]
        rows = [self.rule(element, at, *columns) for at, element in enumerate(children(table, "rule"), 1)]
        self.rules_named([rule for rule, _ in rows])
        asked = list(self.paired(inputs, table, "input"))
        answered = list(self.paired(outputs, table, "output"))
        answers = [self.allowed(each, "outputValues", column) for column, each in answered]
        return Table(
            id=self.where,
            name=label,
            hit_policy=policy,
            inputs=tuple(column for column, _ in inputs),
            outputs=tuple(column for column, _ in outputs),
            rules=tuple(rule for rule, _ in rows),
            annotations=tuple(each.get("name") or "" for each in children(table, "annotation")),
            names=frozenset(),
            aggregation=aggregation,
            asked=tuple(expression for _, expression in inputs if expression is not None),
            rows=tuple(row for _, row in rows),
            defaults=tuple(self.default(each, column) for column, each in answered),
            allowed=tuple(self.allowed(each, "inputValues", column) for column, each in asked),
            answers=tuple(answers),
            priorities=self.priorities(policy, answers, table),
        )

    @staticmethod
    def paired(columns: Sequence[tuple[Any, Any]], table: Element, name: str) -> Iterator[tuple[Any, Element]]:
        """Give each column with its element."""
        return zip((column for column, _ in columns), children(table, name), strict=True)

    def policy(self, table: Element) -> tuple[str, str]:
        """Read the hit policy and the aggregation; one that does not run is refused."""
        where = table.get("id") or self.where
        policy, aggregation = table.get("hitPolicy") or "UNIQUE", table.get("aggregation") or ""
        if policy not in POLICIES:
            sentence = f"The hit policy {policy} does not run; choose one of {', '.join(POLICIES)}."
            self.source.wrong(where, "hit-policy", sentence)
        if aggregation and (policy != "COLLECT" or aggregation not in AGGREGATIONS):
            sentence = f"The aggregation {aggregation} does not run; COLLECT takes one of {', '.join(AGGREGATIONS)}."
            self.source.wrong(where, "aggregation", sentence)
        elif aggregation and len(children(table, "output")) > 1:
            self.source.wrong(where, "aggregation", f"The aggregation {aggregation} takes one output column.")
        return policy, aggregation

    def priorities(
        self, policy: str, answers: Sequence[Expression | None], table: Element
    ) -> tuple[tuple[Any, ...], ...]:
        """Read the order of the answers, which the list of values of a column gives, the most wanted first."""
        if policy not in {"PRIORITY", "OUTPUT ORDER"}:
            return ()
        where = table.get("id") or self.where
        orders: list[tuple[Any, ...]] = []
        for listed in answers:
            found = None if listed is None else self.source.compile(f"[{listed.text}]", where, "Order of the answers")
            orders.append(tuple(found.evaluate({}, now=EPOCH)) if found is not None else ())
        if not any(orders):
            sentence = f"The hit policy {policy} goes by the order of the values that an output lists: list them."
            self.source.wrong(where, "no-priorities", sentence)
        return tuple(orders)

    def input(self, element: Element, at: int) -> tuple[Input, Expression | None]:
        """Read a column that is asked."""
        asked = child(element, "inputExpression")
        text = text_in(asked)
        label = element.get("label") or text or f"input {at}"
        column = Input(label, text, self.source.type_of(asked))
        where = element.get("id") or label
        if not text:
            self.source.wrong(where, "empty-input", f"The column '{label}' has no expression.")
            return column, None
        self.source.language(asked, where, label)
        return column, self.source.compile(text, where, f"Column '{label}'")

    def output(self, element: Element, at: int) -> tuple[Output, None]:
        """Read a column that is answered."""
        name = element.get("name") or ""
        return Output(name, self.source.type_of(element), element.get("label") or name or f"output {at}"), None

    def outputs_named(self, outputs: Sequence[Output], table: Element) -> None:
        """Require an output, and names that differ where there are several."""
        where = table.get("id") or self.source.name
        if not outputs:
            self.source.wrong(where, "no-output", "The table has no output column.")
        names = [output.name for output in outputs]
        if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
            self.source.wrong(where, "output-names", "Each of several output columns needs a name of its own.")

    def rules_named(self, rules: Sequence[Rule]) -> None:
        """Require ids that differ, for a decision is explained by them."""
        ids = [rule.id for rule in rules]
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            self.source.wrong(twice, "rule-ids", f"Two rules have the id {twice}.")

    # --------------------------------------------------------------------------------------- cells

    def rule(self, element: Element, at: int, inputs: Sequence[str], outputs: Sequence[Output]) -> tuple[Rule, Row]:
        """Read a row."""
        rule_id = element.get("id") or f"rule_{at}"
        tests, answers = children(element, "inputEntry"), children(element, "outputEntry")
        if len(tests) != len(inputs) or len(answers) != len(outputs):
            sentence = f"The rule {rule_id} has {len(tests)} and {len(answers)} cells; the table {len(inputs)} and {len(outputs)}."
            self.source.wrong(rule_id, "cell-count", sentence)
        notes = [text_in(note) for note in children(element, "annotationEntry")]
        description = child(element, "description")
        notes += [(description.text or "").strip()] if description is not None else []
        rule = Rule(
            rule_id,
            tuple(text_in(cell) or "-" for cell in tests),
            tuple(text_in(cell) for cell in answers),
            "; ".join(note for note in notes if note),
        )
        compiled: list[tuple[int, Expression]] = []
        for column, (cell, label) in enumerate(zip(tests, inputs, strict=False)):
            test = self.test(cell, rule_id, label)
            compiled += [(column, test)] if test is not None else []
        given = [self.answer(cell, rule_id, output) for cell, output in zip(answers, outputs, strict=False)]
        return rule, Row(rule_id, tuple(compiled), tuple(each for each in given if each is not None))

    def test(self, cell: Element, rule_id: str, label: str) -> Expression | None:
        """Compile a cell that tests; ``-`` and an empty one need no test."""
        text = text_in(cell)
        if text in {"", "-"}:
            return None
        self.source.language(cell, rule_id, label)
        return self.source.compile(text, rule_id, f"Rule {rule_id}, column '{label}'", tests=True)

    def answer(self, cell: Element, rule_id: str, output: Output) -> Expression | None:
        """Compile a cell that answers and, where it is a constant, check its type."""
        text = text_in(cell)
        if not text:
            self.source.wrong(
                rule_id,
                "empty-cell",
                f"Rule {rule_id}, column '{output.label}': the cell is empty; write null for nothing.",
            )
            return None
        self.source.language(cell, rule_id, output.label)
        return self.typed(
            self.source.compile(text, rule_id, f"Rule {rule_id}, column '{output.label}'"), rule_id, output
        )

    def typed(self, expression: Expression | None, where: str, output: Output) -> Expression | None:
        """Refuse a constant of another type than its column says."""
        wanted = TYPES.get(output.type)
        if expression is not None and wanted is not None and expression.constant:
            found = kind(expression.value)
            if found not in {wanted, "null"}:
                sentence = f"{expression.text} is a {found}, and the column is of the type {wanted}."
                self.source.wrong(where, "cell-type", f"Rule {where}, column '{output.label}': {sentence}")
        return expression

    def allowed(self, element: Element, name: str, column: Input | Output) -> Expression | None:
        """Compile the values that a column allows: those that it lists, else those of its type."""
        asked = child(element, "inputExpression") if name == "inputValues" else element
        type_ref = (asked.get("typeRef") if asked is not None else None) or ""
        listed = text_in(child(element, name)) or self.source.allowed.get(type_ref, "")
        where = element.get("id") or column.label
        return self.source.compile(listed, where, f"Values of '{column.label}'", tests=True) if listed else None

    def default(self, element: Element, output: Output) -> Expression | None:
        """Compile what a column gives when no rule applies."""
        text = text_in(child(element, "defaultOutputEntry"))
        where = element.get("id") or output.label
        return (
            self.typed(self.source.compile(text, where, f"Default of '{output.label}'"), where, output)
            if text
            else None
        )
