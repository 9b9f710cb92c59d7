"""What every copy that leaves has in common: for whom and on which basis it is, its number in the log, and the sheet that is printed or saved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import flask
import sqlalchemy as sa

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.store import writing
from web import govuk
from web.access import actor
from web.fact_words import Section
from web.moments import say_moment
from web.services import services
from workflows import disclosures, people
from workflows.access import NEVER_COPIED
from workflows.agencies import title_of
from workflows.disclosures import Copy
from workflows.vocabulary import DATA_CLASS, DISCLOSURE_BASIS

PURPOSE = "print or save a copy"
OWN, OTHER = "own", "other"
FILE = "file"


@frozen
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


@frozen
class Made:
    """A copy that stands in the log: its number, for whom, on which basis, by whom and when."""

    number: str
    to: str
    basis: str
    by: str
    titles: str
    at: datetime


def wanted() -> Wanted:
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


def noted(
    about: Collection[str], wish: Wanted, what: str, classes: frozenset[str], *, held: Collection[str], way: str, now: datetime
) -> Made:  # fmt: skip
    """Note a copy under a number of its own, before anything is given (G-33)."""
    return note(services().engine, actor(), about, wish, what, classes, held=held, way=way, now=now)


def note(
    engine: sa.Engine, who: Actor, about: Collection[str], wish: Wanted, what: str, classes: frozenset[str],
    *, held: Collection[str], way: str, now: datetime,
) -> Made:  # fmt: skip
    """Note a copy that somebody makes in these of their roles, wherever it is made."""
    number = disclosures.new_number()
    kinds = ", ".join(DATA_CLASS[name] for name in DATA_CLASS if name in classes)
    copy = Copy(f"own_{way}" if wish.own else way, classes, role=min(held, default=""), number=number)
    with writing(engine) as connection:
        name = people.find(connection, who.person).name
        to = wish.to(name)
        disclosures.note_disclosure(
            connection, about=about, to=to, what=f"{what}, printed or saved: {kinds or 'nothing'}", basis=wish.basis,
            by=who, now=now, copy=copy,
        )  # fmt: skip
    titles = ", ".join(title_of(role) for role in sorted(held))
    return Made(number, to, DISCLOSURE_BASIS[wish.basis], name, titles, now)


def sheet(
    title: str,
    made: Made,
    sections: Sequence[Section],
    back: str,
    photograph: str | None = None,
    *,
    template: str = "print.html",
    **more: object,
) -> str:
    """Draw a sheet without navigation: its head stands on each page of it."""
    return flask.render_template(
        template,
        title=title,
        made=made,
        at=say_moment(made.at),
        sections=sections,
        photograph=photograph,
        back=back,
        navigation=None,
        person=None,
        **more,
    )


def form(kind: str, about: str, back: str, problems: Sequence[Problem] = (), **more: object) -> str:
    """Ask; proposed is a copy for whoever makes it, on the basis on which they work."""
    typed = dict(flask.request.form) if problems else {"whom": OWN, "basis": disclosures.usual_basis(actor().roles)}
    return flask.render_template(
        "print_form.html",
        kind=kind,
        about=about,
        back=back,
        bases=[{"value": "", "text": "Choose one"}]
        + [{"value": key, "text": words} for key, words in DISCLOSURE_BASIS.items()],
        typed=typed,
        **govuk.told(problems),
        **more,
    )
