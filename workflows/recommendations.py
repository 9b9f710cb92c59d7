"""The recommendations of inspections: drawn from the steps of their cases, for the list and the report to the panel.

A projection: it holds nothing that the facts and the log do not hold, follows each step inside its transaction, and can
be built again. How a recommendation stands (red, amber, green) is in no table: ``rag.dmn`` says it whenever it is asked.
Source: domain.md 3.5, 6.10, T-46, G-38.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Value
from engine.rows import stored
from engine.store import Base, Moment
from engine.views import EventRow, Step

PROCEDURE = "recommendation"

RAG_TABLE = "rag"

PANEL_REPORTED = "panel_reported"
"""The message with which a case hears that the scrutiny panel has had a report with it."""

STATUS: Mapping[str, str] = MappingProxyType(
    {
        "received": "Received",
        "assessed": "Assessed",
        "accepted": "Accepted",
        "partially": "Accepted in part",
        "rejected": "Rejected",
        "in_progress": "In progress",
        "evidence_submitted": "Evidence put together",
        "awaiting_hmic_review": "With the inspectorate",
        "closed_by_hmic": "Closed by the inspectorate",
        "closed_locally": "Closed by the force",
        "superseded": "Superseded",
    }
)
"""The statuses of domain.md 3.5, and the words for them."""

STATUS_OF: Mapping[str, str] = MappingProxyType(
    {
        "RecommendationReceived": "received",
        "RecommendationAssessed": "assessed",
        "RecommendationAccepted": "accepted",
        "RecommendationPartlyAccepted": "partially",
        "RecommendationRejected": "rejected",
        "MilestonePlanned": "in_progress",
        "StatusUpdated": "in_progress",
        "EvidenceSubmitted": "evidence_submitted",
        "EvidenceSent": "awaiting_hmic_review",
        "RecommendationClosedByInspectorate": "closed_by_hmic",
        "RecommendationClosedLocally": "closed_locally",
        "RecommendationSuperseded": "superseded",
    }
)
"""The status that begins when the drawing says a word (the property `activity`)."""

ESCALATION = "decide_on_overdue_milestone"
"""The task of the chief inspector that opens when a milestone's day has passed."""

RAG: Mapping[str, str] = MappingProxyType({"red": "Red", "amber": "Amber", "green": "Green", "closed": "Closed"})

CLOSED = frozenset({"closed_by_hmic", "closed_locally", "superseded"})

READS: frozenset[tuple[str, str]] = frozenset(
    {
        *(
            ("recommendation", field)
            for field in ("ref_no", "source_body", "report_title", "kind", "text", "text_status", "deadline", "owner")
        ),
        ("recommendation", "owner_name"),
        ("position", "position"),
        ("position", "reason"),
        ("milestone", "what"),
        ("milestone", "due_on"),
        ("milestone", "role"),
        ("milestone_result", "done_on"),
        ("milestone_result", "evidence_kind"),
        ("milestone_result", "evidence_ref"),
        ("overdue_decision", "why_late"),
        ("overdue_decision", "new_due_on"),
        ("status_update", "as_of"),
        ("status_update", "progress"),
        ("status_update", "standing"),
        ("evidence", "refs"),
        ("inspectorate_review", "said"),
        ("closure", "reason"),
    }
)
"""Every (record, field) that a recommendation is drawn from."""


class RecommendationRow(Base):
    """One recommendation; empty text and no day stand for what is not known."""

    __tablename__ = "recommendations"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    ref_no: sa.Column[str] = stored(sa.String(40), default="")
    source_body: sa.Column[str] = stored(sa.String(20), default="")
    report_title: sa.Column[str] = stored(sa.String(200), default="")
    kind: sa.Column[str] = stored(sa.String(20), default="")
    text: sa.Column[str] = stored(sa.Text, default="")
    text_status: sa.Column[str] = stored(sa.String(20), default="")
    deadline: sa.Column[date | None] = stored(sa.Date)
    owner: sa.Column[str] = stored(sa.String(60), default="")
    owner_name: sa.Column[str] = stored(sa.String(120), default="")
    position: sa.Column[str] = stored(sa.String(20), default="")
    reason: sa.Column[str] = stored(sa.Text, default="")
    standing: sa.Column[str] = stored(sa.Text, default="")
    closing: sa.Column[str] = stored(sa.Text, default="")
    opened_at: sa.Column[datetime] = stored(Moment)
    closed_at: sa.Column[datetime | None] = stored(Moment)


