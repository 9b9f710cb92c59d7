"""The carers' forms: a placement writes its own, in versions, and the police read one while the child's episode is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem, Refusal
from engine.store import reading, writing
from web import amendment_words, carer_words, case_access
from web.access import actor, roles, signed_in
from web.answering import new_key
from web.carer_words import DATA_CLASS, PURPOSE
from web.episode_words import names_of
from web.errors import kind_of, sentence_of
from web.services import services
from web.typed_days import as_typed, day_or_refusal, typed_day
from workflows import amendments, children, concerns, philomena, serious_events
from workflows.philomena import FIELDS, LONGEST, NOW_FIELDS, OWNS, FormNotFound, Written

page = flask.Blueprint("philomena", __name__)

OWN = "own carer's form"
READS_ALL = frozenset({DATA_CLASS, "D11"})
MAY_WRITE = frozenset({DATA_CLASS})


@page.get("/philomena")
@roles(OWNS)
def listed() -> ResponseReturnValue:
    """List the forms of this person's placements; who looked is written down first."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = philomena.kept_by(connection, who)
    if found:
        here.cases.note_reading(*(each.id for each in found), by=who, purpose=OWN, classes=MAY_WRITE, now=here.clock())
    today = here.clock().date()
    return flask.render_template("philomena_list.html", forms=[(each, each.is_due(today)) for each in found])


@page.get("/philomena/new")
@roles(OWNS)
def ask() -> ResponseReturnValue:
    """Ask for a new form."""
    return _asked({}, [])


@page.post("/philomena/new")
@roles(OWNS)
def create() -> ResponseReturnValue:
    """Keep a new form."""
    typed = flask.request.form
    try:
        written = _written(typed)
        with writing(services().engine) as connection:
            owners = philomena.owners(actor())
            owner = typed.get("owner", "") if len(owners) > 1 else min(owners)
            another = typed.get(philomena.ANOTHER) == "yes"
            now = services().clock()
            reference = philomena.create(connection, owner, written, by=actor(), now=now, is_another=another)
    except Refusal as refusal:
        return _asked(typed, _said(refusal)), kind_of(refusal).status
    flask.flash(
        f"The form is kept. Its reference is {reference}: the police ask for it when the child is missing.", "done"
    )
    return flask.redirect(flask.url_for("philomena.shown", profile=reference), 303)


@page.get("/philomena/<profile>")
@roles(OWNS)
def shown(profile: str) -> ResponseReturnValue:
    """Show a form of one's own placement; who looked is written down first."""
    return _page(profile)


@page.get("/philomena/<profile>/change")
@roles(OWNS)
def change(profile: str) -> ResponseReturnValue:
    """Ask for a new version, with what the newest one says."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = philomena.own(connection, profile, who)
    here.cases.note_reading(found.id, by=who, purpose=OWN, classes=READS_ALL, now=here.clock())
    typed = {**found.content, "name": found.name, "on": str(found.version)}
    typed |= as_typed("born", found.born_on) | as_typed("review", found.review_due)
    return _asked(typed, [], profile)


@page.post("/philomena/<profile>/change")
@roles(OWNS)
def write(profile: str) -> ResponseReturnValue:
    """Keep a new version; what another person has written meanwhile is never overwritten."""
    typed = flask.request.form
    try:
        written = _written(typed)
        with writing(services().engine) as connection:
            philomena.write(connection, profile, written, on=_version(typed), by=actor(), now=services().clock())
    except FormNotFound:
        raise
    except Refusal as refusal:
        return _asked(typed, _said(refusal), profile), kind_of(refusal).status
    flask.flash("The new version is kept; the earlier ones stay.", "done")
    return flask.redirect(flask.url_for("philomena.shown", profile=profile), 303)


@page.get("/philomena/<profile>/missing")
@roles(OWNS)
def ask_now(profile: str) -> ResponseReturnValue:
    """Ask for part 2: the child is missing. What was said the last time is not filled in, since it is another time."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = philomena.own(connection, profile, who)
    here.cases.note_reading(found.id, by=who, purpose=OWN, classes=MAY_WRITE, now=here.clock())
    return _asked_now(profile, {"on": str(found.version)}, [])


