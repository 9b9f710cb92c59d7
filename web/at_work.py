"""Pages of a draft that are open tell of themselves: what is typed on them is kept for its author, and each hears who is there too."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.publishing import stamp_of
from web import kept_words
from web.access import roles
from web.draft_words import running, shelf
from web.services import services
from web.step_words import parts_of, step_of
from workflows.drafts import EDITOR

page = flask.Blueprint("at_work", __name__, url_prefix="/procedures/<procedure>/draft/at-work")


@page.post("/typed")
@roles(EDITOR)
def typed(procedure: str) -> ResponseReturnValue:
    """Keep what was typed on a page of a draft, where something was; say who else is there, and what has changed meanwhile.

    Pages that are open ask for it by themselves; a GET would change nothing, and this does.
    """
    place, is_typing = _place(procedure), bool(flask.request.args.get("typing"))
    if is_typing:
        kept_words.keep(procedure, place, flask.request.form)
    else:
        kept_words.look(procedure, place)
    return flask.render_template(
        "draft_typed.html",
        name=place,
        present=kept_words.beside(procedure, place),
        meanwhile=_meanwhile(procedure, place, flask.request.form.get("_seen", "")),
        saved=is_typing,
        now=services().clock(),
    )


@page.post("/typed/drop")
@roles(EDITOR)
def drop_typed(procedure: str) -> ResponseReturnValue:
    """Forget what this person has typed on a page and not saved."""
    place = _place(procedure)
    kept_words.forget(procedure, place)
    flask.flash("What you had not saved is gone.", "done")
    return flask.redirect(kept_words.address(procedure, place), 303)


def _place(procedure: str) -> str:
    """Give the place of which a page tells; refused with `NotFound` where the draft has none such."""
    running(procedure)
    place, draft = flask.request.args.get("place", ""), shelf().get(procedure)
    head, _, rest = place.partition("/")
    known = head == kept_words.STEPS or (head in draft.files and rest.partition("/")[0] == kept_words.QUESTIONS)
    if not known or len(place) > kept_words.LONGEST_PLACE:
        raise NotFound("There is no such page in the draft.")
    return place


def _meanwhile(procedure: str, place: str, seen: str) -> str:
    """Say what has become of a step or a form since a page of it was opened; mostly nothing."""
    draft = shelf().get(procedure)
    head, _, rest = place.partition("/")
    if head != kept_words.STEPS:
        return "Somebody else has saved this form since you opened it." if stamp_of(draft.files[head]) != seen else ""
    if not rest:
        return "Somebody has changed the draft since you opened this page." if draft.digest != seen else ""
    step = step_of(parts_of(procedure, draft.files), rest.partition("/")[0])
    if step is None:
        return "This step is not in the draft any more."
    return "Somebody else has changed this step since you opened it." if step.seen != seen else ""
