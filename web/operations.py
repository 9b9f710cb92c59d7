"""What administrators watch: steps that failed, tasks that nobody can do, late clocks, workers and mails; and what they do about a case held up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine import anchors
from engine.errors import Invalid, Problem
from engine.frozen import frozen
from engine.incidents import UNREAD, Incident
from engine.reading import LATE_AFTER
from engine.store import CaseTable, reading
from engine.verification import overdue
from notifications import holding, outbox
from web import tombstones, verification
from web.access import actor, roles
from web.answering import new_key
from web.heartbeats import WORKER_IS_LATE_AFTER
from web.moments import read_moment, say_key, say_moment
from web.services import services
from web.tables import HeartbeatRow
from workflows import attachments, unstaffed

page = flask.Blueprint("operations", __name__)

LONGEST_REASON = 1_000
INCIDENTS_SHOWN = 50
GONE_ON_SHOWN = 10
KINDS = {
    "clock": "A clock",
    "message": "A message from another case",
    "errand": "An operation outside the case",
    "schedule": "A case that opens by the calendar",
    "task": "A task that somebody sent",
    "correction": "A correction that somebody sent",
    "opening": "The opening of a case",
    "given": "A message that somebody sent",
    "unread": "A message that nobody took",
}
GOES_ON = " The case goes on with the next sweep."
AFTER = {"retry": " The next sweep takes it up.", "skip": GOES_ON, "move": GOES_ON}
"""What is said when an operator has acted, by what it was."""
STATES = {
    "open": "Waits for you",
    "retried": "Tried again",
    "skipped": "Operation left out",
    "moved": "Token moved",
    "set_aside": "Set aside",
    "resolved": "Has gone on",
}


@frozen
class Sent:
    """What an operator sent about an incident."""

    what: str = ""
    element: str = ""
    to: str = ""
    reason: str = ""


@page.get("/operations")
@roles("administrator")
def operations() -> ResponseReturnValue:
    """Show what is held up, the clocks, mails and workers, what opens by itself and the night's verification."""
    return _operations_page({}, {})


@page.post("/operations/resume")
@roles("administrator")
def resume() -> ResponseReturnValue:
    """Let the mails go that are held after a restore: send or drop those that the page showed."""
    here, sent = services(), flask.request.form
    until = read_moment(sent.get("until", "")) or here.clock()
    decision, reason = sent.get("decision", ""), sent.get("reason", "")
    try:
        tombstones.require_replayed(here.engine, tombstones.file_of(here.settings))
        holding.resume(here.engine, decision, by=actor().person, reason=reason, until=until, now=here.clock())
    except holding.ReasonInvalid as refusal:
        problems = {problem.where: problem.sentence for problem in refusal.problems}
        return _operations_page({"decision": decision, "reason": reason}, problems), 422
    except tombstones.ErasedIsBack as refusal:
        return _operations_page({"decision": decision, "reason": reason}, {"decision": str(refusal)}), 409
    return flask.redirect(flask.url_for("operations.operations"))


def _operations_page(typed: dict[str, str], problems: dict[str, str]) -> str:
    """Draw the page, with what was typed where it was refused."""
    here = services()
    now, engine = here.clock(), here.engine
    incidents = here.cases.incidents.standing(limit=INCIDENTS_SHOWN)
    with reading(engine) as connection:
        beats = connection.execute(sa.select(HeartbeatRow.__table__).order_by(HeartbeatRow.beat_at.desc())).all()
        nobodys, files = unstaffed.listed(connection), attachments.standing(connection)
    late = here.cases.late(now=now)
    let_go = _let_go(incidents, now)
    standing_ones = [(each, _element(each), _seen(each)) for each in incidents if each.state != "resolved"]
    late_before = here.wall_clock() - WORKER_IS_LATE_AFTER
    return flask.render_template(
        "operations.html",
        beats=beats,
        late_before=late_before,
        alive=bool(beats) and beats[0].beat_at >= late_before,
        standing=outbox.standing(engine),
        files=files,
        scanner=_scanner(),
        late=late,
        late_count=late.count - let_go,
        let_go=let_go,
        overdue=overdue(engine, now),
        incidents=[each for each in standing_ones if each[0].kind != UNREAD],
        unread=[each for each in standing_ones if each[0].kind == UNREAD],
        gone_on=[each for each in incidents if each.state == "resolved"][:GONE_ON_SHOWN],
        nobodys=nobodys,
        states=STATES,
        schedules=here.cases.schedules(),
        verified=verification.last_run(engine),
        anchor=anchors.newest(engine),
        held=holding.held(engine),
        decided=holding.last_decision(engine),
        typed=typed,
        problems=problems,
    )


