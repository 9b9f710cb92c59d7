"""The page of one task: what is asked, for which case and until when; and what happens when it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import AnswersInvalid, Conflict, NotYourTask, Problem, SamePersonTwice, TaskNotFound, Unavailable
from engine.forms import Form, Raw
from engine.release import Compiled
from engine.store import TaskTable, reading
from engine.views import TaskView
from web import carer_words, case_access, episode_words, references, sign_words
from web.access import actor, signed_in
from web.answering import Posted, conflict_page, go_on, new_key, was_done, without_source
from web.fact_words import Section, alone, sections
from web.govuk import error_summary, render_form
from web.moments import say_moment, say_until
from web.second_person import done_before
from web.services import services
from workflows import access
from workflows.access import Standing

page = flask.Blueprint("tasks", __name__)


@page.get("/tasks/<task_id>")
@signed_in
def task(task_id: str) -> ResponseReturnValue:
    """Show a task with what is kept of its answers."""
    view, now = _open(task_id), services().clock()
    shown = view.form.prefilled(view.values, scope=view.scope, now=now)
    return _page(view, view.form.as_raw(shown), key=new_key(), stamp=view.stamp)


@page.post("/tasks/<task_id>")
@signed_in
def complete(task_id: str) -> ResponseReturnValue:
    """Complete a task, or say all that is wrong with the answers, or what has happened in the meantime."""
    here, posted, now = services(), Posted.read(), services().clock()
    try:
        view = _open(task_id)
    except Conflict as refusal:
        if was_done(posted.sealed_key):
            return flask.redirect(flask.url_for("inbox.tasks"))
        return conflict_page(refusal, posted.raw, form=_form_of(task_id), case_id=task_id.partition(".")[0])
    try:
        answers = references.load(view.form, posted.raw, scope=view.scope, now=now)
        key, stamp = posted.sealed_key, posted.stamp
        done = here.cases.complete(task_id, answers, by=actor(), now=now, key=key, stamp=stamp)
    except AnswersInvalid as refusal:
        return _page(view, posted.raw, key=posted.key, stamp=posted.stamp, problems=refusal.problems), 422
    except (Conflict, SamePersonTwice, Unavailable) as refusal:
        form = view.form.settled(scope=view.scope, now=now)
        return conflict_page(refusal, posted.raw, form=form, case_id=view.row.case_id)
    flask.flash(f"{view.row.name}: this is done for case {done.case_id}.", "done")
    return go_on(done)


def _form_of(task_id: str) -> Form | None:
    """Give the questions of a task that is no longer open, so that what was typed stands under them."""
    case_id, _, number = task_id.partition(".")
    form = sa.select(TaskTable.form).where(TaskTable.case_id == case_id, TaskTable.number == int(number))
    with reading(services().engine) as connection:
        name = connection.execute(form).scalar_one_or_none()
    return services().cases.release_of(case_id).forms.get(name) if name else None


def _open(task_id: str) -> TaskView:
    """Give the task with the facts beside it that this person's roles may read.

    Who has no part in the case does not learn from a refusal that it exists.
    """
    here, case_id = services(), task_id.rpartition(".")[0]
    who = case_access.within(here.engine, actor(), case_id, now=here.clock())
    classes = access.readable(who.roles, standing=Standing.OPEN)
    try:
        return here.cases.task(task_id, by=who, now=here.clock(), classes=classes)
    except NotYourTask:
        if case_access.readable_each(here.engine, actor(), [case_id], now=here.clock()):
            raise
        raise TaskNotFound("There is no such task.") from None


def _page(view: TaskView, raw: Raw, *, key: str, stamp: str, problems: Sequence[Problem] = ()) -> str:
    now, row = services().clock(), view.row
    release = services().cases.release_of(row.case_id)
    due = f"{say_moment(row.due_at)} ({say_until(row.due_at, now)})" if row.due_at else ""
    return flask.render_template(
        "task.html",
        heading=row.name,
        case_id=row.case_id,
        case_title=row.case_title,
        due=due,
        documentation=without_source(view.documentation),
        beside=_beside(view, release, now),
        summary=error_summary(problems, view.form),
        questions=render_form(view.form, raw, problems, scope=view.scope, now=now),
        key=key,
        stamp=stamp,
        problems=problems,
        button="Complete",
        done_before=done_before(release, row.case_id, row.element, actor().person),
    )


def _beside(view: TaskView, release: Compiled, now: datetime) -> list[Section]:
    """Give what stands beside the form; where an episode is decided on, how it stands now; what a sign is about."""
    if view.row.element == episode_words.ELEMENT:
        return episode_words.beside(view, actor(), now)
    about = [sign_words.beside(view, release, now)] if view.row.element == sign_words.ELEMENT else []
    carer = carer_words.beside(actor(), view.row.case_id, view.row.element, now)
    return [*carer, *about, *sections(view.beside, release, now, decided=alone(release))]
