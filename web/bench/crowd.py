"""What the number of cases costs: lists among few and many open tasks, due timers among few and many waiting ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import timers
from engine.cases import LETTERS, Cursor
from engine.packing import readable
from engine.store import Base, reading, writing
from web.bench.report import Measure
from web.bench.site import MORNING, Site
from web.bench.story import WHOLE_CASE, begin, play
from web.bench.watch import Watch

FEW = 1_000
AT_ONCE = 50
ROLES = frozenset({"duty_inspector", "response_officer"})
LATER = timedelta(days=30)
SECOND = timedelta(seconds=1)
ROWS_AT_ONCE = 5_000

CASES, TASKS = (Base.metadata.tables[name] for name in ("cases", "tasks"))


def lists(site: Site, folder: Path, *, many: int, repetitions: int) -> list[Measure]:
    """Time the first page of tasks and one from the middle, in turns on a database with few and with many open tasks."""
    sites = {"few": site.copy(folder / "few"), "many": site.copy(folder / "many")}
    middles = {}
    for (name, each), count in zip(sites.items(), (FEW, many), strict=True):
        case_id = begin(each, MORNING)
        copies = count // _open_tasks(each, case_id)
        multiply(each, case_id, copies, step=SECOND)
        middles[name] = Cursor(MORNING + copies // 2 * SECOND, "", 0)
    watch = Watch()
    for _ in range(repetitions):
        for name, each in sites.items():
            for place, after in (("first", None), ("middle", middles[name])):
                with watch.time(f"{name} {place}"):
                    page = each.cases.inbox(ROLES, after=after, limit=AT_ONCE)
                if len(page.rows) != AT_ONCE or page.rows[-1].due_at is None:
                    message = "the measured page is not full of tasks that have a time"
                    raise RuntimeError(message)
    for each in sites.values():
        each.close()
    first, middle = (watch.median(f"many {place}") / watch.median(f"few {place}") for place in ("first", "middle"))
    return [
        Measure(f"first list page of 50 at {many:,} open tasks : at {FEW:,}", round(first, 2), "x", 1.5),
        Measure(f"middle list page of 50 at {many:,} open tasks : at {FEW:,}", round(middle, 2), "x", 1.5),
    ]


def clocks(site: Site, folder: Path, *, many: int, due: int) -> list[Measure]:
    """Let due clocks go off in turns on two databases, and complete tasks on the larger one in between."""
    sites = {"few": site.copy(folder / "few_waiting"), "many": site.copy(folder / "many_waiting")}
    for each, waiting in zip(sites.values(), (FEW, many), strict=True):
        multiply(each, begin(each, MORNING), due, step=-SECOND)
        multiply(each, begin(each, MORNING + LATER), waiting, step=SECOND)
    watch = Watch()
    for _ in range(due // AT_ONCE):
        for name, each in sites.items():
            with watch.time(name, parts=AT_ONCE):
                swept = timers.sweep(each.cases, now=MORNING, limit=AT_ONCE)
            if swept.fired != AT_ONCE:
                message = f"{swept.fired} of {AT_ONCE} clocks went off"
                raise RuntimeError(message)
        _play(sites["many"], watch)
    for each in sites.values():
        each.close()
    return [
        Measure(
            f"{due:,} due timers with {many:,} waiting : with {FEW:,}",
            round(watch.median("many") / watch.median("few"), 2),
            "x",
            1.3,
        ),
        Measure("a due timer : a completed task", round(watch.median("many") / watch.median("task"), 2), "x", 1.5),
    ]


def _play(site: Site, watch: Watch) -> None:
    """Play a whole case, and note the mean time of its tasks as one time."""
    each = Watch()
    for ready in play(site, begun=MORNING + LATER):
        with each.time(ready.element):
            ready.complete()
    watch.times["task"].append(sum(map(each.median, each.times)) / len(WHOLE_CASE))


def _open_tasks(site: Site, case_id: str) -> int:
    """Count the open tasks of a case."""
    with reading(site.services.engine) as connection:
        asked = sa.select(sa.func.count()).where(TASKS.c.case_id == case_id, TASKS.c.status == "open")
        return int(connection.execute(asked).scalar_one())


def multiply(site: Site, case_id: str, count: int, *, step: timedelta) -> None:
    """Copy a case with its tasks until there are `count` of it, each due a `step` after the one before.

    The copies are rows of their own with references of their own; only their log is empty.
    """
    with reading(site.services.engine) as connection:
        case = dict(connection.execute(sa.select(CASES).where(CASES.c.id == case_id)).mappings().one())
        case["state"] = readable(case["state"])
        found = connection.execute(sa.select(TASKS).where(TASKS.c.case_id == case_id)).mappings()
        tasks = [dict(task) for task in found]
    with writing(site.services.engine) as connection:
        for begun in range(1, count, ROWS_AT_ONCE):
            numbers = range(begun, min(begun + ROWS_AT_ONCE, count))
            connection.execute(sa.insert(CASES), [_copy_of_case(case, number, step) for number in numbers])
            copies = [_copy_of_task(task, number, step) for number in numbers for task in tasks]
            connection.execute(sa.insert(TASKS), copies)


def _copy_of_case(case: dict[str, Any], number: int, step: timedelta) -> dict[str, Any]:
    reference = _reference(case["id"], number)
    state = case["state"].replace(case["id"].encode(), reference.encode())
    return {**case, "id": reference, "state": state, "next_due_at": _moved(case["next_due_at"], number, step)}


def _copy_of_task(task: dict[str, Any], number: int, step: timedelta) -> dict[str, Any]:
    return {
        **task,
        "case_id": _reference(task["case_id"], number),
        "due_at": _moved(task["due_at"], number, step),
    }


def _reference(model: str, number: int) -> str:
    """Make a reference of the usual length that depends on the number, scattered as random ones are."""
    scattered = number * 7_368_787 % len(LETTERS) ** 5
    letters = ""
    for _ in range(5):
        scattered, place = divmod(scattered, len(LETTERS))
        letters += LETTERS[place]
    return model[:-5] + letters


def _moved(moment: datetime | None, number: int, step: timedelta) -> datetime | None:
    return None if moment is None else moment + number * step
