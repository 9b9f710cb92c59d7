"""Cases that an earlier engine saved are opened by this one, show the same open tasks, and go on to their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import packing, runner, state
from engine.elements import NODES
from engine.process import Node
from tests.golden_states import FOLDER, SHAPES, bytes_of, opened, path_of, shape_of

FILES = sorted(FOLDER.glob("*.json"))


def test_every_shape_has_been_saved_in_the_present_version() -> None:
    assert {path_of(name) for name in SHAPES} <= set(FILES)


def test_every_kind_of_element_is_in_a_saved_case() -> None:
    saved = {(node.kind, trigger(node)) for path in FILES for node in opened(path)[0].release.nodes.values()}
    kinds = {(kind, "") for kind in (*NODES.values(), "handler")}
    kinds -= {("boundary", ""), ("catch", ""), ("throw", ""), ("send", ""), ("receive", "")}
    kinds |= {("send", "message"), ("receive", "message"), ("catch", "signal"), ("throw", "signal"), ("end", "error")}
    kinds |= {("throw", "escalation"), ("boundary", "escalation"), ("boundary", "error")}
    triggers = {(kind, what) for kind in ("boundary", "catch") for what in ("timer", "message", "condition")}
    events = {("start", "timer"), ("start", "message"), ("throw", "message"), ("end", "message"), ("end", "terminate")}
    assert saved == kinds | triggers | events | {("operation", "errand")}


def trigger(node: Node) -> str:
    """Say what an event reacts to, or does."""
    if node.timer is not None or node.is_errand:
        return "timer" if node.timer is not None else "errand"
    if node.trigger is not None:
        return node.trigger.kind
    return "message" if node.message else "condition" if node.condition else "terminate" if node.terminate else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_saved_case_is_opened_and_goes_on_to_its_end(path: Path) -> None:
    case, _document = opened(path)
    shape_of(path).after(case)
    assert case.closed
    assert case.open_elements() == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_opening_and_saving_again_keeps_everything(path: Path) -> None:
    case, document = opened(path)
    assert case.position is not None
    if path == path_of(path.stem.rpartition("_v")[0]):
        assert packing.readable(state.dump(case.position)) == packing.readable(bytes_of(document))
    conductor = runner.restore(case.release, state.dump(case.position), case.facts, case.now)
    people = {task.id: task.task_spec.node.id for task in conductor.position.tokens.live() if task.task_spec.manual}
    assert people.items() >= {number: element for number, element, *_rest in document["tasks"]}.items()
