"""What a step did, before anything of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.frozen import frozen
from engine.model import USUAL_RANK, Event, FactWrite, Value
from engine.process import Node
from engine.state import Position


@frozen
class OpenTask:
    """A task that a person may do now; `key` is the record key under which its form writes ("" for a record that
    occurs once), `due_at` when it is due, and `deadline` the boundary event that says so.
    """

    number: int
    node: Node
    key: str
    due_at: datetime | None
    deadline: str


@frozen
class Sent:
    """A message that another case may take."""

    name: str
    correlation: str
    element: str
    payload: Mapping[str, Value]
    lives: timedelta | None = None
    optional: bool = False


Written = tuple[bytes, bytes]
"""A position and the facts beside it, as they are stored."""


@dataclass(slots=True)
class Outcome:
    """What a step did; everything that the store writes in one transaction.

    `staying` are the tasks that were open and still are, `moved` those of them that are due at another moment, `gone` the
    tasks that are open no more: the completed one and the cancelled ones. `written` are position and facts as the store keeps them, once it does.
    """

    position: Position
    events: list[Event] = field(default_factory=list)
    writes: list[FactWrite] = field(default_factory=list)
    opened: list[OpenTask] = field(default_factory=list)
    staying: list[OpenTask] = field(default_factory=list)
    moved: list[OpenTask] = field(default_factory=list)
    completed: tuple[int, str] | None = None
    cancelled: list[int] = field(default_factory=list)
    gone: list[OpenTask] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    awaited: list[tuple[int, str, str]] = field(default_factory=list)
    next_due_at: datetime | None = None
    closed: bool = False
    title: str = ""
    rank: int = USUAL_RANK
    written: Written = (b"", b"")
