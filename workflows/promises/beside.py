"""What other cases tell that a promise to a child rests on: other searches, plans, daily meetings. Ten statements for many episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.model import Value
from engine.store import CaseTable, FactTable, TaskTable
from workflows import daily
from workflows.about import FLAG, REFERRAL, AboutRow
from workflows.children import ChildRow, main_id
from workflows.disruptions import DisruptionRow
from workflows.episodes import EpisodeRow
from workflows.promises.record import Beside, HomeEvent, Other
from workflows.serious_events import SeriousEventRow
from workflows.trigger_plans import ChildPlanRow

Span = tuple[datetime, datetime | None]
"""When something began and when it ended."""

REFERRED = (
    *(("referral", "received_at"), ("referral_decision", "outcome")),
    *(("strategy_discussion", field) for field in ("held_at", "outcome")),
    *(("conference", field) for field in ("outcome", "held_at", "late_reason")),
    *(("assessment", field) for field in ("finished_at", "late_reason")),
)
"""What of a referral decides whether it was kept (record, field)."""

PATTERN, SUPPORT, REVIEW = "repeat_pattern", "discuss_support", "review_flag"
REPORT, SENDER = "child_reported", "sender"
BEGIN = "meeting_day"


def beside(connection: sa.Connection, case_ids: Sequence[str], now: datetime) -> Mapping[str, Beside]:
    """Give what stands beside each of these episodes; an episode of nobody known stands alone."""
    mine = connection.execute(_searches().where(EpisodeRow.case_id.in_(case_ids))).all()
    main = _main_ids(connection, {row.child_id for row in mine if row.child_id})
    others, planned = _others(connection, main), _planned(connection, main)
    meetings, met = _meetings(connection, min((row.opened_at for row in mine), default=now), set(case_ids))
    events, protected = _events(connection, case_ids), _protections(connection, main)
    referred, support = _referrals(connection, case_ids), _support(connection, main)
    reviewed = _flag_reviews(connection, case_ids)
    return {
        row.case_id: Beside(
            searches=tuple(each for each in others[main.get(row.child_id, "")] if each.case_id != row.case_id),
            planned_at=tuple(planned[main.get(row.child_id, "")]),
            met=frozenset(met[row.case_id]),
            meetings=meetings,
            events=tuple(events[row.case_id]),
            referrals=tuple(referred[row.case_id]),
            protections=_of_this(row, main, others, protected),
            support=tuple(support[row.case_id]),
            flag_reviews=tuple(reviewed[row.case_id]),
        )
        for row in mine
    }


def _searches() -> sa.Select[Any]:
    row = EpisodeRow
    return sa.select(row.case_id, row.child_id, row.opened_at, row.returned_at, row.case_closed_at)


def _main_ids(connection: sa.Connection, ids: set[str]) -> dict[str, str]:
    """Give the id under which each child is found now, for all the ids of these children."""
    child = ChildRow
    main = main_id(child)
    of_these = sa.select(main).where(child.child_id.in_(ids))
    found = connection.execute(sa.select(child.child_id, main.label("main")).where(main.in_(of_these)))
    return {row.child_id: row.main for row in found}


def _others(connection: sa.Connection, main: Mapping[str, str]) -> dict[str, list[Other]]:
    found: dict[str, list[Other]] = defaultdict(list)
    for row in connection.execute(_searches().where(EpisodeRow.child_id.in_(main))):
        found[main[row.child_id]].append(Other(row.case_id, row.opened_at, row.returned_at or row.case_closed_at))
    return found


def _protections(connection: sa.Connection, main: Mapping[str, str]) -> dict[str, list[Span]]:
    """Give when each child was taken into police protection, and when that ended (G-36)."""
    found: dict[str, list[Span]] = defaultdict(list)
    row = DisruptionRow
    asked = sa.select(row.child_id, row.issued_at, sa.func.coalesce(row.ended_at, row.closed_at)).where(
        row.child_id.in_(main), row.kind == "police_protection", row.issued_at.is_not(None)
    )
    for child_id, issued_at, ended_at in connection.execute(asked.order_by(row.issued_at)):
        found[main[child_id]].append((issued_at, ended_at))
    return found


def _of_this(
    row: sa.Row[Any], main: Mapping[str, str], others: Mapping[str, list[Other]], protected: Mapping[str, list[Span]]
) -> tuple[Span, ...]:
    """Give of a child's protections those that began after this report and before the child's next one."""
    child = main.get(row.child_id, "")
    later = [each.began_at for each in others.get(child, ()) if each.began_at > row.opened_at]
    spans = (span for span in protected.get(child, ()) if span[0] >= row.opened_at)
    return tuple(span for span in spans if not later or span[0] < min(later))


def _events(connection: sa.Connection, case_ids: Sequence[str]) -> dict[str, list[HomeEvent]]:
    """Give the serious events at a home that these episodes have passed on (G-37)."""
    found: dict[str, list[HomeEvent]] = defaultdict(list)
    row = SeriousEventRow
    asked = sa.select(row.episode, row.in_a_home, row.told_at, row.why_late).where(row.episode.in_(case_ids))
    for episode, in_a_home, told_at, why_late in connection.execute(asked.order_by(row.case_id)):
        found[episode].append(HomeEvent(in_a_home, told_at, why_late))
    return found


def _referrals(connection: sa.Connection, case_ids: Sequence[str]) -> dict[str, list[Mapping[str, Value]]]:
    """Give what the referrals that come from these episodes say, each field as it stands now: ``{"conference.held_at": ...}`` (G-35)."""
    case, fact, about = CaseTable, FactTable, AboutRow
    asked = (
        sa.select(about.episode, fact.case_id, fact.record, fact.field, fact.value)
        .join(case, sa.and_(case.id == about.case_id, case.procedure == REFERRAL))
        .join(fact, fact.case_id == case.id)
        .where(about.episode.in_(case_ids), sa.tuple_(fact.record, fact.field).in_(REFERRED))
    )
    said: dict[tuple[str, str], dict[str, Value]] = defaultdict(dict)
    for row in connection.execute(asked.order_by(fact.case_id, fact.seq)):
        said[row.episode, row.case_id][f"{row.record}.{row.field}"] = values.loads(row.value)
    found: dict[str, list[Mapping[str, Value]]] = defaultdict(list)
    for (episode, _case_id), fields in said.items():
        found[episode].append(fields)
    return found


def _support(
    connection: sa.Connection, main: Mapping[str, str]
) -> dict[str, list[tuple[datetime | None, datetime | None]]]:
    """Give by report until when the clock of each discussion of further support gave, and when it was done (G-49)."""
    case, task, fact = CaseTable, TaskTable, FactTable
    of_the_report = sa.and_(
        fact.case_id == task.case_id, fact.record_key == task.record_key, fact.record == REPORT, fact.field == SENDER
    )
    asked = (
        sa.select(fact.value, task.due_at, task.completed_at)
        .select_from(sa.join(sa.join(case, task, task.case_id == case.id), fact, of_the_report))
        .where(case.correlation.in_(main), case.procedure == PATTERN, task.element == SUPPORT)
    )
    found: dict[str, list[tuple[datetime | None, datetime | None]]] = defaultdict(list)
    for row in connection.execute(asked.order_by(task.case_id, task.number)):
        found[str(values.loads(row.value))].append((row.due_at, row.completed_at))
    return found


def _flag_reviews(
    connection: sa.Connection, case_ids: Sequence[str]
) -> dict[str, list[tuple[datetime | None, datetime | None]]]:
    """Give by episode until when the clock of each look at a flag gave that it has decided, and when it was done (G-53).

    A look that another decision has overtaken in time is owed no more; one that it has overtaken later was never done.
    """
    task, about = TaskTable, AboutRow
    late = sa.and_(task.status == "cancelled", task.completed_at > task.due_at)
    asked = (
        sa.select(about.episode, task.due_at, sa.case((task.status == "completed", task.completed_at)).label("done_at"))
        .join(task, task.case_id == about.case_id)
        .join(CaseTable, sa.and_(CaseTable.id == about.case_id, CaseTable.procedure == FLAG))
        .where(about.episode.in_(case_ids), task.element == REVIEW)
        .where(sa.or_(task.status.in_(("open", "completed")), late))
    )
    found: dict[str, list[tuple[datetime | None, datetime | None]]] = defaultdict(list)
    for row in connection.execute(asked.order_by(task.case_id, task.number)):
        found[row.episode].append((row.due_at, row.done_at))
    return found


def _planned(connection: sa.Connection, main: Mapping[str, str]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    plan = ChildPlanRow
    asked = sa.select(plan.child_id, plan.valid_from).where(plan.child_id.in_(main)).order_by(plan.valid_from)
    for row in connection.execute(asked):
        found[main[row.child_id]].append(row.valid_from)
    return found


def _meetings(
    connection: sa.Connection, since: datetime, wanted: set[str]
) -> tuple[tuple[datetime, ...], dict[str, set[datetime]]]:
    """Give when daily meetings began since a moment, and for each wanted episode those that dealt with it (G-21)."""
    case, fact = CaseTable, FactTable
    of_days = sa.select(case.id).where(case.procedure == daily.PROCEDURE, case.opened_at >= since)
    wanted_fields = [(daily.AGENDA, "reference"), (daily.DECISIONS, "outcome"), (BEGIN, "at")]
    told = sa.select(fact.case_id, fact.record, fact.record_key, fact.value).where(
        fact.case_id.in_(of_days), sa.tuple_(fact.record, fact.field).in_(wanted_fields)
    )
    began: dict[str, datetime] = {}
    listed: dict[tuple[str, str], str] = {}
    decisions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(told.order_by(fact.case_id, fact.seq)):
        if row.record == BEGIN:
            began[row.case_id] = values.loads(row.value)
        elif row.record == daily.AGENDA:
            listed[row.case_id, row.record_key] = str(values.loads(row.value))
        else:
            decisions[row.case_id].append({"key": row.record_key, "outcome": values.loads(row.value)})
    met: dict[str, set[datetime]] = defaultdict(set)
    done = {day: daily.dealt_with(made) for day, made in decisions.items()}
    for (day, key), reference in listed.items():
        if reference in wanted and key in done.get(day, ()):
            met[reference].add(began[day])
    return tuple(sorted(began.values())), met


def chunks(case_ids: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """Give references in lists of at most `size`."""
    return (case_ids[first : first + size] for first in range(0, len(case_ids), size))
