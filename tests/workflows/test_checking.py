"""The report on files: nothing of a diagram is dropped in silence, and hostile files end in a refusal."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache

import pytest
from lxml import etree

from engine import diagrams, harmless
from engine.elements import BPMN, DRAWING, ZEEBE
from engine.errors import Invalid
from workflows import catalogue, checking, drafts
from workflows.checking import IGNORED, QUESTION, REFUSED

FOREIGN = "urn:another-tool"


@cache
def drawn() -> dict[str, etree._Element]:
    """Every diagram that is shipped, the smallest first."""
    texts = {
        name: text
        for procedure in catalogue.procedures()
        for name, text in catalogue.files(procedure).items()
        if name.endswith(".bpmn")
    }
    return {name: etree.fromstring(texts[name].encode()) for name in sorted(texts, key=lambda each: len(texts[each]))}


def understood(root: etree._Element) -> tuple[object, object, object]:
    """Give what we make of a diagram: the compiled model, what is refused, and what is passed over."""
    text = etree.tostring(root, encoding="unicode")
    process, problems = diagrams.read(text, "changed.bpmn")
    lines = {(each.where.partition(" line")[0], each.rule, each.sentence) for each in problems}
    return process, lines, harmless.listed(text, "changed.bpmn")


def places() -> Iterator[tuple[etree._Element, int, str]]:
    """Give the first place of each distinct element ("" for the attribute) and of each distinct attribute of one."""
    seen: set[tuple[str, str]] = set()
    for root in drawn().values():
        ours = [each for each in root.iter(f"{{{BPMN}}}*", f"{{{ZEEBE}}}*") if each is not root]
        for place, element in enumerate([root, *ours]):
            for attribute in ("", *element.attrib) if element is not root else element.attrib:
                if (str(element.tag), attribute) not in seen:
                    seen.add((str(element.tag), attribute))
                    yield root, place, attribute


def mutants() -> Iterator[tuple[str, etree._Element, etree._Element]]:
    """Give each place removed, and each attribute changed: what was done, before, after."""
    for root, place, attribute in places():
        for value in (None, "changed") if attribute else (None,):
            changed = copy.deepcopy(root)
            element = list(changed.iter(f"{{{BPMN}}}*", f"{{{ZEEBE}}}*"))[place]
            if not attribute:
                element.getparent().remove(element)  # type: ignore[union-attr]
            elif value is None:
                del element.attrib[attribute]
            else:
                element.set(attribute, value)
            yield f"{element.tag!s} {attribute} {value}", root, changed


def test_each_element_and_attribute_that_is_removed_or_changed_is_noticed() -> None:
    before = {id(root): understood(root) for root in drawn().values()}
    tried = [(name, understood(changed) == before[id(root)]) for name, root, changed in mutants()]
    assert len(tried) > 100
    assert [name for name, unnoticed in tried if unnoticed] == []


def test_drawing_and_foreign_namespaces_change_nothing_but_the_list_of_what_is_passed_over() -> None:
    root = next(iter(drawn().values()))
    changed = copy.deepcopy(root)
    for element in list(changed.iter()):
        if isinstance(element.tag, str) and etree.QName(element).namespace in DRAWING:
            element.attrib.clear()
        elif isinstance(element.tag, str):
            element.set(f"{{{FOREIGN}}}colour", "red")
    for holder in changed.iter(f"{{{BPMN}}}extensionElements"):
        etree.SubElement(holder, f"{{{FOREIGN}}}note").text = "for later"
    before, after = understood(root), understood(changed)
    assert before[:2] == after[:2]
    assert before[2] != after[2]


def test_what_another_engine_is_told_is_a_question_and_what_is_for_the_eye_is_passed_over() -> None:
    files = dict(catalogue.files("cancellation"))
    files["cancellation.bpmn"] = files["cancellation.bpmn"].replace(
        '<bpmn:userTask id="say_why_wrong"',
        '<bpmn:userTask xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:assignee="ann" id="say_why_wrong"',
    )
    found = checking.report(files)
    assert [(each.element, each.rule) for each in found if each.severity == QUESTION] == [
        ("say_why_wrong", "for-another-engine")
    ]
    assert not [each for each in found if each.severity == REFUSED]
    assert {each.rule for each in found if each.severity == IGNORED} >= {"drawing", "unread-attribute", "listed-flows"}


def test_a_diagram_of_another_tool_is_refused_as_it_stands_and_an_import_is_named() -> None:
    found = checking.report({"deep.bpmn": nested(1)})
    assert ("from-another-tool", QUESTION) in {(each.rule, each.severity) for each in found}
    assert ("one-start", REFUSED) in {(each.rule, each.severity) for each in found}


def nested(depth: int) -> str:
    """A diagram with sub-processes in each other."""
    inside = "".join(f'<subProcess id="s_{number}">' for number in range(depth)) + "</subProcess>" * depth
    return f'<definitions xmlns="{BPMN}"><process id="deep" isExecutable="true">{inside}</process></definitions>'


def calling(name: str, other: str) -> str:
    """A diagram that calls another."""
    return catalogue.files("trigger_plan")["trigger_plan.bpmn"].replace("trigger_plan", name).replace("</bpmn:process>", (
        f'<bpmn:callActivity id="call_{other}"><bpmn:extensionElements><zeebe:calledElement processId="{other}"/>'
        "</bpmn:extensionElements></bpmn:callActivity></bpmn:process>"
    ))  # fmt: skip


HOSTILE = {
    "an entity bomb": {"bomb.bpmn": "<!DOCTYPE a [" + '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1 if n else chr(0)};" * 10}">'.replace("&a\0;", "&a;") for n in range(12)
    ) + "]><a>&a11;</a>"},
    "an outside entity": {"outside.dmn": '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]><a>&a;</a>'},
    "elements a thousand deep": {"deep.bpmn": nested(1000)},
    "sub-processes 200 deep": {"deep.bpmn": nested(200)},
    "a form 100,000 deep": {"deep.form": '{"components":' + "[" * 100_000 + "]" * 100_000 + "}"},
    "a form of a number without end": {"long.form": '{"components": [' + "9" * 4_000_000 + "]}"},
    "processes that call each other": {"one.bpmn": calling("one", "two"), "two.bpmn": calling("two", "one")},
    "an expression 50,000 deep": {"deep.bpmn": nested(1).replace("<subProcess", (
        '<sequenceFlow id="f" sourceRef="s_0" targetRef="s_0"><conditionExpression>='
        f"{'(' * 50_000}1{')' * 50_000}</conditionExpression></sequenceFlow><subProcess"
    ), 1)},
    "no character of a text": {"odd.form": "\0\ud800"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_ends_in_a_refusal_and_the_next_one_is_read(name: str) -> None:
    files = {file: text.encode("utf-8", "replace").decode() for file, text in HOSTILE[name].items()}
    try:
        found = {each.severity for each in checking.of_files(files)}
    except Invalid as refusal:
        found = {REFUSED} if refusal.problems else set()
    assert REFUSED in found


def test_a_report_is_data_that_other_programs_read() -> None:
    rows = json.loads(json.dumps(checking.as_rows(checking.of_files({"a.form": "no form"}))))
    assert rows[0].keys() == {"file", "element", "rule", "severity", "sentence", "line"}
    assert (rows[0]["file"], rows[0]["severity"]) == ("a.form", "refused")


def test_that_a_task_has_no_form_is_said_once() -> None:
    """The engine and the catalogue said it both, each in its own words, and somebody looked for two things to put right."""
    files = catalogue.files("cancellation")
    changed = files["cancellation.bpmn"].replace('formId="cancellation_decision"', 'formId=""', 1)
    assert changed != files["cancellation.bpmn"]
    found = drafts.check("cancellation", {**files, "cancellation.bpmn": changed})
    assert [each.rule for each in found if each.where == "decide_cancellation" and "form" in each.rule] == [
        "form-missing"
    ]
