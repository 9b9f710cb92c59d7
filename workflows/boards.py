"""What the first page of a role is drawn from: who is missing, what is owed after a return, whose children, whose work.

One statement each, as far as a person's roles count (`audience`), by the indexes of what is open: a million cases that were closed cost
nothing. Nothing here names anybody but those who work.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import reading
from engine.frozen import frozen
from engine.rows import aliased
from engine.store import CaseTable, EventTable, Moment, TaskTable
from workflows import access, assigning, figures
from workflows.about import AboutRow
from workflows.access import SEES_EVERY_EPISODE, Standing, concerned
from workflows.audience import Audience, Column
from workflows.children import ChildRow, main_id
from workflows.comments import CommentRow
from workflows.daily import NOT_HELD_YET
from workflows.episodes import HELD_WITHIN, INTERVIEWING, EpisodeRow
from workflows.figures import Missing
from workflows.handovers import OFFERED, HandoverRow, HandoverTaskRow
from workflows.people import PersonRow

NO_PREVENTION_INTERVIEW = NOT_HELD_YET[:1]
"""The statuses of an episode in which the prevention interview may be owed (bpmn/missing_child)."""
PREVENTING = ("prevention_interview", "prevention_exception")
"""The records of the tasks in which the prevention interview is held, or let go with a reason."""
MOST, MOST_TASKS = 100, 500
WORKED_WITHIN = timedelta(days=90)
"""So long a child stays one's own after the last task that one did in a case that is open."""
MEETINGS = ("convene_meeting", "hold_meeting", "hold_strategy_discussion", "hold_follow_up_meeting", "hold_conference")


@frozen
class Owed:
    """One episode after the return: since when, whether the interview was offered, and who has the open task of it, by when.

    `task` is that task's number, 0 where none is open; `role` and `owner` are empty then, and `owner` where nobody has it.
    """

    case_id: str
    returned_at: datetime
    offered_at: datetime | None
    task: int
    role: str
    owner: str
    due_at: datetime | None

    @property
    def held_by(self) -> datetime:
        """By when the return interview is held (T-25, G-02)."""
        return self.returned_at + HELD_WITHIN


@frozen
class Open:
    """One open task; `owner` is the name of who has it, empty where nobody has."""

    case_id: str
    number: int
    name: str
    element: str
    role: str
    owner: str
    due_at: datetime | None

    @property
    def id(self) -> str:
        """Give what stands for it in an address."""
        return f"{self.case_id}.{self.number}"


@frozen
class Child:
    """A child on whom somebody works; `child_id` is empty while nobody has said who it is, and then there is one case."""

    child_id: str
    cases: tuple[str, ...]
    open: tuple[Open, ...] = field(default=())

    @property
    def meetings(self) -> tuple[Open, ...]:
        """The meetings that are to be called or held."""
        return tuple(each for each in self.open if each.element in MEETINGS)


@frozen
class Load:
    """How much somebody has of what a person leads; `person` is empty for what nobody has."""

    person: str
    name: str
    open: int
    overdue: int


@frozen
class Breach:
    """What is overdue of one kind of task: how many, and since when the longest."""

    element: str
    name: str
    count: int
    oldest: datetime


@frozen
class Offered:
    """A hand-over that nobody has answered: how many tasks from whom to whom, by when, and whether this person is one of the two."""

    id: int
    giver: str
    receiver: str
    tasks: int
    answer_by: datetime
    own: bool


@frozen
class Beat:
    """What was written, counted: the events since a moment, the newest comment and hand-over, and how many of these are offered."""

    events: int
    comment: int
    handover: int
    offered: int


def beat(connection: sa.Connection, since: datetime) -> Beat:
    """Count what was written since a moment, of all cases: where it is as before, no page has changed by it. One statement."""
    row = HandoverRow
    asked = sa.select(
        sa.select(sa.func.count()).where(EventTable.at > since).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.max(CommentRow.id), 0)).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.max(row.id), 0)).scalar_subquery(),
        sa.select(sa.func.count()).where(row.state == OFFERED).scalar_subquery(),
    )
    return Beat(*connection.execute(asked).one())


def missing(connection: sa.Connection, bounds: Audience) -> tuple[Missing, ...]:
    """Give who is missing, of those of whom the roles of a person may be told, the gravest grade first."""
    found = figures.missing_now(connection, also=[told_of(bounds, EpisodeRow.case_id)])
    return tuple(sorted(found, key=figures.gravest)[:MOST])


def told_of(bounds: Audience, case_id: Column) -> sa.ColumnElement[bool]:
    """Say in which cases a person is told of each episode, by one of their roles."""
    by_role = (
        sa.and_(sa.true(), *bounds.conditions(role, case_id)) for role in sorted(bounds.who.roles & SEES_EVERY_EPISODE)
    )
    return sa.or_(sa.false(), *by_role)


