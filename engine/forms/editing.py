"""Changes the questions of a form one by one: what somebody wants of a question becomes form-js JSON, everything else stays.

A question is named by its place: ``2``, or ``2.0`` inside a group or a list. What is made here may still be refused by
`engine.forms.read`; it is never less than what was typed.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Invalid, NotFound, Problem

KINDS: Mapping[str, str] = {
    "textfield": "One line of text",
    "textarea": "Several lines of text",
    "number": "A number",
    "date": "A day",
    "datetime": "A day and a time",
    "radio": "One of a few choices",
    "select": "One of many choices",
    "checklist": "Several choices",
    "checkbox": "A box to tick",
    "text": "Text between the questions",
}
"""What can be added, by the name of form-js; a day is its ``datetime`` with the subtype ``date``."""
CHOOSING = frozenset({"radio", "select", "checklist"})
HOLDING: Mapping[str, str] = {"group": "Group of questions", "dynamiclist": "List of questions"}
_PLACE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}")
_WHEN = re.compile(r'=\s*(\w+) = null or \1 != "([^"]*)"')
LONGEST_KEY, DEEPEST = 60, 3
FIRST_IN = "in "
"""How it begins where a new question goes first into a group."""

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a form: its place, what it is and asks, how deep it stands, and whether it can go up and down."""

    place: str
    kind: str
    words: str
    depth: int
    up: bool
    down: bool
    required: bool


def root_of(text: str) -> Component:
    """Read a form to change it; refused with `Invalid` where it is no JSON object with components."""
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        root = None
    if not isinstance(root, dict) or not isinstance(root.get("components"), list):
        raise Invalid([Problem("form", "form-not-json", "The form cannot be read: put its text right first.")])
    return root


def text_of(root: Component) -> str:
    """Write a form as it is kept."""
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def lines(components: Any, inside: str = "", depth: int = 0) -> Iterator[Line]:
    """List what a form asks, in the order of its page, and what stands in groups and lists below them."""
    held = components if isinstance(components, list) else []
    for at, each in enumerate(held):
        one = each if isinstance(each, dict) else {}
        place, kind = f"{inside}{at}", kind_of(one)
        words = KINDS.get(kind) or HOLDING.get(kind) or "Something else"
        is_required = _own(one, "validate").get("required") is True
        yield Line(place, words, words_of(one), depth, at > 0, at < len(held) - 1, is_required)
        if depth < DEEPEST:
            yield from lines(one.get("components"), f"{place}.", depth + 1)


def kind_of(component: Component) -> str:
    """Give the kind of a component as `KINDS` names it."""
    kind = str(component.get("type") or "")
    return "date" if kind == "datetime" and component.get("subtype", "date") == "date" else kind


def words_of(component: Component) -> str:
    """Give what a component says or asks."""
    named = (component.get(name) for name in ("label", "dateLabel", "text"))
    return str(next(filter(None, named), ""))


def found(root: Component, place: str) -> Component:
    """Give the component at a place, nothing of what is none; refused with `NotFound`."""
    held, at = _held(root, place)
    one = held[at]
    return one if isinstance(one, dict) else {}


def moved(root: Component, place: str, by: int) -> None:
    """Move a component up (-1) or down (1) among those beside it; at the edge it stays."""
    held, at = _held(root, place)
    to = at + by
    if 0 <= to < len(held):
        held[at], held[to] = held[to], held[at]


def removed(root: Component, place: str) -> None:
    """Take a component out, with all that it holds."""
    held, at = _held(root, place)
    del held[at]


def put(root: Component, place: str, given: Mapping[str, str]) -> None:
    """Change the component at a place, or add one at the end where it is "", as somebody wants it; nothing else changes.

    `given` holds ``kind`` (for a new one), ``label``, ``hint``, ``required``, ``error``, ``options`` (one in a line), ``class`` and
    ``when``; ``after`` is where a new one goes: behind a place, ``in 2`` first in a group, else at the end of the page. Refused with
    `Invalid`, all at once, at the names of the inputs.
    """
    one = copy.deepcopy(found(root, place)) if place else {"type": given.get("kind", "")}
    kind = kind_of(one) if place else given.get("kind", "")
    problems = list(_wrong(kind, given, offered=bool(one.get("valuesExpression")), in_list=is_in_list(root, place)))
    if problems:
        raise Invalid(problems)
    if not place:
        one = _new(kind, given["label"], root)
    _word(one, kind, given)
    if kind not in {*HOLDING, "text"}:
        _ask(one, kind, given)
    _hide(one, given.get("when", ""))
    if place:
        held, at = _held(root, place)
        held[at] = one
    else:
        _insert(root, one, given.get("after", ""))


def places(root: Component) -> list[tuple[str, str]]:
    """List where a new question can go, as `put` takes it, with the words for it."""
    told = []
    for line in lines(root["components"]):
        if not is_in_list(root, line.place):
            told.append((line.place, f"After “{line.words}”"))
            if found(root, line.place).get("type") == "group":
                told.append((f"{FIRST_IN}{line.place}", f"First in the group “{line.words}”"))
    return told


def _insert(root: Component, one: Component, after: str) -> None:
    """Put a new component where it is wanted."""
    if not after:
        root["components"].append(one)
    elif after.startswith(FIRST_IN):
        group = found(root, after.removeprefix(FIRST_IN))
        inside = group.get("components")
        group["components"] = [one, *(inside if isinstance(inside, list) else [])]
    else:
        held, at = _held(root, after)
        held.insert(at + 1, one)


