"""People and places of concern on a child's page: added, and ended with a reason, each in the data class of who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.model import Actor
from engine.store import reading, writing
from web import carer_words, case_access
from web.access import actor, roles
from web.services import services
from web.typed_days import day_or_refusal
from workflows import access, concerns
from workflows.agencies import ROLES
from workflows.concerns import SOURCES

page = flask.Blueprint("concerns", __name__)

PURPOSE = "casework, people and places"
WRITERS = frozenset(role for role in ROLES if access.writable((role,)) & {"D4", "D5"})
"""Who notes them on a child's page: the police, each in the classes that they write (domain.md 5.2). A carer does it with the form."""


@page.get("/children/<child_id>/concerns")
@roles(*WRITERS)
def listed(child_id: str) -> ResponseReturnValue:
    """List the people and places, ended ones too, and ask for another; who looked is written down first."""
    return _page(child_id, [])


@page.post("/children/<child_id>/concerns")
@roles(*WRITERS)
def add(child_id: str) -> ResponseReturnValue:
    """Add a person or a place."""
    who, now = actor(), services().clock()
    main_id, _classes = _of(child_id, who)
    typed = flask.request.form.to_dict()
    try:
        since = day_or_refusal(typed, "since", "The day")
        with writing(services().engine) as connection:
            concerns.add(connection, main_id, typed, since, may=_may_write(who), by=who, now=now)
    except Invalid as refusal:
        return _page(child_id, refusal.problems), 422
    flask.flash("It is noted.", "done")
    return flask.redirect(flask.url_for("concerns.listed", child_id=main_id), 303)


@page.post("/children/<child_id>/concerns/<int:number>/end")
@roles(*WRITERS)
def end(child_id: str, number: int) -> ResponseReturnValue:
    """End one with a reason; it stays in the list."""
    who, now = actor(), services().clock()
    main_id, classes = _of(child_id, who)
    try:
        with writing(services().engine) as connection:
            among = [each for each in concerns.of_child(connection, main_id) if each.data_class in classes]
            reason = flask.request.form.get("reason", "")
            concerns.end(connection, number, among, reason, may=_may_write(who), by=who, now=now)
    except Invalid as refusal:
        return _page(child_id, refusal.problems), 422
    flask.flash("It is ended, and stays in the list.", "done")
    return flask.redirect(flask.url_for("concerns.listed", child_id=main_id), 303)


def _may_write(who: Actor) -> list[str]:
    """Name the sources that a person may give here: the carer's are the carer's own."""
    mine = access.writable(who.roles)
    return [name for name in SOURCES if name in mine and name != carer_words.DATA_CLASS]


def _of(child_id: str, who: Actor) -> tuple[str, frozenset[str]]:
    """Give the main id of a child and what this person may read of it; refused without a part in its cases."""
    here = services()
    main_id, parts = case_access.of_child(here.engine, who, child_id, now=here.clock(), with_reason=False)
    classes: frozenset[str] = frozenset().union(*parts.values())
    if not carer_words.in_an_open_episode(who, parts):
        classes -= {carer_words.DATA_CLASS}
    return main_id, classes


def _page(child_id: str, problems: Sequence[Problem]) -> str:
    here, who = services(), actor()
    now = here.clock()
    main_id, classes = _of(child_id, who)
    with reading(here.engine) as connection:
        noted = concerns.of_child(connection, main_id)
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=classes & SOURCES.keys(), now=now)
    may = _may_write(who)
    typed: Mapping[str, str] = flask.request.form if problems else {}
    return flask.render_template(
        "concerns.html",
        child_id=main_id,
        entries=carer_words.entries(noted, classes, may, now),
        kinds=concerns.KINDS,
        risks=concerns.RISKS,
        sources={name: SOURCES[name] for name in may},
        problems=[
            {"text": each.sentence, "href": f"#{each.where}{'-day' if each.where == 'since' else ''}"}
            for each in problems
        ],
        wrong={each.where: each.sentence for each in problems},
        typed=typed,
    )
