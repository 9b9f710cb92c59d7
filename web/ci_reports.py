"""A report on files in the forms that other programs read: SARIF for reviews of code, JUnit XML for test results."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePath
from xml.sax.saxutils import escape, quoteattr

from web.file_reports import Report, as_json, lines
from workflows.checking import IGNORED, QUESTION, REFUSED, Finding

_LEVELS: Mapping[str, str] = {REFUSED: "error", QUESTION: "warning", IGNORED: "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def told(report: Report, form: str) -> str:
    """Give a report as ``text``, ``json``, ``sarif`` or ``junit``."""
    if form == "sarif":
        return as_sarif(report)
    if form == "junit":
        return as_junit(report)
    return as_json(report) if form == "json" else "\n".join(lines(report))


def as_sarif(report: Report) -> str:
    """Give a report as SARIF 2.1.0 (OASIS): a result for each finding, at its file, line and element.

    What is refused is an error, a question a warning, what changes nothing a note; the rules are those of the report.
    """
    rules = sorted({each.rule for each in report.findings})
    places = {rule: number for number, rule in enumerate(rules)}
    driver = {"name": "homeward", "rules": [{"id": rule, "name": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "artifacts": [{"location": {"uri": _uri(str(path))}} for path in report.files],
        "results": [_result(each, places) for each in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def as_junit(report: Report) -> str:
    """Give a report as JUnit XML: a suite for each file, in it a failure for each thing refused; a file without is one test that passes.

    Questions and what is passed over stand in the output of their suite.
    """
    found: dict[str, list[Finding]] = {str(path): [] for path in report.files}
    for each in report.findings:
        found.setdefault(each.file, []).append(each)
    refused = sum(each.severity == REFUSED for each in report.findings)
    suites = [_suite(file, findings) for file, findings in found.items()]
    count = sum(max(sum(each.severity == REFUSED for each in findings), 1) for findings in found.values())
    head = f'<testsuites name="homeward" tests="{count}" failures="{refused}">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"])


def _result(each: Finding, places: Mapping[str, int]) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(each.file)}}
    if each.line:
        physical["region"] = {"startLine": each.line}
    location = {"physicalLocation": physical, "logicalLocations": [{"name": each.element, "kind": "element"}]}
    return {
        "ruleId": each.rule,
        "ruleIndex": places[each.rule],
        "level": _LEVELS[each.severity],
        "message": {"text": each.sentence},
        "locations": [location],
    }


def _uri(path: str) -> str:
    """Give the address of a file: relative as it was named, or of this machine."""
    found = PurePath(path)
    return found.as_uri() if found.is_absolute() else found.as_posix()


def _suite(file: str, findings: list[Finding]) -> str:
    refused = [each for each in findings if each.severity == REFUSED]
    others = [
        f"{each.severity}: {each.element}: {each.sentence} [{each.rule}]" for each in findings if each not in refused
    ]
    cases = [
        f"    <testcase classname={_quoted(file)} name={_quoted(f'{each.element} ({each.rule})')}>"
        f"<failure type={_quoted(each.rule)} message={_quoted(each.sentence)}>{_plain(_where(each))}</failure></testcase>"
        for each in refused
    ] or [f'    <testcase classname={_quoted(file)} name="nothing refused" />']
    output = [f"    <system-out>{_plain(chr(10).join(others))}</system-out>"] if others else []
    head = f'  <testsuite name={_quoted(file)} tests="{len(cases)}" failures="{len(refused)}">'
    return "\n".join([head, *cases, *output, "  </testsuite>"])


def _where(each: Finding) -> str:
    return f"{each.file}{f':{each.line}' if each.line else ''}: {each.element}: {each.sentence}"


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))


def _plain(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
