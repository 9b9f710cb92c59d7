"""Corrections in words: what a question said before and says now, and why it was put right."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from engine import corrections
from engine.corrections import CORRECTED, Change
from engine.forms import Field
from engine.model import Value
from engine.release import Compiled
from engine.views import CaseView, EventRow
from web.fact_words import say_answer
from web.moments import say_key

NOTHING = "nothing"
ELSEWHERE = "What was changed is not shown to your roles."


def changes(engine: sa.Engine, release: Compiled, view: CaseView, classes: frozenset[str]) -> tuple[Change, ...]:
    """Give what corrections of a case changed in the classes of its reader; nothing is read where there was none."""
    corrected = any(event.kind == CORRECTED for event in view.timeline)
    return corrections.changes(engine, release, view.case_id, classes=classes) if corrected else ()


def is_unsaid(event: EventRow, release: Compiled, unsaid: Collection[str]) -> bool:
    """Whether a correction is only about data classes of which the reader does not learn that anything is held."""
    if event.kind != CORRECTED or not unsaid:
        return False
    return {release.data_class(event.data["record"], field) for field in event.data["fields"]} <= set(unsaid)


def lines(event: EventRow, changes: Sequence[Change], release: Compiled) -> tuple[str, ...]:
    """Say what a correction changed, a question in a line, as far as `changes` has it; and why, to those who see any of it."""
    if event.kind != CORRECTED:
        return ()
    own = [change for change in changes if change.seq == event.seq]
    if not own:
        return (ELSEWHERE,)
    return (*(_line(change, release) for change in own), f"Why: {own[0].reason or event.data['reason']}")


def _line(change: Change, release: Compiled) -> str:
    form = release.forms_by_record.get(change.record)
    question = next((field for field in form.fields if field.key == change.field), None) if form else None
    label = question.label if question else say_key(change.field)
    return f"{label}: it said “{_said(change.before, question)}” and says “{_said(change.after, question)}” now"


def _said(value: Value, question: Field | None) -> str:
    return NOTHING if value in (None, "", []) else say_answer(value, question)
