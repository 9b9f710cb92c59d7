"""Sealed records: who seals what for which group, what nobody of the group can do, and lifting a seal (domain.md 13.12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, NotFound, Problem
from engine.store import CaseTable, reading, writing
from web import case_access
from web.access import actor, roles
from web.episode_words import names_of
from web.services import services
from workflows import children, people, seals, searching
from workflows.agencies import title_of
from workflows.seals import SEALS, Wanted

page = flask.Blueprint("seals", __name__)

PURPOSE = "sealing"
LONGEST = 5_000


class RecordNotFound(NotFound):
    """There is no such record, or none of which this person may know."""


@page.get("/seals")
@roles(*SEALS)
def listed() -> ResponseReturnValue:
    """List the seals of whose group this person is, with the open tasks that nobody of a group can do."""
    with reading(services().engine) as connection:
        found = seals.seals_of(connection, actor())
        lost = seals.orphans(connection, [seal.id for seal in found if seal.lifted_at is None])
        names = names_of(connection, {seal.sealed_by for seal in found})
    return flask.render_template(
        "seals.html", seals=found, names=names, lost={orphan.seal for orphan in lost}, title_of=title_of
    )


@page.get("/seals/new/<about>")
@roles(*SEALS)
def ask(about: str) -> ResponseReturnValue:
    """Ask which cases of a record are sealed, for whom, and why."""
    main_id, cases = _record(about)
    return _ask(main_id, cases, {"cases": cases})


@page.post("/seals/new/<about>")
@roles(*SEALS)
def seal(about: str) -> ResponseReturnValue:
    """Seal the record, or say all that is in the way."""
    here, who = services(), actor()
    main_id, cases = _record(about)
    typed = {
        "cases": [case_id for case_id in flask.request.form.getlist("cases") if case_id in cases],
        "members": flask.request.form.get("members", "")[:LONGEST],
        "reason": flask.request.form.get("reason", "")[:LONGEST],
    }
    seen = tuple(flask.request.form["seen"].split()) if "seen" in flask.request.form else None
    wanted = Wanted(main_id, tuple(typed["cases"]), _names(str(typed["members"])), str(typed["reason"]), seen)
    try:
        with writing(here.engine) as connection:
            number = seals.seal(connection, wanted, by=who, now=here.clock())
    except Invalid as refusal:
        return _ask(main_id, cases, typed, refusal.problems), 422
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=frozenset(), now=here.clock())
    flask.flash("The record is sealed.", "done")
    return flask.redirect(flask.url_for("seals.show", number=number))


@page.get("/seals/<int:number>")
@roles(*SEALS)
def show(number: int) -> ResponseReturnValue:
    """Show a seal to one of its group; who looked is written down first."""
    return _show(number, {})


@page.post("/seals/<int:number>/group")
@roles(*SEALS)
def regroup(number: int) -> ResponseReturnValue:
    """Put another group in the place of the one before."""
    typed = flask.request.form.get("members", "")[:LONGEST]
    return _change(
        number,
        {"members": typed},
        lambda connection: seals.regroup(connection, number, _names(typed), by=actor(), now=services().clock()),
        "The group is changed.",
    )


@page.post("/seals/<int:number>/cases")
@roles(*SEALS)
def cover(number: int) -> ResponseReturnValue:
    """Cover the further cases of the child that were chosen."""
    with reading(services().engine) as connection:
        about = seals.one(connection, number, actor()).about
    cases = [each for each in flask.request.form.getlist("cases") if each in _record(about)[1]]
    return _change(
        number,
        {},
        lambda connection: seals.cover(connection, number, cases, by=actor()),
        "The seal covers these cases.",
    )


@page.post("/seals/<int:number>/lift")
@roles(*SEALS)
def lift(number: int) -> ResponseReturnValue:
    """Lift a seal, with a reason."""
    typed = flask.request.form.get("reason", "")[:LONGEST]
    return _change(
        number,
        {"reason": typed},
        lambda connection: seals.lift(connection, number, typed, by=actor(), now=services().clock()),
        "The seal is lifted.",
    )


def _change(
    number: int, typed: dict[str, str], change: Callable[[sa.Connection], None], done: str
) -> ResponseReturnValue:
    """Change a seal and say so, or say all that is in the way and keep what was typed."""
    try:
        with writing(services().engine) as connection:
            change(connection)
    except Invalid as refusal:
        return _show(number, typed, refusal.problems), 422
    flask.flash(done, "done")
    return flask.redirect(flask.url_for("seals.show", number=number))


def _record(about: str) -> tuple[str, list[str]]:
    """Give a child's main id with the cases about the child, or a case by itself; as far as this person may know of them."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = children.find(connection, about)
        main_id = found.child_id if found else about
        ids = searching.cases_about(connection, [main_id]).get(main_id, [about])  # in the same statements for nobody's
    known = case_access.readable_each(here.engine, who, ids, now=here.clock())
    if not known:
        raise RecordNotFound("There is no such record.")
    return main_id, [case_id for case_id in ids if case_id in known]


def _ask(main_id: str, cases: list[str], typed: Mapping[str, object], problems: Sequence[Problem] = ()) -> str:
    return flask.render_template(
        "seal_new.html",
        about=main_id,
        cases=_titled(cases),
        typed=typed,
        problems=problems,
        wrong=_wrong(problems),
        longest=seals.LONGEST_REASON,
    )


def _show(number: int, typed: dict[str, str], problems: Sequence[Problem] = ()) -> str:
    with reading(services().engine) as connection:
        found = seals.one(connection, number, actor())
        covered, group = seals.cases_of(connection, number), seals.members(connection, number)
        lost = seals.orphans(connection, [number])
        persons = people.active(connection, group)
        names = names_of(connection, {found.sealed_by, *group})
    here = services()
    here.cases.note_reading(
        *{found.about: None, **dict.fromkeys(covered)},
        by=actor(),
        purpose=PURPOSE,
        classes=frozenset(),
        now=here.clock(),
    )
    held = {person.sign_in: ", ".join(sorted(title_of(role) for role in person.roles)) for person in persons}
    further = [each for each in _record(found.about)[1] if each not in covered] if found.lifted_at is None else []
    return flask.render_template(
        "seal.html",
        seal=found,
        covered=_titled(covered),
        further=_titled(further),
        group=[(person, names.get(person, person), held.get(person, "cannot sign in any more")) for person in group],
        lost=lost,
        names=names,
        title_of=title_of,
        typed={"members": "\n".join(group), "reason": ""} | typed,
        problems=problems,
        wrong=_wrong(problems),
    )


def _titled(cases: Sequence[str]) -> list[tuple[str, str]]:
    """Give references with the titles of their cases."""
    case = CaseTable
    with reading(services().engine) as connection:
        rows = connection.execute(sa.select(case.id, case.title).where(case.id.in_(cases)))
        titles = {row.id: row.title for row in rows}
    return [(case_id, titles.get(case_id, "")) for case_id in cases]


def _names(typed: str) -> tuple[str, ...]:
    """Read sign-in names, one on each line."""
    return tuple(dict.fromkeys(name.strip() for name in typed.splitlines() if name.strip()))


def _wrong(problems: Sequence[Problem]) -> dict[str, str]:
    """Give for each question everything that is wrong with its answer."""
    wrong: dict[str, str] = {}
    for problem in problems:
        wrong[problem.where] = (
            f"{wrong[problem.where]}. {problem.sentence}" if problem.where in wrong else problem.sentence
        )
    return wrong
