"""Two records of one child: found, looked at side by side, joined by two people, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import Invalid, NotFound, Refusal
from engine.store import reading, writing
from web import case_access, merge_words
from web.access import actor, roles
from web.episode_words import names_of
from web.errors import kind_of, sentence_of
from web.services import services
from workflows import access, children, merge_mails, merging, seals, searching
from workflows.access import SEES_EVERY_EPISODE, Standing
from workflows.children import Child
from workflows.joining import AGREED
from workflows.merging import MERGES, Merge
from workflows.searching import Asked

page = flask.Blueprint("merges", __name__)

PURPOSE = "casework, joining records"
LONGEST = 200
SHOWN = 10

Classes = frozenset[str]


class RecordNotFound(NotFound):
    """There is no such child, or none of whom this person may know."""


@page.get("/children/<child_id>/same")
@roles(*MERGES)
def ask(child_id: str) -> ResponseReturnValue:
    """Ask which other record is the same child; those who are like this one stand there already."""
    return _candidates(child_id, Asked())


@page.post("/children/<child_id>/same")
@roles(*MERGES)
def search(child_id: str) -> ResponseReturnValue:
    """Look for the other record by name or reference; the words are sent and stand in no address."""
    typed = flask.request.form.get("words", "").strip()[:LONGEST]
    return _candidates(child_id, Asked(name=typed, reference=typed), typed)


@page.get("/children/<child_id>/same/<other_id>")
@roles(*MERGES)
def compare(child_id: str, other_id: str) -> ResponseReturnValue:
    """Show two records side by side; who looked is written down first."""
    return _compared(child_id, other_id)


@page.post("/children/<child_id>/same/<other_id>")
@roles(*MERGES)
def propose(child_id: str, other_id: str) -> ResponseReturnValue:
    """Propose that the two are one child."""
    _classes((child_id, other_id))
    stays, reason = flask.request.form.get("stays", ""), flask.request.form.get("reason", "")
    try:
        with writing(services().engine) as connection:
            number = merging.propose(
                connection, child_id, other_id, stays, by=actor(), reason=reason, now=services().clock()
            )
            _tell(connection, number)
    except Refusal as refusal:
        return _compared(child_id, other_id, _problems(refusal)), kind_of(refusal).status
    flask.flash("It is proposed. Somebody else decides on it and finds it among their tasks.", "done")
    return flask.redirect(flask.url_for("merges.merge", number=number), 303)


@page.get("/merges/<int:number>")
@roles(*MERGES)
def merge(number: int) -> ResponseReturnValue:
    """Show a proposal with both records, and what may be done with it; who looked is written down first."""
    return _proposal(number)


@page.post("/merges/<int:number>/decide")
@roles(*MERGES)
def decide(number: int) -> ResponseReturnValue:
    """Agree to it, or refuse it with a reason; whoever proposed it takes it back."""
    typed = flask.request.form
    agrees = typed.get("decision") == "agree"

    def act(connection: sa.Connection) -> None:
        now = services().clock()
        if agrees:
            merging.agree(connection, number, by=actor(), now=now)
        else:
            merging.refuse(connection, number, by=actor(), reason=typed.get("reason", ""), now=now)

    said = "The two records are one child now." if agrees else "They stay two records."
    return _done(number, act, said)


@page.post("/merges/<int:number>/undo")
@roles(*MERGES)
def undo(number: int) -> ResponseReturnValue:
    """Take the decision back."""

    def act(connection: sa.Connection) -> None:
        reason = flask.request.form.get("reason", "")
        merging.undo(connection, number, by=actor(), reason=reason, now=services().clock())

    return _done(number, act, "They are two records again, as they were.")


def _done(number: int, act: Callable[[sa.Connection], None], said: str) -> ResponseReturnValue:
    """Carry something out in one transaction; a refusal is said on the page, and what was typed stays there."""
    with reading(services().engine) as connection:
        found = merging.find(connection, number)
    _classes((found.goes, found.stays))
    try:
        with writing(services().engine) as connection:
            act(connection)
            _tell(connection, number)
    except Refusal as refusal:
        return _proposal(number, _problems(refusal)), kind_of(refusal).status
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("merges.merge", number=number), 303)


def _tell(connection: sa.Connection, number: int) -> None:
    here = services()
    merge_mails.tell(connection, number, here.settings.base_url, by=actor().person, now=here.clock())


def _problems(refusal: Refusal) -> list[dict[str, str]]:
    if isinstance(refusal, Invalid):
        return [{"text": each.sentence, "href": f"#{each.where}"} for each in refusal.problems]
    return [{"text": sentence_of(refusal)}]


def _candidates(child_id: str, asked: Asked, typed: str = "") -> str:
    """List the records that may be the same child, of those of whom this person may know."""
    here = services()
    classes = _classes((child_id,))
    with reading(here.engine) as connection:
        this = children.find(connection, child_id)
        if this is None:
            raise RecordNotFound("There is no such child.")
        if not typed:
            asked = Asked(name=this.name, born_on=this.born_on)
        found = [each for each in searching.find(connection, asked) if each.child_id != this.child_id]
    may = _known(found)
    shown = [each for each in found if "D1" in may.get(each.child_id, ())][:SHOWN]
    ids = (this.child_id, *(each.child_id for each in shown))
    here.cases.note_reading(*ids, by=actor(), purpose=PURPOSE, classes=classes & {"D1"}, now=here.clock())
    return flask.render_template("same.html", this=this, found=shown, typed=typed)


def _compared(child_id: str, other_id: str, problems: Sequence[dict[str, str]] = ()) -> str:
    """Draw two records that are not joined side by side, with what proposes that they are one."""
    rows = _records((child_id, other_id), alone=False)
    return flask.render_template(
        "merge.html", child_id=child_id, ids=(child_id, other_id), rows=rows, **_told(problems), merge=None
    )


def _proposal(number: int, problems: Sequence[dict[str, str]] = ()) -> str:
    """Draw a proposal: side by side while it waits, and when and by whom it was decided and taken back."""
    here, who = services(), actor()
    with reading(here.engine) as connection:
        found = merging.find(connection, number)
        names = names_of(connection, {found.proposed_by, found.decided_by, found.undone_by} - {""})
    rows = _records((found.goes, found.stays), alone=found.stands)
    return flask.render_template(
        "merge.html",
        child_id=found.stays,
        ids=(found.goes, found.stays),
        rows=rows,
        merge=found,
        history=merge_words.history(found, names),
        own=found.proposed_by == who.person,
        since=_since(found),
        **_told(problems),
    )


def _since(found: Merge) -> list[tuple[str, str]]:
    """Name the cases that began while the two were one: whoever takes it back looks at each."""
    if found.decided_at is None or found.outcome != AGREED:
        return []
    with reading(services().engine) as connection:
        both = [children.cases_of(connection, each) for each in dict.fromkeys((found.stays, found.goes))]
        episodes = [children.episodes_of(connection, each) for each in (found.stays, found.goes)]
    until = found.undone_at or services().clock()
    begun = {
        each.case_id: each.child_id for cases in both for each in cases if found.decided_at <= each.opened_at < until
    }
    begun |= {
        each.case_id: each.child_id
        for some in episodes
        for each in some
        if not each.imported_at and found.decided_at <= each.reported_at < until
    }
    may = case_access.readable_each(services().engine, actor(), sorted(begun), now=services().clock())
    return [(case_id, child_id) for case_id, child_id in sorted(begun.items()) if case_id in may]


def _told(problems: Sequence[dict[str, str]]) -> dict[str, object]:
    return {
        "problems": problems,
        "wrong": {each["href"].removeprefix("#"): each["text"] for each in problems if "href" in each},
        "typed": flask.request.form if flask.request.method == "POST" else {},
    }


def _records(child_ids: Sequence[str], *, alone: bool) -> list[merge_words.Compared]:
    """Read records, each under its own id, as far as this person may read both; who looked is written down first."""
    here, now = services(), services().clock()
    classes = _classes(child_ids)
    here.cases.note_reading(*child_ids, by=actor(), purpose=PURPOSE, classes=classes, now=now)
    with reading(here.engine) as connection:
        records = [merge_words.read(connection, each, now, alone=alone) for each in child_ids]
    return merge_words.side_by_side(records, classes, now)


def _classes(child_ids: Sequence[str]) -> Classes:
    """Name what this person may read of each of these children; refused unless that is who the child is, of all."""
    with reading(services().engine) as connection:
        found = [children.find(connection, each) for each in child_ids]
    known = [each for each in found if each is not None]
    may = _known(known)
    classes = [may.get(each.child_id, frozenset()) for each in known]
    if len(known) < len(child_ids) or not all("D1" in each for each in classes):
        raise RecordNotFound("There is no such child.")
    return frozenset.intersection(*classes)


def _known(found: Sequence[Child]) -> dict[str, Classes]:
    """Give for each child the data classes that this person's roles give in any of its cases.

    A child of before the cut-over has no case yet, and is known to those who may know of every episode: they choose it
    when they match a report.
    """
    here, who = services(), actor()
    with reading(here.engine) as connection:
        about = searching.cases_about(connection, [each.child_id for each in found])
        hidden = seals.hidden(connection, who)
    every = [case_id for case_ids in about.values() for case_id in case_ids]
    parts = case_access.readable_each(here.engine, who, every, now=here.clock(), with_reason=False)
    of_the_past = (
        access.readable(who.roles, standing=Standing.CLOSED) if who.roles & SEES_EVERY_EPISODE else frozenset()
    )
    return {
        each.child_id: frozenset().union(*(parts.get(case_id, ()) for case_id in about[each.child_id]))
        if each.child_id in about
        else of_the_past
        for each in found
        if each.child_id not in hidden
    }
