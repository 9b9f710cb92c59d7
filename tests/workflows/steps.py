"""Steps as the engine hands them to its observers, for tests of the observers alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.model import Facts
from engine.views import EventRow, Step, TaskRow

CASE = "MC-7K3QX9PW"


def an_event(
    kind: str, at: datetime, *, seq: int = 1, element: str = "", task: int | None = None, **data: Any
) -> EventRow:
    """Make a line of the log."""
    return EventRow(CASE, seq, at, kind, "", element, "Name on the drawing", task, "system", data)


def a_task(number: int, element: str, role: str, now: datetime, due_at: datetime | None) -> TaskRow:
    """Make an open task."""
    return TaskRow(CASE, number, element, "Name", role, "", "", "", "open", now, due_at, "", None, "", "A title")


def a_step(
    now: datetime,
    facts: Facts | None = None,
    events: tuple[EventRow, ...] = (),
    opened: tuple[TaskRow, ...] = (),
    **changed: Any,
) -> Step:
    """Make a step of the procedure `missing_child`."""
    given: Mapping[str, Any] = {"procedure": "missing_child", "status": "open"} | changed
    return Step(CASE, given["procedure"], 1, "A title", now, events, facts or {}, opened, given["status"])
