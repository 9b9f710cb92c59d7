"""Which data classes a person may read of a case; who has no part in it does not learn that it exists."""

from __future__ import annotations

import sqlalchemy as sa

from engine.errors import CaseNotFound
from engine.store import CaseTable, TaskTable, reading
from workflows import access, audits


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
