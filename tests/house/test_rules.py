"""The house keeps its own rules, and each rule turns red on a planted fault."""

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.house import rules, source

ROOT = Path(__file__).resolve().parents[2]
complex_functions = partial(rules.complex_functions, configuration=ROOT / "pyproject.toml")
Rule = Callable[[Path], list[str]]

RULES: dict[str, Rule] = {
    "no module is longer than 600 lines": rules.long_modules,
    "no function is longer than 40 lines": rules.long_functions,
    "no function is more complex than 8": complex_functions,
    "no module needs one that needs it": rules.circles,
    "no name is a drawer for everything": rules.banned_names,
    "only the composition root reads the clock": rules.clocks,
    "every module opens with a sentence": rules.silent_modules,
    "every public function is documented and typed": rules.undocumented_functions,
    "only the sweeps catch every exception": rules.wide_catches,
    "no test moves a due column": rules.moved_due_columns,
    "nothing is mocked": rules.mocks,
    "the tree names no registry and no machine": rules.strange_places,
}

# rule, the file with the fault, its text, words of the sentence that names it
PLANTED: list[tuple[str, str, str, str]] = [
    ("no module is longer than 600 lines", "web/long.py", '"""Long."""\n' + "#\n" * 600, "601 lines"),
    ("no function is longer than 40 lines", "engine/long.py", "def walk():\n" + "    pass\n" * 40, "walk has 41 lines"),
    (
        "no function is more complex than 8",
        "engine/knot.py",
        "def knot(a):  # noqa: C901\n" + "".join(f"    if a == {n}:\n        return {n}\n" for n in range(8)),
        "`knot` is too complex (9 > 8)",
    ),
    (
        "no module needs one that needs it",
        "workflows/a.py",
        "from workflows.a import b\n",
        "workflows.a needs workflows.a",
    ),
    ("no name is a drawer for everything", "engine/xml_utils.py", "", "utils"),
    ("no name is a drawer for everything", "web/helpers/pages.py", "", "helpers"),
    ("only the composition root reads the clock", "engine/a.py", "import time\ntime.time()\n", "time.time"),
    ("only the composition root reads the clock", "engine/a.py", "from time import sleep as rest\nrest(1)\n", "sleep"),
    ("only the composition root reads the clock", "tests/a.py", "from datetime import datetime as d\nd.now()\n", "now"),
    ("only the composition root reads the clock", "web/a.py", "import datetime\ndatetime.datetime.utcnow()", "utcnow"),
    ("only the composition root reads the clock", "web/a.py", "import sqlalchemy as sa\nsa.func.now()\n", "func.now"),
    ("every module opens with a sentence", "engine/mute.py", "import ast\n", "engine/mute.py"),
    ("every module opens with a sentence", "tests/engine/mute.py", '"""No end"""\n', "tests/engine/mute.py"),
    (
        "every public function is documented and typed",
        "web/a.py",
        "def go() -> None:\n    pass\n",
        "go has no docstring",
    ),
    ("every public function is documented and typed", "web/a.py", 'def go(a) -> None:\n    """Go."""\n', "type of a"),
    (
        "every public function is documented and typed",
        "workflows/a.py",
        'class Way:\n    """A way."""\n\n    def go(self):\n        """Go."""\n',
        "type of return",
    ),
    ("only the sweeps catch every exception", "web/a.py", "try:\n    1\nexcept Exception:\n    2\n", "web/a.py:3"),
    ("only the sweeps catch every exception", "web/a.py", "try:\n    1\nexcept:\n    2\n", "web/a.py:3"),
    (
        "only the sweeps catch every exception",
        "web/a.py",
        "try:\n    1\nexcept (OSError, Exception):\n    2\n",
        "a.py:3",
    ),
    ("only the sweeps catch every exception", "web/a.py", "with suppress(Exception):\n    1\n", "web/a.py:1"),
    ("no test moves a due column", "tests/a.py", "row.next_due_at = now\n", "tests/a.py:1"),
    ("no test moves a due column", "tests/a.py", "sa.update(Case).where(a).values(next_due_at=now)\n", "tests/a.py:1"),
    ("no test moves a due column", "tests/a.py", 'sa.update(Case).values({"next_due_at": now})\n', "tests/a.py:1"),
    ("no test moves a due column", "tests/a.py", 'sa.text("UPDATE cases SET ' + 'next_due_at = 1")\n', "tests/a.py:1"),
    ("nothing is mocked", "tests/a.py", "from unittest import mock\n", "unittest.mock"),
    ("nothing is mocked", "tests/a.py", "import unittest.mock as m\n", "unittest.mock"),
    ("nothing is mocked", "tests/a.py", "monkeypatch.setattr(clock, 'now', later)\n", "exchanges"),
    ("the tree names no registry and no machine", "a.lock", "--find-links " + "there\n", "--find-links"),
    ("the tree names no registry and no machine", "a.json", '{"resolved": "https' + '://there/a.tgz"}', "resolved"),
    (
        "the tree names no registry and no machine",
        "README.md",
        "see " + "https://registry.npm" + "js.org/a",
        "npm" + "js",
    ),
    ("the tree names no registry and no machine", "web/a.py", "HOME = '" + "/root" + "/homeward'", "/root"),
]


@pytest.fixture(scope="module", autouse=True)
def parsed_for_the_rules_alone() -> Iterator[None]:
    """What the rules have parsed is forgotten behind them."""
    yield
    source.parsed.cache_clear()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house without a fault, kept by git."""
    for folder in ("engine", "notifications", "workflows", "web", "tests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text(f'"""The {folder}."""\n')
    (tmp_path / "web" / "clock.py").write_text(
        '"""The one clock."""\n\nfrom datetime import UTC, datetime\n\n\n'
        'def now() -> datetime:\n    """This moment."""\n    return datetime.now(UTC)\n'
    )
    (tmp_path / "web" / "worker.py").write_text('"""Sweeps."""\n\ntry:\n    1\nexcept Exception:\n    2\n')
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("name", RULES)
def test_the_house_keeps_the_rule(name: str) -> None:
    assert RULES[name](ROOT) == []


@pytest.mark.parametrize("name", RULES)
def test_a_house_without_a_fault_is_let_be(name: str, house: Path) -> None:
    assert RULES[name](house) == []


@pytest.mark.parametrize(("name", "path", "text", "said"), PLANTED)
def test_a_planted_fault_is_found_and_named(name: str, path: str, text: str, said: str, house: Path) -> None:
    (house / path).parent.mkdir(exist_ok=True, parents=True)
    (house / path).write_text(text)
    faults = RULES[name](house)
    assert len(faults) >= 1
    assert said in "\n".join(faults)


def test_every_rule_has_a_planted_fault() -> None:
    assert {name for name, *_ in PLANTED} == set(RULES)
