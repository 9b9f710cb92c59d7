"""A skip must be listed with its reason, or the run is red."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import skips

ROOT = Path(__file__).resolve().parents[2]


def run_with(root: Path, listing: str) -> subprocess.CompletedProcess[str]:
    """Run one skipped and one passing test in a tree of its own, with this skip list."""
    folder = root / "tests"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "skips.py", folder)
    (folder / "__init__.py").touch()
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.skips"]\n')
    (folder / "skips.txt").write_text(listing)
    (folder / "test_a.py").write_text(
        "import pytest\n\ndef test_passes(): pass\n\ndef test_skipped(): pytest.skip('tired')\n"
    )
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\ntestpaths = tests\n")
    command = [sys.executable, "-m", "pytest", "--listed-skips-only", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_each_line_gives_a_reason_and_names_tests_that_are_there() -> None:
    reasons = skips.listed((ROOT / "tests" / "skips.txt").read_text("utf-8"))
    assert [prefix for prefix in reasons if not (ROOT / prefix.split("::")[0]).exists()] == []


def test_a_line_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="gives no reason"):
        skips.listed("# said before\n\ntests/web/test_a.py::test_b\n")


def test_a_skip_without_a_line_is_named() -> None:
    listed = skips.listed("tests/browser/: no Chromium on this machine\n")
    assert skips.unlisted(["tests/web/a.py::b", "tests/browser/a.py::b"], listed) == ["tests/web/a.py::b"]


def test_a_run_with_an_unlisted_skip_is_red_and_names_it(tmp_path: Path) -> None:
    answer = run_with(tmp_path, "")
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "tests/test_a.py::test_skipped" in answer.stdout


def test_a_run_with_a_listed_skip_is_green(tmp_path: Path) -> None:
    answer = run_with(tmp_path, "tests/test_a.py::test_skipped: it is tired on purpose\n")
    assert answer.returncode == 0, answer.stdout + answer.stderr
