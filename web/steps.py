"""The steps of a draft as a page without a drawing: read in the order in which they happen, changed, added, taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.drafted import Draft
from engine.editing import Diagram, NotEditable
from engine.errors import Conflict, Invalid, NotFound, Problem, Refusal
from engine.publishing import stamp_of
from engine.release import plain
from web import clock_changes, kept_words
from web.access import actor, roles
from web.draft_words import problems_of, running, shelf, shown_problems
from web.errors import kind_of, sentence_of
from web.services import services
from web.step_changes import NEW_FORM, Typed, added, changed, standing_beside
from web.step_words import KINDS, Clock, Part, Step, forms_of, parts_of, step_of
from workflows import checking
from workflows.agencies import ROLES
from workflows.drafts import EDITOR, READERS

page = flask.Blueprint("steps", __name__, url_prefix="/procedures/<procedure>/draft/steps")

Texts = Mapping[str, str | None]
"""The files that differ, None for one that is gone."""
FEW = 12
"""So many steps of a procedure are shown at once, in all of its diagrams."""

STALE = "Somebody else has changed this step after you opened the page. Below is what you typed: compare it with what stands now, and save it again."


@dataclass(frozen=True)
class _Found:
    """A step of the draft with what is around it."""

    draft: Draft
    parts: Sequence[Part]
    part: Part
    step: Step


@page.get("")
@roles(*READERS)
def table(procedure: str) -> ResponseReturnValue:
    """List the steps of a draft, diagram by diagram, in the order in which they happen."""
    _, name = running(procedure)
    draft = shelf().get(procedure)
    parts, asked = parts_of(procedure, draft.files), flask.request.args
    find, role = " ".join(asked.get("find", "").split()), asked.get("role", "")
    chosen = [(part, [step for step in part.steps if step.holds(find, role)]) for part in parts]
    total = sum(len(part.steps) for part in parts)
    return flask.render_template(
        "draft_steps.html",
        procedure=procedure,
        name=name,
        draft=draft,
        parts=parts,
        listed=[
            (part, steps, _is_open(part, steps, few=total <= FEW))
            for part, steps in chosen
            if steps or not part.readable or not (find or role)
        ],
        find=find,
        role=role,
        who=sorted({step.role for part in parts for step in part.steps if step.role and step.kind == "user_task"}),
        count=sum(len(steps) for _, steps in chosen),
        total=total,
        kinds=KINDS,
        problems=shown_problems(problems_of(draft), procedure),
        may_edit=EDITOR in actor().roles,
        present=kept_words.beside(procedure, kept_words.STEPS),
    )


def _is_open(part: Part, steps: Sequence[Step], *, few: bool) -> bool:
    """Whether the steps of a diagram are shown at once: where there are few in all, something is looked for, or somebody comes back from one of them."""
    asked = flask.request.args
    wanted = bool(asked.get("find") or asked.get("role")) or asked.get("open") in {
        "all",
        *(step.id for step in part.steps),
    }
    return bool(steps) and (few or wanted)


@page.get("/<element>")
@roles(*READERS)
def step(procedure: str, element: str) -> ResponseReturnValue:
    """Show a step to be changed."""
    return _step_page(_find(procedure, element), **_resumed(procedure, element))


@page.post("/<element>")
@roles(EDITOR)
def save(procedure: str, element: str) -> ResponseReturnValue:
    """Save a step as it was typed; where that cannot be, all of it stays on the page with what is wrong."""

    def act(found: _Found, typed: Typed) -> tuple[str, Texts]:
        return element, changed(found.draft.files, found.step, found.part, typed)

    return _carried_out(procedure, element, act, _step_page)


@page.get("/<element>/next")
@roles(*READERS)
def next_step(procedure: str, element: str) -> ResponseReturnValue:
    """Ask for a new step behind another."""
    return _next_page(_find(procedure, element), **_resumed(procedure, f"{element}/next"))


@page.post("/<element>/next")
@roles(EDITOR)
def add(procedure: str, element: str) -> ResponseReturnValue:
    """Put a new task of a person behind a step, on one of the ways that lead on from it."""

    def act(found: _Found, typed: Typed) -> tuple[str, Texts]:
        return _added(procedure, found, typed)

    return _carried_out(procedure, element, act, _next_page, "/next")


@page.get("/<element>/clock")
@roles(*READERS)
def new_clock(procedure: str, element: str) -> ResponseReturnValue:
    """Ask for a clock on a step that has none."""
    return _clock_page(_find(procedure, element), **_resumed(procedure, f"{element}/clock"))


@page.post("/<element>/clock")
@roles(EDITOR)
def add_clock(procedure: str, element: str) -> ResponseReturnValue:
    """Put a clock on a step: by when it is due, and whom it tells when."""

    def act(found: _Found, typed: Typed) -> tuple[str, Texts]:
        since = clock_changes.beginnings(found.draft.files, found.parts)
        return element, clock_changes.watched(found.draft.files, found.step.file, element, since, typed)

    return _carried_out(procedure, element, act, _clock_page, "/clock")


@page.post("/<element>/clocks/<event>/remove")
@roles(EDITOR)
def remove_clock(procedure: str, element: str, event: str) -> ResponseReturnValue:
    """Take a clock off a step, where nothing is lost by it."""
    found = _find(procedure, element)
    own = next((each for each in found.step.clocks if each.element == event), None)
    if own is None:
        raise NotFound("There is no such clock in the draft.")
    return _taken(found, own) or _to_table(procedure, element)


@page.post("/<element>/remove")
@roles(EDITOR)
def remove(procedure: str, element: str) -> ResponseReturnValue:
    """Take a step out, where nothing is lost by it: what would be wrong then is said, and the step stays."""
    return _taken(_find(procedure, element)) or _to_table(procedure)


# Inside ---------------------------------------------------------------------------------------------------------------


def _find(procedure: str, element: str) -> _Found:
    running(procedure)
    draft = shelf().get(procedure)
    parts = parts_of(procedure, draft.files)
    found = step_of(parts, element)
    if found is None:
        raise NotFound("There is no such step in the draft.")
    return _Found(draft, parts, next(each for each in parts if found in each.steps), found)


def _carried_out(
    procedure: str,
    element: str,
    act: Callable[[_Found, Typed], tuple[str, Texts]],
    draw: Callable[..., str],
    aside: str = "",
) -> ResponseReturnValue:
    """Save what `act` makes of a step as it was typed, and go to the step that it names.

    Where that cannot be, `draw` the page again, and keep what was typed for its author; `aside` is what its place has behind the step.
    """
    found, typed = _find(procedure, element), _typed()
    here = _place(f"{element}{aside}")
    try:
        _require_fresh(found, typed)
        place, texts = act(found, typed)
        _save(found.draft, texts)
    except (Invalid, Conflict) as refusal:
        kept_words.keep(procedure, here, flask.request.form)
        return draw(found, refused=_refused(refusal), typed=typed), kind_of(refusal).status
    kept_words.forget(procedure, here)
    _say_saved(procedure, list(texts))
    return _to_table(procedure, place)


def _require_fresh(found: _Found, typed: Typed) -> None:
    """Refuse with `Conflict` where the step is not as it was when its page was opened."""
    if typed.values.get("seen") != found.step.seen:
        raise Conflict(STALE)


def _place(name: str) -> str:
    return f"{kept_words.STEPS}/{name}"


def _resumed(procedure: str, name: str) -> dict[str, Any]:
    """Give what this person has typed here and not saved: to go on with, where that is asked for, else to be offered."""
    kept = kept_words.typed(procedure, _place(name))
    if kept is None or not flask.request.args.get("kept"):
        return {"kept": kept}
    return {"resumed": kept, "typed": Typed(kept.first(), kept.values)}


def _taken(found: _Found, clock: Clock | None = None) -> ResponseReturnValue | None:
    """Take a step out, or one of its clocks off; give the page that says why it cannot be, None where it was done."""
    what, done = ("step", "was taken out of the draft") if clock is None else ("clock", "was taken off in the draft")
    try:
        texts = _without(found) if clock is None else clock_changes.unwatched(found.draft.files, found.step, clock)
        wrong = _new_problems(found.draft, texts)
        if wrong:
            said = [{"text": f"The {what} cannot be taken out, because others rest on it:"}, *wrong]
            return _step_page(found, refused=said), 422
        _save(found.draft, texts)
    except NotEditable as refusal:
        return _step_page(found, refused=[{"text": str(refusal)}]), 422
    except (Invalid, Conflict) as refusal:
        return _step_page(found, refused=_refused(refusal)), kind_of(refusal).status
    flask.flash(f"“{clock.name if clock else found.step.name}” {done}.", "done")
    return None


def _added(procedure: str, found: _Found, typed: Typed) -> tuple[str, Texts]:
    """Give the id of a new task and the files that differ with it, and with its clock where one is wanted."""
    files, problems = found.draft.files, list[Problem]()
    task, texts = "", dict[str, str | None]()
    try:
        task, texts = added(procedure, files, found.step, found.part, typed)
    except Invalid as refusal:
        problems += refusal.problems
    if clock_changes.is_wanted(typed):
        since = clock_changes.beginnings(files, found.parts)
        with_it = {**files, **{name: text or "" for name, text in texts.items()}}
        try:
            own = Typed(typed.values)
            texts |= clock_changes.watched(with_it, found.step.file, task or found.step.id, since, own)
        except Invalid as refusal:
            problems += refusal.problems
    if problems:
        raise Invalid(problems)
    return task, texts


def _typed() -> Typed:
    form = flask.request.form
    return Typed(
        {name: plain(text) for name, text in form.items()},
        {name: form.getlist(name) for name in form if name.startswith("tell.")},
    )


def _save(draft: Draft, texts: Texts) -> None:
    stamps = {file: stamp_of(draft.files[file]) if file in draft.files else "" for file in texts}
    shelf().change(draft.procedure, texts, stamps=stamps, by=actor().person, now=services().clock())


def _without(found: _Found) -> Texts:
    """Give the files that differ once a step is gone; refused with `NotEditable`."""
    step = found.step
    if step.kind != "user_task":
        raise NotEditable("Only the task of a person can be taken out here: change it in the drawing.")
    diagram = Diagram(found.draft.files[step.file], step.file)
    diagram.remove(step.id)
    texts: dict[str, str | None] = {step.file: diagram.text}
    return texts if _is_asked(found, step.form) else {**texts, f"{step.form}.form": None}


def _new_problems(draft: Draft, texts: Texts) -> list[dict[str, str]]:
    """Say what would be wrong with a draft that is not wrong with it now."""
    files = {name: text for name, text in {**draft.files, **texts}.items() if text is not None}
    before = {each.problem for each in problems_of(draft)}
    after = checking.of_draft(draft.procedure, files)[0]
    new = [each for each in after if each.problem not in before]
    return [{"text": each["text"]} for each in shown_problems(new, draft.procedure)]


def _is_asked(found: _Found, form: str) -> bool:
    """Whether a form has to stay once a step is gone: another step asks it, or it is no file of the draft."""
    others = [each for part in found.parts for each in part.steps if each.form == form and each.id != found.step.id]
    return bool(others) or f"{form}.form" not in found.draft.files


def _say_saved(procedure: str, files: Sequence[str]) -> None:
    if not files:
        flask.flash("Nothing was changed.", "note")
        return
    count = len(problems_of(shelf().get(procedure)))
    if count:
        words = "1 problem" if count == 1 else f"{count} problems"
        flask.flash(f"Saved, with {words} to put right before it can be proposed.", "problems")
    else:
        flask.flash("Saved. No problem found in the draft.", "done")


def _to_table(procedure: str, element: str = "") -> ResponseReturnValue:
    return flask.redirect(
        flask.url_for("steps.table", procedure=procedure, open=element or None, _anchor=element or None), 303
    )


def _refused(refusal: Refusal) -> list[dict[str, str]]:
    """Give the entries of an error summary, each leading to its field."""
    if isinstance(refusal, Invalid):
        return [_entry(problem) for problem in refusal.problems]
    return [{"text": sentence_of(refusal)}]


def _entry(problem: Problem) -> dict[str, str]:
    return {"text": problem.sentence, "href": f"#{problem.where}"}


def _step_page(found: _Found, **more: Any) -> str:
    """Draw the page of a step, filled in with what stands in the draft or with what was typed."""
    typed: Typed | None = more.get("typed")
    is_stale = typed is not None and typed.values.get("seen", found.step.seen) != found.step.seen
    standing = standing_beside(found.step, found.part, found.draft.files, typed) if typed and is_stale else []
    return flask.render_template("draft_step.html", **_shown(found, **more), standing=standing)


def _next_page(found: _Found, **more: Any) -> str:
    """Draw the page that asks for a new step."""
    shown = _shown(found, "/next", **more) | _clock_fields(found)
    return flask.render_template("draft_step_new.html", **shown, new_form=NEW_FORM)


def _clock_page(found: _Found, **more: Any) -> str:
    """Draw the page that asks for a clock."""
    return flask.render_template("draft_clock_new.html", **_shown(found, "/clock", **more), **_clock_fields(found))


def _clock_fields(found: _Found) -> dict[str, object]:
    """Give what a new clock is made of."""
    role = next((key for key, each in ROLES.items() if each.title == found.step.role), "")
    since = clock_changes.beginnings(found.draft.files, found.parts)
    return {"since": since, "moments": clock_changes.MOMENTS, "own_role": role}


def _shown(
    found: _Found,
    aside: str = "",
    *,
    refused: Sequence[dict[str, str]] = (),
    typed: Typed | None = None,
    kept: kept_words.Typed | None = None,
    resumed: kept_words.Typed | None = None,
) -> dict[str, Any]:
    own = {found.step.id, *(clock.element for clock in found.step.clocks)}
    own |= {rung.row for clock in found.step.clocks for rung in clock.rungs}
    wrong = [each for each in problems_of(found.draft) if each.element in own]
    return {
        "procedure": found.draft.procedure,
        "draft": found.draft,
        "step": found.step,
        "part": found.part,
        "kind": KINDS[found.step.kind],
        "forms": forms_of(found.draft.files),
        "titles": sorted(((key, role.title) for key, role in ROLES.items()), key=lambda each: each[1].casefold()),
        "present": kept_words.beside(found.draft.procedure, _place(f"{found.step.id}{aside}")),
        "place": _place(f"{found.step.id}{aside}"),
        "kept": kept,
        "resumed": resumed,
        "seen": typed.values.get("seen", "") if resumed and typed else found.step.seen,
        "refused": refused,
        "errors": {each["href"][1:]: each["text"] for each in refused if each.get("href")},
        "typed": typed.values if typed else None,
        "chosen": typed.several if typed else {},
        "may_edit": EDITOR in actor().roles,
        "problems": shown_problems(wrong, found.draft.procedure),
    }
