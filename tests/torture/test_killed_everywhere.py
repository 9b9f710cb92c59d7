"""SIGKILL before and after every statement and every commit of each command: it is fully there, or it never was."""

from __future__ import annotations

import signal

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from tests.torture import jobs, sample
from tests.torture.measure import LONG, say
from tests.torture.nursery import Nursery
from tests.torture.soundness import growth, picture, violations

COMMANDS = ("open", "complete", "correct", "fire", "expire", "deliver", "answer", "publish")
SHORT = ("complete", "deliver")
STRIDE = 5
"""The short part strikes some points only."""


def prepare(cases: Cases, what: str, key: str) -> str:
    """Bring a case to where a command can be carried out; give what the command is about."""
    if what in {"open", "publish"}:
        return ""
    done = cases.open("work", {"name": key}, by=sample.ANN, now=sample.NOW, key=f"{key} prepared")
    if what == "complete":
        return done.tasks[0]
    if what == "expire":
        cases.fire(done.case_id, now=sample.LATER)
    if what == "answer":
        while jobs.carry_out(cases, "deliver", "", ""):
            pass
        review = next(task for task in cases.inbox(sample.ANN.roles).rows if task.element == "review")
        cases.complete(review.id, {"text": key}, by=sample.ANN, now=sample.NOW, key=f"{key} reviewed")
    return done.case_id


def strike(cases: Cases, nursery: Nursery, what: str, point: int) -> bool:
    """Kill one command at one point and look at what is left; say whether there was such a point."""
    url, key = cases.engine.url.render_as_string(hide_password=False), f"{what} {point}"
    target, carried = prepare(cases, what, key), "deliver" if what == "answer" else what
    before = picture(cases.engine)
    code = nursery.run("command", url=url, what=carried, target=target, key=key, point=point)
    assert code in {0, -signal.SIGKILL}
    after = picture(cases.engine)
    assert violations(cases) == []
    jobs.carry_out(cases, carried, target, key)
    again = picture(cases.engine)
    assert again != before, f"{key}: the retry did nothing"
    assert after in (before, again), f"{key}: half of it was there: {growth(before, after)} of {growth(before, again)}"
    jobs.carry_out(cases, carried, target, key)
    assert picture(cases.engine) == again, f"{key}: it was done twice"
    assert violations(cases) == []
    return code != 0


@pytest.mark.parametrize("what", COMMANDS if LONG else SHORT)
def test_a_command_that_is_killed_is_fully_there_or_never_was(engine: sa.Engine, what: str) -> None:
    cases = sample.published(engine)
    with Nursery() as nursery:
        point = 1 if LONG else 2
        while strike(cases, nursery, what, point):
            point += 1 if LONG else STRIDE
    say(
        f"{what} on {engine.dialect.name}: killed at {'every' if LONG else 'some'} point up to {point}, nothing half done"
    )
    assert point > 6
