"""The daily management meeting: who is missing at its beginning, what is due that day, and what was dealt with (G-21).

The first two operations read tables; what they found are facts of the meeting's case, and stay as they were at 08:00.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

import sqlalchemy as sa

from engine import values
from engine.frozen import frozen
from engine.model import Actor, Facts, Found, Value
from engine.store import CaseTable, FactTable, TaskTable
from workflows import figures, seals
from workflows.episodes import HELD_WITHIN, EpisodeRow
from workflows.figures import Missing

PROCEDURE = "daily_management"

PUT_OFF = "later"
"""The decision that is none: the episode comes round again, and counts as not dealt with until then."""

DUE_WITHIN = timedelta(hours=24)

MOST = 200
"""So many of what is due are listed at most: more is no agenda."""

NOT_HELD_YET = ("returned_pending_pi", "pi_done", "rhi_pending")
"""The statuses between the return and the end of the return interview."""

LOWER_GRADE_WAITS = ("give_exploitation_view", "approve_downgrade", "endorse_lowering")
"""The tasks behind which a lower grade waits; until they are done the higher one stands (G-12)."""

ACTION, TAKEN_OVER = "carry_out_action", "acknowledge_handover"
"""An action of the search, and the task by which a named inspector takes the case over."""

SIGNED_OFF, LAPSED = "meeting_result", "meeting_lapse"
"""The records of a meeting's end: signed off, or overtaken by the next day."""


@frozen
class Day:
    """One daily meeting; what is counted is None while it goes on, and `signed_off` then too."""

    case_id: str
    opened_at: datetime
    signed_off: bool | None
    listed: int | None
    dealt_with: int | None


AGENDA, DECISIONS, DUE = "missing_episode", "daily_decision", "due_today"
"""The records of a meeting: each episode that it deals with, what it decides on them, and what else it looks at."""

SEALED, GRADED = "A sealed record: ask a superintendent", "graded"
"""What those who do not see a record are told of an episode on the agenda, and of its grade."""

FLAGS, PLACES = ("known", "flags"), (("case_opening", "last_place"), ("missing_report", "last_seen_place"))
"""The facts that say more of how an episode stands: warnings, and the place, where the later answer counts."""
SHORT = 60
"""Characters of the place."""


@frozen
class Standing:
    """How a missing episode stands now: what a meeting has to know of it beside the grade.

    `flags` are the warnings that were known when the report was matched, None while nobody has matched it;
    `reviewed_by` a sign-in name, `waits_for` the role behind which a lower grade waits, since `waits_since`; `place` is where the
    child was last seen or meant to be, in few words.
    """

    flags: tuple[str, ...] | None = None
    reviewed_by: str = ""
    waits_for: str = ""
    waits_since: datetime | None = None
    overdue_actions: int = 0
    taken_over_by: str = ""
    place: str = ""


def list_missing_episodes(connection: sa.Connection, _scope: Mapping[str, Value], now: datetime) -> Found:
    """List everybody who was reported by now and is missing, the gravest grade first and then the longest: records ``missing_episode``.

    ``[{"reference": "MC-7K3QX9PW", "child": "CH-7K3QX9PW", "grade": "high", "hours_missing": 31, "overdue": True}]``, with
    ``last_review_at`` and ``next_review_at``; nothing in it names anybody. Source: G-21, domain.md 1.7.
    """
    found = sorted(figures.missing_now(connection, also=(EpisodeRow.reported_at <= now,)), key=figures.gravest)
    return [_item(one, now) for one in found]


def list_what_is_due(connection: sa.Connection, _scope: Mapping[str, Value], now: datetime) -> Found:
    """List what else the meeting looks at: the record ``due_today``.

    ``returns`` are those who are back and had no prevention interview; ``interviews`` the return interviews that are due
    within 24 hours or overdue, each with ``reference`` and ``due_at``. Source: domain.md 1.7, T-21, T-25.
    """
    row = EpisodeRow
    query = sa.select(row.case_id, row.returned_at, row.status, row.interview_held_at, row.adult)
    query = query.where(row.status.in_(NOT_HELD_YET), row.returned_at <= now).order_by(row.returned_at).limit(MOST)
    back = connection.execute(query).all()
    returns = [
        {"reference": one.case_id, "returned_at": one.returned_at} for one in back if one.status == NOT_HELD_YET[0]
    ]
    interviews = [
        {"reference": one.case_id, "due_at": due, "overdue": due <= now}
        for one in back
        if (due := one.returned_at + HELD_WITHIN) <= now + DUE_WITHIN
        and one.interview_held_at is None
        and not one.adult
    ]
    return {"returns": returns, "interviews": interviews}


def veil(connection: sa.Connection, facts: Facts, who: Actor) -> Facts:
    """Give the facts of a meeting as a person may see them now: of what is sealed that there is one, whether it is graded, and whether it was dealt with.

    The meeting deals with everybody (G-21), so that nobody is left out of it; who it is, those know who see the record (13.12). One
    statement, where a case has an agenda.
    """
    if AGENDA not in facts and DUE not in facts:
        return facts
    shut = seals.hidden(connection, who)
    if not shut:
        return facts
    keys = {key for key, item in facts.get(AGENDA, {}).items() if item.get("reference") in shut}
    told: dict[str, Callable[[str, Mapping[str, Value]], dict[str, Value]]] = {
        AGENDA: lambda key, item: _sealed(item) if key in keys else dict(item),
        DECISIONS: lambda key, one: {"outcome": one.get("outcome")} if key.partition(".")[0] in keys else dict(one),
        **dict.fromkeys((DUE, SIGNED_OFF, LAPSED), lambda _key, item: _without(item, shut)),
    }
    seen = {
        record: {key: tell(key, item) for key, item in facts[record].items()}
        for record, tell in told.items()
        if record in facts
    }
    return {**facts, **seen}


