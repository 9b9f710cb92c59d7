"""Whether the site and its workers are well: two addresses for machines and a page for administrators."""

from __future__ import annotations

from datetime import timedelta

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import anchors
from engine.store import reading
from engine.verification import overdue
from notifications import holding, outbox
from web import moments, schema, verification
from web.access import actor, everyone, roles
from web.services import services
from web.tables import HeartbeatRow
from web.worker import last_beat

page = flask.Blueprint("health", __name__)

WORKER_IS_LATE_AFTER = timedelta(seconds=60)


@page.get("/healthz")
@everyone
def healthz() -> ResponseReturnValue:
    """Say that this process answers; nothing else is asked."""
    return {"status": "ok"}


@page.get("/readyz")
@everyone
def readyz() -> ResponseReturnValue:
    """Say whether people can work: the schema is the program's own and a worker has been alive within a minute.

    Example: ``{"ready": true, "schema": {"present": "0001", "needed": "0001"}, "worker_seconds_ago": 3}``.
    """
    here = services()
    present, needed = schema.present_revision(here.engine), schema.needed_revision()
    beat = last_beat(here.engine) if present == needed else None
    ago = None if beat is None else here.wall_clock() - beat
    ready = present == needed and ago is not None and ago < WORKER_IS_LATE_AFTER
    seconds = None if ago is None else int(ago.total_seconds())
    answer = {"ready": ready, "schema": {"present": present, "needed": needed}, "worker_seconds_ago": seconds}
    return answer, 200 if ready else 503


@page.get("/operations")
@roles("administrator")
def operations() -> ResponseReturnValue:
    """Show the workers, the outbox, what opens by itself, what failed, and what the night's verification found."""
    return _show({}, {})


@page.post("/operations/resume")
@roles("administrator")
def resume() -> ResponseReturnValue:
    """Let the mails go that are held after a restore: send or drop those that the page showed."""
    here, sent = services(), flask.request.form
    until = moments.read_moment(sent.get("until", "")) or here.clock()
    decision, reason = sent.get("decision", ""), sent.get("reason", "")
    try:
        holding.resume(here.engine, decision, by=actor().person, reason=reason, until=until, now=here.clock())
    except holding.ReasonInvalid as refusal:
        problems = {problem.where: problem.sentence for problem in refusal.problems}
        return _show({"decision": decision, "reason": reason}, problems), 422
    return flask.redirect(flask.url_for("health.operations"))


def _show(typed: dict[str, str], problems: dict[str, str]) -> str:
    """Draw the page, with what was typed where it was refused."""
    here = services()
    with reading(here.engine) as connection:
        beats = connection.execute(sa.select(HeartbeatRow.__table__).order_by(HeartbeatRow.beat_at.desc())).all()
    standing = outbox.standing(here.engine)
    late_before = here.wall_clock() - WORKER_IS_LATE_AFTER
    return flask.render_template(
        "operations.html",
        beats=beats,
        standing=standing,
        late_before=late_before,
        schedules=here.cases.schedules(),
        verified=verification.last_run(here.engine),
        anchor=anchors.newest(here.engine),
        held=holding.held(here.engine),
        decided=holding.last_decision(here.engine),
        overdue=overdue(here.engine, here.clock()),
        typed=typed,
        problems=problems,
    )
