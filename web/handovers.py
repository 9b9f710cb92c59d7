"""Handing over: what one has goes to somebody else when they say so, with a briefing to read or print; and who stands in while one is away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import cast

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import forms
from engine.errors import AnswersInvalid, Invalid, Problem
from engine.forms import Form, Raw
from engine.model import Value
from engine.store import reading, writing
from engine.views import TaskRow
from web import briefings, copying, task_words
from web.access import actor, signed_in
from web.answering import Posted, new_key
from web.govuk import error_summary, render_form
from web.inbox_filter import MINE, Wanted
from web.moments import say_moment
from web.services import services
from web.task_lists import page as page_of_tasks
from workflows import assigning, deputies, handovers, people
from workflows.audience import audience

page = flask.Blueprint("handovers", __name__)


@page.get("/handovers")
@signed_in
def offering() -> ResponseReturnValue:
    """Show what one could hand over, to whom, and what waits for an answer."""
    return _offering(set(), {}, new_key())


@page.post("/handovers")
@signed_in
def offer() -> ResponseReturnValue:
    """Offer the chosen tasks; or say all that is wrong."""
    here, who = services(), actor()
    chosen, typed = set(flask.request.form.getlist("task")), flask.request.form.to_dict()
    mine = [row for row in _mine() if row.id in chosen]
    try:
        with writing(here.engine) as connection:
            number = handovers.offer(
                connection,
                mine,
                typed.get("to", ""),
                typed.get("note", ""),
                by=who,
                now=here.clock(),
                key=typed.get("key", "")[:80],
                base_url=here.settings.base_url,
            )
    except Invalid as refusal:
        return _offering(chosen, typed, typed.get("key", new_key()), refusal.problems), 422
    flask.flash("It is offered. You have every task until it is taken over.", "done")
    return flask.redirect(flask.url_for("handovers.one", number=number))


@page.get("/handovers/<int:number>")
@signed_in
def one(number: int) -> ResponseReturnValue:
    """Show a hand-over with its briefing to its two people; what is read of each case is written down first."""
    return _one(number)


@page.get("/handovers/<int:number>/print")
@signed_in
def print_form(number: int) -> ResponseReturnValue:
    """Ask for whom a copy of the briefing is; of its two people only."""
    with reading(services().engine) as connection:
        handovers.find(connection, number, actor().person)
    return copying.form("handover", "", flask.url_for("handovers.one", number=number))


@page.post("/handovers/<int:number>/print")
@signed_in
def print_copy(number: int) -> ResponseReturnValue:
    """Give the briefing as a sheet; the copy is noted first, with each case in it."""
    here, who, now, back = services(), actor(), services().clock(), flask.url_for("handovers.one", number=number)
    with reading(here.engine) as connection:
        found = handovers.find(connection, number, who.person)
        tasks = briefings.rows(connection, found)
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return copying.form("handover", "", back, refusal.problems), 422
    briefs = briefings.of(tasks, who, now, purpose=copying.PURPOSE, with_reason=False)
    about, what = [each.case_id for each in briefs], "The briefing of a hand-over"
    made = copying.noted(about, wanted, what, briefings.SHOWN, held=who.roles, way="print", now=now)
    title = f"Hand-over from {found.giver_name} to {found.receiver_name}"
    return copying.sheet(title, made, briefings.on_paper(found, briefs), back)


@page.post("/handovers/<int:number>/take")
@signed_in
def take(number: int) -> ResponseReturnValue:
    """Take over: from now on the tasks are this person's."""
    here = services()
    left = handovers.take(here.engine, here.cases.ownership, number, by=actor(), now=here.clock())
    if left:
        told = "; ".join(f"{task_id}: {sentence}" for task_id, sentence in left)
        flask.flash(f"You have taken over, but for {told}", "important")
    else:
        flask.flash("You have taken over. These tasks are yours now.", "done")
    return flask.redirect(flask.url_for("inbox.tasks", which=MINE))


@page.post("/handovers/<int:number>/decline")
@signed_in
def decline(number: int) -> ResponseReturnValue:
    """Decline with a reason: the giver has every task, and is told."""
    here = services()
    try:
        with writing(here.engine) as connection:
            why, base_url = flask.request.form.get("why", ""), here.settings.base_url
            handovers.decline(connection, number, why, by=actor(), now=here.clock(), base_url=base_url)
    except Invalid as refusal:
        return _one(number, refusal.problems), 422
    flask.flash("You have declined. The other person has been told, and has every task.", "done")
    return flask.redirect(flask.url_for("inbox.tasks"))


@page.post("/handovers/<int:number>/withdraw")
@signed_in
def withdraw(number: int) -> ResponseReturnValue:
    """Take an offer back."""
    here = services()
    with writing(here.engine) as connection:
        handovers.withdraw(connection, number, by=actor(), now=here.clock())
    flask.flash("The hand-over is taken back.", "done")
    return flask.redirect(flask.url_for("handovers.offering"))


