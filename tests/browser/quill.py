"""What the people of one invented case type, page by page; the words of CHILD occur nowhere else in the demonstration."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.browser.visits import Answers
from tests.procedures.pages import QUESTIONS

CHILD = ("Quill", "Thistledown", "Featherstone", "Marigold", "kittiwake", "Umberleigh", "Larkspur", "960 777")
"""Names, places and words of the child's story, as typed below: none of them may stand in a mail."""

FOUR_FACTS: Answers = {
    "child_name": "Quill",
    "last_place": "Thistledown Arcade",
    "why_worried": "Quill said goodbye to the kittiwake mural",
    "call_back": "01632 960 777",
    "responsible_authority": "nottinghamshire_county",
}


def report(now: datetime) -> Answers:
    """Give the required answers of the missing report, and nothing else."""
    return {
        "reported_at": now,
        "received_channel": "phone101",
        "reporter_name": "Marigold Featherstone",
        "reporter_phone": "01632 960 777",
        "reporter_relationship": "carer_foster",
        "child_full_name": "Quill Featherstone",
        "approximate_age": "14",
        "sex": "not_known",
        "ethnicity": "not_recorded",
        "interpreter_needed": "no",
        "looked_after": "yes",
        "placement_name": "Example Lodge",
        "placement_type": "childrens_home",
        "out_of_area": "no",
        "legal_status": "s20",
        "last_seen_at": now - timedelta(hours=2),
        "missing_since": now - timedelta(hours=1),
        "missing_from_type": "foster",
        "last_seen_place": "Thistledown Arcade",
        "last_seen_by": "A shopkeeper in Thistledown Arcade",
        "clothing": "A coat with a kittiwake on it",
        "circumstances": "Quill did not come home from Umberleigh School.",
        "done_so_far": "Marigold called everybody in Umberleigh.",
        "previous_missing_known": "no",
        "travel_abroad_likely": "no",
        "medical_needs": "no",
        "deployment_grade": "within_hour",
    }


RISK_QUESTIONS: Answers = {
    **{f"ra_{question}": "no" for question in QUESTIONS if question not in {"exploitation", "online"}},
    "ra_exploitation": "yes",
    "source": "Marigold Featherstone",
}
"""One question that makes the grade high is answered yes; one is left, and counts as not known."""


def grade(now: datetime) -> Answers:
    """Give the decision on the grade, for an instant `now`."""
    return {
        "level": "high",
        "rationale": "Somebody has been waiting for Quill at Thistledown Arcade.",
        "information_used": ["caller", "previous_reports"],
        "information_from": "Marigold Featherstone",
        "told": ["supervisor", "duty_inspector"],
        "cra_considered": "yes",
        "bias_check_done": True,
        "next_review_at": now + timedelta(hours=2),
    }


MATCH: Answers = {"child": "new"}

NOTICE: Answers = {
    "taken_by": "Quinn Example, safeguarding hub",
    "known_to_us": "no",
    "what_we_know": "Nothing is recorded yet.",
    "carer_may_be_told": "yes",
}

ENDORSEMENT: Answers = {"agreed": "yes", "reason": "The rationale carries the grade."}

HANDOVER: Answers = {
    "read": "yes",
    "set_going": ["deployment", "search"],
    "first_directions": "Search Thistledown Arcade.",
}


def found(now: datetime) -> Answers:
    """Give the record of the return at the instant `now`."""
    return {
        "found_at": now,
        "returned_at": now,
        "found_how": "found_police_patrol",
        "found_by": "A patrol in Umberleigh",
        "place_found_type": "friend",
        "place_found": "Larkspur Cottage",
        "seen_face_to_face": "yes",
        "condition": "Quill is cold and tired.",
        "harm": ["none"],
        "needs_health_now": "no",
        "safe_to_return": "yes",
        "partners_told": ["la", "parent_carer"],
        "leaflet_given": "yes",
    }


def prevention_interview(now: datetime) -> Answers:
    """Give the prevention interview, held at the instant `now`."""
    return {
        "outcome": "held",
        "tried_at": now,
        "why_went": "Quill was afraid.",
        "what_happened": "Quill hid at Larkspur Cottage.",
        "where_been": "Larkspur Cottage",
        "harm": ["none"],
        "crime_disclosed": "no",
        "concerns_about_carer": "no",
        "safe_to_return": "yes",
        "needs_health_now": "no",
    }


def authority_told(now: datetime) -> Answers:
    """Give the word to the local authority at the instant `now` that the child is found."""
    return {"told_at": now, "taken_by": "The emergency duty team"}


PARTNERS_TOLD: Answers = {"told": ["parent_carer"]}


POLICE_CLOSURE: Answers = {
    "child_seen": "police",
    "outstanding": "Nothing",
}


CLOSURE_AGREED: Answers = {"agreed": "yes", "reason": "The child has been seen and everybody knows."}


def told(now: datetime) -> Answers:
    """Give the word of a notice that somebody of another agency took at the instant `now`."""
    return {"told_at": now, "taken_by": "Perrin Example, on duty"}


def offer(now: datetime) -> Answers:
    """Give the offer of the return interview, made and accepted at the instant `now`."""
    return {"outcome": "accepted", "offered_at": now, "offer_method": "phone"}


def interview(now: datetime) -> Answers:
    """Give the return interview, held in the half hour before the instant `now`."""
    return {
        "outcome": "held",
        "disclosure": "no",
        "tried_at": now - timedelta(minutes=30),
        "ended_at": now,
        "independence": "independent",
        "interviewer": "Tess Example",
        "held_remotely": "in_person",
        "venue": "A bench in Umberleigh",
    }


WRITE_UP: Answers = {
    "reasons": ["grooming_online"],
    "exploitation_screen": ["cse"],
    "disclosure": "no",
    "safe_now": "yes",
    "would_go_again": "maybe",
    "risk_change": "same",
    "actions": [{"what": "Speak with Marigold within a week.", "who": "Social worker"}],
    "story": "Quill was told to come to Larkspur Cottage.",
    "child_told_of_sharing": "yes",
}

SIGN: Answers = {
    "confirmed": "yes",
    "investigate": "yes",
    "reference": "CRI-EXAMPLE-1",
    "reason": "He is known to us by his van.",
    "for_the_search": "Do not ring his number.",
}

RECEIPT: Answers = {"usable": "yes", "for_the_plan": "yes", "note": "Larkspur Cottage was added."}

CLOSURE: Answers = {
    "nothing_critical_open": True,
    "actions_handed_over": "The social worker keeps the plan.",
    "trigger_plan_checked": "yes",
}


def meeting_notice(now: datetime) -> Answers:
    """Give the call for a meeting that is held in an hour."""
    return {
        "called_for_at": now,
        "meets_at": now + timedelta(hours=1),
        "kind": "missing_meeting",
        "invited": ["police", "csc", "health"],
    }


def meeting(now: datetime) -> Answers:
    """Give the record of a meeting that decided nothing new for anybody to do."""
    return {
        "outcome": "held",
        "held_at": now,
        "chair": "Marlowe Example",
        "attended": ["police", "csc", "health"],
        "child_view": "Asked for a quiet place.",
        "risk_analysis": "Strangers wait at the arcade.",
        "decisions": ["placement_review"],
        "actions_decided": "no",
    }


def minutes(now: datetime) -> Answers:
    """Give the minutes, with the day on which the plan is looked at again."""
    return {
        "sent_to": ["police", "csc", "health"],
        "minutes": "As decided.",
        "review_on": (now + timedelta(days=30)).date(),
    }
