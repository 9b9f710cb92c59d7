"""A site in a temporary folder with invented people and the shipped procedure, for measuring."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import flask

from engine.cases import Cases
from engine.model import Actor
from engine.store import reading
from web import demo_people, procedures, schema
from web.app import create_app
from web.assembly import assemble
from web.services import Services
from web.settings import Settings
from workflows import people

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Monday, nine in the morning: the day on which every measured case begins."""

FILE = "homeward.sqlite3"


@dataclass
class Hands:
    """A clock that stands still until it is set."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        """Give the moment at which the hands stand."""
        return self.now


class Site:
    """One site: its settings, its services and its clock; `app` is the application that answers its requests."""

    def __init__(self, folder: Path) -> None:
        """Use the database in `folder`, which `prepare` or `copy` put there."""
        self.folder = folder
        self.settings = Settings(database_url=f"sqlite:///{folder / FILE}", secret=secrets.token_hex(32))
        self.clock = Hands()
        self.services: Services = assemble(self.settings, clock=self.clock)
        self._actors: dict[str, Actor] = {}

    @property
    def cases(self) -> Cases:
        """The door to the cases, with the observers that the site uses."""
        return self.services.cases

    @cached_property
    def app(self) -> flask.Flask:
        """The site's real application: CSRF protection, sessions and permission checks are on."""
        return create_app(self.settings, services=self.services)

    def actor(self, role: str) -> Actor:
        """Give the invented person who holds a role; their sign-in name is the role's key."""
        if role not in self._actors:
            with reading(self.services.engine) as connection:
                self._actors[role] = people.holders(connection, (role,))[0].actor
        return self._actors[role]

    def copy(self, folder: Path) -> Site:
        """Give another site that begins as this one stands; nobody may use this one meanwhile."""
        self.close()
        folder.mkdir()
        shutil.copyfile(self.folder / FILE, folder / FILE)
        return Site(folder)

    def close(self) -> None:
        """Let go of the database; the write-ahead log goes into its file."""
        self.services.engine.dispose()


def prepare(folder: Path) -> Site:
    """Make a site: migrate its database, add one invented person per role, publish the shipped procedure."""
    folder.mkdir()
    site = Site(folder)
    schema.migrate(create_app(site.settings, services=site.services, migrated=False))
    demo_people.add_people(site.services.engine, MORNING)
    procedures.publish(site.cases, procedures.MISSING_CHILD, by="mfh_coordinator", now=MORNING)
    return site
