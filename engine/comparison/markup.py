"""Takes XML apart: every attribute and every text of an element as a setting under its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.comparison.parts import fill, put
from engine.elements import BPMN, ZEEBE
from engine.xml import Element

_KEYED = {"property": "name", "input": "target", "output": "target"}
"""Elements of which an owner has several, told apart by one of their attributes."""
_HOLDERS = frozenset({"extensionElements", "zeebe:properties", "zeebe:ioMapping"})
"""Elements that say nothing when they are empty."""

Turn = Callable[[Element, str], bool]
"""Is asked for each element inside; takes it over by answering True."""


def split(element: Element) -> tuple[str, str]:
    """Give namespace and name of an element or attribute name; two empty texts for a comment."""
    if not isinstance(element.tag, str):
        return "", ""
    namespace, _, name = element.tag[1:].partition("}") if element.tag.startswith("{") else ("", "", element.tag)
    return namespace, name


def step(element: Element, home: str) -> str:
    """Give an element's step in a path: its name, with its namespace where that is neither BPMN nor the file's own."""
    namespace, name = split(element)
    said = name if namespace in {home, BPMN} else f"zeebe:{name}" if namespace == ZEEBE else f"{{{namespace}}}{name}"
    key = element.get(_KEYED[name], "") if name in _KEYED else ""
    return f"{said}[{key}]" if key else said


def _told(element: Element) -> frozenset[str]:
    """Name the attribute that an element's step says already."""
    _, name = split(element)
    return frozenset({_KEYED[name]} if name in _KEYED and element.get(_KEYED[name]) else ())


def settings(
    element: Element,
    home: str,
    *,
    path: str = "",
    skip: frozenset[str] = frozenset(),
    usual: Mapping[tuple[str, str], str] | None = None,
    turn: Turn | None = None,
) -> dict[str, str]:
    """Give every attribute and text of an element and of what is inside it, each under its path.

    `home` is the namespace of the file's own words. Attributes in `skip` are left out at the top; one that only says
    what is `usual` everywhere. `turn` may take over the elements inside.
    """
    found: dict[str, str] = {}
    _walk(element, home, path, skip, usual or {}, turn, found)
    return found


def _walk(
    element: Element,
    home: str,
    path: str,
    skip: frozenset[str],
    usual: Mapping[tuple[str, str], str],
    turn: Turn | None,
    found: dict[str, str],
) -> None:
    """Note what stands at one element, then go inside."""
    _, name = split(element)
    said = [(str(key), str(value)) for key, value in element.attrib.items() if key not in skip]
    fill(found, ((f"{path}@{key}", value) for key, value in said if usual.get((name, key)) != value))
    text = (element.text or "").strip()
    if text:
        put(found, f"{path}text()", text)
    fill(found, ((f"{path}text behind {step(each, home)}", tail) for each in element if (tail := _tail(each))))
    inside = [child for child in element if isinstance(child.tag, str)]
    for child in inside:
        here = f"{path}{step(child, home)}/"
        if turn is None or not turn(child, here):
            _walk(child, home, here, _told(child), usual, turn, found)
    own = path.rstrip("/").rpartition("/")[2]
    if path and not inside and not text and not element.attrib and own not in _HOLDERS:
        put(found, path.rstrip("/"), "yes")


def _tail(element: Element) -> str:
    """Give the text that stands behind an element."""
    return (element.tail or "").strip()


def flattened(element: Element, home: str) -> str:
    """Give an element with all that is inside it as one text, the same however the file is indented."""
    return "\n".join(f"{path}={value}" for path, value in sorted(settings(element, home).items()))
