"""The first page after signing in: what a person's roles have to know and do now, each line a step from the work itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import flask
from flask.typing import ResponseReturnValue

from engine.store import reading
from web import home_parts, task_lists
from web.access import actor, signed_in
from web.home_parts import Drawn, Look
from web.moments import read_moment
from web.services import services
from workflows.audience import audience

page = flask.Blueprint("home", __name__)

PURPOSE = "first page"
SHOWS = frozenset({"D2"})
"""Of which data class the facts of an episode are that stand on it."""
DIGEST = 16


@page.get("/")
@signed_in
def home() -> ResponseReturnValue:
    """Show the parts of this person's roles; of which episodes they read the facts is written down first."""
    here, now = services(), services().clock()
    drawn = _drawn()
    about = {line.case_id for each in drawn for line in each.shown.lines if line.case_id}
    here.cases.note_reading(*sorted(about), by=actor(), purpose=PURPOSE, classes=SHOWS, now=now)
    return flask.render_template(
        "home.html",
        parts=drawn,
        may_open=task_lists.may_open(actor().roles),
        seen=_digest(drawn),
        now=now,
        shown_at=now.isoformat(),
    )


@page.get("/news")
@signed_in
def news() -> ResponseReturnValue:
    """Say that the page whose digest is `seen` has changed since; no content where it has not, which is most of the time.

    Pages that are open ask every ten seconds; it is no use of the session, and gives nothing of any case.
    """
    if _digest(_drawn()) == flask.request.args.get("seen"):
        return "", 204
    since = read_moment(flask.request.args.get("since", "")) or services().clock()
    return flask.render_template("home_news.html", since=since)


def _drawn() -> list[Drawn]:
    here, now = services(), services().clock()
    with reading(here.engine) as connection:
        return home_parts.parts(Look(connection, audience(connection, actor(), now), now))


def _digest(drawn: Iterable[Drawn]) -> str:
    """Tell this page from another one: by what its lines say, without the hours that pass."""
    return hashlib.sha256(home_parts.marks(drawn).encode()).hexdigest()[:DIGEST]
