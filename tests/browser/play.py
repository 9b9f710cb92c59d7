"""A play on the pages of the demonstration: people, each with a browser of their own, do named tasks of one case."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.demo_process import COMMAND, DemoProcess
from tests.browser.visits import Answers, Visitor, reload_until

OPEN_TASKS = "h2:has-text('What is open, and with whom') ~ ul.hw-tasks > li"
"""On the page of a case: the duties, and what has no time set."""
OWN_PASSWORD = "a long password for tests"


@dataclass
class Play:
    """The people on stage, each with a browser of their own, and the case that they share; `about` is the child's id."""

    visit: Visit
    case_id: str = ""
    people: dict[str, Visitor] = field(default_factory=dict)
    about: str = ""

    def __call__(self, name: str) -> Visitor:
        """Give a person, who signs in at the first time."""
        if name not in self.people:
            self.people[name] = self.visit(name, javascript=False)
        return self.people[name]

    def do(self, name: str, task: str, answers: Answers) -> Visitor:
        """Let somebody take a task of the case from the list, answer it and send it."""
        person = self(name)
        person.take(self.case_id, task)
        self.send(person, answers)
        return person

    def send(self, person: Visitor, answers: Answers) -> None:
        """Answer the page that is open and send it; it is taken, or the test says which problems the page shows."""
        person.answer(answers)
        person.click(person.page.locator("main form button:not([name=_later])").last)
        assert person.page.locator(".govuk-error-summary").count() == 0, person.text
        expect(person.page.locator(".govuk-notification-banner--success")).to_be_visible()

    def open_tasks(self) -> set[tuple[str, str]]:
        """Read on the case's page what is open, and with whom."""
        page = self.read_case().page
        lines = page.locator(OPEN_TASKS)
        return {tuple(line.inner_text().split("\n")[:2]) for line in lines.all()}  # type: ignore[misc]

    def lines(self, task: tuple[str, str]) -> int:
        """Count on the case's page how often a task is open with a role."""
        page = self.read_case().page
        lines = page.locator(OPEN_TASKS)
        return [tuple(line.inner_text().split("\n")[:2]) for line in lines.all()].count(task)

    def wait_for(self, task: tuple[str, str]) -> None:
        """Wait until a task is open that a message from another case brings."""
        page = self.read_case().page
        reload_until(page.locator(OPEN_TASKS).filter(has_text=task[0]).filter(has_text=task[1]))

    def read_case(self) -> Visitor:
        """Let the co-ordinator, who sees every episode, look at the case."""
        reader = self("mfh_coordinator")
        reader.page.goto(f"/cases/{self.case_id}")
        return reader

    def timeline(self) -> list[str]:
        """Read what happened, the first thing first."""
        return list(reversed(self.read_case().page.locator(".moj-timeline__title").all_inner_texts()))

    def row(self, key: str) -> str:
        """Read one row of the case page's summaries."""
        rows = self("mfh_coordinator").page.locator(".govuk-summary-list__row")
        named = rows.filter(has=rows.page.locator(f"dt:text-is('{key}')"))
        return named.first.locator("dd").inner_text()


def add_person(demo: DemoProcess, name: str, *roles: str) -> None:
    """Add somebody of the police with several roles, as an administrator would."""
    environment = os.environ | {
        "HOMEWARD_DATABASE_URL": f"sqlite:///{demo.folder / 'homeward.sqlite3'}",
        "HOMEWARD_SECRET": (demo.folder / "secret").read_text("utf-8"),
        "HOMEWARD_BASE_URL": demo.url,
    }
    held = [word for role in roles for word in ("--role", role)]
    who = ["--name", "Ada Example", "--mail", f"{name}@example-police.example", "--organisation", "example_police"]
    added = subprocess.run(
        [COMMAND, "user", "add", name, *who, *held],
        input=f"{OWN_PASSWORD}\n",
        capture_output=True,
        env=environment,
        text=True,
        timeout=60,
        check=False,
    )
    assert added.returncode == 0, added.stderr


def move_clock(person: Visitor, button: str) -> None:
    """Move the demonstration's clock on, as anybody may who watches it."""
    person.page.goto("/demo/clock")
    person.page.get_by_role("button", name=button, exact=True).click()
    expect(person.page.locator(".govuk-notification-banner--success")).to_be_visible()


def read_mail(person: Visitor, subject: str, to: str) -> str:
    """Open the latest mail with these words to an address in the mailbox, and give what stands in it."""
    person.page.goto("/demo/mailbox")
    lines = person.page.locator("main li").filter(has_text=to).filter(has_text=subject)
    older = person.page.get_by_role("link", name="Older mails")
    for _ in range(40):
        if lines.count():
            break
        if older.count():
            person.page.goto(older.get_attribute("href") or "")  # a click does not wait until the next page is there
        else:
            person.page.wait_for_timeout(500)
            person.page.goto("/demo/mailbox")
    lines.first.get_by_role("link").click()
    person.examine(f"mail to {to}")
    return person.text


def mails_about(page: Page, word: str) -> list[str]:
    """Give the address of every mail in the mailbox whose line has a word, the older ones too."""
    found: list[str] = []
    older = page.get_by_role("link", name="Older mails")
    page.goto("/demo/mailbox")
    while True:
        links = page.locator("main li").filter(has_text=word).get_by_role("link")
        found += [link.get_attribute("href") or "" for link in links.all()]
        if not older.count():
            return found
        page.goto(older.get_attribute("href") or "")
