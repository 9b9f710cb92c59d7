"""The pages on which the service's administrator looks after the agencies that work here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, Invalid, Problem
from engine.store import reading, writing
from web import sessions
from web.access import actor, roles
from web.episode_words import names_of
from web.numbers import part_of
from web.services import services
from workflows.agencies import KINDS
from workflows.commissioning import SERVICE
from workflows.organisations import Register

page = flask.Blueprint("agencies", __name__)

PAGE_SIZE = 50


@page.get("/agencies")
@roles(SERVICE)
def listed() -> ResponseReturnValue:
    """List the agencies, with ``name`` those whose name holds it, and ask for a new one."""
    return _list_page([])


@page.post("/agencies")
@roles(SERVICE)
def add() -> ResponseReturnValue:
    """Add an agency, and go on to name its administrator."""
    key, name, kind, why = (flask.request.form.get(each, "") for each in ("key", "name", "kind", "why"))
    try:
        with writing(services().engine) as connection:
            made = _register(connection).add(key, name, kind, why)
    except Invalid as refusal:
        return _list_page(refusal.problems), 422
    flask.flash("The agency is added. Name somebody who administers it.", "done")
    return flask.redirect(flask.url_for("agencies.agency", key=made))


@page.get("/agencies/<key>")
@roles(SERVICE)
def agency(key: str) -> ResponseReturnValue:
    """Show an agency, what rests on it, and what was done to it."""
    return _agency_page(key, "", [])


@page.post("/agencies/<key>/rename")
@roles(SERVICE)
def rename(key: str) -> ResponseReturnValue:
    """Give an agency another name."""
    name = flask.request.form.get("name", "")
    return _done(key, "rename", "The agency is renamed.", lambda register, why: register.rename(key, name, why))


@page.post("/agencies/<key>/close")
@roles(SERVICE)
def close(key: str) -> ResponseReturnValue:
    """Close an agency, and end what those have open who leave with it."""
    ticked = flask.request.form.getlist

    def act(register: Register, why: str) -> None:
        gone = register.close(key, why, people_go=bool(ticked("people_go")), seen=bool(ticked("seen")))
        for person in gone:
            sessions.end_all(register.connection, person, now=services().wall_clock())

    return _done(key, "close", "The agency is closed.", act)


@page.post("/agencies/<key>/reopen")
@roles(SERVICE)
def reopen(key: str) -> ResponseReturnValue:
    """Open a closed agency again."""
    said = "The agency is open again. Nobody holds a role there yet."
    return _done(key, "reopen", said, lambda register, why: register.reopen(key, why))


@page.post("/agencies/<key>/administrator")
@roles(SERVICE)
def add_administrator(key: str) -> ResponseReturnValue:
    """Add somebody who administers an agency, and send the link with which they set their password."""
    sign_in, name, mail = (flask.request.form.get(each, "") for each in ("sign_in", "name", "mail"))
    said = f"{name.strip()} administers this agency. Who has no password yet gets a link at {mail.strip()}."
    return _done(key, "add", said, lambda register, why: register.add_administrator(key, sign_in, name, mail, why))


def _register(connection: sa.Connection) -> Register:
    here = services()
    return Register(connection, actor(), here.settings.base_url, here.wall_clock())


def _done(key: str, form: str, said: str, act: Callable[[Register, str], object]) -> ResponseReturnValue:
    """Do something with an agency, for a reason, or say beside the questions of its form what is wrong."""
    try:
        with writing(services().engine) as connection:
            act(_register(connection), flask.request.form.get("why", ""))
    except Invalid as refusal:
        return _agency_page(key, form, refusal.problems), 422
    except Conflict as refusal:
        return _agency_page(key, form, [Problem("sign_in", "taken", str(refusal))]), 409
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("agencies.agency", key=key))


def _list_page(problems: Sequence[Problem]) -> str:
    wanted, number = flask.request.args.get("name", ""), flask.request.args.get("page", "1")
    with reading(services().engine) as connection:
        part = part_of(_register(connection).listed(wanted), number, PAGE_SIZE)
    return flask.render_template(
        "agencies.html",
        found=part.found,
        page=part.page,
        last=part.last,
        name=wanted,
        kinds=KINDS,
        typed=flask.request.form,
        problems=problems,
        wrong={each.where: each.sentence for each in problems},
    )


def _agency_page(key: str, form: str, problems: Sequence[Problem]) -> str:
    """Show an agency; `form` names the form in which something is wrong."""
    with reading(services().engine) as connection:
        register = _register(connection)
        found, resting, changes = register.find(key), register.resting(key), register.changes(key)
        names = names_of(connection, {each.by for each in changes} | {each.person for each in changes})
    return flask.render_template(
        "agency.html",
        agency=found,
        resting=resting,
        own=any(each.sign_in == actor().person for each in resting.people),
        kinds=KINDS,
        changes=changes,
        names=names,
        form=form,
        typed=flask.request.form,
        problems=problems,
        wrong={f"{each.where}-{form}": each.sentence for each in problems},
    )