class MilestoneRow(Base):
    """One milestone; `escalated_at` is when its day had passed and it went to the chief inspector."""

    __tablename__ = "recommendation_milestones"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    record_key: sa.Column[str] = stored(sa.String(40), primary_key=True)
    what: sa.Column[str] = stored(sa.Text, default="")
    role: sa.Column[str] = stored(sa.String(60), default="")
    due_on: sa.Column[date | None] = stored(sa.Date)
    new_due_on: sa.Column[date | None] = stored(sa.Date)
    done_on: sa.Column[date | None] = stored(sa.Date)
    evidence_kind: sa.Column[str] = stored(sa.String(20), default="")
    evidence_ref: sa.Column[str] = stored(sa.Text, default="")
    why_late: sa.Column[str] = stored(sa.Text, default="")
    escalated_at: sa.Column[datetime | None] = stored(Moment)


class RecommendationStepRow(Base):
    """One thing that the history of a recommendation tells, of a `kind` of `Told`; `record_key` is that of its record."""

    __tablename__ = "recommendation_steps"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    seq: sa.Column[int] = stored(primary_key=True, autoincrement=False)
    at: sa.Column[datetime] = stored(Moment)
    by: sa.Column[str] = stored(sa.String(120))
    kind: sa.Column[str] = stored(sa.String(20))
    record_key: sa.Column[str] = stored(sa.String(40))
    text: sa.Column[str] = stored(sa.Text)


@frozen
class Milestone:
    """One milestone as pages show it."""

    key: str
    what: str
    role: str
    due_on: date | None
    new_due_on: date | None
    done_on: date | None
    evidence_kind: str
    evidence_ref: str
    why_late: str
    escalated_at: datetime | None

    @property
    def day(self) -> date | None:
        """The day that holds now."""
        return self.new_due_on or self.due_on

    def overdue(self, today: date) -> bool:
        """Whether its day has passed and it is not done."""
        return self.done_on is None and self.day is not None and self.day < today


@frozen
class Told:
    """One entry of the history: `kind` is ``status``, ``update``, ``evidence``, ``review`` or ``panel``."""

    at: datetime
    by: str
    kind: str
    text: str


@frozen
class Recommendation:
    """One recommendation with its milestones and its history, the oldest entry first."""

    case_id: str
    ref_no: str
    source_body: str
    report_title: str
    kind: str
    text: str
    text_status: str
    deadline: date | None
    owner: str
    owner_name: str
    position: str
    reason: str
    standing: str
    closing: str
    opened_at: datetime
    closed_at: datetime | None
    milestones: tuple[Milestone, ...]
    history: tuple[Told, ...]

    @property
    def status(self) -> str:
        """The status that holds, of `STATUS`."""
        return next((each.text for each in reversed(self.history) if each.kind == "status"), "received")

    @property
    def reported_on(self) -> tuple[date, ...]:
        """The days on which the panel had a report with it, the latest last."""
        return tuple(date.fromisoformat(each.text) for each in self.history if each.kind == "panel")

    @property
    def next_milestone(self) -> Milestone | None:
        """The milestone that is to be done next."""
        left = [each for each in self.milestones if each.done_on is None]
        return min(left, key=lambda each: (each.day or date.max, each.key), default=None)

    def since_last_report(self) -> tuple[Told, ...]:
        """Give what has happened since the panel had its last report; all of it where it had none."""
        told = [place for place, each in enumerate(self.history) if each.kind == "panel"]
        return self.history[told[-1] + 1 :] if told else self.history


# Following the steps --------------------------------------------------------------------------------------------------


