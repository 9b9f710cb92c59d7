"""A person of the demonstration with a browser: signs in, finds tasks, answers questions, and has each click counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from playwright.sync_api import Locator, Page, expect

from tests.browser.guard import Guard, look_at
from web.moments import LONDON

Item = Mapping[str, str]
Answer = str | bool | Sequence[str] | Sequence[Item] | date
Answers = Mapping[str, Answer]
REFERENCE = re.compile(r"MC-[0-9A-Z]{8}")
TASKS_LOOKED_AT: set[tuple[str, str]] = set()
"""Whose pages of which tasks axe has looked at in this run: one and the same page is met in many stories."""


@dataclass
class Effort:
    """What somebody had to do by hand, without signing in."""

    clicks: int = 0
    typed: int = 0
    pages: int = 0


@dataclass
class Visitor:
    """One signed-in person. `page` is theirs; `mirror`, which all share, shows the same pages with JavaScript, for axe."""

    name: str
    page: Page
    mirror: Page
    guard: Guard
    effort: Effort = field(default_factory=Effort)
    wrong: list[str] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """The page's one main heading."""
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        """All words of the page that are shown, as one line."""
        return " ".join(self.page.locator("main").inner_text().split())

    def sign_in(self, password: str) -> None:
        """Sign in from the first page, and go on to the tasks."""
        self.page.goto("/")
        self.page.fill("#name", self.name)
        self.page.fill("#password", password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("h1")).to_have_text("Home")
        self.page.goto("/tasks")

    def click(self, where: Locator) -> None:
        """Click, count it, and look at the page to which it leads."""
        where.click()
        self.effort.clicks += 1
        self.effort.pages += 1

    def press(self, button: str) -> None:
        """Send the page by its button."""
        self.click(self.page.get_by_role("button", name=button))

    def go_to_tasks(self) -> None:
        """Go to the list of tasks by the navigation; without JavaScript the list is as new as its page."""
        if self.heading == "Your tasks":
            self.page.reload()
        else:
            self.click(self.page.get_by_role("navigation", name="Homeward").get_by_role("link", name="Your tasks"))

    def take(self, case_id: str, task: str) -> None:
        """Take a task of a case from the list, on whichever of its pages it stands."""
        self.go_to_tasks()
        line = self.page.get_by_role("listitem").filter(has_text=case_id)
        link, more = line.get_by_role("link", name=task, exact=True), self.page.get_by_role("link", name="More tasks")
        while link.count() == 0 and more.count():
            self.click(more)
        self.click(link.first)
        expect(self.page.locator("h1")).to_have_text(task)
        if (self.name, task) not in TASKS_LOOKED_AT:
            TASKS_LOOKED_AT.add((self.name, task))
            self.examine(task)

    def examine(self, name: str) -> None:
        """Note what axe and the narrow window find wrong with the present page."""
        self.mirror.context.clear_cookies()
        self.mirror.context.add_cookies(self.page.context.cookies())  # type: ignore[arg-type]
        self.mirror.goto(self.page.url)
        self.wrong += look_at(self.mirror, re.sub(r"\W+", "-", name.lower()))

    def answer(self, answers: Mapping[str, Answer]) -> None:
        """Answer questions by their keys; a moment is typed in its four parts, in London's time, a day in three."""
        for key, value in answers.items():
            if isinstance(value, date):
                self._type_moment(key, value)
            elif isinstance(value, bool):
                self._tick(key, ["true"])
            elif isinstance(value, str):
                self._answer_one(key, value)
            else:
                self._tick(key, [each for each in value if isinstance(each, str)])
                self._answer_items(key, [each for each in value if not isinstance(each, str)])

    def _answer_items(self, key: str, items: Sequence[Item]) -> None:
        """Fill in a list item by item, and ask the page for another one where there are too few."""
        numbers = self.page.locator(f'main input[name="{key}"]')
        for place, item in enumerate(items):
            if place >= numbers.count():
                self.click(self.page.locator(f'main button[name="_add"][value="{key}"]'))
            number = numbers.nth(place).get_attribute("value")
            self.answer({f"{key}-{number}-{name}": text for name, text in item.items()})

    def _answer_one(self, key: str, value: str) -> None:
        controls = self.page.locator(f'main [name="{key}"]')
        kind = controls.first.evaluate("one => one.type")
        if kind == "radio":
            self._tick(key, [value])
        elif kind == "select-one":
            controls.select_option(value)
            self.effort.clicks += 1
        else:
            controls.fill(value)
            self.effort.typed += 1

    def _tick(self, key: str, values: Sequence[str]) -> None:
        for value in values:
            self.page.locator(f'main [name="{key}"][value="{value}"]').check()
            self.effort.clicks += 1

    def _type_moment(self, key: str, moment: date) -> None:
        local = moment.astimezone(LONDON) if isinstance(moment, datetime) else moment
        parts = {"day": str(local.day), "month": str(local.month), "year": str(local.year)}
        if isinstance(local, datetime):
            parts["time"] = f"{local:%H:%M}"
        for part, text in parts.items():
            self.page.fill(f'main [name="{key}-{part}"]', text)
            self.effort.typed += 1

    def now(self) -> datetime:
        """Read the demonstration's time, to the minute."""
        self.page.goto("/demo/clock")
        text = self.page.input_value("#moment")
        return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def reload_until(there: Locator) -> None:
    """Reload a page until it shows something, for at most twenty seconds."""
    for _ in range(40):
        if there.count():
            return
        there.page.wait_for_timeout(500)
        there.page.reload()
    raise AssertionError(f"{there} did not come on {there.page.url}")


def reference_of(page: Page) -> str:
    """Read the reference of the case that a page is about."""
    found = REFERENCE.search(page.locator("main").inner_text())
    assert found, page.url
    return found.group()
