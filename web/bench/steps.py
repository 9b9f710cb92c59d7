"""What completing a task costs: statements, commits, bytes; beside the stock library in memory, and over HTTP."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean
from time import thread_time

import sqlalchemy as sa

from engine import timers
from engine.store import CaseTable, reading
from web.bench.browser import Browser, inside
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.stock import StockProcedure
from web.bench.story import WHOLE_CASE, play
from web.bench.watch import Counter, Watch
from web.procedures import MISSING_CHILD
from workflows import catalogue

CLOCKS_RING_FOR = timedelta(days=4)
FIRST_FOR_MOST = (
    "record_return",
    "offer_return_interview",
    "complete_missing_report",
    "match_child",
    "assess_risk",
    "decide_risk_grade",
)
"""In this order the most stands open at once: handover, grading, and both interviews of a child who is back already."""


def counts(site: Site) -> list[Measure]:
    """Count statements and commits in one whole case, and the bytes of the state where it is widest."""
    counter = Counter(site.services.engine)
    statements, commits, widest = [], [], []
    for ready in play(site, begun=MORNING):
        with counter.count() as found:
            ready.complete()
        statements.append(found.statements)
        commits.append(found.commits)
        widest.append(state_bytes(site, ready.task_id))
    return [
        Measure("SQL statements per completed task, mean", round(mean(statements), 1), "statements", 10),
        Measure("SQL statements per completed task, most", max(statements), "statements", 10),
        Measure("transactions per completed task, most", max(commits), "commits", 1),
        Measure("state of an open case at its widest, facts apart", max(*widest, _widest(site)), "bytes", 4096),
    ]


def state_bytes(site: Site, task_id: str) -> int:
    """Give the size of the token state of a task's case."""
    size = sa.select(sa.func.length(CaseTable.state)).where(CaseTable.id == task_id.partition(".")[0])
    with reading(site.services.engine) as connection:
        return int(connection.execute(size).scalar_one())


def _widest(site: Site) -> int:
    """Bring a case to where most of it is open, let its clocks ring for days, and give the size of its state."""
    deeds = {deed.element: deed for deed in WHOLE_CASE}
    sizes, last = [0], MORNING
    for ready in play(site, tuple(deeds[element] for element in FIRST_FOR_MOST), begun=MORNING):
        ready.complete()
        sizes.append(state_bytes(site, ready.task_id))
        last = ready.now
    for _ in range(10):
        last += CLOCKS_RING_FOR / 10
        timers.sweep(site.cases, now=last)
        sizes.append(state_bytes(site, ready.task_id))
    return max(sizes)


def ratios(site: Site, *, repetitions: int) -> tuple[list[Measure], list[str]]:
    """Play three cases in step, several times: through `engine.cases`, over HTTP, and with the stock library in memory.

    The three do each task one after the other, so that whatever else the machine does falls on all of them. The first of
    them waits for the disk at each commit, which says as much of the disk as of the engine: a second line compares what
    the processor does, and a note tells what a commit alone takes.
    """
    stock = StockProcedure(catalogue.files(MISSING_CHILD), MISSING_CHILD)
    watches = _Watches()
    browsers: dict[str, Browser] = {}
    for _ in range(repetitions):
        case = stock.begin()
        through_engine, over_http = play(site, begun=MORNING), play(site, begun=MORNING)
        for ready, posted in zip(through_engine, over_http, strict=True):
            browser = _browser(site, browsers, posted.role)
            path = f"/tasks/{posted.task_id}"
            fields = {**browser.hidden(path), **posted.raw}
            with watches.engine.time(ready.element), watches.engine_busy.time(ready.element):
                ready.complete()
            with watches.memory.time(ready.element), watches.memory_busy.time(ready.element):
                case.complete(ready.element, ready.record, ready.answers)
            with watches.http.time(ready.element):
                browser.post(path, fields)
        if not case.is_over:
            message = "the stock library did not reach the end of the same case"
            raise RuntimeError(message)
    return watches.measures(), watches.notes(_bare_commit(site))


class _Watches:
    """The times of a completed task in its three ways, and for two of them what the processor was busy with it."""

    def __init__(self) -> None:
        self.engine, self.memory, self.http = Watch(), Watch(), Watch()
        self.engine_busy, self.memory_busy = Watch(thread_time), Watch(thread_time)

    def measures(self) -> list[Measure]:
        """Give the ratios."""
        engine, memory, http = (each.mean_of_medians() for each in (self.engine, self.memory, self.http))
        busy = self.engine_busy.mean_of_medians() / self.memory_busy.mean_of_medians()
        return [
            Measure("completing a task : in memory with the stock library", round(engine / memory, 2), "x", 3),
            Measure("the same by processor time, without the disk", round(busy, 2), "x", 3),
            Measure("completing a task over HTTP : through engine.cases", round(http / engine, 2), "x", 5),
        ]

    def notes(self, bare: float) -> list[str]:
        """Give sentences with the absolute times; `bare` is what a commit alone takes, in milliseconds."""
        engine, memory, http = (each.mean_of_medians() * 1000 for each in (self.engine, self.memory, self.http))
        busy = self.engine_busy.mean_of_medians() * 1000
        return [
            f"A completed task: {engine:.2f} ms, of which {busy:.2f} ms of the processor; over HTTP: {http:.2f} ms.",
            f"The same in memory with the stock library: {memory:.2f} ms.",
            f"A bare write of 3 KB with its commit: {bare:.2f} ms on this disk.",
        ]


def _browser(site: Site, browsers: dict[str, Browser], role: str) -> Browser:
    """Give the browser of the person who holds a role, signed in."""
    if role not in browsers:
        browsers[role] = Browser(inside(site.app))
        browsers[role].sign_in(site.actor(role).person)
    return browsers[role]


def _bare_commit(site: Site) -> float:
    """Tell what the disk alone costs: the median milliseconds of one insert of 3 KB and its commit."""
    watch, content = Watch(), b"x" * 3000
    with site.services.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE bare (id INTEGER PRIMARY KEY, content BLOB)")
        connection.commit()
        for _ in range(100):
            with watch.time("commit"):
                connection.exec_driver_sql("INSERT INTO bare (content) VALUES (?)", (content,))
                connection.commit()
        connection.exec_driver_sql("DROP TABLE bare")
        connection.commit()
    return watch.median("commit") * 1000
