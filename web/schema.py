"""Which revision the database stands at, which one the program needs, and the way from one to the other."""

from __future__ import annotations

import logging
from pathlib import Path

import flask
import flask_migrate
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.errors import Unavailable
from engine.store import reading

DIRECTORY = Path(__file__).parent / "migrations"


class SchemaNotMigrated(Unavailable):
    """The database is older than the program."""


def needed_revision() -> str:
    """Give the newest revision that the program brings."""
    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def present_revision(engine: sa.Engine) -> str:
    """Give the revision at which the database stands; empty for an empty database."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def require_migrated(engine: sa.Engine) -> None:
    """Refuse with `SchemaNotMigrated` when the database does not stand at the revision that the program needs."""
    present, needed = present_revision(engine), needed_revision()
    if present != needed:
        raise SchemaNotMigrated(
            f"The database stands at schema revision “{present or 'none'}” and this program needs “{needed}”. "
            "Run: homeward migrate",
        )


def migrate(app: flask.Flask) -> None:
    """Bring the database to the revision that the program needs; saying nothing when all goes well."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        flask_migrate.upgrade(directory=str(DIRECTORY))