@page.get("/away")
@signed_in
def away() -> ResponseReturnValue:
    """Show who stands in for whom, and ask for an absence."""
    return _away({})


@page.post("/away")
@signed_in
def enter() -> ResponseReturnValue:
    """Enter an absence with the deputy."""
    here, posted = services(), Posted.read()
    try:
        with writing(here.engine) as connection:
            scope = _scope(connection)
            answers = _form(leads=bool(scope["leads"])).load(posted.raw, scope=scope, now=here.clock())
            begins_at, ends_at = (cast("datetime", answers[name]) for name in ("begins_at", "ends_at"))
            person, deputy = str(answers.get("person") or actor().person), str(answers.get("deputy", ""))
            deputies.enter(connection, person, deputy, begins_at, ends_at, by=actor(), now=here.clock())
    except (AnswersInvalid, Invalid) as refusal:
        return _away(posted.raw, refusal.problems), 422
    flask.flash("It is entered. The deputy sees these tasks in that time.", "done")
    return flask.redirect(flask.url_for("handovers.away"))


@page.post("/away/<int:number>/end")
@signed_in
def end(number: int) -> ResponseReturnValue:
    """End an absence now."""
    here = services()
    with writing(here.engine) as connection:
        deputies.end(connection, number, by=actor(), now=here.clock())
    flask.flash("That absence has ended.", "done")
    return flask.redirect(flask.url_for("handovers.away"))


def _mine() -> tuple[TaskRow, ...]:
    """Give the tasks that this person has, or of somebody for whom they stand in."""
    here = services()
    with reading(here.engine) as connection:
        bounds = audience(connection, actor(), here.clock())
    return page_of_tasks(Wanted(which=MINE), bounds, None, here.clock()).rows


def _offering(chosen: set[str], typed: dict[str, str], key: str, problems: Sequence[Problem] = ()) -> str:
    here, who, rows = services(), actor(), _mine()
    with reading(here.engine) as connection:
        able = assigning.candidates_for_any(connection, rows, who, now=here.clock())
        waiting = handovers.open_of(connection, who.person)
    return flask.render_template(
        "handover_new.html",
        lines=task_words.lines(rows, who, here.clock()),
        chosen=chosen or {row.id for row in rows},
        able=[each for each in able if each.sign_in != who.person],
        waiting=waiting,
        me=who.person,
        typed=typed,
        key=key,
        problems={problem.where: problem.sentence for problem in reversed(problems)},
    )


def _one(number: int, problems: Sequence[Problem] = ()) -> str:
    here, who, now = services(), actor(), services().clock()
    with reading(here.engine) as connection:
        handover = handovers.find(connection, number, who.person)
        rows = briefings.rows(connection, handover)
    return flask.render_template(
        "handover.html",
        handover=handover,
        receives=handover.receiver == who.person,
        briefs=briefings.of(rows, who, now),
        printed=say_moment(now),
        problems={problem.where: problem.sentence for problem in problems},
    )


@cache
def _form(*, leads: bool) -> Form:
    """Give the questions about an absence; who leads nobody is not asked who is away."""
    form = forms.read((files("web") / "away.form").read_text("utf-8"), "away")
    return (
        form
        if leads
        else replace(form, blocks=tuple(each for each in form.blocks if getattr(each, "key", "") != "person"))
    )


def _scope(connection: sa.Connection) -> dict[str, Value]:
    """Give whom this person may enter as away, and who may stand in, as the choices of the form."""
    who = actor()
    led = deputies.led(connection, who)
    able = {
        each.sign_in: each
        for name in (who.person, *(each.sign_in for each in led))
        for each in deputies.candidates(connection, name)
    }
    me = people.find(connection, who.person)
    choices: list[Value] = [{"value": each.sign_in, "label": each.name} for each in (me, *led)]
    stand_in: list[Value] = [
        {"value": each.sign_in, "label": each.name} for each in sorted(able.values(), key=lambda each: each.name)
    ]
    return {"people": choices, "deputies": stand_in, "leads": bool(led)}


def _away(raw: Raw, problems: Sequence[Problem] = ()) -> str:
    here, who, now = services(), actor(), services().clock()
    with reading(here.engine) as connection:
        scope = _scope(connection)
        names = [who.person, *(each.sign_in for each in deputies.led(connection, who))]
        found = {each.id: each for name in names for each in deputies.of_person(connection, name, now)}
    form = _form(leads=bool(scope["leads"]))
    return flask.render_template(
        "away.html",
        able=bool(scope["deputies"]),
        absences=sorted(found.values(), key=lambda each: (each.begins_at, each.id)),
        endable=set(names),
        questions=render_form(form, raw, problems, scope=scope, now=now),
        summary=error_summary(problems, form, {"person", "deputy"}),
        problems=problems,
        now=now,
    )
