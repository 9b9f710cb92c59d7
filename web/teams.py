"""The pages on which an agency's administrator makes its teams and says who is in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.store import reading, writing
from web.access import actor, roles
from web.episode_words import names_of
from web.services import services
from workflows import teams
from workflows.administration import ADMINISTRATOR, Desk
from workflows.teams import Member

page = flask.Blueprint("teams", __name__)

SHOWN = 50
"""So many people are offered at once; who is not among them is found by name."""


@page.get("/teams")
@roles(ADMINISTRATOR)
def listed() -> ResponseReturnValue:
    """List the teams of one's agencies, and ask for a new one."""
    return _list_page([])


@page.post("/teams")
@roles(ADMINISTRATOR)
def make() -> ResponseReturnValue:
    """Make a team, and go on to say who is in it."""
    agency, name, why = (flask.request.form.get(key, "") for key in ("agency", "name", "why"))
    try:
        with writing(services().engine) as connection:
            number = teams.make(_desk(connection), agency, name, why)
    except Invalid as refusal:
        return _list_page(refusal.problems), 422
    flask.flash("The team is made. Put people into it.", "done")
    return flask.redirect(flask.url_for("teams.team", number=number))


@page.get("/teams/<int:number>")
@roles(ADMINISTRATOR)
def team(number: int) -> ResponseReturnValue:
    """Show a team, who is in it, who could be, and what was done to it; with ``name``, those whose name holds it."""
    return _team_page(number, "", [])


@page.post("/teams/<int:number>/put-in")
@roles(ADMINISTRATOR)
def put_in(number: int) -> ResponseReturnValue:
    """Put people into a team."""
    chosen = flask.request.form.getlist("people")
    said = "They are in the team."
    return _done(number, "put-in", said, lambda desk, why: teams.put_in(desk, number, chosen, why))


@page.post("/teams/<int:number>/take-out")
@roles(ADMINISTRATOR)
def take_out(number: int) -> ResponseReturnValue:
    """Take people out of a team."""
    chosen = flask.request.form.getlist("people")
    said = "They are not in the team any more."
    return _done(number, "take-out", said, lambda desk, why: teams.take_out(desk, number, chosen, why))


@page.post("/teams/<int:number>/rename")
@roles(ADMINISTRATOR)
def rename(number: int) -> ResponseReturnValue:
    """Give a team another name."""
    name = flask.request.form.get("name", "")
    return _done(number, "rename", "The team is renamed.", lambda desk, why: teams.rename(desk, number, name, why))


@page.post("/teams/<int:number>/close")
@roles(ADMINISTRATOR)
def close(number: int) -> ResponseReturnValue:
    """Close a team."""
    return _done(number, "close", "The team is closed.", lambda desk, why: teams.close(desk, number, why))


def _desk(connection: sa.Connection) -> Desk:
    here = services()
    return Desk(connection, actor(), here.settings.base_url, here.wall_clock())


def _done(number: int, act: str, said: str, change: Callable[[Desk, str], object]) -> ResponseReturnValue:
    """Do something with a team, for a reason, or say beside its questions what is wrong."""
    try:
        with writing(services().engine) as connection:
            change(_desk(connection), flask.request.form.get("why", ""))
    except Invalid as refusal:
        return _team_page(number, act, refusal.problems), 422
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("teams.team", number=number))


def _list_page(problems: Sequence[Problem]) -> str:
    with reading(services().engine) as connection:
        desk = _desk(connection)
        found = teams.listed(desk)
        members = teams.members(connection, [each.id for each in found])
    return flask.render_template(
        "teams.html",
        teams=found,
        members=members,
        agencies=desk.agencies,
        typed=flask.request.form,
        problems=problems,
        wrong={each.where: each.sentence for each in problems},
    )


def _team_page(number: int, act: str, problems: Sequence[Problem]) -> str:
    """Show a team; `act` names the form in which something is wrong."""
    wanted = flask.request.args.get("name", "").strip()
    with reading(services().engine) as connection:
        desk = _desk(connection)
        found = teams.find(desk, number)
        members = teams.members(connection, [number])[number]
        others = [each for each in teams.could_join(desk, found) if each not in members and _is_called(each, wanted)]
        changes = teams.changes(desk, number)
        names = names_of(connection, {each.by for each in changes} | {each.person for each in changes})
    typed = flask.request.form
    return flask.render_template(
        "team.html",
        team=found,
        agency=desk.agencies[found.organisation],
        members=members,
        others=others[:SHOWN],
        more=len(others) > SHOWN,
        name=wanted,
        changes=changes,
        names=names,
        act=act,
        typed=typed,
        chosen=typed.getlist("people"),
        problems=problems,
        wrong={f"{each.where}-{act}": each.sentence for each in problems},
    )


def _is_called(person: Member, wanted: str) -> bool:
    return wanted.casefold() in f"{person.name} {person.sign_in}".casefold()
