"""The demonstration as an operating-system process, which a test may start, end and kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

from web.mail_sink import free_port

COMMAND = Path(sys.executable).with_name("homeward")
PATIENCE = 180
"""Seconds after which a start is given up."""


class DemoProcess:
    """`homeward demo` on a folder of its own; a restart keeps the folder and the port."""

    def __init__(self, folder: Path) -> None:
        """Choose where the data lie and a free port; nothing runs yet."""
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and come back when it is ready for people."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [COMMAND, "demo", "--data", self.folder, "--port", str(self.port), "--county", "0"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        too_late = threading.Timer(PATIENCE, self._process.kill)
        too_late.start()
        said = self._read_greeting(self._process)
        too_late.cancel()
        if f"Open {self.url}" not in said:
            self.kill()
        assert f"Open {self.url}" in said, f"the demonstration did not start:\n{said}\n{self.log.read_text('utf-8')}"
        assert self.ready()

    def ready(self) -> bool:
        """Whether people can work, as the site itself says it."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", "/readyz")
            return bool(json.load(connection.getresponse())["ready"])

    def kill(self) -> None:
        """Take it away at once: it gets no chance to finish anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end and give its exit status; 0 when it was not running."""
        return self._end(signal.SIGTERM)

    def faults(self) -> list[str]:
        """Give the lines of the log that tell of a fault or of a sweep that failed."""
        return [line for line in self.log.read_text("utf-8").splitlines() if " ERROR " in line or "Traceback" in line]

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        status = process.wait(PATIENCE)
        if process.stdout:
            process.stdout.close()
        return status

    @staticmethod
    def _read_greeting(process: subprocess.Popen[str]) -> str:
        said = ""
        for line in process.stdout or ():
            said += line
            if line.startswith("Open "):
                break
        return said
