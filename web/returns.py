"""What a council returns about children in its care who went missing: chosen, checked, and given as a file that is noted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from web import case_access, copying, downloads, return_sheets
from web.access import actor, roles
from web.moments import say_day
from web.return_sheets import CLASSES, FILES, Asked
from web.services import services
from workflows import statutory_returns
from workflows.access import MAKES_RETURNS
from workflows.vocabulary import RESPONSIBLE_AUTHORITY

page = flask.Blueprint("returns", __name__)


@page.get("/returns")
@roles(*MAKES_RETURNS)
def chosen() -> ResponseReturnValue:
    """Ask which file, and say what is wrong with it before it is made; whose records were looked at is written down first."""
    now = services().clock()
    areas, asked = return_sheets.areas_of(services(), actor()), _asked(now)
    made = return_sheets.make(services(), actor(), asked, now)
    known = case_access.readable_each(services().engine, actor(), [each.about for each in made.wrong], now=now)
    return flask.render_template(
        "returns.html",
        asked=asked,
        made=made,
        known=known,
        files=FILES,
        areas={area: RESPONSIBLE_AUTHORITY.get(area, area) for area in areas},
        days={each.isoformat(): f"Year to {say_day(each)}" for each in statutory_returns.years(now)},
    )


@page.get("/returns/file")
@roles(*MAKES_RETURNS)
def file_form() -> ResponseReturnValue:
    """Ask for whom the file is."""
    return _form(_asked(services().clock()))


@page.post("/returns/file")
@roles(*MAKES_RETURNS)
def file() -> ResponseReturnValue:
    """Give the file; it is noted first, with each child and case in it."""
    now = services().clock()
    asked = _asked(now)
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form(asked, refusal.problems), 422
    made = return_sheets.make(services(), actor(), asked, now)
    copy = copying.noted(made.about, wanted, asked.words, CLASSES, held=actor().roles, way="return", now=now)
    return downloads.file(made.text(asked.file), f"{asked.file}-{asked.ends_on}-{copy.number}.csv")


def _form(asked: Asked, problems: Sequence[Problem] = ()) -> str:
    return copying.form("return", asked.words, flask.url_for("returns.chosen", **asked.query), problems)


def _asked(now: datetime) -> Asked:
    """Read what is asked for; nothing chosen is the SSDA903 of the year before the running one."""
    args, areas = flask.request.args, return_sheets.areas_of(services(), actor())
    area = args.get("area", areas[0] if areas else "")
    return return_sheets.read_asked(areas, args.get("file", "ssda903"), area, args.get("to", ""), now)
