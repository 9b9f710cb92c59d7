"""The worker: an APScheduler clock that ticks the sweeps; what is due stands in the database, not in the scheduler.

There is no job store, each job runs once at a time, and ticks that were missed are one tick. Any number of workers may
run, for each sweep claims its row.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from engine import anchors, faults, timers
from engine.cases import Cases
from engine.model import Clock
from engine.store import writing
from notifications import holding, outbox
from notifications.message import Channel
from web import keeping, sessions, verification
from web.clock import system_clock
from web.heartbeats import beat
from web.scanning import Scanner, Verdict
from web.tables import HeartbeatRow
from web.tombstones import Keeper
from workflows import (
    alarms,
    alerts,
    attachment_mails,
    attachments,
    board_mails,
    comments,
    copies,
    handovers,
    notices,
    typed,
)
from workflows.unstaffed import Watch

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)
STEPS_AT_ONCE = 200
MAILS_AT_ONCE = 20
ALL_MAILS = 1_000
FILES_AT_ONCE = 20
LATE_SWEEPS = 2
"""For how many sweeps a clock may be late before people hear of it."""

PAUSE = 0.01
"""Seconds between two clocks on SQLite: who waits for its one lock looks again and again, and a busy sweep leaves no gap."""

LOOK_FOR_NIGHT = timedelta(minutes=5)
"""How often the worker looks whether the night's work is to be done."""


