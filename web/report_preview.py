"""A report as it would be drawn up now, for whoever writes it: nothing is kept of it, and nobody else sees it."""

from __future__ import annotations

from datetime import datetime

from engine.errors import NotFound
from engine.forms import Raw
from engine.frozen import frozen
from engine.release import Compiled
from engine.views import TaskRow
from web import report_words
from web.access import actor
from web.services import services
from workflows import access, reports
from workflows.access import Standing

WRITTEN, PURPOSE = "narrative", "oversight, a report before it is drawn up"
"""The record that is written, and why it is read."""


class NothingToPreview(NotFound):
    """The task is none in which a report is written."""


@frozen
class Preview:
    """What the page of a preview shows: which report, and its document."""

    title: str
    about: str
    html: str


def has_one(row: TaskRow, release: Compiled) -> bool:
    """Tell whether a report is written in a task."""
    return release.root == reports.PROCEDURE and row.record == WRITTEN


def of(row: TaskRow, raw: Raw, now: datetime) -> Preview:
    """Draw the report of a task with what is typed there, as far as it is; that it was read is written down first.

    Refused with `NothingToPreview`.
    """
    here, who = services(), actor()
    if not has_one(row, here.cases.release_of(row.case_id)):
        raise NothingToPreview("There is nothing to preview in this task.")
    classes = access.readable(who.roles, standing=Standing.OPEN)
    case = here.cases.case(row.case_id, classes=classes, by=who, purpose=PURPOSE, now=now)
    opening, number = case.facts["report"][""], 1 + len(case.facts.get("drawn", {}))
    said = {name: texts[0] for name, texts in raw.items() if texts}
    kind = str(opening.get("kind"))
    drawn = here.press.document(opening, said, number, now)
    return Preview(report_words.title_of(kind, opening), report_words.about(kind, opening), drawn.html)
