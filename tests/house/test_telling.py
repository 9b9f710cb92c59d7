"""A run that hangs, or that is stopped, has told what happened."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import os, signal, threading, time

def test_fails(): assert "typed" == "kept"

def test_hangs():
    threading.Thread(target=time.sleep, args=(60,), name="beside", daemon=True).start()
    time.sleep(60)

def test_is_stopped():
    time.sleep(0.3)
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
"""


def test_a_run_tells_failures_at_once_ends_what_hangs_and_names_what_still_ran_when_it_was_stopped(
    tmp_path: Path,
) -> None:
    """A run of the whole suite once stood still for half an hour and was killed: nobody learnt where, nor which test had failed before."""
    (tmp_path / "test_a.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfaulthandler_timeout = 1\nfaulthandler_exit_on_timeout = true\n")
    command = [sys.executable, "-m", "pytest", "-n1", "-p", "no:randomly", "-p", "tests.telling"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    begun, at_once, ended = answer.stdout.partition("= FAILURES =")
    assert at_once, answer.stdout + answer.stderr
    assert "FAILED now: test_a.py::test_fails (call)" in begun
    assert "assert 'typed' == 'kept'" in begun
    assert "FAILED now: test_a.py::test_hangs (???)" in begun
    assert answer.stderr.count("Thread 0x") >= 2, "the stacks of all threads of what hung"
    assert 'test_a.py", line 8 in test_hangs' in answer.stderr
    assert "begun, and not ended =" in ended
    assert ended.partition("begun, and not ended =")[2].split()[1] == "test_a.py::test_is_stopped"
    assert "= 2 failed in" in ended
