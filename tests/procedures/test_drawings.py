"""Every diagram that we ship can be read as a picture, and says what to do and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import diagrams, drawing
from engine.process import Process

DIAGRAMS = sorted((Path(__file__).resolve().parents[2] / "bpmn").glob("*/*.bpmn"))
NEEDS_WORDS = {"user_task", "decision_task", "call", "sub_process", "boundary", "exclusive", "parallel", "inclusive"}


def process_of(path: Path) -> Process:
    process, problems = diagrams.read(path.read_text("utf-8"), path.name)
    assert process is not None, problems
    return process


def test_there_are_diagrams_to_look_at() -> None:
    assert DIAGRAMS


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_the_drawing_can_be_read_by_a_newcomer(path: Path) -> None:
    assert drawing.problems(path.read_text("utf-8")) == ()


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_task_deadline_and_decision_says_what_to_do(path: Path) -> None:
    silent = [node.id for node in process_of(path).everything() if node.kind in NEEDS_WORDS and not node.documentation]
    assert silent == []


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_task_deadline_and_start_names_its_source(path: Path) -> None:
    kinds = {"user_task", "decision_task", "call", "boundary", "start"}
    nodes = [node for node in process_of(path).everything() if node.kind in kinds]
    assert [node.id for node in nodes if "Source:" not in node.documentation] == []


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_task_of_a_person_stands_under_a_clock(path: Path) -> None:
    """Guarantee G-41: no wait without a timer that leads to an escalation, at the task or at what it stands in or is called by."""
    process = process_of(path)
    nodes = [node for each in path.parent.glob("*.bpmn") for node in process_of(each).everything()]
    timed = {node.attached_to for node in nodes if node.is_deadline}
    timed |= {node.called for node in nodes if node.kind == "call" and node.id in timed}
    people = [node for node in process.everything() if node.kind == "user_task"]
    assert [node.id for node in people if timed.isdisjoint({node.id, node.process})] == []


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_choice_is_asked_as_a_question_and_its_answers_are_named(path: Path) -> None:
    for process in process_of(path).walk():
        for node in process.nodes.values():
            flows = process.outgoing(node.id)
            if node.kind in {"exclusive", "inclusive"} and len(flows) > 1:
                assert node.name.endswith("?"), node.id
                assert all(flow.name for flow in flows), node.id
