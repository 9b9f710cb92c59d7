"""What a list costs when a million tasks were done before it: what SQLite does for it, counted, and how long it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa

from engine.store import reading, writing
from web import task_lists
from web.bench.browser import Browser, UnexpectedAnswer, inside
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.story import begin
from web.bench.watch import Counter, Watch
from web.inbox_filter import DONE, FREE, GIVEN, MINE, Wanted
from workflows.audience import audience

OPEN = 10_000
"""Tasks that are open, where there are more; at most half of a small number."""
WHO, OTHER = "duty_inspector", "somebody_else"
OWN = 30
LISTS: Mapping[str, Wanted] = MappingProxyType(
    {
        "all": Wanted(),
        "by due time": Wanted(order="due"),
        "mine": Wanted(which=MINE),
        "not taken": Wanted(which=FREE),
        "with others": Wanted(which=GIVEN),
        "overdue": Wanted(due="overdue"),
        "done": Wanted(which=DONE),
    }
)
_MULTIPLY = """
    INSERT INTO tasks (case_id, number, element, name, role, form, record, record_key, status, opened_at, due_at, deadline,
                       completed_at, completed_by, rank, owner, given_by, returns_to)
    WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :many)
    SELECT case_id, 1000 + n, element, name, role, form, record, record_key,
           CASE WHEN n <= :open THEN 'open' ELSE 'completed' END, opened_at, datetime(:due, '+' || n || ' seconds'), deadline,
           CASE WHEN n <= :open THEN NULL ELSE datetime(:due, '-' || n || ' seconds') END,
           CASE WHEN n <= :open THEN '' WHEN n % 3 = 0 THEN :who ELSE :other END, n % 50,
           CASE WHEN n <= :own THEN :who WHEN n <= 2 * :own THEN :other ELSE '' END,
           CASE WHEN n > :own AND n <= 2 * :own THEN :who ELSE '' END, ''
    FROM counted, (SELECT * FROM tasks WHERE role = :who AND status = 'open' LIMIT 1)
"""


def closed(site: Site, folder: Path, *, sizes: tuple[int, ...], repetitions: int) -> list[Measure]:
    """Ask for each list in turns on databases with so many tasks, and compare the largest with the smallest."""
    sites = {size: site.copy(folder / f"tasks_{size}") for size in sizes}
    for size, each in sites.items():
        _fill(each, begin(each, MORNING), size)
    few, many = sites[min(sizes)], sites[max(sizes)]
    worst = {name: _work(many, wanted) / _work(few, wanted) for name, wanted in LISTS.items()}
    slowest = _times(few, many, repetitions)
    polled = [*_polling(many)]
    for each in sites.values():
        each.close()
    said = f"at {max(sizes):,} tasks : at {min(sizes):,}"
    name, ratio = max(worst.items(), key=lambda each: each[1])
    return [
        Measure(f"work of SQLite for a list {said}, most ({name})", round(ratio, 2), "x", 1.5),
        Measure(f"time of a list {said}, most", round(slowest, 2), "x", 1.5),
        *polled,
    ]


def _fill(site: Site, case_id: str, size: int) -> None:
    """Give a case so many tasks, of which `OPEN` at most are open; the rest was done over the past months."""
    told = {
        "many": size,
        "open": min(OPEN, size // 2),
        "own": OWN,
        "who": WHO,
        "other": OTHER,
        "due": str(MORNING)[:19],
    }
    with writing(site.services.engine) as connection:
        if connection.dialect.name != "sqlite":
            message = f"{case_id}: the work of another database is not counted so"
            raise RuntimeError(message)
        connection.execute(sa.text(re.sub(r"\s+", " ", _MULTIPLY)), told)


def _ask(site: Site, wanted: Wanted) -> int:
    """Ask for a list with its counts, as the page does; give how many rows came."""
    now = MORNING + timedelta(minutes=5)
    with site.app.app_context(), reading(site.services.engine) as connection:
        bounds = audience(connection, site.actor(WHO), now)
        found = task_lists.page(wanted, bounds, None, now)
        task_lists.counts(bounds, now)
    return len(found.rows)


def _work(site: Site, wanted: Wanted) -> int:
    """Count what SQLite's machine does for a list, in hundreds of its instructions."""
    _ask(site, wanted)
    with instructions(site.services.engine) as steps:
        rows = _ask(site, wanted)
    if not rows:
        message = f"the measured list {wanted} is empty"
        raise RuntimeError(message)
    return max(len(steps), 1)


@contextmanager
def instructions(engine: sa.Engine) -> Iterator[list[None]]:
    """Count the instructions of every connection that is opened inside."""
    steps: list[None] = []

    def watch(connection: object, _record: object) -> None:
        connection.set_progress_handler(lambda: steps.append(None), 100)  # type: ignore[attr-defined]

    engine.dispose()
    sa.event.listen(engine, "connect", watch)
    yield steps
    sa.event.remove(engine, "connect", watch)
    engine.dispose()


def _times(few: Site, many: Site, repetitions: int) -> float:
    """Take the time of each list on both, in turns; give the largest ratio of their medians."""
    watch = Watch()
    for _ in range(repetitions):
        for name, wanted in LISTS.items():
            for size, each in (("few", few), ("many", many)):
                with watch.time(f"{size} {name}"):
                    _ask(each, wanted)
    return max(watch.median(f"many {name}") / watch.median(f"few {name}") for name in LISTS)


def _polling(site: Site) -> Iterator[Measure]:
    """Count what an open list of tasks costs each time that it asks whether anything is new, and nothing is."""
    statements, sent = asked_again(site, WHO, "/tasks")
    yield Measure("SQL statements when an open list asks for what is new", statements, "statements", 7)
    yield Measure("what it is sent when nothing is new", len(sent.encode()), "bytes", 200)


def asked_again(site: Site, who: str, page: str) -> tuple[int, str]:
    """Count the statements of an open page that asks whether anything is new, and give what it is sent."""
    browser = Browser(inside(site.app))
    browser.sign_in(who)
    found = re.search(r'hx-get="([^"]+)"', browser.page(page))
    if found is None:
        message = f"{page} does not ask for what is new"
        raise UnexpectedAnswer(message)
    counter = Counter(site.services.engine)
    with counter.count() as asked:
        answer = browser.send("GET", found[1].replace("&amp;", "&"), "")
    return asked.statements, answer.text
