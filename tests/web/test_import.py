"""`homeward import`: files in, a report for each row out, and nothing the second time."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.store import CaseTable, connect, reading
from notifications.outbox import OutboxRow
from tests.web.site import SECRET
from tests.workflows.test_cutover import CHILDREN, EPISODES, FLAGS, PLANS
from web import cli
from workflows import children
from workflows.cutover_sheets import SHEETS


@pytest.fixture
def installed(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """An environment with a migrated database, on SQLite and on PostgreSQL."""
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", database_url)
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    return database_url


def command(folder: Path, **texts: str) -> list[str]:
    """Write the files and give the command that imports them."""
    options = []
    for sheet, text in texts.items():
        file = folder / f"{sheet}.csv"
        file.write_text(text, encoding="utf-8")
        options += [f"--{sheet}", str(file)]
    return ["import", *options]


def count(url: str, table: type[object]) -> int:
    engine = connect(url)
    with reading(engine) as connection:
        found: int = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    engine.dispose()
    return found


def test_a_cut_over_is_rehearsed_then_done_and_has_no_effect_the_second_time(
    installed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = command(tmp_path, children=CHILDREN, episodes=EPISODES, flags=FLAGS, plans=PLANS)
    assert cli.main([*asked, "--dry-run"]) == 0
    rehearsed = capsys.readouterr().out
    assert count(installed, children.ChildRow) == 0

    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert rehearsed.replace(" (dry run: nothing was written)", "") == said
    assert "children.csv line 2 (A-1): taken" in said.splitlines()
    assert "episodes.csv: 2 taken, 0 unchanged, 0 refused" in said.splitlines()
    assert "flags.csv line 3 (A-1 substance 2024-01-01): taken" in said.splitlines()
    assert "Robin" not in said

    assert cli.main(asked) == 0
    assert "plans.csv: 0 taken, 1 unchanged, 0 refused" in capsys.readouterr().out.splitlines()
    assert [count(installed, table) for table in (children.ChildRow, CaseTable, OutboxRow)] == [2, 0, 0]


def test_refused_rows_say_how_to_put_them_right_and_the_command_says_so_at_its_end(
    installed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = CHILDREN.replace("2012-05-03", "3 May")
    assert cli.main(command(tmp_path, children=wrong)) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "children.csv line 2 (A-1): refused. born_on: Write a real date as 2012-05-27 or 27/05/2012",
        "children.csv line 3 (A-2): taken",
        "children.csv: 1 taken, 0 unchanged, 1 refused",
    ]
    assert "import the same files again" in said.err
    assert cli.main(command(tmp_path, children=CHILDREN)) == 0
    assert "children.csv: 1 taken, 1 unchanged, 0 refused" in capsys.readouterr().out.splitlines()


def test_no_file_and_a_file_that_is_not_there_are_refused_in_a_sentence(
    installed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["import"]) == 1
    assert "--children, --episodes, --flags, --plans" in capsys.readouterr().err
    assert cli.main(["import", "--flags", str(tmp_path / "nothing.csv")]) == 1
    assert "nothing.csv: The file cannot be read" in capsys.readouterr().err


def test_the_readme_names_every_column(root: Path) -> None:
    readme = (root / "workflows" / "README.md").read_text("utf-8")
    _, _, told = readme.partition("## The cut-over")
    for sheet, columns in SHEETS.items():
        needed = [f"**`{column.name}`**" if column.needed else f"`{column.name}`" for column in columns]
        assert f"| `--{sheet}` | {', '.join(needed)} |" in told
