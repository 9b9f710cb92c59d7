"""The episodes: one row per case of a missing child, drawn from the facts that the forms wrote.

A projection: it holds nothing that the log and the facts do not hold, follows each step inside its transaction, and can
be thrown away and built again. Nothing that decides how a case moves reads it. It holds the child's name (D1), facts of
the episode (D2) and of the return interview (D9), and what the figures count by, ethnicity too (D11): whoever shows it
asks `workflows.access` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.frozen import frozen
from engine.model import Facts, Value
from engine.rows import aliased, stored
from engine.statements import Prepared
from engine.store import ERASED, Base, CaseTable, Moment, TaskTable
from engine.views import Step, TaskRow
from workflows import episode_counts
from workflows.days import day_of
from workflows.episode_counts import Counts, counts_of, meeting_wanted
from workflows.matching import child_in, every, latest

PROCEDURE = "missing_child"

PLAN_PROCEDURE = "trigger_plan"
"""The procedure that takes what an interview told into the child's trigger plan (G-07)."""

TAKEN_IN = frozenset({"changed", "confirmed"})
"""Answers that say that an interview stands in the plan; one that had nothing for it does not (`plan_update`)."""

INTERVIEWING = ("return_interview_offer", "return_interview_attempt", "carer_information")
"""The records of the tasks that stand open as long as a return interview is owed."""

HELD_WITHIN = timedelta(hours=72)
"""From the return to the return interview (T-25, G-02; statutory guidance 2014 [S46])."""

ATTEMPTS_ENOUGH = 3
"""Attempts without an answer after which the worker may stop trying (T-26 [S51])."""

READS: frozenset[tuple[str, str]] = episode_counts.READS | frozenset(
    {
        ("case_opening", "child_name"),
        ("case_opening", "responsible_authority"),
        ("case_opening", "missing_with"),
        ("missing_report", "child_full_name"),
        ("missing_report", "missing_since"),
        ("missing_report", "reported_at"),
        ("missing_report", "date_of_birth"),
        ("missing_report", "approximate_age"),
        ("missing_report", "sex"),
        ("missing_report", "ethnicity"),
        ("risk", "level"),
        ("risk_floor", "level"),
        ("handover", "read"),
        ("located", "where_known"),
        ("found", "returned_at"),
        ("found", "found_how"),
        ("prevention_interview", "outcome"),
        ("prevention_exception", "approved"),
        ("return_interview_offer", "outcome"),
        ("return_interview_offer", "not_offered_reason"),
        ("return_interview_offer", "offered_at"),
        ("return_interview_attempt", "outcome"),
        ("return_interview_attempt", "reason"),
        ("return_interview_attempt", "tried_at"),
        ("return_interview", "actions"),
        ("return_interview_receipt", "usable"),
        ("police_closure", "child_seen"),
        ("police_closure", "complaint"),
        ("police_closure_agreement", "agreed"),
        ("closing", "role"),
        ("out_of_area_agreement", "provider"),
    }
)
"""Every (record, field) that an episode is drawn from: a release whose forms and tables do not write them is refused."""

RECORDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "interview_received_at": ("return_interview_receipt",),
        "police_closed_at": ("police_closure", "police_closure_agreement"),
        "complained_at": ("police_closure",),
    }
)
"""Columns whose time is the one at which a person recorded the fact, for no form asks when it happened; the last of these records counts."""

CANCELLATION, CANCELLED = "report_cancelled", "cancelled_error"
"""The record of an episode whose report was made in error, and the status in which such an episode ends: no figure counts it."""

COVERED = "interview_covered"
"""The record of an episode whose return a later interview covered: ``held_at``, ``offered_at``, and who says so."""

UNFINISHED = "unfinished"
"""The field, of whatever record asks it, with what an episode leaves to be done (domain.md 13.9)."""

ADULT_FROM = 18
"""Years; only a date of birth makes somebody an adult, and until one is known the child's safeguards hold (13.10)."""

MISSING = frozenset({"reported", "graded", "locating", "located_not_returned"})
"""The statuses in which the child is missing."""

Record = Mapping[str, Value]


