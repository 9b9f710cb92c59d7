"""Short absences of a child, as the carer decided on them (domain.md 6.11, 13.11): recorded with the carer's form, and counted.

What was decided first stays; what became of it is added. Class D6, as the form, and read by the columns of domain.md 5.2: a pattern
of absences matters to those who prevent the next episode too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.frozen import frozen
from engine.model import Actor
from engine.rows import stored
from engine.store import Base, Moment
from workflows import philomena

DECISIONS: Mapping[str, str] = MappingProxyType(
    {
        "absent": "Absent: the carer went on looking, and did not tell the police yet",
        "report_missing": "Reported missing to the police",
        "returned": "Came back before anything was decided",
    }
)
TOLD: Mapping[str, str] = MappingProxyType(
    {"manager": "The manager", "social_worker": "The social worker", "parent": "A parent", "ofsted": "Ofsted"}
)
OFTEN_WITHIN = timedelta(days=90)
"""The span in which absences are counted, as episodes are (G-16)."""


class AbsenceRow(Base):
    """One absence; `outcome` is empty while nobody has said what became of it, else of `DECISIONS`."""

    __tablename__ = "carer_absences"
    id: sa.Column[int] = stored(primary_key=True)
    form: sa.Column[str] = stored(sa.ForeignKey("philomena.id"))
    key: sa.Column[str] = stored(sa.String(80))
    absent_since: sa.Column[datetime] = stored(Moment)
    expected_return: sa.Column[datetime | None] = stored(Moment)
    attempts_made: sa.Column[str] = stored(sa.Text)
    risk_considered: sa.Column[str] = stored(sa.Text)
    decision: sa.Column[str] = stored(sa.String(20))
    told: sa.Column[str] = stored(sa.String(200))
    decided_by: sa.Column[str] = stored(sa.String(120))
    decided_at: sa.Column[datetime] = stored(Moment)
    outcome: sa.Column[str] = stored(sa.String(20))
    outcome_at: sa.Column[datetime | None] = stored(Moment)
    outcome_by: sa.Column[str] = stored(sa.String(120))
    __table_args__ = (sa.UniqueConstraint("form", "key", name="uq_carer_absences_form_key"),)


@frozen
class Absence:
    """One absence as it stands; `told` holds keys of `TOLD` with a space between them."""

    id: int
    form: str
    absent_since: datetime
    expected_return: datetime | None
    attempts_made: str
    risk_considered: str
    decision: str
    told: str
    decided_by: str
    decided_at: datetime
    outcome: str
    outcome_at: datetime | None

    @property
    def reported(self) -> bool:
        """Whether the police were told, at once or later."""
        return "report_missing" in {self.decision, self.outcome}

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet what became of it."""
        return self.decision == "absent" and not self.outcome


class AbsenceNotFound(NotFound):
    """There is no such absence, or none of this placement."""


class AbsenceEnded(Conflict):
    """Somebody has said already what became of it."""


def record(
    connection: sa.Connection, reference: str, answers: Mapping[str, Any], *, by: Actor, now: datetime, key: str
) -> None:
    """Record what a carer decided about an absence; the same key twice is one. Refused with `Invalid`, and `FormNotFound`."""
    form = philomena.own(connection, reference, by)
    row = AbsenceRow
    sent = sa.select(row.id).where(row.form == form.id, row.key == key)
    if connection.execute(sent).first() is not None:
        return
    told: Collection[str] = answers.get("told") or ()
    texts = {name: str(answers.get(name) or "").strip() for name in ("attempts_made", "risk_considered", "decision")}
    times = {name: answers.get(name) for name in ("absent_since", "expected_return")}
    said = {"told": " ".join(each for each in TOLD if each in told), "outcome": "", "outcome_by": ""}
    who = {"form": form.id, "key": key, "decided_by": by.person, "decided_at": now}
    connection.execute(sa.insert(row).values(**who, **texts, **times, **said))


def end(connection: sa.Connection, reference: str, number: int, answers: Mapping[str, Any], *, by: Actor) -> None:
    """Say what became of an absence; refused with `AbsenceEnded` where somebody has, and with `Invalid` for a time before it."""
    form = philomena.own(connection, reference, by)
    found = next((each for each in of_form(connection, form.id) if each.id == number), None)
    if found is None:
        raise AbsenceNotFound("There is no such absence.")
    if not found.is_open:
        raise AbsenceEnded("Somebody has said already what became of this absence.")
    at = answers["outcome_at"]
    if at < found.absent_since:
        raise Invalid(
            [
                Problem(
                    "outcome_at",
                    "too-early",
                    "Enter when the child came back or the police were told: after the child went",
                )
            ]
        )
    row = AbsenceRow
    mine = sa.update(row).where(row.id == number, row.outcome == "")
    connection.execute(mine.values(outcome=answers["outcome"], outcome_at=at, outcome_by=by.person))


def of_form(connection: sa.Connection, reference: str) -> tuple[Absence, ...]:
    """Give the absences that stand with a form, the latest first."""
    return _read(connection, [reference])


def of_child(connection: sa.Connection, child_id: str) -> tuple[Absence, ...]:
    """Give the absences of a child that stand with its carers' forms, the latest first."""
    return _read(connection, [each.id for each in philomena.of_child(connection, child_id)])


def counted(found: Sequence[Absence], now: datetime) -> tuple[int, int, int]:
    """Count absences: all, those of the 90 days up to a moment, and those of which the police were told."""
    lately = sum(now - OFTEN_WITHIN < each.absent_since <= now for each in found)
    return len(found), lately, sum(each.reported for each in found)


def _read(connection: sa.Connection, forms: Collection[str]) -> tuple[Absence, ...]:
    row = AbsenceRow
    asked = sa.select(*(getattr(row, field.name) for field in fields(Absence))).where(row.form.in_(forms))
    return tuple(Absence(*each) for each in connection.execute(asked.order_by(row.absent_since.desc(), row.id.desc())))
