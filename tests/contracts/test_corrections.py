"""What may be put right, and what a correction may not do to a case."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from engine.errors import FactNotFound, ReasonMissing, TaskNotFound
from tests.contracts.sample import FILES, NOW, WORKER
from tests.drawn import form, procedure


@pytest.fixture
def cases(engine: sa.Engine) -> Cases:
    made = Cases(engine)
    made.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    return made


@pytest.mark.parametrize(
    ("record", "key", "field"),
    [("nonsense", "", "text"), ("answer", "7", "text"), ("answer", "", "nonsense"), ("case", "", "reference")],
)
def test_only_what_the_procedure_asks_can_be_put_right(cases: Cases, record: str, key: str, field: str) -> None:
    """A second key would make a record that occurs once a list, and every clock that rests on it would stop."""
    case_id = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="k").case_id
    with pytest.raises(FactNotFound):
        cases.correct(case_id, record, key, {field: "x"}, by=WORKER, now=NOW, key="c", reason="it was wrong")


def test_a_correction_says_why(cases: Cases) -> None:
    case_id = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="k").case_id
    with pytest.raises(ReasonMissing):
        cases.correct(case_id, "answer", "", {"text": "x"}, by=WORKER, now=NOW, key="c", reason=" ")


def test_a_correction_after_the_end_does_not_close_the_case_again(engine: sa.Engine) -> None:
    files = procedure(
        "short",
        """
        begun: start form=opening
        ask: user form=answer
        done: end
        begun > ask
        ask > done
        """,
        form("opening", "name"),
        form("answer", "text"),
    )
    cases = Cases(engine)
    cases.publish(files, by="ann", now=NOW)
    opened = cases.open("short", {"name": "Robin"}, by=WORKER, now=NOW, key="k")
    cases.complete(opened.tasks[0], {"text": "x"}, by=WORKER, now=NOW, key="c")
    cases.correct(opened.case_id, "answer", "", {"text": "y"}, by=WORKER, now=NOW, key="d", reason="it was wrong")
    view = cases.case(opened.case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert [event.kind for event in view.timeline].count("case_closed") == 1
    assert view.facts["answer"][""]["text"] == "y"


def test_a_correction_that_changes_nothing_is_a_command_all_the_same(cases: Cases) -> None:
    """It is in the log, and sent once more after another correction it does not undo that one."""
    case_id = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="k").case_id

    def correct(value: str, key: str) -> bool:
        done = cases.correct(case_id, "opening", "", {"name": value}, by=WORKER, now=NOW, key=key, reason="misheard")
        return done.repeated

    assert [correct("Robin", "c"), correct("Robyn", "d"), correct("Robin", "c")] == [False, False, True]
    view = cases.case(case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert view.facts["opening"][""]["name"] == "Robyn"
    assert [event.kind for event in view.timeline][-2:] == ["nothing_corrected", "facts_corrected"]


@pytest.mark.parametrize(
    "task_id", ["C-\u0661.1", "\ud800.1", "C-1.\u0661", "C-1.+1", "C-1.1e3", "C-\x001.1", ".1", "C-1.", "x" * 5000]
)
def test_a_task_id_of_an_odd_form_is_no_task(cases: Cases, task_id: str) -> None:
    with pytest.raises(TaskNotFound):
        cases.task(task_id, by=WORKER, now=NOW)
    with pytest.raises(TaskNotFound):
        cases.complete(task_id, {}, by=WORKER, now=NOW, key="k")
