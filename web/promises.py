"""What was promised to missing children, and what became of it: by period, by promise, and in one case (domain.md 8)."""

from __future__ import annotations

from datetime import datetime

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.store import reading
from web import case_access, promise_words
from web.access import actor, roles, signed_in
from web.asked import Asked, asked_for, period_form, settled
from web.numbers import part_of
from web.services import services
from workflows.access import FIGURES_WITH_EPISODES
from workflows.promises import PROMISES, State, Verdict, check, check_period

page = flask.Blueprint("promises", __name__)

PURPOSE = "promises kept and broken"
PAGE_SIZE = 50
STATES = {state.value: state for state in State}


class PromiseNotFound(NotFound):
    """There is no such promise, or none that a log shows."""


@page.get("/promises")
@roles(*FIGURES_WITH_EPISODES)
def listed() -> ResponseReturnValue:
    """Count the promises of the episodes of a period: kept, pending and broken."""
    now = services().clock()
    asked = asked_for(now)
    if not asked.problems and "from-day" in flask.request.args:
        return flask.redirect(flask.url_for("promises.listed", **asked.query))
    with reading(services().engine) as connection:
        verdicts = _of_period(connection, asked, now)
    answer = flask.render_template(
        "promises.html",
        now=now,
        lines=promise_words.lines(verdicts),
        unchecked=promise_words.unchecked(),
        **period_form(asked, now),
    )
    return answer, 422 if asked.problems else 200


@page.get("/promises/<promise>")
@roles(*FIGURES_WITH_EPISODES)
def of_cases(promise: str) -> ResponseReturnValue:
    """List the episodes in which a promise was broken, or is pending, or kept; who looked is written down first."""
    here, who, now = services(), actor(), services().clock()
    asked, state = settled(now), STATES.get(flask.request.args.get("state", ""), State.BROKEN)
    with reading(here.engine) as connection:
        verdicts = promise_words.of_one(_of_period(connection, asked, now), promise, flask.request.args.get("asks", ""))
    checked = (each for each in PROMISES if each.id == promise and each.check is not None)
    row = next(iter((*(each.promise for each in verdicts), *checked)), None)
    if row is None:
        raise PromiseNotFound("There is no such promise.")
    found = [each for each in verdicts if each.state is state]
    classes = case_access.readable_each(here.engine, who, [each.case_id for each in found], now=now)
    seen = [each for each in found if "D2" in classes.get(each.case_id, ())]
    part = part_of(seen, flask.request.args.get("page", "1"), PAGE_SIZE)
    about = [each.case_id for each in part.found]
    here.cases.note_reading(*about, by=who, purpose=PURPOSE, classes=frozenset({"D2"}), now=now)
    return flask.render_template(
        "promise.html",
        promise=row,
        asked=asked,
        state=state.value,
        rows=[said for each in part.found for said in promise_words.rows([each], classes[each.case_id])],
        part=part,
        total=len(seen),
        withheld=len(found) - len(seen),
        query=asked.query | {"state": state.value, "asks": flask.request.args.get("asks") or None},
    )


@page.get("/cases/<case_id>/promises")
@signed_in
def of_case(case_id: str) -> ResponseReturnValue:
    """Say what became of every promise in one case, to those who may read how the episode went."""
    here, who, now = services(), actor(), services().clock()
    classes = case_access.readable(here.engine, who, case_id, now=now)
    if "D2" not in classes:
        raise PromiseNotFound("There is no such case.")
    here.cases.note_reading(case_id, by=who, purpose=PURPOSE, classes=frozenset({"D2"}), now=now)
    with reading(here.engine) as connection:
        verdicts = check(connection, [case_id], now=now, library=here.cases.library)
    return flask.render_template(
        "case_promises.html", case_id=case_id, now=now, rows=promise_words.rows(verdicts, classes)
    )


def _of_period(connection: sa.Connection, asked: Asked, now: datetime) -> tuple[Verdict, ...]:
    """Hold the episodes of a period to the promises and to the clocks that managers put on their steps; what not all may know of is in no count."""
    period, library = asked.span.period, services().cases.library
    found = check_period(connection, period, asked.authorities, but=asked.hidden, now=now, library=library)
    return tuple(each for each in found if not each.promise.known_to)
