"""Short absences: a carer records what was decided and what became of it, beside the form of the child."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import flask
from flask.typing import ResponseReturnValue

from engine import forms
from engine.errors import Invalid, Problem
from engine.forms import Form, Raw
from engine.store import reading, writing
from web import carer_words
from web.access import actor, roles
from web.answering import Posted, new_key
from web.episode_words import names_of
from web.govuk import error_summary, render_form
from web.services import services
from workflows import absences, philomena
from workflows.absences import AbsenceNotFound
from workflows.philomena import OWNS

page = flask.Blueprint("absences", __name__)

PURPOSE = "own carer's form"
CLASSES = frozenset({carer_words.DATA_CLASS})


@page.get("/philomena/<profile>/absences")
@roles(OWNS)
def listed(profile: str) -> ResponseReturnValue:
    """List the absences that stand with a form, and ask for another; who looked is written down first."""
    return _listed(profile, {}, new_key(), [])


@page.post("/philomena/<profile>/absences")
@roles(OWNS)
def record(profile: str) -> ResponseReturnValue:
    """Record what was decided about an absence."""
    here, posted = services(), Posted.read()
    try:
        answers = _form("absence").load(posted.raw, scope={}, now=here.clock())
        with writing(here.engine) as connection:
            absences.record(connection, profile, answers, by=actor(), now=here.clock(), key=posted.key)
    except Invalid as refusal:
        return _listed(profile, posted.raw, posted.key, refusal.problems), 422
    flask.flash("The absence is recorded.", "done")
    return flask.redirect(flask.url_for("absences.listed", profile=profile), 303)


@page.get("/philomena/<profile>/absences/<int:number>")
@roles(OWNS)
def ask(profile: str, number: int) -> ResponseReturnValue:
    """Ask what became of an absence."""
    return _one(profile, number, {}, [])


@page.post("/philomena/<profile>/absences/<int:number>")
@roles(OWNS)
def end(profile: str, number: int) -> ResponseReturnValue:
    """Say what became of an absence."""
    here, posted = services(), Posted.read()
    try:
        answers = _form("absence_end").load(posted.raw, scope={}, now=here.clock())
        with writing(here.engine) as connection:
            absences.end(connection, profile, number, answers, by=actor())
    except Invalid as refusal:
        return _one(profile, number, posted.raw, refusal.problems), 422
    flask.flash("It is recorded.", "done")
    return flask.redirect(flask.url_for("absences.listed", profile=profile), 303)


@cache
def _form(name: str) -> Form:
    return forms.read((files("web") / f"{name}.form").read_text("utf-8"), name)


def _listed(profile: str, raw: Raw, key: str, problems: Sequence[Problem]) -> str:
    here, who, now = services(), actor(), services().clock()
    with reading(here.engine) as connection:
        form = philomena.own(connection, profile, who)
        found = absences.of_form(connection, form.id)
        names = names_of(connection, {each.decided_by for each in found})
    here.cases.note_reading(form.id, by=who, purpose=PURPOSE, classes=CLASSES, now=now)
    return flask.render_template(
        "absences.html",
        form=form,
        found=[(each, carer_words.absence(each, names)) for each in found],
        count=carer_words.count_of(found, now),
        **_asked("absence", raw, problems),
        key=key,
    )


def _one(profile: str, number: int, raw: Raw, problems: Sequence[Problem]) -> str:
    here, who = services(), actor()
    with reading(here.engine) as connection:
        form = philomena.own(connection, profile, who)
        found = next((each for each in absences.of_form(connection, form.id) if each.id == number), None)
        names = names_of(connection, {found.decided_by} if found else set())
    if found is None:
        raise AbsenceNotFound("There is no such absence.")
    here.cases.note_reading(form.id, by=who, purpose=PURPOSE, classes=CLASSES, now=here.clock())
    told = {"form": form, "absence": found, "row": carer_words.absence(found, names)}
    return flask.render_template("absence.html", **told, **_asked("absence_end", raw, problems))


def _asked(name: str, raw: Raw, problems: Sequence[Problem]) -> dict[str, object]:
    form = _form(name)
    return {
        "summary": error_summary(problems, form),
        "questions": render_form(form, raw, problems, scope={}, now=services().clock()),
        "problems": problems,
    }
