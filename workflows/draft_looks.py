"""What the page of a draft shows of a file beside its text: what it calls itself, its table in words, its form, and who asks it.

A draft's files are read for it in the guarded child alone (`workflows.checking`): the site is given what was found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any

from engine import forms
from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.xml import Element, local_name, parse
from workflows import catalogue
from workflows.table_words import TableWords, say_table

ROUNDS = 4
"""How often questions are left out of a form: one that is left out may be missed by another."""
SHOWN_AT_MOST = 300
"""A form with more questions is no page that anybody would look at."""
_NAMED = re.compile(r'<(?:\w+:)?(?:process|decision)\s[^<>]*?\bname="([^"<]+)"')
"""It never looks behind the next tag, so that a file of nothing but beginnings is read once."""


@frozen
class Place:
    """A task, or the start of a procedure, whose page asks a form: its name, its explanation and the words of its button."""

    name: str
    explanation: str
    button: str


@frozen
class Look:
    """What is shown of one file: a table in words, or a form as it can be shown, as text, with the places that ask it."""

    table: TableWords | None = None
    form: str | None = None
    places: tuple[Place, ...] = ()


def look(files: Mapping[str, str], name: str, text: str) -> Look:
    """Look at one file of a draft, with `text` in it."""
    stem, _, kind = name.rpartition(".")
    if kind == "dmn":
        return Look(table=say_table(text, name, catalogue.words_of(files)))
    return Look(form=shown_form(name, text), places=tuple(places_of(files, stem))) if kind == "form" else Look()


def titles(files: Mapping[str, str]) -> dict[str, str]:
    """Give what each file calls itself, such as the title of a form; "" where it says nothing."""
    return {name: title_of(name, text) for name, text in files.items()}


def title_of(name: str, text: str) -> str:
    """Give what a file calls itself; "" where it says nothing."""
    if not name.endswith((".form", ".scenario")):
        named = _NAMED.search(text)
        return unescape(named[1]).strip() if named else ""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(read.get("title") or read.get("name") or "").strip() if isinstance(read, dict) else ""


def shown_form(name: str, text: str) -> str | None:
    """Give a form as it can be shown, with notes in place of the questions that cannot be read; None where it is no form at all."""
    for _ in range(ROUNDS):
        try:
            form = forms.read(text, name)
        except Invalid as refusal:
            said = _by_question(refusal.problems)
            try:
                root = json.loads(text)
            except ValueError:
                return None
        except RecursionError:
            return None
        else:
            return text if len(form.fields) <= SHOWN_AT_MOST else None
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
                        next(notes, "").strip(),
                        button,
                    )
                )
    return found


_ASKING = {"userTask": "Complete", "startEvent": "Open the case"}


def _form_of(element: Element) -> str:
    return next((each.get("formId", "") for each in element.iter() if local_name(each) == "formDefinition"), "")
