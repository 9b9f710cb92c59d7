"""More ways to weaken a protected step: what it is, when it begins, what its page asks, who sends what ends it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lxml import etree

from tests.workflows.edits import (
    INTERVIEW,
    LOWER,
    MISSING,
    ROOT,
    B,
    Edit,
    after,
    at,
    attribute,
    cell,
    flow,
    found,
    into_lane,
)
from tests.workflows.test_weakening import Z, in_root, question, quietly, replaced, says, table
from workflows import catalogue, drafts

Files = dict[str, str]
HANDOVER, NOTICE = "acknowledge_handover", "acknowledge_missing_notice"


def instead(step: str, tag: str, result: str = "quiet_result") -> Edit:
    """Make something else of a person's step, in its place and under its id: a table or a group that is empty."""

    def edit(root: Any) -> None:
        element = at(root, step)
        element.tag = f"{B}{tag}"
        held = element.find(f"{B}extensionElements")
        for each in [each for each in held if not each.tag.endswith("}properties")]:
            held.remove(each)
        kept = held.find(f"{Z}properties")
        for each in [] if kept is None else [each for each in kept if each.get("name") != "activity"]:
            kept.remove(each)
        if tag == "businessRuleTask":
            etree.SubElement(held, f"{Z}calledDecision", decisionId="quiet", resultVariable=result)
        else:
            etree.SubElement(element, f"{B}startEvent", id=f"{step}_begun")
            etree.SubElement(element, f"{B}endEvent", id=f"{step}_ended")
            flow(f"{step}_begun", f"{step}_ended")(root)

    return edit


def waits(flow_name: str, time: str = "P3D") -> Edit:
    """Let a case wait on a flow."""

    def edit(root: Any) -> None:
        first = at(root, flow_name)
        scope, onward = first.getparent(), first.get("targetRef")
        event = etree.SubElement(scope, f"{B}intermediateCatchEvent", id="waited", name="Think about it")
        timer = etree.SubElement(event, f"{B}timerEventDefinition", id="waited_timer")
        etree.SubElement(timer, f"{B}timeDuration").text = time
        first.set("targetRef", "waited")
        flow("waited", onward)(root)

    return edit


def for_each(activity: str, item: str, collection: str) -> Edit:
    """Let an activity be done for each entry of a list, under a name."""

    def edit(root: Any) -> None:
        loop = etree.SubElement(at(root, activity), f"{B}multiInstanceLoopCharacteristics")
        held = etree.SubElement(loop, f"{B}extensionElements")
        etree.SubElement(held, f"{Z}loopCharacteristics", inputCollection=collection, inputElement=item)

    return edit


def earlier(element: str, flow_name: str) -> Edit:
    """Move an element that tokens pass to an earlier place."""

    def edit(root: Any) -> None:
        flows = list(root.iter(f"{B}sequenceFlow"))
        onward = next(each for each in flows if each.get("sourceRef") == element)
        for each in [each for each in flows if each.get("targetRef") == element]:
            each.set("targetRef", onward.get("targetRef"))
        place = at(root, flow_name)
        onward.set("targetRef", place.get("targetRef"))
        place.set("targetRef", element)

    return edit


def swapped(form: str, key: str, one: str, other: str) -> Files:
    """Swap the words of two answers of a question."""
    choices = _choices(json.loads(MISSING[f"{form}.form"])["components"], key)
    labels = {each["value"]: each["label"] for each in choices}
    labels[one], labels[other] = labels[other], labels[one]
    return question(form, key, values=[{"value": value, "label": label} for value, label in labels.items()])


def _choices(components: list[Any], key: str) -> list[Any]:
    inside = [each for one in components for each in _choices(one.get("components", []), key)]
    return inside or next((one["values"] for one in components if one.get("key") == key), [])


def with_table(file: str, edit: Edit, **answers: str) -> Files:
    return {**after(file, edit), "quiet.dmn": table("quiet", answers or {"x": '"1"'})}


def beside_deadlines(files: Files, kind: str, looked_after: str, else_: str) -> Files:
    """Add a table that answers otherwise for looked-after children."""
    made = table("slow", {"at": looked_after}, when='"yes"').replace("risk.level", "missing_report.looked_after")
    more = '<rule id="slow_2"><inputEntry id="slow_2_in"><text>-</text></inputEntry><outputEntry id="slow_2_out">'
    more += f"<text>{else_}</text></outputEntry></rule></decisionTable>"
    answers = made.replace("</decisionTable>", more).replace(
        'name="at" label="at" typeRef="string"', f'name="at" typeRef="{kind}"'
    )
    return {**files, "slow.dmn": answers}


def settings(**more: str) -> dict[str, Any]:
    return {"properties": {"dataClass": "D2", "error": "Enter it", **more}}


COVERS = r'inputCollection="=if return_interview_attempt\[-1\]\.covers = null then [^"]*"'
HELD_AT = r'source="=return_interview_attempt\[-1\]\.tried_at" target="held_at"'
RISK = '=risk.level = "low"'

