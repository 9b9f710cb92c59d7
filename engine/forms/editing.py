"""Changes the questions of a form one by one: what somebody wants of a question becomes form-js JSON, everything else stays.

A question is named by its place: ``2``, or ``2.0`` inside a group or a list. What is made here may still be refused by
`engine.forms.read`; it is never less than what was typed. What a single one says is in `engine.forms.filled`.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import Invalid, NotFound, Problem
from engine.forms.filled import (
    CHOOSING,
    HOLDING,
    KINDS,
    LIST,
    LONGEST_KEY,
    RULES,
    WORDS_ALONE,
    Component,
    given_of,
    key_of,
    kind_of,
    words_of,
    write,
    wrong,
)
from engine.frozen import frozen

_PLACE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}")
DEEPEST = 3
FIRST_IN = "in "
"""How it begins where a question goes first into a group or a list."""


@frozen
class Line:
    """One entry of a form: its place, what it is and asks, in how many groups and lists it stands, whether it can go up and down.

    `notes` say what holds for it: that it must be answered, when it is asked, which rule it has to meet.
    """

    place: str
    kind: str
    words: str
    depth: int
    up: bool
    down: bool
    notes: tuple[str, ...]


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


def placed(components: Any, inside: str = "") -> Iterator[tuple[str, Component]]:
    """Give what a form holds with its place, in the order of its page, and what stands in groups and lists behind them."""
    for at, each in enumerate(components if isinstance(components, list) else []):
        one, place = each if isinstance(each, dict) else {}, f"{inside}{at}"
        yield place, one
        if place.count(".") < DEEPEST:
            yield from placed(one.get("components"), f"{place}.")


def lines(components: Any) -> Iterator[Line]:
    """List what a form asks, in the order of its page, and what stands in groups and lists below them."""
    held = dict(placed(components))
    for place, one in held.items():
        kind, at = kind_of(one), place.rpartition(".")[2]
        words = HOLDING.get(kind) or KINDS.get(kind) or "Something else"
        following = f"{place.removesuffix(at)}{int(at) + 1}"
        yield Line(place, words, words_of(one), place.count("."), at != "0", following in held, tuple(_notes(one)))


def _notes(one: Component) -> Iterator[str]:
    """Say what holds for a component beside its words."""
    given = given_of(one)
    if given["required"] or (given["kind"] == LIST and given["least"] not in {"", "0"}):
        yield "must be answered"
    if given["when"]:
        yield "not always asked"
    if given["rule"]:
        yield RULES[given["rule"]][0][:1].lower() + RULES[given["rule"]][0][1:]
    if given["prefill"]:
        yield "filled in with what is known"


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


def put(root: Component, place: str, given: Mapping[str, str]) -> str:
    """Change the component at a place, or add one where it is "", as somebody wants it; nothing else changes. Give its key.

    `given` is what `given_of` gives; ``kind`` counts for a new one. ``after`` is where it goes: behind a place, ``in 2`` first in
    a group or a list; "" is the end of the page for a new one, and for another the place that it has. Refused with `Invalid`, all
    at once, at the names of the inputs.
    """
    own, after = found(root, place) if place else {}, given.get("after", "")
    kind = kind_of(own) if place else given.get("kind", "")
    in_list = is_in_list(root, after or place)
    offered = bool(own.get("valuesExpression"))
    problems = [*wrong(kind, given, offered=offered, in_list=in_list), *_misplaced(root, place, kind, after)]
    if problems:
        raise Invalid(problems)
    one = copy.deepcopy(own) if place else _new(kind, given["label"], root)
    write(one, kind, given, in_list=in_list, ticked=_is_box(root, given.get("when", "").partition("=")[0]))
    if not after and place:
        held, at = _held(root, place)
        held[at] = one
        return key_of(one)
    goes_to = _target(root, after)
    if place:
        held, at = _held(root, place)
        if goes_to[0] is held and goes_to[1] > at:
            goes_to = (held, goes_to[1] - 1)
        del held[at]
    goes_to[0].insert(goes_to[1], one)
    return key_of(one)


def places(root: Component, place: str = "") -> list[tuple[str, str]]:
    """List where a question can go, as `put` takes it, with the words for it; `place` is where it stands now."""
    told = []
    for at, one in placed(root["components"]):
        if place and (at == place or at.startswith(f"{place}.")):
            continue
        kind, words = kind_of(one), words_of(one)
        told.append((at, f"After “{words}”"))
        if kind in HOLDING:
            told.append((f"{FIRST_IN}{at}", f"First in the {'list' if kind == LIST else 'group'} “{words}”"))
    return told


def place_of(root: Component, key: str) -> str:
    """Find the place of a question by its key; refused with `NotFound`."""
    for place, one in placed(root["components"]):
        if key and key_of(one) == key:
            return place
    raise NotFound("There is no such question any more.")


def _misplaced(root: Component, place: str, kind: str, after: str) -> Iterator[Problem]:
    """Say where a component cannot go."""
    if not after:
        return
    goes_to = after.removeprefix(FIRST_IN)
    if place and (goes_to == place or goes_to.startswith(f"{place}.")):
        yield Problem("after", "into-itself", "It cannot stand in itself: select another place")
    if kind in {*WORDS_ALONE, LIST} and is_in_list(root, after):
        yield Problem("after", "not-in-a-list", "A list holds questions alone: select a place outside it")
    if goes_to.count(".") + after.startswith(FIRST_IN) > DEEPEST - (kind in HOLDING):
        yield Problem("after", "too-deep", "It would stand in too many groups: select a place that is less deep")


def _target(root: Component, after: str) -> tuple[list[Any], int]:
    """Find the list of components, and where in it, to which something goes."""
    if not after:
        return root["components"], len(root["components"])
    if not after.startswith(FIRST_IN):
        held, at = _held(root, after)
        return held, at + 1
    holder = found(root, after.removeprefix(FIRST_IN))
    if not isinstance(holder.get("components"), list):
        holder["components"] = []
    return holder["components"], 0


def _is_box(root: Component, key: str) -> bool:
    """Whether a key is that of a box to tick."""
    return any(kind_of(one) == "checkbox" and key_of(one) == key for _, one in placed(root["components"]) if key)


def is_in_list(root: Component, place: str) -> bool:
    """Whether a place, or ``in 2``, stands in a list: its items are asked for themselves, and the list says who may read them."""
    parts = place.removeprefix(FIRST_IN).split(".")
    around = (".".join(parts[:count]) for count in range(1, len(parts) + place.startswith(FIRST_IN)))
    return any(found(root, each).get("type") == "dynamiclist" for each in around)


def answers(root: Component, but: str) -> list[tuple[str, str]]:
    """List the answers before a place on which a question can rest: ``("seen=yes", "Was the child seen?: Yes")``.

    In a list these are the answers of its own item, elsewhere those outside the lists.
    """
    own, told = but.rpartition(".")[0] if is_in_list(root, but) else "", list[tuple[str, str]]()
    for place, one in placed(root["components"]):
        if place == but:
            break
        around = place.rpartition(".")[0] if is_in_list(root, place) else ""
        if around == own:
            told += _answers_of(one)
    return told


def _answers_of(one: Component) -> Iterator[tuple[str, str]]:
    """Give the answers to one question on which another can rest."""
    kind, key, words, values = kind_of(one), key_of(one), words_of(one), one.get("values")
    if kind == "checkbox":
        yield f"{key}=", f"{words}: ticked"
    for each in values if kind in CHOOSING and isinstance(values, list) else []:
        if isinstance(each, dict):
            yield f"{key}{'~' if kind == 'checklist' else '='}{each.get('value')}", f"{words}: {each.get('label')}"


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


def _new(kind: str, label: str, root: Component) -> Component:
    """Make a component with a key of its own, which is made of its words; a new list asks the name of each item at first."""
    if kind in WORDS_ALONE:
        return {"type": kind} if kind == "text" else {"type": kind, "components": []}
    words = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:LONGEST_KEY].strip("_")
    stem = words if words[:1].isalpha() else f"question_{words}".strip("_")
    taken = {key_of(one) for _, one in placed(root["components"])}
    key = next(each for each in (stem, *(f"{stem}_{number}" for number in range(2, 10_000))) if each not in taken)
    if kind == LIST:
        first = {"type": "textfield", "key": "name", "label": "Name", "validate": {"required": True}}
        repeats = {"isRepeating": True, "allowAddRemove": True, "defaultRepetitions": 1}
        return {"type": kind, "label": label, "path": key, **repeats, "components": [first]}
    if kind not in {"date", "datetime"}:
        return {"type": kind, "key": key}
    own = {"timeLabel": "Time", "use24h": True} if kind == "datetime" else {}
    return {"type": "datetime", "key": key, "subtype": kind, **own}
