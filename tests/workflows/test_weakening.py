"""Ways to weaken a protected step without touching it: nearly all were accepted once, and each is refused at an element."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lxml import etree

from tests.workflows.edits import (
    INTERVIEW,
    LOCATE,
    LOWER,
    MISSING,
    ROOT,
    B,
    Edit,
    after,
    at,
    attribute,
    both,
    cell,
    clock,
    condition,
    flow,
    found,
    way_around,
)

Z = "{http://camunda.org/schema/zeebe/1.0}"
Files = dict[str, str]


def beside(file: str, lane: str, step: str, **properties: str) -> Edit:
    """Let a step be done beside a diagram's first task: by a person (`form=`), by a table (`table=`), with properties."""

    def edit(root: Any) -> None:
        process = root.find(f"{B}process")
        fork = next(each for each in process.iter(f"{B}parallelGateway"))
        scope = fork.getparent()
        form, table = properties.pop("form", ""), properties.pop("table", "")
        made = etree.SubElement(scope, f"{B}{'userTask' if form else 'businessRuleTask'}", id=step, name=step)
        held = etree.SubElement(made, f"{B}extensionElements")
        if form:
            etree.SubElement(held, f"{Z}userTask")
            etree.SubElement(held, f"{Z}formDefinition", formId=form)
        else:
            result = properties.pop("result")
            etree.SubElement(held, f"{Z}calledDecision", decisionId=table, resultVariable=result)
        if properties:
            kept = etree.SubElement(held, f"{Z}properties")
            for name, value in properties.items():
                etree.SubElement(kept, f"{Z}property", name=name, value=value)
        etree.SubElement(scope, f"{B}endEvent", id=f"{step}_was_done")
        flow(fork.get("id"), step)(root)
        flow(step, f"{step}_was_done")(root)
        target = next(each for each in process.iter(f"{B}lane") if each.get("id") == lane)
        for each in (step, f"{step}_was_done"):
            etree.SubElement(target, f"{B}flowNodeRef").text = each

    return edit


def moved_out(task: str, group: str) -> Edit:
    """Let a step be done after the group of steps in which it stood; where it stood its way goes on."""

    def edit(root: Any) -> None:
        inside, step = at(root, group), at(root, task)
        leads = next(each for each in inside.iter(f"{B}sequenceFlow") if each.get("sourceRef") == task)
        comes = next(each for each in inside.iter(f"{B}sequenceFlow") if each.get("targetRef") == task)
        comes.set("targetRef", leads.get("targetRef"))
        inside.remove(leads)
        scope = inside.getparent()
        for each in [each for each in inside if each.get("attachedToRef") == task]:
            ended = next(flow for flow in inside if flow.get("sourceRef") == each.get("id"))
            inside.remove(at(root, ended.get("targetRef")))
            inside.remove(ended)
            inside.remove(each)
        scope.append(step)
        after_group = next(each for each in scope if each.get("sourceRef") == group)
        goes_on = after_group.get("targetRef")
        after_group.set("targetRef", task)
        flow(task, goes_on)(root)

    return edit


def passed_by(task: str) -> Edit:
    """Lead every way to a step to what follows it; a way that is never taken leads to the step still."""

    def edit(root: Any) -> None:
        flows = list(root.iter(f"{B}sequenceFlow"))
        onward = next(each.get("targetRef") for each in flows if each.get("sourceRef") == task)
        for each in [each for each in flows if each.get("targetRef") == task]:
            way_around(each.get("id"), onward)(root)
            at(root, "it_is_needed").set("id", f"{each.get('id')}_needed")
            at(root, "is_it_needed").set("default", f"is_it_needed_new_{onward}")
            choice = at(root, f"is_it_needed_new_{onward}")
            choice.remove(choice[0])
            needed = at(root, f"{each.get('id')}_needed")
            etree.SubElement(needed, f"{B}conditionExpression").text = "=false"
            return

    return edit


def says(element: str, word: str) -> Edit:
    """Let an element leave a word in the log."""

    def edit(root: Any) -> None:
        held = at(root, element).find(f"{B}extensionElements")
        if held is None:
            held = etree.Element(f"{B}extensionElements")
            at(root, element).insert(0, held)
        kept = held.find(f"{Z}properties")
        kept = etree.SubElement(held, f"{Z}properties") if kept is None else kept
        etree.SubElement(kept, f"{Z}property", name="activity", value=word)

    return edit