def returns(connection: sa.Connection, bounds: Audience) -> tuple[Owed, ...]:
    """Give those who are back and had no prevention interview, the earliest return first. Source: domain.md 1.7, T-21."""
    return _owed(connection, bounds, NO_PREVENTION_INTERVIEW, PREVENTING)


def interviews(connection: sa.Connection, bounds: Audience) -> tuple[Owed, ...]:
    """Give the children who are back and whose return interview is owed, the earliest return first. Source: T-25, G-02."""
    row = EpisodeRow
    owed = (row.interview_held_at.is_(None), row.adult.is_(False), row.case_closed_at.is_(None))
    return _owed(connection, bounds, NOT_HELD_YET, INTERVIEWING, *owed)


def _owed(
    connection: sa.Connection,
    bounds: Audience,
    statuses: Collection[str],
    records: Collection[str],
    *also: sa.ColumnElement[bool],
) -> tuple[Owed, ...]:
    """Give the episodes in one of these statuses, with the first open task of these records."""
    row, task, other = EpisodeRow, TaskTable, aliased(TaskTable)
    of_case = sa.select(other.number).where(
        other.case_id == row.case_id, other.status == "open", other.record.in_(sorted(records))
    )
    first = of_case.order_by(other.due_at, other.number).limit(1).correlate(row).scalar_subquery()
    asked = (
        sa.select(
            row.case_id,
            row.returned_at,
            row.interview_offered_at,
            sa.func.coalesce(task.number, 0),
            sa.func.coalesce(task.role, ""),
            sa.func.coalesce(PersonRow.name, task.owner, ""),
            task.due_at,
        )
        .select_from(row)
        .outerjoin(task, sa.and_(task.case_id == row.case_id, task.number == first))
        .outerjoin(PersonRow, PersonRow.sign_in == task.owner)
        .where(row.status.in_(statuses), row.returned_at.is_not(None), _in_part(bounds, row.case_id), *also)
        .order_by(row.returned_at, row.case_id)
        .limit(MOST)
    )
    return tuple(Owed(*each) for each in connection.execute(asked))


def tasks(connection: sa.Connection, bounds: Audience, *also: sa.ColumnElement[bool]) -> tuple[Open, ...]:
    """Give the open tasks that a person does or leads and that meet `also`, over `TaskTable`; what is due first at the top."""
    found = _open(bounds, bounds.who.duties | assigning.led_by(bounds.who), *also).subquery()
    owner = sa.func.coalesce(PersonRow.name, found.c.owner)
    columns = [owner if each.key == "owner" else each for each in found.c]
    asked = sa.select(*columns).outerjoin(PersonRow, PersonRow.sign_in == found.c.owner)
    ordered = asked.order_by(sa.nulls_last(found.c.due_at), found.c.case_id, found.c.number)
    return tuple(Open(*each) for each in connection.execute(ordered.limit(MOST_TASKS)))


def _of_task() -> list[sa.ColumnElement[Any]]:
    names = ("case_id", "number", "name", "element", "role", "owner", "due_at")
    return [TaskTable.__table__.c[name] for name in names]


def _in_part(bounds: Audience, case_id: Column, *, reading_d2: bool = True) -> sa.ColumnElement[bool]:
    """Say in which cases a person has a part, by the tasks of each case itself and not by a list of all that ever had one.

    `reading_d2` leaves the roles that may not read the facts of an episode.
    """
    held = bounds.who.roles
    if reading_d2:
        held = frozenset(role for role in held if "D2" in access.readable({role}, standing=Standing.OPEN))
    mine: list[sa.ColumnElement[bool]] = [sa.false()]
    for role in sorted(held):
        task = aliased(TaskTable)
        acting = sa.exists().where(task.case_id == case_id, task.role.in_(sorted(concerned({role}))))
        known = sa.true() if role in SEES_EVERY_EPISODE else acting
        mine.append(sa.and_(known, *bounds.conditions(role, case_id)))
    return sa.or_(*mine)


