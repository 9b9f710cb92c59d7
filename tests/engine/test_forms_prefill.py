"""A form that nobody has answered yet takes over what the case knows already."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from engine import forms
from engine.errors import Invalid

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REPORT = {
    "id": "report",
    "type": "default",
    "schemaVersion": 18,
    "components": [
        {
            "type": "textfield",
            "key": "name",
            "label": "What is the name?",
            "properties": {"dataClass": "D1", "prefill": "=opening.name"},
        },
        {
            "type": "textfield",
            "key": "place",
            "label": "Where?",
            "properties": {"dataClass": "D2", "prefill": "=opening.place"},
        },
    ],
}


def test_questions_take_over_what_the_case_knows() -> None:
    form = forms.read(json.dumps(REPORT), "report.form")
    assert form.prefilled({}, scope={"opening": {"name": "Robin"}}, now=NOW) == {"name": "Robin"}
    assert form.names == {"opening"}


def test_what_was_answered_stands() -> None:
    form = forms.read(json.dumps(REPORT), "report.form")
    kept = {"name": "Robin Example", "place": None}
    assert form.prefilled(kept, scope={"opening": {"name": "Robin", "place": "park"}}, now=NOW) == kept


def test_a_prefill_that_is_no_expression_is_refused() -> None:
    wrong = json.loads(json.dumps(REPORT))
    wrong["components"][0]["properties"]["prefill"] = "=opening.."
    with pytest.raises(Invalid, match=r"opening\.\."):
        forms.read(json.dumps(wrong), "report.form")
