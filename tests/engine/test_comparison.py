"""Two versions of a procedure beside each other: no edit is missed, and no indentation is taken for one."""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree

from engine.comparison import Change, asked, compare, drawn, redrawn, tables, tried
from engine.comparison.drawn import USUAL
from tests.drawn import form, procedure
from workflows import catalogue

EVERYTHING = [(name, file) for name in catalogue.procedures() for file in catalogue.files(name)]
OURS = {
    ending: sorted(
        {text for name, file in EVERYTHING if file.endswith(ending) for text in [catalogue.files(name)[file]]}, key=len
    )
    for ending in ("bpmn", "dmn", "form", "scenario")
}
"""What is shipped, by the kind of file, the shortest first: what stands in many files is edited in a short one."""
JSON = ("form", "scenario")
Element = Any
Seen = set[object]
"""The kinds of things that were edited already, in whichever file: the reader asks what a thing is and where it stands, not in which file."""
TAKEN_APART = {
    "bpmn": drawn.take_apart,
    "dmn": tables.take_apart,
    "form": asked.take_apart,
    "scenario": tried.take_apart,
}
SHARES = {"bpmn": 0.001, "dmn": 0.001, "form": 0.01, "scenario": 0.05}
MANY, FEW = 80, 20
"""There are more kinds than this in each kind of file; a scenario is made of few kinds of things."""


def shape(element: Element) -> str:
    """What kind of thing an element is: its name and those of the two around it, and which property it sets."""
    around = [etree.QName(each).localname for each in itertools.islice(element.iterancestors(), 2)]
    named = element.get("name", "") if etree.QName(element).localname == "property" else ""
    return f"{'/'.join(reversed(around))}/{etree.QName(element).localname}[{named}]"


def written(root: Element) -> str:
    return str(etree.tostring(root, encoding="unicode"))


def edits(text: str, seen: Seen) -> Iterator[tuple[str, str]]:
    """Change and remove each kind of attribute, text and element of an XML file that was not seen yet."""
    root = etree.fromstring(text.encode())
    for number, element in enumerate(list(root.iter())):
        if not isinstance(element.tag, str):
            continue
        kind = shape(element)
        yield from of_attributes(root, element, seen)
        yield from of_text(root, element, seen)
        if f"{kind} itself" not in seen and element is not root:
            seen.add(f"{kind} itself")
            less = copy.deepcopy(root)
            gone: Element = list(less.iter())[number]
            gone.getparent().remove(gone)
            yield f"remove {kind}", written(less)


def of_attributes(root: Element, element: Element, seen: Seen) -> Iterator[tuple[str, str]]:
    """Change and remove the attributes of an element that were not seen yet."""
    for attribute, value in element.attrib.items():
        what = f"{shape(element)}@{attribute}"
        if what in seen:
            continue
        seen.add(what)
        element.set(attribute, f"{value}x")
        yield f"change {what}", written(root)
        del element.attrib[attribute]
        if USUAL.get((etree.QName(element).localname, attribute)) != value:
            yield f"remove {what}", written(root)
        element.set(attribute, value)


def of_text(root: Element, element: Element, seen: Seen) -> Iterator[tuple[str, str]]:
    """Change and remove the text of an element of a kind that was not seen yet."""
    what, was = f"the text of {shape(element)}", element.text
    if what in seen or not (was or "").strip():
        return
    seen.add(what)
    element.text = f"{was} x"
    yield f"change {what}", written(root)
    element.text = ""
    yield f"remove {what}", written(root)
    element.text = was


def additions(text: str, seen: Seen) -> Iterator[tuple[str, str]]:
    """Put each kind of element that was not seen yet there twice, and something strange into and onto it."""
    root = etree.fromstring(text.encode())
    for number, element in enumerate(list(root.iter())):
        if not isinstance(element.tag, str) or (kind := shape(element)) in seen:
            continue
        seen.add(kind)
        for what, add in ADDITIONS.items():
            if what == "twice" and element is root:
                continue
            more = copy.deepcopy(root)
            add(list(more.iter())[number])
            yield f"{kind} {what}", written(more)


def strange_text(element: Element) -> None:
    element.text = f"{element.text or ''}strange"


ADDITIONS = {
    "twice": lambda element: element.addnext(copy.deepcopy(element)),
    "with a strange attribute": lambda element: element.set("strange", "1"),
    "with something strange inside": lambda element: etree.SubElement(element, "{urn:strange}strange"),
    "with a strange text": strange_text,
}