class EpisodeRow(Counts, Base):
    """One missing episode; empty text and no time stand for what is not known yet.

    `child_id` is the child as a person matched it, `unfinished` what is left to be done at the end, one text a line, and
    `reported_at` when the case was opened while nobody has said more; `missing_with` is the case of another child who is
    missing with this one, as it was typed. `interview_provider` is the provider that two authorities agreed on for a child who lives
    in the area of another one (T-48). `complained_at` is when it was recorded that somebody has complained about how the case was handled.
    `workflows.figures` counts by `reported_at`, `age` (whole years when reported), `adult` (as the procedure
    treats the person: by a date of birth, never by a guess), `sex`, `ethnicity`, `found_how` and
    `initial_level`, the first grade that was given: `risk_level` is the latest.
    """

    __tablename__ = "episodes"
    case_id: sa.Column[str] = stored(sa.String(20), primary_key=True)
    child_id: sa.Column[str] = stored(sa.String(20))
    child_name: sa.Column[str] = stored(sa.String(200))
    responsible_authority: sa.Column[str] = stored(sa.String(60))
    risk_level: sa.Column[str] = stored(sa.String(30))
    risk_floor: sa.Column[str] = stored(sa.String(30))
    status: sa.Column[str] = stored(sa.String(30))
    opened_at: sa.Column[datetime] = stored(Moment)
    reported_at: sa.Column[datetime] = stored(Moment)
    missing_since: sa.Column[datetime | None] = stored(Moment)
    returned_at: sa.Column[datetime | None] = stored(Moment)
    interview_outcome: sa.Column[str] = stored(sa.String(40))
    interview_offered_at: sa.Column[datetime | None] = stored(Moment)
    interview_accepted_at: sa.Column[datetime | None] = stored(Moment)
    interview_held_at: sa.Column[datetime | None] = stored(Moment)
    interview_received_at: sa.Column[datetime | None] = stored(Moment)
    trigger_plan_updated_at: sa.Column[datetime | None] = stored(Moment)
    covered_by: sa.Column[str] = stored(sa.String(20))
    police_closed_at: sa.Column[datetime | None] = stored(Moment)
    case_closed_at: sa.Column[datetime | None] = stored(Moment)
    complained_at: sa.Column[datetime | None] = stored(Moment)
    unfinished: sa.Column[str] = stored(sa.Text)
    age: sa.Column[int | None]
    adult: sa.Column[bool]
    sex: sa.Column[str] = stored(sa.String(20))
    ethnicity: sa.Column[str] = stored(sa.String(40))
    found_how: sa.Column[str] = stored(sa.String(40))
    initial_level: sa.Column[str] = stored(sa.String(30))
    missing_with: sa.Column[str] = stored(sa.String(20), server_default="")
    interview_provider: sa.Column[str] = stored(sa.String(60), server_default="")
    __table_args__ = (
        sa.Index("ix_episodes_missing_with", "missing_with"),
        sa.Index("ix_episodes_status", "status", "opened_at"),
        sa.Index("ix_episodes_child_id", "child_id"),
        sa.Index("ix_episodes_reported_at", "reported_at"),
    )


@frozen
class Episode:
    """One missing episode as pages show it.

    Six facts of the return interview are kept apart, since each may fail where the one before it succeeded: offered,
    accepted, held, held in time, received by the police, taken into the trigger plan (domain.md 0.1). `status` is of the
    vocabulary ``episode_status``, `interview_outcome` of ``rhi_outcome``.
    """

    case_id: str
    child_name: str
    responsible_authority: str
    risk_level: str
    risk_floor: str
    status: str
    opened_at: datetime
    missing_since: datetime | None
    returned_at: datetime | None
    interview_outcome: str
    interview_offered_at: datetime | None
    interview_accepted_at: datetime | None
    interview_held_at: datetime | None
    interview_received_at: datetime | None
    trigger_plan_updated_at: datetime | None
    police_closed_at: datetime | None
    case_closed_at: datetime | None
    complained_at: datetime | None = None

    @property
    def offered_after(self) -> timedelta | None:
        """How long after the return the interview was offered; None where either is not known."""
        return _between(self.returned_at, self.interview_offered_at)

    @property
    def held_after(self) -> timedelta | None:
        """How long after the return the interview was held; None where either is not known."""
        return _between(self.returned_at, self.interview_held_at)

    @property
    def held_in_time(self) -> bool | None:
        """Whether the interview was held within 72 hours; None while it was not held.

        A reason for a late interview explains it and never makes it one in time (domain.md 13.1).
        """
        return None if self.held_after is None else self.held_after <= HELD_WITHIN


