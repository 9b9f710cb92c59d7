"""Takes a scenario apart: what it is called, when it begins, and its steps, each with its answers and what was open after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from engine.comparison.parts import Anatomy
from engine.forms.syntax import read_json


def take_apart(text: str, name: str) -> Anatomy:
    """Take a scenario apart; refused with `Invalid` where it is no JSON."""
    root, found = read_json(text, name), Anatomy()
    given: Mapping[str, Any] = root if isinstance(root, dict) else {"scenario": root}
    steps = given.get("steps")
    plain = isinstance(steps, list) and all(isinstance(each, dict) for each in steps)
    scenario = found.add("", "Scenario", "")
    scenario.settings |= {each: _said(value) for each, value in given.items() if each != "steps" or not plain}
    for step in steps if isinstance(steps, list) and plain else []:
        key = f"{step.get('do')} {step.get('task') or step.get('event') or ''}".strip()
        part = found.add(key, "Step", key)
        found.orders.setdefault("steps", []).append(next(each for each, one in found.parts.items() if one is part))
        answers = step.get("answers")
        part.settings |= {each: _said(value) for each, value in step.items() if value is not answers}
        asked = answers if isinstance(answers, dict) else {"": answers}
        part.settings |= {f"answer {each}": _said(value) for each, value in asked.items()}
    return found


def _said(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
