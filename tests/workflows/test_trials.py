"""What is shipped is played: its scenarios, and a stand-in for each operation; a run without end is stopped."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from engine import release, scenarios
from engine.errors import Invalid
from engine.rehearsal import CannotBePlayed, Rehearsal
from tests.drawn import form, procedure
from workflows import catalogue, invented, trials
from workflows.operations import ERRANDS, OPERATIONS

PROCEDURES = [
    name for name in catalogue.procedures() if any(file.endswith(".scenario") for file in catalogue.files(name))
]
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_the_scenarios_that_are_shipped_play_to_their_end(procedure: str) -> None:
    files = catalogue.files(procedure)
    covered = trials.covered(files)
    assert covered["scenarios"]
    assert [each["problem"] for each in covered["scenarios"] if each["problem"]] == []


def test_each_operation_has_a_stand_in_that_finds_something() -> None:
    assert invented.STAND_INS.keys() == OPERATIONS.keys() | ERRANDS


def test_what_does_not_fit_the_case_is_refused_in_words() -> None:
    tried = Rehearsal(release.load(release.pack(catalogue.files("cancellation"))[0]), BEGAN, invented.find)
    for command in (
        {"do": "complete", "task": "decide_cancellation"},
        {"do": "ring"},
        {"do": "wait", "hours": -1},
        {"do": "until", "at": "soon"},
        {"do": "until", "at": "9999-12-31T23:59:59-14:00"},
        {"do": "receive", "event": "nothing"},
        {"do": "erase"},
    ):
        with pytest.raises(CannotBePlayed):
            tried.take(command)


def test_a_part_in_which_a_message_is_waited_for_is_marked_as_where_the_case_stands() -> None:
    text = """
    begun: start form=opening
    part: inside
        in_part: start
        hear: receive message=told key=case.reference
        out: end
        in_part > hear
        hear > out
    done: end
    begun > part
    part > done
    """
    tried = Rehearsal(release.check(procedure("small", text, form("opening", "why"))), BEGAN, invented.find)
    tried.take({"do": "open", "answers": {"why": "x"}})
    assert (tried.marks()["small"]["current"], tried.marks()["small"]["waiting"]) == (["part"], ["hear"])


@pytest.mark.parametrize(
    ("began", "step"),
    [
        ("2026-03-02T09:00:00", {"do": "open"}),
        ("0001-01-01T00:00:00+14:00", {"do": "open"}),
        ("2026-03-02T09:00:00+00:00", {"do": "open", "answers": {"reason": 5}}),
    ],
)
def test_a_scenario_that_was_written_wrongly_by_hand_is_refused_in_words(began: str, step: object) -> None:
    text = json.dumps({"name": "By hand", "began": began, "steps": [step], "closes": False})
    with pytest.raises(Invalid):
        scenarios.read(text, "by_hand.scenario")
