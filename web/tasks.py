"""The page of one task: what is asked, for which case and until when; what is typed is kept; and what happens when it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import merging
from engine.admission import task_number
from engine.errors import (
    AnswersInvalid,
    Conflict,
    NotYourTask,
    PageIsStale,
    Problem,
    SamePersonTwice,
    TaskAlreadyCompleted,
    TaskNotFound,
    Unavailable,
)
from engine.forms import Form, Raw
from engine.frozen import frozen
from engine.merging import Changed
from engine.release import Compiled
from engine.store import TaskTable, reading, writing
from engine.views import TaskRow, TaskView
from web import (
    carer_words,
    case_access,
    comment_words,
    episode_words,
    known_words,
    late_entry,
    meanwhile,
    plan_words,
    references,
    report_preview,
    sign_words,
    task_lists,
    task_words,
    why_reading,
)
from web.access import actor, signed_in
from web.answering import AFTER, LATER, Posted, conflict_page, go_on, is_done, new_key, was_done, without_source
from web.fact_words import Section, alone, say_answer, sections
from web.govuk import error_summary, render_form
from web.moments import say_moment, say_until
from web.repeating import FOCUS
from web.second_person import done_before
from web.services import services
from web.why_reading import Why
from workflows import access, assigning, comments, reports, typed
from workflows.access import Standing
from workflows.typed import Typed

page = flask.Blueprint("tasks", __name__)


@frozen
class Shown:
    """What a page of a task is drawn from beside the task: the answers, its key and stamp, and what is to be said of them.

    `sent` is the key of the page that was sent, where this one gives it back.
    """

    raw: Raw
    key: str
    stamp: str
    seen: int
    problems: Sequence[Problem] = ()
    changed: Sequence[Changed] = ()
    stale: bool = False
    kept: Typed | None = None
    sent: str = ""


@page.get("/tasks/<task_id>")
@signed_in
def task(task_id: str) -> ResponseReturnValue:
    """Show a task with what is kept of its answers, or with what this person has typed there before."""
    here, now = services(), services().clock()
    with reading(here.engine) as connection:
        kept = typed.find(connection, task_id, actor().person)
    try:
        view = _open(task_id)
    except Conflict as refusal:
        if kept is None:
            raise
        return conflict_page(refusal, kept.raw, form=_form_of(task_id), case_id=task_id.partition(".")[0], kept=task_id)
    if kept is not None:
        return _page(view, Shown(kept.raw, new_key(), kept.stamp, kept.seen, kept=kept))
    raw = view.form.as_raw(view.form.prefilled(view.values, scope=view.scope, now=now))
    return _page(view, Shown(raw, new_key(), view.stamp, view.seen))


@page.post("/tasks/<task_id>")
@signed_in
def complete(task_id: str) -> ResponseReturnValue:
    """Complete a task, or keep it for later, or say all that is wrong with the answers, or what has happened in the meantime."""
    here, posted, now = services(), Posted.read(), services().clock()
    if LATER in flask.request.form:
        return _keep_for_later(task_id, posted)
    try:
        view = _open(task_id)
    except Conflict as refusal:
        if was_done(posted.sealed_key):
            return flask.redirect(flask.url_for("inbox.tasks"))
        return _gone(task_id, posted, refusal)
    if (turned := posted.turned(view.form)) is not None:
        with writing(here.engine) as connection:
            _keep_sent(connection, task_id, replace(posted, raw=turned))
        return _page(view, Shown(turned, posted.key, posted.stamp, posted.seen, sent=posted.key))
    try:
        raw, key, stamp = posted.raw, posted.sealed_key, posted.stamp
        answers, on_paper = late_entry.load(
            lambda: references.load(view.form, raw, scope=view.scope, now=now), raw, now
        )
        done = here.cases.complete(task_id, answers, by=actor(), now=now, key=key, stamp=stamp, on_paper=on_paper)
    except AnswersInvalid as refusal:
        shown = Shown(posted.raw, posted.key, posted.stamp, posted.seen, problems=refusal.problems, sent=posted.key)
        return _page(view, shown), 422
    except PageIsStale:
        return _merged(view, posted), 409
    except (Conflict, SamePersonTwice, Unavailable) as found:
        told = TaskAlreadyCompleted(_done(task_id)) if isinstance(found, TaskAlreadyCompleted) else found
        form = view.form.settled(scope=view.scope, now=now)
        return conflict_page(told, posted.raw, form=form, case_id=view.row.case_id)
    with writing(here.engine) as connection:
        typed.drop(connection, task_id, actor().person)
    flask.flash(f"{view.row.name}: this is done for case {done.case_id}.", "done")
    return go_on(done)


@page.post("/tasks/<task_id>/typed")
@signed_in
def keep(task_id: str) -> ResponseReturnValue:
    """Keep what is typed so far, where something was; say who else has the page open, and whether the task has gone meanwhile.

    Pages that are open ask for it by themselves; a GET would change nothing, and this does.
    """
    posted, now, who, here = Posted.read(), services().clock(), actor(), services()
    is_typing = bool(flask.request.args.get("typing"))
    _may_type(task_id)
    if is_typing:
        with writing(here.engine) as connection:
            if not is_done(connection, posted.sealed_key):
                _keep(connection, task_id, posted, after=flask.request.args["typing"] == AFTER.strip("_"))
    with reading(here.engine) as connection:
        others = typed.here(connection, task_id, but=who.person, now=now)
        news = meanwhile.of_task(connection, task_id, who, posted.seen)
        is_noted = typed.is_noted_here(connection, task_id, person=who.person, now=now)
    if not is_noted:
        with writing(here.engine) as connection:
            typed.note_here(connection, task_id, person=who.person, now=now)
    return flask.render_template(
        "task_typed.html", task_id=task_id, present=others, meanwhile=news, saved=is_typing, now=now
    )


@page.post("/tasks/<task_id>/typed/drop")
@signed_in
def drop(task_id: str) -> ResponseReturnValue:
    """Forget what this person has typed there."""
    with writing(services().engine) as connection:
        typed.drop(connection, task_id, actor().person)
    flask.flash("What you had typed is gone.", "done")
    return flask.redirect(flask.url_for("tasks.task", task_id=task_id))


@page.post("/tasks/<task_id>/typed/take-over/<person>")
@signed_in
def take_over(task_id: str, person: str) -> ResponseReturnValue:
    """Take over what somebody whom one leads has typed, and the task with it; both are written down."""
    here, now, who = services(), services().clock(), actor()
    view = _open(task_id)
    if view.row.role not in assigning.led_by(who):
        raise NotYourTask("Only who leads this role takes over what somebody has typed.")
    with reading(here.engine) as connection:
        found = typed.find(connection, task_id, person)
    if found is None:
        raise TaskNotFound("There is nothing typed here.")
    classes = frozenset(each.data_class for each in view.form.fields)
    here.cases.note_reading(
        view.row.case_id, by=who, purpose=f"typed by {person}, taken over", classes=classes, now=now
    )
    here.cases.ownership.give(task_id, who.person, by=who, now=now, leads=assigning.led_by(who))
    with writing(here.engine) as connection:
        typed.keep(connection, task_id, found.raw, person=who.person, stamp=found.stamp, seen=found.seen, now=now)
    flask.flash(f"What {found.name} had typed is here now. They still have their own copy.", "done")
    return flask.redirect(flask.url_for("tasks.task", task_id=task_id))


@page.post("/tasks/<task_id>/preview")
@signed_in
def keep_and_preview(task_id: str) -> ResponseReturnValue:
    """Keep what is typed so far, and show the report as it would be drawn up with it."""
    posted = Posted.read()
    _may_type(task_id)
    with writing(services().engine) as connection:
        _keep(connection, task_id, posted)
    return flask.redirect(flask.url_for("tasks.preview", task_id=task_id))


@page.get("/tasks/<task_id>/preview")
@signed_in
def preview(task_id: str) -> ResponseReturnValue:
    """Show the report that is written in a task as it would be drawn up now, with what is kept of what this person has typed there."""
    here, now = services(), services().clock()
    view = _open(task_id)
    with reading(here.engine) as connection:
        kept = typed.find(connection, task_id, actor().person)
    raw = kept.raw if kept else view.form.as_raw(view.form.prefilled(view.values, scope=view.scope, now=now))
    found = report_preview.of(view.row, raw, now)
    document = Markup(found.html)  # noqa: S704 - drawn by the site's own template
    return flask.render_template("report_preview.html", preview=found, document=document, task_id=task_id)


def _gone(task_id: str, posted: Posted, refusal: Conflict) -> ResponseReturnValue:
    """Say that a task is not open any more, and keep what was sent for its author all the same."""
    with writing(services().engine) as connection:
        _keep_sent(connection, task_id, posted)
    return conflict_page(refusal, posted.raw, form=_form_of(task_id), case_id=task_id.partition(".")[0], kept=task_id)


def _keep_for_later(task_id: str, posted: Posted) -> ResponseReturnValue:
    """Keep what was typed, without looking whether it is complete."""
    _may_type(task_id)
    with writing(services().engine) as connection:
        _keep_sent(connection, task_id, posted)
    flask.flash("What you have typed is kept. It is in your list of tasks, at the top.", "done")
    return flask.redirect(flask.url_for("inbox.tasks"))


def _keep_sent(connection: sa.Connection, task_id: str, posted: Posted) -> None:
    """Keep what a button has sent, unless what was typed after it was pressed has come before it."""
    there = typed.find(connection, task_id, actor().person)
    if there is None or there.raw.get(AFTER) != [posted.key]:
        _keep(connection, task_id, posted)


def _keep(connection: sa.Connection, task_id: str, posted: Posted, *, after: bool = False) -> None:
    """Keep what was typed there, or was typed `after` the button of its page was pressed."""
    told = {"person": actor().person, "stamp": posted.stamp}
    raw = {name: texts for name, texts in posted.raw.items() if name != FOCUS}
    if after:
        raw[AFTER] = [posted.key]
    typed.keep(connection, task_id, raw, **told, seen=posted.seen, now=services().clock())


def _may_type(task_id: str) -> None:
    """Refuse to keep anything for a task that is not this person's; one that is open no more keeps what its author typed."""
    case_id, number = task_number(task_id)
    who = case_access.within(services().engine, actor(), case_id, now=services().clock())
    asked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id, TaskTable.number == number)
    with reading(services().engine) as connection:
        role = connection.execute(asked).scalar_one_or_none()
    if role is None or role not in who.duties:
        raise TaskNotFound("There is no such task.")


