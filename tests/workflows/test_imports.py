"""A diagram that another tool wrote becomes a procedure that runs; what it leaves open is a question, and never made up."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from engine.cases import Cases
from engine.model import Actor
from workflows import checking, drafts
from workflows.agencies import ROLES
from workflows.checking import IGNORED, QUESTION, REFUSED

FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:spiff="http://spiffworkflow.org/bpmn/schema/1.0/core" expressionLanguage="http://www.w3.org/1999/XPath" targetNamespace="x">
  <dataStore id="DS" name="Register"/>
  <process id="Process_0a1b2c3" isExecutable="false">
    <laneSet><lane id="L1" name="Duty inspector"><flowNodeRef>Start</flowNodeRef><flowNodeRef>T1</flowNodeRef></lane></laneSet>
    <startEvent id="Start" name="Bicycle found"/>
    <task id="T1" name="Look at it"><extensionElements><camunda:formData>
      <camunda:formField id="colour" label="Colour" type="string"/></camunda:formData></extensionElements></task>
    <dataStoreReference id="DSR" name="Register" dataStoreRef="DS"/>
    <exclusiveGateway id="G1" name="Whose is it?"/>
    <businessRuleTask id="T2" name="Decide reward" camunda:decisionRef="reward" camunda:resultVariable="given"/>
    <scriptTask id="T3" name="Print a label" scriptFormat="python"><script>import os</script></scriptTask>
    <subProcess id="S1" name="Sell it"><task id="T4" name="Set a price"/></subProcess>
    <sequenceFlow id="F1" sourceRef="Start" targetRef="T1"/>
    <sequenceFlow id="F2" sourceRef="T1" targetRef="G1"/>
    <sequenceFlow id="F3" name="Ours" sourceRef="G1" targetRef="T2"><conditionExpression>${owner == 'us'}</conditionExpression></sequenceFlow>
    <sequenceFlow id="F4" name="Nobody's" sourceRef="G1" targetRef="S1"/>
    <sequenceFlow id="F5" sourceRef="T2" targetRef="T3"/>
    <sequenceFlow id="F6" sourceRef="T2" targetRef="T5"/>
    <task id="T5" name="Thank the finder"/>
  </process>
</definitions>"""
MANAGER = Actor("ann", frozenset(ROLES))


def test_a_diagram_of_another_tool_is_loaded_with_its_questions_and_runs_to_its_end(
    sqlite_engine: sa.Engine, now: datetime
) -> None:
    made = checking.imported("Found bicycles.bpmn", FOREIGN)
    said = {(each.element, each.rule) for each in made.findings if each.severity == QUESTION}
    assert not [each for each in made.findings if each.severity == REFUSED]
    assert said >= {
        ("G1", "way-chosen-by-a-person"),
        ("T2", "table-to-be-filled"),
        ("T2", "gateway-added"),
        ("T3", "done-by-a-person"),
        ("T4", "start-added"),
        ("Process_0a1b2c3", "role-to-be-said"),
        ("T2", "for-another-engine"),
    }
    assert {each.rule for each in made.findings if each.severity == IGNORED} >= {"data-is-a-note", "ids-in-words"}
    assert made.files.keys() >= {"found_bicycles.bpmn", "reward.dmn"}
    assert "Open question: " in made.files["found_bicycles.bpmn"]
    assert not drafts.check("found_bicycles", made.files)
    assert {each.rule for each in drafts.open_questions(made.files)} == {"open-question"}

    cases = Cases(sqlite_engine)
    cases.publish(made.files, by="ann", now=now, roles=tuple(ROLES))
    todo = list(cases.open("found_bicycles", {}, by=MANAGER, now=now, key="one").tasks)
    done: list[str] = []
    while todo:
        (task,) = (row for row in cases.inbox(MANAGER.roles).rows if row.id == todo[-1])
        answers = {"way": "ours"} if task.element.startswith("choose") else {}
        todo = [*todo[:-1], *cases.complete(task.id, answers, by=MANAGER, now=now, key=task.id).tasks]
        done.append(task.element)
    assert sorted(done) == ["choose_whose_is_it", "look_at_it", "print_a_label", "thank_the_finder"]


@pytest.mark.parametrize(
    ("drawn", "element", "rule"),
    [
        ('<complexGateway id="G9"/>', "G9", "element-not-supported"),
        ('<subProcess id="S9" triggeredByEvent="true"><task id="T9"/></subProcess>', "T9", "event-without-definition"),
        ('<intermediateThrowEvent id="L9"><linkEventDefinition name="on"/></intermediateThrowEvent>', "L9", "element-not-supported"),
        ('<task id="T9"><multiInstanceLoopCharacteristics/></task>', "T9", "loop-without-collection"),
    ],
)  # fmt: skip
def test_what_has_no_equal_here_is_refused_at_its_own_id(drawn: str, element: str, rule: str) -> None:
    made = checking.imported("bicycles.bpmn", FOREIGN.replace('<task id="T5"', f'{drawn}<task id="T5"'))
    assert (element, rule) in {(each.element, each.rule) for each in made.findings if each.severity == REFUSED}


def test_of_several_pools_one_is_taken_by_its_name_or_its_size_and_the_others_are_named() -> None:
    def pool(name: str, tasks: int) -> str:
        drawn = "".join(f'<task id="{name}{each}" name="Step {each}"/>' for each in range(tasks))
        return f'<process id="p_{name}">{drawn}</process>'

    names = (("Desk", 2), ("Garage", 3), ("Yard", 1))
    text = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"><collaboration id="c">'
        + "".join(f'<participant id="of_{name}" name="{name}" processRef="p_{name}"/>' for name, _ in names)
        + f"</collaboration>{''.join(pool(*each) for each in names)}</definitions>"
    )
    for asked, taken, others in (("", "Garage", ("Desk", "Yard")), ("desk", "Desk", ("Garage", "Yard"))):
        made = checking.imported("several.bpmn", text, pool=asked)
        (said,) = (each.sentence for each in made.findings if each.rule == "pools-left-out")
        assert f"“{taken}” was taken" in said
        assert all(f"“{other}” (" in said.partition("Left out:")[2] for other in others)
        assert made.files["several.bpmn"].count("<userTask") == dict(names)[taken]
    (wrong,) = (
        each for each in checking.imported("several.bpmn", text, pool="Attic").findings if each.severity == REFUSED
    )
    assert wrong.rule == "pool-not-there"
    assert "“Desk” (2 steps)" in wrong.sentence
