"""Several tasks at once: taken, put back, given to somebody, reminded of; each row is looked at by itself and has its own result.

A list that somebody wants to see again is kept here too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urlencode

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.admission import task_number
from engine.errors import Invalid, Problem, Refusal, TaskNotFound
from engine.frozen import frozen
from engine.ownership import TaskIsTaken
from engine.store import TaskTable, reading, writing
from engine.views import TaskRow
from web import task_lists, task_words
from web.access import actor, signed_in
from web.errors import sentence_of
from web.services import services
from workflows import assigning, reminders, saved_lists
from workflows.audience import Audience, audience

page = flask.Blueprint("several", __name__)

AT_MOST = 100
"""Tasks in one go."""
TAKE, PUT_BACK, GIVE, GIVE_BACK, REMIND = "take", "put_back", "give", "give_back", "remind"
ACTS: Mapping[str, str] = MappingProxyType(
    {
        TAKE: "Take them",
        PUT_BACK: "Put them back for everybody",
        GIVE: "Give them to somebody",
        REMIND: "Remind those who have them",
    }
)


@frozen
class Row:
    """What became of one task."""

    task: TaskRow
    done: bool
    words: str


@page.get("/tasks/several")
@signed_in
def choose() -> ResponseReturnValue:
    """Show a list with a box at each task."""
    return _choosing()


@page.post("/tasks/several")
@signed_in
def act() -> ResponseReturnValue:
    """Do one thing with each of the chosen tasks, and say of each what became of it."""
    chosen = list(dict.fromkeys(flask.request.form.getlist("task")))
    wanted, to = flask.request.form.get("act", ""), flask.request.form.get("to", "")
    problems = []
    if not chosen:
        problems.append(Problem("task", "nothing-chosen", "Choose at least one task"))
    if len(chosen) > AT_MOST:
        problems.append(Problem("task", "too-many", f"Choose {AT_MOST} tasks at most"))
    if wanted not in ACTS:
        problems.append(Problem("act", "no-act", "Say what is to be done with them"))
    if wanted == GIVE and not to:
        problems.append(Problem("to", "nobody-chosen", "Say who is to have them"))
    if problems:
        return _choosing(chosen, wanted, to, problems), 422
    with reading(services().engine) as connection:
        bounds = audience(connection, actor(), services().clock())
        rows = _rows(connection, chosen, bounds)
    results = [_one(wanted, row, to) for row in rows]
    return flask.render_template(
        "several_done.html",
        act=ACTS[wanted],
        results=results,
        missing=len(chosen) - len(rows),
        wanted=task_lists.asked_for()[0],
    )


@page.post("/tasks/<task_id>/owner/<act>")
@signed_in
def act_one(task_id: str, act: str) -> ResponseReturnValue:
    """Take one task, put it back, give it to somebody or back; then its page, or the list where it is somebody else's now."""
    with reading(services().engine) as connection:
        rows = _rows(connection, [task_id], audience(connection, actor(), services().clock()))
    if not rows or act not in {TAKE, PUT_BACK, GIVE, GIVE_BACK}:
        raise TaskNotFound("There is no such task.")
    result = _one(act, rows[0], flask.request.form.get("to", ""))
    flask.flash(f"{result.words}.", "done" if result.done else "important")
    if act in {GIVE, GIVE_BACK} and result.done:
        return flask.redirect(flask.url_for("inbox.tasks"))
    return flask.redirect(flask.url_for("tasks.task", task_id=task_id))


@page.post("/tasks/lists")
@signed_in
def save() -> ResponseReturnValue:
    """Keep the list that is shown under a name."""
    here, (wanted, groups) = services(), task_lists.asked_for()
    address, team = urlencode(wanted.address()), flask.request.form.get("team", "")
    try:
        with writing(here.engine) as connection:
            saved_lists.save(
                connection,
                flask.request.form.get("name", ""),
                address,
                person=actor().person,
                now=here.clock(),
                team=int(team) if team in groups.teams else 0,
                teams=map(int, groups.teams),
            )
    except Invalid as refusal:
        flask.flash(refusal.problems[0].sentence, "important")
    else:
        flask.flash("This list is kept.", "done")
    return flask.redirect(f"{flask.url_for('inbox.tasks')}?{address}")


