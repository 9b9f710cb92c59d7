"""The process behind `engine.guard`: it loads a reader once, and forks a child with limits for each question.

It is started as ``python -m engine.nursery LINE package.module:function`` and lives as long as its line. It has one thread and
reads no file of a stranger itself, so each child begins clean.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

import orjson

from engine.faults import describe

HEADER = struct.Struct("!IdI")
"""Begins each question: seconds of the processor, seconds of the clock, mebibytes of memory."""
READY = b"+"
PIECE = 1 << 20
_OPEN_FILES = 16

Work = Callable[[Any], Any]


def main(line: int, name: str) -> None:
    """Load the reader and answer until the line ends."""
    module, _, function = name.partition(":")
    work: Work = getattr(importlib.import_module(module), function)
    gc.freeze()  # what is loaded is not looked at again, and stays shared with the children
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=line) as control:
        control.sendall(READY)
        while True:
            header, found, _, _ = socket.recv_fds(control, HEADER.size, 1)
            if not header:
                return
            if os.fork() == 0:
                control.close()
                _be_a_child(work, header, found[0])
            os.close(found[0])


def _be_a_child(work: Work, header: bytes, line: int) -> None:
    """Answer one question within its limits; never comes back."""
    try:
        _limit(*HEADER.unpack(header))
        with socket.socket(fileno=line) as asker:
            question = b"".join(iter(lambda: asker.recv(PIECE), b""))
            asker.sendall(_answer(work, question))
    finally:
        os._exit(0)


def _limit(processor: int, wall: float, memory: int) -> None:
    """Set the limits of this process; the kernel ends it where they are reached."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, wall)
    size = memory << 20
    for kind, most in (
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))


def _answer(work: Work, question: bytes) -> bytes:
    """Give the answer as JSON, or what stopped it."""
    try:
        return orjson.dumps({"answer": work(orjson.loads(question))})
    except RecursionError:
        return orjson.dumps({"stopped": "depth"})
    except MemoryError:
        return orjson.dumps({"stopped": "memory"})
    except Exception as fault:  # noqa: BLE001 - whatever a file makes of the reader, the asker is told
        return orjson.dumps({"stopped": "fault", "detail": describe(fault)})


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
