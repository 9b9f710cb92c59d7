"""One missing episode as those who decide on it need it: the grade and what waits, flags, the last review, who answers for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import flask
import sqlalchemy as sa
from markupsafe import Markup

from engine.errors import CaseNotFound
from engine.model import Actor
from engine.store import reading
from engine.views import CaseView, TaskRow, TaskView
from web import case_access
from web.fact_words import Row, Section, row
from web.moments import say_moment, say_until
from web.services import services
from workflows import episodes, people
from workflows.agencies import title_of
from workflows.daily import ACTION, AGENDA, LOWER_GRADE_WAITS, SEALED, TAKEN_OVER
from workflows.episodes import Episode
from workflows.operations import TASK
from workflows.vocabulary import FLAG, RISK_LEVEL

ELEMENT = "decide_on_episode"
"""The task of the daily meeting that decides on an episode."""

PURPOSE = "daily management"

REVIEWS = ("review", "inspection")

VIEW, VIEW_LATE, APPROVAL = "give_exploitation_view", "view_is_late", "approve_downgrade"
VIEW_SETTLED = frozenset({"task_completed", "timer_fired"})
"""The exploitation team's view on a lower grade, the end of the hour for it, and the decision that may be taken without it."""


def beside(view: TaskView, who: Actor, now: datetime) -> list[Section]:
    """Say of the episode that is up how it stands now, as far as the reader may see its case; that they looked is written down."""
    entry = next(iter(view.beside.get(AGENDA, {}).values()), {})
    reference = str(entry.get("reference") or "")
    if reference == SEALED:
        return [Section(SEALED, [row("Risk grade", "Graded" if entry.get("grade") else "Not graded yet")])]
    here = services()
    try:
        classes = case_access.readable(here.engine, who, reference, now=here.clock())
    except CaseNotFound:
        return []
    case = here.cases.case(reference, classes=classes, by=who, purpose=PURPOSE, now=now)
    with reading(here.engine) as connection:
        episode = episodes.find(connection, reference)
        names = names_of(connection, {task.completed_by for task in case.tasks})
    rows = _rows(case, episode, names, now, may_read_flags="D5" in classes)
    return [Section(f"{reference} as it stands now", list(rows))]


def names_of(connection: sa.Connection, sign_ins: set[str]) -> dict[str, str]:
    """Give the names of people by their sign-in names."""
    person = people.PersonRow
    found = connection.execute(sa.select(person.sign_in, person.name).where(person.sign_in.in_(sign_ins)))
    return {one.sign_in: one.name for one in found}


def waiting_grade(case: CaseView, names: Mapping[str, str]) -> str:
    """Say which lower grade waits, for whom, since when and who proposed it; empty where none waits or it may not be seen."""
    waits = next((task for task in case.tasks if task.element in LOWER_GRADE_WAITS and task.status == "open"), None)
    proposals = case.facts.get("regrade", {})
    if waits is None or not proposals:
        return ""
    level = str(proposals[max(proposals, key=_number)].get("level") or "")
    done = [task for task in case.tasks if task.element == "propose_regrade" and task.completed_at is not None]
    last = max(done, key=_completed, default=None)
    words = f"{RISK_LEVEL.get(level, level)} is proposed and waits for the {title_of(waits.role).lower()}"
    if last is None or last.completed_at is None:
        return f"{words}, since {say_moment(waits.opened_at)}"
    by = names.get(last.completed_by, last.completed_by)
    return f"{words}. Proposed on {say_moment(last.completed_at)} by {by}"


def view_not_given(case: CaseView, names: Mapping[str, str]) -> str:
    """Say that the time for the latest exploitation view ran out, and who decided without it; empty where it did not (domain 1.6)."""
    asked = [event for event in case.timeline if event.element in {VIEW_LATE, VIEW} and event.kind in VIEW_SETTLED]
    if "D5" in case.withheld or not asked or asked[-1].element != VIEW_LATE:
        return ""
    late = asked[-1]
    words = f"Not given: the hour for it ran out on {say_moment(late.at)}"
    decided = [event for event in case.timeline if event.element == APPROVAL and event.seq > late.seq]
    done = next((event for event in decided if event.kind == "task_completed"), None)
    if done is None:
        return f"{words}. The inspector decides without it"
    return f"{words}. Decided without it on {say_moment(done.at)} by {names.get(done.by, done.by)}"


