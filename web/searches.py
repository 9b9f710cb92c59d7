"""Looking for a child by name, date of birth or reference, among those of whom the reader may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Problem
from engine.frozen import frozen
from engine.store import reading
from web import case_access
from web.access import actor, roles
from web.moments import say_day
from web.services import services
from workflows import seals, searching
from workflows.access import SEARCHES
from workflows.break_glass import OPENS
from workflows.children import Child
from workflows.searching import Asked

page = flask.Blueprint("searches", __name__)

PURPOSE = "search"
ABOUT = "SEARCH"
"""Stands in the log of readings for a search, whoever was found; what was typed is never kept."""
PARTS = ("day", "month", "year")
LONGEST = 200


@frozen
class Hit:
    """A child whom the reader may know, with the cases that the reader may open, the newest first."""

    child_id: str
    name: str
    known_as: str
    born: str
    case_ids: Sequence[str]
    sealed: bool = False
    """The record of the child is sealed; these cases are not."""


@page.get("/search")
@roles(*SEARCHES)
def ask() -> ResponseReturnValue:
    """Ask for whom to look."""
    return _page({}, ())


@page.post("/search")
@roles(*SEARCHES)
def search() -> ResponseReturnValue:
    """Look, and show who was found; that somebody looked, and whom they found, is written down first.

    The words are sent and not put into the address, so that no name rests in a browser or in a log. Who may not be
    known is not found: the answer is that of a name that nobody has.
    """
    typed = {key: value.strip()[:LONGEST] for key, value in flask.request.form.items() if key != "csrf_token"}
    asked, problems = _read(typed)
    if problems:
        return _page(typed, problems), 422
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = searching.find(connection, asked)
        about = searching.cases_about(connection, [child.child_id for child in found])
        waiting = searching.unmatched(connection, asked)
        hidden = seals.hidden(connection, who)
    references = [*(case_id for ids in about.values() for case_id in ids), *(case_id for case_id, _name in waiting)]
    classes = case_access.readable_each(here.engine, who, [*references, asked.reference.upper()], now=here.clock())
    named = {case_id for case_id, own in classes.items() if "D1" in own}
    hits = [
        replace(
            _hit(child, [each for each in about.get(child.child_id, ()) if each in named]),
            sealed=child.child_id in hidden,
        )
        for child in found
    ]
    shown = [hit for hit in hits if hit.case_ids]
    new = [(case_id, name) for case_id, name in waiting if case_id in named]
    seen = [ABOUT, *(hit.child_id for hit in shown), *(case_id for case_id, _name in new)]
    here.cases.note_reading(*seen, by=who, purpose=PURPOSE, classes=frozenset({"D1"}), now=here.clock())
    exact = asked.reference.upper() if asked.reference.upper() in classes else ""
    return _page(typed, (), hits=shown, new=new, exact=exact, searched=True)


def _read(typed: dict[str, str]) -> tuple[Asked, list[Problem]]:
    """Read what was typed; everything that is wrong is said at once."""
    parts = [typed.get(f"born-{part}", "") for part in PARTS]
    problems, born_on = [], None
    if any(parts):
        try:
            day, month, year = (int(part) for part in parts)
            born_on = date(year, month, day)
        except ValueError:
            problems.append(Problem("born", "real-date", "The date of birth must be a real date, like 27 3 2012"))
    asked = Asked(typed.get("name", ""), born_on, typed.get("reference", ""))
    if not (asked.name or asked.reference or any(parts)):
        problems.append(Problem("name", "something", "Enter a name, a date of birth or a reference"))
    return asked, problems


def _hit(child: Child, case_ids: Sequence[str]) -> Hit:
    born = say_day(child.born_on) if child.born_on else "not recorded"
    return Hit(child.child_id, child.name, child.known_as, born, case_ids)


def _page(typed: dict[str, str], problems: Sequence[Problem], **found: object) -> str:
    wrong = {problem.where: problem.sentence for problem in problems}
    return flask.render_template(
        "search.html",
        typed=typed,
        problems=problems,
        wrong=wrong,
        most=searching.MOST,
        may_break_glass=not actor().roles.isdisjoint(OPENS),
        **found,
    )
