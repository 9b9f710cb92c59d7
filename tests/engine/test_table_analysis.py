"""What is wrong in a table as a whole, and that it is so: the findings against every question that can be tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import decisions
from engine.decisions import Table
from engine.decisions.analysis import Finding, examine
from engine.decisions.spaces import ANYTHING
from engine.feel import YearMonthDuration
from tests.engine.test_decisions import listed, table

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def typed(text: str, *types: str) -> str:
    """Give the columns their types, from the first on."""
    for each in types:
        text = text.replace("<inputExpression>", f'<inputExpression typeRef="{each}">', 1)
    return text


def found(text: str) -> list[str]:
    return [finding.problem.sentence for finding in examine(decisions.read(text, "t.dmn"))]


def test_rules_that_meet_under_unique_are_told_with_an_example() -> None:
    text = typed(table("UNIQUE", ["Age=age", "Harm=harm"], ["x"], [["< 18", "-", "1"], [">= 16", "true", "2"], [">= 18", "not(true)", "3"]]), "integer", "boolean")  # fmt: skip
    assert found(text) == [
        "Rules 1 and 2 apply at once and only one may: where “Age” is 16 and “Harm” is yes.",
        "No rule applies where “Age” is not recorded, and there is no default.",
    ]


def test_rules_under_any_may_meet_where_they_give_the_same() -> None:
    rules = [["< 18", '"a"'], ["< 16", '"a"'], [">= 17", '"b"'], ["null", '"c"']]
    assert found(typed(table("ANY", ["Age=age"], ["x"], rules), "number")) == [
        "Rules 1 and 3 apply at once and do not give the same: where “Age” is 17."
    ]


def test_a_gap_between_two_rules_is_told_with_a_value_in_it() -> None:
    rules = [["<= 17", "1"], [">= 18", "2"], ["null", "3"]]
    assert found(typed(table("UNIQUE", ["Age=age"], ["x"], rules), "number")) == [
        "No rule applies where “Age” is 17.5, and there is no default."
    ]
    assert found(typed(table("UNIQUE", ["Age=age"], ["x"], rules), "integer")) == []


def test_a_default_or_a_list_of_answers_leaves_no_gap() -> None:
    entry = "<defaultOutputEntry><text>0</text></defaultOutputEntry>"
    text = table("FIRST", ["A=a"], ["x"], [["1", "1"]])
    assert len(found(text)) == 1
    assert found(text.replace('typeRef="Any"/>', f'typeRef="Any">{entry}</output>')) == []
    assert found(table("COLLECT", ["A=a"], ["x"], [["1", "1"]])) == []


def test_rules_that_can_never_apply_are_told() -> None:
    rules = [["< 18", "1"], [">= 18", "2"], ["[20..30]", "3"], ['"old"', "4"], ["null", "5"]]
    assert found(typed(table("FIRST", ["Age=age"], ["x"], rules), "number")) == [
        "Rule 3 can never apply: rule 2 before it takes all that it asks for.",
        "Rule 4 can never apply: no value of “Age” fits.",
    ]


def test_what_a_column_allows_closes_a_gap_and_shuts_a_rule_out() -> None:
    text = typed(table("UNIQUE", ["Level=level"], ["x"], [['"low"', "1"], ['"high", null', "2"]]), "string")
    assert found(text) == ["No rule applies where “Level” is any other value, and there is no default."]
    assert found(listed(text, "low", "high", of="input")) == []
    assert found(listed(text, "low", "middle", of="input")) == [
        "No rule applies where “Level” is “middle”, and there is no default."
    ]


def test_columns_that_ask_the_same_are_one() -> None:
    text = typed(table("UNIQUE", ["From=age", "To=age"], ["x"], [[">= 3", "< 6", "1"], [">= 6", "-", "2"], ["< 3", "-", "3"], ["null", "-", "4"]]), "number", "number")  # fmt: skip
    assert found(text) == []


def test_what_nobody_can_decide_is_said() -> None:
    rules = [["count(?) > 3", "1"], ["< limit", "2"]]
    because = "(because of rule 1, “A”; rule 2, “A”)."
    assert found(table("UNIQUE", ["A=a"], ["x"], rules)) == [
        f"It cannot be decided whether these apply at once, and only one may: rules 1 and 2 {because}",
        f"It cannot be decided whether some rule always applies {because}",
    ]


def test_a_table_of_many_columns_is_not_looked_at_for_ever() -> None:
    columns = [f"C{number}=c{number}" for number in range(14)]
    rules = [["-"] * at + ["1"] + ["-"] * (13 - at) + ["1"] for at in range(14)]
    rules += [["-"] * at + ["2"] + ["-"] * (12 - at) + ["3", "1"] for at in range(13)]
    assert len(found(table("FIRST", columns, ["x"], rules))) <= 4


@pytest.mark.parametrize(
    ("type_", "one", "other", "between"),
    [
        ("date", 'date("2026-01-01")', 'date("2026-01-03")', date(2026, 1, 2)),
        ("time", 'time("08:00:00")', 'time("10:00:00")', time(9)),
        ("dayTimeDuration", 'duration("PT1H")', 'duration("PT3H")', timedelta(hours=2)),
        ("yearMonthDuration", 'duration("P1M")', 'duration("P3M")', YearMonthDuration(2)),
        ("dateTime", 'date and time("2026-01-01T00:00:00Z")', 'date and time("2026-01-01T02:00:00Z")', datetime(2026, 1, 1, 1, tzinfo=UTC)),
        ("number", "1", "2", Decimal("1.5")),
    ],
)  # fmt: skip
def test_every_kind_of_value_that_has_an_order_is_cut(type_: str, one: str, other: str, between: Any) -> None:
    rules = [[f"<= {one}", "1"], [f">= {other}", "2"], ["null", "3"]]
    (gap,) = examine(decisions.read(typed(table("UNIQUE", ["A=a"], ["x"], rules), type_), "t.dmn"))
    assert gap.kind == "gap"
    assert gap.example["A"] == between
    closed = [[f"<= {one}", "1"], [f"> {one}", "2"], ["null", "3"]]
    assert found(typed(table("UNIQUE", ["A=a"], ["x"], closed), type_)) == []


# Against every question that can be tried -------------------------------------------------------------------------

NUMBERS = ["-", "null", "1", "< 2", ">= 2", "[1..3)", "not(2)", "> 3", "2, 4", "? = null or ? > 2", "(1..2]"]
TEXTS = ["-", '"a"', '"b"', 'not("a")', '"a", "b"', "null", '? != "b"', "not(null)"]
TRUTHS = ["-", "true", "false", "not(true)", "null", "? = true or ? = null"]
CELLS = (NUMBERS, TEXTS, TRUTHS)
TRIED: tuple[Sequence[Any], ...] = (
    [None, 0, 1, Decimal("1.5"), 2, Decimal("2.5"), 3, 4, 5],
    [None, "a", "b", ANYTHING],
    [None, True, False],
)
RULES = st.lists(st.tuples(*map(st.sampled_from, CELLS), st.sampled_from(["1", "2"])), min_size=1, max_size=6)


def hits(read: Table, asked: Mapping[str, Any]) -> list[str]:
    """Name the rules whose cells all hold, in their order."""
    scope = {name.lower(): asked.get(name) for name in "NTB"}
    return [rule.id for rule in read.may_apply(scope, (), now=NOW)]


def brute(read: Table) -> list[tuple[dict[str, Any], list[str]]]:
    """Try every question."""
    return [
        (asked, hits(read, asked)) for asked in (dict(zip("NTB", values, strict=True)) for values in product(*TRIED))
    ]


def read_of(policy: str, rules: Sequence[Sequence[str]]) -> Table:
    text = table(policy, ["N=n", "T=t", "B=b"], ["x"], rules)
    return decisions.read(typed(text, "number", "string", "boolean"), "t.dmn")


def by_kind(read: Table) -> dict[str, list[Finding]]:
    kinds: dict[str, list[Finding]] = {}
    for finding in examine(read):
        kinds.setdefault(finding.kind, []).append(finding)
    return kinds


@given(rules=RULES)
@settings(max_examples=150, deadline=None)
def test_meetings_and_gaps_under_unique_are_those_that_trying_everything_finds(rules: list[tuple[str, ...]]) -> None:
    read = read_of("UNIQUE", rules)
    tried, kinds = brute(read), by_kind(read)
    assert "undecided" not in kinds
    assert bool(kinds.get("overlap")) == any(len(rule_ids) > 1 for _, rule_ids in tried)
    assert bool(kinds.get("gap")) == any(not rule_ids for _, rule_ids in tried)
    for finding in kinds.get("overlap", []):
        alike = [rule_ids for asked, rule_ids in tried if finding.example.items() <= asked.items()]
        assert alike
        assert all(not finding.example or set(finding.rules) <= set(rule_ids) for rule_ids in alike)
    for finding in kinds.get("gap", []):
        alike = [rule_ids for asked, rule_ids in tried if finding.example.items() <= asked.items()]
        assert alike
        assert not finding.example or not any(alike)


@given(rules=RULES)
@settings(max_examples=150, deadline=None)
def test_rules_that_never_apply_under_first_are_those_that_never_do(rules: list[tuple[str, ...]]) -> None:
    read = read_of("FIRST", rules)
    first = {rule_ids[0] for _, rule_ids in brute(read) if rule_ids}
    never = {finding.rules[0] for finding in by_kind(read).get("never", [])}
    assert never == {rule.id for rule in read.rules} - first


@given(rules=RULES)
@settings(max_examples=100, deadline=None)
def test_rules_that_differ_under_any_are_those_that_trying_everything_finds(rules: list[tuple[str, ...]]) -> None:
    read = read_of("ANY", rules)
    outputs = {rule.id: rule.outputs for rule in read.rules}
    differ = any(len({outputs[each] for each in rule_ids}) > 1 for _, rule_ids in brute(read))
    assert bool(by_kind(read).get("differ")) == differ
