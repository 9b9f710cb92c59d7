"""Words that are longer than the columns which keep them: refused at publish, or kept short, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine import release
from engine.cases import Cases
from engine.errors import ReleaseInvalid
from tests.contracts.sample import NOW, WORKER
from tests.drawn import form, procedure

FORMS = form("opening", "names", "word"), form("answer", "text")


def drawn(ask: str = "ask", extra: str = "", clock: str = "clock") -> dict[str, str]:
    text = f"""
    begun: start form=opening
    {ask}: user form=answer {extra}
    {clock}: boundary on={ask} quiet cycle={{=[{{at: case.opened_at + duration("PT1H"), step: "now", due: true}}]}}
    told: end
    done: end
    begun > {ask}
    {ask} > done
    {clock} > told
    """
    return procedure("long_words", text, *FORMS)


@pytest.mark.parametrize(
    ("files", "element"),
    [
        (drawn(ask="a" * 81), "a" * 81),
        (drawn(clock="c" * 41), "c" * 41),
        (drawn(extra="record=" + "r" * 81), "ask"),
        (drawn(extra="activity=" + "a" * 61), "ask"),
    ],
)
def test_a_word_that_its_column_cannot_keep_is_refused_at_publish(files: dict[str, str], element: str) -> None:
    """On PostgreSQL each step of the case would have failed."""
    with pytest.raises(ReleaseInvalid) as refused:
        release.check(files)
    assert (element, "word-too-long") in {(each.where, each.rule) for each in refused.value.problems}


def test_an_item_that_somebody_typed_at_length_has_a_short_key(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(drawn(extra="each={[opening.names, opening.word]} as=item"), by="ann", now=NOW)
    long = "a name that goes on and on " * 20
    opened = cases.open("long_words", {"names": long, "word": long + "!"}, by=WORKER, now=NOW, key="k")
    for number, task in enumerate(opened.tasks):
        cases.complete(task, {"text": "yes"}, by=WORKER, now=NOW, key=f"c{number}")
    view = cases.case(opened.case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert view.status == "closed"
    assert len(view.facts["answer"]) == 2


def test_a_word_for_what_happened_is_cut_where_an_answer_gives_a_long_one(engine: sa.Engine) -> None:
    cases = Cases(engine)
    cases.publish(drawn(extra="activity={=opening.word}"), by="ann", now=NOW)
    opened = cases.open("long_words", {"word": "w" * 500}, by=WORKER, now=NOW, key="k")
    cases.complete(opened.tasks[0], {"text": "yes"}, by=WORKER, now=NOW, key="c")
    view = cases.case(opened.case_id, classes=frozenset({"D2"}), by=WORKER, purpose="test", now=NOW)
    assert "w" * 60 in {event.activity for event in view.timeline}
