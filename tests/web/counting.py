"""Counts the figures from the event log alone, in another way than the product: no projection is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine import values
from engine.store import EventTable, FactTable, reading


@dataclass
class Told:
    """What the log tells of one case: every value of every fact in the order of writing, and when it was written.

    `planned` is whether the trigger plan of the child says that it holds what was told in this case's interview.
    """

    opened_at: datetime
    planned: bool = False
    values: dict[tuple[str, str, str], list[tuple[datetime, Any]]] = field(default_factory=dict)

    def last(self, record: str, name: str, key: str = "") -> Any:
        """Give what a field says now."""
        found = self.values.get((record, key, name))
        return found[-1][1] if found else None

    def first(self, record: str, name: str) -> Any:
        """Give what a field said first."""
        found = [value for _at, value in self.values.get((record, "", name), ()) if value is not None]
        return found[0] if found else None

    def each(self, record: str, name: str) -> list[tuple[str, Any]]:
        """Give what a field says in every occurrence of a record, by its key."""
        return [(key, all_[-1][1]) for (one, key, of), all_ in self.values.items() if (one, of) == (record, name)]


def log_of(engine: sa.Engine) -> dict[str, Told]:
    """Read the log of every case of a missing child."""
    found: dict[str, Told] = {}
    with reading(engine) as connection:
        at = {}
        for event in connection.execute(sa.select(EventTable).order_by(EventTable.case_id, EventTable.seq)):
            at[event.case_id, event.seq] = event.at
            if event.kind == "case_opened" and event.case_id.startswith(("MC-", "TP-")):
                found[event.case_id] = Told(event.at)
        for row in connection.execute(sa.select(FactTable).order_by(FactTable.case_id, FactTable.seq)):
            if row.case_id in found:
                place = (row.record, row.record_key, row.field)
                entry = (at[row.case_id, row.seq], values.loads(row.value))
                found[row.case_id].values.setdefault(place, []).append(entry)
    for plan in [told for case_id, told in found.items() if case_id.startswith("TP-")]:
        answers = [
            answer for _key, answer in sorted(plan.each("plan", "taken_in"), key=lambda one: int(one[0])) if answer
        ]
        senders = sorted(plan.each("interview_received", "sender"), key=lambda one: int(one[0]))
        for answer, (_key, case_id) in zip(answers, senders, strict=False):
            found[case_id].planned |= answer in {"changed", "confirmed"}
    return {case_id: told for case_id, told in found.items() if case_id.startswith("MC-")}


ANSWERS = {
    "sex": "sex",
    "ethnicity": "ethnicity",
    "disability": "disability",
    "looked_after": "looked_after",
    "missing_from": "missing_from_type",
}
"""Tables whose parts are an answer of the report, and its question."""


def counted(engine: sa.Engine, begins_at: datetime, ends_at: datetime, now: datetime) -> dict[str, Any]:
    """Count everything that the dashboard shows of a period, by the key of its table: ``{"sex": {"female": 3}, ...}``."""
    log = log_of(engine)
    reported = {case_id: told.last("missing_report", "reported_at") or told.opened_at for case_id, told in log.items()}
    inside = {case_id: told for case_id, told in log.items() if begins_at <= reported[case_id] < ends_at}
    told_of = list(inside.values())
    who = {case_id: _who(case_id, told) for case_id, told in log.items()}
    reports = [(who[case_id], reported[case_id]) for case_id in log]
    own = [(who[case_id], reported[case_id]) for case_id in inside]
    people = Counter(person for person, _at in own)
    after = [_afterwards(told, who[key], reported[key], reports, now) for key, told in inside.items()]
    twice = sum(1 for count in people.values() if count >= 2)
    return {
        "people": [len(inside), len(people), twice, _often(own, reports, 3, 90), _often(own, reports, 10, 365)],
        "authority": Counter(t.last("case_opening", "responsible_authority") or "not_known" for t in told_of),
        "who": Counter(map(_kind, told_of)),
        "age": Counter(_band(_age(told)) for told in told_of),
        **{
            key: Counter(t.last("missing_report", asked) or "not_recorded" for t in told_of)
            for key, asked in ANSWERS.items()
        },
        "first_grade": Counter(told.first("risk", "level") or "not_graded" for told in told_of),
        "grade": Counter(told.last("risk", "level") or "not_graded" for told in told_of),
        "duration": Counter(_duration(told, reported[case_id]) for case_id, told in inside.items()),
        "found_how": Counter(map(_found_how, told_of)),
        "interviews": _summed(_steps(told, now) for told in told_of),
        "prevention": _summed(map(_seen, told_of)),
        "harm": _summed(map(_harmed, told_of)),
        "outcomes": _summed(after),
        "late": Counter(reason for reason in (_late(told, now) for told in told_of) if reason is not None),
        "missing": sorted(c for c, told in log.items() if told.last("found", "returned_at") is None),
    }


def _summed(steps: Iterable[tuple[bool, ...]]) -> list[int]:
    return [sum(step) for step in zip(*steps, strict=True)]


def _often(own: list[tuple[str, datetime]], reports: list[tuple[str, datetime]], times: int, days: int) -> int:
    """Count the people of the period who, at one of its reports, had so many in so many days, that one too."""
    window = timedelta(days=days)

    def reached(person: str, at: datetime) -> bool:
        return sum(who == person and timedelta(0) <= at - other < window for who, other in reports) >= times

    return len({person for person, at in own if reached(person, at)})


def _found_how(told: Told) -> str:
    return "missing" if told.last("found", "returned_at") is None else str(told.last("found", "found_how"))


def _who(case_id: str, told: Told) -> str:
    chosen = told.last("child_match", "child")
    return case_id if not chosen else f"CH-{case_id[3:]}" if chosen == "new" else str(chosen)


def _age(told: Told) -> int | None:
    born, about = told.last("missing_report", "date_of_birth"), told.last("missing_report", "approximate_age")
    if not born:
        told_before = told.last("known", "age")
        found = about if told_before is None else told_before
        return None if found is None else int(found)
    day = told.last("missing_report", "reported_at").astimezone(ZoneInfo("Europe/London")).date()
    return sum(1 for year in range(born.year + 1, day.year + 1) if date(year, born.month, born.day) <= day)


def _kind(told: Told) -> str:
    if (told.last("known", "age") or 0) >= 18:
        return "adult"
    return "not_recorded" if _age(told) is None else "child"


def _band(age: int | None) -> str:
    if age is None:
        return "not_recorded"
    bands = {"under_10": range(10), "10_12": range(10, 13), "13_15": range(13, 16), "16_17": range(16, 18)}
    return next((name for name, ages in bands.items() if age in ages), "adult")


def _steps(told: Told, now: datetime) -> tuple[bool, ...]:
    """Tell, of one case, each step of the return interview in the order of the dashboard."""
    back = told.last("found", "returned_at")
    owed = back is not None and told.last("found", "found_how") != "deceased" and _kind(told) != "adult"
    offer = told.last("return_interview_offer", "outcome")
    tried = dict(told.each("return_interview_attempt", "tried_at"))
    held = [tried[key] for key, outcome in told.each("return_interview_attempt", "outcome") if outcome == "held"]
    received = told.last("return_interview_receipt", "usable") is not None
    planned = told.planned
    limit = timedelta(hours=72)
    return (
        owed,
        owed and offer in {"accepted", "no_answer", "declined"},
        owed and offer == "accepted",
        owed and bool(held),
        owed and bool(held) and min(held) - back <= limit,
        owed and bool(held) and received,
        owed and bool(held) and planned,
        owed and not held and now - back <= limit,
    )


def _duration(told: Told, reported_at: datetime) -> str:
    back = told.last("found", "returned_at")
    if back is None:
        return "missing"
    hours = (back - (told.last("missing_report", "missing_since") or reported_at)) / timedelta(hours=1)
    for limit, name in ((8, "8_hours"), (24, "24_hours"), (48, "48_hours"), (168, "7_days"), (672, "28_days")):
        if hours <= limit:
            return name
    return "longer"


def _alive(told: Told) -> bool:
    return told.last("found", "returned_at") is not None and told.last("found", "found_how") != "deceased"


def _tries(told: Told) -> list[dict[str, Any]]:
    """Give what each visit to hold a prevention interview said."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("outcome", "tried_at", "reason", "harm", "crime_disclosed"):
        for key, value in told.each("prevention_interview", name):
            found.setdefault(key, {})[name] = value
    return [found[key] for key in sorted(found, key=int)]


