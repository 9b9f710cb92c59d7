"""What a page posts: every answer to every question of every form, and the few names that are the page's own."""

from __future__ import annotations

import json

import pytest

from engine.errors import Invalid
from engine.forms import names_of, read
from web.answering import OURS
from workflows import catalogue

FORMS = [
    (procedure, name, text)
    for procedure in catalogue.procedures()
    for name, text in sorted(catalogue.files(procedure).items())
    if name.endswith(".form")
]


def test_no_question_of_a_form_has_a_name_that_the_page_keeps_for_itself() -> None:
    taken = [
        (name, posted)
        for _procedure, name, text in FORMS
        for question in read(text, name).fields
        for posted in names_of(question, {})
        if posted in OURS
    ]
    assert len(FORMS) > 80
    assert taken == []


@pytest.mark.parametrize("ours", sorted(OURS))
def test_who_draws_a_form_is_told_that_a_name_is_the_pages_own(ours: str) -> None:
    question = {"type": "textfield", "key": ours, "label": "Name", "properties": {"dataClass": "D1"}}
    form = {"id": "found", "type": "default", "schemaVersion": 18, "components": [question]}
    with pytest.raises(Invalid) as refused:
        read(json.dumps(form), "found.form")
    assert [problem.rule for problem in refused.value.problems] == ["form-key"]
