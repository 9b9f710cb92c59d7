"""Drawings that a newcomer could not read, one fault each, beside one that can be read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.drawing import CROSSINGS_AT_MOST, problems

Spot = tuple[float, float]
Bounds = tuple[float, float, float, float]

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI">'
)
MEANING = """
<process id="small"><laneSet><lane id="worker"><flowNodeRef>begun</flowNodeRef><flowNodeRef>offer_interview</flowNodeRef>
<flowNodeRef>clock_rang</flowNodeRef><flowNodeRef>people_told</flowNodeRef><flowNodeRef>offered</flowNodeRef>
<flowNodeRef>was_it_accepted</flowNodeRef></lane></laneSet>
<startEvent id="begun" name="Begun"/><userTask id="offer_interview" name="Offer the interview"/>
<boundaryEvent id="clock_rang" name="Clock" attachedToRef="offer_interview"/><endEvent id="people_told"/>
<exclusiveGateway id="was_it_accepted" name="Accepted?"/><endEvent id="offered" name="Offered"/>
<sequenceFlow id="one" sourceRef="begun" targetRef="offer_interview"/>
<sequenceFlow id="two" sourceRef="offer_interview" targetRef="was_it_accepted"/>
<sequenceFlow id="three" name="Yes" sourceRef="was_it_accepted" targetRef="offered"/>
<sequenceFlow id="four" sourceRef="clock_rang" targetRef="people_told"/></process>
"""
SHAPES: Mapping[str, Bounds] = {
    "worker": (0, 0, 700, 300),
    "begun": (40, 82, 36, 36),
    "offer_interview": (140, 60, 120, 80),
    "clock_rang": (160, 122, 36, 36),
    "people_told": (160, 190, 36, 36),
    "was_it_accepted": (340, 75, 50, 50),
    "offered": (500, 82, 36, 36),
}
LABELS: Mapping[str, Bounds] = {
    "begun": (40, 124, 36, 14),
    "clock_rang": (200, 145, 32, 14),
    "was_it_accepted": (338, 130, 56, 14),
    "offered": (496, 124, 44, 14),
    "three": (430, 80, 20, 14),
}
LINES: Mapping[str, list[Spot]] = {
    "one": [(76, 100), (140, 100)],
    "two": [(260, 100), (340, 100)],
    "three": [(390, 100), (500, 100)],
    "four": [(178, 158), (178, 190)],
}


def text_of(
    shapes: Mapping[str, Bounds | None] | None = None,
    labels: Mapping[str, Bounds | None] | None = None,
    lines: Mapping[str, list[Spot]] | None = None,
    meaning: str = MEANING,
) -> str:
    """Draw the good diagram with some things put elsewhere; None takes a thing away."""
    all_shapes, all_labels, all_lines = (
        {**SHAPES, **(shapes or {})},
        {**LABELS, **(labels or {})},
        {**LINES, **(lines or {})},
    )
    parts = [
        f'<bpmndi:BPMNShape bpmnElement="{name}">{_bounds(at)}{_label(all_labels.get(name))}</bpmndi:BPMNShape>'
        for name, at in all_shapes.items()
        if at is not None
    ]
    for name, points in all_lines.items():
        way = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
        parts.append(f'<bpmndi:BPMNEdge bpmnElement="{name}">{way}{_label(all_labels.get(name))}</bpmndi:BPMNEdge>')
    return f"{HEAD}{meaning}<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>{''.join(parts)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"


def _bounds(at: Bounds) -> str:
    return f'<dc:Bounds x="{at[0]}" y="{at[1]}" width="{at[2]}" height="{at[3]}"/>'


def _label(at: Bounds | None) -> str:
    return f"<bpmndi:BPMNLabel>{_bounds(at)}</bpmndi:BPMNLabel>" if at else ""


def rules(text: str) -> set[tuple[str, str]]:
    return {(problem.where, problem.rule) for problem in problems(text)}


def test_a_drawing_that_can_be_read_has_no_problems() -> None:
    assert problems(text_of()) == ()


@pytest.mark.parametrize(
    ("moved", "where", "rule"),
    [
        ({"offered": None}, "offered", "shape-missing"),
        ({"worker": None}, "worker", "shape-missing"),
        ({"people_told": (270, 60, 36, 36)}, "people_told", "outside-its-lane"),
        ({"clock_rang": (182, 82, 36, 36)}, "clock_rang", "off-its-border"),
        ({"begun": (130, 82, 36, 36)}, "begun", "shapes-overlap"),
    ],
)
def test_a_shape_in_the_wrong_place_is_named(moved: dict[str, Bounds | None], where: str, rule: str) -> None:
    lane = {"worker": (0, 70, 700, 230)} if rule == "outside-its-lane" else {}
    assert (where, rule) in rules(text_of(shapes={**moved, **lane}))


@pytest.mark.parametrize(
    ("drawn", "where", "rule"),
    [
        ({"one": []}, "one", "shape-missing"),
        ({"one": [(76, 100), (140, 120)]}, "one", "line-slants"),
        ({"one": [(76, 100), (120, 100)]}, "one", "line-ends-elsewhere"),
        (
            {"one": [(76, 100), (100, 100), (100, 208), (400, 208), (400, 50), (200, 50), (200, 60)]},
            "one",
            "line-through-shape",
        ),
        (
            {"four": [(178, 158), (178, 170), (300, 170), (300, 100), (330, 100), (330, 208), (196, 208)]},
            "two",
            "lines-run-together",
        ),
    ],
)
def test_a_line_that_cannot_be_followed_is_named(drawn: dict[str, list[Spot]], where: str, rule: str) -> None:
    assert (where, rule) in rules(text_of(lines=drawn))


@pytest.mark.parametrize(
    ("written", "where", "rule"),
    [
        ({"offered": None}, "offered", "label-missing"),
        ({"three": None}, "three", "label-missing"),
        ({"offered": (496, 250, 44, 14)}, "offered", "label-far-away"),
        ({"three": (430, 200, 20, 14)}, "three", "label-far-away"),
        ({"clock_rang": (160, 200, 32, 14)}, "clock_rang", "label-over-shape"),
        ({"was_it_accepted": (280, 95, 56, 14)}, "was_it_accepted", "label-over-line"),
        ({"three": (500, 124, 20, 14)}, "offered", "label-over-label"),
        ({"offered": (510, 124, 14, 14)}, "offered", "text-does-not-fit"),
    ],
)
def test_a_label_that_cannot_be_read_is_named(written: dict[str, Bounds | None], where: str, rule: str) -> None:
    assert (where, rule) in rules(text_of(labels=written))


def test_the_corners_around_a_diamond_are_free_for_its_label() -> None:
    assert problems(text_of(labels={"was_it_accepted": (378, 62, 56, 14)})) == ()


def test_the_name_of_a_task_fits_into_it() -> None:
    long = MEANING.replace("Offer the interview", "Offer the interview " * 8)
    assert ("offer_interview", "text-does-not-fit") in rules(text_of(meaning=long))


def test_what_lies_in_a_sub_process_is_drawn_within_it() -> None:
    inner = MEANING.replace('<endEvent id="offered" name="Offered"/>', "").replace(
        '<sequenceFlow id="three"',
        '<subProcess id="follow_up"><endEvent id="offered" name="Offered"/></subProcess><sequenceFlow id="three"',
    )
    holding = text_of(shapes={"follow_up": (470, 60, 150, 100)}, meaning=inner)
    beside = text_of(shapes={"follow_up": (560, 60, 100, 100)}, meaning=inner)
    assert ("offered", "outside-its-sub-process") not in rules(holding)
    assert ("offered", "outside-its-sub-process") in rules(beside)


def grid(crossings: int) -> str:
    """Draw one level line and so many upright ones that cross it."""
    nodes, flows, shapes, lines = [], [], {}, {}
    for number in range(crossings + 1):
        nodes.append(f'<endEvent id="from_{number}"/><endEvent id="to_{number}"/>')
        flows.append(f'<sequenceFlow id="line_{number}" sourceRef="from_{number}" targetRef="to_{number}"/>')
        x = 100.0 * number
        level = number == 0
        shapes[f"from_{number}"] = (0, 182, 36, 36) if level else (x, 0, 36, 36)
        shapes[f"to_{number}"] = (1000, 182, 36, 36) if level else (x, 400, 36, 36)
        lines[f"line_{number}"] = [(36.0, 200.0), (1000.0, 200.0)] if level else [(x + 18, 36.0), (x + 18, 400.0)]
    meaning = f'<process id="grid">{"".join(nodes + flows)}</process>'
    nothing = dict.fromkeys(SHAPES)
    return text_of(shapes={**nothing, **shapes}, lines={**{name: [] for name in LINES}, **lines}, meaning=meaning)


def test_a_few_crossings_are_allowed_and_more_are_all_named() -> None:
    assert problems(grid(CROSSINGS_AT_MOST)) == ()
    named = [problem.rule for problem in problems(grid(CROSSINGS_AT_MOST + 1))]
    assert named == ["lines-cross"] * (CROSSINGS_AT_MOST + 1)
