"""The pages of those who govern records: what is due for review, holds, what is kept or deleted, and what was erased."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import erasing
from engine.erasing import Tombstone
from engine.errors import Invalid, Refusal
from engine.frozen import frozen
from engine.store import reading, writing
from web import erased_words, tombstones
from web.access import actor, roles
from web.episode_words import names_of
from web.errors import kind_of, sentence_of
from web.fact_words import Row, row
from web.moments import say_day, say_moment
from web.numbers import is_number
from web.services import services
from workflows import log_ends, retention, seals
from workflows.access import GOVERNS
from workflows.erasing import Subject
from workflows.log_ends import Ended
from workflows.retention import DECIDES, Decision, Due, Hold
from workflows.retention_periods import MARKS, RULES

page = flask.Blueprint("retention", __name__)

PURPOSE = "retention"
SHOWN = 50

Listed = TypeVar("Listed", Due, Decision, Hold, Tombstone, Ended)


@frozen
class Line:
    """One subject in a list."""

    reference: str
    words: str
    day: str = ""


@page.get("/retention")
@roles(*DECIDES)
def reviews() -> ResponseReturnValue:
    """List what is due for review, what waits for a second person, the holds that stand, and what was erased.

    Who looked is written down first, under each subject: when a period ends tells a birthday, and a hold has a reason. Of what
    is sealed from this person they learn that there is something, and whom to ask (domain.md 13.12).
    """
    here = services()
    now = here.clock()
    wanted = flask.request.args.get("reference", "").strip().upper()
    if wanted:
        return flask.redirect(flask.url_for("retention.subject", reference=wanted))
    with reading(here.engine) as connection:
        due = retention.reviews(connection, now=now, limit=SHOWN)
        waiting, holds = retention.waiting(connection), retention.holds(connection)
        stones, ended = erasing.tombstones(connection)[:SHOWN], log_ends.latest(connection, limit=SHOWN)
        looked_at, hidden = retention.looked_at(connection), seals.hidden(connection, actor())
        sealed = sum(each.subject in hidden for found in (due, waiting, holds) for each in found)
        due, waiting, holds = _but(due, hidden), _but(waiting, hidden), _but(holds, hidden)
        names = names_of(connection, {each.decided_by for each in waiting} | {each.held_by for each in holds})
    about = sorted({each.subject for found in (due, waiting, holds) for each in found} - {retention.EVERYTHING})
    here.cases.note_reading(*about, by=actor(), purpose=PURPOSE, classes=retention.SHOWS, now=now)
    return flask.render_template(
        "retention.html",
        sealed=sealed,
        due=[Line(each.subject, f"{each.rule.what}. {each.why}", say_day(each.on) if each.on else "") for each in due],
        waiting=[_proposed(each, names) for each in waiting],
        holds=[_held(each, names) for each in holds],
        stones=[Line(each.subject, each.basis, say_moment(each.erased_at)) for each in _but(stones, hidden)],
        ended=[
            Line(each.subject, erased_words.counted(each.counts), say_moment(each.at)) for each in _but(ended, hidden)
        ],
        looked_at=looked_at,
        rules=RULES.values(),
        marks=MARKS,
    )


def _proposed(one: Decision, names: Mapping[str, str]) -> Line:
    return Line(one.subject, f"Proposed by {names.get(one.decided_by, one.decided_by)}", say_moment(one.decided_at))


def _held(one: Hold, names: Mapping[str, str]) -> Line:
    return Line(one.subject, f"By {names.get(one.held_by, one.held_by)}: {one.reason}", say_moment(one.held_at))


def _but(found: Sequence[Listed], hidden: Collection[str]) -> tuple[Listed, ...]:
    return tuple(each for each in found if each.subject not in hidden)


@page.get("/retention/<reference>")
@roles(*DECIDES)
def subject(reference: str) -> ResponseReturnValue:
    """Show how long what is kept of a child or a case is kept, and what may be decided; who looked is written down first."""
    return _page(reference)


@page.post("/retention/<reference>/hold")
@roles(*DECIDES)
def hold(reference: str) -> ResponseReturnValue:
    """Place a legal hold."""

    def act(connection: sa.Connection, found: Subject, reason: str) -> None:
        retention.hold(connection, found, by=actor(), reason=reason, now=services().clock())

    said = "The hold stands. Nothing is deleted until somebody else ends it."
    return _decided(reference, act, said, "hold-reason", find=retention.holdable)


@page.post("/retention/<reference>/end-hold")
@roles(*DECIDES)
def end_hold(reference: str) -> ResponseReturnValue:
    """End a legal hold that somebody else has placed."""
    number = flask.request.form.get("hold", "")
    if not is_number(number):
        flask.abort(400)

    def act(connection: sa.Connection, found: Subject, reason: str) -> None:
        retention.end_hold(connection, found, int(number), by=actor(), reason=reason, now=services().clock())

    return _decided(reference, act, "The hold has ended.", "end-reason", find=retention.holdable)


@page.post("/retention/<reference>/decide")
@roles(*DECIDES)
def decide(reference: str) -> ResponseReturnValue:
    """Keep it for longer, or propose to delete it."""
    decision = flask.request.form.get("decision", "")

    def act(connection: sa.Connection, found: Subject, reason: str) -> None:
        retention.decide(connection, found, decision, by=actor(), reason=reason, now=services().clock())

    said = {
        "keep": "It is kept, and comes back in five years.",
        "delete": "Somebody else must approve the deletion now.",
    }
    return _decided(reference, act, said.get(decision, ""), "reason")


@page.post("/retention/<reference>/approve")
@roles(*DECIDES)
def approve(reference: str) -> ResponseReturnValue:
    """Approve a deletion that somebody else has proposed: everything is erased."""
    here = services()

    def act(connection: sa.Connection, found: Subject, _reason: str) -> None:
        retention.approve(connection, found, by=actor(), now=here.clock())

    answer = _decided(reference, act, "Erased. A tombstone stays, and the counts.", "")
    path = tombstones.file_of(here.settings)
    with reading(here.engine) as connection:
        gone = erasing.tombstone_of(connection, reference) is not None
    if gone:
        here.cases.warm.forget()
        if path is not None:
            _keep(path)
        erasing.scrub(here.engine)
    return answer


def _keep(path: Path) -> None:
    """Keep the tombstone outside of the database; where the disk refuses, a worker tries again until it can."""
    try:
        tombstones.keep(services().engine, path)
    except OSError as fault:
        flask.flash(f"The tombstone is not in {path} yet: {fault.strerror}. A worker tries again.", "important")


def _decided(
    reference: str,
    act: Callable[[sa.Connection, Subject, str], None],
    said: str,
    field: str,
    *,
    find: Callable[[sa.Connection, str], Subject] = retention.subject_of,
) -> ResponseReturnValue:
    """Carry a decision out in one transaction; a refusal is said on the page, and what was typed stays there."""
    typed = flask.request.form.get(field, "") if field else ""
    try:
        with writing(services().engine) as connection:
            act(connection, retention.seen_by(connection, reference, actor(), find), typed)
    except Invalid as refusal:
        problems = [
            {"text": each.sentence, "href": f"#{field if each.where == 'reason' else each.where}"}
            for each in refusal.problems
        ]
        return _page(reference, problems, field), 422
    except Refusal as refusal:
        return _page(reference, [{"text": sentence_of(refusal)}], field), kind_of(refusal).status
    flask.flash(said, "done")
    return flask.redirect(flask.url_for("retention.subject", reference=reference), 303)


def _page(reference: str, problems: list[dict[str, str]] | None = None, field: str = "") -> str:
    """Draw the page of a subject; of one that was erased, its tombstone; of everything, the holds on it."""
    here, who = services(), actor()
    typed = {
        "problems": problems or [],
        "wrong": {each.get("href", "").removeprefix("#"): each["text"] for each in problems or []},
        "typed": flask.request.form if field else {},
    }
    with reading(here.engine) as connection:
        found = retention.seen_by(connection, reference, who, retention.holdable)
        stone = erasing.tombstone_of(connection, reference)
        held = _holds(connection, found)
        if reference == retention.EVERYTHING:
            return flask.render_template("retention_held.html", reference=reference, **held, **typed)
        if stone is not None:
            names = names_of(connection, {stone.proposed_by, stone.approved_by})
            rows = erased_words.lines(stone, names)
            return flask.render_template("erased.html", reference=stone.subject, rows=rows, **held, **typed)
        entry, latest = retention.due(connection, found), retention.decision_of(connection, found.subject)
        names = names_of(connection, {latest.decided_by} if latest else set())
    here.cases.note_reading(*found.refs, by=who, purpose=PURPOSE, classes=retention.SHOWS, now=here.clock())
    proposed = latest is not None and latest.decision == "delete" and latest.approved_at is None
    return flask.render_template(
        "retention_subject.html",
        reference=found.subject,
        rows=_rows(entry, found),
        is_due=entry.is_due(here.clock()),
        latest=latest,
        latest_by=names.get(latest.decided_by, latest.decided_by) if latest else "",
        proposed=proposed,
        own=proposed and latest is not None and latest.decided_by == who.person,
        cases=found.cases,
        governs=GOVERNS in who.roles,
        **held,
        **typed,
    )


def _rows(entry: Due, found: Subject) -> list[Row]:
    """Say until when a subject is kept, by which rule and why, and what is kept of it."""
    return [
        row("When", say_day(entry.on) if entry.on else "Not while this is so"),
        row("Rule", f"{entry.rule.what} ({entry.rule.basis})"),
        row("Why then", entry.why),
        row("What is kept", _counted(found)),
    ]


def _holds(connection: sa.Connection, found: Subject) -> dict[str, object]:
    """Give the holds that stand on a subject, with who placed each and whether that is this person; and one on everything."""
    standing = retention.holds(connection, found)
    names = names_of(connection, {each.held_by for each in standing})
    own = [each for each in standing if found.subject == retention.EVERYTHING or each.subject != retention.EVERYTHING]
    return {
        "holds": [(each, names.get(each.held_by, each.held_by), each.held_by == actor().person) for each in own],
        "all_held": next((each for each in standing if each not in own), None),
    }


def _counted(found: Subject) -> str:
    """Say how many cases there are."""
    count = len(found.cases)
    return f"{count} case{'' if count == 1 else 's'}" if count else "Records from before the cut-over"
