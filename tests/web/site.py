"""A site under test: its clocks, and browsers that look at every answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import flask
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.pool import QueuePool
from werkzeug.test import TestResponse

from engine import timers
from engine.model import Actor
from engine.store import writing
from tests.web import wellformed
from web import identity, sessions
from web.attachment_words import SEALED_OFF
from web.services import Services
from workflows import seals
from workflows.agencies import ROLES

PARTS = ("/news", "/typed")
"""What gives a part of a page, which an open page takes in."""
SECRET = "a secret for tests only, which is long enough"


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class Browser(FlaskClient):
    """A browser without JavaScript that looks at every answer: headers, well-formed HTML, no connection left open."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **({"buffered": True} | kwargs))
        policy = answer.headers["Content-Security-Policy"]
        is_file = answer.headers.get("Content-Disposition", "").startswith("attachment")
        assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-") or (is_file and policy == SEALED_OFF)
        assert "unsafe" not in policy
        if answer.mimetype == "text/html" and answer.data and answer.status_code not in {301, 302, 308}:
            part = answer.status_code == 200 and answer.request.path.endswith(PARTS)
            wellformed.read(answer.get_data(as_text=True), part=part)
            assert "style=" not in answer.text
        services: Services = self.application.extensions["homeward"]
        assert isinstance(services.engine.pool, QueuePool)
        assert services.engine.pool.checkedout() == 0
        return answer

    def page(self, path: str, status: int = 200) -> BeautifulSoup:
        """Get a page and read it."""
        answer = self.get(path)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    def send(self, path: str, data: dict[str, Any] | None = None, *, form: BeautifulSoup | None = None) -> TestResponse:
        """Send a form with the hidden values of the page from which it comes."""
        shown = form or self.page(path)
        hidden = {field["name"]: field.get("value", "") for field in shown.select("main input[type=hidden]")}
        return self.post(path, data=hidden | (data or {}))

    def file(self, path: str) -> str:
        """Make a file for oneself, on duty, where it is asked for whom it is; give what is in it."""
        answer = self.send(path, {"whom": "own", "basis": "law_enforcement"})
        assert answer.mimetype == "text/csv", answer.text
        return answer.text.removeprefix("\ufeff")


@dataclass(frozen=True)
class Site:
    """The application under test with what a test needs to steer it."""

    app: flask.Flask
    services: Services
    clock: Hands
    wall_clock: Hands

    @property
    def path(self) -> Path:
        """Where the database lies."""
        return Path(str(self.services.engine.url.database))

    def put(self, kept: Path, now: datetime) -> None:
        """Put a database that was kept in the place of this one, at a moment: nothing is left of the one before."""
        self.services.engine.dispose()
        for each in self.path.parent.glob(f"{self.path.name}*"):
            each.unlink()
        shutil.copyfile(kept, self.path)
        self.clock.now = self.wall_clock.now = now

    def keep(self, kept: Path) -> None:
        """Keep the database as it stands; the last connection that is closed brings all of it into the file."""
        self.services.engine.dispose()
        assert not self.path.with_name(f"{self.path.name}-wal").exists()
        shutil.copyfile(self.path, kept)

    def browser(self, role: str = "") -> Browser:
        """Open a browser; with a role, signed in as the one invented person who holds it."""
        browser = self.app.test_client()
        assert isinstance(browser, Browser)
        if role:
            now = self.wall_clock()
            token = sessions.begin(self.services.engine, role, "", check=lambda *_: True, now=now)
            with browser.session_transaction() as session:
                session.update({"_user_id": token, identity.SEEN: now.timestamp(), "_fresh": True})
        return browser

    def opened(self) -> str:
        """Open a case as the call taker does, and give its reference."""
        browser = self.browser("call_taker")
        answer = browser.send("/cases/open", OPENING)
        assert answer.status_code == 302, answer.text
        return answer.location.removeprefix("/tasks/").partition(".")[0]

    def sweep(self) -> timers.Swept:
        """Let the clocks that are due go off."""
        return timers.sweep(self.services.cases, now=self.clock())


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    """Collect the statements that are sent to a database meanwhile."""
    engine, sent = site.services.engine, list[str]()

    def note(*given: Any) -> None:
        sent.append(given[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


OPENING = {
    "child_name": "Alex",
    "last_place": "The park",
    "why_worried": "Very young",
    "call_back": "01632 960 118",
    "responsible_authority": "nottinghamshire_county",
}


def seal_from(site: Site, cases: Sequence[str], role: str) -> None:
    """Seal cases from whoever has a role; everybody else is of the group."""
    group = tuple(sorted(ROLES.keys() - {role}))
    wanted = seals.Wanted(cases[0], tuple(cases), group, "A relative works here, in this role.")
    by = Actor("superintendent", frozenset({"superintendent"}), "police")
    with writing(site.services.engine) as connection:
        seals.seal(connection, wanted, by=by, now=site.clock())
