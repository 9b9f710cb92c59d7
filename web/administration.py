"""The pages on which an agency's administrator looks after its people, and the one on which somebody sets a password by a link."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, Invalid, Problem
from engine.store import reading, writing
from web import sessions
from web.access import actor, everyone, roles
from web.episode_words import names_of
from web.numbers import part_of
from web.services import services
from web.typed_days import day_or_refusal
from workflows import administration, people, teams, vetting
from workflows.administration import ADMINISTRATOR, Desk
from workflows.agencies import title_of
from workflows.commissions import COUNCIL
from workflows.days import day_of

page = flask.Blueprint("administration", __name__)

PAGE_SIZE = 50
LONGEST_PASSWORD = 1000


@page.get("/people")
@roles(ADMINISTRATOR)
def listed() -> ResponseReturnValue:
    """List the people of one's agency; with ``name``, those whose name holds it."""
    wanted, number = flask.request.args.get("name", ""), flask.request.args.get("page", "1")
    with reading(services().engine) as connection:
        desk = _desk(connection)
        part = part_of(desk.listed(wanted), number, PAGE_SIZE)
    return flask.render_template(
        "people.html",
        found=part.found,
        page=part.page,
        last=part.last,
        name=wanted,
        commissions=any(agency.kind == COUNCIL for agency in desk.agencies.values()),
        say=administration.say,
    )


@page.get("/people/add")
@roles(ADMINISTRATOR)
def adding() -> ResponseReturnValue:
    """Ask for who is new."""
    return _add_page([])


@page.post("/people/add")
@roles(ADMINISTRATOR)
def add() -> ResponseReturnValue:
    """Add somebody, and send the link with which they set their password."""
    here, typed = services(), flask.request.form
    sign_in, name, mail, why = (typed.get(key, "") for key in ("sign_in", "name", "mail", "why"))
    try:
        with writing(here.engine) as connection:
            _desk(connection).add(sign_in, name, mail, typed.get("agency", ""), typed.getlist("roles"), why)
    except Invalid as refusal:
        return _add_page(refusal.problems), 422
    except Conflict as refusal:
        return _add_page([Problem("sign_in", "taken", str(refusal))]), 409
    flask.flash(f"{name.strip()} has been added. Who has no password yet gets a link at {mail.strip()}.", "done")
    return flask.redirect(flask.url_for("administration.person", sign_in=sign_in.strip().casefold()))


@page.get("/people/<sign_in>")
@roles(ADMINISTRATOR)
def person(sign_in: str) -> ResponseReturnValue:
    """Show one account, what can be done with it, and what was."""
    return _person_page(sign_in, [])


@page.post("/people/<sign_in>/roles")
@roles(ADMINISTRATOR)
def change_roles(sign_in: str) -> ResponseReturnValue:
    """Put other roles in the place of those held in one agency."""
    typed = flask.request.form
    chosen, agency = typed.getlist("roles"), typed.get("agency", "")
    return _done(sign_in, "The roles are changed.", lambda desk, why: desk.change_roles(sign_in, agency, chosen, why))


@page.post("/people/<sign_in>/disable")
@roles(ADMINISTRATOR)
def disable(sign_in: str) -> ResponseReturnValue:
    """Let somebody in no more, and end what they have open."""

    def act(desk: Desk, why: str) -> None:
        desk.disable(sign_in, why)
        sessions.end_all(desk.connection, sign_in, now=services().wall_clock())

    return _done(sign_in, "The account is disabled, from the next request on.", act)


@page.post("/people/<sign_in>/enable")
@roles(ADMINISTRATOR)
def enable(sign_in: str) -> ResponseReturnValue:
    """Let somebody in again."""
    return _done(sign_in, "The account is enabled.", lambda desk, why: desk.enable(sign_in, why))


@page.post("/people/<sign_in>/link")
@roles(ADMINISTRATOR)
def send_link(sign_in: str) -> ResponseReturnValue:
    """Send a new link for a password."""
    return _done(sign_in, "A new link is on its way.", lambda desk, why: desk.send_link(sign_in, why))