@page.post("/philomena/<profile>/missing")
@roles(OWNS)
def write_now(profile: str) -> ResponseReturnValue:
    """Keep part 2."""
    typed = flask.request.form
    try:
        with writing(services().engine) as connection:
            philomena.write_now(connection, profile, typed, on=_version(typed), by=actor(), now=services().clock())
    except FormNotFound:
        raise
    except Refusal as refusal:
        return _asked_now(profile, typed, _said(refusal)), kind_of(refusal).status
    flask.flash("It is kept. The police see it with the form as soon as the child is reported missing.", "done")
    return flask.redirect(flask.url_for("philomena.shown", profile=profile), 303)


@page.post("/philomena/<profile>/hand-over")
@roles(OWNS)
def hand_over(profile: str) -> ResponseReturnValue:
    """Give a form to the placement to which the child goes."""
    try:
        with writing(services().engine) as connection:
            to = flask.request.form.get("to", "")
            philomena.hand_over(connection, profile, to, by=actor(), now=services().clock())
    except Invalid as refusal:
        return _page(profile, _said(refusal)), 422
    flask.flash("The form went to the other placement. It is theirs alone now.", "done")
    return flask.redirect(flask.url_for("philomena.listed"), 303)


@page.post("/philomena/<profile>/event")
@roles(OWNS)
def report_event(profile: str) -> ResponseReturnValue:
    """Open the case of a serious event, in which the home says what it has told the inspectorate."""
    key = flask.request.form.get("key", "")[:40]
    with writing(services().engine) as connection:
        serious_events.report(connection, profile, by=actor(), key=key, now=services().clock())
    flask.flash(
        "The event will stand among your tasks in a minute. Do not wait for it: tell the inspectorate now.", "done"
    )
    return flask.redirect(flask.url_for("philomena.shown", profile=profile), 303)


@page.post("/philomena/<profile>/concerns")
@roles(OWNS)
def add_concern(profile: str) -> ResponseReturnValue:
    """Add a person or a place of concern to a form."""
    typed = {**flask.request.form.to_dict(), "data_class": DATA_CLASS}
    try:
        since = day_or_refusal(typed, "since", "The day")
        with writing(services().engine) as connection:
            found = philomena.own(connection, profile, actor())
            concerns.add(connection, found.id, typed, since, may=MAY_WRITE, by=actor(), now=services().clock())
    except Invalid as refusal:
        return _page(profile, _said(refusal)), 422
    flask.flash("It is noted.", "done")
    return flask.redirect(flask.url_for("philomena.shown", profile=profile), 303)


@page.post("/philomena/<profile>/concerns/<int:number>/end")
@roles(OWNS)
def end_concern(profile: str, number: int) -> ResponseReturnValue:
    """End a person or a place of concern with a reason; it stays in the list."""
    try:
        with writing(services().engine) as connection:
            among = concerns.of_form(connection, philomena.own(connection, profile, actor()).id)
            reason = flask.request.form.get("reason", "")
            concerns.end(connection, number, among, reason, may=MAY_WRITE, by=actor(), now=services().clock())
    except Invalid as refusal:
        return _page(profile, _said(refusal)), 422
    flask.flash("It is ended, and stays in the list.", "done")
    return flask.redirect(flask.url_for("philomena.shown", profile=profile), 303)


@page.get("/cases/<case_id>/carers-form")
@signed_in
def in_case(case_id: str) -> ResponseReturnValue:
    """Show the carer's form in an episode; who looked is written down first."""
    return _in_case(case_id, [])


@page.post("/cases/<case_id>/carers-form")
@signed_in
def say_whose(case_id: str) -> ResponseReturnValue:
    """Say which form it is, by the reference that the carer gives."""
    who, now = actor(), services().clock()
    classes = case_access.readable(services().engine, who, case_id, now=now, with_reason=False)
    typed = flask.request.form.get("reference", "")
    try:
        with writing(services().engine) as connection:
            child_id = children.child_of(connection, case_id)
            if child_id is None or not carer_words.may_say_whose(connection, who, case_id, classes):
                raise FormNotFound("There is no such case.")
            philomena.say_whose(connection, typed, child_id, by=who, now=now)
    except Invalid as refusal:
        return _in_case(case_id, _said(refusal)), 422
    flask.flash("The form is this child's from now on.", "done")
    return flask.redirect(flask.url_for("philomena.in_case", case_id=case_id), 303)


