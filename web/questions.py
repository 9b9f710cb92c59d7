"""The questions of a form as a list: added, reworded, moved, asked only after an answer, and taken out, without its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.drafted import Draft
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.forms import editing
from engine.publishing import stamp_of
from web import draft_words
from web.access import actor, roles
from web.draft_words import problems_of, running, shelf
from web.errors import sentence_of
from web.govuk import told
from web.previews import preview
from web.services import services
from workflows import checking
from workflows.drafts import EDITOR, READERS
from workflows.vocabulary import DATA_CLASS

page = flask.Blueprint("questions", __name__, url_prefix="/procedures/<procedure>/draft/files/<name>/questions")

NAMES = ("kind", "label", "hint", "required", "error", "options", "class", "when", "after")
LONGEST = 4_000


@page.get("")
@roles(*READERS)
def listed(procedure: str, name: str) -> ResponseReturnValue:
    """List the questions of a form."""
    draft = _draft(procedure, name)
    try:
        root = editing.root_of(draft.files[name])
    except Invalid as refusal:
        flask.flash(refusal.problems[0].sentence, "problems")
        return flask.redirect(flask.url_for("modeller.file", procedure=procedure, name=name), 303)
    problems = [each.problem for each in problems_of(draft) if each.file == name]
    return flask.render_template(
        "questions.html",
        procedure=procedure,
        name=name,
        title=draft_words.titles({name: draft.files[name]})[name],
        lines=list(editing.lines(root["components"])),
        stamp=stamp_of(draft.files[name]),
        may_edit=EDITOR in actor().roles,
        problems=[each.sentence for each in problems],
        shown=preview(name, checking.look(draft.files, name, draft.files[name]).form, problems),
    )


@page.get("/one")
@roles(*READERS)
def one(procedure: str, name: str) -> ResponseReturnValue:
    """Show one question to be reworded, or an empty one to be added."""
    draft, place = _draft(procedure, name), flask.request.args.get("place", "")
    root = editing.root_of(draft.files[name])
    given = editing.given_of(editing.found(root, place)) if place else {"required": "yes"}
    return _page(draft, name, place, given)


@page.post("/one")
@roles(EDITOR)
def put(procedure: str, name: str) -> ResponseReturnValue:
    """Add a question, or change one; what is missing is said on its page."""
    draft, place = _draft(procedure, name), flask.request.args.get("place", "")
    sent = flask.request.form
    given = {each: sent.get(each, "").replace("\r\n", "\n").strip()[:LONGEST] for each in NAMES}
    try:
        root = editing.root_of(draft.files[name])
        editing.put(root, place, given)
        _save(draft, name, editing.text_of(root))
    except Invalid as refusal:
        return _page(draft, name, place, given, refusal.problems), 422
    except Conflict as refusal:
        return _page(draft, name, place, given, [Problem("label", "stale", sentence_of(refusal))]), 409
    flask.flash("Saved. The form is checked again.", "done")
    return _back(procedure, name)


@page.post("/act")
@roles(EDITOR)
def act(procedure: str, name: str) -> ResponseReturnValue:
    """Move a question up or down, or take it out."""
    draft, sent = _draft(procedure, name), flask.request.form
    root, place = editing.root_of(draft.files[name]), sent.get("place", "")
    match sent.get("do"):
        case "up":
            editing.moved(root, place, -1)
        case "down":
            editing.moved(root, place, 1)
        case "out":
            editing.removed(root, place)
        case _:
            flask.abort(400)
    try:
        _save(draft, name, editing.text_of(root))
    except Invalid as refusal:
        flask.flash(refusal.problems[0].sentence, "problems")
    except Conflict as refusal:
        flask.flash(sentence_of(refusal), "problems")
    return _back(procedure, name)


def _draft(procedure: str, name: str) -> Draft:
    running(procedure)
    draft = shelf().get(procedure)
    if name not in draft.files or not name.endswith(".form"):
        raise NotFound("There is no such form in the draft.")
    return draft


def _save(draft: Draft, name: str, text: str) -> None:
    """Save the form, where nobody else changed it since its page was opened."""
    stamp = flask.request.form.get("stamp", "")
    shelf().save(draft.procedure, name, text, stamp=stamp, by=actor().person, now=services().clock())


def _back(procedure: str, name: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("questions.listed", procedure=procedure, name=name), 303)


def _page(draft: Draft, name: str, place: str, given: Mapping[str, str], problems: Sequence[Problem] = ()) -> str:
    """Draw the page of one question."""
    root = editing.root_of(draft.files[name])
    own = editing.found(root, place) if place else {}
    kind = editing.kind_of(own) if place else ""
    choices = [("", "Always"), *editing.answers(root, place)]
    when = given.get("when", "")
    if when not in dict(choices):
        choices.append((when, "As it is written in the form: " + when))
    return flask.render_template(
        "question.html",
        procedure=draft.procedure,
        name=name,
        place=place,
        given=given,
        kind=kind,
        is_question=kind not in {"text", *editing.HOLDING},
        chooses=not place or kind in editing.CHOOSING,
        from_case=str(own.get("valuesExpression") or ""),
        in_list=editing.is_in_list(root, place),
        kinds=[{"value": key, "text": words} for key, words in editing.KINDS.items()],
        classes=[
            {"value": "", "text": "Choose one"},
            *({"value": key, "text": f"{words} ({key})"} for key, words in DATA_CLASS.items()),
        ],
        places=[{"value": "", "text": "At the end of the page"}]
        + [{"value": key, "text": words} for key, words in editing.places(root)],
        conditions=[{"value": key, "text": words} for key, words in choices],
        stamp=stamp_of(draft.files[name]) if not problems else flask.request.form.get("stamp", ""),
        may_edit=EDITOR in actor().roles,
        **told(problems),
    )
