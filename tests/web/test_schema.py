"""The database's schema: what migrations make is what the tables say, and an old one is refused."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine import packing, timers
from engine.store import Base, connect, reading, writing
from tests.contracts.sample import FILES, NOW, WORKER
from tests.web.site import SECRET
from web import migrating, schema
from web.app import create_app
from web.assembly import assemble
from web.settings import Settings

WHEN = "'2026-03-02 09:00:00'"
"""A moment, as both databases read it from a text."""

OF_0004 = (
    f"INSERT INTO releases VALUES (1, 'missing_child', 1, '', '', 'ann', {WHEN})",
    f"""INSERT INTO cases (id, procedure, release_id, correlation, title, status, opened_at, state, facts, head, seq, failures)
        VALUES ('MC-1', 'missing_child', 1, '', '', 'open', {WHEN}, '', '', '', 4, 0)""",
    *(
        f"""INSERT INTO events (case_id, seq, at, kind, activity, element, name, task, by, data, command, digest)
            VALUES ('MC-1', {seq}, {WHEN}, '{kind}', '', '', '', {task}, 'ann', '{{}}', '{command}', '')"""
        for seq, kind, task, command in (
            (1, "timer_fired", "NULL", ""),
            (2, "task_completed", "6", "k1"),
            (3, "task_opened", "7", "k1"),
            (4, "task_completed", "7", "k2"),
        )
    ),
    f"INSERT INTO commands VALUES ('k1', 'MC-1', {WHEN}, 'asked-1', '[\"MC-1\", [\"MC-1.7\"]]')",
    f"INSERT INTO commands VALUES ('k2', 'MC-1', {WHEN}, 'asked-2', '[\"MC-1\", []]')",
    f"""INSERT INTO episodes (case_id, child_name, responsible_authority, risk_level, risk_floor, status, opened_at,
                              interview_outcome)
        VALUES ('MC-1', 'Robin', '', '', '', 'graded', {WHEN}, '')""",
    f"INSERT INTO child_episodes VALUES ('MC-1', 'CH-1', {WHEN}, NULL, '', NULL, 'Ring', NULL, '')",
    f"INSERT INTO child_episodes VALUES ('OLD-1', 'CH-1', {WHEN}, {WHEN}, 'high', NULL, '', {WHEN}, 'row')",
)
"""A case with its log and two commands, and two episodes of its child, as they were kept until then."""


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


def test_migrations_make_the_guards_that_the_tables_have(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=sqlite_url, secret=SECRET)
    services, anew = assemble(settings), connect(f"sqlite:///{tmp_path}/anew.sqlite3")
    schema.migrate(create_app(settings, services=services, migrated=False))
    Base.metadata.create_all(anew)
    guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    assert there(services.engine, guards) == there(anew, guards) != []
    for engine in (services.engine, anew):
        engine.dispose()


def test_what_an_older_program_kept_is_there_after_the_migration_and_after_its_way_back(database_url: str) -> None:
    settings = Settings(database_url=database_url, secret=SECRET)
    services = assemble(settings)
    app = create_app(settings, services=services, migrated=False)
    migrating.prepare(app, schema.DIRECTORY)
    with app.app_context():
        flask_migrate.upgrade(directory=str(schema.DIRECTORY), revision="0004")
        with writing(services.engine) as connection:
            for statement in OF_0004:
                connection.exec_driver_sql(statement)
        for _ in range(2):
            flask_migrate.upgrade(directory=str(schema.DIRECTORY), revision="0005")
            assert there(services.engine, "SELECT seq, asked FROM events ORDER BY seq") == [
                (1, None), (2, "asked-1"), (3, None), (4, "asked-2"),
            ]  # fmt: skip
            assert there(services.engine, "SELECT child_id, unfinished FROM episodes") == [("CH-1", "Ring")]
            assert there(services.engine, "SELECT count(reported_at) FROM episodes") == [(1,)]
            assert there(services.engine, "SELECT reference, child_id, level FROM past_episodes") == [
                ("OLD-1", "CH-1", "high")
            ]
            flask_migrate.downgrade(directory=str(schema.DIRECTORY), revision="0004")
            assert there(services.engine, "SELECT key, digest, answer FROM commands ORDER BY key") == [
                ("k1", "asked-1", '["MC-1", ["MC-1.7"]]'),
                ("k2", "asked-2", '["MC-1", []]'),
            ]
            assert there(services.engine, "SELECT case_id, unfinished FROM child_episodes ORDER BY case_id") == [
                ("MC-1", "Ring"),
                ("OLD-1", ""),
            ]
    services.engine.dispose()


PLANTED = """
import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "{before}"
oldest_program = "{oldest}"


