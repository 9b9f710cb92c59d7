"""A scenario: a case that was tried out and kept with the procedure, so that each check plays it again.

It is a file of the procedure, ``back_within_a_day.scenario``, so that it is exported, compared, hashed and published with the rest,
and what a release was checked with is known for ever. It holds commands (`engine.rehearsal`) and what was open after each::

    {
        "name": "Back within a day",
        "began": "2026-03-02T09:00:00+00:00",
        "closes": true,
        "steps": [{"do": "open", "answers": {...}, "then": ["acknowledge_handover", "complete_missing_report"]}, ...],
    }

Clocks are not compared: a deadline that was moved is no fault of the way that a case goes. A step that a clock opens is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from engine.errors import AnswersInvalid, Invalid, Problem
from engine.forms.syntax import read_json
from engine.frozen import frozen
from engine.rehearsal import CannotBePlayed, Command, Rehearsal, StandIn, moment_of
from engine.release import Compiled

KIND = "scenario"
LONGEST_NAME = 120
MOST_STEPS = 200
"""So many commands a scenario, and a case that is tried out, has at most."""


@frozen
class Scenario:
    """A scenario as it is kept; `began` is the moment at which its virtual clock begins."""

    id: str
    name: str
    began: datetime
    steps: tuple[Command, ...]
    closes: bool


@frozen
class Played:
    """What became of a scenario: the first thing that is not as it was kept, and the elements whose work it did.

    `place` counts the steps that went as they were kept.
    """

    problem: Problem | None
    place: int
    reached: frozenset[str]


def read(text: str, file: str) -> Scenario:
    """Read a scenario's file; refused with `Invalid`."""
    root = read_json(text, file)
    given = root if isinstance(root, dict) else {}
    steps, name = given.get("steps"), str(given.get("name") or "").strip()
    began = moment_of(given.get("began"))
    plain = isinstance(steps, list) and len(steps) <= MOST_STEPS and all(map(_is_command, steps))
    if began is None or not isinstance(steps, list) or not (plain and name):
        sentence = "This is no scenario: it has a name, the moment at which it began, and its steps. Keep it anew."
        raise Invalid([Problem(file, "scenario-not-read", sentence)])
    return Scenario(file.rpartition(".")[0], name, began, tuple(steps), given.get("closes") is True)


def _is_command(step: object) -> bool:
    """Whether a step is a command whose answers, where it has any, are texts as a page posts them."""
    answers = step.get("answers", {}) if isinstance(step, dict) else None
    given = answers.values() if isinstance(answers, dict) else [None]
    return all(isinstance(each, str) for value in given for each in (value if isinstance(value, list) else [value]))


def write(name: str, rehearsal: Rehearsal, commands: Iterable[Command]) -> str:
    """Play commands on a rehearsal that has just begun, and give the text of the scenario that they are; refused as they are."""
    steps: list[dict[str, Any]] = []
    for command in commands:
        rehearsal.take(command)
        steps.append({**command, "then": _open(rehearsal)})
    told = {"name": name, "began": rehearsal.began.isoformat(), "closes": rehearsal.is_closed, "steps": steps}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n"


def play(scenario: Scenario, release: Compiled, stand_in: StandIn) -> Played:
    """Play a scenario on a release, and say where it first goes another way."""
    rehearsal, place = Rehearsal(release, scenario.began, stand_in), 0
    problem: Problem | None = None
    for step in scenario.steps:
        try:
            rehearsal.take(step)
        except AnswersInvalid as refusal:
            problem = _unanswered(scenario, rehearsal, step, refusal.problems)
        except CannotBePlayed as refusal:
            problem = _problem(scenario, rehearsal, refusal.element, f"stops here: {refusal}")
        problem = problem or _other_tasks(scenario, rehearsal, step)
        if problem is not None:
            break
        place += 1
    if problem is None and rehearsal.is_closed != scenario.closes:
        ended = (
            "ended with the case closed, and now it stays open"
            if scenario.closes
            else "ended with the case open, and now it is closed"
        )
        problem = _problem(scenario, rehearsal, "", ended)
    return Played(problem, place, rehearsal.reached())


def _open(rehearsal: Rehearsal) -> list[str]:
    return sorted(task.node.id for task in rehearsal.open_tasks())


def _other_tasks(scenario: Scenario, rehearsal: Rehearsal, step: Command) -> Problem | None:
    """Say which step is open that was not, or is not that was."""
    kept = step.get("then")
    then, now = Counter(map(str, kept if isinstance(kept, list) else [])), Counter(_open(rehearsal))
    after = _after(rehearsal, step)
    for name in sorted((then - now).keys()):
        said = f"expects “{rehearsal.name_of(name)}” to be open {after}, and it is not"
        return _problem(scenario, rehearsal, name, said)
    for name in sorted((now - then).keys()):
        said = f"goes another way {after}: “{rehearsal.name_of(name)}” is open, which it was not"
        return _problem(scenario, rehearsal, name, said)
    return None


def _unanswered(scenario: Scenario, rehearsal: Rehearsal, step: Command, wrong: Sequence[Problem]) -> Problem:
    sentences = "; ".join(each.sentence for each in wrong[:3])
    element = str(step.get("task") or rehearsal.release.start.id)
    said = f"does not answer “{rehearsal.name_of(element)}” as it is asked now: {sentences}"
    return _problem(scenario, rehearsal, element, said)


def _after(rehearsal: Rehearsal, step: Command) -> str:
    """Say after what."""
    element = str(step.get("task") or step.get("event") or "")
    if step.get("do") == "open":
        return "once the case is opened"
    return f"after “{rehearsal.name_of(element)}”" if element else "when time has gone on"


def _problem(scenario: Scenario, rehearsal: Rehearsal, element: str, said: str) -> Problem:
    """Make a problem at an element of the drawings, or at the scenario where there is no such element."""
    where = element if element in rehearsal.release.nodes else f"{scenario.id}.{KIND}"
    sentence = (
        f"The scenario “{scenario.name}” {said.removesuffix('.')}. Put the procedure right, or play the scenario anew."
    )
    return Problem(where, "scenario-other-way", sentence)
