"""Disruption actions: what is done against those who draw a child away, or to fetch a child back (domain.md 2.5, 2.7).

A projection: one row for each case of the procedure, drawn from its facts. It says what a child's page shows of it, facts
of the episode (D2); whom a notice names stays in the case (D5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Facts
from engine.rows import stored
from engine.store import Base, Moment
from engine.views import Step
from workflows.matching import latest

PROCEDURE = "disruption"

DATA_CLASS = "D2"
"""The data class of everything that is kept here."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "cawn": "Child abduction warning notice",
        "recovery_order": "Recovery order",
        "police_protection": "Police protection",
    }
)
"""The actions, by the value of ``disruption_proposal.kind``."""

READS: frozenset[tuple[str, str]] = frozenset(
    {
        ("disruption_proposal", "child"),
        ("disruption_proposal", "kind"),
        ("gate", "open"),
        ("gate", "why"),
        ("disruption_order", "issued"),
        ("disruption_order", "issued_at"),
        ("disruption_order", "issued_by"),
        ("disruption_order", "ends_at"),
        ("disruption_review", "ends_at"),
        ("disruption_review", "outcome"),
        ("disruption_review", "ended_at"),
    }
)
"""Every (record, field) that an action is drawn from."""


class DisruptionRow(Base):
    """One action; `gate_open` is None until the law was asked, `ends_at` the day that holds now, and `ended_at` when it ended."""

    __tablename__ = "disruptions"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(20), index=True)
    kind: sa.Column[str] = stored(sa.String(30))
    gate_open: sa.Column[bool | None]
    gate_why: sa.Column[str] = stored(sa.Text)
    issued: sa.Column[str] = stored(sa.String(10))
    issued_at: sa.Column[datetime | None] = stored(Moment)
    issued_by: sa.Column[str] = stored(sa.String(200))
    ends_at: sa.Column[datetime | None] = stored(Moment)
    ended_at: sa.Column[datetime | None] = stored(Moment)
    opened_at: sa.Column[datetime] = stored(Moment)
    closed_at: sa.Column[datetime | None] = stored(Moment)


@frozen
class Disruption:
    """One action as pages show it."""

    case_id: str
    child_id: str
    kind: str
    gate_open: bool | None
    gate_why: str
    issued: str
    issued_at: datetime | None
    issued_by: str
    ends_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        """Tell whether it is in force at a moment."""
        if self.issued_at is None or self.closed_at is not None:
            return False
        return self.ends_at is None or moment < self.ends_at


def among(connection: sa.Connection, ids: sa.CompoundSelect[Any]) -> tuple[Disruption, ...]:
    """Give the actions of those children whom a query names, such as `children.ids_of`, the newest first."""
    row = DisruptionRow
    asked = sa.select(*(getattr(row, each.name) for each in fields(Disruption))).where(row.child_id.in_(ids))
    return tuple(Disruption(*found) for found in connection.execute(asked.order_by(row.opened_at.desc(), row.case_id)))


def project(connection: sa.Connection, step: Step) -> None:
    """Bring an action up to where a step of its case left it; steps of other procedures are passed over."""
    if step.procedure != PROCEDURE:
        return
    values = _derive(step.facts) | _times(step)
    found = sa.update(DisruptionRow).where(DisruptionRow.case_id == step.case_id)
    if connection.execute(found.values(**values)).rowcount == 0:
        connection.execute(sa.insert(DisruptionRow).values(case_id=step.case_id, **({"opened_at": step.now} | values)))


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened."""
    connection.execute(sa.delete(DisruptionRow))
    for step in steps:
        project(connection, step)


def _times(step: Step) -> dict[str, Any]:
    """Give when the case was opened and closed, as far as this step says so."""
    names = {"case_opened": "opened_at", "case_closed": "closed_at"}
    return {names[event.kind]: event.at for event in step.events if event.kind in names}


def _derive(facts: Facts) -> dict[str, Any]:
    """Draw an action from the facts of its case."""
    proposal, gate, order = (latest(facts, record) for record in ("disruption_proposal", "gate", "disruption_order"))
    return {
        "child_id": str(proposal.get("child") or ""),
        "kind": str(proposal.get("kind") or ""),
        "gate_open": gate.get("open"),
        "gate_why": str(gate.get("why") or ""),
        "issued": str(order.get("issued") or ""),
        "issued_at": order.get("issued_at"),
        "issued_by": str(order.get("issued_by") or ""),
        "ends_at": latest(facts, "disruption_review").get("ends_at") or order.get("ends_at"),
        "ended_at": latest(facts, "disruption_review").get("ended_at"),
    }
