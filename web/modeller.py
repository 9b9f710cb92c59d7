"""One file of a draft as a page: a diagram, a decision table or a form, edited as it is drawn or as text, and checked."""

from __future__ import annotations

from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from engine.drafted import Draft
from engine.errors import DraftIsStale, Invalid, NotFound, Refusal
from engine.publishing import stamp_of
from engine.release import plain
from web import draft_words
from web.access import actor, roles
from web.answering import without_source
from web.draft_words import problems_of, remarks_of, running, shelf, shown_problems
from web.errors import sentence_of
from web.previews import preview
from web.services import services
from web.step_words import KINDS as STEP_KINDS
from web.step_words import Part, part_of
from workflows import checking
from workflows.drafts import EDITOR, READERS

page = flask.Blueprint("modeller", __name__, url_prefix="/procedures/<procedure>/draft/files")


@page.get("/<name>")
@roles(*READERS)
def file(procedure: str, name: str) -> ResponseReturnValue:
    """Show a file of the draft, to be changed by those who may."""
    running(procedure)
    draft = shelf().get(procedure)
    if name not in draft.files:
        raise NotFound("There is no such file in the draft.")
    return _page(draft, name, draft.files[name])


@page.post("/<name>")
@roles(EDITOR)
def save(procedure: str, name: str) -> ResponseReturnValue:
    """Save a file and check the draft; what was typed is kept where it cannot be saved."""
    running(procedure)
    text = plain(flask.request.form.get("text", ""))
    stamp = flask.request.form.get("stamp", "")
    try:
        shelf().save(procedure, name, text, stamp=stamp, by=actor().person, now=services().clock())
    except DraftIsStale as refusal:
        return _page(shelf().get(procedure), name, text, refused=refusal), 409
    except NotFound as refusal:
        return _not_saved(procedure, text, str(refusal)), 409
    except Invalid as refusal:
        said = " ".join(problem.sentence for problem in refusal.problems)
        return _not_saved(procedure, text, said, name), 422
    wrong = [each for each in problems_of(shelf().get(procedure)) if each.file == name]
    if wrong:
        count = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        flask.flash(f"Saved, with {count} to put right before it can be proposed.", "problems")
    else:
        flask.flash("Saved. No problem found in it.", "done")
    return flask.redirect(flask.url_for("modeller.file", procedure=procedure, name=name), 303)


@page.post("/<name>/remove")
@roles(EDITOR)
def remove(procedure: str, name: str) -> ResponseReturnValue:
    """Take a file out of the draft."""
    running(procedure)
    stamp = flask.request.form.get("stamp", "")
    try:
        shelf().remove(procedure, name, stamp=stamp, by=actor().person, now=services().clock())
    except DraftIsStale as refusal:
        draft = shelf().get(procedure)
        return _page(draft, name, draft.files[name], refused=refusal), 409
    flask.flash(f"{name} was taken out of the draft.", "done")
    return flask.redirect(flask.url_for("drafts.draft", procedure=procedure), 303)


def _not_saved(procedure: str, text: str, sentence: str, name: str = "") -> str:
    """Give back what was typed where it cannot be kept; `name` is the file that stands as it was, "" where there is none."""
    return flask.render_template("draft_gone.html", procedure=procedure, sentence=sentence, text=text, name=name)


def _page(draft: Draft, name: str, text: str, refused: Refusal | None = None) -> str:
    """Draw the page of a file with `text` in it; the stamp is that of the text that stands in the draft."""
    standing = draft.files.get(name)
    problems = [each for each in problems_of(draft) if each.file == name]
    kind, seen = draft_words.kind_of(name), checking.look(draft.files, name, text)
    part = part_of(draft.procedure, draft.files, name) if kind == "bpmn" else None
    return flask.render_template(
        "draft_file.html",
        procedure=draft.procedure,
        procedure_name=running(draft.procedure)[1],
        draft=draft,
        name=name,
        kind=kind,
        words=draft_words.KINDS[kind][0],
        title=draft_words.titles({name: text})[name],
        text=text,
        stamp="" if standing is None else stamp_of(standing),
        problems=shown_problems(problems, draft.procedure, on_page=name),
        remarks=shown_problems(
            [each for each in remarks_of(draft) if each.file == name], draft.procedure, on_page=name
        ),
        marks=[{"element": each.element, "text": each.problem.sentence} for each in problems if each.element],
        refused=None if refused is None else sentence_of(refused),
        changed_by=draft_words.names({draft.changed_by})[draft.changed_by],
        part=part,
        told=_told(draft.procedure, part) if part else {},
        kinds=STEP_KINDS,
        said=seen.table,
        places=[replace(each, explanation=without_source(each.explanation).strip()) for each in seen.places],
        shown=preview(name, seen.form, [each.problem for each in problems]),
        may_edit=EDITOR in actor().roles,
    )


def _told(procedure: str, part: Part) -> dict[str, dict[str, object]]:
    """Give what the drawing says of a step or a clock that is chosen, by its id: lines, and where it is changed."""
    found: dict[str, dict[str, object]] = {}
    table = flask.url_for("steps.table", procedure=procedure)
    for step in part.steps:
        changes = EDITOR in actor().roles and step.kind != "start"
        address = flask.url_for("steps.step", procedure=procedure, element=step.id) if changes else table
        lines = [line for line in (step.role, step.form_title) if line]
        found[step.id] = {"name": step.name, "lines": lines, "href": address if changes else f"{table}#{step.id}"}
        for clock in step.clocks:
            lines = [f"Counted from {clock.since}"] if clock.since else []
            lines += [rung.said for rung in clock.rungs]
            found[clock.element] = {"name": clock.name, "lines": lines, "href": f"{address}#{clock.element}"}
    return found
