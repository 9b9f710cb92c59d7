"""What lies in the inbox of every role at each moment of a child's episode: what is theirs to do then, and nothing else."""

from __future__ import annotations

import random
from typing import Any

import sqlalchemy as sa

from engine.model import Actor
from engine.store import reading, writing
from notifications.outbox import OutboxRow
from tests.procedures.casework import posted
from tests.web.population import EVERYBODY, PAGES, Population
from tests.web.site import Site
from web import case_access
from workflows import access, people
from workflows.access import Standing
from workflows.agencies import ROLES, STANDS_IN
from workflows.people import Membership

Inboxes = dict[str, set[str]]

REPORTED: Inboxes = {
    "call_taker": {"Complete missing report", "Record attendance"},
    "response_officer": {"Record the child's return"},
    "locate_sergeant": {"Review the case", "Raise an action", "Circulate who is missing"},
    "duty_inspector": {"Acknowledge handover", "Review as inspector"},
    "csc_mash": {"Acknowledge the notice"},
    "edt": {"Acknowledge the notice"},
}
"""Four facts open a case: the search, the handover and the notice begin before anybody knows who the child is."""

KNOWN: Inboxes = REPORTED | {
    "call_taker": {"Ask the risk questions", "Record attendance"},
    "mfh_coordinator": {"Tell the school"},
    "csc_social_worker": {"Tell parents and placement", "Tell the reviewing officer", "Update the police"},
    "edt": {"Acknowledge the notice", "Tell parents and placement", "Tell the reviewing officer", "Update the police"},
}
"""A child in care and of school age: more people are told."""

GRADED: Inboxes = KNOWN | {
    "call_taker": {"Record attendance"},
    "locate_sergeant": {*REPORTED["locate_sergeant"], "Propose a lower grade"},
    "duty_inspector": {"Endorse as inspector", "Review as inspector", "Decide on a rescue alert"},
}
"""The handover was acknowledged, and an inspector looks at a grade that is high."""

ENDORSED: Inboxes = GRADED | {"duty_inspector": {"Review as inspector", "Decide on a rescue alert"}}

OVERSIGHT: Inboxes = {
    "chief_inspector_missing": {"Sign off the meeting", "Decide on the episode"},
    "audit_lead": {"Summarise the month"},
}

SENIORS: Inboxes = OVERSIGHT | {
    "chief_inspector_missing": {*OVERSIGHT["chief_inspector_missing"], "Review as chief inspector"},
    "superintendent": {"Review as superintendent"},
}
"""As long as the child is missing and the grade is high."""

NEXT_DAY: Inboxes = (
    ENDORSED
    | SENIORS
    | {
        "mfh_coordinator": {"Tell the school", "Tell the missing persons unit", "Convene the meeting"},
        "csc_team_manager": {"Answer for a long absence"},
    }
)
"""After 26 hours nothing has gone from an inbox by itself; a meeting is asked for, the daily one too, a month has begun."""

ALL_TOLD: Inboxes = SENIORS | {
    "mfh_coordinator": {"Convene the meeting"},
    "response_officer": {"Record the child's return", "Carry out the action"},
    "locate_sergeant": {"Review the case", "Raise an action", "Propose a lower grade"},
    "duty_inspector": {"Review as inspector", "Decide on a rescue alert"},
    "csc_social_worker": {"Update the police"},
    "csc_team_manager": {"Answer for a long absence"},
    "edt": {"Update the police"},
}
"""What was told is told; an update is asked of social care as long as the child is missing, and an action was raised."""

BACK: Inboxes = OVERSIGHT | {
    "response_officer": {"Hold prevention interview"},
    "mfh_coordinator": {
        "Tell the authority", "Clear the circulation", "Tell the school", "Tell the others", "Convene the meeting",
    },
    "rhi_worker": {"Offer the interview"},
}  # fmt: skip
"""The search has ended with all that it asked for, and nobody is asked to look for a child who is back."""

SEEN: Inboxes = OVERSIGHT | {
    "locate_sergeant": {"Close police enquiry"},
    "mfh_coordinator": {"Convene the meeting"},
    "rhi_worker": {"Offer the interview"},
}
HELD: Inboxes = OVERSIGHT | {
    "mfh_coordinator": {"Convene the meeting"},
    "chief_inspector_missing": {"Sign off the meeting"},
    "rhi_worker": {"Pass it on at once"},
}
"""What a child told of harm is passed on before anything is written up; a child who is back is on no list of the day."""

