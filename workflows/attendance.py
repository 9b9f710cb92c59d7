"""Which kinds of agency sat in the meetings of a case, as whoever chaired them wrote down: they read the minutes (domain.md 5.2, D10).

A projection: one row for each kind that sat in every meeting that the case has held. Who was at the first meeting only does not read
what was said at the second one, since a case's minutes are read as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

import sqlalchemy as sa

from engine.model import Facts
from engine.rows import stored
from engine.store import Base
from engine.views import Step

MEETINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "missing_child": ("meeting",),
        "referral": ("strategy_discussion", "conference", "follow_up_meeting"),
        "reopening": ("conference_again",),
    }
)
"""The records that are meetings, by the procedure whose cases hold them."""

ATTENDED = "attended"
"""The field of each of them with who sat there."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "health": "health",
        "placement": "placement",
        "rhi_provider": "interview_provider",
        "return_interview": "interview_provider",
        "youth_justice": "youth_justice",
    }
)
"""The kind of agency behind an answer; who reads minutes anyhow, and who never does, is not here."""

NOT_HELD = frozenset({"not_held", "not_borne_out"})
"""Outcomes of a meeting that was none."""

READS: Mapping[str, frozenset[tuple[str, str]]] = MappingProxyType(
    {procedure: frozenset((record, ATTENDED) for record in records) for procedure, records in MEETINGS.items()}
)
"""Every (record, field) that it is drawn from, by procedure."""


class AttendanceRow(Base):
    """A kind of agency sat in each meeting of a case."""

    __tablename__ = "meeting_attendance"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    kind: sa.Column[str] = stored(sa.String(40), primary_key=True)
    __table_args__ = (sa.Index("ix_meeting_attendance_kind", "kind", "case_id"),)


def project(connection: sa.Connection, step: Step) -> None:
    """Bring the attendance of a case up to a step that wrote a meeting, or put one right; other steps are passed over."""
    records, row = MEETINGS.get(step.procedure, ()), AttendanceRow
    changed = {"facts_written", "facts_corrected"}
    if not any(event.kind in changed and event.data.get("record") in records for event in step.events):
        return
    connection.execute(sa.delete(row).where(row.case_id == step.case_id))
    if kinds := sat_in_each(step.facts, records):
        connection.execute(sa.insert(row), [{"case_id": step.case_id, "kind": kind} for kind in sorted(kinds)])


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened."""
    connection.execute(sa.delete(AttendanceRow))
    for step in steps:
        project(connection, step)


def forget(connection: sa.Connection, refs: Collection[str]) -> int:
    """Delete what is kept of these cases, and count it."""
    gone = sa.delete(AttendanceRow).where(AttendanceRow.case_id.in_(refs))
    return connection.execute(gone).rowcount


def sat_in_each(facts: Facts, records: Iterable[str]) -> frozenset[str]:
    """Name the kinds of agency that sat in every meeting of these records that was held; none where nothing was held."""
    held = [
        frozenset(KINDS[each] for each in _list(said.get(ATTENDED)) if each in KINDS)
        for record in records
        for said in facts.get(record, {}).values()
        if said and said.get("outcome") not in NOT_HELD
    ]
    return held[0].intersection(*held) if held else frozenset()


def _list(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
