"""The comments of a case: read by whoever reads their class there, and written in two steps, the second of which says who will read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, Problem
from engine.store import reading, writing
from web import amendment_words, beside_case, case_access, comment_words, govuk
from web.access import actor, signed_in
from web.answering import new_key
from web.case_access import Beside
from web.episode_words import names_of
from web.services import services
from workflows import amendments, comments, people, readership
from workflows.agencies import title_of
from workflows.comments import LONGEST, PURPOSE, Written
from workflows.kept_things import COMMENT
from workflows.people import Person
from workflows.readership import Readership
from workflows.vocabulary import DATA_CLASS

page = flask.Blueprint("comments", __name__)


@page.get("/cases/<case_id>/comments")
@signed_in
def listed(case_id: str) -> ResponseReturnValue:
    """Show the comments that this person may read, and ask for another; who looked is written down first."""
    return _page(case_id, {})


@page.post("/cases/<case_id>/comments/check")
@signed_in
def check(case_id: str) -> ResponseReturnValue:
    """Say who will read what was written, and offer whom to mention; nothing is kept yet."""
    may, written = _may(case_id), _written(case_id)
    if problems := comments.wrong(written, may):
        return _page(case_id, flask.request.form, problems), 422
    return _check_page(case_id, written)


@page.post("/cases/<case_id>/comments")
@signed_in
def add(case_id: str) -> ResponseReturnValue:
    """Keep a comment and mail those whom it mentions, or go back to change it, or say all that is wrong."""
    here, who, now = services(), actor(), services().clock()
    may = _may(case_id)
    if "change" in flask.request.form:
        return _page(case_id, flask.request.form)
    written = _written(case_id)
    if problems := comments.wrong(written, may):
        return _page(case_id, flask.request.form, problems), 422
    able = _able(case_id, written)
    try:
        with writing(here.engine) as connection:
            comments.add(
                connection, case_id, written, may=may, able=able, by=who, base_url=here.settings.base_url, now=now
            )
    except Invalid as refusal:
        still = tuple(each.sign_in for each in able)
        return _check_page(case_id, replace(written, mentions=still), refusal.problems), 422
    flask.flash("The comment is kept.", "done")
    return flask.redirect(flask.url_for("comments.listed", case_id=case_id), 303)


def _may(case_id: str) -> frozenset[str]:
    """Name the data classes in which this person writes in a case and somebody else reads; `CaseNotFound` without a part in it."""
    may, _readers = _read_by_others(case_id, beside_case.addable(case_id))
    return may


def _read_by_others(case_id: str, may: Collection[str]) -> tuple[frozenset[str], Readership | None]:
    """Name those of these data classes that somebody else reads in a case, and say who reads what there."""
    if not may:
        return frozenset(), None
    with reading(services().engine) as connection:
        readers = readership.of(connection, case_id, services().clock())
        return readership.with_another(connection, readers, may, actor()), readers


def _written(case_id: str) -> Written:
    form, task = flask.request.form, beside_case.task_of(case_id)
    text, data_class = comments.visible(form.get("text", "")), form.get("data_class", "")
    mentions = tuple(dict.fromkeys(form.getlist("mentions")))
    return Written(
        text, data_class, task=task.number if task else None, mentions=mentions, key=form.get("key", "")[:40]
    )


def _able(case_id: str, written: Written) -> list[Person]:
    """Give those of the mentioned who may read it now, each by all that decides it for them."""
    here, now = services(), services().clock()
    with reading(here.engine) as connection:
        asked = people.active(connection, written.mentions[: comments.MENTIONED_AT_MOST + 1])
    return [
        each
        for each in asked
        if written.data_class
        in case_access.readable_each(here.engine, each.actor, [case_id], now=now, with_reason=False).get(case_id, ())
    ]


def _page(case_id: str, typed: Mapping[str, str], problems: Sequence[Problem] = ()) -> str:
    here, who, now = services(), actor(), services().clock()
    classes = case_access.readable(here.engine, who, case_id, now=now)
    glass = case_access.opened_until(here.engine, who, case_id, now=now)
    beside = Beside() if glass else case_access.beside(here.engine, who, case_id, classes, now=now)
    may, readers = _read_by_others(case_id, beside.adds)
    task = beside_case.task_of(case_id)
    with reading(here.engine) as connection:
        lines, _others = comment_words.lines(connection, comments.of_case(connection, case_id), classes, who.person)
        before = [each for each in amendments.among(connection, [case_id]) if each.kind == COMMENT]
        names = names_of(connection, {each.by for each in before})
    here.cases.note_reading(case_id, by=who, purpose=PURPOSE, classes=classes & DATA_CLASS.keys(), now=now)
    proposed = {"data_class": beside_case.class_of(case_id, task) if task else ""}
    return flask.render_template(
        "comments.html",
        case_id=case_id,
        lines=lines,
        may_amend=beside.own,
        history=amendment_words.rows(before, classes, names),
        classes=beside_case.choices(readers, may),
        longest=LONGEST,
        task=task,
        typed=proposed | dict(typed) | {"text": comments.visible(typed.get("text", ""))},
        key=typed.get("key") or new_key(),
        **govuk.told(problems),
    )


def _check_page(case_id: str, written: Written, problems: Sequence[Problem] = ()) -> str:
    here, who, now = services(), actor(), services().clock()
    with reading(here.engine) as connection:
        readers = readership.of(connection, case_id, now)
        offered = readership.offered(connection, case_id, written.data_class, who, now)
    return flask.render_template(
        "comment_check.html",
        case_id=case_id,
        written=written,
        about=DATA_CLASS[written.data_class],
        is_sealed=readers.group is not None,
        titles=readers.titles(written.data_class),
        offered=[{"value": each.sign_in, "text": each.name, "hint": {"text": _roles(each)}} for each in offered],
        key=written.key or new_key(),
        **govuk.told(problems),
    )


def _roles(person: Person) -> str:
    return ", ".join(title_of(role) for role in sorted(person.roles))
