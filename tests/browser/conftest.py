"""A browser on the real demonstration: one process for the run, guarded pages with and without JavaScript."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.demo_process import DemoProcess
from tests.browser.guard import WIDE, Guard
from tests.browser.visits import Visitor
from web.demo_people import PASSWORD

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 1000

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's own Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium on this machine: install the package chromium")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> dict[str, Any]:
    """How the browser is started: nothing is downloaded, and it asks nobody by itself."""
    return {**browser_type_launch_args, "executable_path": chromium, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def demo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """The demonstration of this run, as `make demo` starts it; at the end its log tells of no fault."""
    process = DemoProcess(tmp_path_factory.mktemp("browser") / "demo")
    process.start()
    yield process
    status = process.stop()
    assert process.faults() == []
    assert status == 0


@pytest.fixture(scope="session")
def base_url(demo: DemoProcess) -> str:
    """Where the demonstration answers."""
    return demo.url


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[..., tuple[BrowserContext, Guard]]]:
    """Open guarded browser contexts; the test fails when a page in one of them did what no page may do."""
    opened: list[tuple[BrowserContext, Guard]] = []

    def open_context(url: str, *, javascript: bool = True) -> tuple[BrowserContext, Guard]:
        context = browser.new_context(base_url=url, java_script_enabled=javascript, viewport=WIDE)  # type: ignore[arg-type]
        context.set_default_timeout(30 * SECONDS)
        opened.append((context, Guard(context, url)))
        return opened[-1]

    yield open_context
    for context, _ in opened:
        context.close()
    assert [fault for _, guard in opened for fault in guard.faults] == []


@pytest.fixture(scope="session")
def kept() -> dict[tuple[str, str], Any]:
    """The cookies of those who have signed in, by site and name: not every test has to sign in anew."""
    return {}


@pytest.fixture
def visit(
    contexts: Callable[..., tuple[BrowserContext, Guard]],
    request: pytest.FixtureRequest,
    kept: dict[tuple[str, str], Any],
) -> Visit:
    """Let somebody visit the site, signed in: ``visit("call_taker", javascript=False)``; `fresh` is a session alone."""
    mirrors: dict[str, Page] = {}

    def begin(
        name: str, *, javascript: bool = True, url: str = "", password: str = PASSWORD, fresh: bool = False
    ) -> Visitor:
        where = url or request.getfixturevalue("base_url")
        context, guard = contexts(where, javascript=javascript)
        if where not in mirrors:
            mirrors[where] = contexts(where)[0].new_page()
        visitor = Visitor(name, context.new_page(), mirrors[where], guard)
        if (where, name) in kept and not fresh:
            context.add_cookies(kept[where, name])
            visitor.page.goto("/tasks")
            return visitor
        visitor.sign_in(password)
        if not fresh:
            kept[where, name] = context.cookies()
        return visitor

    return begin


@pytest.fixture
def page(contexts: Callable[..., tuple[BrowserContext, Guard]], base_url: str) -> Page:
    """A guarded page with JavaScript, not signed in."""
    return contexts(base_url)[0].new_page()


@pytest.fixture
def plain_page(contexts: Callable[..., tuple[BrowserContext, Guard]], base_url: str) -> Page:
    """A guarded page without JavaScript, not signed in."""
    return contexts(base_url, javascript=False)[0].new_page()


@pytest.fixture(scope="session")
def build(pytestconfig: pytest.Config) -> Path:
    """The folder for what a run leaves behind."""
    folder = pytestconfig.rootpath / "build"
    folder.mkdir(exist_ok=True)
    return folder
