"""A condition or a deadline that comes to null where an answer is needed says why: in the program's log, and to operators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from engine import faults
from engine.faults import StepFailed
from engine.model import Actor, FactWrite, Found, Open, Operation, Value, no_operations
from engine.outcome import Outcome
from engine.release import pack
from engine.runner import begin
from tests.drawn import form, procedure
from tests.driving import publishable

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
SECRET = "Robin Example"


def finds(_name: str, _scope: Mapping[str, Value]) -> Found:
    """Find something."""
    return {"known": True}


def fails(_name: str, _scope: Mapping[str, Value]) -> Found:
    """Find nothing, and say so badly."""
    raise KeyError(SECRET)


def opened(condition: str, operation: Operation = finds) -> Outcome:
    """Open a case that chooses by the condition at once; without it an operation follows that fails."""
    text = f"""
        begun: start form=opening
        choose: exclusive
        much: end
        look_up: service does=look_up record=found
        little: end
        begun > choose
        choose > much : ={condition}
        choose > look_up default
        look_up > little
    """
    files = procedure("choosing", text, form("opening", "name"))
    return begun(files, operation)


def begun(files: Mapping[str, str], operation: Operation = no_operations) -> Outcome:
    """Open a case of these files."""
    command = Open((FactWrite("opening", "", "name", SECRET),), Actor("ada", frozenset({"worker"})))
    return begin(publishable(pack(files)[0], frozenset({"look_up"})), "C-1", {}, command, NOW, operation)


def test_a_condition_that_is_null_is_taken_as_no_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    outcome = opened("opening.name > 3")
    assert [event.element for event in outcome.events if event.kind == "element_passed"][-1] == "little"
    assert "C-1: at choose this gives null: opening.name > 3" in caplog.text
    assert "A string and a number cannot be compared." in caplog.text
    assert SECRET not in caplog.text


def test_what_is_merely_not_known_yet_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    outcome = opened("found.age >= 18")
    assert [event.element for event in outcome.events if event.kind == "element_passed"][-1] == "little"
    assert not caplog.records


def test_a_condition_that_is_false_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    opened('opening.name = "nobody"')
    assert not caplog.records


def test_a_step_that_fails_tells_operators_what_was_null_on_the_way(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StepFailed) as failed:
        opened("opening.name > 3", fails)
    said = faults.sentence(failed.value)
    assert said.startswith("The step failed (KeyError). Line 1, column ")
    assert said.endswith("A string and a number cannot be compared.")
    assert SECRET not in said
    assert len(caplog.records) == 1


def test_a_deadline_that_gives_nothing_says_why(caplog: pytest.LogCaptureFixture) -> None:
    text = """
        begun: start form=opening
        ask: user form=answer
        late: boundary on=ask quiet cycle={=opening.name + 1}
        begun > ask
        ask > done
        late > told
        done: end
        told: end
    """
    begun(procedure("waiting", text, form("opening", "name"), form("answer", "text")))
    assert "C-1: at late this gives null: opening.name + 1 Line 1, column " in caplog.text
    assert "A string and a number cannot be added." in caplog.text
    assert SECRET not in caplog.text
