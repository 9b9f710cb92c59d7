"""Whether the site and its workers are well: two addresses for machines."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from web import schema
from web.access import everyone
from web.heartbeats import WORKER_IS_LATE_AFTER, last_beat
from web.services import services

page = flask.Blueprint("health", __name__)


@page.get("/healthz")
@everyone
def healthz() -> ResponseReturnValue:
    """Say that this process answers; nothing else is asked."""
    return {"status": "ok"}


@page.get("/readyz")
@everyone
def readyz() -> ResponseReturnValue:
    """Say whether people can work: the schema is one that the program knows and a worker has been alive within a minute.

    Beside it stands a gauge of the clocks that are more than a minute late; they do not make the site unready. Example:
    ``{"ready": true, "schema": {"present": "0001", "needed": "0001"}, "worker_seconds_ago": 3,
    "late_clocks": {"count": 0, "held_up": 0, "oldest_seconds": null}}``.
    """
    here = services()
    present, needed = schema.present_revision(here.engine), schema.needed_revision()
    fits = schema.fits(here.engine)
    beat = last_beat(here.engine, here.wall_clock()) if fits else None
    ago = None if beat is None else here.wall_clock() - beat
    ready = fits and ago is not None and ago < WORKER_IS_LATE_AFTER
    seconds = None if ago is None else int(ago.total_seconds())
    answer = {"ready": ready, "schema": {"present": present, "needed": needed}, "worker_seconds_ago": seconds}
    if fits:
        answer["late_clocks"] = _late_clocks()
    return answer, 200 if ready else 503


def _late_clocks() -> dict[str, int | None]:
    """Count the late clocks; those of cases held up stand apart."""
    here = services()
    now = here.clock()
    late = here.cases.late(now=now)
    oldest = None if late.oldest_due_at is None else int((now - late.oldest_due_at).total_seconds())
    return {"count": late.count, "held_up": late.held_up, "oldest_seconds": oldest}
