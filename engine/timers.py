"""The sweep: fires what is due, opens what begins by itself, hands messages over and asks other systems; one broken case never stops
the others.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import sqlalchemy as sa

from engine.cases import Cases
from engine.errors import Refusal
from engine.faults import StepFailed, describe
from engine.frozen import frozen
from engine.store import CaseTable, ScheduleTable, reading
from engine.views import Letter

logger = logging.getLogger("homeward.timers")

Found = TypeVar("Found")

NEXT = sa.union_all(
    sa.select(sa.func.min(CaseTable.next_due_at).label("at")), sa.select(sa.func.min(ScheduleTable.next_at))
)

RINGS_AT_MOST = 50
"""How often the clocks of one case may go off in one sweep; more is a loop of clocks that are due at once."""

WEATHER_AT_MOST = 5
"""How often the database, or what another node did first, may stand in the way of a step before people hear of it."""


class RingsWithoutEnd(Exception):
    """The clocks of a case go off again and again at one moment."""


@frozen
class Swept:
    """What a sweep did: clocks that went off, messages handed over, steps that failed, cases that began by themselves."""

    fired: int = 0
    delivered: int = 0
    failed: int = 0
    opened: int = 0

    @property
    def steps(self) -> int:
        """Say how many steps were taken or have failed; as many as the limit, where more is left."""
        return self.fired + self.delivered + self.failed + self.opened


def sweep(cases: Cases, *, now: datetime, limit: int = 500, between: Callable[[], object] | None = None) -> Swept:
    """Fire due clocks, open due cases and deliver waiting messages until nothing is left or `limit` steps were taken.

    What another node holds is passed over: that node may be frozen. A step that fails is rolled back whole and
    becomes an incident (`engine.incidents`), and the sweep goes on.
    `between` is called after each clock that went off, so that the caller may let people write first.
    """
    cases.incidents.resolve(now)
    clocks, openings, messages = _Clocks(cases, now, between), _Openings(cases, now), _Messages(cases, now)
    over = _Over(cases, now)
    for line in (clocks, openings, messages, over):
        limit -= line.work(limit)
    failed = clocks.failed + openings.failed + messages.failed + over.failed
    return Swept(clocks.done, messages.done, failed, openings.done)


def deliver(cases: Cases, *, now: datetime, limit: int = 500) -> Swept:
    """Hand waiting messages over alone, as `sweep` does: for whoever rings the clocks, and knows when a message was sent."""
    messages = _Messages(cases, now)
    messages.work(limit)
    return Swept(0, messages.done, messages.failed, 0)


def next_due(cases: Cases) -> datetime | None:
    """Give when the next clock of any case goes off, or the next case opens by itself."""
    with reading(cases.engine) as connection:
        return min((at for at in connection.execute(NEXT).scalars() if at is not None), default=None)


def run_errands(cases: Cases, *, now: datetime, limit: int = 500) -> tuple[int, int]:
    """Ask other systems what cases have sent for, at most `limit` times; give how many answers came and how often none did.

    They may be slow: whoever sweeps the clocks does not wait for them.
    """
    errands = _Errands(cases, now)
    errands.work(limit)
    return errands.done, errands.failed


class _Line(ABC, Generic[Found]):
    """One kind of work of the sweep: what is next, how it is done, and what becomes of it where that fails."""

    def __init__(self, cases: Cases, now: datetime) -> None:
        self.cases, self.now = cases, now
        self.held: list[str] = []
        self.done = self.failed = 0

    def work(self, limit: int) -> int:
        """Do what is next until nothing is left or `limit` attempts were made; give how many were."""
        while self.done + self.failed < limit and (found := self.next()) is not None:
            try:
                went = self.take(found)
            except Exception as fault:  # noqa: BLE001 - one broken case never stops the others
                self.held.append(self.key(found))
                self.fail(found, fault)
                self.failed += 1
            else:
                self.done += went
                if not went:
                    self.held.append(self.key(found))
        return self.done + self.failed

    @abstractmethod
    def next(self) -> Found | None:
        """Give what is next, apart from what is in `held`."""

    @abstractmethod
    def take(self, found: Found) -> bool:
        """Do it; False where another node holds it or was first."""

    @abstractmethod
    def key(self, found: Found) -> str:
        """Give the name under which it is passed over in this sweep."""

    @abstractmethod
    def fail(self, found: Found, fault: Exception) -> None:
        """Put it off, and keep the failure."""

    def keep(self, about: tuple[str, str], case_id: str, fault: Exception, times: int) -> None:
        """Keep a failure: what may pass by itself is tried again with a growing wait, anything else is an incident."""
        if not self.passes(fault) or times >= WEATHER_AT_MOST:
            self.cases.incidents.keep(case_id, about, fault, self.now)
        text = "a step of the sweep failed (%d): %s %s of case %s: %s"
        logger.error(text, times, *about, case_id or "none", describe(fault))

    def passes(self, fault: Exception) -> bool:
        """Whether this may pass by itself: the database is away, or another node was first."""
        cause = fault.__cause__ if isinstance(fault, StepFailed) else fault
        return isinstance(cause, sa.exc.DBAPIError) or (isinstance(cause, Refusal) and cause is fault)


class _Clocks(_Line[str]):
    """The clocks that are due, by the reference of their case; each of a case in turn."""

    def __init__(self, cases: Cases, now: datetime, between: Callable[[], object] | None) -> None:
        super().__init__(cases, now)
        self.rings: Counter[str] = Counter()
        self.between = between

    def next(self) -> str | None:
        return self.cases.next_due(now=self.now, held=self.held)

    def take(self, found: str) -> bool:
        if self.rings[found] >= RINGS_AT_MOST:
            raise RingsWithoutEnd(found)
        went = self.cases.fire(found, now=self.now)
        self.rings[found] += went
        if went and self.between is not None:
            self.between()
        return went

    def key(self, found: str) -> str:
        return found

    def fail(self, found: str, fault: Exception) -> None:
        self.keep(("clock", ""), found, fault, self.cases.postpone(found, now=self.now))


class _Openings(_Line[str]):
    """The procedures whose time to open a case has come."""

    def next(self) -> str | None:
        return self.cases.next_schedule(now=self.now, held=self.held)

    def take(self, found: str) -> bool:
        return self.cases.open_scheduled(found, now=self.now)

    def key(self, found: str) -> str:
        return found

    def fail(self, found: str, fault: Exception) -> None:
        self.keep(("schedule", found), "", fault, self.cases.postpone_schedule(found, now=self.now))


class _Messages(_Line[Letter]):
    """The messages that somebody takes."""

    def next(self) -> Letter | None:
        return self.cases.messages.next(now=self.now, held=self.held)

    def take(self, found: Letter) -> bool:
        return self.cases.messages.deliver(found, now=self.now)

    def key(self, found: Letter) -> str:
        return found.message_id

    def fail(self, found: Letter, fault: Exception) -> None:
        times = self.cases.messages.postpone(found.message_id, now=self.now)
        self.keep(("message", found.name), found.case_id, fault, times)


class _Over(_Messages):
    """The messages that nobody took in their time."""

    def next(self) -> Letter | None:
        return self.cases.messages.next_over(now=self.now, held=self.held)

    def take(self, found: Letter) -> bool:
        return self.cases.messages.end(found.message_id, now=self.now)


class _Errands(_Line[str]):
    """What cases have asked other systems for, by the message that says so."""

    def next(self) -> str | None:
        return self.cases.errands.next(now=self.now, held=self.held)

    def take(self, found: str) -> bool:
        return self.cases.errands.carry_out(found, now=self.now)

    def key(self, found: str) -> str:
        return found

    def fail(self, found: str, fault: Exception) -> None:
        times = self.cases.messages.postpone(found, now=self.now)
        self.keep(("errand", found), found.rpartition("/")[0], fault, times)

    def passes(self, fault: Exception) -> bool:  # noqa: ARG002 - whatever it was
        """Another system may be away for a while, and says so in its own way."""
        return True
