"""The dashboard: who is missing now, and the figures of a period, each number with the episodes behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.store import reading
from web import audit_words, case_access, downloads, figure_words, missing_words, period_figures, periods, rate_words
from web.access import actor, roles
from web.asked import Asked, asked_for, period_form, settled
from web.numbers import part_of
from web.period_figures import PeriodFigures, Scope
from web.services import services
from workflows import access, audits, figures
from workflows.access import FIGURES, FIGURES_WITH_EPISODES, OVERSIGHT_FIGURES, Standing
from workflows.figures import Missing
from workflows.measures import MEASURES, PEOPLE, SLICES, Counted
from workflows.rates import Rates

page = flask.Blueprint("performance", __name__)

PURPOSE = "performance, episodes behind a figure"
COMMUNITIES, AGGREGATE, RATES = "communities", "aggregate", "rates"
PAGE_SIZE = 50


class TableNotFound(NotFound):
    """The dashboard has no such table."""


@page.get("/performance")
@roles(*FIGURES)
def dashboard() -> ResponseReturnValue:
    """Show who is missing now and the figures of a period."""
    args, now = flask.request.args, services().clock()
    asked = asked_for(now)
    if not asked.problems and "from-day" in args:  # the form's six parts become an address that can be kept
        return flask.redirect(flask.url_for("performance.dashboard", **asked.query))
    with reading(services().engine) as connection:
        missing = figures.missing_now(connection, asked.own, but=asked.hidden) if asked.every_number else ()
        told = _figures(connection, asked, now)
    may = _noted(missing, "performance, who is missing", now)
    audited = audit_words.trend(services(), actor(), now) if actor().roles & OVERSIGHT_FIGURES else ()
    answer = flask.render_template(
        "performance.html",
        now=now,
        missing=missing_words.describe(missing, may, now) if asked.every_number else None,
        charts=told.charts,
        rates=told.rates,
        communities=figure_words.communities(told.population, _found(told)) if asked.every_number else (),
        community_heads=figure_words.COMMUNITY_HEADS,
        imported=told.population.imported if asked.every_number else 0,
        audited=audited,
        lately=audits.together(audited),
        quarters=periods.ended_quarters(now),
        **period_form(asked, now),
    )
    return answer, 422 if asked.problems else 200


@page.get("/performance/tables/<name>.csv")
@roles(*FIGURES)
def table(name: str) -> ResponseReturnValue:
    """Give one table of the dashboard as a file for a spreadsheet."""
    now = services().clock()
    asked = settled(now)
    with reading(services().engine) as connection:
        told = _figures(connection, asked, now)
    if name == COMMUNITIES and asked.every_number:
        return downloads.file(
            figure_words.communities_as_csv(told.population, _found(told), asked.words), f"{name}.csv"
        )
    if name == RATES and told.rates is not None:
        return downloads.file(rate_words.as_csv(told.rates, asked.words), f"{name}.csv")
    if name == AGGREGATE:
        return downloads.file(figure_words.aggregate(told.charts, asked.words), f"{name}.csv")
    if name not in told.charts:
        raise TableNotFound("There is no such table.")
    return downloads.file(figure_words.as_csv(told.charts[name], asked.words), f"{name}.csv")


@page.get("/performance/episodes")
@roles(*FIGURES_WITH_EPISODES)
def episodes() -> ResponseReturnValue:
    """List the episodes behind a number, as far as this person may know of them; who looked is written down first."""
    here, args, who = services(), flask.request.args, actor()
    now = here.clock()
    asked, measure, part = settled(now), args.get("of", ""), args.get("is", "")
    with reading(here.engine) as connection:
        population = figures.population(connection, asked.span.period, asked.authorities, but=asked.hidden, now=now)
    behind = population.behind(measure, part)
    may = _allowed(behind, _data_class(measure))
    lines = [one for one in behind if one.case_id in may]
    shown = part_of(lines, args.get("page", "1"), PAGE_SIZE)
    needed = frozenset({"D2", _data_class(measure)})
    here.cases.note_reading(*(one.case_id for one in shown.found), by=who, purpose=PURPOSE, classes=needed, now=now)
    return flask.render_template(
        "figure_episodes.html",
        title=_title(measure, part),
        asked=asked,
        lines=missing_words.lines(shown.found),
        by_person=measure in PEOPLE and measure != "episodes",
        count=population.count(measure, part),
        withheld=len(behind) - len(lines),
        total=len(lines),
        query=asked.query | {"of": measure, "is": part},
        number=shown.page,
        pages=shown.last,
    )


def _figures(connection: sa.Connection, asked: Asked, now: datetime) -> PeriodFigures:
    """Give the figures of a period as this person may see them."""
    scope = Scope(asked.authorities, asked.hidden, asked.every_number)
    return period_figures.of(connection, asked.span, scope, _link(asked), now)


def _found(told: PeriodFigures) -> Rates:
    return {} if told.rates is None else told.rates.found


def _link(asked: Asked) -> figure_words.Link:
    """Give what makes the address of the list behind a number, for those who may see one."""
    readable = access.readable(actor().roles, standing=Standing.CLOSED)

    def link(measure: str, part: str) -> str:
        if not asked.every_number or _data_class(measure) not in readable:
            return ""
        where: dict[str, Any] = {"of": measure} | ({"is": part} if part else {})
        return flask.url_for("performance.episodes", **asked.query, **where)

    return link


def _data_class(measure: str) -> str:
    """Give the data class that a list by this measure tells."""
    found = SLICES.get(measure) or MEASURES.get(measure)
    if found is None:
        raise TableNotFound("There is no such figure.")
    return found.data_class


def _title(measure: str, part: str) -> str:
    """Say what is listed."""
    if measure in SLICES:
        return f"{SLICES[measure].title}: {SLICES[measure].words.get(part, part)}"
    return MEASURES[measure].words


def _noted(missing: Sequence[Missing], purpose: str, now: datetime) -> frozenset[str]:
    """Name the missing persons of whom this person may be told, and write down that they look at them."""
    may, classes = _allowed(missing, "D2"), frozenset({"D2"})
    about = [one.case_id for one in missing if one.case_id in may]
    services().cases.note_reading(*about, by=actor(), purpose=purpose, classes=classes, now=now)
    return may


def _allowed(found: Sequence[Counted | Missing], data_class: str) -> frozenset[str]:
    """Name the cases among these of which this person may know, and may read what a list of them tells."""
    ids = [one.case_id for one in found]
    return case_access.lasting(services().engine, actor(), ids, frozenset({"D2", data_class}), now=services().clock())
