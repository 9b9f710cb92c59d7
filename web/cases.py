"""Opening a case, and the page of a case: how it stands, who has what to do, what is known and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import flask
from flask.typing import ResponseReturnValue

from engine import erasing
from engine.errors import AnswersInvalid, Conflict, NotFound, Problem, Unavailable
from engine.forms import Raw
from engine.messages import Wanted
from engine.model import Actor
from engine.release import Compiled
from engine.store import ERASED, reading
from engine.views import CaseView, OpeningView
from web import (
    carer_words,
    case_access,
    case_list,
    case_reading,
    case_words,
    disclosure_words,
    episode_words,
    erased_words,
    late_entry,
    outline,
    partner_words,
    references,
)
from web.access import RoleMissing, actor, signed_in
from web.answering import Posted, conflict_page, go_on, new_key, without_source
from web.briefing_words import BRIEFS
from web.govuk import error_summary, render_form
from web.moments import read_moment
from web.numbers import read_number
from web.procedures import MISSING_CHILD
from web.services import services
from workflows import about, bundles, children, corrections, episodes, notice_kinds
from workflows.about import Sequel
from workflows.children import ChildCase
from workflows.episodes import Episode
from workflows.promises import clocks_of
from workflows.seals import SEALS
from workflows.vocabulary import EPISODE_STATUS

page = flask.Blueprint("cases", __name__)

PURPOSE, WITH_A_REASON = "casework", "casework, opened with a reason"
PAGE_SIZE = 50
REOPENS, CANCELS = "mfh_coordinator", "locate_sergeant"
"""The role that opens a closed case again, as its diagram has it."""

Beside = TypeVar("Beside", ChildCase, Sequel)
COPIED = ("last_place", "why_worried", "responsible_authority")
"""What was said of one child and is most often true of another who is missing with this one, for the caller to look through."""


@page.get("/cases")
@signed_in
def cases() -> ResponseReturnValue:
    """List the open cases that this person may know of, the latest first; or go to the one that was asked for."""
    reference = flask.request.args.get("reference", "").strip().upper()
    if reference:
        return flask.redirect(flask.url_for("cases.case", case_id=reference))
    here, after = services(), flask.request.args.get("after", "")
    lines, following = case_list.open_cases(here.engine, actor(), after=after, limit=PAGE_SIZE, now=here.clock())
    return flask.render_template("cases.html", lines=lines, next=following, first=not after)


@page.get("/cases/open")
@page.get("/cases/open/<procedure>")
@signed_in
def opening(procedure: str = MISSING_CHILD) -> ResponseReturnValue:
    """Ask what opens a case of a procedure; answers that stand in the address are filled in."""
    view = _opening(procedure)
    told = {field.key: flask.request.args[field.key] for field in view.form.fields if field.key in flask.request.args}
    if told.get("missing_with"):
        told = _said_of(told["missing_with"]) | told
    if told.get("child") and procedure == MISSING_CHILD:
        told = _known_of(told["child"]) | told
    return _opening_page(view, told, key=new_key())


@page.post("/cases/open")
@page.post("/cases/open/<procedure>")
@signed_in
def open_case(procedure: str = MISSING_CHILD) -> ResponseReturnValue:
    """Open a case and go on to its first task."""
    view, posted, here = _opening(procedure), Posted.read(), services()
    now = here.clock()
    if (turned := posted.turned(view.form)) is not None:
        return _opening_page(view, turned, key=posted.key)
    try:
        done = references.in_time(
            lambda: late_entry.load(lambda: references.load(view.form, posted.raw, scope={}, now=now), posted.raw, now),
            lambda loaded: here.cases.open(
                view.procedure, loaded[0], by=actor(), now=now, key=posted.key, on_paper=loaded[1]
            ),
        )
    except AnswersInvalid as refusal:
        return _opening_page(view, posted.raw, key=posted.key, problems=refusal.problems), 422
    except (Conflict, Unavailable) as refusal:
        return conflict_page(refusal, posted.raw, form=view.form, case_id="")
    if not done.tasks:
        flask.flash(f"There is nothing to do in case {done.case_id}. Its page says why.", "done")
        return flask.redirect(flask.url_for("cases.case", case_id=done.case_id))
    flask.flash(f"Case {done.case_id} is open.", "done")
    return go_on(done)


@page.get("/cases/<case_id>")
@signed_in
def case(case_id: str) -> ResponseReturnValue:
    """Show a case as far as this person's roles may read it; who looked is written down first."""
    here, who = services(), actor()
    classes = case_access.readable(here.engine, who, case_id, now=here.clock())
    now = here.clock()
    glass = case_access.opened_until(here.engine, who, case_id, now=now)
    found = case_reading.read(case_id, who, classes, purpose=WITH_A_REASON if glass else PURPOSE, now=now)
    view, release, episode, child_id = found.view, found.release, found.episode, found.child_id
    if view.status == ERASED:
        return _erased_page(case_id)
    waits = here.cases.waits(case_id, now=now)
    drawings = outline.drawings(view, release, waits)
    asks = bool(child_id or episode) and view.closed_at is None and "D2" in classes and not glass
    open_roles = {each.role for each in view.tasks if each.status == "open"}
    wanted = flask.request.args.get("part", "")
    return flask.render_template(
        "case.html",
        **found.told,
        attaches=not glass and bool(case_access.beside(here.engine, who, case_id, classes, now=now).adds),
        held_up_since=min((each.first_seen_at for each in here.cases.incidents.of_case(case_id)), default=None),
        child_id=child_id,
        **_others(view, child_id, episode, who, now),
        **_undoing(view, episode, who, now),
        carers_form=bool(child_id) and episode is not None and carer_words.forms_offered(who, case_id, classes),
        opened_until=glass,
        asking=partner_words.read(case_id, open_roles, now) if asks else None,
        promised="D2" in classes and (episode is not None or bool(clocks_of(release))),
        correctable=frozenset() if glass else corrections.offered(release, view.facts, who.roles, classes),
        tells=not glass and bool(notice_kinds.SENDERS & who.roles) and "D2" in classes,
        gives=bool(bundles.MAKES & who.roles),
        seals=bool(SEALS & who.roles),
        briefs=bool(BRIEFS & who.roles) and episode is not None and episode.status in episodes.MISSING,
        disclosed=disclosure_words.lines(found.given, found.names),
        awaited=() if glass else _awaited(case_id, release, who, now),
        drawings=drawings,
        shown=next((drawing for drawing in drawings if drawing.id == wanted), drawings[0]),
        outline=outline.outline(view, release, waits, now),
        seen=max((event.seq for event in view.timeline if event.kind in case_words.NEWS), default=0),
        shown_at=now.isoformat(),
    )


