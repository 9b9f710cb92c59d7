"""Which revision the database stands at, which one the program needs, and the way from one to the other.

During an upgrade old and new programs work on one database: it is migrated first, and says which is the oldest program that may
still work on it (`oldest_program` of the newest migration). A migration that only adds keeps the old ones at work; what they
still use is taken away by a migration of a later release.

Only the way needs Alembic and, for its sake, Flask-SQLAlchemy. The two revisions are read without them: Alembic took a quarter of
the start of a web worker and a tenth of its memory, SQLAlchemy's mapper 6 MB more, and a worker never migrates.
"""

from __future__ import annotations

import logging
from pathlib import Path

import flask
import sqlalchemy as sa

from engine.errors import Unavailable
from engine.store import reading
from web.tables import SchemaReachRow

DIRECTORY = Path(__file__).parent / "migrations"
STANDING = sa.table("alembic_version", sa.column("version_num", sa.String))


class SchemaNotMigrated(Unavailable):
    """The database is older than the program, or too new for it."""


def needed_revision() -> str:
    """Give the newest revision that the program brings: what stands before the first ``_`` of its file's name."""
    return max((file.name.partition("_")[0] for file in DIRECTORY.glob("versions/[0-9]*.py")), default="")


def present_revision(engine: sa.Engine) -> str:
    """Give the revision at which the database stands; empty for an empty database."""
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(STANDING.name):
            return ""
        return connection.execute(sa.select(STANDING.c.version_num)).scalar() or ""


def fits(engine: sa.Engine) -> bool:
    """Whether this program may work on the database: it stands at the program's revision, or at a later one that only added."""
    present, needed = present_revision(engine), needed_revision()
    if present <= needed:
        return present == needed
    with reading(engine) as connection:
        oldest = connection.execute(sa.select(SchemaReachRow.oldest_program)).scalar()
    return oldest is not None and oldest <= needed


def require_migrated(engine: sa.Engine) -> None:
    """Refuse with `SchemaNotMigrated` when this program may not work on the database."""
    present, needed = present_revision(engine), needed_revision()
    if not fits(engine):
        raise SchemaNotMigrated(
            f"The database stands at schema revision “{present or 'none'}” and this program needs “{needed}”. "
            + ("Run: homeward migrate" if present < needed else "Start the new program."),
        )


def migrate(app: flask.Flask) -> None:
    """Bring the database to the revision that the program needs; saying nothing when all goes well."""
    import flask_migrate

    from web import migrating

    logging.getLogger("alembic").setLevel(logging.WARNING)
    migrating.prepare(app, DIRECTORY)
    with app.app_context():
        flask_migrate.upgrade(directory=str(DIRECTORY))
