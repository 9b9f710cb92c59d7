"""The tasks of a person's roles, those that are due first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from engine.errors import NotFound
from engine.store import CaseTable, ReleaseTable, TaskTable, reading
from engine.views import Cursor, Page, TaskRow
from notifications import outbox
from web import inbox_filter
from web.access import actor, signed_in
from web.draft_words import items_for
from web.inbox_filter import DUE, Wanted
from web.missing_words import COLOURS
from web.moments import read_moment, say_moment, say_until
from web.procedures import MISSING_CHILD
from web.services import services
from workflows import copies, merging, notices
from workflows.agencies import title_of
from workflows.audience import Audience, audience
from workflows.copies import Owed
from workflows.daily import LOWER_GRADE_WAITS
from workflows.merging import Merge
from workflows.notice_kinds import KINDS
from workflows.notices import Notice
from workflows.vocabulary import RISK_LEVEL

page = flask.Blueprint("inbox", __name__)

PAGE_SIZE = 50
MANY = 100
DIGEST = 16
LEFT_BY = timedelta(minutes=5)
"""An urgent message that has not left by then is a reason to ring people."""
LONGEST_NUMBER = 9
GRADED = ", graded "
"""Stands in a case's title between what it is and how it is graded (bpmn/missing_child, property `title`)."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A word in a colour; the colour says nothing that the word does not say."""

    words: str
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """One task as a line of the list."""

    task: TaskRow
    procedure: str
    kind: str
    risk: Tag | None
    lowering: bool
    due: str
    until: str
    overdue: bool


@page.get("/")
@signed_in
def home() -> ResponseReturnValue:
    """Go to the tasks."""
    return flask.redirect(flask.url_for("inbox.tasks"))


@page.get("/tasks")
@signed_in
def tasks() -> ResponseReturnValue:
    """List the open tasks of this person's roles by due time, and apart from them those that have none."""
    here, who = services(), actor()
    after = read_cursor(flask.request.args.get("after", ""))
    with reading(here.engine) as connection:
        bounds = audience(connection, who)
    now, wanted = here.clock(), inbox_filter.read(flask.request.args, who.duties)
    found, everything = _found(wanted, bounds, after, now), after is None and wanted == Wanted()
    names = _procedures(row.case_id for row in found.rows)
    lowered = _lowered(row.case_id for row in found.rows)
    lines = [_line(row, names.get(row.case_id, ""), now, lowering=row.case_id in lowered) for row in found.rows]
    return flask.render_template(
        "inbox.html",
        duties=[line for line in lines if line.due],
        options=[line for line in lines if not line.due],
        next=write_cursor(found.next) if found.next else "",
        first=after is None,
        seen=_digest(found.rows, now) if after is None else "",
        shown_at=now.isoformat(),
        may_open=_may_open(who.roles),
        roles=len(who.duties),
        wanted=wanted,
        choices=_choices(wanted, who.duties),
        overdue=_overdue(bounds, now) if everything else 0,
        drafts=items_for(who.person, who.roles) if everything else [],
        merges=_merges(bounds) if everything else (),
        unread=_unread(bounds, now) if everything else (),
        wrong_copies=_wrong_copies(bounds) if everything else (),
        now=now,
        stuck_since=outbox.stuck_since(here.engine, now - LEFT_BY),
    )


@page.get("/tasks/news")
@signed_in
def news() -> ResponseReturnValue:
    """Say what is new since a list was shown, whose digest is `seen`; no content where nothing is, which is most of the time.

    Pages that are open ask every ten seconds. It is no use of the session (`web.identity`), and one statement more than
    the list itself where something is new.
    """
    here, who = services(), actor()
    now, wanted = here.clock(), inbox_filter.read(flask.request.args, who.duties)
    with reading(here.engine) as connection:
        bounds = audience(connection, who)
    if _digest(_found(wanted, bounds, None, now).rows, now) == flask.request.args.get("seen"):
        return "", 204
    since = read_moment(flask.request.args.get("since", "")) or now
    more = [*wanted.conditions(now), TaskTable.opened_at > since]
    fresh = _count(bounds, wanted.roles(who.duties), more)
    return flask.render_template("inbox_news.html", fresh=fresh, since=since, wanted=wanted)


def _found(wanted: Wanted, bounds: Audience, after: Cursor | None, now: datetime) -> Page:
    """Give one page of the list."""
    more, roles, within = wanted.conditions(now), wanted.roles(bounds.who.duties), bounds.within()
    return services().cases.inbox(roles, after=after, limit=PAGE_SIZE, within=lambda role: [*within(role), *more])


def _digest(rows: Sequence[TaskRow], now: datetime) -> str:
    """Tell a list from another one: by its tasks, when they are due, and whether they are overdue."""
    said = [f"{row.id} {row.due_at} {row.due_at is not None and row.due_at <= now}" for row in rows]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:DIGEST]


def _overdue(bounds: Audience, now: datetime) -> int:
    """Count this person's tasks that are overdue."""
    return _count(bounds, bounds.who.duties, [TaskTable.due_at <= now])


