"""The audits of closed work, month by month: drawn from the steps of their cases, for the page of the audits.

A projection: it holds nothing that the facts do not hold, follows each step inside its transaction, and can be built
again. Only the draw of a sample reads it, so that no case is drawn twice. A part of each sample is audited by a second auditor, who does
not see what the first one wrote (`blind`), so that it shows how far two of them agree. Source: domain.md 6.9, T-44, G-39.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.calendars import LONDON
from engine.frozen import frozen
from engine.model import Actor, Facts, Value
from engine.rows import stored
from engine.store import Base, Moment, TaskTable
from engine.views import EventRow, Step
from workflows.access import AUDITORS
from workflows.agreement import Agreement, Pair, agreement

PROCEDURE = "audit"

STANDARDS: Mapping[str, str] = MappingProxyType(
    {
        "report_quality": "Report",
        "risk_grade_right": "Risk grade",
        "rationale": "Reasons",
        "supervision": "Supervision",
        "actions_timely": "Actions",
        "partner_work": "Partners",
        "child_voice": "The child's voice",
        "pi_quality": "Prevention interview",
        "rhi_linked": "Return interview",
        "diversity_recorded": "Diversity",
        "closure": "Close",
    }
)
"""The quality standards of domain.md 6.9, each scored from 0 to 3 by the field of the form ``audit`` with this name."""

READS: frozenset[tuple[str, str]] = frozenset(
    {("audit", field) for field in (*STANDARDS, "overall", "immediate_risk_found", "victim_blaming_language")}
    | {("second_audit", field) for field in (*STANDARDS, "overall", "immediate_risk_found")}
    | {("finding", "standard"), ("finding", "role"), ("finding_result", "outcome"), ("finding_check", "settled")}
    | {("finding_decision", "decision"), ("audit_summary", "good")}
)
"""Every (record, field) that an audit is drawn from."""
OF_THE_SAMPLED = frozenset(
    {"audit", "second_audit", "immediate_risk", "finding", "finding_result", "finding_check", "finding_decision"}
)
"""The records that tell of one case of the sample what an auditor wrote of it, and what came of that."""


class AuditRow(Base):
    """The audit of one month; `month` is its first day."""

    __tablename__ = "audits"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    month: sa.Column[date] = stored(sa.Date)
    opened_at: sa.Column[datetime] = stored(Moment)
    summarised_at: sa.Column[datetime | None] = stored(Moment)
    closed_at: sa.Column[datetime | None] = stored(Moment)


class AuditSampleRow(Base):
    """One case of a sample; `scores` is JSON by standard, ``{"closure": 3}``, without those that do not apply.

    `again` says whether a second auditor scores it too; `second_at`, `second_scores` and `second_at_risk` are theirs.
    """

    __tablename__ = "audit_samples"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    record_key: sa.Column[str] = stored(sa.String(40), primary_key=True)
    sampled_case: sa.Column[str] = stored(sa.String(20), index=True)
    sampled_by: sa.Column[str] = stored(sa.String(20))
    audited_at: sa.Column[datetime | None] = stored(Moment)
    at_risk: sa.Column[bool] = stored(default=False)
    blaming: sa.Column[bool] = stored(default=False)
    scores: sa.Column[str] = stored(sa.Text, default="{}")
    again: sa.Column[bool] = stored(default=False, server_default=sa.false())
    second_at: sa.Column[datetime | None] = stored(Moment)
    second_at_risk: sa.Column[bool] = stored(default=False, server_default=sa.false())
    second_scores: sa.Column[str] = stored(sa.Text, default="{}", server_default="{}")


class AuditFindingRow(Base):
    """One finding that asks somebody to act, until it is settled or the chief inspector has decided on it."""

    __tablename__ = "audit_findings"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    record_key: sa.Column[str] = stored(sa.String(40), primary_key=True)
    standard: sa.Column[str] = stored(sa.String(40))
    role: sa.Column[str] = stored(sa.String(60))
    raised_at: sa.Column[datetime] = stored(Moment)
    outcome: sa.Column[str] = stored(sa.String(20), default="")
    answered_at: sa.Column[datetime | None] = stored(Moment)
    settled_at: sa.Column[datetime | None] = stored(Moment)


@frozen
class Sampled:
    """One case of a sample: which, why it was drawn, whether it is audited, whether it is to be again and was."""

    case_id: str
    sampled_by: str
    audited_at: datetime | None
    again: bool = False
    second_at: datetime | None = None


@frozen
class Month:
    """The audit of a month as figures; `mean` over all standards and `means` by standard, None where nothing was scored.

    `pairs` are the scores that two auditors gave to the same, by standard. What waits for its second audit is in neither: whoever does
    that would read the first one's scores in a mean.
    """

    case_id: str
    month: date
    sample: tuple[Sampled, ...]
    overdue: int
    mean: Decimal | None
    means: Mapping[str, Decimal | None]
    pairs: Mapping[str, tuple[Pair, ...]]
    at_risk: int
    blaming: int
    findings_open: int
    findings_done: int
    summarised_at: datetime | None
    closed_at: datetime | None

    @property
    def audited(self) -> int:
        """How many cases of the sample are audited."""
        return sum(each.audited_at is not None for each in self.sample)

    @property
    def agreement(self) -> Agreement:
        """How far two auditors agree, over all standards."""
        return together([self])


def together(found: Iterable[Month]) -> Agreement:
    """Give how far two auditors agree over some months."""
    return agreement(pair for month in found for pairs in month.pairs.values() for pair in pairs)


def month_before(moment: datetime) -> date:
    """Give the first day of the month before the one in which a moment lies, on the clock of England."""
    first = moment.astimezone(LONDON).date().replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)


# Following the steps --------------------------------------------------------------------------------------------------


def project(connection: sa.Connection, step: Step) -> None:
    """Bring an audit up to where a step of its case left it; steps of other procedures are passed over."""
    if step.procedure != PROCEDURE:
        return
    for event in step.events:
        if event.kind == "case_opened":
            month = month_before(step.facts["month"][""]["at"])
            _put(connection, AuditRow, {"case_id": step.case_id}, {"month": month, "opened_at": event.at})
        elif event.kind == "case_closed":
            _put(connection, AuditRow, {"case_id": step.case_id}, {"closed_at": event.at})
        elif event.kind in {"facts_written", "facts_corrected"} and event.data["record"] in _FOLLOWED:
            _follow(connection, step, event)


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened."""
    for table in (AuditFindingRow, AuditSampleRow, AuditRow):
        connection.execute(sa.delete(table))
    for step in steps:
        project(connection, step)


