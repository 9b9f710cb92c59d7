"""What fails is told when it fails, and what still runs when all is stopped: a run that never comes to its summary has told it."""

import pytest


class Telling:
    """Prints each failure with its traceback at once, and remembers which tests have begun and not ended."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal
        self.running: set[str] = set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Remember a test that begins, in whichever process."""
        self.running.add(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Forget a test that has ended."""
        self.running.discard(nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print what failed; a process that died ends its test too."""
        if report.when not in {"setup", "call", "teardown"}:
            self.running.discard(report.nodeid)
        if report.failed:
            self.terminal.write_line("")
            self.terminal.write_sep("_", f"FAILED now: {report.nodeid} ({report.when})")
            self.terminal.write_line(report.longreprtext)
            for title, text in report.sections:
                self.terminal.write_line(f"-- {title} --\n{text}")
            self.terminal.flush()

    def pytest_terminal_summary(self) -> None:
        """Name the tests in which the run was stopped."""
        if self.running:
            self.terminal.section("begun, and not ended")
            for name in sorted(self.running):
                self.terminal.line(name)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen where the reports of all processes arrive: their own terminals are nobody's."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Telling(terminal), "telling")
