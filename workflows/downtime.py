"""What is open, for when the service is down: who is missing, what is due next, whom to ring; as far as a person's roles count.

Three statements beside those of `boards`; nothing of what was closed is read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable
from workflows import boards, on_call
from workflows.audience import Audience
from workflows.boards import Open, Owed
from workflows.episodes import EpisodeRow
from workflows.figures import Missing
from workflows.on_call import READERS, Duty
from workflows.teams import TeamMemberRow

AHEAD = timedelta(hours=12)
"""What is due within this time stands in the pack, and what is overdue: one long shift (our own)."""
ROTA_AHEAD = timedelta(hours=24)
REVIEWS = frozenset({"review_case", "review_by_inspector", "review_as_chief", "review_as_superintendent"})


@frozen
class Pack:
    """Everything open at a moment: `names` of the missing by case, for the cases in which the reader may know them."""

    missing: tuple[Missing, ...]
    names: dict[str, str]
    reviews: tuple[Open, ...]
    tasks: tuple[Open, ...]
    interviews: tuple[Owed, ...]
    rota: tuple[Duty, ...]

    @property
    def about(self) -> frozenset[str]:
        """Name every case of which something stands in it."""
        ids = [one.case_id for one in self.missing] + [one.case_id for one in self.interviews]
        return frozenset([*ids, *(each.case_id for each in (*self.reviews, *self.tasks))])


def pack(connection: sa.Connection, bounds: Audience, team: int, now: datetime) -> Pack:
    """Read what is open for a person's roles and those that they lead; of the tasks those of one team, where `team` is not 0."""
    missing = boards.missing(connection, bounds)
    due = _due(connection, bounds, team, now)
    return Pack(
        missing,
        _names(connection, [one.case_id for one in missing]),
        tuple(each for each in due if each.element in REVIEWS),
        tuple(each for each in due if each.element not in REVIEWS),
        boards.interviews(connection, bounds),
        _rota(connection, bounds, now),
    )


def _due(connection: sa.Connection, bounds: Audience, team: int, now: datetime) -> tuple[Open, ...]:
    """Give the open tasks that are overdue or due within `AHEAD`, of the roles that a person has or leads."""
    of_team = TaskTable.owner.in_(sa.select(TeamMemberRow.person).where(TeamMemberRow.team == team))
    return boards.tasks(connection, bounds, TaskTable.due_at <= now + AHEAD, *([of_team] if team else []))


def _names(connection: sa.Connection, case_ids: Collection[str]) -> dict[str, str]:
    row = EpisodeRow
    asked = sa.select(row.case_id, row.child_name).where(row.case_id.in_(case_ids))
    return dict(connection.execute(asked).tuples().all())


def _rota(connection: sa.Connection, bounds: Audience, now: datetime) -> tuple[Duty, ...]:
    """Give who is on call within a day in a person's own agencies, for those who may look it up."""
    who = bounds.who
    if who.roles.isdisjoint(READERS):
        return ()
    agencies = sorted(frozenset[str]().union(*(who.organisations(role) for role in who.roles)))
    until = now + ROTA_AHEAD
    found = (on_call.rota(connection, now, until=until, organisation=agency) for agency in agencies)
    return tuple(duty for duties in found for duty in duties)
