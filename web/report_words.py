"""A report of oversight as its readers see it: the document that is drawn up, reviewed, signed and issued, and how it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import jinja2

from engine.model import Value
from web import govuk, periods
from web.moments import LONDON, say_day, say_moment
from web.recommendation_words import SOURCES, Line
from workflows.reports import KINDS, STAGES, Report

SECTIONS: Mapping[str, str] = {
    "summary": "Summary",
    "changed": "What has changed",
    "concerns": "What is of concern",
    "asked": "What is asked of the reader",
}
"""What whoever writes says, and its headings."""

_BLANK_LINE = re.compile(r"\n\s*\n")


def title_of(kind: str, fields: Mapping[str, Any]) -> str:
    """Give the title of a report: ``Response to “Missing children: who cares?”``."""
    if kind == "response":
        return f"Response to “{fields.get('report_title') or ''}”"
    return KINDS.get(kind, kind)


def about(kind: str, fields: Mapping[str, Any]) -> str:
    """Say of which inspection report or period it is."""
    if kind == "response":
        on = fields.get("published_on")
        body = SOURCES.get(str(fields.get("source_body")), str(fields.get("source_body") or ""))
        return f"{body}, published on {say_day(on)}" if isinstance(on, date) else body
    first = fields.get("quarter_from")
    return periods.quarter_of(first).words if isinstance(first, date) else ""


def fields_of(report: Report) -> dict[str, Any]:
    """Give the opening answers of a report as its projection has them."""
    names = ("source_body", "report_title", "published_on", "quarter_from")
    return {name: getattr(report, name) for name in names}


def document(
    opening: Mapping[str, Value],
    said: Mapping[str, Value],
    number: int,
    now: datetime,
    *,
    annex: Sequence[Line] = (),
    pack: str = "",
    supersedes: datetime | None = None,
) -> str:
    """Write the document: of the opening answers and the latest writing, with the annex of a response or the body of a pack.

    It holds no link and nothing of the site around it, and says the same whoever asks for it.
    """
    kind = str(opening.get("kind"))
    return _template("report_document.html").render(
        kind=kind,
        title=title_of(kind, opening),
        about=about(kind, opening),
        published=say_day(published) if isinstance(published := opening.get("published_on"), date) else "",
        body=SOURCES.get(str(opening.get("source_body")), ""),
        letter=paragraphs(said.get("letter")) if kind == "response" else [],
        sections=[(words, paragraphs(said.get(name))) for name, words in SECTIONS.items()],
        annex=annex,
        pack=pack,
        number=number,
        drawn_at=say_moment(now),
        today=say_day(now.astimezone(LONDON).date()),
        supersedes=say_day(supersedes.astimezone(LONDON).date()) if supersedes else "",
    )


def whole_page(title: str, html: str) -> str:
    """Put a document into a page of its own, for paper."""
    return _template("report_on_paper.html").render(title=title, document=html)


def paragraphs(text: Value) -> list[str]:
    """Take what was typed apart at its empty lines."""
    return [each.strip() for each in _BLANK_LINE.split(str(text or "")) if each.strip()]


def stage(report: Report) -> str:
    """Say where a report stands."""
    if report.closed_at is not None and report.kind == "response":
        return "Published"
    if report.superseded_by and report.closed_at is not None:
        return "Issued, and superseded"
    return STAGES.get(report.stage, report.stage)


def days_left(report: Report, now: datetime) -> str:
    """Say by when a report has to be out, and how many days are left."""
    if report.closed_at is not None or report.due_at is None:
        return ""
    day = report.due_at.astimezone(LONDON).date()
    left = (day - now.astimezone(LONDON).date()).days
    words = {0: "today", 1: "1 day left", -1: "1 day late"}.get(
        left, f"{abs(left)} days {'left' if left > 0 else 'late'}"
    )
    return f"{say_day(day)} ({words})"


def _template(name: str) -> jinja2.Template:
    """Load a template that needs no reader and no request."""
    return govuk.environment().get_template(name)
