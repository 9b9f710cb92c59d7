"""What a council returns about children in its care who went missing: chosen, checked, and given as a file that is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, NotFound, Problem
from engine.store import reading
from web import case_access, copying
from web.access import actor, roles
from web.figure_words import written
from web.moments import say_day
from web.services import services
from workflows import people, seals, statutory_returns
from workflows.access import MAKES_RETURNS
from workflows.days import day_of
from workflows.statutory_returns import HEADINGS_903, HEADINGS_ANNEX, InCare, Line, Wrong
from workflows.vocabulary import RESPONSIBLE_AUTHORITY

page = flask.Blueprint("returns", __name__)

PURPOSE = "statutory return"
CLASSES = frozenset({"D1", "D2", "D6"})
FILES = {"ssda903": "Missing episodes of the SSDA903", "annex_a": "List 8 of Annex A"}


class ReturnNotFound(NotFound):
    """There is no such return, or none of this person's council."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which file, of which of the person's own councils, and the day up to which it tells."""

    file: str
    area: str
    ends_on: date

    @property
    def query(self) -> dict[str, Any]:
        """The same as it stands in an address."""
        return {"file": self.file, "area": self.area, "to": self.ends_on.isoformat()}

    @property
    def words(self) -> str:
        """Say what it is: ``Missing episodes of the SSDA903, Nottingham City, year to 31 March 2026``."""
        span = "year" if self.file == "ssda903" else "twelve months"
        return (
            f"{FILES[self.file]}, {RESPONSIBLE_AUTHORITY.get(self.area, self.area)}, {span} to {say_day(self.ends_on)}"
        )


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of a file, of whom they tell, and what is wrong with them; nothing tells that a record is sealed from this person."""

    rows: Sequence[Sequence[str]]
    about: frozenset[str]
    wrong: Sequence[Wrong]


@page.get("/returns")
@roles(*MAKES_RETURNS)
def chosen() -> ResponseReturnValue:
    """Ask which file, and say what is wrong with it before it is made; whose records were looked at is written down first."""
    now = services().clock()
    areas, asked = _areas(), _asked(now)
    made = _make(asked, now)
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
    made = _make(asked, now)
    copy = copying.noted(made.about, wanted, asked.words, CLASSES, held=actor().roles, way="return", now=now)
    heads = HEADINGS_903 if asked.file == "ssda903" else HEADINGS_ANNEX
    answer = flask.Response(written([list(heads), *map(list, made.rows)]), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{asked.file}-{asked.ends_on}-{copy.number}.csv"'
    return answer


def _form(asked: Asked, problems: Sequence[Problem] = ()) -> str:
    return copying.form("return", asked.words, flask.url_for("returns.chosen", **asked.query), problems)


def _areas() -> list[str]:
    """Name the councils for which this person makes returns."""
    with reading(services().engine) as connection:
        person = people.find(connection, actor().person)
    return sorted({held.organisation for held in person.memberships if held.role in MAKES_RETURNS})


def _asked(now: datetime) -> Asked:
    """Read what is asked for; nothing chosen is the SSDA903 of the year before the running one."""
    args, areas = flask.request.args, _areas()
    name, area = args.get("file", "ssda903"), args.get("area", areas[0] if areas else "")
    ends = statutory_returns.years(now)
    usual = ends[1] if name == "ssda903" else day_of(now)
    if name not in FILES or area not in areas:
        raise ReturnNotFound("There is no such return.")
    allowed = {each.isoformat(): each for each in (*ends, *([] if name == "ssda903" else [day_of(now)]))}
    ends_on = allowed.get(args.get("to") or usual.isoformat())
    if ends_on is None:
        sentence = "Choose one of the days: the SSDA903 is of a year that ends on 31 March."
        raise Invalid([Problem("to", "day-not-offered", sentence)])
    return Asked(name, area, ends_on)


def _make(asked: Asked, now: datetime) -> Made:
    """Put a file together of what this person may know of, and check it; that its records were read is written down first."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        hidden = seals.hidden(connection, who)
        found: Sequence[Line | InCare] = (
            statutory_returns.missing_episodes(connection, asked.area, asked.ends_on)
            if asked.file == "ssda903"
            else statutory_returns.in_care(connection, asked.area, asked.ends_on)
        )
    cases = [each.about for each in found if isinstance(each, Line) and each.about != each.child]
    may = case_access.lasting(here.engine, who, cases, frozenset({"D1", "D2"}), now=now)
    lines = [each for each in found if each.child not in hidden and _is_known(each, may)]
    about = frozenset({each.child for each in lines} | {each.about for each in lines if isinstance(each, Line)}) - {""}
    here.cases.note_reading(*sorted(about), by=who, purpose=PURPOSE, classes=CLASSES, now=now)
    wrong = (
        statutory_returns.check_903([each for each in lines if isinstance(each, Line)], asked.ends_on)
        if asked.file == "ssda903"
        else statutory_returns.check_annex([each for each in lines if isinstance(each, InCare)])
    )
    return Made([each.cells for each in lines], about, wrong)


def _is_known(line: Line | InCare, may: frozenset[str]) -> bool:
    return not isinstance(line, Line) or line.about == line.child or line.about in may
