"""Drives a case whose every step is taken in a process of its own, in which no case has run before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine import runner, values
from engine.model import Command, Event, Open
from engine.outcome import OpenTask, Outcome
from tests.driving import Drive
from tests.one_step import written

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def one_step() -> Iterator[subprocess.Popen[str]]:
    """Have a process whose children take steps; it has loaded the modules, and no case."""
    command = [sys.executable, "-m", "tests.one_step"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield running


class Elsewhere(Drive):
    """A case that lives in `folder`, which is empty at first; each step's process reads everything from there.

    `taken_by` is the process whose children take them.
    """

    folder: Path
    taken_by: subprocess.Popen[str]

    def begin(self, command: Open) -> Outcome:
        """Open the case."""
        (self.folder / "release").write_bytes(self.data)
        (self.folder / "facts").write_bytes(values.dumps(self.facts))
        return self.carry_out(command)

    def carry_out(self, command: Command) -> Outcome:
        """Take the step in another process; here the state is only read, to look at it."""
        asked = {"command": written(command), "now": self.now, "reference": "T-1"}
        (self.folder / "command").write_bytes(values.dumps(asked))
        assert self.taken_by.stdin is not None
        assert self.taken_by.stdout is not None
        self.taken_by.stdin.write(f"{self.folder}\n")
        self.taken_by.stdin.flush()
        assert self.taken_by.stdout.readline() == "0\n", "the step has failed in its process, which said why"
        self.facts = values.loads((self.folder / "facts").read_bytes())
        position = runner.restore(self.release, (self.folder / "state").read_bytes(), self.facts, self.now).position
        told = values.loads((self.folder / "outcome").read_bytes())
        return Outcome(
            position,
            events=[Event(*each) for each in told["events"]],
            opened=[self._task(each) for each in told["opened"]],
            moved=[self._task(each) for each in told["moved"]],
            completed=tuple(told["completed"]) if told["completed"] else None,
            cancelled=told["cancelled"],
            next_due_at=told["next_due_at"],
            closed=told["closed"],
            title=told["title"],
        )

    def _task(self, told: list[Any]) -> OpenTask:
        number, element, key, due_at, deadline = told
        return OpenTask(number, self.release.node(element), key, due_at, deadline)