@page.post("/people/<sign_in>/vetting")
@roles(ADMINISTRATOR)
def vet(sign_in: str) -> ResponseReturnValue:
    """Say from when until when somebody is vetted."""
    typed = flask.request.form

    def act(desk: Desk, why: str) -> None:
        first, last = (day_or_refusal(typed, name, "The day") for name in ("vetted", "until"))
        vetting.vet(desk, sign_in, typed.get("agency", ""), first, last, why)

    return _done(sign_in, "That is noted. It counts from that day on.", act)


@page.post("/people/<sign_in>/vetting/end")
@roles(ADMINISTRATOR)
def end_vetting(sign_in: str) -> ResponseReturnValue:
    """Say that somebody is not vetted any more."""
    agency, today = flask.request.form.get("agency", ""), day_of(services().clock())
    return _done(sign_in, "The vetting has ended.", lambda desk, why: vetting.end(desk, sign_in, agency, today, why))


@page.get("/invitation/<token>")
@everyone
def invited(token: str) -> ResponseReturnValue:
    """Ask for a password, where the link works."""
    with reading(services().engine) as connection:
        name = administration.accept(connection, token, None, now=services().wall_clock())
    return flask.render_template("invitation.html", name=name, problems=[], shortest=people.SHORTEST_PASSWORD)


@page.post("/invitation/<token>")
@everyone
def accepted(token: str) -> ResponseReturnValue:
    """Set the password, end every session that was open with the old one, and lead to the sign-in."""
    here, typed = services(), flask.request.form
    password, now = typed.get("password", "")[:LONGEST_PASSWORD], here.wall_clock()
    try:
        with writing(here.engine) as connection:
            name = administration.accept(connection, token, password, now=now)
            sessions.end_all(connection, name, now=now)
    except Invalid as refusal:
        with reading(here.engine) as connection:
            name = administration.accept(connection, token, None, now=now)
        page_again = flask.render_template(
            "invitation.html", name=name, problems=refusal.problems, shortest=people.SHORTEST_PASSWORD
        )
        return page_again, 422
    flask.flash("Your password is set. Sign in with it.", "done")
    return flask.redirect(flask.url_for("identity.sign_in"))


def _desk(connection: sa.Connection) -> Desk:
    here = services()
    return Desk(connection, actor(), here.settings.base_url, here.wall_clock())


def _done(sign_in: str, said: str, act: Callable[[Desk, str], object]) -> ResponseReturnValue:
    """Do something with an account, for a reason, or say what is wrong with it."""
    try:
        with writing(services().engine) as connection:
            act(_desk(connection), flask.request.form.get("why", ""))
    except Invalid as refusal:
        return _person_page(sign_in, refusal.problems), 422
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("administration.person", sign_in=sign_in))


def _add_page(problems: Sequence[Problem]) -> str:
    with reading(services().engine) as connection:
        agencies = list(_desk(connection).agencies.values())
    typed = flask.request.form
    return flask.render_template(
        "person_add.html",
        agencies=agencies,
        typed=typed,
        chosen=set(typed.getlist("roles")),
        titles=title_of,
        problems=problems,
        wrong={each.where: each.sentence for each in problems},
    )


def _person_page(sign_in: str, problems: Sequence[Problem]) -> str:
    with reading(services().engine) as connection:
        desk = _desk(connection)
        found = desk.person(sign_in)
        changes = desk.changes(sign_in)
        joined = [each for each in teams.of_person(connection, sign_in) if each.organisation in desk.agencies]
        names = names_of(connection, {each.by for each in changes})
        vettings, vetted_in = vetting.of_person(connection, sign_in), vetting.needed(found.memberships, desk)
        agencies = [
            each for each in desk.agencies.values() if any(m.organisation == each.key for m in found.memberships)
        ]
    typed = flask.request.form
    return flask.render_template(
        "person.html",
        found=found,
        agencies=agencies,
        teams=joined,
        changes=changes,
        vettings=vettings,
        vetted_in=[desk.agencies[key] for key in vetted_in],
        today=day_of(services().clock()),
        names=names,
        titles=title_of,
        own=sign_in == actor().person,
        held={(each.organisation, each.role) for each in found.memberships},
        typed=typed,
        problems=problems,
        wrong={each.where: each.sentence for each in problems},
        say=administration.say,
    )
