"""Who works for each council's children, and from when until when: interviews, health, youth justice (domain.md 2.3, 5.1).

The roles of a provider count in the cases of the councils that commission it now (`audience`). In those of a council that never
commissioned one, as in a case of which nobody has named a council that works here, each provider counts: somebody has to offer the
interview. The roles of health and of youth justice count where a council has named their own agency, and nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Found, Value
from engine.rows import stored
from engine.store import Base
from workflows import people
from workflows.days import day_of
from workflows.people import OrganisationRow

COUNCIL, PROVIDER = "local_authority", "interview_provider"

SERVES: Mapping[str, str] = MappingProxyType(
    {PROVIDER: "Return interviews", "health": "Health", "youth_justice": "Youth justice"}
)
"""The kinds of organisation that a council names for its children, and for what."""

InForce = Mapping[str, Mapping[str, frozenset[str]]]
"""By kind of organisation, and council: ``{"interview_provider": {"nottingham_city": frozenset({"safe_steps"})}, ...}``."""


class CommissionRow(Base):
    """A council commissions an agency from a day on; from `until_on` on it does not any more."""

    __tablename__ = "commissions"
    id: sa.Column[int] = stored(primary_key=True)
    council: sa.Column[str] = stored(sa.ForeignKey("organisations.key"))
    provider: sa.Column[str] = stored(sa.ForeignKey("organisations.key"))
    from_on: sa.Column[date]
    until_on: sa.Column[date | None]
    __table_args__ = (sa.Index("ix_commissions_council", "council", "from_on"),)


@frozen
class Commission:
    """One commission; `until_on` is the first day on which it does not hold any more."""

    id: int
    council: str
    provider: str
    from_on: date
    until_on: date | None

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.from_on <= day and (self.until_on is None or day < self.until_on)

    @property
    def ever_held(self) -> bool:
        """Whether there was a day on which it held; one that was entered by mistake is ended on its first day."""
        return self.until_on is None or self.until_on > self.from_on


def in_force(connection: sa.Connection, now: datetime) -> InForce:
    """Give the agencies that each council has named now; none for one whose commissions have ended, or whose agency is closed.

    A council that never named one of a kind, or is closed, is not there. One statement.
    """
    row, agency = CommissionRow, OrganisationRow
    open_ones = sa.select(agency.key).where(agency.closed_at.is_(None))
    asked = sa.select(*_columns(), agency.kind, agency.closed_at.is_(None)).join(agency, agency.key == row.provider)
    found: dict[str, dict[str, set[str]]] = {kind: defaultdict(set) for kind in SERVES}
    asked = asked.where(row.from_on <= day_of(now), row.council.in_(open_ones), agency.kind.in_(SERVES))
    for *said, kind, works in connection.execute(asked):
        each = Commission(*said)
        if each.ever_held:
            found[kind][each.council] |= {each.provider} if works and each.holds(day_of(now)) else set()
    return {kind: {council: frozenset(by) for council, by in of.items()} for kind, of in found.items()}


def agencies(connection: sa.Connection, kind: str = "") -> Mapping[str, str]:
    """Give key and name of the agencies that work here and can be named, of one kind or of any, by name."""
    return people.agencies(connection, [kind] if kind else list(SERVES))


def find_providers(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Find the providers that work here: ``{"offered": [{"value": "safe_steps", "label": "Safe Steps"}]}``. Source: T-48."""
    del scope, now
    return {"offered": [{"value": key, "label": name} for key, name in agencies(connection, PROVIDER).items()]}


def read(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> tuple[Commission, ...]:
    """Give the commissions that meet these conditions, the earliest first."""
    asked = sa.select(*_columns()).where(*where).order_by(CommissionRow.from_on, CommissionRow.id)
    return tuple(Commission(*each) for each in connection.execute(asked))


def _columns() -> list[sa.ColumnElement[Any]]:
    return [getattr(CommissionRow, field.name) for field in fields(Commission)]
