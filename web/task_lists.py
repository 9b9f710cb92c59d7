"""The lists of tasks as rows: all of a person's roles, what they have, what they gave away, what they have done; and how many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

import flask
import sqlalchemy as sa

from engine import reading, store
from engine.errors import NotFound
from engine.model import Actor
from engine.reading import OPEN, OWNED
from engine.store import CaseTable, ReleaseTable, TaskTable
from engine.views import Cursor, Page, TaskRow
from web import case_access, inbox_filter
from web.access import actor
from web.inbox_filter import DONE, FREE, GIVEN, LED, MINE, SENT, Groups, Wanted
from web.moments import read_moment
from web.numbers import is_number
from web.procedures import MISSING_CHILD
from web.services import services
from workflows import access, assigning, children, comments, people, teams
from workflows.access import Standing
from workflows.audience import Audience
from workflows.comments import Unread
from workflows.daily import LOWER_GRADE_WAITS
from workflows.people import PersonRow

PAGE_SIZE = 50
MANY = 100
"""Counting stops here: many are as bad as more."""
OVERDUE = "overdue"
Selected = sa.Select[tuple[int]] | sa.CompoundSelect[tuple[int]]
OWN_AT_MOST = 200
"""So many tasks of one person, or given away by one, are shown together."""
CASES_AT_MOST = 100
"""So many cases in which a person did something last are looked through for what others have to do there."""
DIGEST = 16


def asked_for() -> tuple[Wanted, Groups]:
    """Read from the address which list is wanted, with the teams by which it may be narrowed; nobody asks for flags who may not read them."""
    who, person = actor(), flask.request.args.get("person", "")
    with store.reading(services().engine) as connection:
        leads, where = assigning.led_by(who), assigning.led_in(who)
        mine = {str(team.id): team.name for team in teams.around(connection, who.person, leads, where)}
        named = people.colleague(connection, person, where) if person else ""
    groups = Groups(mine, {person: named} if named else {})
    wanted = inbox_filter.read(flask.request.args, who.duties, groups)
    return (wanted if may_ask_for_flags(who.roles) else wanted.without_flag()), groups


def may_ask_for_flags(roles: frozenset[str]) -> bool:
    """Tell whether a list may be narrowed by the flags of children: for those who may read them."""
    return children.DATA_CLASS_OF["flags"] in access.readable(roles, standing=Standing.OPEN)


def page(wanted: Wanted, bounds: Audience, after: Cursor | None, now: datetime, *, limit: int = PAGE_SIZE) -> Page:
    """Give one page of the list that is wanted, as far as the person's roles count in its cases."""
    cases, who = services().cases, bounds.who
    if wanted.which == DONE:
        return cases.views.done(who.person, after=after, limit=limit, but=bounds.hidden)
    more = wanted.conditions(now)
    if wanted.which == SENT:
        last = cases.views.worked_on(who.person, limit=CASES_AT_MOST)
        known = case_access.readable_each(services().engine, who, last, now=now, with_reason=False)
        rows = cases.views.open_in(known, but=who.duties | assigning.led_by(who), limit=OWN_AT_MOST, more=more)
        return Page(tuple(rows), None)
    roles = assigning.led_by(who) if wanted.which == LED else wanted.roles(who.duties)

    def within(role: str) -> Sequence[sa.ColumnElement[bool]]:
        return [*assigning.conditions(bounds, role), *more]

    if wanted.which == MINE:
        mine = {who.person, *who.deputises}
        return Page(tuple(cases.views.owned(mine, limit=OWN_AT_MOST, within=within, roles=roles)), None)
    if wanted.which == GIVEN:
        return Page(tuple(cases.views.given(who.person, limit=OWN_AT_MOST, within=within, roles=roles)), None)
    ranked = not wanted.order
    if after is not None and after.due_at is not None and (after.rank is not None) != ranked:
        after = None  # the place is one of the other order
    return cases.inbox(roles, after=after, limit=limit, within=within, ranked=ranked)


def counts(bounds: Audience, now: datetime) -> dict[str, int]:
    """Count what a person has, what they gave away, what nobody has taken, and what is overdue; at most `MANY` of each."""
    who, task = bounds.who, TaskTable
    parts: dict[str, Selected] = {
        MINE: _whose(bounds, [task.owner.in_(sorted({who.person, *who.deputises})), OWNED]),
        GIVEN: _whose(bounds, [task.given_by == who.person, reading.GIVEN, task.owner != who.person]),
        FREE: _of_roles(bounds, who.duties, [task.owner == ""]),
        OVERDUE: _of_roles(bounds, who.duties, [task.due_at <= now]),
    }
    asked = [_counted(part).scalar_subquery().label(name) for name, part in parts.items()]
    with store.reading(services().engine) as connection:
        row = connection.execute(sa.select(*asked)).mappings().one()
    return {name: int(row[name]) for name in parts}


def count(bounds: Audience, roles: frozenset[str], more: Sequence[sa.ColumnElement[bool]]) -> int:
    """Count the open tasks of some roles, at most `MANY`."""
    with store.reading(services().engine) as connection:
        return connection.execute(_counted(_of_roles(bounds, roles, more))).scalar_one()


