"""For each rule of the check of a draft a bad example, made of those that the tests of the readers are played on, and what is sound without it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.errors import Problem
from tests.drawn import form, procedure
from tests.engine import (
    test_decisions,
    test_diagram_refusals,
    test_forms_lists,
    test_forms_reading,
    test_refused_elements,
)
from tests.engine.test_decisions import table
from workflows import catalogue, drafts

Files = dict[str, str]
NAMED = re.compile(r"[a-z]+(-[a-z0-9]+)+")
READERS = (
    "engine/decisions/boxed.py",
    "engine/decisions/cells.py",
    "engine/decisions/files.py",
    "engine/decisions/reader.py",
    "engine/diagrams.py",
    "engine/event_rules.py",
    "engine/forms/reading.py",
    "engine/forms/syntax.py",
    "engine/naming.py",
    "engine/release.py",
    "engine/rules.py",
    "engine/scenarios.py",
    "engine/schedules.py",
    "engine/xml.py",
    "workflows/catalogue.py",
    "workflows/drafts.py",
    "workflows/trials.py",
)
"""What a check asks, one after the other."""
SAYS = frozenset({"Problem", "refuse", "_refuse", "fault", "_fault"})


ELSEWHERE = {
    "cannot-be-tried": "is said when a draft is tried out",
    "not-json": "the reader of forms has said it by then",
    "rules-overlap": "is said when a table is asked; the look at a whole table refuses it before",
    "task-has-a-form": "is said of what is shipped; of a draft the rules of the engine have said it",
}
"""Rules that a check of a draft does not come to, and why."""


class Example(NamedTuple):
    """Files that a rule refuses, and what it says of them."""

    files: Files
    problem: Problem


def rules() -> set[str]:
    """Name the rules that the modules of the check can give."""
    found = set[str]()
    for name in READERS:
        for node in ast.walk(ast.parse((Path(__file__).parents[1] / name).read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SAYS:
                texts = [each.value for each in node.args[:3] if isinstance(each, ast.Constant)]
                found |= {each for each in texts if isinstance(each, str) and NAMED.fullmatch(each)}
    return found


def sound(more: Mapping[str, str] = MappingProxyType({})) -> Files:
    """Give a small procedure that nothing is wrong with; `more` are further files, or others in the place of its own."""
    drawn = "begun: start form=opening\nask: user form=found\ndone: end\nbegun > ask\nask > done"
    files = procedure("small", drawn, form("opening", "why"), form("found", "name"))
    return {**files, **more}


def params(test: Any) -> list[tuple[Any, ...]]:
    """Give what a test is played on."""
    return [each if isinstance(each, tuple) else each.values for each in test.pytestmark[0].args[1]]


def candidates() -> Iterator[Files]:
    """Give files with something wrong in them."""
    for files, _where, _rule in test_refused_elements.REFUSED.values():
        yield files
    for old, new, _expected in test_diagram_refusals.CHANGES.values():
        yield {**test_diagram_refusals.FILES, "sound.bpmn": test_diagram_refusals.BPMN.replace(old, new)}
    questions = [each[0] for each in params(test_forms_reading.test_what_would_be_lost_or_ignored_is_refused)]
    questions += [each[0] for each in params(test_forms_lists.test_what_a_list_cannot_do_is_refused)]
    for component in questions:
        yield sound({"found.form": test_forms_reading.text_of(component)})
    for text, _rule in params(test_forms_reading.test_a_text_that_is_no_form_is_refused_with_a_sentence):
        yield sound({"found.form": text})
    for tested in (
        test_decisions.test_what_would_be_ignored_or_misread_is_refused,
        test_decisions.test_a_file_that_could_not_run_whole_is_refused,
    ):
        for text, _words in params(tested):
            yield sound({"t.dmn": text})
    yield from drawn_wrongly()
    yield from written_wrongly()
    yield from shipped_wrongly()


def on_task(inside: str, *, tag: str = "userTask", given: str = "") -> str:
    """Write an element with something inside."""
    return f'<{tag} id="it" name="it"{given}>{inside}</{tag}>'


def properties(*named: tuple[str, str]) -> str:
    told = "".join(f'<zeebe:property name="{name}" value="{value}"/>' for name, value in named)
    return f"<extensionElements><zeebe:properties>{told}</zeebe:properties></extensionElements>"


FORM = '<zeebe:formDefinition formId="answer"/>'
LINES = (
    "it: call calls=small\nask > it",
    "it: call calls=elsewhere",
    "it: rule asks=nothing into=x",
    "it: boundary on=ask quiet cycle=R/PT1H\nit > done",
    "it: user form=answer\nit > done : =opening.why = null",
    "done > ask",
    "begun > ask",
    "ask > begun",
    "it: catch date={=date(1)}\nit > done",
    "it: catch message=Told key=case.reference\nit > done",
    "it: catch message=told\nit > done",
    "it: script says={1} into=case\nit > done",
    "it: script says={answer.txet} into=one\nit > done",
    "it: user form=answer other_than=nobody\nit > done",
)
"""What is drawn beside a sound process, in the notation of `tests.drawn`."""
ELEMENTS = (
    '<userTask name="nameless"/>',
    on_task(f"<extensionElements>{FORM}{FORM}</extensionElements>"),
    on_task(properties(("repeats", "true"), ("repeats", "true"))),
    on_task(properties(("repeatz", "true"))),
    on_task(properties(("grows", "true"))),
    on_task(properties(("other_than", "nobody"))),
    on_task(properties(("activity", "x" * 61))),
    on_task(properties(("field_classes", "flags")), tag="serviceTask"),
    on_task(
        properties(("time_to_live", "soon"), ("optional", "no"), ("activity", "Told")), tag="intermediateThrowEvent"
    ),
    on_task(
        properties(("given_by", "duty_inspector"))
        + "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
        tag="intermediateCatchEvent",
    ),
    on_task(
        f"<extensionElements>{FORM}</extensionElements><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
        tag="intermediateCatchEvent",
    ),
    on_task("<messageEventDefinition/>", tag="intermediateCatchEvent"),
    on_task("<signalEventDefinition/>", tag="intermediateThrowEvent"),
    on_task("<outgoing>nothing</outgoing>"),
    on_task("", tag="subProcess", given=' triggeredByEvent="perhaps"'),
    on_task("<documentation>Open question: who does it?</documentation>"),
)
"""What is written into a sound process."""


def drawn_wrongly() -> Iterator[Files]:
    """Give diagrams with something wrong in them that the tables of other tests have not."""
    for lines in LINES:
        yield test_refused_elements.refused(lines)
    for element in ELEMENTS:
        yield test_refused_elements.refused("", element)
    text = sound()["small.bpmn"]
    for old, new in (
        ("<process", '<signal id="s"/><signal id="t" name="=x"/><process'),
        ("<process", '<collaboration id="c"><participant id="pool" processRef="other"/></collaboration><process'),
        ("<definitions", '<definitions expressionLanguage="urn:java"'),
        (
            "<flowNodeRef>ask</flowNodeRef>",
            '<flowNodeRef>ask</flowNodeRef></lane><lane id="superintendent"><flowNodeRef>ask</flowNodeRef>',
        ),
        ("</process>", '</process><process id="second"/>'),
        ("<definitions", "<!-- --><other/><definitions"),
    ):
        assert old in text, old
        yield sound({"small.bpmn": text.replace(old, new, 1)})
    for timer in ("duration=PT1H", "cycle={=after}", "cycle={=found.name}"):
        yield procedure(
            "small",
            f"begun: start {timer}\nask: user form=found\ndone: end\nbegun > ask\nask > done",
            form("found", "name"),
        )


def written_wrongly() -> Iterator[Files]:
    """Give files of other kinds with something wrong in them."""
    yield sound({"small.bpmn": "<other/>"})
    yield sound({"notes.txt": "-"})
    yield sound({"large.dmn": "<a>" + "x" * 6_000_000})
    yield sound({"other.form": sound()["found.form"]})
    yield sound({"found.form": json.dumps({"id": "found", "type": "wizard", "components": []})})
    deadlines = table("COLLECT", ["Deadline=deadline"], ["tell"], [['"T-99"', '["wizard"]']])
    yield sound({"t.dmn": deadlines})
    yield sound({"t.dmn": table("FIRST", ["A=why"], ["rules"], [["-", "1"]])})
    yield sound({"went.scenario": "{"})
    yield sound(
        {
            "went.scenario": json.dumps(
                {"title": "Went", "at": "2026-03-02T09:00:00+00:00", "steps": [{"do": "open", "answers": {}}]}
            )
        }
    )
    choices = {
        "type": "radio",
        "key": "which",
        "label": "Which?",
        "valuesExpression": "=name",
        "properties": {"dataClass": "D2"},
    }
    yield sound({"found.form": test_forms_reading.text_of(test_forms_reading.NAME, choices)})
    danger = {"type": "textfield", "key": "a", "label": "A", "conditional": {"hide": "=name = null"}}
    inside = {"type": "dynamiclist", "path": "those", "label": "Those", "isRepeating": True, "allowAddRemove": True}
    inside |= {"components": [danger], "properties": {"item": "one", "most": "3", "dataClass": "D2"}}
    yield sound({"found.form": test_forms_reading.text_of(test_forms_reading.NAME, inside)})


def shipped_wrongly() -> Iterator[Files]:
    """Give a small procedure that is shipped, with something wrong in it."""
    files = catalogue.files("cancellation")
    changes = [
        ("decide_cancellation", "decide_it"),
        ('"key": "episode"', '"key": "episodes"'),
        ('name="report_cancelled"', 'name="report_canceled"'),
    ]
    for old, new in (*changes, ('deadline: "C-100"', 'deadline: "C-110"')):
        yield {name: text if name.endswith("scenario") else text.replace(old, new) for name, text in files.items()}


def as_here(files: Mapping[str, str]) -> Files:
    """Give files with the lanes of a role that is known here."""
    return {name: text.replace('"worker"', '"duty_inspector"') for name, text in files.items()}


def root_of(files: Files) -> str:
    """Name the procedure of which files are a draft."""
    return next(name.removesuffix(".bpmn") for name in files if name.endswith(".bpmn"))


def weight(files: Files, problem: Problem) -> tuple[bool, int]:
    """How good an example is: what names an element is better than what names none, and a short one better than a long one."""
    return not problem.where, sum(map(len, files.values()))


@cache
def examples() -> dict[str, Example]:
    """Give for each rule the shortest example that it refuses."""
    found: dict[str, Example] = {}
    for files in map(as_here, candidates()):
        root = root_of(files)
        for problem in (*drafts.check(root, files), *drafts.open_questions(files)):
            known = found.get(problem.rule)
            if known is None or weight(files, problem) < weight(*known):
                found[problem.rule] = Example(files, problem)
    other = sound()
    return {each.rule: Example(other, each) for each in drafts.check("cancellation", other)} | found
