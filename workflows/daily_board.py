"""What the daily meeting looks at, as it stands now: beside who is missing, what is late, what is asked of partners, and who comes again.

Five statements over what is open or happened lately, as far as the roles of a person count (`workflows.audience`). Source: domain.md 1.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import Moment, ReadTable, TaskTable
from workflows import boards, daily
from workflows.agencies import ROLES
from workflows.audience import Audience
from workflows.boards import MOST, Owed
from workflows.children import ChildRow, PastEpisodeRow, main_id
from workflows.daily import DUE_WITHIN, Standing
from workflows.days import yesterday_began
from workflows.episodes import CANCELLED, MISSING, EpisodeRow
from workflows.figures import OFTEN, OFTEN_WITHIN, Missing

FORCE = "police"
"""The kind of agency of the force; what lies with any other is asked of a partner."""

NOTED_WITHIN = timedelta(hours=1)
"""A screen that draws itself anew is written down once an hour for each episode, not each time."""


@frozen
class Late:
    """One task of a missing episode that should have been done; `asked` tells that it lies with a partner."""

    case_id: str
    number: int
    name: str
    role: str
    due_at: datetime | None

    @property
    def asked(self) -> bool:
        """Whether it lies with another agency than the force."""
        return ROLES[self.role].kind not in {FORCE, ""} if self.role in ROLES else False


@frozen
class Back:
    """One return: when, and the episode's status since."""

    case_id: str
    returned_at: datetime
    status: str


@frozen
class Often:
    """A child who was reported three times or more in 90 days: how often, from before the cut-over too, and the newest report."""

    child_id: str
    reports: int
    last_report_at: datetime


@frozen
class Board:
    """Everything that the board shows; `tasks` are the open ones of who is missing, what is due first at the top."""

    missing: tuple[Missing, ...]
    standings: Mapping[str, Standing]
    tasks: tuple[Late, ...]
    returns: tuple[Back, ...]
    interviews: tuple[Owed, ...]
    often: tuple[Often, ...]
    now: datetime

    @property
    def overdue(self) -> tuple[Late, ...]:
        """The tasks of the force that are overdue."""
        return tuple(
            each for each in self.tasks if not each.asked and each.due_at is not None and each.due_at <= self.now
        )

    @property
    def asks(self) -> tuple[Late, ...]:
        """What is asked of partners and not answered, overdue or not."""
        return tuple(each for each in self.tasks if each.asked)


def board(connection: sa.Connection, bounds: Audience, now: datetime) -> Board:
    """Read the board of a person."""
    missing = boards.missing(connection, bounds)
    ids = [one.case_id for one in missing]
    return Board(
        missing=missing,
        standings=daily.standings(connection, ids, now),
        tasks=_tasks(connection, ids),
        returns=_returns(connection, bounds, now),
        interviews=tuple(one for one in boards.interviews(connection, bounds) if one.held_by <= now + DUE_WITHIN),
        often=_often(connection, bounds, now),
        now=now,
    )


def noted_lately(connection: sa.Connection, person: str, purpose: str, now: datetime) -> frozenset[str]:
    """Name the episodes of which the log of readings says for this hour that a person looks at them for a purpose."""
    row = ReadTable
    query = sa.select(row.case_id).where(row.at > now - NOTED_WITHIN, row.purpose == purpose, row.person == person)
    return frozenset(connection.execute(query).scalars())


def _tasks(connection: sa.Connection, ids: list[str]) -> tuple[Late, ...]:
    """Give the open tasks of these episodes that have a time, or lie with a partner."""
    task = TaskTable
    query = sa.select(task.case_id, task.number, task.name, task.role, task.due_at).where(
        task.case_id.in_(ids), task.status == "open"
    )
    found = (Late(*each) for each in connection.execute(query.order_by(sa.nulls_last(task.due_at), task.number)))
    return tuple(each for each in found if each.due_at is not None or each.asked)


def _returns(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[Back, ...]:
    """Give who came back since yesterday began in London, the newest first; so that nobody falls between two meetings."""
    row = EpisodeRow
    query = sa.select(row.case_id, row.returned_at, row.status).where(
        row.returned_at >= yesterday_began(now),
        row.status.not_in([*MISSING, CANCELLED]),
        boards.told_of(bounds, row.case_id),
    )
    return tuple(Back(*each) for each in connection.execute(query.order_by(row.returned_at.desc()).limit(MOST)))


def _often(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[Often, ...]:
    """Give the children with the repeat pattern (G-16), who was reported most often first; adults and who is unknown are none."""
    row, since = EpisodeRow, now - OFTEN_WITHIN
    child = main_id(ChildRow)
    ours = sa.select(child.label("child"), row.reported_at.label("at"), sa.literal(1).label("ours")).join(
        ChildRow, ChildRow.child_id == row.child_id
    ).where(row.reported_at > since, row.status != CANCELLED, row.adult.is_(False), boards.told_of(bounds, row.case_id))  # fmt: skip
    past = sa.select(child, PastEpisodeRow.reported_at, sa.literal(0)).join(
        ChildRow, ChildRow.child_id == PastEpisodeRow.child_id
    ).where(PastEpisodeRow.reported_at > since)  # fmt: skip
    both = sa.union_all(ours, past).subquery()
    many, last = sa.func.count(), sa.func.max(both.c.at, type_=Moment())
    query = sa.select(both.c.child, many, last).group_by(both.c.child)
    query = query.having(many >= OFTEN, sa.func.sum(both.c.ours) > 0, both.c.child.not_in(sorted(bounds.hidden)))
    return tuple(Often(*each) for each in connection.execute(query.order_by(many.desc(), last.desc()).limit(MOST)))