def question(form: str, key: str, **changed: Any) -> Files:
    """Give the files after a change of a question's settings."""
    whole = json.loads(MISSING[f"{form}.form"])

    def visit(components: list[Any]) -> None:
        for each in components:
            if each.get("key") == key:
                each.update(changed)
            visit(each.get("components", []))

    visit(whole["components"])
    return {**MISSING, f"{form}.form": json.dumps(whole)}


def table(name: str, answers: dict[str, str], when: str = "-") -> str:
    """Write a table with one row."""
    outputs = "".join(f'<output id="{name}_{key}" name="{key}" label="{key}" typeRef="string"/>' for key in answers)
    entries = "".join(
        f'<outputEntry id="{name}_1_{key}"><text>{text}</text></outputEntry>' for key, text in answers.items()
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        f'<decision id="{name}" name="{name}"><decisionTable id="{name}_table" hitPolicy="FIRST">'
        f'<input id="{name}_in" label="x"><inputExpression id="{name}_ex" typeRef="string"><text>risk.level</text></inputExpression></input>'
        f'{outputs}<rule id="{name}_1"><inputEntry id="{name}_1_in"><text>{when}</text></inputEntry>{entries}</rule>'
        "</decisionTable></decision></definitions>"
    )


def quietly(result: str, **answers: str) -> Files:
    """Give the files in which a table writes a record beside everything else."""
    made = table("quiet", answers)
    return {**after(ROOT, beside(ROOT, "call_taker", "note_quietly", table="quiet", result=result)), "quiet.dmn": made}


def replaced(file: str, pattern: str, new: str, files: Files = MISSING) -> Files:
    """Give the files after another text at the one place that a pattern finds."""
    text, count = re.subn(pattern, new, files[file], count=1)
    assert count
    return {**files, file: text}


def begins_instead(root: Any) -> None:
    """Let an event sub-process end the case after an hour."""
    scope = root.find(f"{B}process")
    handler = etree.SubElement(scope, f"{B}subProcess", id="give_up", triggeredByEvent="true")
    start = etree.SubElement(handler, f"{B}startEvent", id="took_too_long")
    timer = etree.SubElement(start, f"{B}timerEventDefinition")
    etree.SubElement(timer, f"{B}timeDuration").text = "PT1H"
    etree.SubElement(handler, f"{B}endEvent", id="gave_up")
    etree.SubElement(handler, f"{B}sequenceFlow", id="give_up_at_once", sourceRef="took_too_long", targetRef="gave_up")


def again(activity: str) -> Edit:
    """Let an activity be done again and again."""

    def edit(root: Any) -> None:
        loop = etree.SubElement(at(root, activity), f"{B}standardLoopCharacteristics")
        etree.SubElement(loop, f"{B}loopCondition").text = "=found.harm = null"

    return edit


def sends(message: str) -> Edit:
    """Let a task send a message beside the first task."""

    def edit(root: Any) -> None:
        beside("", "call_taker", "say_so", form="none")(root)
        task = at(root, "say_so")
        task.tag = f"{B}sendTask"
        task.set("messageRef", message)
        task.remove(task[0])

    return edit


def in_root(*edits: Edit) -> Files:
    return after(ROOT, both(*edits))


LEVEL = '"low"'
EXCEPTION = "is_the_exception_approved_to_exception_approved"
ADULT = "must_an_interview_be_offered_to_is_the_interview_settled"
OFFERED_LIST = [
    {"value": value, "label": value} for value in ("deceased", "untraced", "transferred_overseas", "staff_capacity")
]
SWAPPED = [{"value": "yes", "label": "No"}, {"value": "no", "label": "Yes"}]

