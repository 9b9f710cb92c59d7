"""The whole way of a known child in care who lives in another county, flagged, missing for 26 hours, the third time in 90 days."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import emery, quill
from tests.browser.conftest import Visit
from tests.browser.demo_process import DemoProcess
from tests.browser.play import OWN_PASSWORD, Play, add_person, move_clock, read_mail
from tests.browser.visits import reference_of, reload_until

pytestmark = pytest.mark.browser

ACTING = "acting_inspector"
UNIT = "ppu_cse_unit"
CARRY_OUT = ("Carry out the action", "Response officer")


@pytest.fixture
def play(visit: Visit, demo: DemoProcess) -> Play:
    """The people, and one who proposes and decides: she acts up as inspector."""
    add_person(demo, ACTING, "locate_sergeant", "duty_inspector")
    play = Play(visit)
    play.people[ACTING] = visit(ACTING, javascript=False, password=OWN_PASSWORD)
    return play


def test_a_third_episode_runs_from_what_was_known_to_the_close(play: Play) -> None:
    report_a_child_whom_we_know(play)
    see_flags_and_plan_before_the_grade(play)
    decide_on_the_flag(play)
    put_the_plan_to_work(play)
    leave_high_through_another_inspector(play)
    come_back_after_26_hours(play)
    agree_with_the_other_authority(play)
    hear_no_from_a_parent(play)
    meet(play)
    hear_the_child(play)
    bring_the_plans_up_to_date(play)
    close(play)
    read_it_all_on_the_child_page(play)
    assert [fault for person in play.people.values() for fault in person.wrong] == []


def report_a_child_whom_we_know(play: Play) -> None:
    caller = play("call_taker")
    caller.click(caller.page.get_by_role("button", name="Open a case"))
    play.send(caller, emery.FOUR_FACTS)
    play.case_id = reference_of(caller.page)
    play.send(caller, emery.report(play("mfh_coordinator").now()))
    assert caller.heading == "Match the child"
    caller.examine("match a known child")
    play.about = emery.choose_known_child(caller.page)
    play.send(caller, {})
    play.do("duty_inspector", "Acknowledge handover", quill.HANDOVER)
    play.do("csc_mash", "Acknowledge the notice", quill.NOTICE)


def see_flags_and_plan_before_the_grade(play: Play) -> None:
    """Whoever asks and grades reads the flag and the plan without opening anything."""
    caller = play("call_taker")
    caller.take(play.case_id, "Ask the risk questions")
    for sentence in (emery.FLAG, emery.PLAN, emery.RULE):
        assert sentence in caller.text
    play.send(caller, emery.RISK_QUESTIONS)
    assert caller.heading == "Decide risk grade"
    caller.examine("decide the grade of a known child")
    for sentence in (emery.FLAG, emery.PLAN, emery.RULE):
        assert sentence in caller.text
    play.send(caller, quill.grade(play("mfh_coordinator").now()))
    play.do("duty_inspector", "Endorse as inspector", quill.ENDORSEMENT)
    play.read_case()
    assert play.row("Risk grade").startswith("High")


def put_the_plan_to_work(play: Play) -> None:
    """The tasks of the plan become actions that people carry out."""
    play.do("locate_sergeant", "Acknowledge the plan", emery.PLAN_TAKEN_UP)
    assert play.lines(CARRY_OUT) == 2
    officer = play("response_officer")
    officer.take(play.case_id, CARRY_OUT[0])
    assert str(quill.SIGN["for_the_search"]) in officer.text, (
        "what public protection tells the search stands beside the action"
    )
    for _ in range(2):
        play.do("response_officer", CARRY_OUT[0], emery.RESULT)
    assert play.lines(CARRY_OUT) == 0
    now = play("mfh_coordinator").now()
    play.do("csc_social_worker", "Tell the reviewing officer", quill.told(now))
    move_clock(play("mfh_coordinator"), "Forward 1 hour")
    play.do("locate_sergeant", "Review the case", emery.REVIEW)
    play.do("duty_inspector", "Review as inspector", emery.REVIEW)
    assert play.timeline().count("Done: Review the case") == 1


def decide_on_the_flag(play: Play) -> None:
    """Public protection reads its mail about the flag, and says on one page what it makes of it."""
    unit = play(UNIT)
    unit.take(play.case_id, "Decide on exploitation")
    for sentence in (emery.FLAG, emery.PLAN):
        assert sentence in unit.text
    unit.examine("decide on a question that waits for your unit")
    assert unit.page.locator("[name=flag]").count() == 0, "which exploitation it is about stands there as text"
    play.send(unit, quill.SIGN)


def leave_high_through_another_inspector(play: Play) -> None:
    """The exploitation team is heard first, because there is a sign; who proposed it does not decide."""
    proposer = play.do(ACTING, "Propose a lower grade", emery.LOWER)
    assert proposer.heading == "Your tasks", "the decision is for somebody else"
    assert all(title != "Decide on a lower grade" for title, _role in play.open_tasks())
    play.do(UNIT, "Give the exploitation view", emery.VIEW)
    proposer.take(play.case_id, "Decide on a lower grade")
    assert "Somebody else must do this. You did “Propose a lower grade”" in proposer.text
    assert proposer.page.get_by_role("button", name="Complete").count() == 0
    play.read_case()
    assert play.row("Risk grade").startswith("High")
    inspector = play("duty_inspector")
    inspector.take(play.case_id, "Decide on a lower grade")
    assert str(emery.VIEW["why"]) in inspector.text
    play.send(inspector, emery.AGREED)
    play.read_case()
    assert play.row("Risk grade").startswith("Medium")


def come_back_after_26_hours(play: Play) -> None:
    """A day of a child in care tells the managers; the return tells those who were told of the absence."""
    reader = play("mfh_coordinator")
    move_clock(reader, "Forward 24 hours")
    answer = "answer for what is done for a child who is missing for a day or longer"
    read_mail(reader, f"{play.case_id}: {answer}", "csc_team_manager@")
    now = reader.now()
    officer = play.do("response_officer", "Record the child's return", quill.found(now))
    assert officer.heading == "Hold prevention interview"
    play.send(officer, quill.prevention_interview(now))
    read_mail(reader, f"{play.case_id}: a child who was missing is found", "csc_mash@")
    play.do("mfh_coordinator", "Tell the authority", quill.authority_told(now))
    play.do("mfh_coordinator", "Tell the others", quill.PARTNERS_TOLD)
    play.do("locate_sergeant", "Close police enquiry", quill.POLICE_CLOSURE)
    play.do("duty_inspector", "Agree to the police closure", quill.CLOSURE_AGREED)


def agree_with_the_other_authority(play: Play) -> None:
    now, officer = play("mfh_coordinator").now(), play("cmo")
    play.do("csc_social_worker", "Tell the host authority", quill.told(now))
    officer.take(play.case_id, "Agree who arranges it")
    officer.examine("agree with the authority of the area")
    play.send(officer, emery.agreement(now))


def hear_no_from_a_parent(play: Play) -> None:
    """A parent refuses; the offer to the child stays, and is tried again."""
    now = play("mfh_coordinator").now()
    worker = play.do("rhi_worker", "Offer the interview", quill.offer(now))
    assert worker.heading == "Hold the interview"
    play.send(worker, emery.refused_by_parent(now))
    assert ("Hold the interview", "Return interview worker") in play.open_tasks()
    assert (play.row("Accepted")[:7], play.row("Held"), play.row("Held in time")) == ("Yes, on", "Not yet", "Not yet")


def meet(play: Play) -> None:
    convener = play("mfh_coordinator")
    convener.take(play.case_id, "Convene the meeting")
    assert "Third episode in 90 days" in convener.text, "the page says which rule asked for the meeting"
    play.do("mfh_coordinator", "Convene the meeting", quill.meeting_notice(convener.now()))
    move_clock(convener, "Forward 1 hour")
    play.do("csc_team_manager", "Hold the meeting", quill.meeting(convener.now()))
    play.do("csc_team_manager", "Issue the minutes", quill.minutes(convener.now()))


def hear_the_child(play: Play) -> None:
    move_clock(play("mfh_coordinator"), "Forward 24 hours")
    now = play("mfh_coordinator").now()
    worker = play.do("rhi_worker", "Hold the interview", {**quill.interview(now), **emery.HARM})
    assert worker.heading == "Pass it on at once", "harm is passed on before anything is written up"
    worker.examine("pass on what the child told")
    play.send(worker, emery.passed_on(now))
    worker.take(play.case_id, "Write up the interview")
    play.send(worker, emery.WRITE_UP)
    play.do("mfh_coordinator", "Receive the outcome", quill.RECEIPT)
    play.read_case()
    assert (play.row("Held")[:7], play.row("Held in time")) == ("Yes, on", "Yes")


def case_about(play: Play, prefix: str) -> Play:
    """Find a case about the child on the child's page, to play on with the same people."""
    reader = play("mfh_coordinator")
    reader.page.goto(f"/children/{play.about}")
    link = reader.page.get_by_role("link", name=re.compile(rf"^{prefix}-"))
    reload_until(link)
    return Play(play.visit, link.first.inner_text(), play.people, play.about)


