"""What this service says of itself: how accessible it is, and which keys do what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import flask
from flask.typing import ResponseReturnValue

from web.access import everyone, signed_in

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


@page.get("/accessibility")
@everyone
def accessibility() -> ResponseReturnValue:
    """Say what works for whom, what does not yet, and the other way to do it."""
    return flask.render_template("accessibility.html")


@page.get("/keys")
@signed_in
def keys() -> ResponseReturnValue:
    """List the keys, and let this browser turn them on: they are off until somebody does, since they get in a screen reader's way."""
    return flask.render_template("keys.html", keys=KEYS)
