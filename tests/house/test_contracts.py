"""Who may know whom: the import contracts hold, and each turns red on a planted import."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.source import FLOORS, modules

ROOT = Path(__file__).resolve().parents[2]

Plant = Callable[[str, str], None]
BELOW_THE_PAGES = {"web/identity.py"}  # who is there: every page asks it, and it has the page to log in

# contract, the module that oversteps, what it imports
OVERSTEPS = [
    ("floors", "engine/model.py", "web"),
    ("floors", "notifications/__init__.py", "workflows"),
    ("floors", "workflows/__init__.py", "web"),
    ("spiffworkflow", "engine/store.py", "SpiffWorkflow"),
    ("spiffworkflow", "web/inbox.py", "SpiffWorkflow.bpmn"),
    ("lxml", "engine/decisions/files.py", "lxml.etree"),
    ("lxml", "web/inbox.py", "lxml"),
    ("web-libraries", "engine/store.py", "flask_sqlalchemy"),
    ("web-libraries", "engine/timers.py", "apscheduler"),
    ("web-libraries", "workflows/people.py", "flask"),
    ("web-libraries", "notifications/message.py", "werkzeug"),
    ("store-and-token", "engine/store.py", "engine.runner"),
    ("store-and-token", "engine/store.py", "engine.state"),
    ("store-and-token", "engine/store.py", "engine.diagrams"),
    ("store-and-token", "engine/store.py", "engine.specs"),
    ("runner-and-database", "engine/runner.py", "engine.store"),
    ("runner-and-database", "engine/state.py", "engine.store"),
    ("token-and-sqlalchemy", "engine/runner.py", "sqlalchemy"),
    ("channels", "notifications/smtp.py", "notifications.webhook"),
    ("pages", "web/inbox.py", "web.cases"),
]


def verdict(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Ask import-linter, as `make check` does, about the tree at `root`."""
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    asked = [option for contract in contracts for option in ("--contract", contract)]
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo", *asked]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def place(root: Path, path: str) -> Path:
    """The file of a module, made with the folders around it when it is not there yet; a package's `__init__.py`."""
    file = root / path
    package = file.with_suffix("") / "__init__.py"
    if package.exists():
        return package
    file.touch()
    return file


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of the floors and the contracts, somewhere else."""
    tmp_path = tmp_path_factory.mktemp("floors")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for floor in FLOORS:
        for file in (ROOT / floor).rglob("*.py"):
            if "node_modules" not in file.parts:
                target = tmp_path / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
    return tmp_path


@pytest.fixture
def plant(copied: Path) -> Iterator[Plant]:
    """Write something at the end of a module of the copy, which is there or not; afterwards all is as it was."""
    before: dict[Path, bytes | None] = {}

    def write(path: str, words: str) -> None:
        there = (copied / path).exists()
        file = place(copied, path)
        before.setdefault(file, file.read_bytes() if there or file.name == "__init__.py" else None)
        with file.open("a") as more:
            more.write(words)

    yield write
    for file, words in before.items():
        if words is None:
            file.unlink()
        else:
            file.write_bytes(words)


def test_the_contracts_hold() -> None:
    answer = verdict(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(("contract", "path", "imported"), OVERSTEPS)
def test_a_planted_import_breaks_its_contract(
    contract: str, path: str, imported: str, copied: Path, plant: Plant
) -> None:
    if imported.split(".", maxsplit=1)[0] in FLOORS:
        plant(imported.replace(".", "/") + ("/__init__.py" if "." not in imported else ".py"), "")
    plant(path, f"\nimport {imported}\n")
    answer = verdict(copied, contract)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "BROKEN" in answer.stdout


def configured() -> dict[str, dict[str, list[str]]]:
    """The contracts of pyproject.toml by their ids."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract for contract in contracts}


def test_every_contract_has_a_planted_import() -> None:
    assert {contract for contract, *_ in OVERSTEPS} == set(configured())


def test_every_page_is_under_the_contract_of_the_pages() -> None:
    named = " ".join(configured()["pages"]["layers"])
    pages = [module.path for module in modules(ROOT, "web") if "Blueprint(" in module.text]
    assert [
        page for page in pages if f"({page[:-3].replace('/', '.')})" not in named and page not in BELOW_THE_PAGES
    ] == []