def _merged(view: TaskView, posted: Posted) -> str:
    """Draw the page anew with what others have changed since it was opened brought in; nothing was saved yet."""
    row, here = view.row, services()
    place = (row.case_id, row.record, row.record_key, posted.seen)
    with reading(here.engine) as connection:
        was = merging.as_it_was(connection, *place)
        who = merging.who_changed(connection, *place)
        names = episode_words.names_of(connection, {by for by, _at in who.values()})
    told = {name: (names.get(by, by), at) for name, (by, at) in who.items()}
    form = view.form.settled(scope=view.scope, now=here.clock())
    raw, changed = merging.merge(form, posted.raw, was, view.values, told)
    return _page(view, Shown(raw, new_key(), view.stamp, view.seen, changed=changed, stale=True, sent=posted.key))


def _form_of(task_id: str) -> Form | None:
    """Give the questions of a task that is no longer open, so that what was typed stands under them."""
    case_id, _, number = task_id.partition(".")
    form = sa.select(TaskTable.form).where(TaskTable.case_id == case_id, TaskTable.number == int(number))
    with reading(services().engine) as connection:
        name = connection.execute(form).scalar_one_or_none()
    return services().cases.release_of(case_id).forms.get(name) if name else None


def _done(task_id: str) -> str:
    """Say who did a task and when, so that nobody is told of their own work as of a stranger's."""
    with reading(services().engine) as connection:
        return meanwhile.done(connection, task_id, actor())


