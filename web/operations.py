"""What administrators watch: steps that failed, late clocks, workers and mails; and what they do about a case held up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import anchors
from engine.errors import Invalid, Problem
from engine.incidents import Incident
from engine.store import reading
from notifications import outbox
from web import verification
from web.access import actor, roles
from web.answering import new_key
from web.moments import say_key, say_moment
from web.services import services
from web.tables import HeartbeatRow
from web.worker import WORKER_IS_LATE_AFTER

page = flask.Blueprint("operations", __name__)

LONGEST_REASON = 1_000
KINDS = {
    "clock": "A clock",
    "message": "A message from another case",
    "schedule": "A case that opens by the calendar",
    "task": "A task that somebody sent",
    "correction": "A correction that somebody sent",
    "opening": "The opening of a case",
}
STATES = {
    "open": "Waits for you",
    "retried": "Tried again",
    "skipped": "Operation left out",
    "moved": "Token moved",
    "resolved": "Has gone on",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What an operator sent about an incident."""

    what: str = ""
    element: str = ""
    to: str = ""
    reason: str = ""


@page.get("/operations")
@roles("administrator")
def operations() -> ResponseReturnValue:
    """Show what is held up, the late clocks, the workers, the outbox, what opens by itself and the night's verification."""
    here = services()
    with reading(here.engine) as connection:
        beats = connection.execute(sa.select(HeartbeatRow.__table__).order_by(HeartbeatRow.beat_at.desc())).all()
    return flask.render_template(
        "operations.html",
        beats=beats,
        standing=outbox.standing(here.engine),
        late_before=here.wall_clock() - WORKER_IS_LATE_AFTER,
        late=here.cases.late(now=here.clock()),
        incidents=[(each, _element(each)) for each in here.cases.incidents.standing(limit=50)],
        states=STATES,
        schedules=here.cases.schedules(),
        verified=verification.last_run(here.engine),
        anchor=anchors.newest(here.engine),
    )


@page.get("/operations/incidents/<int:number>")
@roles("administrator")
def incident(number: int) -> ResponseReturnValue:
    """Show one incident, and what can be done about it."""
    return _incident_page(services().cases.incidents.get(number), Sent(), new_key())


@page.post("/operations/incidents/<int:number>")
@roles("administrator")
def mend(number: int) -> ResponseReturnValue:
    """Try again, leave the operation out or move the token; or say what is wrong with what was sent."""
    here, form = services(), flask.request.form
    sent = Sent(form.get("what", ""), form.get("element", ""), form.get("to", ""), form.get("reason", "").strip())
    key = form.get("key", "") or new_key()
    try:
        _carry_out(number, sent, key)
    except Invalid as refusal:
        return _incident_page(here.cases.incidents.get(number), sent, key, refusal.problems), 422
    flask.flash(f"{STATES[_done(sent)]}. The case goes on with the next sweep.", "done")
    return flask.redirect(flask.url_for("operations.operations"))


def _done(sent: Sent) -> str:
    return {"skip": "skipped", "move": "moved"}.get(sent.what, "retried")


def _carry_out(number: int, sent: Sent, key: str) -> None:
    """Do what was sent, or say all that is wrong with it."""
    problems = _problems(sent)
    if problems:
        raise Invalid(problems)
    here = services()
    incidents = here.cases.incidents
    given: dict[str, Any] = {"by": actor(), "reason": sent.reason, "now": here.clock()}
    if sent.what == "move":
        incidents.move(number, sent.element, sent.to, key=key, **given)
    elif sent.what == "skip":
        incidents.skip(number, key=key, **given)
    else:
        incidents.retry(number, key=key, **given)


def _problems(sent: Sent) -> list[Problem]:
    """Say all that is wrong with what was sent."""
    problems = []
    if sent.what not in {"retry", "skip", "move"}:
        problems.append(Problem("what", "choose", "Choose what is to be done."))
    if sent.what == "move" and not (sent.element and sent.to):
        problems.append(Problem("element", "choose", "Choose which token goes where."))
    if not sent.reason:
        problems.append(Problem("reason", "reason-missing", "Say why."))
    if len(sent.reason) > LONGEST_REASON:
        problems.append(Problem("reason", "too-long", f"Say it in at most {LONGEST_REASON} characters."))
    return problems


def _incident_page(found: Incident, sent: Sent, key: str, problems: Sequence[Problem] = ()) -> str:
    here = services()
    waits = found.state == "open"
    ways, skips = here.cases.incidents.ways(found.id, now=here.clock()) if waits else ((), False)
    places = {place: name for way in ways for place, name in way.to}
    return flask.render_template(
        "incident.html",
        incident=found,
        element=_element(found),
        rows=_rows(found),
        waits=waits,
        skips=skips,
        tokens=[{"value": way.element, "text": way.name, "selected": way.element == sent.element} for way in ways],
        places=[{"value": each, "text": name, "selected": each == sent.to} for each, name in places.items()],
        sent=sent,
        key=key,
        problems=[{"text": each.sentence, "href": f"#{each.where}"} for each in problems],
        errors={each.where: {"text": each.sentence} for each in problems},
    )


def _element(found: Incident) -> str:
    """Say where it happened."""
    if found.name:
        return f"{found.name} ({found.element})"
    return found.element or "The case could not be read"


def _rows(found: Incident) -> list[dict[str, object]]:
    """Give the lines of an incident's summary."""
    settled = f"{STATES[found.state]}, by {found.settled_by}" if found.settled_by else STATES[found.state]
    told = [
        ("Case", found.case_id or "None was opened"),
        ("Procedure", say_key(found.procedure)),
        ("What failed", KINDS.get(found.kind, found.kind)),
        ("Element", _element(found)),
        ("What went wrong", found.error),
        ("Records it looked at", ", ".join(found.facts) or "None"),
        ("First seen", say_moment(found.first_seen_at)),
        ("Last seen", f"{say_moment(found.last_seen_at)}, {found.times} times" if found.times > 1 else "Once"),
        ("State", settled),
        ("Reason", found.reason or "None given yet"),
    ]
    return [{"key": {"text": key}, "value": {"text": value}} for key, value in told]
