"""A return of a council about children in its care who went missing: what may be asked for, its lines checked, its file; `homeward export` too."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from engine.errors import Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.store import reading
from web import case_access, copying
from web.figure_words import written
from web.moments import say_day
from web.services import Services
from workflows import people, seals, statutory_returns
from workflows.access import MAKES_RETURNS
from workflows.days import day_of
from workflows.disclosures import require
from workflows.statutory_returns import HEADINGS_903, HEADINGS_ANNEX, InCare, Line, Wrong
from workflows.vocabulary import RESPONSIBLE_AUTHORITY

PURPOSE = "statutory return"
CLASSES = frozenset({"D1", "D2", "D6"})
FILES = {"ssda903": "Missing episodes of the SSDA903", "annex_a": "List 8 of Annex A"}


class ReturnNotFound(NotFound):
    """There is no such return, or none of this person's council."""


@frozen
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


@frozen
class Made:
    """The rows of a file, of whom they tell, and what is wrong with them; nothing tells that a record is sealed from this person."""

    rows: Sequence[Sequence[str]]
    about: frozenset[str]
    wrong: Sequence[Wrong]

    def text(self, file: str) -> str:
        """Give what stands in the file."""
        heads = HEADINGS_903 if file == "ssda903" else HEADINGS_ANNEX
        return written([list(heads), *map(list, self.rows)])


def areas_of(services: Services, who: Actor) -> list[str]:
    """Name the councils for which a person makes returns."""
    with reading(services.engine) as connection:
        person = people.find(connection, who.person)
    return sorted({held.organisation for held in person.memberships if held.role in MAKES_RETURNS})


def read_asked(areas: Sequence[str], file: str, area: str, ends: str, now: datetime) -> Asked:
    """Read what is asked for, of somebody's councils; a day that is empty is the end of the year before the running one, and of list 8 today.

    Refused with `ReturnNotFound`, and with `Invalid` where no such return ends on that day.
    """
    years = statutory_returns.years(now)
    usual = years[1] if file == "ssda903" else day_of(now)
    if file not in FILES or area not in areas:
        raise ReturnNotFound("There is no such return.")
    allowed = {each.isoformat(): each for each in (*years, *([] if file == "ssda903" else [day_of(now)]))}
    ends_on = allowed.get(ends or usual.isoformat())
    if ends_on is None:
        sentence = "Choose one of the days: the SSDA903 is of a year that ends on 31 March."
        raise Invalid([Problem("to", "day-not-offered", sentence)])
    return Asked(file, area, ends_on)


def make(services: Services, who: Actor, asked: Asked, now: datetime) -> Made:
    """Put a file together of what this person may know of, and check it; that its records were read is written down first."""
    with reading(services.engine) as connection:
        hidden = seals.hidden(connection, who)
        found: Sequence[Line | InCare] = (
            statutory_returns.missing_episodes(connection, asked.area, asked.ends_on)
            if asked.file == "ssda903"
            else statutory_returns.in_care(connection, asked.area, asked.ends_on)
        )
    cases = [each.about for each in found if isinstance(each, Line) and each.about != each.child]
    may = case_access.lasting(services.engine, who, cases, frozenset({"D1", "D2"}), now=now)
    lines = [each for each in found if each.child not in hidden and _is_known(each, may)]
    about = frozenset({each.child for each in lines} | {each.about for each in lines if isinstance(each, Line)}) - {""}
    services.cases.note_reading(*sorted(about), by=who, purpose=PURPOSE, classes=CLASSES, now=now)
    wrong = (
        statutory_returns.check_903([each for each in lines if isinstance(each, Line)], asked.ends_on)
        if asked.file == "ssda903"
        else statutory_returns.check_annex([each for each in lines if isinstance(each, InCare)])
    )
    return Made([each.cells for each in lines], about, wrong)


def export(services: Services, chosen: argparse.Namespace, *, now: datetime) -> Iterator[str]:
    """Write a return to a new file, after it was noted for each child and case to whom it is given; say what is wrong in it, line by line.

    Refuses with `Invalid`, all at once, a file that is there, a folder that is not, a council of which the person makes no returns,
    and what the log of disclosures refuses; then a day on which no such return ends.
    """
    from web.event_files import new_file, wrong_path  # the page writes no file: a web worker does not load it

    with reading(services.engine) as connection:
        who = people.find(connection, chosen.by).actor
    ends = chosen.last.isoformat() if chosen.last else ""
    areas, problems = areas_of(services, who), [*wrong_path(chosen.file)]
    if chosen.area not in areas:
        theirs = ", ".join(areas) or "no council"
        problems.append(Problem("area", "not-theirs", f"{chosen.by} makes returns of {theirs}: name one with --area."))
    try:
        require(chosen.recipient, PURPOSE, chosen.basis)
    except Invalid as refusal:
        problems += refusal.problems
    if problems:
        raise Invalid(problems)
    asked = read_asked(areas, chosen.statutory, chosen.area, ends, now)
    made = make(services, who, asked, now)
    wish = copying.Wanted(own=False, recipient=chosen.recipient, basis=chosen.basis, as_file=True)
    with new_file(chosen.file) as out:
        copy = copying.note(
            services.engine, who, made.about, wish, asked.words, CLASSES, held=who.roles, way="return", now=now
        )
        out.write(made.text(asked.file))
    yield from (
        f"Line {each.line}, {each.field}, rule {each.rule}: {each.sentence} ({each.about})" for each in made.wrong
    )
    yield f"{chosen.file} holds {len(made.rows)} lines, {len(made.wrong)} faults: {asked.words}. It is noted as copy {copy.number} to whom it is given."


def _is_known(line: Line | InCare, may: frozenset[str]) -> bool:
    return not isinstance(line, Line) or line.about == line.child or line.about in may
