"""Whether the site and its workers are well: two addresses for machines and a page for administrators."""

from __future__ import annotations

from datetime import timedelta

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import anchors
from engine.store import reading
from notifications import outbox
from web import schema, verification
from web.access import everyone, roles
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
    )
