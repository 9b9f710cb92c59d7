"""Answers to what is refused and to what goes wrong: one page per kind of refusal, leaves are never looked at."""

from __future__ import annotations

import logging
import re

import flask
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine import faults
from engine.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, Unavailable
from engine.frozen import frozen
from web.access import actor, sent_here
from web.services import services
from workflows.agencies import ROLES, title_of
from workflows.read_log import REFUSED

log = logging.getLogger(__name__)

Answer = tuple[str, int]

ROLE_KEYS = re.compile(rf"\b({'|'.join(key for key in ROLES if '_' in key)})\b")
"""Keys of roles that cannot be taken for a word."""

PLACES = ("case_id", "child_id", "task_id", "reference")
"""Where an address names a record."""
REFERENCE = re.compile(r"[A-Z]{1,4}-[0-9A-Z]{1,12}")


@frozen
class Kind:
    """A kind of refusal as people meet it: the status, the heading and what helps."""

    status: int
    heading: str
    advice: str


KINDS: dict[type[Refusal], Kind] = {
    NotFound: Kind(404, "Page not found", "Check the address, or go to your tasks and find the case there."),
    NotAllowed: Kind(403, "This is for someone else", "Go to your tasks to see what you can do."),
    Conflict: Kind(409, "This has changed since you opened it", "Open the case to see how it stands now."),
    Invalid: Kind(422, "There is a problem with what was sent", "Go back, put it right and send it again."),
    Unavailable: Kind(503, "Not available at the moment", "Wait a little, then try again."),
}

HTTP_WORDS: dict[int, Kind] = {
    400: Kind(400, "The page could not be used", "Go back, reload the page and try again."),
    404: Kind(404, "Page not found", "Check the address, or go to your tasks and find the case there."),
    405: Kind(405, "Page not found", "Use the buttons and links of the page."),
    413: Kind(
        413,
        "Too much was sent at once",
        "Go back, shorten the longest answers or choose a smaller file, and send it again.",
    ),
}
FAULT = Kind(500, "Sorry, there is a problem with the service", "Nothing was changed. Try again in a few minutes.")


def kind_of(refusal: Refusal) -> Kind:
    """Give the kind of a refusal."""
    return next(words for kind, words in KINDS.items() if isinstance(refusal, kind))


def sentence_of(refusal: Refusal) -> str:
    """Give the sentence of a refusal with the titles of roles in the place of their keys."""
    return ROLE_KEYS.sub(lambda found: title_of(found.group()), str(refusal))


def register(app: flask.Flask) -> None:
    """Answer every refusal and every fault of this application."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _unsigned_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def _page(kind: Kind, sentence: str, problems: tuple[str, ...] = ()) -> Answer:
    return flask.render_template("error.html", kind=kind, sentence=sentence, problems=problems), kind.status


def _refused(refusal: Refusal) -> Answer:
    log.info("refused: %s on %s", type(refusal).__name__, _place())
    if isinstance(refusal, NotFound):
        places = flask.request.view_args or {}
        note_refused_look(next((str(places[name]) for name in PLACES if name in places), "").partition(".")[0])
    if isinstance(refusal, Invalid):
        return _page(kind_of(refusal), "", tuple(problem.sentence for problem in refusal.problems))
    return _page(kind_of(refusal), sentence_of(refusal))


def note_refused_look(about: str) -> None:
    """Write down who asked for a record and was told that there is none; in the same way whether there is one or not."""
    about = about.upper()
    if REFERENCE.fullmatch(about) and current_user.is_authenticated:
        here = services()
        here.cases.note_reading(about, by=actor(), purpose=REFUSED, classes=frozenset(), now=here.clock())


def _unsigned_form(_error: CSRFError) -> Answer:
    """Let somebody who signed in again after a page was drawn send it once more with one click: nothing that was typed is lost.

    Only what a page of this site has sent is offered again, as the browser says; no password and no file is.
    """
    if current_user.is_authenticated and (fields := sent_here()):
        address = flask.request.full_path.rstrip("?")
        return flask.render_template("again.html", fields=fields, address=address), 400
    return _page(HTTP_WORDS[400], "The form was not sent from a page of this session. Nothing of it was saved.")


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < HTTP_WORDS[400].status:
        return error.get_response()
    kind = HTTP_WORDS.get(status, Kind(status, "The page could not be used", FAULT.advice))
    text, _ = _page(kind, "")
    headers = {"Allow": ", ".join(sorted(getattr(error, "valid_methods", None) or ()))} if status == 405 else {}  # noqa: PLR2004 - the status is the meaning
    return text, kind.status, headers


def _fault(fault: Exception) -> Answer:
    log.error("fault on %s %s: %s", flask.request.method, _place(), faults.describe(fault))
    return _page(FAULT, "")


def _place() -> str:
    """Name the address of this request without the secret of a link."""
    secret = (flask.request.view_args or {}).get("token")
    return flask.request.path.replace(secret, "...") if secret else flask.request.path
