"""The rota: whom an urgent message reaches now, whom to ring, and where nobody is on call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, cast

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import forms
from engine.errors import Invalid, Problem
from engine.forms import Form, Raw
from engine.frozen import frozen
from engine.model import Value
from engine.store import reading, writing
from web.access import actor, roles
from web.answering import Posted, new_key
from web.govuk import error_summary, render_form
from web.services import services
from workflows import on_call
from workflows.agencies import title_of
from workflows.on_call import ALWAYS, KEEPERS, READERS, Duty, EntryNotFound, Gap, Wanted
from workflows.people import OrganisationRow, PersonRow

page = flask.Blueprint("on_call", __name__)

AHEAD = timedelta(days=14)
GAPS_AHEAD = timedelta(days=7)


@frozen
class Line:
    """One entry of the rota in words."""

    duty: Duty
    role: str
    name: str
    organisation: str


@page.get("/on-call")
@roles(*READERS)
def now() -> ResponseReturnValue:
    """Show who is on call now everywhere, and the rota of the organisations that this person keeps."""
    return _page({}, key=new_key())


@page.post("/on-call")
@roles(*READERS)
def enter() -> ResponseReturnValue:
    """Put somebody on the rota; those who only read it are refused as for a rota that is not there."""
    here, posted = services(), Posted.read()
    try:
        with writing(here.engine) as connection:
            wanted = _wanted(connection, posted.raw)
            on_call.enter(connection, wanted, by=actor(), now=here.clock(), key=posted.key)
    except Invalid as refusal:
        return _page(posted.raw, key=posted.key, problems=refusal.problems), 422
    flask.flash("That is on the rota.", "done")
    return flask.redirect(flask.url_for("on_call.now"))


@page.post("/on-call/<int:number>/end")
@roles(*KEEPERS)
def end(number: int) -> ResponseReturnValue:
    """End an entry now, or take it out before it has begun."""
    here = services()
    with writing(here.engine) as connection:
        on_call.end(connection, number, by=actor(), now=here.clock())
    flask.flash("That entry has ended.", "done")
    return flask.redirect(flask.url_for("on_call.now"))


def _wanted(connection: sa.Connection, raw: Raw) -> Wanted:
    """Read what was typed; an address that is left out is that of the person's last entry. Refused with all problems at once."""
    kept = sorted(on_call.kept_by(connection, actor().person))
    if not kept:
        raise EntryNotFound("You keep no rota.")
    form = _form()
    answers = form.load(raw, scope=_scope(connection, kept), now=services().clock())
    organisation, role, person = str(answers["duty"]).split("/")
    mobile, pager = (str(answers.get(name) or "") for name in ("mobile", "pager"))
    if not (mobile or pager):
        mobile, pager = on_call.last_addresses(connection, organisation).get(person, ("", ""))
    begins_at, ends_at = (cast("datetime", answers[name]) for name in ("begins_at", "ends_at"))
    return Wanted(organisation, role, person, begins_at, ends_at, mobile, pager)


def _scope(connection: sa.Connection, kept: Sequence[str]) -> dict[str, Value]:
    """Give the people whom this person may put on the rota, as the choices of the form."""
    several = len(kept) > 1
    people: list[Value] = []
    for organisation in kept:
        for role, person, name in on_call.who_can(connection, organisation):
            words = f"{title_of(role)}: {name}" + (f" ({organisation})" if several else "")
            people.append({"value": f"{organisation}/{role}/{person}", "label": words})
    return {"people": people}


@cache
def _form() -> Form:
    return forms.read((files("web") / "on_call.form").read_text("utf-8"), "on_call")


def _page(raw: Mapping[str, Any], *, key: str, problems: Sequence[Problem] = ()) -> str:
    here = services()
    moment = here.clock()
    with reading(here.engine) as connection:
        kept = sorted(on_call.kept_by(connection, actor().person))
        running = on_call.on_call(connection, on_call.ON_CALL, moment)
        ahead = [
            each for one in kept for each in on_call.rota(connection, moment, until=moment + AHEAD, organisation=one)
        ]
        scope = _scope(connection, kept) if kept else {}
        organisations: dict[str, tuple[str, str]] = {
            row.key: (row.name, row.kind) for row in connection.execute(sa.select(OrganisationRow.__table__))
        }
        people = {each.person for each in (*running, *ahead)}
        asked = sa.select(PersonRow.sign_in, PersonRow.name).where(PersonRow.sign_in.in_(people))
        names = dict(connection.execute(asked).tuples().all())

    def line(duty: Duty) -> Line:
        return Line(duty, title_of(duty.role), names.get(duty.person, duty.person), organisations[duty.organisation][0])

    questions = render_form(_form(), raw, problems, scope=scope, now=moment) if kept else ""
    return flask.render_template(
        "on_call.html",
        running=[line(each) for each in running],
        ahead=[line(each) for each in ahead],
        missing=[each for one in kept for each in _missing(ahead, one, organisations[one][1], moment)],
        keeps=bool(kept),
        questions=questions,
        summary=error_summary(problems, _form(), {"duty"}),
        problems=problems,
        key=key,
        now=moment,
    )


def _missing(ahead: Sequence[Duty], organisation: str, kind: str, moment: datetime) -> list[tuple[str, Gap]]:
    """Give the times of the next days in which none of the roles is on call of which one always must be."""
    wanted = ALWAYS.get(kind, ())
    duties = [each for each in ahead if each.organisation == organisation and each.role in wanted]
    words = " or ".join(title_of(role) for role in wanted)
    return [(words, gap) for gap in on_call.gaps(duties, moment, moment + GAPS_AHEAD)] if wanted else []