def is_in_list(root: Component, place: str) -> bool:
    """Whether a place stands in a list: its items are asked for themselves, and the list says who may read them."""
    parts = place.split(".")
    around = (".".join(parts[:count]) for count in range(1, len(parts)))
    return any(found(root, each).get("type") == "dynamiclist" for each in around)


def given_of(component: Component) -> dict[str, str]:
    """Give what a component is, as `put` takes it."""
    own, properties = _own(component, "validate"), _own(component, "properties")
    values = component.get("values")
    options = [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
    hide = str(_own(component, "conditional").get("hide") or "")
    read = _WHEN.fullmatch(hide.strip())
    return {
        "kind": kind_of(component),
        "label": words_of(component),
        "hint": str(component.get("description") or properties.get("hint") or ""),
        "required": "yes" if own.get("required") is True else "",
        "error": str(properties.get("error") or ""),
        "options": "\n".join(f"{each.get('value')}: {each.get('label')}" for each in options),
        "class": str(properties.get("dataClass") or ""),
        "when": f"{read[1]}={read[2]}" if read else hide,
    }


def answers(root: Component, but: str) -> list[tuple[str, str]]:
    """List the answers before a place on which a question can rest: ``("seen=yes", "Was the child seen?: Yes")``."""
    told = []
    for line in lines(root["components"]):
        if line.place == but:
            break
        one = found(root, line.place)
        if kind_of(one) in {"radio", "select"} and not is_in_list(root, line.place):
            values = one.get("values")
            options = [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
            told += [
                (f"{one.get('key')}={each.get('value')}", f"{words_of(one)}: {each.get('label')}") for each in options
            ]
    return told


def _held(root: Component, place: str) -> tuple[list[Any], int]:
    """Find the list that holds a place, and where in it; refused with `NotFound`."""
    held: Any = root.get("components")
    if _PLACE.fullmatch(place):
        *around, at = map(int, place.split("."))
        for each in around:
            one = held[each] if isinstance(held, list) and each < len(held) else {}
            held = one.get("components") if isinstance(one, dict) else None
        if isinstance(held, list) and at < len(held):
            return held, at
    raise NotFound("There is no such question any more.")


def _wrong(kind: str, given: Mapping[str, str], *, offered: bool, in_list: bool) -> Iterator[Problem]:
    """Say what is missing of a question; `offered` where the case offers choices, `in_list` where it stands in a list."""
    if kind not in {*KINDS, *HOLDING}:
        yield Problem("kind", "kind-missing", "Select what kind of question it is")
    if not given.get("label"):
        yield Problem("label", "label-missing", "Enter the question, as staff will read it")
    if kind in CHOOSING and not _options(given) and not offered:
        yield Problem("options", "options-missing", "Enter what can be chosen, one choice in each line")
    if kind in KINDS and kind != "text" and not given.get("class") and not in_list:
        yield Problem("class", "class-missing", "Select who may read the answer")


def _new(kind: str, label: str, root: Component) -> Component:
    """Make a component with a key of its own, which is made of its words."""
    if kind == "text":
        return {"type": kind}
    words = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:LONGEST_KEY].strip("_")
    stem = words if words[:1].isalpha() else f"question_{words}".strip("_")
    taken = {str(found(root, line.place).get("key") or "") for line in lines(root["components"])}
    key = next(each for each in (stem, *(f"{stem}_{number}" for number in range(2, 10_000))) if each not in taken)
    if kind not in {"date", "datetime"}:
        return {"type": kind, "key": key}
    own = {"timeLabel": "Time", "use24h": True} if kind == "datetime" else {}
    return {"type": "datetime", "key": key, "subtype": kind, **own}


def _word(one: Component, kind: str, given: Mapping[str, str]) -> None:
    """Write the words of a component."""
    name = (
        "text" if kind == "text" else "dateLabel" if one.get("type") == "datetime" and "label" not in one else "label"
    )
    one[name] = given["label"]


def _ask(one: Component, kind: str, given: Mapping[str, str]) -> None:
    """Write what holds for a question: hint, whether it must be answered, choices, error and data class."""
    _set(one, "description", given.get("hint", ""))
    validate = {**_own(one, "validate")}
    _set(validate, "required", given.get("required") == "yes")
    _set(one, "validate", validate)
    if kind in CHOOSING and _options(given):
        one["values"] = _options(given)
    properties = {**_own(one, "properties")}
    for name, text in (("error", given.get("error", "")), ("dataClass", given.get("class", ""))):
        _set(properties, name, text)
    _set(one, "properties", properties)


def _hide(one: Component, when: str) -> None:
    """Write when a component is asked: ``seen=yes`` is only after that answer, FEEL stays as it is, "" is always."""
    key, is_pair, value = when.partition("=")
    pair = bool(is_pair and key)
    _set(one, "conditional", {"hide": f'={key} = null or {key} != "{value}"' if pair else when} if when else {})


def _own(component: Component, name: str) -> Component:
    """Give the settings of a component that stand together; nothing where somebody wrote something else there."""
    found = component.get(name)
    return found if isinstance(found, dict) else {}


def _set(held: Component, name: str, value: Any) -> None:
    """Set a value, or take it out where it says nothing."""
    if value:
        held[name] = value
    else:
        held.pop(name, None)


def _options(given: Mapping[str, str]) -> list[dict[str, str]]:
    """Read choices, one in a line: ``yes: Yes, somebody has checked it``, or its words alone."""
    options = []
    for line in given.get("options", "").splitlines():
        value, colon, label = (part.strip() for part in line.partition(":"))
        coded = bool(colon and label and re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", value))
        words = label if coded else line.strip()
        if words:
            key = value if coded else re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:LONGEST_KEY]
            options.append({"label": words, "value": key})
    return options
