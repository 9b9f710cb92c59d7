"""A missing child's case from the report to its close, played on the pages as the people concerned, without JavaScript."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.browser import quill
from tests.browser.conftest import Visit
from tests.browser.demo_process import DemoProcess
from tests.browser.play import OWN_PASSWORD, Play, add_person, mails_about, move_clock, read_mail
from tests.browser.visits import reference_of

pytestmark = pytest.mark.browser

SEARCH = {
    ("Record the child's return", "Response officer"),
    ("Raise an action", "Locate team sergeant"),
    ("Review the case", "Locate team sergeant"),
    ("Review as inspector", "Duty inspector"),
    ("Record attendance", "Call taker"),
    ("Circulate who is missing", "Locate team sergeant"),
}
"""What is open as long as a child is missing."""

SENIOR = ("Review as chief inspector", "Chief inspector for missing")

GRADED = SEARCH | {
    ("Propose a lower grade", "Locate team sergeant"),
    ("Decide on a rescue alert", "Duty inspector"),
    ("Acknowledge the high grade", "Multi-agency safeguarding hub"),
    ("Tell the school", "Missing from home co-ordinator"),
    ("Tell the missing persons unit", "Missing from home co-ordinator"),
    ("Tell parents and placement", "Social worker"),
    ("Tell the reviewing officer", "Social worker"),
    ("Update the police", "Social worker"),
    ("Convene the meeting", "Missing from home co-ordinator"),
    SENIOR,
}
"""What is open from the first grade on: high, of a child in care who was matched, with a sign of exploitation."""

ACTING_UP = "acting_sergeant"


@pytest.fixture
def play(visit: Visit) -> Play:
    return Play(visit)


@pytest.fixture
def acting_sergeant(demo: DemoProcess) -> str:
    """One person who grades and endorses, added as an administrator would add her."""
    add_person(demo, ACTING_UP, "call_taker", "control_room_supervisor")
    return ACTING_UP


def test_a_case_runs_from_the_report_to_the_close(play: Play, visit: Visit, acting_sergeant: str, build: Path) -> None:
    play.people[acting_sergeant] = visit(acting_sergeant, javascript=False, password=OWN_PASSWORD)
    open_with_four_facts(play)
    grade_the_risk(play, acting_sergeant)
    return_and_prevention_interview(play)
    meet(play)
    offer_and_let_the_clock_run_out(play)
    hold_late_write_up_and_receive(play)
    close_the_case(play)
    tell_effort(play, build)
    assert [fault for person in play.people.values() for fault in person.wrong] == []


def open_with_four_facts(play: Play) -> None:
    caller = play("call_taker")
    caller.click(caller.page.get_by_role("button", name="Open a case"))
    caller.examine("open a case")
    play.send(caller, quill.FOUR_FACTS)
    play.case_id = reference_of(caller.page)
    assert caller.heading == "Complete missing report"
    assert play.open_tasks() == SEARCH | {
        ("Acknowledge handover", "Duty inspector"),
        ("Acknowledge the notice", "Multi-agency safeguarding hub"),
        ("Complete missing report", "Call taker"),
    }
    caller.examine("complete missing report")
    caller.answer(quill.report(play("mfh_coordinator").now()))
    play.send(caller, {})
    assert caller.heading == "Match the child"
    play.send(caller, quill.MATCH)
    assert caller.heading == "Ask the risk questions"
    play.do("csc_mash", "Acknowledge the notice", quill.NOTICE)


def grade_the_risk(play: Play, acting_sergeant: str) -> None:
    caller = play("call_taker")
    caller.examine("ask the risk questions")
    play.send(caller, quill.RISK_QUESTIONS)
    assert caller.heading == "Decide risk grade"
    assert ("Decide risk grade", "Call taker") in play.open_tasks()
    decider = play(acting_sergeant)
    decider.take(play.case_id, "Decide risk grade")
    assert "Lowest allowed grade High" in decider.text
    assert "Sexual exploitation, trafficking or sex work known or suspected" in decider.text
    assert "Is the child in contact with strangers online" in decider.text, (
        "what is not known yet is a question, not a key"
    )
    play.send(decider, quill.grade(play("mfh_coordinator").now()))
    assert decider.heading == "Your tasks", "the endorsement is for somebody else"
    assert ("Endorse as inspector", "Duty inspector") in play.open_tasks(), "a high grade is endorsed by an inspector"
    inspector = play("duty_inspector")
    inspector.take(play.case_id, "Endorse as inspector")
    assert "Somebody has been waiting for Quill" in inspector.text
    play.send(inspector, quill.ENDORSEMENT)
    unit = ("Decide on exploitation", "Public protection and exploitation unit")
    play.wait_for(
        ("Tell the missing persons unit", "Missing from home co-ordinator")
    )  # a clock opens it at a high grade, and the review
    play.wait_for(SENIOR)
    assert play.open_tasks() == GRADED | {("Acknowledge handover", "Duty inspector"), unit}
    play.do("duty_inspector", "Acknowledge handover", quill.HANDOVER)
    play.do("ppu_cse_unit", unit[0], quill.SIGN)
    assert play.open_tasks() == GRADED
    assert play.row("Risk grade") == "High (lowest allowed: high)"


def return_and_prevention_interview(play: Play) -> None:
    now = play("mfh_coordinator").now()
    officer = play.do("response_officer", "Record the child's return", quill.found(now))
    assert officer.heading == "Hold prevention interview"
    assert play.open_tasks() == {
        ("Convene the meeting", "Missing from home co-ordinator"),
        ("Hold prevention interview", "Response officer"),
        ("Offer the interview", "Return interview worker"),
        ("Tell the authority", "Missing from home co-ordinator"),
        ("Tell the others", "Missing from home co-ordinator"),
    }
    officer.examine("hold prevention interview")
    play.send(officer, quill.prevention_interview(play("mfh_coordinator").now()))
    now = play("mfh_coordinator").now()
    play.do("mfh_coordinator", "Tell the authority", quill.authority_told(now))
    assert ("Close police enquiry", "Locate team sergeant") not in play.open_tasks()
    play.do("mfh_coordinator", "Tell the others", quill.PARTNERS_TOLD)
    assert ("Close police enquiry", "Locate team sergeant") in play.open_tasks()


def meet(play: Play) -> None:
    """Sexual exploitation is suspected: the agencies meet, and the case waits for their minutes."""
    reader = play("mfh_coordinator")
    play.do("mfh_coordinator", "Convene the meeting", quill.meeting_notice(reader.now()))
    play.do("csc_team_manager", "Hold the meeting", quill.meeting(reader.now()))
    play.do("csc_team_manager", "Issue the minutes", quill.minutes(reader.now()))


def offer_and_let_the_clock_run_out(play: Play) -> None:
    reader = play("mfh_coordinator")
    play.do("rhi_worker", "Offer the interview", quill.offer(reader.now()))
    play.do("locate_sergeant", "Close police enquiry", quill.POLICE_CLOSURE)
    play.do("duty_inspector", "Agree to the police closure", quill.CLOSURE_AGREED)
    assert play.open_tasks() == {("Hold the interview", "Return interview worker")}
    assert play.row("Status") == "Return interview to be held"
    assert (play.row("Accepted")[:7], play.row("Held"), play.row("Held in time")) == ("Yes, on", "Not yet", "Not yet")
    move_clock(reader, "Forward 24 hours")
    reminder = gathered_for(play, "rhi_worker@")
    assert "hold the return interview (reminder 1)" in reminder
    move_clock(reader, "Forward 72 hours")
    escalation = gathered_for(play, "cmo@")
    assert "hold the return interview" in escalation
    follow_the_link(play, escalation)
    assert "Overdue" in play.read_case().text
    no_mail_tells_of_the_child(play)


def gathered_for(play: Play, to: str) -> str:
    """Read what is said of the case in the mail that brings together the reminders of an hour; the first of them left alone."""
    reader = play("mfh_coordinator")
    move_clock(reader, "Forward 1 hour")
    mail = read_mail(reader, "messages about cases", to)
    said = mail.partition(f"{play.case_id}: hold")[2]
    return f"hold{said}"


def follow_the_link(play: Play, mail: str) -> None:
    """The link of the mail asks for a sign-in, and leads to the case."""
    links = re.findall(r"http://\S+", mail)
    assert links
    reader = play.visit("cmo", javascript=False)
    reader.page.goto(links[0])
    assert reference_of(reader.page) == play.case_id


def no_mail_tells_of_the_child(play: Play) -> None:
    """Every mail about the case is read through, subject and words."""
    page = play("mfh_coordinator").page
    addresses = mails_about(page, play.case_id)
    assert len(addresses) >= 4
    for address in addresses:
        page.goto(address)
        words = page.locator("main").inner_text()
        assert play.case_id in words
        assert [word for word in quill.CHILD if word.casefold() in words.casefold()] == []


def hold_late_write_up_and_receive(play: Play) -> None:
    reader = play("mfh_coordinator")
    worker = play.do("rhi_worker", "Hold the interview", quill.interview(reader.now()))
    play.read_case()
    assert (play.row("Held")[:7], play.row("Held in time")) == ("Yes, on", "No")
    assert worker.heading == "Write up the interview"
    worker.examine("write up the interview")
    play.send(worker, quill.WRITE_UP)
    assert play.open_tasks() == {("Receive the outcome", "Missing from home co-ordinator")}
    play.do("mfh_coordinator", "Receive the outcome", quill.RECEIPT)


def close_the_case(play: Play) -> None:
    assert play.open_tasks() == {("Close the case", "Missing from home co-ordinator")}
    assert not play.row("Status").startswith("Closed")
    play.do("mfh_coordinator", "Close the case", quill.CLOSURE)
    assert play.open_tasks() == set()
    assert play.row("Status").startswith("Closed on")
    play("mfh_coordinator").examine("closed case")
    told = play.timeline()
    assert told.index("Done: Close police enquiry") < told.index("Done: Close the case")


def tell_effort(play: Play, build: Path) -> None:
    """Print what each person had to do by hand, and leave it in build/clicks.json."""
    rows = {name: asdict(person.effort) for name, person in sorted(play.people.items()) if person.effort.clicks}
    (build / "clicks.json").write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    lines = [f"\n{'':<26}{'clicks':>8}{'typed':>8}{'pages':>8}"]
    lines += [f"{name:<26}" + "".join(f"{count:>8}" for count in effort.values()) for name, effort in rows.items()]
    sys.stdout.write("\n".join(lines) + "\n")
