"""The page behind the link of a notice, for who has no account: looking changes nothing, a name and a code open it once."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.store import writing
from web.access import everyone
from web.notice_words import bare, drawn
from web.services import services
from workflows import notices

page = flask.Blueprint("notice_links", __name__)

REFUSED = (
    "This does not open the notice. Look at the code again. If it is right, the link was opened before, has run out or was "
    "withdrawn, or there were too many wrong codes: ring whoever sent it, and ask for a new one."
)
"""The one answer to every link and code that do not work, whether there is such a link or not."""


@page.get("/notice/<token>")
@everyone
def asked(token: str) -> ResponseReturnValue:
    """Ask for the name and the code; nothing is looked up, so that a mail scanner opens nothing."""
    return bare(_form(token))


@page.post("/notice/<token>")
@everyone
def redeemed(token: str) -> ResponseReturnValue:
    """Open the notice, once."""
    here, typed = services(), flask.request.form
    name, code = typed.get("name", "").strip(), typed.get("code", "")
    if not name:
        return bare(_form(token, "name", "Enter your name"), 422)
    with writing(here.engine) as connection:
        opened = notices.redeem(connection, token, code, name, now=here.clock())
    if opened is None:
        return bare(_form(token, "code", REFUSED), 422)
    told = drawn(opened.notice)
    return bare(flask.render_template("notice_read.html", **told, token=token, receipt=opened.receipt, person=None))


@page.post("/notice/<token>/read")
@everyone
def acknowledged(token: str) -> ResponseReturnValue:
    """Note that it was read."""
    here = services()
    with writing(here.engine) as connection:
        known = notices.acknowledge(connection, token, flask.request.form.get("receipt", ""), now=here.clock())
    if not known:
        return bare(_form(token, "code", REFUSED), 422)
    return bare(flask.render_template("notice_done.html", person=None))


def _form(token: str, where: str = "", sentence: str = "") -> str:
    """Draw the form; the name that was typed stays, the code does not."""
    return flask.render_template(
        "notice_open.html",
        token=token,
        name=flask.request.form.get("name", ""),
        where=where,
        sentence=sentence,
        person=None,
    )
