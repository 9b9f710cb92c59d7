"""The photograph on a child's page: shown to whoever may read who the child is, sent by whoever may write it."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, NotAllowed, NotFound
from engine.store import reading, writing
from web import case_access, sent_files
from web.access import actor, signed_in
from web.case_access import ChildNotFound
from web.services import services
from workflows import access, photographs
from workflows.photographs import DATA_CLASS, LARGEST_FILE

page = flask.Blueprint("photographs", __name__)

PURPOSE = "casework, child"


class PhotographNotFound(NotFound):
    """There is no photograph of this child."""


@page.url_value_preprocessor
def _let_a_photograph_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Take more at this address than elsewhere; it stands before whatever reads the form."""
    if endpoint == "photographs.add":
        sent_files.let_in(LARGEST_FILE)


@page.get("/children/<child_id>/photograph")
@signed_in
def show(child_id: str) -> ResponseReturnValue:
    """Give the latest photograph; who looked is written down first."""
    here, who = services(), actor()
    main_id = _readable(child_id, with_reason=True)
    with reading(here.engine) as connection:
        found = photographs.latest(connection, main_id)
        if found is None:
            raise PhotographNotFound("There is no photograph.")
        picture = photographs.picture(connection, found.id)
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=frozenset({DATA_CLASS}), now=here.clock())
    return flask.Response(picture, mimetype="image/jpeg", headers={"Content-Disposition": "inline"})


@page.post("/children/<child_id>/photograph")
@signed_in
def add(child_id: str) -> ResponseReturnValue:
    """Keep a photograph that was sent."""
    here, who = services(), actor()
    main_id = _readable(child_id, with_reason=False)
    if DATA_CLASS not in access.writable(who.roles):
        raise NotAllowed("Police staff who write down who a child is add photographs.")
    try:
        picture = photographs.cleaned(sent_files.read(LARGEST_FILE)[0])
        with writing(here.engine) as connection:
            photographs.add(connection, main_id, picture, by=who, now=here.clock())
    except Invalid as refusal:
        flask.flash(refusal.problems[0].sentence, "important")
    else:
        flask.flash("The photograph is kept. What its file held besides the picture is gone.", "done")
    return flask.redirect(flask.url_for("children.child", child_id=main_id))


def _readable(child_id: str, *, with_reason: bool) -> str:
    """Give the main id of a child of whom this person may read who it is."""
    here = services()
    main_id, parts = case_access.of_child(here.engine, actor(), child_id, now=here.clock(), with_reason=with_reason)
    if not any(DATA_CLASS in classes for classes in parts.values()):
        raise ChildNotFound("There is no such child.")
    return main_id
