"""Opening a case, and the page of a case: how it stands, who has what to do, what is known and what happened."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.errors import AnswersInvalid, Conflict, Problem, Unavailable
from engine.forms import Raw
from engine.store import reading
from engine.views import OpeningView
from web import case_access, case_list, case_words, episode_words, outline
from web.access import RoleMissing, actor, signed_in
from web.answering import Posted, conflict_page, go_on, new_key, without_source
from web.govuk import error_summary, render_form
from web.procedures import MISSING_CHILD
from web.services import services
from workflows import children, episodes

page = flask.Blueprint("cases", __name__)

PURPOSE = "casework"
PAGE_SIZE = 50


@page.get("/cases")
@signed_in
def cases() -> ResponseReturnValue:
    """List the open cases that this person may know of, the latest first; or go to the one that was asked for."""
    reference = flask.request.args.get("reference", "").strip().upper()
    if reference:
        return flask.redirect(flask.url_for("cases.case", case_id=reference))
    here, after = services(), flask.request.args.get("after", "")
    lines, following = case_list.open_cases(here.engine, actor().roles, after=after, limit=PAGE_SIZE)
    return flask.render_template("cases.html", lines=lines, next=following, first=not after)


@page.get("/cases/open")
@page.get("/cases/open/<procedure>")
@signed_in
def opening(procedure: str = MISSING_CHILD) -> ResponseReturnValue:
    """Ask what opens a case of a procedure."""
    return _opening_page(_opening(procedure), {}, key=new_key())


@page.post("/cases/open")
@page.post("/cases/open/<procedure>")
@signed_in
def open_case(procedure: str = MISSING_CHILD) -> ResponseReturnValue:
    """Open a case and go on to its first task."""
    view, posted, here = _opening(procedure), Posted.read(), services()
    now = here.clock()
    try:
        answers = view.form.load(posted.raw, scope={}, now=now)
        done = here.cases.open(view.procedure, answers, by=actor(), now=now, key=posted.key)
    except AnswersInvalid as refusal:
        return _opening_page(view, posted.raw, key=posted.key, problems=refusal.problems), 422
    except (Conflict, Unavailable) as refusal:
        return conflict_page(refusal, posted.raw, form=view.form, case_id="")
    flask.flash(f"Case {done.case_id} is open.", "done")
    return go_on(done)


@page.get("/cases/<case_id>")
@signed_in
def case(case_id: str) -> ResponseReturnValue:
    """Show a case as far as this person's roles may read it; who looked is written down first."""
    here, who = services(), actor()
    classes = case_access.readable(here.engine, who.roles, case_id)
    now = here.clock()
    view = here.cases.case(case_id, classes=classes, by=who, purpose=PURPOSE, now=now)
    release, waits = here.cases.release_of(case_id), here.cases.waits(case_id, now=now)
    with reading(here.engine) as connection:
        episode = episodes.find(connection, case_id)
        names = episode_words.names_of(connection, {event.by for event in view.timeline})
        child_id = children.child_of(connection, case_id)
    told = case_words.describe(view, episode, release, names, who=who, now=now)
    drawings = outline.drawings(view, release, waits)
    wanted = flask.request.args.get("part", "")
    return flask.render_template(
        "case.html",
        **told,
        held_up_since=min((each.first_seen_at for each in here.cases.incidents.of_case(case_id)), default=None),
        child_id=child_id,
        drawings=drawings,
        shown=next((drawing for drawing in drawings if drawing.id == wanted), drawings[0]),
        outline=outline.outline(view, release, waits, now),
    )


@page.get("/cases/<case_id>/diagram/<process>")
@signed_in
def diagram(case_id: str, process: str) -> ResponseReturnValue:
    """Give a diagram of the release on which a case runs to those who may see the case; nothing in it is about the case."""
    here = services()
    case_access.readable(here.engine, actor().roles, case_id)
    return flask.Response(here.cases.diagram(case_id, process), mimetype="application/xml")


def _opening(procedure: str) -> OpeningView:
    view = services().cases.opening(procedure)
    if view.role not in actor().roles:
        raise RoleMissing("Your roles do not include opening a case.")
    return view


def _opening_page(view: OpeningView, raw: Raw, *, key: str, problems: Sequence[Problem] = ()) -> str:
    return flask.render_template(
        "task.html",
        heading=view.form.title,
        documentation=without_source(view.documentation),
        summary=error_summary(problems, view.form),
        questions=render_form(view.form, raw, problems, scope={}, now=services().clock()),
        key=key,
        stamp="",
        problems=problems,
        button="Open the case",
    )
