"""What the checks read of an episode's log, and nothing else is read: a search writes hundreds of events and values, of which few keep a promise.

What is missing here is refused by `Record` with its name, so that no check finds nothing by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa

from engine.store import EventTable, FactTable


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "action": _fields("what"),
        "action_result": _fields("result_code"),
        "attendance": _fields("at"),
        "carer_information": _fields("outcome"),
        "case_closure": _fields("actions_handed_over nothing_critical_open"),
        "disclosure_passed": _fields("passed_at"),
        "downgrade_approval": _fields("approved"),
        "found": _fields("found_how harm safe_to_return"),
        "grade_raise": _fields("rationale new_information"),
        "handover": _fields("read"),
        "harm_passed_on": _fields("passed_at"),
        "known": _fields("age carry_over child_id episodes_90d flags immediate_tasks looked_after plan"),
        "meeting": _fields("attended held_at not_held_reason outcome police_reason quorum_reason"),
        "missing_persons_unit_notice": _fields("told_at"),
        "missing_report": _fields("ethnicity looked_after out_of_area"),
        "parents_told": _fields("decided_by outcome reason told_at"),
        "police_closure": _fields("child_seen"),
        "prevention_interview": _fields(
            "concerns_about_carer crime_disclosed harm outcome reason safe_to_return tried_at"
        ),
        "protection_decision": _fields("confirmed investigate reason"),
        "regrade": _fields("la_view level new_information rationale"),
        "return_interview": _fields("disclosure"),
        "return_interview_attempt": _fields("disclosure ended_at independence outcome reason tried_at"),
        "return_interview_offer": _fields("declined_reason outcome"),
        "return_interview_receipt": _fields("for_the_plan usable"),
        "reviewing_officer_told": _fields("told_at"),
        "risk": _fields("information_from level rationale"),
        "risk_assessment": _fields("ra_cce ra_cp ra_exploitation"),
        "risk_endorsement": _fields("agreed"),
    }
)
"""The fields of the facts, by record. Of a record that repeats, one of them is there in each occurrence from its beginning."""

CLOCKS = frozenset(
    f"{name}_clock_rang"
    for name in [
        "alert",
        "chief_review",
        "disclosure",
        "handover",
        "inspector_endorsement",
        "late_disclosure",
        "notice",
        "officer",
        "parents",
        "plan",
        "prevention_interview",
        "protection",
        "receipt",
        "superintendent_review",
        "told_to_police",
    ]
)
"""The clocks of which each run is read; of every other one, when it rang."""

TASKS = frozenset(
    {
        "acknowledge_handover",
        "consider_rescue_alert",
        "decide_on_sign",
        "pass_disclosure",
        "review_as_chief",
        "review_as_superintendent",
    }
)
"""The elements of which it is read when a task was opened and when it was done; of every other one, what its doing says (`activity`)."""

_EVENT, _FACT = EventTable, FactTable
RANG = "timer_fired"
EVENTS = sa.or_(
    _EVENT.activity != "",
    _EVENT.kind == RANG,
    sa.and_(_EVENT.kind.in_(("timer_armed", "timer_waiting", "timer_moved")), _EVENT.element.in_(CLOCKS)),
    sa.and_(_EVENT.kind.in_(("task_opened", "task_completed")), _EVENT.element.in_(TASKS)),
)
"""The events that are read."""
FACTS = sa.tuple_(_FACT.record, _FACT.field).in_([(record, name) for record, names in FIELDS.items() for name in names])
"""The values that are read."""
