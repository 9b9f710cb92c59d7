"""The main forms as blank sheets, drawn from the files of the procedure in force, to be filled in by hand while the service is down."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.forms import Field, Form, Heading, Kind
from engine.frozen import frozen
from engine.release import Compiled
from workflows.access import SEES_EVERY_EPISODE

FORMS = (
    "case_opening", "missing_report", "risk_assessment", "risk", "action", "review", "found", "prevention_interview",
    "return_interview_offer", "return_interview_attempt",
)  # fmt: skip
"""What is needed in the first hours, in the order in which it is: report, grade, action, review, found, interviews."""

LINES = {Kind.TEXTAREA: 3, Kind.TEXT: 1, Kind.NUMBER: 1}
"""How many empty lines a text has on paper."""

ITEMS = 3
"""So often a list has its questions on paper; more go on the back."""


@frozen
class Question:
    """A question on paper: its words, a hint, boxes to tick, and empty lines or a place for a day; a heading has only its words."""

    words: str
    hint: str = ""
    boxes: tuple[str, ...] = ()
    lines: int = 0
    when: str = ""
    is_heading: bool = False


@frozen
class Sheet:
    """A form on paper."""

    title: str
    questions: tuple[Question, ...]


def sheets(release: Compiled, roles: Collection[str]) -> list[Sheet]:
    """Draw the forms that these roles fill in; who searches for children has all of them."""
    held = frozenset(roles)
    return [
        Sheet(release.forms[name].title, tuple(_questions(release.forms[name])))
        for name in FORMS
        if name in release.forms and (held & SEES_EVERY_EPISODE or held & _of(release, name))
    ]


def _of(release: Compiled, form: str) -> frozenset[str]:
    """Name the roles whose tasks ask a form."""
    return frozenset(node.role for node in release.nodes.values() if node.form == form)


def _questions(form: Form) -> Iterable[Question]:
    for block in form.blocks:
        if isinstance(block, Heading):
            yield Question(block.text, is_heading=True)
        elif isinstance(block, Field) and block.items is not None:
            for place in range(ITEMS):
                yield Question(f"{block.label}: {place + 1}", is_heading=True)
                yield from map(_question, block.items.fields)
        elif isinstance(block, Field):
            yield _question(block)


def _question(field: Field) -> Question:
    """Give one question; a list that the case itself would offer is an empty line."""
    when = {Kind.DATE: "Day, month, year", Kind.DATETIME: "Day, month, year, time"}.get(field.kind, "")
    boxes = tuple(choice.label for choice in field.choices)
    lines = 0 if boxes or when else LINES.get(field.kind, 1)
    hint = ". ".join(each for each in (*(condition.words for condition in field.conditions), field.hint) if each)
    label = field.label if field.required or field.conditions else f"{field.label} (optional)"
    if field.kind is Kind.CHECKBOX:
        return Question(label, hint, ("Yes",))
    return Question(label, hint, boxes, lines, when)
