"""Opening a case with a reason where one has no part in it, and the log of those openings (domain.md 5.2, rule iii)."""

from __future__ import annotations

from collections.abc import Sequence

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.store import reading, writing
from web.access import actor, roles, signed_in
from web.answering import Posted, new_key
from web.episode_words import names_of
from web.services import services
from workflows import break_glass
from workflows.audience import audience
from workflows.break_glass import OPENS, GlassMails

page = flask.Blueprint("glass", __name__)

SHOWN = 200
PURPOSE = "log of openings with a reason"


@page.get("/break-glass")
@roles(*OPENS)
def ask() -> ResponseReturnValue:
    """Ask which case, and why."""
    return _page({"reference": flask.request.args.get("reference", "")}, key=new_key())


@page.post("/break-glass")
@roles(*OPENS)
def opened() -> ResponseReturnValue:
    """Open it for an hour, write that down and tell who answers for it; the answer does not say whether there is such a case."""
    here, posted = services(), Posted.read()
    typed = {name: (values or [""])[0] for name, values in posted.raw.items()}
    mails = GlassMails(here.settings.base_url)
    try:
        with writing(here.engine) as connection:
            opening = break_glass.break_glass(
                connection,
                typed.get("reference", ""),
                typed.get("reason", ""),
                mails,
                by=actor(),
                now=here.clock(),
                key=posted.key,
            )
    except Invalid as refusal:
        return _page(typed, key=posted.key, problems=refusal.problems), 422
    return flask.render_template("glass_opened.html", opening=opening)


@page.get("/break-glass/log")
@signed_in
def log() -> ResponseReturnValue:
    """Show the last openings of which this person is told, the latest first: anybody may be of the group of a sealed case.

    Who looked is written down first, for a reason tells of the child for whom somebody opened the case.
    """
    here = services()
    with reading(here.engine) as connection:
        found = break_glass.latest(connection, audience(connection, actor(), here.clock()), limit=SHOWN)
        names = names_of(connection, {each.opening.person for each in found})
    about = dict.fromkeys(each.opening.about for each in found if not each.withheld)
    here.cases.note_reading(*about, by=actor(), purpose=PURPOSE, classes=frozenset(), now=here.clock())
    return flask.render_template("glass_log.html", entries=found, names=names, limit=SHOWN)


def _page(typed: dict[str, str], *, key: str, problems: Sequence[Problem] = ()) -> str:
    wrong = {problem.where: problem.sentence for problem in problems}
    return flask.render_template(
        "glass.html", typed=typed, problems=problems, wrong=wrong, key=key, longest=break_glass.LONGEST_REASON
    )