ACCEPTED_ONCE: list[tuple[str, str, Files]] = [
    # nobody does it
    ("G-14", "a table acknowledges the handover", with_table(ROOT, instead(HANDOVER, "businessRuleTask"))),
    ("G-14", "an empty group acknowledges the handover", in_root(instead(HANDOVER, "subProcess"))),
    ("G-24", "a table is told of the child", with_table(ROOT, instead(NOTICE, "businessRuleTask"))),
    ("G-24", "an empty group is told of the child", in_root(instead(NOTICE, "subProcess"))),
    ("G-01", "a table says who the child is, and how old", with_table(ROOT, instead("recall_child", "businessRuleTask", "known"), age='"99"')),
    ("G-01", "another operation says what is known", replaced(ROOT, 'type="recall_child"', 'type="plan_actions"')),
    ("G-01", "a table says which child it is", quietly("child_match", child='"CH-7K3QX9PW"')),
    ("T-25", "anybody may say that the child is back", in_root(into_lane("record_return", "csc_mash"))),
    # it begins later, and so does its clock
    ("G-01", "the offer waits outside", in_root(waits("who_speaks_with_the_child_to_must_an_interview_be_offered"))),
    ("T-25", "the interview waits before its clock", after(INTERVIEW, waits("recall_interviews_to_offer_and_hold_interview"))),
    ("G-01", "the return is noted days later", in_root(waits("what_starts_at_once_to_record_return"))),
    ("G-14", "the handover waits", in_root(waits("what_starts_at_once_to_acknowledge_handover"))),
    ("G-24", "the notice waits", in_root(waits("what_starts_at_once_to_acknowledge_missing_notice"))),
    ("G-03", "the prevention interview waits", in_root(waits("who_speaks_with_the_child_to_must_the_interview_be_tried"))),
    ("T-25", "a working day, which Easter makes very long", cell("t25_5", 1, "working days after(clock, 1)")),
    ("T-24", "a working day for the offer", cell("t24_2", 1, "working days after(clock, 1)")),
    ("T-25", "a cell asks another table for the time", beside_deadlines(cell("t25_5", 1, "clock + slow()"), "dayTimeDuration", 'duration("P9D")', 'duration("PT72H")')),
    ("T-25", "a cell asks another table whether it is due", beside_deadlines(cell("t25_5", 3, "slow()"), "boolean", "false", "true")),
    # what the page asks
    ("G-03", "no is stored as held", swapped("prevention_interview", "outcome", "held", "not_possible")),
    ("G-01", "accepted is stored as declined", swapped("return_interview_offer", "outcome", "accepted", "declined")),
    ("G-01", "no answer is stored as no child", swapped("return_interview_offer", "outcome", "no_answer", "not_offered")),
    ("T-25", "not reached is stored as held", swapped("return_interview_attempt", "outcome", "held", "no_answer")),
    ("G-12", "the grades are named wrongly", swapped("risk", "level", "high", "low")),
    ("G-12", "the proposed grades are named wrongly", swapped("regrade", "level", "medium", "low")),
    ("G-12", "the inspector is asked the opposite", question("downgrade_approval", "approved", label="Must the grade stay high?")),
    ("G-03", "the inspector is asked the opposite", question("prevention_exception", "approved", label="Must the child still be seen?")),
    ("G-03", "only yes can be answered", question("prevention_interview", "outcome", values=[{"value": "held", "label": "Yes, with the child in person"}])),
    ("G-03", "held stands there already", question("prevention_interview", "outcome", **settings(prefill='="held"'))),
    ("G-01", "declined stands there already", question("return_interview_offer", "outcome", **settings(prefill='="declined"'))),
    ("T-25", "held stands there already", question("return_interview_attempt", "outcome", **settings(prefill='="held"'))),
    ("G-03", "held is typed", question("prevention_interview", "outcome", type="textfield", values=None)),
    ("T-25", "no time of return where the risk is low", question("found", "returned_at", conditional={"hide": RISK})),
    ("T-25", "a later return where the risk is low", question("found", "returned_at", **settings(check=f"=returned_at <= now() or {RISK[1:]}", checkError="No"))),
    ("G-01", "no reason where the risk is low", question("return_interview_offer", "not_offered_reason", conditional={"hide": f'=outcome != "not_offered" or {RISK[1:]}'})),
    ("T-25", "returns are covered by an interview that was not held", question("return_interview_attempt", "covers", conditional={"hide": "=false"})),
    # words that are put together, and said too early
    ("G-01", "the word of the notice is put together", after(LOWER, says("lowering_endorsed", '="LANoti" + "fied"'))),
    ("G-01", "the word of the offer is put together", after(INTERVIEW, says("interview_requested", '=if true then "RHI" + "Offered" else if false then null else "x"'))),
    ("G-01", "offered is said before anybody offers", after(INTERVIEW, earlier("interview_offered", "interview_requested_to_offer_return_interview"))),
    ("T-25", "held is said of another step", after(INTERVIEW, says("no_child_to_ask", "RHIHeld"))),
    # the message that ends an interview's clock
    ("T-25", "every interview ends every other", replaced(INTERVIEW, 'correlationKey="=case.reference"', 'correlationKey="=&quot;all&quot;"')),
    ("T-25", "an interview ends those of the child", replaced(INTERVIEW, 'correlationKey="=case.reference"', 'correlationKey="=known.child_id"')),
    ("T-25", "an interview ends another one", replaced(INTERVIEW, 'name="correlation" value="=covered"', 'name="correlation" value="=known.last_episode"')),
    ("T-25", "an interview ends those that nobody chose", replaced(INTERVIEW, COVERS, 'inputCollection="=open_interviews.returns.value"')),
    ("T-25", "an interview says another time", replaced(INTERVIEW, HELD_AT, 'source="=case.opened_at" target="held_at"')),
    ("T-25", "a table says that another interview was held", quietly("interview_covered", held_at="now()")),
    ("T-25", "another interview ends the write-up", after(INTERVIEW, attribute("covered_by_another_interview", "attachedToRef", "write_up_return_interview"))),
    ("T-25", "another interview leaves the steps open", after(INTERVIEW, attribute("covered_by_another_interview", "cancelActivity", "false"))),
    # an entry of a list that is called like a record
    ("G-12", "an entry says the inspector's yes", after(LOWER, for_each("set_new_grade", "downgrade_approval", '=[[{approved: "yes"}]]'))),
    ("G-12", "an entry says the grade", after(LOWER, for_each("find_authority", "risk", '=[{level: "low"}]'))),
    ("G-12", "an entry says what was proposed", after(LOWER, for_each("find_authority", "regrade", '=[[{level: "high"}]]'))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "files"), [pytest.param(step, files, id=f"{step}: {what}") for step, what, files in ACCEPTED_ONCE]
)
def test_a_protected_step_cannot_be_weakened_aside(step: str, files: Files) -> None:
    assert step in {each for each, _ in found(files)}


