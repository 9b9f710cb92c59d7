"""What this service says of itself: how accessible it is, and which keys do what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import flask
from flask.typing import ResponseReturnValue

from web.access import everyone, signed_in
from web.services import services

page = flask.Blueprint("about", __name__)

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "?": "This page",
        "/": "Search",
        "g then t": "Your tasks",
        "g then m": "What you have",
        "g then c": "Cases",
        "g then h": "Hand over",
        "j": "The next task or link of a list",
        "k": "The one before",
    }
)
"""The keys, as `assets/keys.js` knows them."""
COOKIE, ON = "homeward-keys", "on"
"""The cookie in which a browser keeps that the keys are on."""
KEPT_FOR = timedelta(days=365)


@page.get("/accessibility")
@everyone
def accessibility() -> ResponseReturnValue:
    """Say what works for whom, what does not yet, and the other way to do it."""
    return flask.render_template("accessibility.html")


@page.get("/keys")
@signed_in
def keys() -> ResponseReturnValue:
    """List the keys, and let this browser turn them on: they are off until somebody does, since they get in a screen reader's way."""
    return flask.render_template("keys.html", keys=KEYS, on=flask.request.cookies.get(COOKIE) == ON)


@page.post("/keys")
@signed_in
def turn_keys() -> ResponseReturnValue:
    """Turn the keys on or off in this browser; its cookie says nothing but that."""
    answer = flask.redirect(flask.url_for("about.keys"))
    if flask.request.form.get("keys") == ON:
        answer.set_cookie(COOKIE, ON, max_age=KEPT_FOR, secure=services().settings.cookies_are_secure, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE)
    return answer
