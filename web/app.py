"""The composition root of the site: from settings to a Flask application that refuses what it cannot do safely."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import re

import flask
import flask_login
import jinja2
from flask_wtf.csrf import CSRFProtect

from engine.model import Actor
from web import (
    about,
    absences,
    access,
    administration,
    agencies,
    amendments,
    at_work,
    attachments,
    audits,
    board,
    bundles,
    cases,
    children,
    comments,
    commissions,
    concerns,
    copies,
    corrections,
    daily,
    downtime,
    draft_words,
    drafts,
    errors,
    giving,
    glass,
    govuk,
    handovers,
    health,
    home,
    identity,
    inbox,
    merges,
    modeller,
    moments,
    notice_links,
    notices,
    on_call,
    operations,
    paces,
    performance,
    philomena,
    photographs,
    populations,
    prints,
    promises,
    questions,
    reads,
    recommendations,
    reconciled,
    releases,
    reports,
    retention,
    returns,
    schema,
    seals,
    searches,
    sent_files,
    several,
    steps,
    table_trials,
    tasks,
    teams,
    trying,
    why,
)
from web.assembly import assemble
from web.services import NAME, Services
from web.settings import Settings
from workflows.agencies import title_of

LARGEST_REQUEST = 1_000_000
LARGEST_FIELD_COUNT = 2_000
POLICY = (
    "default-src 'none'; script-src 'self' '{snippet}'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PAGES = (
    about.page,
    absences.page,
    administration.page,
    agencies.page,
    amendments.page,
    at_work.page,
    attachments.page,
    audits.page,
    board.page,
    bundles.page,
    cases.page,
    children.page,
    comments.page,
    commissions.page,
    giving.page,
    concerns.page,
    copies.page,
    corrections.page,
    daily.page,
    downtime.page,
    drafts.page,
    glass.page,
    handovers.page,
    health.page,
    home.page,
    inbox.page,
    merges.page,
    modeller.page,
    notice_links.page,
    notices.page,
    on_call.page,
    operations.page,
    paces.page,
    performance.page,
    philomena.page,
    photographs.page,
    populations.page,
    prints.page,
    promises.page,
    questions.page,
    reads.page,
    reconciled.page,
    recommendations.page,
    releases.page,
    reports.page,
    retention.page,
    returns.page,
    seals.page,
    searches.page,
    several.page,
    steps.page,
    table_trials.page,
    tasks.page,
    teams.page,
    trying.page,
    why.page,
)
"""The pages of every installation, each a blueprint."""
HEADERS = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(settings: Settings, *, services: Services | None = None, migrated: bool = True) -> flask.Flask:
    """Put the site together.

    `services` takes the place of those that the settings describe: a test's clock, the demo's worker.
    ``migrated=False`` is for the command that migrates. Refuses with `SchemaNotMigrated` otherwise, and with
    `RouteUnmarked` when a page does not say who may call it.
    """
    services = services or assemble(settings)
    if migrated:
        schema.require_migrated(services.engine)
    app = flask.Flask(__name__, static_folder="static", static_url_path="/static")
    app.request_class = sent_files.Request
    app.config.update(_flask_settings(settings))
    app.extensions[NAME] = services
    _dress(app)
    app.before_request(access.guard)
    CSRFProtect(app).exempt(
        notice_links.page
    )  # the link and its code are the proof, and no referrer is sent from there
    _add_pages(app, settings)
    access.require_marks(app)
    return app


def _flask_settings(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret,
        "SESSION_COOKIE_NAME": "homeward",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.cookies_are_secure,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a long form must not fail after an hour
        "WTF_CSRF_SSL_STRICT": settings.cookies_are_secure,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "MAX_FORM_PARTS": LARGEST_FIELD_COUNT,
    }


def _dress(app: flask.Flask) -> None:
    """Give the templates their components and words, and each answer its headers."""
    app.jinja_loader = govuk.loader()
    app.jinja_env.undefined = jinja2.ChainableUndefined
    app.jinja_env.filters.update(
        moment=moments.say_moment,
        day=moments.say_day,
        value=moments.say_value,
        key_words=moments.say_key,
        role=title_of,
    )
    app.context_processor(_words_for_every_page)
    policy = POLICY.format(snippet=snippet_hash())
    app.after_request(lambda response: _protect(response, policy))


def snippet_hash() -> str:
    """Give the CSP hash of the one inline script of the GOV.UK page template, from the installed package."""
    template = importlib.resources.files("govuk_frontend_jinja").joinpath("templates/template.html").read_text("utf-8")
    found = re.findall(r"<script[^>]*>(.+?)</script>", template, flags=re.DOTALL)
    digest = hashlib.sha256(found[0].encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _protect(response: flask.Response, policy: str) -> flask.Response:
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if flask.request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _words_for_every_page() -> dict[str, object]:
    here: Services = flask.current_app.extensions[NAME]
    user = flask_login.current_user
    always = {"demo": here.settings.demo, "page_at": here.clock()}
    if not user.is_authenticated:
        return always
    titles = ", ".join(title_of(role) for role in sorted(user.actor.roles)) or "no role"
    person = {"name": user.name, "titles": titles}
    return {**always, "person": person, "navigation": _navigation(user.actor)}


def _navigation(who: Actor) -> list[dict[str, object]]:
    """List the pages that this person may go to, the present one marked; beside the procedures, how many drafts wait."""
    held, waiting = who.roles, len(draft_words.items_for(who.person, who.roles))
    entries = [
        ("home.home", "Home"),
        ("inbox.tasks", "Your tasks"),
        ("cases.cases", "Cases"),
        ("searches.ask", "Search"),
        ("philomena.listed", "Carers' forms"),
        ("daily.latest", "Daily meeting"),
        ("on_call.now", "On call"),
    ]
    entries += [
        ("performance.dashboard", "Performance"),
        ("returns.chosen", "Returns"),
        ("promises.listed", "Promises"),
    ]
    entries += [
        ("audits.months", "Audits"),
        ("recommendations.listed", "Recommendations"),
        ("reports.listed", "Reports"),
    ]
    entries += [
        ("drafts.procedures", f"Procedures ({waiting})" if waiting else "Procedures"),
        ("administration.listed", "People"),
        ("agencies.listed", "Agencies"),
        ("seals.listed", "Sealed records"),
        ("reads.listed", "Read log"),
        ("retention.reviews", "Retention"),
        ("operations.operations", "Operations"),
    ]
    entries += [("demo.clock", "Clock"), ("demo.mailbox", "Mailbox")]
    app = flask.current_app
    marks = {endpoint: access.mark_of(app, endpoint) for endpoint, _ in entries if endpoint in app.view_functions}
    return [
        {"text": words, "href": flask.url_for(endpoint), "current": flask.request.endpoint == endpoint}
        for endpoint, words in entries
        if (mark := marks.get(endpoint)) is not None and mark.admits(held)
    ]


def _add_pages(app: flask.Flask, settings: Settings) -> None:
    identity.register(app)
    errors.register(app)
    for page in PAGES:
        app.register_blueprint(page)
    if settings.demo:
        from web import demo

        app.register_blueprint(demo.page)
    access.everyone(app.view_functions["static"])
