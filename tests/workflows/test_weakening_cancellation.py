"""Ways to end a case without its protected steps by calling its report an error: each is refused at an element."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.workflows.edits import (
    ROOT,
    Edit,
    after,
    at,
    attribute,
    both,
    condition,
    flow,
    found,
    gone,
    interrupted,
    into_lane,
    no_property,
    way_around,
)
from workflows import catalogue, drafts

CANCELLING = "cancellation"
SHIPPED = catalogue.files(CANCELLING)
DRAWING = "cancellation.bpmn"
REASON, DECISION = "say_why_wrong", "decide_cancellation"
HEARD, ENDED = "report_is_cancelled", "episode_cancelled"


def drawn(edit: Edit) -> dict[str, str]:
    root = etree.fromstring(SHIPPED[DRAWING].encode())
    edit(root)
    return {**SHIPPED, DRAWING: etree.tostring(root, encoding="unicode")}


def asked(form: str, key: str, **changes: object) -> dict[str, str]:
    said = json.loads(SHIPPED[f"{form}.form"])
    one = next(each for each in said["components"] if each["key"] == key)
    one.update(changes)
    return {**SHIPPED, f"{form}.form": json.dumps(said)}


def another_case(root: Any) -> None:
    told = at(root, "cancellation_told")
    next(each for each in told.iter() if each.get("name") == "correlation").set("value", '="MC-7K3QX9PW"')


SWAPPED = [{"label": "Yes, the case ends", "value": "no"}, {"label": "No, the search goes on", "value": "yes"}]
WEAKER = {
    "a sergeant decides": drawn(into_lane(DECISION, "locate_sergeant")),
    "the co-ordinator says why": drawn(into_lane(REASON, "mfh_coordinator")),
    "one person does both": drawn(no_property(DECISION, "other_than")),
    "nobody decides": drawn(attribute("say_why_wrong_to_decide_cancellation", "targetRef", "cancellation_told")),
    "nobody says why": drawn(attribute("is_it_an_open_case_to_say_why_wrong", "targetRef", DECISION)),
    "some cases need no decision": drawn(way_around("say_why_wrong_to_decide_cancellation", "cancellation_told")),
    "waiting decides": drawn(interrupted(DECISION, "cancellation_told")),
    "a no ends the case": drawn(condition("is_the_report_cancelled_to_cancellation_told", '=cancellation_decision.agreed = "no"')),
    "the other way is the rule": drawn(attribute("is_the_report_cancelled", "default", "is_the_report_cancelled_to_cancellation_told")),
    "the decision is taken out": drawn(both(gone(DECISION, "decision_clock_rang", "people_told_of_decision"), flow(REASON, "is_the_report_cancelled"))),
    "the inspector's answers are swapped": asked("cancellation_decision", "agreed", values=SWAPPED),
    "the inspector is asked the opposite": asked("cancellation_decision", "agreed", label="Must the search go on?"),
    "the inspector need not answer": asked("cancellation_decision", "agreed", validate={}),
    "nobody need be certain": asked("cancellation_reason", "certain", properties={"dataClass": "D2", "error": "Select"}),
    "it ends another case": drawn(another_case),
}  # fmt: skip


@pytest.mark.parametrize("files", [pytest.param(files, id=what) for what, files in WEAKER.items()])
def test_the_decision_on_a_report_in_error_cannot_be_weakened(files: dict[str, str]) -> None:
    assert "C-101" in {step for step, _ in found(files, CANCELLING)}


IN_THE_CASE = {
    "the case hears another message": attribute(f"{HEARD}_message", "messageRef", "interview_covered_message"),
    "the way on is another": attribute(f"{HEARD}_to_{ENDED}", "targetRef", "close_case"),
    "the case goes on": lambda root: at(root, ENDED).remove(at(root, f"{ENDED}_terminate")),
    "it is not said that the case ended": no_property(ENDED, "activity"),
    "the event is taken out": gone(HEARD, ENDED),
}  # fmt: skip


@pytest.mark.parametrize("edit", [pytest.param(edit, id=what) for what, edit in IN_THE_CASE.items()])
def test_the_end_of_a_cancelled_case_cannot_be_weakened(edit: Edit) -> None:
    assert "C-101" in {step for step, _ in found(after(ROOT, edit))}


def test_no_other_procedure_cancels_a_report() -> None:
    files = catalogue.files("trigger_plan")
    name = "trigger_plan.bpmn"
    text = files[name]
    for message in etree.fromstring(text.encode()).iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}message"):
        text = text.replace(f'name="{message.get("name")}"', 'name="report_cancelled"')
    said = drafts.check("trigger_plan", {**files, name: text})
    assert "protected-c-101" in {each.rule for each in said}
