"""A skip is a hole in the net: with --listed-skips-only the run fails on each that tests/skips.txt does not list."""

from collections.abc import Iterable
from pathlib import Path

import pytest

_skipped: set[str] = set()


def listed(text: str) -> dict[str, str]:
    """Read the skip list: `tests/browser/: no Chromium on this machine` gives a test id's prefix and its reason.

    Empty lines and lines that begin with `#` say nothing. A line without a reason is a `ValueError`.
    """
    reasons: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        prefix, colon, reason = line.partition(": ")
        if not colon or not reason.strip():
            raise ValueError(f"tests/skips.txt gives no reason in the line: {line}")
        reasons[prefix.strip()] = reason.strip()
    return reasons


def unlisted(skipped: Iterable[str], reasons: Iterable[str]) -> list[str]:
    """Say which skipped tests have no line in the skip list."""
    prefixes = tuple(reasons)
    return sorted(name for name in skipped if not name.startswith(prefixes))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that `.ci/run` uses."""
    parser.addoption(
        "--listed-skips-only", action="store_true", help="fail on a skip that tests/skips.txt does not list"
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember a skipped test."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.add(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember a module that was skipped whole."""
    if report.skipped:
        _skipped.add(report.nodeid)


def _faults(config: pytest.Config) -> list[str]:
    if not config.getoption("--listed-skips-only") or hasattr(config, "workerinput"):
        return []
    listing = Path(config.rootpath, "tests", "skips.txt")
    return unlisted(_skipped, listed(listing.read_text("utf-8")))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn the run red when a skip has no line in the list."""
    if _faults(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name the skips that have no line in the list."""
    faults = _faults(config)
    if faults:
        terminalreporter.section("skipped, and not in tests/skips.txt")
        for name in faults:
            terminalreporter.line(name)
