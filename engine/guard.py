"""Reads files of strangers in a process of its own, with limits on time and memory: whatever they hold, there is an answer.

`engine.nursery` is a process that has loaded the reader once and forks a child for each question, so that a question costs
a few milliseconds and not the start of a program. The child ends itself at its limits, in the middle of the XML library
too, and nothing that it does can touch the asking process: what comes back is JSON. Published releases are loaded without it.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson

from engine.errors import Invalid, Problem, Unavailable
from engine.frozen import frozen
from engine.nursery import HEADER, PIECE, READY

logger = logging.getLogger("homeward.guard")

START_SECONDS = 60
"""So long the nursery may take to load; a busy machine needs a tenth of it."""
AT_ONCE = 4
"""So many children of one process work at a time; others wait for their turn."""
_PATIENCE = 5
"""Seconds that the asking process waits beyond the child's own limit before it gives up on both."""

SENTENCES = {
    "time": "Reading this took longer than it may: it is too large, or goes round in circles. Make it smaller.",
    "memory": "Reading this took more memory than it may: it is too large. Make it smaller.",
    "depth": "This is nested too deeply to be read: take levels out of it.",
    "fault": "This could not be read: it made the reader stop. Draw the part that was changed last anew.",
}


@frozen
class Limits:
    """What one question may take: seconds of the processor, seconds of the clock on the wall, mebibytes of memory."""

    processor: int = 8
    wall: float = 30.0
    memory: int = 768


class TooMuchToRead(Invalid):
    """The files could not be read within the limits; the rule is ``reading-`` and which limit."""


class Guard:
    """Asks one function in guarded children; it takes and gives plain data and is named ``"package.module:function"``."""

    def __init__(self, work: str, limits: Limits | None = None) -> None:
        """Start nothing yet: the nursery comes with the first question."""
        self.work = work
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def ask(self, question: object, where: str, limits: Limits | None = None) -> Any:
        """Give the function's answer to a question; `where` is what a refusal names, `limits` are for this question alone.

        Raises:
            TooMuchToRead: the child came to a limit, or failed.
            Unavailable: no child could be started.
        """
        told = self._exchange(orjson.dumps(question), limits or self.limits)
        answer = orjson.loads(told) if told else {"stopped": "time"}
        if "stopped" not in answer:
            return answer["answer"]
        kind, detail = answer["stopped"], answer.get("detail", "")
        logger.warning("a guarded reading of %s was stopped: %s %s", where, kind, detail)
        raise TooMuchToRead([Problem(where, f"reading-{kind}", SENTENCES[kind])])

    def close(self) -> None:
        """End the nursery; the next question starts another."""
        with self._lock:
            self._close()

    def _exchange(self, question: bytes, limits: Limits) -> bytes:
        """Send a question to a new child and give what it says; nothing where it was stopped."""
        with self._turns, self._child(limits) as line:
            line.settimeout(limits.wall + _PATIENCE)
            pieces = []
            try:
                line.sendall(question)
                line.shutdown(socket.SHUT_WR)
                while piece := line.recv(PIECE):
                    pieces.append(piece)
            except OSError:  # it died in the middle of the question, or was not heard of in time
                return b""
        return b"".join(pieces)

    def _child(self, limits: Limits) -> socket.socket:
        """Let the nursery fork a child and give the line to it; a nursery that has died is replaced once."""
        ours, theirs = socket.socketpair()
        header = HEADER.pack(limits.processor, limits.wall, limits.memory)
        with self._lock, theirs:
            for _ in range(2):
                try:
                    socket.send_fds(self._connected(), [header], [theirs.fileno()])
                except OSError:
                    self._close()
                else:
                    return ours
        ours.close()
        raise Unavailable("Nothing can be checked just now. Try again in a minute.")

    def _connected(self) -> socket.socket:
        """Give the line to the nursery, which is started where there is none."""
        if self._control is None:
            ours, theirs = socket.socketpair()
            with theirs:
                number = theirs.fileno()
                command = [sys.executable, "-P", "-m", "engine.nursery", str(number), self.work]
                found = {"PYTHONPATH": os.pathsep.join(each or str(Path.cwd()) for each in sys.path)}
                self._nursery = subprocess.Popen(  # noqa: S603 - our own module, without the settings and their secrets
                    command, env=found, pass_fds=[number], stdin=subprocess.DEVNULL, start_new_session=True
                )
            self._control = ours
            ours.settimeout(START_SECONDS)
            if ours.recv(len(READY)) != READY:
                raise ConnectionError
            atexit.register(self.close)
        return self._control

    def _close(self) -> None:
        """Let go of the nursery: it ends when its line does."""
        if self._control is not None:
            self._control.close()
        if self._nursery is not None:
            try:
                self._nursery.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                self._nursery.kill()
                self._nursery.wait()
        self._control = self._nursery = None
        atexit.unregister(self.close)