WRITTEN: Inboxes = HELD | {"mfh_coordinator": {"Convene the meeting", "Receive the outcome"}, "rhi_worker": set()}
REFERRED: Inboxes = {role: {"Decide on the referral"} for role in ("csc_mash", "edt")}
"""What the child told is a referral by itself, on which social care decides."""

RECEIVED: Inboxes = (
    HELD | REFERRED | {"mfh_coordinator": {"Convene the meeting", "Write the trigger plan"}, "rhi_worker": set()}
)
CONVENED: Inboxes = (
    HELD
    | REFERRED
    | {
        "mfh_coordinator": {"Write the trigger plan"},
        "rhi_worker": set(),
        "csc_team_manager": {"Hold the meeting"},
    }
)
MINUTES: Inboxes = CONVENED | {
    "csc_team_manager": {"Issue the minutes"},
    "chief_inspector_missing": {"Sign off the meeting"},
}
SETTLED: Inboxes = CONVENED | {
    "csc_team_manager": set(),
    "mfh_coordinator": {"Write the trigger plan", "Close the case"},
}
CLOSED: Inboxes = CONVENED | {"csc_team_manager": set()}
TOLD_SINCE: Inboxes = CLOSED | {"duty_inspector": {"Agree to the close"}}
"""The inspector agreed to the police's part before the child told of harm in the interview, and is asked again."""


def inboxes(site: Site) -> dict[str, set[str]]:
    """Read the inbox of every role that has anything in it, as its own page shows it."""
    found = {}
    for role in ROLES:
        page = site.browser(role).page("/tasks")
        lines = [line.get_text(strip=True) for line in page.select(".govuk-task-list__link")]
        assert len(lines) == len(set(lines)), f"{role} finds a task twice"
        assert bool(lines) != ("There is nothing for you to do at the moment." in page.text)
        if lines:
            found[role] = set(lines)
    return found


class Story:
    """One child's case, played by whoever the tasks are for; after each step the inboxes are read."""

    def __init__(self, site: Site) -> None:
        chance = random.Random(1)  # noqa: S311 - a story, not a secret
        self.site, self.people = site, Population(site.services, chance, site.clock.now)
        view, now = site.services.cases.opening("missing_child"), site.clock.now
        typed = {**PAGES["child_reported_missing"], "responsible_authority": "nottinghamshire_county"}
        answers = view.form.load(posted(view.form, typed, now), scope={}, now=now)
        who = Actor("call_taker", EVERYBODY, "police")
        self.case_id = site.services.cases.open("missing_child", answers, by=who, now=now, key="open").case_id

    def do(self, *elements: str, by: str = "", **changes: Any) -> None:
        for element in elements:
            self.people.do(self.case_id, element, self.site.clock.now, by, **changes)

    def wait(self, **span: float) -> None:
        self.site.clock.forward(**span)
        self.site.wall_clock.now = self.site.clock.now
        self.site.sweep()

    def finds(self, wanted: Inboxes) -> None:
        assert inboxes(self.site) == {role: tasks for role, tasks in wanted.items() if tasks}


def test_every_role_finds_its_tasks_at_the_time_and_nothing_else(site: Site) -> None:
    assert inboxes(site) == {}
    story = Story(site)
    story.finds(REPORTED)
    story.do("complete_missing_report")
    story.do("match_child", child="new")
    story.finds(KNOWN)
    story.do("acknowledge_handover", "assess_risk")
    story.do("decide_risk_grade", level="high", cra_considered="yes")
    story.finds(GRADED)
    story.do("endorse_as_inspector", by="somebody else")
    story.finds(ENDORSED)
    story.wait(hours=26)
    story.finds(NEXT_DAY)
    story.do("acknowledge_missing_notice", "record_attendance", "record_circulation", "tell_school", "tell_parents")
    story.do("tell_reviewing_officer", "update_police", "tell_missing_persons_unit", "raise_action")
    story.finds(ALL_TOLD)
    story.do("record_return", found_how="found_public", harm=["sexual_offence"])
    story.finds(BACK)
    story.do("hold_prevention_interview", "tell_authority_of_return", "tell_partners_of_return")
    story.do("tell_school_of_return", "clear_circulation")
    story.finds(SEEN)
    story.do("close_police_enquiry", "agree_to_police_closure", "offer_return_interview")
    story.wait(hours=24)
    story.do("hold_return_interview", disclosure="yes")
    story.finds(HELD)
    story.do("pass_disclosure", "write_up_return_interview")
    story.finds(WRITTEN)
    story.do("receive_return_interview")
    story.wait(minutes=5)
    story.finds(RECEIVED)
    story.do("convene_meeting")
    story.finds(CONVENED)
    story.do("hold_meeting")
    story.finds(MINUTES)
    story.do("issue_minutes")
    closes(story)


