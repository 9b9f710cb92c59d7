"""Every key of the forms of domain.md 6.1 to 6.8: which question asks for it, or from what it is derived.

`found.found_at` is a question of `found.form`, `found.persons.name` one of an item of its list. What is not asked says why in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from engine.forms import Form, read

ROOT = Path(__file__).resolve().parents[2]
QUESTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,2}")

ASKED: Mapping[str, Mapping[str, str]] = {
    "6.1": {
        "reported_at": "missing_report.reported_at",
        "missing_since": "missing_report.missing_since",
        "last_seen_at": "missing_report.last_seen_at",
        "received_channel": "missing_report.received_channel",
        "reporter_name": "missing_report.reporter_name",
        "reporter_phone": "missing_report.reporter_phone case_opening.call_back",
        "reporter_relationship": "missing_report.reporter_relationship",
        "child_full_name": "missing_report.child_full_name case_opening.child_name",
        "known_as": "missing_report.known_as",
        "dob": "missing_report.date_of_birth missing_report.approximate_age",
        "sex": "missing_report.sex",
        "gender_identity": "missing_report.gender_identity",
        "nhs_number": "missing_report.nhs_number",
        "ethnicity": "missing_report.ethnicity",
        "first_language": "missing_report.first_language",
        "interpreter_needed": "missing_report.interpreter_needed",
        "home_address": "missing_report.home_address",
        "phone_numbers, emails, social_handles": "missing_report.child_phone.contact missing_report.child_phone.where",
        "description": "missing_report.description missing_report.clothing",
        "photo_ref": "Derived: the photographs of the child are kept on the page of the child.",
        "photo_consent_public": "missing_report.photo_consent",
        "looked_after": "missing_report.looked_after",
        "legal_status": "missing_report.legal_status missing_report.asylum",
        "responsible_la": "case_opening.responsible_authority",
        "host_la": "missing_report.out_of_area missing_report.host_authority",
        "placement_id": "missing_report.placement_name missing_report.placement_type",
        "placement_address": "missing_report.home_address",
        "missing_from_type": "missing_report.missing_from_type",
        "missing_from_address, last_seen_place": "missing_report.last_seen_place case_opening.last_place",
        "last_seen_by": "missing_report.last_seen_by",
        "circumstances": "missing_report.circumstances",
        "why_worried": "case_opening.why_worried",
        "done_so_far": "missing_report.done_so_far",
        "out_of_character": "risk_assessment.ra_out_of_character",
        "previous_missing_known": "missing_report.previous_missing_known",
        "medical_needs": "missing_report.medical_needs missing_report.medical_detail",
        "medication_needed_within_h": "missing_report.medicine_within_hours",
        "victim_of_crime_likely": "risk_assessment.ra_crime",
        "harm_likely": "Derived: the grade and its reasons say how likely harm is.",
        "cse_risk": "risk_assessment.ra_exploitation",
        "self_harm_or_suicide_risk": "risk_assessment.ra_suicide",
        "danger_to_others": "risk_assessment.ra_risk_to_others",
        "travel_abroad_likely": "missing_report.travel_abroad_likely missing_report.travel_abroad_detail",
        "vehicle, money, phone_on_person, keys, bank_card, passport": (
            "missing_report.on_person missing_report.on_person_detail"
        ),
        "usual_haunts": "missing_report.usual_haunts.place",
        "associates": (
            "missing_report.associates.name missing_report.associates.relation missing_report.associates.danger "
            "missing_report.associates.address missing_report.associates.phone"
        ),
        "philomena_profile_ref": "Derived: the carer's form is found by the child.",
        "trigger_plan_ref_shown": "plan_acknowledgement.tasks",
        "deployment_grade": "missing_report.deployment_grade",
        "target_attend_by": "Derived: from how an officer was sent, by the table of deadlines (T-05).",
        "la_notified_at": "missing_report.la_notified_at",
        "la_notified_by, la_ref": "missing_report.la_reference",
        "classification_regime": "Derived: the case keeps the release and the area under which it runs.",
    },
    "6.2": {
        **{
            f"ra_{each}": f"risk_assessment.ra_{each}"
            for each in (
                "suicide", "crime", "vulnerable", "medication", "health", "unfamiliar", "substance", "cp", "weather", "family",
                "dv", "identity_issue", "violence_prior", "school_work_money", "fm_hba", "exploitation", "out_of_character",
                "reason_known", "preparations", "intentions", "previous_harm", "risk_to_others", "other", "cce", "online",
                "pushpull",
            )
        },
        "detail": "risk_assessment.detail",
        "source": "risk_assessment.source",
        "obtained_at": "Derived: when the page was sent.",
        "level": "risk.level risk.below_floor_reason",
        "rationale": "risk.rationale",
        "information_used": "risk.information_used risk.information_from",
        "information_missing": "risk.information_missing",
        "initial_enquiries_needed": "Derived: the search and its actions begin with every report (1.3).",
        "bias_check_done": "risk.bias_check_done",
        "la_view": "risk.la_view risk.la_view_detail regrade.la_view",
        "health_view": "risk.health_view risk.health_view_detail",
        "assessor": "Derived: who sent the page.",
        "supervisor, supervised_at": "risk_endorsement.agreed risk_endorsement.reason",
        "next_review_at": "risk.next_review_at",
        "previous_level": "Derived: the grade that held until then is kept.",
        "change_reason": "regrade.rationale regrade.new_information grade_raise.rationale",
        "change_authorised_by": "downgrade_approval.approved",
        "cra_considered": "risk.cra_considered rescue_alert.why",
    },
    "6.3": {
        "action_id": "Derived: each action is a record with its number.",
        "type": "action.type",
        "description": "action.what",
        "priority": "action.priority",
        "raised_at, raised_by": "Derived: who sent the page, and when.",
        "due_at": "action.due_at",
        "assigned_to, assigned_org": "Derived: the role of the lane, and who has taken the task.",
        "from_trigger_plan": "plan_acknowledgement.tasks",
        "legal_authority": "action_result.legal_authority",
        "result": "action_result.result",
        "result_code": "action_result.result_code",
        "evidence_refs": "action_result.evidence_refs.reference action_result.evidence_refs.what",
        "completed_at": "Derived: when the page of the result was sent.",
        "carried_over": "case_closure.unfinished",
        "outstanding_reason": "action_result.outstanding_reason",
        "supervisor_ack_at": "review.overdue_explained",
    },
    "6.4": {
        "review_type, reviewer_rank": "Derived: each rank has a task of its own.",
        "at": "Derived: when the page was sent.",
        "level_before": "Derived: the grade that holds.",
        "level_after": "review.grade_right grade_raise.level regrade.level",
        "new_information": "review.new_information",
        "actions_set": "review.actions_set",
        "next_review_at": "Derived: from the grade, by the table of intervals.",
        "disagreement_recorded": "review.disagreement",
        "partner_input": (
            "review.partners_heard review.input_csc review.input_placement review.input_health review.input_school"
        ),
        "overdue_actions_explained": "review.overdue_explained",
    },
    "6.5": {
        "found_at": "found.found_at",
        "returned_at": "found.returned_at",
        "found_how": "found.found_how",
        "found_by": "found.found_by",
        "place_found_type": "found.place_found_type",
        "place_found": "found.place_found",
        "distance_km": "found.distance_km",
        "duration_minutes": "Derived: from missing_since and returned_at.",
        "child_seen_face_to_face": "found.seen_face_to_face",
        "not_seen_reason": "found.not_seen_reason",
        "approver": "prevention_exception.approved",
        "alt_contact": "prevention_interview.reason_detail",
        "seen_by": "found.seen_by",
        "seen_at": "found.seen_at",
        "condition": "found.condition",
        "harm": "found.harm prevention_interview.harm",
        "crime_disclosed": "prevention_interview.crime_disclosed",
        "crime_ref": "prevention_interview.crime_reference",
        "suspect_info": "prevention_interview.suspect_info",
        "offences_by_child": "prevention_interview.offences_by_child",
        "persons_with, who_with": (
            "prevention_interview.persons_with.name prevention_interview.persons_with.danger "
            "prevention_interview.persons_with.relation"
        ),
        "why_went": "prevention_interview.why_went",
        "what_happened": "prevention_interview.what_happened",
        "where_been": "prevention_interview.where_been",
        "how_travelled": "prevention_interview.how_travelled",
        "safe_to_return": "found.safe_to_return prevention_interview.safe_to_return",
        "alternative_placement_needed": "safe_place.alternative_placement_needed safe_place.where",
        "needs_health_now": (
            "found.needs_health_now found.health_help prevention_interview.needs_health_now prevention_interview.health_help"
        ),
        "concerns_about_carer": "prevention_interview.concerns_about_carer",
        "partner_notified": (
            "found.partners_told authority_return_notice.told_at partners_return_notice.told school_return_notice.told_at "
            "circulation_cleared.cleared_at"
        ),
        "rhi_offered_at_return": "return_interview_offer.offered_at",
        "leaflet_given": "found.leaflet_given",
        "pi_completed_within_h": "Derived: from returned_at and when the interview was held.",
    },
    "6.6": {
        "covers_episode_ids": "return_interview_attempt.covers",
        "responsible_la": "case_opening.responsible_authority",
        "provider": "Derived: the organisation of who sent the page.",
        "interviewer": "return_interview_attempt.interviewer",
        "interviewer_relationship_to_child, independence_category": "return_interview_attempt.independence",
        "child_agreed_to_talk, accepted, declined_by": "return_interview_offer.outcome return_interview_attempt.outcome",
        "parent_consent_if_needed": "return_interview_offer.parent_consent",
        "language/interpreter, accessibility_needs": "return_interview_offer.needs missing_report.interpreter_needed",
        "offered_at": "return_interview_offer.offered_at",
        "offered_by": "Derived: who sent the page of the offer.",
        "offer_method": "return_interview_offer.offer_method",
        "offer_attempts": "return_interview_offer.outcome return_interview_attempt.tried_at",
        "declined_reason": "return_interview_offer.declined_reason return_interview_attempt.reason",
        "parent_view_offered": "return_interview.parent_view_asked",
        "parent_view_given": "return_interview.parent_view",
        "venue": "return_interview_attempt.venue",
        "venue_neutral": "return_interview_attempt.venue_neutral",
        "present_persons": "return_interview_attempt.present_persons.name",
        "started_at": "return_interview_attempt.tried_at",
        "ended_at": "return_interview_attempt.ended_at",
        "held_remotely": "return_interview_attempt.held_remotely return_interview_attempt.remote_reason",
        "wait_hours": "Derived: from returned_at and when the interview began.",
        "out_of_area": "missing_report.out_of_area",
        "reasons": "return_interview.reasons",
        "what_led_up, what_happened, how_feel_now": "return_interview.story",
        "how_feeling_before": "return_interview.feeling_before",
        "who_asked_you_to_come": "return_interview.asked_to_come",
        "who_is_sad_or_angry_at_home": "return_interview.upset_at_home",
        "did_anything_happen_just_before": "return_interview.just_before",
        "where_went": "return_interview.where_went",
        "where_stayed": "return_interview.where_stayed",
        "who_with": "return_interview.who_with",
        "how_travelled": "return_interview.how_travelled",
        "who_gave_lift_food_phone": "return_interview.who_gave",
        "hurt_or_threatened": "return_interview.hurt_or_threatened",
        "afraid_of_anyone": "return_interview.afraid_of",
        "drugs_alcohol": "return_interview.drugs_alcohol",
        "gifts_money": "return_interview.gifts_money",
        "sexual_contact_pressure": "return_interview.sexual_pressure",
        "asked_to_carry_or_sell": "return_interview.asked_to_carry",
        "offences_seen_or_done": "return_interview.offences return_interview.disclosure",
        "phone_and_online": "return_interview.phone_and_online",
        "how_returned": "found.found_how",
        "who_found": "found.found_by",
        "health_needs": "return_interview.health_needs",
        "treatment_needed": "return_interview.treatment_needed",
        "how_spoken_to_by_police_carers": "return_interview.how_spoken_to",
        "contact_with_family": "return_interview.family_contact",
        "relationships_there": "return_interview.relationships",
        "complaint_about_placement": "return_interview.placement_complaint",
        "safe_at_home, safe_to_go_back": "return_interview.safe_now",
        "would_go_again": "return_interview.would_go_again",
        "what_would_help": "return_interview.what_would_help",
        "what_would_not_help": "return_interview.what_would_not_help",
        "safety_plan": "return_interview.safety_plan",
        "wishes_and_feelings": "return_interview.wishes",
        "child_rating_1_5": "return_interview.child_rating",
        "exploitation_screen": "return_interview.exploitation_screen",
        "risk_change": "return_interview.risk_change",
        "analysis, worker_view_of_risk": "return_interview.analysis",
        "patterns_across_episodes": "return_interview.patterns",
        "protective_factors": "return_interview.protective_factors",
        "actions": (
            "return_interview.actions.what return_interview.actions.who return_interview.actions.due "
            "return_interview.actions.status"
        ),
        "referrals": "return_interview.referrals.to",
        "not_referred_reason": "return_interview.not_referred_reason",
        "shared_with": (
            "return_interview.shared_with.who return_interview.shared_with.level return_interview.shared_with.on "
            "return_interview.shared_with.basis return_interview.shared_with.consent return_interview.shared_with.told_child "
            "return_interview.child_told_of_sharing"
        ),
        "withheld_from": "return_interview.withheld_from.who return_interview.withheld_from.why",
        "trigger_plan_items": (
            "return_interview.trigger_people return_interview.trigger_places return_interview.what_works"
        ),
        "intelligence_submitted": "return_interview.intelligence_submitted return_interview.intelligence_reference",
        "police_received_at": "Derived: when the police sent the page of the receipt.",
        "closing note when not held": "return_interview.closing_note",
    },
    "6.7": {
        "meeting_type": "meeting_notice.kind",
        "triggered_by, trigger_at": "Derived: the rule that asked for the meeting, and since when.",
        "convened_at": "meeting_notice.called_for_at",
        "held_at": "meeting.held_at",
        "chair_name, chair_org": "meeting.chair",
        "decision_maker": "Derived: who sent the page of the meeting.",
        "attendees": "meeting_notice.invited meeting.attendees.name meeting.attendees.organisation meeting.attendees.came",
        "minimum_quorum_met": "meeting.attended meeting.quorum_reason",
        "child_view_captured": "meeting.child_view",
        "parent_view": "meeting.parent_view",
        "information_shared": "meeting.information_shared.who meeting.information_shared.what",
        "risk_analysis": "meeting.risk_analysis",
        "decisions": "meeting.decisions",
        "plan": "meeting.plan_if_missing meeting.plan_at_return meeting.plan_prevention",
        "actions": (
            "meeting.actions_decided meeting_action.what meeting_action.org meeting_action.due_at meeting_action_result.status"
        ),
        "distribution": "meeting_minutes.sent_to meeting_minutes.part_sent_to.who meeting_minutes.part_sent_to.part",
        "minutes": "meeting_minutes.minutes",
        "police_attended": "meeting.attended meeting.police_reason",
        "next_review_at": "meeting_minutes.review_on",
        "outcome_reviewed_at": "Derived: when the results of the actions were sent.",
    },
    "6.8": {
        "plan_id, child_id": "Derived: the case of the plan, and its child.",
        "version, valid_from, valid_to": "Derived: each version is numbered, and holds until the next.",
        "review_due": "Derived: from each return, by the table of deadlines.",
        "status": "plan.state plan_review.outcome",
        "built_from_episodes": "plan.built_from_episodes plan_update.built_from",
        "last_rhi_ref": "Derived: the interview that a version has taken in.",
        "last_meeting_ref": "plan.last_meeting",
        "default_risk_if_missing": "plan.default_risk",
        "default_risk_rationale": "plan.default_risk_rationale",
        "exploitation_flags": "protection_decision.confirmed",
        "warning_markers": "plan.warning_markers",
        "known_people": (
            "plan.known_people.name plan.known_people.relation plan.known_people.danger plan.known_people.address "
            "plan.known_people.phone plan.known_people.vehicle plan.known_people.source plan.known_people.last_seen"
        ),
        "known_places": (
            "plan.known_places.place plan.known_places.type plan.known_places.source plan.known_places.confidence"
        ),
        "transport_habits": "plan.transport_habits",
        "phone_and_social": "plan.phone_and_social.contact",
        "money": "plan.money",
        "immediate_tasks": (
            "plan.immediate_tasks.task plan.immediate_tasks.type plan.immediate_tasks.within plan.immediate_tasks.who"
        ),
        "what_works_to_engage": "plan.what_works",
        "worker_to_call": "plan.worker_to_call",
        "child_words": "plan.child_words",
        "medical_and_meds": "plan.health",
        "allergies": "plan.allergies",
        "deadline_h": "plan.medicine_within_hours",
        "contact_rules": "plan.contact_rules",
        "carer_actions_before_police": "plan.carer_actions.action",
        "media_position": "plan.media_position",
        "cra_position": "plan.cra_position",
        "legal_levers": "plan.legal_levers plan.legal_detail",
        "sensitivity": "plan.sensitivity",
        "distribution": "plan.distribution",
        "effectiveness": "plan_review.used",
    },
}  # fmt: skip
"""Section, key of the specification, and the questions that ask for it, or why nobody is asked."""

ROWS = [(section, key, said) for section, keys in ASKED.items() for key, said in keys.items()]


@pytest.fixture(scope="module")
def forms() -> Mapping[str, Form]:
    """The forms as they are shipped, by their ids."""
    return {path.stem: read(path.read_text(), path.name) for path in sorted(ROOT.glob("bpmn/*/forms/*.form"))}


def asked_in(forms: Mapping[str, Form]) -> Iterator[str]:
    """Give every question of the forms, and of the items of their lists, by the name that the table has for it."""
    for name, form in forms.items():
        for field in form.fields:
            yield f"{name}.{field.key}"
            yield from (f"{name}.{field.key}.{each.key}" for each in (field.asked if field.items else ()))


def unanswered(rows: list[tuple[str, str, str]], asked: set[str]) -> list[str]:
    """Name each key whose question is on no form, or that neither names a question nor says why."""
    return [
        f"{section} {key}: {word}"
        for section, key, said in rows
        for word in ([] if said.startswith("Derived: ") and said.endswith(".") else said.split() or ["nothing"])
        if not QUESTION.fullmatch(word) or word not in asked
    ]


def test_every_key_of_the_specification_is_asked_for_or_says_from_what_it_is_derived(forms: Mapping[str, Form]) -> None:
    assert unanswered(ROWS, set(asked_in(forms))) == []


def test_a_question_that_is_taken_off_its_form_is_missed(forms: Mapping[str, Form]) -> None:
    left = set(asked_in(forms)) - {"found.distance_km", "return_interview.shared_with.basis"}
    assert unanswered(ROWS, left) == [
        "6.5 distance_km: found.distance_km",
        "6.6 shared_with: return_interview.shared_with.basis",
    ]
    assert unanswered([("6.5", "made_up", "")], left) == ["6.5 made_up: nothing"]


def test_a_plan_asks_the_same_when_it_is_first_written_and_when_an_interview_changes_it(
    forms: Mapping[str, Form],
) -> None:
    asked = {word for word in asked_in(forms) if word.startswith("plan.")} - {"plan.state"}
    assert {word.replace("plan.", "plan_update.", 1) for word in asked} <= set(asked_in(forms))


NAMELESS = re.compile(r'"(?:checkError|errorFormat)": "((?:The (?:time|day|beginning|end)|It|No|Nobody) [^"]*)"')


def test_what_is_said_of_a_wrong_answer_names_its_question_wherever_it_stands() -> None:
    """“The time must not be in the future” stood at the top of pages that ask for four times."""
    texts = [path.read_text() for path in (*ROOT.glob("bpmn/*/forms/*.form"), *ROOT.glob("web/*.form"))]
    named = [each for text in texts for each in NAMELESS.findall(text)]
    assert len(texts) > 50
    assert [each for each in named if not re.match(r"The (beginning|end) of the ", each)] == []
    assert NAMELESS.findall('"checkError": "The time must not be in the future"'), "the old words are found"
