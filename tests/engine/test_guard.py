"""Whatever a file makes of its reader, the one who asked gets an answer in time, and the next question too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.guard import Guard, Limits, TooMuchToRead


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    made = Guard("tests.greedy:answer", Limits(processor=1, wall=30, memory=512))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("time", "reading-time"),
        ("memory", "reading-memory"),
        ("depth", "reading-depth"),
        ("fault", "reading-fault"),
        ("death", "reading-time"),
    ],
)
def test_what_comes_to_a_limit_is_refused_and_the_next_question_is_answered(
    guard: Guard, question: str, rule: str
) -> None:
    with pytest.raises(TooMuchToRead) as refused:
        guard.ask(question, "hostile.bpmn")
    assert [(problem.where, problem.rule) for problem in refused.value.problems] == [("hostile.bpmn", rule)]
    assert guard.ask("fine", "fine.bpmn") == "fine"


def test_a_nursery_that_has_died_is_replaced(guard: Guard) -> None:
    assert guard.ask("one", "file") == "one"
    assert guard._nursery is not None
    guard._nursery.kill()
    guard._nursery.wait()
    assert guard.ask("two", "file") == "two"