class Worker:
    """Fires what is due, hands messages from case to case and sends what waits in the outbox."""

    def __init__(
        self,
        engine: sa.Engine,
        cases: Cases,
        channels: Sequence[Channel],
        *,
        clock: Clock,
        wall_clock: Clock,
        base_url: str,
        stones: Path | None = None,
        scanner: Scanner | None = None,
        steps_at_once: int = STEPS_AT_ONCE,
    ) -> None:
        """Work on the cases by `clock`; `wall_clock` is for the heartbeat, `base_url` the site's address for its mails.

        `stones` is the file in which what was erased is kept outside of the database, `scanner` looks at attached files. A sweep takes `steps_at_once` steps, then looks at the clock again.
        """
        self._steps_at_once = steps_at_once
        self._late_sweeps = 0
        self._engine = engine
        self._cases = cases
        self._channels = channels
        self._clock = clock
        self._wall_clock = wall_clock
        self._base_url = base_url
        self._stones = stones
        self._scanner = scanner
        self._keeper = Keeper(engine, stones)
        self._watch = Watch(engine, base_url)
        self._name = f"{platform.node()}/{os.getpid()}"
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True})
        self._stopped = threading.Event()
        self._steady = threading.Thread(target=self._keep_steady, name="steady", daemon=True)

    def start(self) -> None:
        """Begin to tick in threads of this process."""
        self.beat()
        for job in (self.fire, self.ask, self.hand_over, self.look, self.send, self.keep, self.scan, self.beat):
            self._scheduler.add_job(job, "interval", seconds=EVERY.total_seconds(), misfire_grace_time=None)
        every = LOOK_FOR_NIGHT.total_seconds()
        self._scheduler.add_job(self.chase, "interval", seconds=every, misfire_grace_time=None)
        self._scheduler.add_job(self.work_at_night, "interval", seconds=every, misfire_grace_time=None)
        self._scheduler.start()
        self._steady.start()

    def stop(self) -> None:
        """Let the running ticks come to their end, then stop."""
        self._stopped.set()
        self._scheduler.shutdown(wait=True)
        if self._steady.ident is not None:
            self._steady.join()

    def _keep_steady(self) -> None:
        """Look after each interval, counted by a clock that nobody puts back."""
        while not self._stopped.wait(EVERY.total_seconds()):
            stay_steady(self._scheduler, system_clock())

    def tick(self) -> None:
        """Do all that is due at this moment, and send all mails that wait."""
        self.fire()
        self.ask()
        self.chase()
        self.hand_over()
        self.look()
        self.send(ALL_MAILS)
        self.keep()
        self.scan()
        self.beat()

    def fire(self) -> None:
        """Let the clocks that are due go off, and hand messages from case to case."""
        self._guarded("timers", self._sweep)

    def _sweep(self) -> None:
        """Sweep until nothing is due, then look whether clocks have stayed late in spite of it."""
        now = self._clock()
        while self._more_after(now) and not self._stopped.is_set():
            now = self._clock()
        late = self._cases.late(now=now)
        self._late_sweeps = self._late_sweeps + 1 if late.count else 0
        if self._late_sweeps > LATE_SWEEPS:
            alarms.late_clocks(self._engine, late, now, self._base_url)

    def _more_after(self, now: datetime) -> bool:
        """Sweep once; say whether more is left than one sweep does."""
        limit = self._steps_at_once
        return timers.sweep(self._cases, now=now, limit=limit, between=pause_for(self._engine)).steps >= limit

    def ask(self) -> None:
        """Ask other systems what cases have sent for; after a restore nobody is asked before a person has said so."""
        if self._cases.errands.known:
            self._guarded("errands", self._ask)

    def _ask(self) -> None:
        if holding.held(self._engine) is None:
            timers.run_errands(self._cases, now=self._clock(), limit=self._steps_at_once)

    def chase(self) -> None:
        """Send again what no partner has acknowledged in time, and mail about those who hold a wrong copy and were not told in time."""
        self._guarded("notices", lambda: notices.chase(self._engine, self._clock()))
        self._guarded("copies", lambda: copies.remind(self._engine, self._base_url, self._clock()))

    def hand_over(self) -> None:
        """Tell those who lead the work of hand-overs that nobody answers."""
        self._guarded("handovers", lambda: handovers.chase(self._engine, self._base_url, self._clock()))

    def look(self) -> None:
        """Look for tasks that nobody can do, and tell of them."""
        self._guarded("unstaffed", lambda: self._watch.look(self._clock()))

    def send(self, limit: int = MAILS_AT_ONCE) -> None:
        """Send mails that wait, at most `limit`."""
        self._guarded("outbox", lambda: self._send(limit))

    def keep(self) -> None:
        """Keep outside of the database what was erased since."""
        self._guarded("tombstones", self._keep_tombstones)

    def scan(self) -> None:
        """Have attached files looked at, so that whoever may read them has them or they are destroyed."""
        scanner = self._scanner
        if scanner is not None:
            self._guarded("files", lambda: self._scan_files(scanner))

    def _scan_files(self, scanner: Scanner) -> None:
        for _ in range(FILES_AT_ONCE):
            claimed = attachments.claim(self._engine, self._clock())
            if claimed is None:
                return
            verdict, now = scanner(claimed.content), self._clock()
            if verdict is Verdict.CLEAN:
                attachments.found_clean(self._engine, claimed)
            elif verdict is Verdict.UNKNOWN:
                attachments.not_scanned(self._engine, claimed, now)
            else:
                with writing(self._engine) as connection:
                    found = attachments.destroy(connection, claimed)
                    if found is not None:
                        attachment_mails.tell(connection, found, self._base_url, now)

    def beat(self) -> None:
        """Leave a sign of life."""
        self._guarded("heartbeat", lambda: beat(self._engine, self._name, self._wall_clock()))

    def work_at_night(self) -> None:
        """Anchor the logs of the day that has ended, tell the board once a month, see to what is kept, and verify everything."""
        self._guarded("anchors", lambda: anchors.write(self._engine, self._clock()))
        self._guarded("board", lambda: board_mails.tell(self._engine, self._base_url, self._clock()))
        self._guarded("mentions", lambda: comments.tidy(self._engine, self._clock()))
        self._guarded("typed", lambda: typed.tidy(self._engine, self._clock()))
        self._guarded("keeping", self._see_to_what_is_kept)
        self._guarded("verification", self._verify)

    def _see_to_what_is_kept(self) -> None:
        if keeping.nightly(self._engine, self._clock()):
            sessions.forget(
                self._engine, self._wall_clock()
            )  # sessions go by the clock on the wall, also in a demonstration

    def _verify(self) -> None:
        verification.nightly(self._cases, self._base_url, self._clock(), stones=self._stones)

    def _send(self, limit: int) -> None:
        """Send mails to those who hold the roles now."""
        outbox.sweep(
            self._engine, self._channels, self._clock(), limit, directory=alerts.directory, left=alerts.has_left
        )

    def _keep_tombstones(self) -> None:
        if self._keeper.keep():
            self._cases.warm.forget()

    def _guarded(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as fault:  # noqa: BLE001 - one failing sweep must not stop the others; it shows on a page
            log.error("the %s sweep failed: %s", what, faults.describe(fault))  # noqa: TRY400 - no values in the log
            self._note_failure(f"{what}: {type(fault).__name__}")

    def _note_failure(self, what: str) -> None:
        try:
            with writing(self._engine) as connection:
                mine = sa.update(HeartbeatRow).where(HeartbeatRow.worker == self._name)
                values = {"failures": HeartbeatRow.failures + 1, "last_failure": what}
                connection.execute(mine.values(**values, last_failure_at=self._wall_clock()))
        except sa.exc.SQLAlchemyError as fault:
            log.error("the failure could not be noted: %s", faults.describe(fault))  # noqa: TRY400 - no values in the log


def pause_for(engine: sa.Engine) -> Callable[[], None] | None:
    """Give the pause between two clocks of a sweep: on SQLite a gap in which people write, elsewhere none."""
    return partial(time.sleep, PAUSE) if engine.dialect.name == "sqlite" else None


def stay_steady(scheduler: BaseScheduler, now: datetime) -> None:
    """Let no job wait longer than its interval: the scheduler counts by the machine's clock, which may be put back."""
    for job in scheduler.get_jobs():
        if job.next_run_time is not None and job.next_run_time > now + job.trigger.interval:
            job.modify(next_run_time=now)
