"""What must be true of a database after any accident: chains, indexes, facts, and that no case has lost its future."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import sqlalchemy as sa
from SpiffWorkflow.util.task import TaskState

from engine import log, store, values
from engine.cases import Cases
from engine.clocks import Winder
from engine.runner import restore
from engine.views import EventRow
from tests.torture.sample import NOW

NAMES = tuple(EventRow.__dataclass_fields__)


def table(connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    """Give all rows of a table."""
    return [dict(row) for row in connection.execute(sa.select(store.Base.metadata.tables[name])).mappings()]


def picture(engine: sa.Engine) -> dict[str, list[str]]:
    """Give every row of every table, to say that nothing at all has changed."""
    with engine.connect() as connection:
        return {name: sorted(repr(row) for row in table(connection, name)) for name in store.Base.metadata.tables}


def growth(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, int]:
    """Say how many rows each table has gained."""
    return {name: len(after[name]) - len(before[name]) for name in before if len(after[name]) != len(before[name])}


def violations(cases: Cases) -> list[str]:
    """Name everything that is not as it must be."""
    with cases.engine.connect() as connection:
        rows = {name: table(connection, name) for name in ("cases", "tasks", "events", "fact_values", "awaited")}
    by_case: dict[str, dict[str, list[dict[str, Any]]]] = {
        case["id"]: {name: [] for name in rows} for case in rows["cases"]
    }
    for name in ("tasks", "events", "fact_values", "awaited"):
        for row in rows[name]:
            by_case[row["case_id"]][name].append(row)
    return [f"{case['id']}: {fault}" for case in rows["cases"] for fault in _faults(cases, case, by_case[case["id"]])]


def _faults(cases: Cases, case: dict[str, Any], of: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Say what is wrong with one case."""
    yield from _faults_of_the_log(case, of["events"])
    facts = values.loads(case["facts"])
    if facts != _replayed(of["fact_values"]):
        yield "the facts are not what was written"
    conductor = restore(cases.library.get(case["release_id"]), case["state"], facts, NOW)
    ready = (task for task in conductor.position.tokens.live() if task.state == TaskState.READY)
    people = {task.id for task in ready if task.task_spec.manual}
    if people != {row["number"] for row in of["tasks"] if row["status"] == "open"}:
        yield "the index of tasks is not the state"
    if sorted(conductor.awaited()) != sorted((row["number"], row["name"], row["correlation"]) for row in of["awaited"]):
        yield "the index of messages is not the state"
    if Winder(conductor).next_due() != case["next_due_at"]:
        yield "the next clock is not the state's"
    if case["status"] == "open" and not people and case["next_due_at"] is None and not of["awaited"]:
        yield "an open case has no future"


def _faults_of_the_log(case: dict[str, Any], rows: list[dict[str, Any]]) -> Iterator[str]:
    """Say what is wrong with the log of a case."""
    events = sorted(rows, key=lambda row: row["seq"])
    timeline = [
        EventRow(**{**{name: row[name] for name in NAMES}, "data": orjson.loads(row["data"])}) for row in events
    ]
    if log.first_break(timeline) is not None:
        yield "the chain is broken"
    if (timeline[-1].seq, timeline[-1].digest) != (case["seq"], case["head"]):
        yield "the head is not the last event"
    done = [row["task"] for row in events if row["kind"] == "task_completed"]
    if len(done) != len(set(done)):
        yield "a task was completed twice"


def _replayed(rows: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Give the facts that the written values add up to."""
    facts: dict[str, dict[str, dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda each: each["seq"]):
        facts.setdefault(row["record"], {}).setdefault(row["record_key"], {})[row["field"]] = values.loads(row["value"])
    return facts
