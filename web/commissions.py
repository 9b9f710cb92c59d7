"""The page on which a council, or the service, says who works for its children: interviews, health, youth justice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.store import reading, writing
from web.access import actor, roles
from web.episode_words import names_of
from web.services import services
from web.typed_days import typed_day
from workflows import commissioning, commissions
from workflows.administration import ADMINISTRATOR
from workflows.commissioning import SERVICE
from workflows.commissions import PROVIDER, SERVES
from workflows.days import day_of

page = flask.Blueprint("commissions", __name__)


@page.get("/commissions")
@roles(ADMINISTRATOR, SERVICE)
def listed() -> ResponseReturnValue:
    """Show who is commissioned by the councils that this person looks after, and ask for another one."""
    return _page("", [])


@page.post("/commissions")
@roles(ADMINISTRATOR, SERVICE)
def commission() -> ResponseReturnValue:
    """Say that a council commissions an agency from a day on."""
    typed = flask.request.form
    council, provider = typed.get("council", ""), typed.get("provider", "")

    def act(connection: sa.Connection, day: date | None, why: str) -> None:
        now = services().clock()
        commissioning.commission(connection, council, provider, day, why, by=actor(), now=now)

    return _done("new", "from", "That is noted. It counts from that day on.", act)


@page.post("/commissions/<int:number>/end")
@roles(ADMINISTRATOR, SERVICE)
def end(number: int) -> ResponseReturnValue:
    """Say from which day on a commission does not hold any more."""

    def act(connection: sa.Connection, day: date | None, why: str) -> None:
        commissioning.end(connection, number, day, why, by=actor(), now=services().clock())

    return _done(str(number), "until", "That is noted. It counts until then.", act)


def _done(
    form: str, name: str, said: str, act: Callable[[sa.Connection, date | None, str], None]
) -> ResponseReturnValue:
    """Change something from a day on, for a reason, or say beside the questions of its form all that is wrong."""
    typed, wrong = flask.request.form, list[Problem]()
    day = typed_day(typed, name, wrong, "The day")
    try:
        with writing(services().engine) as connection:
            act(connection, day, typed.get("why", ""))
    except Invalid as refusal:
        instead = [each for each in refusal.problems if not wrong or each.where != name]
        return _page(form, [*wrong, *instead]), 422
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("commissions.listed"))


def _page(form: str, problems: Sequence[Problem]) -> str:
    """Show the page; `form` names the form in which something is wrong: ``new``, or the number of a commission."""
    here, who = services(), actor()
    day = day_of(here.clock())
    with reading(here.engine) as connection:
        councils = commissioning.councils_of(connection, who)
        agencies = {kind: commissions.agencies(connection, kind) for kind in SERVES}
        found = commissioning.of_councils(connection, who)
        named = commissions.in_force(connection, here.clock())
        changes = commissioning.changes(connection, who)
        names = names_of(connection, {each.by for each in changes})
    return flask.render_template(
        "commissions.html",
        councils=councils,
        agencies=agencies,
        every={key: name for of_kind in agencies.values() for key, name in of_kind.items()},
        serves=SERVES,
        provider=PROVIDER,
        found=found,
        named=named,
        day=day,
        changes=changes,
        names=names,
        form=form,
        typed=flask.request.form,
        problems=problems,
        wrong={f"{each.where}-{form}": each.sentence for each in problems},
    )
