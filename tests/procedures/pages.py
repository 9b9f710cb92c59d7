"""What people type on the pages of the missing child procedure, task by task, as a page would post it.

A `timedelta` stands for a moment counted from now; a story gives what differs. Answers to questions that are hidden are
typed too: the form has to leave them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

NOW = timedelta(0)
WHY = "The grade follows from what the caller said and from the earlier reports about this child."

QUESTIONS = (
    "suicide", "crime", "medication", "exploitation", "cce", "fm_hba", "previous_harm", "risk_to_others", "vulnerable",
    "health", "unfamiliar", "substance", "cp", "family", "dv", "identity_issue", "violence_prior", "school_work_money",
    "weather", "out_of_character", "reason_known", "preparations", "intentions", "online", "pushpull", "other",
)  # fmt: skip
"""The risk questions of domain 6.2, without their ``ra_``."""

PAGES: Mapping[str, Mapping[str, Any]] = {
    "child_reported_missing": {
        "child_name": "Kit",
        "last_place": "The gate of the school",
        "why_worried": "Did not come home and does not answer the phone",
        "call_back": "0115 496 0000",
        "responsible_authority": "nottingham_city",
    },
    "acknowledge_handover": {
        "read": "yes",
        "set_going": ["deployment", "phone"],
        "first_directions": "A car goes to the school.",
    },
    "complete_missing_report": {
        "reported_at": NOW,
        "received_channel": "phone101",
        "reporter_name": "A. Carer",
        "reporter_phone": "0115 496 0000",
        "reporter_relationship": "carer_foster",
        "child_full_name": "Kit Example",
        "approximate_age": "14",
        "sex": "not_known",
        "ethnicity": "not_recorded",
        "interpreter_needed": "no",
        "looked_after": "yes",
        "legal_status": "s20",
        "last_seen_at": -timedelta(hours=2),
        "missing_since": -timedelta(hours=1),
        "missing_from_type": "foster",
        "last_seen_place": "The gate of the school",
        "last_seen_by": "A teacher",
        "clothing": "Blue coat",
        "circumstances": "Did not come home.",
        "done_so_far": "Called the friends.",
        "previous_missing_known": "not_known",
        "medical_needs": "no",
        "medical_detail": "Typed before the answer was changed to no",
        "deployment_grade": "immediate",
    },
    "assess_risk": {**{f"ra_{each}": "no" for each in QUESTIONS}, "source": "The carer"},
    "decide_risk_grade": {
        "level": "medium",
        "rationale": WHY,
        "information_used": ["caller", "previous_reports"],
        "information_from": "The carer and our own records",
        "told": ["supervisor"],
        "cra_considered": "no",
        "bias_check_done": "true",
        "next_review_at": timedelta(hours=20),
    },
    "endorse_risk_grade": {"agreed": "yes", "reason": "The reasons carry the grade."},
    "record_return": {
        "found_at": NOW,
        "returned_at": NOW,
        "found_how": "returned_self",
        "found_by": "The carer",
        "place_found_type": "home",
        "place_found": "At the door",
        "seen_face_to_face": "yes",
        "condition": "Tired and hungry",
        "harm": ["none"],
        "needs_health_now": "no",
        "safe_to_return": "yes",
        "partners_told": ["la", "placement"],
        "leaflet_given": "yes",
    },
    "hold_prevention_interview": {
        "outcome": "held",
        "tried_at": NOW,
        "reason": "hospital",
        "reason_detail": "On a ward that lets nobody in today.",
        "why_went": "A quarrel",
        "what_happened": "Walked about",
        "where_and_with_whom": "Alone",
        "harm": ["none"],
        "crime_disclosed": "no",
        "concerns_about_carer": "no",
        "safe_to_return": "yes",
    },
    "approve_prevention_exception": {"approved": "yes", "reason": "A nurse has seen the child and nothing is urgent."},
    "close_police_enquiry": {
        "child_seen": "police",
        "others_told": ["la"],
        "circulation_cleared": "yes",
        "outstanding": "Nothing",
    },
    "offer_return_interview": {
        "outcome": "accepted",
        "not_offered_reason": "untraced",
        "offered_at": NOW,
        "offer_method": "phone",
        "declined_reason": "Does not want to talk about it",
    },
    "hold_return_interview": {
        "outcome": "held",
        "reason": "hospital",
        "reason_detail": "Nobody was free to go.",
        "tried_at": NOW,
        "ended_at": NOW,
        "independence": "independent",
        "interviewer": "R. Worker",
        "held_remotely": "in_person",
        "venue": "The library",
    },
    "ask_carer": {
        "outcome": "gave",
        "decided_by": "R. Worker",
        "unsafe_reason": "The carer may be the danger.",
        "information": "Kit goes to the park when sad.",
    },
    "write_up_return_interview": {
        "held": "yes",
        "closing_note": "There was no interview, for the reason given above.",
        "reasons": ["placement_problem"],
        "exploitation_screen": ["none"],
        "disclosure": "no",
        "safe_now": "yes",
        "would_go_again": "maybe",
        "risk_change": "same",
        "actions": "A word with the placement",
        "story": "It was loud at home.",
        "child_told_of_sharing": "yes",
    },
    "receive_return_interview": {"usable": "yes", "trigger_plan_change": "updated", "note": "The park was added."},
    "close_case": {
        "nothing_critical_open": "true",
        "actions_handed_over": "None are left",
        "trigger_plan_checked": "yes",
    },
}
