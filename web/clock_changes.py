"""A clock that is put on a step or taken off it: what is typed in words becomes an event on the drawing and rows of the table of deadlines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from engine.editing import Diagram, NewClock, Row, Sheet, read_span, read_time
from engine.forms import filled
from web.question_words import asked_in
from web.step_changes import TIME, Typed, require
from web.step_words import BEGINNINGS, Clock, Part, Step
from workflows.agencies import ROLES
from workflows.obligations import LONGEST_WORDS

TABLE = "deadlines"
MOMENTS: Mapping[str, str] = {
    "reminder": "reminder",
    "due": "due",
    "first": "first escalation",
    "second": "second escalation",
}
"""The moments that a new clock can have, by the names of their fields: what they are called in the table."""
_OWN = re.compile(r'"L-(\d+)"')
_LENGTH = re.compile(r'clock(?: \+ duration\("P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?"\))?')


def beginnings(files: Mapping[str, str], parts: Iterable[Part]) -> dict[str, str]:
    """Give from what a new clock can count, by its expression: from the step, the case, or a moment that a form asks for."""
    asked = {step.record: step.form for part in parts for step in part.steps if step.form}
    moments = {
        f"{form}.{key}": words for form in sorted(asked) for key, words in _moments(files.get(f"{form}.form", ""))
    }
    return {**BEGINNINGS, **{fact: f"the answer to “{words}”" for fact, words in moments.items()}}


def is_wanted(typed: Typed) -> bool:
    """Whether somebody who adds a step wants a clock on it."""
    return any(typed.line(f"when.{name}") for name in MOMENTS)


def watched(files: Mapping[str, str], file: str, step: str, since: Mapping[str, str], typed: Typed) -> dict[str, str]:
    """Give the files that differ once a step has a clock as it was typed; refused with `Invalid`, a problem for each field."""
    table = f"{TABLE}.dmn"
    require(typed, "since", typed.line("since") in since, "Choose from when it counts")
    asks = typed.line("asks")
    require(typed, "asks", bool(asks), "Enter what it asks for, for example: check the plan")
    require(typed, "asks", len(asks) <= LONGEST_WORDS, f"The words must be {LONGEST_WORDS} characters or fewer")
    require(typed, "when.due", table in files, "This procedure has no table of deadlines: add one called deadlines")
    rows = list(_rows(typed))
    typed.require_no_problems()
    numbers = [int(found) for text in files.values() for found in _OWN.findall(text)]
    deadline = f"L-{max(numbers, default=0) + 1:02}"
    sheet = Sheet(files[table], table)
    stem = deadline.replace("-", "").casefold()
    told = [Row(f"{stem}_{number}", {"deadline": f'"{deadline}"', **cells}) for number, cells in enumerate(rows, 1)]
    sheet.add(told, asks[:1].upper() + asks[1:])
    diagram = Diagram(files[file], file)
    moments = f'={TABLE}(deadline: "{deadline}", clock: {typed.line("since")})'
    diagram.watch(step, NewClock(f"Clock ({deadline})", asks, moments, "People told"))
    return {file: diagram.text, table: sheet.text}


def unwatched(files: Mapping[str, str], step: Step, clock: Clock) -> dict[str, str]:
    """Give the files that differ once a clock is taken off; refused with `NotEditable` where it does more than tell people.

    Its rows go with it, where no other clock goes by them.
    """
    diagram = Diagram(files[step.file], step.file)
    diagram.unwatch(clock.element)
    texts = {step.file: diagram.text}
    if clock.rungs and not clock.also:
        sheet = Sheet(files[clock.table], clock.table)
        for rung in clock.rungs:
            sheet.remove(rung.row)
        texts[clock.table] = sheet.text
    return texts


def _rows(typed: Typed) -> Iterator[dict[str, str]]:
    """Read the moments, each as the cells of its row; what is wrong is noted at its field."""
    require(typed, "when.due", bool(typed.line("when.due")), f"{TIME}: by when it has to be done")
    last, again = -1, typed.line("every")
    every = read_span(again) if again else "null"
    require(typed, "every", every is not None, f"{TIME}, or nothing")
    wanted = [name for name in MOMENTS if typed.line(f"when.{name}")]
    for name in wanted:
        at, role = read_time(typed.line(f"when.{name}"), "clock"), typed.line(f"tell.{name}")
        require(typed, f"when.{name}", at is not None and " - " not in at, f"{TIME}, counted from the beginning")
        require(typed, f"tell.{name}", role in ROLES, "Choose whom it tells")
        minutes = _minutes(at or "")
        in_order = minutes is None or minutes > last
        require(typed, f"when.{name}", in_order, "Enter a time that is later than the one before it")
        last = last if minutes is None else max(last, minutes)
        repeats = every if name == wanted[-1] and every else "null"
        is_due = str(name == "due").lower()
        yield {
            "at": at or "clock",
            "step": f'"{MOMENTS[name]}"',
            "due": is_due,
            "tell": f'["{role}"]',
            "urgent": "false",
            "every": repeats,
        }


def _minutes(at: str) -> int | None:
    """Give how long after the beginning a moment is; None where working days or months say it."""
    found = _LENGTH.fullmatch(at)
    days, hours, minutes = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    return days * 1440 + hours * 60 + minutes if found else None


def _moments(form: str) -> Iterator[tuple[str, str]]:
    """Give the questions of a form that ask for a day and a time, those of lists aside."""
    for one in asked_in(form):
        if filled.kind_of(one) == "datetime" and one.get("subtype") == "datetime":
            yield filled.key_of(one), filled.words_of(one) or filled.key_of(one)
