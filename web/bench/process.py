"""A web worker as a process of its own: how soon it answers after its start, and how much memory it holds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from web.bench.browser import Browser, UnexpectedAnswer, outside
from web.bench.report import Measure
from web.bench.site import Site
from web.bench.story import WHOLE_CASE, Ready, begin, make_ready
from web.clock import system_clock
from web.mail_sink import HOST, free_port
from web.settings import PREFIX

PROGRAM = "import sys; from web.cli import main; sys.exit(main())"
STATUS = "VmRSS:"


def worker(site: Site, *, starts: int) -> list[Measure]:
    """Start `homeward serve` some times on a warm disk, and use the last one as people do.

    Its bytecode is kept, as it is where the program is installed: the first start writes it, and does not count. In an
    environment that forbids bytecode the compiler would be measured. The memory is read from ``/proc``; where there is
    none, it is not measured.
    """
    now = system_clock()  # the clock of the process that is measured
    first = make_ready(site, begin(site, now), WHOLE_CASE[0], now)
    answered: list[float] = []
    memory: list[float] = []
    bytecode = site.folder / "bytecode"
    for number in range(starts + 1):
        port = free_port()
        begun = perf_counter()
        with _served(site, port, bytecode) as process:
            browser = Browser(outside(HOST, port))
            browser.page("/sign-in")
            answered.append(perf_counter() - begun)
            if number == starts:
                _use(browser, first)
                memory += _resident(process.pid)
    warm = answered[1:]
    return [
        Measure("from the start of a web worker to its first answer", round(median(warm), 2), "s", 1),
        *(Measure("resident memory of a web worker in use", round(each, 1), "MB", 100) for each in memory),
    ]


@contextmanager
def _served(site: Site, port: int, bytecode: Path) -> Iterator[subprocess.Popen[str]]:
    """Run ``homeward serve`` until the block ends."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    settings = {
        "DATABASE_URL": site.settings.database_url,
        "SECRET": site.settings.secret,
        "BASE_URL": f"http://{HOST}:{port}",
    }
    environment = others | {PREFIX + name: value for name, value in settings.items()} | {"PYTHONUNBUFFERED": "1"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(bytecode)}
    command = [sys.executable, "-c", PROGRAM, "serve", "--host", HOST, "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        try:
            if process.stdout is None or not process.stdout.readline():
                message = "the web worker did not start"
                raise UnexpectedAnswer(message)
            yield process
        finally:
            process.terminate()


def _use(browser: Browser, ready: Ready) -> None:
    """Sign in, look at the pages and complete a task, so that all is loaded that a worker loads."""
    browser.sign_in(ready.by.person)
    path = f"/tasks/{ready.task_id}"
    for page in ("/tasks", "/cases", f"/cases/{ready.task_id.partition('.')[0]}"):
        browser.page(page)
    browser.post(path, {**browser.hidden(path), **ready.raw})
    browser.page("/tasks")


def _resident(number: int) -> list[float]:
    """Give the resident memory of a process in megabytes of a million bytes, where the system tells it."""
    status = Path("/proc") / str(number) / "status"
    if not status.exists():
        return []
    line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith(STATUS))
    return [int(line.split()[1]) * 1024 / 1e6]
