"""The dashboard: who is missing now, and the figures of a period, each number with the episodes behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import NotFound, Problem
from engine.store import reading
from web import case_access, figure_words, missing_words, periods
from web.access import actor, roles
from web.periods import Span
from web.services import services
from workflows import access, figures, people
from workflows.access import FIGURES, FIGURES_OF_EVERY_AUTHORITY, FIGURES_OF_OWN_AUTHORITY, FIGURES_WITH_EPISODES
from workflows.figures import MEASURES, PEOPLE, SLICES, Counted, Missing, Population
from workflows.vocabulary import RESPONSIBLE_AUTHORITY

page = flask.Blueprint("performance", __name__)

PURPOSE = "performance, episodes behind a figure"
PAGE_SIZE = 50
LONGEST_NUMBER = 6


class TableNotFound(NotFound):
    """The dashboard has no such table."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asked for, as far as that reader may: no authorities stand for all of them."""

    span: Span
    authority: str
    own: frozenset[str] | None
    every_number: bool
    problems: tuple[Problem, ...]

    @property
    def authorities(self) -> frozenset[str] | None:
        """The authorities of which the figures are."""
        return frozenset({self.authority}) if self.authority else self.own

    @property
    def query(self) -> dict[str, Any]:
        """What stands in the addresses of the same period and authority."""
        return self.span.query | ({"authority": self.authority} if self.authority else {})

    @property
    def words(self) -> str:
        """Say of what the figures are: ``1 March 2026 to 31 March 2026, all authorities``."""
        names = [RESPONSIBLE_AUTHORITY.get(key, key) for key in sorted(self.authorities or ())]
        return f"{self.span.words}, {' and '.join(names) if self.authorities is not None else 'all authorities'}"


@page.get("/performance")
@roles(*FIGURES)
def dashboard() -> ResponseReturnValue:
    """Show who is missing now and the figures of a period."""
    args, now = flask.request.args, services().clock()
    asked = _asked(now)
    if not asked.problems and "from-day" in args:  # the form's six parts become an address that can be kept
        return flask.redirect(flask.url_for("performance.dashboard", **asked.query))
    with reading(services().engine) as connection:
        missing = figures.missing_now(connection, asked.own) if asked.every_number else ()
        population = figures.population(connection, asked.span.period, asked.authorities, now=now)
    answer = flask.render_template(
        "performance.html",
        now=now,
        asked=asked,
        missing=missing_words.describe(missing, _allowed(missing, "D2"), now) if asked.every_number else None,
        charts=_charts(population, asked),
        imported=population.imported if asked.every_number else 0,
        quarters=periods.ended_quarters(now),
        presets=periods.presets(now),
        choices=_choices(asked),
        typed={key: periods.typed_in(args, key) for key in ("from", "to")} if asked.problems else {},
        wrong={problem.where: problem.sentence for problem in asked.problems},
    )
    return answer, 422 if asked.problems else 200


@page.get("/performance/tables/<name>.csv")
@roles(*FIGURES)
def table(name: str) -> ResponseReturnValue:
    """Give one table of the dashboard as a file for a spreadsheet."""
    now = services().clock()
    asked = _asked(now)
    if name == "missing" and asked.every_number:
        with reading(services().engine) as connection:
            missing = figures.missing_now(connection, asked.own)
        return _file(name, missing_words.as_csv(missing, _allowed(missing, "D2"), now))
    with reading(services().engine) as connection:
        population = figures.population(connection, asked.span.period, asked.authorities, now=now)
    charts = _charts(population, asked)
    if name not in charts:
        raise TableNotFound("There is no such table.")
    return _file(name, figure_words.as_csv(charts[name], asked.words))