def _scanner() -> str:
    """Say what becomes of a file that somebody attaches."""
    settings = services().settings
    if settings.has_scanner:
        return "Set: each file is checked before anybody has it"
    if settings.takes_unscanned:
        return "None is set, and the settings say that files are taken all the same: nobody checks them"
    return "None is set: no file can be attached. Set HOMEWARD_SCAN_COMMAND or HOMEWARD_SCAN_SOCKET"


def _let_go(incidents: Sequence[Incident], now: datetime) -> int:
    """Count the late cases that somebody has just let go on: the next sweep takes them, and nothing is wrong with the worker."""
    settled = {each.case_id for each in incidents if each.state not in {"open", "resolved"}}
    overdue_now = sa.and_(CaseTable.next_due_at < now - LATE_AFTER, CaseTable.retry_at.is_(None))
    asked = sa.select(sa.func.count(CaseTable.id)).where(CaseTable.id.in_(settled), overdue_now)
    with reading(services().engine) as connection:
        return connection.execute(asked).scalar_one() if settled else 0


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
    flask.flash(f"{STATES[_done(sent)]}.{AFTER.get(sent.what, '')}", "done")
    return flask.redirect(flask.url_for("operations.operations"))


def _done(sent: Sent) -> str:
    return {"skip": "skipped", "move": "moved", "set_aside": "set_aside"}.get(sent.what, "retried")


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
    elif sent.what == "set_aside":
        incidents.set_aside(number, key=key, **given)
    else:
        incidents.retry(number, key=key, **given)


def _problems(sent: Sent) -> list[Problem]:
    """Say all that is wrong with what was sent."""
    problems = []
    if sent.what not in {"retry", "skip", "move", "set_aside"}:
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
    mends = waits and found.kind != UNREAD and bool(found.case_id)
    ways, skips = here.cases.incidents.ways(found.id, now=here.clock()) if mends else ((), False)
    places = {place: name for way in ways for place, name in way.to}
    return flask.render_template(
        "incident.html",
        incident=found,
        element=_element(found),
        rows=_rows(found),
        waits=waits,
        skips=skips,
        unread=found.kind == UNREAD,
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


def _seen(found: Incident) -> str:
    """Say when it happened, and how often."""
    if found.times == 1:
        return say_moment(found.first_seen_at)
    return f"{found.times} times, first on {say_moment(found.first_seen_at)}, last on {say_moment(found.last_seen_at)}"


def _rows(found: Incident) -> list[dict[str, object]]:
    """Give the lines of an incident's summary."""
    settled = f"{STATES[found.state]}, by {found.settled_by}" if found.settled_by else STATES[found.state]
    told = [
        ("Case", found.case_id or ("None: it came from outside" if found.kind == UNREAD else "None was opened")),
        ("Procedure", say_key(found.procedure)),
        ("What failed", KINDS.get(found.kind, found.kind)),
        ("Element", _element(found)),
        ("What went wrong", found.error),
        ("Facts it looked at", ", ".join(found.facts)),
        ("Seen", _seen(found)),
        ("State", settled),
        ("Reason", found.reason),
    ]
    return [{"key": {"text": key}, "value": {"text": value}} for key, value in told if value]
