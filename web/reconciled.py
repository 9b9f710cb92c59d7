"""The counts of the police and of social care side by side, and each case by which they differ, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.store import reading
from web import case_access, copying, downloads
from web.access import actor, roles
from web.asked import Asked, settled
from web.figure_words import written
from web.moments import say_moment
from web.services import services
from workflows import reconciling
from workflows.access import FIGURES_WITH_EPISODES
from workflows.reconciling import DIFFERENCES, POLICE_ALONE, Told
from workflows.vocabulary import RESPONSIBLE_AUTHORITY

page = flask.Blueprint("reconciled", __name__)

PURPOSE = "performance, counts of police and social care"
D2 = frozenset({"D2"})
HEADS = ("Case", "Responsible authority", "Reported", "Acknowledged by social care")


@frozen
class Part:
    """The cases of one reason: how many there are, and the rows (of `HEADS`) of those that this reader may know."""

    key: str
    words: str
    police: bool
    count: int
    rows: tuple[tuple[str, ...], ...]


@page.get("/performance/reconciled")
@roles(*FIGURES_WITH_EPISODES)
def reconciled() -> ResponseReturnValue:
    """Show both counts of a period and the cases by which they differ; who looked is written down first."""
    now = services().clock()
    asked = settled(now)
    found, parts = _read(asked, now)
    return flask.render_template("reconciled.html", asked=asked, found=found, parts=parts, heads=HEADS)


@page.get("/performance/reconciled.csv")
@roles(*FIGURES_WITH_EPISODES)
def table_form() -> ResponseReturnValue:
    """Ask for whom the file is."""
    return _form()


@page.post("/performance/reconciled.csv")
@roles(*FIGURES_WITH_EPISODES)
def table() -> ResponseReturnValue:
    """Give the same as a file for a spreadsheet: the counts, and a row for each case that differs; it is noted first."""
    now = services().clock()
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form(refusal.problems), 422
    asked = settled(now)
    found, parts = _read(asked, now)
    about, what = {row[0] for part in parts for row in part.rows}, "The counts of police and social care"
    copying.noted(about, wanted, what, frozenset({"D2"}), held=actor().roles, way="return", now=now)
    counts = [("Reported to the police", found.police), ("Acknowledged by social care", found.social_care)]
    rows = [[*row, part.words, "Police" if part.police else "Social care"] for part in parts for row in part.rows]
    head = [[asked.words], *([words, str(count)] for words, count in [*counts, ("In both", found.both)])]
    return downloads.file(written([*head, [*HEADS, "Why", "Counted by"], *rows]), "reconciled.csv")


def _form(problems: Sequence[Problem] = ()) -> str:
    back = flask.url_for("reconciled.reconciled", **settled(services().clock()).query)
    return copying.form("reconciled", "", back, problems)


def _read(asked: Asked, now: datetime) -> tuple[reconciling.Reconciled, list[Part]]:
    """Read both counts of what is asked for; only cases of which this person may be told have a row."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = reconciling.reconcile(connection, asked.span.period, asked.authorities, but=asked.hidden)
    ids = [one.case_id for each in found.apart.values() for one in each]
    may = case_access.lasting(here.engine, who, ids, D2, now=now)
    here.cases.note_reading(*(each for each in ids if each in may), by=who, purpose=PURPOSE, classes=D2, now=now)
    parts = [
        Part(
            key,
            DIFFERENCES[key].words,
            key in POLICE_ALONE,
            len(told),
            tuple(_row(one) for one in told if one.case_id in may),
        )
        for key, told in found.apart.items()
        if told
    ]
    return found, parts


def _row(one: Told) -> tuple[str, ...]:
    return (
        one.case_id,
        RESPONSIBLE_AUTHORITY.get(one.authority, one.authority) or "Not known",
        say_moment(one.reported_at),
        say_moment(one.acknowledged_at) if one.acknowledged_at else "Not acknowledged",
    )
