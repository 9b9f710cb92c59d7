"""A child in care for whom several agencies have something to do, and a second person for some roles: so that both can be tried.

The social worker has tasks, health has sat in the meeting and is asked in a comment, the school has a notice with its code; a second
sergeant and a second social worker can take over and stand in, and a council has an administrator of its own.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.store import reading, writing
from web.demo_cases import HOUR, MINUTE, Answers, Deed, Story, child, graded
from web.demo_people import ORGANISATIONS
from web.services import Services
from workflows import comments, notice_kinds, notices, people
from workflows.administration import ADMINISTRATOR
from workflows.comments import Written
from workflows.episodes import EpisodeRow
from workflows.notices import Wanted
from workflows.people import Membership

SECONDS = (
    ("second_sergeant", "Morwen Example", "locate_sergeant", "police"),
    ("second_social_worker", "Silas Example", "csc_social_worker", "local_authority"),
    ("council_administrator", "Thea Example", ADMINISTRATOR, "local_authority"),
)
"""Sign-in name, name, role and kind of agency of each further person."""

OPENED_AGO = 26 * HOUR
CHILD = "Greer"
COORDINATOR, MANAGER, NURSE = "mfh_coordinator", "csc_team_manager", "health"
QUESTION = (
    "Can you ask whether she has been to the walk-in clinic since Sunday? We need to know before the minutes go out."
)


TO_SCHOOL = Wanted(
    person="Rosa Example",
    works_for=ORGANISATIONS["education"][1],
    mail="school_dsl@example-academy.example",
    ring="01632 960 118",
    basis="school_or_health",
    mobile="07700 900118",
    text_code=True,
)


def _in_care(_at: datetime) -> Answers:
    return {
        "looked_after": "yes",
        "legal_status": "s20",
        "out_of_area": "no",
        "placement_name": "Elm House",
        "placement_type": "childrens_home",
        "missing_from_type": "childrens_home",
    }


def _called(at: datetime) -> Answers:
    return {
        "called_for_at": at,
        "meets_at": at + 20 * HOUR,
        "kind": "missing_meeting",
        "invited": ["police", "csc", "health"],
    }


def _met(at: datetime) -> Answers:
    return {
        "outcome": "held",
        "held_at": at - HOUR,
        "chair": "Rosa Example",
        "attended": ["police", "csc", "health"],
        "child_view": "Has told the home that she wants to see her sister.",
        "risk_analysis": "An older friend has been seen near the home.",
        "decisions": ["disrupt"],
        "actions_decided": "no",
    }


STORIES = (
    Story(
        OPENED_AGO,
        child(f"{CHILD} E", "The tram stop by the home", "Left with somebody in a car"),
        (
            *graded(OPENED_AGO - 6 * MINUTE, f"{CHILD} Example", 15, "high", "exploitation", also=_in_care),
            Deed(OPENED_AGO - 3 * HOUR, "convene_meeting", _called),
            Deed(3 * HOUR, "hold_meeting", _met),
        ),
    ),
)
"""Missing since yesterday from a home, graded high, and a meeting was held."""


def add_seconds(engine: sa.Engine, now: datetime) -> None:
    """Add the further people, with the password of everybody in the demonstration."""
    with writing(engine) as connection:
        for sign_in, name, role, kind in SECONDS:
            place = ORGANISATIONS[kind][0]
            mail = f"{sign_in}@{place.replace('_', '-')}.example"
            held = [Membership(role, place)]
            people.add(connection, sign_in, name=name, mail=mail, password=None, memberships=held, now=now)
        person = people.PersonRow
        same = sa.select(person.password_hash).where(person.sign_in == COORDINATOR).scalar_subquery()
        further = [sign_in for sign_in, *_others in SECONDS]
        connection.execute(sa.update(person).where(person.sign_in.in_(further)).values(password_hash=same))


def ask(services: Services, now: datetime) -> None:
    """Ask health in a comment on the meeting, and tell the school by a notice whose code goes to its telephone."""
    row = EpisodeRow
    with reading(services.engine) as connection:
        asked = sa.select(row.case_id).where(row.child_name.startswith(CHILD))
        case_id = connection.execute(asked).scalars().one()
        manager, coordinator = (people.find(connection, name).actor for name in (MANAGER, COORDINATOR))
        nurse = people.find(connection, NURSE)
    base_url, key = services.settings.base_url, "demo partners"
    said = Written(QUESTION, "D10", task=None, mentions=(nurse.sign_in,), key=key)
    kind = notice_kinds.KINDS["school_notice"]
    shown = kind.classes(services.cases.release_of(case_id))
    with writing(services.engine) as connection:
        comments.add(connection, case_id, said, may={"D10"}, able=[nurse], by=manager, base_url=base_url, now=now)
        notices.send(
            connection, kind, case_id, TO_SCHOOL, by=coordinator, account="", base_url=base_url, now=now,
            key=key, classes=shown,
        )  # fmt: skip