def project(connection: sa.Connection, step: Step) -> None:
    """Bring the episode up to where a step left it, of its own case or of the plan that takes its interview in."""
    if step.procedure == PLAN_PROCEDURE:
        _take_in(connection, step)
    if step.procedure != PROCEDURE:
        return
    closed_at = _moment_of(step, "case_closed")
    values = {
        "case_id": step.case_id,
        "child_id": child_in(step.facts, step.case_id) or "",
        "opened_at": step.now,
        "unfinished": unfinished(step.facts),
        "covered_by": _text(step.facts, COVERED, "sender"),
        "missing_with": _text(step.facts, "case_opening", "missing_with").upper(),
        "interview_provider": _agreed_on(step.facts),
        "trigger_plan_updated_at": None,
        "case_closed_at": closed_at,
        "meeting_wanted_at": meeting_wanted(step),
        **derive(step.facts),
        **_counted_by(step.facts),
        **dict.fromkeys(recorded(step.facts), step.now),
    }
    if closed_at is not None:
        values["status"] = CANCELLED if latest(step.facts, CANCELLATION).get("by_case") else "closed"
    _write(connection, values)


def rebuild(connection: sa.Connection, steps: Iterable[Step]) -> None:
    """Throw the projection away and build it again from steps in the order in which they happened.

    What stands of an episode that was erased is no more in any log, and stays.
    """
    connection.execute(sa.delete(EpisodeRow).where(EpisodeRow.case_id.not_in(erased())))
    for step in steps:
        project(connection, step)


def erased() -> sa.Select[tuple[str]]:
    """Ask for the references of the cases that were erased (`workflows.erasing`)."""
    return sa.select(CaseTable.id).where(CaseTable.status == ERASED)


def find(connection: sa.Connection, case_id: str) -> Episode | None:
    """Give the episode of a case, where the case is one of a missing child."""
    row = connection.execute(_select().where(EpisodeRow.case_id == case_id)).one_or_none()
    return None if row is None else Episode(*row)


@frozen
class Together:
    """The episode of another child of a group that is missing together; the status is of ``episode_status``."""

    case_id: str
    status: str


def together(connection: sa.Connection, case_id: str) -> tuple[str, tuple[Together, ...]]:
    """Give the case by which a group names itself, and the episodes of the others in it, in the order in which they were opened.

    Each names one case of the group, most often the first one; who names the same case, or is named, belongs to it.
    """
    row = EpisodeRow
    named = sa.select(row.missing_with).where(row.case_id == case_id, row.missing_with != "").scalar_subquery()
    theirs = sa.or_(row.missing_with.in_([case_id, named]), row.case_id.in_([case_id, named]))
    rows = sa.select(row.case_id, row.status, row.missing_with).where(theirs).order_by(row.opened_at, row.case_id)
    found = connection.execute(rows).all()
    first = next((each.missing_with for each in found if each.case_id == case_id), "") or case_id
    return first, tuple(Together(each.case_id, each.status) for each in found if each.case_id != case_id)


def awaiting_interview(
    connection: sa.Connection, child_ids: sa.CompoundSelect[Any]
) -> tuple[tuple[str, datetime], ...]:
    """Give the returns of a child whose interview is still owed: case and time of return, the oldest first."""
    task = TaskTable
    still = sa.exists().where(task.case_id == EpisodeRow.case_id, task.status == "open", task.record.in_(INTERVIEWING))
    asked = sa.select(EpisodeRow.case_id, EpisodeRow.returned_at).where(
        EpisodeRow.child_id.in_(child_ids), EpisodeRow.returned_at.is_not(None), still
    )
    rows = connection.execute(asked.order_by(EpisodeRow.returned_at, EpisodeRow.case_id))
    return tuple((case_id, back) for case_id, back in rows)


def returns_of(
    connection: sa.Connection, child_ids: sa.CompoundSelect[Any]
) -> tuple[tuple[str, datetime, datetime | None], ...]:
    """Give the returns of a child: case, time of return, and when the return interview was held, if it was; the latest first."""
    row = EpisodeRow
    asked = sa.select(row.case_id, row.returned_at, row.interview_held_at)
    asked = asked.where(row.child_id.in_(child_ids), row.returned_at.is_not(None), row.status != CANCELLED)
    rows = connection.execute(asked.order_by(row.returned_at.desc(), row.case_id))
    return tuple((case_id, back, held) for case_id, back, held in rows)


