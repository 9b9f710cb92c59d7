"""The page on which something that is kept of a child beside the cases is put right, or withdrawn: each question, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, Invalid, Problem
from engine.frozen import frozen
from engine.store import reading, writing
from web import amendment_words, carer_words, case_access
from web.access import actor, roles, signed_in
from web.answering import new_key
from web.episode_words import names_of
from web.errors import sentence_of
from web.services import services
from workflows import amendments, copies, kept_things, philomena
from workflows.amendments import Decision, KeptNotFound
from workflows.kept_things import ATTACHMENT, COMMENT, CONCERN, KINDS, Kept
from workflows.philomena import OWNS

page = flask.Blueprint("amendments", __name__)

PURPOSE = "casework, put right"
PAGES = {ATTACHMENT: "attachments.listed", COMMENT: "comments.listed"}
"""The pages of what is kept beside a case, by its kind."""
OF_CARER = frozenset({carer_words.DATA_CLASS})


@frozen
class Sheet:
    """One thing as this person may put it right: in the data classes `may`, of those that are `readable`; `subject` is noted as read."""

    kept: Kept
    may: frozenset[str]
    readable: frozenset[str]
    subject: str


@frozen
class Place:
    """Where a thing is looked for, and the page that tells of it."""

    find: Callable[[sa.Connection], Sheet]
    back: str


@page.get("/children/<child_id>/amend/<kind>/<key>")
@signed_in
def ask(child_id: str, kind: str, key: str) -> ResponseReturnValue:
    """Show a thing as it stands, to be put right or withdrawn; who looked is written down first."""
    return _page(_of_child(child_id, kind, key))


@page.post("/children/<child_id>/amend/<kind>/<key>")
@signed_in
def put_right(child_id: str, kind: str, key: str) -> ResponseReturnValue:
    """Put it right, or say all that is wrong, or that somebody was quicker."""
    return _put_right(_of_child(child_id, kind, key))


@page.post("/children/<child_id>/amend/<kind>/<key>/withdraw")
@signed_in
def withdraw(child_id: str, kind: str, key: str) -> ResponseReturnValue:
    """Take it out; what it said is kept with the reason."""
    return _withdraw(_of_child(child_id, kind, key))


@page.get("/philomena/<profile>/amend/<key>")
@roles(OWNS)
def ask_of_form(profile: str, key: str) -> ResponseReturnValue:
    """Show a person or place that a carer has noted; who looked is written down first."""
    return _page(_of_form(profile, key))


@page.post("/philomena/<profile>/amend/<key>")
@roles(OWNS)
def put_right_of_form(profile: str, key: str) -> ResponseReturnValue:
    """Put it right, or say all that is wrong, or that somebody was quicker."""
    return _put_right(_of_form(profile, key))


@page.post("/philomena/<profile>/amend/<key>/withdraw")
@roles(OWNS)
def withdraw_of_form(profile: str, key: str) -> ResponseReturnValue:
    """Take it out; what it said is kept with the reason."""
    return _withdraw(_of_form(profile, key))


@page.get("/cases/<case_id>/amend/<kind>/<key>")
@signed_in
def ask_of_case(case_id: str, kind: str, key: str) -> ResponseReturnValue:
    """Show something that is kept beside a case, to be put right or withdrawn; who looked is written down first."""
    return _page(_of_case(case_id, kind, key))


@page.post("/cases/<case_id>/amend/<kind>/<key>")
@signed_in
def put_right_of_case(case_id: str, kind: str, key: str) -> ResponseReturnValue:
    """Put it right, or say all that is wrong, or that somebody was quicker."""
    return _put_right(_of_case(case_id, kind, key))


@page.post("/cases/<case_id>/amend/<kind>/<key>/withdraw")
@signed_in
def withdraw_of_case(case_id: str, kind: str, key: str) -> ResponseReturnValue:
    """Take it out; what it said is kept with the reason."""
    return _withdraw(_of_case(case_id, kind, key))


def _of_child(child_id: str, kind: str, key: str) -> Place:
    """Find a thing of a child's record for this person; who may not put it right does not learn that it exists."""
    here, who = services(), actor()
    main_id, parts = case_access.of_child(here.engine, who, child_id, now=here.clock(), with_reason=False)
    readable: frozenset[str] = frozenset().union(*parts.values()) - OF_CARER

    def found(connection: sa.Connection) -> Sheet:
        kept = amendments.find(connection, kept_things.refs_of(connection, main_id), kind, key)
        may = amendments.writable(kept, who.roles, readable)
        return _sheet(kept, may, readable, main_id)

    return Place(found, flask.url_for("children.child", child_id=main_id))


