"""One file of a draft as a page: a diagram, a decision table or a form, edited as it is drawn or as text, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from engine.drafted import Draft
from engine.errors import DraftIsStale, Invalid, NotFound, Refusal
from engine.publishing import stamp_of
from engine.release import FILE_NAME, plain
from engine.store import reading, writing
from web import draft_words, kept_words
from web.access import actor, roles
from web.answering import without_source
from web.change_words import compared
from web.draft_words import problems_of, remarks_of, running, shelf, shown_problems
from web.errors import sentence_of
from web.picks import picks
from web.previews import preview
from web.services import services
from web.step_words import KINDS as STEP_KINDS
from web.step_words import Part, part_of
from workflows import checking, unsaved
from workflows.drafts import EDITOR, READERS, Located
from workflows.unsaved import Unsaved

page = flask.Blueprint("modeller", __name__, url_prefix="/procedures/<procedure>/draft/files")


@page.get("/<name>")
@roles(*READERS)
def file(procedure: str, name: str) -> ResponseReturnValue:
    """Show a file of the draft, to be changed by those who may."""
    running(procedure)
    draft = shelf().get(procedure)
    if name not in draft.files:
        raise NotFound("There is no such file in the draft.")
    kept = _unsaved(draft, name)
    if kept is not None and flask.request.args.get("kept"):
        return _page(draft, name, kept.text, resumed=kept)
    return _page(draft, name, draft.files[name], kept=kept)


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
        draft = shelf().get(procedure)
        _keep(draft, name, text, stamp)
        return _page(draft, name, text, refused=refusal), 409
    except NotFound as refusal:
        return _not_saved(procedure, text, str(refusal)), 409
    except Invalid as refusal:
        said = " ".join(problem.sentence for problem in refusal.problems)
        return _not_saved(procedure, text, said, name), 422
    kept_words.forget(procedure, name)
    wrong = [each for each in problems_of(shelf().get(procedure)) if each.file == name]
    if wrong:
        count = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        flask.flash(f"Saved, with {count} to put right before it can be proposed.", "problems")
    else:
        flask.flash("Saved. No problem found in it.", "done")
    return flask.redirect(flask.url_for("modeller.file", procedure=procedure, name=name), 303)


@page.post("/<name>/typed")
@roles(EDITOR)
def typed(procedure: str, name: str) -> ResponseReturnValue:
    """Keep what is drawn or typed so far, where something was; say who else has the draft open, and whether the file has changed.

    Pages that are open ask for it by themselves; a GET would change nothing, and this does.
    """
    running(procedure)
    form, is_typing = flask.request.form, bool(flask.request.args.get("typing"))
    stamp = form.get("stamp", "") or form.get("_seen", "")
    draft = shelf().find(procedure)
    if is_typing:
        _keep(draft, name, form.get("text", ""), stamp)
    else:
        kept_words.look(procedure, name)
    return flask.render_template(
        "draft_typed.html",
        name=name,
        present=kept_words.beside(procedure, name),
        meanwhile=_meanwhile(draft, name, stamp),
        saved=is_typing,
        now=services().clock(),
    )


def _meanwhile(draft: Draft | None, name: str, stamp: str) -> str:
    """Say what has become of a file since somebody had its text with this stamp before them; mostly nothing."""
    standing = draft.files.get(name) if draft else None
    if draft is None or standing is None:
        return "This file is not in the draft any more."
    if stamp_of(standing) == stamp:
        return ""
    return f"{_changed_by(draft)} has saved this file since you opened it."


@page.post("/<name>/typed/drop")
@roles(EDITOR)
def drop_typed(procedure: str, name: str) -> ResponseReturnValue:
    """Forget what this person has changed in a file and not saved."""
    running(procedure)
    kept_words.forget(procedure, name)
    flask.flash("What you had not saved is gone.", "done")
    return flask.redirect(flask.url_for("modeller.file", procedure=procedure, name=name), 303)


@page.get("/<name>/mine")
@roles(*READERS)
def mine(procedure: str, name: str) -> ResponseReturnValue:
    """Hold what this person has not saved beside what stands in the draft."""
    _, procedure_name = running(procedure)
    draft = shelf().get(procedure)
    kept = _unsaved(draft, name)
    if kept is None:
        raise NotFound("There is nothing of this file that you have not saved.")
    address = flask.url_for("modeller.file", procedure=procedure, name=name)
    return flask.render_template(
        "draft_changes.html",
        name=procedure_name,
        caption=f"Draft: {procedure_name}, {name}",
        against="what stands in the draft",
        back=("What you had", f"{address}?kept=yes"),
        found=compared(procedure, draft.files, {**draft.files, name: kept.text}),
        one="In the draft",
        other="Yours",
        addresses=(lambda _file: "", lambda _file: ""),
        kinds=draft_words.KINDS,
        kind_of=draft_words.kind_of,
    )


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


def _unsaved(draft: Draft, name: str) -> Unsaved | None:
    """Give what this person has changed in a file and not saved, where it is not what stands there."""
    with reading(services().engine) as connection:
        kept = unsaved.find(connection, actor().person, draft.procedure, name)
    return kept if kept is not None and kept.text != draft.files.get(name) else None


def _keep(draft: Draft | None, name: str, text: str, stamp: str) -> None:
    """Keep what this person has changed in a file, where a draft is there and the file could be one of it."""
    now = services().clock()
    if draft is not None and FILE_NAME.fullmatch(name):
        with writing(services().engine) as connection:
            unsaved.keep(connection, actor().person, draft.procedure, name, plain(text), stamp=stamp, now=now)


def _page(
    draft: Draft,
    name: str,
    text: str,
    refused: Refusal | None = None,
    *,
    kept: Unsaved | None = None,
    resumed: Unsaved | None = None,
) -> str:
    """Draw the page of a file with `text` in it.

    The stamp is that of the text that stands in the draft, or of the one from which what is `resumed` was made. `kept` is
    offered to its author and not shown.
    """
    problems = [each for each in problems_of(draft) if each.file == name]
    kind, seen = draft_words.kind_of(name), checking.look(draft.files, name, text)
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
        stamp=resumed.stamp if resumed else stamp_of(draft.files[name]) if name in draft.files else "",
        kept=kept,
        resumed=resumed,
        present=kept_words.beside(draft.procedure, name),
        **_said(draft, name, problems),
        refused=None if refused is None else sentence_of(refused),
        changed_by=_changed_by(draft),
        **(_drawn(draft, name) if kind == "bpmn" else {"part": None}),
        kinds=STEP_KINDS,
        said=seen.table,
        places=[replace(each, explanation=without_source(each.explanation).strip()) for each in seen.places],
        shown=preview(name, seen.form, [each.problem for each in problems]),
        may_edit=EDITOR in actor().roles,
    )


def _changed_by(draft: Draft) -> str:
    return draft_words.names({draft.changed_by})[draft.changed_by]


def _said(draft: Draft, name: str, problems: Sequence[Located]) -> dict[str, object]:
    """Give what is wrong with a file and what is worth a look in it, as lists, and what is marked in its drawing."""
    doubted = [each for each in remarks_of(draft) if each.file == name]
    return {
        "problems": shown_problems(problems, draft.procedure, on_page=name),
        "remarks": shown_problems(doubted, draft.procedure, on_page=name),
        "marks": draft_words.marks(problems),
    }


def _drawn(draft: Draft, name: str) -> dict[str, object]:
    """Give what the page of a diagram has beside its text: its steps, what is said of each, and what an editor picks from."""
    part = part_of(draft.procedure, draft.files, name)
    return {
        "part": part,
        "told": _told(draft.procedure, part) if part else {},
        "catalogue": picks(draft.files, services().cases.operations),
    }


def _in_table(procedure: str, step: str) -> str:
    """Give the address of a step in the table of the steps."""
    return flask.url_for("steps.table", procedure=procedure, open=step, _anchor=step)


def _told(procedure: str, part: Part) -> dict[str, dict[str, object]]:
    """Give what the drawing says of a step or a clock that is chosen, by its id: lines, and where it is changed."""
    found: dict[str, dict[str, object]] = {}
    for step in part.steps:
        changes = EDITOR in actor().roles and step.kind != "start"
        address = (
            flask.url_for("steps.step", procedure=procedure, element=step.id)
            if changes
            else _in_table(procedure, step.id)
        )
        lines = [line for line in (step.role, step.form_title) if line]
        lines += [f"{each.name}: {'; '.join(rung.said for rung in each.rungs)}" for each in step.clocks if each.rungs]
        found[step.id] = {"name": step.name, "lines": lines, "href": address}
        for clock in step.clocks:
            lines = [f"Counted from {clock.since}"] if clock.since else []
            lines += [rung.said for rung in clock.rungs]
            place = address.partition("#")[0]
            found[clock.element] = {"name": clock.name, "lines": lines, "href": f"{place}#{clock.element}"}
            if clock.rungs:
                rows = flask.url_for("modeller.file", procedure=procedure, name=clock.table)
                found[clock.element]["rows"] = f"{rows}#{clock.rungs[0].row}"
    return found
