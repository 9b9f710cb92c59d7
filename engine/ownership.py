"""Who has a task: taken, put back, given to somebody, given back. Everybody of the role may still do it; the log says who had it.

Who owns a task is no token and no fact: it stands in the index of tasks and in the log, from which the index is written anew.
Each change is one transaction on the case's own row, with its event; what is so already is no change and no event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from engine.admission import require_open, task_number
from engine.errors import Conflict
from engine.frozen import frozen
from engine.model import Actor, Event
from engine.store import CaseTable, EventTable, TaskTable, row_lock, writing
from engine.writing import Stored, write_event

CASE, TASK = CaseTable.__table__, TaskTable.__table__

CLAIMED, RELEASED, GIVEN, RETURNED = "task_claimed", "task_released", "task_given", "task_returned"
HANDED_OVER = "task_handed_over"
KINDS = (CLAIMED, RELEASED, GIVEN, RETURNED, HANDED_OVER)


class TaskIsTaken(Conflict):
    """Somebody else has this task, and only they, or who leads them, can change that."""


@frozen
class Owner:
    """Who has a task, since when, by whose hand, and to whom it goes back; all empty where nobody has it."""

    owner: str = ""
    owned_at: datetime | None = None
    given_by: str = ""
    returns_to: str = ""


NOBODY = Owner()

COLUMNS = ("owner", "owned_at", "given_by", "returns_to")


class Ownership:
    """The changes of who has a task, in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use a database that `engine.store.connect` opened."""
        self.engine = engine

    def claim(self, task_id: str, *, by: Actor, now: datetime) -> bool:
        """Take a task that nobody has; False where it is one's own already.

        Refused with `TaskIsTaken` where another has it, unless `by` deputises for them; and as a task that cannot be done:
        `TaskNotFound`, `NotYourTask`, `TaskAlreadyCompleted`, `TaskNoLongerOpen`.
        """
        with _changing(self.engine, task_id, by, now) as change:
            change.require_with(by.person, *by.deputises)
            return change.to(Owner(by.person, now), CLAIMED)

    def release(self, task_id: str, *, by: Actor, now: datetime, leads: frozenset[str] = frozenset()) -> bool:
        """Put a task back for everybody of its role; False where nobody has it. `leads` are roles whose tasks `by` may take from others."""
        with _changing(self.engine, task_id, by, now, leads) as change:
            change.require_own_or_led()
            return change.to(NOBODY, RELEASED)

    def give(
        self,
        task_id: str,
        to: str,
        *,
        by: Actor,
        now: datetime,
        leads: frozenset[str] = frozenset(),
        returns: bool = False,
    ) -> bool:
        """Give a task to a person, who must be able to do it (the caller has looked); with `returns` it comes back to `by`.

        One's own task and one that nobody has may be given; another's by who `leads` its role. False where they have it.
        """
        with _changing(self.engine, task_id, by, now, leads) as change:
            change.require_own_or_led()
            return change.to(Owner(to, now, by.person, by.person if returns else ""), GIVEN)

    def take_over(self, task_id: str, giver: str, *, by: Actor, now: datetime) -> bool:
        """Take what a person hands over, who has it until this moment; False where it is one's own already.

        Refused with `TaskIsTaken` where somebody else has it meanwhile.
        """
        with _changing(self.engine, task_id, by, now) as change:
            change.require_with(giver, by.person)
            if change.had.owner == by.person:
                return False
            return change.to(Owner(by.person, now, giver), HANDED_OVER)

    def give_back(self, task_id: str, *, by: Actor, now: datetime) -> bool:
        """Give a task back to the person who gave it for a while; False where it is not to go back to anybody."""
        with _changing(self.engine, task_id, by, now) as change:
            change.require_own_or_led()
            if not change.had.returns_to:
                return False
            return change.to(Owner(change.had.returns_to, now, by.person), RETURNED)


@frozen
class _Change:
    """A task that is open, in a case that is locked, and the person who changes who has it."""

    connection: sa.Connection
    case: Any
    task: Any
    had: Owner
    by: Actor
    now: datetime
    leads: frozenset[str]

    def require_own_or_led(self) -> None:
        """Refuse what only the owner, their deputy, or who leads them may do."""
        if self.task.role not in self.leads:
            self.require_with(self.by.person, *self.by.deputises)

    def require_with(self, *people: str) -> None:
        """Refuse where somebody else than these people has the task."""
        if self.had.owner not in {"", *people}:
            raise TaskIsTaken(f"{self.had.owner} has this task.")

    def to(self, wanted: Owner, kind: str) -> bool:
        """Write who has the task from now on, with its event; False where they had it already."""
        if replace(wanted, owned_at=None) == replace(self.had, owned_at=None):
            return False
        this = sa.update(TaskTable).where(TASK.c.case_id == self.case.id, TASK.c.number == self.task.number)
        self.connection.execute(this.values(**{name: getattr(wanted, name) for name in COLUMNS}))
        told = {"from": self.had.owner, "to": wanted.owner, "returns_to": wanted.returns_to}
        if kind == HANDED_OVER:
            told["giver"] = wanted.given_by
        data = {name: person for name, person in told.items() if person}
        event = Event(kind, self.task.element, self.task.name, self.task.number, by=self.by.person, data=data)
        write_event(self.connection, Stored.of(self.case), event, self.now)
        return True


@contextmanager
def _changing(
    engine: sa.Engine, task_id: str, by: Actor, now: datetime, leads: frozenset[str] = frozenset()
) -> Iterator[_Change]:
    """Lock a task's case and look whether this person may have to do with the task.

    Raises:
        TaskNotFound, NotYourTask, TaskAlreadyCompleted, TaskNoLongerOpen.
    """
    case_id, number = task_number(task_id)
    with writing(engine) as connection:
        case: Any = connection.execute(row_lock(engine, sa.select(CASE).where(CASE.c.id == case_id))).first()
        asked = sa.select(TASK).where(TASK.c.case_id == case_id, TASK.c.number == number)
        task: Any = connection.execute(asked).first()
        require_open(task, by.duties | leads)
        had = Owner(*(getattr(task, name) for name in COLUMNS))
        yield _Change(connection, case, task, had, by, now, leads)


def from_log(connection: sa.Connection, case_id: str) -> dict[int, Owner]:
    """Give who has each task of a case by its number, as the log tells it."""
    event = EventTable
    asked = sa.select(event.task, event.at, event.kind, event.by, event.data).where(
        event.case_id == case_id, event.kind.in_(KINDS)
    )
    return _replayed(connection.execute(asked.order_by(event.seq)))


def _replayed(events: Iterable[Any]) -> dict[int, Owner]:
    """Go through the changes in their order."""
    found: dict[int, Owner] = {}
    for event in events:
        told = orjson.loads(event.data)
        to = told.get("to", "")
        given_by = {GIVEN: event.by, RETURNED: event.by, HANDED_OVER: told.get("giver", "")}.get(event.kind, "")
        found[event.task] = Owner(to, event.at, given_by, told.get("returns_to", "")) if to else NOBODY
    return found
