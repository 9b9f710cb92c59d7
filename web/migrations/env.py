"""Runs migrations on the application's own engine, each in one transaction that begins with the write lock."""

import flask
from alembic import context

from engine.store import Moment, writing

migrate = flask.current_app.extensions["migrate"]


def render_item(kind: str, thing: object, _context: object) -> str | bool:
    """Write our own column type as what the database sees."""
    if kind == "type" and isinstance(thing, Moment):
        return "sa.DateTime(timezone=True)"
    return False


with writing(migrate.db.engine) as connection:
    context.configure(
        connection=connection,
        target_metadata=migrate.metadata,
        render_item=render_item,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
