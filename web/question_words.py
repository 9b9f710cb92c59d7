"""What a question of a draft's form can be filled in with and rest on, and what stands in it now, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from engine.errors import Invalid
from engine.forms import editing, filled
from engine.publishing import stamp_of
from web.step_words import parts_of

FIELDS: Mapping[str, str] = {
    "label": "The question",
    "hint": "Hint",
    "required": "It must be answered",
    "error": "What is said when it is not answered",
    "error_format": "What is said when it cannot be read",
    "options": "What can be chosen",
    "least": "At least",
    "most": "At most",
    "decimals": "Digits after the point",
    "shape": "Shape",
    "rule": "Rule",
    "pattern": "How it is written",
    "check": "Rule in FEEL",
    "check_error": "What is said when the rule is not met",
    "prefill": "Filled in with",
    "class": "Who may read the answer",
    "source": "Source",
    "item": "What one of them is called",
    "plural": "What several are called",
    "shown": "Empty ones on a new page",
    "folds": "Folded",
    "when": "When it is asked",
    "condition": "Not asked when",
}
"""The fields of the page of a question, by the names that `engine.forms.filled` gives them."""
SHAPES: Mapping[str, str] = {"": "Any text", "email": "An address of electronic mail", "phone": "A telephone number"}
_WORDS = frozenset({"textfield", "textarea"})


def known(procedure: str, files: Mapping[str, str], kind: str) -> list[tuple[str, str]]:
    """List what is known by an earlier answer and fits a kind of question: its expression, and the words for it."""
    told: dict[str, str] = {}
    records = {
        step.record: f"{step.form}.form" for part in parts_of(procedure, files) for step in part.steps if step.form
    }
    for record, name in sorted(records.items()):
        for one in asked_in(files.get(name, "")):
            if filled.kind_of(one) == kind or {filled.kind_of(one), kind} <= _WORDS:
                told[f"={record}.{filled.key_of(one)}"] = f"{filled.words_of(one)} ({name.removesuffix('.form')})"
    return sorted(told.items(), key=lambda each: each[1].casefold())


def asked_in(text: str) -> Iterable[filled.Component]:
    """Give the questions of a form, those of its lists aside."""
    try:
        root = editing.root_of(text)
    except Invalid:
        return []
    asked = [one for place, one in editing.placed(root["components"]) if not editing.is_in_list(root, place)]
    return [each for each in asked if filled.key_of(each) and filled.kind_of(each) != filled.LIST]


def sign_of(one: filled.Component) -> str:
    """Give what a page sends back to say which question was before whoever changed it."""
    return stamp_of(json.dumps(one, sort_keys=True))


def standing_beside(one: filled.Component, given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give what stands in the draft where something else was typed: the words of the field, and what stands there."""
    now = filled.given_of(one)
    return [(words, now[name]) for name, words in FIELDS.items() if now[name] != given.get(name, now[name])]