def _of_case(case_id: str, kind: str, key: str) -> Place:
    """Find something that is kept beside a case for this person; who may not put it right does not learn that it exists."""
    here, who = services(), actor()
    readable = case_access.readable(here.engine, who, case_id, now=here.clock(), with_reason=False)
    beside = case_access.beside(here.engine, who, case_id, readable, now=here.clock())

    def found(connection: sa.Connection) -> Sheet:
        kept = amendments.find(connection, [case_id], kind, key)
        others = frozenset() if KINDS[kept.kind].of_author else beside.others
        may = beside.own if kept.author == who.person else others
        return _sheet(kept, may if kept.data_class in may else frozenset(), readable, case_id)

    return Place(found, flask.url_for(PAGES.get(kind, "cases.case"), case_id=case_id))


def _of_form(profile: str, key: str) -> Place:
    """Find what a carer has noted in a form of their own placement."""

    def found(connection: sa.Connection) -> Sheet:
        own = philomena.own(connection, profile, actor()).id
        kept = amendments.find(connection, [own], CONCERN, key)
        return _sheet(kept, OF_CARER, OF_CARER, own)

    return Place(found, flask.url_for("philomena.shown", profile=profile))


def _sheet(kept: Kept, may: frozenset[str], readable: frozenset[str], subject: str) -> Sheet:
    if not may:
        raise KeptNotFound("There is no such entry any more.")
    return Sheet(kept, may, readable, subject)


def _put_right(place: Place) -> ResponseReturnValue:
    typed = flask.request.form
    return _decided(
        place,
        lambda connection, sheet, decision: amendments.put_right(
            connection, sheet.kept, typed, decision, may=sheet.may
        ),
    )


def _withdraw(place: Place) -> ResponseReturnValue:
    return _decided(place, lambda connection, sheet, decision: amendments.withdraw(connection, sheet.kept, decision))


def _decided(place: Place, act: Callable[[sa.Connection, Sheet, Decision], None]) -> ResponseReturnValue:
    """Carry out what was decided, in one transaction with all that it tells; what was typed stays where it is refused."""
    here, typed, now = services(), flask.request.form, services().clock()
    stated = Decision(
        actor(), now, typed.get("why", ""), typed.get("key", "")[:40], typed.get("stamp", ""), here.settings.base_url
    )
    try:
        with writing(here.engine) as connection:
            count = 0
            if not amendments.is_done(connection, stated):
                sheet = place.find(connection)
                act(connection, sheet, stated)
                count = copies.made_at(connection, sheet.kept.about, now)
    except Invalid as refusal:
        return _page(place, refusal.problems), 422
    except Conflict as refusal:
        return _page(place, [Problem("", "stale", sentence_of(refusal))]), 409
    flask.flash("It is done. The agencies with a part are told.", "done")
    if count:
        flask.flash(
            "Somebody holds a copy that is no longer right. Those who gave it away have to tell them: it is among their tasks.",
            "important",
        )
    return flask.redirect(place.back, 303)


def _page(place: Place, problems: Sequence[Problem] = ()) -> str:
    here, typed = services(), flask.request.form
    with reading(here.engine) as connection:
        sheet = place.find(connection)
        before = [
            each
            for each in amendments.among(connection, [sheet.kept.about])
            if each.thing == sheet.kept.key and each.kind == sheet.kept.kind
        ]
        names = names_of(connection, {each.by for each in before})
    kept = sheet.kept
    here.cases.note_reading(sheet.subject, by=actor(), purpose=PURPOSE, classes=_shown(sheet), now=here.clock())
    return flask.render_template(
        "amend.html",
        back=place.back,
        subject=sheet.subject,
        kept=kept,
        words=KINDS[kept.kind].words,
        fields=_fields(sheet, typed if problems else None),
        history=amendment_words.rows(before, sheet.readable, names),
        key=new_key(),
        stamp=amendments.stamp_of(kept),
        why=typed.get("why", "") if problems else "",
        problems=[{"text": each.sentence, "href": f"#{each.where or 'why'}"} for each in problems],
        wrong={each.where: each.sentence for each in problems},
    )


def _shown(sheet: Sheet) -> frozenset[str]:
    """Name the data classes of what the page shows."""
    every = {sheet.kept.class_of(name) for name in sheet.kept.said}
    return frozenset(every & sheet.readable | {sheet.kept.data_class})


def _fields(sheet: Sheet, typed: Mapping[str, str] | None) -> list[dict[str, object]]:
    """Give each question that may be answered otherwise: its words, what stands there, and what was typed."""
    return [
        {
            "name": name,
            "question": question,
            "stands": question.say(said),
            "value": _as_typed(question, said) if typed is None else typed.get(name, ""),
        }
        for name, said in sheet.kept.said.items()
        if (question := KINDS[sheet.kept.kind].asked[name]).read and sheet.kept.class_of(name) in sheet.may
    ]


def _as_typed(question: kept_things.Question, said: str) -> str:
    """Give an answer as it would be typed: a choice by its key, a day as ``27/5/2012``, several choices in words."""
    if question.is_day and said:
        year, month, day = said.split("-")
        return f"{int(day)}/{int(month)}/{year}"
    return question.say(said) if question.is_long else said
