"""What the engine shows of its cases: frozen values, never rows of the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.forms import Form
from engine.frozen import frozen
from engine.model import USUAL_RANK, Facts, Value


@frozen
class ReleaseRow:
    """A published release: `number` counts within its procedure, `digest` is the SHA-256 of its files."""

    id: int
    procedure: str
    number: int
    digest: str
    published_by: str
    published_at: datetime


@frozen
class TaskRow:
    """A person's task as the index keeps it; `status` is ``open``, ``completed`` or ``cancelled``.

    `id` is ``<case reference>.<number>``, for example ``MC-7K3QX9PW.4``; `deadline` the id of the boundary event that says
    when the task is due. `owner` has it, since `owned_at`; "" where nobody has taken it.
    """

    case_id: str
    number: int
    element: str
    name: str
    role: str
    form: str
    record: str
    record_key: str
    status: str
    opened_at: datetime
    due_at: datetime | None
    deadline: str
    completed_at: datetime | None
    completed_by: str
    case_title: str = ""
    rank: int = USUAL_RANK
    owner: str = ""
    owned_at: datetime | None = None
    given_by: str = ""
    returns_to: str = ""

    @property
    def id(self) -> str:
        """The task's id."""
        return f"{self.case_id}.{self.number}"


@frozen
class EventRow:
    """One line of a case's log; `command` is the idempotency key of the command that caused it, "" for a clock's."""

    case_id: str
    seq: int
    at: datetime
    kind: str
    activity: str
    element: str
    name: str
    task: int | None
    by: str
    data: Mapping[str, Any]
    command: str = ""
    digest: str = ""


@frozen
class Step:
    """What one step did, as its observers see it inside the same transaction; `facts` is how they stand after it.

    `next_due_at` is when the next clock of the case goes off, and `moved` gives the tasks that were open before and are due at another
    moment now, by number; None and nothing in a step that is told again.
    """

    case_id: str
    procedure: str
    release_id: int
    title: str
    now: datetime
    events: tuple[EventRow, ...]
    facts: Facts
    opened: tuple[TaskRow, ...]
    status: str
    next_due_at: datetime | None = None
    moved: tuple[tuple[int, datetime | None], ...] = ()


Observer = Callable[[sa.Connection, Step], None]


@frozen
class Done:
    """The answer to a command: the case, the ids of the tasks that it opened, and whether it had been done before."""

    case_id: str
    tasks: tuple[str, ...]
    repeated: bool = False


@frozen
class Late:
    """How many cases have a clock that is more than a minute late, and when the oldest of these was due.

    `held_up` counts the cases that are quarantined and late for that reason; they are not in `count`.
    """

    count: int
    oldest_due_at: datetime | None
    held_up: int = 0


@frozen
class Letter:
    """A message and who takes it: a case that waits for it, or a procedure that it opens; neither, where nobody does."""

    message_id: str
    name: str
    case_id: str
    procedure: str


@frozen
class ScheduleRow:
    """When a procedure opens its next case by itself (None: its timer gave no moment), and how often that failed."""

    procedure: str
    next_at: datetime | None
    failures: int


@frozen
class OpeningView:
    """How a case of a procedure is opened: the form, and the role that may do it."""

    procedure: str
    name: str
    form: Form
    role: str
    release_id: int
    documentation: str


@frozen
class TaskView:
    """A task with all that its page needs: the form, the values as they stand, what its conditions see, and a stamp.

    The stamp goes back with the answers: the page is stale when the fields that it writes have changed since. `beside`
    holds the facts that the diagram wants shown with this form, as far as the reader may see them.
    """

    row: TaskRow
    form: Form
    values: Mapping[str, Value]
    scope: Mapping[str, Any]
    stamp: str
    documentation: str
    beside: Facts
    seen: int = 0
    """The number of the last event that the page knows of."""


@frozen
class CaseView:
    """A case as one reader may see it; `withheld` names the data classes that hold something and are not shown."""

    case_id: str
    procedure: str
    title: str
    status: str
    opened_at: datetime
    closed_at: datetime | None
    release_id: int
    release_number: int
    facts: Facts
    withheld: frozenset[str]
    tasks: tuple[TaskRow, ...]
    timeline: tuple[EventRow, ...]
    reached: frozenset[str]


@frozen
class Cursor:
    """Where a page of a list ended: the next one begins behind it. Without `rank` the list is ordered by due time alone."""

    due_at: datetime | None
    case_id: str
    number: int
    rank: int | None = None


@frozen
class Page:
    """One page of tasks; `next` is where the following page begins, or None at the end."""

    rows: tuple[TaskRow, ...]
    next: Cursor | None
