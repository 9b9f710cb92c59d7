"""A node for the tests that kill: works on cases until it is ended, and says on its output what was committed.

Run as ``python -m tests.node URL SEED``; it opens cases, does tasks and fires clocks, and prints one line after each commit.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta

from engine import store, timers
from engine.cases import Cases
from engine.errors import Refusal
from engine.model import Actor

WORKER = Actor("ann", frozenset({"worker", "chief"}), "police")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def main(url: str, seed: str) -> None:
    """Work until killed."""
    chance = random.Random(seed)  # noqa: S311 - chance for a test
    cases = Cases(store.connect(url))
    now, number = START, 0
    while True:
        number += 1
        now += timedelta(minutes=chance.randrange(30))
        key = f"{seed}-{number}"
        if chance.random() < 0.4:
            done = cases.open("sample", {"name": key}, by=WORKER, now=now, key=key)
            sys.stdout.write(f"opened {key} {done.case_id}\n")
        elif chance.random() < 0.8:
            tasks = cases.inbox(WORKER.roles, limit=20).rows
            if not tasks:
                continue
            task = chance.choice(tasks)
            answer = {"text": key} if task.element == "ask" else {"verdict": key}
            try:
                cases.complete(task.id, answer, by=WORKER, now=now, key=key)
            except Refusal:
                continue
            sys.stdout.write(f"completed {key} {task.id}\n")
        else:
            timers.sweep(cases, now=now, limit=3)
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
