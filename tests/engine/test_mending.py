"""Steps that fail say where; a failing operation is left out, a token is moved; straight and restored before every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import CannotMend
from engine.faults import RunawayLoop, StepFailed
from engine.feel import BudgetExceeded
from engine.model import Actor, Found, Move, Skip
from tests.drawn import form, procedure
from tests.driving import Drive, both, both_of

OPERATOR = Actor("operator")
OPENING, ANSWER = form("opening", "why"), form("answer", "text")
CALLS = procedure(
    "calls",
    """
    begun: start form=opening
    ask: user form=answer
    look_up: service does=look_up record=found
    look: user form=answer record=looked
    done: end
    begun > ask
    ask > look_up
    look_up > look
    look > done
    """,
    OPENING,
    ANSWER,
)
MOVES = procedure(
    "moves",
    """
    begun: start form=opening
    outer: inside
        in_begun: start
        ask: user form=answer
        in_done: end
        in_begun > ask
        ask > in_done
    late: boundary on=outer duration=PT1H
    look: user form=answer record=looked
    soon: boundary on=look duration=PT2H
    done: end
    begun > outer
    outer > look
    late > done
    look > done
    soon > done
    """,
    OPENING,
    ANSWER,
)
CONDITION = procedure(
    "condition",
    """
    begun: start form=opening
    ask: user form=answer
    turn: exclusive
    wait: catch when={=answer.text = "go"}
    again: exclusive
    done: end
    begun > ask
    ask > turn
    turn > wait
    wait > again
    again > turn : =answer.text = "go"
    again > done default
    """,
    OPENING,
    ANSWER,
)
COSTLY = procedure(
    "costly",
    """
    begun: start form=opening
    ask: user form=answer
    costs: exclusive
    done: end
    other: end
    begun > ask
    ask > costs
    costs > done : =count(for a in 1..1000, b in 1..1000 return a) > 1 and answer.text = "x"
    costs > other default
    """,
    OPENING,
    ANSWER,
)


class Calling(Drive):
    """A drive whose operation fails."""

    knows = frozenset({"look_up"})

    def operations(self, name: str, scope: Mapping[str, Any]) -> Found:
        """Fail, with a value in the text of the fault."""
        raise KeyError(f"{name}: Robin of {sorted(scope)}")


def test_a_failing_operation_is_named_and_can_be_left_out() -> None:
    def play(drive: Calling) -> None:
        drive.open(why="x")
        with pytest.raises(StepFailed) as failed:
            Calling(CALLS, restored=False).open(why="x").do("ask", text="y")
        assert failed.value.element == "look_up"
        drive.step(Skip("look_up", OPERATOR, "the register is down"))
        drive.do("ask", text="y")
        assert drive.open_elements() == ["look"]
        assert [event.data["reason"] for event in drive.kinds("operation_skipped")] == ["the register is down"]
        drive.do("look", text="z")
        assert drive.closed

    both_of(Calling, CALLS, play)


def test_only_an_operation_is_left_out() -> None:
    with pytest.raises(CannotMend, match="not an operation"):
        Calling(CALLS, restored=False).open(why="x").step(Skip("ask", OPERATOR, "why"))


def test_a_token_is_moved_out_of_an_activity_with_all_that_runs_in_it_and_back() -> None:
    def play(drive: Drive) -> None:
        drive.open(why="x")
        drive.step(Move("outer", "look", OPERATOR, "it is done on paper"))
        assert drive.open_elements() == ["look"]
        assert len(drive.kinds("task_cancelled")) == 1
        drive.step(Move("look", "outer", OPERATOR, "it was not"))
        assert drive.open_elements() == ["ask"]
        drive.do("ask", text="y")
        assert drive.open_elements() == ["look"]
        drive.wait(hours=3)
        assert drive.closed

    straight, _restored = both(MOVES, play)
    assert [event.data["to"] for event in straight.kinds("token_moved")] == ["look", "outer"]


def test_a_token_that_waits_for_what_comes_first_is_moved_as_one() -> None:
    text = """
    begun: start form=opening
    first_of: race
    hear: receive message=told key=case.reference
    late: catch duration=PT1H
    look: user form=answer
    done: end
    care: handler
        called: start quiet message=called key=case.reference
        answer_call: user form=answer record=called_back
        answered: end
        called > answer_call
        answer_call > answered
    begun > first_of
    first_of > hear
    first_of > late
    hear > look
    late > look
    look > done
    """

    def play(drive: Drive) -> None:
        drive.open(why="x").step(Move("hear", "look", OPERATOR, "they rang"))
        assert drive.open_elements() == ["look"]
        assert drive.next_due_at is None
        drive.step(Move("look", "first_of", OPERATOR, "they did not")).tell("called", "T-1").wait(hours=2)
        assert drive.open_elements() == ["answer_call", "look"]
        drive.step(Move("answer_call", "answered", OPERATOR, "done on paper")).do("look")
        assert drive.closed

    both(procedure("first_of_two", text, OPENING, ANSWER), play)


@pytest.mark.parametrize(
    ("element", "to", "why"),
    [
        ("ask", "look", "same process"),
        ("outer", "late", "neither"),
        ("look", "outer", "0 tokens"),
        ("outer", "x", "same"),
    ],
)
def test_a_token_is_not_moved_to_where_it_would_be_lost(element: str, to: str, why: str) -> None:
    with pytest.raises(CannotMend, match=why):
        Drive(MOVES, restored=False).open(why="x").step(Move(element, to, OPERATOR, "why"))


def test_a_loop_through_a_condition_is_stopped() -> None:
    """Each condition that was met began the count of steps anew, so that this step held its transaction for ever."""
    with pytest.raises(StepFailed) as failed:
        Drive(CONDITION, restored=False).open(why="x").do("ask", text="go")
    assert isinstance(failed.value.__cause__, RunawayLoop)


def test_an_expression_over_its_budget_fails_the_step_and_names_what_it_looked_at() -> None:
    """It was a refusal, as if the person who sent the answers could put it right."""
    with pytest.raises(StepFailed) as failed:
        Drive(COSTLY, restored=False).open(why="x").do("ask", text="x")
    assert isinstance(failed.value.__cause__, BudgetExceeded)
    assert (failed.value.element, failed.value.facts) == ("costs", ("answer.text",))
