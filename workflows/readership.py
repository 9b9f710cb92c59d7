"""Who reads a data class in a case: said before something is written, so that whoever writes knows to whom (domain.md 5.2, 13.12)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.store import CaseTable, TaskTable
from workflows import access, audience, audits, children, seals
from workflows.access import AFTER_VETTING, ATTENDS, HOST_VIEW, Standing
from workflows.agencies import KINDS, ROLES, title_of
from workflows.attendance import AttendanceRow
from workflows.audience import Whose
from workflows.children import ChildRow
from workflows.episodes import ADULT_FROM, EpisodeRow, age_on

ANOTHER_COUNCIL = "the desk of another council while the episode is open"


@dataclass(frozen=True, slots=True)
class Readership:
    """A case as far as it matters who reads it: whose it is, who works on it, how it stands, which kinds sat in its meetings.

    `group` are the people of the group of a sealed case, and None where it is not sealed.
    """

    whose: Whose
    worked: frozenset[str]
    standing: Standing
    is_episode: bool
    is_sampled: bool
    sat: frozenset[str]
    group: frozenset[str] | None

    def titles(self, data_class: str) -> tuple[str, ...]:
        """Give the titles of the roles that read a data class in the case, with a part of their own; in their order."""
        return (*(title_of(role) for role in self.roles(data_class)), *self._hosts(data_class))

    def kinds(self, data_class: str) -> tuple[str, ...]:
        """Give the kinds of agency of which somebody reads a data class in the case, in words."""
        kinds = dict.fromkeys(KINDS[ROLES[role].kind] for role in self.roles(data_class))
        return (*kinds, *self._hosts(data_class))

    def roles(self, data_class: str) -> tuple[str, ...]:
        """Name the roles that read a data class in the case, with a part of their own; in their order."""
        able = (role for role in ROLES if self._counts(role) and self._has_a_part(role))
        return tuple(role for role in able if data_class in self._reads(role))

    def _hosts(self, data_class: str) -> tuple[str, ...]:
        told = self.is_episode and data_class in access.readable(HOST_VIEW, standing=self.standing)
        return (ANOTHER_COUNCIL,) if told else ()

    def _counts(self, role: str) -> bool:
        agencies = self.whose.agencies(role)
        return agencies is None or bool(agencies)

    def _has_a_part(self, role: str) -> bool:
        return access.has_a_part({role}, self.worked, sampled=self.is_sampled, attended=self._seated(role))

    def _seated(self, role: str) -> Collection[str]:
        return {role} if role in ATTENDS and ROLES[role].kind in self.sat else ()

    def _reads(self, role: str) -> frozenset[str]:
        vetted, seated = AFTER_VETTING, self._seated(role)
        return access.readable({role}, standing=self.standing, sampled=self.is_sampled, attended=seated, vetted=vetted)


def of(connection: sa.Connection, case_id: str, now: datetime) -> Readership:
    """Say who reads what in a case that there is."""
    case, row = CaseTable, AttendanceRow
    child = children.child_of(connection, case_id)
    asked = sa.select(
        case.status,
        sa.exists().where(EpisodeRow.case_id == case.id).label("episode"),
        sa.select(ChildRow.born_on).where(ChildRow.child_id == (child or "")).scalar_subquery().label("born_on"),
    )
    found = connection.execute(asked.where(case.id == case_id)).one()
    worked = sa.select(TaskTable.role).where(TaskTable.case_id == case_id).distinct()
    standing = Standing.OPEN if found.status == "open" else Standing.CLOSED
    if standing is Standing.CLOSED and found.born_on is not None and age_on(found.born_on, now) >= ADULT_FROM:
        standing = Standing.GROWN_UP
    return Readership(
        audience.whose(connection, case_id, now),
        frozenset(connection.execute(worked).scalars()),
        standing,
        bool(found.episode) and standing is Standing.OPEN,
        bool(audits.sampled_among(connection, [case_id])),
        frozenset(connection.execute(sa.select(row.kind).where(row.case_id == case_id)).scalars()),
        seals.group_of(connection, case_id),
    )
