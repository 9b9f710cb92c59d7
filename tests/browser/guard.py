"""What no page of the site may do, watched while a browser looks at it; and what axe-core says about a page."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, Route

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web/assets/node_modules/axe-core/axe.min.js"
PICTURES = ROOT / "build/screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = {"width": 1100, "height": 900}, {"width": 320, "height": 700}

CONTRAST = ["color-contrast"]

RUN_AXE = """([type, values]) => axe.run(document, {runOnly: {type, values}, resultTypes: ['violations']}).then(
    found => found.violations.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.target).join(' and ')}`))"""


class Guard:
    """Watches a browser context and keeps what went wrong in it.

    A violation of the Content-Security-Policy, an error or a warning on the console, a script that failed, a file that
    did not come, a request that leaves the site.
    """

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        """Watch `context`; requests that begin neither with `base_url` nor stay in the page are stopped."""
        self.faults: list[str] = []
        outside = re.compile(rf"^(?!{re.escape(base_url)}/|data:|blob:|about:)")
        context.route(outside, self._stop)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("response", self._receive)
        context.on("requestfailed", self._miss)

    def _stop(self, route: Route) -> None:
        self.faults.append(f"asked outside: {route.request.url}")
        route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        refused_page = message.text.startswith("Failed to load resource")  # what is no page is told by _receive
        if message.type in {"error", "warning"} and not refused_page:
            self.faults.append(f"console: {message.text}")

    def _receive(self, response: Response) -> None:
        failed = 400
        if response.status >= failed and not response.request.is_navigation_request():
            self.faults.append(f"{response.status}: {response.url}")

    def _miss(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the person has gone on before everything was there
            self.faults.append(f"{request.failure}: {request.url}")


@lru_cache(maxsize=1)
def _axe() -> str:
    return AXE.read_text("utf-8")


def axe(page: Page) -> list[str]:
    """Give what axe-core finds wrong on a page with JavaScript, such as ``label: Form elements must have labels: #a``."""
    page.wait_for_load_state()  # half a page has no main part yet, and no heading
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(RUN_AXE, ["tag", RULES])
    return found


def too_pale_in_the_dark(page: Page) -> list[str]:
    """Give what axe-core finds too pale on a page, which it has looked at before, where the device asks for dark colours."""
    page.emulate_media(color_scheme="dark")
    found: list[str] = page.evaluate(RUN_AXE, ["rule", CONTRAST])
    page.emulate_media(color_scheme="light")
    return [f"dark: {one}" for one in found]


def wait_until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression holds in the page, ten seconds at most.

    Each look is an evaluation of its own. Playwright's `wait_for_function` evaluates its later looks as a script of the
    page, which the Content-Security-Policy refuses.
    """
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"did not come true: {expression}")


def look_at(page: Page, name: str) -> list[str]:
    """Give what is wrong with a page: for axe at 1100 px, its contrast in dark colours too, and sideways scrolling at 320 px.

    Each finding begins with `name`. With SCREENSHOTS set, pictures of both widths go to build/screenshots.
    """
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    wrong = [*axe(page), *too_pale_in_the_dark(page)]
    _take_picture(page, f"{name}-1100")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    width: Any = page.evaluate("document.scrollingElement.scrollWidth")
    if width > NARROW["width"]:
        wrong.append(f"scrolls sideways: {width} px at {NARROW['width']} px")
    _take_picture(page, f"{name}-320")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return [f"{name}: {one}" for one in wrong]


def _take_picture(page: Page, name: str) -> None:
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