@page.get("/performance/episodes")
@roles(*FIGURES_WITH_EPISODES)
def episodes() -> ResponseReturnValue:
    """List the episodes behind a number, as far as this person may know of them; who looked is written down first."""
    here, args, who = services(), flask.request.args, actor()
    now = here.clock()
    asked, measure, part = _asked(now), args.get("of", ""), args.get("is", "")
    with reading(here.engine) as connection:
        population = figures.population(connection, asked.span.period, asked.authorities, now=now)
    behind = population.behind(measure, part)
    may = _allowed(behind, _data_class(measure))
    lines = [one for one in behind if one.case_id in may]
    first = PAGE_SIZE * (_page_number(args.get("page", "")) - 1)
    shown = lines[first : first + PAGE_SIZE]
    needed = frozenset({"D2", _data_class(measure)})
    here.cases.note_reading(*(one.case_id for one in shown), by=who, purpose=PURPOSE, classes=needed, now=now)
    return flask.render_template(
        "figure_episodes.html",
        title=_title(measure, part),
        asked=asked,
        lines=missing_words.lines(shown),
        by_person=measure in PEOPLE and measure != "episodes",
        count=population.count(measure, part),
        withheld=len(behind) - len(lines),
        total=len(lines),
        query=asked.query | {"of": measure, "is": part},
        number=first // PAGE_SIZE + 1,
        pages=-(-len(lines) // PAGE_SIZE),
    )


def _asked(now: datetime) -> Asked:
    """Read what is asked for, and hold it to what this person may see."""
    args, held = flask.request.args, actor().roles
    own = None if held & FIGURES_OF_EVERY_AUTHORITY else _own_authorities()
    every_number = bool(held & FIGURES_WITH_EPISODES & _speaking(own))
    span, problems = periods.read(args, now)
    authority = args.get("authority", "")
    if not every_number:
        quarters = periods.ended_quarters(now)
        if span is not None and span not in quarters:
            problems = [Problem("quarter", "ended-quarter", "Your roles see whole quarters that are over")]
            span = None
        span, authority = span or quarters[0], ""
    if authority and authority not in (RESPONSIBLE_AUTHORITY if own is None else own):
        problems = [*problems, Problem("authority", "known-authority", "Choose one of the authorities")]
        authority = ""
    return Asked(span or periods.usual(now), authority, own, every_number, tuple(problems))


def _speaking(own: frozenset[str] | None) -> frozenset[str]:
    """Name the roles that say what is shown: those of every authority, where one of them is held."""
    return FIGURES_OF_EVERY_AUTHORITY if own is None else FIGURES_OF_OWN_AUTHORITY


def _own_authorities() -> frozenset[str]:
    """Name the authorities for which this person works in a role that sees figures."""
    with reading(services().engine) as connection:
        person = people.find(connection, actor().person)
    return frozenset(held.organisation for held in person.memberships if held.role in FIGURES_OF_OWN_AUTHORITY)


def _choices(asked: Asked) -> list[dict[str, object]]:
    """Give the authorities between which this person may choose; none where there is nothing to choose."""
    if not asked.every_number or asked.own is not None:
        return []
    keys = {"": "All authorities", **RESPONSIBLE_AUTHORITY}
    return [{"value": key, "text": words, "selected": key == asked.authority} for key, words in keys.items()]


def _charts(population: Population, asked: Asked) -> dict[str, figure_words.Chart]:
    """Give the tables of a period as this person may see them."""
    one = asked.authorities is not None and len(asked.authorities) == 1
    return figure_words.charts(population, _link(asked), every_number=asked.every_number, one_authority=one)


def _link(asked: Asked) -> figure_words.Link:
    """Give what makes the address of the list behind a number, for those who may see one."""
    readable = access.readable(actor().roles, episode_open=False)

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


def _allowed(found: Sequence[Counted | Missing], data_class: str) -> frozenset[str]:
    """Name the cases among these of which this person may know, and may read what a list of them tells."""
    ids = [one.case_id for one in found]
    return case_access.lasting(services().engine, actor().roles, ids, frozenset({"D2", data_class}))


def _page_number(text: str) -> int:
    """Read the number of a page; anything else is the first."""
    return max(1, int(text)) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 1


def _file(name: str, content: str) -> flask.Response:
    """Give a file that the browser keeps and does not open."""
    answer = flask.Response(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
