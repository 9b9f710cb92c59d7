"""The page on which an answer of a case is put right: the form as it was answered, a reason, and what moved afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.corrections import RecordView, differing
from engine.errors import AnswersInvalid, Conflict, PageIsStale, Problem, Unavailable
from engine.forms import Field, Form, Raw
from engine.frozen import frozen
from engine.model import Value
from engine.release import Compiled
from engine.store import TaskTable, reading
from web import case_access, references
from web.access import actor, signed_in
from web.answering import Posted, conflict_page, new_key, was_done
from web.fact_words import Row, row, say_answer
from web.govuk import error_summary, render_form
from web.moments import say_moment
from web.services import services
from workflows import copies, corrections

page = flask.Blueprint("corrections", __name__)

REASON = "correction_reason"
LONGEST_REASON = 1_000


@frozen
class Sheet:
    """A record as this person may put it right: `form` holds the open questions, `others` the ones that stay."""

    view: RecordView
    form: Form
    scope: Mapping[str, Value]
    locked: Sequence[Row]
    instead: str

    @property
    def values(self) -> dict[str, Value]:
        """What is kept of the open questions."""
        return {field.key: self.view.values.get(field.key) for field in self.form.fields}


@page.get("/cases/<case_id>/correct/<record>")
@page.get("/cases/<case_id>/correct/<record>/<key>")
@signed_in
def correction(case_id: str, record: str, key: str = "") -> ResponseReturnValue:
    """Show a record as it was answered, to be put right; who looked is written down first."""
    sheet = _sheet(case_id, record, key)
    return _page(sheet, sheet.form.as_raw(sheet.values), key=new_key(), stamp=sheet.view.stamp)


@page.post("/cases/<case_id>/correct/<record>")
@page.post("/cases/<case_id>/correct/<record>/<key>")
@signed_in
def correct(case_id: str, record: str, key: str = "") -> ResponseReturnValue:
    """Put the record right, or say all that is wrong, or what somebody else has put right meanwhile."""
    here, posted, now = services(), Posted.read(), services().clock()
    sheet = _sheet(case_id, record, key)
    if (turned := posted.turned(sheet.form)) is not None:
        return _page(sheet, turned, key=posted.key, stamp=posted.stamp)
    if was_done(posted.sealed_key):
        return _back(case_id)
    try:
        before = _due(case_id)
        put_right = partial(
            here.cases.correct, case_id, record, key, by=actor(), now=now, key=posted.sealed_key, stamp=posted.stamp
        )
        references.in_time(
            lambda: _read(sheet, posted.raw, now), lambda told: put_right(changes=told[0], reason=told[1])
        )
    except AnswersInvalid as refusal:
        return _page(sheet, posted.raw, key=posted.key, stamp=posted.stamp, problems=refusal.problems), 422
    except PageIsStale:
        return _page(sheet, posted.raw, key=new_key(), stamp=sheet.view.stamp, stale=True), 409
    except (Conflict, Unavailable) as refusal:
        return conflict_page(refusal, posted.raw, form=sheet.form, case_id=case_id)
    _say(case_id, before, now)
    return _back(case_id)


def _sheet(case_id: str, record: str, key: str) -> Sheet:
    """Read a record for this person; who has no part in the case does not learn that it exists."""
    here, who, now = services(), actor(), services().clock()
    classes = case_access.readable(here.engine, who, case_id, now=now, with_reason=False)
    may = corrections.may_correct(who.roles, classes)
    view = here.cases.record(case_id, record, key, classes=may, by=who, now=now)
    release = here.cases.release_of(case_id)
    form = view.form.settled(scope=view.scope, now=now)
    open_keys = {field.key for field in corrections.questions(release, record, form, may)}
    blocks = tuple(block for block in form.blocks if not isinstance(block, Field) or block.key in open_keys)
    others = {field.key: view.scope.get(field.key) for field in form.fields if field.key not in open_keys}
    scope = {name: value for name, value in view.scope.items() if name not in open_keys} | others
    own = replace(form, blocks=blocks if open_keys else ())
    return Sheet(view, own, scope, _locked(release, view, form, may), corrections.instead(release, record))


def _locked(release: Compiled, view: RecordView, form: Form, may: frozenset[str]) -> list[Row]:
    """Say what stands in the questions that this page does not change, as far as this person may read it."""
    kept = corrections.locked(release, view.record, form)
    fields = [field for field in form.fields if field.key in kept and field.data_class in may]
    said = [(field, view.values.get(field.key)) for field in fields]
    return [row(field.label, say_answer(value, field)) for field, value in said if value not in (None, "", [])]


def _read(sheet: Sheet, raw: Raw, now: datetime) -> tuple[dict[str, Value], str]:
    """Read what was typed; give what differs from what is kept, and the reason. Refused with all problems at once."""
    given = raw.get(REASON, "")
    reason = (given if isinstance(given, str) else " ".join(given)).strip()
    problems: list[Problem] = []
    changes: dict[str, Value] = {}
    try:
        answers = references.load(sheet.form, raw, scope=sheet.scope, now=now, kept=sheet.values)
        every = {field.key: answers.get(field.key) for field in sheet.form.fields}
        changes = differing(sheet.values, every)
    except AnswersInvalid as refusal:
        problems += refusal.problems
    if not problems and not changes:
        problems.append(
            Problem("", "nothing-changed", "Change the answer that is wrong. Nothing on this page is different.")
        )
    if not reason:
        problems.append(Problem(REASON, "reason-missing", "Say why this is put right."))
    if len(reason) > LONGEST_REASON:
        problems.append(Problem(REASON, "reason-too-long", f"Give the reason in {LONGEST_REASON} characters at most."))
    if problems:
        raise AnswersInvalid(problems)
    return changes, reason


def _page(
    sheet: Sheet, raw: Raw, *, key: str, stamp: str, problems: Sequence[Problem] = (), stale: bool = False
) -> str:
    now, given = services().clock(), raw.get(REASON, "")
    return flask.render_template(
        "correction.html",
        case_id=sheet.view.case_id,
        case_title=sheet.view.title,
        heading=sheet.form.title,
        summary=error_summary(problems, sheet.form, {REASON}),
        questions=render_form(sheet.form, raw, problems, scope=sheet.scope, now=now) if sheet.form.fields else "",
        locked=sheet.locked,
        instead=sheet.instead,
        key=key,
        stamp=stamp,
        problems=problems,
        reason=given if isinstance(given, str) else " ".join(given),
        reason_problem=next((each.sentence for each in problems if each.where == REASON), ""),
        standing=_standing(sheet, raw, now) if stale else None,
    )


def _standing(sheet: Sheet, raw: Raw, now: datetime) -> list[tuple[str, str, str]]:
    """Give each question in which what is kept now and what was typed differ: its words, what stands there, what was typed."""
    try:
        answers = sheet.form.load(raw, scope=sheet.scope, now=now)
    except AnswersInvalid:
        return []
    differ = differing(sheet.values, {field.key: answers.get(field.key) for field in sheet.form.fields})
    fields = [field for field in sheet.form.fields if field.key in differ]
    return [(field.label, _said(sheet.values[field.key], field), _said(differ[field.key], field)) for field in fields]


def _said(value: Value, field: Field) -> str:
    return say_answer(value, field) if value not in (None, "", []) else "Nothing"


def _due(case_id: str) -> dict[str, tuple[str, datetime | None]]:
    """Give by when each open task is due, and for what the case waits until when: by a key, with words."""
    task = TaskTable
    asked = sa.select(task.number, task.name, task.due_at).where(task.case_id == case_id, task.status == "open")
    here = services()
    with reading(here.engine) as connection:
        found = {f"task {number}": (name, due_at) for number, name, due_at in connection.execute(asked)}
    release = here.cases.release_of(case_id)
    for wait in here.cases.waits(case_id, now=here.clock()):
        node = release.nodes.get(wait.element)
        if node is not None and wait.until is not None and wait.kind == "timer":
            found[f"wait {wait.element}"] = (node.name or "A clock", wait.until)
    return found


def _say(case_id: str, before: Mapping[str, tuple[str, datetime | None]], now: datetime) -> None:
    """Say that it is put right, which times moved, and how many hold a copy that somebody has to tell them about."""
    after = _due(case_id)
    moved = [
        f"{name}: {_until(before[key][1])}, now {_until(due_at)}"
        for key, (name, due_at) in after.items()
        if key in before and before[key][1] != due_at
    ]
    told = f" These times have moved with it. {'. '.join(moved)}." if moved else " No time has moved."
    flask.flash(f"Put right. The agencies with a part in the case are told.{told}", "done")
    with reading(services().engine) as connection:
        count = copies.made_at(connection, case_id, now)
    if count:
        who = "Somebody holds a copy that is" if count == 1 else f"{count} recipients hold copies that are"
        flask.flash(
            f"{who} no longer right. Those who gave it away have to tell them: it is among their tasks.", "important"
        )


def _until(moment: datetime | None) -> str:
    return say_moment(moment) if moment else "no time"


def _back(case_id: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("cases.case", case_id=case_id))
