"""The command line: what it prints, what it refuses, and how the demonstration starts and stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from engine import archives, xml
from tests.web.site import SECRET
from web import cli
from web.mail_sink import free_port
from workflows import catalogue

PASSWORD = "three random words"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with a migrated database."""
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    assert cli.main(["migrate"]) == 0


def add_user(password: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Add a person as an administrator does: in a process of its own, with the password on its standard input."""
    command = [
        sys.executable,
        "-c",
        "import sys; from web import cli; sys.exit(cli.main(sys.argv[1:]))",
        "user",
        "add",
        *arguments,
    ]
    return subprocess.run(command, input=password, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_first_administrator_is_added_and_listed(installed: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["organisation", "add", "us", "--name", "Us", "--kind", "operator"]) == 0
    add = ["Anna", "--name", "Anna Lee", "--mail", "a@us.example", "--organisation", "us", "--role", "administrator"]
    assert add_user(PASSWORD, *add).returncode == 0
    assert cli.main(["user", "disable", "anna"]) == 0
    assert cli.main(["user", "list"]) == 0
    assert "anna\tAnna Lee\tadministrator at us\tdisabled" in capsys.readouterr().out
    assert cli.main(["user", "enable", "anna"]) == 0
    assert cli.main(["publish", "--by", "anna"]) == 0
    assert "stands at release 1" in capsys.readouterr().out


def test_a_short_password_and_an_unknown_person_are_refused_in_a_sentence(
    installed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["organisation", "add", "us", "--name", "Us", "--kind", "operator"])
    add = ["anna", "--name", "Anna Lee", "--mail", "a@us.example", "--organisation", "us", "--role", "administrator"]
    refused = add_user("short", *add)
    assert (refused.returncode, "12 characters" in refused.stderr) == (1, True)
    assert cli.main(["user", "disable", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


def test_commands_without_settings_say_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("HOMEWARD_")]:
        monkeypatch.delenv(name)
    assert cli.main(["serve"]) == 1
    said = capsys.readouterr().err
    assert "HOMEWARD_DATABASE_URL" in said
    assert "HOMEWARD_SECRET" in said


@pytest.mark.parametrize("command", ["serve", "worker", "publish --by anna", "user list"])
def test_commands_on_an_unmigrated_database_say_what_helps(
    command: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    assert cli.main(command.split()) == 1
    assert "homeward migrate" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "user list", "verify"])
@pytest.mark.parametrize("where", ["no server", "no name", "no folder", "no database"])
def test_commands_on_a_database_that_does_not_open_say_what_helps_and_not_the_password(
    command: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("This is no database. " * 100, encoding="utf-8")
    addresses = {
        "no server": f"postgresql://homeward:{PASSWORD.replace(' ', '')}@127.0.0.1:{free_port()}/homeward",
        "no name": f"postgresql://homeward:{PASSWORD.replace(' ', '')}@.db/homeward",
        "no folder": f"sqlite:///{tmp_path}/nowhere/homeward.sqlite3",
        "no database": f"sqlite:///{tmp_path}/notes.txt",
    }
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", addresses[where])
    monkeypatch.setenv("HOMEWARD_SECRET", SECRET)
    monkeypatch.setenv("HOMEWARD_BASE_URL", "http://127.0.0.1:8000")
    assert cli.main(command.split()) == 1
    said = capsys.readouterr().err
    assert "HOMEWARD_DATABASE_URL: The database cannot be opened: " in said
    assert PASSWORD.replace(" ", "") not in said


@pytest.mark.parametrize("command", [[], ["demo"], ["serve"], ["worker"], ["user"], ["user", "add"], ["bench"]])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([*command, "--help"])
    assert left.value.code == 0
    assert "usage: homeward" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["--area", "nottingham_city"], ["--return", "annex_a", "--from", "2026-03-31"]])
def test_an_export_passes_over_nothing_that_was_asked(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A log that was asked of one council told of all of them."""
    assert cli.main(["export", "log.xes", "--recipient", "A court", "--by", "anna", *options]) == 1
    assert "--area goes with --return" in capsys.readouterr().err


def test_a_wrong_use_leaves_with_two() -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["dance"])
    assert left.value.code == 2


def test_check_reports_on_files_and_folders_and_leaves_with_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    assert cli.main(["check", str(root / "bpmn" / "cancellation")]) == 0
    assert "0 refused" not in capsys.readouterr().out
    broken = tmp_path / "cancellation.bpmn"
    text = (root / "bpmn" / "cancellation" / "cancellation.bpmn").read_text("utf-8")
    broken.write_text(text.replace('id="locate_sergeant"', 'id="nobody_here"'), "utf-8")
    (tmp_path / "huge.dmn").write_bytes(b" " * 50_000_000)
    assert cli.main(["check", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {each["file"] for each in found} == {str(broken), str(tmp_path / "huge.dmn")}
    assert {"role-not-known", "form-not-known", "file-too-large", "drawing"} <= {each["rule"] for each in found}
    assert all(each.keys() == {"file", "element", "rule", "severity", "sentence"} for each in found)
    assert cli.main(["procedure", "check", str(broken), "--format", "sarif"]) == 1
    sarif = json.loads(capsys.readouterr().out)
    assert (sarif["version"], len(sarif["runs"])) == ("2.1.0", 1)
    (run,) = sarif["runs"]
    assert run["artifacts"] == [{"location": {"uri": broken.as_uri()}}]
    told = next(each for each in run["results"] if each["ruleId"] == "role-not-known")
    assert run["tool"]["driver"]["rules"][told["ruleIndex"]]["id"] == "role-not-known"
    (place,) = told["locations"]
    line = place["physicalLocation"]["region"]["startLine"]
    assert f'id="{place["logicalLocations"][0]["name"]}"' in broken.read_text("utf-8").splitlines()[line - 1]
    assert told["level"] == "error"
    archive = tmp_path / "whole.zip"
    archive.write_bytes(archives.pack(catalogue.files("cancellation")))
    assert cli.main(["procedure", "check", str(archive), str(broken), "--format", "junit"]) == 1
    suites = xml.parse(capsys.readouterr().out)
    failed = {suite.get("name", "").rpartition("/")[2]: suite.get("failures") for suite in suites}
    assert failed["deadlines.dmn"] == "0"
    assert int(suites.get("failures", "0")) == len(suites.findall(".//failure")) > 0
    archive.write_bytes(b"no archive")
    assert cli.main(["procedure", "check", str(archive)]) == 2
    (tmp_path / "latin.form").write_bytes(b"\xe9\xff")
    assert cli.main(["check", str(tmp_path / "latin.form"), str(tmp_path / "nothing.bpmn")]) == 2
    assert cli.main(["check", "--import", str(broken)]) == 0


def start_demo(root: Path, folder: Path, port: int) -> subprocess.Popen[str]:
    """Start the demonstration as a process of its own and wait until it says where it is."""
    code = "import sys; from web.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "demo", "--port", str(port), "--data", str(folder), "--county", "0"]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Open http"):
            return process
    raise AssertionError("the demonstration did not start")


def test_the_demonstration_starts_stops_on_a_signal_and_keeps_its_data(root: Path, tmp_path: Path) -> None:
    port = free_port()
    sizes = []
    for _ in range(2):
        process = start_demo(root, tmp_path / "demo", port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
        process.stdout.close()
        sizes.append((tmp_path / "demo" / "secret").read_text("utf-8"))
    assert sizes[0] == sizes[1]
    assert (tmp_path / "demo" / "secret").stat().st_mode & 0o077 == 0