def _open(task_id: str) -> TaskView:
    """Give the task with the facts beside it that this person's roles may read.

    Who has no part in the case does not learn from a refusal that it exists, nor from what is asked before it.
    """
    here, case_id = services(), task_id.rpartition(".")[0]
    who = case_access.within(here.engine, actor(), case_id, now=here.clock())
    classes = access.readable(who.roles, standing=Standing.OPEN)
    try:
        return here.cases.task(task_id, by=who, now=here.clock(), classes=classes)
    except TaskAlreadyCompleted:
        raise TaskAlreadyCompleted(_done(task_id)) from None
    except (NotYourTask, TaskNotFound):
        if case_access.readable_each(here.engine, actor(), [case_id], now=here.clock()):
            raise
        raise TaskNotFound("There is no such task.") from None


def _page(view: TaskView, shown: Shown) -> str:
    now, row, who, release = services().clock(), view.row, actor(), services().cases.release_of(view.row.case_id)
    leads = row.role in assigning.led_by(who)
    with reading(services().engine) as connection:
        others = typed.of_others(connection, row.id, who.person) if leads else []
        present = typed.here(connection, row.id, but=who.person, now=now)
        able = (
            assigning.candidates(connection, row.role, row.case_id, who, now=now)
            if row.owner in {"", who.person} or leads
            else ()
        )
    return flask.render_template(
        "task.html",
        heading=row.name,
        task_id=row.id,
        **_of_case(row, release),
        due=_due(row.due_at, now),
        documentation=without_source(view.documentation),
        beside=_beside(view, release, now),
        why=_why(row, now),
        summary=error_summary(shown.problems, view.form, {late_entry.PLACE}),
        **late_entry.shown(shown.raw, shown.problems),
        questions=render_form(view.form, shown.raw, shown.problems, scope=view.scope, now=now),
        stamp=shown.stamp,
        seen=shown.seen,
        problems=shown.problems,
        done_before=done_before(release, row.case_id, row.element, row.record_key, who.person),
        kept=shown.kept,
        **_keys(shown),
        changed=[(each, say_answer(each.now, each.field)) for each in shown.changed],
        stale=shown.stale,
        others=others,
        present=present,
        owner=task_words.owner(row, who, task_lists.names_of([row], who)),
        has_it=row.owner == who.person,
        goes_back=bool(row.returns_to),
        able=[each for each in able if each.sign_in != row.owner],
        said=_said(row.case_id, now),
    )