def newest(connection: sa.Connection, *, statuses: Iterable[str] | None = None, limit: int = 50) -> tuple[Episode, ...]:
    """Give the episodes that were opened last, newest first, of some statuses or of all."""
    query = _select().order_by(EpisodeRow.opened_at.desc(), EpisodeRow.case_id).limit(limit)
    if statuses is not None:
        query = query.where(EpisodeRow.status.in_(sorted(statuses)))
    return tuple(Episode(*row) for row in connection.execute(query))


def among(connection: sa.Connection, case_ids: sa.Select[Any]) -> tuple[Episode, ...]:
    """Give the episodes whose case references a query gives, newest first."""
    rows = _select().where(EpisodeRow.case_id.in_(case_ids))
    return tuple(Episode(*row) for row in connection.execute(rows.order_by(EpisodeRow.opened_at.desc())))


def derive(facts: Facts, tasks: Iterable[TaskRow] = ()) -> dict[str, Any]:
    """Tell everything about an episode but its reference and when its case was opened and closed.

    The times of the recording (`RECORDED`) are those of the completed `tasks` that wrote the records; None without them.
    """
    completed = {task.record: task.completed_at for task in tasks if task.completed_at is not None}
    there = recorded(facts)
    return {
        "child_name": _text(facts, "missing_report", "child_full_name") or _text(facts, "case_opening", "child_name"),
        "responsible_authority": _text(facts, "case_opening", "responsible_authority"),
        "risk_level": _text(facts, "risk", "level"),
        "risk_floor": _text(facts, "risk_floor", "level"),
        "status": status(facts),
        "missing_since": _time(facts, "missing_report", "missing_since"),
        "returned_at": _time(facts, "found", "returned_at"),
        **_interview(facts),
        **{column: _last(completed, records) if column in there else None for column, records in RECORDED.items()},
    }


def _last(completed: Mapping[str, datetime], records: Iterable[str]) -> datetime | None:
    """Give when the last of some records was completed."""
    return max((completed[record] for record in records if record in completed), default=None)


def _counted_by(facts: Facts) -> dict[str, Any]:
    """Tell what only the figures count by; no time of the report where nobody has said it yet."""
    reported_at = _time(facts, "missing_report", "reported_at")
    return {
        "reported_at": reported_at,
        "age": _age(facts, reported_at),
        "adult": (_whole(latest(facts, "known").get("age")) or 0) >= ADULT_FROM,
        "sex": _text(facts, "missing_report", "sex"),
        "ethnicity": _text(facts, "missing_report", "ethnicity"),
        "found_how": _text(facts, "found", "found_how"),
        "initial_level": _text(facts, "risk", "level"),
        **counts_of(facts),
    }


def age_on(born_on: date, at: datetime) -> int:
    """Give the age in whole years at a moment, by the day in England; who was born on 29 February turns on 1 March."""
    day = day_of(at)
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _age(facts: Facts, reported_at: datetime | None) -> int | None:
    """Give the age in whole years on the day of the report, or about it where no date of birth is known."""
    report = latest(facts, "missing_report")
    born = report.get("date_of_birth")
    if isinstance(born, date) and reported_at is not None:
        years = age_on(born, reported_at)
        return years if years >= 0 else None
    known = _whole(latest(facts, "known").get("age"))
    return _whole(report.get("approximate_age")) if known is None else known


def _whole(value: Value) -> int | None:
    """Give a number as a whole one."""
    return int(value) if isinstance(value, (int, Decimal)) else None


def recorded(facts: Facts) -> frozenset[str]:
    """Name those of the columns `RECORDED` whose fact is there."""
    received = _text(facts, "return_interview_receipt", "usable")
    complained = _text(facts, "police_closure", "complaint") == "yes"
    there = zip(RECORDED, (received, _police_closed(facts), complained), strict=True)
    return frozenset(column for column, is_there in there if is_there)


def _police_closed(facts: Facts) -> bool:
    """Tell whether the police part is closed: by the sergeant, and where the case asks for one by an inspector too (domain.md 1.6)."""
    alone = _text(facts, "closing", "role") != "duty_inspector"
    agreed = _text(facts, "police_closure_agreement", "agreed") == "yes"
    return bool(_text(facts, "police_closure", "child_seen")) and (alone or agreed)


def status(facts: Facts) -> str:
    """Tell how far an open episode has come, by the state model of domain.md 9.

    The prevention interview and the return interview run side by side; while the first is missing, that is what shows.
    """
    if _time(facts, "found", "returned_at") is None:
        if not _text(facts, "risk", "level"):
            return "reported"
        if latest(facts, "located").get("where_known") == "yes":
            return "located_not_returned"
        return "locating" if _text(facts, "handover", "read") == "yes" else "graded"
    if not _prevention_settled(facts):
        return "returned_pending_pi"
    if latest(facts, "return_interview").get("actions") is not None:
        return "rhi_done"
    return "rhi_pending" if _text(facts, "return_interview_offer", "outcome") else "pi_done"


