"""Frozen values that pass between the parts of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from engine.frozen import frozen

Clock = Callable[[], datetime]
"""Gives the present moment as an aware datetime in UTC; the composition root decides which."""

Value = Any
"""A fact's value: str, bool, int, Decimal, date, time, aware datetime, timedelta, list, dict or None."""

Facts = dict[str, dict[str, dict[str, Value]]]
"""All facts of a case: record, record key ("" where a record occurs once), field, value.

Example: ``{"found": {"": {"returned_at": datetime(...)}}, "attempt": {"1": {...}, "2": {...}}}``.
"""

USUAL_RANK = 50
"""Where a case stands in lists whose procedure says nothing of its priority; 0 comes first, 100 last."""

SYSTEM = "system"
"""Stands as the person in everything that a clock or the engine itself did."""


@frozen
class Actor:
    """Who acts: a person's sign-in name, the roles held now, and the organisation for which they act.

    `held` says in which organisations a role is held, where there are several: ``{("cmo", "nottingham_city")}``.
    `stands_in` names the roles whose tasks this person does too, without reading more than the own `roles` allow; `deputises`
    the people who are away and in whose place this person stands, within the own roles.
    """

    person: str
    roles: frozenset[str] = frozenset()
    organisation: str = ""
    held: frozenset[tuple[str, str]] = frozenset()
    stands_in: frozenset[str] = frozenset()
    deputises: frozenset[str] = frozenset()

    @property
    def duties(self) -> frozenset[str]:
        """The roles whose tasks this person does."""
        return self.roles | self.stands_in

    def organisations(self, role: str) -> frozenset[str]:
        """Name the organisations in which a role is held."""
        found = frozenset(organisation for name, organisation in self.held if name == role)
        return found or (frozenset({self.organisation}) if role in self.duties else frozenset())


@frozen
class FactWrite:
    """One field of one record gets a value."""

    record: str
    key: str
    field: str
    value: Value


@frozen
class Wait:
    """Something for which a case waits by itself, without a person: an element of the diagram, and what ends the waiting.

    `kind` is ``message``, ``condition``, ``signal``, ``timer``, or ``deadline`` for a clock that only tells people; `until` is the next
    moment of the last two, where it is known.
    """

    element: str
    kind: str
    until: datetime | None = None


@frozen
class Event:
    """Something that happened in a step, before it is stored.

    `kind` is a snake_case fact such as ``task_completed``; `activity` is the domain's word for it where the diagram
    gives one; `data` holds plain JSON values only and nothing personal.
    """

    kind: str
    element: str = ""
    name: str = ""
    task: int | None = None
    activity: str = ""
    by: str = SYSTEM
    data: Mapping[str, Any] = field(default_factory=dict)


ON_PAPER = "on_paper"
"""Under which name an event keeps when something was done on paper: the moment as ISO text in UTC."""


def told_of_paper(on_paper: datetime | None) -> dict[str, str]:
    """Give what an event says of something that was done on paper first; nothing where it was not."""
    return {ON_PAPER: on_paper.astimezone(UTC).isoformat()} if on_paper else {}


@frozen
class Open:
    """Begin a case with the answers of the opening form; `on_paper` is when it was taken on paper, None where it was not."""

    writes: tuple[FactWrite, ...]
    by: Actor
    on_paper: datetime | None = None


@frozen
class Complete:
    """A person has done a task; `owner` is who had taken it, "" where nobody had.

    `on_paper` is when it was done on paper, while nothing could be recorded; None where it is recorded as it is done. It stands in the
    log beside the moment of the recording, and moves no clock: those follow from what the forms ask.
    """

    task: int
    writes: tuple[FactWrite, ...]
    by: Actor
    owner: str = ""
    on_paper: datetime | None = None

    @property
    def instead(self) -> str:
        """How the log names the owner, where it is another person: done ``for`` them as a deputy, or it was ``taken`` by them."""
        if self.owner in {"", self.by.person}:
            return ""
        return "for" if self.owner in self.by.deputises else "taken"

    @property
    def told(self) -> dict[str, str]:
        """Give what the log says of it beside who did it: in whose place, and when it was done on paper."""
        return ({self.instead: self.owner} if self.instead else {}) | told_of_paper(self.on_paper)


@frozen
class Fire:
    """The earliest due clock of the case is let go off."""


@frozen
class Deliver:
    """A message arrives for an element that waits for it.

    `given` are the roles of the person who gives it, or `PARTNERS`: the drawing has to name one of them. None where another case sent it.
    """

    name: str
    key: str
    payload: Mapping[str, Value]
    by: str = SYSTEM
    given: frozenset[str] | None = None


@frozen
class Correct:
    """A fact was wrong: it gets its right value, and the clocks that rest on it are derived again."""

    writes: tuple[FactWrite, ...]
    by: Actor
    reason: str


@frozen
class Skip:
    """An operation that fails is left out the next time that a token comes to it; what it would have found stays unknown."""

    element: str
    by: Actor
    reason: str


@frozen
class Move:
    """The token at one element is put before another element of the same process."""

    element: str
    to: str
    by: Actor
    reason: str


Found = Mapping[str, Value] | list[Mapping[str, Value]]
"""What an operation found: the fields of one record, or of several (each is written under a key of its own)."""

Operation = Callable[[str, Mapping[str, Value]], Found]
"""Carries out an operation by its name on what a step sees."""


PARTNERS = "partners"
"""Stands beside roles where a drawing says who may give a message (property `given_by`)."""

ASKED, FOUND = "ask:", "found:"
"""How the names of the two messages begin by which an operation after the step is asked for and answered."""

AFTER = "after "
"""How the names of these operations begin where a release is checked, so that they are not taken for those inside the step."""


def no_operations(name: str, scope: Mapping[str, Value]) -> Found:
    """Stand for operations where a procedure has none."""
    raise LookupError(f"there is no operation {name} for {sorted(scope)}")


Command = Open | Complete | Fire | Deliver | Correct | Skip | Move
