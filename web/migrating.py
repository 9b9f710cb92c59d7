"""Flask-Migrate on the application's own engine: what Alembic needs, and nothing that serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask
import flask_migrate
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from engine.store import Base
from web.services import NAME, Services


class Database(SQLAlchemy):
    """Flask-SQLAlchemy on the one engine that site, worker and tests share."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: flask.Flask) -> sa.Engine:  # noqa: ARG002
        found: Services = app.extensions[NAME]
        return found.engine


def prepare(app: flask.Flask, directory: Path) -> None:
    """Let the commands of Flask-Migrate work on an application, with the migrations of a folder."""
    services: Services = app.extensions[NAME]
    app.config["SQLALCHEMY_DATABASE_URI"] = services.settings.database_url
    database = Database(metadata=Base.metadata, add_models_to_shell=False)
    database.init_app(app)
    flask_migrate.Migrate(app, database, directory=str(directory))
