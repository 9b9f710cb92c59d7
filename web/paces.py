"""How often each step of an episode comes and how long it waits, slowest first, and on the drawings (domain.md 4.2, R1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.process import Process
from engine.store import reading
from web import copying, downloads
from web.access import actor, roles
from web.asked import Asked, asked_for, period_form, settled
from web.figure_words import written
from web.moments import say_span
from web.services import services
from workflows import pace
from workflows.access import FIGURES_WITH_EPISODES
from workflows.agencies import title_of
from workflows.episodes import PROCEDURE
from workflows.pace import Pace
from workflows.vocabulary import RISK_LEVEL

page = flask.Blueprint("paces", __name__)

HEADS = ("Step", "Who does it", "Opened", "Done", "Half within", "9 of 10 within", "Late", "Open now", "Fell away")


@frozen
class Line:
    """One step in words; `cells` are those of `HEADS` but the first."""

    name: str
    part: str
    cells: tuple[str, ...]


@page.get("/performance/steps")
@roles(*FIGURES_WITH_EPISODES)
def steps() -> ResponseReturnValue:
    """Show the steps of the episodes of a period, as a table and on a drawing; of one grade where that was asked for."""
    args, now = flask.request.args, services().clock()
    asked, level = asked_for(now), _level()
    query = asked.query | ({"level": level} if level else {})
    if not asked.problems and "from-day" in args:
        return flask.redirect(flask.url_for("paces.steps", **query))
    processes, found = _processes(), _found(asked, level, now)
    shown = next((one for one in processes if one.id == args.get("part", "")), processes[0])
    answer = flask.render_template(
        "paces.html",
        query=query,
        level=level,
        levels=[{"value": key, "text": words, "selected": key == level} for key, words in _LEVELS.items()],
        heads=HEADS,
        lines=_lines(found, processes),
        parts=processes,
        shown=shown,
        counts=_counts(found, shown),
        **period_form(asked, now),
    )
    return answer, 422 if asked.problems else 200


@page.get("/performance/steps.csv")
@roles(*FIGURES_WITH_EPISODES)
def table_form() -> ResponseReturnValue:
    """Ask for whom the file is."""
    return _form()


@page.post("/performance/steps.csv")
@roles(*FIGURES_WITH_EPISODES)
def table() -> ResponseReturnValue:
    """Give the same as a file for a spreadsheet; it is noted first, with each episode that it counts."""
    now = services().clock()
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form(refusal.problems), 422
    asked, level = settled(now), _level()
    with reading(services().engine) as connection:
        counted = pace.counted(connection, asked.span.period, asked.authorities, level=level, but=asked.hidden)
    copying.noted(counted, wanted, "Where the time goes", frozenset({"D2"}), held=actor().roles, way="return", now=now)
    about = [f"Steps, {asked.words}, {_LEVELS[level]}", *[""] * (len(HEADS) - 1)]
    lines = [[one.name, *one.cells] for one in _lines(_found(asked, level, now), _processes())]
    return downloads.file(written([about, list(HEADS), *lines]), "steps.csv")


@page.get("/performance/steps/diagrams/<process>")
@roles(*FIGURES_WITH_EPISODES)
def diagram(process: str) -> ResponseReturnValue:
    """Give a drawing of the running release: nothing in it is about a case."""
    library = services().cases.library
    return flask.Response(library.diagram(library.newest(PROCEDURE)[0], process), mimetype="application/xml")


def _form(problems: Sequence[Problem] = ()) -> str:
    asked, level = settled(services().clock()), _level()
    return copying.form("steps", "", flask.url_for("paces.steps", level=level or None, **asked.query), problems)


_LEVELS = {"": "Every grade", **RISK_LEVEL}


def _level() -> str:
    """Read of which grade; anything else is every grade."""
    level = flask.request.args.get("level", "")
    return level if level in _LEVELS else ""


def _found(asked: Asked, level: str, now: datetime) -> Sequence[Pace]:
    with reading(services().engine) as connection:
        return pace.paces(connection, asked.span.period, asked.authorities, level=level, but=asked.hidden, now=now)


def _processes() -> tuple[Process, ...]:
    """Give the processes of the running release, the root first."""
    compiled = services().cases.library.newest(PROCEDURE)[1]
    others = (one for key, one in sorted(compiled.processes.items()) if key != compiled.process.id)
    return (compiled.process, *others)


def _lines(found: Sequence[Pace], processes: Collection[Process]) -> list[Line]:
    """Say each step; one that the running release has no more goes by its id."""
    drawn = {node.id: (node.name, one.name) for one in processes for node in one.everything()}
    return [Line(*drawn.get(one.element, (one.element, "")), _cells(one)) for one in found]


def _cells(one: Pace) -> tuple[str, ...]:
    times = ("" if span is None else say_span(span) for span in (one.usual, one.most))
    return (
        title_of(one.role),
        *map(str, (one.opened, one.done)),
        *times,
        *map(str, (one.late, one.open, one.fell_away)),
    )


def _counts(found: Sequence[Pace], shown: Process) -> list[dict[str, object]]:
    """Say what stands at the steps of a drawing: how often, and half of them within which time; `band` is 3 for the slowest third."""
    bands, drawn = pace.bands(found), {node.id for node in shown.everything()}
    return [
        {"id": one.element, "says": f"{one.opened} times, {say_span(one.usual)}", "band": bands[one.element]}
        for one in found
        if one.usual is not None and one.element in drawn
    ]