def _follow(connection: sa.Connection, step: Step, event: EventRow) -> None:
    """Write what one record says; a correction moves no time at which something was first recorded."""
    record, key = event.data["record"], event.data["key"]
    fields = step.facts[record][key]
    table, shape, recorded = _FOLLOWED[record]
    values = shape(fields)
    if recorded and event.kind == "facts_written":
        values[recorded] = event.at
    if record in _SETTLES:
        values["settled_at"] = event.at if _SETTLES[record](fields) else None
    own = {"case_id": step.case_id} | ({} if table is AuditRow else {"record_key": key})
    if values:
        _put(connection, table, own, values)


def _put(connection: sa.Connection, table: type[Base], own: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Change a row, or add it."""
    found = sa.and_(*(getattr(table, name) == value for name, value in own.items()))
    if connection.execute(sa.update(table).where(found).values(**values)).rowcount == 0:
        connection.execute(sa.insert(table).values(**own, **values))


def _audit(fields: Mapping[str, Value]) -> dict[str, Any]:
    return {
        "scores": _scores(fields),
        "at_risk": fields.get("immediate_risk_found") == "yes",
        "blaming": fields.get("victim_blaming_language") == "yes",
    }


def _second(fields: Mapping[str, Value]) -> dict[str, Any]:
    return {"second_scores": _scores(fields), "second_at_risk": fields.get("immediate_risk_found") == "yes"}


def _scores(fields: Mapping[str, Value]) -> str:
    return json.dumps({name: int(fields[name]) for name in STANDARDS if str(fields.get(name) or "").isdecimal()})


def _only(*names: str) -> Callable[[Mapping[str, Value]], dict[str, Any]]:
    """Take these fields as they are; empty text stands for what is not there."""
    return lambda fields: {name: str(fields.get(name) or "") for name in names}


_FOLLOWED: Mapping[str, tuple[type[Base], Callable[[Mapping[str, Value]], dict[str, Any]], str]] = {
    "sample": (
        AuditSampleRow,
        lambda fields: {
            "sampled_case": fields["case_id"],
            "sampled_by": fields["sampled_by"],
            "again": fields.get("again") == "yes",
        },
        "",
    ),
    "audit": (AuditSampleRow, _audit, "audited_at"),
    "second_audit": (AuditSampleRow, _second, "second_at"),
    "finding": (AuditFindingRow, _only("standard", "role"), "raised_at"),
    "finding_result": (AuditFindingRow, _only("outcome"), "answered_at"),
    "finding_check": (AuditFindingRow, _only(), ""),
    "finding_decision": (AuditFindingRow, _only(), ""),
    "audit_summary": (AuditRow, _only(), "summarised_at"),
}
"""What is followed: the table of each record, the columns that its fields give, and the one that its time gives."""

_SETTLES: Mapping[str, Callable[[Mapping[str, Value]], bool]] = {
    "finding_check": lambda fields: fields.get("settled") == "yes",
    "finding_decision": lambda fields: bool(fields.get("decision")),
}


# Reading --------------------------------------------------------------------------------------------------------------


def sampled_among(connection: sa.Connection, case_ids: Collection[str]) -> frozenset[str]:
    """Name those of the cases that are in a sample."""
    row = AuditSampleRow.sampled_case
    return frozenset(connection.execute(sa.select(row).where(row.in_(case_ids))).scalars())


def sampled_cases() -> sa.Select[tuple[str]]:
    """Ask for the references of all cases that are in a sample."""
    return sa.select(AuditSampleRow.sampled_case)


def blind(connection: sa.Connection, case_id: str, facts: Facts, who: Actor) -> Facts:
    """Give facts of an audit, or some of them, as an auditor may see them now: without what another one wrote of a case that waits for its second audit.

    Whoever wrote it sees it on; so do those who are no auditors, and have to act on it. One statement, where an auditor looks at an audit.
    """
    if not facts.keys() & OF_THE_SAMPLED or not who.roles & AUDITORS:
        return facts
    row, task = AuditSampleRow, TaskTable
    own = sa.and_(
        task.case_id == row.case_id,
        task.record == "audit",
        task.record_key == row.record_key,
        task.status == "completed",
    )
    waits = sa.and_(row.again, row.audited_at.is_not(None), row.second_at.is_(None))
    asked = sa.select(row.record_key).outerjoin(task, own).where(row.case_id == case_id, waits)
    hidden = set(connection.execute(asked.where(task.completed_by.is_distinct_from(who.person))).scalars())
    if not hidden:
        return facts
    return {
        record: {
            key: fields
            for key, fields in keys.items()
            if record not in OF_THE_SAMPLED or key.partition(".")[0] not in hidden
        }
        for record, keys in facts.items()
    }


def months(connection: sa.Connection, now: datetime, limit: int = 24) -> tuple[Month, ...]:
    """Give the audits of the latest months, the newest first."""
    return _months(connection, sa.select(AuditRow.__table__).limit(limit), now)


def find(connection: sa.Connection, case_id: str, now: datetime) -> Month | None:
    """Give the audit of a case, where the case is one."""
    return next(iter(_months(connection, sa.select(AuditRow.__table__).where(AuditRow.case_id == case_id), now)), None)


def _months(connection: sa.Connection, wanted: sa.Select[Any], now: datetime) -> tuple[Month, ...]:
    """Put months together from rows of the table of the audits."""
    rows = connection.execute(wanted.order_by(AuditRow.month.desc(), AuditRow.case_id)).all()
    if not rows:
        return ()
    case_ids = [row.case_id for row in rows]
    samples = _by_case(connection, AuditSampleRow, case_ids)
    findings = _by_case(connection, AuditFindingRow, case_ids)
    late = _late(connection, case_ids, now)
    return tuple(
        _month(row, samples.get(row.case_id, []), findings.get(row.case_id, []), late.get(row.case_id, 0))
        for row in rows
    )


def _month(row: Any, samples: list[Any], findings: list[Any], overdue: int) -> Month:
    """Put one month together."""
    scored = [
        (json.loads(each.scores), json.loads(each.second_scores))
        for each in samples
        if not (each.again and each.second_at is None)
    ]
    settled = sum(each.settled_at is not None for each in findings)
    return Month(
        case_id=row.case_id,
        month=row.month,
        sample=tuple(
            Sampled(each.sampled_case, each.sampled_by, each.audited_at, each.again, each.second_at) for each in samples
        ),
        overdue=overdue,
        mean=_mean([score for first, _ in scored for score in first.values()]),
        means={name: _mean([first[name] for first, _ in scored if name in first]) for name in STANDARDS},
        pairs={
            name: tuple((first[name], second[name]) for first, second in scored if name in first and name in second)
            for name in STANDARDS
        },
        at_risk=sum(each.at_risk or each.second_at_risk for each in samples),
        blaming=sum(each.blaming for each in samples if not (each.again and each.second_at is None)),
        findings_open=len(findings) - settled,
        findings_done=settled,
        summarised_at=row.summarised_at,
        closed_at=row.closed_at,
    )


def _by_case(connection: sa.Connection, table: type[Base], case_ids: list[str]) -> dict[str, list[Any]]:
    """Give the rows of a table by their audit, in the order of their keys."""
    columns = table.__table__.c
    found: dict[str, list[Any]] = {}
    rows = connection.execute(sa.select(table.__table__).where(columns.case_id.in_(case_ids)))
    for row in sorted(rows, key=lambda row: [int(part) for part in row.record_key.split(".")]):
        found.setdefault(row.case_id, []).append(row)
    return found


def _late(connection: sa.Connection, case_ids: list[str], now: datetime) -> dict[str, int]:
    """Count the open tasks of each audit that are overdue."""
    task = TaskTable
    late = sa.and_(task.case_id.in_(case_ids), task.status == "open", task.due_at <= now)
    rows = connection.execute(sa.select(task.case_id, sa.func.count()).where(late).group_by(task.case_id))
    return {row[0]: row[1] for row in rows}


def _mean(scores: list[int]) -> Decimal | None:
    """Give the mean to one decimal place; None of nothing."""
    return (Decimal(sum(scores)) / len(scores)).quantize(Decimal("0.1")) if scores else None
