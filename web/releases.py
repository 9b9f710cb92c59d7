"""The releases of a procedure: each shown, compared with any other, exported, made a draft again; and what the program offers anew."""

from __future__ import annotations

from collections.abc import Mapping

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, NotFound
from web import draft_words
from web.access import actor, roles
from web.change_words import compared
from web.draft_words import names, running, shelf
from web.errors import sentence_of
from web.previews import preview
from web.release_words import archive, case_counts, drawn, numbered, update_of
from web.services import services
from web.step_words import KINDS, parts_of
from workflows.drafts import EDITOR, READERS
from workflows.table_words import say_table

page = flask.Blueprint("releases", __name__, url_prefix="/procedures/<procedure>")


@page.get("/releases/<int:number>")
@roles(*READERS)
def release(procedure: str, number: int) -> ResponseReturnValue:
    """Show a release: who published it and why, how many cases run on it, its steps and its files."""
    _, name = running(procedure)
    row, files = numbered(procedure, number)
    behind = shelf().behind(procedure).get(row.id)
    others = [each.number for each in services().cases.library.releases(procedure) if each.number != number]
    titles = draft_words.titles(files)
    return flask.render_template(
        "release.html",
        procedure=procedure,
        name=name,
        release=row,
        behind=behind,
        cases=case_counts(procedure).get(row.id, (0, 0)),
        names=names({row.published_by, *([behind.proposed_by] if behind else [])}),
        others=others,
        parts=parts_of(procedure, files),
        files=sorted(titles.items(), key=lambda each: (draft_words.kind_of(each[0]), each[1].casefold())),
        kind_of=draft_words.kind_of,
        file_kinds=draft_words.KINDS,
        kinds=KINDS,
        may_edit=False,
        may_restore=EDITOR in actor().roles and bool(others) and shelf().find(procedure) is None,
        running=max([number, *others]) == number,
    )


@page.get("/releases/<int:number>.zip")
@roles(*READERS)
def export(procedure: str, number: int) -> ResponseReturnValue:
    """Give the files of a release as an archive."""
    running(procedure)
    return archive(numbered(procedure, number)[1], f"{procedure}-{number}")


@page.get("/releases/<int:number>/files/<name>")
@roles(*READERS)
def file(procedure: str, number: int, name: str) -> ResponseReturnValue:
    """Show a file of a release: as a drawing, as a table in words, as the form that staff see; and as text."""
    text = _file(numbered(procedure, number)[1], name)
    kind = draft_words.kind_of(name)
    return flask.render_template(
        "release_file.html",
        procedure=procedure,
        number=number,
        name=name,
        title=draft_words.titles({name: text})[name],
        words=draft_words.KINDS[kind][0],
        kind=kind,
        text=text,
        address=drawn(procedure, number)(name),
        said=say_table(text, name) if kind == "dmn" else None,
        shown=preview(name, text, ()) if kind == "form" else None,
    )


@page.get("/releases/<int:number>/diagrams/<name>")
@roles(*READERS)
def diagram(procedure: str, number: int, name: str) -> ResponseReturnValue:
    """Give a diagram of a release to be drawn."""
    return flask.Response(_file(numbered(procedure, number)[1], name), mimetype="application/xml")


@page.get("/draft/diagrams/<name>")
@roles(*READERS)
def draft_diagram(procedure: str, name: str) -> ResponseReturnValue:
    """Give a diagram of the draft to be drawn."""
    running(procedure)
    return flask.Response(_file(shelf().get(procedure).files, name), mimetype="application/xml")


@page.get("/releases/<int:number>/changes")
@roles(*READERS)
def changes(procedure: str, number: int) -> ResponseReturnValue:
    """Show what a release changes against another one, by default the one before it."""
    _, name = running(procedure)
    other = flask.request.args.get("from", max(number - 1, 1), type=int)
    before, after = numbered(procedure, other)[1], numbered(procedure, number)[1]
    return flask.render_template(
        "draft_changes.html",
        name=name,
        caption=f"{name}, release {number}",
        against=f"release {other}",
        back=(f"Release {number}", flask.url_for("releases.release", procedure=procedure, number=number)),
        found=compared(procedure, before, after),
        one=f"Release {other}",
        other=f"Release {number}",
        addresses=(drawn(procedure, other), drawn(procedure, number)),
        kinds=draft_words.KINDS,
        kind_of=draft_words.kind_of,
    )


@page.post("/releases/<int:number>/restore")
@roles(EDITOR)
def restore(procedure: str, number: int) -> ResponseReturnValue:
    """Make a draft of an earlier release, with the reason that its proposal begins with."""
    running(procedure)
    _, files = numbered(procedure, number)
    newest = services().cases.library.releases(procedure)[0].number
    words = "Undo" if number == newest - 1 else "Go back from"
    reason = f"{words} release {newest}: release {number} again."
    return _begin(procedure, files, "restored", reason, f"Release {number} is a draft now. Somebody else approves it.")


@page.get("/update")
@roles(*READERS)
def update(procedure: str) -> ResponseReturnValue:
    """Show what the program ships anew beside what was changed here; where it ships nothing, that nothing differs."""
    _, name = running(procedure)
    found, here = update_of(procedure), services().cases.library.releases(procedure)[0]
    files = services().cases.library.files(here.id)
    common = {
        "procedure": procedure,
        "name": name,
        "caption": f"{name}, update of the program",
        "back": (name, flask.url_for("drafts.procedure", procedure=procedure)),
        "found": compared(procedure, files, found.together.files if found else files),
        "one": "Running",
        "other": "With the update",
        "addresses": (drawn(procedure, here.number), lambda _file: ""),
        "kinds": draft_words.KINDS,
        "kind_of": draft_words.kind_of,
    }
    if found is None:
        return flask.render_template("draft_changes.html", **common, against="what the program brings")
    ours, theirs = (draft_words.changes_of(found.base, files) for files in (found.ours, found.theirs))
    places = {(each.file, each.element) for each in ours}
    return flask.render_template(
        "release_update.html",
        **common,
        against="what runs here, where it does not touch what was changed here",
        ours=len(ours),
        theirs=len(theirs),
        both=[each for each in theirs if each.element and (each.file, each.element) in places],
        torn=found.together.torn,
        may_edit=EDITOR in actor().roles and shelf().find(procedure) is None,
    )


@page.post("/update")
@roles(EDITOR)
def take_update(procedure: str) -> ResponseReturnValue:
    """Make a draft of what the program ships anew: with what was changed here, or as it was shipped."""
    running(procedure)
    found = update_of(procedure)
    if found is None:
        raise NotFound("The program offers no update of this procedure.")
    whole = flask.request.form.get("what") == "shipped"
    files = found.theirs if whole else found.together.files
    reason = "The update that came with the program" + (
        ", as it was shipped." if whole else ", with what was changed here."
    )
    return _begin(
        procedure, files, "shipped", reason, "The update is a draft now. The running release has not changed."
    )


def _file(files: Mapping[str, str], name: str) -> str:
    if name not in files:
        raise NotFound("There is no such file.")
    return files[name]


def _begin(procedure: str, files: Mapping[str, str], origin: str, reason: str, said: str) -> ResponseReturnValue:
    """Begin a draft from files that are here; where there is one already, that is said."""
    try:
        shelf().begin(procedure, by=actor().person, now=services().clock(), files=files, origin=origin, reason=reason)
    except Conflict as refusal:
        flask.flash(sentence_of(refusal), "note")
    else:
        flask.flash(said, "done")
    return flask.redirect(flask.url_for("drafts.draft", procedure=procedure), 303)
