"""Who may call which page: every route carries a mark, and a route without one stops the start.

The marks say *who*; in what state a task or a case must be is the engine's affair. The check runs before every request
and denies by default, so that a forgotten decorator shows at start and not in an inspection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.errors import NotAllowed
from engine.frozen import frozen
from engine.model import Actor

View = TypeVar("View", bound=Callable[..., object])
MARK = "homeward_access"
SCREEN = "screen"
"""Stands in the cookie of a window that shows the wall screen of the daily meeting, and nothing else."""
ON_SCREEN = frozenset({"board.wall", "identity.sign_out"})
"""All that such a window may call, so that whoever comes by cannot use it."""


class RoleMissing(NotAllowed):
    """The page is for people with another role."""


class WallScreenOnly(NotAllowed):
    """The window was given to a wall screen."""


class RouteUnmarked(RuntimeError):
    """A route does not say who may call it: a bug, found at start."""


@frozen
class Mark:
    """Who may call a route: everyone, everyone who is signed in, or who holds one of the roles."""

    public: bool = False
    roles: frozenset[str] = frozenset()

    def admits(self, held: frozenset[str]) -> bool:
        """Whether a person who is signed in and holds these roles may call the route."""
        return not self.roles or bool(self.roles & held)


def everyone(view: View) -> View:
    """Mark a route as open to all, signed in or not."""
    return _marked(view, Mark(public=True))


def signed_in(view: View) -> View:
    """Mark a route as open to everyone who is signed in."""
    return _marked(view, Mark())


def roles(*keys: str) -> Callable[[View], View]:
    """Mark a route as open to those who hold one of these roles, for example ``@roles("administrator")``."""

    def mark(view: View) -> View:
        return _marked(view, Mark(roles=frozenset(keys)))

    return mark


def mark_of(app: flask.Flask, endpoint: str) -> Mark | None:
    """Give the mark of an endpoint, or nothing when it carries none."""
    found = getattr(app.view_functions[endpoint], MARK, None)
    return found if isinstance(found, Mark) else None


def require_marks(app: flask.Flask) -> None:
    """Refuse to start with `RouteUnmarked` when a route does not say who may call it."""
    unmarked = sorted({rule.rule for rule in app.url_map.iter_rules() if mark_of(app, rule.endpoint) is None})
    if unmarked:
        message = f"These routes do not say who may call them: {', '.join(unmarked)}"
        raise RouteUnmarked(message)


def guard() -> ResponseReturnValue | None:
    """Stand before every request: unknown pages go on to 404, a stranger is sent to sign in, the wrong role is refused."""
    endpoint = flask.request.endpoint
    if "\x00" in flask.request.path or "%00" in flask.request.full_path:
        flask.abort(404)  # no page, no case and no person has a NUL in its name, and PostgreSQL cannot be asked for one
    if endpoint is None:
        return None
    mark = mark_of(flask.current_app, endpoint)
    if mark is not None and mark.public:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if mark is None or not mark.admits(actor().roles):
        sentence = "Your roles do not include this page. Ask your administrator when you need it for your work."
        raise RoleMissing(sentence)
    if flask.session.get(SCREEN) and endpoint not in ON_SCREEN:
        sentence = "This window shows the wall screen and nothing else. Sign out, and sign in again, to work here."
        raise WallScreenOnly(sentence)
    return None


def actor() -> Actor:
    """Name the person who makes this request, with the roles held now."""
    found: Actor = current_user.actor
    return found


def sent_here() -> list[tuple[str, str]]:
    """Give what a page of this site has sent, as the browser says, so that it can be offered again; no password and no file.

    A browser that does not say from which site it comes (`Sec-Fetch-Site`) says it by the origin of what it sends.
    """
    request = flask.request
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    here = request.headers.get("Sec-Fetch-Site", "same-origin" if origin == request.host else "") == "same-origin"
    if not here or "password" in request.form:
        return []
    return [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]


def _to_sign_in() -> ResponseReturnValue:
    """Send a stranger to sign in; what somebody sent whose session has ended stays in their window meanwhile."""
    request = flask.request
    address = request.full_path.rstrip("?")
    asks_for_page = "navigate" if "text/html" in request.headers.get("Accept", "") else ""  # a script asks for anything
    if request.headers.get("Sec-Fetch-Mode", asks_for_page) == "navigate" and (fields := sent_here()):
        return flask.render_template("again.html", fields=fields, address=address, signed_out=True), 403
    wanted = address if request.method == "GET" else None
    return flask.redirect(flask.url_for("identity.sign_in", next=wanted))


def _marked(view: View, mark: Mark) -> View:
    setattr(view, MARK, mark)
    return view
