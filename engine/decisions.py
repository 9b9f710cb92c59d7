"""Decision tables of DMN 1.3: read once with all that is wrong in them, then decided with the rules that fired.

One file holds one table. Of the hit policies UNIQUE, FIRST and COLLECT (without aggregation) run; every other is refused
when the table is read, for the engine would have to ignore it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from engine.errors import Invalid, Problem
from engine.feel import Budget, Expression, FeelSyntaxError, compile, compile_unary_tests
from engine.feel.budget import Run
from engine.feel.values import kind
from engine.xml import Element, local_name, parse

POLICIES = ("UNIQUE", "FIRST", "COLLECT")
_NAMESPACES = frozenset({
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
})  # fmt: skip
_HARMLESS = frozenset({
    "", "decision", "inputData", "DMNDI", "description", "extensionElements", "itemDefinition", "knowledgeSource",
    "textAnnotation", "association", "group",
})  # fmt: skip
_HARMLESS_IN_DECISION = frozenset({
    "", "decisionTable", "description", "extensionElements", "variable", "informationRequirement",
    "authorityRequirement", "question", "allowedAnswers",
})  # fmt: skip
_TYPES: Mapping[str, str] = {
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
_BUDGET = Budget()


class DecisionInvalid(Invalid):
    """The file is no decision table that can run; every fault is given, with its rule and column."""


class DecisionAmbiguous(Invalid):
    """More than one rule of a UNIQUE table applies."""


class ValueNotAllowed(Invalid):
    """A value is none of those that its column lists."""


class Input(NamedTuple):
    """A column that is asked: its label, its expression as text, its type as the file names it."""

    label: str
    expression: str
    type: str


class Output(NamedTuple):
    """A column that is answered: its name in the result, its type as the file names it, its label."""

    name: str
    type: str
    label: str


class Rule(NamedTuple):
    """A row, with its cells as text."""

    id: str
    tests: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a table said: the result, the ids of the rules that fired in their order, and the value of each input."""

    result: Any
    rule_ids: tuple[str, ...]
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule, compiled; a test that is None always holds."""

    id: str
    tests: tuple[tuple[int, Expression], ...]
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table that can be decided any number of times.

    `names` are the free names of all its expressions: what a caller must bring or the facts must hold.
    """

    id: str
    name: str
    hit_policy: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...]
    names: frozenset[str]
    _asked: tuple[Expression, ...] = field(repr=False)
    _rows: tuple[_Row, ...] = field(repr=False)
    _defaults: tuple[Expression | None, ...] = field(repr=False)
    _allowed: tuple[Expression | None, ...] = field(repr=False)
    _answers: tuple[Expression | None, ...] = field(repr=False)

    def decide(self, scope: Mapping[str, Any], *, now: datetime, budget: Budget = _BUDGET) -> Decision:
        """Decide with the names in `scope`, at the aware moment `now`.

        UNIQUE and FIRST give the one answer or None: the bare value of a single output, or
        ``{"level": "high", "review": timedelta(...)}`` of several. COLLECT gives a list of such answers, in the order
        of the rules. Raises DecisionAmbiguous, naming the rules, where a UNIQUE table has two answers; ValueNotAllowed;
        BudgetExceeded.
        """
        run = Run(budget, now)
        values = [asked.code(scope, run) for asked in self._asked]
        for column, allowed, value in zip(self.inputs, self._allowed, values, strict=True):
            self._check(column.label, allowed, value, run)
        hits = self._hits([{**scope, "?": value} for value in values], run)
        rule_ids = tuple(row.id for row in hits)
        if self.hit_policy == "UNIQUE" and len(hits) > 1:
            sentence = f"The rules {' and '.join(rule_ids)} of the table '{self.name}' apply at once, and only one may."
            raise DecisionAmbiguous([Problem(self.id, "rules-overlap", sentence)])
        answers = [self._answer(row.outputs, scope, run) for row in hits]
        result: Any = answers
        if self.hit_policy != "COLLECT":
            result = (
                answers[0] if answers else self._answer(self._defaults, scope, run) if any(self._defaults) else None
            )
        return Decision(
            result, rule_ids, {column.label: value for column, value in zip(self.inputs, values, strict=True)}
        )

    def may_apply(
        self, scope: Mapping[str, Any], unsure: Collection[int], *, now: datetime, budget: Budget = _BUDGET
    ) -> tuple[Rule, ...]:
        """Give the rules that can apply where nobody knows what some columns ask, which `unsure` names by their places.

        In a FIRST table the last of them is the first one that surely applies.
        """
        run = Run(budget, now)
        values = [None if at in unsure else asked.code(scope, run) for at, asked in enumerate(self._asked)]
        scopes = [{**scope, "?": value} for value in values]
        found: list[Rule] = []
        for row, rule in zip(self._rows, self.rules, strict=True):
            run.spend()
            if all(test.code(scopes[at], run) for at, test in row.tests if at not in unsure):
                found.append(rule)
                if self.hit_policy == "FIRST" and not any(at in unsure for at, _ in row.tests):
                    break
        return tuple(found)

    def _hits(self, scopes: Sequence[Mapping[str, Any]], run: Run) -> list[_Row]:
        hits: list[_Row] = []
        for row in self._rows:
            run.spend()
            if all(test.code(scopes[column], run) for column, test in row.tests):
                hits.append(row)
                if self.hit_policy == "FIRST":
                    break
        return hits

    def _answer(self, cells: Sequence[Expression | None], scope: Mapping[str, Any], run: Run) -> Any:
        values = [None if cell is None else cell.code(scope, run) for cell in cells]
        for column, allowed, value in zip(self.outputs, self._answers, values, strict=True):
            self._check(column.label, allowed, value, run)
        if len(values) == 1:
            return values[0]
        return {column.name: value for column, value in zip(self.outputs, values, strict=True)}

    def _check(self, label: str, allowed: Expression | None, value: Any, run: Run) -> None:
        if allowed is None or value is None or allowed.code({"?": value}, run):
            return
        sentence = f"The value {value!r} of '{label}' in the table '{self.name}' is none of {allowed.text}."
        raise ValueNotAllowed([Problem(self.id, "value-not-allowed", sentence)])


