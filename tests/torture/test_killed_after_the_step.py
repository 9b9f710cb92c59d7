"""SIGKILL at every point of what is no step of a person: errands, incidents that are mended, mails that are held and let go."""

from __future__ import annotations

import signal

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from engine.store import MessageTable, writing
from tests.torture import after_the_step
from tests.torture.measure import LONG, say
from tests.torture.nursery import Nursery
from tests.torture.soundness import growth, picture, violations

COMMANDS = ("errand", "retry", "skip", "move", "hold", "resume")
SHORT = ("errand", "skip")
STRIDE = 7
"""The short part strikes some points only."""


def unclaimed(engine: sa.Engine, message: str) -> None:
    """Forget until when an errand is claimed: a claim is a commit of its own, and it passes by itself."""
    with writing(engine) as connection:
        connection.execute(sa.update(MessageTable).where(MessageTable.id == message).values(retry_at=None))


def strike(cases: Cases, nursery: Nursery, what: str, point: int) -> bool:
    """Kill one command at one point and look at what is left; say whether there was such a point."""
    url, key = cases.engine.url.render_as_string(hide_password=False), f"{what} {point}"
    target = after_the_step.prepare(cases, what, key)
    before = picture(cases.engine)
    code = nursery.run("command_after", url=url, what=what, target=target, key=key, point=point)
    assert code in {0, -signal.SIGKILL}
    assert violations(cases) == []
    if what == "errand":
        unclaimed(cases.engine, target)
    after = picture(cases.engine)
    after_the_step.carry_out(cases, what, target, key)
    if what == "errand":
        unclaimed(cases.engine, target)
    again = picture(cases.engine)
    assert again != before, f"{key}: the retry did nothing"
    assert after in (before, again), f"{key}: half of it was there: {growth(before, after)} of {growth(before, again)}"
    after_the_step.carry_out(cases, what, target, key)
    assert picture(cases.engine) == again, f"{key}: it was done twice"
    assert violations(cases) == []
    after_the_step.let_go(cases, what)
    return code != 0


@pytest.mark.parametrize("what", COMMANDS if LONG else SHORT)
def test_what_is_killed_beside_the_steps_is_fully_there_or_never_was(engine: sa.Engine, what: str) -> None:
    cases = after_the_step.published(engine)
    with Nursery() as nursery:
        point = 1 if LONG else 2
        while strike(cases, nursery, what, point):
            point += 1 if LONG else STRIDE
    say(
        f"{what} on {engine.dialect.name}: killed at {'every' if LONG else 'some'} point up to {point}, nothing half done"
    )
    assert point > 6


def test_what_a_dead_node_had_claimed_is_carried_out_by_another_once_the_claim_has_passed(engine: sa.Engine) -> None:
    cases, claimed = after_the_step.published(engine), 0
    with Nursery() as nursery:
        for point in range(1, 100, 1 if LONG else STRIDE):
            message = after_the_step.prepare(cases, "errand", str(point))
            url = engine.url.render_as_string(hide_password=False)
            code = nursery.run("command_after", url=url, what="errand", target=message, key="", point=point)
            early = after_the_step.carry_out(cases, "errand", message, "")
            late = after_the_step.carry_out(cases, "errand", message, "", now=after_the_step.AGAIN)
            claimed += bool(late)
            assert not (early and late)
            if not code:
                break
    assert claimed, "at these points the other node had to wait for the claim to pass"
    assert violations(cases) == []
