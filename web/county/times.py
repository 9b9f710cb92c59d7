"""When the people of the county do what: how long a task usually waits, and by when it breaks a promise if it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from engine.calendars import add_working_days
from engine.frozen import frozen
from web.county.people import DECIDE, HOUR, MINUTE, Task, grade
from workflows.matching import every

When = Callable[[Task], datetime]
Limit = Callable[[Task], datetime | None]

CLOSES_AFTER = 80 * HOUR
"""No case is closed sooner after the return: until then it may still be that an interview is held in time."""
HELD_WITHIN = 72 * HOUR


def after(least: float, most: float) -> When:
    """Give a moment so many minutes after the task was opened."""
    return lambda task: task.row.opened_at + task.chance.uniform(least, most) * MINUTE


def of_the_time(least: float, most: float) -> When:
    """Give a moment after a part of the time that the task's clock gives; half an hour where it has none."""

    def moment(task: Task) -> datetime:
        opened, due = task.row.opened_at, task.row.due_at
        if due is None or due <= opened:
            return opened + task.chance.uniform(5, 30) * MINUTE
        return opened + (due - opened) * task.chance.uniform(least, most)

    return moment


def _back(task: Task) -> datetime:
    return task.of.returned_at + task.chance.uniform(3, 10) * MINUTE


def _is_pressing(task: Task) -> bool:
    return bool(task.of.harm) or task.of.is_fatal or task.last("risk", "level") == "high"


def _spoken_to(task: Task) -> datetime:
    least, most = (8, 25) if _is_pressing(task) else (45, 480)
    return task.row.opened_at + task.chance.uniform(least, most) * MINUTE


def _interviewed(task: Task) -> datetime:
    return max(task.row.opened_at + 2 * HOUR, task.of.returned_at + task.chance.uniform(26, 60) * HOUR)


EVERY: Mapping[str, tuple[float, float]] = MappingProxyType({"high": (30, 45), "medium": (160, 200)})
"""Minutes between two actions of a search, by grade; else six hours."""


def _next_action(task: Task) -> datetime:
    least, most = EVERY.get(str(task.last("risk", "level") or grade(task.of)), (360, 420))
    return task.row.opened_at + task.chance.uniform(least, most) * MINUTE


def _closed(task: Task) -> datetime:
    return max(task.row.opened_at + task.chance.uniform(2, 40) * HOUR, task.of.returned_at + CLOSES_AFTER)


USUALLY: Mapping[str, When] = MappingProxyType(
    {
        "complete_missing_report": after(3, 5),
        "match_child": after(1, 2),
        "assess_risk": after(1, 2),
        "decide_risk_grade": after(1, 2),
        "acknowledge_handover": after(1, 3),
        "acknowledge_missing_notice": after(1, 4),
        "acknowledge_high_grade": after(1, 3),
        "acknowledge_trigger_plan": after(3, 15),
        "endorse_risk_grade": after(3, 12),
        "endorse_as_inspector": after(3, 12),
        "consider_rescue_alert": after(5, 20),
        "record_attendance": after(6, 11),
        "tell_parents": after(5, 30),
        "tell_reviewing_officer": after(5, 30),
        "tell_host_authority": after(5, 30),
        "tell_missing_persons_unit": after(10, 90),
        "raise_action": _next_action,
        "carry_out_action": after(10, 25),
        "review_case": of_the_time(0.80, 0.90),
        "review_by_inspector": of_the_time(0.80, 0.90),
        "record_return": _back,
        "hold_prevention_interview": _spoken_to,
        "pass_on_what_was_told": after(5, 20),
        "decide_on_sign": after(10, 30),
        "offer_return_interview": after(120, 1_200),
        "hold_return_interview": _interviewed,
        "pass_disclosure": after(10, 40),
        "pass_late_disclosure": after(10, 40),
        "convene_meeting": after(15, 60),
        "hold_meeting": after(125, 160),
        "agree_out_of_area": after(60, 600),
        "close_case": _closed,
        DECIDE: after(1, 4),
        "sign_off_meeting": after(140, 170),
    }
)
"""What has a time of its own; everything else takes a part of the time that its clock gives."""
ELSE = of_the_time(0.2, 0.5)


@frozen
class Lying:
    """How a task lies by a lapse: until when no promise is broken, which are then, and for how many minutes more it lies.

    `promises` are those that are broken when nothing else keeps them; `missing` where they hold as long as the child is.
    """

    lapse: str
    limit: Limit
    promises: tuple[str, ...]
    longer: tuple[float, float] = (15, 90)
    missing: bool = False


def _since_opening(minutes: float) -> Limit:
    return lambda task: task.row.opened_at + minutes * MINUTE


def _due(task: Task) -> datetime | None:
    return task.row.due_at


