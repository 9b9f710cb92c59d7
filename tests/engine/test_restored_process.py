"""Each step in a process in which no case has run: what only worked because something was wired before, fails here.

The library connects the parts of a multi-instance and of a sub-process when they begin, so that a test in one process
passes on a specification that is already wired (spiffworkflow.md 11).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import pytest

from engine import values
from tests.drawn import form, procedure
from tests.driving import Drive
from tests.elsewhere import Elsewhere, one_step
from tests.procedures.casework import FILES, Casework
from tests.procedures.milestones import assessed, police_closed

D = TypeVar("D", bound=Drive)

SEVERAL = procedure(
    "actions",
    """
    begun: start form=opening
    again: exclusive
    plan: user form=action repeats=true
    planned: exclusive
    carry_out: inside each=action as=action
        carrying_begun: start
        act: user form=outcome
        late: boundary on=act duration=PT1H
        check: user form=check
        checked: end
        given_up: end
        carrying_begun > act
        act > check
        check > checked
        late > given_up
    enough: exclusive
    done: end
    begun > again
    again > plan
    plan > planned
    planned > again : =action[-1].last = null
    planned > carry_out default
    carry_out > enough
    enough > done : =count(check[ok = "yes"]) >= 2
    enough > again default
    """,
    form("opening", "why"),
    form("action", "what", "last"),
    form("outcome", "done"),
    form("check", "ok"),
)


class CaseworkElsewhere(Elsewhere, Casework):
    """Pages are read here, steps are taken elsewhere."""


def compare(straight: D, elsewhere: D, play: Callable[[D], object]) -> None:
    """Play a story in both ways and hold them against each other."""
    play(straight)
    play(elsewhere)
    assert straight.story() == elsewhere.story()
    assert values.dumps(straight.facts) == values.dumps(elsewhere.facts)
    assert straight.size == elsewhere.size


@pytest.fixture(scope="module")
def steps() -> Iterator[subprocess.Popen[str]]:
    with one_step() as running:
        yield running


def far_away(kind: type[Elsewhere], files: Mapping[str, str], folder: Path, steps: subprocess.Popen[str]) -> Elsewhere:
    """Give a case that lives in a folder."""
    case = kind(files, restored=True)
    case.folder, case.taken_by = folder, steps
    return case


def test_a_multi_instance_over_facts_is_visited_twice_in_processes_of_its_own(
    tmp_path: Path, steps: subprocess.Popen[str]
) -> None:
    def play(case: Drive) -> None:
        case.open(why="x").do("plan", what="look").do("plan", what="ask", last="yes")
        case.do("act", key="2", done="no").do("check", key="2", ok="no").do("act", key="1").do(
            "check", key="1", ok="yes"
        )
        case.do("plan", what="ring", last="yes").do("act", key="3")
        case.wait(hours=2).do("check", key="3", ok="yes")

    straight = Drive(SEVERAL, restored=False)
    compare(straight, far_away(Elsewhere, SEVERAL, tmp_path, steps), play)
    assert straight.closed
    assert len(straight.kinds("task_cancelled")) == 2


def test_a_missing_child_is_worked_on_in_processes_of_its_own(tmp_path: Path, steps: subprocess.Popen[str]) -> None:
    def play(case: Casework) -> None:
        case.report().fill("acknowledge_missing_notice").wait(minutes=6)
        assessed(case, weather="yes").fill("decide_risk_grade").fill("record_return", harm=["unknown"])
        case.fill("offer_return_interview").fill("hold_prevention_interview", outcome="not_possible")
        case.fill("endorse_risk_grade").fill("approve_prevention_exception").fill("acknowledge_handover")
        case.wait(hours=25).fill("hold_return_interview", outcome="no_answer").fill("hold_return_interview")
        police_closed(case.fill("write_up_return_interview")).fill("receive_return_interview")
        case.fill("close_case")

    straight = Casework(FILES, restored=False)
    compare(straight, far_away(CaseworkElsewhere, FILES, tmp_path, steps), play)  # type: ignore[arg-type]
    assert straight.closed
    assert len(straight.kinds("timer_fired")) > 3
