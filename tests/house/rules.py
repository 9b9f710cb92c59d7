"""The rules of the house as functions: each takes the root of a tree and gives its faults, one sentence each."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.house.source import BY_ALEMBIC, FLOORS, modules

Function = ast.FunctionDef | ast.AsyncFunctionDef

MODULE_LINES = 600
FUNCTION_LINES = 40

BANNED_WORDS = frozenset({"util", "utils", "helper", "helpers", "common", "base", "manager", "misc"})

CLOCKS = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "sqlalchemy.func.current_timestamp",
        "sqlalchemy.func.now",
        "time.sleep",
        "time.time",
        "time.time_ns",
    }
)
MAY_READ_THE_CLOCK = frozenset({"web/app.py", "web/cli.py", "web/clock.py", "web/worker.py"})

SWEEPS = frozenset(
    {
        "engine/nursery.py",
        "engine/timers.py",
        "engine/verification.py",
        "notifications/outbox.py",
        "web/worker.py",
    }
)
TOO_WIDE = frozenset({"Exception", "BaseException"})

MOCKS = ("unittest.mock", "mock", "pytest_mock", "freezegun", "time_machine")

# Written in pieces, so that this file does not break its own rule.
STRANGE_HOSTS = (
    "registry.npm" + "js.org",
    "registry." + "yarnpkg.com",
    "files.python" + "hosted.org",
    "pypi." + "org/simple",
)
PACKAGE_INDEX = re.compile(r'(?<![\w-])--(?:extra-)?index-url|^--find-links|"resolved":\s*"https?:', re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.}\])-])/(?:root|work|home|Users|opt/wheels|tmp/\w+)/[\w.]")


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function of a module, nested ones and methods too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def long_modules(root: Path) -> list[str]:
    """A module has at most 600 lines."""
    counted = ((module.path, len(module.text.splitlines())) for module in modules(root))
    return [f"{path} has {lines} lines" for path, lines in counted if lines > MODULE_LINES]


def long_functions(root: Path) -> list[str]:
    """A function has at most 40 lines, from `def` to its end; a migration is as long as its tables are many."""
    return [
        f"{module.path}:{node.lineno} {node.name} has {lines} lines"
        for module in modules(root)
        if not module.path.startswith(BY_ALEMBIC)
        for node in functions(module.tree)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


def circles(root: Path) -> list[str]:
    """A module can be loaded by itself: none needs, when it is loaded, a module that needs it."""
    ours = [module for module in modules(root) if module.path.startswith(FLOORS)]
    trees = {
        module.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): module.tree for module in ours
    }
    packages = {module.path.removesuffix("/__init__.py").replace("/", ".") for module in ours}
    needs = {
        name: {
            wanted
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for wanted in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
            if wanted in trees and not name.startswith(f"{wanted}.") and (wanted != name or name not in packages)
        }
        for name, tree in trees.items()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as circle:
        return [" needs ".join(reversed(circle.args[1]))]
    return []


def complex_functions(root: Path, configuration: Path) -> list[str]:
    """A function has a cyclomatic complexity of at most 8, as ruff counts it; no comment excuses it."""
    folders = [folder for folder in (*FLOORS, "tests") if (root / folder).is_dir()]
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--ignore-noqa", "--output-format=concise"]
    command = [*ruff, "--select=C901", f"--config={configuration}", *folders]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if run.stderr:
        raise RuntimeError(run.stderr)
    return run.stdout.splitlines()


def banned_names(root: Path) -> list[str]:
    """No module or folder is a drawer for everything: `utils`, `helpers`, `common`, `base`, `manager`, `misc`."""
    return [
        f"{module.path} says nothing with its name: {word}"
        for module in modules(root)
        for part in Path(module.path).with_suffix("").parts
        for word in part.lower().split("_")
        if word in BANNED_WORDS
    ]


def clocks(root: Path) -> list[str]:
    """Nobody reads the clock or sleeps but the composition root; everybody else is given `now`."""
    return [
        f"{module.path}:{node.lineno} reads the clock: {name}"
        for module in modules(root)
        if module.path not in MAY_READ_THE_CLOCK
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name) and (name := module.full_name(node)) in CLOCKS
    ]


def silent_modules(root: Path) -> list[str]:
    """Every module opens with a sentence that ends in a full stop."""
    return [
        f"{module.path} does not open with a sentence"
        for module in modules(root)
        if not module.path.startswith(BY_ALEMBIC)
        if not (ast.get_docstring(module.tree) or "").split("\n\n")[0].rstrip().endswith((".", "?"))
    ]


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """The functions of a module that others may call: its own, and the methods of its public classes."""
    for node in tree.body:
        members = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for member in members:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and not member.name.startswith("_"):
                yield member


def _unannotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    asked = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    silent = [asked.arg for asked in asked if asked.annotation is None and asked.arg not in {"self", "cls"}]
    return silent if node.returns is not None else [*silent, "return"]


def undocumented_functions(root: Path) -> list[str]:
    """Every public function of the floors has a docstring and says the type of all it takes and gives."""
    faults: list[str] = []
    for module in modules(root, *FLOORS):
        if module.path.startswith(BY_ALEMBIC):
            continue
        for node in public_functions(module.tree):
            where = f"{module.path}:{node.lineno} {node.name}"
            faults += [f"{where} does not say the type of {name}" for name in _unannotated(node)]
            if not ast.get_docstring(node) and not _is_repeated(node):
                faults.append(f"{where} has no docstring")
    return faults


def _is_repeated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """An overload, an override and a setter are explained where the first of them stands."""
    return any(ast.unparse(mark).endswith(("overload", "override", ".setter")) for mark in node.decorator_list)


def _catches_all(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        named = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(name is None or (isinstance(name, ast.Name) and name.id in TOO_WIDE) for name in named)
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
        return any(isinstance(name, ast.Name) and name.id in TOO_WIDE for name in node.args)
    return False


def wide_catches(root: Path) -> list[str]:
    """Only a sweep, where one broken case must not stop the others, may catch every exception."""
    return [
        f"{module.path}:{getattr(node, 'lineno', 0)} catches every exception"
        for module in modules(root, *FLOORS)
        if module.path not in SWEEPS
        for node in ast.walk(module.tree)
        if _catches_all(node)
    ]


def _writes_due_column(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Attribute) and target.attr == "next_due_at" for target in targets)
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        given = [word.arg for word in node.keywords] + [key for said in node.args for key in _words(said)]
        return "next_due_at" in given and (called == "setattr" or ("update(" in called and called.endswith(".values")))
    return isinstance(node, ast.Constant) and bool(
        re.search(r"(?is)\bupdate\b.*\bset\b.*next_due_at\s*=", str(node.value))
    )


def _words(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.Dict):
        yield from (word for key in node.keys if key is not None for word in _words(key))
    if isinstance(node, ast.Attribute):
        yield node.attr


def moved_due_columns(root: Path) -> list[str]:
    """Only the passed clock moves time: no test writes the column `next_due_at` of a case that is there."""
    return [
        f"{module.path}:{getattr(node, 'lineno', 0)} writes next_due_at; pass a later `now` instead"
        for module in modules(root, "tests")
        for node in ast.walk(module.tree)
        if _writes_due_column(node)
    ]


def mocks(root: Path) -> list[str]:
    """Fakes are shipped and tested; nothing is mocked, and no attribute is exchanged under a test."""
    faults = [
        f"{module.path}:{line} imports {name}"
        for module in modules(root)
        for name, line in module.imported()
        if name in MOCKS
    ]
    return faults + [
        f"{module.path}:{node.lineno} exchanges an attribute"
        for module in modules(root)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("monkeypatch.setattr", "mocker.patch"))
    ]


def kept_files(root: Path) -> list[Path]:
    """The files of a repository that git keeps or would keep."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [file for name in run.stdout.split("\0") if name and (file := root / name).is_file()]


def strange_places(root: Path) -> list[str]:
    """The tree names no package registry and no place on one machine: it must build anywhere."""
    faults: list[str] = []
    for file in kept_files(root):
        content = file.read_bytes()
        if b"\0" in content:
            continue
        text = content.decode("utf-8", "replace")
        found = [host for host in STRANGE_HOSTS if host in text]
        found += [match.group() for pattern in (PACKAGE_INDEX, MACHINE_PATH) for match in pattern.finditer(text)]
        faults += [f"{file.relative_to(root).as_posix()} names {place}" for place in found]
    return faults