def unfinished(facts: Facts) -> str:
    """Give what an episode leaves to be done, one text a line."""
    found = (latest(facts, record).get(UNFINISHED) for record in sorted(facts))
    lists = (each if isinstance(each, list) else [each] for each in found if each)
    return "\n".join(str(text) for texts in lists for text in texts)


def interview_outcome(facts: Facts) -> str:
    """Tell the outcome of the return interview so far, in words of ``rhi_outcome``; empty before the offer.

    A held interview counts whatever was tried before or after it. A decline is the child's; a parent's refusal is named
    as what it is and does not end the offer (domain.md 13.2).
    """
    attempts = every(facts, "return_interview_attempt")
    if any(attempt.get("outcome") == "held" for attempt in attempts) or _time(facts, COVERED, "held_at") is not None:
        return "held"
    outcome = _of_the_offer(latest(facts, "return_interview_offer"))
    for attempt in attempts:
        outcome = _of_an_attempt(attempt) or outcome
    without_answer = [attempt for attempt in attempts if attempt.get("outcome") == "no_answer"]
    tried_enough = len(without_answer) >= ATTEMPTS_ENOUGH and attempts[-1].get("outcome") == "no_answer"
    return "not_engaged_3_attempts" if tried_enough else outcome


def _interview(facts: Facts) -> dict[str, Any]:
    """Tell the outcome of the return interview, and when it was offered, accepted and held."""
    offer, covered = latest(facts, "return_interview_offer"), latest(facts, COVERED)
    held = [
        attempt["tried_at"]
        for attempt in every(facts, "return_interview_attempt")
        if attempt.get("outcome") == "held" and attempt.get("tried_at") is not None
    ]
    held += [covered["held_at"]] if covered.get("held_at") is not None else []
    offered_at = None if offer.get("outcome") == "not_offered" else offer.get("offered_at")
    accepted_at = offer.get("offered_at") if offer.get("outcome") == "accepted" else None
    return {
        "interview_outcome": interview_outcome(facts),
        "interview_offered_at": offered_at or covered.get("offered_at"),
        "interview_accepted_at": accepted_at or covered.get("offered_at"),
        "interview_held_at": min(held, default=None),
    }


def _of_the_offer(offer: Record) -> str:
    """Name what came of the offer alone."""
    if offer.get("outcome") == "not_offered":
        gone = offer.get("not_offered_reason") in {"deceased", "untraced"}
        return "deceased_or_untraced" if gone else "not_offered"
    outcomes = {"accepted": "accepted_scheduled", "no_answer": "offered_awaiting", "declined": "declined_child"}
    return outcomes.get(str(offer.get("outcome")), "")


def _of_an_attempt(attempt: Record) -> str:
    """Name what came of an attempt that was not held; empty where it leaves the outcome as it was."""
    if attempt.get("outcome") == "declined_by_child":
        return "declined_child"
    reasons = {
        "parent_refused_under_capacity": "declined_parent",
        "child_missing_again": "child_missing_again",
        "out_of_area_delay": "out_of_area_pending",
        "unsafe": "unsafe_to_hold",
        "deceased": "deceased_or_untraced",
    }
    return reasons.get(str(attempt.get("reason")), "") if attempt.get("outcome") == "not_held" else ""


def _prevention_settled(facts: Facts) -> bool:
    """Tell whether the prevention interview was held, or the exception from it was approved (G-03)."""
    held = any(attempt.get("outcome") == "held" for attempt in every(facts, "prevention_interview"))
    return held or _text(facts, "prevention_exception", "approved") == "yes"


def _text(facts: Facts, record: str, field: str) -> str:
    """Give a text of a record's last occurrence; empty where it is not known."""
    return str(latest(facts, record).get(field) or "")


def _time(facts: Facts, record: str, field: str) -> datetime | None:
    """Give a time of a record's last occurrence."""
    value = latest(facts, record).get(field)
    return value if isinstance(value, datetime) else None


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """Give the time between two moments, where both are known."""
    return None if start is None or end is None else end - start