@page.get("/cases/<case_id>/news")
@signed_in
def news(case_id: str) -> ResponseReturnValue:
    """Say that a case has changed since its page was shown, whose last event of `NEWS` was `seen`; no content where it has not.

    Nothing of the case is read: that there is something new is all that is said. Asking is no use of the session.
    """
    here = services()
    case_access.readable(here.engine, actor(), case_id, now=here.clock())
    if here.cases.views.last_event(case_id, case_words.NEWS) == read_number(flask.request.args.get("seen", "")):
        return "", 204
    since = read_moment(flask.request.args.get("since", "")) or here.clock()
    return flask.render_template("case_news.html", case_id=case_id, since=since)


@page.get("/cases/<case_id>/diagram/<process>")
@signed_in
def diagram(case_id: str, process: str) -> ResponseReturnValue:
    """Give a diagram of the release on which a case runs to those who may see the case; nothing in it is about the case."""
    here = services()
    case_access.readable(here.engine, actor(), case_id, now=here.clock())
    return flask.Response(here.cases.diagram(case_id, process), mimetype="application/xml")


def _awaited(case_id: str, release: Compiled, who: Actor, now: datetime) -> tuple[Wanted, ...]:
    """Give what the case waits to hear and this person may tell it, as the drawing says."""
    if not any(node.givers and node.form for node in release.nodes.values()):
        return ()
    within = case_access.within(services().engine, who, case_id, now=now)
    return services().cases.messages.wanted(case_id, by=within, now=now)


def _said_of(case_id: str) -> dict[str, str]:
    """Give what was said when another case was opened, as far as this person's roles may read it; nothing where there is none."""
    here, who, now = services(), actor(), services().clock()
    try:
        classes = case_access.readable(here.engine, who, case_id, now=now, with_reason=False)
        view = here.cases.case(case_id, classes=classes, by=who, purpose=PURPOSE, now=now)
    except NotFound:
        return {}
    said = view.facts.get("case_opening", {}).get("", {})
    return {key: str(said[key]) for key in COPIED if said.get(key)}