def _keys(shown: Shown) -> dict[str, str]:
    """Give the key of the page, of the one that was sent, and of the one after whose sending it was typed."""
    after = "".join(shown.kept.raw.get(AFTER, ())) if shown.kept else ""
    return {"key": shown.key, "sent": shown.sent, "after": after}


def _of_case(row: TaskRow, release: Compiled) -> dict[str, str | bool]:
    """Name the case of a task, and say whether it is a report, whose versions have pages of their own, and is written here."""
    told = {"is_report": release.root == reports.PROCEDURE, "previews": report_preview.has_one(row, release)}
    return {"case_id": row.case_id, "case_title": row.case_title, **told}


def _due(due_at: datetime | None, now: datetime) -> str:
    """Say until when a task is due; nothing where no time is set."""
    return f"{say_moment(due_at)} ({say_until(due_at, now)})" if due_at else ""


def _why(row: TaskRow, now: datetime) -> Why:
    """Give why the task is there, as far as this person's roles in the case may read it."""
    who = case_access.within(services().engine, actor(), row.case_id, now=now)
    classes = access.readable(who.roles, standing=Standing.OPEN)
    return why_reading.read(row.id, actor(), classes, purpose=f"why task {row.element}", now=now)


def _said(case_id: str, now: datetime) -> tuple[comment_words.Said, ...]:
    """Give the comments on the case that this person may read; that they were shown is written down first."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        every = comments.of_case(connection, case_id)
    if not every:
        return ()
    classes = case_access.readable_each(here.engine, who, [case_id], now=now).get(case_id, frozenset())
    with reading(here.engine) as connection:
        said, _others = comment_words.lines(connection, every, classes, who.person)
    if said:
        shown = frozenset(each.data_class for each in said)
        here.cases.note_reading(case_id, by=who, purpose=comments.PURPOSE, classes=shown, now=now)
    return said


def _beside(view: TaskView, release: Compiled, now: datetime) -> list[Section]:
    """Give what stands beside the form, what the drawing names first before all; where an episode is decided on, how it stands now."""
    if view.row.element == episode_words.ELEMENT:
        return episode_words.beside(view, actor(), now)
    about = [sign_words.beside(view, release, now)] if view.row.element == sign_words.ELEMENT else []
    carer = carer_words.beside(actor(), view.row.case_id, view.row.element, now)
    known = view.beside.get(known_words.RECORD, {}).get("")
    plan = plan_words.beside(actor(), view.row.case_id, known, now)
    drawn = [*about, *sections(view.beside, release, now, decided=alone(release))]
    return [each for each in (*drawn[:1], *carer, *drawn[1:], *plan) if each.rows]
