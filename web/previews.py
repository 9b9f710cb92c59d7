"""A form of a draft as staff will see it; what is wrong stands at its question, even where the form could not be used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from engine import forms
from engine.errors import Invalid, Problem
from engine.forms import Form
from engine.xml import Element, local_name, parse
from web.answering import without_source
from web.govuk import render_form

ROUNDS = 4
"""How often questions are left out: one that is left out may be missed by another."""


def preview(name: str, text: str, problems: Iterable[Problem]) -> tuple[str, Markup] | None:
    """Give a form's title and its questions, all of them shown; None where it is no form at all.

    A question that cannot be read is a note in its place, so that the others can still be looked at.
    """
    wrong = [Problem(each.where.rpartition(".")[2], each.rule, each.sentence) for each in problems]
    form = _read(name, text)
    return None if form is None else (form.title, render_form(form, {}, wrong, scope={}))


@dataclass(frozen=True, slots=True)
class Place:
    """A task, or the start of a procedure, whose page asks a form: its name, its explanation and the words of its button."""

    name: str
    explanation: str
    button: str


def places_of(files: Mapping[str, str], form: str) -> list[Place]:
    """List the tasks and the start that ask a form, in the order of the drawings."""
    found = []
    for name, text in sorted(files.items()):
        if not name.endswith(".bpmn"):
            continue
        try:
            root = parse(text, name)
        except Invalid:
            continue
        for element in root.iter():
            if local_name(element) in _ASKING and element.get("id") and _form_of(element) == form:
                notes = (each.text or "" for each in element if local_name(each) == "documentation")
                button = _ASKING[local_name(element)]
                found.append(
                    Place(
                        element.get("name", "") or element.get("id", ""),
                        without_source(next(notes, "")).strip(),
                        button,
                    )
                )
    return found


_ASKING = {"userTask": "Complete", "startEvent": "Open the case"}


def _form_of(element: Element) -> str:
    return next((each.get("formId", "") for each in element.iter() if local_name(each) == "formDefinition"), "")


def _read(name: str, text: str) -> Form | None:
    """Read a form, with notes in place of the questions that cannot be read."""
    for _ in range(ROUNDS):
        try:
            return forms.read(text, name)
        except Invalid as refusal:
            said = _by_question(refusal.problems)
            try:
                root = json.loads(text)
            except ValueError:
                return None
        except RecursionError:
            return None
        if not said or not isinstance(root, dict) or not _note(root.get("components"), said):
            return None
        text = json.dumps(root)
    return None


def _by_question(problems: Iterable[Problem]) -> dict[str, str]:
    """Give the sentences by the key of the question that they are about; those of an item stand with its list."""
    said: dict[str, str] = {}
    for problem in problems:
        key = problem.where.partition(".")[2].partition("-")[0]
        if key:
            said[key] = " ".join(filter(None, (said.get(key), problem.sentence)))
    return said


def _note(components: Any, said: dict[str, str]) -> bool:
    """Put a note in the place of each question that has a problem, and of a list one of whose questions has; say whether there was one."""
    found = False
    for at, each in enumerate(components if isinstance(components, list) else ()):
        if not isinstance(each, dict):
            continue
        key = str(each.get("path" if each.get("type") == "dynamiclist" else "key") or "")
        if key in said:
            label = each.get("label") or each.get("dateLabel") or key
            components[at] = {"type": "text", "text": f"“{label}” cannot be shown. {said[key]}"}
            found = True
        else:
            found = _note(each.get("components"), said) or found
    return found
