"""The README's table of what the founding document asks for names proofs that are there."""

import ast
import re
from pathlib import Path


def proofs(root: Path) -> list[tuple[str, str]]:
    """Give every ``folder/file.py::name`` of the table."""
    _, _, told = (
        (root / "workflows" / "README.md").read_text("utf-8").partition("## What the founding document asks for")
    )
    return re.findall(r"`(\w+/\w+\.py)::(\w+)`", told)


def rows(root: Path) -> list[str]:
    """Give the rows of the table."""
    _, _, told = (root / "workflows" / "README.md").read_text("utf-8").partition("| what it names |")
    return [line for line in told.split("\n\n")[0].splitlines() if line.startswith("| ") and "|---" not in line]


def test_every_system_that_the_document_names_has_a_proof(root: Path) -> None:
    assert len(rows(root)) >= 9
    assert [row for row in rows(root) if "::" not in row.rsplit("|", 2)[1]] == []


def test_every_proof_is_a_test_or_a_story_that_is_there(root: Path) -> None:
    assert proofs(root)
    for file, name in proofs(root):
        tree = ast.parse((root / "tests" / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{name}"