def bring_the_plans_up_to_date(play: Play) -> None:
    """The third report asked for both plans; the interview becomes the next version of one, the other gets its first action."""
    reader = play("mfh_coordinator")
    trigger, prevention = case_about(play, "TP"), case_about(play, "PP")
    trigger.do("mfh_coordinator", "Write the trigger plan", emery.FIRST_VERSION)
    update = ("Take the interview into the plan", "Missing from home co-ordinator")
    trigger.wait_for(update)
    reader.take(trigger.case_id, update[0])
    assert reader.page.input_value("[name=built_from]") == play.case_id
    trigger.do("mfh_coordinator", update[0], emery.NEW_VERSION)
    prevention.do("mfh_coordinator", "Name owner and aim", emery.OWNER)
    prevention.do("mfh_coordinator", "Add an action", emery.prevention_action(reader.now()))
    assert ("Record what came of it", "Missing from home co-ordinator") in prevention.open_tasks()


def close(play: Play) -> None:
    """All six facts of the interview stand on the case's page, each with its time, before and after the close.

    The inspector agreed to the police's part before the child told of harm, and so is asked again.
    """
    play.read_case()
    reload_until(play("mfh_coordinator").page.locator("dd", has_text="Yes, on").nth(4))
    play.do("mfh_coordinator", "Close the case", emery.CLOSURE)
    play.read_case()
    assert not play.row("Status").startswith("Closed on")
    play.do("duty_inspector", "Agree to the close", quill.CLOSURE_AGREED)
    play.read_case()
    for fact in ("Offered", "Accepted", "Held", "Content received by police", "Content in the trigger plan"):
        assert re.match(r"Yes, on \d+ \w+ \d{4} at ", play.row(fact)), fact
    assert play.row("Held in time") == "Yes"
    assert play.row("Status").startswith("Closed on")
    play("mfh_coordinator").examine("closed third episode")


def read_it_all_on_the_child_page(play: Play) -> None:
    reader = play("mfh_coordinator")
    reader.page.goto(f"/children/{play.about}")
    reader.page.get_by_text("All versions").click()
    for words in (emery.FLAG, str(emery.NEW_VERSION["summary"]), play.case_id, "OLD-2041", "OLD-2077"):
        assert words in reader.text, words
    versions = reader.page.locator("details").filter(has_text="All versions").locator("li")
    expect(versions.filter(has_text="from before this service")).to_have_count(1)
    expect(versions.filter(has_text="written in TP-")).to_have_count(2)
    assert play.row("Last interview taken in") == play.case_id
    row = reader.page.get_by_role("row", name=play.case_id)
    expect(row).to_contain_text("Closed on")
    reader.examine("child after the third episode")