def _counted(part: Selected) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.count()).select_from(part.limit(MANY).subquery())


def _of_roles(
    bounds: Audience, roles: frozenset[str], more: Sequence[sa.ColumnElement[bool]]
) -> sa.CompoundSelect[tuple[int]]:
    """Select the open tasks of some roles, each by its index."""
    task, within = TaskTable, bounds.within()
    none = sa.select(sa.literal(1)).where(sa.false())
    parts = (sa.select(sa.literal(1)).where(task.role == role, OPEN, *within(role), *more) for role in sorted(roles))
    return sa.union_all(none, *parts)


def _whose(bounds: Audience, whose: Sequence[sa.ColumnElement[bool] | sa.TextClause]) -> sa.Select[tuple[int]]:
    """Select open tasks by who has or gave them, as far as the person's roles count there."""
    within = bounds.within()
    counting = [sa.and_(TaskTable.role == role, *within(role)) for role in sorted(bounds.who.duties)]
    return sa.select(sa.literal(1)).where(*whose, OPEN, sa.or_(sa.false(), *counting))


def digest(rows: Sequence[TaskRow], now: datetime, mentions: Iterable[Unread] = ()) -> str:
    """Tell a list from another one: by its tasks, who has them, when they are due, whether they are overdue; and by who mentions one."""
    said = [f"{row.id} {row.owner} {row.due_at} {row.due_at is not None and row.due_at <= now}" for row in rows]
    said += [f"{each.case_id} {each.at}" for each in mentions]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:DIGEST]


def write_cursor(cursor: Cursor) -> str:
    """Write where a page ended as it stands in an address: ``2026-03-02T16:12:00+00:00~MC-7K3QX9PW~4~10``."""
    moment = cursor.due_at.isoformat() if cursor.due_at else ""
    rank = "" if cursor.rank is None else f"~{cursor.rank}"
    return f"{moment}~{cursor.case_id}~{cursor.number}{rank}"


def read_cursor(text: str) -> Cursor | None:
    """Read what `write_cursor` wrote; anything else is the first page."""
    moment, _, rest = text.partition("~")
    case_id, _, rest = rest.partition("~")
    number, _, rank = rest.partition("~")
    due_at = read_moment(moment)
    if not (case_id and is_number(number)) or (moment and due_at is None) or (rank and not is_number(rank)):
        return None
    return Cursor(due_at, case_id, int(number), int(rank) if rank else None)


def procedures_of(case_ids: Iterable[str]) -> dict[str, str]:
    """Name the procedure of each case, such as ``{"TP-7K3QX9PW": "Trigger plan"}``; empty where there is only one to name."""
    here = services()
    wanted = sa.select(CaseTable.id, CaseTable.procedure).where(CaseTable.id.in_(set(case_ids)))
    with store.reading(here.engine) as connection:
        several = len(connection.execute(sa.select(ReleaseTable.procedure).distinct().limit(2)).all()) > 1
        found = {row.id: row.procedure for row in connection.execute(wanted)} if several else {}
    names = {name: here.cases.library.newest(name)[1].process.name for name in set(found.values())}
    return {case_id: names[procedure] for case_id, procedure in found.items()}


def lowered(case_ids: Iterable[str]) -> frozenset[str]:
    """Give those cases in which a lower grade is proposed and waits: until then the higher one stands (G-12)."""
    task = TaskTable
    waits = sa.and_(task.element.in_(LOWER_GRADE_WAITS), task.status == "open", task.case_id.in_(set(case_ids)))
    with store.reading(services().engine) as connection:
        return frozenset(connection.execute(sa.select(task.case_id).where(waits)).scalars())


def names_of(rows: Iterable[TaskRow], who: Actor) -> dict[str, str]:
    """Name the people who have tasks, by sign-in name; nobody else is looked up."""
    wanted = {name for row in rows for name in (row.owner, row.given_by, row.returns_to) if name} - {who.person}
    if not wanted:
        return {}
    asked = sa.select(PersonRow.sign_in, PersonRow.name).where(PersonRow.sign_in.in_(sorted(wanted)))
    with store.reading(services().engine) as connection:
        return {row.sign_in: row.name for row in connection.execute(asked)}


def mentions(bounds: Audience, now: datetime) -> list[Unread]:
    """Give the comments that mention this person, whom they can still read and that they have not looked at; one for each case."""
    here, who = services(), bounds.who
    with store.reading(here.engine) as connection:
        found = {each.case_id: each for each in reversed(comments.unread(connection, who.person))}
    known = case_access.readable_each(here.engine, who, sorted(found), now=now, with_reason=False) if found else {}
    return [each for each in reversed(found.values()) if each.data_class in known.get(each.case_id, ())]


def may_open(held: frozenset[str]) -> bool:
    """Whether one of these roles opens the case of a missing child: their pages begin with the button for it."""
    try:
        return services().cases.opening(MISSING_CHILD).role in held
    except NotFound:
        return False
