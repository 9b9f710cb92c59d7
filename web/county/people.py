"""What the people of the county answer: for each task what follows from the episode, and whatever else its form asks.

A form that asks something new is answered too: by its first choice, a sentence or the moment. So a drawing can change
without this table; only what an episode decides stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from engine.forms import Field, Form, Kind
from engine.model import Facts, Value
from engine.views import TaskRow
from web.county import names
from web.county.lives import DEAD, Episode

Said = dict[str, Any]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

DECIDE = "decide_on_episode"
"""The task of the daily meeting for each episode, one after the other."""
ASKS_MORE_OF = 2
"""Of an episode with such a number, and each multiple, the daily meeting asks for something to be done."""
NOT_SAFE_AFTER = frozenset({"sexual_offence", "sexual_exploitation"})
"""The harms after which a child does not go back to where it lived."""
SENTENCE = "Nothing more is known than what was said at the beginning."
QUIET = ("no", "none", "nothing", "nobody", "go_on", "keep", "medium")
"""What is chosen where an episode says nothing and the form offers it."""

FOUND_HOW: Mapping[str, str] = MappingProxyType(
    {
        "voluntary": "returned_self",
        "police": "found_police_patrol",
        "family": "found_family",
        "other": "found_public",
        DEAD: "deceased",
    }
)
DECEASED = FOUND_HOW[DEAD]
ETHNICITY: Mapping[str, str] = MappingProxyType(
    {
        "white": "white_british",
        "black": "black_african",
        "asian": "asian_pakistani",
        "mixed": "mixed_other",
        "other": "other",
    }
)
"""The group of the form that stands for each drawn one."""
MISSING_FROM: Mapping[str, str] = MappingProxyType(
    {"home": "home", "residential": "childrens_home", "foster": "foster", "supported": "supported_accommodation"}
)
REPORTER: Mapping[str, str] = MappingProxyType(
    {"home": "parent", "residential": "residential_staff", "foster": "carer_foster", "supported": "residential_staff"}
)


OF_INTERVIEW: Mapping[str, frozenset[str]] = MappingProxyType(
    {"not_offered": frozenset({"not_offered"}), "late": frozenset({"held_late"})}
)
"""What of a return interview is a lapse; it is no lapse of anybody that a child refuses."""


ANSWERED = frozenset({"ethnicity_missing", "not_independent"})
"""Lapses that are answers."""
LEFT_OUT = frozenset({"search_silent", "not_at_meeting"})
"""Lapses by which a task is never done."""


@dataclass(slots=True)
class Task:
    """A task that somebody is about to do: of which episode, with what is known of the case, and when."""

    row: TaskRow
    episode: Episode | None
    facts: Facts
    now: datetime
    chance: Random
    child_id: str = ""

    @property
    def of(self) -> Episode:
        """Give the episode, where there must be one."""
        if self.episode is None:
            message = f"{self.row.id} ({self.row.element}) is about no episode"
            raise LookupError(message)
        return self.episode

    @property
    def lapsed(self) -> frozenset[str]:
        """Give what goes wrong in this episode; nobody has to be spoken to where a child is found dead."""
        if self.episode is None:
            return frozenset()
        if self.episode.is_fatal:
            return self.episode.lapses - {"spoken_to_late"}
        return self.episode.lapses | OF_INTERVIEW.get(self.episode.interview, frozenset())

    def last(self, record: str, field: str) -> Value:
        """Give what a record that occurs once says."""
        return self.facts.get(record, {}).get("", {}).get(field)


Answer = Callable[[Task], Said]


def in_minutes(at: datetime) -> datetime:
    """Give a moment as people say it."""
    return at.replace(second=0, microsecond=0)


def opening(episode: Episode) -> Said:
    """Give the four facts with which somebody opens a case."""
    child = episode.child
    return {
        "child_name": child.name,
        "last_place": f"{names.SPOTS[episode.number % len(names.SPOTS)].capitalize()}, {_town(episode)}",
        "why_worried": f"Did not come back, {SENTENCE.lower()}",
        "call_back": names.telephone(child.number),
        "responsible_authority": child.authority,
    }


def _town(episode: Episode) -> str:
    return names.PLACES[(episode.together or episode.child.number) % len(names.PLACES)]


def _adult(number: int) -> str:
    return f"{names.ADULTS[number % len(names.ADULTS)]} Example"


TOLD_OF_FIVE = 3
"""Of five children so many go to a school that sees the case (domain.md 10: school notified .60)."""


def _report(task: Task) -> Said:
    episode, child = task.of, task.of.child
    return {
        "reported_at": episode.reported_at,
        "received_channel": "phone101",
        "reporter_name": _adult(child.number),
        "reporter_phone": names.telephone(child.number),
        "reporter_relationship": REPORTER[child.care],
        "child_full_name": child.name,
        "date_of_birth": child.born_on,
        "approximate_age": None,
        "sex": child.sex,
        "ethnicity": "not_recorded" if "ethnicity_missing" in episode.lapses else ETHNICITY[child.ethnicity],
        "interpreter_needed": "no",
        "looked_after": "yes" if child.in_care else "no",
        "legal_status": "s20" if child.number % 3 else "fco",
        "out_of_area": "yes" if child.out_of_area else "no",
        "host_authority": "Oxfordshire",
        "placement_name": names.HOMES[child.number % len(names.HOMES)],
        "placement_type": MISSING_FROM[child.care],
        "school": "example_academy" if child.number % 5 < TOLD_OF_FIVE else "no",
        "school_name": "Example Academy",
        "last_seen_at": episode.missing_since - 10 * MINUTE,
        "missing_since": episode.missing_since,
        "missing_from_type": MISSING_FROM[child.care],
        "last_seen_place": f"{names.SPOTS[episode.number % len(names.SPOTS)].capitalize()}, {_town(episode)}",
        "last_seen_by": _adult(child.number + 1),
        "clothing": "Dark coat, trainers, a small rucksack",
        "circumstances": "Went out and did not come back when expected.",
        "done_so_far": "The places where the child usually goes were looked at, and friends were called.",
        "previous_missing_known": "yes" if episode.number > 1 else "no",
        "deployment_grade": "immediate" if episode.risk == "high" else "within_hour",
    }


def _match(task: Task) -> Said:
    """Choose the child whom the people know, as far as the product has offered the record."""
    offered = task.last("candidates", "matches") or []
    values = (
        {str(each.get("value")) for each in offered if isinstance(each, Mapping)}
        if isinstance(offered, list)
        else set()
    )
    return {
        "child": task.child_id if task.child_id in values else "new",
        "match_note": "The name and the birthday are the same.",
    }


QUESTION_OF: Mapping[str, str] = MappingProxyType(
    {
        "cse": "ra_exploitation",
        "cce": "ra_cce",
        "mental_health": "ra_health",
        "substance": "ra_substance",
        "suicide_self_harm": "ra_suicide",
    }
)
"""The risk question that a screening answers with yes, for each flag."""


def _assess(task: Task) -> Said:
    asked = {QUESTION_OF[flag]: "yes" for flag in task.of.child.flags}
    return {**asked, "source": "The caller, and earlier reports"}


def grade(episode: Episode) -> str:
    """Give the first grade: very low is closed for the youngest, and for children with signs of exploitation."""
    signs = {"cse", "cce"} & episode.child.flags
    if episode.risk == "very_low" and (episode.child.age < LOWEST_FROM or signs):
        return "low"
    return episode.risk


LOWEST_FROM = 13
"""Very low is closed for whoever is younger (domain.md 1.6)."""


def _grade(task: Task) -> Said:
    return {
        "level": grade(task.of),
        "below_floor_reason": "The child was seen an hour ago by a friend whom we trust, and rings every hour.",
        "rationale": "The grade follows from what the caller said, and from the earlier reports about this child.",
        "information_used": ["caller", "previous_reports"],
        "information_from": "The caller, and our own records",
        "told": ["supervisor"],
        "cra_considered": "yes",
        "next_review_at": task.now + 20 * HOUR,
    }


def _raised(task: Task) -> Said:
    return {
        "level": "high" if task.last("risk", "level") == "medium" else "medium",
        "rationale": SENTENCE,
        "new_information": SENTENCE,
    }


def _return(task: Task) -> Said:
    episode = task.of
    return {
        "found_at": episode.returned_at - 5 * MINUTE,
        "returned_at": episode.returned_at,
        "found_how": FOUND_HOW[episode.found_how],
        "found_by": "An officer" if episode.found_how == "police" else "The carer",
        "place_found_type": episode.found_where,
        "distance_km": str(min(round(episode.distance_km), 900)),
        "seen_face_to_face": "yes",
        "condition": "Dead" if episode.is_fatal else "Tired, otherwise well",
        "harm": ["death"] if episode.is_fatal else [episode.harm] if episode.harm else ["none"],
        "needs_health_now": "no",
        "safe_to_return": "no" if episode.harm in NOT_SAFE_AFTER else "yes",
        "partners_told": ["la", "parent_carer"],
    }


def _kept_safe(task: Task) -> Said:
    """Say where the child goes who is not safe: into police protection (T-42)."""
    return {
        "where": "police_protection",
        "taken_at": max(task.of.returned_at, task.row.opened_at),
        "place": "A foster home that is told to nobody",
        "alternative_placement_needed": "yes",
        "agreed_with": "The social worker on duty",
        "why": "Who harmed the child knows where the child lives.",
    }


def _protected(task: Task) -> Said:
    at = in_minutes(task.now)
    return {"issued": "yes", "issued_at": at, "issued_by": "The officer who found the child", "ends_at": at + 72 * HOUR}


def _spoken_to(task: Task) -> Said:
    episode = task.of
    held = {"outcome": "held", "harm": [episode.harm] if episode.harm else ["none"], "crime_disclosed": "no"}
    dead = episode.is_fatal
    tried = {"outcome": "not_possible", "reason": DECEASED if dead else "child_declined"}
    return {
        **(held if episode.seen_by_police and not dead else tried),
        "tried_at": max(task.now - 5 * MINUTE, episode.returned_at),
        "concerns_about_carer": "no",
        "safe_to_return": "yes",
        "needs_health_now": "no",
    }


def _offer(task: Task) -> Said:
    if task.of.is_fatal:
        return {"outcome": "not_offered", "not_offered_reason": DECEASED, "offered_at": task.now}
    refused = task.of.interview == "refused"
    return {"outcome": "declined" if refused else "accepted", "offered_at": task.now, "offer_method": "phone"}


def _interview(task: Task) -> Said:
    return {
        "outcome": "held",
        "covers": ["none"],
        "tried_at": task.now - HOUR,
        "ended_at": task.now - 15 * MINUTE,
        "disclosure": "yes" if task.of.tells else "no",
        "independence": "placement_linked_exception" if "not_independent" in task.lapsed else "independent",
        "interviewer": _adult(task.of.child.number + 3),
        "held_remotely": "in_person",
        "venue": "A youth centre",
    }


def _written_up(task: Task) -> Said:
    return {
        "reasons": [task.of.reason],
        "exploitation_screen": ["none"],
        "disclosure": "yes" if task.of.tells and task.of.interview != "refused" else "no",
        "safe_now": "yes",
        "would_go_again": "maybe",
        "risk_change": "same",
        "child_told_of_sharing": "yes",
    }


def _received(task: Task) -> Said:
    return {"usable": "yes", "for_the_plan": "yes" if task.of.number > 1 else "no"}


def _convened(task: Task) -> Said:
    return {
        "called_for_at": task.now,
        "meets_at": task.now + 2 * HOUR,
        "kind": "both",
        "invited": ["police", "csc", "health"],
    }


def _met(task: Task) -> Said:
    return {
        "outcome": "held",
        "held_at": task.now - 5 * MINUTE,
        "attended": ["police", "csc", "health"],
        "decisions": ["trigger_plan_update"],
        "actions_decided": "no",
    }


def _sign(task: Task) -> Said:
    """Confirm a flag where a screening would find it too, and the episode has it so; it ends with no episode."""
    sign = task.row.record_key
    return {
        "confirmed": "yes" if task.of.confirms and sign in task.of.child.flags else "suspected",
        "investigate": "no",
    }


def always(**said: Any) -> Answer:
    """Give an answer that does not depend on the episode."""
    return lambda _task: said


def _decided(task: Task) -> Said:
    """Decide on an episode in the daily meeting: put it off where a lapse wants it, and where the child goes again and again ask for more."""
    if "not_at_meeting" in task.lapsed:
        return {"outcome": "later", "action": "no"}
    if task.episode is None or task.of.number % ASKS_MORE_OF or "search_silent" in task.lapsed:
        return {"outcome": "confirmed", "action": "no"}
    asked = {"what": "Ask again at the places of the earlier times", "type": "associate_visit", "within": "PT4H"}
    return {"outcome": "confirmed", "action": "yes", **asked}


PLAN = always(
    immediate_tasks=[{"task": "Ask at the usual places"}],
    default_risk="medium",
    state="in_force",
    distribution=["nobody"],
    sensitivity="usual",
    taken_in="changed",
)

ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        "complete_missing_report": _report,
        "match_child": _match,
        "assess_risk": _assess,
        "decide_risk_grade": _grade,
        "acknowledge_handover": always(read="yes", set_going=["deployment", "phone"]),
        "acknowledge_missing_notice": always(known_to_us="yes", carer_may_be_told="yes"),
        "endorse_risk_grade": always(agreed="yes"),
        "endorse_as_inspector": always(agreed="yes"),
        "agree_to_police_closure": always(agreed="yes"),
        "agree_to_close": always(agreed="yes"),
        "approve_prevention_exception": always(approved="yes"),
        "approve_downgrade": always(approved="yes"),
        "endorse_lowering": always(agreed="yes"),
        "record_attendance": always(outcome="attended"),
        "tell_parents": always(outcome="told"),
        "tell_partners_of_return": always(told=["parent_carer"]),
        "raise_action": lambda task: {"type": "address_check", "priority": "2", "due_at": task.now + HOUR},
        "carry_out_action": always(result_code="negative"),
        "review_case": always(grade_right="yes", meeting_wanted="no"),
        "review_by_inspector": always(grade_right="yes", meeting_wanted="no"),
        "review_as_chief": always(grade_right="yes", meeting_wanted="no"),
        "review_as_superintendent": always(grade_right="yes", meeting_wanted="no"),
        "raise_grade": _raised,
        "propose_regrade": lambda task: {"level": "medium" if task.last("risk", "level") == "high" else "low", "la_view": "The authority agrees."},
        "record_return": _return,
        "hold_prevention_interview": _spoken_to,
        "decide_where_child_goes": _kept_safe,
        "take_into_police_protection": _protected,
        "review_disruption": lambda task: {"outcome": "ended", "ended_how": "released", "ended_at": in_minutes(task.now)},
        "pass_on_what_was_told": always(told=["csc"], about_worker="no", child_told="yes"),
        "pass_disclosure": always(told=["police", "csc"], about_worker="no", safe_now="yes", child_told="yes"),
        "decide_on_sign": _sign,
        "close_police_enquiry": lambda task: {"child_seen": DECEASED if task.of.is_fatal else "police" if task.of.seen_by_police else "exception"},
        "offer_return_interview": _offer,
        "ask_carer": always(outcome="nothing_to_add"),
        "hold_return_interview": _interview,
        "write_up_return_interview": _written_up,
        "receive_return_interview": _received,
        "convene_meeting": _convened,
        "hold_meeting": _met,
        "agree_out_of_area": always(arranger="home", provider="elsewhere"),
        "close_case": always(trigger_plan_checked="yes"),
        "discuss_support": always(with_whom=["social_worker"], outcome="new_support", plans_wanted="no"),
        "write_trigger_plan": PLAN,
        "update_trigger_plan": PLAN,
        "review_trigger_plan": always(outcome="keep", used="not_used"),
        "add_prevention_action": always(kind="support", agency="social_care", another="no"),
        "record_action_outcome": always(outcome="done"),
        "decide_on_referral": always(outcome="assessment", referrer_told="yes"),
        DECIDE: _decided,
        "sign_off_meeting": always(chair_rank="chief_inspector", chair="Hamza Example", attended=["police", "social_care"]),
        "acknowledge_trigger_plan": always(tasks=["none"]),
        "name_home": always(living="here"),
    }
)  # fmt: skip
"""What follows from an episode, task by task."""

SECOND = frozenset(
    {
        "endorse_lowering",
        "approve_downgrade",
        "approve_prevention_exception",
        "agree_to_close",
        "agree_to_police_closure",
    }
)
"""Tasks for which somebody else is wanted than did the work that they are about."""

NOT_WITHOUT_REASON = frozenset({"raise_grade", "propose_regrade", "say_way_back", "leave_lowest_grade"})
"""Tasks that stand open for the case that something happens: nobody does them as a matter of course."""


def fill(form: Form, said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give what is posted: what the episode decides, and for what is asked besides something that says nothing."""
    return {field.key: said[field.key] if field.key in said else _something(field, now) for field in form.fields}


def _something(field: Field, now: datetime) -> Any:
    """Give an answer that says nothing; none where none is asked for."""
    if not field.required:
        return None
    if field.kind in {Kind.RADIO, Kind.SELECT, Kind.CHECKLIST}:
        offered = [choice.value for choice in field.choices]
        quiet = [each for each in QUIET if each in offered] or offered
        return quiet[:1] if field.kind is Kind.CHECKLIST else next(iter(quiet), None)
    typed = {
        Kind.CHECKBOX: True,
        Kind.DATETIME: now,
        Kind.DATE: (now + timedelta(days=14)).date(),
        Kind.NUMBER: "1",
        Kind.TEXT: "As before",
    }
    return typed.get(field.kind, SENTENCE)
