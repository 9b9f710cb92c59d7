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

REVIEW: Mapping[str, Any] = {
    "grade_right": "yes",
    "new_information": "Nothing",
    "actions_set": "Ask at the boat house again.",
    "overdue_explained": "Nothing",
    "meeting_wanted": "no",
}

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
    "match_child": {"child": "new", "match_note": "No name is alike."},
    "acknowledge_missing_notice": {
        "taken_by": "D. Duty, safeguarding hub",
        "known_to_us": "yes",
        "what_we_know": "A cousin lives by the river.",
        "carer_may_be_told": "yes",
    },
    "acknowledge_trigger_plan": {"tasks": ["none"], "dismissed_reason": "The boat house burnt down last week."},
    "raise_action": {
        "what": "Ask at the boat house",
        "type": "address_check",
        "priority": "1",
        "due_at": timedelta(hours=1),
    },
    "carry_out_action": {
        "result_code": "negative",
        "result": "Nobody was there.",
        "outstanding_reason": "Typed before the answer was changed",
    },
    "review_case": REVIEW,
    "review_by_inspector": REVIEW,
    "propose_regrade": {
        "level": "high",
        "rationale": WHY,
        "new_information": "A friend heard from the child an hour ago.",
        "la_view": "Social care agrees.",
    },
    "endorse_lowering": {"agreed": "yes", "reason": "The information is new and good."},
    "approve_downgrade": {"approved": "yes", "reason": "The information is new and good."},
    "convene_meeting": {
        "called_for_at": NOW,
        "meets_at": timedelta(hours=20),
        "kind": "missing_meeting",
        "invited": ["police", "csc", "health", "school"],
    },
    "hold_meeting": {
        "outcome": "held",
        "not_held_reason": "Nobody from social care was free.",
        "held_at": NOW,
        "chair": "T. Manager",
        "attended": ["police", "csc", "health"],
        "police_reason": "Typed before the answer was changed",
        "quorum_reason": "Typed before the answer was changed",
        "child_view": "Wants a room of her own.",
        "risk_analysis": "It is loud where the child lives.",
        "decisions": ["placement_review"],
        "actions_decided": "no",
    },
    "add_meeting_action": {
        "what": "Find a quieter room",
        "org": "Social care",
        "due_at": timedelta(days=5),
        "another": "no",
    },
    "do_meeting_action": {"status": "done", "result": "A room was found."},
    "issue_minutes": {
        "sent_to": ["police", "csc", "health"],
        "minutes": "As decided.",
        "review_on": timedelta(days=30),
    },
    "pass_disclosure": {
        "told": ["police", "csc"],
        "passed_at": NOW,
        "taken_by": "The control room and the duty social worker",
        "child_told": "yes",
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
        "disclosure": "no",
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
        "unfinished": [],
        "actions_handed_over": "None are left",
        "trigger_plan_checked": "yes",
    },
}
