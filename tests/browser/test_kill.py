"""The demonstration is killed between requests and started again on the same data: nothing is lost, clocks ring once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from engine.store import connect
from tests.browser import quill
from tests.browser.conftest import Visit
from tests.browser.demo_process import DemoProcess
from tests.browser.visits import Visitor, reference_of
from web.clock import DemoClock

pytestmark = pytest.mark.browser

A_TICK = 6_000
"""Milliseconds in which the worker ticks at least once."""


@pytest.fixture
def process(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[DemoProcess]:
    """A demonstration of this test alone."""
    started = DemoProcess(tmp_path_factory.mktemp("kill") / "demo")
    started.start()
    yield started
    started.stop()
    assert started.faults() == []


def pass_time(process: DemoProcess, span: timedelta) -> None:
    """Let time pass while nothing runs."""
    engine = connect(f"sqlite:///{process.folder / 'homeward.sqlite3'}")
    DemoClock(engine).move_by(span)
    engine.dispose()


def rung(person: Visitor, case_id: str) -> list[str]:
    """Read which clocks have rung in a case."""
    person.page.goto(f"/cases/{case_id}")
    return [words for words in person.page.locator(".moj-timeline__title").all_inner_texts() if " clock (" in words]


def type_directions(typist: Visitor, case_id: str) -> None:
    """Begin a task, and go no further than the first words, which are kept by themselves."""
    typist.page.goto("/tasks")
    line = typist.page.get_by_role("listitem").filter(has_text=case_id)
    line.get_by_role("link", name="Acknowledge handover").click()
    typist.page.fill("#first_directions", "Search the boat house")
    expect(typist.page.locator("#hw-typed")).to_contain_text("Kept at")


def test_a_kill_loses_nothing_and_clocks_that_fell_due_ring_once(process: DemoProcess, visit: Visit) -> None:
    caller = visit("call_taker", javascript=False, url=process.url)
    caller.page.goto("/cases/open")
    caller.answer(quill.FOUR_FACTS)
    caller.press("Open the case")
    case_id = reference_of(caller.page)
    officer = visit("response_officer", javascript=False, url=process.url)
    caller.answer(quill.report(officer.now()))
    typist = visit("duty_inspector", url=process.url, fresh=True)
    type_directions(typist, case_id)
    process.kill()
    process.start()
    typist.page.reload()
    expect(typist.page.locator("#first_directions")).to_have_value("Search the boat house")
    typist.page.goto("about:blank")
    caller.press("Complete")  # the page from before the kill, in the session from before the kill
    expect(caller.page.locator("h1")).to_have_text("Match the child")
    inspector = visit("duty_inspector", javascript=False, url=process.url, fresh=True)
    inspector.page.goto(f"/cases/{case_id}")
    assert "Done: Complete missing report" in inspector.text

    before = rung(inspector, case_id)
    process.kill()
    pass_time(process, timedelta(minutes=25))
    process.start()
    inspector.page.wait_for_timeout(A_TICK)
    after = rung(inspector, case_id)
    fresh = after[: len(after) - len(before)]
    assert fresh
    assert len(set(fresh)) == len(fresh), "a clock that fell due while nothing ran rings once"
    process.kill()
    process.start()
    inspector.page.wait_for_timeout(A_TICK)
    assert rung(inspector, case_id) == after
    for person in (caller, inspector, officer, typist):
        forgive_what_the_kill_cut_off(person)


def forgive_what_the_kill_cut_off(person: Visitor) -> None:
    """A picture that was on its way when the process was killed is no fault of the site."""
    kept = [fault for fault in person.guard.faults if not fault.startswith("net::ERR_")]
    person.guard.faults[:] = kept