def _known_of(child_id: str) -> dict[str, str]:
    """Give how a child whom we know is called and whose it is, as far as this person's roles may read it."""
    here, who, now = services(), actor(), services().clock()
    try:
        main_id, parts = case_access.of_child(here.engine, who, child_id.strip().upper(), now=now, with_reason=False)
    except NotFound:
        return {}
    classes: frozenset[str] = frozenset().union(*parts.values())
    here.cases.note_reading(main_id, by=who, purpose=PURPOSE, classes=classes & {"D1", "D2"}, now=now)
    with reading(here.engine) as connection:
        child = children.find(connection, main_id)
    if child is None:
        return {}
    said = {"child_name": child.name} if "D1" in classes else {}
    return said | ({"responsible_authority": child.responsible_authority} if "D2" in classes else {})


def _others(
    view: CaseView, child_id: str | None, episode: Episode | None, who: Actor, now: datetime
) -> dict[str, object]:
    """Give the cases that stand beside one: of the same child under another id, and of those who are missing with the child."""
    with reading(services().engine) as connection:
        beside = children.beside(connection, view.case_id, child_id, view.procedure) if child_id else ()
        first, together = episodes.together(connection, view.case_id) if episode else ("", ())
    parts = case_access.readable_each(services().engine, who, [each.case_id for each in together], now=now)
    status = {
        each.case_id: EPISODE_STATUS[each.status] if "D2" in parts.get(each.case_id, ()) else "" for each in together
    }
    missing = episode is not None and view.closed_at is None and episode.status in episodes.MISSING
    return {
        "beside": _of_which_to_know(beside, who, now),
        "together": {case_id: said for case_id, said in status.items() if case_id in parts},
        "add_to": (first if first in parts else view.case_id)
        if missing and services().cases.opening(MISSING_CHILD).role in who.roles
        else "",
    }


def _undoing(view: CaseView, episode: Episode | None, who: Actor, now: datetime) -> dict[str, object]:
    """Say of an episode by which cases it was opened again, and whether this person may do so, or cancel it while it is open."""
    said: dict[str, object] = {"reopened": (), "may_reopen": False, "opened_again": None, "may_cancel": False}
    if episode is None:
        recalled = view.facts.get("recalled", {}).get("", {}) if view.procedure == about.REOPENING else {}
        return said | {"opened_again": recalled.get("episode")}
    if view.closed_at is None:
        return said | {"may_cancel": CANCELS in who.roles}
    with reading(services().engine) as connection:
        again = about.reopened(connection, view.case_id)
    return said | {"reopened": _of_which_to_know(again, who, now), "may_reopen": REOPENS in who.roles}


def _of_which_to_know(beside: Sequence[Beside], who: Actor, now: datetime) -> list[Beside]:
    """Leave of the cases beside this one those in which a person has a part."""
    parts = (
        case_access.readable_each(services().engine, who, [each.case_id for each in beside], now=now) if beside else {}
    )
    return [each for each in beside if each.case_id in parts]


def _erased_page(case_id: str) -> str:
    """Say that a case was erased, by whom, when and on which basis."""
    with reading(services().engine) as connection:
        stone = erasing.tombstone_of(connection, case_id)
        names = episode_words.names_of(connection, {stone.proposed_by, stone.approved_by} if stone else set())
    return flask.render_template(
        "erased.html", reference=case_id, rows=erased_words.lines(stone, names) if stone else []
    )


def _opening(procedure: str) -> OpeningView:
    view = services().cases.opening(procedure)
    if view.role not in actor().roles:
        raise RoleMissing("Your roles do not include opening a case.")
    return view


def _opening_page(view: OpeningView, raw: Raw, *, key: str, problems: Sequence[Problem] = ()) -> str:
    return flask.render_template(
        "task.html",
        heading=view.form.title,
        documentation=without_source(view.documentation),
        summary=error_summary(problems, view.form, {late_entry.PLACE}),
        **late_entry.shown(raw, problems),
        questions=render_form(view.form, raw, problems, scope={}, now=services().clock()),
        key=key,
        stamp="",
        problems=problems,
        button="Open the case",
    )
