"""The decision tables of the DMN Technology Compatibility Kit: every case of every file, as their authors say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import decisions, xml
from engine.errors import Invalid
from engine.feel import YearMonthDuration, compile
from engine.xml import Element, local_name

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
TABLES = Path(os.environ.get("CORPORA", "../shared/corpora")) / "dmn-tck" / "tables"
OPEN = Path(__file__).parent / "decision_cases_open.txt"
"""The cases that do not pass, each with its reason: ``file/case: why``. It may only shrink."""
OPEN_AT_MOST = 0
CASES_AT_LEAST = 27


def named(element: Element, name: str) -> list[Element]:
    return [each for each in element if local_name(each) == name]


def value_of(element: Element) -> Any:
    """Read a value of a case: a plain one, a list, or a context of components."""
    parts = {local_name(each): each for each in element if local_name(each)}
    if "list" in parts:
        return [value_of(item) for item in named(parts["list"], "item")]
    if "component" in parts:
        return {str(each.get("name")): value_of(each) for each in named(element, "component")}
    plain = parts.get("value")
    if plain is None or plain.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
        return None
    kind = str(plain.get("{http://www.w3.org/2001/XMLSchema-instance}type")).rpartition(":")[2]
    text = plain.text or ""
    if kind in {"string", "boolean"}:
        return text if kind == "string" else text == "true"
    readers = {"date": "date", "time": "time", "dateTime": "date and time", "duration": "duration"}
    return Decimal(text) if kind not in readers else compile(f'{readers[kind]}("{text}")').evaluate({}, now=NOW)


def cases() -> Iterator[tuple[str, Path, str, dict[str, Any], Any]]:
    """Give every case: what it is called, the file, the name of the decision, what goes in, and what is expected."""
    for path in sorted(TABLES.glob("*/*-test-*.xml")):
        root = xml.parse(path.read_text(encoding="utf-8"), path.name)
        model = next((each.text or "" for each in named(root, "modelName")), "")
        for case in named(root, "testCase"):
            scope = {str(each.get("name")): value_of(each) for each in named(case, "inputNode")}
            for node in named(case, "resultNode"):
                expected = value_of(named(node, "expected")[0])
                name = str(node.get("name"))
                yield f"{path.stem}/{case.get('id')}/{name}", path.with_name(model), name, scope, expected


def open_cases() -> dict[str, str]:
    """Read the list of the cases that do not pass."""
    lines = [line for line in OPEN.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines)


def passes(path: Path, name: str, scope: dict[str, Any], expected: Any) -> bool:
    """Decide as the kit means it: where a table is violated the result is null."""
    try:
        table = decisions.read_all(path.read_text(encoding="utf-8"), path.name)[name]
    except Invalid:
        return False
    try:
        return bool(table.decide(scope, now=NOW).result == expected)
    except Invalid:
        return expected is None


@pytest.mark.skipif(not TABLES.exists(), reason="the corpora folder is absent: set CORPORA")
def test_the_tables_that_others_wrote_decide_as_they_say_but_for_those_on_the_list() -> None:
    tried = {case: passes(*each) for case, *each in cases()}
    assert {case for case, right in tried.items() if not right} == set(open_cases()), (
        "what passes is taken off the list"
    )
    assert len(tried) >= CASES_AT_LEAST


def test_the_list_of_cases_that_do_not_pass_only_shrinks() -> None:
    assert len(open_cases()) <= OPEN_AT_MOST
    assert all(reason for reason in open_cases().values())


def test_values_of_a_case_are_read_by_their_types() -> None:
    def read(kind: str, text: str) -> Any:
        schema = "http://www.w3.org/2001/XMLSchema-instance"
        return value_of(xml.parse(f'<e xmlns:xsi="{schema}"><value xsi:type="xsd:{kind}">{text}</value></e>', "case"))

    assert read("date", "2026-03-02") == date(2026, 3, 2)
    assert read("duration", "PT24H") == timedelta(days=1)
    assert read("duration", "P1Y") == YearMonthDuration(12)
    assert read("decimal", "1.5") == Decimal("1.5")
    assert read("boolean", "true") is True