def _count(bounds: Audience, roles: frozenset[str], more: Sequence[sa.ColumnElement[bool]]) -> int:
    """Count the open tasks of some roles; many are as bad as more, so that counting stops at a hundred."""
    if not roles:
        return 0
    task, within = TaskTable, bounds.within()
    parts = (
        sa.select(sa.literal(1)).where(task.role == role, task.status == "open", *within(role), *more)
        for role in sorted(roles)
    )
    some = sa.union_all(*parts).limit(MANY).subquery()
    with reading(services().engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def _choices(wanted: Wanted, duties: frozenset[str]) -> dict[str, list[dict[str, object]]]:
    """Give the choices of each question of the filter as the page's lists take them; of the roles where there are several."""
    words = {"due": DUE, "grade": RISK_LEVEL, "role": {role: title_of(role) for role in sorted(duties)}}
    return {
        name: [
            {"value": value, "text": text, "selected": value == getattr(wanted, name)}
            for value, text in {"": "Everything", **said}.items()
        ]
        for name, said in words.items()
        if name != "role" or len(duties) > 1
    }


def _merges(bounds: Audience) -> list[Merge]:
    """Give the proposals that two records are one child on which this person may decide: not the own ones, none behind a seal."""
    if not bounds.who.roles & merging.MERGES:
        return []
    with reading(services().engine) as connection:
        waiting = merging.waiting(connection, not_by=bounds.who.person)
    return [each for each in waiting if bounds.hidden.isdisjoint({each.goes, each.stays})]


def _unread(bounds: Audience, now: datetime) -> list[tuple[Notice, str]]:
    """Give the notices of this person's roles that were sent twice and that nobody has acknowledged, with their titles."""
    with reading(services().engine) as connection:
        late = notices.overdue(connection, bounds, now)
    return [(each, KINDS[each.kind].title if each.kind in KINDS else "Notice") for each in late]


def _wrong_copies(bounds: Audience) -> tuple[tuple[Owed, ...], ...]:
    """Give what this person's roles gave away and was put right since, by recipient, the earliest due first."""
    with reading(services().engine) as connection:
        return copies.by_recipient(copies.waiting(connection, bounds))


def write_cursor(cursor: Cursor) -> str:
    """Write where a page ended as it stands in an address: ``2026-03-02T16:12:00+00:00~MC-7K3QX9PW~4``."""
    moment = cursor.due_at.isoformat() if cursor.due_at else ""
    return f"{moment}~{cursor.case_id}~{cursor.number}"


def read_cursor(text: str) -> Cursor | None:
    """Read what `write_cursor` wrote; anything else is the first page."""
    moment, _, rest = text.partition("~")
    case_id, _, number = rest.partition("~")
    due_at = read_moment(moment)
    if not (case_id and number.isdecimal() and len(number) <= LONGEST_NUMBER) or (moment and due_at is None):
        return None
    return Cursor(due_at, case_id, int(number))


def _procedures(case_ids: Iterable[str]) -> dict[str, str]:
    """Name the procedure of each case, such as ``{"TP-7K3QX9PW": "Trigger plan"}``; empty where there is only one to name."""
    here = services()
    wanted = sa.select(CaseTable.id, CaseTable.procedure).where(CaseTable.id.in_(set(case_ids)))
    with reading(here.engine) as connection:
        several = len(connection.execute(sa.select(ReleaseTable.procedure).distinct().limit(2)).all()) > 1
        found = {row.id: row.procedure for row in connection.execute(wanted)} if several else {}
    names = {name: here.cases.library.newest(name)[1].process.name for name in set(found.values())}
    return {case_id: names[procedure] for case_id, procedure in found.items()}


def _lowered(case_ids: Iterable[str]) -> frozenset[str]:
    """Give those cases in which a lower grade is proposed and waits: until then the higher one stands (G-12)."""
    task = TaskTable
    waits = sa.and_(task.element.in_(LOWER_GRADE_WAITS), task.status == "open", task.case_id.in_(set(case_ids)))
    with reading(services().engine) as connection:
        return frozenset(connection.execute(sa.select(task.case_id).where(waits)).scalars())


def _line(row: TaskRow, procedure: str, now: datetime, *, lowering: bool) -> Line:
    kind, _, grade = row.case_title.partition(GRADED)
    if kind.startswith(procedure):
        procedure = ""  # the title says it already
    risk = Tag(RISK_LEVEL.get(grade, grade) + " risk", COLOURS.get(grade, "grey")) if grade else None
    if row.due_at is None:
        return Line(row, procedure, kind, risk, lowering, "", "", overdue=False)
    due, until = say_moment(row.due_at), say_until(row.due_at, now)
    return Line(row, procedure, kind, risk, lowering, due, until, overdue=row.due_at <= now)


def _may_open(held: frozenset[str]) -> bool:
    try:
        return services().cases.opening(MISSING_CHILD).role in held
    except NotFound:
        return False
