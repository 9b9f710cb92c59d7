"""Nothing in a shipped diagram is without effect: whatever is changed there changes what runs, or what is said of the file."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from lxml import etree

from engine import diagrams, harmless
from engine.elements import DRAWING
from engine.errors import Invalid
from workflows import catalogue

ATTRIBUTE, ELEMENT = "attribute", "element"
Place = tuple[str, str, str]
"""What is changed: an attribute of a kind of element, or a kind of element inside another."""


@cache
def diagrams_of_all() -> tuple[tuple[str, Any], ...]:
    """Give every shipped diagram, the shortest first, without its drawing."""
    files = [
        (name, text)
        for procedure in catalogue.procedures()
        for name, text in catalogue.files(procedure).items()
        if name.endswith(".bpmn")
    ]
    found = []
    for name, text in sorted(files, key=lambda each: len(each[1])):
        root = etree.fromstring(text.encode())
        for drawing in root.findall("{*}BPMNDiagram"):
            root.remove(drawing)
        found.append((name, root))
    return tuple(found)


def places(root: Any) -> Iterator[tuple[Place, str]]:
    """Give what can be changed in a diagram, each with the path of one element that has it."""
    tree = root.getroottree()
    for element in root.iter(etree.Element):
        tag, path = etree.QName(element).localname, tree.getelementpath(element)
        if etree.QName(element).namespace in DRAWING:
            continue
        for name in element.attrib:
            if etree.QName(name).namespace not in DRAWING:
                yield (ATTRIBUTE, tag, name), path
        parent = element.getparent()
        if parent is not None:
            yield (ELEMENT, etree.QName(parent).localname, tag), path


def outcome(root: Any, name: str) -> Any:
    """Give what the engine makes of a diagram: the process, what is refused, and what it says that it passes over."""
    text = etree.tostring(root, encoding="unicode")
    try:
        return *diagrams.read(text, name), harmless.listed(text, name)
    except Invalid as refusal:
        return refusal.problems


def changes(place: Place) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """Give the ways to change a place."""
    kind, _, name = place
    if kind == ATTRIBUTE:
        yield "removed", lambda element: element.attrib.pop(name)
        yield "changed", lambda element: element.set(name, f"{element.get(name)}_other")
    else:
        yield "removed", lambda element: element.getparent().remove(element)
        yield "changed", lambda element: setattr(element, "tag", f"{element.tag}Other")


def test_whatever_is_changed_in_a_shipped_diagram_is_noticed() -> None:
    """One diagram for each pair of an element and an attribute, or of an element and what it holds."""
    seen: set[Place] = set()
    unnoticed = []
    for name, root in diagrams_of_all():
        before = None
        for place, path in places(root):
            if place in seen:
                continue
            seen.add(place)
            before = before or outcome(root, name)
            for what, change in changes(place):
                mutant = copy.deepcopy(root)
                change(mutant.find(path))
                if outcome(mutant, name) == before:
                    unnoticed.append((*place, what, name))
    assert len(seen) > 100
    assert unnoticed == []
