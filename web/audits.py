"""The audits of closed work, month by month: samples, scores, findings and what came of them, summaries."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.store import reading
from web import audit_words, case_access
from web.access import actor, roles
from web.services import services
from workflows import access, audits, sampling
from workflows.access import OVERSIGHT, OVERSIGHT_FIGURES, Standing
from workflows.agreement import agreement
from workflows.audits import STANDARDS

page = flask.Blueprint("audits", __name__)


class AuditNotFound(NotFound):
    """There is no such audit."""


@page.get("/audits")
@roles(*OVERSIGHT_FIGURES)
def months() -> ResponseReturnValue:
    """Show the audits of the latest months as figures."""
    here, who, now = services(), actor(), services().clock()
    found = audit_words.trend(here, who, now, limit=24)
    every = bool(who.roles & OVERSIGHT)
    by_standard = [
        (words, agreement(pair for month in found for pair in month.pairs[key])) for key, words in STANDARDS.items()
    ]
    return flask.render_template(
        "audits.html",
        months=found,
        standards=STANDARDS,
        lately=audits.together(found),
        by_standard=by_standard,
        leads_on=every,
        now=now,
    )


@page.get("/audits/<case_id>")
@roles(*OVERSIGHT)
def month(case_id: str) -> ResponseReturnValue:
    """Show the audit of a month: summary, findings and what came of them, and the sample as far as one may know of its cases."""
    here, who, now = services(), actor(), services().clock()
    with reading(here.engine) as connection:
        found = audits.find(connection, case_id, now)
        alone = not sampling.two_audit(connection)
    if found is None:
        raise AuditNotFound("There is no such audit.")
    view = here.cases.case(
        case_id,
        classes=access.readable(who.roles, standing=Standing.OPEN),
        by=who,
        purpose=audit_words.PURPOSE,
        now=now,
    )
    known = case_access.readable_each(
        here.engine, who, [case_id, *(each.case_id for each in found.sample)], now=here.clock()
    )
    told = audit_words.describe(view, here.cases.release_of(case_id), found, known, now)
    return flask.render_template(
        "audit.html", **told, has_case=case_id in known, now=now, once=audit_words.why_once(view, found, alone=alone)
    )
