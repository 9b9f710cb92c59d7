"""What the people of Emery's third episode type, page by page; her history comes from the sheets of the demonstration."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from playwright.sync_api import Page

from tests.browser import quill
from tests.browser.visits import Answers

NAME = "Emery Example"
FLAG = "Child sexual exploitation"
PLAN = "Meets an older man near Example Arcade."
RULE = "Do not ring the mother"

FOUR_FACTS: Answers = dict(quill.FOUR_FACTS) | {
    "child_name": NAME,
    "last_place": "The stop of bus 4",
    "why_worried": "Emery left with nobody knowing, for the third time",
}


def choose_known_child(page: Page) -> str:
    """Choose her, whom we know, on the page that matches the child, and give her id."""
    choice = page.get_by_label(re.compile(rf"{NAME}.*14 June 2011, \d+ earlier episodes"))
    choice.check()
    return choice.input_value()


def report(now: datetime) -> Answers:
    """Give the missing report: by the name that we know, and a child in care."""
    return dict(quill.report(now)) | {
        "reported_at": now,
        "child_full_name": NAME,
        "date_of_birth": date(2011, 6, 14),
        "sex": "female",
        "reporter_name": "Key worker Example",
        "reporter_relationship": "carer_foster",
        "previous_missing_known": "yes",
        "travel_abroad_likely": "not_known",
        "out_of_area": "yes",
        "host_authority": "Rutland",
    }


def agreement(now: datetime) -> Answers:
    """Give what two authorities agree on at the instant `now`."""
    return {
        "arranger": "host",
        "provider": "elsewhere",
        "host_told_at": now,
        "host_contact": "Perrin Example, duty manager in Rutland",
        "agreed": "The provider of Rutland goes tomorrow; the own council pays.",
    }


HARM: Answers = {"disclosure": "yes"}


def passed_on(now: datetime) -> Answers:
    """Give to whom the harm that she told of was passed on at the instant `now`."""
    return {
        "told": ["police", "csc"],
        "passed_at": now,
        "taken_by": "The control room and the duty social worker",
        "told_what": "An adult hurt her in the flat, and she is afraid of him.",
        "signs": ["none"],
        "about_worker": "no",
        "safe_now": "yes",
        "child_told": "yes",
    }


RISK_QUESTIONS: Answers = dict(quill.RISK_QUESTIONS) | {"source": "The key worker"}

PLAN_TAKEN_UP: Answers = {
    "tasks": ["plan_1", "plan_2"],
    "dismissed_reason": "The shop owner was asked last week and knew nothing.",
}
"""Where nothing is left from the last time, the reason is hidden, and the form leaves it out."""

RESULT: Answers = {"result_code": "information", "result": "She rang her aunt from a bus."}

REVIEW: Answers = {
    "grade_right": "yes",
    "new_information": "The aunt has heard from her.",
    "actions_set": "None are needed beyond those that run.",
    "overdue_explained": "Nothing",
    "meeting_wanted": "no",
}

LOWER: Answers = {
    "level": "medium",
    "rationale": "She is on her way to her aunt, who is known and trusted, and has told her when she will be there.",
    "new_information": "The aunt has spoken with her.",
    "la_view": "The social worker agrees and goes to the aunt.",
}

VIEW: Answers = {"view": "agrees", "why": "He was seen in another town this morning."}

AGREED: Answers = {"approved": "yes", "reason": "The aunt was rung back and is sure that it was Emery."}


def refused_by_parent(now: datetime) -> Answers:
    """Give the attempt to which a parent said no."""
    return {
        "outcome": "not_held",
        "reason": "parent_refused_under_capacity",
        "tried_at": now,
    }


WRITE_UP: Answers = dict(quill.WRITE_UP) | {
    "trigger_people": "A man called Jay, with a grey van",
    "trigger_places": "The lock behind Example Arcade",
    "story": "Jay waits at the lock and gives her things.",
    "actions": [{"what": "Speak about Jay.", "who": "Social worker and police"}],
}

NEW_VERSION: Answers = {
    "taken_in": "changed",
    "summary": "Meets a man called Jay at the lock behind Example Arcade.",
    "immediate_tasks": [{"task": "Look at the lock"}, {"task": "Ring the aunt"}],
    "contact_rules": RULE,
    "known_places": [{"place": "Example Arcade"}, {"place": "The lock"}],
    "known_people": [{"name": "Jay", "vehicle": "A grey van"}],
    "default_risk": "high",
    "default_risk_rationale": "She is groomed by a man whom she meets when missing.",
    "sensitivity": "usual",
    "distribution": ["social_care"],
}

FIRST_VERSION: Answers = {key: answer for key, answer in NEW_VERSION.items() if key != "taken_in"} | {
    "summary": "Meets an older man near Example Arcade.",
    "known_places": [{"place": "Example Arcade"}],
    "state": "in_force",
}

OWNER: Answers = {
    "owner": "Robin Example, social worker",
    "owner_agency": "social_care",
    "concern": "A man grooms her, and she does not feel at home where she lives.",
    "aim": "She sleeps where she lives every night and does not meet Jay.",
    "child_asked": "yes",
    "child_wants": "To see her aunt each weekend",
}


def prevention_action(now: datetime) -> Answers:
    """Give an action that lowers the risk of another episode."""
    return {
        "what": "Weekends with the aunt are agreed",
        "kind": "family",
        "agency": "social_care",
        "who": "Robin Example",
        "due_on": (now + timedelta(days=10)).date(),
        "another": "no",
    }


CLOSURE: Answers = {
    "nothing_critical_open": True,
    "actions_handed_over": "The prevention plan has them.",
    "trigger_plan_checked": "yes",
}