def _version(typed: Mapping[str, str]) -> int:
    """Give the version on which a page was written; 0, which there is not, for what is no number of one."""
    base = typed.get("on", "")
    return int(base) if base.isdecimal() and len(base) < 9 else 0  # noqa: PLR2004 - as large as a number of the database is


def _asked_now(profile: str, typed: Mapping[str, str], problems: Sequence[Mapping[str, str]]) -> str:
    wrong = {each.get("href", "").removeprefix("#"): each["text"] for each in problems}
    return flask.render_template(
        "philomena_now.html", profile=profile, fields=NOW_FIELDS, typed=typed, problems=problems, wrong=wrong
    )


def _in_case(case_id: str, problems: Sequence[Mapping[str, str]]) -> str:
    here, who = services(), actor()
    now = here.clock()
    classes = case_access.readable(here.engine, who, case_id, now=now)
    found = carer_words.forms_in(who, case_id, classes)
    with reading(here.engine) as connection:
        child_id = children.child_of(connection, case_id)
        may = child_id is not None and carer_words.may_say_whose(connection, who, case_id, classes)
        noted = [concerns.of_form(connection, each.id) for each in found]
    if not (found or may):
        raise FormNotFound("There is no such page.")
    here.cases.note_reading(case_id, by=who, purpose=PURPOSE, classes=READS_ALL & classes, now=now)
    told = [
        (carer_words.section(each, classes, now), carer_words.entries(some, classes, (), now))
        for each, some in zip(found, noted, strict=True)
    ]
    typed = flask.request.form if problems else {}
    return flask.render_template(
        "carers_form.html", case_id=case_id, forms=told, may=may, problems=problems, typed=typed
    )


def _page(profile: str, problems: Sequence[Mapping[str, str]] = ()) -> str:
    here, who, now = services(), actor(), services().clock()
    with reading(here.engine) as connection:
        found = philomena.own(connection, profile, who)
        versions = philomena.versions(connection, profile)
        noted, amended = concerns.of_form(connection, profile), amendments.among(connection, [profile])
        names = names_of(connection, {*(each.written_by for each in versions), *(each.by for each in amended)})
        others = {key: name for key, name in philomena.placements(connection).items() if key != found.owner}
    here.cases.note_reading(found.id, by=who, purpose=OWN, classes=READS_ALL, now=now)
    return flask.render_template(
        "philomena.html",
        form=found,
        key=new_key(),
        rows=carer_words.rows(found, READS_ALL, now),
        versions=[(each, names.get(each.written_by, each.written_by)) for each in versions],
        entries=carer_words.entries(noted, MAY_WRITE, MAY_WRITE, now),
        amendments=amendment_words.rows(amended, MAY_WRITE, names),
        others=others,
        kinds=concerns.KINDS,
        risks=concerns.RISKS,
        sources={},
        **_problems(problems),
    )


def _asked(typed: Mapping[str, str], problems: Sequence[Mapping[str, str]], profile: str = "") -> str:
    with reading(services().engine) as connection:
        names = philomena.placements(connection)
    own = {key: names[key] for key in sorted(philomena.owners(actor())) if key in names}
    told = _problems(problems) | {"typed": typed}
    return flask.render_template(
        "philomena_write.html", fields=FIELDS, profile=profile, owners=own, longest=LONGEST, **told
    )


def _problems(problems: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    return {
        "problems": problems,
        "wrong": {
            each["href"].removeprefix("#").removesuffix("-day"): each["text"] for each in problems if "href" in each
        },
        "typed": flask.request.form if problems else {},
    }


def _said(refusal: Refusal) -> list[dict[str, str]]:
    if isinstance(refusal, Invalid):
        days = {"born", "review", "since"}
        return [
            {"text": each.sentence, "href": f"#{each.where}{'-day' if each.where in days else ''}"}
            for each in refusal.problems
        ]
    return [{"text": sentence_of(refusal)}]


def _written(typed: Mapping[str, str]) -> Written:
    """Read a form that was sent; refused with `Invalid` where a day is none."""
    problems: list[Problem] = []
    born = typed_day(typed, "born", problems, "The date of birth")
    review = typed_day(typed, "review", problems, "The day of the review")
    if problems:
        raise Invalid(problems)
    return Written(typed.get("name", "").strip(), born, review, {name: typed.get(name, "") for name in FIELDS})