def _seen(told: Told) -> tuple[bool, ...]:
    """Tell, of one case, whether somebody came back, was seen by the police, in 24 hours, or why not."""
    back, tries = _alive(told), _tries(told)
    held = [each["tried_at"] for each in tries if each["outcome"] == "held"]
    in_time = back and bool(held) and min(held) <= told.last("found", "returned_at") + timedelta(hours=24)
    return back, back and bool(held), in_time, back and not held and bool(tries) and bool(tries[-1].get("reason"))


def _harmed(told: Told) -> tuple[bool, ...]:
    """Tell, of one case, whether harm was asked about, was there, and whether an offence was told."""
    kinds = {kind for each in _tries(told) for kind in each.get("harm") or ()} | set(told.last("found", "harm") or ())
    crime = any(each.get("crime_disclosed") == "yes" for each in _tries(told) if each["outcome"] == "held")
    return bool(kinds), bool(kinds - {"none", "unknown"}), crime and _seen(told)[1]


def _afterwards(
    told: Told, person: str, reported_at: datetime, reports: list[tuple[str, datetime]], now: datetime
) -> tuple[bool, ...]:
    """Tell, of one case, for 28, 90 and 180 days whether they are over and whether nobody was reported again; at last whether it was less often."""
    back, owed = told.last("found", "returned_at"), _alive(told) and _kind(told) != "adult"
    own = [at for who, at in reports if who == person]
    found: list[bool] = []
    for days in (28, 90, 180):
        over = owed and now >= back + timedelta(days=days)
        found += [over, over and not [at for at in own if back < at <= back + timedelta(days=days)]]
    quarter = timedelta(days=90)
    before = len([at for at in own if reported_at - quarter < at <= reported_at])
    return *found, found[2] and len([at for at in own if back < at <= back + quarter]) < before


def _late(told: Told, now: datetime) -> str | None:
    """Give the reason why an interview was not held in time, empty where there is none; None for one that is not late."""
    owed, _offered, _accepted, _held, in_time, *_rest, waiting = _steps(told, now)
    if not owed or in_time or waiting:
        return None
    reasons = [(int(key), reason) for key, reason in told.each("return_interview_attempt", "reason") if reason]
    return max(reasons)[1] if reasons else told.last("return_interview_offer", "not_offered_reason") or ""
