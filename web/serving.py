"""Serving the site with waitress, until a signal asks it to stop."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import flask
import waitress

from engine.errors import Unavailable

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""What glibc's mallopt calls the number of heaps, and the size from which a block is the system's own."""
LARGE = 128 * 1024


class PortTaken(Unavailable):
    """Another program listens there."""


def serve(app: flask.Flask, host: str, port: int, *, threads: int, ready: Callable[[], None]) -> None:
    """Answer requests until SIGTERM or SIGINT; running requests come to their end. Refuses with `PortTaken`."""
    _share_the_heap()
    gc.freeze()  # what the start has made stays: to look through it took a tenth of a second of somebody's request
    try:
        server = waitress.create_server(app, host=host, port=port, threads=threads, ident=None)
    except OSError as fault:
        raise PortTaken(
            f"The site cannot listen on {host}:{port} ({fault.strerror}). Choose another --port."
        ) from fault
    _stop_on_terminate()
    ready()
    try:
        server.run()
    finally:
        server.close()


def wait_for_signal() -> None:
    """Do nothing until SIGTERM or SIGINT."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    over.wait()


def _share_the_heap() -> None:
    """Let all threads allocate from one heap where the C library is glibc: a heap for each held 6 of the worker's 100 MB.

    A large block goes back when it is freed: by itself glibc keeps ever larger ones after the first.
    """
    if "CS_GNU_LIBC_VERSION" in os.confstr_names:
        library = ctypes.CDLL(None)
        library.mallopt(M_ARENA_MAX, 1)
        library.mallopt(M_MMAP_THRESHOLD, LARGE)


def _stop_on_terminate() -> None:
    signal.signal(signal.SIGTERM, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)  # waitress lets the running requests finish when it sees this
