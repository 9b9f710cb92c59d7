"""The Python source of a tree, parsed once: what the house rules look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

FLOORS = ("engine", "notifications", "workflows", "web")
NOT_OURS = ("node_modules", "static", "__pycache__")
BY_ALEMBIC = "web/migrations/"


@cache
def parsed(text: str, path: str) -> ast.Module:
    """Parse a file once for all rules; to parse the whole house for each was half of what the rules took."""
    return ast.parse(text, path)


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is seen from the root, as in `engine/store.py`."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return parsed(self.text, self.path)

    @cached_property
    def origins(self) -> dict[str, str]:
        """What each imported name stands for: `from datetime import datetime as dt` gives {"dt": "datetime.datetime"}."""
        names: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {
                    alias.asname or alias.name.split(".")[0]: (alias.asname and alias.name) or alias.name.split(".")[0]
                    for alias in node.names
                }
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return names

    def full_name(self, node: ast.expr) -> str:
        """The dotted name that an expression stands for, as in `sqlalchemy.func.now`; empty when it is not a name."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, "")
        if isinstance(node, ast.Attribute):
            owner = self.full_name(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""

    def imported(self) -> Iterator[tuple[str, int]]:
        """Each imported dotted name with its line; of `from a import b` both `a` and `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield alias.name, node.lineno
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module, node.lineno
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", node.lineno


def modules(root: Path, *folders: str) -> list[Module]:
    """Read the Python files under `folders` of `root`; without folders, those of the floors and the tests."""
    found: list[Module] = []
    for folder in folders or (*FLOORS, "tests"):
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root)
            if not set(path.parts) & set(NOT_OURS):
                found.append(Module(path.as_posix(), file.read_text("utf-8")))
    return found