def project(connection: sa.Connection, step: Step) -> None:
    """Bring a recommendation up to where a step of its case left it; steps of other procedures are passed over."""
    if step.procedure != PROCEDURE:
        return
    own = {"case_id": step.case_id}
    for event in step.events:
        if event.kind in _TIMES:
            _put(connection, RecommendationRow, own, {_TIMES[event.kind]: event.at})
        elif event.kind in {"facts_written", "facts_corrected"}:
            _follow(connection, step, event)
        if event.activity in STATUS_OF:
            _begin_status(connection, event, STATUS_OF[event.activity])
    for task in step.opened:
        if task.element == ESCALATION:
            _put(connection, MilestoneRow, {**own, "record_key": task.record_key}, {"escalated_at": step.now})


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened."""
    for table in (RecommendationStepRow, MilestoneRow, RecommendationRow):
        connection.execute(sa.delete(table))
    for step in steps:
        project(connection, step)


def _follow(connection: sa.Connection, step: Step, event: EventRow) -> None:
    """Write what one record says; what is put right later stands in the place of what was said first."""
    record, key = event.data["record"], event.data["key"]
    fields = step.facts[record][key]
    if record in _OF_RECOMMENDATION:
        _put(connection, RecommendationRow, {"case_id": step.case_id}, _OF_RECOMMENDATION[record](fields))
    elif record in _OF_MILESTONE:
        own = {"case_id": step.case_id, "record_key": key}
        _put(connection, MilestoneRow, own, _OF_MILESTONE[record](fields))
    if record in _SAID:
        kind, field = _SAID[record]
        text = fields.get(field)
        said = {"text": text.isoformat() if isinstance(text, date) else str(text or "")}
        own = {"case_id": step.case_id, "kind": kind, "record_key": key}
        _put(connection, RecommendationStepRow, own, said, {"seq": event.seq, "at": event.at, "by": event.by})


def _begin_status(connection: sa.Connection, event: EventRow, status: str) -> None:
    """Note that a status began, unless it holds already."""
    row = RecommendationStepRow
    latest = sa.select(row.text).where(row.case_id == event.case_id, row.kind == "status").order_by(row.seq.desc())
    if connection.execute(latest.limit(1)).scalar() != status:
        own = {"case_id": event.case_id, "seq": event.seq, "record_key": ""}
        said = {"at": event.at, "by": event.by, "kind": "status", "text": status}
        connection.execute(sa.insert(row).values(**own, **said))


def _put(
    connection: sa.Connection,
    table: type[Base],
    own: Mapping[str, Any],
    values: Mapping[str, Any],
    first: Mapping[str, Any] | None = None,
) -> None:
    """Change a row, or add it; `first` is kept as it is when the row is there."""
    found = sa.and_(*(getattr(table, name) == value for name, value in own.items()))
    if connection.execute(sa.update(table).where(found).values(**values)).rowcount == 0:
        connection.execute(sa.insert(table).values(**own, **values, **(first or {})))


_TIMES: Mapping[str, str] = {"case_opened": "opened_at", "case_closed": "closed_at"}

Shape = Callable[[Mapping[str, Value]], dict[str, Any]]


def _texts(*names: str, days: tuple[str, ...] = ()) -> Shape:
    """Take these fields: texts, where empty text stands for what is not there, and days."""
    return lambda fields: {
        **{name: str(fields.get(name) or "") for name in names},
        **{name: fields.get(name) for name in days},
    }


_OF_RECOMMENDATION: Mapping[str, Shape] = {
    "recommendation": _texts(
        "ref_no",
        "source_body",
        "report_title",
        "kind",
        "text",
        "text_status",
        "owner",
        "owner_name",
        days=("deadline",),
    ),
    "position": _texts("position", "reason"),
    "status_update": _texts("standing"),
    "closure": lambda fields: {"closing": str(fields.get("reason") or "")},
}
_OF_MILESTONE: Mapping[str, Shape] = {
    "milestone": _texts("what", "role", days=("due_on",)),
    "milestone_result": _texts("evidence_kind", "evidence_ref", days=("done_on",)),
    "overdue_decision": _texts("why_late", days=("new_due_on",)),
}
_SAID: Mapping[str, tuple[str, str]] = {
    "status_update": ("update", "progress"),
    "evidence": ("evidence", "refs"),
    "inspectorate_review": ("review", "said"),
    PANEL_REPORTED: ("panel", "reported_on"),
}
"""What the history tells: the kind of each record, and the field with its text."""


# Reading --------------------------------------------------------------------------------------------------------------


def find(connection: sa.Connection, case_id: str) -> Recommendation | None:
    """Give the recommendation of a case, where the case is one."""
    return next(iter(_read(connection, RecommendationRow.case_id == case_id)), None)


def everything(connection: sa.Connection) -> tuple[Recommendation, ...]:
    """Give every recommendation, in the order of their references."""
    return _read(connection, sa.true())


def _read(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> tuple[Recommendation, ...]:
    """Read recommendations with their milestones and their history."""
    own, planned, told = (table.__table__ for table in (RecommendationRow, MilestoneRow, RecommendationStepRow))
    asked = sa.select(own).where(wanted).order_by(own.c.ref_no, own.c.case_id)
    rows = connection.execute(asked).mappings().all()
    case_ids = [row["case_id"] for row in rows]
    milestones: dict[str, list[Milestone]] = {}
    for each in connection.execute(sa.select(planned).where(planned.c.case_id.in_(case_ids))):
        found = {"key": each.record_key, **{name: getattr(each, name) for name in _MILESTONE}}
        milestones.setdefault(each.case_id, []).append(Milestone(**found))
    history: dict[str, list[Told]] = {}
    for each in connection.execute(sa.select(told).where(told.c.case_id.in_(case_ids)).order_by(told.c.seq)):
        history.setdefault(each.case_id, []).append(Told(each.at, each.by, each.kind, each.text))
    return tuple(
        Recommendation(
            **row,
            milestones=tuple(sorted(milestones.get(row["case_id"], ()), key=lambda one: int(one.key))),
            history=tuple(history.get(row["case_id"], ())),
        )
        for row in rows
    )


_MILESTONE = (
    "what", "role", "due_on", "new_due_on", "done_on", "evidence_kind", "evidence_ref", "why_late", "escalated_at",
)  # fmt: skip
