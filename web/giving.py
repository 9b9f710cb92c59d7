"""Telling a case what it waits to hear: the drawing says which messages a person may give, and a form asks for the rest."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.errors import AnswersInvalid, Conflict, NotFound, Problem, Unavailable
from engine.forms import Raw
from engine.messages import Wanted
from web import case_access, references
from web.access import actor, signed_in
from web.answering import Posted, conflict_page, go_on, new_key, was_done, without_source
from web.govuk import error_summary, render_form
from web.services import services

page = flask.Blueprint("giving", __name__)


@page.get("/cases/<case_id>/messages/<int:number>")
@signed_in
def message(case_id: str, number: int) -> ResponseReturnValue:
    """Ask for what a person tells a case."""
    return _page(case_id, _wanted(case_id, number), {}, new_key())


@page.post("/cases/<case_id>/messages/<int:number>")
@signed_in
def give(case_id: str, number: int) -> ResponseReturnValue:
    """Tell the case, once, and go on to what it opens for this person; or say all that is wrong with the answers."""
    here, posted, now = services(), Posted.read(), services().clock()
    who = case_access.within(here.engine, actor(), case_id, now=now)
    if who.duties and was_done(posted.sealed_key):
        return flask.redirect(flask.url_for("cases.case", case_id=case_id))
    wanted = _wanted(case_id, number)
    if (turned := posted.turned(wanted.form)) is not None:
        return _page(case_id, wanted, turned, posted.key)
    try:
        answers = references.load(wanted.form, posted.raw, scope=wanted.scope, now=now)
        name, key, under = wanted.node.message, posted.sealed_key, wanted.key
        done = here.cases.messages.tell(case_id, name, answers, by=who, now=now, key=key, under=under)
    except AnswersInvalid as refusal:
        return _page(case_id, wanted, posted.raw, posted.key, refusal.problems), 422
    except (Conflict, NotFound, Unavailable) as refusal:
        form = wanted.form.settled(scope=wanted.scope, now=now)
        return conflict_page(refusal, posted.raw, form=form, case_id=case_id)
    flask.flash(f"{wanted.node.name}: case {case_id} knows of it.", "done")
    return go_on(done)


def _wanted(case_id: str, number: int) -> Wanted:
    """Give what the case waits to hear from this person; what it does not, and a case of which they may not know, is not there."""
    here, now = services(), services().clock()
    who = case_access.within(here.engine, actor(), case_id, now=now)
    for each in here.cases.messages.wanted(case_id, by=who, now=now):
        if each.number == number:
            return each
    raise NotFound("There is no such message.")


def _page(case_id: str, wanted: Wanted, raw: Raw, key: str, problems: Sequence[Problem] = ()) -> str:
    """Draw the page; that the case was looked at for its form is written down first."""
    here, now = services(), services().clock()
    shown = frozenset(field.data_class for field in wanted.form.fields)
    here.cases.note_reading(case_id, by=actor(), purpose=f"message {wanted.node.id}", classes=shown, now=now)
    return flask.render_template(
        "task.html",
        heading=wanted.node.name or wanted.form.title,
        case_id=case_id,
        documentation=without_source(wanted.node.documentation),
        summary=error_summary(problems, wanted.form, set()),
        questions=render_form(wanted.form, raw, problems, scope=wanted.scope, now=now),
        key=key,
        stamp="",
        problems=problems,
        button="Tell the case",
    )
