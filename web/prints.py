"""Print or save a copy of a case, of why a task is there, of a child, of who is missing, or a patrol briefing: for whom and on which basis, in the log before it is given.

The other pages print one line only, which says where to print from (`paper.css`). What a camera or a screenshot takes is in no log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import CaseNotFound, Invalid, Problem
from engine.model import Actor
from engine.store import ERASED, reading
from web import (
    briefing_words,
    case_access,
    case_reading,
    child_reading,
    copying,
    disclosure_words,
    downloads,
    missing_words,
    paper_words,
    why_reading,
)
from web.access import actor, roles, signed_in
from web.asked import asked_for
from web.briefing_words import BRIEFS
from web.copying import Made, Wanted
from web.services import services
from workflows import figures, photographs
from workflows.access import FIGURES_WITH_EPISODES
from workflows.matching import PREFIX

page = flask.Blueprint("prints", __name__)


@page.get("/cases/<case_id>/print")
@signed_in
def case_form(case_id: str) -> ResponseReturnValue:
    """Ask for whom a copy of a case is."""
    _of_case(case_id)
    return _form("case", case_id)


@page.post("/cases/<case_id>/print")
@signed_in
def case(case_id: str) -> ResponseReturnValue:
    """Give a case as a sheet, as far as whoever makes the copy may read it; the copy is noted first."""
    now = services().clock()
    who, classes = _of_case(case_id)
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form("case", case_id, refusal.problems), 422
    given = wanted.given(classes)
    found = case_reading.read(case_id, who, given, purpose=copying.PURPOSE, now=now)
    if found.view.status == ERASED:
        raise CaseNotFound("There is no such case.")
    made = _noted(case_id, who, wanted, "The case", given, now)
    lines = disclosure_words.lines(found.given, found.names)
    return copying.sheet(f"{found.view.title}, {case_id}", made, paper_words.of_case(found.told, lines), _back(case_id))


@page.get("/cases/<case_id>/briefing")
@roles(*BRIEFS)
def briefing_form(case_id: str) -> ResponseReturnValue:
    """Ask for whom a patrol briefing is."""
    _of_case(case_id)
    return _form("briefing", case_id)


@page.post("/cases/<case_id>/briefing")
@roles(*BRIEFS)
def briefing(case_id: str) -> ResponseReturnValue:
    """Give a patrol briefing for a child who is missing, on one sheet with the photograph; the copy is noted first."""
    now = services().clock()
    who, classes = _of_case(case_id)
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form("briefing", case_id, refusal.problems), 422
    given = wanted.given(classes)
    told = briefing_words.describe(case_id, who, given, now)
    made = _noted(case_id, who, wanted, "A patrol briefing", given, now)
    shown = _picture(told.photograph) if told.photograph else None
    title, back = f"Patrol briefing, {case_id}", _back(case_id)
    return copying.sheet(title, made, (), back, shown, template="print_briefing.html", briefing=told)


@page.get("/tasks/<task_id>/why/print")
@signed_in
def why_form(task_id: str) -> ResponseReturnValue:
    """Ask for whom a copy is of why a task is there."""
    _of_case(task_id.rpartition(".")[0])
    return _form("why", task_id)


@page.post("/tasks/<task_id>/why/print")
@signed_in
def why(task_id: str) -> ResponseReturnValue:
    """Give why a task is there as a sheet, as far as whoever makes the copy may read it; the copy is noted first."""
    now, case_id = services().clock(), task_id.rpartition(".")[0]
    who, classes = _of_case(case_id)
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form("why", task_id, refusal.problems), 422
    given = wanted.given(classes)
    told = why_reading.read(task_id, who, given, purpose=copying.PURPOSE, now=now)
    made = _noted(case_id, who, wanted, "Why a task is there", given, now)
    return copying.sheet(f"{told.found.row.name}, {case_id}", made, paper_words.of_why(told), _back(task_id))


@page.get("/children/<child_id>/print")
@signed_in
def child_form(child_id: str) -> ResponseReturnValue:
    """Ask for whom a copy of a child's page is."""
    main_id, _parts = _of_child(child_id)
    return _form("child", main_id)