def form_additions(text: str, seen: Seen) -> Iterator[tuple[str, str]]:
    """Put something strange into each kind of part of a form, turn each list around, and put its first entry there twice."""
    whole = json.loads(text)
    for path in [(), *places(whole)]:
        held = whole
        for key in path:
            held = held[key]
        kind = (*form_shape(whole, path), isinstance(held, list) and held != held[::-1])
        if kind in seen:
            continue
        seen.add(kind)
        if isinstance(held, dict):
            held["strange"] = 1
            yield f"strange {path}", json.dumps(whole)
            del held["strange"]
        elif isinstance(held, list) and held:
            held.append(copy.deepcopy(held[0]))
            yield f"twice {path}", json.dumps(whole)
            held.pop()
            held.reverse()
            if held != held[::-1]:
                yield f"turned around {path}", json.dumps(whole)
            held.reverse()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every value inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


def form_shape(whole: Any, path: tuple[Any, ...]) -> tuple[str, ...]:
    """What kind of thing a value of a form is: its path without numbers, of which types what lies on it is, and what it is itself."""
    told, held = [], whole
    for key in path:
        held = held[key]
        told.append(f"{'' if isinstance(key, int) else key}:{held.get('type', '') if isinstance(held, dict) else ''}")
    return (*told, type(held).__name__)


def form_edits(text: str, seen: Seen) -> Iterator[tuple[str, str]]:
    """Change and remove each kind of value of a form that was not seen yet."""
    whole = json.loads(text)
    for path in places(whole):
        kind = form_shape(whole, path)
        if kind in seen:
            continue
        seen.add(kind)
        for act in ("change", "remove"):
            other = copy.deepcopy(whole)
            holder = other
            for key in path[:-1]:
                holder = holder[key]
            if act == "change":
                holder[path[-1]] = not holder[path[-1]] if isinstance(holder[path[-1]], bool) else "x"
            else:
                del holder[path[-1]]
            yield f"{act} {path}", json.dumps(other)


@pytest.mark.parametrize("ending", OURS)
def test_no_edit_of_our_own_files_is_missed(ending: str) -> None:
    edit = form_edits if ending in JSON else edits
    assert missed(ending, edit) == []


@pytest.mark.parametrize("ending", OURS)
def test_nothing_that_is_added_to_our_own_files_is_missed(ending: str) -> None:
    """What stood strangely in the lists of arrows and lanes, or in the frame of a drawing, was told by no row."""
    add = form_additions if ending in JSON else additions
    assert missed(ending, add) == []


