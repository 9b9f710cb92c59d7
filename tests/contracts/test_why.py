"""Why a table decided as it did: kept with the step, told in sentences, and to nobody who may not read what it saw."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa

from engine.cases import Cases
from engine.decisions import SAW
from engine.decisions.telling import why
from engine.model import Actor
from engine.store import EventTable, FactTable, reading
from engine.views import CaseView
from tests.drawn import form, procedure

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN = Actor("ann", frozenset({"worker"}), "Force")
ALL = frozenset({"D2", "D9"})


def classed(text: str, classes: dict[str, str]) -> str:
    """Give the questions of a form their data classes."""
    made = json.loads(text)
    for component in made["components"]:
        if component.get("key") in classes:
            component["properties"]["dataClass"] = classes[component["key"]]
    return json.dumps(made)


def cell(kind: str, text: str) -> str:
    return f"<{kind}><text>{text}</text></{kind}>"


def rule(name: str, *cells: str) -> str:
    tests, answer, source = cells[:-2], cells[-2], cells[-1]
    inside = "".join(cell("inputEntry", each) for each in tests) + cell("outputEntry", answer)
    return f'<rule id="{name}">{inside}{cell("annotationEntry", source)}</rule>'


TABLE = f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="n" namespace="n"><decision id="grade" name="Grade">
<decisionTable id="t" hitPolicy="COLLECT">
<input label="Place"><inputExpression><text>answer.place</text></inputExpression></input>
<input label="What was said"><inputExpression><text>answer.said</text></inputExpression></input>
<output name="level" label="Grade"/><annotation name="Source"/>
{rule("far", 'not("home")', "-", '"high"', "S1")}{rule("second", "-", '"harm", "fear"', '"high"', "S2")}
{rule("both", '"away", "abroad"', '"harm"', '"high"', "S3")}</decisionTable></decision></definitions>"""
ASKED = procedure(
    "asked",
    """
    begun: start form=opening
    ask: user form=answer
    find: rule asks=grade into=found
    check: user form=check
    done: end
    begun > ask
    ask > find
    find > check
    check > done
    """,
    form("opening", "name"),
    form("check", "text"),
)
FILES = {**ASKED, "answer.form": classed(form("answer", "place", "said"), {"said": "D9"}), "grade.dmn": TABLE}


def decided(engine: sa.Engine, classes: frozenset[str]) -> tuple[CaseView, list[str]]:
    """Bring a case behind its table; give it, as somebody may read it, with the sentences that they are told."""
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW)
    done = cases.open("asked", {"name": "A"}, by=ANN, now=NOW, key="open")
    task = next(each for each in cases.inbox(frozenset({"worker"})).rows if each.case_id == done.case_id)
    answers = {"place": "away", "said": "harm"}
    cases.complete(task.id, answers, by=ANN, now=NOW, key="ask")
    view = cases.case(done.case_id, classes=classes, by=ANN, purpose="test", now=NOW)
    table = cases.library.get(view.release_id).decisions["grade"]
    return view, list(why(table, view.facts["found"][""], str))


def test_each_rule_that_fired_is_told_in_the_words_of_the_table(engine: sa.Engine) -> None:
    view, told = decided(engine, ALL)
    assert view.facts["found"][""][SAW] == {"Place": "away", "What was said": "harm"}
    assert told == [
        "Grade is high, because Place is away (not home). Source: S1",
        "Grade is high, because What was said is harm. Source: S2",
        "Grade is high, because Place is away and What was said is harm. Source: S3",
    ]


def test_who_may_not_read_an_answer_is_not_told_by_a_rule_that_looked_at_it(engine: sa.Engine) -> None:
    view, told = decided(engine, frozenset({"D2"}))
    assert view.facts["found"][""][SAW] == {"Place": "away"}
    assert told == ["Grade is high, because Place is away (not home). Source: S1"]
    assert "D9" in view.withheld
    assert "harm" not in json.dumps(view.facts["found"])


def test_what_the_rules_saw_is_kept_beside_the_log_and_its_digest_in_the_event(engine: sa.Engine) -> None:
    decided(engine, ALL)
    with reading(engine) as connection:
        kept = connection.execute(sa.select(FactTable.seq, FactTable.value).where(FactTable.field == SAW)).one()
        text = connection.execute(sa.select(EventTable.data).where(EventTable.seq == kept.seq)).scalar_one()
    assert json.loads(kept.value) == {"Place": "away", "What was said": "harm"}
    assert SAW in json.loads(text)["fields"]
    assert "harm" not in text
