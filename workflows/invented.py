"""What the service tasks would find, made up: a procedure that is tried out reads no record of anybody.

Each operation has variants in words, from which whoever tries a procedure out chooses; the first is the usual one. An operation
that reads nothing but its own case is carried out as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Connection

from engine.frozen import frozen
from engine.model import Found, Value
from workflows.child_details import NO_SCHOOL
from workflows.days import day_of
from workflows.operations import OPERATIONS

CHILD, EPISODE, OTHER_EPISODE = "CH-INVENTED", "MC-INVENTED", "MC-2NVENTED"
RECOMMENDATION = "RC-INVENTED"
NAME, BORN = "Kit Example", date(2012, 5, 1)

Finds = Callable[[Mapping[str, Value], datetime], Found]


@frozen
class Variant:
    """One thing that an operation may find: in words, and as it would give it at a moment."""

    words: str
    found: Finds


def _always(found: Any) -> Finds:
    """Give the same at each moment."""
    return lambda _scope, _now: found


NEW: Mapping[str, Value] = {
    "child_id": CHILD,
    "is_new": True,
    "age": None,
    **dict.fromkeys(("exploitation", "looked_after", "plan"), False),
    **dict.fromkeys(("episodes_count", "episodes_90d", "episodes_365d"), 1),
    **dict.fromkeys(("placement", "last_episode", "plan_version", "plan_summary", "plan_for_police", "contact_rules")),
    **{name: [] for name in ("flags", "immediate_tasks", "carry_over")},
}
"""What is known of a child who was never reported before."""
OFTEN: Mapping[str, Value] = {
    **NEW,
    "is_new": False,
    "age": 14,
    "looked_after": True,
    "episodes_count": 6,
    "episodes_90d": 3,
    "episodes_365d": 6,
    "last_episode": OTHER_EPISODE,
}
AT_RISK: Mapping[str, Value] = {
    **OFTEN,
    "flags": ["cse"],
    "exploitation": True,
    "plan": True,
    "plan_version": 2,
    "plan_summary": "Goes to the boat house when she is afraid.",
    "immediate_tasks": [{"value": "plan_1", "label": "Ring the aunt"}],
}
_FOUND_CHILD = {"child_id": CHILD, "child": NAME, "born_on": BORN}


def _itself(name: str) -> Mapping[str, Variant]:
    """Carry an operation out as it is: it reads nothing but the case."""
    work = OPERATIONS[name]
    return {
        "itself": Variant("What the case itself says", lambda scope, now: work(cast("Connection", None), scope, now))
    }


def _agenda(_scope: Mapping[str, Value], now: datetime) -> Found:
    moments = {"last_review_at": now - timedelta(hours=3), "next_review_at": now + timedelta(hours=1)}
    shared = {"child": None, "adult": False, "overdue": False, **moments}
    grades = ((EPISODE, "high", 9), (OTHER_EPISODE, "medium", 4))
    return [{"reference": name, "grade": grade, "hours_missing": hours, **shared} for name, grade, hours in grades]


def _due(_scope: Mapping[str, Value], now: datetime) -> Found:
    return {"returns": [{"reference": OTHER_EPISODE, "returned_at": now - timedelta(hours=6)}], "interviews": []}


def _sample(_scope: Mapping[str, Value], now: datetime) -> Found:
    kinds = (("high_risk", "high", EPISODE, "yes"), ("random", "medium", OTHER_EPISODE, "no"))
    names, ended = ("sampled_by", "level", "case_id", "again"), now - timedelta(days=9)
    return [{**dict(zip(names, each, strict=True)), "ended_at": ended} for each in kinds]


def _closed(_scope: Mapping[str, Value], now: datetime) -> Found:
    return {"closed": True, "episode": EPISODE, "closed_at": now - timedelta(days=9), **_FOUND_CHILD}


def _open(_scope: Mapping[str, Value], now: datetime) -> Found:
    told = {"opened_at": now - timedelta(hours=2), "child_id": CHILD, "child": NAME}
    return {"open": True, "episode": EPISODE, **told}


def _drawn(scope: Mapping[str, Value], now: datetime) -> Found:
    before = scope.get("drawn")
    number = 1 + (len(before) if isinstance(before, list) else 0)
    return {"number": number, "fingerprint": f"{number:064x}", "label": f"Version {number}", "drawn_at": now}


def _issued(scope: Mapping[str, Value], now: datetime) -> Found:
    drawn = scope.get("drawn")
    version = drawn[-1] if isinstance(drawn, list) and drawn else {}
    told = {
        "number": version.get("number"),
        "fingerprint": version.get("fingerprint"),
        "recommendations": [RECOMMENDATION],
    }
    return {**told, "issued_at": now, "issued_on": day_of(now)}


_NONE_OWED = {"returns": [], "count": 0}
_ONE_OWED = {"returns": [{"value": OTHER_EPISODE, "label": "An earlier return, three weeks ago"}], "count": 1}
_ONE_HELD = {"returns": ["Back three weeks ago: no interview was held"], "count": 1}

STAND_INS: Mapping[str, Mapping[str, Variant]] = MappingProxyType(
    {
        "find_children": {
            "one": Variant(
                "One child who may be meant", _always({"matches": [{"value": CHILD, "label": NAME}], "count": 1})
            ),
            "none": Variant("Nobody who may be meant", _always({"matches": [], "count": 0})),
        },
        "recall_record": {
            "nothing": Variant(
                "No earlier report",
                _always({"offered": [{"value": key, "label": words} for key, words in NO_SCHOOL.items()]}),
            )
        },
        "recall_child": {
            "new": Variant("A child who was never reported before", _always(NEW)),
            "often": Variant("A looked-after child, missing for the third time in 90 days", _always(OFTEN)),
            "at_risk": Variant("The same with a warning of exploitation and a trigger plan", _always(AT_RISK)),
        },
        "raise_plan_tasks": _itself("raise_plan_tasks"),
        "plan_actions": _itself("plan_actions"),
        "open_interviews": {
            "none": Variant("No earlier return is still owed an interview", _always(_NONE_OWED)),
            "one": Variant("One earlier return is still owed an interview", _always(_ONE_OWED)),
        },
        "earlier_interviews": {
            "none": Variant("The first return", _always(_NONE_OWED)),
            "one": Variant("One earlier return without an interview", _always(_ONE_HELD)),
        },
        "recall_standing": {
            "known": Variant(
                "A child of 15 without an order",
                _always({"known": True, "child_id": CHILD, "age": 15, "legal_status": None}),
            ),
            "in_care": Variant(
                "A child of 15 under a full care order",
                _always({"known": True, "child_id": CHILD, "age": 15, "legal_status": "fco"}),
            ),
            "unknown": Variant(
                "No such child", _always({"known": False, "child_id": None, "age": None, "legal_status": None})
            ),
        },
        "find_home": {
            "none": Variant("No home that is known", _always({"placement": None, "name": None, "offered": []})),
            "one": Variant(
                "The child lives in a home here",
                _always({"placement": "invented_home", "name": "Invented House", "offered": []}),
            ),
        },
        "find_providers": {
            "one": Variant("One provider", _always({"offered": [{"value": "invented", "label": "Invented Steps"}]}))
        },
        "count_retention": {
            "three": Variant("Three records are due", _always({"count": 3, "more": False, "oldest_on": BORN})),
            "none": Variant("No record is due", _always({"count": 0, "more": False, "oldest_on": None})),
        },
        "recall_episode": {
            "closed": Variant("The case, which is closed", _closed),
            "none": Variant(
                "No such case",
                _always({"closed": False, **dict.fromkeys(("episode", "closed_at", "child_id", "child", "born_on"))}),
            ),
        },
        "recall_open_episode": {
            "open": Variant("The case, which is open", _open),
            "none": Variant(
                "No such case", _always({"open": False, **dict.fromkeys(("episode", "opened_at", "child_id", "child"))})
            ),
        },
        "recall_referred": {
            "known": Variant("The child", _always(_FOUND_CHILD)),
            "none": Variant("No such child", _always(dict.fromkeys(("child_id", "child", "born_on")))),
        },
        "draw_audit_sample": {
            "two": Variant("Two cases", _sample),
            "none": Variant("No case in this month", _always([])),
        },
        "list_missing_episodes": {
            "two": Variant("Two who are missing", _agenda),
            "none": Variant("Nobody is missing", _always([])),
        },
        "list_what_is_due": {
            "one": Variant("One who is back without a prevention interview", _due),
            "none": Variant("Nothing is due", _always({"returns": [], "interviews": []})),
        },
        "count_daily_meeting": _itself("count_daily_meeting"),
        "draw_up_report": {"drawn": Variant("The next version", _drawn)},
        "issue_report": {"issued": Variant("The version that was signed", _issued)},
    }
)
"""Every operation by its name, with what it may find by the name of the variant."""


def find(name: str, variant: str, scope: Mapping[str, Value], now: datetime) -> Found:
    """Give what an operation finds in a variant; the usual one where there is none of this name, nothing for an unknown operation."""
    variants = STAND_INS.get(name, {})
    chosen = variants.get(variant) or next(iter(variants.values()), None)
    return chosen.found(scope, now) if chosen else {}
