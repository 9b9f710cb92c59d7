"""The page that says why a task is somebody's, by when, and what happens if nothing is done; open or done."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from web import case_access, why_reading
from web.access import actor, signed_in
from web.services import services

page = flask.Blueprint("why", __name__)

PURPOSE = "why a task is there"


@page.get("/tasks/<task_id>/why")
@signed_in
def task(task_id: str) -> ResponseReturnValue:
    """Say on what a task stands to everybody who has a part in its case, as far as their roles may read it."""
    here, now, case_id = services(), services().clock(), task_id.rpartition(".")[0]
    classes = case_access.readable(here.engine, actor(), case_id, now=now)
    told = why_reading.read(task_id, actor(), classes, purpose=PURPOSE, now=now)
    wanted = flask.request.args.get("part", told.drawings[-1].id if told.drawings else "")
    return flask.render_template(
        "why.html",
        told=told,
        row=told.found.row,
        shown=next((each for each in told.drawings if each.id == wanted), told.drawings[-1] if told.drawings else None),
        withheld=told.withheld,
    )