ELSEWHERE = [
    (name, file, message)
    for name in catalogue.procedures()
    if name != "missing_child"
    for file, text in catalogue.files(name).items()
    for message in re.findall(r'<bpmn:message id="[^"]*" name="([^"]*)"', text)
]


@pytest.mark.parametrize(("name", "file", "message"), ELSEWHERE)
def test_no_other_procedure_says_that_an_interview_was_covered(name: str, file: str, message: str) -> None:
    """A draft of the trigger plan could send the message that stops the clock of a child's interview."""
    files = catalogue.files(name)
    text = files[file].replace(f'name="{message}"', 'name="interview_covered"', 1)
    compiled = {element.get("id") for element in etree.fromstring(text.encode()).iter()}
    wrong = [each for each in drafts.check(name, {**files, file: text}) if each.rule == "protected-t-25"]
    assert wrong
    assert {each.where for each in wrong} <= compiled


@pytest.mark.parametrize("word", ["RHIOffered", '="LANoti" + "fied"', '=if true then "RHIHeld" else null'])
def test_no_other_procedure_leaves_the_word_of_a_protected_step(word: str) -> None:
    files = catalogue.files("trigger_plan")
    root = etree.fromstring(files["trigger_plan.bpmn"].encode())
    says("interview_taken_in", word)(root)
    text = etree.tostring(root, encoding="unicode")
    said = drafts.check("trigger_plan", {**files, "trigger_plan.bpmn": text})
    assert ("interview_taken_in", "protected-word") in {(each.where, each.rule) for each in said}


@pytest.mark.parametrize("name", ["case", "task", "deadlines"])
def test_a_record_cannot_take_a_name_that_expressions_mean_otherwise(name: str) -> None:
    said = drafts.check("missing_child", quietly(name, opened_at="now()"))
    assert ("note_quietly", "name-taken") in {(each.where, each.rule) for each in said}


@pytest.mark.parametrize("name", ["found:recall_child", "=&quot;inter&quot; + &quot;view_covered&quot;"])
def test_the_name_of_a_message_is_a_word(name: str) -> None:
    said = drafts.check("missing_child", replaced(INTERVIEW, 'name="plan_wanted"', f'name="{name}"'))
    assert ("plan_asked_for", "message-is-a-word") in {(each.where, each.rule) for each in said}


def test_another_answer_and_other_words_beside_a_protected_question_are_free() -> None:
    form = json.loads(MISSING["prevention_interview.form"])
    values = [*_choices(form["components"], "outcome"), {"value": "later", "label": "No, it is arranged for later"}]
    assert found(question("prevention_interview", "outcome", values=values)) == set()
    assert found(question("prevention_interview", "harm", label="Has the child come to harm?")) == set()