@page.post("/children/<child_id>/print")
@signed_in
def child(child_id: str) -> ResponseReturnValue:
    """Give a child's page as a sheet, with the photograph; the copy is noted first, with each case that it tells of."""
    here, who, now = services(), actor(), services().clock()
    main_id, parts = _of_child(child_id)
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form("child", main_id, refusal.problems), 422
    parts = {case_id: wanted.given(own) for case_id, own in parts.items()}
    given: frozenset[str] = frozenset().union(*parts.values())
    here.cases.note_reading(main_id, by=who, purpose=copying.PURPOSE, classes=given, now=now)
    told: dict[str, Any] = child_reading.told(main_id, who, parts, given, now)
    made = copying.noted([main_id, *parts], wanted, "The child's page", given, held=who.roles, way="print", now=now)
    shown = _picture(told["photograph"].id) if told["photograph"] else None
    title, back = f"{told['name'] or 'Child'}, {main_id}", _back(main_id)
    return copying.sheet(title, made, paper_words.of_child(told), back, shown)


@page.get("/performance/print")
@roles(*FIGURES_WITH_EPISODES)
def missing_form() -> ResponseReturnValue:
    """Ask for whom the list of who is missing is, and whether it is a sheet or a file."""
    return _form("missing", "")


@page.post("/performance/print")
@roles(*FIGURES_WITH_EPISODES)
def missing() -> ResponseReturnValue:
    """Give who is missing now as a sheet, or as a file for a spreadsheet; the copy is noted first, with each case in it."""
    here, who, now = services(), actor(), services().clock()
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form("missing", "", refusal.problems), 422
    asked, classes = asked_for(now), frozenset({"D2"})
    with reading(here.engine) as connection:
        found = figures.missing_now(connection, asked.own, but=asked.hidden) if asked.every_number else ()
    may = case_access.lasting(here.engine, who, [one.case_id for one in found], classes, now=now)
    about = [one.case_id for one in found if one.case_id in may]
    here.cases.note_reading(*about, by=who, purpose=copying.PURPOSE, classes=classes, now=now)
    made = copying.noted(about, wanted, "The list of who is missing", classes, held=who.roles, way="list", now=now)
    if wanted.as_file:
        return downloads.file(missing_words.as_csv(found, may, now, made.number), f"missing-{made.number}.csv")
    told = missing_words.describe(found, may, now)
    return copying.sheet("Missing now", made, paper_words.of_missing(told), _back(""))


def _form(kind: str, about: str, problems: Sequence[Problem] = ()) -> str:
    return copying.form(kind, about, _back(about), problems)


def _noted(case_id: str, who: Actor, wanted: Wanted, what: str, given: frozenset[str], now: datetime) -> Made:
    """Note a copy of a case as of the roles that count in it."""
    held = case_access.within(services().engine, who, case_id, now=now).roles or who.roles
    return copying.noted([case_id], wanted, what, given, held=held, way="print", now=now)


def _picture(number: int) -> str:
    """Give a photograph as it stands on a sheet."""
    with reading(services().engine) as connection:
        return paper_words.picture(photographs.picture(connection, number))


def _of_case(case_id: str) -> tuple[Actor, frozenset[str]]:
    """Give this person and what they read in a case by their roles: what was opened with a reason is looked at, not copied."""
    who = actor()
    return who, case_access.readable(services().engine, who, case_id, now=services().clock(), with_reason=False)


def _of_child(child_id: str) -> tuple[str, dict[str, frozenset[str]]]:
    return case_access.of_child(services().engine, actor(), child_id, now=services().clock(), with_reason=False)


def _back(about: str) -> str:
    """Give the address of the page of which the copy is."""
    if not about:
        return flask.url_for("performance.dashboard")
    if "." in about:
        return flask.url_for("why.task", task_id=about)
    if about.startswith(PREFIX):
        return flask.url_for("children.child", child_id=about)
    return flask.url_for("cases.case", case_id=about)
