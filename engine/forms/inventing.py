"""Answers to a page that are made up, so that a procedure can be tried out without thinking of each: complete, and never true.

Only what must be answered is. Where the form refuses an answer, the next that its kind offers is tried; a form whose checks none
of these meets is given as far as it came, and the page says what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.calendars import LONDON
from engine.errors import AnswersInvalid
from engine.forms.answers import inputs_of, raw_of
from engine.forms.fields import Field, Kind
from engine.forms.form import Form

ROUNDS = 24
"""So often a form that refuses invented answers is tried with others."""

NONE = "none"
"""What forms call the choice that goes with no other."""
TEXT, LINES = "Invented", "Invented, to try the procedure out."
_SHAPES: Mapping[str, str] = {"email": "invented@example.org", "phone": "01632 960 001", "": TEXT}
_HOURS = (0, -1, 1, -3, 20, 72, -48, 24 * 14)
_DAYS = (0, 1, -1, 14, -14 * 365)
_NOUGHT, _ONE = 0, 1

Answers = dict[str, list[str] | str]


def invent(form: Form, given: Mapping[str, list[str] | str], *, scope: Mapping[str, Any], now: datetime) -> Answers:
    """Give answers that the form takes as the case stands, as a page posts them; what is `given` already stays."""
    asked = {field.key: field for field in form.settled(scope=scope, now=now).fields}
    turns = {key: 0 if field.required else -1 for key, field in asked.items()}
    raw: Answers = {}
    for _ in range(ROUNDS):
        raw = dict(given)
        for key, field in asked.items():
            if turns[key] >= 0 and not any(name == key or name.startswith(f"{key}-") for name in given):
                raw |= _candidate(field, turns[key], now)
        try:
            form.load(raw, scope=scope, now=now)
        except AnswersInvalid as refusal:
            wrong = {problem.where.partition("-")[0] for problem in refusal.problems}
            turns |= {key: turns[key] + 1 for key in wrong & turns.keys()}
        else:
            break
    return raw


def _candidate(field: Field, turn: int, now: datetime) -> Answers:
    """Give the answer to a question at one of its turns; they come round again."""
    if field.items is not None:
        answers: Answers = {field.key: ["1"]}
        for each in inputs_of(field, "1"):
            answers |= _candidate(each, turn, now) if each.required or turn else {}
        return answers
    found = _offered(field, now)
    value = found[turn % len(found)] if found else None
    return {field.key: value} if isinstance(value, str) else raw_of(field, value)


def _offered(field: Field, now: datetime) -> list[Any]:
    """Give what can be said to a question, the likeliest first."""
    limits = field.limits
    match field.kind:
        case Kind.RADIO | Kind.SELECT:
            return [each.value for each in field.choices]
        case Kind.CHECKLIST:
            values = [each.value for each in field.choices]
            return [
                *([each] for each in values[:1]),
                [each for each in values if each != NONE],
                *([each] for each in values),
            ]
        case Kind.CHECKBOX:
            return [True, False]
        case Kind.DATETIME:
            return [now + timedelta(hours=each) for each in _HOURS]
        case Kind.DATE:
            return [now.astimezone(LONDON).date() + timedelta(days=each) for each in _DAYS]
        case Kind.NUMBER:
            bounds = [each for each in (limits.least, limits.most) if each is not None]
            return [f"{each:f}" for each in bounds] or [str(_ONE), str(_NOUGHT)]
    text = LINES if field.kind is Kind.TEXTAREA else _SHAPES[limits.shape]
    return [(text * (1 + (limits.shortest or 0) // len(text)))[: limits.longest or None]]
