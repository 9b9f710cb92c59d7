"""The database's schema: what migrations make is what the tables say, and an old one is refused."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.store import Base, connect, reading
from tests.web.site import SECRET
from web import schema
from web.app import create_app
from web.assembly import assemble
from web.settings import Settings


def test_a_site_on_an_empty_database_says_the_command_that_helps(sqlite_url: str) -> None:
    with pytest.raises(schema.SchemaNotMigrated, match="homeward migrate"):
        create_app(Settings(database_url=sqlite_url, secret=SECRET))


def test_migrations_make_what_the_tables_say(database_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    settings = Settings(database_url=database_url, secret=SECRET)
    services = assemble(settings)
    for _ in range(2):
        schema.migrate(create_app(settings, services=services, migrated=False))
    with reading(services.engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert schema.present_revision(services.engine) == schema.needed_revision()
    assert schema.needed_revision() == ScriptDirectory(str(schema.DIRECTORY)).get_current_head()
    services.engine.dispose()
    assert capfd.readouterr() == ("", "")


def test_a_database_of_an_older_program_is_refused(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0000')"))
    with pytest.raises(schema.SchemaNotMigrated, match="0000"):
        schema.require_migrated(engine)
    engine.dispose()
