"""The life of a flag of exploitation cannot be weakened: what was decided goes on with the child, and is looked at until it ends."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.workflows.edits import (
    ROOT,
    B,
    Edit,
    after,
    at,
    attribute,
    both,
    condition,
    found,
    gone,
    interrupted,
    into_lane,
    way_around,
)
from workflows import catalogue, drafts
from workflows.about import FLAG

SHIPPED = catalogue.files(FLAG)
DRAWING = f"{FLAG}.bpmn"
DECIDES, PASSED_ON, REVIEW = "decide_on_sign", "flag_passed_on", "review_flag"


def drawn(edit: Edit) -> dict[str, str]:
    root = etree.fromstring(SHIPPED[DRAWING].encode())
    edit(root)
    return {**SHIPPED, DRAWING: etree.tostring(root, encoding="unicode")}


def always_no(root: Any) -> None:
    inputs = [each for each in at(root, PASSED_ON).iter() if each.get("target") == "confirmed"]
    inputs[0].set("source", '="no"')


OTHERWISE = both(
    always_no,
    into_lane("decide_on_signs", "locate_sergeant"),
    attribute("event_passed_on_message", "messageRef", "flag_decided_message"),
)
IN_THE_EPISODE = {
    "it is not passed on": (gone(PASSED_ON), {"decide_on_signs"}),
    "some are not passed on": (way_around(f"{DECIDES}_to_{PASSED_ON}", "sign_is_decided"), {PASSED_ON}),
    "a condition ends the decision": (interrupted(DECIDES, "sign_is_decided"), {PASSED_ON}),
    "others decide, it says no, another one sends it too": (OTHERWISE, {PASSED_ON, DECIDES, "event_passed_on"}),
}
IN_ITS_LIFE = {
    "nobody looks at it again": attribute("does_the_flag_stand_to_review_flag", "targetRef", "flag_ended"),
    "what is suspected ends": condition("does_the_flag_stand_to_flag_ended", '=flag_raised.confirmed = "suspected"'),
    "a way leads around the choice": way_around("flag_is_decided_to_is_there_a_decision", "flag_ended"),
    "a condition ends it": interrupted(REVIEW, "flag_ended"),
    "a look is the last": attribute("review_flag_to_is_there_a_decision", "targetRef", "flag_ended"),
    "its clock is taken out": gone("flag_clock_rang", "people_told_of_flag"),
    "its clock ends the look": attribute("flag_clock_rang", "cancelActivity", "true"),
    "a co-ordinator looks": into_lane(REVIEW, "mfh_coordinator"),
}


@pytest.mark.parametrize("what", IN_THE_EPISODE)
def test_what_was_decided_on_a_flag_is_always_passed_on(what: str) -> None:
    edit, where = IN_THE_EPISODE[what]
    assert {place for step, place in found(after(ROOT, edit)) if step == "G-53"} == where


@pytest.mark.parametrize("what", IN_ITS_LIFE)
def test_a_flag_that_stands_is_always_looked_at_again(what: str) -> None:
    assert "G-53" in {step for step, _ in found(drawn(IN_ITS_LIFE[what]), FLAG)}


def test_no_other_procedure_decides_on_a_flag() -> None:
    """Not even the flag's own: a case of it could end another child's."""
    name = "trigger_plan"
    files = catalogue.files(name)
    text = files[f"{name}.bpmn"]
    for message in etree.fromstring(text.encode()).iter(f"{B}message"):
        text = text.replace(f'name="{message.get("name")}"', 'name="flag_decided"')
    assert "protected-g-53" in {each.rule for each in drafts.check(name, {**files, f"{name}.bpmn": text})}
    thrown = drawn(lambda root: at(root, "flag_ended").append(
        etree.Element(f"{B}messageEventDefinition", id="told", messageRef="message_flag_decided")
    ))  # fmt: skip
    assert ("G-53", "flag_ended") in found(thrown, FLAG)
