"""Takes a form apart: the form, its questions and texts, each with its settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.comparison.parts import Anatomy, fill, put
from engine.errors import Invalid, Problem

_KINDS: Mapping[str, str] = {
    "text": "Text",
    "group": "Group of questions",
    "dynamiclist": "List of questions",
    "separator": "Line",
    "spacer": "Space",
}


def take_apart(text: str, name: str) -> Anatomy:
    """Take a form apart; refused with `Invalid` where it is no JSON object."""
    try:
        root = json.loads(text, parse_float=str)
    except (json.JSONDecodeError, RecursionError):
        root = None
    if not isinstance(root, dict):
        raise Invalid([Problem(name, "form-not-json", "The form is not JSON.")])
    found = Anatomy()
    form = found.add("", "The form", "")
    fill(form.settings, _flat({key: value for key, value in root.items() if key != "components"}))
    components = root.get("components")
    if isinstance(components, list):
        _components(components, "", found)
    elif "components" in root:
        form.settings["components"] = json.dumps(components)
    return found


def _components(components: list[Any], group: str, found: Anatomy) -> None:
    """Make a part of each component, those inside groups too."""
    for component in components:
        if not isinstance(component, dict):
            put(found.parts["The form"].settings, "components", json.dumps(component))
            continue
        kind = _KINDS.get(str(component.get("type")), "Question")
        key = str(component.get("key") or component.get("path") or component.get("id") or "")
        named = (component[name] for name in ("label", "dateLabel", "timeLabel", "text") if component.get(name))
        part = found.add(key, kind, str(next(named, "")))
        held = next(name for name, each in found.parts.items() if each is part)
        found.orders.setdefault("questions", []).append(held)
        part.settings["inside"] = group
        fill(part.settings, _flat({name: value for name, value in component.items() if name != "components"}))
        choices = component.get("values")
        if isinstance(choices, list):
            found.orders[f"choices of “{part.name}”"] = [
                str(each.get("value")) if isinstance(each, dict) else json.dumps(each) for each in choices
            ]
        inner = component.get("components")
        if isinstance(inner, list):
            _components(inner, held, found)
        elif "components" in component:
            part.settings["components"] = json.dumps(inner)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every value inside a JSON value under its path; choices are told apart by their values."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for number, each in enumerate(value, 1):
            named = each.get("value") if isinstance(each, dict) and path == "values" else None
            yield from _flat(each, f"{path}[{number if named is None else named}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)