def _rows(
    case: CaseView, episode: Episode | None, names: Mapping[str, str], now: datetime, *, may_read_flags: bool
) -> Iterable[Row]:
    yield _link(case.case_id)
    level = str(case.facts.get("risk", {}).get("", {}).get("level") or "")
    yield row("Risk grade", RISK_LEVEL.get(level, "Not graded yet"))
    waits = waiting_grade(case, names)
    if waits:
        yield row("Lower grade waits", waits)
    known = case.facts.get("known", {}).get("", {})
    if "flags" in known:
        yield row("Flags", "\n".join(FLAG.get(str(flag), str(flag)) for flag in known["flags"] or []) or "None")
    elif not known and may_read_flags:
        yield row("Flags", "Not known yet: nobody has matched the report to a child")
    if known.get("contact_rules"):
        yield row("Whom not to contact, and how", str(known["contact_rules"]))
    if episode is not None and episode.missing_since is not None and "D2" not in case.withheld:
        yield row("Missing since", say_moment(episode.missing_since))
    yield from _review(case, names)
    yield row("Next review", _next_review(case.tasks, now))
    yield row("Who answers for it", _responsible(case.tasks, names))
    yield row("Open actions", "\n".join(_actions(case, now)) or "None")


def _link(reference: str) -> Row:
    address = flask.url_for("cases.case", case_id=reference)
    link = Markup('<a class="govuk-link" href="{}">{}</a>').format(address, reference)
    return {"key": {"text": "Case"}, "value": {"html": link}}


def _review(case: CaseView, names: Mapping[str, str]) -> Iterable[Row]:
    """Say when and by whom the case was last reviewed, and what the review said."""
    done = [task for task in case.tasks if task.record in REVIEWS and task.status == "completed" and task.completed_at]
    last = max(done, key=_completed, default=None)
    if last is None or last.completed_at is None:
        yield row("Last review", "None yet")
        return
    by = names.get(last.completed_by, last.completed_by)
    yield row("Last review", f"{say_moment(last.completed_at)}, by {by}, {title_of(last.role).lower()}")
    said: Mapping[str, Any] = case.facts.get(last.record, {}).get(last.record_key, {})
    right = {"yes": "The grade is right.", "no": "The grade is not right."}.get(str(said.get("grade_right")), "")
    lines = (
        right,
        _said("New", said.get("new_information")),
        _said("Next", said.get("actions_set")),
        _said("Overdue", said.get("overdue_explained")),
    )
    words = "\n".join(line for line in lines if line)
    if words:
        yield row("What it said", words)


def _said(heading: str, words: object) -> str:
    return f"{heading}: {words}" if words else ""


def _next_review(tasks: Sequence[TaskRow], now: datetime) -> str:
    due = [task.due_at for task in tasks if task.record in REVIEWS and task.status == "open" and task.due_at]
    if not due:
        return "None open"
    first = min(due)
    return f"{say_moment(first)} ({say_until(first, now)})"


def _responsible(tasks: Sequence[TaskRow], names: Mapping[str, str]) -> str:
    """Name the inspector who has taken the case over, and the sergeant who last reviewed it."""
    taken = [task for task in tasks if task.element == TAKEN_OVER and task.status == "completed"]
    led = [task for task in tasks if task.record == REVIEWS[0] and task.status == "completed"]
    found = [max(done, key=_completed) for done in (taken, led) if done]
    said = [f"{title_of(one.role)}: {names.get(one.completed_by, one.completed_by)}" for one in found]
    return "\n".join(said if taken else ["No inspector has taken it over yet", *said])


def _actions(case: CaseView, now: datetime) -> Iterable[str]:
    """Say each open action, the overdue ones first."""
    actions = case.facts.get("action", {})
    waits = [task for task in case.tasks if task.element == ACTION and task.status == "open"]
    for task in sorted(waits, key=lambda task: (task.due_at is None, task.due_at)):
        action = actions.get(task.record_key, {})
        what = action.get("what") or action.get(TASK) or task.name
        late = task.due_at is not None and task.due_at <= now
        due = f", due {say_moment(task.due_at)}" if task.due_at else ""
        yield f"{'Overdue: ' if late else ''}{what}{due}"


def _completed(task: TaskRow) -> tuple[datetime, int]:
    return task.completed_at or task.opened_at, task.number


def _number(key: str) -> int:
    return int(key) if key.isdecimal() else 0
