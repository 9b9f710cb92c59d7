"""Starts and reaps processes that will be killed: forked from one that has everything loaded, so that each costs little.

Run as ``python -m tests.torture.nursery``; it reads a line of JSON per request and answers each with a line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The parent's side: start a job in a new process, wait for one."""

    def __enter__(self) -> Self:
        """Start the process that forks."""
        command = [sys.executable, "-m", "tests.torture.nursery"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )
        return self

    def __exit__(self, _kind: type[BaseException] | None, _fault: object, _trace: TracebackType | None) -> None:
        """End it; every child has been reaped by then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def _ask(self, *request: Any) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, job: str, **given: Any) -> int:
        """Let a job of `tests.torture.jobs` run in a process of its own; give the process's number."""
        return self._ask("start", job, given)

    def wait(self, process: int) -> int:
        """Wait for the end of a process: 0, or the signal that ended it as a negative number."""
        return self._ask("wait", process)

    def run(self, job: str, **given: Any) -> int:
        """Start a job and wait for it."""
        return self.wait(self.start(job, **given))


def child(job: str, given: dict[str, Any]) -> None:
    """Run a job, then end without any clearing up."""
    code = 0
    try:
        getattr(import_module("tests.torture.jobs"), job)(**given)
    except Exception:  # noqa: BLE001 - the parent reads the code
        traceback.print_exc()
        code = 3
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Fork and reap until the input ends."""
    import_module("tests.torture.jobs")
    alive: set[int] = set()
    for line in sys.stdin:
        what, *rest = json.loads(line)
        if what == "start":
            answer = os.fork()
            if not answer:
                child(*rest)
            alive.add(answer)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(rest[0], 0)[1])
            alive.discard(rest[0])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for process in alive:
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