def read(text: str, name: str) -> Table:
    """Read the DMN XML of one decision table; `name` is the file's name, for problems that have no better place.

    Raises DecisionInvalid with every problem: the structure, hit policies that do not run, and each cell that is not
    FEEL with its rule's id, its column's label, line and column of the text in it.
    """
    return _Reader(parse(text, name), name).table()


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if local_name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    found = _children(element, name)
    return found[0] if found else None


def _text(element: Element | None) -> str:
    """Give the text in an element's ``text`` child; an absent one is empty."""
    inner = None if element is None else _child(element, "text")
    return "" if inner is None else (inner.text or "").strip()


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, root: Element, name: str) -> None:
        self.root = root
        self.name = name
        self.problems: list[Problem] = []
        self.names: set[str] = set()

    def wrong(self, where: str, rule: str, sentence: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(where, rule, sentence))

    def table(self) -> Table:
        """Read the table or refuse with all problems."""
        decision, table = self.only_table()
        policy = self.policy(table)
        inputs = [self.input(element, at) for at, element in enumerate(_children(table, "input"), 1)]
        outputs = [self.output(element, at) for at, element in enumerate(_children(table, "output"), 1)]
        self.outputs_named([output for output, _ in outputs], table)
        columns = [column.label for column, _ in inputs], [column for column, _ in outputs]
        rows = [self.rule(element, at, *columns) for at, element in enumerate(_children(table, "rule"), 1)]
        self.rules_named([rule for rule, _ in rows])
        label = decision.get("name") or decision.get("id") or self.name
        allowed = [
            self.allowed(each, "inputValues", column.label) for column, each in self.paired(inputs, table, "input")
        ]
        answers = [
            self.allowed(each, "outputValues", column.label) for column, each in self.paired(outputs, table, "output")
        ]
        defaults = [self.default(each, column) for column, each in self.paired(outputs, table, "output")]
        if self.problems:
            raise DecisionInvalid(self.problems)
        return Table(
            id=decision.get("id") or self.name,
            name=label,
            hit_policy=policy,
            inputs=tuple(column for column, _ in inputs),
            outputs=tuple(column for column, _ in outputs),
            rules=tuple(rule for rule, _ in rows),
            annotations=tuple(each.get("name") or "" for each in _children(table, "annotation")),
            names=frozenset(self.names - {"?"}),
            _asked=tuple(expression for _, expression in inputs if expression is not None),
            _rows=tuple(row for _, row in rows),
            _defaults=tuple(defaults),
            _allowed=tuple(allowed),
            _answers=tuple(answers),
        )

    @staticmethod
    def paired(columns: Sequence[tuple[Any, Any]], table: Element, name: str) -> Iterator[tuple[Any, Element]]:
        """Give each column with its element."""
        return zip((column for column, _ in columns), _children(table, name), strict=True)

    # --------------------------------------------------------------------------------------- structure

    def only_table(self) -> tuple[Element, Element]:
        """Find the one decision and its table; refuse the file at once where there is no such thing."""
        namespace = str(self.root.tag).partition("}")[0].removeprefix("{")
        if local_name(self.root) != "definitions" or namespace not in _NAMESPACES:
            raise DecisionInvalid(
                [Problem(self.name, "not-dmn", "The file holds no DMN definitions of version 1.2 to 1.5.")]
            )
        self.nothing_else(self.root, _HARMLESS, self.name)
        decisions = _children(self.root, "decision")
        if len(decisions) != 1:
            sentence = f"The file holds {len(decisions)} decisions; it must hold one, with one table."
            raise DecisionInvalid([*self.problems, Problem(self.name, "one-decision", sentence)])
        decision = decisions[0]
        where = decision.get("id") or self.name
        self.nothing_else(decision, _HARMLESS_IN_DECISION, where)
        if any(local_name(each) == "requiredDecision" for each in decision.iter()):
            self.wrong(
                where, "requires-decision", "The decision rests on another decision; only facts can be its inputs."
            )
        table = _child(decision, "decisionTable")
        if table is None:
            raise DecisionInvalid([*self.problems, Problem(where, "no-table", "The decision holds no decision table.")])
        return decision, table

    def nothing_else(self, element: Element, harmless: frozenset[str], where: str) -> None:
        """Refuse elements that the engine would ignore."""
        for child in element:
            name = local_name(child)
            if name not in harmless:
                self.wrong(child.get("id") or where, "unknown-element", f"The engine does not run <{name}>: remove it.")

    def policy(self, table: Element) -> str:
        """Read the hit policy; one that does not run is refused."""
        where = table.get("id") or self.name
        policy = table.get("hitPolicy") or "UNIQUE"
        if policy not in POLICIES:
            self.wrong(
                where, "hit-policy", f"The hit policy {policy} does not run; choose one of {', '.join(POLICIES)}."
            )
        if table.get("aggregation"):
            self.wrong(
                where, "aggregation", f"The aggregation {table.get('aggregation')} does not run; collect the answers."
            )
        return policy

    def input(self, element: Element, at: int) -> tuple[Input, Expression | None]:
        """Read a column that is asked."""
        asked = _child(element, "inputExpression")
        text = _text(asked)
        label = element.get("label") or text or f"input {at}"
        column = Input(label, text, (asked.get("typeRef") if asked is not None else None) or "Any")
        where = element.get("id") or label
        if not text:
            self.wrong(where, "empty-input", f"The column '{label}' has no expression.")
            return column, None
        self.language(asked, where, label)
        return column, self.compile(text, where, f"Column '{label}'")

    def output(self, element: Element, at: int) -> tuple[Output, None]:
        """Read a column that is answered."""
        name = element.get("name") or ""
        return Output(name, element.get("typeRef") or "Any", element.get("label") or name or f"output {at}"), None

    def outputs_named(self, outputs: Sequence[Output], table: Element) -> None:
        """Require an output, and names that differ where there are several."""
        where = table.get("id") or self.name
        if not outputs:
            self.wrong(where, "no-output", "The table has no output column.")
        names = [output.name for output in outputs]
        if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
            self.wrong(where, "output-names", "Each of several output columns needs a name of its own.")

    def rules_named(self, rules: Sequence[Rule]) -> None:
        """Require ids that differ, for a decision is explained by them."""
        ids = [rule.id for rule in rules]
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            self.wrong(twice, "rule-ids", f"Two rules have the id {twice}.")

    # --------------------------------------------------------------------------------------- cells

    def rule(self, element: Element, at: int, inputs: Sequence[str], outputs: Sequence[Output]) -> tuple[Rule, _Row]:
        """Read a row."""
        rule_id = element.get("id") or f"rule_{at}"
        tests, answers = _children(element, "inputEntry"), _children(element, "outputEntry")
        if len(tests) != len(inputs) or len(answers) != len(outputs):
            sentence = f"The rule {rule_id} has {len(tests)} and {len(answers)} cells; the table {len(inputs)} and {len(outputs)}."
            self.wrong(rule_id, "cell-count", sentence)
        notes = [_text(note) for note in _children(element, "annotationEntry")]
        description = _child(element, "description")
        notes += [(description.text or "").strip()] if description is not None else []
        rule = Rule(
            rule_id,
            tuple(_text(cell) or "-" for cell in tests),
            tuple(_text(cell) for cell in answers),
            "; ".join(note for note in notes if note),
        )
        compiled: list[tuple[int, Expression]] = []
        for column, (cell, label) in enumerate(zip(tests, inputs, strict=False)):
            test = self.test(cell, rule_id, label)
            compiled += [(column, test)] if test is not None else []
        given = [self.answer(cell, rule_id, output) for cell, output in zip(answers, outputs, strict=False)]
        return rule, _Row(rule_id, tuple(compiled), tuple(each for each in given if each is not None))

    def test(self, cell: Element, rule_id: str, label: str) -> Expression | None:
        """Compile a cell that tests; ``-`` and an empty one need no test."""
        text = _text(cell)
        if text in {"", "-"}:
            return None
        self.language(cell, rule_id, label)
        return self.compile(text, rule_id, f"Rule {rule_id}, column '{label}'", tests=True)

    def answer(self, cell: Element, rule_id: str, output: Output) -> Expression | None:
        """Compile a cell that answers and, where it is a constant, check its type."""
        text = _text(cell)
        if not text:
            self.wrong(
                rule_id,
                "empty-cell",
                f"Rule {rule_id}, column '{output.label}': the cell is empty; write null for nothing.",
            )
            return None
        self.language(cell, rule_id, output.label)
        return self.typed(self.compile(text, rule_id, f"Rule {rule_id}, column '{output.label}'"), rule_id, output)

    def typed(self, expression: Expression | None, where: str, output: Output) -> Expression | None:
        """Refuse a constant of another type than its column says."""
        wanted = _TYPES.get(output.type)
        if expression is not None and wanted is not None and expression.constant:
            found = kind(expression.value)
            if found not in {wanted, "null"}:
                sentence = f"{expression.text} is a {found}, and the column is of the type {wanted}."
                self.wrong(where, "cell-type", f"Rule {where}, column '{output.label}': {sentence}")
        return expression

    def allowed(self, element: Element, name: str, label: str) -> Expression | None:
        """Compile the list of values that a column allows."""
        listed = _text(_child(element, name))
        return self.compile(listed, element.get("id") or label, f"Values of '{label}'", tests=True) if listed else None

    def default(self, element: Element, output: Output) -> Expression | None:
        """Compile what a column gives when no rule applies."""
        text = _text(_child(element, "defaultOutputEntry"))
        where = element.get("id") or output.label
        return self.typed(self.compile(text, where, f"Default of '{output.label}'"), where, output) if text else None

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
            expression = compile_unary_tests(text) if tests else compile(text)
            faults = expression.doubts
            self.names |= expression.names
        except FeelSyntaxError as refused:
            faults = (refused,)
        for fault in faults:
            sentence = f"{place}, line {fault.line}, column {fault.column}: {fault.sentence}"
            self.wrong(where, "feel-syntax", sentence)
        return expression
