"""The page on which somebody who gave a copy away writes down how its holder came to know of what was put right since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, time

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, Invalid, Problem
from engine.store import reading, writing
from web import copy_words, govuk
from web.access import actor, signed_in
from web.numbers import read_number
from web.services import services
from web.typed_days import moment_or_refusal
from workflows import children, copies, notices, people
from workflows.audience import audience
from workflows.copies import HOW, CopyNotFound, Owed, Said

page = flask.Blueprint("copies", __name__)

MOST = 500


@page.get("/copies/<about>")
@signed_in
def listed(about: str) -> ResponseReturnValue:
    """Show who holds a copy of a case or of a child's record that is no longer right, and ask how they were told."""
    return _page(about, {"told_by": _own_name()}, [])


@page.post("/copies/<about>")
@signed_in
def settle(about: str) -> ResponseReturnValue:
    """Write down how they were told."""
    here, who, typed = services(), actor(), flask.request.form
    now = here.clock()
    seen = {read_number(each) for each in typed.getlist("entry")}
    try:
        with writing(here.engine) as connection:
            owed = copies.up_to(_waiting(connection, about), seen)
            copies.settle(connection, owed, _said(typed, bool(owed)), by=who, now=now)
    except Invalid as refusal:
        return _page(about, typed, refusal.problems), 422
    except Conflict as refusal:
        flask.flash(str(refusal), "important")
        return flask.redirect(flask.url_for("inbox.tasks"))
    flask.flash("Written down. Thank you for telling them.", "done")
    with reading(here.engine) as connection:
        more = copies.waiting(connection, audience(connection, who, services().clock()), about, limit=1)
    address = flask.url_for("copies.listed", about=about) if more else flask.url_for("inbox.tasks")
    return flask.redirect(address, 303)


def _said(typed: Mapping[str, str], chosen: bool) -> Said:  # noqa: FBT001 - whether anybody was chosen
    """Read how somebody was told; nothing typed is now. Refused with `Invalid` for who was told and when, together."""
    problems = [] if chosen else [Problem("entry", "entry-missing", "Choose who was told")]
    told_at = services().clock()
    try:
        moment = moment_or_refusal(typed, "told", without_time=time(12))
        told_at = moment.astimezone(UTC) if moment else told_at
    except Invalid as refusal:
        problems += refusal.problems
    said = Said(typed.get("how", ""), told_at, typed.get("told_by", ""), typed.get("note", ""))
    if problems:
        raise Invalid([*problems, *copies.wrong_with(said)])
    return said


def _waiting(connection: sa.Connection, about: str) -> tuple[Owed, ...]:
    """Give what waits for this person about a case or child; refused with `CopyNotFound` where that is nothing."""
    found = copies.waiting(connection, audience(connection, actor(), services().clock()), about, limit=MOST)
    if not found:
        raise CopyNotFound("There is no copy about which you have to tell anybody.")
    return found


def _page(about: str, typed: Mapping[str, str], problems: Sequence[Problem]) -> str:
    now = services().clock()
    with reading(services().engine) as connection:
        groups = copies.by_recipient(_waiting(connection, about))
        kinds = {each.id: each.kind for each in notices.of_case(connection, about)}
        child = children.find(connection, about)
    chosen = flask.request.form.getlist("entry") if problems else [str(groups[0][-1].id)] if len(groups) == 1 else []
    return flask.render_template(
        "copies.html",
        about=about,
        of_child=child is not None,
        groups=[(group[-1], copy_words.held(group, now), kinds.get(group[-1].notice or 0)) for group in groups],
        how=HOW,
        chosen=chosen,
        typed=typed,
        **govuk.told(problems),
    )


def _own_name() -> str:
    with reading(services().engine) as connection:
        return people.find(connection, actor().person).name
