"""PostgreSQL is backed up and restored with its own tools, by the commands that the README gives; its mails are held too."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.store import reading
from notifications import holding
from tests.contracts.sample import FILES, NOW, WORKER
from tests.web.site import SECRET
from web import cli, demo_people, schema, verification
from web.app import create_app
from web.assembly import assemble
from web.settings import Settings

pytestmark = pytest.mark.postgres


def commands(root: Path) -> list[str]:
    """Give the commands of the README that are PostgreSQL's own."""
    text = (root / "README.md").read_text("utf-8")
    return [
        line.strip()
        for line in re.findall(r"^ {4}.*$", text, re.MULTILINE)
        if line.strip().startswith(("pg_", "createdb"))
    ]


@pytest.fixture
def case_id(postgres_url: str) -> str:
    """A case in a database that is in use."""
    settings = Settings(database_url=postgres_url, secret=SECRET)
    services = assemble(settings)
    schema.migrate(create_app(settings, services=services, migrated=False))
    demo_people.add_people(services.engine, NOW)
    services.cases.publish(FILES, by="ann", now=NOW)
    opened = services.cases.open("sample", {"name": "Robin"}, by=WORKER, now=NOW, key="open").case_id
    services.engine.dispose()
    return opened


def test_the_commands_of_the_readme_give_everything_back(
    root: Path,
    tmp_path: Path,
    values: dict[str, str],
    case_id: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in commands(root):
        done = subprocess.run(
            ["sh", "-c", command], env=values, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), command
    restored = values["TO"].replace("postgresql:", "postgresql+psycopg:", 1)
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", restored)
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    assert cli.main(["hold", "--by", "administrator", "--reason", "Restored"]) == 0
    assert "No mail leaves" in capsys.readouterr().out
    services = assemble(Settings(database_url=restored, secret=SECRET))
    with reading(services.engine) as connection:
        assert list(connection.execute(sa.text("SELECT id FROM cases")).scalars()) == [case_id]
    assert holding.held(services.engine) is not None
    found = {finding.check for finding in verification.verify(services.cases, NOW)}
    assert found <= {"mails-held", "task-for-nobody"}
    services.engine.dispose()
