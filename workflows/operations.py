"""What the diagrams' service tasks call: who the child may be, what is known of a child, and what its plan asks for now.

An operation reads tables in the step's transaction and writes none; what it found becomes facts of the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.cases import OperationInStep
from engine.model import Found, Value
from workflows import child_projection, children, daily, episodes, sampling
from workflows.children import EXPLOITATION, LOOKED_AFTER, Child, ChildEpisode, ChildPlan
from workflows.likeness import ALIKE, likeness
from workflows.matching import MATCH, NEW_CHILD, child_in, latest, own_id
from workflows.vocabulary import ACTION_TYPE

MOST_CANDIDATES = 8
"""So many children are offered at most: more cannot be read while a caller waits."""

BY_PLAN_WITHIN = timedelta(minutes=30)
"""By when an action of the plan is to be set going (G-11, T-08)."""

LONGEST_NAME = 80

_TODAY = ZoneInfo("Europe/London")


def find_children(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Find the children who may be the one of a report, the likeliest first: the record ``candidates``.

    ``{"matches": [{"value": "CH-7K3QX9PW", "label": "Robin Example, 3 May 2012, 2 earlier episodes"}], "count": 1}``.
    Source: G-09, domain.md 13.4 (identity and matching follow, and join without loss).
    """
    del now
    said = child_projection.identity(_as_facts(scope))
    own = own_id(str(scope["case"]["reference"]))
    names = [name for name in (said["name"], said["known_as"]) if name]
    scored = [
        (likeness(names, said["born_on"], (child.name, child.known_as), child.born_on), child, count)
        for child, count in children.near(connection, names, said["born_on"])
    ]
    best = sorted(
        (one for one in scored if one[0] >= ALIKE and one[1].child_id != own),
        key=lambda one: (-one[0], one[1].child_id),
    )
    matches = [{"value": child.child_id, "label": _label(child, count)} for _, child, count in best[:MOST_CANDIDATES]]
    return {"matches": matches, "count": len(matches)}


