"""Runs migrations on the application's own engine, each in one transaction that begins with the write lock."""

import flask
import sqlalchemy as sa
from alembic import context

from engine.store import Moment, writing

REACH = sa.table("schema_reach", sa.column("oldest_program", sa.String))
migrate = flask.current_app.extensions["migrate"]


def render_item(kind: str, thing: object, _context: object) -> str | bool:
    """Write our own column type as what the database sees."""
    if kind == "type" and isinstance(thing, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def note_reach(connection: sa.Connection) -> None:
    """Note the oldest program that may work on the schema as it stands now."""
    standing = context.get_context().get_current_revision()
    if standing is None or not sa.inspect(connection).has_table(REACH.name):
        return
    oldest = getattr(context.script.get_revision(standing).module, "oldest_program", standing)
    connection.execute(sa.delete(REACH))
    connection.execute(sa.insert(REACH).values(oldest_program=oldest))


with writing(migrate.db.engine) as connection:
    context.configure(
        connection=connection,
        target_metadata=migrate.metadata,
        render_item=render_item,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
        note_reach(connection)
