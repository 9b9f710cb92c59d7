"""A pack for when the service is down: everything open for a person's team or agency, and blank forms; made and logged as any copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.store import reading
from web import blank_forms, case_access, copying, missing_words
from web.access import actor, signed_in
from web.episode_words import names_of
from web.fact_words import Row, Section, row
from web.moments import say_moment
from web.numbers import read_number
from web.procedures import MISSING_CHILD
from web.services import services
from workflows import assigning, downtime, teams
from workflows.agencies import title_of
from workflows.audience import audience
from workflows.boards import Open, Owed
from workflows.downtime import AHEAD, Pack
from workflows.figures import Missing
from workflows.on_call import Duty
from workflows.teams import Team

page = flask.Blueprint("downtime", __name__)

NAMED = frozenset({"D1", "D2"})
"""Of which data classes the facts in a pack are: who the child is, and how the episode stands."""
HOURS = int(AHEAD.total_seconds() // 3600)


@page.get("/downtime")
@signed_in
def asked() -> ResponseReturnValue:
    """Ask for whom the pack is, and whose tasks stand in it."""
    return _form()


@page.post("/downtime")
@signed_in
def made() -> ResponseReturnValue:
    """Give the pack as a sheet; it is noted first, with each case in it."""
    here, who, now = services(), actor(), services().clock()
    try:
        wanted = copying.wanted()
    except Invalid as refusal:
        return _form(refusal.problems), 422
    around, number = _teams(), read_number(flask.request.form.get("team", ""))
    team = next((each for each in around if each.id == number), None)
    with reading(here.engine) as connection:
        pack = downtime.pack(connection, audience(connection, who, now), team.id if team else 0, now)
        on_duty = names_of(connection, {duty.person for duty in pack.rota})
    named = case_access.lasting(here.engine, who, [one.case_id for one in pack.missing], NAMED, now=now)
    about = sorted(pack.about)
    classes = wanted.given(NAMED if named else frozenset({"D2"}))
    here.cases.note_reading(*about, by=who, purpose=copying.PURPOSE, classes=classes, now=now)
    copy = copying.noted(about, wanted, "A pack for downtime", classes, held=who.roles, way="list", now=now)
    release = here.cases.library.newest(MISSING_CHILD)[1]
    title = f"If the service is down: {team.name if team else 'everything that is open'}"
    return copying.sheet(
        title,
        copy,
        list(_sections(pack, named, on_duty, now)),
        flask.url_for("home.home"),
        template="print_pack.html",
        forms=blank_forms.sheets(release, who.duties | assigning.led_by(who)),
    )


def _form(problems: Sequence[Problem] = ()) -> str:
    around = [{"value": "", "text": "All that my roles do or lead"}]
    around += [{"value": str(each.id), "text": f"The people of {each.name}"} for each in _teams()]
    return copying.form("pack", "", flask.url_for("home.home"), problems, teams=around, hours=HOURS)


def _teams() -> tuple[Team, ...]:
    who = actor()
    with reading(services().engine) as connection:
        return teams.around(connection, who.person, assigning.led_by(who), assigning.led_in(who))


def _sections(pack: Pack, named: frozenset[str], on_duty: Mapping[str, str], now: datetime) -> Iterable[Section]:
    """Say what is open: who is missing first, then what is due, then whom to ring; moments only, for paper does not count hours."""
    missing = [
        _missing(one, pack.names.get(one.case_id, "") if one.case_id in named else "", now) for one in pack.missing
    ]
    yield Section("Who is missing, the gravest risk first", missing or [row("", "Nobody.")])
    yield Section(f"Reviews due within {HOURS} hours, or overdue", _tasks(pack.reviews))
    yield Section(f"Other tasks due within {HOURS} hours, or overdue", _tasks(pack.tasks))
    if pack.interviews:
        yield Section("Return interviews that are owed", [_interview(one) for one in pack.interviews])
    if pack.rota:
        yield Section(
            "On call within a day", [_duty(duty, on_duty.get(duty.person, duty.person)) for duty in pack.rota]
        )


def _missing(one: Missing, name: str, now: datetime) -> Row:
    said, since = missing_words.line(one, now), one.missing_since or one.reported_at
    review = say_moment(one.next_review_at) if one.next_review_at else "none open"
    lines = [name, f"{said.grade}, {said.who.lower()}, missing since {say_moment(since)}", f"Next review: {review}"]
    return row(one.case_id, "\n".join(filter(None, lines)))


def _tasks(found: Iterable[Open]) -> list[Row]:
    lines = [
        row(
            f"{one.name}, {one.case_id}",
            f"Due {say_moment(one.due_at)}\n{one.owner or f'Nobody yet: {title_of(one.role).lower()}'}",
        )
        for one in found
        if one.due_at is not None
    ]
    return lines or [row("", "None among the tasks of this copy. Other roles may have some.")]


def _interview(one: Owed) -> Row:
    return row(one.case_id, f"Back since {say_moment(one.returned_at)}\nTo be held by {say_moment(one.held_by)}")


def _duty(duty: Duty, name: str) -> Row:
    when = f"{say_moment(duty.begins_at)} to {say_moment(duty.ends_at)}"
    return row(f"{title_of(duty.role)}: {name}", f"{duty.mobile or duty.pager}\n{when}")