def recall_child(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Recall what is known of the child of an episode, whom a person has matched: the record ``known``.

    Episodes are counted with this one, imported ones too; what is to be carried over is what the last episode left to be
    done. `age` is in whole years at the report, by a date of birth that somebody gave, and None without one: an age that is
    guessed makes nobody an adult. Source: G-09, G-10, G-11, T-08, domain.md 13.9, 13.10.
    """
    reference = str(scope["case"]["reference"])
    facts = _as_facts(scope)
    chosen = facts.get(MATCH, {}).get("", {}).get("child")
    child_id = child_in({MATCH: {"": {"child": chosen}}}, reference) or own_id(reference)
    at = _reported_at(facts, scope)
    child = None if chosen in {None, NEW_CHILD} else children.find(connection, child_id)
    before: list[ChildEpisode] = []
    flags: list[str] = []
    plan = None
    if child is not None:
        before = [each for each in children.episodes_of(connection, child_id) if each.case_id != reference]
        flags = _flags(connection, child_id, at)
        plan = children.live_plan(children.plans_of(connection, child_id), max(at, now))
    report = latest(facts, "missing_report")
    told = child_projection.legal_status(report)
    status = told if told not in {"", "unknown"} else ("" if child is None else child.looked_after)
    return {
        "child_id": child_id if child is None else child.child_id,
        "is_new": chosen in {None, NEW_CHILD},
        "age": _age(report.get("date_of_birth") or (None if child is None else child.born_on), at),
        "flags": flags,
        "exploitation": not EXPLOITATION.isdisjoint(flags),
        "looked_after": status in LOOKED_AFTER or _said_yes(facts),
        "episodes_count": len(before) + 1,
        "episodes_90d": children.within(before, timedelta(days=90), at) + 1,
        "episodes_365d": children.within(before, timedelta(days=365), at) + 1,
        "last_episode": before[0].case_id if before else None,
        **_of_plan(plan),
        "carry_over": _entries("carry", before[0].unfinished) if before else [],
    }


def plan_actions(_connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Make actions of the tasks of the plan, and of the last episode, that a person has taken up: records ``action``.

    ``[{"what": "Ring the aunt", "type": "phone_contact", "from_plan": True, "due_within": timedelta(minutes=30)}]``. A
    task that begins with a kind of action of domain.md 6.0, in words or as its key, and a colon is of that kind. Source:
    G-11.
    """
    known, acknowledged = _last(scope.get("known")), _last(scope.get("plan_acknowledgement"))
    taken_up = {
        entry
        for name, value in acknowledged.items()
        if isinstance(value, list) and not name.startswith("dismiss")
        for entry in value
    }
    offered = [*(known.get("immediate_tasks") or []), *(known.get("carry_over") or [])]
    return [_action(entry["label"]) for entry in offered if entry["value"] in taken_up]


def open_interviews(connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Find the earlier returns of a child whose return interview is still owed: the record ``open_interviews``.

    ``{"returns": [{"value": "MC-7K3QX9PW", "label": "Back on 3 March 2026, case MC-7K3QX9PW"}], "count": 1}``; one interview
    may cover them. Source: domain.md 7 (clock rules) [S129].
    """
    child_id = _last(scope.get("known")).get("child_id")
    reference = str(scope["case"]["reference"])
    found = () if child_id is None else episodes.awaiting_interview(connection, children.ids_of(str(child_id)))
    returns = [
        {"value": case_id, "label": f"Back on {_day(back.astimezone(_TODAY).date())}, case {case_id}"}
        for case_id, back in found
        if case_id != reference
    ]
    return {"returns": returns, "count": len(returns)}


OPERATIONS: Mapping[str, OperationInStep] = MappingProxyType(
    {
        "find_children": find_children,
        "recall_child": recall_child,
        "plan_actions": plan_actions,
        "open_interviews": open_interviews,
        "draw_audit_sample": sampling.draw,
        "list_missing_episodes": daily.list_missing_episodes,
        "list_what_is_due": daily.list_what_is_due,
        "count_daily_meeting": daily.count_daily_meeting,
    }
)
"""Every operation by the name that a service task calls."""


def _last(record: Value) -> Mapping[str, Any]:
    """Give the fields of a record as a step sees it; of one that repeats, those of the last."""
    found = record[-1] if isinstance(record, list) and record else record
    return found if isinstance(found, dict) else {}


def _as_facts(scope: Mapping[str, Value]) -> dict[str, dict[str, dict[str, Value]]]:
    """Give the records of which a report consists in the shape of facts."""
    return {name: {"": dict(_last(scope.get(name)))} for name in ("case_opening", "missing_report", MATCH)}


def _reported_at(facts: Mapping[str, Any], scope: Mapping[str, Value]) -> datetime:
    """Give when the child was reported: as the report says, or when the case was opened."""
    told = facts["missing_report"][""].get("reported_at")
    opened: datetime = scope["case"]["opened_at"]
    return told if isinstance(told, datetime) else opened


def _age(born_on: date | None, at: datetime) -> int | None:
    """Give the age in whole years on the day of the report; who was born on 29 February turns on 1 March."""
    if born_on is None:
        return None
    today = at.astimezone(_TODAY).date()
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def _said_yes(facts: Mapping[str, Any]) -> bool:
    """Tell whether the caller says that the child is looked after."""
    return bool(facts["missing_report"][""].get("looked_after") == "yes")


def _flags(connection: sa.Connection, child_id: str, at: datetime) -> list[str]:
    """Name the flags that hold on the day of the report, each once."""
    today = at.astimezone(_TODAY).date()
    return sorted({flag.flag for flag in children.flags_of(connection, child_id) if flag.holds_on(today)})


def _of_plan(plan: ChildPlan | None) -> dict[str, Value]:
    """Give what the live plan says to somebody who takes a report."""
    return {
        "plan": plan is not None,
        "plan_version": None if plan is None else plan.version,
        "plan_summary": None if plan is None else plan.summary,
        "contact_rules": (plan.contact_rules or None) if plan is not None else None,
        "immediate_tasks": _entries("plan", plan.immediate_tasks) if plan is not None else [],
    }


def _entries(kind: str, lines: str) -> list[dict[str, str]]:
    """Give lines as what a form offers: ``[{"value": "plan_1", "label": "Ring the aunt"}]``."""
    texts = [line.strip() for line in lines.splitlines() if line.strip()]
    return [{"value": f"{kind}_{number}", "label": text} for number, text in enumerate(texts, 1)]


def _action(text: str) -> dict[str, Value]:
    """Make one action of a line of the plan."""
    begins, colon, rest = text.partition(":")
    kinds = {word.casefold(): key for key, words in ACTION_TYPE.items() for word in (key, words)}
    kind = kinds.get(begins.strip().casefold()) if colon and rest.strip() else None
    what = text if kind is None else rest.strip()
    return {"what": what, "type": kind or "other", "from_plan": True, "due_within": BY_PLAN_WITHIN}


def _label(child: Child, count: int) -> str:
    """Say who a child is in one line."""
    known_as = f" ({child.known_as})"[:LONGEST_NAME] if child.known_as else ""
    episodes = {0: "no earlier episode", 1: "1 earlier episode"}.get(count, f"{count} earlier episodes")
    return f"{child.name[:LONGEST_NAME]}{known_as}, {_day(child.born_on)}, {episodes}"


def _day(day: date | None) -> str:
    """Say a date of birth in words."""
    return "date of birth not known" if day is None else f"{day.day} {day:%B} {day.year}"