def _agreed_on(facts: Facts) -> str:
    """Give the provider that two authorities agreed on; empty where it is one that does not work here."""
    named = _text(facts, "out_of_area_agreement", "provider")
    return "" if named == "elsewhere" else named


def _moment_of(step: Step, kind: str) -> datetime | None:
    """Give when an event of a kind happened in this step."""
    return next((event.at for event in step.events if event.kind == kind), None)


def column(name: str) -> sa.ColumnElement[Any]:
    """Give a column as it is to be read: of a return that another interview covered, what came of that one."""
    if name not in {"interview_received_at", "trigger_plan_updated_at"}:
        return getattr(EpisodeRow, name).expression  # type: ignore[no-any-return]
    where = aliased(EpisodeRow)
    there = sa.select(getattr(where, name)).where(where.case_id == EpisodeRow.covered_by, EpisodeRow.covered_by != "")
    return sa.func.coalesce(getattr(EpisodeRow, name), there.correlate(EpisodeRow).scalar_subquery()).label(name)


@cache  # it is asked on every page of a case
def _select() -> sa.Select[Any]:
    """Ask for the columns in the order of `Episode`."""
    return sa.select(*(column(field.name) for field in fields(Episode)))


def _take_in(connection: sa.Connection, step: Step) -> None:
    """Note with an episode that the plan of its child has taken its interview in: the n-th answer is to the n-th interview.

    Source: G-07, T-37.
    """
    keys = {
        event.data["key"]
        for event in step.events
        if event.kind in {"facts_written", "facts_corrected"} and event.data["record"] == "plan"
    }
    plans, interviews = step.facts.get("plan", {}), every(step.facts, "interview_received")
    answered = [key for key in sorted(plans, key=lambda key: (len(key), key)) if plans[key].get("taken_in") is not None]
    for key, interview in zip(answered, interviews, strict=False):
        if key in keys and plans[key]["taken_in"] in TAKEN_IN:
            episode = sa.update(EpisodeRow).where(EpisodeRow.case_id == str(interview.get("sender")))
            first = sa.func.coalesce(EpisodeRow.trigger_plan_updated_at, sa.bindparam("at", type_=Moment()))
            connection.execute(episode.values(trigger_plan_updated_at=first), {"at": step.now})


_EPISODES = Base.metadata.tables[EpisodeRow.__tablename__]
_FIRST = ("case_closed_at", "meeting_wanted_at")
_ONCE = (*_FIRST, *RECORDED)
_ADD = sa.insert(_EPISODES)


def _change() -> sa.Update:
    """Make the statement that brings an episode up to date, once for all (engine.writing says why).

    What is there wins where the first time counts: when the case was closed, and when a fact was recorded that still
    stands. An episode that is closed stays closed. An upsert would do it for new episodes too, but SQLAlchemy compiles
    that anew each time, which took longer than all other statements of a step together.
    """
    there = _EPISODES.c
    given = {name: sa.bindparam(f"given_{name}", type_=Moment()) for name in _ONCE}
    changed: dict[str, Any] = {
        name: sa.case((given[name].is_not(None), sa.func.coalesce(there[name], given[name]))) for name in RECORDED
    }
    changed |= {name: sa.func.coalesce(there[name], given[name]) for name in _FIRST}
    new_status = sa.bindparam("given_status", type_=sa.String())
    changed["status"] = sa.case((there.case_closed_at.is_not(None), there.status), else_=new_status)
    told_at = sa.bindparam("given_reported_at", type_=Moment())
    changed["reported_at"] = sa.func.coalesce(told_at, there.opened_at)
    graded = sa.bindparam("given_initial_level", type_=sa.String())
    changed["initial_level"] = sa.case((there.initial_level == "", graded), else_=there.initial_level)
    return sa.update(_EPISODES).where(there.case_id == sa.bindparam("this_case")).values(changed)


_GIVEN = ("status", "reported_at", "initial_level", *_ONCE)
_ANEW = frozenset({"case_id", "opened_at", "trigger_plan_updated_at", *_GIVEN})
_CHANGE = Prepared(_change())


def _write(connection: sa.Connection, values: dict[str, Any]) -> None:
    """Write an episode, whether it is there or not."""
    change = {name: value for name, value in values.items() if name not in _ANEW}
    change |= {f"given_{name}": values[name] for name in _GIVEN}
    if _CHANGE(connection, [{"this_case": values["case_id"], **change}]) == 0:
        connection.execute(_ADD, values | {"reported_at": values["reported_at"] or values["opened_at"]})
