"""SIGKILL at any moment: no committed step is lost, no half step is left, and due clocks fire once on restart."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import orjson
import sqlalchemy as sa

from engine import log, store, timers
from engine.cases import Cases
from engine.runner import restore
from engine.views import EventRow
from tests.contracts.sample import FILES, NOW

ROOT = Path(__file__).resolve().parents[2]
KILLS = 6


def run_and_kill(url: str, seed: str, chance: random.Random) -> list[list[str]]:
    """Start a node, let it commit a random number of steps, kill it; give what it said it had committed."""
    command = [sys.executable, "-m", "tests.node", url, seed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as node:
        assert node.stdout is not None
        said = [node.stdout.readline().split()]
        fuse = threading.Timer(chance.uniform(0.0, 0.25), node.send_signal, [signal.SIGKILL])
        fuse.start()
        said.extend(line.split() for line in node.stdout if line.endswith("\n"))
        node.wait()
        fuse.join()
    assert node.returncode == -signal.SIGKILL
    return [line for line in said if len(line) == 3]


def test_a_killed_node_loses_nothing_and_leaves_nothing_half_done(database_url: str) -> None:
    seed = random.randrange(1 << 30)  # noqa: S311 - see below
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)  # noqa: S311 - chance for a test
    engine = store.connect(database_url)
    store.Base.metadata.create_all(engine)
    cases = Cases(engine)
    cases.publish(FILES, by="ann", now=NOW, roles=["worker", "chief"])
    said = [line for turn in range(KILLS) for line in run_and_kill(database_url, f"{seed}-{turn}", chance)]
    assert len(said) > KILLS

    with engine.connect() as connection:
        rows = connection.execute(sa.select(store.CaseTable.__table__)).all()
        tasks = connection.execute(sa.select(store.TaskTable.__table__)).all()
        asked = sa.select(store.EventTable.command).where(store.EventTable.asked.is_not(None))
        commands = set(connection.execute(asked).scalars())
        told = [column for column in store.EventTable.__table__.c if column.name != "asked"]
        events = connection.execute(sa.select(*told).order_by(store.EventTable.seq)).all()
    for kind, key, what in said:
        assert key in commands, f"{kind} {what} was committed and is gone"
    for case in rows:
        timeline = [
            EventRow(**{**row._mapping, "data": orjson.loads(row.data)}) for row in events if row.case_id == case.id
        ]
        assert log.first_break(timeline) is None
        assert (timeline[-1].seq, timeline[-1].digest) == (case.seq, case.head)
        conductor = restore(cases.library.get(case.release_id), case.state, {"opening": {"": {}}}, NOW)
        live = {task.id for task in conductor.position.tokens.live() if task.task_spec.manual}
        assert live == {task.number for task in tasks if task.case_id == case.id and task.status == "open"}
    later = NOW + timedelta(days=3650)
    due = cases.next_due(now=later)
    timers.sweep(cases, now=later, limit=100_000)
    assert due is not None
    assert cases.next_due(now=later) is None
    assert timers.sweep(cases, now=later).fired == 0
    engine.dispose()
