"""Where a rule comes from, in plain words for whoever has the task."""

from __future__ import annotations

import re

from engine import release
from workflows import catalogue, sources

CODE = re.compile(r"\[(?:PCC|S\d+[a-z]?)\]|\b[TCG]-\d+\b|\bdomain \d|\(c\)|\[K\]")
"""What nobody but those who draw should meet."""


def notes() -> set[str]:
    """Every note that stands beside a row of a shipped table."""
    return {
        rule.annotation
        for procedure in catalogue.procedures()
        for table in release.load(release.pack(catalogue.files(procedure))[0]).decisions.values()
        for rule in table.rules
    }


def test_no_code_of_a_shipped_table_is_left_to_whoever_has_the_task() -> None:
    said = {sources.plain(each) for each in notes()}
    assert len(said) > 300
    assert [each for each in said if CODE.search(each)] == []


def test_a_note_names_its_rule_its_deadline_and_its_guidance() -> None:
    assert sources.plain("T-10, domain 1.6 (c) [S05][S07]") == (
        "“review the case as a senior officer”, who supervises each grade, and when (College of Policing, Authorised Professional Practice "
        "on missing persons: investigations; College of Policing, quick reference for supervisors)"
    )
    assert sources.plain("[S999] of somebody else") == "(S999) of somebody else"
    assert sources.nameless("Review clock (T-09)") == "Review clock"