def children(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[Child, ...]:
    """Give the children of the open cases in which a person has a task or did one lately, with all that is open for each.

    What is due first comes first.
    """
    task, case, who = TaskTable, CaseTable, bounds.who
    mine = sa.union(
        sa.select(task.case_id).where(
            task.owner.in_(sorted({who.person, *who.deputises})), reading.OPEN, reading.OWNED
        ),
        sa.select(task.case_id).where(
            task.completed_by == who.person,
            sa.text("tasks.status = 'completed'"),
            task.completed_at > now - WORKED_WITHIN,
        ),
    ).subquery()
    child = sa.func.coalesce(EpisodeRow.child_id, AboutRow.child_id, case.correlation, "")
    main = sa.func.coalesce(main_id(ChildRow), "")
    asked = (
        sa.select(
            case.id,
            main,
            task.number,
            task.name,
            task.element,
            task.role,
            sa.func.coalesce(PersonRow.name, task.owner, ""),
            task.due_at,
        )
        .select_from(sa.join(mine, case, case.id == mine.c.case_id))
        .outerjoin(EpisodeRow, EpisodeRow.case_id == case.id)
        .outerjoin(AboutRow, AboutRow.case_id == case.id)
        .outerjoin(ChildRow, ChildRow.child_id == child)
        .outerjoin(task, sa.and_(task.case_id == case.id, task.status == "open"))
        .outerjoin(PersonRow, PersonRow.sign_in == task.owner)
        .where(case.status == "open", _in_part(bounds, case.id, reading_d2=False))
        .order_by(sa.nulls_last(task.due_at), case.id, task.number)
    )
    return _by_child(connection.execute(asked).tuples())


def _by_child(rows: Any) -> tuple[Child, ...]:
    """Put the open tasks of each child together, in the order in which they are due."""
    cases: dict[str, list[str]] = {}
    found: dict[str, list[Open]] = {}
    for case_id, child_id, *told in rows:
        key = child_id or case_id
        if case_id not in cases.setdefault(key, []):
            cases[key].append(case_id)
        if told[0] is not None:
            found.setdefault(key, []).append(Open(case_id, *told))
    return tuple(
        Child(key if key not in of else "", tuple(of), tuple(found.get(key, ()))) for key, of in cases.items()
    )[:MOST]


def workload(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[Load, ...]:
    """Count what each person has of the roles that somebody leads, and what nobody has; who has most that is overdue first."""
    rows = _open(bounds, assigning.led_by(bounds.who)).subquery()
    overdue = sa.func.sum(sa.case((rows.c.due_at <= now, 1), else_=0))
    asked = (
        sa.select(rows.c.owner, sa.func.coalesce(PersonRow.name, rows.c.owner), sa.func.count(), overdue)
        .select_from(sa.outerjoin(rows, PersonRow, PersonRow.sign_in == rows.c.owner))
        .group_by(rows.c.owner, PersonRow.name)
        .order_by(overdue.desc(), sa.func.count().desc(), rows.c.owner)
    )
    return tuple(Load(person, name, count, int(late)) for person, name, count, late in connection.execute(asked))


def breaches(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[Breach, ...]:
    """Count what is overdue of the roles that somebody leads, by the kind of task, the longest overdue first."""
    rows = _open(bounds, assigning.led_by(bounds.who), TaskTable.due_at <= now).subquery()
    oldest = sa.func.min(rows.c.due_at, type_=Moment())
    asked = sa.select(rows.c.element, sa.func.min(rows.c.name), sa.func.count(), oldest).group_by(rows.c.element)
    return tuple(Breach(*each) for each in connection.execute(asked.order_by(oldest, rows.c.element)))


def _open(bounds: Audience, roles: Collection[str], *also: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """Select the open tasks of roles that a person does or leads, each role by its index."""
    none = sa.select(*_of_task()).where(sa.false())
    parts = (
        sa.select(*_of_task()).where(TaskTable.role == role, reading.OPEN, *assigning.conditions(bounds, role), *also)
        for role in sorted(roles)
    )
    return sa.union_all(none, *parts)


def unanswered(connection: sa.Connection, bounds: Audience) -> tuple[Offered, ...]:
    """Give the hand-overs that wait for an answer: from or to a person, and those of tasks that they lead, the earliest first."""
    row, held, task, who = HandoverRow, HandoverTaskRow, TaskTable, bounds.who
    giver, receiver = aliased(PersonRow), aliased(PersonRow)
    of_these = sa.and_(held.handover == row.id, held.case_id == task.case_id, held.number == task.number)
    led = assigning.led_by(who)
    leads = sa.exists().where(of_these, assigning.of_roles(bounds, led))
    own = sa.or_(row.giver == who.person, row.receiver == who.person)
    many = sa.select(sa.func.count()).where(held.handover == row.id).correlate(row).scalar_subquery()
    asked = (
        sa.select(row.id, giver.name, receiver.name, many, row.answer_by, own)
        .join(giver, giver.sign_in == row.giver)
        .join(receiver, receiver.sign_in == row.receiver)
        .where(row.state == OFFERED, sa.or_(own, leads) if led else own)
        .order_by(row.answer_by, row.id)
        .limit(MOST)
    )
    return tuple(
        Offered(number, by, to, count, answer_by, bool(is_own))
        for number, by, to, count, answer_by, is_own in connection.execute(asked)
    )


def of_teams(loads: Collection[Load], members: Mapping[int, Collection[str]]) -> dict[int, tuple[int, int]]:
    """Count open and overdue tasks of each team, of which `members` names the people."""
    by_person = {each.person: each for each in loads}
    return {
        team: (
            sum(by_person[one].open for one in people if one in by_person),
            sum(by_person[one].overdue for one in people if one in by_person),
        )
        for team, people in members.items()
    }
