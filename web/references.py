"""The references that people type: they name what this person may know of, or are refused like one that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from engine.errors import AnswersInvalid, Problem
from engine.forms import Field, Form, Raw
from engine.model import Value
from engine.views import Done
from web import case_access
from web.access import actor
from web.errors import REFERENCE, note_refused_look
from web.services import services
from workflows import about
from workflows.seals import SealedMeanwhile

Loaded = TypeVar("Loaded")

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        about.CASE: "No case that you may open has this reference. Check it, or ask a superintendent",
        about.CHILD: "No child of whom you may know has this reference. Check it, or ask a superintendent",
    }
)
"""What is said of a reference by its kind, whether its record is sealed, somebody else's, or was never there."""
OR_EMPTY = "{sentence}. You can also leave this empty"


def load(
    form: Form, raw: Raw, *, scope: Mapping[str, Value], now: datetime, kept: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """Load the answers of a form, and look at each reference that is not the one that is `kept`.

    Refused with `AnswersInvalid`, all at once. Who asks for what they may not know is written down, as for an address.
    """
    problems: dict[str, list[Problem]] = {}
    answers: dict[str, Value] = {}
    try:
        answers = form.load(raw, scope=scope, now=now)
    except AnswersInvalid as refusal:
        for problem in refusal.problems:
            problems.setdefault(problem.where.partition("-")[0], []).append(problem)
    for field in form.fields:
        kind = about.REFERENCES.get((form.id, field.key))
        typed = _typed(field, answers or raw)
        if kind and typed and field.key not in problems and typed != _typed(field, kept or {}):
            problems |= _refused(field, kind, typed, now)
    if problems:
        raise AnswersInvalid(each for field in form.fields for each in problems.get(field.key, ()))
    return answers


def in_time(load: Callable[[], Loaded], act: Callable[[Loaded], Done]) -> Done:
    """Load answers and act on them; what somebody has sealed in between is looked for once more, and refused as on the page."""
    try:
        return act(load())
    except SealedMeanwhile:
        return act(load())


def _refused(field: Field, kind: str, reference: str, now: datetime) -> dict[str, list[Problem]]:
    """Refuse a reference of which this person may not know; what cannot be one is not looked for."""
    if REFERENCE.fullmatch(reference) and case_access.knows(services().engine, actor(), kind, reference, now=now):
        return {}
    note_refused_look(reference)
    sentence = SENTENCES[kind] if field.required else OR_EMPTY.format(sentence=SENTENCES[kind])
    return {field.key: [Problem(field.key, "reference-known", sentence)]}


def _typed(field: Field, given: Mapping[str, object]) -> str:
    """Give what stands in a field, as references are kept."""
    found = given.get(field.key)
    text = found[0] if isinstance(found, list) and found else found
    return text.strip().upper() if isinstance(text, str) else ""