def closes(story: Story) -> None:
    story.finds(SETTLED)
    story.do("close_case")
    story.wait(minutes=5)
    story.finds(TOLD_SINCE)
    story.do("agree_to_close", by="somebody else")
    story.finds(CLOSED)


def test_everybody_who_works_on_the_search_may_raise_the_grade_at_once_and_the_hub_hears_of_it(site: Site) -> None:
    """Once a response officer who saw that a child was in danger had to find a sergeant to propose another grade (1.6)."""
    story = Story(site)
    story.do("complete_missing_report")
    story.do("match_child", child="new")
    story.do("acknowledge_handover", "acknowledge_missing_notice", "assess_risk")
    story.do("decide_risk_grade", level="medium")
    found = inboxes(site)
    may = {role for role, tasks in found.items() if "Raise the grade" in tasks}
    assert may == {role for role, others in STANDS_IN.items() if "search_team" in others} | {"search_team"}
    browser = site.browser("response_officer")
    line = next(each for each in browser.page("/tasks").select(".govuk-task-list__link") if "Raise" in each.text)
    sent = browser.send(str(line["href"]), {key: str(said) for key, said in PAGES["raise_grade"].items()})
    assert sent.status_code == 302, sent.text
    found = inboxes(site)
    assert not any("Raise the grade" in tasks for tasks in found.values()), "there is no higher grade"
    assert "Acknowledge the high grade" in found["csc_mash"]
    with reading(site.services.engine) as connection:
        mails = connection.execute(sa.select(OutboxRow.recipient, OutboxRow.subject)).all()
    told = {recipient for recipient, subject in mails if "raised" in subject}
    assert told == {"holders of control_room_supervisor,duty_inspector,locate_sergeant in nottinghamshire_county"}


def test_the_emergency_duty_team_does_what_social_care_does_and_reads_no_more_than_its_own(site: Site) -> None:
    """At three in the morning nobody of the hub is there (domain 5.1); the matrix of 5.2 stays as it is."""
    story, browser = Story(site), site.browser("edt")
    line = browser.page("/tasks").select_one(".govuk-task-list__link")
    assert line
    sent = browser.send(
        str(line["href"]), {key: str(said) for key, said in PAGES["acknowledge_missing_notice"].items()}
    )
    assert sent.status_code == 302, sent.text
    story.finds({**REPORTED, "csc_mash": set(), "edt": set()})
    with reading(site.services.engine) as connection:
        who = people.find(connection, "edt")
    assert who.actor.duties == {"edt", "csc_mash", "csc_social_worker"}
    now = site.clock.now
    assert case_access.readable(site.services.engine, who.actor, story.case_id, now=now) == access.readable(
        {"edt"}, standing=Standing.OPEN
    )


def test_the_emergency_duty_team_of_another_council_finds_nothing(site: Site) -> None:
    Story(site)
    with writing(site.services.engine) as connection:
        people.add_organisation(connection, "nottingham_city", "Example City Council", "local_authority")
        night = [Membership("edt", "nottingham_city")]
        people.add(
            connection, "city_night", name="Nia Example", mail="n@example.invalid", password=None, memberships=night,
            now=site.clock.now,
        )  # fmt: skip
    assert site.browser("city_night").page("/tasks").select(".govuk-task-list__link") == []
    assert site.browser("edt").page("/tasks").select(".govuk-task-list__link") != []
