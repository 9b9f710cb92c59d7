"""What the diagrams' service tasks call: who the child may be, what is known of a child, and what its plan asks for now.

An operation reads tables in the step's transaction and writes none; what it found becomes facts of the case. It knows no
person and looks at no part: what it reads of a sealed record stands in a case that the same transaction puts behind that seal
(`seals.follow`), or is not read at all. "Not there" for every sealed record would have cost the group its own work.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.cases import OperationInStep
from engine.model import AFTER, Found, Value
from workflows import (
    child_details,
    child_projection,
    children,
    commissions,
    daily,
    episodes,
    philomena,
    sampling,
    seals,
    serious_events,
    trigger_plans,
)
from workflows.children import EXPLOITATION, LOOKED_AFTER, Child, ChildEpisode
from workflows.days import day_in_words, day_of
from workflows.likeness import ALIKE, likeness
from workflows.matching import MATCH, NEW_CHILD, child_in, latest, own_id
from workflows.trigger_plans import ChildPlan

MOST_CANDIDATES = 8
"""So many children are offered at most: more cannot be read while a caller waits."""

TASK = "task_of_the_plan"
"""The field of an action that holds a text of the trigger plan, and with it the data class of the plan."""

LONGEST_NAME = 80

MOST_TO_REVIEW = 50
"""So many records that are due for a review are counted at most."""


def find_children(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Find the children who may be the one of a report, the likeliest first, after the one whom the caller has named: the record ``candidates``.

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
    nearest = [(child, count) for _, child, count in best]
    named = _named(connection, scope)
    if named is not None:
        count = dict(nearest).get(named)
        first = (named, len(children.episodes_of(connection, named.child_id)) if count is None else count)
        nearest = [first, *(each for each in nearest if each[0] != named)]
    sealed = seals.sealed_among(connection, [child.child_id for child, _count in nearest])
    matches = [
        {"value": child.child_id, "label": seals.CANDIDATE if child.child_id in sealed else _label(child, count)}
        for child, count in nearest[:MOST_CANDIDATES]
    ]
    return {"matches": matches, "count": len(matches)}


def recall_record(connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Recall what earlier reports said of the child whom the caller has named, to be filled in again: the record ``on_record``.

    ``{"child_id": "CH-7K3QX9PW", "name": "Robin Example", "born_on": date(2012, 5, 3), "legal_status": "s20", ...}``; nothing
    but ``offered``, the schools to choose from, where no child was named. Special categories are not recalled: whoever takes a
    report asks for them, and does not read them back (domain.md 5.2, D11). Nothing is recalled of a sealed record, since the
    report is for all who look for the child (13.12). Source: domain.md 6.1.
    """
    child, offered = _named(connection, scope), child_details.offered(connection)
    if child is None or not _behind(connection, child.child_id, str(scope["case"]["reference"])):
        return {"offered": offered}
    known = child_details.of_child(connection, child.child_id)
    filled = {name: said.value for name, said in known.items() if child_details.DETAILS[name].data_class != "D11"}
    if child.looked_after:
        filled.setdefault("legal_status", child.looked_after)
        in_care = {"none": "no", "unknown": "not_known"}.get(child.looked_after, "yes")
        filled.setdefault("looked_after", in_care)
    who: dict[str, Value] = {name: getattr(child, name) or None for name in ("name", "known_as", "born_on", "sex")}
    return {"offered": offered, "child_id": child.child_id, **who, **filled}


