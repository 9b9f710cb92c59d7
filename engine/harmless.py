"""What a diagram holds that changes nothing, listed: drawing, notes, names for the eye, and what other programs wrote for themselves.

`engine.diagrams` obeys an element or refuses it; what it passes over stands here, so that nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine import xml
from engine.elements import (
    ATTRIBUTES,
    BPMN,
    DECLARED,
    DEFAULTS,
    DRAWING,
    FOR_THE_EYE,
    NODES,
    OTHER_ENGINES,
    UNREAD,
    XSI,
    ZEEBE,
)
from engine.errors import Problem

FOR_ANOTHER_ENGINE = "for-another-engine"
"""The rule of what tells another engine what to do: a question, because somebody meant it to be done."""

SHOWN_AT_MOST = 20
_WHY = {
    "drawing": "The drawing ({count} elements) says where things stand; nothing that a case does rests on it.",
    "listed-flows": "The lists of incoming and outgoing flows ({count}) repeat the flows themselves.",
    "for-the-eye": "<{name}> ({count}) is for whoever looks at the drawing: {values}.",
    "documentation": "Documentation of what is no step of its own ({count}) is read by nobody but whoever draws: {values}.",
    "unread-attribute": "{name} ({count}) names or repeats what stands elsewhere, and nobody reads it: {values}.",
    "said-by-default": "{name} ({count}) says what holds anyway: {values}.",
    "another-program": "{name} ({count}) was written by another program for itself: {values}.",
    FOR_ANOTHER_ENGINE: "{name} ({count}) tells another engine what to do, and is not done here: {values}. "
    "Say it in the words of this one, or import the file, which translates what it can.",
    "native-task": "zeebe:userTask ({count}) says where another engine keeps the task; here every task is kept in the case.",
    "message-not-used": "No event of this file sends or awaits the {name} {values}.",
}
_DOCUMENTED = frozenset(NODES) | {"process"}

Found = dict[tuple[str, str], list[tuple[str, str]]]


def listed(text: str, file: str) -> tuple[Problem, ...]:
    """Give what a diagram holds that is passed over: one line for each kind of thing, at the first element that has it.

    Raises:
        Invalid: the text is not XML that we read.
    """
    root = xml.parse(text, file)
    found: Found = {}
    for kind, name, where, value in (*_elements(root, file), *_idle_messages(root, file)):
        found.setdefault((kind, name), []).append((where, " ".join(value.split())))
    return tuple(_line(kind, name, places) for (kind, name), places in found.items())


def _line(kind: str, name: str, places: list[tuple[str, str]]) -> Problem:
    """Say one kind of thing in a sentence, with what it holds."""
    values = list(dict.fromkeys(f"“{value[:80]}”" for _, value in places if value))
    more = f" and {len(values) - SHOWN_AT_MOST} more" if len(values) > SHOWN_AT_MOST else ""
    shown = ", ".join(values[:SHOWN_AT_MOST]) + more or "empty"
    return Problem(places[0][0], kind, _WHY[kind].format(name=name, count=len(places), values=shown))


def _elements(root: xml.Element, file: str) -> Iterator[tuple[str, str, str, str]]:
    """Give each thing that is passed over: its rule, its name, the element it stands at, and what it says."""
    todo: list[tuple[xml.Element, str]] = [(root, file)]
    while todo:
        element, around = todo.pop()
        namespace, _, name = element.tag[1:].rpartition("}") if isinstance(element.tag, str) else ("", "", "")
        where = element.get("id") or around
        if namespace == BPMN and name in FOR_THE_EYE:
            yield "for-the-eye", name, where, " ".join((*element.itertext(), element.get("name", "")))
        elif namespace in {BPMN, ZEEBE}:
            yield from _passed_over(element, namespace, name, where, around)
            todo.extend((child, where) for child in reversed(element))
        elif namespace in DRAWING:
            yield "drawing", "", file, ""
            todo.extend((child, where) for child in element)
        elif name:
            yield _foreign(namespace), _qualified(element, namespace, name), where, _said(element)


def _passed_over(
    element: xml.Element, namespace: str, name: str, where: str, around: str
) -> Iterator[tuple[str, str, str, str]]:
    """Give what is passed over at an element that is read itself."""
    if name in {"incoming", "outgoing"}:
        yield "listed-flows", "", around, ""
    elif (namespace, name) == (ZEEBE, "userTask"):
        yield "native-task", "", around, ""
    elif name == "documentation" and xml.local_name(element.getparent()) not in _DOCUMENTED:  # type: ignore[arg-type]
        yield "documentation", "", around, element.text or ""
    for attribute, value in element.attrib.items():
        space, _, short = attribute[1:].rpartition("}") if attribute.startswith("{") else ("", "", attribute)
        rule = _rule_of(name, space, attribute, value)
        label = _qualified(element, space, short) if space not in {"", XSI} else short
        if rule:
            yield rule, "" if rule == "drawing" else f"{label} of <{name}>", where, value


def _rule_of(name: str, space: str, attribute: str, value: str) -> str:
    """Say how an attribute is passed over; "" where it is read, or refused."""
    if space in DRAWING:
        return "drawing"
    if attribute in UNREAD.get(name, ()) or space in {XSI, ZEEBE, BPMN}:
        return "unread-attribute"
    if space:
        return _foreign(space)
    idle = DEFAULTS.get(attribute) == value and attribute not in ATTRIBUTES.get(name, ())
    return "said-by-default" if idle or attribute in {"language", "expressionLanguage"} else ""


def _foreign(namespace: str) -> str:
    """Give the rule of something in a namespace that is not ours."""
    return FOR_ANOTHER_ENGINE if namespace in OTHER_ENGINES else "another-program"


def _qualified(element: xml.Element, namespace: str, name: str) -> str:
    """Name something of another namespace as people write it."""
    prefix = OTHER_ENGINES.get(namespace) or next(
        (short for short, each in element.nsmap.items() if each == namespace), ""
    )
    return f"{prefix or namespace}:{name}"


def _said(element: xml.Element) -> str:
    """Give what a foreign element says, as one text."""
    attributes = (
        f"{name.rpartition('}')[2]}={value}" for each in element.iter() for name, value in each.attrib.items()
    )
    return " ".join((*attributes, *element.itertext()))


def _idle_messages(root: xml.Element, file: str) -> Iterator[tuple[str, str, str, str]]:
    """Give the messages, signals, errors and escalations of which nothing speaks."""
    for kind in sorted(DECLARED):
        named = {each.get(f"{kind}Ref") for each in root.iter(f"{{{BPMN}}}*")}
        for declared in root.iterchildren(f"{{{BPMN}}}{kind}"):
            if declared.get("id") not in named:
                yield "message-not-used", kind, declared.get("id") or file, declared.get("name", "")
