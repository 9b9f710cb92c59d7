"""Whether a file is infected: asked of a command on this machine, or of clamd on the loopback address, by a worker.

Neither answer nor file stands in a log. What a scanner does not say plainly is not known, and the file stays held.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from enum import Enum

from web.settings import Settings

SECONDS = 120
"""How long a scanner may take for one file."""

PATH = "{}"
"""Stands in the command for the path of the file; without it the file is given on standard input."""

CLEAN_CODE, INFECTED_CODE = 0, 1
PIECE = 64 * 1024
LONGEST_ANSWER = 4_096


class Verdict(Enum):
    """What a scanner says of a file."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "could not be scanned"


Scanner = Callable[[bytes], Verdict]


def scanner_of(settings: Settings) -> Scanner | None:
    """Give the scanner of an installation; None where none is set."""
    if settings.scan_command:
        return lambda content: by_command(settings.scan_command, content)
    if settings.scan_socket:
        host, _, port = settings.scan_socket.rpartition(":")
        return lambda content: by_clamd(host, int(port), content)
    return None


def by_command(command: Sequence[str], content: bytes) -> Verdict:
    """Ask a command: it ends with 0 for a clean file, with 1 for an infected one, and with anything else where it could not look."""
    try:
        if PATH not in command:
            done = _run(command, content)
        else:
            with tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                done = _run([file.name if word == PATH else word for word in command], b"")
    except (OSError, subprocess.TimeoutExpired):
        return Verdict.UNKNOWN
    return {CLEAN_CODE: Verdict.CLEAN, INFECTED_CODE: Verdict.INFECTED}.get(done, Verdict.UNKNOWN)


def _run(command: Sequence[str], given: bytes) -> int:
    """Run a command of the settings without a shell; what it says is thrown away."""
    done = subprocess.run(  # noqa: S603 - the installation's own command, and no word of it comes from anybody else
        command, input=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
    )
    return done.returncode


def by_clamd(host: str, port: int, content: bytes) -> Verdict:
    """Ask clamd by its INSTREAM command: pieces that begin with their length as four bytes, and an empty one at the end."""
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as line:
            line.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), PIECE):
                piece = content[at : at + PIECE]
                line.sendall(struct.pack("!I", len(piece)) + piece)
            line.sendall(struct.pack("!I", 0))
            answer = _whole(line)
    except OSError:
        return Verdict.UNKNOWN
    said = answer.rstrip(b"\0\n")
    if said == b"stream: OK":
        return Verdict.CLEAN
    return Verdict.INFECTED if said.startswith(b"stream: ") and said.endswith(b" FOUND") else Verdict.UNKNOWN


def _whole(line: socket.socket) -> bytes:
    """Read an answer to its end."""
    said = b""
    while len(said) < LONGEST_ANSWER and not said.endswith(b"\0"):
        more = line.recv(LONGEST_ANSWER)
        if not more:
            break
        said += more
    return said
