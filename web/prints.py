"""Print or save a copy of a case, of a child or of who is missing: for whom and on which basis, in the log before it is given.

The other pages print one line only, which says where to print from (`homeward.css`). What a camera or a screenshot takes is in no log.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import CaseNotFound, Invalid, Problem
from engine.model import Actor
from engine.store import ERASED, reading, writing
from web import case_access, case_reading, child_reading, disclosure_words, missing_words, paper_words
from web.access import actor, roles, signed_in
from web.asked import asked_for
from web.fact_words import Section
from web.moments import say_moment
from web.services import services
from workflows import disclosures, figures, people, photographs
from workflows.access import FIGURES_WITH_EPISODES, NEVER_COPIED
from workflows.agencies import title_of
from workflows.disclosures import Copy
from workflows.matching import PREFIX
from workflows.vocabulary import DATA_CLASS, DISCLOSURE_BASIS

page = flask.Blueprint("prints", __name__)

PURPOSE = "print or save a copy"
OWN, OTHER = "own", "other"
FILE = "file"


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom a copy is: for whoever makes it, on duty, or for somebody named; and on which basis. `as_file` is a CSV."""

    own: bool
    recipient: str
    basis: str
    as_file: bool

    def to(self, name: str) -> str:
        """Name the recipient as the log does."""
        return f"{name}, own use on duty" if self.own else self.recipient

    def given(self, classes: frozenset[str]) -> frozenset[str]:
        """Name the data classes in the copy: nobody else is given intelligence or records about the work of people."""
        return classes if self.own else classes - NEVER_COPIED