ACCEPTED_ONCE: list[tuple[str, str, Files]] = [
    # records that are written beside the step that is meant to write them
    ("G-12", "a table writes a lower grade", quietly("risk", level=LEVEL)),
    ("G-12", "a person writes a lower grade", after(LOCATE, beside(LOCATE, "locate_sergeant", "write_grade", form="risk"))),
    ("G-12", "a table says the inspector's yes", quietly("downgrade_approval", approved='"yes"')),
    ("G-12", "a sergeant's form says the inspector's yes", after(LOCATE, beside(LOCATE, "locate_sergeant", "say_yes", form="downgrade_approval", repeats="true"))),
    ("G-03", "a table says the exception's yes", quietly("prevention_exception", approved='"yes"')),
    ("G-03", "a table says that the interview was held", quietly("prevention_interview", outcome='"held"')),
    ("G-01", "a table says the age", quietly("known", age='"99"')),
    ("T-25", "a table writes a later return", quietly("found", returned_at="now()")),
    ("G-01", "a table says that there is no child to ask", quietly("return_interview_offer", outcome='"not_offered"')),
    # words in the log without the step
    ("G-01", "another step says that it was offered", after(INTERVIEW, says("interview_requested", "RHIOffered"))),
    ("G-14", "another step says that it was handed over", in_root(says("grade_endorsed", "HandoverAcknowledged"))),
    ("G-24", "another step says in an expression that they were told", after(LOWER, says("lowering_endorsed", '=if true then "LANotified" else null'))),
    # ages and lists
    ("G-01", "no offer for small children", in_root(condition(ADULT, "=known.age < 10"))),
    ("G-01", "no offer for one age", in_root(condition(ADULT, "=known.age = 12"))),
    ("G-01", "adults from 16", in_root(condition(ADULT, "=known.age >= 16"))),
    ("G-01", "no offer where no age is known", in_root(condition(ADULT, "=known.age = null"))),
    ("G-24", "no notice for small children", in_root(condition("adult_is_missing", "=known.age < 10"))),
    ("G-03", "a third refused exception is one", in_root(condition(EXCEPTION, "=count(prevention_exception) > 2"))),
    ("G-03", "a second refused exception is one", in_root(condition(EXCEPTION, '=prevention_exception[2].approved = "no"'))),
    ("G-03", "two refused exceptions are one", in_root(condition(EXCEPTION, '=prevention_exception.approved = ["no", "no"]'))),
    # forms
    ("G-01", "another reason for not offering", question("return_interview_offer", "not_offered_reason", values=OFFERED_LIST)),
    ("G-01", "no reason for not offering", question("return_interview_offer", "not_offered_reason", validate={})),
    ("G-12", "no is stored as yes", question("downgrade_approval", "approved", values=SWAPPED)),
    ("G-12", "the inspector need not answer", question("downgrade_approval", "approved", validate={})),
    ("G-03", "no is stored as yes", question("prevention_exception", "approved", values=SWAPPED)),
    ("G-03", "the answer may be left out, and counts as yes", {**question("prevention_exception", "approved", validate={}), ROOT: in_root(condition(EXCEPTION, '=prevention_exception[-1].approved != "no"'))[ROOT]}),
    ("T-25", "the time of return need not be said", question("found", "returned_at", validate={})),
    ("T-25", "the time of return may be later than the page", question("found", "returned_at", properties={"dataClass": "D2", "error": "Enter the time of return"})),
    # the answer that leads past the offer
    ("G-01", "who declined was not offered anything", after(INTERVIEW, condition("is_there_a_child_to_ask_to_no_child_to_ask", '=return_interview_offer.outcome != "accepted"'))),
    ("G-01", "nobody is asked", after(INTERVIEW, condition("is_there_a_child_to_ask_to_no_child_to_ask", "=true"))),
    # deadlines
    ("T-25", "only an officer is told", cell("t25_5", 4, '["response_officer"]')),
    ("G-14", "the call taker is told of the handover", cell("t03_other_2", 4, '["call_taker"]')),
    ("G-24", "the police tell themselves", cell("t06_other_2", 4, '["mfh_coordinator"]')),
    ("T-25", "longer in one year", cell("t25_5", 1, 'if clock >= date and time("2028-01-01T00:00:00Z") and clock < date and time("2029-01-01T00:00:00Z") then clock + duration("P9D") else clock + duration("PT72H")')),
    ("T-25", "longer in one month of each year", cell("t25_5", 1, 'clock + duration(if clock.month = 8 then "P9D" else "PT72H")')),
    ("T-25", "longer at night", cell("t25_5", 1, 'clock + duration(if clock.hour > 21 then "P9D" else "PT72H")')),
    ("T-25", "not in another area", replaced("deadlines.dmn", r'(id="t25_5_in_4"><text>)-', r'\1not("oxfordshire")')),
    ("T-25", "longer for looked-after children", cell("t25_5", 1, 'clock + duration(if missing_report.looked_after = "yes" then "P9D" else "PT72H")')),
    ("T-25", "longer for those who were found by themselves", cell("t25_5", 1, 'clock + duration(if found.found_how = "returned_self" then "P9D" else "PT72H")')),
    ("T-25", "longer in one case in the timer", after(INTERVIEW, clock("interview_clock_rang", '=if known.flags != null then [] else deadlines(deadline: "T-25", clock: found.returned_at)'))),
    ("T-25", "never for some in the table", cell("t25_5", 3, "known.flags = null")),
    # the interview itself, and what says that it is over
    ("T-25", "who accepted is not interviewed", after(INTERVIEW, attribute("how_was_the_offer_answered_to_must_an_attempt_be_made", "targetRef", "is_there_no_interview"))),
    ("T-25", "no answer counts as declined", after(INTERVIEW, condition("how_was_the_offer_answered_to_is_there_no_interview", '=return_interview_offer.outcome != "accepted"'))),
    ("T-25", "the interview stands behind its clock", after(INTERVIEW, moved_out("hold_return_interview", "offer_and_hold_interview"))),
    ("T-25", "a table says that it was held", quietly("return_interview_attempt", outcome='"held"')),
    ("G-01", "a table says that the case is closed", quietly("case_closure", what_changed='"nothing"')),
    ("G-03", "a person says early that the police are done", in_root(beside(ROOT, "call_taker", "be_done", form="police_closure"))),
    ("G-01", "everybody is an adult until somebody says otherwise", question("missing_report", "date_of_birth", properties={"dataClass": "D2", "error": "Enter a date", "prefill": '=date("1990-01-01")'})),
    ("G-01", "a table says the date of birth", quietly("missing_report", date_of_birth='"1990-01-01"')),
    # an earlier yes, and an earlier step
    ("G-12", "an earlier yes of the inspector counts again", after(LOWER, passed_by("approve_downgrade"))),
    ("G-03", "an earlier yes to an exception counts again", in_root(passed_by("approve_prevention_exception"))),
    ("G-12", "the first grade is given again later", in_root(way_around("is_the_case_graded_and_handed_over_to_is_all_police_work_done", "must_a_grade_be_decided"))),
    # what happens by itself
    ("G-01", "an event sub-process ends the case", in_root(begins_instead)),
    ("G-12", "the first grade is given in a loop", in_root(again("decide_risk_grade"))),
    ("C-101", "a task says that the report was an error", in_root(sends("report_cancelled_message"))),
    # tables of the grade
    ("G-12", "another authority from a later day on", replaced("regrade_authority.dmn", r'(id="leaves_high_in_5"><text>)-', r'\1&lt; date("2027-01-01")')),
    ("G-12", "another authority in one locality", replaced("regrade_authority.dmn", r'(id="leaves_high_in_4"><text>)-', r'\1"notts_default"' )),
    ("G-12", "no inspector where a rationale says so", replaced("new_grade.dmn", r"(<text>)downgrade_approval\[-1\]\.approved", r'\1if regrade[-1].rationale = null then downgrade_approval[-1].approved else "yes"')),
    ("G-12", "a default that leaves high", replaced("new_grade.dmn", r'(name="level"[^>]*?)/>', r'\1><defaultOutputEntry><text>"low"</text></defaultOutputEntry></output>')),
    ("G-12", "a grade that is no row of a table", replaced("new_grade.dmn", r"(?s)<decisionTable.*</decisionTable>", '<literalExpression><text>{level: "low"}</text></literalExpression>')),
    ("G-12", "no inspector where the grade came from the endorser", replaced("regrade_authority.dmn", r"(<text>)risk\.level", r'\1if known.flags = null then risk.level else "low"')),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "files"), [pytest.param(step, files, id=f"{step}: {what}") for step, what, files in ACCEPTED_ONCE]
)
def test_a_protected_step_cannot_be_weakened_beside_it(step: str, files: Files) -> None:
    assert step in {each for each, _ in found(files)}