def _if_low_with_a_sign(task: Task) -> datetime | None:
    """An inspector endorses a low grade within two hours where there is a sign of exploitation (T-02)."""
    guarded = grade(task.of) in {"low", "very_low"} and {"cse", "cce"} & task.of.child.flags
    return task.row.opened_at + 2 * HOUR if guarded else None


def _after_the_interview(task: Task) -> datetime | None:
    """Two authorities agree before the interview is tried; by then it has been, where the child does not refuse it."""
    return None if task.of.interview == "refused" else task.of.returned_at + timedelta(days=10)


def _working_days(days: int) -> Limit:
    return lambda task: add_working_days(task.row.opened_at, days)


def _told_before(record: str, field: str, span: timedelta) -> Limit:
    """Give the moment so long after the one that somebody has said in the last of a record that repeats."""

    def limit(task: Task) -> datetime | None:
        said = [each.get(field) for each in every(task.facts, record)]
        found = [each for each in said if isinstance(each, datetime)]
        return found[-1] + span if found else None

    return limit


def _72_hours(task: Task) -> datetime:
    return task.of.returned_at + HELD_WITHIN


def _72_hours_of_protection(task: Task) -> datetime | None:
    """Police protection ends, or a court has taken over, 72 hours after it was taken (T-42)."""
    taken_at = task.last("disruption_order", "issued_at")
    is_protection = task.last("disruption_proposal", "kind") == "police_protection"
    return taken_at + HELD_WITHIN if is_protection and isinstance(taken_at, datetime) else None


LONG = (24 * 60, 6 * 24 * 60)
LYING: Mapping[str, tuple[Lying, ...]] = MappingProxyType(
    {
        "acknowledge_handover": (Lying("handover_late", _since_opening(15), ("G-14", "G-48"), (4, 25)),),
        "acknowledge_missing_notice": (Lying("notice_late", _since_opening(30), ("G-24",), (5, 60)),),
        "acknowledge_trigger_plan": (Lying("tasks_late", _since_opening(30), ("G-11",), (5, 60), missing=True),),
        "tell_parents": (Lying("parents_late", _since_opening(60), ("G-25",), (5, 120), missing=True),),
        "review_case": (Lying("review_late", _due, ("G-20",), (5, 25)),),
        "record_attendance": (Lying("caller_forgotten", lambda task: None if task.row.due_at is None else task.row.due_at + 30 * MINUTE, (), (5, 60)),),
        "tell_missing_persons_unit": (Lying("unit_late", lambda task: task.of.missing_since + 72 * HOUR, ("G-19",), (30, 600)),),
        "endorse_as_inspector": (Lying("low_unendorsed", _if_low_with_a_sign, ("G-40",), (5, 120)),),
        "hold_prevention_interview": (
            Lying("spoken_to_late", lambda task: task.of.returned_at + (HOUR if _is_pressing(task) else 24 * HOUR), ("G-26",), (10, 600)),
        ),
        "offer_return_interview": (Lying("not_offered", _72_hours, ("G-01",), LONG),),
        "hold_return_interview": (Lying("held_late", _72_hours, (), LONG),),
        "receive_return_interview": (Lying("outcome_not_passed", _working_days(2), ("G-05",), (60, 4_000)),),
        "pass_disclosure": (
            Lying("harm_passed_late", _told_before("return_interview_attempt", "ended_at", 2 * HOUR + 20 * MINUTE), ("G-08", "G-48"), (5, 200)),
        ),
        "pass_on_what_was_told": (Lying("harm_passed_late", _told_before("prevention_interview", "tried_at", 2 * HOUR), ("G-08",), (5, 200)),),
        "agree_out_of_area": (Lying("area_undecided", _after_the_interview, ()),),
        "convene_meeting": (Lying("meeting_late", _working_days(5), (), LONG),),
        "write_trigger_plan": (Lying("plan_late", _working_days(10), (), (60, 12 * 24 * 60)),),
        "update_trigger_plan": (Lying("plan_not_updated", _working_days(5), (), (60, 12 * 24 * 60)),),
        "review_flag": (Lying("flag_late", _due, ("G-53",), LONG),),
        "review_disruption": (Lying("protection_kept_up", _72_hours_of_protection, ("G-36",), (30, 1_000)),),
        "discuss_support": (Lying("support_late", _due, ("G-49",), LONG),),
        "review_as_chief": (Lying("chief_late", _due, ("G-48",), (10, 50), missing=True),),
        "decide_on_sign": (Lying("protection_late", _due, ("G-52",), (10, 120)),),
        "finish_assessment": (Lying("assessment_late", _working_days(45), ("G-35",), LONG),),
        "notify_inspectorate": (Lying("inspectorate_late", _since_opening(24 * 60), ("G-37",), (60, 2_000)),),
        "see_to_notice": (Lying("inspectorate_late", _since_opening(24 * 60), ("G-37",), (60, 2_000)),),
    }
)  # fmt: skip
"""Where a lapse lets a task lie. Without promises of its own a row breaks those that `playing` looks at when their time is over."""
