"""The reviewer's page of the read log: unusual access first, signed off by somebody who is not the reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.store import reading, writing
from web.access import actor, roles
from web.episode_words import names_of
from web.moments import LONDON, say_day, say_moment
from web.services import services
from workflows import read_log
from workflows.read_log import READS_THE_LOG, REASONS, REVIEWS, VERDICTS, Day

page = flask.Blueprint("reads", __name__)

SHOWN = 50
LOOKS_SHOWN = 200
LONGEST_PERIOD = timedelta(days=92)
RECORDS_SHOWN = 5


@frozen
class Line:
    """A person's day in words."""

    day: Day
    name: str
    when: str
    why: list[str]
    found: str


@page.get("/reads")
@roles(*READS_THE_LOG)
def listed() -> ResponseReturnValue:
    """Show what people looked at from day to day, or with ``about`` who looked at one record."""
    return _page([])


@page.post("/reads")
@roles(*READS_THE_LOG)
def sign_off() -> ResponseReturnValue:
    """Keep what the reviewer found about a person's day."""
    here, typed = services(), flask.request.form
    person, day = typed.get("person", ""), _day(typed.get("day", ""))
    try:
        with writing(here.engine) as connection:
            read_log.sign_off(
                connection, person, day, typed.get("verdict", ""), typed.get("text", ""), by=actor(), now=here.clock()
            )
    except Invalid as refusal:
        return _page(refusal.problems), 422
    flask.flash("What you found is written down.", "done")
    return flask.redirect(f"{flask.url_for('reads.listed')}?{urlencode(_kept())}")


def _kept() -> dict[str, str]:
    """Give the filters of the page, to stay where one is."""
    names = ("first", "last", "who")
    return {name: flask.request.values[name] for name in names if flask.request.values.get(name)}


def _page(problems: Sequence[Problem]) -> str:
    here, asked = services(), flask.request.values
    today = here.clock().astimezone(LONDON).date()
    about, who = asked.get("about", "").strip().upper(), asked.get("who", "").strip().casefold()
    last = _day(asked.get("last", "")) or today
    first = max(_day(asked.get("first", "")) or last - timedelta(days=6), last - LONGEST_PERIOD)
    with reading(here.engine) as connection:
        looks = read_log.looks_at(connection, about, limit=LOOKS_SHOWN, reader=actor()) if about else ()
        found = () if about else read_log.days(connection, first, last, person=who, reader=actor())
        shown = found[:SHOWN]
        people = {each.person for each in shown} | {each.person for each in looks}
        people |= {each.review.by for each in shown if each.review}
        names = names_of(connection, people)
    return flask.render_template(
        "reads.html",
        lines=[_line(each, names) for each in shown],
        more=len(found) - len(shown),
        unusual=sum(bool(each.reasons) and each.review is None for each in found),
        looks=[
            (say_moment(each.at), names.get(each.person, each.person), each.purpose, each.classes) for each in looks
        ],
        about=about,
        who=who,
        first=first,
        last=last,
        verdicts=VERDICTS,
        may_review=REVIEWS in actor().roles,
        me=actor().person,
        problems=problems,
        typed=flask.request.form,
    )


def _line(day: Day, names: dict[str, str]) -> Line:
    why = [f"{REASONS[name]}: {_some(records)}" for name, records in day.reasons.items()]
    found = ""
    if day.review:
        by = names.get(day.review.by, day.review.by)
        found = f"{VERDICTS[day.review.verdict]}, by {by}, {say_moment(day.review.at)}. {day.review.text}".strip()
    return Line(day, names.get(day.person, day.person), say_day(day.day), why, found)


def _some(records: Sequence[str]) -> str:
    more = len(records) - RECORDS_SHOWN
    return ", ".join(records[:RECORDS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
