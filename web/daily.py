"""The daily management meeting on one page: who is missing at 08:00, what was decided, what was not dealt with, who was there."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import CaseNotFound
from engine.store import reading
from web import case_access, daily_words
from web.access import actor, roles
from web.daily_words import Known
from web.episode_words import names_of
from web.services import services
from workflows import daily
from workflows.access import SEES_EVERY_EPISODE
from workflows.daily import Day

page = flask.Blueprint("daily", __name__)

PURPOSE = "daily management"
DAYS_SHOWN = 14


@page.get("/daily")
@roles(*SEES_EVERY_EPISODE)
def latest() -> ResponseReturnValue:
    """Show the latest meeting, or say when the first one begins."""
    days = _days()
    if days:
        return _meeting(days[0].case_id, days)
    coming = {each.procedure: each.next_at for each in services().cases.schedules()}
    return flask.render_template("daily_none.html", next_at=coming.get(daily.PROCEDURE))


@page.get("/daily/<case_id>")
@roles(*SEES_EVERY_EPISODE)
def meeting(case_id: str) -> ResponseReturnValue:
    """Show the meeting of an earlier day."""
    return _meeting(case_id, _days())


def _meeting(case_id: str, days: tuple[Day, ...]) -> str:
    """Show one meeting as far as this person may read it; who looked is written down first.

    An agenda holds everybody who was missing when it began, sealed or not (G-21; `workflows.daily.veil`); how one stands by now is told to who may read its case.
    """
    here, who, now = services(), actor(), services().clock()
    classes = case_access.readable(here.engine, who, case_id, now=here.clock())
    view = here.cases.case(case_id, classes=classes, by=who, purpose=PURPOSE, now=now)
    if view.procedure != daily.PROCEDURE:
        raise CaseNotFound("There is no such meeting.")
    may = case_access.readable_each(here.engine, who, daily_words.references(view), now=now)
    with reading(here.engine) as connection:
        standings = daily.standings(connection, [one for one, held in may.items() if "D5" in held], now)
        people = {name for one in standings.values() for name in (one.reviewed_by, one.taken_over_by)}
        known = Known(standings, names_of(connection, people))
    told = daily_words.describe(view, here.cases.release_of(case_id), known, who=who, now=now)
    return flask.render_template("daily.html", **told, days=daily_words.earlier(days, but=case_id))


def _days() -> tuple[Day, ...]:
    with reading(services().engine) as connection:
        return daily.days(connection, limit=DAYS_SHOWN)
