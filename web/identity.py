"""Signing in and out, as pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import flask
import flask_login
from flask.typing import ResponseReturnValue

from engine.errors import Refusal
from engine.frozen import frozen
from engine.model import Actor
from engine.store import reading
from web import sessions
from web.access import SCREEN, everyone, signed_in
from web.errors import kind_of
from web.services import services
from workflows import deputies, people

page = flask.Blueprint("identity", __name__)

SEEN = "seen_at"
LONGEST_NAME = 120
LONGEST_PASSWORD = 1000


ASKS = frozenset({"static", "inbox.news", "home.news", "cases.news", "board.wall"})
"""What a page that is open asks for by itself."""


@frozen
class SignedIn(flask_login.UserMixin):  # type: ignore[misc]
    """The person behind the session of this request."""

    token: str
    actor: Actor
    name: str

    def get_id(self) -> str:
        """Give what the cookie holds: the session's token, not the person's name."""
        return self.token


def register(app: flask.Flask) -> None:
    """Let Flask-Login ask us who somebody is, and note after each answer when the session was last used."""
    manager = flask_login.LoginManager(app)
    manager.user_loader(_load)
    app.register_blueprint(page)
    app.after_request(_note_use)


@page.get("/sign-in")
@everyone
def sign_in() -> ResponseReturnValue:
    """Ask for name and password."""
    if flask_login.current_user.is_authenticated:
        return flask.redirect(flask.url_for("home.home"))
    return _form(flask.request.args.get("next", ""))


@page.post("/sign-in")
@everyone
def sign_in_post() -> ResponseReturnValue:
    """Sign in, with a new session, and go on to where the person wanted to go."""
    name, password = (flask.request.form.get(key, "") for key in ("name", "password"))
    name = "".join(letter for letter in name if letter.isprintable())  # PostgreSQL keeps no NUL, not even to compare it
    wanted = flask.request.form.get("next", "")
    here = services()
    try:
        token = sessions.begin(
            here.engine, name[:LONGEST_NAME], password[:LONGEST_PASSWORD], check=_is_known, now=here.wall_clock()
        )
    except Refusal as refusal:
        status = 429 if isinstance(refusal, sessions.TooManyFailures) else kind_of(refusal).status
        return _form(wanted, name=name[:LONGEST_NAME], failed=str(refusal)), status
    flask.session.clear()
    flask.session[SEEN] = here.wall_clock().timestamp()
    found = _load(token)
    if found is None:
        return _form(wanted, name=name[:LONGEST_NAME], failed="The sign-in name or the password is wrong."), 403
    flask_login.login_user(found)
    return flask.redirect(safe_next(wanted))


@page.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End the session here and on the server."""
    here = services()
    sessions.end(here.engine, flask_login.current_user.token, now=here.wall_clock())
    flask_login.logout_user()
    flask.session.clear()
    return flask.redirect(flask.url_for("identity.sign_in"))


def safe_next(wanted: str) -> str:
    """Give the wanted page of this site, or the first page when it is elsewhere: ``//evil.example`` and the like."""
    try:
        parts = urlsplit(wanted)
    except ValueError:  # "http://[" is no address at all
        return flask.url_for("home.home")
    plain = wanted.isprintable() and "\\" not in wanted and not parts.scheme and not parts.netloc
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else flask.url_for("home.home")


def _form(wanted: str, *, name: str = "", failed: str = "") -> str:
    why = "Sign in to go on." if wanted and not failed else ""
    return flask.render_template("sign_in.html", next=wanted, name=name, failed=failed, why=why)


def _is_known(name: str, password: str) -> bool:
    with reading(services().engine) as connection:
        return people.check(connection, name, password)


def _load(token: str) -> SignedIn | None:
    here = services()
    now, limits = here.wall_clock(), _limits()
    idle = now - datetime.fromtimestamp(flask.session.get(SEEN, 0), UTC) > limits.idle_after
    if idle and not flask.session.get(SCREEN):  # a wall screen can do nothing but show itself
        return None
    name = sessions.person_of(here.engine, token, limits=limits, now=now)
    if name is None:
        return None
    with reading(here.engine) as connection:
        person = people.find(connection, name)
        for_whom = deputies.stands_in_for(connection, name, here.clock())
    if person.disabled_at is not None:
        return None
    return SignedIn(token=token, actor=replace(person.actor, deputises=for_whom), name=person.name)


def _limits() -> sessions.Limits:
    settings = services().settings
    return sessions.Limits(settings.session_idle_after, settings.session_ends_after)


def _note_use(response: flask.Response) -> flask.Response:
    """Write the time of use into the cookie; the database is not touched by looking at a page, nor by one that asks for news."""
    asks_by_itself = flask.request.endpoint == "tasks.keep" and not flask.request.args.get("typing")
    is_use = flask.request.endpoint not in ASKS and not asks_by_itself
    if is_use and flask_login.current_user.is_authenticated:
        flask.session[SEEN] = services().wall_clock().timestamp()
    return response