class Sample(set[object]):
    """What stands in the place of `Seen` where a share of all edits is tried, drawn anew in each run; a share of 1 tries all."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def __contains__(self, _kind: object) -> bool:
        return random.random() >= self.share  # noqa: S311 - a sample, by the seed of the run


@pytest.mark.parametrize("ending", OURS)
def test_of_all_edits_of_our_own_files_another_sample_is_tried_in_each_run(ending: str) -> None:
    """`make edits` tries every one: some 130,000, for half an hour."""
    edit = form_edits if ending in JSON else edits
    share = 1 if os.environ.get("EDITS") == "all" else SHARES[ending]
    count, file = 0, f"ours.{ending}"
    for text in OURS[ending]:
        for what, other in edit(text, Sample(share)):
            count += 1
            assert told({file: text}, {file: other}), f"{what} in {text[:200]}"
    assert count
    sys.stdout.write(f"{count} edits of .{ending} files, none missed\n")


MARK = re.compile("~([0-9]+)~")


def marked(text: str, *, references: bool) -> tuple[str, set[str]]:
    """Write a mark of its own into each attribute and text of an XML file, into what names another element only if asked; give the marks."""
    root, marks = etree.fromstring(text.encode()), itertools.count(1)
    elements = [each for each in root.iter() if isinstance(each.tag, str)]
    ids = {each.get("id") for each in elements}
    for element in elements:
        for name, value in element.attrib.items():
            if references or not (name == "id" or value in ids):
                element.set(name, f"{value}~{next(marks)}~")
        said = (element.text or "").strip()
        if said and (references or said not in ids):
            element.text = f"{said}~{next(marks)}~"
    return written(root), {str(each) for each in range(1, next(marks))}


def marked_form(text: str) -> tuple[str, set[str]]:
    """Write a mark of its own into each text of a JSON file, but into what says which kind of thing it is."""
    marks = itertools.count(1)

    def mark(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: mark(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [mark(each) for each in value]
        return f"{value}~{next(marks)}~" if isinstance(value, str) and key != "type" else value

    whole = json.dumps(mark(json.loads(text)), ensure_ascii=False)
    return whole, {str(each) for each in range(1, next(marks))}


@pytest.mark.parametrize("ending", OURS)
def test_every_value_of_our_own_files_stands_in_what_is_compared(ending: str) -> None:
    """What stands there with its mark stands there without it too, and with any other: so no change of a value is missed, wherever it is made."""
    total = 0
    for text in OURS[ending]:
        ways = [marked_form(text)] if ending in JSON else [marked(text, references=each) for each in (False, True)]
        for other, marks in ways:
            held = repr(TAKEN_APART[ending](other, f"ours.{ending}"))
            assert marks - set(MARK.findall(held)) == set(), text[:200]
            total += len(marks)
    assert total > MANY


def told(before: dict[str, str], after: dict[str, str]) -> bool:
    """Whether a comparison says anything: a change, or that a file is drawn in another way."""
    return bool(compare(before, after) or redrawn(before, after))


def test_a_row_that_was_added_says_its_cells_and_not_what_nobody_wrote_into_it() -> None:
    before = catalogue.files("missing_child")["risk_grade.dmn"]
    row = "".join(
        f'<inputEntry id="UnaryTests_{n}"><text>{text}</text></inputEntry>'
        for n, text in enumerate(("", "&lt; 5", "-", "", ""))
    )
    row += "".join(
        f'<outputEntry id="Expression_{n}"><text>"{text}"</text></outputEntry>'
        for n, text in enumerate(("high", "Young"))
    )
    after = before.replace("</decisionTable>", f'<rule id="youngest">{row}</rule></decisionTable>')
    told = compare({"risk_grade.dmn": before}, {"risk_grade.dmn": after})
    assert [(each.what, each.after) for each in told] == [
        ("added", 'Age in years: < 5; Lowest grade: "high"; Reason: "Young"')
    ]


def missed(ending: str, edit: Callable[[str, Seen], Iterator[tuple[str, str]]]) -> list[str]:
    """Edit every kind of thing in our own files of one kind once; give what the comparison does not tell."""
    seen, file = set[object](), f"ours.{ending}"
    found = [(what, text, other) for text in OURS[ending] for what, other in edit(text, seen)]
    assert len(found) > (FEW if ending == "scenario" else MANY)
    return [what for what, text, other in found if not told({file: text}, {file: other})]


@pytest.mark.parametrize(("name", "file"), EVERYTHING)
def test_a_file_that_is_indented_in_another_way_has_not_changed(name: str, file: str) -> None:
    text = catalogue.files(name)[file]
    if file.endswith(JSON):
        other = json.dumps(json.loads(text), indent=7)
    else:
        root = etree.fromstring(text.encode())
        etree.indent(root, "\t\t")
        other = written(root).replace("><", ">\n<")
    assert other != text
    assert compare({file: text}, {file: other}) == ()


MISSING = catalogue.files("missing_child")


def changes(file: str, old: str, new: str) -> list[tuple[str, str, str, str]]:
    """Replace one text in one of our own files; give the words of each change."""
    assert old in MISSING[file]
    found = compare(MISSING, {**MISSING, file: MISSING[file].replace(old, new, 1)})
    return [(each.part, each.what, each.before, each.after) for each in found]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "return_interview.bpmn",
            'name="Offer the interview"',
            'name="Offer a talk"',
            ("Task “Offer a talk”", "name", "Offer the interview", "Offer a talk"),
        ),
        (
            "missing_child.bpmn",
            '=prevention_exception[-1].approved = "yes"',
            "=true",
            (
                "Arrow “Yes, from Exception approved? to Exception approved”",
                "condition",
                'prevention_exception[-1].approved = "yes"',
                "true",
            ),
        ),
        (
            "missing_child.bpmn",
            'attachedToRef="acknowledge_handover"',
            'attachedToRef="assess_risk"',
            (
                "Clock “Handover clock (T-03)”",
                "the step that it sits on",
                "“Acknowledge handover”",
                "“Ask the risk questions”",
            ),
        ),
        (
            "missing_child.bpmn",
            'name="Handover clock (T-03)" cancelActivity="false"',
            'name="Handover clock (T-03)"',
            ("Clock “Handover clock (T-03)”", "whether it ends the step that it sits on", "no", "yes"),
        ),
        (
            "missing_child.bpmn",
            'name="other_than" value="hold_prevention_interview"',
            'name="other_than" value=""',
            (
                "Task “Decide on the exception”",
                "must be done by another person than",
                "“Hold prevention interview”",
                "",
            ),
        ),
        (
            "deadlines.dmn",
            '<text>clock + duration("PT72H")</text></outputEntry>\n        <outputEntry id="t25_5_out_2">',
            '<text>clock + duration("P4D")</text></outputEntry>\n        <outputEntry id="t25_5_out_2">',
            ("Row “126 T-25”", "When", "clock + 72 hours", "clock + 4 days"),
        ),
        (
            "found.form",
            '"required": true',
            '"required": false',
            ("Question “When was the child found?”", "whether it must be answered", "yes", "no"),
        ),
    ],
)
def test_a_change_is_told_in_plain_words(file: str, old: str, new: str, told: tuple[str, str, str, str]) -> None:
    assert told in changes(file, old, new)


def test_a_step_that_moves_to_another_lane_is_told_with_both_lanes() -> None:
    text = MISSING["missing_child.bpmn"]
    ref = "        <bpmn:flowNodeRef>acknowledge_handover</bpmn:flowNodeRef>\n"
    lane = '<bpmn:lane id="call_taker" name="Call taker">\n'
    moved = text.replace(ref, "").replace(lane, lane + ref)
    assert [
        (each.element, each.what, each.before, each.after) for each in compare({"m.bpmn": text}, {"m.bpmn": moved})
    ] == [("acknowledge_handover", "who does it", "“Duty inspector”", "“Call taker”")]


def test_a_removed_step_says_what_it_was() -> None:
    before = procedure(
        "sample", "begun: start\nask: user form=answer\ndone: end\nbegun > ask\nask > done", form("answer", "text")
    )
    after = procedure("sample", "begun: start\ndone: end\nbegun > done", form("answer", "text"))
    found = compare(before, after)
    gone = next(each for each in found if each.element == "ask")
    assert (gone.what, gone.after) == ("removed", "")
    assert "form: answer" in gone.before


def test_files_that_come_and_go_are_told_with_what_they_hold() -> None:
    found = compare({"old.form": form("old", "word")}, {"new.form": form("new", "other_word")})
    assert [(each.file, each.what) for each in found] == [("new.form", "added"), ("old.form", "removed")]
    assert "Question: other word" in found[0].after


def test_a_question_a_row_and_a_way_out_that_move_are_told() -> None:
    asked = {"a.form": form("a", "one", "two", "three")}, {"a.form": form("a", "three", "one", "two")}
    assert [each.what for each in compare(*asked)] == ["order"]
    text = MISSING["new_grade.dmn"]
    root = etree.fromstring(text.encode())
    table = root.find(".//{*}decisionTable")
    assert table is not None
    rules = table.findall("{*}rule")
    table.remove(rules[0])
    table.append(rules[0])
    found = compare({"new_grade.dmn": text}, {"new_grade.dmn": written(root)})
    assert [(each.part, each.what) for each in found] == [("Order of the rows", "order")]


def test_a_file_that_is_drawn_in_another_way_has_not_changed() -> None:
    for name, text in MISSING.items():
        if name.endswith(".bpmn"):
            other = re.sub(r' (x|y|width|height)="(-?[0-9.]+)"', r' \1="\g<2>7"', text)
            assert compare({name: text}, {name: other}) == ()
            assert redrawn({name: text}, {name: other}) == (name,)
            assert redrawn({name: text}, {name: text.replace("  ", "   ")}) == ()


def test_a_file_that_cannot_be_read_is_compared_as_text() -> None:
    assert [each.part for each in compare({"a.form": "{}"}, {"a.form": "{"})] == ["The file"]
    assert [each.part for each in compare({"a.bpmn": "<a/>"}, {"a.bpmn": "<"})] == ["The file"]
    assert compare({"a.form": "{"}, {"a.form": "{"}) == ()


def test_every_change_of_a_value_shows_two_values_that_differ() -> None:
    """A setting whose old and new value read the same would tell nobody anything."""
    for file in ("return_interview.bpmn", "new_grade.dmn", "found.form"):
        text = MISSING[file]
        found = list(form_edits(text, set()) if file.endswith(".form") else edits(text, set()))
        told: list[Change] = [each for _, changed in found for each in compare({file: text}, {file: changed})]
        assert [each for each in told if each.before == each.after] == []