def recall_child(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Recall what is known of the child of an episode, whom a person has matched: the record ``known``.

    Episodes are counted with this one, imported ones too; what is to be carried over is what the last episode left to be
    done; `placement` is the key of the placement that keeps the child's carer's form. `age` is in whole years at the report, by a date of birth that somebody gave, and None without one: an age that is guessed makes nobody an adult. Source: G-09, G-10, G-11, T-08, domain.md 13.9, 13.10.

    Of a sealed record that is not read by all who see the episode, warnings and plan are recalled, since nobody looks for a
    child without them, and the numbers on which the procedure rests; no reference, and no text of an earlier episode (13.12).
    """
    reference = str(scope["case"]["reference"])
    facts = _as_facts(scope)
    chosen = facts.get(MATCH, {}).get("", {}).get("child")
    child_id = child_in({MATCH: {"": {"child": chosen}}}, reference) or own_id(reference)
    at = _reported_at(facts, scope)
    child = None if chosen in {None, NEW_CHILD} else children.find(connection, child_id)
    before: list[ChildEpisode] = []
    flags: list[str] = []
    plan = placement = None
    last: ChildEpisode | None = None
    if child is not None:
        own = children.episodes_of(connection, child_id)
        before = [each for each in own if each.case_id != reference and each.status != episodes.CANCELLED]
        plan = trigger_plans.live(trigger_plans.of_child(connection, child_id), max(at, now))
        flags = _flags(connection, child_id, at, plan)
        placement = philomena.keeper_of(connection, child_id)
        last = next(iter(before), None) if _behind(connection, child.child_id, reference) else None
    report = latest(facts, "missing_report")
    said = child_projection.legal_status(report)
    status = said if said not in {"", "unknown"} else ("" if child is None else child.looked_after)
    return {
        "child_id": child_id if child is None else child.child_id,
        "is_new": chosen in {None, NEW_CHILD},
        "age": _age(report.get("date_of_birth") or (child.born_on if child else None), at),
        "flags": flags,
        "exploitation": not EXPLOITATION.isdisjoint(flags),
        "looked_after": status in LOOKED_AFTER or _said_yes(facts),
        "placement": placement,
        **_of_plan(plan),
        **_of_episodes(before, last, at),
    }


def raise_plan_tasks(_connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Make actions of the tasks of the plan, and of the last episode, that a person has taken up: records ``action``.

    ``[{"task_of_the_plan": "Ring the aunt", "type": "phone_contact", "from_plan": True, "due_within": timedelta(minutes=30)}]``.
    The text stays a text of the plan, which fewer people read than what is said of an action. Source: G-11, domain.md 5.2.
    """
    return [
        {TASK: action["what"], **{name: each for name, each in action.items() if name != "what"}}
        for action in _taken_up(scope)
    ]


def plan_actions(_connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Do the same for the releases whose drawings call this name: there an action has one text, `what`."""
    return [*_taken_up(scope)]


def _taken_up(scope: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    """Give an action for each task that was offered and taken up, as `trigger_plans.read_task` reads it."""
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
    may cover them. A sealed one is left to its group, unless all who see this case are of it. Source: domain.md 7 (clock
    rules) [S129], 13.12.
    """
    child_id = _last(scope.get("known")).get("child_id")
    reference = str(scope["case"]["reference"])
    found = () if child_id is None else episodes.awaiting_interview(connection, children.ids_of(str(child_id)))
    seen = _seen_with(connection, reference, [case_id for case_id, _back in found])
    returns = [
        {"value": case_id, "label": f"Back on {_day(day_of(back))}, case {case_id}"}
        for case_id, back in found
        if case_id != reference and case_id in seen
    ]
    return {"returns": returns, "count": len(returns)}


def earlier_interviews(connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """List the earlier returns of a child, and whether an interview was held: the record ``earlier_interviews``.

    ``{"returns": ["Back on 3 March 2026: interview held on 5 March 2026"], "count": 1}``: days and nothing that was said, for the
    provider who is asked (5.4). Sealed ones are left out as in `open_interviews`. Source: domain.md 5.2a (N8).
    """
    child_id = _last(scope.get("known")).get("child_id")
    reference = str(scope["case"]["reference"])
    found = () if child_id is None else episodes.returns_of(connection, children.ids_of(str(child_id)))
    seen = _seen_with(connection, reference, [case_id for case_id, _back, _held in found])
    returns: list[Value] = [
        f"Back on {_day(day_of(back))}: {f'interview held on {_day(day_of(held))}' if held else 'no interview was held'}"
        for case_id, back, held in found
        if case_id != reference and case_id in seen
    ]
    return {"returns": returns, "count": len(returns)}


def recall_standing(connection: sa.Connection, scope: Mapping[str, Value], now: datetime) -> Found:
    """Recall how a child stands before the law today: the record ``standing`` of a disruption action.

    ``{"known": True, "child_id": "CH-7K3QX9PW", "age": 15, "legal_status": "fco"}``; `age` is in whole years, None where no
    date of birth is known, and the status as the latest report said it. Source: domain.md 2.5, 2.7.
    """
    child = children.find(connection, str(_last(scope.get("disruption_proposal")).get("child") or "").strip().upper())
    if child is None:
        return {"known": False, "child_id": None, "age": None, "legal_status": None}
    status = child.looked_after or None
    return {"known": True, "child_id": child.child_id, "age": _age(child.born_on, now), "legal_status": status}


def recall_episode(connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Recall the closed case that is to be opened again, and whose it is: the record ``recalled``.

    ``{"episode": "MC-7K3QX9PW", "closed": True, "closed_at": datetime(...), "child_id": "CH-7K3QX9PW", "child": "Robin
    Example", "born_on": date(2012, 5, 3)}``; `closed` is False for a reference of no case, or of one that is not closed.
    Of a child whose record is sealed, and the episode is not, the report alone is told. Source: G-31.
    """
    reference = str(_last(scope.get("reopening")).get("episode") or "").strip().upper()
    found = episodes.find(connection, reference)
    if found is None or found.case_closed_at is None:
        return {"closed": False, **dict.fromkeys(("episode", "closed_at", "child_id", "child", "born_on"))}
    child_id = children.child_of(connection, reference)
    child = children.find(connection, child_id) if child_id else None
    if child and not _behind(connection, child.child_id, reference):
        child = None
    return {
        "closed": True,
        "episode": reference,
        "closed_at": found.case_closed_at,
        "child_id": child_id,
        "child": child.name if child else found.child_name,
        "born_on": child.born_on if child else None,
    }


def recall_open_episode(connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Recall the open case whose report was made in error, and whose it is: the record ``recalled``.

    ``{"episode": "MC-7K3QX9PW", "open": True, "opened_at": datetime(...), "child_id": "CH-7K3QX9PW", "child": "Robin Example"}``;
    `open` is False for a reference of no case, or of one that is closed. Source: domain.md 9.
    """
    reference = str(_last(scope.get("cancellation")).get("episode") or "").strip().upper()
    found = episodes.find(connection, reference)
    if found is None or found.case_closed_at is not None:
        return {"open": False, **dict.fromkeys(("episode", "opened_at", "child_id", "child"))}
    return {
        "open": True,
        "episode": reference,
        "opened_at": found.opened_at,
        "child_id": children.child_of(connection, reference),
        "child": found.child_name,
    }


def count_retention(connection: sa.Connection, _scope: Mapping[str, Value], now: datetime) -> Found:
    """Count what has reached the end of its period and nobody has decided on: the records ``retention_due`` and ``retention_left``.

    ``{"count": 3, "more": False, "oldest_on": date(2026, 3, 2)}``; `more` where there are more than are looked at one by one.
    Source: T-49, domain.md 5.5.
    """
    from workflows import retention

    found = retention.reviews(connection, now=now, limit=MOST_TO_REVIEW)
    oldest = min((each.on for each in found if each.on is not None), default=None)
    return {"count": len(found), "more": len(found) == MOST_TO_REVIEW, "oldest_on": oldest}


def recall_referred(connection: sa.Connection, scope: Mapping[str, Value], _now: datetime) -> Found:
    """Recall the child of a referral: the record ``referred``.

    ``{"child_id": "CH-7K3QX9PW", "child": "Robin Example", "born_on": date(2012, 5, 3)}``; nothing where there is no such child.
    """
    child = children.find(connection, str(_last(scope.get("referral")).get("child") or "").strip().upper())
    if child is None:
        return dict.fromkeys(("child_id", "child", "born_on"))
    return {"child_id": child.child_id, "child": child.name, "born_on": child.born_on}


OPERATIONS: Mapping[str, OperationInStep] = MappingProxyType(
    {
        "find_children": find_children,
        "recall_record": recall_record,
        "recall_child": recall_child,
        "raise_plan_tasks": raise_plan_tasks,
        "plan_actions": plan_actions,
        "open_interviews": open_interviews,
        "earlier_interviews": earlier_interviews,
        "recall_standing": recall_standing,
        "find_home": serious_events.find_home,
        "find_providers": commissions.find_providers,
        "count_retention": count_retention,
        "recall_episode": recall_episode,
        "recall_open_episode": recall_open_episode,
        "recall_referred": recall_referred,
        "draw_audit_sample": sampling.draw,
        "list_missing_episodes": daily.list_missing_episodes,
        "list_what_is_due": daily.list_what_is_due,
        "count_daily_meeting": daily.count_daily_meeting,
    }
)
"""Every operation by the name that a service task calls."""

ERRANDS = frozenset({"draw_up_report", "issue_report"})
"""What service tasks call that is carried out after the step (property ``after``), outside of its transaction."""

NAMES = frozenset(OPERATIONS) | {f"{AFTER}{name}" for name in ERRANDS}
"""Everything that a drawing may call, as a release is checked for it."""


def _behind(connection: sa.Connection, child_id: str, episode: str) -> bool:
    """Tell whether whoever sees an episode sees the child's record too."""
    return child_id in _seen_with(connection, episode, [child_id])


def _seen_with(connection: sa.Connection, episode: str, others: Collection[str]) -> frozenset[str]:
    """Name those of other records that whoever sees an episode sees too: each seal on them is on the episode."""
    over = seals.over(connection, [*others, episode]) if others else {}
    own = over.get(episode, frozenset())
    return frozenset(each for each in others if over.get(each, frozenset()) <= own)


def _named(connection: sa.Connection, scope: Mapping[str, Value]) -> Child | None:
    """Give the child whom the caller named when the case was opened, if any."""
    reference = str(_last(scope.get("case_opening")).get("child") or "").strip().upper()
    return children.find(connection, reference) if reference else None


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
    return None if born_on is None else episodes.age_on(born_on, at)


def _said_yes(facts: Mapping[str, Any]) -> bool:
    """Tell whether the caller says that the child is looked after."""
    return bool(facts["missing_report"][""].get("looked_after") == "yes")


def _flags(connection: sa.Connection, child_id: str, at: datetime, plan: ChildPlan | None) -> list[str]:
    """Name the flags that hold on the day of the report, and the warnings of the plan in force, each once."""
    today = day_of(at)
    held = {flag.flag for flag in children.flags_of(connection, child_id) if flag.holds_on(today)}
    return sorted(held.union(plan.warnings if plan is not None else ()))


def _of_episodes(before: Sequence[ChildEpisode], last: ChildEpisode | None, at: datetime) -> dict[str, Value]:
    """Count earlier episodes with this one, and give what the last of them left to be done, where it may be told."""
    return {
        "episodes_count": len(before) + 1,
        "episodes_90d": children.within(before, timedelta(days=90), at) + 1,
        "episodes_365d": children.within(before, timedelta(days=365), at) + 1,
        "last_episode": last.case_id if last else None,
        "carry_over": _entries("carry", last.unfinished) if last else [],
    }


def _of_plan(plan: ChildPlan | None) -> dict[str, Value]:
    """Give what the live plan says to somebody who takes a report; a summary that is for the police alone stands apart."""
    if plan is None:
        shown, kept = None, None
    else:
        shown, kept = (None, plan["summary"]) if plan.is_for_police_only else (plan["summary"], None)
    return {
        "plan": plan is not None,
        "plan_version": None if plan is None else plan.version,
        "plan_summary": shown,
        "plan_for_police": kept,
        "contact_rules": (plan["contact_rules"] or None) if plan is not None else None,
        "immediate_tasks": _entries("plan", plan["immediate_tasks"]) if plan is not None else [],
    }


def _entries(kind: str, lines: str) -> list[dict[str, str]]:
    """Give lines as what a form offers: ``[{"value": "plan_1", "label": "Ring the aunt"}]``."""
    return [
        {"value": f"{kind}_{number}", "label": text} for number, text in enumerate(trigger_plans.lines_of(lines), 1)
    ]


def _action(text: str) -> dict[str, Value]:
    """Make one action of a line of the plan; who is to do it is said only where the plan does."""
    task = trigger_plans.read_task(text)
    named: dict[str, Value] = {"who": task.who} if task.who else {}
    return {"what": task.what, "type": task.kind, "from_plan": True, "due_within": task.within, **named}


def _label(child: Child, count: int) -> str:
    """Say who a child is in one line."""
    known_as = f" ({child.known_as})"[:LONGEST_NAME] if child.known_as else ""
    episodes = {0: "no earlier episode", 1: "1 earlier episode"}.get(count, f"{count} earlier episodes")
    return f"{child.name[:LONGEST_NAME]}{known_as}, {_day(child.born_on)}, {episodes}"


def _day(day: date | None) -> str:
    """Say a date of birth in words."""
    return "date of birth not known" if day is None else day_in_words(day)
