"""Draws reports of oversight up and issues them, after the step that asked for it: nobody waits for the figures, and no step is held up by them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.errands import Errand
from engine.errors import Conflict
from engine.frozen import frozen
from engine.model import Value
from engine.store import reading, writing
from web import pdfs, periods, recommendation_words, report_words
from web.moments import LONDON, say_moment
from web.recommendation_words import Line
from workflows import recommendations, reports
from workflows.hiding import Cell
from workflows.recommendations import Recommendation
from workflows.reports import Version

log = logging.getLogger(__name__)

Stands = Callable[[datetime], Mapping[str, Value]]
"""Gives how each recommendation stands at a moment (red, amber, green), by its case."""


class ReportNotAsSigned(Conflict):
    """What would be issued is not what was reviewed and signed."""


@frozen
class Document:
    """A report as it is written, the recommendations that stand in it, and which numbers it does not show, by the first day of their quarter."""

    html: str
    recommendations: tuple[str, ...]
    hidden: Mapping[date, frozenset[Cell]]


class Press:
    """Carries out what the procedure of a report asks for: both operations may be asked for again, and do it once."""

    def __init__(self, engine: sa.Engine, stands: Stands) -> None:
        """Draw from this database; `stands` says how recommendations stand."""
        self.engine, self.stands = engine, stands

    @property
    def errands(self) -> dict[str, Errand]:
        """The operations by the names that the drawing calls (`operations.ERRANDS`)."""
        return {"draw_up_report": self.draw_up, "issue_report": self.issue}

    def draw_up(self, scope: Mapping[str, Value], errand: str, now: datetime) -> dict[str, Value]:
        """Draw up the next version of a report from what is written and known now: the record ``drawn``.

        ``{"number": 2, "fingerprint": "9f86...", "label": "Version 2, drawn up on ...", "drawn_at": datetime(...), "subject": "panel 2026-01-01"}``
        """
        with reading(self.engine) as connection:
            found = reports.drawn_for(connection, errand)
        if found is None:
            case_id, before = str(_of(scope, "case")["reference"]), scope.get("drawn")
            number = 1 + (len(before) if isinstance(before, list) else 0)
            drawn = self.document(_of(scope, "report"), _of(scope, "narrative"), number, now)
            found = Version(case_id, number, drawn.html, reports.fingerprint(drawn.html), drawn.recommendations, now)
            with writing(self.engine) as connection:
                reports.keep_version(connection, errand, found, drawn.hidden)
        label = f"Version {found.number}, drawn up on {say_moment(found.drawn_at)}. Fingerprint {found.sha256[:12]}"
        own: dict[str, Value] = {"number": found.number, "fingerprint": found.sha256, "label": label}
        return {**own, "drawn_at": found.drawn_at, "subject": reports.subject_of(_of(scope, "report"))}

    def issue(self, scope: Mapping[str, Value], _errand: str, now: datetime) -> dict[str, Value]:
        """Issue the version that was signed, and no other: the record ``issue``; refused with `ReportNotAsSigned`.

        ``{"number": 2, "fingerprint": "9f86...", "issued_at": datetime(...), "issued_on": date(...), "recommendations": ["RC-..."]}``
        """
        drawn, opening = _of(scope, "drawn"), _of(scope, "report")
        subject = reports.subject_of(opening)
        agreed = {_of(scope, record).get("version") for record in ("report_review", "report_sign_off")}
        with reading(self.engine) as connection:
            found = reports.version(connection, str(_of(scope, "case")["reference"]), int(drawn.get("number") or 0))
        if found is None or not found.is_whole or agreed != {found.sha256} or drawn.get("fingerprint") != found.sha256:
            raise ReportNotAsSigned("What was drawn up is not what was reviewed and signed. Draw it up again.")
        if drawn.get("subject") != subject:
            raise ReportNotAsSigned("Which report it is was put right after it was drawn up. Put it back as it was.")
        pdf = _on_paper(report_words.title_of(str(opening.get("kind")), opening), found.html)
        with writing(self.engine) as connection:
            reports.keep_issue(connection, found, subject, pdf, now)
        told: list[Value] = list(found.recommendations)
        on = now.astimezone(LONDON).date()
        own: dict[str, Value] = {"number": found.number, "fingerprint": found.sha256, "recommendations": told}
        return {**own, "issued_at": now, "issued_on": on}

    def document(self, opening: Mapping[str, Any], said: Mapping[str, Any], number: int, now: datetime) -> Document:
        """Write a report as it would be drawn up now."""
        kind, stands = str(opening.get("kind")), self.stands(now)
        lines: list[Line] = []
        pack, hidden = "", dict[date, frozenset[Cell]]()
        with reading(self.engine) as connection:
            earlier = reports.earlier(connection, reports.subject_of(opening))
            found = _in_it(opening, recommendations.everything(connection))
            if kind == "response":
                lines = [recommendation_words.line(each, stands.get(each.case_id), now) for each in found]
            else:
                from web import pack_words  # it is the worker that draws a pack: no web worker holds what that takes

                quarter = periods.quarter_of(opening["quarter_from"])
                told = pack_words.told(connection, kind, quarter, now, open_ones=found, stands=stands)
                pack, hidden = pack_words.fragment(told), dict(told.hidden)
        supersedes = earlier[1] if earlier else None
        html = report_words.document(opening, said, number, now, annex=lines, pack=pack, supersedes=supersedes)
        return Document(html, tuple(each.case_id for each in found), hidden)


def _in_it(opening: Mapping[str, Any], every: Sequence[Recommendation]) -> list[Recommendation]:
    """Give the recommendations of the inspection report that is answered, in the order of their references; for a pack those that are not over."""
    if opening.get("kind") != "response":
        return [each for each in every if each.closed_at is None]
    wanted = _plain(opening.get("source_body"), opening.get("report_title"))
    return [each for each in every if _plain(each.source_body, each.report_title) == wanted]


def _plain(*texts: Any) -> str:
    """Take texts as the same that differ in letters' size, spaces and quotation marks alone."""
    return " ".join(" ".join(str(each or "") for each in texts).casefold().replace("\u2019", "'").split())


def _of(scope: Mapping[str, Value], record: str) -> Mapping[str, Any]:
    """Give the fields of a record as a step sees it; of one that repeats, those of the last."""
    found = scope.get(record)
    last = found[-1] if isinstance(found, list) and found else found
    return last if isinstance(last, dict) else {}


def _on_paper(title: str, html: str) -> bytes | None:
    try:
        return pdfs.drawn(report_words.whole_page(title, html))
    except pdfs.PdfNotDrawn:
        log.warning("a report was issued without a PDF, because none can be drawn here")
        return None