@page.post("/tasks/lists/<int:number>/take-away")
@signed_in
def take_away(number: int) -> ResponseReturnValue:
    """Forget a list."""
    with writing(services().engine) as connection:
        saved_lists.take_away(connection, number, person=actor().person)
    flask.flash("That list is not kept any more.", "done")
    return flask.redirect(flask.url_for("inbox.tasks"))


def _choosing(
    chosen: list[str] | None = None, wanted: str = "", to: str = "", problems: list[Problem] | None = None
) -> str:
    """Draw the list with boxes; what was chosen stays chosen."""
    here, who = services(), actor()
    now, (listed, _groups) = here.clock(), task_lists.asked_for()
    with reading(here.engine) as connection:
        bounds = audience(connection, who, now)
        rows = task_lists.page(listed, bounds, None, now).rows
        able = assigning.candidates_for_any(connection, rows, who, now=now)
    return flask.render_template(
        "several.html",
        lines=task_words.lines(rows, who, now),
        acts=ACTS,
        able=able,
        wanted=listed,
        chosen=set(chosen or ()),
        act=wanted,
        to=to,
        problems={problem.where: problem.sentence for problem in reversed(problems or [])},
    )


def _rows(connection: sa.Connection, chosen: list[str], bounds: Audience) -> list[TaskRow]:
    """Give those of the chosen tasks that stand in this person's lists, or that they lead, in the order in which they were chosen."""
    found: list[TaskRow] = []
    roles, task = bounds.who.duties | assigning.led_by(bounds.who), TaskTable
    mine = assigning.of_roles(bounds, roles)
    for each in chosen:
        try:
            case_id, number = task_number(each)
        except TaskNotFound:
            continue
        asked = sa.select(task.__table__).where(task.case_id == case_id, task.number == number)
        row = connection.execute(asked.where(mine)).mappings().first()
        if row is not None:
            found.append(TaskRow(**row))
    return found


def _one(wanted: str, row: TaskRow, to: str) -> Row:
    """Do it with one task."""
    try:
        return Row(row, done=True, words=_DOES[wanted](row, to))
    except Invalid as refusal:
        return Row(row, done=False, words=refusal.problems[0].sentence)
    except TaskIsTaken:
        return Row(row, done=False, words=_who_has(row))
    except Refusal as refusal:
        return Row(row, done=False, words=sentence_of(refusal))


def _who_has(row: TaskRow) -> str:
    """Say who has a task now."""
    with reading(services().engine) as connection:
        owner = sa.select(TaskTable.owner).where(TaskTable.case_id == row.case_id, TaskTable.number == row.number)
        now = replace(row, owner=connection.execute(owner).scalar_one())
    return task_words.owner(now, actor(), task_lists.names_of([now], actor()))


def _take(row: TaskRow, _to: str) -> str:
    new = services().cases.ownership.claim(row.id, by=actor(), now=services().clock())
    return "You have it" if new else "You had it already"


def _put_back(row: TaskRow, _to: str) -> str:
    led = assigning.led_by(actor())
    gone = services().cases.ownership.release(row.id, by=actor(), now=services().clock(), leads=led)
    return "Everybody of its role can take it" if gone else "Nobody had it"


def _give(row: TaskRow, to: str) -> str:
    here, who = services(), actor()
    with reading(here.engine) as connection:
        person = assigning.require_candidate(connection, to, [(row.role, row.case_id)], who, now=here.clock())
    led = assigning.led_by(who)
    returns = bool(flask.request.form.get("returns"))
    new = here.cases.ownership.give(row.id, to, by=who, now=here.clock(), leads=led, returns=returns)
    return f"{person.name} has it" if new else f"{person.name} had it already"


def _give_back(row: TaskRow, _to: str) -> str:
    back = services().cases.ownership.give_back(row.id, by=actor(), now=services().clock())
    names = task_lists.names_of([row], actor())
    return f"{names.get(row.returns_to, row.returns_to)} has it again" if back else "It is to go back to nobody"


def _remind(row: TaskRow, _to: str) -> str:
    here = services()
    with writing(here.engine) as connection:
        name = reminders.remind(connection, row, here.settings.base_url, by=actor(), now=here.clock())
    return f"{name} is reminded"


_DOES: Mapping[str, Callable[[TaskRow, str], str]] = MappingProxyType(
    {TAKE: _take, PUT_BACK: _put_back, GIVE: _give, GIVE_BACK: _give_back, REMIND: _remind}
)