@dataclass(frozen=True, slots=True)
class Made:
    """A copy that stands in the log: its number, for whom, on which basis, by whom and when."""

    number: str
    to: str
    basis: str
    by: str
    titles: str
    at: datetime


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
    here, now = services(), services().clock()
    who, classes = _of_case(case_id)
    try:
        wanted = _wanted()
    except Invalid as refusal:
        return _form("case", case_id, refusal.problems), 422
    given = wanted.given(classes)
    found = case_reading.read(case_id, who, given, purpose=PURPOSE, now=now)
    if found.view.status == ERASED:
        raise CaseNotFound("There is no such case.")
    held = case_access.within(here.engine, who, case_id, now=now).roles or who.roles
    made = _noted([case_id], wanted, "The case", given, held=held, way="print", now=now)
    lines = disclosure_words.lines(found.given, found.names)
    return _sheet(f"{found.view.title}, {case_id}", made, paper_words.of_case(found.told, lines), case_id)


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
        wanted = _wanted()
    except Invalid as refusal:
        return _form("child", main_id, refusal.problems), 422
    parts = {case_id: wanted.given(own) for case_id, own in parts.items()}
    given: frozenset[str] = frozenset().union(*parts.values())
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=given, now=now)
    told: dict[str, Any] = child_reading.told(main_id, who, parts, given, now)
    made = _noted([main_id, *parts], wanted, "The child's page", given, held=who.roles, way="print", now=now)
    shown = None
    if told["photograph"]:
        with reading(here.engine) as connection:
            shown = paper_words.picture(photographs.picture(connection, told["photograph"].id))
    return _sheet(f"{told['name'] or 'Child'}, {main_id}", made, paper_words.of_child(told), main_id, shown)


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
        wanted = _wanted()
    except Invalid as refusal:
        return _form("missing", "", refusal.problems), 422
    asked, classes = asked_for(now), frozenset({"D2"})
    with reading(here.engine) as connection:
        found = figures.missing_now(connection, asked.own) if asked.every_number else ()
    may = case_access.lasting(here.engine, who, [one.case_id for one in found], classes, now=now)
    about = [one.case_id for one in found if one.case_id in may]
    here.cases.note_reading(*about, by=who, purpose=PURPOSE, classes=classes, now=now)
    made = _noted(about, wanted, "The list of who is missing", classes, held=who.roles, way="list", now=now)
    if wanted.as_file:
        answer = flask.Response(missing_words.as_csv(found, may, now, made.number), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="missing-{made.number}.csv"'
        return answer
    return _sheet("Missing now", made, paper_words.of_missing(missing_words.describe(found, may, now)), "")


def _of_case(case_id: str) -> tuple[Actor, frozenset[str]]:
    """Give this person and what they read in a case by their roles: what was opened with a reason is looked at, not copied."""
    who = actor()
    return who, case_access.readable(services().engine, who, case_id, now=services().clock(), with_reason=False)


def _of_child(child_id: str) -> tuple[str, dict[str, frozenset[str]]]:
    return case_access.of_child(services().engine, actor(), child_id, now=services().clock(), with_reason=False)


def _wanted() -> Wanted:
    """Read for whom the copy is; refused with `Invalid`, all at once."""
    form = flask.request.form
    own, recipient, basis = form.get("whom", "") == OWN, form.get("recipient", "").strip(), form.get("basis", "")
    problems = [] if form.get("whom") in {OWN, OTHER} else [Problem("whom", "whom-missing", "Choose for whom it is.")]
    if own and recipient:
        sentence = "A name is written here: choose “For somebody else”, or leave it empty."
        problems.append(Problem("recipient", "recipient-of-own", sentence))
    try:
        disclosures.require("own use" if own or problems else recipient, PURPOSE, basis)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        raise Invalid(problems)
    return Wanted(own, recipient, basis, form.get("as") == FILE)


def _noted(
    about: Collection[str], wanted: Wanted, what: str, classes: frozenset[str], *, held: Collection[str], way: str, now: datetime
) -> Made:  # fmt: skip
    """Note a copy under a number of its own, before anything is given (G-33)."""
    here, who, number = services(), actor(), disclosures.new_number()
    kinds = ", ".join(DATA_CLASS[name] for name in DATA_CLASS if name in classes)
    copy = Copy(f"own_{way}" if wanted.own else way, classes, role=min(held, default=""), number=number)
    with writing(here.engine) as connection:
        name = people.find(connection, who.person).name
        to = wanted.to(name)
        disclosures.note_disclosure(
            connection, about=about, to=to, what=f"{what}, printed or saved: {kinds or 'nothing'}", basis=wanted.basis,
            by=who, now=now, copy=copy,
        )  # fmt: skip
    titles = ", ".join(title_of(role) for role in sorted(held))
    return Made(number, to, DISCLOSURE_BASIS[wanted.basis], name, titles, now)


def _sheet(title: str, made: Made, sections: Sequence[Section], about: str, photograph: str | None = None) -> str:
    """Draw a sheet without navigation: its head stands on each page of it."""
    return flask.render_template(
        "print.html",
        title=title,
        made=made,
        at=say_moment(made.at),
        sections=sections,
        photograph=photograph,
        back=_back(about),
        navigation=None,
        person=None,
    )


def _form(kind: str, about: str, problems: Sequence[Problem] = ()) -> str:
    """Ask; proposed is a copy for whoever makes it, on the basis on which they work."""
    typed = dict(flask.request.form) if problems else {"whom": OWN, "basis": disclosures.usual_basis(actor().roles)}
    return flask.render_template(
        "print_form.html",
        kind=kind,
        about=about,
        back=_back(about),
        bases=[{"value": "", "text": "Choose one"}]
        + [{"value": key, "text": words} for key, words in DISCLOSURE_BASIS.items()],
        typed=typed,
        problems=[{"text": each.sentence, "href": f"#{each.where}"} for each in problems],
        wrong={each.where: each.sentence for each in problems},
    )


def _back(about: str) -> str:
    """Give the address of the page of which the copy is."""
    if not about:
        return flask.url_for("performance.dashboard")
    if about.startswith(PREFIX):
        return flask.url_for("children.child", child_id=about)
    return flask.url_for("cases.case", case_id=about)
