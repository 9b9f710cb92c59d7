"""Questions are changed one by one, whatever stands in the form beside them."""

from __future__ import annotations

import json

import pytest

from engine.errors import Invalid, NotFound
from engine.forms import editing


def test_a_form_that_somebody_wrote_wrongly_is_listed_and_changed_where_it_can_be() -> None:
    strange = {"type": "radio", "validate": [1], "properties": "no", "conditional": 3, "values": {"a": 1}, "key": 5}
    root = editing.root_of(json.dumps({"components": ["text", strange, {"type": "group", "components": "none"}, None]}))
    assert [line.kind for line in editing.lines(root["components"])][1:3] == [
        "One of a few choices",
        "Group of questions",
    ]
    assert editing.given_of(strange)["options"] == ""
    editing.put(root, "1", {"label": "Who?", "options": "Nobody", "class": "D2", "after": ""})
    assert editing.found(root, "1")["values"] == [{"label": "Nobody", "value": "nobody"}]
    for place in ("9", "1.0", "-1", "a", "0.0.0.0.0.0"):
        with pytest.raises(NotFound):
            editing.removed(root, place)
    with pytest.raises(Invalid):
        editing.root_of("[")


def test_a_question_in_a_group_says_who_may_read_it_and_one_in_a_list_leaves_that_to_the_list() -> None:
    """The page did not ask it of a question in a group, and rewording one lost who may read its answer."""
    story = {"type": "textfield", "key": "story", "label": "What happened?", "properties": {"dataClass": "D8"}}
    people = {
        "type": "dynamiclist",
        "path": "people",
        "components": [{"type": "textfield", "key": "name", "label": "Who?"}],
    }
    root = {"components": [{"type": "group", "components": [story, people]}]}
    assert [editing.is_in_list(root, place) for place in ("", "0", "0.0", "0.1", "0.1.0")] == [False] * 4 + [True]
    with pytest.raises(Invalid) as refused:
        editing.put(root, "0.0", {"label": "What happened then?"})
    assert [problem.where for problem in refused.value.problems] == ["class"]
    editing.put(root, "0.1.0", {"label": "Who was there?"})
    assert editing.found(root, "0.1.0") == {"type": "textfield", "key": "name", "label": "Who was there?"}
