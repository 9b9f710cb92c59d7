"""Which data classes a person may read of a case; who has no part in it does not learn that it exists."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.errors import CaseNotFound
from engine.store import CaseTable, TaskTable, reading
from workflows import access, audits

AT_ONCE = 1000
"""So many references stand in one statement at most."""


def readable(engine: sa.Engine, held: frozenset[str], case_id: str) -> frozenset[str]:
    """Name the data classes that these roles may read in a case; refused with `CaseNotFound` without a part in it."""
    found = readable_each(engine, held, [case_id])
    if case_id not in found:
        raise CaseNotFound("There is no such case.")
    return found[case_id]


def readable_each(engine: sa.Engine, held: frozenset[str], case_ids: list[str]) -> dict[str, frozenset[str]]:
    """Name the data classes that these roles may read in each of these cases; those without a part for them are not there."""
    statuses = sa.select(CaseTable.id, CaseTable.status).where(CaseTable.id.in_(case_ids))
    roles = sa.select(TaskTable.case_id, TaskTable.role).where(TaskTable.case_id.in_(case_ids)).distinct()
    acting: dict[str, set[str]] = {}
    with reading(engine) as connection:
        sampled = audits.sampled_among(connection, case_ids) if held & access.AUDITORS else frozenset()
        found = {row.id: row.status for row in connection.execute(statuses)}
        for row in connection.execute(roles):
            acting.setdefault(row.case_id, set()).add(row.role)
    return {
        case_id: access.readable(held, episode_open=status == "open", sampled=case_id in sampled)
        for case_id, status in found.items()
        if access.has_a_part(held, acting.get(case_id, set()), sampled=case_id in sampled)
    }


def lasting(engine: sa.Engine, held: frozenset[str], case_ids: list[str], needed: frozenset[str]) -> frozenset[str]:
    """Name those of many cases in which these roles may read the needed data classes, whether a case is open or not."""
    if not needed <= access.readable(held, episode_open=False):
        return frozenset()
    if held & access.SEES_EVERY_EPISODE:
        return frozenset(case_ids)
    task, roles = TaskTable, sorted(access.concerned(held))
    with reading(engine) as connection:
        return frozenset().union(
            *(
                connection.execute(
                    sa.select(task.case_id).where(task.case_id.in_(some), task.role.in_(roles)).distinct()
                ).scalars()
                for some in _some_at_once(case_ids)
            )
        )


def _some_at_once(case_ids: list[str]) -> Iterator[list[str]]:
    """Give references in lists of at most `AT_ONCE`."""
    return (case_ids[first : first + AT_ONCE] for first in range(0, len(case_ids), AT_ONCE))
