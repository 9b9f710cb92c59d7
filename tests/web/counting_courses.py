"""Counts meetings, trigger plans, flags and communities from an exported log and the sheets of a county, in another way than the product.

The log of OCEL says which event came when in whose case; the sheets, and the answers in the log of the database, say what no exported
log may: whose ethnic group, how a child was found, what was typed. No projection is read, and no module that counts.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.web.counting import Told

LONDON = ZoneInfo("Europe/London")
HOLIDAYS = {date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6)}
DAY = timedelta(days=1)
GROUPS = {"white": "white", "mixed": "mixed", "asian": "asian", "black": "black", "arab": "other", "other": "other"}
SCREENED = {"cse": "cse", "cce": "cce", "trafficking": "trafficking_nrm"}
BY_POLICE = {"found_police_search", "found_police_patrol", "arrested"}


@dataclass
class Course:
    """One case of the exported log: its kind, its child's pseudonym, and when which activity was done."""

    kind: str
    child: str = ""
    done: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))


def courses(path: Path) -> dict[str, Course]:
    """Read a log of OCEL, by the pseudonym of the case."""
    log = json.loads(path.read_text(encoding="utf-8"))
    found = {one["id"]: Course(one["type"]) for one in log["objects"] if one["type"] != "child"}
    for one in log["objects"]:
        for each in one["relationships"]:
            found[one["id"]].child = each["objectId"]
    for event in log["events"]:
        (case,) = (each["objectId"] for each in event["relationships"] if each["qualifier"] == "of")
        lifecycle = {each["name"]: each["value"] for each in event["attributes"]}["lifecycle"]
        if lifecycle == "complete":
            found[case].done[event["type"]].append(datetime.fromisoformat(event["time"]))
    return found


def counted(folder: Path, key: bytes, told: dict[str, Told]) -> dict[str, Any]:
    """Count everything of a county by its `log.jsonocel`, its sheets and what was typed, by the key of the table."""
    known = courses(folder / "log.jsonocel")
    with (folder / "children.csv").open(encoding="utf-8") as file:
        ethnicity = {row["child"]: row["ethnicity"] for row in csv.DictReader(file)}
    with (folder / "episodes.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] in told]
    cases = [_case(row, known, key, told[row["case"]]) for row in rows]
    groups = [_group(told[row["case"]], ethnicity[row["child"]]) for row in rows]
    return {
        "meetings": _summed([_meeting(*one) for one in cases]),
        "plans": _summed([_plan(one[0], one[2], known) for one in cases]),
        "flags": Counter(flag for one in cases for flag in _flags(one, [each for each in cases if each[0].child == one[0].child])),
        "communities": {
            group: (count, _summed([_compared(one, cases) for one, own in zip(cases, groups, strict=True) if own == group]))
            for group, count in Counter(groups).items()
        },
    }  # fmt: skip


Case = tuple[Course, Told, dict[str, datetime]]


def _case(row: dict[str, str], known: dict[str, Course], key: bytes, told: Told) -> Case:
    pseudonym = hmac.new(key, row["case"].encode(), hashlib.sha256).hexdigest()[:12]
    return known[pseudonym], told, {name: datetime.fromisoformat(row[name]) for name in ("missing_since", "reported_at", "returned_at") if row[name]}  # fmt: skip


def _summed(steps: list[tuple[bool, ...]]) -> list[int]:
    return [sum(step) for step in zip(*steps, strict=True)]


def _meeting(course: Course, told: Told, _row: dict[str, datetime]) -> tuple[bool, ...]:
    """Tell whether a rule asked for a meeting, whether it was held, in five working days, and with the police."""
    wanted = min(course.done["MeetingTriggered"], default=None)
    held = dict(told.each("meeting", "held_at"))
    met = sorted(held[record] for record, outcome in told.each("meeting", "outcome") if outcome == "held")
    if wanted is None or not met or met[0] < wanted:
        return wanted is not None, False, False, False
    police = any("police" in attended for _record, attended in told.each("meeting", "attended"))
    return True, True, met[0] <= _five_working_days_after(wanted), police


def _five_working_days_after(moment: datetime) -> datetime:
    local = moment.astimezone(LONDON)
    left, on = 5, local.date()
    while left:
        on += DAY
        left -= on.weekday() < 5 and on not in HOLIDAYS
    return datetime.combine(on, local.time(), LONDON).astimezone(UTC)


def _plan(course: Course, row: dict[str, datetime], known: dict[str, Course]) -> tuple[bool, ...]:
    """Tell whether a plan was in force at the report, was used, and how soon the child was back with one, or without."""
    plans = [each for each in known.values() if each.kind == "trigger_plan" and each.child == course.child]
    begun = [at for each in plans for at in each.done["TriggerPlanDrafted"]]
    had = bool(course.child) and any(at <= row["reported_at"] for at in begun)
    soon = "returned_at" in row and row["returned_at"] - row["missing_since"] <= DAY
    return had, had and bool(course.done["TriggerPlanAcknowledged"]), had and soon, not had, not had and soon


def _flags(one: Case, same: list[Case]) -> set[str]:
    """Name the flags that stood on the day of the report: often reported, or confirmed by public protection or an interview."""
    day = _day(one[2]["reported_at"])
    at = sorted(each[2]["reported_at"] for each in same)
    third = [each for each in at if sum(timedelta() <= each - other < 90 * DAY for other in at) >= 3]
    found = {"repeat_3_in_90"} if third and _day(third[0]) <= day else set()
    said = sorted(each for _course, told, _row in same for each in _decided(told))
    stands = {flag: word for at, flag, word in said if word != "suspected" and _day(at) <= day}
    return found | {flag for flag, word in stands.items() if word == "yes"}


def _decided(told: Told) -> Iterator[tuple[datetime, str, str]]:
    """Give when an episode said what of which flag of exploitation."""
    for (record, key, name), said in told.values.items():
        if (record, name) == ("protection_decision", "confirmed"):
            yield from ((at, key, word) for at, word in said)
        elif (record, name) == ("return_interview", "exploitation_screen"):
            yield from ((at, SCREENED[kind], "yes") for at, kinds in said for kind in kinds or () if kind in SCREENED)


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _group(told: Told, drawn: str) -> str:
    """Give the community by what was recorded; what was recorded says nothing else than who the child is."""
    said = told.last("missing_report", "ethnicity") or "not_recorded"
    group = GROUPS.get(said.partition("_")[0], said)
    assert group in {drawn, "not_stated", "not_recorded"}
    return str(group)


def _compared(one: Case, cases: list[Case]) -> tuple[bool, ...]:
    """Tell what is compared between communities: a high first grade, away for more than 2 and 7 days, found by the police, flagged, heard in time."""
    course, told, row = one
    flags = _flags(one, [each for each in cases if each[0].child == course.child])
    away = row["returned_at"] - row["missing_since"] if "returned_at" in row else timedelta()
    tried = dict(told.each("return_interview_attempt", "tried_at"))
    held = [tried[record] for record, outcome in told.each("return_interview_attempt", "outcome") if outcome == "held"]
    in_time = bool(held) and min(held) - row["returned_at"] <= timedelta(hours=72)
    grade, how = told.first("risk", "level"), told.last("found", "found_how")
    exploited = bool(flags & set(SCREENED.values()))
    return grade == "high", away > 2 * DAY, away > 7 * DAY, how in BY_POLICE, exploited, in_time and how != "deceased"