def _sealed(item: Mapping[str, Value]) -> dict[str, Value]:
    """Give an episode of the agenda as it is told to those who do not see its record."""
    return {**dict.fromkeys(item), "reference": SEALED, "grade": GRADED if item.get("grade") else None}


def _without(item: Mapping[str, Value], shut: Collection[str]) -> dict[str, Value]:
    """Take out of lists what is sealed; of a list of references its place stays."""

    def told(value: Value) -> Value:
        if not isinstance(value, list):
            return value
        rows = [each for each in value if not isinstance(each, dict) or each.get("reference") not in shut]
        return [SEALED if isinstance(each, str) and each in shut else each for each in rows]

    return {name: told(value) for name, value in item.items()}


def count_daily_meeting(_connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Count which episodes of the agenda were dealt with: the record of the meeting's end.

    ``{"listed": 12, "dealt_with": 10, "not_dealt_with": ["MC-7K3QX9PW", ...]}``. Source: G-21.
    """
    agenda = [one for one in _list(scope.get(AGENDA)) if isinstance(one, dict)]
    done = dealt_with(one for one in _list(scope.get(DECISIONS)) if isinstance(one, dict))
    left = [str(one["reference"]) for one in agenda if one["key"] not in done]
    return {"listed": len(agenda), "dealt_with": len(agenda) - len(left), "not_dealt_with": left}


def dealt_with(decisions: Iterable[Mapping[str, Value]]) -> frozenset[str]:
    """Name the keys of the episodes that were decided on; each decision's `key` begins with that of its episode."""
    return frozenset(
        str(one.get("key")).partition(".")[0] for one in decisions if one.get("outcome") not in {None, PUT_OFF}
    )


def days(connection: sa.Connection, *, limit: int) -> tuple[Day, ...]:
    """Give the last daily meetings, the newest first, with what was dealt with at each (G-21). Two statements."""
    case, fact = CaseTable, FactTable
    query = sa.select(case.id, case.opened_at).where(case.procedure == PROCEDURE)
    met = connection.execute(query.order_by(case.opened_at.desc(), case.id).limit(limit)).all()
    ends = sa.select(fact.case_id, fact.record, fact.field, fact.value).where(
        fact.case_id.in_([one.id for one in met]),
        fact.record.in_((SIGNED_OFF, LAPSED)),
        fact.field.in_(("listed", "dealt_with")),
    )
    counted: dict[str, dict[str, Value]] = {}
    for row in connection.execute(ends):
        counted.setdefault(row.case_id, {"end": row.record})[row.field] = values.loads(row.value)
    return tuple(_day(one.id, one.opened_at, counted.get(one.id, {})) for one in met)


def standings(connection: sa.Connection, case_ids: Iterable[str], now: datetime) -> dict[str, Standing]:
    """Tell of each of these episodes how it stands now. Two statements."""
    wanted, task, fact = list(case_ids), TaskTable, FactTable
    query = sa.select(
        task.case_id, task.element, task.record, task.role, task.status, task.opened_at, task.due_at, task.completed_by
    ).where(task.case_id.in_(wanted), task.status != "cancelled")
    found: dict[str, Standing] = dict.fromkeys(wanted, Standing())
    for row in connection.execute(query.order_by(task.completed_at, task.number)):
        found[row.case_id] = replace(found[row.case_id], **_told_by(row, found[row.case_id], now))
    told = sa.select(fact.case_id, fact.record, fact.value).where(
        fact.case_id.in_(wanted), sa.tuple_(fact.record, fact.field).in_([FLAGS, *PLACES])
    )
    for case_id, record, value in connection.execute(told.order_by(fact.seq)).tuples():
        said = values.loads(value)
        if record == FLAGS[0]:
            found[case_id] = replace(found[case_id], flags=tuple(str(flag) for flag in _list(said)))
        elif said:
            found[case_id] = replace(found[case_id], place=shorten(str(said), SHORT, placeholder=" ..."))
    return found


def _told_by(row: Any, so_far: Standing, now: datetime) -> dict[str, Any]:
    """Give what one task of an episode, open or done, changes about how it stands; tasks come in the order of their end."""
    if row.status == "open" and row.element in LOWER_GRADE_WAITS:
        return {"waits_for": row.role, "waits_since": row.opened_at}
    if row.status == "open" and row.element == ACTION and row.due_at is not None and row.due_at <= now:
        return {"overdue_actions": so_far.overdue_actions + 1}
    if row.status == "completed" and row.record in figures.REVIEWS:
        return {"reviewed_by": row.completed_by}
    if row.status == "completed" and row.element == TAKEN_OVER:
        return {"taken_over_by": row.completed_by}
    return {}


def _day(case_id: str, opened_at: datetime, end: Mapping[str, Value]) -> Day:
    """Give one meeting with what its end counted."""
    if not end:
        return Day(case_id, opened_at, None, None, None)
    listed, done = (int(str(end.get(name) or 0)) for name in ("listed", "dealt_with"))
    return Day(case_id, opened_at, end["end"] == SIGNED_OFF, listed, done)


def _item(one: Missing, now: datetime) -> dict[str, Value]:
    """Give an entry of the agenda."""
    return {
        "reference": one.case_id,
        "child": one.child_id or None,
        "adult": one.adult,
        "grade": one.level or None,
        "hours_missing": int(one.missing_for(now) / timedelta(hours=1)),
        "last_review_at": one.last_review_at,
        "next_review_at": one.next_review_at,
        "overdue": one.is_overdue(now),
    }


def _list(value: Value) -> list[Value]:
    """Give a record that repeats; none where it was never written."""
    return value if isinstance(value, list) else []
