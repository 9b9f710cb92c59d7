"""Which revision the database stands at, which one the program needs, and the way from one to the other.

Only the way needs Alembic. The two revisions are read without it: to load it took a quarter of the start of a web worker
and a tenth of its memory, and a worker never migrates.
"""

from __future__ import annotations

import logging
from pathlib import Path

import flask
import sqlalchemy as sa

from engine.errors import Unavailable
from engine.store import reading

DIRECTORY = Path(__file__).parent / "migrations"
STANDING = sa.table("alembic_version", sa.column("version_num", sa.String))


class SchemaNotMigrated(Unavailable):
    """The database is older than the program."""


def needed_revision() -> str:
    """Give the newest revision that the program brings: what stands before the first ``_`` of its file's name."""
    return max((file.name.partition("_")[0] for file in DIRECTORY.glob("versions/[0-9]*.py")), default="")


def present_revision(engine: sa.Engine) -> str:
    """Give the revision at which the database stands; empty for an empty database."""
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(STANDING.name):
            return ""
        return connection.execute(sa.select(STANDING.c.version_num)).scalar() or ""


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
    import flask_migrate

    logging.getLogger("alembic").setLevel(logging.WARNING)
    flask_migrate.Migrate(app, app.extensions["sqlalchemy"], directory=str(DIRECTORY))
    with app.app_context():
        flask_migrate.upgrade(directory=str(DIRECTORY))
