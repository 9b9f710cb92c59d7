"""The first page after signing in: what a person's roles have to know and do now, each line a step from the work itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import flask
import sqlalchemy as sa
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from engine.store import reading
from web import home_parts, task_lists
from web.access import actor, signed_in
from web.home_parts import Drawn, Look
from web.moments import read_moment
from web.pulses import SLACK, Pulses
from web.services import services
from workflows import boards
from workflows.audience import Audience, audience

page = flask.Blueprint("home", __name__)

PURPOSE = "first page"
DIGEST = 16
REMEMBERED = "homeward first pages"


@page.get("/")
@signed_in
def home() -> ResponseReturnValue:
    """Show the parts of this person's roles; of which episodes they read the facts is written down first."""
    here, now = services(), services().clock()
    with reading(here.engine) as connection:
        drawn, seen = _drawn(connection, audience(connection, actor(), now), now)
    for classes, about in _shown_of(drawn).items():
        here.cases.note_reading(*sorted(about), by=actor(), purpose=PURPOSE, classes=classes, now=now)
    return flask.render_template(
        "home.html",
        parts=drawn,
        may_open=task_lists.may_open(actor().roles),
        seen=seen,
        now=now,
        shown_at=now.isoformat(),
    )


@page.get("/news")
@signed_in
def news() -> ResponseReturnValue:
    """Say that the page whose digest is `seen` has changed since; no content where it has not, which is most of the time.

    Pages that are open ask every ten seconds; it is no use of the session, and gives nothing of any case. Where nothing was written
    since the page was compared last, it is not drawn again.
    """
    here, now, page_seen = services(), services().clock(), flask.request.args.get("seen", "")
    with reading(here.engine) as connection:
        bounds = audience(connection, actor(), now)
        if _pulses().is_right(page_seen, bounds, lambda since: boards.beat(connection, since), now):
            return "", 204
        if _drawn(connection, bounds, now)[1] == page_seen:
            return "", 204
    since = read_moment(flask.request.args.get("since", "")) or now
    return flask.render_template("home_news.html", since=since)


def _pulses() -> Pulses:
    pulses: Pulses = flask.current_app.extensions[REMEMBERED]
    return pulses


@page.record
def _remember(state: BlueprintSetupState) -> None:
    state.app.extensions[REMEMBERED] = Pulses()


def _drawn(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[list[Drawn], str]:
    """Draw the parts, and note as of when they are right; give them with what tells them from others."""
    beat = boards.beat(connection, now - SLACK)  # before the page is drawn: what is written meanwhile is news
    drawn = home_parts.parts(Look(connection, bounds, now))
    seen = _digest(drawn)
    _pulses().note(seen, bounds, beat, now)
    return drawn, seen


def _shown_of(drawn: Iterable[Drawn]) -> dict[frozenset[str], set[str]]:
    """Give the cases of which the page says facts, by their data classes."""
    found: dict[frozenset[str], set[str]] = {}
    for line in (line for each in drawn for line in each.shown.lines if line.case_id):
        found.setdefault(line.classes, set()).add(line.case_id)
    return found


def _digest(drawn: Iterable[Drawn]) -> str:
    """Tell this page from another one: by what its lines say, without the hours that pass."""
    return hashlib.sha256(home_parts.marks(drawn).encode()).hexdigest()[:DIGEST]
