"""The count of the police and the count of social care for one period, and the cases by which they differ.

The police count the episodes that were reported in the period; social care counts the notices that it acknowledged in it. Both are
right, and differ: `DIFFERENCES` says by what. Source: domain.md 3.6, T-06, G-24.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa

from engine.frozen import frozen
from engine.store import TaskTable
from workflows.episodes import CANCELLED, EpisodeRow
from workflows.figures import Period, apart_from, of_authorities, within

NOTICE = "acknowledge_missing_notice"
"""The task by which social care says that it knows (bpmn/missing_child)."""

LATEST, EARLIEST = timedelta(days=90), timedelta(days=7)
"""A notice that was acknowledged later after the report, or earlier before its corrected time, is not looked for."""


@frozen
class Told:
    """One episode that either side counts in the period: `notice` is how the task of social care stands, empty where there was none."""

    case_id: str
    authority: str
    reported_at: datetime
    acknowledged_at: datetime | None
    notice: str
    adult: bool
    in_error: bool

    def by_police(self, period: Period) -> bool:
        """Whether the police count it: reported in the period, and not in error."""
        return period.begins_at <= self.reported_at < period.ends_at and not self.in_error

    def by_social_care(self, period: Period) -> bool:
        """Whether social care counts it: acknowledged in the period."""
        return self.acknowledged_at is not None and period.begins_at <= self.acknowledged_at < period.ends_at


@frozen
class Difference:
    """One reason for which a case is in one count alone: in words, and what tells it."""

    words: str
    holds: Callable[[Told, Period], bool]


POLICE_ALONE: Mapping[str, Difference] = MappingProxyType(
    {
        "later": Difference(
            "Reported in the period, acknowledged after it", lambda one, _: one.acknowledged_at is not None
        ),
        "adult": Difference("An adult, of whom social care is not told", lambda one, _: one.adult),
        "open": Difference("Told, and not acknowledged yet", lambda one, _: one.notice == "open"),
        "never": Difference("Never acknowledged: the notice fell away, or was never sent", lambda _one, _period: True),
    }
)
SOCIAL_CARE_ALONE: Mapping[str, Difference] = MappingProxyType(
    {
        "error": Difference("Acknowledged, and recorded in error by the police", lambda one, _: one.in_error),
        "earlier": Difference(
            "Acknowledged in the period, reported before it", lambda one, period: one.reported_at < period.begins_at
        ),
        "other": Difference("Acknowledged before the time of the report", lambda _one, _period: True),
    }
)
DIFFERENCES: Mapping[str, Difference] = MappingProxyType({**POLICE_ALONE, **SOCIAL_CARE_ALONE})
"""The reasons in the order in which they are tried: the first that holds is the one."""


@frozen
class Reconciled:
    """Both counts: the cases in both, and those in one alone by the key of `DIFFERENCES`."""

    police: int
    social_care: int
    both: int
    apart: Mapping[str, tuple[Told, ...]]


def reconcile(
    connection: sa.Connection,
    period: Period,
    authorities: Collection[str] | None = None,
    *,
    but: Collection[str] = (),
) -> Reconciled:
    """Hold both counts of a period against each other, of some authorities or of all, apart from some cases and children. One statement."""
    told = _told(connection, period, authorities, but)
    found = [one for one in told if one.by_police(period) or one.by_social_care(period)]
    apart: dict[str, list[Told]] = {key: [] for key in DIFFERENCES}
    for one in found:
        if (by_police := one.by_police(period)) != one.by_social_care(period):
            reasons = POLICE_ALONE if by_police else SOCIAL_CARE_ALONE
            apart[next(key for key, why in reasons.items() if why.holds(one, period))].append(one)
    police, care = sum(one.by_police(period) for one in found), sum(one.by_social_care(period) for one in found)
    differing = sum(len(each) for each in apart.values())
    return Reconciled(police, care, len(found) - differing, {key: tuple(each) for key, each in apart.items()})


def _told(
    connection: sa.Connection, period: Period, authorities: Collection[str] | None, but: Collection[str]
) -> list[Told]:
    """Give the episodes that were reported in a period or around it, with their notices; the latest report first."""
    row, task = EpisodeRow, TaskTable
    notice = sa.and_(task.case_id == row.case_id, task.element == NOTICE)
    done = sa.select(sa.func.min(task.completed_at)).where(notice, task.status == "completed").correlate(row)
    state = sa.select(sa.func.max(task.status)).where(notice).correlate(row)
    query = sa.select(
        row.case_id, row.responsible_authority, row.reported_at, done.scalar_subquery(),
        sa.func.coalesce(state.scalar_subquery(), ""), row.adult, row.status == CANCELLED,
    ).where(*within(Period(period.begins_at - LATEST, period.ends_at + EARLIEST)))  # fmt: skip
    query = apart_from(of_authorities(query, authorities), but).order_by(row.reported_at.desc(), row.case_id)
    return [Told(*each) for each in connection.execute(query)]