def upgrade() -> None:
    op.add_column("cases", sa.Column("planted", sa.String(10), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "planted")
"""


@pytest.mark.parametrize("what", ["it adds", "it takes away"])
def test_an_old_program_works_beside_new_ones_until_a_migration_takes_away_what_it_uses(
    database_url: str, tmp_path: Path, what: str
) -> None:
    """Every migration stopped the nodes of the old release: none was ready until all had been replaced."""
    settings = Settings(database_url=database_url, secret=SECRET)
    services = assemble(settings)
    app = create_app(settings, services=services, migrated=False)
    later = shutil.copytree(schema.DIRECTORY, tmp_path / "migrations")
    oldest = "9998" if what == "it takes away" else schema.needed_revision()
    planted = PLANTED.format(before=schema.needed_revision(), oldest=oldest)
    (later / "versions" / "9998_planted.py").write_text(planted, "utf-8")
    migrating.prepare(app, later)
    with app.app_context():
        flask_migrate.upgrade(directory=str(later))
    if what == "it takes away":
        with pytest.raises(schema.SchemaNotMigrated, match="Start the new program"):
            schema.require_migrated(services.engine)
    else:
        cases = create_app(settings, services=services).extensions["homeward"].cases
        cases.publish(FILES, by="ann", now=NOW)
        opened = cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="open")
        assert timers.sweep(cases, now=NOW + timedelta(hours=25)).fired
        cases.complete(opened.tasks[0], {"text": "x", "when": None}, by=WORKER, now=NOW, key="done")
    services.engine.dispose()


NARROWING = re.compile(
    r"""\b(?:drop_\w+|alter_column|rename_\w+|create_(?:check|unique|foreign|primary)\w*)\(|\bexecute\((?!\s*"INSERT INTO )"""
)


def narrows(source: str) -> bool:
    """Whether a migration may take something away from a program that does not know it."""
    upgrade = source.partition("def upgrade")[2].partition("def downgrade")[0]
    must_be_given = [line for line in upgrade.splitlines() if "add_column" in line and "nullable=False" in line]
    return bool(NARROWING.search(upgrade)) or any("server_default" not in line for line in must_be_given)


def test_a_migration_that_takes_something_away_says_that_old_programs_must_stop() -> None:
    for path in sorted(schema.DIRECTORY.glob("versions/[0-9]*.py")):
        revision, source = path.name.partition("_")[0], path.read_text("utf-8")
        if revision >= "0014":
            said = re.search(r'^oldest_program = "(\w+)"$', source, re.MULTILINE)
            assert said, f"{path.name} does not say which is the oldest program that may work on its schema"
            assert "0014" <= said[1] <= revision
            assert said[1] == revision or not narrows(source), path.name


def test_a_program_that_cannot_read_what_later_ones_save_must_stop() -> None:
    """Each version of the written token state was announced by a migration."""
    said = {}
    for path in schema.DIRECTORY.glob("versions/[0-9]*.py"):
        source = path.read_text("utf-8")
        if found := re.search(r"^state_version = (\d+)$", source, re.MULTILINE):
            said[int(found[1])] = path.name
            assert f'oldest_program = "{path.name.partition("_")[0]}"' in source
    assert sorted(said) == list(range(2, packing.VERSION + 1))


@pytest.mark.parametrize(
    "line", ['op.drop_column("cases", "title")', 'op.add_column("cases", sa.Column("x", sa.Integer(), nullable=False))']
)
def test_what_takes_something_away_is_seen(line: str) -> None:
    assert narrows(f"def upgrade() -> None:\n    {line}\n\n\ndef downgrade() -> None:\n    pass\n")
    assert not narrows(PLANTED)


def there(engine: sa.Engine, query: str) -> list[tuple[object, ...]]:
    """Give what a query finds."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_a_database_of_an_older_program_is_refused(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0000')"))
    with pytest.raises(schema.SchemaNotMigrated, match="0000"):
        schema.require_migrated(engine)
    engine.dispose()
