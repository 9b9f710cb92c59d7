"""A few invented cases at different stages, brought there by driving the engine as the people concerned would.

Nothing is written past the engine: each answer goes through its form's checks, and the clocks that fall due between two
steps go off in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from engine import timers
from engine.cases import Cases
from engine.errors import SamePersonTwice
from engine.frozen import frozen
from engine.model import Actor, Value
from engine.store import CaseTable, TaskTable, reading
from web.procedures import MISSING_CHILD
from web.services import Services
from workflows import people

Answers = dict[str, Value]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@frozen
class Deed:
    """What somebody did: how long ago, at which task, and with which answers, given the moment at which it was done, and what the page showed."""

    ago: timedelta
    element: str
    answers: Callable[[datetime], Answers]
    seeing: Callable[[Mapping[str, Any]], Answers] = lambda _scope: {}


@frozen
class Story:
    """One invented case: how long ago it was opened, with which answers, what was done since, and of which procedure."""

    opened_ago: timedelta
    opening: Callable[[datetime], Answers]
    deeds: tuple[Deed, ...] = ()
    procedure: str = MISSING_CHILD


def by_calendar(_at: datetime) -> Answers:
    """Stand for the opening of a case that the calendar opens: nobody answers anything."""
    return {}


def open_cases(services: Services, now: datetime, stories: Sequence[Story] = ()) -> None:
    """Open the invented cases, those of children or others, so that they stand at different stages at the instant `now`."""
    stories = stories or STORIES
    references: dict[int, str] = {}
    todo: list[tuple[timedelta, int, Deed | None]] = [
        (story.opened_ago, number, None) for number, story in enumerate(stories)
    ]
    deeds = [(deed.ago, number, deed) for number, story in enumerate(stories) for deed in story.deeds]
    for ago, number, deed in sorted([*todo, *deeds], key=lambda one: -one[0]):
        at = now - ago
        _sweep_until(services.cases, at)
        if deed is None:
            references[number] = _open(services, stories[number], at)
        else:
            _do(services, references[number], deed, at)
            if timers.run_errands(services.cases, now=at) != (0, 0):
                timers.sweep(services.cases, now=at)


def _sweep_until(cases: Cases, at: datetime) -> None:
    """Let each clock go off when it is due, until a moment: a page that comes hours late is a promise that was broken (G-48)."""
    while (due := timers.next_due(cases)) is not None and due < at and timers.sweep(cases, now=due).steps:
        pass
    timers.sweep(cases, now=at)


def _open(services: Services, story: Story, at: datetime) -> str:
    if story.opening is by_calendar:
        return _latest(services, story.procedure)
    view = services.cases.opening(story.procedure)
    loaded = view.form.load(view.form.as_raw(story.opening(at)), scope={}, now=at)
    by, key = _person(services, view.role), str(uuid4())
    return services.cases.open(story.procedure, loaded, by=by, now=at, key=key).case_id


def _latest(services: Services, procedure: str) -> str:
    """Give the case of a procedure that was opened last."""
    own = sa.select(CaseTable.id).where(CaseTable.procedure == procedure).order_by(CaseTable.opened_at.desc()).limit(1)
    with reading(services.engine) as connection:
        return connection.execute(own).scalar_one()


def _do(services: Services, case_id: str, deed: Deed, at: datetime) -> None:
    """Do the first open task of an element."""
    task = TaskTable
    own = sa.and_(task.case_id == case_id, task.element == deed.element, task.status == "open")
    first = sa.select(task.number, task.role).where(own).order_by(task.number).limit(1)
    with reading(services.engine) as connection:
        number, role = connection.execute(first).one()
    who, task_id = _person(services, role), f"{case_id}.{number}"
    view = services.cases.task(task_id, by=who, now=at)
    answers = deed.answers(at) | deed.seeing(view.scope)
    loaded = view.form.load(view.form.as_raw(answers), scope=view.scope, now=at)
    try:
        services.cases.complete(task_id, loaded, by=who, now=at, key=str(uuid4()), stamp=view.stamp)
    except SamePersonTwice:
        who = _person(services, role, but=who)
        services.cases.complete(task_id, loaded, by=who, now=at, key=str(uuid4()), stamp=view.stamp)


def _person(services: Services, role: str, but: Actor | None = None) -> Actor:
    with reading(services.engine) as connection:
        found = [each.actor for each in people.holders(connection, (role,))]
    return next(each for each in found if each != but)


def child(name: str, place: str, worry: str) -> Callable[[datetime], Answers]:
    """Say with what a case of a child of this name is opened."""
    return lambda _at: {
        "child_name": name,
        "last_place": place,
        "why_worried": worry,
        "call_back": "01632 960 118",
        "responsible_authority": "nottinghamshire_county",
    }


def _report(name: str, age: int) -> Callable[[datetime], Answers]:
    def answers(at: datetime) -> Answers:
        return {
            "reported_at": at - 10 * MINUTE,
            "received_channel": "phone101",
            "reporter_name": "Robin Example",
            "reporter_phone": "01632 960 118",
            "reporter_relationship": "parent",
            "child_full_name": name,
            "approximate_age": age,
            "sex": "not_known",
            "ethnicity": "not_recorded",
            "interpreter_needed": "no",
            "looked_after": "no",
            "school": "example_academy",
            "last_seen_at": at - 2 * HOUR,
            "missing_since": at - HOUR,
            "missing_from_type": "home",
            "last_seen_place": "Outside the library in Example Street",
            "last_seen_by": "A neighbour",
            "clothing": "Green coat, jeans, grey rucksack",
            "circumstances": "Left after an argument about school and did not come back for tea.",
            "done_so_far": "Friends and relatives were called, the house and the park were searched.",
            "previous_missing_known": "no",
            "travel_abroad_likely": "no",
            "medical_needs": "no",
            "deployment_grade": "within_hour",
        }

    return answers


def _new_child(_at: datetime) -> Answers:
    return {"child": "new", "match_note": "Nobody of this name is known to us."}


def _notice_acknowledged(_at: datetime) -> Answers:
    return {
        "taken_by": "Quinn Example, safeguarding hub",
        "known_to_us": "no",
        "what_we_know": "Nothing",
        "carer_may_be_told": "yes",
    }


YOUNG = 13
"""A grade of a child who is younger is endorsed by an inspector (domain 1.6)."""

QUESTIONS = (
    "suicide", "crime", "medication", "exploitation", "cce", "fm_hba", "previous_harm", "risk_to_others", "vulnerable",
    "health", "unfamiliar", "substance", "cp", "family", "dv", "identity_issue", "violence_prior", "school_work_money",
    "weather", "out_of_character", "reason_known", "preparations", "intentions", "online", "pushpull", "other",
)  # fmt: skip


def _risk_questions(*said_yes: str) -> Callable[[datetime], Answers]:
    told = {f"ra_{name}": "yes" if name in said_yes else "no" for name in QUESTIONS}
    return lambda _at: told | {"source": "The caller and earlier reports"}


def _grade(level: str) -> Callable[[datetime], Answers]:
    def answers(at: datetime) -> Answers:
        return {
            "level": level,
            "below_floor_reason": "The caller has heard from a friend that they were together an hour ago.",
            "rationale": "The child is young, it is getting dark, and this is out of character.",
            "information_used": ["caller", "previous_reports"],
            "information_from": "The caller",
            "told": ["supervisor"],
            "cra_considered": "yes",
            "bias_check_done": True,
            "decided_at": at,
            "next_review_at": at + 2 * HOUR,
        }

    return answers


def _endorsed(at: datetime) -> Answers:
    return {"agreed": "yes", "reason": "The rationale fits what the caller said.", "decided_at": at}


def _handed_over(_at: datetime) -> Answers:
    return {"read": "yes", "set_going": ["deployment", "phone"], "first_directions": "Search the usual places first."}


def _found(at: datetime) -> Answers:
    return {
        "found_at": at - 30 * MINUTE,
        "returned_at": at - 15 * MINUTE,
        "found_how": "found_police_patrol",
        "found_by": "A patrol",
        "place_found_type": "friend",
        "place_found": "At a friend's house in Example Road",
        "seen_face_to_face": "yes",
        "condition": "Tired and cold, otherwise well",
        "harm": ["none"],
        "needs_health_now": "no",
        "safe_to_return": "yes",
        "partners_told": ["la", "parent_carer"],
        "leaflet_given": "yes",
    }


def _prevention_interview(at: datetime) -> Answers:
    return {
        "outcome": "held",
        "tried_at": at - 20 * MINUTE,
        "why_went": "After an argument at home.",
        "what_happened": "Spent the time with a friend.",
        "where_been": "At a friend's house.",
        "persons_with": [{"name": "A friend from school", "relation": "Friend", "danger": "low"}],
        "harm": ["none"],
        "crime_disclosed": "no",
        "concerns_about_carer": "no",
        "safe_to_return": "yes",
        "needs_health_now": "no",
    }


def _authority_told(at: datetime) -> Answers:
    return {"told_at": at - 5 * MINUTE, "taken_by": "The duty worker of the hub"}


def _partners_told(_at: datetime) -> Answers:
    return {"told": ["parent_carer"]}


def _police_closed(at: datetime) -> Answers:
    return {
        "child_seen": "police",
        "outstanding": "Nothing",
        "closed_at": at,
    }


def _agreed(_at: datetime) -> Answers:
    return {"agreed": "yes", "reason": "An officer has seen the child, and nothing is left for the police."}


def _offered(at: datetime) -> Answers:
    return {"outcome": "accepted", "offered_at": at, "offer_method": "phone"}


def _interview_held(at: datetime) -> Answers:
    return {
        "outcome": "held",
        "tried_at": at - HOUR,
        "ended_at": at - 15 * MINUTE,
        "disclosure": "no",
        "independence": "independent",
        "interviewer": "Uma Example",
        "held_remotely": "in_person",
        "venue": "A youth centre",
    }


def graded(
    ago: timedelta, name: str, age: int, level: str, *said_yes: str, also: Callable[[datetime], Answers] = by_calendar
) -> tuple[Deed, ...]:
    """The steps up to an acknowledged and endorsed grade, the first of them so long ago; what the report says `also`."""
    by_inspector = level == "high" or age < YOUNG
    return (
        Deed(ago, "complete_missing_report", lambda at: _report(name, age)(at) | also(at)),
        Deed(ago - MINUTE, "match_child", _new_child),
        Deed(ago - 2 * MINUTE, "acknowledge_handover", _handed_over),
        Deed(ago - 3 * MINUTE, "acknowledge_missing_notice", _notice_acknowledged),
        Deed(ago - 4 * MINUTE, "assess_risk", _risk_questions(*said_yes)),
        Deed(ago - 6 * MINUTE, "decide_risk_grade", _grade(level)),
        Deed(ago - 12 * MINUTE, "endorse_as_inspector" if by_inspector else "endorse_risk_grade", _endorsed),
    )


def _returned(ago: timedelta, level: str = "medium") -> tuple[Deed, ...]:
    """The steps from a return so long ago to the accepted offer of the return interview."""
    by_inspector = (Deed(ago - 3 * HOUR, "agree_to_police_closure", _agreed),) if level == "high" else ()
    return (
        Deed(ago, "record_return", _found),
        Deed(ago - HOUR, "hold_prevention_interview", _prevention_interview),
        Deed(ago - 50 * MINUTE, "tell_authority_of_return", _authority_told),
        Deed(ago - 90 * MINUTE, "tell_partners_of_return", _partners_told),
        Deed(ago - 2 * HOUR, "close_police_enquiry", _police_closed),
        *by_inspector,
        Deed(ago - 5 * HOUR, "offer_return_interview", _offered),
    )


def _written_up(at: datetime) -> Answers:
    return {
        "reasons": ["family_conflict"],
        "exploitation_screen": ["none"],
        "disclosure": "no",
        "safe_now": "yes",
        "would_go_again": "maybe",
        "risk_change": "same",
        "actions": [{"what": "A family worker calls within the week.", "who": "Family support"}],
        "story": "There was an argument about school; it is settled for now.",
        "child_told_of_sharing": "yes",
        "interview_ended_at": at,
    }


def _received(_at: datetime) -> Answers:
    return {"usable": "yes", "for_the_plan": "yes", "note": "The friend's address was added."}


def _closed(_at: datetime) -> Answers:
    return {"nothing_critical_open": True, "actions_handed_over": "To the family worker", "trigger_plan_checked": "yes"}


def whole_case(ago: timedelta, name: str, age: int, level: str, *said_yes: str) -> Story:
    """One whole case that was opened so long ago, five days or more: from the report to the close, in the order in which tasks open."""
    return Story(
        ago,
        child(name[:-6], "A children's playground", "Has never done this before"),
        (
            *graded(ago - 6 * MINUTE, name, age, level, *said_yes),
            *_returned(ago - 4 * HOUR, level),
            Deed(ago - 40 * HOUR, "hold_return_interview", _interview_held),
            Deed(ago - 50 * HOUR, "write_up_return_interview", _written_up),
            Deed(ago - 60 * HOUR, "receive_return_interview", _received),
            Deed(ago - 80 * HOUR, "close_case", _closed),
        ),
    )


STORIES = (
    Story(4 * MINUTE, child("Alex E", "The skate park in Example Street", "Very young, and not answering the phone")),
    Story(
        25 * MINUTE,
        child("Billie E", "The bus station", "Left after an argument, upset"),
        graded(18 * MINUTE, "Billie Example", 14, "medium", "out_of_character")[:6],
    ),
    Story(
        76 * HOUR,
        child("Casey E", "The school gate", "Did not come home from school"),
        graded(76 * HOUR - 6 * MINUTE, "Casey Example", 13, "high", "exploitation", "previous_harm")
        + _returned(70 * HOUR, "high"),
    ),
    Story(
        40 * HOUR,
        child("Devon E", "A children's playground", "Has never done this before"),
        (
            *graded(40 * HOUR - 6 * MINUTE, "Devon Example", 12, "medium", "out_of_character"),
            *_returned(36 * HOUR),
            Deed(3 * HOUR, "hold_return_interview", _interview_held),
        ),
    ),
)
"""Just opened; grade to be endorsed; return interview due within two hours; return interview to be written up."""
